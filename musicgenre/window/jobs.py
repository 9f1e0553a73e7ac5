"""The queue: inputs that wait, are being done or have their answer, and the batch that they belong to."""

import contextlib
import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

from musicgenre.engine.history import Entry
from musicgenre.engine.messages import (
    Answered,
    Cancelled,
    Done,
    EngineBroken,
    Fault,
    InputsFound,
    Problem,
    SpectraKept,
    StageReached,
    ThumbnailFound,
    TitleFound,
    VideosFound,
)
from musicgenre.inference.prediction import Failure, Prediction, Reason
from musicgenre.sources.search_result import SearchResult
from musicgenre.text import clean_title, counted
from musicgenre.window.context import Context
from musicgenre.window.history_list import PAUSE_MS, SLICE
from musicgenre.window.wording import STAGES, short_answer, summary

BUDGET_S = 0.006  # of one round of queueing
FAULT = "a fault in the program; its details are in the log file"


@dataclass(frozen=True)
class Input:
    """Something to classify; with a prediction where it has failed already."""

    text: str
    title: str | None = None
    prediction: Prediction | None = None


@dataclass
class Row:
    """A job or an answer of this session."""

    key: str
    title: str
    job: int = 0
    state: str = "waiting"  # waiting, working, choosing, done
    online: bool = False
    stages: dict[str, float] = field(default_factory=dict)
    videos: Sequence[SearchResult] = ()
    thumbnails: dict[int, bytes] = field(default_factory=dict)
    entry: Entry | None = None

    @property
    def stage(self) -> tuple[str, float] | None:
        """The stage that runs and its fraction."""
        return list(self.stages.items())[-1] if self.stages else None


@dataclass
class Batch:
    """What was asked for since the queue was empty last.

    Parameters
    ----------
    coming : deque of Input
        Not queued yet, and listed nowhere.
    verdicts : list of str
        Of those that are done.
    """

    coming: deque[Input] = field(default_factory=deque)
    verdicts: list[str] = field(default_factory=list)


class Watcher(Protocol):
    """What is told of changes in the queue."""

    def row_added(self, row: Row) -> None:
        """Show the first row of what was asked for."""

    def row_changed(self, row: Row) -> None:
        """Show a row's state, stage, title or answer."""

    def thumbnail_found(self, row: Row, index: int) -> None:
        """Show a thumbnail of a search result."""

    def rows_gone(self, keys: Sequence[str]) -> None:
        """Forget rows that will have no answer."""


class Jobs:
    """The queue.

    Parameters
    ----------
    context : Context
    report : callable
        Called with the details of a fault in the engine.
    """

    watcher: Watcher  # set once, when what watches is made

    def __init__(self, context: Context, *, report: Callable[[str], None]) -> None:
        self._context, self._report = context, report
        self.rows: dict[str, Row] = {}
        self.batch = Batch()
        self._keys: dict[int, str] = {}  # number of a job -> key of its row
        self.handlers: Mapping[type, Callable[[Any], None]] = {
            StageReached: self._stage_reached, TitleFound: self._title_found, InputsFound: self._inputs_found,
            VideosFound: self._videos_found, ThumbnailFound: self.thumbnail_found, Answered: self._answered,
            Problem: self._problem, Fault: self._fault, EngineBroken: self._broken, Done: lambda _: self._settle(),
            Cancelled: lambda _: self._settle(), SpectraKept: lambda _: context.history.prune_pictures(),
        }  # fmt: skip

    # ---- inputs

    def submit(self, texts: Sequence[str], *, titles: Sequence[str | None] | None = None) -> None:
        """Queue inputs; the first of them is shown."""
        self._take([Input(text, title) for text, title in zip(texts, titles or [None] * len(texts), strict=True)])

    def pick(self, key: str | None, index: int) -> None:
        """Classify one of a row's search results."""
        row = self.rows.get(key or "")
        if row and row.state == "choosing":
            chosen = row.videos[index]
            self._queue(chosen.link, chosen.title, key=row.key)
            self.show_work()

    def _take(self, inputs: Sequence[Input]) -> None:
        """Queue the first inputs, show the very first, and leave the others for when events have had their turn."""
        rows = [self._take_one(one) for one in inputs[:SLICE]]
        if rows:
            self.watcher.row_added(rows[0])
            self.show_work()
        if len(inputs) > SLICE:
            if not self.batch.coming:
                self._context.root.after(PAUSE_MS, self._take_more)
            self.batch.coming.extend(inputs[SLICE:])

    def _take_more(self) -> None:
        """Queue some of the inputs that were left, and come back for the others."""
        end = perf_counter() + BUDGET_S
        while self.batch.coming and perf_counter() < end:
            self._take_one(self.batch.coming.popleft())
        if self.batch.coming:
            self._context.root.after(PAUSE_MS, self._take_more)
        self._settle()

    def _take_one(self, one: Input) -> Row:
        """Queue one input; what failed already has its answer."""
        if one.prediction is None:
            return self._queue(one.text, one.title)
        row = Row(_new_key(), "")
        self.rows[row.key] = row
        self.finish(row, one.prediction)
        return row

    def _queue(self, text: str, title: str | None = None, *, key: str | None = None) -> Row:
        """Queue one input."""
        key = key or _new_key()
        online = text.lower().startswith(("http:", "https:", "www.", "youtu"))
        row = Row(key, clean_title(title or (text if online else _name(text))), online=online)
        self.rows[key] = row
        store = self._context.history.picture_path(key)
        row.job = self._context.worker.submit(text, title=title, key=key, store=store)
        self._keys[row.job] = key
        self.watcher.row_changed(row)
        return row

    # ---- what the engine says

    def _row(self, job: int) -> Row | None:
        """Return the row of a job."""
        return self.rows.get(self._keys.get(job, ""))

    def _stage_reached(self, event: StageReached) -> None:
        """Show how far a job is."""
        if row := self._row(event.job):
            row.state = "working"
            row.stages[event.stage] = event.fraction
            self.watcher.row_changed(row)
        self._settle()

    def _title_found(self, event: TitleFound) -> None:
        """Show the title of a video."""
        row = self._row(event.job)
        if row and row.entry is None:
            row.title = event.title
            self.watcher.row_changed(row)

    def _inputs_found(self, event: InputsFound) -> None:
        """Queue what a folder or a playlist holds: first what has no answer yet, which is one where it failed."""
        row = self._row(event.job)
        if row is None:
            return
        self._forget(row)
        found = sorted(event.inputs, key=lambda one: one.prediction is not None)
        self._take([Input(one.input, one.title, one.prediction) for one in found])
        good = sum(one.prediction is None for one in found)
        if good:
            self._context.say(f"{good} files or videos queued")

    def _videos_found(self, event: VideosFound) -> None:
        """Let the user choose a search result."""
        if row := self._row(event.job):
            row.state, row.videos = "choosing", event.videos
            self.watcher.row_changed(row)
            self._context.say(f"Choose which video “{row.title}” is", title=row.title)

    def thumbnail_found(self, event: ThumbnailFound) -> None:
        """Show a thumbnail of a search result, if it is still asked for."""
        row = self._row(event.search)
        if row and row.state == "choosing":
            row.thumbnails[event.index] = event.image
            self.watcher.thumbnail_found(row, event.index)

    def _answered(self, event: Answered) -> None:
        """Keep the answer of a job."""
        if row := self._row(event.job):
            self.finish(row, event.prediction, event.reasons, event.colour)

    def _problem(self, event: Problem) -> None:
        """Give a job that found no end the verdict error; what was no job has its sentence."""
        if row := self._row(event.job):
            self._fail(row, event.message)
        else:
            self._context.say(event.message, bad=True)

    def _fault(self, event: Fault) -> None:
        """Give a job that met a fault of the program the verdict error, and report the fault."""
        if row := self._row(event.job):
            self._fail(row, FAULT)
        self._report(event.details)

    def _broken(self, event: EngineBroken) -> None:
        """Say that nothing can be analysed."""
        self._context.say(event.message, bad=True)
        self._settle()

    # ---- answers

    def finish(
        self, row: Row, prediction: Prediction, reasons: Sequence[Reason] = (), colour: str | None = None
    ) -> None:
        """Keep an answer; what failed without a title keeps its row's."""
        if row.title and not prediction.title:
            prediction = replace(prediction, title=row.title)
        row.entry = self._context.history.add(row.key, prediction, reasons=reasons, colour=colour)
        row.state = "done"
        row.title = row.entry.title
        self.watcher.row_changed(row)
        self.batch.verdicts.append(prediction.verdict)
        if prediction.verdict == "error":
            self._context.say(f"No answer for “{row.title}”", bad=True, title=row.title)
        else:
            self._context.say(f"Answered “{row.title}”: {short_answer(prediction)}", title=row.title)

    def _fail(self, row: Row, sentence: str) -> None:
        """Give a job that found no end the verdict error."""
        if row.entry is None:
            self.finish(row, Prediction(
                row.title, row.title, None, "error", reason=sentence, model=self._context.worker.model,
                error=Failure("unreadable", sentence),
            ))  # fmt: skip

    # ---- cancelling

    def unfinished(self) -> list[Row]:
        """Return the rows without an answer."""
        return [row for row in self.rows.values() if row.entry is None]

    def forget(self, keys: Sequence[str]) -> None:
        """Forget rows whose answers have been removed."""
        for key in keys:
            self.rows.pop(key, None)

    def cancel(self, shown: str | None = None) -> None:
        """Cancel the job at work; with nothing at work, the one that is shown, or else the first."""
        rows = self.unfinished()
        working = next((row for row in rows if row.state == "working"), None)
        row = working or self.rows.get(shown or "") or next(iter(rows), None)
        if row and row.entry is None:
            self.cancel_rows(row)

    def cancel_key(self, key: str | None) -> None:
        """Cancel the job of a row."""
        row = self.rows.get(key or "")
        if row and row.entry is None:
            self.cancel_rows(row)

    def cancel_all(self) -> None:
        """Cancel all jobs."""
        coming = len(self.batch.coming)
        self.batch.coming.clear()
        rows = self.unfinished()
        if rows or coming:
            self.cancel_rows(*rows)
            if coming or len(rows) > 1:
                self._context.say(f"Cancelled: {counted(len(rows) + coming, 'song')}")

    def cancel_rows(self, *rows: Row) -> None:
        """Cancel jobs."""
        self._context.worker.cancel(*(row.job for row in rows))
        self._forget(*rows)
        if len(rows) == 1:
            self._context.say(f"Cancelled: {rows[0].title}")

    def _forget(self, *rows: Row) -> None:
        """Take rows without an answer away."""
        gone = [row.key for row in rows if row.entry is None]
        for key in gone:
            if row := self.rows.pop(key, None):
                self._keys.pop(row.job, None)
        self.watcher.rows_gone(gone)

    # ---- how far it is

    @property
    def busy(self) -> bool:
        """Whether something is being done, or waits."""
        return self._context.worker.busy or bool(self.batch.coming)

    def _settle(self) -> None:
        """Show how far the work is, and what it has come to at its end."""
        self.show_work()
        self._sum_up()

    def show_work(self) -> None:
        """Show below what is being done, how far it is and how much waits."""
        status = self._context.status
        if not self.busy:
            status.show_rest()
            return
        row = next((row for row in self.rows.values() if row.state == "working"), None)
        if row is None or row.stage is None:
            status.show_work(None)
            return
        stage, fraction = row.stage
        waiting = self._context.worker.waiting + len(self.batch.coming)
        more = f" ({waiting} waiting)" * bool(waiting)
        self._context.say(f"{STAGES.get(stage, 'Loading')}: {row.title}{more}", title=row.title)
        status.show_work(fraction)

    def _sum_up(self) -> None:
        """Say what a batch of several inputs has come to."""
        if self.batch.coming or any(row.state in ("waiting", "working") for row in self.rows.values()):
            return  # the worker may be further than its events that have been taken
        context = self._context
        context.check_history()
        verdicts, self.batch = self.batch.verdicts, Batch()
        trouble, context.trouble = context.trouble, None
        if len(verdicts) > 1:
            parts = [summary(verdicts), *([trouble] if trouble else [])]
            context.say("; ".join(parts), bad=bool(trouble))


def _new_key() -> str:
    """Return a key that no other answer has."""
    return os.urandom(16).hex()  # the module uuid takes milliseconds to load


def _name(text: str) -> str:
    """Return what an input is called before more is known of it: a file that is there by its name, else the text."""
    with contextlib.suppress(OSError, ValueError, RuntimeError):  # no possible name of a file
        path = Path(text).expanduser()
        if path.exists():
            return (path.name if path.is_dir() else path.stem) or text
    return text

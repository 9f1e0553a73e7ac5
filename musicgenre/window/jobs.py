"""The queue: inputs that wait, are being done or have their answer, and the batch that they belong to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any

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
from musicgenre.engine.unfinished import Unfinished, Waiting
from musicgenre.inference.prediction import Failure, Prediction, Reason
from musicgenre.sources.links import is_address
from musicgenre.text import clean_title, counted
from musicgenre.window.batch import Batch, Input
from musicgenre.window.context import Context
from musicgenre.window.history_list import PAUSE_MS, SLICE
from musicgenre.window.rows import Row, Watcher, input_title, new_key
from musicgenre.window.wording import STAGES, short_answer, summary

BUDGET_S = 0.003  # of one round of queueing
FAULT = "a fault in the program; its details are in the log file"


class Jobs:
    """The queue.

    Parameters
    ----------
    context : Context
    report : callable
        Called with the details of a fault in the engine.

    Attributes
    ----------
    batch : Batch
        What is being done, or was done last.
    failed : list of callable
        Called with the input and the sentence of every input that failed.
    """

    watcher: Watcher  # set once, when what watches is made

    def __init__(self, context: Context, *, report: Callable[[str], None]) -> None:
        self._context, self._report = context, report
        self.rows: dict[str, Row] = {}
        self.batch = Batch()
        self.failed: list[Callable[[str, str], None]] = []
        self.unfinished_store = Unfinished(context.history)
        self._ended = True  # whether the batch has been summed up
        self._at_work = ""  # key of the row at work
        self._keys: dict[int, str] = {}  # number of a job -> key of its row
        self.handlers: Mapping[type, Callable[[Any], None]] = {
            StageReached: self._stage_reached, TitleFound: self._title_found, InputsFound: self._inputs_found,
            VideosFound: self._videos_found, ThumbnailFound: self.thumbnail_found, Answered: self._answered,
            Problem: self._problem, Fault: self._fault, EngineBroken: self._broken, Done: lambda _: self._settle(),
            Cancelled: lambda _: self._settle(), SpectraKept: lambda _: context.history.prune_pictures(),
        }  # fmt: skip

    # ---- inputs

    def submit(self, texts: Sequence[str], *, titles: Sequence[str | None] | None = None) -> None:
        """Queue inputs; the first of them is shown, or the batch where there are several."""
        self._take([Input(text, title) for text, title in zip(texts, titles or [None] * len(texts), strict=True)])

    def pick(self, key: str | None, index: int) -> None:
        """Classify one of a row's search results."""
        row = self.rows.get(key or "")
        if row and row.state == "choosing":
            chosen = row.videos[index]
            self._queue(Input(chosen.link, chosen.title, key=row.key, batch=row.batch))
            self.show_work()

    def go_on(self, *rows: Row) -> None:
        """Queue stopped rows again: those given, or all."""
        stopped = [row for row in rows or self.rows.values() if row.state == "stopped"]
        self._take([Input(row.text, row.title, key=row.key, batch=row.batch) for row in stopped], again=True)

    def take_over(self, waiting: Sequence[Waiting]) -> None:
        """Queue what an earlier window has not finished."""
        self._take([Input(one.input, one.title, key=one.key, batch=one.batch) for one in waiting])

    def _take(self, inputs: Sequence[Input], *, again: bool = False) -> None:
        """Queue the first inputs, show the very first, and leave the others for when events have had their turn."""
        if not inputs:
            return
        if not self.busy and not (again and self.batch.keys.keys() >= {one.key for one in inputs}):
            self.batch = Batch()
        self._context.worker.go_on()
        self._ended, several = False, self.batch.is_several
        if again:
            self.batch.go_on()
        rows = [self._take_one(one) for one in inputs[:SLICE]]
        self._note(rows)
        if len(inputs) > SLICE:
            if not self.batch.coming:
                self._context.root.after(PAUSE_MS, self._take_more)
            self.batch.coming.extend(inputs[SLICE:])
        if self.batch.is_several and not several:
            self.watcher.batch_added()
        elif not self.batch.is_several:
            self.watcher.row_added(rows[0])
        self.show_work()

    def _take_more(self) -> None:
        """Queue some of the inputs that were left, and come back for the others."""
        end, rows = perf_counter() + BUDGET_S, []
        while self.batch.coming and perf_counter() < end:
            rows.append(self._take_one(self.batch.coming.popleft()))
        self._note(rows)
        if self.batch.coming:
            self._context.root.after(PAUSE_MS, self._take_more)
        self._settle()

    def _note(self, rows: Sequence[Row]) -> None:
        """Keep what waits, for the next start."""
        self.unfinished_store.add(
            [Waiting(row.key, row.text, row.title, row.batch) for row in rows if row.entry is None]
        )

    def _take_one(self, one: Input) -> Row:
        """Queue one input; what failed already has its answer."""
        if one.prediction is None:
            return self._queue(one)
        row = Row(new_key(), clean_title(one.title or ""), one.text, one.batch)
        self.rows[row.key] = row
        self.batch.add(row.key, row.batch)
        self.finish(row, one.prediction)
        return row

    def _queue(self, one: Input) -> Row:
        """Queue one input."""
        text, key = one.text, one.key or new_key()
        online = is_address(text)
        title = clean_title(one.title or (text if online else input_title(text)))
        row = Row(key, title, text, one.batch, online=online)
        self.rows[key] = row
        self.batch.add(key, row.batch)
        store = self._context.history.picture_path(key)
        known = None if one.title in (text, input_title(text)) else one.title
        row.job = self._context.worker.submit(text, title=known, key=key, store=store)
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
            row.state, self._at_work = "working", row.key
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
        if (row := self._row(event.job)) is None:
            return
        found = sorted(event.inputs, key=lambda one: one.prediction is not None)
        self.batch.remove([row.key])
        self._take([Input(one.input, one.title, one.prediction, batch=event.name or row.title) for one in found])
        self._forget(row)
        if good := sum(one.prediction is None for one in found):
            self._context.say(f"{counted(good, 'song')} queued")

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
            self.finish(row, event.prediction, event.reasons, event.colour, event.artist, event.vector)

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
        self, row: Row, prediction: Prediction, reasons: Sequence[Reason] = (), colour: str | None = None,
        artist: str | None = None, vector: bytes = b"",
    ) -> None:  # fmt: skip
        """Keep an answer; what failed without a title keeps its row's."""
        if row.title and not prediction.title:
            prediction = replace(prediction, title=row.title)
        row.entry = self._context.history.add(
            row.key, prediction, reasons=reasons, colour=colour, artist=artist, vector=vector
        )
        row.state = "done"
        row.title = row.entry.title
        self.batch.finish(row.entry)
        self.watcher.row_changed(row)
        if prediction.verdict == "error":
            self._context.say(f"No answer for “{row.title}”", bad=True, title=row.title)
            for tell in self.failed:
                tell(row.text, prediction.reason or "")
        else:
            self._context.say(f"Answered “{row.title}”: {short_answer(prediction)}", title=row.title)

    def _fail(self, row: Row, sentence: str) -> None:
        """Give a job that found no end the verdict error."""
        if row.entry is None:
            self.finish(row, Prediction(
                row.text or row.title, row.title, None, "error", reason=sentence, model=self._context.worker.model,
                error=Failure("unreadable", sentence),
            ))  # fmt: skip

    # ---- pausing and stopping

    @property
    def paused(self) -> bool:
        """Whether nothing more is begun."""
        return self._context.worker.paused

    def pause(self) -> None:
        """Begin nothing more, or go on where it was paused."""
        if self.paused:
            self.batch.go_on()
            self._context.worker.go_on()
        elif self.busy:
            self._context.worker.pause()
            self._context.say("Paused after the song at work")
        self.watcher.batch_changed()

    def unfinished(self) -> list[Row]:
        """Return the rows without an answer that are still to be done."""
        return [row for row in self.rows.values() if row.entry is None and row.state != "stopped"]

    def stopped(self) -> list[Row]:
        """Return the rows that were stopped."""
        return [row for row in self.rows.values() if row.state == "stopped"]

    @property
    def to_do(self) -> int:
        """How many inputs have no answer yet and are to be done."""
        return len(self.unfinished()) + len(self.batch.coming)

    def forget(self, keys: Sequence[str]) -> None:
        """Forget rows whose answers have been removed."""
        for key in keys:
            self.rows.pop(key, None)
        self.batch.remove(keys)

    def cancel(self, shown: str | None = None) -> None:
        """Stop the job at work; with nothing at work, the one that is shown, or else the first."""
        rows = self.unfinished()
        row = self.working() or self.rows.get(shown or "") or next(iter(rows), None)
        if row and row in rows:
            self.stop_rows(row)

    def cancel_key(self, key: str | None) -> None:
        """Stop the job of a row, or go on with it where it was stopped."""
        row = self.rows.get(key or "")
        if row and row.state == "stopped":
            self.go_on(row)
        elif row and row.entry is None:
            self.stop_rows(row)

    def stop_all(self) -> None:
        """Stop all jobs; their rows stay, and can go on."""
        for one in self.batch.coming:
            row = Row(one.key or new_key(), clean_title(one.title or input_title(one.text)), one.text, one.batch)
            self.rows[row.key] = row
            self.batch.keys[row.key] = None
        self.batch.coming.clear()
        rows = self.unfinished()
        if rows:
            self.stop_rows(*rows)
            self._note([row for row in rows if not row.job])
            if len(rows) > 1:
                self._context.say(f"Stopped: {counted(len(rows), 'song')}; “Go on” goes on with them")

    def stop_rows(self, *rows: Row) -> None:
        """Stop jobs; their rows say so."""
        self._context.worker.cancel(*(row.job for row in rows))
        for row in rows:
            row.state = "stopped"
            row.stages.clear()
            self._keys.pop(row.job, None)
        self.watcher.rows_stopped([row.key for row in rows])
        if len(rows) == 1:
            self._context.say(f"Stopped: {rows[0].title}", title=rows[0].title)
        self._settle()

    def remove_rows(self, *rows: Row) -> None:
        """Take rows without an answer away, and stop what is done for them."""
        self._context.worker.cancel(*(row.job for row in rows))
        self.batch.remove([row.key for row in rows])
        self._forget(*rows)
        self._settle()

    def _forget(self, *rows: Row) -> None:
        """Take rows without an answer away."""
        gone = [row.key for row in rows if row.entry is None]
        for key in gone:
            if row := self.rows.pop(key, None):
                self._keys.pop(row.job, None)
        self.unfinished_store.forget(gone)
        self.watcher.rows_gone(gone)

    # ---- how far it is

    @property
    def busy(self) -> bool:
        """Whether something is being done, or waits."""
        return self._context.worker.busy or bool(self.batch.coming)

    def working(self) -> Row | None:
        """Return the row at work."""
        row = self.rows.get(self._at_work)
        return row if row and row.state == "working" else None

    def _settle(self) -> None:
        """Show how far the work is, and what it has come to at its end."""
        self.show_work()
        self._sum_up()

    def show_work(self) -> None:
        """Show below what is being done and how far it is: the job, or the batch of several."""
        status = self._context.status
        self.watcher.batch_changed()
        if not self.busy:
            status.show_rest()
            return
        row = self.working()
        if self.batch.is_several:
            batch = self.batch
            part = row.stage[1] if row and row.stage and row.stage[0] == "analyse" else 0.0
            status.show_work((batch.done + part) / batch.total, several=True)
            if row and not self.paused:
                text = f"{min(batch.done + 1, batch.total)} of {batch.total}: {row.title}"
                self._context.say(text, title=row.title)
        elif row is None or row.stage is None:
            status.show_work(None)
        else:
            stage, fraction = row.stage
            self._context.say(f"{STAGES.get(stage, 'Loading')}: {row.title}", title=row.title)
            status.show_work(fraction)

    def _sum_up(self) -> None:
        """Say what a batch of several inputs has come to."""
        if self._ended or self.busy or any(row.state in ("waiting", "working") for row in self.rows.values()):
            return  # the worker may be further than its events that have been taken
        self._ended = True
        context = self._context
        context.check_history()
        verdicts, trouble, context.trouble = self.batch.verdicts(), context.trouble, None
        if self.batch.is_several and verdicts:
            parts = [summary(verdicts), *filter(None, [trouble])]
            context.say("; ".join(parts), bad=bool(trouble))
        self.watcher.batch_changed()

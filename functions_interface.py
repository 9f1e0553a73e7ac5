"""Classify files, folders, links and whole libraries; open the window: what 03 and 04 do, for scripts and notebooks.

    from functions_interface import as_frame, classify, classify_all

    prediction = classify("song.mp3")
    print(prediction.verdict, prediction.genre, prediction.confidence)
    as_frame(classify_all("my_music"))           # a pandas table, a row a song

`classify`, `classify_all`, `classify_samples`, `as_frame`, `Classifier`, `Prediction` and `open_library` are those of
the package `musicgenre`. The functions of this file write to the terminal, as the scripts do: results go to standard
output, messages to standard error.
"""

import contextlib
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicgenre.audio.recording import WHOLE, Excerpt
from musicgenre.inference.api import as_frame, classify, classify_all, classify_samples
from musicgenre.inference.batch import Answered, classify_items
from musicgenre.inference.card import model_genres, model_path, read_card
from musicgenre.inference.classifier import Analysis, Classifier
from musicgenre.inference.prediction import Prediction
from musicgenre.library.playlists import write_playlists
from musicgenre.library.similar import similar
from musicgenre.library.statistics import details, errors, statistics, summary
from musicgenre.library.store import Library, open_library
from musicgenre.library.tagging import TagOptions, undo_tags, write_tags
from musicgenre.sources.inputs import Item, expand_inputs
from musicgenre.task import Task
from musicgenre.terminal.answers import Summary, Write, writer
from musicgenre.terminal.console import EXIT_ERROR, EXIT_OK, Bar, Status, say, show
from musicgenre.text import clean_text, counted

__all__ = [
    "Classifier", "Prediction", "answer_inputs", "as_frame", "classify", "classify_all", "classify_samples",
    "open_library", "work_library",
]  # fmt: skip


def answer_inputs(
    inputs: Iterable[str],
    *,
    model: str = "genres",
    excerpt: Excerpt = WHOLE,
    search_titles: bool = False,
    cookies_from_browser: str | None = None,
    jobs: int = 1,
    dask: str | None = None,
    as_json: bool = False,
    csv: str | None = None,
    top: int = 3,
    plot: Path | None = None,
) -> int:
    """Classify inputs and write their answers in order, as soon as their turn is done; sum several up at the end.

    Parameters
    ----------
    inputs : iterable of str
        Files, folders, links; titles with `search_titles`.
    model : str
        Name under models/, or a path without ending.
    excerpt : Excerpt
        Look only at this part of each recording.
    search_titles : bool
        Look on YouTube for inputs that are no link and no path.
    cookies_from_browser : str, optional
        The name of a browser whose YouTube cookies are used.
    jobs : int
        Processes on this machine.
    dask : str, optional
        Address of a Dask scheduler whose workers classify files.
    as_json : bool
        Write one JSON object a line.
    csv : str, optional
        Write a table to this file; "-" is standard output.
    top : int
        How many genres a text shows.
    plot : Path, optional
        Draw each answer's page to this file; several are numbered.

    Returns
    -------
    int
        The exit code: 1 if an input ended in an error or a picture could not be written, else 0.

    Raises
    ------
    ModelError
        If the model cannot be loaded.
    SourceError
        If the table cannot be written or the cluster cannot be used.
    """
    status = Status()
    items: Iterable[Item] = _items(inputs, search_titles, cookies_from_browser, status)
    if plot:
        items = list(items)  # one picture has the name given, several are numbered
    pages = Pages(plot, len(items)) if plot and isinstance(items, list) else None
    answers = classify_items(
        items, model=model, excerpt=excerpt, jobs=jobs, dask=dask, cookies_from_browser=cookies_from_browser,
        finish=pages, task=Task(status),
    )  # fmt: skip
    card = read_card(model_path(model))
    form = writer(as_json=as_json, csv_path=csv, top=top, genres=card["genres"], names=card.get("names") or {})
    counts = Summary()
    with form as write:
        failed = 0
        for turn, answer in enumerate(answers):
            status.clear()
            failed += _write_answer(answer, turn, write, pages, tell=as_json or bool(csv))
            counts.add(answer.prediction)
    to_file = csv not in (None, "-")
    if (sys.stderr.isatty() or to_file) and (summed := counts.words(csv_path=csv)):
        say(summed)  # not between the lines of another program's log
    return EXIT_ERROR if failed else EXIT_OK


def _write_answer(answer: Answered, turn: int, write: Write, pages: "Pages | None", *, tell: bool) -> bool:
    """Write an answer and, where its form does not, `tell` where its page is; return whether either failed."""
    failed = answer.prediction.verdict == "error"
    picture = None if failed or answer.problem or not pages else pages.path(turn)
    write(answer.prediction, answer.seconds, picture)
    if answer.problem:
        say(f"error: no picture: {answer.problem}")
    elif picture and tell:
        say(f"picture: {picture}")
    return failed or bool(answer.problem)


def _items(
    inputs: Iterable[str], search_titles: bool, cookies_from_browser: str | None, status: Status
) -> Iterator[Item]:
    """Yield the things to classify, and say which video a search took."""
    for item in expand_inputs(
        list(inputs), search_titles=search_titles, cookies_from_browser=cookies_from_browser, task=Task(status)
    ):
        if item.chosen:
            status.clear()
            say(f"{item.input}: took {item.chosen.label}")
        yield item


@dataclass(frozen=True)
class Pages:
    """Draws the page of each of `count` answers to a file, where its samples still are.

    Parameters
    ----------
    plot : Path
        The file of a single page; of several, each has its number in the name: ``name-1.png``.
    count : int
    """

    plot: Path
    count: int

    def path(self, turn: int) -> Path:
        """Return the file of an answer's page."""
        return self.plot if self.count < 2 else self.plot.with_name(f"{self.plot.stem}-{turn + 1}{self.plot.suffix}")

    def __call__(self, analysis: Analysis, turn: int) -> None:
        """Draw one page; raise `SourceError` if it cannot be written."""
        from musicgenre.plots.catalogue import plot_song  # matplotlib takes a second to load

        if analysis.recording is not None:
            plot_song(analysis.recording, analysis.prediction, self.path(turn))


def work_library(options: Any) -> int:
    """Bring a library up to date, then use it as asked; return the exit code."""
    failed = False
    with Library(options.library, create=bool(options.inputs)) as library:
        if options.inputs:
            failed = update(library, options)
            counts = statistics(library, roots=options.inputs)
            failed |= bool(counts.verdicts.get("error"))
            if not options.json and options.csv != "-":
                show(summary(counts) + ("" if options.stats else errors(counts)))
        if options.write_tags or options.undo_tags:
            failed |= change_tags(library, options)
        if options.playlists:
            make_playlists(library, options)
        if options.similar:
            show_similar(library, options)
        if options.stats:
            counts = statistics(library, roots=options.inputs)
            if options.json:
                show(json.dumps(counts.as_json()) + "\n")
            else:
                show(("" if options.inputs else summary(counts)) + details(counts))
            if options.plot:
                from musicgenre.plots.catalogue import plot_library  # matplotlib loads when something is drawn

                plot_library(counts.as_json(), options.plot)
                (say if options.json else show)(f"picture: {clean_text(str(options.plot))}" + "\n" * (not options.json))
    return EXIT_ERROR if failed else EXIT_OK


def update(library: Library, options: Any) -> bool:
    """Answer what is new or changed below the inputs; write the answers of all songs there if they are asked for.

    Returns whether there are folders that could not be read.
    """
    genres = model_genres(options.model)
    found = library.scan(
        options.inputs, model=options.model, start_s=options.start, length_s=options.length, fresh=options.fresh
    )
    again = f" ({found.again} heard before by another model or at another part)" if found.again else ""
    say(f"{counted(found.songs, 'song')} found, {found.to_do} of them new or changed{again}")
    for sentence in found.unread:
        say(sentence)
    with contextlib.ExitStack() as stack:
        bar = stack.enter_context(Bar("songs"))
        write = None
        if options.json or options.csv:
            form = writer(as_json=options.json, csv_path=options.csv, top=options.top, genres=genres)
            write = stack.enter_context(form)
        for done, _ in enumerate(library.update(jobs=options.jobs, dask=options.dask), 1):
            bar.update(done, found.to_do)
            _tell(library, write)
        _tell(library, write)
    say(f"answers in {options.library}")
    return bool(found.unread)


def _tell(library: Library, write: Write | None) -> None:
    """Write the answers whose turn has come, if they are wanted."""
    if write:
        for prediction in library.answers():
            write(prediction, 0.0)


def change_tags(library: Library, options: Any) -> bool:
    """Write or restore tags, and say what became of the songs; return whether any failed."""
    if options.undo_tags:
        outcomes = undo_tags(library, roots=options.inputs)
    else:
        tags = TagOptions(
            options.overwrite_tags,
            options.tag_confidence,
            options.tag_count,
            options.tag_separator,
            [options.tag_ignore] if options.tag_ignore else [],
        )
        outcomes = write_tags(library, tags, roots=options.inputs)
    counts: dict[str, int] = {}
    for outcome in outcomes:
        counts[outcome.kind] = counts.get(outcome.kind, 0) + 1
        if outcome.kind != "kept":
            say(f"{outcome.path}: {outcome.kind}: {outcome.words}")
    say("tags: " + (", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())) or "nothing to do"))
    return bool(counts.get("failed"))


def make_playlists(library: Library, options: Any) -> None:
    """Write the playlists and say what they hold."""
    counts, odd = write_playlists(library, options.playlists, roots=options.inputs)
    lists, songs = counted(len(counts), "playlist"), counted(sum(counts.values()), "song")
    say(f"{lists} with {songs} in {options.playlists}")
    if odd:
        say(f"{counted(odd, 'song')} left out: the name holds what a playlist cannot")


def show_similar(library: Library, options: Any) -> None:
    """Write the nearest songs with their distance."""
    status = Status()
    found = similar(
        library, options.similar, top=options.top, model=options.model, search_titles=options.search, task=Task(status)
    )
    status.clear()
    for neighbour in found:
        song, distance = neighbour.song, round(neighbour.distance, 4)
        if options.json:
            record = {"input": str(song.path), "distance": distance, "title": song.title, "genre": song.genre}
            show(json.dumps(record) + "\n")
        else:
            show(f"{distance:.3f}  {song.genre or song.verdict:<10}  {clean_text(str(song.path))}\n")
    if not found:
        say("the library holds no song to compare with; classify some first")

"""Classify inputs and write their answers to the terminal."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from musicgenre.audio.recording import WHOLE, Excerpt
from musicgenre.inference.batch import Answered, classify_items
from musicgenre.inference.card import model_path, read_card
from musicgenre.plots.pages import Pages
from musicgenre.sources.inputs import Item, expand_inputs
from musicgenre.task import Task
from musicgenre.terminal.answers import Summary, Write, writer
from musicgenre.terminal.console import EXIT_ERROR, EXIT_OK, Status, say


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
        Files, folders, links; with `search_titles` titles to look for on YouTube.
    model, excerpt, jobs, dask, cookies_from_browser
        See `classify_items`.
    as_json, csv : bool, str
        Write one JSON object a line, or a table to a file ("-" is standard output); else text.
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
    ModelError, SourceError
        If the model cannot be loaded, the table not written, or the cluster not used.
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
    form = writer(as_json=as_json, csv_path=csv, top=top, genres=card.genres, names=card.names)
    counts, failed = Summary(), 0
    with form as write:
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

"""Many inputs in the terminal: classified in parallel, answered in order, as text, JSON lines or CSV."""

import contextlib
import csv
import itertools
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TextIO

from functions_audio import GenreError, Progress, Recording, SourceError
from functions_inputs import Item
from functions_interface import Classifier, error_prediction
from functions_parallel import cpu_count, run_many
from functions_prediction import Prediction
from functions_terminal import output, show
from functions_text import clean_text, clean_title, csv_cell

FEW = 3  # up to this many files the start of more processes costs more than it brings
BAR_WIDTH = 24
BLOCK = 1 << 16  # bytes of a CSV that are looked at once
CSV_COLUMNS = ("input", "title", "duration_s", "verdict", "genre", "confidence", "reason", "model", "error")
HEADLINES = {
    "uncertain": "not sure",
    "not_music": "not music",
    "silent": "silent",
    "too_short": "too short",
    "error": "no answer",
}


@lru_cache(maxsize=1)
def loaded_classifier(model: str, threads: int) -> Classifier:
    """Return this process's classifier."""
    return Classifier(model, threads=threads)


def answer_item(classifier: Classifier, item: Item, **options: Any) -> Prediction:
    """Classify one item with the options of `Classifier.classify_item`; too little memory is an answer, too."""
    try:
        return classifier.classify_item(item, **options)
    except MemoryError:
        error = GenreError("more memory is needed than there is", "unreadable")
        return error_prediction(item.input, error, model=classifier.model.name)


@dataclass(frozen=True)
class Drawn:
    """A picture that was asked for: where it is, or why it is not there."""

    path: Path
    problem: str | None = None


Answered = tuple[Prediction, float, Drawn | None]


def _answer_and_draw(
    classifier: Classifier, item: Item, plot: Path | None, **options: Any
) -> tuple[Prediction, Drawn | None]:
    """Classify one item and draw its page; a page that cannot be written leaves the answer as it is."""
    drawn: list[Drawn] = []

    def draw(recording: Recording, prediction: Prediction) -> None:
        from functions_figures import plot_song  # matplotlib takes a second to load

        try:
            plot_song(recording, prediction.as_json(), path)
            drawn.append(Drawn(path))
        except GenreError as error:
            drawn.append(Drawn(path, str(error)))

    if plot is None:
        return answer_item(classifier, item, **options), None
    path = plot
    prediction = answer_item(classifier, item, heard=draw, **options)
    return prediction, drawn[0] if drawn else None


def plot_paths(path: Path | None, count: int) -> list[Path | None]:
    """Return the file of each input's page: the one given, or with several inputs ``name-1.png`` and so on."""
    if path is None or count < 2:
        return [path] * count
    return [path.with_name(f"{path.stem}-{i}{path.suffix}") for i in range(1, count + 1)]


def _classify_job(job: tuple[Item, str, float | None, float | None, int, Path | None]) -> Answered:
    """Classify one item: (item, model, start, length, threads, picture) -> (answer, seconds taken, picture)."""
    item, model, start_s, length_s, threads, plot = job
    began = time.perf_counter()
    classifier = loaded_classifier(model, threads)
    prediction, drawn = _answer_and_draw(classifier, item, plot, start_s=start_s, length_s=length_s)
    return prediction, time.perf_counter() - began, drawn


def classify_all(
    items: Iterable[Item],
    *,
    model: str,
    start_s: float | None = None,
    length_s: float | None = None,
    jobs: int = 1,
    dask: str | None = None,
    cookies_from_browser: str | None = None,
    plot: Path | None = None,
    progress: Progress | None = None,
) -> Iterator[Answered]:
    """Yield (answer, seconds taken, picture) for each item in order, as soon as its turn is done.

    Files are classified in processes. Videos are downloaded here and one at a time: a process that is ended could
    not delete its download, and YouTube answers no faster to many.

    Parameters
    ----------
    items : iterable of Item
        From `expand_inputs`; taken as their turn comes.
    start_s, length_s, cookies_from_browser
        See `Classifier.classify_item`.
    jobs, dask : int, str
        See `functions_parallel.run_many`.
    plot : Path
        Draw each answer's page to this file; see `plot_paths`.
    progress : callable
        Called with the stage and fraction of a video.

    Raises
    ------
    ModelError
        If the model cannot be loaded.
    """
    # Loaded here even where processes do the work: a model at fault is one sentence, not one for each file.
    classifier = loaded_classifier(model, min(cpu_count(), 4))
    if plot:
        items = list(items)  # one picture has the name given, several are numbered
        plots = iter(plot_paths(plot, len(items)))
    else:
        plots = itertools.repeat(None)
    for online, group in itertools.groupby(items, key=lambda item: item.source is None or item.source.is_online):
        if not online:
            yield from _classify_files(group, model, start_s, length_s, jobs, dask, plots)
            continue
        for item in group:
            began = time.perf_counter()
            prediction, drawn = _answer_and_draw(
                classifier, item, next(plots), start_s=start_s, length_s=length_s,
                cookies_from_browser=cookies_from_browser, progress=progress,
            )  # fmt: skip
            yield prediction, time.perf_counter() - began, drawn


def _classify_files(
    items: Iterator[Item],
    model: str,
    start_s: float | None,
    length_s: float | None,
    jobs: int,
    dask: str | None,
    plots: Iterator[Path | None],
) -> Iterator[Answered]:
    """Yield (answer, seconds taken, picture) for files in order; a few here, more in processes."""
    head = list(itertools.islice(items, FEW + 1))
    few = len(head) <= FEW and not dask
    threads = min(cpu_count(), 4) if few else 1
    inputs: dict[int, str] = {}  # of those in work

    def work() -> Iterator[tuple[Item, str, float | None, float | None, int, Path | None]]:
        for turn, item in enumerate(itertools.chain(head, items)):
            inputs[turn] = item.input
            if dask and item.source:  # a worker may be in another folder
                item = replace(item, source=replace(item.source, value=str(Path(item.source.value).absolute())))
            yield item, model, start_s, length_s, threads, next(plots)

    done: dict[int, Answered] = {}
    turn = 0
    with contextlib.closing(run_many(_classify_job, work(), jobs=1 if few else jobs, dask=dask)) as results:
        for index, result in results:
            name = inputs.pop(index)
            if isinstance(result, GenreError):
                result = error_prediction(name, result, model=Path(model).name), 0.0, None
            done[index] = result
            while turn in done:
                yield done.pop(turn)
                turn += 1


Write = Callable[..., None]  # of an answer, the seconds it took, and its picture if there is one


@contextlib.contextmanager
def writer(*, as_json: bool, csv_path: str | None, top: int, genres: Sequence[str]) -> Iterator[Write]:
    """Give the function that writes one answer in the chosen form.

    A CSV file appears under its name when all is written, or with the rows that were finished when the work is
    interrupted or the disk is full. A device or a pipe is written to as it is.

    Raises
    ------
    SourceError
        If the CSV file cannot be written.
    """
    if csv_path is None or csv_path == "-":
        out = output()
        if csv_path == "-":
            yield _csv_rows(out, genres)
        elif as_json:
            yield lambda prediction, *_: show(json.dumps(prediction.as_json()) + "\n")
        else:
            yield lambda answer, seconds, drawn=None: show(
                readable(answer, seconds, top=top, drawn=drawn, encoding=out.encoding) + "\n"
            )
        return
    path = Path(csv_path)
    is_file = path.is_file() or not path.exists()
    if is_file:
        path = path.resolve()  # a link stays a link
    part = path.with_name(f".{path.name}.part") if is_file else path
    try:
        file = part.open("w", encoding="utf-8", newline="", errors="replace")
    except OSError as error:
        raise SourceError(f"{csv_path} cannot be written ({error.strerror}); choose another place") from error
    try:
        with file:
            yield _csv_rows(file, genres)
    finally:
        if is_file:
            _keep_rows(part)
            part.replace(path)


def _keep_rows(path: Path) -> None:
    """Take away the row at the end that is not whole; no cell holds a line break."""
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(end - BLOCK, 0)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                end = start + found + 1
                break
            end = start
        file.truncate(end)


def _csv_rows(out: TextIO, genres: Sequence[str]) -> Write:
    """Write the header; return the function that writes a row."""
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow([*CSV_COLUMNS, *(csv_cell(f"p_{genre}") for genre in genres)])

    def write(prediction: Prediction, *_: Any) -> None:
        record: dict[str, Any] = prediction.as_json()
        record["error"] = prediction.error.kind if prediction.error else None
        cells = ["" if record[column] is None else record[column] for column in CSV_COLUMNS]
        chances = prediction.probabilities or {}
        cells += [chances.get(genre, "") for genre in genres]
        rows.writerow([csv_cell(cell) if isinstance(cell, str) else cell for cell in cells])
        out.flush()

    return write


def readable(
    prediction: Prediction, seconds: float, *, top: int, drawn: Drawn | None = None, encoding: str | None = "utf-8"
) -> str:
    """Return an answer as lines for a person."""
    full, half = ("\u2588", "\u258c") if (encoding or "").lower().replace("-", "") == "utf8" else ("#", "")
    lines = [clean_text(prediction.input)]
    if prediction.title and clean_title(prediction.title) != Path(prediction.input).stem:
        lines.append(f"  {clean_title(prediction.title)}")
    if prediction.verdict == "genre":
        lines.append(f"  {prediction.genre}, {prediction.confidence:.0%} sure")
    else:
        headline = HEADLINES[prediction.verdict]
        guess = f", perhaps {prediction.genre}" if prediction.verdict == "uncertain" else ""
        lines.append(f"  {headline}{guess}: {clean_text(prediction.reason or '')}")
    if prediction.probabilities and prediction.verdict in ("genre", "uncertain"):
        ranked = sorted(prediction.probabilities.items(), key=lambda item: -item[1])[:top]
        width = max(len(genre) for genre, _ in ranked)
        for genre, chance in ranked:
            halves = round(2 * BAR_WIDTH * chance)
            bar = full * (halves // 2) + half * (halves % 2)
            lines.append(f"    {clean_text(genre):<{width}}  {bar:<{BAR_WIDTH}} {chance:4.0%}")
    if prediction.analysed and prediction.duration_s is not None:
        heard = sum(part.end_s - part.start_s for part in prediction.analysed)
        lines.append(f"  {heard:.0f} of {prediction.duration_s:.0f} s analysed in {seconds:.1f} s")
    if drawn and not drawn.problem:
        lines.append(f"  picture: {clean_text(str(drawn.path))}")
    return "\n".join(lines) + "\n"

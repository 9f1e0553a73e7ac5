"""Many inputs -> answers in their order: files in processes or on a cluster, videos one at a time."""

import contextlib
import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from musicgenre.audio.recording import Recording
from musicgenre.cpu import cpu_count
from musicgenre.errors import GenreError
from musicgenre.inference.classifier import Classifier
from musicgenre.inference.prediction import Prediction, error_prediction
from musicgenre.parallel import run_many
from musicgenre.sources.inputs import Item
from musicgenre.task import Progress

FEW = 3  # up to this many files the start of more processes costs more than it brings


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
        from musicgenre.plots.catalogue import plot_song  # matplotlib takes a second to load

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
        See `parallel.run_many`.
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

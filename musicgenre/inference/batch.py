"""Many inputs -> answers in their order: files in processes or on a cluster, videos one at a time."""

import contextlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from musicgenre.audio.recording import WHOLE, Excerpt
from musicgenre.cpu import cpu_count
from musicgenre.errors import GenreError
from musicgenre.inference.classifier import Analysis, Classifier
from musicgenre.inference.prediction import Prediction, error_prediction
from musicgenre.parallel import run_many
from musicgenre.sources.inputs import Item
from musicgenre.task import UNATTENDED, Task

FEW = 3  # up to this many files the start of more processes costs more than it brings
MAX_THREADS = 4  # of one network; more bring nothing

Finish = Callable[[Analysis, int], None]


@dataclass(frozen=True)
class Answered:
    """The answer to one input of several.

    Parameters
    ----------
    prediction : Prediction
    seconds : float
        The time it took.
    problem : str, optional
        Why what was to be made of the answer, a picture for instance, could not be made.
    """

    prediction: Prediction
    seconds: float = 0.0
    problem: str | None = None


@dataclass(frozen=True)
class _Job:
    """One item and what its process needs to answer it."""

    item: Item
    turn: int
    model: str
    excerpt: Excerpt
    threads: int
    finish: Finish | None


@lru_cache(maxsize=1)
def loaded_classifier(model: str, threads: int) -> Classifier:
    """Return this process's classifier."""
    return Classifier(model, threads=threads)


def answer_item(classifier: Classifier, item: Item, **options: Any) -> Analysis:
    """Classify one item with the options of `Classifier.classify_item`; too little memory is an answer, too."""
    try:
        return classifier.classify_item(item, **options)
    except MemoryError:
        error = GenreError("more memory is needed than there is", "unreadable")
        return Analysis(error_prediction(item.input, error, model=classifier.model.name))


def _answer(classifier: Classifier, item: Item, turn: int, finish: Finish | None, **options: Any) -> Answered:
    """Classify one item and finish its answer; what cannot be finished leaves the answer as it is."""
    began = time.perf_counter()
    analysis = answer_item(classifier, item, **options)
    problem = None
    if finish:
        try:
            finish(analysis, turn)
        except GenreError as error:
            problem = str(error)
    return Answered(analysis.prediction, time.perf_counter() - began, problem)


def _answer_job(job: _Job) -> Answered:
    """Answer one item in a worker."""
    classifier = loaded_classifier(job.model, job.threads)
    return _answer(classifier, job.item, job.turn, job.finish, excerpt=job.excerpt)


def classify_items(
    items: Iterable[Item],
    *,
    model: str,
    excerpt: Excerpt = WHOLE,
    jobs: int = 1,
    dask: str | None = None,
    cookies_from_browser: str | None = None,
    finish: Finish | None = None,
    task: Task = UNATTENDED,
) -> Iterator[Answered]:
    """Yield the answer of each item in order, as soon as its turn is done.

    Files are classified in processes. Videos are downloaded here and one at a time: a process that is ended could
    not delete its download, and YouTube answers no faster to many.

    Parameters
    ----------
    items : iterable of Item
        From `expand_inputs`; taken as their turn comes.
    excerpt, cookies_from_browser
        See `Classifier.classify_item`.
    jobs, dask : int, str
        See `parallel.run_many`.
    finish : callable
        A module's function, or a partial of one; takes each analysis and its place in the order, where the samples
        still are, to draw it for instance. Its `GenreError` becomes the answer's `problem`.
    task : Task
        Takes the progress of videos.

    Raises
    ------
    ModelError
        If the model cannot be loaded.
    """
    # Loaded here even where processes do the work: a model at fault is one sentence, not one for each file.
    classifier = loaded_classifier(model, min(cpu_count(), MAX_THREADS))
    numbered = enumerate(items)
    for online, group in itertools.groupby(numbered, key=lambda pair: _is_online(pair[1])):
        if not online:
            yield from _classify_files(group, model, excerpt, jobs, dask, finish)
            continue
        for turn, item in group:
            yield _answer(
                classifier, item, turn, finish, excerpt=excerpt, cookies_from_browser=cookies_from_browser, task=task
            )


def _is_online(item: Item) -> bool:
    """Return whether an item is answered in this process: a video, or an error."""
    return item.source is None or item.source.is_online


def _classify_files(
    items: Iterator[tuple[int, Item]],
    model: str,
    excerpt: Excerpt,
    jobs: int,
    dask: str | None,
    finish: Finish | None,
) -> Iterator[Answered]:
    """Yield the answers of files in order; a few here, more in processes."""
    head = list(itertools.islice(items, FEW + 1))
    few = len(head) <= FEW and not dask
    threads = min(cpu_count(), MAX_THREADS) if few else 1
    inputs: dict[int, str] = {}  # of those in work

    def work() -> Iterator[_Job]:
        for place, (turn, item) in enumerate(itertools.chain(head, items)):
            inputs[place] = item.input
            if dask and item.source:  # a worker may be in another folder
                item = replace(item, source=replace(item.source, value=str(Path(item.source.value).absolute())))
            yield _Job(item, turn, model, excerpt, threads, finish)

    done: dict[int, Answered] = {}
    following = 0
    with contextlib.closing(run_many(_answer_job, work(), jobs=1 if few else jobs, dask=dask)) as results:
        for index, result in results:
            name = inputs.pop(index)
            if isinstance(result, GenreError):
                result = Answered(error_prediction(name, result, model=Path(model).name))
            done[index] = result
            while following in done:
                yield done.pop(following)
                following += 1

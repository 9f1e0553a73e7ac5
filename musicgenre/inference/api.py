"""Classify from a program or a notebook: one source, many, or samples in memory.

Examples
--------
>>> from musicgenre import as_frame, classify, classify_all
>>> classify("song.mp3").genre  # doctest: +SKIP
'jazz'
>>> as_frame(classify_all(["my_music", "https://youtu.be/VIDEO"]))  # doctest: +SKIP

A model is loaded once for a process. Every source gets an answer; the verdict of one that fails is ``error``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicgenre.audio.recording import Excerpt
from musicgenre.audio.samples import recording_of_samples
from musicgenre.cpu import cpu_count
from musicgenre.inference.answer_rows import COLUMNS, answer_row
from musicgenre.inference.batch import MAX_THREADS, classify_items, loaded_classifier
from musicgenre.inference.prediction import Prediction
from musicgenre.sources.inputs import expand_inputs

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

Source = str | os.PathLike[str]


def classify(
    source: Source, *, model: Source = "genres", start_s: float | None = None, length_s: float | None = None
) -> Prediction:
    """Classify one file or link.

    Parameters
    ----------
    source : str or path-like
        A sound file, or a link to a YouTube video.
    model : str or path-like
        Name of a model that comes with the program, or the path of one without its ending.
    start_s, length_s : float, optional
        Look only at this part, in seconds.

    Returns
    -------
    Prediction
        With the verdict ``error`` and its message if the source cannot be read.

    Raises
    ------
    TypeError
        If `source` is neither text nor a path.
    ModelError
        If the model cannot be loaded.
    """
    text = _text(source, "classify")
    if Path(text).is_dir():
        raise TypeError(f"classify takes one file or link, and {text!r} is a folder; use classify_all({text!r})")
    return next(classify_all([text], model=model, start_s=start_s, length_s=length_s, jobs=1))


def classify_all(
    inputs: Source | Iterable[Source],
    *,
    model: Source = "genres",
    start_s: float | None = None,
    length_s: float | None = None,
    jobs: int | None = None,
    dask: str | None = None,
) -> Iterator[Prediction]:
    """Yield the answers of files, of all songs below folders, and of links, in the order of the inputs.

    Parameters
    ----------
    inputs : str, path-like, or iterable of them
        Files, folders, links to videos and playlists.
    model, start_s, length_s
        As of `classify`.
    jobs : int, optional
        Processes; by default as many as there are processors. Three files or fewer are classified in this process.
    dask : str, optional
        Address of a Dask scheduler whose workers classify, for instance ``"tcp://host:8786"``.

    Yields
    ------
    Prediction

    Raises
    ------
    TypeError
        If an input is neither text nor a path.
    ModelError
        If the model cannot be loaded.
    SourceError
        If the cluster cannot be used.
    """
    several = [inputs] if isinstance(inputs, str | bytes | os.PathLike) else inputs
    if not isinstance(several, Iterable):
        raise TypeError(f"classify_all takes paths and links, not {type(inputs).__name__}")
    texts = [_text(source, "classify_all") for source in several]
    return _answers(texts, _text(model, "model"), start_s, length_s, jobs, dask)


def _answers(
    texts: list[str], model: str, start_s: float | None, length_s: float | None, jobs: int | None, dask: str | None
) -> Iterator[Prediction]:
    """Yield the answers; apart from `classify_all`, so that wrong arguments are refused when it is called."""
    answers = classify_items(
        expand_inputs(texts), model=model, excerpt=Excerpt(start_s, length_s), jobs=jobs or cpu_count(), dask=dask
    )
    for answer in answers:
        yield answer.prediction


def classify_samples(y: np.ndarray, *, sr: float, model: Source = "genres", title: str = "samples") -> Prediction:
    """Classify sound that is in memory already.

    Parameters
    ----------
    y : np.ndarray, shape (n,) or (channels, n)
        Samples as floats of full scale 1, as `librosa.load` and `soundfile.read(...)[0].T` give them.
    sr : float
        Sampling rate in hertz.
    model : str or path-like
        As of `classify`.
    title : str
        What the answer calls it.

    Returns
    -------
    Prediction
        The answer that a lossless file of these samples gets.

    Raises
    ------
    TypeError
        If `y` holds no floats.
    ValueError
        If its shape or the sampling rate make no sense.
    ModelError
        If the model cannot be loaded.
    """
    recording = recording_of_samples(y, sr, title=title)
    return (
        loaded_classifier(_text(model, "model"), min(cpu_count(), MAX_THREADS))
        .classify(recording, source=title)
        .prediction
    )


def as_frame(predictions: Prediction | Iterable[Prediction]) -> pd.DataFrame:
    """Return answers as a table.

    Parameters
    ----------
    predictions : Prediction or iterable of Prediction

    Returns
    -------
    pd.DataFrame
        A row an answer, with the columns that ``--csv`` writes: what the program says, and a probability of each genre
        (``p_<genre>``, missing where none could be computed).

    Raises
    ------
    TypeError
        If something else than answers is given.
    """
    import pandas as pd  # takes half a second that classifying does not need

    several = [predictions] if isinstance(predictions, Prediction) else list(predictions)
    for prediction in several:
        if not isinstance(prediction, Prediction):
            raise TypeError(f"as_frame takes answers of classify and classify_all, not {type(prediction).__name__}")
    genres = list(dict.fromkeys(genre for p in several for genre in p.probabilities or ()))
    rows: list[dict[str, Any]] = [answer_row(prediction, genres) for prediction in several]
    return pd.DataFrame(rows, columns=[*COLUMNS, *(f"p_{genre}" for genre in genres)])


def _text(source: Any, caller: str) -> str:
    """Return a path or link as text; raise TypeError for anything else."""
    if isinstance(source, os.PathLike):
        source = os.fspath(source)
    if isinstance(source, bytes):
        source = os.fsdecode(source)
    if not isinstance(source, str):
        raise TypeError(f"{caller} takes a path or a link as text, not {type(source).__name__}")
    return source

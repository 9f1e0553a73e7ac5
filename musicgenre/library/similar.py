"""The nearest songs of a library, by what the pretrained network hears, whitened by the library itself."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from musicgenre.errors import GenreError, SourceError
from musicgenre.inference.batch import loaded_classifier
from musicgenre.library.conditions import Selection
from musicgenre.library.song_features import FEATURE_TYPE, song_features
from musicgenre.library.songs import Song
from musicgenre.library.statistics import SHOWN
from musicgenre.library.store import DEFAULT_MODEL, Library
from musicgenre.sources.inputs import expand_inputs
from musicgenre.task import UNATTENDED, Task
from musicgenre.text import clean_title

BLOCK = 50_000  # songs that are compared at once, 40 MB

WHITENED_BY = 20_000  # songs that tell the directions in which songs differ

FEW_SONGS = 30

SHRINKAGE = 0.5


@dataclass(frozen=True)
class Neighbour:
    """A song of the library and its distance: 0 for the same sound, about 1 for unrelated ones, 2 at most."""

    song: Song
    distance: float

    @property
    def similarity(self) -> float:
        """1 for the same sound, 0 for one that has nothing to do with it."""
        return max(1.0 - self.distance, 0.0)


def similar(
    library: Library,
    text: str,
    *,
    top: int = SHOWN,
    model: str | None = None,
    search_titles: bool = False,
    task: Task = UNATTENDED,
) -> list[Neighbour]:
    """Return the nearest songs of a library to a song.

    Parameters
    ----------
    text : str
        A file, in the library or not, or a link; with `search_titles` a title. It is not among its own neighbours.
    top : int
        How many.
    model : str
        Whose answers are shown; None is the usual one.
    task : Task
        For a song that has to be heard first; see `inference.classifier.Classifier`.

    Raises
    ------
    GenreError
        If the song cannot be read or has too little sound.
    """
    items = expand_inputs([text], search_titles=search_titles, task=task)
    item, *more = itertools.islice(items, 2)
    if more:
        raise SourceError(f"{clean_title(text)!r} is more than one song; give one")
    if item.error or item.source is None:
        raise item.error or SourceError(f"{clean_title(text)!r} leads to nothing")
    path = Path(item.source.value).resolve() if item.source.kind == "file" else None
    number = library.number(model)
    features = library.features_of(path, number) if path else None
    if features is None:
        classifier = loaded_classifier(model or DEFAULT_MODEL, 1)
        analysis = classifier.classify_item(item, task=task)
        if not analysis.prediction.probabilities or analysis.features is None or analysis.features.windows is None:
            raise GenreError(f"{clean_title(text)!r} cannot be compared: {analysis.prediction.reason}", "unreadable")
        features = song_features(analysis.features.windows.deep)
    return nearest(library, features, top=top, leave_out=path, model=number)


def nearest(
    library: Library,
    features: np.ndarray,
    *,
    top: int = SHOWN,
    leave_out: Path | None = None,
    model: str | int | None = None,
) -> list[Neighbour]:
    """Return the songs nearest to features of shape (200,): cosine distance after whitening, by brute force in blocks.

    Whitening by the library's own covariance, shrunk halfway to a sphere (as Ledoit and Wolf, 2004, with a fixed
    share), keeps what all songs of a collection have in common from deciding.
    """
    from sklearn.neighbors import NearestNeighbors  # takes a second to load

    selection = Selection(model=library.number(model))
    mean, whitening = library_whitening(library, selection, len(features))
    wanted = (features - mean) @ whitening
    best: list[tuple[float, int]] = []
    rows = library.features(selection)
    while block := [*itertools.islice(rows, BLOCK)]:
        vectors = (vectors_of([data for _, data in block], len(features)) - mean) @ whitening
        index = NearestNeighbors(n_neighbors=min(top + 1, len(block)), metric="cosine", algorithm="brute").fit(vectors)
        distances, places = index.kneighbors(wanted[None])
        found = [(float(d), block[i][0]) for d, i in zip(distances[0], places[0], strict=True)]
        best = sorted([*best, *found])[: top + 1]
    songs = [(max(d, 0.0), library.song(key, selection.model)) for d, key in best]
    return [Neighbour(song, d) for d, song in songs if song and song.path != leave_out][:top]


def vectors_of(blobs: Sequence[bytes], width: int) -> np.ndarray:
    """Return stored features as an array, shape (songs, width)."""
    return np.frombuffer(b"".join(blobs), FEATURE_TYPE).reshape(-1, width)


def library_whitening(library: Library, selection: Selection, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the whitening of a library's songs, from a sample of a large one."""
    count = sum(1 for _ in library.features(selection))
    every = max(count // WHITENED_BY, 1)
    return whitening(vectors_of([data for _, data in library.features(selection, every=every)], width))


def whitening(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean, shape (n,), and the matrix, shape (n, n), that make features alike in all directions."""
    width = vectors.shape[1]
    if len(vectors) < FEW_SONGS:  # which tell nothing of what songs have in common
        return np.zeros(width, np.float32), np.eye(width, dtype=np.float32)
    mean = vectors.mean(axis=0)
    covariance = np.cov((vectors - mean).T)
    sphere = np.eye(width) * np.trace(covariance) / width
    values, axes = np.linalg.eigh(SHRINKAGE * sphere + (1 - SHRINKAGE) * covariance)
    return mean, (axes / np.sqrt(np.maximum(values, 1e-9))).astype(np.float32)

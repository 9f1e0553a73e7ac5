"""The songs of the history that are nearest to one of them, by what the pretrained network hears.

Conventions
-----------
A song's vector is that of a library (`library.song_features`): the mean over windows of the network's last hidden
layer, 200 float32. Its distance is that of `library.similar`: cosine after whitening by all songs of the history.
"""

import contextlib
import sqlite3
from pathlib import Path

import numpy as np

from musicgenre.engine.message_parts import SimilarSong
from musicgenre.engine.messages import FindSimilarAnswers, SimilarFound
from musicgenre.errors import SourceError
from musicgenre.library.similar import whitening
from musicgenre.library.song_features import FEATURE_TYPE, song_features
from musicgenre.text import clean_title

LATEST = (
    "SELECT key, max(made), input, title, genre, verdict FROM answers"
    " WHERE verdict IN ('genre', 'uncertain', 'mixed') AND key IN (SELECT key FROM vectors) GROUP BY input"
)


def song_vector(deep: np.ndarray) -> bytes:
    """Decode a stored vector of the last hidden layer, shape (windows, 200)."""
    return song_features(deep).tobytes()


def nearest_answers(request: FindSimilarAnswers) -> SimilarFound:
    """Return the songs nearest to that of an answer, which is not among them.

    Raises
    ------
    SourceError
        If the answer has no vector (an older version made it, or there was too little sound), or the history cannot be
        read.
    """
    place = f"{Path(request.history).absolute().as_uri()}?mode=ro"
    try:
        with contextlib.closing(sqlite3.connect(place, uri=True)) as store:
            store.text_factory = lambda data: data.decode("utf-8", "replace")
            own = store.execute("SELECT vector FROM vectors WHERE key = ?", (request.key,)).fetchone()
            row = store.execute("SELECT input FROM answers WHERE key = ?", (request.key,)).fetchone()
            songs = [one for one in store.execute(LATEST) if row is None or one[2] != row[0]]
            vectors = dict(store.execute("SELECT key, vector FROM vectors"))
    except sqlite3.Error as error:
        raise SourceError(f"the history could not be read ({error}); start the program again") from error
    if own is None:
        raise SourceError("what this song sounds like was not kept with its answer; classify it again to compare it")
    wanted = np.frombuffer(own[0], FEATURE_TYPE)
    songs = [one for one in songs if len(vectors[one[0]]) == wanted.nbytes]
    if not songs:
        return SimilarFound(request.job, (), 0)
    matrix = np.frombuffer(b"".join(vectors[one[0]] for one in songs), FEATURE_TYPE).reshape(len(songs), -1)
    mean, axes = whitening(np.vstack([matrix, wanted[None]]))
    distances = _cosine_distances((matrix - mean) @ axes, (wanted - mean) @ axes)
    nearest = np.argsort(distances, kind="stable")[: request.top]
    return SimilarFound(request.job, tuple(_song(songs[i], float(distances[i])) for i in nearest), len(songs))


def _song(row: tuple[str, float, str, str, str | None, str], distance: float) -> SimilarSong:
    """Return a row as a song."""
    key, _, text, title, genre, verdict = row
    return SimilarSong(str(text), clean_title(title), clean_title(genre) or verdict, max(distance, 0.0), str(key))


def _cosine_distances(vectors: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the cosine distances of rows to a vector, shape (songs,)."""
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(wanted)
    distances: np.ndarray = 1.0 - (vectors @ wanted) / np.maximum(lengths, 1e-9)
    return distances

"""Songs that a library holds more than once: the same file, and probably the same song in another file."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from musicgenre.library.conditions import ALL, Selection
from musicgenre.library.song_features import COURSE_TYPE, COURSE_WIDTH, FEATURE_TYPE, WIDTH
from musicgenre.library.songs import Song
from musicgenre.library.store import Library

# Distance (of the means, plus of the courses) of two recordings of one song. Of 653 real songs of 20 s, the mp3 at
# 64 kbit/s was at 0.33 or less from each but one (0.44); of 212,878 pairs of different songs, the nearest were at 0.52.
SAME_BELOW = 0.4
LENGTHS_DIFFER_S = 3.0  # by at most: encoders add some silence, other versions of a song differ by more
BLOCK = 2000  # songs that are compared with each other at once, 16 MB of distances


@dataclass(frozen=True)
class Duplicate:
    """One song in several files.

    Parameters
    ----------
    songs : tuple of Song
        All of its places, by path.
    is_exact : bool
        Whether they are the same file, byte for byte; else they sound the same, as far as can be told.
    """

    songs: tuple[Song, ...]
    is_exact: bool


def duplicates(library: Library, selection: Selection = ALL) -> Iterator[Duplicate]:
    """Yield the songs that are there several times: those of equal files first, then those that sound the same.

    Files that are equal count as one of those that sound the same, so that nothing is listed twice.
    """
    selection = replace(selection, model=library.number(selection.model))
    again: set[int] = set()
    for songs in library.same_content(selection):
        again.update(song.key for song in songs[1:])
        yield Duplicate(tuple(songs), is_exact=True)
    for keys in _groups(_pairs(library, selection, again)):
        found = [song for key in keys if (song := library.song(key, selection.model))]
        if len(found) > 1:
            yield Duplicate(tuple(sorted(found, key=lambda song: song.path)), is_exact=False)


def _pairs(library: Library, selection: Selection, again: set[int]) -> Iterator[tuple[int, int]]:
    """Yield pairs of songs that sound the same; songs are compared with those of about the same length only."""
    keys, lengths, sounds = list[int](), list[float](), bytearray()
    for key, length, features, course in library.courses(selection):
        if key not in again:
            keys.append(key)
            lengths.append(length)
            sounds += compared(features, course).tobytes()
    vectors = np.frombuffer(sounds, np.float32).reshape(len(keys), WIDTH + COURSE_WIDTH)
    ends = np.array(lengths)
    for start in range(0, len(keys), BLOCK):
        stop = min(start + BLOCK, len(keys))
        for other in range(start, len(keys), BLOCK):
            if ends[other] - ends[stop - 1] > LENGTHS_DIFFER_S:
                break
            last = min(other + BLOCK, len(keys))
            distances = 2.0 - vectors[start:stop] @ vectors[other:last].T
            for i, j in np.argwhere(distances < SAME_BELOW):
                a, b = start + int(i), other + int(j)
                if a < b and ends[b] - ends[a] <= LENGTHS_DIFFER_S:
                    yield keys[a], keys[b]


def compared(features: bytes, course: bytes) -> np.ndarray:
    """Return the vector by which a song is compared, shape (392,): 2 less the product of two is their distance."""
    parts = np.frombuffer(features, FEATURE_TYPE), np.frombuffer(course, COURSE_TYPE).astype(np.float32)
    return np.concatenate([part / max(float(np.linalg.norm(part)), 1e-9) for part in parts]).astype(np.float32)


def _groups(pairs: Iterator[tuple[int, int]]) -> list[Sequence[int]]:
    """Return the songs that pairs connect."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    found = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    keys, places = np.unique(found, return_inverse=True)
    edges = places.reshape(-1, 2)
    matrix = coo_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(len(keys), len(keys)))
    count, labels = connected_components(matrix, directed=False)
    return [[int(key) for key in keys[labels == label]] for label in range(count)]

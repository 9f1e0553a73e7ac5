"""What songs are compared by: the mean of what the pretrained network hears, and its course over the song.

The mean says what a song sounds like; two songs of one style can share it. The course, how each part of a song differs
from its mean, is a song's own: with both, another recording of the same performance is told from another song.
"""

import numpy as np

FEATURE_TYPE = np.dtype("<f4")
COURSE_TYPE = np.dtype("i1")

WIDTH = 200  # of the network's last hidden layer
PARTS = 12  # of a song, equally many windows each
DIRECTIONS = 16  # into which the layer is projected: enough to tell songs apart, few enough to keep
COURSE_WIDTH = PARTS * DIRECTIONS
MIN_WINDOWS = 4  # with fewer there is no course


def song_features(deep: np.ndarray) -> np.ndarray:
    """Return the mean over windows of the network's last hidden layer.

    Parameters
    ----------
    deep : np.ndarray, shape (windows, 200)

    Returns
    -------
    np.ndarray, shape (200,)
    """
    mean: np.ndarray = deep.mean(axis=0).astype(FEATURE_TYPE)
    return mean


def song_course(deep: np.ndarray) -> np.ndarray | None:
    """Return how the parts of a song differ from its mean, in fixed directions, as integers from -127 to 127.

    Parameters
    ----------
    deep : np.ndarray, shape (windows, 200)

    Returns
    -------
    np.ndarray, shape (192,)
        None for a song too short to have a course, or that stays the same.
    """
    from scipy.linalg import hadamard  # its columns are orthogonal, and the same with every version

    if len(deep) < MIN_WINDOWS:
        return None
    directions = hadamard(256)[:WIDTH, 1 : DIRECTIONS + 1]
    edges = np.linspace(0, len(deep), PARTS + 1)
    starts = np.floor(edges[:-1]).astype(int)
    stops = np.maximum(np.ceil(edges[1:]).astype(int), starts + 1)
    parts = [deep[start:stop].mean(axis=0) for start, stop in zip(starts, stops, strict=True)]
    course = ((np.array(parts) - deep.mean(axis=0)) @ directions).ravel()
    largest = float(np.abs(course).max())
    return np.round(course / largest * 127).astype(COURSE_TYPE) if largest > 0 else None

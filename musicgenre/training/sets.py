"""Sets of genres: the level they are made at, and how often the genre is in them.

A set is the fewest genres, best first, whose calibrated probabilities together reach a level; a set of one is a named
genre. The level comes from held-out songs, so that what is said of a set ("the genre is in it for 9 of 10 songs") holds
for songs of other artists, in the way of conformal calibration: the lowest level at which the share of wrong sets,
counted with one wrong set more, is at most what may be wrong (Angelopoulos and Bates, 2021; Angelopoulos et al., 2022,
"Conformal risk control").
"""

from dataclasses import dataclass

import numpy as np

from musicgenre.inference.measured import Sets

MOST_GENRES = 3  # of a set; songs that need more have none, and a set of all genres of a model says nothing

SMALL_SET_LEVEL = 0.8  # least level of the sets of a small table, whose genres may be named from one half on

# How often a named genre is to be right. Asked for nine of ten, the 13 genres would name 11 % of the songs instead of
# 29 %, 88 instead of 87 % of them rightly: even of their surest tenth 91 % are right. A level of its own for names,
# apart from that of sets, would name 35 % at 0.85, 85 % of them rightly.
NAMED_RIGHT = 0.86

SETS_RIGHT = 0.88  # how often the genre is to be in a set of at most two, and of at most three

LOWEST_LEVEL, HIGHEST_LEVEL, STEP = 0.5, 0.99, 0.01


@dataclass(frozen=True)
class Levels:
    """From which confidence a genre is named, and which probability a set reaches; in [0, 1]."""

    uncertain_below: float
    set_level: float


@dataclass(frozen=True)
class SetFigures:
    """What can be said of sets of one size, or up to one: the share of songs that have one, how many are right."""

    share: float
    right: float | None


def set_sizes(probabilities: np.ndarray, levels: Levels) -> np.ndarray:
    """Return how many genres the set of each song has, shape (songs,); 0 where it would be more than three, or all."""
    best_first = -np.sort(-probabilities, axis=1)
    most = min(MOST_GENRES, max(probabilities.shape[1] - 1, 1))
    reached = np.cumsum(best_first, axis=1)[:, :most] >= levels.set_level - 1e-9
    sizes = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, 0)
    sizes[best_first[:, 0] >= levels.uncertain_below] = 1
    return sizes


def genre_ranks(y: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return how many genres are more probable than the right one, shape (songs,)."""
    ranks: np.ndarray = (probabilities > probabilities[np.arange(len(y)), y][:, None]).sum(axis=1)
    return ranks


def set_figures(y: np.ndarray, probabilities: np.ndarray, sizes: np.ndarray, *, up_to: bool) -> dict[int, SetFigures]:
    """Return size -> figures of the sets of that size or, with `up_to`, of all that are not larger."""
    ranks = genre_ranks(y, probabilities)
    found = {}
    for size in range(1, MOST_GENRES + 1):
        chosen = (sizes > 0) & (sizes <= size) if up_to else sizes == size
        right = (ranks < sizes)[chosen]
        found[size] = SetFigures(float(chosen.mean()), float(right.mean()) if len(right) else None)
    return found


def sets_summary(y: np.ndarray, probabilities: np.ndarray, sizes: np.ndarray) -> Sets:
    """Return the shares of clips that are named, and that have sets of at most two and three; how many are right."""
    found = set_figures(y, probabilities, sizes, up_to=True)
    exact = set_figures(y, probabilities, sizes, up_to=False)
    one, two, three = ((found[size].share, found[size].right, exact[size].right) for size in (1, 2, 3))
    return Sets(*one, *two, *three)


def choose_levels(y: np.ndarray, probabilities: np.ndarray) -> Levels:
    """Return the lowest level at which named genres and sets are right often enough, on held-out songs.

    Parameters
    ----------
    y : np.ndarray, shape (songs,)
        Labels.
    probabilities : np.ndarray, shape (songs, genres)
        Calibrated, each from a model that never saw the song's source.
    """
    ranks = genre_ranks(y, probabilities)
    allowed = {1: 1 - NAMED_RIGHT, **{size: 1 - SETS_RIGHT for size in range(2, MOST_GENRES + 1)}}
    for level in np.arange(LOWEST_LEVEL, HIGHEST_LEVEL + STEP / 2, STEP).round(4).tolist():
        sizes = set_sizes(probabilities, Levels(level, level))
        if all(
            (((ranks >= sizes) & chosen).sum() + 1) / (chosen.sum() + 1) <= wrong
            for size, wrong in allowed.items()
            if len(chosen := (sizes > 0) & (sizes <= size))
        ):
            return Levels(level, level)
    return Levels(HIGHEST_LEVEL, HIGHEST_LEVEL)

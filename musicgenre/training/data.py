"""A table as arrays to train on: clips, groups, and songs of another origin."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from musicgenre.dataset.table import Table
from musicgenre.errors import ModelError
from musicgenre.training.config import feature_columns


@dataclass(frozen=True)
class Extra:
    """Songs of another origin than the table, which help a model to answer beyond it.

    Parameters
    ----------
    x, y, groups
        As in the training part; a group is a source.
    weak : np.ndarray, shape (n,), bool
        Labels that are less sure; they count half.
    """

    x: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    weak: np.ndarray

    def weights(self) -> np.ndarray:
        """Return 1 / sqrt(songs of the source), halved where the label is weak."""
        _, group, count = np.unique(self.groups, return_inverse=True, return_counts=True)
        return np.where(self.weak, 0.5, 1.0) / np.sqrt(count[group])

    def subset(self, rows: np.ndarray) -> "Extra":
        """Return some of the songs."""
        return Extra(self.x[rows], self.y[rows], self.groups[rows], self.weak[rows])


N_FOLDS = 5

SMALL_TABLE = 1000  # clips; a model of more has heard most of what it is asked


@dataclass(frozen=True)
class Data:
    """A table as arrays: features (n, columns), labels (n,), groups (n,), and the clips' own columns."""

    x: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    columns: list[str]
    genres: list[str]
    clips: Any
    grouped: bool
    extra: Extra | None = None  # songs of another origin: always in the training part, never in a fold
    warnings: tuple[str, ...] = ()
    is_small: bool = False  # the whole table, of which this may be a part: see `training.familiarity`

    def subset(self, rows: np.ndarray) -> "Data":
        """Return some of the rows."""
        clips = self.clips.iloc[rows].reset_index(drop=True)
        return replace(self, x=self.x[rows], y=self.y[rows], groups=self.groups[rows], clips=clips)


# ---- groups and folds


def merge_duplicates(groups: Sequence[str], x: np.ndarray) -> np.ndarray:
    """Return groups in which clips with the same features share one: exact duplicates must not be split.

    Clips without a group become groups of their own.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    names = np.array([group or f"\0clip {i}" for i, group in enumerate(groups)])
    _, first, index = np.unique(names, return_index=True, return_inverse=True)
    _, copies = np.unique(np.ascontiguousarray(x, np.float32), axis=0, return_inverse=True)
    clips, count = np.arange(len(names)), len(first) + copies.max(initial=-1) + 1
    ends = np.concatenate([index, len(first) + copies.ravel()])  # a group and a row of features meet in each clip
    pairs = coo_array((np.ones(len(ends)), (ends, np.tile(clips, 2))), shape=(count, len(names)))
    _, component = connected_components(pairs @ pairs.T, directed=False)
    _, leader = np.unique(component[index], return_index=True)
    return names[leader][np.unique(component[index], return_inverse=True)[1]]


def as_data(table: Table, feature_set: str) -> Data:
    """Return the arrays of a feature set, with duplicates grouped.

    A genre with a single clip cannot be learnt and measured: it is left out, with a warning.

    Raises
    ------
    ModelError
        If fewer than two genres have two clips.
    """
    columns = feature_columns(feature_set)
    counts = table.clips["genre"].value_counts()
    kept = table.clips["genre"].isin(counts[counts > 1].index).to_numpy()
    clips = table.clips[kept].reset_index(drop=True)
    genres = sorted(clips["genre"].unique())
    if len(genres) < 2:
        raise ModelError("a classifier needs at least two genres with two clips each; add folders or clips")
    warned = [
        f"Genre {name!r} has one clip only and is left out; add clips to its folder."
        for name in sorted(counts[counts == 1].index)
    ]
    x = table.features[columns].to_numpy(np.float64)[kept]
    y = np.searchsorted(genres, clips["genre"])
    grouped = bool((clips["group"] != "").any())
    groups = merge_duplicates(clips["group"], x)
    few = [genre for g, genre in enumerate(genres) if len(np.unique(groups[y == g])) < N_FOLDS]
    if few:
        warned.append(f"Under {N_FOLDS} groups each, so that their figures say little: {', '.join(few)}.")
    return Data(x, y, groups, columns, genres, clips, grouped, warnings=tuple(warned), is_small=len(y) <= SMALL_TABLE)


def as_extra(table: Table, data: Data) -> Extra:
    """Return the songs of a second table as extra training songs for `data`.

    A column `label` that says ``weak`` marks labels that are less sure.

    Raises
    ------
    ModelError
        If the second table has a genre that the first one lacks.
    """
    unknown = sorted(set(table.clips["genre"]) - set(data.genres))
    if unknown:
        raise ModelError(f"the extra table has the genre {unknown[0]!r}, which the first table lacks")
    x = table.features[data.columns].to_numpy(np.float64)
    y = np.searchsorted(data.genres, table.clips["genre"])
    weak = table.clips["label"].eq("weak").to_numpy() if "label" in table.clips else np.zeros(len(y), bool)
    return Extra(x, y, merge_duplicates(table.clips["group"], x), weak)

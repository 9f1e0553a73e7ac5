"""Splits that keep groups apart."""

import warnings

import numpy as np

from musicgenre.errors import ModelError
from musicgenre.training.data import N_FOLDS, Data

Fold = tuple[np.ndarray, np.ndarray]

N_REPEATS = 5


def check_apart(groups: np.ndarray, fold: Fold) -> None:
    """Raise `ModelError` if a group has clips on both sides of a fold."""
    both = set(groups[fold[0]]) & set(groups[fold[1]])
    if both:
        raise ModelError(f"group {str(min(both))!r} is in the training and in the test part; the figure would lie")


def group_folds(y: np.ndarray, groups: np.ndarray, *, n_splits: int = N_FOLDS, seed: int = 0) -> list[Fold]:
    """Return stratified folds that keep groups together; fewer where there are fewer groups.

    A genre with fewer groups than folds is missing from some test parts, or from the training part that it is tested
    against; it counts all the same.

    Raises
    ------
    ModelError
        If all clips are in one group, or no genre has two clips: nothing can be held out.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    if len(np.unique(groups)) < 2:
        raise ModelError("all clips belong to one group; give each artist or recording its own group")
    n_splits = min(n_splits, len(np.unique(groups)), int(np.bincount(y).max()))
    if n_splits < 2:
        raise ModelError("too few clips to hold some out and still train; add clips to every genre")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a genre with few groups: `as_data` warns of it
        folds = list(StratifiedGroupKFold(n_splits, shuffle=True, random_state=seed).split(y, y, groups))
    for fold in folds:
        check_apart(groups, fold)
    return folds


def fault_filtered_folds(data: Data) -> list[Fold]:
    """Return the one fold of the `split` column: train against test, without groups that cross (none is expected)."""
    split = data.clips["split"].to_numpy()
    fold = (np.flatnonzero(split == "train"), np.flatnonzero(split == "test"))
    check_apart(data.groups, fold)
    return [fold]


def three_folds(data: Data) -> list[Fold]:
    """Return the folds of the `fold` column (1-3); training clips whose group is in the test fold are dropped."""
    column = data.clips["fold"].to_numpy()
    folds = []
    for number in sorted(set(column) - {"", "0"}):
        test = np.flatnonzero(column == number)
        others = np.flatnonzero((column != number) & (column != "") & (column != "0"))
        folds.append((others[~np.isin(data.groups[others], data.groups[test])], test))
        check_apart(data.groups, folds[-1])
    return folds


def random_folds(y: np.ndarray, *, seed: int = 0) -> list[Fold]:
    """Return stratified folds that ignore groups: leaky, for comparison only."""
    from sklearn.model_selection import StratifiedKFold

    n_splits = max(min(N_FOLDS, int(np.bincount(y).min())), 2)
    return list(StratifiedKFold(n_splits, shuffle=True, random_state=seed).split(y, y))

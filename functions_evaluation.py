"""Splits that keep groups apart, the figures of a classifier, and the protocols that measure one honestly.

Conventions
-----------
A fold is a pair (train, test) of row indices. Every choice (epochs, temperature, threshold) made inside a fold uses
inner group-aware folds of its training part. Probabilities have the shape (clips, genres).
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from functions_audio import Cancel, ModelError, never
from functions_gated import train_gated
from functions_nn import Config, Extra, feature_columns, fit_temperature, train_model
from functions_parallel import one_blas_thread
from functions_table import Table

Fold = tuple[np.ndarray, np.ndarray]
N_FOLDS = 5
N_REPEATS = 5
ECE_BINS = 15
COVERAGE = 0.8
NAMED_ACCURACY = 0.90  # how often a named genre must be right; sets the threshold of `uncertain`
BOOTSTRAPS = 1000


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

    def subset(self, rows: np.ndarray) -> "Data":
        """Return some of the rows."""
        clips = self.clips.iloc[rows].reset_index(drop=True)
        return replace(self, x=self.x[rows], y=self.y[rows], groups=self.groups[rows], clips=clips)


# ---- groups and folds


def merge_duplicates(groups: Sequence[str], x: np.ndarray) -> np.ndarray:
    """Return groups in which clips with the same features share one: exact duplicates must not be split.

    Clips without a group become groups of their own.
    """
    names = [group or f"\0clip {i}" for i, group in enumerate(groups)]
    parent = {name: name for name in names}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    first: dict[bytes, str] = {}
    for name, row in zip(names, np.asarray(x, np.float32), strict=True):
        other = first.setdefault(row.tobytes(), name)
        parent[root(name)] = root(other)
    return np.array([root(name) for name in names])


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
    return Data(x, y, groups, columns, genres, clips, grouped, warnings=tuple(warned))


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


# ---- fitting inside a fold


def fit(data: Data, config: Config, *, cancelled: Cancel = never) -> Any:
    """Train one fresh model on all of `data`; with a patience, a group-aware fifth of it decides when to stop."""
    with one_blas_thread():
        if config.architecture == "gated":
            return train_gated(
                data.x, data.y, data.groups.tolist(), data.columns, config, genres=data.genres, extra=data.extra
            )
        validation = None
        rows = np.arange(len(data.y))
        if config.patience:
            rows, held = group_folds(data.y, data.groups, seed=config.seed)[0]
            validation = (data.x[held], data.y[held])
        part = data.subset(rows)
        return train_model(
            part.x, part.y, part.groups.tolist(), data.columns, config,
            n_genres=len(data.genres), validation=validation, cancelled=cancelled,
        )  # fmt: skip


def out_of_fold_logits(data: Data, config: Config, *, seed: int = 0, cancelled: Cancel = never) -> np.ndarray:
    """Return each clip's logits from a model that never saw its group, shape (n, genres)."""
    logits = np.full((len(data.y), len(data.genres)), np.nan)
    for train, test in group_folds(data.y, data.groups, seed=seed):
        logits[test] = fit(data.subset(train), config, cancelled=cancelled).logits(data.x[test])
    return logits


def fit_calibrated(data: Data, config: Config, *, cancelled: Cancel = never) -> tuple[Any, float]:
    """Train on all of `data`; return the model and the temperature of its inner out-of-fold logits."""
    temperature = fit_temperature(out_of_fold_logits(data, config, cancelled=cancelled), data.y)
    return fit(data, config, cancelled=cancelled), temperature


# ---- figures


def expected_calibration_error(y: np.ndarray, probabilities: np.ndarray, *, bins: int = ECE_BINS) -> float:
    """Return the mean distance of confidence and accuracy over bins of confidence, in [0, 1] (Naeini et al., 2015)."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == y
    index = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(confidence[index == b].mean() - right[index == b].mean()) * (index == b).mean() for b in np.unique(index)
    ]
    return float(np.sum(gaps))


def accuracy_at_coverage(y: np.ndarray, probabilities: np.ndarray, *, coverage: float = COVERAGE) -> float:
    """Return the accuracy on the share of clips with the highest confidence."""
    order = np.argsort(-probabilities.max(axis=1), kind="stable")[: max(int(round(coverage * len(y))), 1)]
    return float((probabilities[order].argmax(axis=1) == y[order]).mean())


def bootstrap_interval(right: np.ndarray, groups: np.ndarray, *, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of the accuracy under resampling of groups."""
    _, index = np.unique(groups, return_inverse=True)
    hits, sizes = np.bincount(index, weights=right), np.bincount(index)
    drawn = np.random.default_rng(seed).integers(0, len(sizes), (BOOTSTRAPS, len(sizes)))
    low, high = np.percentile(hits[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [2.5, 97.5])
    return float(low), float(high)


def naming_threshold(y: np.ndarray, probabilities: np.ndarray, *, accuracy: float = NAMED_ACCURACY) -> float:
    """Return the lowest confidence above which named genres are right at least `accuracy` of the time (0 to 1)."""
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    right = (probabilities.argmax(axis=1) == y)[order]
    good = np.flatnonzero(np.cumsum(right) / np.arange(1, len(y) + 1) >= accuracy)
    return float(confidence[order][good[-1]]) if len(good) else 1.0


def figures(y: np.ndarray, probabilities: np.ndarray, groups: np.ndarray, genres: Sequence[str]) -> dict[str, Any]:
    """Return every figure of one set of answers: accuracy and its interval, macro-F1, recalls, top-3, calibration."""
    from sklearn.metrics import confusion_matrix, f1_score

    labels = np.arange(len(genres))
    guess = probabilities.argmax(axis=1)
    right = guess == y
    matrix = confusion_matrix(y, guess, labels=labels)
    with np.errstate(invalid="ignore"):
        recall = np.diag(matrix) / matrix.sum(axis=1)
    best3 = np.argsort(-probabilities, axis=1)[:, :3]
    return {
        "clips": len(y),
        "accuracy": float(right.mean()),
        "interval_95": bootstrap_interval(right, groups),
        "macro_f1": float(f1_score(y, guess, labels=np.unique(y), average="macro")),
        "recall": {genre: None if np.isnan(r) else float(r) for genre, r in zip(genres, recall, strict=True)},
        "worst_recall": float(np.nanmin(recall)),
        "top3": float((best3 == y[:, None]).any(axis=1).mean()),
        "ece": expected_calibration_error(y, probabilities),
        "accuracy_at_80": accuracy_at_coverage(y, probabilities),
        "confusion": matrix.tolist(),
    }

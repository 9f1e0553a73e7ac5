"""Metrics of a classifier: accuracy, calibration, coverage, intervals over groups."""

from collections.abc import Mapping, Sequence

import numpy as np

from musicgenre.inference.measured import Metrics, Sets

ECE_BINS = 15

COVERAGE = 0.8

NAMED_ACCURACY = 0.90  # how often a named genre must be right; sets the threshold of `uncertain`

BOOTSTRAPS = 1000

NORMAL_95 = 1.96  # standard deviations around the mean that hold 95 % of a normal distribution


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
    """Return the 95 % interval of the accuracy under resampling of groups.

    Where all answers are right, or none, resampling finds no spread: it is Wilson's interval (1927) for the groups.
    """
    _, index = np.unique(groups, return_inverse=True)
    hits, sizes = np.bincount(index, weights=right), np.bincount(index)
    if right.all() or not right.any():
        unseen = NORMAL_95**2 / (len(sizes) + NORMAL_95**2)
        return (1 - unseen, 1.0) if right.all() else (0.0, unseen)
    drawn = np.random.default_rng(seed).integers(0, len(sizes), (BOOTSTRAPS, len(sizes)))
    low, high = np.percentile(hits[drawn].sum(axis=1) / sizes[drawn].sum(axis=1), [2.5, 97.5])
    return float(low), float(high)


LEAST_CONFIDENCE = 0.5  # of a named genre: below it, the others together are more likely

ABOVE_EVEN = 1.2  # times the even probability, which a song of no genre gets of each: with two genres, that is one half

LEAST_NAMED = 0.62  # share of held-out clips that a small model names, if `LEAST_CONFIDENCE` lets it


def small_threshold(y: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the confidence from which a model of a small table names a genre, from one half up to 1.

    Where naming rightly nine times in ten would leave most clips unnamed, it names `LEAST_NAMED` of them.
    """
    lowest = float(np.quantile(probabilities.max(axis=1), 1 - LEAST_NAMED))
    least = max(LEAST_CONFIDENCE, ABOVE_EVEN / probabilities.shape[1])
    return max(min(naming_threshold(y, probabilities), lowest), least)


def naming_threshold(y: np.ndarray, probabilities: np.ndarray, *, accuracy: float = NAMED_ACCURACY) -> float:
    """Return the lowest confidence above which named genres are right at least `accuracy` of the time (0 to 1)."""
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    right = (probabilities.argmax(axis=1) == y)[order]
    good = np.flatnonzero(np.cumsum(right) / np.arange(1, len(y) + 1) >= accuracy)
    return float(confidence[order][good[-1]]) if len(good) else 1.0


def named(y: np.ndarray, probabilities: np.ndarray, threshold: float) -> tuple[float, float | None]:
    """Return the share of clips that are named at a threshold, and how often they are right."""
    sure = probabilities.max(axis=1) >= threshold
    right = (probabilities.argmax(axis=1) == y)[sure]
    return float(sure.mean()), float(right.mean()) if len(right) else None


def figures(y: np.ndarray, probabilities: np.ndarray, groups: np.ndarray, genres: Sequence[str]) -> Metrics:
    """Return the metrics of one set of answers: accuracy and its interval, macro-F1, recalls, top-3, calibration."""
    from sklearn.metrics import confusion_matrix, f1_score

    labels = np.arange(len(genres))
    guess = probabilities.argmax(axis=1)
    right = guess == y
    matrix = confusion_matrix(y, guess, labels=labels)
    with np.errstate(invalid="ignore"):
        recall = np.diag(matrix) / matrix.sum(axis=1)
    best3 = np.argsort(-probabilities, axis=1)[:, :3]
    return Metrics(
        clips=len(y),
        accuracy=float(right.mean()),
        interval_95=bootstrap_interval(right, groups),
        macro_f1=float(f1_score(y, guess, labels=np.unique(y), average="macro")),
        recall={genre: None if np.isnan(r) else float(r) for genre, r in zip(genres, recall, strict=True)},
        worst_recall=float(np.nanmin(recall)),
        top2=float((best3[:, :2] == y[:, None]).any(axis=1).mean()),
        top3=float((best3 == y[:, None]).any(axis=1).mean()),
        ece=expected_calibration_error(y, probabilities),
        accuracy_at_80=accuracy_at_coverage(y, probabilities),
        confusion=matrix.tolist(),
    )


def mean_metrics(runs: Sequence[Metrics]) -> Metrics:
    """Return the mean of each metric over repeats, and the accuracy's deviation."""
    names = ("clips", "accuracy", "macro_f1", "top2", "top3", "ece", "accuracy_at_80")
    means = {name: float(np.mean([getattr(run, name) for run in runs])) for name in names}
    recall = _mean_by_name([run.recall for run in runs])
    low, high = np.mean([run.interval_95 for run in runs], axis=0).tolist()
    sets = [run.sets.as_json() for run in runs if run.sets]
    return Metrics(
        interval_95=(low, high),
        recall=recall,
        worst_recall=min(value for value in recall.values() if value is not None),
        confusion=np.mean([run.confusion for run in runs], axis=0).tolist(),
        sets=Sets(**_mean_by_name(sets)) if sets else None,
        deviation=float(np.std([run.accuracy for run in runs])),
        repeats=len(runs),
        **means,
    )


def _mean_by_name(values: Sequence[Mapping[str, float | None]]) -> dict[str, float | None]:
    """Return the mean of what is known of each name; None where nothing is."""
    known = {name: [value for one in values if (value := one[name]) is not None] for name in values[0]}
    return {name: float(np.mean(of_name)) if of_name else None for name, of_name in known.items()}

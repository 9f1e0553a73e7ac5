"""The words of the reports: what their columns and figures mean, and what to do next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

SEARCH_WORDS = {
    "cell": "one combination of features, network and settings; each is fitted once a fold and seed",
    "fold": "one of at most five parts of the clips, held out while a network is trained on the others; all clips of "
    "an artist, where artists are known, lie in the same fold",
    "accuracy": "share of the held-out clips that are named rightly: mean ± standard deviation over folds and seeds",
    "feature set": "what the network sees of a clip: musicnn is the tags that the pretrained network hears, "
    "musicnn_deep the layer below them, librosa all of mfcc to centroid; mean leaves the deviations over time out",
    "architecture": "softmax is linear, whitened linear on decorrelated columns, gated linear with the tags' names as "
    "a first guess; mlp, whitened_mlp and original have hidden layers; the others are scikit-learn's, for comparison",
    "dropout": "share of the hidden units that each step of training leaves out",
    "hidden": "units of the hidden layers; none is a linear network",
    "whiten": "shrinkage of the covariance that the columns are decorrelated with; none leaves them standardised",
    "copies": "whether changed copies of the clips (faster, slower, mp3) train with them, where there are any",
    "l2": "penalty on large weights (of the networks)",
    "seconds": "time for one fit",
}

MODEL_WORDS = {
    "accuracy": "share of the held-out clips whose genre is named rightly; ± over repeats with other folds",
    "95 % interval": "where the accuracy may lie for other artists of the same kind (bootstrap over artists)",
    "macro-F1": "mean over the genres of precision and recall together; low where a genre is never found",
    "top-3": "share of the clips whose genre is among the three likeliest",
    "ECE": "expected calibration error: mean distance between confidence and accuracy; 0 is honest",
    "at 80 %": "accuracy on the 80 % of the clips that the model is surest of",
    "cross-validation (CV)": "every clip is answered by a model that was trained without it and, where artists are "
    "known, without any clip of its artist",
}

MIXED_FROM = 0.1  # share of a genre's clips that another genre takes, from which the pair is worth listening to

CLIPS_TO_HEAR = 12

SHOWN_CELLS = 10


@dataclass(frozen=True)
class MixedPair:
    """Two genres that are mixed up: how many clips, and the worst of them by clip_id with what they were named."""

    genre: str
    other: str
    clips: int
    share: float
    hardest: tuple[tuple[str, str, str, float], ...]  # clip_id, its genre, what it was named, with what probability


def search_lines(summary: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the best cells of a search as lines for a person, with what their columns mean."""
    copies = compares_copies(summary)
    lines = [
        f"the best {min(len(summary), SHOWN_CELLS)} of {len(summary)} cells:",
        f"{'feature set':<40} {'architecture':<20} {'hidden':>9} {'whiten':>6} {'copies' if copies else '':>6} "
        f"{'l2':>6} {'accuracy':>13} {'seconds':>8}",
    ]
    for row in summary[:SHOWN_CELLS]:
        lines.append(
            f"{row['feature_set']:<40} {row['architecture']:<20} {row['hidden']:>9} {row['whiten']:>6} "
            f"{row['copies'] if copies else '':>6} {row['l2']:>6} "
            f"{accuracy_words(row.get('mean'), row.get('deviation')):>13} {number_words(row.get('seconds'), 1):>8}"
        )
    shown = ["cell", "fold", "accuracy", "feature set", "architecture", "hidden", "whiten", "l2", "seconds"]
    shown += ["copies"] if copies else []
    return [*lines, "", *(f"{name}: {SEARCH_WORDS[name]}" for name in shown)]


def compares_copies(summary: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the cells of a search were tried with changed copies of the clips and without."""
    return len({str(row.get("copies")) for row in summary}) > 1


def accuracy_words(mean: Any, deviation: Any) -> str:
    """Return 0.897890998, 0.0201 as '89.8 ± 2.0 %', and an empty text for what is no number."""
    try:
        return f"{100 * float(mean):.1f} ± {100 * float(deviation):.1f} %"
    except (TypeError, ValueError):
        return ""


def number_words(value: Any, digits: int) -> str:
    """Return a number with so many digits behind the point, other values as they are."""
    try:
        return f"{float(value):.{digits}f}"
    except (TypeError, ValueError):
        return str(value)


def mixed_pairs(
    clip_ids: Sequence[str], y: np.ndarray, probabilities: np.ndarray, genres: Sequence[str], *, pairs: int = 3
) -> list[MixedPair]:
    """Return the pairs of genres that are mixed up most, with the clips to listen to first.

    Parameters
    ----------
    clip_ids : sequence of str
    y : np.ndarray, shape (n,)
        Labels.
    probabilities : np.ndarray, shape (n, genres)
        Of each clip when it was held out.
    genres : sequence of str
    pairs : int
        How many pairs at most.
    """
    if not len(y):
        return []
    guess = probabilities.argmax(axis=1)
    found = []
    for a in range(len(genres)):
        for b in range(a):
            wrong = np.flatnonzero(((y == a) & (guess == b)) | ((y == b) & (guess == a)))
            total = int(((y == a) | (y == b)).sum())
            if total and len(wrong) >= 2 and len(wrong) / total >= MIXED_FROM:
                order = wrong[np.argsort(-probabilities[wrong, guess[wrong]], kind="stable")][:CLIPS_TO_HEAR]
                hardest = tuple(
                    (clip_ids[i], genres[y[i]], genres[guess[i]], float(probabilities[i, guess[i]])) for i in order
                )
                found.append(MixedPair(genres[b], genres[a], len(wrong), len(wrong) / total, hardest))
    return sorted(found, key=lambda pair: -pair.share)[:pairs]


def wrong_clips(
    clip_ids: Sequence[str], y: np.ndarray, probabilities: np.ndarray, genres: Sequence[str]
) -> list[tuple[str, str, str, float]]:
    """Return the clips that are most surely taken for another genre: clip_id, its genre, the other, its probability."""
    guess = probabilities.argmax(axis=1) if len(y) else y
    wrong = np.flatnonzero(guess != y)
    order = wrong[np.argsort(-probabilities[wrong, guess[wrong]], kind="stable")][:CLIPS_TO_HEAR]
    return [(clip_ids[i], genres[y[i]], genres[guess[i]], float(probabilities[i, guess[i]])) for i in order]


WRONG_ADVICE = (
    "What to do next: no two genres are mixed up often. Listen to the clips that are taken for another genre, and move "
    "what lies in the wrong folder; more songs by other artists make the rest better."
)


def advice(pair: MixedPair) -> str:
    """Return what to do about a pair of genres that are mixed up."""
    count = len(pair.hardest)
    return (
        f"What to do next: {pair.genre} and {pair.other} are mixed up ({pair.clips} of their clips, "
        f"{100 * pair.share:.0f} %). Listen to {'this clip' if count == 1 else f'these {count} clips'}: "
        "move what lies in the wrong folder, add songs that sound like the ones that are missed, or make one genre "
        "of both; then run 00 and 02 again."
    )

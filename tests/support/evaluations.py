"""Made-up evaluations and search results to draw."""

import numpy as np

from musicgenre.inference.measured import Metrics

SETS = ("mfcc", "musicnn", "musicnn+mfcc")


def results():
    """Return the rows of a search as a CSV reader gives them."""
    rng = np.random.default_rng(4)
    rows, cell = [], 0
    for i, feature_set in enumerate(SETS):
        for architecture in ("softmax", "whitened"):
            for l2 in (0.0, 0.1):
                for width in (0, 64):
                    for fold in range(3):
                        accuracy = 0.5 + 0.1 * i + 0.02 * (architecture == "whitened") + rng.normal(0, 0.01)
                        row = {
                            "cell": cell,
                            "feature_set": feature_set,
                            "architecture": architecture,
                            "width": width,
                            "l2": l2,
                            "learning_rate": 0.01,
                            "seed": 0,
                            "fold": fold,
                            "accuracy": accuracy,
                            "seconds": 1.0 + cell,
                        }
                        rows.append({key: str(value) for key, value in row.items()})
                    cell += 1
    return rows


def evaluation(clips=200, genres=10):
    """Return labels and probabilities of a model that is right about three times in four."""
    rng = np.random.default_rng(1)
    right = rng.integers(0, genres, clips)
    logits = rng.normal(0, 1, (clips, genres))
    logits[np.arange(clips), right] += 2.3
    p = np.exp(logits)
    return right, p / p.sum(axis=1, keepdims=True)


def metrics(**changes):
    """Return the metrics of a protocol, with some values given."""
    values = {
        "clips": 100, "accuracy": 0.8, "interval_95": (0.7, 0.9), "macro_f1": 0.79, "recall": {}, "worst_recall": 0.5,
        "top2": 0.9, "top3": 0.95, "ece": 0.03, "accuracy_at_80": 0.9, "confusion": [],
    }  # fmt: skip
    return Metrics(**{**values, **changes})

"""Train and measure what names the kind of a sound that is not music; part of `train_refusal.py`.

A softmax regression over the detector's columns. A kind is said where its probability reaches a level of its own: the
lowest at which held-out sounds that are said to be of the kind are so in PRECISION of the cases.
"""

import numpy as np

from musicgenre.inference.not_music import CLIP, KINDS, OTHER, kind_probabilities

# kinds of tools/gather_sounds.py -> what a person is told; all others are OTHER, of which nothing is said
KIND_OF = {
    "speech": "speech",
    "speech-in-noise": "speech",
    "babble": "speech",  # one to six voices
    "noise": "noise",
    "crackle": "noise",
    "tone": "tone",
    "sweep": "tone",
    "nature": "nature",
    "animals": "nature",
    "crowd": "crowd",
    "engine": "engine",
    "machine": "engine",
    "alarm": "alarm",
    "telephone": "alarm",
}
NAMES = (*KINDS, OTHER)
INVERSE_PENALTY = 0.03  # scikit-learn's C; said of 33.2 % (0.01: 33.5, 0.003: 34.9), right in 91.2 % (90.7, 90.0)
PRECISION = 0.93  # aimed at on held-out sources, so that 0.9 holds on others
LOWEST_LEVEL = 0.4
FEWEST = 20  # held-out clips that a level is read from: fewer prove nothing, the kind is never said
REPEATS = 2


def named(kind):
    """Return the names that people are told, of kinds as they were gathered."""
    return np.array([KIND_OF.get(str(name), OTHER) for name in kind])


def fit_kinds(x, names, weights):
    """Return a softmax regression, penalised by the square of its weights, as plain arrays."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler().fit(x)
    classes = np.array([NAMES.index(name) for name in names])
    model = LogisticRegression(C=INVERSE_PENALTY * len(x), max_iter=2000)
    model.fit(np.clip(scaler.transform(x), -CLIP, CLIP), classes, sample_weight=weights / weights.sum())
    coefficients = np.zeros((x.shape[1], len(NAMES)), np.float32)
    bias = np.full(len(NAMES), -30.0)  # a kind without a clip is never said
    coefficients[:, model.classes_], bias[model.classes_] = model.coef_.T, model.intercept_
    return {"mean": scaler.mean_, "scale": scaler.scale_, "weights": coefficients, "bias": bias}


def held_out_probabilities(x, names, source, weights):
    """Return the probabilities of each clip from models that saw nothing of its source, shape (clips, names)."""
    from sklearn.model_selection import StratifiedGroupKFold

    total = np.zeros((len(x), len(NAMES)))
    for repeat in range(REPEATS):
        for train, test in StratifiedGroupKFold(5, shuffle=True, random_state=repeat).split(x, names, source):
            total[test] += kind_probabilities(fit_kinds(x[train], names[train], weights[train]), x[test])
    return total / REPEATS


def levels(probabilities, names):
    """Return kind -> the lowest probability from which it is right in PRECISION of the cases; without those never."""
    said = np.array(NAMES)[probabilities.argmax(axis=1)]
    sure = probabilities.max(axis=1)
    found = {}
    for kind in KINDS:
        rows = np.flatnonzero((said == kind) & (sure >= LOWEST_LEVEL))
        rows = rows[np.argsort(-sure[rows])]
        right = np.cumsum(names[rows] == kind) / np.arange(1, len(rows) + 1)
        enough = np.flatnonzero((right >= PRECISION) & (np.arange(1, len(rows) + 1) >= FEWEST))
        if len(enough):
            found[kind] = float(sure[rows[enough[-1]]])
    return found


def answers(probabilities, sure_from):
    """Return the kind that is said of each row, or an empty string."""
    best = probabilities.argmax(axis=1)
    limits = np.array([sure_from.get(name, np.inf) for name in NAMES])
    return np.where(probabilities.max(axis=1) >= limits[best], np.array(NAMES)[best], "")


def measure_kinds(probabilities, names, source):
    """Return figures of the answers where each clip's levels come from the other sources' clips."""
    said = np.full(len(names), "", dtype="U10")
    parts = np.unique(source, return_inverse=True)[1] % 5
    for part in range(5):
        test = parts == part
        said[test] = answers(probabilities[test], levels(probabilities[~test], names[~test]))
    given = said != ""
    return {
        "clips": len(names),
        "answered": float(given.mean()),
        "right": float((said == names)[given].mean()),
        "kinds": {
            kind: {
                "clips": int((names == kind).sum()),
                "found": float((said[names == kind] == kind).mean()),
                "said": int((said == kind).sum()),
                "right": float((names[said == kind] == kind).mean()) if (said == kind).any() else None,
            }
            for kind in KINDS
        },
    }

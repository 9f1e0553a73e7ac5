"""Detect what is not music and name its kind: models over tag and signal statistics, stored as plain arrays.

All come from `tools/train_refusal.py`. Trees give the share of other sounds among the training clips in the leaves that
a recording falls into; a kernel machine a smooth border through its support vectors; the score is their mean. What is
refused gets its kind from a softmax regression over the same columns, where that is sure.
"""

import hashlib
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from musicgenre.errors import ModelError
from musicgenre.litert import MODELS_DIR

NAME = "not_music"

KINDS_NAME = "not_music_kinds"

FAMILIES_NEEDED = ("musicnn", "signal")

TREE_ARRAYS = ("feature", "threshold", "left", "right", "value", "root")

MACHINE_ARRAYS = ("mean", "scale", "support", "dual", "intercept", "gamma")

KIND_ARRAYS = ("mean", "scale", "weights", "bias")

OTHER = "other"  # blows, steps, keys and whatever else has no name below

# kind -> the words for it after "sounds like"
KINDS = {
    "speech": "speech",
    "noise": "noise",
    "tone": "a tone",
    "nature": "nature",
    "crowd": "a crowd",
    "engine": "an engine",
    "alarm": "an alarm",
}

SHORT_S = 6.0  # recordings below have thresholds of their own

CLIP = 4.0  # standard deviations: beyond, a value tells no more

STEEPNESS = 2.0  # from the kernel machine's margin to a share


class NotMusicDetector:
    """Scores how likely a recording is something else than music, and names its kind.

    Parameters
    ----------
    folder : Path
        Holds not_music.npz and not_music_kinds.npz with their cards, of the same names and the ending .json.

    Raises
    ------
    ModelError
        If a file is missing or is not the one its card describes.
    """

    def __init__(self, folder: Path = MODELS_DIR) -> None:
        card, self._arrays = _read(folder, NAME, (*TREE_ARRAYS, *MACHINE_ARRAYS))
        kinds_card, self._kind_arrays = _read(folder, KINDS_NAME, KIND_ARRAYS)
        try:
            self.columns: list[str] = card["columns"]
            self._thresholds = {
                length: (float(limits["not_music_from"]), float(limits["uncertain_from"]))
                for length, limits in card["thresholds"].items()
            }
            self._thresholds["short"], self._thresholds["long"]  # noqa: B018 - a card without them is damaged
            self._kinds: list[str] = kinds_card["kinds"]
            self._sure_from = {kind: float(level) for kind, level in kinds_card["sure_from"].items()}
            shape = (len(kinds_card["columns"]), len(self._kinds))
            if kinds_card["columns"] != self.columns or self._kind_arrays["weights"].shape != shape:
                raise ValueError("the kinds belong to another detector")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"the detector {NAME} in {folder} cannot be read; install the program again") from error

    def thresholds(self, seconds: float) -> tuple[float, float]:
        """Return the scores from which a recording of a length is refused, and doubted; short ones tell less."""
        return self._thresholds["short" if seconds < SHORT_S else "long"]

    def score(self, values: Mapping[str, float]) -> float:
        """Return the score in [0, 1] of one row of features; raise `ModelError` if a column is missing."""
        return float(scores(self._arrays, self._row(values))[0])

    def kind_probabilities(self, values: Mapping[str, float]) -> dict[str, float]:
        """Return the probability of each kind, and of `OTHER`, for a recording that is not music; they sum to 1.

        Raises `ModelError` if a column is missing.
        """
        probabilities = kind_probabilities(self._kind_arrays, self._row(values))[0]
        return dict(zip(self._kinds, probabilities.tolist(), strict=True))

    def kind(self, values: Mapping[str, float]) -> str | None:
        """Return the kind of a recording that is not music, of `KINDS`, or None where it is not sure.

        The level of each kind is the card's: held-out sounds said to be of the kind are so in nine of ten cases.
        Raises `ModelError` if a column is missing.
        """
        probabilities = self.kind_probabilities(values)
        best = max(probabilities, key=lambda kind: probabilities[kind])
        return best if probabilities[best] >= self._sure_from.get(best, math.inf) else None

    def _row(self, values: Mapping[str, float]) -> np.ndarray:
        """Return the columns of one row of features, shape (1, columns)."""
        try:
            return np.array([[values[column] for column in self.columns]], np.float32)
        except KeyError as error:
            raise ModelError(f"the features lack the column {error.args[0]!r}; compute the table again") from error


def _read(folder: Path, name: str, wanted: Sequence[str]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return a card and the arrays it describes."""
    try:
        card: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        data = (folder / f"{name}.npz").read_bytes()
        if hashlib.sha256(data).hexdigest() != card["sha256"]:
            raise ModelError(f"{name}.npz is not the file that its card describes; install the program again")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return card, {array: arrays[array] for array in wanted}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"the detector {name} in {folder} cannot be read; install the program again") from error


def kind_probabilities(arrays: Mapping[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Return the probabilities of a softmax regression, shape (rows, kinds).

    Parameters
    ----------
    arrays : mapping
        ``mean`` and ``scale`` of the columns; ``weights`` (columns, kinds) and ``bias`` (kinds,) of the scaled ones.
    x : np.ndarray, shape (rows, columns)
        Raw columns.
    """
    z = np.clip((x.astype(np.float64) - arrays["mean"]) / arrays["scale"], -CLIP, CLIP)
    logits = z @ arrays["weights"].astype(np.float64) + arrays["bias"]
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities: np.ndarray = odds / odds.sum(axis=1, keepdims=True)
    return probabilities


def scores(arrays: Mapping[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Return the mean of both models' scores, shape (rows,)."""
    both: np.ndarray = (forest_scores(arrays, x) + machine_scores(arrays, x)) / 2
    return both


def machine_scores(arrays: Mapping[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Return the scores of the support vector machine with a Gaussian kernel, shape (rows,).

    Parameters
    ----------
    arrays : mapping
        ``mean`` and ``scale`` of the columns; ``support`` vectors (n, columns), scaled and clipped; their ``dual``
        coefficients (n,); ``intercept`` and ``gamma``.
    x : np.ndarray, shape (rows, columns)
        Raw columns.
    """
    z = np.clip((x.astype(np.float64) - arrays["mean"]) / arrays["scale"], -CLIP, CLIP)
    support = arrays["support"].astype(np.float64)
    distance = (z**2).sum(axis=1)[:, None] - 2 * z @ support.T + (support**2).sum(axis=1)
    margin = np.exp(-arrays["gamma"] * np.maximum(distance, 0)) @ arrays["dual"] + arrays["intercept"]
    share: np.ndarray = 1 / (1 + np.exp(-np.clip(STEEPNESS * margin, -30, 30)))
    return share


def forest_scores(trees: Mapping[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Return the mean leaf value over all trees for each row, shape (rows,).

    Parameters
    ----------
    trees : mapping
        Nodes of all trees in one array each: ``feature`` (-1 in a leaf), ``threshold``, ``left``, ``right``, ``value``;
        and ``root``, the first node of each tree.
    x : np.ndarray, shape (rows, columns), float32
        A row goes left where its value is at most the threshold.
    """
    node = np.repeat(trees["root"][None, :], len(x), axis=0)
    rows = np.arange(len(x))[:, None]
    feature = trees["feature"]
    inner = feature[node] >= 0
    while inner.any():
        goes_left = x[rows, np.maximum(feature[node], 0)] <= trees["threshold"][node]
        node = np.where(inner, np.where(goes_left, trees["left"][node], trees["right"][node]), node)
        inner = feature[node] >= 0
    share: np.ndarray = trees["value"][node].mean(axis=1)
    return share

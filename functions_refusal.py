"""Music or not: trees and a kernel machine over tag and signal statistics, kept as plain arrays.

Both come from `tools/train_refusal.py`. The trees give the share of other sounds among the training clips in the leaves
that a recording falls into; the kernel machine a smooth border through its support vectors. The score is their mean.
"""

import hashlib
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from functions_audio import ModelError
from functions_musicnn import MODELS_DIR

NAME = "not_music"
FAMILIES_NEEDED = ("musicnn", "signal")
TREE_ARRAYS = ("feature", "threshold", "left", "right", "value", "root")
MACHINE_ARRAYS = ("mean", "scale", "support", "dual", "intercept", "gamma")
SHORT_S = 6.0  # recordings below have thresholds of their own
CLIP = 4.0  # standard deviations: beyond, a value tells no more
STEEPNESS = 2.0  # from the kernel machine's margin to a share


class NotMusicDetector:
    """Scores how likely a recording is something else than music.

    Parameters
    ----------
    folder : Path
        Holds not_music.npz and its card not_music.json.

    Raises
    ------
    ModelError
        If a file is missing or is not the one its card describes.
    """

    def __init__(self, folder: Path = MODELS_DIR) -> None:
        try:
            self.card: dict[str, Any] = json.loads((folder / f"{NAME}.json").read_text(encoding="utf-8"))
            data = (folder / f"{NAME}.npz").read_bytes()
            if hashlib.sha256(data).hexdigest() != self.card["sha256"]:
                raise ModelError(f"{NAME}.npz is not the file that its card describes; install the program again")
            with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
                self._arrays = {name: arrays[name] for name in (*TREE_ARRAYS, *MACHINE_ARRAYS)}
            self.columns: list[str] = self.card["columns"]
            self._thresholds = {
                length: (float(limits["not_music_from"]), float(limits["uncertain_from"]))
                for length, limits in self.card["thresholds"].items()
            }
            self._thresholds["short"], self._thresholds["long"]  # noqa: B018 - a card without them is damaged
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"the detector {NAME} in {folder} cannot be read; install the program again") from error

    def thresholds(self, seconds: float) -> tuple[float, float]:
        """Return the scores from which a recording of a length is refused, and doubted; short ones tell less."""
        return self._thresholds["short" if seconds < SHORT_S else "long"]

    def score(self, values: Mapping[str, float]) -> float:
        """Return the score in [0, 1] of one row of features; raise `ModelError` if a column is missing."""
        try:
            row = np.array([values[column] for column in self.columns], np.float32)
        except KeyError as error:
            raise ModelError(f"the features lack the column {error.args[0]!r}; compute the table again") from error
        return float(scores(self._arrays, row[None])[0])


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

"""The preparation of columns: weights of clips, normalisation, whitening within genres."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from musicgenre.errors import ModelError
from musicgenre.training.config import Config

# ---- what is fitted to the training part before the network


@dataclass(frozen=True)
class Preparation:
    """Frozen first layers: x @ expand, minus mean, over deviation, @ whitening."""

    expand: np.ndarray
    mean: np.ndarray
    variance: np.ndarray
    whitening: np.ndarray | None

    def scale(self, x: np.ndarray) -> np.ndarray:
        """Return the expanded columns with mean 0 and variance 1, shape (clips, expanded)."""
        z: np.ndarray = (x @ self.expand - self.mean) / np.sqrt(self.variance)
        return z

    def apply(self, x: np.ndarray) -> np.ndarray:
        """Return what the first trained layer sees, shape (clips, units)."""
        z = self.scale(x)
        return z if self.whitening is None else z @ self.whitening


def clip_weights(
    y: np.ndarray,
    groups: Sequence[str],
    *,
    balance: float = 1.0,
    source_power: float = 0.5,
    share: np.ndarray | None = None,
) -> np.ndarray:
    """Return training weights with mean 1: (clips of the group)^-source_power, times (total of the genre)^-balance.

    Parameters
    ----------
    y, groups : shape (rows,)
        Genres and groups.
    balance, source_power : float
        See `training.config.Config`.
    share : np.ndarray, shape (rows,), optional
        What part of a clip each row is; it sums to 1 over the rows of a clip. By default each row is a clip.
    """
    share = np.ones(len(y)) if share is None else share
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    weights = share * np.bincount(group, weights=share)[group] ** -source_power
    weights /= np.bincount(y, weights=weights)[y] ** balance
    return (weights * len(y) / weights.sum()).astype(np.float64)


def spread_matrix(columns: Sequence[str]) -> np.ndarray:
    """Return the map from columns to what the whitening sees, shape (columns, expanded).

    A pair of mean m and deviation s of a tag becomes m, m + s and m - s: the usual and the strong and weak moments of
    a clip. Other columns stay.
    """
    index = {column: i for i, column in enumerate(columns)}
    parts = []
    for column, i in index.items():
        partner = index.get(column.replace("tag_mean_", "tag_std_")) if column.startswith("tag_mean_") else None
        for sign in (0,) if partner is None else (0, 1, -1):
            vector = np.zeros(len(columns))
            vector[i] = 1.0
            if sign and partner is not None:
                vector[partner] = sign
            if not column.startswith("tag_std_"):
                parts.append(vector)
    return np.array(parts).T if parts else np.eye(len(columns))


def prepare(x: np.ndarray, y: np.ndarray, weights: np.ndarray, columns: Sequence[str], config: Config) -> Preparation:
    """Fit scaling and whitening to a training part.

    The whitening is S^(-1/2) with S = (1 - shrinkage) C + shrinkage diag(C), C the weighted pooled within-class
    covariance of the scaled columns (shrinkage as in regularised discriminant analysis, Friedman 1989).

    Raises
    ------
    ModelError
        If a value is not a finite number.
    """
    bad = ~np.isfinite(x).all(axis=0)
    if bad.any():
        raise ModelError(
            f"column {columns[int(bad.argmax())]} holds a value that is not a number; make the table again"
        )
    expand = spread_matrix(columns) if config.whiten is not None else np.eye(len(columns))
    z = x @ expand
    share = weights / weights.sum()
    mean = share @ z
    variance = share @ (z - mean) ** 2
    variance = np.where(variance > 1e-12 * (1 + mean**2), variance, 1.0)  # a constant column stays at 0
    whitening = None
    if config.whiten is not None:
        z = (z - mean) / np.sqrt(variance)
        centred = z.copy()
        for genre in np.unique(y):
            members = y == genre
            centred[members] -= np.average(z[members], axis=0, weights=weights[members])
        covariance = (centred * share[:, None]).T @ centred
        diagonal = np.diag(np.maximum(np.diag(covariance), 1e-6))
        values, vectors = np.linalg.eigh((1 - config.whiten) * covariance + config.whiten * diagonal)
        whitening = (vectors / np.sqrt(np.maximum(values, 1e-6))) @ vectors.T
    return Preparation(expand, mean, variance, whitening)

"""A network that stays unsure of songs unlike all of its training clips.

A softmax over a few genres must share out its certainty among them, so that a song of another genre is as sure of one
as a song of its own. Three measures tell such songs: the distance to the nearest training clips, how little a
regression of each genre against the rest finds of any of them, and how much nearer the song is to a genre that the
program knows and the table lacks (from the ranges of tags in the card of `genres`). Where their sum is beyond that of
most held-out training clips, the logits are damped towards even probabilities.

Measured on 16 draws of 3 to 8 genres, 20 to 40 clips each (tags / deep layer), where 60 % of held-out clips are kept:
of the songs of other genres 20 / 17 % are kept by all three, 28 / 24 % without the known genres, 31 / 27 % by the
distance alone, 42 / 44 % by the regression alone, and 32 / 39 % by the confidence alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from musicgenre.errors import ModelError
from musicgenre.inference.card import model_path, read_card
from musicgenre.training.config import Config
from musicgenre.training.network import keras_module
from musicgenre.training.whitening import Preparation, clip_weights, prepare

NEIGHBOURS = 8  # nearest training clips; with one of them 4 points more of the songs of other genres are kept

RIDGE = 1.0  # penalty of the regression; 0.3 to 3 do the same within three points

FAMILIAR_SHARE = 0.55  # of held-out training clips below the middle of the gate

DEFAULT_MODEL = "genres"  # whose card says how the genres that come with the program sound

WIDTH = 0.25  # of the gate, in standard deviations of held-out clips: near a step


TAG = "tag_mean_"  # columns that a card has ranges of

Linear = tuple[np.ndarray, np.ndarray]  # kernel, bias


@dataclass(frozen=True)
class Measures:
    """What is compared with.

    Parameters
    ----------
    clips : np.ndarray, shape (n, units)
        Whitened training clips.
    kernel, bias : np.ndarray
        A regression on their genres.
    own, others : (kernel, bias) of raw columns, or None
        Squared distances to the table's genres and to known other ones, but for a term that both share.
    """

    clips: np.ndarray
    kernel: np.ndarray
    bias: np.ndarray
    own: Linear | None = None
    others: Linear | None = None

    def apply(self, x: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Return the measures of raw columns and of the same, whitened; shape (rows, 2 or 3), more is stranger."""
        squared = (b**2).sum(axis=1)[:, None] - 2 * b @ self.clips.T + (self.clips**2).sum(axis=1)
        k = min(NEIGHBOURS, len(self.clips))
        nearest = np.maximum(np.partition(squared, k - 1, axis=1)[:, :k].mean(axis=1), 0)
        measured = [nearest, -(b @ self.kernel + self.bias).max(axis=1)]
        if self.own is not None and self.others is not None:
            own, other = ((x @ kernel + bias).min(axis=1) for kernel, bias in (self.own, self.others))
            measured.append(own - other)
        return np.stack(measured, axis=1)


@dataclass(frozen=True)
class Guarded:
    """A trained network behind a gate that only familiar songs pass.

    Parameters
    ----------
    base : Trained or Gated
        The network.
    measures : Measures
    centre, scale : np.ndarray, shape (measures,)
        Mean and deviation of the measures over held-out training clips.
    limit : float
        Where the gate is half open, on the sum of the standardised measures.
    """

    base: Any
    measures: Measures
    centre: np.ndarray
    scale: np.ndarray
    limit: float

    @property
    def config(self) -> Config:
        """Of the network."""
        config: Config = self.base.config
        return config

    @property
    def history(self) -> dict[str, list[float]]:
        """Of the network's training."""
        history: dict[str, list[float]] = self.base.history
        return history

    def strangeness(self, x: np.ndarray) -> np.ndarray:
        """Return how unlike the training clips each row is, shape (rows,); `limit` is where it begins to count."""
        measured = self.measures.apply(x, self.base.preparation.apply(x))
        total: np.ndarray = ((measured - self.centre) / self.scale).sum(axis=1)
        return total

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Return the damped logits, shape (rows, genres)."""
        gate = 1 / (1 + np.exp(np.clip((self.strangeness(x) - self.limit) / WIDTH, -30, 30)))
        damped: np.ndarray = self.base.logits(x) * gate[:, None]
        return damped

    def as_keras(self) -> Any:
        """Return the same function as a Keras model."""
        keras = keras_module()
        ops = keras.ops
        base = self.base.as_keras()
        first = "scale" if self.base.preparation.whitening is None else "whitening"
        b = base.get_layer(first).output

        def dense(kernel: np.ndarray, bias: np.ndarray, name: str) -> Any:
            layer = keras.layers.Dense(kernel.shape[1], name=name, trainable=False)
            layer.build((None, kernel.shape[0]))
            layer.set_weights([kernel, bias])
            return layer

        clips = self.measures.clips
        to_clips = dense(-2 * clips.T, (clips**2).sum(axis=1), "training_clips")(b)
        squared = to_clips + ops.sum(ops.square(b), axis=1, keepdims=True)
        nearest, _ = ops.top_k(-squared, min(NEIGHBOURS, len(clips)))
        distance = ops.maximum(-ops.mean(nearest, axis=1, keepdims=True), 0.0)
        fit = ops.max(dense(self.measures.kernel, self.measures.bias, "any_genre")(b), axis=1, keepdims=True)
        measured = [distance, -fit]
        if self.measures.own is not None and self.measures.others is not None:
            own = ops.min(dense(*self.measures.own, "own_genres")(base.input), axis=1, keepdims=True)
            other = ops.min(dense(*self.measures.others, "other_genres")(base.input), axis=1, keepdims=True)
            measured.append(own - other)
        standard = [
            (value - float(centre)) / float(scale)
            for value, centre, scale in zip(measured, self.centre, self.scale, strict=True)
        ]
        strange = sum(standard[1:], standard[0])
        return keras.Model(base.input, base.output * ops.sigmoid((self.limit - strange) / WIDTH))


def guard(
    base: Any,
    x: np.ndarray,
    y: np.ndarray,
    groups: Sequence[str],
    columns: Sequence[str],
    config: Config,
    *,
    genres: Sequence[str],
) -> Guarded:
    """Put the gate in front of a trained network; its limit comes from clips whose groups were held out.

    Parameters
    ----------
    base : Trained or Gated
        Trained on these clips.
    x, y, groups, columns, config
        As of `training.network.train_model`.
    genres : sequence of str
        Names of the labels.
    """
    from musicgenre.training.folds import group_folds  # it builds on the networks

    known = other_genres(columns, genres)
    parts = []
    for train, test in group_folds(y, np.asarray(groups)):
        weights = clip_weights(y[train], [groups[i] for i in train])
        inner = prepare(x[train], y[train], weights, columns, config)
        measures = _measures(inner, x[train], y[train], weights, known)
        parts.append(measures.apply(x[test], inner.apply(x[test])))
    held_out = np.concatenate(parts)
    centre, scale = held_out.mean(axis=0), np.maximum(held_out.std(axis=0), 1e-9)
    limit = float(np.quantile(((held_out - centre) / scale).sum(axis=1), FAMILIAR_SHARE))
    weights = clip_weights(y, groups)
    return Guarded(base, _measures(base.preparation, x, y, weights, known), centre, scale, limit)


def other_genres(columns: Sequence[str], genres: Sequence[str]) -> np.ndarray | None:
    """Return the middle of each genre that the program knows and these are not, as rows of columns with NaN elsewhere.

    None where the columns hold no tags, or no card has ranges of them.
    """
    try:
        traits = read_card(model_path(DEFAULT_MODEL)).get("traits", {})
    except ModelError:
        return None
    own = [_letters(genre) for genre in genres]
    rows = [
        [ranges[column][1] if column.startswith(TAG) and column in ranges else np.nan for column in columns]
        for name, ranges in traits.items()
        if not any(_letters(name) in genre or genre in _letters(name) for genre in own)
    ]
    known = np.array(rows, dtype=float).reshape(len(rows), len(columns))
    return known if np.isfinite(known).any() else None


def _letters(name: str) -> str:
    """Return the letters and digits of a genre's name, so that "Hip-Hop" and "hiphop" are one."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _measures(
    preparation: Preparation, x: np.ndarray, y: np.ndarray, weights: np.ndarray, known: np.ndarray | None
) -> Measures:
    """Return the measures against a training part."""
    b = preparation.apply(x)
    targets = (y[:, None] == np.unique(y)).astype(float)
    share = weights / weights.sum()
    middle, mean = share @ b, share @ targets
    centred = (b - middle) * share[:, None]
    kernel = np.linalg.solve(centred.T @ (b - middle) + RIDGE * np.eye(b.shape[1]), centred.T @ (targets - mean))
    bias = mean - middle @ kernel
    if known is None:
        return Measures(b, kernel, bias)
    used = np.flatnonzero(np.isfinite(known).all(axis=0))
    labels = np.unique(y)
    deviation = np.maximum(x[:, used].std(axis=0), 1e-6)
    z = x[:, used] / deviation
    means = np.array([z[y == label].mean(axis=0) for label in labels])
    inside = z - means[np.searchsorted(labels, y)]
    covariance = inside.T @ inside / len(z)
    inverse = np.linalg.inv(0.5 * covariance + 0.5 * np.diag(np.diag(covariance)) + 1e-6 * np.eye(len(used)))

    def distances(centres: np.ndarray) -> Linear:
        """Return the linear part of the squared distances of raw columns to centres of the scaled ones."""
        whole = np.zeros((x.shape[1], len(centres)))
        whole[used] = -2 * (inverse @ centres.T) / deviation[:, None]
        return whole, np.einsum("ij,jk,ik->i", centres, inverse, centres)

    return Measures(b, kernel, bias, distances(means), distances(known[:, used] / deviation))

"""The network that knows when a song is unlike its training clips: heads for both cases, mixed by gates.

The pretrained network heard 200,000 songs, the head over it hears hundreds. So what a tag's name says about a genre is
a prior: fixed logits that the trained weights correct. The home head answers for music like the training clips; with
the distance from every genre the tags themselves take over. Where songs of another origin are trained on (`Extra`), a
second head has seen them, and a learnt gate says how much of each is heard. Confidence is softened where a gate
is open. All is one Keras model from raw columns to logits.

Shapes: x (clips, columns), whitened columns b (clips, units), logits (clips, genres). Only home clips define scaling,
whitening and distances.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from musicgenre.training.config import Config
from musicgenre.training.data import Extra
from musicgenre.training.network import frozen_front, keras_module
from musicgenre.training.softmax import log_softmax, solve_softmax
from musicgenre.training.tag_prior import prior_matrix
from musicgenre.training.whitening import Preparation, clip_weights, prepare

HOME_TEMPERATURE = 0.48  # of the home head, before the mixture

TAGS_TEMPERATURE = 0.7  # of the tags alone, which take over far from home

DISTANCE_QUANTILE = 0.9  # of held-out home clips: where that gate is half open

DISTANCE_WIDTH = 0.3  # of that gate, in log distance

FAR_PRIOR = 2.0  # weight of the tags' names in the head for other songs

FAR_TEMPERATURE = 0.65

FAR_TAGS_TEMPERATURE = 0.5  # of the tags that are averaged with that head

EXTRA_SHARE = 1.0  # weight of all extra songs against all home clips

GATE_STRENGTH = 0.003  # of the learnt gate (scikit-learn's C)

SOFTENING = 1.0  # temperature added where a gate is open

MIX_FLOOR = 1e-6


@dataclass(frozen=True)
class Gated:
    """A trained gated network."""

    config: Config
    preparation: Preparation
    prior: np.ndarray  # (columns of the spread, genres), columns of unit sum
    loud_prior: np.ndarray  # the same with one scale for all genres
    means: np.ndarray  # genre means of the whitened home clips
    half_distance: float
    gate_distance: float
    home: tuple[np.ndarray, np.ndarray]
    far: tuple[np.ndarray, np.ndarray] | None = None
    gate: tuple[np.ndarray, float] | None = None
    history: dict[str, list[float]] = field(default_factory=dict)

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Return the logits, shape (clips, genres), float64."""
        z = self.preparation.scale(x)
        b = self.preparation.apply(x)
        distance = squared_distance(b, self.means)
        home = (b @ self.home[0] + self.home[1] + self.config.prior * z @ self.prior) / HOME_TEMPERATURE
        tags = z @ self.loud_prior
        away = _sigmoid((np.log(distance) - np.log(self.gate_distance)) / DISTANCE_WIDTH)[:, None]
        mixed = np.exp(log_softmax((1 - away) * home + away * tags / TAGS_TEMPERATURE))
        at_home = 1 - away
        if self.far is not None and self.gate is not None:
            other = _sigmoid(b @ self.gate[0] + self.gate[1])[:, None]
            shrunk = b * np.minimum(1, self.half_distance / distance)[:, None]
            far = (shrunk @ self.far[0] + self.far[1] + FAR_PRIOR * tags) / FAR_TEMPERATURE
            mixed = (1 - other) * mixed + other * np.exp(log_softmax((far + tags / FAR_TAGS_TEMPERATURE) / 2))
            at_home = (1 - other) * at_home
        logits: np.ndarray = np.log(mixed + MIX_FLOOR) / (1 + SOFTENING * (1 - at_home))
        return logits

    def as_keras(self) -> Any:
        """Return the same function as a Keras model."""
        keras = keras_module()
        layers, ops = keras.layers, keras.ops

        def dense(units: int, kernel: np.ndarray, bias: np.ndarray | None, name: str, *, trainable: bool = True) -> Any:
            layer = layers.Dense(units, use_bias=bias is not None, name=name, trainable=trainable)
            layer.build((None, kernel.shape[0]))
            layer.set_weights([kernel] if bias is None else [kernel, bias])
            return layer

        n = self.prior.shape[1]
        inputs, z, b = frozen_front(self.preparation)
        prior = dense(n, self.config.prior * self.prior, None, "prior", trainable=False)(z)
        tags = dense(n, self.loud_prior, None, "tags", trainable=False)(z)
        norms = (self.means**2).sum(axis=1)
        to_means = dense(len(self.means), -2 * self.means.T, norms, "distances", trainable=False)(b)
        distance = ops.min(to_means, axis=1, keepdims=True) + ops.sum(ops.square(b), axis=1, keepdims=True)
        distance = ops.maximum(distance, 1e-6)
        home = (dense(n, *self.home, "home")(b) + prior) / HOME_TEMPERATURE
        away = ops.sigmoid((ops.log(distance) - float(np.log(self.gate_distance))) / DISTANCE_WIDTH)
        mixed = ops.softmax((1 - away) * home + away * tags / TAGS_TEMPERATURE)
        at_home = 1 - away
        if self.far is not None and self.gate is not None:
            weight, offset = self.gate
            other = ops.sigmoid(dense(1, weight[:, None], np.array([offset]), "gate")(b))
            shrunk = b * ops.minimum(1.0, self.half_distance / distance)
            far = (dense(n, *self.far, "far")(shrunk) + FAR_PRIOR * tags) / FAR_TEMPERATURE
            mixed = (1 - other) * mixed + other * ops.softmax((far + tags / FAR_TAGS_TEMPERATURE) / 2)
            at_home = (1 - other) * at_home
        return keras.Model(inputs, ops.log(mixed + MIX_FLOOR) / (1 + SOFTENING * (1 - at_home)))


def squared_distance(b: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Return the squared distance of each whitened row to the nearest genre mean, shape (clips,)."""
    distance = (b**2).sum(axis=1)[:, None] - 2 * b @ means.T + (means**2).sum(axis=1)
    nearest: np.ndarray = np.maximum(distance.min(axis=1), 1e-6)
    return nearest


def _sigmoid(t: np.ndarray) -> np.ndarray:
    """Return the logistic function."""
    return 1 / (1 + np.exp(-np.clip(t, -30, 30)))


def _genre_means(b: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the weighted mean of each genre that occurs."""
    return np.array([np.average(b[y == genre], axis=0, weights=weights[y == genre]) for genre in np.unique(y)])


def train_gated(
    x: np.ndarray,
    y: np.ndarray,
    groups: Sequence[str],
    columns: Sequence[str],
    config: Config,
    *,
    genres: Sequence[str],
    extra: Extra | None = None,
) -> Gated:
    """Train a gated network.

    Parameters
    ----------
    x, y, groups, columns, genres
        The home clips.
    config : Config
        Its whiten, l2 and prior are used.
    extra : Extra, optional
        Songs of another origin.

    Raises
    ------
    ModelError
        If a genre has no prior, or training diverges.
    """
    weights = clip_weights(y, groups)
    preparation = prepare(x, y, weights, columns, config)
    prior, loud = prior_matrix(columns, genres, preparation.expand)
    z, b = preparation.scale(x), preparation.apply(x)
    held_out = np.zeros(len(y))
    for train, test in _inner_folds(y, groups):
        inner_weights = clip_weights(y[train], [groups[i] for i in train])
        inner = prepare(x[train], y[train], inner_weights, columns, config)
        means = _genre_means(inner.apply(x[train]), y[train], inner_weights)
        held_out[test] = squared_distance(inner.apply(x[test]), means)
    kernel, bias, losses = solve_softmax(b, y, weights, len(genres), config, offset=config.prior * z @ prior)
    means = _genre_means(b, y, weights)
    half, gate_distance = (float(np.quantile(held_out, q)) for q in (0.5, DISTANCE_QUANTILE))
    common: dict[str, Any] = {
        "config": config, "preparation": preparation, "prior": prior, "loud_prior": loud, "means": means,
        "half_distance": half, "gate_distance": gate_distance, "home": (kernel, bias), "history": {"loss": losses},
    }  # fmt: skip
    if extra is None or not len(extra.y):
        return Gated(**common)
    both_x, both_y = np.concatenate([x, extra.x]), np.concatenate([y, extra.y])
    both_z, both_b = preparation.scale(both_x), preparation.apply(both_x)
    share = extra.weights()
    both_weights = np.concatenate([weights, EXTRA_SHARE * share * weights.sum() / share.sum()])
    shrunk = both_b * np.minimum(1, half / squared_distance(both_b, means))[:, None]
    far_kernel, far_bias, _ = solve_softmax(
        shrunk, both_y, both_weights, len(genres), config, offset=FAR_PRIOR * both_z @ loud
    )
    both_groups = [*groups, *(f"extra {group}" for group in extra.groups)]
    gate = _train_gate(both_b, len(y), np.concatenate([weights / weights.sum(), share / share.sum()]), both_groups)
    return Gated(**common, far=(far_kernel, far_bias), gate=gate)


def _inner_folds(y: np.ndarray, groups: Sequence[str]) -> Any:
    """Return group-aware folds of a training part."""
    from musicgenre.training.folds import group_folds  # it builds on the networks and so imports this module

    return group_folds(y, np.asarray(groups))


def _train_gate(b: np.ndarray, n_home: int, weights: np.ndarray, groups: Sequence[str]) -> tuple[np.ndarray, float]:
    """Return weights and offset of the logistic gate, its scale calibrated on held-out groups (Platt, 1999)."""
    from sklearn.linear_model import LogisticRegression

    far = np.arange(len(b)) >= n_home
    weights = weights * n_home
    held_out = np.zeros(len(b))
    for train, test in _inner_folds(far.astype(int), groups):
        gate = LogisticRegression(C=GATE_STRENGTH, max_iter=300).fit(b[train], far[train], weights[train])
        held_out[test] = gate.decision_function(b[test])
    scale = LogisticRegression(C=100.0).fit(held_out[:, None], far, weights)
    gate = LogisticRegression(C=GATE_STRENGTH, max_iter=300).fit(b, far, weights)
    slope = float(scale.coef_[0, 0])
    offset = float(gate.intercept_[0] * slope + scale.intercept_[0])
    return gate.coef_[0] * slope, offset

"""Multinomial logistic regression by L-BFGS, and temperature scaling."""

from typing import Any

import numpy as np

from musicgenre.errors import ModelError
from musicgenre.training.config import Config


def solve_softmax(
    z: np.ndarray, y: np.ndarray, weights: np.ndarray, n_genres: int, config: Config, *, offset: Any = 0.0
) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Bring a linear softmax to the minimum of its loss by L-BFGS.

    The loss is Keras' own: weighted cross-entropy plus l2 times the squared kernel. It is convex, so that no learning
    rate, epoch or seed changes the answer.

    Parameters
    ----------
    z : np.ndarray, shape (clips, units)
        Input of the layer.
    y, weights : np.ndarray, shape (clips,)
        Labels, and weights with any sum.
    n_genres : int
        Width of the output.
    config : Config
        Its l2 and epochs are used.
    offset : np.ndarray, shape (clips, genres), optional
        Fixed logits that the layer adds to.

    Returns
    -------
    tuple
        Kernel (units, genres), bias (genres,), and the loss after each step.

    Raises
    ------
    ModelError
        If a weight is not finite.
    """
    from scipy.optimize import minimize

    target = np.eye(n_genres)[y]
    share = weights / weights.sum()
    losses: list[float] = []

    def loss_and_gradient(flat: np.ndarray) -> tuple[float, np.ndarray]:
        kernel, bias = flat[:-n_genres].reshape(-1, n_genres), flat[-n_genres:]
        log_probabilities = log_softmax(z @ kernel + bias + offset)
        residual = (np.exp(log_probabilities) - target) * share[:, None]
        loss = -(share * (log_probabilities * target).sum(axis=1)).sum() + config.l2 * (kernel**2).sum()
        gradient = np.concatenate([(z.T @ residual + 2 * config.l2 * kernel).ravel(), residual.sum(axis=0)])
        return float(loss), gradient

    start = np.zeros((z.shape[1] + 1) * n_genres)
    found = minimize(
        loss_and_gradient, start, jac=True, method="L-BFGS-B", options={"maxiter": config.epochs, "gtol": 1e-6},
        callback=lambda intermediate_result: losses.append(float(intermediate_result.fun)),
    )  # fmt: skip
    if not np.isfinite(found.x).all():
        raise ModelError("training diverged (a weight is not a number); look for extreme values in the table")
    return found.x[:-n_genres].reshape(-1, n_genres), found.x[-n_genres:], losses


# ---- calibration


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Return log probabilities along the last axis."""
    shifted: np.ndarray = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Return probabilities along the last axis."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def fit_temperature(logits: np.ndarray, y: np.ndarray) -> float:
    """Return the temperature T > 0 for which softmax(logits / T) has the lowest log loss (Guo et al., 2017).

    Raises
    ------
    ModelError
        If there are no logits, or one is not finite.
    """
    if not len(y) or not np.isfinite(logits).all():
        raise ModelError("the temperature needs finite logits of held-out clips")
    from scipy.optimize import minimize_scalar

    def log_loss(log_t: float) -> float:
        return float(-np.log(softmax(logits / np.exp(log_t))[np.arange(len(y)), y] + 1e-12).mean())

    return float(np.exp(minimize_scalar(log_loss, bounds=(np.log(0.05), np.log(20)), method="bounded").x))

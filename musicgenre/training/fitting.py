"""Fit a configuration to the training part of a fold, calibrated by inner folds."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from musicgenre.cpu import one_blas_thread
from musicgenre.task import UNATTENDED, Task
from musicgenre.training.config import Config
from musicgenre.training.data import Data, Parts
from musicgenre.training.familiarity import guard
from musicgenre.training.folds import group_folds
from musicgenre.training.gated import train_gated
from musicgenre.training.metrics import small_threshold
from musicgenre.training.network import train_model
from musicgenre.training.sets import SMALL_SET_LEVEL, Levels, choose_levels
from musicgenre.training.softmax import fit_temperature, log_softmax, softmax

# ---- fitting inside a fold


def fit(data: Data, config: Config, *, task: Task = UNATTENDED) -> Any:
    """Train one fresh model on all of `data`; that of a small table is unsure of songs unlike its clips."""
    trained = fit_network(data, config, task=task)
    if not data.is_small or data.extra is not None:  # extra songs have a gate of their own
        return trained
    with one_blas_thread():
        return guard(trained, data.x, data.y, data.groups.tolist(), data.columns, config, genres=data.genres)


def fit_network(data: Data, config: Config, *, task: Task = UNATTENDED) -> Any:
    """Train a network alone; with a patience, a group-aware fifth of `data` decides when to stop."""
    with one_blas_thread():
        if config.architecture == "gated":
            return train_gated(
                data.x, data.y, data.groups.tolist(), data.columns, config, genres=data.genres, extra=data.extra
            )
        validation, part = None, data
        if config.patience:
            train, held = group_folds(data.y, data.groups, seed=config.seed)[0]
            validation = (data.x[held], data.y[held])
            part = data.training_part(train, held)
        rows = part.rows(copies=config.copies)
        return train_model(
            rows.x, rows.y, rows.groups, data.columns, config,
            n_genres=len(data.genres), share=rows.share, validation=validation, task=task,
        )  # fmt: skip


def out_of_fold_logits(data: Data, config: Config, *, seed: int = 0, task: Task = UNATTENDED) -> np.ndarray:
    """Return each clip's logits (`clip_logits`) from a model that never saw its group, shape (n, genres)."""
    logits = np.full((len(data.y), len(data.genres)), np.nan)
    for train, test in group_folds(data.y, data.groups, seed=seed):
        trained, held = fit(data.training_part(train, test), config, task=task), data.subset(test)
        logits[test] = clip_logits(trained, held.x, held.parts)
    return logits


@dataclass(frozen=True)
class Calibrated:
    """A trained network, the temperature of its logits, and the levels of its answers."""

    network: Any
    temperature: float
    levels: Levels

    def probabilities(self, x: np.ndarray, parts: Parts | None = None) -> np.ndarray:
        """Return calibrated probabilities of clips, shape (clips, genres); see `clip_logits`."""
        return softmax(clip_logits(self.network, x, parts) / self.temperature)


def clip_logits(network: Any, x: np.ndarray, parts: Parts | None = None) -> np.ndarray:
    """Return the logits of clips as the classifier computes them, shape (clips, genres).

    The mean of the log probabilities of a clip's stretches of about 10 s, where the table has them; else its own.
    """
    logits = log_softmax(network.logits(x))
    if parts is None or not parts.stretch.any():
        return logits
    clip, count = parts.clip[parts.stretch], np.bincount(parts.clip[parts.stretch], minlength=len(x))
    total = np.zeros_like(logits)
    np.add.at(total, clip, log_softmax(network.logits(parts.x[parts.stretch])))
    logits[count > 0] = total[count > 0] / count[count > 0, None]
    return logits


def calibrate(data: Data, config: Config, *, task: Task = UNATTENDED) -> tuple[float, Levels]:
    """Return temperature and levels, both from logits of clips that the models never saw."""
    logits = out_of_fold_logits(data, config, task=task)
    temperature = fit_temperature(logits, data.y)
    return temperature, levels_of(data, data.y, softmax(logits / temperature))


def levels_of(data: Data, y: np.ndarray, probabilities: np.ndarray) -> Levels:
    """Return the levels of answers from held-out clips of a table; a small one names more (`small_threshold`)."""
    levels = choose_levels(y, probabilities)
    if not data.is_small or data.extra is not None:
        return levels
    threshold = small_threshold(y, probabilities)
    return Levels(threshold, max(levels.set_level, threshold, SMALL_SET_LEVEL))


def fit_calibrated(data: Data, config: Config, *, task: Task = UNATTENDED) -> Calibrated:
    """Train on all of `data`, and calibrate by inner folds of it."""
    temperature, levels = calibrate(data, config, task=task)
    return Calibrated(fit(data, config, task=task), temperature, levels)

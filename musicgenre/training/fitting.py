"""Fit a configuration to the training part of a fold, calibrated by inner folds."""

from typing import Any

import numpy as np

from musicgenre.cpu import one_blas_thread
from musicgenre.task import UNATTENDED, Task
from musicgenre.training.config import Config
from musicgenre.training.data import Data
from musicgenre.training.familiarity import guard
from musicgenre.training.folds import group_folds
from musicgenre.training.gated import train_gated
from musicgenre.training.network import train_model
from musicgenre.training.softmax import fit_temperature

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
        validation = None
        rows = np.arange(len(data.y))
        if config.patience:
            rows, held = group_folds(data.y, data.groups, seed=config.seed)[0]
            validation = (data.x[held], data.y[held])
        part = data.subset(rows)
        return train_model(
            part.x, part.y, part.groups.tolist(), data.columns, config,
            n_genres=len(data.genres), validation=validation, task=task,
        )  # fmt: skip


def out_of_fold_logits(data: Data, config: Config, *, seed: int = 0, task: Task = UNATTENDED) -> np.ndarray:
    """Return each clip's logits from a model that never saw its group, shape (n, genres)."""
    logits = np.full((len(data.y), len(data.genres)), np.nan)
    for train, test in group_folds(data.y, data.groups, seed=seed):
        logits[test] = fit(data.subset(train), config, task=task).logits(data.x[test])
    return logits


def fit_calibrated(data: Data, config: Config, *, task: Task = UNATTENDED) -> tuple[Any, float]:
    """Train on all of `data`; return the model and the temperature of its inner out-of-fold logits."""
    temperature = fit_temperature(out_of_fold_logits(data, config, task=task), data.y)
    return fit(data, config, task=task), temperature

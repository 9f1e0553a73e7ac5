"""Configurations -> Keras networks, and their training."""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from musicgenre.errors import ModelError
from musicgenre.litert import quiet_stderr
from musicgenre.task import UNATTENDED, Task
from musicgenre.training.config import Config
from musicgenre.training.softmax import solve_softmax
from musicgenre.training.whitening import Preparation, clip_weights, prepare

STEPS_PER_CALL = 10  # epochs between two looks at the validation part


# ---- networks


def keras_module() -> Any:
    """Import Keras quietly; here because TensorFlow takes seconds and 600 MB, which classifying does without."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")  # small networks: a graphics card would only cost time
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # each fresh model is traced anew, as it should be
    with quiet_stderr():
        import keras
        import tensorflow  # noqa: F401 - its notes are dropped here
    return keras


def frozen_front(preparation: Preparation) -> tuple[Any, Any, Any]:
    """Return the Keras tensors (raw columns, scaled columns, whitened columns) of a preparation as frozen layers."""
    keras = keras_module()

    def frozen(matrix: np.ndarray, name: str) -> Any:
        layer = keras.layers.Dense(matrix.shape[1], use_bias=False, trainable=False, name=name)
        layer.build((None, matrix.shape[0]))
        layer.set_weights([matrix.astype(np.float32)])
        return layer

    x = inputs = keras.Input((preparation.expand.shape[0],), name="features")
    if preparation.expand.shape[0] != preparation.expand.shape[1]:
        x = frozen(preparation.expand, "spread")(x)
    z = keras.layers.Normalization(mean=preparation.mean, variance=preparation.variance, name="scale")(x)
    return inputs, z, z if preparation.whitening is None else frozen(preparation.whitening, "whitening")(z)


def build_model(config: Config, preparation: Preparation, n_genres: int) -> Any:
    """Return an untrained Keras model from raw columns to logits, with the preparation as frozen layers."""
    keras = keras_module()
    layers, l2 = keras.layers, keras.regularizers.L2(config.l2)
    inputs, _, x = frozen_front(preparation)
    for i, units in enumerate(config.hidden):
        x = layers.Dense(units, activation="relu", kernel_regularizer=l2, name=f"hidden_{i + 1}")(x)
        if config.dropout:
            x = layers.Dropout(config.dropout, seed=config.seed + i)(x)
    # A linear softmax is convex: it starts from zeros and needs no luck.
    start = "glorot_uniform" if config.hidden else "zeros"
    logits = layers.Dense(n_genres, kernel_initializer=start, kernel_regularizer=l2, name="logits")(x)
    return keras.Model(inputs, logits)


@dataclass(frozen=True)
class Trained:
    """A trained network: its preparation, the kernels and biases of its layers, and its history by epoch.

    It answers without TensorFlow; `as_keras` gives the Keras model with the same weights.
    """

    config: Config
    preparation: Preparation
    n_genres: int
    weights: list[np.ndarray]
    history: dict[str, list[float]]

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Return the logits, shape (clips, genres), float64."""
        z = self.preparation.apply(x)
        *hidden, last = zip(self.weights[::2], self.weights[1::2], strict=True)
        for kernel, bias in hidden:
            z = np.maximum(z @ kernel + bias, 0)
        return z @ last[0] + last[1]

    def as_keras(self) -> Any:
        """Return the Keras model from raw columns to logits."""
        model = build_model(self.config, self.preparation, self.n_genres)
        arrays = iter(self.weights)
        for layer in model.layers:
            if layer.name.startswith(("hidden", "logits")):
                layer.set_weights([next(arrays), next(arrays)])
        return model


def train_model(
    x: np.ndarray,
    y: np.ndarray,
    groups: Sequence[str],
    columns: Sequence[str],
    config: Config,
    *,
    n_genres: int,
    share: np.ndarray | None = None,
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    task: Task = UNATTENDED,
) -> Trained:
    """Train a fresh model.

    Parameters
    ----------
    x, y, groups, columns
        The training part.
    config : Config
        What to train, and how.
    n_genres : int
        Width of the output; `y` may lack some.
    share : np.ndarray, shape (rows,), optional
        What part of a clip each row is: the rows of a clip share its weight.
    validation : tuple of (x, y), optional
        Decides when to stop, if the configuration has a patience; the best epoch's weights are kept.

    Raises
    ------
    ModelError
        If the loss is not finite: the cell diverged.
    Cancelled
        If the task was cancelled.
    """
    task.check()
    weights = clip_weights(y, groups, balance=config.balance, source_power=config.source_power, share=share)
    preparation = prepare(x, y, weights, columns, config)
    if config.hidden:
        return _train_by_gradient(x, y, weights, config, preparation, n_genres, validation, task)
    kernel, bias, losses = solve_softmax(preparation.apply(x), y, weights, n_genres, config)
    return Trained(config, preparation, n_genres, [kernel, bias], {"loss": losses})


def _train_by_gradient(
    x: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray,
    config: Config,
    preparation: Preparation,
    n_genres: int,
    validation: tuple[np.ndarray, np.ndarray] | None,
    task: Task,
) -> Trained:
    """Train a network with hidden layers by Keras: Adam, cosine decay, early stopping."""
    keras = keras_module()
    import tensorflow as tf

    keras.backend.clear_session()
    keras.utils.set_random_seed(config.seed)
    tf.config.experimental.enable_op_determinism()
    model = build_model(config, preparation, n_genres)
    size = len(y) if config.batch_size == 0 else min(config.batch_size, len(y))
    steps = -(-len(y) // size)
    calls = max(config.epochs // STEPS_PER_CALL, 1)
    model.compile(
        optimizer=keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(config.learning_rate, calls * STEPS_PER_CALL * steps)
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        # Many steps in one call: the time goes into arithmetic and not into Python.
        steps_per_execution=STEPS_PER_CALL * steps,
    )
    data = tf.data.Dataset.from_tensor_slices((x.astype(np.float32), y, weights.astype(np.float32))).cache()
    data = data.shuffle(len(y), seed=config.seed, reshuffle_each_iteration=True).batch(size).repeat()
    callbacks: list[Any] = [keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: _stop_if(task))]
    if validation is not None and config.patience:
        patience = max(config.patience // STEPS_PER_CALL, 1)
        callbacks.append(
            keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True, monitor="val_loss")
        )
    fitted = model.fit(
        data,
        epochs=calls,
        steps_per_epoch=STEPS_PER_CALL * steps,
        verbose=0,
        shuffle=False,  # the data set shuffles itself
        callbacks=callbacks,
        validation_data=None if validation is None else (validation[0].astype(np.float32), validation[1]),
        validation_batch_size=None if validation is None else max(len(validation[1]), 1),
    )
    if not np.isfinite(fitted.history["loss"]).all():
        raise ModelError(f"training diverged (the loss is not a number); lower learning_rate {config.learning_rate:g}")
    history = {name: [float(v) for v in values] for name, values in fitted.history.items()}
    learnt = [a for layer in model.layers if layer.name.startswith(("hidden", "logits")) for a in layer.get_weights()]
    return Trained(config, preparation, n_genres, [np.asarray(a, np.float64) for a in learnt], history)


def _stop_if(task: Task) -> None:
    """Raise if the user asked to stop."""
    task.check()

"""Tables -> Keras models: feature sets, networks as data, training, calibration, export.

Conventions
-----------
Shapes are (clips, columns) for features `x`, (clips,) for labels `y` (index of the genre in alphabetical order) and
(clips, genres) for logits and probabilities. Whatever is fitted to data (scaling, whitening, weights) sees the
training part only; it is part of the Keras model, so that a model takes raw columns. Training is deterministic for a
given seed on one machine.
"""

import logging
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from functions_audio import Cancel, Cancelled, ModelError, never
from functions_features import FAMILIES
from functions_musicnn import quiet_stderr

# Feature set -> what it is made of: a family, or "family:mean" for its means alone. The first seven are the original's.
FEATURE_SETS: dict[str, tuple[str, ...]] = {
    "mfcc_mean": ("mfcc:mean",),
    "mfcc_mean+chroma_mean": ("mfcc:mean", "chroma:mean"),
    "mfcc": ("mfcc",),
    "mfcc+chroma+tempo": ("mfcc", "chroma", "tempo"),
    "mfcc+chroma+tempo+zcr": ("mfcc", "chroma", "tempo", "zcr"),
    "mfcc+chroma+tempo+zcr+rolloff": ("mfcc", "chroma", "tempo", "zcr", "rolloff"),
    "mfcc+chroma+tempo+zcr+rolloff+centroid": ("mfcc", "chroma", "tempo", "zcr", "rolloff", "centroid"),
    "musicnn": ("musicnn",),
    "musicnn+mfcc": ("musicnn", "mfcc"),
    "musicnn+librosa": ("musicnn", "mfcc", "chroma", "tempo", "zcr", "rolloff", "centroid"),
    "musicnn_deep": ("musicnn_deep",),
    "musicnn+musicnn_deep": ("musicnn", "musicnn_deep"),
}
STEPS_PER_CALL = 10  # epochs between two looks at the validation part


@dataclass(frozen=True)
class Config:
    """One cell of the search: what a network sees, its shape, and how it is trained.

    Parameters
    ----------
    feature_set : str
        Key of `FEATURE_SETS`.
    architecture : str
        Key of `ARCHITECTURES`, which gives the defaults of the rest.
    hidden : tuple of int
        Units of the hidden layers; none makes a linear softmax.
    dropout : float
        Share of units dropped after each hidden layer.
    whiten : float or None
        Shrinkage in [0, 1] of the within-class covariance to its diagonal; None leaves the columns standardised.
    prior : float
        Weight of what the tags' names say about the genres (`functions_prior`); 0 is none.
    l2 : float
        Penalty on the squared weights.
    learning_rate : float
        Adam's first rate; it decays to 0 along a cosine. A linear softmax is solved exactly and needs none.
    epochs : int
        Passes over the training part at most.
    batch_size : int
        0 takes the whole training part as one batch.
    patience : int
        Stop after this many epochs without a lower validation loss; 0 trains to the end (convex problems).
    seed : int
        Of the first weights, the order of batches, and dropout.
    """

    feature_set: str = "musicnn"
    architecture: str = "whitened"
    hidden: tuple[int, ...] = ()
    dropout: float = 0.0
    whiten: float | None = 0.5
    prior: float = 0.0
    l2: float = 0.2
    learning_rate: float = 0.01
    epochs: int = 300
    batch_size: int = 0
    patience: int = 0
    seed: int = 0


# Architecture -> what it changes in `Config`.
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "whitened": {},
    "gated": {"prior": 1.0},
    "softmax": {"whiten": None, "l2": 0.03},
    "mlp": {"whiten": None, "hidden": (128,), "dropout": 0.5, "l2": 1e-3, "learning_rate": 3e-3, "batch_size": 64,
            "epochs": 200, "patience": 30},
    "whitened_mlp": {"hidden": (128,), "dropout": 0.5, "l2": 1e-2, "learning_rate": 3e-3, "batch_size": 64,
                     "epochs": 200, "patience": 30},
    "original": {"whiten": None, "hidden": (256, 128, 64), "dropout": 0.0, "l2": 0.0, "learning_rate": 1e-3,
                 "batch_size": 32, "epochs": 150, "patience": 20},
    # scikit-learn's, for comparison in the search; their settings stand there
    "logistic_regression": {"whiten": None}, "rbf_svm": {"whiten": None},
    "shrinkage_lda": {"whiten": None}, "extra_trees": {"whiten": None},
}  # fmt: skip


def make_config(architecture: str = "whitened", **changes: Any) -> Config:
    """Return an architecture's configuration with some values changed.

    Raises
    ------
    ModelError
        For an unknown architecture, feature set or setting.
    """
    if architecture not in ARCHITECTURES:
        raise ModelError(f"there is no architecture {architecture!r}; choose from {', '.join(ARCHITECTURES)}")
    values = {**ARCHITECTURES[architecture], **changes}
    if "hidden" in values:
        values["hidden"] = tuple(values["hidden"])
    try:
        config = Config(architecture=architecture, **values)
    except TypeError as error:
        raise ModelError(f"the configuration has a setting that does not exist: {error}") from error
    families_of(config.feature_set)
    return config


def families_of(feature_set: str) -> list[str]:
    """Return the families behind a feature set; raise `ModelError` if there is no such set."""
    if feature_set not in FEATURE_SETS:
        raise ModelError(f"there is no feature set {feature_set!r}; choose from {', '.join(FEATURE_SETS)}")
    return [part.partition(":")[0] for part in FEATURE_SETS[feature_set]]


def feature_columns(feature_set: str) -> list[str]:
    """Return the columns of a feature set in order."""
    families_of(feature_set)
    columns = []
    for part in FEATURE_SETS[feature_set]:
        family, _, kind = part.partition(":")
        columns += [column for column in FAMILIES[family] if not kind or f"_{kind}_" in column]
    return columns


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


@dataclass(frozen=True)
class Extra:
    """Songs of another origin than the table, which help a model to answer beyond it.

    Parameters
    ----------
    x, y, groups
        As in the training part; a group is a source.
    weak : np.ndarray, shape (n,), bool
        Labels that are less sure; they count half.
    """

    x: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    weak: np.ndarray

    def weights(self) -> np.ndarray:
        """Return 1 / sqrt(songs of the source), halved where the label is weak."""
        _, group, count = np.unique(self.groups, return_inverse=True, return_counts=True)
        return np.where(self.weak, 0.5, 1.0) / np.sqrt(count[group])

    def subset(self, rows: np.ndarray) -> "Extra":
        """Return some of the songs."""
        return Extra(self.x[rows], self.y[rows], self.groups[rows], self.weak[rows])


def clip_weights(y: np.ndarray, groups: Sequence[str]) -> np.ndarray:
    """Return training weights with mean 1: 1 / sqrt(clips of the group), then the same total for every genre."""
    _, group, count = np.unique(np.asarray(groups), return_inverse=True, return_counts=True)
    weights = 1.0 / np.sqrt(count[group])
    totals = np.bincount(y, weights=weights)
    weights /= totals[y]
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
    validation: tuple[np.ndarray, np.ndarray] | None = None,
    cancelled: Cancel = never,
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
    validation : tuple of (x, y), optional
        Decides when to stop, if the configuration has a patience; the best epoch's weights are kept.

    Raises
    ------
    ModelError
        If the loss is not finite: the cell diverged.
    Cancelled
        If `cancelled` said so.
    """
    if cancelled():
        raise Cancelled("stopped")
    weights = clip_weights(y, groups)
    preparation = prepare(x, y, weights, columns, config)
    if config.hidden:
        return _train_by_gradient(x, y, weights, config, preparation, n_genres, validation, cancelled)
    kernel, bias, losses = solve_softmax(preparation.apply(x), y, weights, n_genres, config)
    return Trained(config, preparation, n_genres, [kernel, bias], {"loss": losses})


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
        callback=lambda flat: losses.append(loss_and_gradient(flat)[0]),
    )  # fmt: skip
    if not np.isfinite(found.x).all():
        raise ModelError("training diverged (a weight is not a number); look for extreme values in the table")
    return found.x[:-n_genres].reshape(-1, n_genres), found.x[-n_genres:], losses


def _train_by_gradient(
    x: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray,
    config: Config,
    preparation: Preparation,
    n_genres: int,
    validation: tuple[np.ndarray, np.ndarray] | None,
    cancelled: Cancel,
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
    callbacks: list[Any] = [keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: _stop_if(cancelled))]
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


def _stop_if(cancelled: Cancel) -> None:
    """Raise if the user asked to stop."""
    if cancelled():
        raise Cancelled("stopped")


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


def config_dict(config: Config) -> dict[str, Any]:
    """Return a configuration as JSON-ready values."""
    return {**asdict(config), "hidden": list(config.hidden)}

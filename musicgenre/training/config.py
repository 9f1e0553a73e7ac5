"""Configurations: feature sets and networks as data, and the settings of one training."""

from dataclasses import asdict, dataclass
from typing import Any

from musicgenre.errors import ModelError
from musicgenre.features.families import FAMILIES

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
    balance : float
        Weight of a genre's clips: (clips of the genre) to the power of -balance. 1 gives every genre the same total,
        0 every clip the same weight.
    source_power : float
        The same for the clips of one group: its artist, recording or source.
    prior : float
        Weight of what the tags' names say about the genres (`training.tag_prior`); 0 is none.
    copies : bool
        Whether changed copies of clips train, in a table that has them (`dataset.copies`).
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
    balance: float = 1.0
    source_power: float = 0.5
    prior: float = 0.0
    copies: bool = True
    l2: float = 0.2
    learning_rate: float = 0.01
    epochs: int = 300
    batch_size: int = 0
    patience: int = 0
    seed: int = 0

    @property
    def families(self) -> list[str]:
        """The feature families behind the feature set."""
        return list(dict.fromkeys(families_of(self.feature_set)))


# Architecture -> what it changes in `Config`.
ARCHITECTURES: dict[str, dict[str, Any]] = {
    "whitened": {},
    "gated": {"prior": 1.0},
    # The shipped 13 genres. Worth in points of accuracy on songs of held-out sources (seeds 0 to 2): deviations beside
    # the means 2.8, whole balance instead of the root -0.7, l2 of 0.05 or 0.2 instead -0.3. Worth nothing: weights for
    # tables, sources or weak labels, the tags beside the deep layer; indie and punk as classes of their own 0.5 (and 2
    # fewer on GTZAN). Worth in points of the surest 29 %, of whom 88 % are right: smoothed labels 0.0, a mean with
    # networks of one hidden layer -0.5, the deep layer itself trained on -0.6, the maxima and means before it instead
    # of it -4.7, or beside it -0.8; copies at other speeds, levels and codecs 0.9 (-0.8 to 2.8 over draws of sources).
    "deep": {"feature_set": "musicnn_deep", "whiten": None, "l2": 0.1, "balance": 0.5, "source_power": 0.0,
             "epochs": 60},
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


def config_dict(config: Config) -> dict[str, Any]:
    """Return a configuration as JSON-ready values."""
    return {**asdict(config), "hidden": list(config.hidden)}

"""What messages are made of, beside answers: references, what was found, places in a picture."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from musicgenre.inference.prediction import Prediction

if TYPE_CHECKING:
    from musicgenre.inference.card import Card  # loads NumPy


@dataclass(frozen=True)
class SongReference:
    """Where the engine finds the sound and the spectra of an answer.

    Parameters
    ----------
    key : str
        The answer's key in the history.
    prediction : Prediction
    store : str, optional
        The file with its spectra.
    """

    key: str
    prediction: Prediction
    store: str | None = None


@dataclass(frozen=True)
class FoundInput:
    """A file or video of a folder or playlist; with a prediction where it has failed already."""

    input: str
    title: str | None
    prediction: Prediction | None = None


@dataclass(frozen=True)
class SimilarSong:
    """A song of the history or a library and its distance: 0 for the same sound, about 1 for unrelated ones.

    Parameters
    ----------
    key : str
        Of its answer in the history; "" for a song of a library.
    """

    input: str
    title: str
    genre: str
    distance: float
    key: str = ""


@dataclass(frozen=True)
class TimeSpan:
    """A stretch of a picture's time axis: pixels from left to right, and the seconds that they stand for."""

    left: float
    right: float
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Box:
    """The axes of a picture in pixels."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class ProtocolAccuracy:
    """How often a model is right by one protocol, with the 95 % interval; in [0, 1]."""

    protocol: str
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True)
class CardFacts:
    """What a model's card says to its user; `clips` are those it was trained on, if that is known."""

    name: str
    genres: tuple[str, ...]
    families: tuple[str, ...]
    uncertain_below: float
    clips: int | None = None
    accuracies: tuple[ProtocolAccuracy, ...] = ()
    warnings: tuple[str, ...] = ()

    @classmethod
    def of(cls, card: "Card") -> "CardFacts":
        """Return what a card says."""
        accuracies = (ProtocolAccuracy(name, m.accuracy, *m.interval_95) for name, m in card.metrics.items())
        return cls(
            card.name, tuple(card.genres), tuple(card.families), card.thresholds.uncertain_below, card.training.clips,
            tuple(accuracies), tuple(card.warnings),
        )  # fmt: skip

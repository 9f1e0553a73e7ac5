"""What was measured of a model, as its card and the report of its training keep it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from musicgenre.json_values import number, of_kind, optional_number, share


@dataclass(frozen=True)
class Sets:
    """How often one genre is named, or a set of at most two or three, and how often it is rightly so; in [0, 1].

    Parameters
    ----------
    named, two, three : float, optional
        Share of the clips.
    named_right, two_right, three_right : float, optional
        Of these, the share with the right genre in it; None where there are none.
    exactly_1_right, exactly_2_right, exactly_3_right : float, optional
        The same of sets of just that size; older cards have none.
    """

    named: float | None = None
    named_right: float | None = None
    exactly_1_right: float | None = None
    two: float | None = None
    two_right: float | None = None
    exactly_2_right: float | None = None
    three: float | None = None
    three_right: float | None = None
    exactly_3_right: float | None = None

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Sets":
        """Return what `as_json` gave; raise as `Metrics.from_json` does."""
        given = {name: values.get(name) for name in (one.name for one in fields(cls))}
        return cls(**{name: None if value is None else share(value) for name, value in given.items()})

    def as_json(self) -> dict[str, float | None]:
        """Return the fields by name."""
        return dict(vars(self))


@dataclass(frozen=True)
class Metrics:
    """The metrics of one protocol; means where it was repeated.

    Parameters
    ----------
    clips : float
        How many were answered.
    accuracy, worst_recall, top2, top3, accuracy_at_80 : float
        In [0, 1]; older cards have no `top2`.
    interval_95 : (float, float)
        Of the accuracy, over groups.
    macro_f1, ece : float
        In [0, 1].
    recall : mapping
        By genre, None for one without clips.
    confusion : sequence of sequence of float
        Clips by label (row) and answer.
    sets : Sets, optional
        With levels from inner folds.
    deviation, repeats : float, int, optional
        Of the accuracy over repeats.
    named_share, named_right : float, optional
        Of songs of another origin: how many are named, and how many of these rightly.
    """

    clips: float
    accuracy: float
    interval_95: tuple[float, float]
    macro_f1: float
    recall: Mapping[str, float | None]
    worst_recall: float
    top2: float | None
    top3: float
    ece: float
    accuracy_at_80: float
    confusion: Sequence[Sequence[float]]
    sets: Sets | None = None
    deviation: float | None = None
    repeats: int | None = None
    named_share: float | None = None
    named_right: float | None = None

    @property
    def spread(self) -> float | None:
        """The deviation of the accuracy, None where it was measured once."""
        return self.deviation if (self.repeats or 1) > 1 else None

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Metrics":
        """Return what `as_json` gave; raise ValueError, KeyError, TypeError or AttributeError for another value."""
        low, high = values["interval_95"]
        repeats = values.get("repeats")
        top2, deviation, named_share, named_right = (
            optional_number(values.get(name)) for name in ("top2", "deviation", "named_share", "named_right")
        )
        names = ("clips", "accuracy", "macro_f1", "worst_recall", "top3", "ece", "accuracy_at_80")
        return cls(
            interval_95=(number(low), number(high)),
            recall={genre: optional_number(recall) for genre, recall in values["recall"].items()},
            confusion=[[number(count) for count in row] for row in values["confusion"]],
            sets=Sets.from_json(values["sets"]) if "sets" in values else None,
            top2=top2,
            deviation=deviation,
            repeats=None if repeats is None else of_kind(repeats, int),
            named_share=named_share,
            named_right=named_right,
            **{name: number(values[name]) for name in names},
        )

    def as_json(self) -> dict[str, Any]:
        """Return the fields by name, without those that were not measured."""
        values = {**vars(self), "interval_95": list(self.interval_95)}
        values["sets"] = None if self.sets is None else self.sets.as_json()
        absent = {name for name, value in values.items() if value is None}
        if self.named_share is not None:
            absent.discard("named_right")  # null: none was named
        return {name: value for name, value in values.items() if name not in absent}


@dataclass(frozen=True)
class Headline:
    """The accuracy to go by, the protocol that it is from, and in a report what that is in words."""

    accuracy: float
    protocol: str
    words: str = ""

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Headline":
        """Return what `as_json` gave; raise as `Metrics.from_json` does."""
        protocol, words = of_kind(values["protocol"], str), of_kind(values.get("words", ""), str)
        return cls(number(values["accuracy"]), protocol, words)

    def as_json(self) -> dict[str, Any]:
        """Return the fields by name; words only where there are any."""
        return {name: value for name, value in vars(self).items() if value != ""}

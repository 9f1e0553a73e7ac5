"""The answer to one input and its parts: what the classifier returns, and what history, window and files keep.

Nothing heavy is imported here: the window shows stored answers before numpy is loaded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from musicgenre.errors import GenreError
from musicgenre.sources.search_result import SearchResult


@dataclass(frozen=True)
class Segment:
    """The most probable genre of a stretch of the recording, in seconds."""

    start_s: float
    end_s: float
    genre: str
    confidence: float


@dataclass(frozen=True)
class Section:
    """A stretch of the recording that was analysed, in seconds."""

    start_s: float
    end_s: float


@dataclass(frozen=True)
class Failure:
    """Why an input has no answer: a kind of the contract and a sentence for the user."""

    kind: str
    message: str


@dataclass(frozen=True)
class Reason:
    """A sentence about a trait that was measured ("heard"), or that speaks "for" or "against" the best genre."""

    side: str
    text: str
    weight: float = 0.0


Part = TypeVar("Part", Segment, Section, Failure, SearchResult)


@dataclass(frozen=True)
class Prediction:
    """What the program says about one input; the fields are those of the contract's JSON."""

    input: str
    title: str | None
    duration_s: float | None
    verdict: str
    genre: str | None = None
    confidence: float | None = None
    probabilities: dict[str, float] | None = None
    segments: list[Segment] = field(default_factory=list)
    analysed: list[Section] = field(default_factory=list)
    reason: str | None = None
    model: str = ""
    error: Failure | None = None
    candidates: list[SearchResult] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return JSON-ready values in the contract's order; `candidates` only where something was searched for."""
        values: dict[str, Any] = dict(vars(self))  # dataclasses.asdict takes 20 times as long: a history has thousands
        for name in ("segments", "analysed", "candidates"):
            if values[name] is not None:
                values[name] = [dict(vars(part)) for part in values[name]]
        if self.probabilities is not None:
            values["probabilities"] = dict(self.probabilities)
        if self.error is not None:
            values["error"] = dict(vars(self.error))
        if self.candidates is None:
            del values["candidates"]
        return values

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Prediction":
        """Return the answer that `as_json` gave, also one of a version with more or fewer fields.

        Raises
        ------
        KeyError, TypeError, ValueError, AttributeError
            If the record is not such an answer.
        """
        values: dict[str, Any] = {"title": None, "duration_s": None}
        values |= {name: value for name, value in record.items() if name in cls.__dataclass_fields__}
        values["segments"] = [_part(Segment, part) for part in values.get("segments") or []]
        values["analysed"] = [_part(Section, part) for part in values.get("analysed") or []]
        if values.get("error") is not None:
            values["error"] = _part(Failure, values["error"])
        if values.get("candidates") is not None:
            values["candidates"] = [_part(SearchResult, part) for part in values["candidates"]]
        return cls(**values)


def _part(kind: type[Part], record: Mapping[str, Any]) -> Part:
    """Return a part of an answer from its JSON object; keys of other versions are passed over."""
    return kind(**{name: value for name, value in record.items() if name in kind.__dataclass_fields__})


VERDICTS = ("genre", "uncertain", "not_music", "silent", "too_short", "error")


def error_prediction(source: str, error: GenreError, *, model: str, title: str | None = None) -> Prediction:
    """Return the answer for an input that failed."""
    message = str(error)
    return Prediction(source, title, None, "error", reason=message, model=model, error=Failure(error.kind, message))

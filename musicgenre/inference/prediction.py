"""The answer to one input and its parts: what the classifier returns, and what history, window and files keep.

Nothing heavy is imported here: the window shows stored answers before numpy is loaded.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from musicgenre.errors import GenreError
from musicgenre.sources.search_result import SearchResult


@dataclass(frozen=True)
class Segment:
    """The most probable genre of a stretch of the recording, in seconds.

    `probabilities` are those of all genres there; None in answers of versions that did not keep them.
    """

    start_s: float
    end_s: float
    genre: str
    confidence: float
    probabilities: dict[str, float] | None = None


@dataclass(frozen=True)
class Part:
    """A part of a song that is a genre of its own, in seconds; the parts of a song follow each other without gaps."""

    start_s: float
    end_s: float
    genre: str
    confidence: float


@dataclass(frozen=True)
class Tag:
    """A word of the pretrained network and its mean activation over the song, from 0 to 1, not calibrated."""

    name: str
    score: float


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


# field -> the class of its elements
LISTS: dict[str, type[Any]] = {"segments": Segment, "parts": Part, "analysed": Section, "tags": Tag}


@dataclass(frozen=True)
class Prediction:
    """What the program says about one input.

    Parameters
    ----------
    input, title : str
        What was given, and what the recording is called.
    duration_s : float
        Of the whole recording, in seconds.
    verdict : str
        One of `VERDICTS`.
    genre, confidence : str, float
        The best genre and its probability, of the verdicts ``genre`` and ``uncertain``.
    probabilities : mapping
        Calibrated probability of each genre; None where none could be computed.
    likely : list of str
        The fewest genres, best first, whose probabilities together reach the level of the model's card; None where
        these are too many, or the card has no level.
    segments : list of Segment
        Genres over the song, each silence left out.
    parts : list of Part
        The whole song as parts of different genres, of the verdict ``mixed``; else empty.
    analysed : list of Section
        What was looked at.
    tags : list of Tag
        The strongest words of the pretrained network, best first.
    tempo_bpm : float
        Beats per minute; None where no beat is clear.
    reason : str
        A sentence for every verdict but ``genre``.
    model : str
        The name of the model.
    error : Failure
        Of the verdict ``error``.
    candidates : list of SearchResult
        What a search found, where something was searched for.
    """

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
    likely: list[str] | None = None
    tags: list[Tag] = field(default_factory=list)
    tempo_bpm: float | None = None
    parts: list[Part] = field(default_factory=list)
    candidates: list[SearchResult] | None = None

    def as_json(self) -> dict[str, Any]:
        """Return JSON-ready values in the contract's order; `candidates` only where something was searched for."""
        values: dict[str, Any] = dict(vars(self))  # dataclasses.asdict takes 20 times as long: a history has thousands
        for name in (*LISTS, "candidates"):
            if values[name] is not None:
                values[name] = [dict(vars(part)) for part in values[name]]
        for segment in values["segments"]:
            if segment["probabilities"] is None:
                del segment["probabilities"]
        for name in ("probabilities", "likely"):
            if values[name] is not None:
                values[name] = type(values[name])(values[name])
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
        for name, kind in LISTS.items():
            values[name] = [_record(kind, part) for part in values.get(name) or []]
        if values.get("error") is not None:
            values["error"] = _record(Failure, values["error"])
        if values.get("candidates") is not None:
            values["candidates"] = [_record(SearchResult, part) for part in values["candidates"]]
        return cls(**values)


def _record(kind: type[Any], record: Mapping[str, Any]) -> Any:
    """Return a part of an answer from its JSON object; keys of other versions are passed over."""
    return kind(**{name: value for name, value in record.items() if name in kind.__dataclass_fields__})


VERDICTS = ("genre", "uncertain", "mixed", "not_music", "silent", "too_short", "error")


def error_prediction(source: str, error: GenreError, *, model: str, title: str | None = None) -> Prediction:
    """Return the answer for an input that failed."""
    message = str(error)
    return Prediction(source, title, None, "error", reason=message, model=model, error=Failure(error.kind, message))

"""What 02 measured of a configuration on a table: evaluation.json, which it writes and the report reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from musicgenre.errors import ModelError
from musicgenre.files import read_json
from musicgenre.inference.measured import Headline, Metrics, Sets
from musicgenre.json_values import number, of_kind, optional_number

EVALUATION = "evaluation.json"


@dataclass(frozen=True)
class HeldOut:
    """The answers for the clips of a table, each by models that were trained without its group.

    Parameters
    ----------
    clip_id : sequence of str
    y : sequence of int
        Labels.
    probabilities : sequence of sequence of float
        Means over repeats, in the order of the genres.
    """

    clip_id: Sequence[str]
    y: Sequence[int]
    probabilities: Sequence[Sequence[float]]

    @classmethod
    def from_json(cls, values: Mapping[str, Any], genres: int) -> "HeldOut":
        """Return what `vars` gave; raise as `Metrics.from_json` does."""
        found = cls(
            [of_kind(clip_id, str) for clip_id in values["clip_id"]],
            [of_kind(label, int) for label in values["y"]],
            [[number(value) for value in row] for row in values["probabilities"]],
        )
        if len({len(found.clip_id), len(found.y), len(found.probabilities)}) != 1:
            raise ValueError("clips, labels and probabilities differ in number")
        if any(len(row) != genres for row in found.probabilities) or any(not 0 <= label < genres for label in found.y):
            raise ValueError("labels or probabilities are of other genres")
        return found


@dataclass(frozen=True)
class LengthAccuracy:
    """The accuracy on clips of a length, with the 95 % interval."""

    seconds: float
    accuracy: float
    low: float
    high: float


@dataclass(frozen=True)
class Evaluation:
    """The metrics of every protocol that a table allows, and what they mean; fields with a default may be unknown.

    Parameters
    ----------
    genres : sequence of str
        In the order of labels and probabilities.
    protocols, extra : mapping
        Name to metrics: of the table, and of songs of another origin.
    headline : Headline
        Of the honest protocols the worst.
    uncertain_below, set_level : float
        The threshold of `uncertain`, and the level of sets.
    sets : Sets
        With levels from inner folds.
    named_share, named_right : float
        How many held-out clips are above the threshold, and how many of these are right.
    answers : HeldOut
    warnings, notes : sequence of str
        Sentences on the table, and on what the figures mean.
    about : str
        Which configuration was measured, on what.
    files : mapping
        Clip to the path of its file.
    lengths : sequence of LengthAccuracy
        By `tools/measure_robustness.py`, as the accuracies after damage by name, `degradations`, and on how many clips.
    """

    genres: Sequence[str]
    protocols: Mapping[str, Metrics]
    headline: Headline
    uncertain_below: float
    extra: Mapping[str, Metrics] = field(default_factory=dict)
    set_level: float | None = None
    sets: Sets | None = None
    named_share: float | None = None
    named_right: float | None = None
    answers: HeldOut | None = None
    warnings: Sequence[str] = ()
    notes: Sequence[str] = ()
    about: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    lengths: Sequence[LengthAccuracy] = ()
    degradations: Mapping[str, float] = field(default_factory=dict)
    degradation_clips: int = 0

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Evaluation":
        """Return what `as_json` gave; raise as `Metrics.from_json` does."""
        genres = [of_kind(genre, str) for genre in values["genres"]]
        return cls(
            genres,
            _runs(values["protocols"]),
            Headline.from_json(values["headline"]),
            number(values["uncertain_below"]),
            _runs(values.get("extra", {})),
            optional_number(values.get("set_level")),
            Sets.from_json(values["sets"]) if "sets" in values else None,
            optional_number(values.get("named_share")),
            optional_number(values.get("named_right")),
            HeldOut.from_json(values["answers"], len(genres)) if values.get("answers") else None,
            tuple(of_kind(warning, str) for warning in values.get("warnings", ())),
            tuple(of_kind(note, str) for note in values.get("notes", ())),
            of_kind(values["about"], str),
            {clip_id: of_kind(path, str) for clip_id, path in values.get("files", {}).items()},
            tuple(LengthAccuracy(*map(number, row)) for row in values.get("lengths", ())),
            {name: number(accuracy) for name, accuracy in values.get("degradations", {}).items()},
            of_kind(values.get("degradation_clips", 0), int),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the content of evaluation.json."""
        values: dict[str, Any] = {
            "about": self.about,
            "genres": list(self.genres),
            "protocols": {name: run.as_json() for name, run in self.protocols.items()},
            "extra": {name: run.as_json() for name, run in self.extra.items()},
            "headline": self.headline.as_json(),
            "uncertain_below": self.uncertain_below,
            "set_level": self.set_level,
            "sets": self.sets and self.sets.as_json(),
            "named_share": self.named_share,
            "named_right": self.named_right,
            "answers": self.answers and vars(self.answers),
            "warnings": list(self.warnings),
            "notes": list(self.notes),
            "files": dict(self.files),
        }
        if self.lengths:
            values["lengths"] = [list(vars(one).values()) for one in self.lengths]
        if self.degradations:
            values |= {"degradations": dict(self.degradations), "degradation_clips": self.degradation_clips}
        return {name: value for name, value in values.items() if value is not None or name == "named_right"}


def _runs(values: Mapping[str, Any]) -> dict[str, Metrics]:
    """Return metrics by the name of their protocol."""
    return {name: Metrics.from_json(run) for name, run in values.items()}


def read_evaluation(folder: Path) -> Evaluation:
    """Return what 02 measured, from a folder of reports; raise `ModelError` if it holds something else."""
    path = folder / EVALUATION
    try:
        values = read_json(path)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read; run 01 or 02 again") from error
    try:
        return Evaluation.from_json(values)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"the files in {folder} are not those of this version; run 01 or 02 again") from error

"""The card of a model: what it needs, what it was trained on, how well it does; read, checked, and put into JSON."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from musicgenre.audio.recording import AMPLIFY_FIELD, LEVEL_FIELD, Level, is_level, read_level
from musicgenre.errors import ModelError
from musicgenre.features.families import FAMILIES, columns_of, grid_of
from musicgenre.files import is_file, read_json
from musicgenre.inference.measured import Headline, Metrics, Sets
from musicgenre.json_values import number, of_kind, optional_number, share
from musicgenre.litert import MODELS_DIR
from musicgenre.text import clean_text, clean_title, is_plain

LIBRARIES = ("numpy", "librosa", "tensorflow", "keras", "ai-edge-litert", "av", "soxr")

PROGRAM_MODELS = ("genres", "gtzan10", "librosa12")  # come with the program, and are never replaced by a user's

PROGRAM_PARTS = ("musicnn", "not_music")  # so do the files whose names begin so

ENDINGS = ("tflite", "keras")  # of the files that a card describes

REQUIRED = ("name", "genres", "columns", "families", "extractor", "files", "thresholds")

Traits = Mapping[str, Mapping[str, Sequence[float]]]  # genre -> column -> 10th, 50th and 90th percentile


@dataclass(frozen=True)
class Thresholds:
    """From which confidence a genre is named; how many held-out clips are, and how many of these rightly."""

    uncertain_below: float
    named_share: float | None = None
    named_right: float | None = None


@dataclass(frozen=True)
class Training:
    """What a model was trained on; `groups` are the artists or sources, `extra_clips` those of other collections."""

    table_sha256: str | None = None
    clips: int | None = None
    clips_per_genre: Mapping[str, int] = field(default_factory=dict)
    groups: int | None = None
    extra_clips: int = 0


@dataclass(frozen=True)
class AnswersByGenre:
    """Answers for held-out songs (see `training.known_genres`): their mean in each genre, the covariance within."""

    means: Sequence[Sequence[float]]
    within: Sequence[Sequence[float]]


@dataclass(frozen=True)
class Card:
    """What is known of a model; fields with a default may be absent in older cards.

    Parameters
    ----------
    name : str
        What the model calls itself in answers.
    genres, columns : list of str
        In the order of its output and input.
    families : list of str
        The feature families that the columns are of.
    thresholds : Thresholds
    extractor, configuration, versions : mapping
        The constants of the features, the settings of the training, the libraries: compared or shown as a whole.
    files : mapping
        Ending to sha256.
    training : Training
    temperature : float, optional
        Of the calibration, which the model file holds.
    parts : bool, optional
        Whether it was trained on parts of songs as well.
    level : Level, optional
        That recordings are brought to.
    names : mapping
        Genre to its name for people.
    set_level : float, optional
        Probability that the genres of a set reach together.
    sets : Sets, optional
        On songs of held-out groups.
    answers_by_genre : AnswersByGenre, optional
    metrics : mapping
        Protocol to its metrics.
    headline : Headline, optional
    warnings : sequence of str
        Sentences on its limits and intended use.
    traits : mapping
        Ranges of `inference.reasons.trait_ranges`.
    """

    name: str
    genres: list[str]
    families: list[str]
    columns: list[str]
    thresholds: Thresholds
    extractor: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    training: Training = field(default_factory=Training)
    configuration: Mapping[str, Any] = field(default_factory=dict)
    temperature: float | None = None
    parts: bool | None = None
    level: Level | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    set_level: float | None = None
    sets: Sets | None = None
    answers_by_genre: AnswersByGenre | None = None
    metrics: Mapping[str, Metrics] = field(default_factory=dict)
    headline: Headline | None = None
    warnings: Sequence[str] = ()
    traits: Traits = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the card as its file holds it; what is not known is absent."""
        level = self.level.fields() if self.level else {AMPLIFY_FIELD: None}
        values = {
            "extractor": self.extractor,
            "name": self.name,
            "genres": self.genres,
            "families": self.families,
            "columns": self.columns,
            "training": vars(self.training),
            "configuration": self.configuration,
            "temperature": self.temperature,
            "parts": self.parts,
            **level,
            "names": self.names or None,
            "set_level": self.set_level,
            "sets": self.sets and self.sets.as_json(),
            "answers_by_genre": self.answers_by_genre and vars(self.answers_by_genre),
            "thresholds": vars(self.thresholds),
            "metrics": {protocol: metrics.as_json() for protocol, metrics in self.metrics.items()},
            "headline": self.headline and self.headline.as_json(),
            "warnings": list(self.warnings),
            "traits": self.traits,
            "files": self.files,
            "versions": self.versions,
        }
        return {name: value for name, value in values.items() if value is not None or name in level}


# ---- reading


def _name(value: Any) -> str:
    """Return a model's name."""
    if clean_text(of_kind(value, str)) != value:
        raise ValueError("it holds characters that control a terminal")
    return str(value)


def _texts(value: Any) -> dict[str, str]:
    """Return texts by name."""
    return {name: of_kind(text, str) for name, text in value.items()}


def _names(value: Any) -> dict[str, str]:
    """Return the names of genres for people."""
    names = _texts(value)
    if not all(map(is_plain, names.values())):
        raise ValueError("a name cannot be shown")
    return names


def _training(value: Any) -> Training:
    """Return what a model was trained on."""
    table, groups = value.get("table_sha256"), value.get("groups")
    return Training(
        None if table is None else of_kind(table, str),
        of_kind(value["clips"], int) if "clips" in value else None,
        {genre: of_kind(count, int) for genre, count in value.get("clips_per_genre", {}).items()},
        None if groups is None else of_kind(groups, int),
        of_kind(value.get("extra_clips", 0), int),
    )


def _thresholds(value: Any) -> Thresholds:
    """Return the thresholds of the verdicts."""
    return Thresholds(
        value.get("uncertain_below"),  # `_check` has a sentence of its own for it
        optional_number(value.get("named_share")),
        optional_number(value.get("named_right")),
    )


def _level(value: Any) -> float:
    """Return a level in dB of full scale."""
    if not is_level(value):
        raise ValueError(f"{value!r} is no level")
    return float(value)


def _traits(value: Any) -> dict[str, dict[str, list[float]]]:
    """Return the ranges of traits by genre and column."""
    found = {
        genre: {column: list(map(number, quantiles)) for column, quantiles in traits.items()}
        for genre, traits in value.items()
    }
    if any(len(quantiles) != 3 for traits in found.values() for quantiles in traits.values()):
        raise ValueError("a range is not three numbers")
    return found


def _matrix(value: Any) -> list[list[float]]:
    """Return rows of numbers."""
    return [[number(cell) for cell in row] for row in value]


# How the fields are read that are no lists of names. A reader raises ValueError, KeyError, TypeError or AttributeError
# for what does not fit; a field that is not needed may be absent.
READERS: dict[str, Callable[[Any], Any]] = {
    "name": _name,
    "files": _texts,
    "thresholds": _thresholds,
    LEVEL_FIELD: _level,
    AMPLIFY_FIELD: lambda value: None if value is None else _level(value),
    "training": _training,
    "configuration": lambda value: of_kind(value, dict),
    "temperature": number,
    "parts": lambda value: of_kind(value, bool),
    "metrics": lambda value: {protocol: Metrics.from_json(metrics) for protocol, metrics in value.items()},
    "headline": Headline.from_json,
    "sets": Sets.from_json,
    "set_level": lambda value: None if value is None else share(value),
    "answers_by_genre": lambda value: AnswersByGenre(_matrix(value["means"]), _matrix(value["within"])),
    "warnings": lambda value: tuple(of_kind(note, str) for note in of_kind(value, list)),
    "traits": _traits,
    "names": _names,
    "versions": _texts,
}


def model_path(name: str | Path) -> Path:
    """Return the path without ending of a model named under models/ or by its path.

    Raises
    ------
    ModelError
        If there is no card there.
    """
    given = Path(name)
    given = given.with_suffix("") if given.suffix in (".json", ".keras", ".tflite") else given
    for base in (MODELS_DIR / given, given):
        if is_file(f"{base}.json"):
            return base
    known = ", ".join(list_models()) or "none"
    raise ModelError(f"there is no model {str(name)!r}; models here: {known}")


def list_models(folder: Path = MODELS_DIR) -> list[str]:
    """Return the names of the genre models in a folder."""
    names = []
    for path in sorted(folder.glob("*.json")):
        try:
            card = read_json(path)
        except (OSError, ValueError):
            continue
        if isinstance(card, dict) and "genres" in card:
            names.append(path.stem)
    return names


def read_card(base: Path) -> Card:
    """Read and check a card.

    Raises
    ------
    ModelError
        If it is missing, not JSON, lacks a field, or was made for other features than this program computes.
    """
    path = Path(f"{base}.json")
    try:
        card = read_json(path)
    except (OSError, ValueError) as error:
        raise ModelError(f"the model card {path.name} cannot be read; train again or choose another model") from error
    if not isinstance(card, dict):
        raise ModelError(f"{path.name} is not a model card; choose another file")
    missing = [name for name in REQUIRED if name not in card]
    if missing:
        raise ModelError(f"the model card {path.name} has no field {missing[0]!r}; train the model again")
    for name in ("genres", "columns", "families"):
        value = card[name]
        if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
            raise ModelError(f"field {name!r} of {path.name} is not a list of names; train the model again")
    found = _read_fields(card, path)
    _check(found, path)
    return found


def _read_fields(card: Mapping[str, Any], path: Path) -> Card:
    """Return a card from the fields of its file; raise `ModelError` for one that is of another kind."""
    values: dict[str, Any] = {}
    for name, read in READERS.items():
        if name in card:
            try:
                values[name] = read(card[name])
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ModelError(
                    f"field {name!r} of {path.name} is not what a card holds; train the model again"
                ) from error
    level = read_level(values)
    for name in (LEVEL_FIELD, AMPLIFY_FIELD):
        values.pop(name, None)
    return Card(level=level, **{name: card[name] for name in ("genres", "families", "columns", "extractor")}, **values)


def _check(card: Card, path: Path) -> None:
    """Check a card against itself and this program."""
    try:
        share(card.thresholds.uncertain_below)
    except ValueError as error:
        raise ModelError(
            f"the threshold 'uncertain_below' of {path.name} is not a share; train the model again"
        ) from error
    known = {column for family in card.families if family in FAMILIES for column in FAMILIES[family]}
    unknown = [column for column in card.columns if column not in known]
    if unknown:
        raise ModelError(f"{path.name} needs the feature {unknown[0]!r}, which this version cannot compute")
    own = set(card.columns)
    if card.columns != [column for column in columns_of(card.families) if column in own]:
        raise ModelError(f"the columns of {path.name} are not those of its families in order; train the model again")
    odd = [genre for genre in card.genres if not is_plain(genre) or card.genres.count(genre) > 1]
    if odd:
        name = clean_title(odd[0], limit=80)
        raise ModelError(f"the genre {name!r} of {path.name} is no name to show, or there twice; train the model again")
    try:
        grid_of(card.extractor)
    except ModelError as error:
        raise ModelError(f"{path.name} was made for features of another version; train the model again") from error


def model_genres(name: str | Path) -> list[str]:
    """Return the genres of a model in their order; raise `ModelError` as `read_card` does."""
    return read_card(model_path(name)).genres


def waiting_folder(base: Path) -> Path:
    """Return the folder in which the new files of a model wait."""
    return base.parent / f".{base.name}.new"

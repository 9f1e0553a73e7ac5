"""The card of a model: what it needs, what it was trained on, how well it does; read and checked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from musicgenre.audio.recording import AMPLIFY_FIELD, LEVEL_FIELD, is_level
from musicgenre.errors import ModelError
from musicgenre.features.families import FAMILIES, columns_of, grid_of
from musicgenre.files import is_file, read_json
from musicgenre.litert import MODELS_DIR
from musicgenre.text import clean_text, clean_title, is_plain

LIBRARIES = ("numpy", "librosa", "tensorflow", "keras", "ai-edge-litert", "av", "soxr")

PROGRAM_MODELS = ("genres", "gtzan10", "librosa12")  # come with the program, and are never replaced by a user's

PROGRAM_PARTS = ("musicnn", "not_music")  # so do the files whose names begin so

ENDINGS = ("tflite", "keras")  # of the files that a card describes

REQUIRED = ("name", "genres", "columns", "families", "extractor", "files", "thresholds")

FIGURES = ("accuracy", "macro_f1", "worst_recall", "top3", "ece", "accuracy_at_80")  # of each protocol


def _is_number(value: Any) -> bool:
    """Whether a value is a number; JSON's true is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_range(value: Any) -> bool:
    """Whether a value is a list of three numbers."""
    return isinstance(value, list) and len(value) == 3 and all(map(_is_number, value))


def _is_run(run: Any) -> bool:
    """Whether a value holds the figures of one protocol."""
    return (
        isinstance(run, dict)
        and all(_is_number(run.get(name)) for name in FIGURES)
        and isinstance(run.get("interval_95"), list)
        and len(run["interval_95"]) == 2
        and all(map(_is_number, run["interval_95"]))
        and all(_is_number(run.get(name, 0)) for name in ("repeats", "deviation", "top2"))
        and (run.get("repeats", 1) <= 1 or "deviation" in run)
    )


def _are_traits(value: Any) -> bool:
    """Whether a value holds ranges of traits for genres."""
    return isinstance(value, dict) and all(
        isinstance(traits, dict) and all(map(_is_range, traits.values())) for traits in value.values()
    )


def _is_share(value: Any) -> bool:
    """Whether a value is a number from 0 to 1."""
    return _is_number(value) and 0 <= value <= 1


def _are_names(value: Any) -> bool:
    """Whether a value holds the names of genres for people."""
    return isinstance(value, dict) and all(isinstance(name, str) and is_plain(name) for name in value.values())


# What the fields of a card are, beside lists of names; one that is not needed may be absent.
FITS: dict[str, Callable[[Any], bool]] = {
    "name": lambda value: isinstance(value, str) and clean_text(value) == value,
    "files": lambda value: isinstance(value, dict),
    "thresholds": lambda value: isinstance(value, dict) and _is_number(value.get("named_share", 0)),
    LEVEL_FIELD: is_level,
    AMPLIFY_FIELD: lambda value: value is None or is_level(value),
    "training": lambda value: (
        isinstance(value, dict)
        and isinstance(value.get("clips_per_genre", {}), dict)
        and isinstance(value.get("clips", 0), int)
    ),
    "metrics": lambda value: isinstance(value, dict) and all(map(_is_run, value.values())),
    "sets": lambda value: isinstance(value, dict) and all(v is None or _is_share(v) for v in value.values()),
    "warnings": lambda value: isinstance(value, list) and all(isinstance(note, str) for note in value),
    "traits": _are_traits,
    "set_level": lambda value: value is None or _is_share(value),
    "names": _are_names,
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


def read_card(base: Path) -> dict[str, Any]:
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
    missing = [field for field in REQUIRED if field not in card]
    if missing:
        raise ModelError(f"the model card {path.name} has no field {missing[0]!r}; train the model again")
    for field in ("genres", "columns", "families"):
        value = card[field]
        if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
            raise ModelError(f"field {field!r} of {path.name} is not a list of names; train the model again")
    for field, fits in FITS.items():
        if field in card and not fits(card[field]):
            raise ModelError(f"field {field!r} of {path.name} is not what a card holds; train the model again")
    threshold = card["thresholds"].get("uncertain_below")
    if not _is_share(threshold):
        raise ModelError(f"the threshold 'uncertain_below' of {path.name} is not a share; train the model again")
    known = {column for family in card["families"] if family in FAMILIES for column in FAMILIES[family]}
    unknown = [column for column in card["columns"] if column not in known]
    if unknown:
        raise ModelError(f"{path.name} needs the feature {unknown[0]!r}, which this version cannot compute")
    if card["columns"] != columns_of(card["families"]):
        raise ModelError(f"the columns of {path.name} are not those of its families in order; train the model again")
    odd = [genre for genre in card["genres"] if not is_plain(genre) or card["genres"].count(genre) > 1]
    if odd:
        name = clean_title(odd[0], limit=80)
        raise ModelError(f"the genre {name!r} of {path.name} is no name to show, or there twice; train the model again")
    try:
        grid_of(card["extractor"])
    except ModelError as error:
        raise ModelError(f"{path.name} was made for features of another version; train the model again") from error
    return card


def model_genres(name: str | Path) -> list[str]:
    """Return the genres of a model in their order; raise `ModelError` as `read_card` does."""
    genres: list[str] = read_card(model_path(name))["genres"]
    return genres


def waiting_folder(base: Path) -> Path:
    """Return the folder in which the new files of a model wait."""
    return base.parent / f".{base.name}.new"

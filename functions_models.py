"""Trained models on disk: NAME.keras, NAME.tflite and NAME.json (the card).

The card says what the model needs, what it was trained on and how well it does. Loading checks the card against the
code and the model file. Nothing is executed from a loaded file: LiteRT runs a fixed graph and JSON holds plain values.

The three files of a model are replaced together: new ones wait in a hidden folder `.NAME.new` beside the old ones until
the new card is renamed into its place, which makes the new model count. A file that the card does not describe is taken
from that folder, so that a kill at any moment leaves the old model or the new one.
"""

import contextlib
import hashlib
import json
import platform
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from functions_audio import ModelError, file_sha256
from functions_features import FAMILIES, columns_of, extractor_constants, grid_of
from functions_musicnn import MODELS_DIR, load_litert, quiet_stderr
from functions_table import read_file, read_json, write_atomic
from functions_text import clean_text, clean_title, is_plain

LIBRARIES = ("numpy", "librosa", "tensorflow", "keras", "ai-edge-litert", "av", "soxr")
ENDINGS = ("tflite", "keras")  # of the files that a card describes
MAX_MODEL_BYTES = 200_000_000  # no classifier comes near
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
        and all(_is_number(run.get(name, 0)) for name in ("repeats", "deviation"))
    )


def _are_traits(value: Any) -> bool:
    """Whether a value holds ranges of traits for genres."""
    return isinstance(value, dict) and all(
        isinstance(traits, dict) and all(map(_is_range, traits.values())) for traits in value.values()
    )


# What the fields of a card are, beside lists of names; one that is not needed may be absent.
FITS: dict[str, Callable[[Any], bool]] = {
    "name": lambda value: isinstance(value, str) and clean_text(value) == value,
    "files": lambda value: isinstance(value, dict),
    "thresholds": lambda value: isinstance(value, dict) and _is_number(value.get("named_share", 0)),
    "amplify_to_dbfs": lambda value: value is None or (_is_number(value) and -100 <= value <= 0),
    "training": lambda value: isinstance(value, dict) and isinstance(value.get("clips_per_genre", {}), dict),
    "metrics": lambda value: isinstance(value, dict) and all(map(_is_run, value.values())),
    "warnings": lambda value: isinstance(value, list) and all(isinstance(note, str) for note in value),
    "traits": _are_traits,
}


@dataclass(frozen=True)
class Answer:
    """Calibrated probabilities of one recording, shape (genres,), in the order of the card."""

    probabilities: np.ndarray

    @property
    def best(self) -> int:
        """Index of the most probable genre."""
        return int(self.probabilities.argmax())


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
        if Path(f"{base}.json").is_file():
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
    if not isinstance(threshold, int | float) or not 0 <= threshold <= 1:
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


def _waiting(base: Path) -> Path:
    """Return the folder in which the new files of a model wait."""
    return base.parent / f".{base.name}.new"


def _read_model(base: Path) -> tuple[dict[str, Any], bytes]:
    """Return a card and the content of the model file that it describes; raise `ModelError` where there are none."""
    card = read_card(base)
    digest = card["files"].get("tflite")
    try:
        return card, _read_described(Path(f"{base}.tflite"), digest)
    except ModelError:
        with contextlib.suppress(ModelError):
            return card, _read_described(_waiting(base) / "model.tflite", digest)
        raise


def _read_described(path: Path, digest: object) -> bytes:
    """Return the content of a model file; raise `ModelError` if it has another digest than its card says."""
    try:
        data = read_file(path, MAX_MODEL_BYTES)
    except OSError as error:
        raise ModelError(f"the model file {path.name} is missing beside its card; train the model again") from error
    except ValueError as error:
        raise ModelError(f"{path.name} cannot be a model: {error}; copy it again or train again") from error
    if hashlib.sha256(data).hexdigest() != digest:
        raise ModelError(f"{path.name} is not the file that its card describes; copy both again or train again")
    return data


class GenreModel:
    """A trained model: feature columns in, calibrated probabilities out.

    Parameters
    ----------
    name : str or path-like
        See `model_path`.

    Raises
    ------
    ModelError
        If card, code and model file do not belong together.
    """

    def __init__(self, name: str | Path = "genres") -> None:
        base = model_path(name)
        try:
            self.card, data = _read_model(base)
        except ModelError:  # it may have been replaced between the reading of its card and of its file
            self.card, data = _read_model(base)
        self.genres: list[str] = self.card["genres"]
        self.families: list[str] = self.card["families"]
        self.name: str = self.card["name"]
        path = Path(f"{base}.tflite")
        try:
            self._network = load_litert(data)
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{path.name} is not a LiteRT model; train the model again") from error
        self._input = self._network.get_input_details()[0]
        self._output = self._network.get_output_details()[0]
        shapes = tuple(self._input["shape"]), tuple(self._output["shape"])
        if shapes != ((1, len(self.card["columns"])), (1, len(self.genres))):
            raise ModelError(f"{path.name} has other columns or genres than its card; train the model again")

    def predict(self, values: Mapping[str, float]) -> Answer:
        """Return the probabilities for one row of features.

        Raises
        ------
        ModelError
            If a column is missing.
        """
        try:
            row = np.array([[values[column] for column in self.card["columns"]]], np.float32)
        except KeyError as error:
            raise ModelError(f"the features lack the column {error.args[0]!r}; compute the table again") from error
        try:
            self._network.set_tensor(self._input["index"], row)
            self._network.invoke()
            probabilities = self._network.get_tensor(self._output["index"])[0].astype(np.float64)
        except (ValueError, RuntimeError) as error:  # a damaged graph, which shows only when it runs
            raise ModelError(f"model {self.name!r} cannot be run; train it again") from error
        if not np.isfinite(probabilities).all() or not probabilities.sum() > 0:
            raise ModelError(f"model {self.name!r} gives no number for these features; train the model again")
        return Answer(probabilities / probabilities.sum())


def export_model(model: Any, temperature: float, card: Mapping[str, Any], base: Path) -> dict[str, Any]:
    """Export a network as `write_model` writes it; return the card.

    Parameters
    ----------
    model : keras.Model
        Raw columns to logits.
    temperature : float
        Folded into the exported model, whose output is probabilities.
    card : mapping
        Everything but the files and the versions; without an extractor it is that of new tables.
    base : Path
        Where, without ending.
    """
    import keras
    import tensorflow as tf

    scaled = keras.layers.Rescaling(1.0 / temperature, name="temperature")(model.output)
    final = keras.Model(model.input, keras.layers.Softmax(name="probabilities")(scaled))
    concrete = tf.function(lambda features: final(features, training=False)).get_concrete_function(
        tf.TensorSpec((1, len(card["columns"])), tf.float32, name="features")
    )
    with quiet_stderr():
        flatbuffer = tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert()
    return write_model(base, card, flatbuffer, final.save)


def write_model(
    base: Path, card: Mapping[str, Any], flatbuffer: bytes, save: Callable[[Path], object]
) -> dict[str, Any]:
    """Write NAME.keras, NAME.tflite, NAME.json and the page about the models of the folder; return the whole card.

    Parameters
    ----------
    base : Path
        Where, without ending.
    card : mapping
        Everything but the files and the versions; without an extractor it is that of new tables.
    flatbuffer : bytes
        The content of NAME.tflite.
    save : callable
        Writes NAME.keras to the path that it is given.
    """
    new = _waiting(base)
    _settle(base)
    new.mkdir(parents=True)
    try:
        save(new / "model.keras")
        write_atomic(new / "model.tflite", flatbuffer)
        whole = {
            "extractor": extractor_constants(),
            **card,
            "files": {ending: file_sha256(new / f"model.{ending}") for ending in ENDINGS},
            "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        }
        write_atomic(new / "model.json", json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
        (new / "model.json").replace(f"{base}.json")  # from here on the new model counts
        write_atomic(new / "README.md", describe_models(base.parent))
        (new / "README.md").replace(base.parent / "README.md")
    finally:
        _settle(base)
    return whole


def _settle(base: Path) -> None:
    """Put the waiting files that the card describes into their places and remove the others, as after a kill."""
    new = _waiting(base)
    try:
        files = dict(read_json(Path(f"{base}.json"))["files"])
    except (OSError, ValueError, KeyError, TypeError):
        files = {}
    for ending in ENDINGS:
        path = new / f"model.{ending}"
        if path.is_file() and file_sha256(path) == files.get(ending):
            path.replace(f"{base}.{ending}")
    shutil.rmtree(new, ignore_errors=True)


def describe_models(folder: Path) -> str:
    """Return a page (Markdown) on the models of a folder, written from their cards alone."""
    lines = ["# Models", "", "Written from the cards (`*.json`) by `02_nn_train_model.py`.", ""]
    for name in list_models(folder):
        try:
            card = read_card(folder / name)
        except ModelError:
            continue  # another file, or a model of another version
        lines += _describe(card)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):  # no card, or another file
        lines += _describe_detector(folder / "not_music.json")
    return "\n".join(lines).rstrip() + "\n"


def _describe_detector(path: Path) -> list[str]:
    """Return the lines on the detector of what is not music."""
    card = read_json(path)
    metrics, training = card["metrics"], card["training"]
    kinds = metrics["kinds"].items()
    strange = ", ".join(f"{k} {v['refused']:.0%}" for k, v in kinds if not k.startswith(("music", "song")))
    return [
        "## not_music",
        "",
        f"Extra trees and a kernel machine over {len(card['columns'])} tag and signal statistics. Trained on "
        f"{training['clips']} clips of {training['sources']} sources, {training['music']} of them music.",
        f"Measured by {card['protocol']}: AUC {metrics['auc']:.3f}; at 2 % of the music refused, "
        f"{metrics['refused_at_2_percent_false']:.1%} of the other sounds are refused.",
        f"At the threshold in use, {metrics['music_refused']:.1%} of the music and {metrics['refused']:.1%} of the "
        f"other sounds are refused; {metrics['refused_or_uncertain']:.1%} are refused or called uncertain.",
        f"Refused by kind: {strange}.",
        "",
    ]


def _describe(card: Mapping[str, Any]) -> list[str]:
    """Return the lines on one genre model."""
    training = card.get("training", {})
    counts = ", ".join(f"{genre} {count}" for genre, count in training.get("clips_per_genre", {}).items())
    groups = f" of {training['groups']} groups" if training.get("groups") else ""
    lines = [
        f"## {card['name']}",
        "",
        f"{len(card['genres'])} genres. Trained on {training.get('clips', '?')} clips{groups}: {counts}.",
        f"Features: {', '.join(card['families'])} ({len(card['columns'])} columns).",
        "",
        "| protocol | accuracy | 95 % interval | macro-F1 | worst recall | top-3 | ECE | accuracy at 80 % coverage |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, run in card.get("metrics", {}).items():
        low, high = run["interval_95"]
        spread = f" ± {100 * run['deviation']:.1f}" if run.get("repeats", 1) > 1 else ""
        lines.append(
            f"| {name} | {100 * run['accuracy']:.1f}{spread} % | {100 * low:.1f}-{100 * high:.1f} % "
            f"| {run['macro_f1']:.3f} | {run['worst_recall']:.2f} | {100 * run['top3']:.1f} % | {run['ece']:.3f} "
            f"| {100 * run['accuracy_at_80']:.1f} % |"
        )
    limit, share = card["thresholds"]["uncertain_below"], card["thresholds"].get("named_share")
    lines += ["", f"Below a confidence of {limit:.0%} the answer is `uncertain`"]
    lines[-1] += f"; in cross-validation {share:.0%} of the clips lie above it." if share is not None else "."
    lines += ["", *(f"- {note}" for note in card.get("warnings", [])), ""]
    return lines

"""Export a model: its three files are replaced together, and models/README.md describes them."""

import contextlib
import json
import platform
import shutil
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from musicgenre.errors import ModelError
from musicgenre.features.families import extractor_constants
from musicgenre.files import file_sha256, read_json, write_atomic
from musicgenre.inference.card import ENDINGS, LIBRARIES, list_models, read_card, waiting_folder
from musicgenre.litert import quiet_stderr


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
    new = waiting_folder(base)
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
    new = waiting_folder(base)
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

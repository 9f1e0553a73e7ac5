"""Export a model: its three files are replaced together, and nothing else in their folder is touched."""

import json
import platform
import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from musicgenre.errors import ModelError
from musicgenre.files import file_sha256, read_json, write_atomic
from musicgenre.inference.card import (
    ENDINGS,
    LIBRARIES,
    PROGRAM_MODELS,
    PROGRAM_PARTS,
    Card,
    waiting_folder,
)
from musicgenre.litert import MODELS_DIR, quiet_stderr


def check_free(base: Path, *, force: bool = False) -> None:
    """Check that a model may be written to a path.

    Raises
    ------
    ModelError
        If the name is that of a file that came with the program, or there is a model and `force` does not allow to
        replace it.
    """
    name = base.name.casefold()
    own = name in PROGRAM_MODELS or name.startswith(PROGRAM_PARTS)
    if own and base.parent.resolve() == MODELS_DIR.resolve():
        raise ModelError(
            f"{base.name} came with the program and is not replaced; choose another name: --out models/mine"
        )
    taken = [f"{base.name}.{ending}" for ending in ("json", *ENDINGS) if Path(f"{base}.{ending}").exists()]
    if taken and not force:
        raise ModelError(f"there is a model {str(base)!r} already; give --force to replace it, or another --out")


def export_model(model: Any, temperature: float, card: Card, base: Path) -> Card:
    """Export a network as `write_model` writes it; return the card.

    Parameters
    ----------
    model : keras.Model
        Raw columns to logits.
    temperature : float
        Folded into the exported model, whose output is probabilities.
    card : Card
        Without the files and the versions, which are added.
    base : Path
        Where, without ending.
    """
    import keras
    import tensorflow as tf

    scaled = keras.layers.Rescaling(1.0 / temperature, name="temperature")(model.output)
    final = keras.Model(model.input, keras.layers.Softmax(name="probabilities")(scaled))
    concrete = tf.function(lambda features: final(features, training=False)).get_concrete_function(
        tf.TensorSpec((1, len(card.columns)), tf.float32, name="features")
    )
    with quiet_stderr():
        flatbuffer = tf.lite.TFLiteConverter.from_concrete_functions([concrete]).convert()
    return write_model(base, card, flatbuffer, final.save)


def write_model(base: Path, card: Card, flatbuffer: bytes, save: Callable[[Path], object]) -> Card:
    """Write NAME.keras, NAME.tflite and NAME.json; return the whole card.

    Parameters
    ----------
    base : Path
        Where, without ending.
    card : Card
        Without the files and the versions, which are added.
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
        whole = replace(
            card,
            files={ending: file_sha256(new / f"model.{ending}") for ending in ENDINGS},
            versions={"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        )
        write_atomic(new / "model.json", json.dumps(whole.as_json(), indent=1, ensure_ascii=False) + "\n")
        (new / "model.json").replace(f"{base}.json")  # from here on the new model counts
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

"""Trained models on disk: NAME.keras, NAME.tflite and NAME.json (the card).

The card says what the model needs, what it was trained on and how well it does. Loading checks the card against the
code and the model file. Nothing is executed from a loaded file: LiteRT runs a fixed graph and JSON holds plain values.

The three files of a model are replaced together: new ones wait in a hidden folder `.NAME.new` beside the old ones until
the new card is renamed into its place, which makes the new model count. A file that the card does not describe is taken
from that folder, so that a kill at any moment leaves the old model or the new one.
"""

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from musicgenre.errors import ModelError
from musicgenre.files import read_file
from musicgenre.inference.card import Card, model_path, read_card, waiting_folder
from musicgenre.litert import load_litert

MAX_MODEL_BYTES = 200_000_000  # no classifier comes near

MAX_MEMORY_BYTES = 1_000_000_000  # of its tensors, counted as the widest numbers there are


@dataclass(frozen=True)
class Answer:
    """Calibrated probabilities of one recording, shape (genres,), in the order of the card."""

    probabilities: np.ndarray

    @property
    def best(self) -> int:
        """Index of the most probable genre."""
        return int(self.probabilities.argmax())


def _read_model(base: Path) -> tuple[Card, bytes]:
    """Return a card and the content of the model file that it describes; raise `ModelError` where there are none."""
    card = read_card(base)
    digest = card.files.get("tflite")
    try:
        return card, _read_described(Path(f"{base}.tflite"), digest)
    except ModelError:
        with contextlib.suppress(ModelError):
            return card, _read_described(waiting_folder(base) / "model.tflite", digest)
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
        self.genres, self.families = self.card.genres, self.card.families
        self.name, self.names = self.card.name, self.card.names
        path = Path(f"{base}.tflite")
        try:
            self._network = load_litert(data, most_bytes=MAX_MEMORY_BYTES)
            self._input = self._network.get_input_details()[0]
            self._output = self._network.get_output_details()[0]
        except (ValueError, RuntimeError, IndexError) as error:
            raise ModelError(f"{path.name} is not a LiteRT model; train the model again") from error
        shapes = tuple(self._input["shape"]), tuple(self._output["shape"])
        if shapes != ((1, len(self.card.columns)), (1, len(self.genres))):
            raise ModelError(f"{path.name} has other columns or genres than its card; train the model again")

    def predict(self, values: Mapping[str, float]) -> Answer:
        """Return the probabilities for one row of features.

        Raises
        ------
        ModelError
            If a column is missing.
        """
        try:
            row = np.array([[values[column] for column in self.card.columns]], np.float32)
        except KeyError as error:
            raise ModelError(f"the features lack the column {error.args[0]!r}; compute the table again") from error
        return Answer(self.predict_rows(row)[0])

    def predict_rows(self, rows: np.ndarray) -> np.ndarray:
        """Return the probabilities of rows of features, shape (rows, genres), float64.

        Parameters
        ----------
        rows : np.ndarray, shape (rows, columns)
            In the order of the card's columns.

        Raises
        ------
        ModelError
            If the model gives no probabilities for one of them.
        """
        out = np.empty((len(rows), len(self.genres)))
        for i, row in enumerate(rows.astype(np.float32)):
            try:
                self._network.set_tensor(self._input["index"], row[None])
                self._network.invoke()
                out[i] = self._network.get_tensor(self._output["index"])[0]
            except (ValueError, RuntimeError) as error:  # a damaged graph, which shows only when it runs
                raise ModelError(f"model {self.name!r} cannot be run; train it again") from error
        total = out.sum(axis=1, keepdims=True)
        if not np.isfinite(out).all() or not (total > 0).all():
            raise ModelError(f"model {self.name!r} gives no number for these features; train the model again")
        return out / total

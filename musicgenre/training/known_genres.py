"""How much more a song is like genres that the program knows than like those of a table.

The model that comes with the program knows 13 genres. Its answers (logarithms of probabilities, less their mean) are
modelled as normal in each genre, with one covariance: of the known genres from its held-out songs, which its card
keeps, of the table's genres from their clips. A song is strange by the logarithm of its density under the known genres
that the table lacks, less that under its own.

A known genre counts as the table's by its name; where a genre of the table has no known name ("gamelan"), the known
ones that its clips are taken for are left out as well.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from musicgenre.errors import ModelError
from musicgenre.genres import display_name
from musicgenre.inference.card import AnswersByGenre, model_path
from musicgenre.inference.model import GenreModel
from musicgenre.training.network import keras_module

DEFAULT_MODEL = "genres"  # the model that comes with the program

LEAST = 1e-4  # probability; below it the differences of logarithms are noise

SHRINKAGE = 0.2  # of the covariance to its diagonal; 0.1 to 0.4 do the same

PRIOR_CLIPS = 15  # that the known genre of its name counts for beside a genre's own clips; 5 to 40 do nearly the same

TAKEN_FOR = 0.3  # share of a genre's clips with a known genre as best answer, from which that is no other genre


def answers_by_genre(y: np.ndarray, probabilities: np.ndarray) -> AnswersByGenre:
    """Return what a card keeps of held-out answers: their mean in each genre, and the covariance within genres."""
    z = centred_logs(probabilities)
    means = np.array([z[y == genre].mean(axis=0) for genre in range(z.shape[1])])
    inside = z - means[y]
    return AnswersByGenre(means.round(4).tolist(), (inside.T @ inside / len(z)).round(5).tolist())


def centred_logs(probabilities: np.ndarray) -> np.ndarray:
    """Return logarithms of probabilities less their mean, shape (rows, genres)."""
    logs = np.log(np.maximum(probabilities, LEAST))
    centred: np.ndarray = logs - logs.mean(axis=1, keepdims=True)
    return centred


@dataclass(frozen=True)
class KnownGenres:
    """The model that comes with the program, as a judge of songs of other genres than a table's.

    Parameters
    ----------
    model : GenreModel
        That model.
    base : Path
        Its path without ending.
    columns : np.ndarray of int
        Where its columns stand among the table's.
    means, inverse : np.ndarray
        Of its answers: the mean in each known genre, the inverse of the covariance within genres.
    names : mapping
        Label of the table to the known genre of its name, where there is one.
    """

    model: GenreModel
    base: Path
    columns: np.ndarray
    means: np.ndarray
    inverse: np.ndarray
    names: Mapping[int, int]

    def against(self, x: np.ndarray, y: np.ndarray) -> "Likeness":
        """Return the comparison with the clips of a training part."""
        probabilities = self.model.predict_rows(x[:, self.columns])
        z = centred_logs(probabilities)
        other = np.ones(len(self.means), bool)
        other[list(self.names.values())] = False
        own = []
        for label in np.unique(y):
            clips, known = z[y == label], self.names.get(int(label))
            if known is None:
                best = np.bincount(probabilities[y == label].argmax(axis=1), minlength=len(other))
                other &= best < TAKEN_FOR * len(clips)
                own.append(clips.mean(axis=0))
            else:
                own.append((clips.sum(axis=0) + PRIOR_CLIPS * self.means[known]) / (len(clips) + PRIOR_CLIPS))
        others = self.means[other] if other.any() else self.means.mean(axis=0, keepdims=True)
        return Likeness(self, self._linear(np.array(own)), self._linear(others))

    def _linear(self, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return kernel and bias of the logarithms of normal densities, but for a term that all share."""
        kernel = self.inverse @ centres.T
        return kernel, -0.5 * (centres * kernel.T).sum(axis=1)


@dataclass(frozen=True)
class Likeness:
    """How much more a song is like other known genres than like a table's: one measure, more is stranger."""

    known: KnownGenres
    own: tuple[np.ndarray, np.ndarray]
    others: tuple[np.ndarray, np.ndarray]

    def apply(self, x: np.ndarray, b: np.ndarray) -> np.ndarray:  # noqa: ARG002 - as other measures have it
        """Return the measure of raw columns, shape (rows, 1)."""
        z = centred_logs(self.known.model.predict_rows(x[:, self.known.columns]))
        own, other = (np.logaddexp.reduce(z @ kernel + bias, axis=1) for kernel, bias in (self.own, self.others))
        measured: np.ndarray = (other - own)[:, None]
        return measured

    def as_keras(self, x: Any, b: Any) -> list[Any]:  # noqa: ARG002
        """Return the measure as tensors of shape (rows, 1)."""
        keras = keras_module()
        ops = keras.ops
        model = keras.models.load_model(f"{self.known.base}.keras", compile=False)
        model.name = "known_genres"
        logs = ops.log(ops.maximum(model(ops.take(x, self.known.columns, axis=1)), LEAST))
        z = logs - ops.mean(logs, axis=1, keepdims=True)
        own, other = (
            ops.logsumexp(frozen_dense(kernel, bias, name)(z), axis=1, keepdims=True)
            for (kernel, bias), name in ((self.own, "own_genres"), (self.others, "other_genres"))
        )
        return [other - own]


def frozen_dense(kernel: np.ndarray, bias: np.ndarray, name: str) -> Any:
    """Return a Keras layer with these weights."""
    layer = keras_module().layers.Dense(kernel.shape[1], name=name, trainable=False)
    layer.build((None, kernel.shape[0]))
    layer.set_weights([kernel, bias])
    return layer


def find_known_genres(
    columns: Sequence[str], genres: Sequence[str], *, model: str | Path = DEFAULT_MODEL
) -> KnownGenres | None:
    """Return the judge for a table; None where its columns lack those of the model, or the model is not whole."""
    try:
        base = model_path(model)
        judge = GenreModel(model)
        kept = judge.card.answers_by_genre or AnswersByGenre((), ())
        means, within = np.array(kept.means, float), np.array(kept.within, float)
    except (ModelError, ValueError):  # no model, or rows of several lengths
        return None
    place = {column: i for i, column in enumerate(columns)}
    count = len(judge.genres)
    whole = means.shape == within.shape == (count, count) and np.isfinite([means, within]).all()
    if not whole or not set(judge.card.columns) <= place.keys() or not Path(f"{base}.keras").is_file():
        return None
    covariance = (1 - SHRINKAGE) * within + SHRINKAGE * np.diag(np.diag(within)) + 1e-3 * np.eye(count)
    names = {label: known for label, genre in enumerate(genres) if (known := _known(genre, judge.genres)) is not None}
    at = np.array([place[column] for column in judge.card.columns])
    return KnownGenres(judge, base, at, means, np.linalg.inv(covariance), names)


def _known(genre: str, known: Sequence[str]) -> int | None:
    """Return which known genre a name means: "Hip-Hop" is hiphop, and "Prog Rock" a kind of rock."""
    name = letters(genre)
    for i, other in enumerate(known):
        if name in (letters(other), letters(display_name(other))):
            return i
    inside = [i for i, other in enumerate(known) if letters(other) in name]
    return max(inside, key=lambda i: len(known[i])) if inside else None


def letters(name: str) -> str:
    """Return the letters and digits of a genre's name, so that "Hip-Hop" and "hiphop" are one."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())

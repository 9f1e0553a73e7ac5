"""A whole library of songs in one SQLite file: opened, and read.

Conventions
-----------
The statements of SQL are here, and in `schema` (tables), `conditions` (which songs), `findings` (what a scan found),
`changes` (what was written into songs) and `merge`; no other module has any. Rows come in batches, so that memory does
not grow with a library. Where a model is asked for, it is its name, its number (`Library.model`), or None for the usual
one.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from musicgenre.errors import GenreError, SourceError
from musicgenre.files import file_sha256
from musicgenre.inference.card import model_path
from musicgenre.inference.prediction import Prediction
from musicgenre.library.conditions import ALL, Selection, below_any, condition, plain
from musicgenre.library.schema import APPLICATION_ID, VERSION, make_tables
from musicgenre.library.song_features import COURSE_TYPE, COURSE_WIDTH, FEATURE_TYPE, WIDTH
from musicgenre.library.songs import Song, album_folder, names_of, song_path, stored_name
from musicgenre.sqlite import let_share
from musicgenre.text import clean_text, clean_title, parse_json

DEFAULT_MODEL = "genres"

PATIENCE_S = 60.0  # for another run that is writing

BATCH = 500  # rows that are read at once

SONG = (
    "s.id, s.folder, s.name, s.title, s.artist, s.album, s.tag_genre, s.duration_s, a.verdict, a.genre, a.confidence,"
    " a.likely, a.tags, a.tempo_bpm"
)
ORDERS = {
    "place": "s.folder, s.name", "surest": "a.confidence DESC, s.folder, s.name", "least sure": "a.confidence",
    "album": "album_folder(s.folder), coalesce(s.album, ''), s.folder, s.name",
}  # fmt: skip


@dataclass(frozen=True)
class ModelAnswers:
    """A model with answers in a library: its number there, name, hash of its card, and how many songs it answered."""

    number: int
    name: str
    card: str
    songs: int


def open_library(path: str | Path, *, create: bool = False) -> "Library":
    """Return the library in a file, opened; a library of an older version is brought up to date.

    Parameters
    ----------
    path : path-like
        The file.
    create : bool
        Whether it may be made if there is none.

    Raises
    ------
    SourceError
        If it is not a library of this program, is missing, or cannot be opened.

    Examples
    --------
    >>> with open_library("songs.sqlite") as library:
    ...     surest = next(library.songs(order="surest"))
    """
    return Library(Path(path), create=create)


def card_hash(model: str | Path) -> str:
    """Return by what a model is known in a library besides its name; raise `ModelError` if there is none."""
    return file_sha256(Path(f"{model_path(model)}.json"))[:16]


class Library:
    """The answers for many songs, in one SQLite file; see `open_library`."""

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        if not create and not path.is_file():
            advice = f"make it with: 03_launch_classifier.py library {path} scan FOLDER"
            raise SourceError(f"there is no library {str(path)!r}; {advice}")
        try:
            self._store = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)
            self._open()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            advice = "choose another name, or a folder on this computer that can be written"
            raise SourceError(f"{path} cannot be used as a library ({error}); {advice}") from error

    def _open(self) -> None:
        """Make the tables in a new file, or bring old ones up to date; refuse another program's."""
        if self.run("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            if self.run("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise SourceError(f"{self.path} is a file of another program; choose another name for the library")
            if self.run("PRAGMA user_version").fetchone()[0] > VERSION:
                raise SourceError(
                    f"{self.path} was made by a newer version; update the program, or choose another name"
                )
        let_share(self._store, PATIENCE_S)
        self.run("PRAGMA temp_store = FILE")
        self._store.create_function("plain", -1, plain, deterministic=True)
        self._store.create_function("album_folder", 1, album_folder, deterministic=True)
        if self.run("PRAGMA user_version").fetchone()[0] != VERSION:
            with self.writing() as store:  # of two runs that begin a library, one makes it
                make_tables(store)

    def close(self) -> None:
        """Close the file."""
        self._store.close()

    def __enter__(self) -> "Library":
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self.close()
        if isinstance(error, (sqlite3.Error, UnicodeDecodeError)):
            raise self._damaged(str(error)) from error

    def _damaged(self, how: str) -> SourceError:
        """Return the error for a library that cannot be read."""
        return SourceError(f"{self.path} is damaged ({clean_text(how, limit=100)}); use a copy of it, or make it again")

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give the store for one transaction, for which other runs wait.

        Raises
        ------
        SourceError
            If it cannot be written: the disk is full, or another run holds it too long.
        """
        try:
            self._store.execute("BEGIN IMMEDIATE")
            yield self._store
            self._store.execute("COMMIT")
        except BaseException as error:  # an interrupt, too: nothing half-written stays
            with contextlib.suppress(sqlite3.Error):
                self._store.execute("ROLLBACK")
            if not isinstance(error, sqlite3.Error):
                raise
            advice = "check the free space and its permissions"
            raise SourceError(f"{self.path} could not be written ({error}); {advice}") from error

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the exclusive tag-writing lock; commits are fsynced while it is held.

        Raises
        ------
        SourceError
            If another run writes tags.
        """
        path = self.path.with_name(f"{self.path.name}-tags")  # beside SQLite's own -wal and -shm
        with contextlib.closing(sqlite3.connect(path, timeout=0.0, isolation_level=None)) as lock:
            try:
                lock.execute("BEGIN EXCLUSIVE")  # the system ends it with the process
            except sqlite3.Error as error:
                raise SourceError(f"another run writes tags with {self.path}; wait until it has ended") from error
            self.run("PRAGMA synchronous = FULL")
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    # ---- for the modules with SQL

    def run(self, query: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement."""
        return self._store.execute(query, values)

    def read(self, query: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query, a batch at a time."""
        cursor = self.run(query, values)
        while rows := cursor.fetchmany(BATCH):
            yield from rows

    # ---- models

    def model_number(self, name: str, card: str) -> int:
        """Return the number of a model, a new one if it is not known."""
        query = "SELECT id FROM models WHERE name = ? AND card = ?"
        row = self.run(query, (name, card)).fetchone()
        if row is None:
            with self.writing() as store:
                store.execute("INSERT OR IGNORE INTO models (name, card) VALUES (?, ?)", (name, card))
                row = store.execute(query, (name, card)).fetchone()
        return int(row[0])

    def models(self) -> list[ModelAnswers]:
        """Return the models that have answers, the one that answered last first."""
        query = (
            "SELECT m.id, m.name, m.card, count(*) FROM models AS m JOIN answers AS a ON a.model = m.id"
            " GROUP BY m.id ORDER BY max(a.made) DESC"
        )
        return [ModelAnswers(*row) for row in self.read(query)]

    def model(self, name: str | int | None = None) -> ModelAnswers:
        """Return the model whose answers count: the one of a name, as it is installed or else the last one so called.

        A number stands for itself. Without a name it is the default model or, where that has not answered, the one with
        most answers.

        Raises
        ------
        SourceError
            If no model of that name has answered.
        """
        there = self.models()
        if isinstance(name, int):
            return next((model for model in there if model.number == name), ModelAnswers(name, "", "", 0))
        wanted = Path(name or DEFAULT_MODEL).name
        named = [model for model in there if model.name == wanted]
        if not named and name:
            known = ", ".join(sorted({model.name for model in there})) or "none yet"
            advice = f"scan with --model {clean_title(name)} first"
            raise SourceError(f"the library has no answers of {clean_title(name)!r}, but of {known}; {advice}")
        if not named:
            return max(there, key=lambda model: model.songs, default=ModelAnswers(0, wanted, "", 0))
        with contextlib.suppress(GenreError, OSError):
            installed = card_hash(name or DEFAULT_MODEL)
            return next((model for model in named if model.card == installed), named[0])
        return named[0]

    def number(self, model: str | int | None = None) -> int:
        """Return the number of `model`; a number stays, so that it is looked up once for many songs."""
        return model if isinstance(model, int) else self.model(model).number

    def unanswered(self, selection: Selection = ALL) -> int:
        """Return how many songs have no answer of the selection's model."""
        where, values = below_any(selection.roots)
        query = (
            f"SELECT count(*) FROM songs AS s WHERE s.missing_since IS NULL AND {where}"  # noqa: S608 - the values are parameters
            " AND NOT EXISTS (SELECT 1 FROM answers WHERE song = s.id AND model = ?)"
        )
        return int(self.run(query, (*values, self.number(selection.model))).fetchone()[0])

    # ---- songs and their answers

    def _from(self, selection: Selection, *, missing: bool = False) -> tuple[str, tuple[Any, ...]]:
        """Return FROM and WHERE of a query for a selection's songs, and the values."""
        where, values = condition(selection)
        there = "IS NOT NULL" if missing else "IS NULL"
        words = f"FROM songs AS s JOIN answers AS a ON a.song = s.id AND a.model = ? WHERE s.missing_since {there} AND "
        return words + where, (self.number(selection.model), *values)

    def songs(self, selection: Selection = ALL, *, order: str = "place") -> Iterator[Song]:
        """Yield the songs of a selection that are there and answered.

        Parameters
        ----------
        selection : Selection
            Which ones; all by default.
        order : str
            ``place`` (path), ``surest`` first, ``least sure`` first, or ``album`` (songs of an album together).
        """
        where, values = self._from(selection)
        for row in self.read(f"SELECT {SONG} {where} ORDER BY {ORDERS[order]}", values):  # noqa: S608 - the values are parameters
            yield _song(row)

    def song(self, key: int, model: str | int | None = None) -> Song | None:
        """Return the song of a number, with the answer of a model."""
        where, values = self._from(Selection(model=model))
        row = self.run(f"SELECT {SONG} {where} AND s.id = ?", (*values, key)).fetchone()  # noqa: S608 - the values are parameters
        return _song(row) if row else None

    def any_song(self, key: int) -> Song | None:
        """Return the song of a number, with the last answer of whichever model."""
        query = f"SELECT {SONG} FROM songs AS s JOIN answers AS a ON a.song = s.id WHERE s.id = ? ORDER BY a.made DESC"  # noqa: S608 - our own words
        row = self.run(query, (key,)).fetchone()
        return _song(row) if row else None

    def answer(self, key: int, model: str | int | None = None) -> Prediction | None:
        """Return the whole answer of a model for a song, None if there is none."""
        query = (
            "SELECT s.folder, s.name, a.answer FROM songs AS s JOIN answers AS a ON a.song = s.id"
            " WHERE s.id = ? AND a.model = ?"
        )
        row = self.run(query, (key, self.number(model))).fetchone()
        return self.prediction(song_path(*row[:2]), row[2]) if row else None

    def answers_of(self, key: int) -> dict[str, Song]:
        """Return a song with the answer of each model, by the models' names; of equal names the last answer."""
        query = (
            f"SELECT m.name, {SONG} FROM answers AS a JOIN models AS m ON m.id = a.model"  # noqa: S608 - our own words
            " JOIN songs AS s ON s.id = a.song WHERE a.song = ? ORDER BY a.made"
        )
        return {name: _song(row) for name, *row in self.read(query, (key,))}

    def find_song(self, path: str | Path) -> int | None:
        """Return the number of the song at a path, None if the library does not hold it."""
        place = Path(path).resolve()
        row = self.run("SELECT id FROM songs WHERE folder = ? AND name = ?", _place(place)).fetchone()
        return row[0] if row else None

    def prediction(self, path: Path, answer: str) -> Prediction:
        """Parse the stored answer of a song; raise `SourceError` for what is none."""
        try:
            kept = parse_json(answer)
            title = kept["title"] if kept["title"] or kept["verdict"] == "error" else path.stem
            return Prediction.from_json({**kept, "input": str(path), "title": title})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._damaged("an answer in it is none") from error

    def genres(self, model: str | int | None = None) -> list[str]:
        """Return the genres that a model's answers in this library know."""
        number = self.number(model)
        query = "SELECT '', '', answer FROM answers WHERE model = ? AND verdict = 'genre' LIMIT 1"
        known = {g for *_, a in self.read(query, (number,)) for g in self.prediction(Path(), a).probabilities or ()}
        query = "SELECT DISTINCT genre FROM answers WHERE model = ? AND genre IS NOT NULL"
        return sorted(known | {genre for (genre,) in self.read(query, (number,))})

    # ---- counts

    def count(self, column: str, selection: Selection = ALL, *, missing: bool = False) -> dict[Any, int]:
        """Return how many songs have each ``verdict``, ``genre``, ``likely``, or ``genre, verdict`` (a pair)."""
        where, values = self._from(selection, missing=missing)
        columns = ", ".join(f"a.{name}" for name in column.split(", "))
        rows = self.read(f"SELECT {columns}, count(*) {where} GROUP BY {columns} ORDER BY {columns}", values)  # noqa: S608 - the values are parameters
        return {row[0] if len(row) == 2 else row[:-1]: row[-1] for row in rows}

    def hours(self, selection: Selection = ALL) -> float:
        """Return how many hours the songs of a selection last."""
        where, values = self._from(selection)
        return float(self.run(f"SELECT total(s.duration_s) / 3600 {where}", values).fetchone()[0])  # noqa: S608 - the values are parameters

    def is_changed(self, key: int) -> bool:
        """Whether the file of a song is no longer the one that was analysed; one that was merely touched is."""
        query = "SELECT folder, name, size, mtime_ns, sha256 FROM songs WHERE id = ?"
        folder, name, size, mtime_ns, sha256 = self.run(query, (key,)).fetchone()
        path = song_path(folder, name)
        with contextlib.suppress(OSError):
            status = path.stat()
            return status.st_size != size or (status.st_mtime_ns != mtime_ns and file_sha256(path) != sha256)
        return True

    # ---- what songs are compared by

    def features(self, selection: Selection = ALL, *, every: int = 1) -> Iterator[tuple[int, bytes]]:
        """Yield number and features of the music in a selection; with `every` of each n-th song only."""
        where, values = self._from(selection)
        music = "a.verdict IN ('genre', 'uncertain', 'mixed') AND length(a.features) = ? AND s.id % ? = 0"
        width = WIDTH * FEATURE_TYPE.itemsize  # others were made by another network
        yield from self.read(f"SELECT s.id, a.features {where} AND {music}", (*values, width, every))  # type: ignore[misc] # noqa: S608 - the values are parameters

    def courses(self, selection: Selection = ALL) -> Iterator[tuple[int, float, bytes, bytes]]:
        """Yield number, length, features and course of the songs in a selection that have one, the shortest first."""
        where, values = self._from(selection)
        query = (
            f"SELECT s.id, s.duration_s, a.features, a.course {where} AND length(a.features) = ?"  # noqa: S608 - the values are parameters
            " AND length(a.course) = ? AND s.duration_s > 0 AND a.verdict IN ('genre', 'uncertain', 'mixed')"
            " ORDER BY s.duration_s, s.id"
        )
        widths = WIDTH * FEATURE_TYPE.itemsize, COURSE_WIDTH * COURSE_TYPE.itemsize
        yield from self.read(query, (*values, *widths))  # type: ignore[misc]

    def features_of(self, path: Path, model: str | int | None = None) -> np.ndarray | None:
        """Return the features of a song in the library, None if it is not there or was changed since."""
        path = path.resolve()
        query = (
            "SELECT a.features, s.id FROM songs AS s JOIN answers AS a ON a.song = s.id AND a.model = ?"
            " WHERE s.folder = ? AND s.name = ? AND a.features IS NOT NULL"
        )
        row = self.run(query, (self.number(model), *_place(path))).fetchone()
        return None if row is None or self.is_changed(row[1]) else np.frombuffer(row[0], FEATURE_TYPE)

    def same_content(self, selection: Selection = ALL) -> Iterator[list[Song]]:
        """Yield the songs of equal content, in lists of two and more, by their first path."""
        where, values = self._from(selection)
        query = (
            f"SELECT s.sha256 {where} AND s.sha256 > '' GROUP BY s.sha256 HAVING count(*) > 1 ORDER BY min(s.folder)"  # noqa: S608 - the values are parameters
        )
        for (sha256,) in self.read(query, values):
            rows = self.read(f"SELECT {SONG} {where} AND s.sha256 = ? ORDER BY s.folder, s.name", (*values, sha256))  # noqa: S608 - the values are parameters
            yield [_song(row) for row in rows]


def _song(row: Sequence[Any]) -> Song:
    """Return the song of a row with the columns `SONG`."""
    key, folder, name, title, artist, album, tag_genre, duration_s, verdict, genre, confidence, likely, tags, bpm = row
    path = song_path(folder, name)
    return Song(
        key, path, title or path.stem, artist, album, tag_genre, duration_s, verdict, genre, confidence,
        names_of(likely), names_of(tags), bpm,
    )  # fmt: skip


def _place(path: Path) -> tuple[Any, Any]:
    """Return folder and name of a path as they are stored."""
    return stored_name(str(path.parent)), stored_name(path.name)

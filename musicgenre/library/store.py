"""A whole library of songs: folders -> one SQLite file with an answer for every song, kept up to date."""

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from musicgenre.audio.decode import song_sha256
from musicgenre.audio.recording import Excerpt
from musicgenre.errors import AudioError, GenreError, SourceError
from musicgenre.files import file_sha256
from musicgenre.inference.batch import answer_item, loaded_classifier
from musicgenre.inference.card import model_path
from musicgenre.inference.prediction import Prediction, error_prediction
from musicgenre.library.genre_names import join_genres, split_genres
from musicgenre.library.scan import _genre_tag
from musicgenre.parallel import run_many
from musicgenre.sources.folders import sound_files, soundless_folder
from musicgenre.sources.inputs import Item
from musicgenre.sources.links import Source
from musicgenre.sqlite import let_share
from musicgenre.text import clean_text, parse_json

APPLICATION_ID = 0x47656E72  # tells this program's libraries from other SQLite files

VERSION = 1

PATIENCE_S = 60.0  # for another run that is writing

BATCH = 500  # rows that are read at once

FEATURE_TYPE = np.dtype("<f4")

SCHEMA = """
CREATE TABLE songs (
    id INTEGER PRIMARY KEY, folder NOT NULL, name NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL, title TEXT, artist TEXT, album TEXT, tag_genre TEXT, duration_s REAL, verdict TEXT NOT NULL,
    genre TEXT, confidence REAL, answer TEXT NOT NULL, features BLOB, settings TEXT NOT NULL, made REAL NOT NULL,
    missing_since REAL, UNIQUE (folder, name));
CREATE INDEX songs_sha256 ON songs (sha256);
CREATE TABLE changes (
    id INTEGER PRIMARY KEY, song INTEGER NOT NULL REFERENCES songs (id), made REAL NOT NULL, before TEXT NOT NULL,
    after TEXT NOT NULL, sha256_before TEXT NOT NULL, sha256_after TEXT NOT NULL, undo BLOB NOT NULL, undone REAL);
CREATE INDEX changes_song ON changes (song);
"""

# What was found on this run, in order; `song` is empty while its answer is not there.
FOUND = """
CREATE TEMP TABLE IF NOT EXISTS found (
    n INTEGER PRIMARY KEY, folder NOT NULL, name NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    song INTEGER, UNIQUE (folder, name));
DELETE FROM found;
"""

LASTING = ("unreadable", "unsupported")  # kinds of errors that come from the content of a file

ANSWER_COLUMNS = (
    "sha256", "title", "artist", "album", "tag_genre", "duration_s", "verdict", "genre", "confidence", "answer",
    "features", "settings", "made",
)  # fmt: skip

Name = str | bytes


@dataclass(frozen=True)
class Found:
    """What a scan found.

    Parameters
    ----------
    songs : int
        In all.
    to_do : int
        New or changed, or to be heard again.
    again : int
        Of these, the unchanged ones whose answer is of another model or part.
    unread : tuple of str
        Folders that cannot be read, and why; nothing changes for the songs in them. Folders without sound.
    """

    songs: int
    to_do: int
    again: int = 0
    unread: tuple[str, ...] = ()


@dataclass(frozen=True)
class Song:
    """One song of a library.

    Parameters
    ----------
    key : int
        Its number in the library.
    path : Path
        Where it is, or was.
    title, artist, album, tag_genre : str or None
        From its tags; the title is never empty.
    duration_s : float or None
        Length in seconds.
    verdict, genre, confidence
        Of its answer.
    """

    key: int
    path: Path
    title: str
    artist: str | None
    album: str | None
    tag_genre: str | None
    duration_s: float | None
    verdict: str
    genre: str | None
    confidence: float | None


def stored_name(text: str) -> Name:
    """Return a path as SQLite keeps it: text, or bytes where it is no UTF-8."""
    data = os.fsencode(text)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data


def song_job(job: tuple[str, str, float | None, float | None]) -> tuple[Prediction, bytes | None, dict[str, str]]:
    """Classify one song in a worker: (path, model, start, length) -> (answer, features, tags)."""
    path, model, start_s, length_s = job
    item = Item(path, Source("file", path))
    analysis = answer_item(loaded_classifier(model, 1), item, excerpt=Excerpt(start_s, length_s))
    features = None
    if analysis.prediction.probabilities and analysis.features and analysis.features.windows:
        features = song_features(analysis.features.windows.deep).tobytes()
    tags = {**analysis.recording.tags, **_genre_tag(Path(path))} if analysis.recording else {}
    return analysis.prediction, features, tags


def song_features(deep: np.ndarray) -> np.ndarray:
    """Return what songs are compared by, shape (200,): the mean over windows of the network's last hidden layer."""
    mean: np.ndarray = deep.mean(axis=0).astype(FEATURE_TYPE)
    return mean


class Library:
    """The answers of many songs, in one SQLite file.

    Parameters
    ----------
    path : Path
        The file.
    create : bool
        Whether it may be made if there is none.

    Raises
    ------
    SourceError
        If it is not a library of this program, is missing, or cannot be opened.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        self.path = path
        self._settings = ""
        self._job: tuple[str, float | None, float | None] = ("", None, None)
        self._fresh_from = 0.0
        self._told = 0
        if not create and not path.is_file():
            raise SourceError(f"there is no library {str(path)!r}; make it with: FOLDER --library {path}")
        try:
            self._store = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)
            self._open()
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            advice = "choose another name, or a folder on this computer that can be written"
            raise SourceError(f"{path} cannot be used as a library ({error}); {advice}") from error

    def _open(self) -> None:
        """Make the tables in a new file; refuse another program's."""
        run = self._store.execute
        if run("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            if run("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise SourceError(f"{self.path} is a file of another program; choose another name for the library")
            if run("PRAGMA user_version").fetchone()[0] > VERSION:
                raise SourceError(
                    f"{self.path} was made by a newer version; update the program, or choose another name"
                )
        let_share(self._store, PATIENCE_S)
        run("PRAGMA temp_store = FILE")
        run("BEGIN IMMEDIATE")  # of two runs that begin a library, one makes it
        if not run("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for statement in SCHEMA.split(";"):
                run(statement)
            run(f"PRAGMA application_id = {APPLICATION_ID}")
            run(f"PRAGMA user_version = {VERSION}")
        run("COMMIT")

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
        """Be the only one that writes tags with this library; what is kept then is on the disk before a song changes.

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
            self._store.execute("PRAGMA synchronous = FULL")
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    def read(self, query: str, values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query, a batch at a time."""
        cursor = self._store.execute(query, values)
        while rows := cursor.fetchmany(BATCH):
            yield from rows

    # ---- bringing it up to date

    def scan(
        self,
        roots: Sequence[str | Path],
        *,
        model: str = "genres",
        start_s: float | None = None,
        length_s: float | None = None,
        fresh: bool = False,
    ) -> Found:
        """Compare names, sizes and times below some folders with what is known, and mark what vanished.

        No sound file is opened.

        Parameters
        ----------
        roots : sequence of path-like
            Folders and files.
        model, start_s, length_s
            For `update`; an answer of another model, or for another part, counts as old.
        fresh : bool
            Whether every answer counts as old.

        Raises
        ------
        SourceError
            If a root is not there.
        ModelError
            If there is no such model.
        """
        self._settings = json.dumps([model, file_sha256(Path(f"{model_path(model)}.json"))[:16], start_s, length_s])
        self._job = (model, start_s, length_s)
        self._fresh_from = time.time() if fresh else 0.0
        self._told = 0
        unread: dict[str, str] = {}
        soundless: list[str] = []
        self._store.executescript(FOUND)
        self._store.execute("BEGIN")
        try:
            for root in roots:
                if not self._look_at(root, unread):
                    soundless.append(str(soundless_folder(str(root))))
        finally:
            self._store.execute("COMMIT")
        with self.writing() as store:
            known = "SELECT song FROM temp.found WHERE song IS NOT NULL"
            store.execute(f"UPDATE songs SET missing_since = NULL WHERE missing_since IS NOT NULL AND id IN ({known})")  # noqa: S608 - our own words
            hidden, hidden_values = below_any(list(unread)) if unread else ("0", ())
            for root in roots:
                gone, values = below(root)
                store.execute(
                    f"UPDATE songs SET missing_since = ? WHERE missing_since IS NULL AND {gone} AND NOT {hidden}"  # noqa: S608 - the values are parameters
                    " AND NOT EXISTS"
                    " (SELECT 1 FROM temp.found AS f WHERE f.folder = songs.folder AND f.name = songs.name)",
                    (time.time(), *values, *hidden_values),
                )
        songs, answered = self._store.execute("SELECT count(*), count(song) FROM found").fetchone()
        again = (
            "SELECT count(*) FROM found AS f JOIN songs AS s ON s.folder = f.folder AND s.name = f.name"
            " AND s.size = f.size AND s.mtime_ns = f.mtime_ns WHERE f.song IS NULL AND s.settings != ?"
        )
        known = self._store.execute(again, (self._settings,)).fetchone()[0]
        return Found(songs, songs - answered, known, (*unread.values(), *soundless))

    def _look_at(self, root: str | Path, unread: dict[str, str]) -> bool:
        """Note the songs below a folder, or one file; add folders that cannot be read, with a sentence.

        Returns whether there was a song, or a folder that may hold some.
        """
        try:
            top = Path(root).resolve()
            there = top.exists()
        except (OSError, ValueError, RuntimeError):  # no possible name of a file
            there = False
        if not there:
            raise SourceError(f"there is no file or folder {str(root)!r}; a library holds files, not links or titles")
        if not top.is_dir():
            if not top.is_file():
                raise SourceError(f"{str(root)!r} is not a regular file; give a sound file")
            with os.scandir(top.parent) as entries:
                self._note(str(top.parent), [entry for entry in entries if entry.name == top.name])
            return True

        def note_unread(place: str, error: OSError) -> None:
            unread[place] = f"{place!r} cannot be read ({error.strerror}); its songs are kept as they were"

        before, found = len(unread), False
        folder, batch = "", list[os.DirEntry[str]]()
        for entry in sound_files(top, unread=note_unread):
            here = entry.path[: -len(entry.name)]
            if here != folder:
                self._note(folder, batch)
                folder, batch = here, []
            batch.append(entry)
            found = True
        self._note(folder, batch)
        return found or len(unread) > before

    def _note(self, folder: str, entries: Sequence["os.DirEntry[str]"]) -> None:
        """Compare some songs of one folder with what is known of them."""
        place = stored_name(folder.rstrip(os.sep) or os.sep)
        query = (
            "SELECT name, id, size, mtime_ns FROM songs WHERE folder = ? AND settings = ? AND made >= ? AND sha256 > ''"
        )
        known = {row[0]: row[1:] for row in self.read(query, (place, self._settings, self._fresh_from))}
        rows = []
        for entry in entries:
            with contextlib.suppress(OSError):  # gone since the folder was read
                status = entry.stat()
                name = stored_name(entry.name)
                key, *then = known.get(name, (None,))
                same = then == [status.st_size, status.st_mtime_ns]
                rows.append((place, name, status.st_size, status.st_mtime_ns, key if same else None))
        insert = "INSERT OR IGNORE INTO found (folder, name, size, mtime_ns, song) VALUES (?, ?, ?, ?, ?)"
        self._store.executemany(insert, rows)

    def update(self, *, jobs: int = 1, dask: str | None = None) -> Iterator[None]:
        """Answer every song that the last scan found new or changed; yield after each that is written.

        Parameters
        ----------
        jobs, dask : int, str
            See `parallel.run_many`.

        Raises
        ------
        SourceError
            If the library cannot be written, or there is no such cluster.
        ModelError
            If the model cannot be loaded.
        """
        if not self._store.execute("SELECT 1 FROM found WHERE song IS NULL LIMIT 1").fetchone():
            return
        loaded_classifier(self._job[0], 1)  # a model at fault is one sentence, not one for each song
        waiting: dict[int, tuple[int, Path, str]] = {}  # in work: row, path and hash
        ready: list[None] = []  # answers that were there already, to be told
        with contextlib.closing(run_many(song_job, self._jobs(waiting, ready), jobs=jobs, dask=dask)) as results:
            for index, result in results:
                n, path, sha256 = waiting.pop(index)
                if isinstance(result, GenreError):
                    result = error_prediction(str(path), result, model=self._job[0]), None, {}
                self._keep(n, path, sha256, *result)
                yield None
                yield from ready
                ready.clear()
        yield from ready

    def _jobs(self, waiting: dict[int, tuple[int, Path, str]], ready: list[None]) -> Iterator[tuple[Any, ...]]:
        """Yield the jobs of songs that have to be heard; moved, copied and merely touched ones need none."""
        index, last = 0, 0
        query = "SELECT n, folder, name FROM found WHERE song IS NULL AND n > ? ORDER BY n LIMIT ?"
        model, start_s, length_s = self._job
        while rows := self._store.execute(query, (last, BATCH)).fetchall():
            for n, folder, name in rows:
                last = n
                path = song_path(folder, name)
                try:
                    sha256 = song_sha256(path)
                except AudioError as error:
                    self._keep(n, path, "", error_prediction(str(path), error, model=model), None, {})
                    ready.append(None)
                    continue
                if self._known(n, sha256):
                    ready.append(None)
                    continue
                waiting[index] = n, path, sha256
                index += 1
                yield str(path), model, start_s, length_s

    def _known(self, n: int, sha256: str) -> bool:
        """Take the answer of a song with the same content over, if there is one: touched, moved or copied.

        A song that was moved keeps its number, by which its tags can be undone, also where it is heard again.
        """
        columns = ", ".join(ANSWER_COLUMNS)
        query = f"SELECT settings = ? AND made >= ?, id, folder, name, {columns} FROM songs WHERE sha256 = ?"  # noqa: S608 - our own words
        twins = list(self.read(query, (self._settings, self._fresh_from, sha256)))
        if not twins:
            return False
        place = self._place(n)
        there = [key for _, key, *where in twins if tuple(where[:2]) == place[:2]]
        gone = [key for _, key, *where in twins if not song_path(*where[:2]).exists()]
        answers = [values for is_current, _, _, _, *values in twins if is_current]
        with self.writing() as store:
            if gone and not there:  # moved, perhaps over another song
                store.execute("DELETE FROM songs WHERE folder = ? AND name = ?", place[:2])
                store.execute("UPDATE songs SET folder = ?, name = ? WHERE id = ?", (*place[:2], gone[0]))
            if answers:
                self._put(n, answers[0])
        return bool(answers)

    def _keep(
        self, n: int, path: Path, sha256: str, prediction: Prediction, features: bytes | None, tags: dict[str, str]
    ) -> None:
        """Write the answer of one song."""
        answer = prediction.as_json()
        if not tags.get("title"):
            answer["title"] = None  # it was made of the name, which may change
        del answer["input"]
        if prediction.error and prediction.error.kind not in LASTING:
            sha256 = ""  # which no song is known by
        values = (
            sha256, *(tags.get(name) for name in ("title", "artist", "album", "genre")), prediction.duration_s,
            prediction.verdict, prediction.genre, prediction.confidence, json.dumps(answer), features, self._settings,
            time.time(),
        )  # fmt: skip
        with self.writing():
            self._put(n, values)

    def _place(self, n: int) -> tuple[Name, Name, int, int]:
        """Return folder, name, size and time of what was found."""
        row = self._store.execute("SELECT folder, name, size, mtime_ns FROM found WHERE n = ?", (n,)).fetchone()
        return row[0], row[1], row[2], row[3]

    def _put(self, n: int, values: Sequence[Any]) -> None:
        """Write the row of a song that was found."""
        columns = ("folder", "name", "size", "mtime_ns", *ANSWER_COLUMNS)
        row = self._store.execute(
            f"INSERT INTO songs ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - our own words
            f" ON CONFLICT (folder, name) DO UPDATE SET missing_since = NULL,"
            f" {', '.join(f'{column} = excluded.{column}' for column in columns[2:])} RETURNING id",
            (*self._place(n), *values),
        ).fetchone()
        self._store.execute("UPDATE found SET song = ? WHERE n = ?", (row[0], n))

    def answers(self) -> Iterator[Prediction]:
        """Yield the answers of the last scan's songs in order: those not yet told, up to the first still open."""
        query = (
            "SELECT f.n, f.folder, f.name, s.answer FROM found AS f LEFT JOIN songs AS s ON s.id = f.song"
            " WHERE f.n > ? ORDER BY f.n"
        )
        for n, folder, name, answer in self._store.execute(query, (self._told,)):
            if answer is None:
                return
            self._told = n
            yield self.prediction(song_path(folder, name), answer)

    def prediction(self, path: Path, answer: str) -> Prediction:
        """Return the answer of a song from what is kept of it; raise `SourceError` for what is none."""
        try:
            kept = parse_json(answer)
            title = kept["title"] if kept["title"] or kept["verdict"] == "error" else path.stem
            return Prediction.from_json({**kept, "input": str(path), "title": title})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._damaged("an answer in it is none") from error

    # ---- what is known

    def songs(self, where: str = "1", values: Sequence[Any] = ()) -> Iterator[Song]:
        """Yield the songs for which an SQL condition holds, and that are not missing."""
        query = (
            "SELECT id, folder, name, title, artist, album, tag_genre, duration_s, verdict, genre, confidence"  # noqa: S608 - the values are parameters
            f" FROM songs WHERE missing_since IS NULL AND {where}"
        )
        for key, folder, name, title, *rest in self.read(query, values):
            path = song_path(folder, name)
            yield Song(key, path, title or path.stem, *rest)

    def count(self, columns: str, where: str = "1", values: Sequence[Any] = ()) -> dict[Any, int]:
        """Return how many songs there are of each value of a column, or of each combination of several."""
        query = f"SELECT {columns}, count(*) FROM songs WHERE {where} GROUP BY {columns}"  # noqa: S608 - the values are parameters
        return {row[0] if len(row) == 2 else row[:-1]: row[-1] for row in self.read(query, values)}

    def number(self, what: str, where: str = "1", values: Sequence[Any] = ()) -> Any:
        """Return one number over all songs for which an SQL condition holds, for instance ``count(*)``."""
        return self._store.execute(f"SELECT {what} FROM songs WHERE {where}", values).fetchone()[0]  # noqa: S608 - the values are parameters

    def is_changed(self, key: int) -> bool:
        """Whether the file of a song is no longer the one that was heard."""
        query = "SELECT folder, name, size, mtime_ns FROM songs WHERE id = ?"
        return not any(_is_still(song_path(*row[:2]), row[2:]) for row in self.read(query, (key,)))

    def refresh(self, key: int, sha256: str | None, genres: Sequence[str]) -> None:
        """Note that the file of a song was written here, with its new hash and genres: it need not be heard again."""
        with self.writing() as store:
            path = song_path(*store.execute("SELECT folder, name FROM songs WHERE id = ?", (key,)).fetchone())
            status = path.stat()
            tag = join_genres(split_genres(genres)) or None
            values = (status.st_size, status.st_mtime_ns, sha256 or file_sha256(path), tag, key)
            store.execute("UPDATE songs SET size = ?, mtime_ns = ?, sha256 = ?, tag_genre = ? WHERE id = ?", values)

    def features_of(self, path: Path) -> np.ndarray | None:
        """Return the features of a song in the library, None if it is not there or was changed since."""
        path = path.resolve()
        place = stored_name(str(path.parent)), stored_name(path.name)
        query = "SELECT features, size, mtime_ns FROM songs WHERE folder = ? AND name = ? AND features IS NOT NULL"
        found = [row[0] for row in self.read(query, place) if _is_still(path, row[1:])]
        return np.frombuffer(found[0], FEATURE_TYPE) if found else None


def _is_still(path: Path, then: tuple[Any, ...]) -> bool:
    """Whether a file is there, and of the size and time that it had."""
    with contextlib.suppress(OSError):
        status = path.stat()
        return then == (status.st_size, status.st_mtime_ns)
    return False


def song_path(folder: Name, name: Name) -> Path:
    """Return the path of a row."""
    return Path(os.fsdecode(folder), os.fsdecode(name))


def below(root: str | Path) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL condition, and its values, for the songs in and below a folder, or for one song."""
    top = Path(root).resolve()
    inside = os.fsencode(top).rstrip(os.sep.encode()) + os.sep.encode()
    words = "((folder = ? AND name = ?) OR folder = ? OR CAST(folder AS BLOB) BETWEEN ? AND ?)"
    place = stored_name(str(top.parent)), stored_name(top.name)
    return words, (*place, stored_name(str(top)), inside, inside + b"\xff")


def below_any(roots: Sequence[str | Path]) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL condition, and its values, for the songs below any of some folders; for all if there are none."""
    if not roots:
        return "1", ()
    parts = [below(root) for root in roots]
    return f"({' OR '.join(words for words, _ in parts)})", tuple(v for _, values in parts for v in values)


def open_library(path: Path | str, *, create: bool = False) -> Library:
    """Open a library of songs, to be used in a ``with`` block.

    Parameters
    ----------
    path : path-like
        The file that ``03_launch_classifier.py INPUT --library FILE`` keeps.
    create : bool
        Begin a new library where there is no file.

    Raises
    ------
    SourceError
        If there is no library at the path, or it cannot be read.
    """
    return Library(Path(path), create=create)

"""What a scan found below its folders, in a temporary table beside the library: memory does not grow with it."""

import contextlib
import itertools
import json
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicgenre.inference.prediction import Prediction
from musicgenre.library.conditions import below, below_any
from musicgenre.library.schema import ANSWER_COLUMNS
from musicgenre.library.songs import lines_of, song_path, stored_name
from musicgenre.library.store import BATCH, Library

# `song` is empty while there is no answer of the scan's model for the file as it is.
FOUND = """CREATE TEMP TABLE IF NOT EXISTS found (
    scan INTEGER NOT NULL, n INTEGER NOT NULL, folder NOT NULL, name NOT NULL, size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL, song INTEGER, PRIMARY KEY (scan, n), UNIQUE (scan, folder, name)) WITHOUT ROWID"""

LASTING = ("unreadable", "unsupported")  # kinds of errors that come from the content of a file

ABOUT = ("title", "artist", "album", "tag_genre", "duration_s")  # what is known of a song besides its answers

_scans = itertools.count(1)


@dataclass(frozen=True)
class Heard:
    """The answer for one song, with what else was found in it.

    Parameters
    ----------
    prediction : Prediction
        The answer.
    features, course : bytes or None
        What songs are compared by; see `library.song_features`.
    tags : dict
        ``title``, ``artist``, ``album`` and ``genre`` of its own tags, as far as there are any.
    """

    prediction: Prediction
    features: bytes | None
    course: bytes | None
    tags: dict[str, str]


class Findings:
    """The files that one scan found, in order.

    Parameters
    ----------
    library : Library
        Where answers are kept.
    model : int
        Number of the model; see `Library.model_number`.
    part : tuple
        Start and length of what is heard, None where the whole song counts.
    fresh_from : float
        Answers made before this time do not count.
    """

    def __init__(
        self, library: Library, *, model: int, part: tuple[float | None, float | None], fresh_from: float = 0.0
    ) -> None:
        self._library = library
        self._scan = next(_scans)
        self._count = 0
        self._current = (model, json.dumps(part), fresh_from)
        library.run(FOUND)

    def clear(self) -> None:
        """Forget what was found."""
        self._library.run("DELETE FROM found WHERE scan = ?", (self._scan,))

    @contextlib.contextmanager
    def noting(self) -> Iterator[None]:
        """Note many files in one transaction of the temporary table; the library itself is only read."""
        self._library.run("BEGIN")
        try:
            yield
        finally:
            self._library.run("COMMIT")

    def note(self, folder: str, entries: Sequence["os.DirEntry[str]"]) -> None:
        """Compare some songs of one folder with what is known of them."""
        place = stored_name(folder.rstrip(os.sep) or os.sep)
        query = (  # CROSS JOIN keeps this order: by folder, not by hash
            "SELECT s.name, s.id, s.size, s.mtime_ns FROM songs AS s CROSS JOIN answers AS a"
            " ON a.song = s.id AND a.model = ?"
            " WHERE s.folder = ? AND a.part = ? AND a.made >= ? AND +a.sha256 = s.sha256 AND s.sha256 > ''"
        )
        model, part, fresh_from = self._current
        known = {row[0]: row[1:] for row in self._library.read(query, (model, place, part, fresh_from))}
        for entry in entries:
            with contextlib.suppress(OSError):  # gone since the folder was read
                status = entry.stat()
                name = stored_name(entry.name)
                key, *then = known.get(name, (None,))
                same = then == [status.st_size, status.st_mtime_ns]
                row = (self._scan, self._count + 1, place, name, status.st_size, status.st_mtime_ns)
                insert = "INSERT OR IGNORE INTO found VALUES (?, ?, ?, ?, ?, ?, ?)"
                self._count += self._library.run(insert, (*row, key if same else None)).rowcount

    def mark_missing(self, roots: Sequence[str | Path], hidden: Sequence[str]) -> None:
        """Mark the songs below some folders that were not found, and unmark those that are back.

        Parameters
        ----------
        roots : sequence of path-like
            Where was looked.
        hidden : sequence of str
            Folders that cannot be read.
        """
        known = "SELECT song FROM temp.found WHERE scan = ? AND song IS NOT NULL"
        here = "SELECT 1 FROM temp.found AS f WHERE f.scan = ? AND f.folder = s.folder AND f.name = s.name"
        behind, behind_values = below_any(hidden) if hidden else ("0", ())
        with self._library.writing() as store:
            store.execute(
                f"UPDATE songs SET missing_since = NULL WHERE missing_since IS NOT NULL AND id IN ({known})",  # noqa: S608 - our own words
                (self._scan,),
            )
            for root in roots:
                gone, values = below(root)
                store.execute(
                    f"UPDATE songs AS s SET missing_since = ? WHERE missing_since IS NULL AND {gone}"  # noqa: S608 - the values are parameters
                    f" AND NOT {behind} AND NOT EXISTS ({here})",
                    (time.time(), *values, *behind_values, self._scan),
                )

    def counts(self) -> tuple[int, int, int]:
        """Count the songs, those that have to be analysed, and of these those that need another part.

        The last are unchanged songs that this model has analysed at another part.
        """
        songs, answered = self._first("SELECT count(*), count(song) FROM found WHERE scan = ?", (self._scan,))
        again = (
            "SELECT count(*) FROM found AS f JOIN songs AS s ON s.folder = f.folder AND s.name = f.name"
            " AND s.size = f.size AND s.mtime_ns = f.mtime_ns JOIN answers AS a ON a.song = s.id AND a.model = ?"
            " WHERE f.scan = ? AND f.song IS NULL AND a.part != ?"
        )
        model, part, _ = self._current
        return songs, songs - answered, self._first(again, (model, self._scan, part))[0]

    def others(self) -> dict[str, int]:
        """Return how many of the songs to analyse have an answer of other models, by the models' names."""
        query = (
            "SELECT m.name, count(DISTINCT s.id) FROM found AS f JOIN songs AS s ON s.folder = f.folder"
            " AND s.name = f.name AND s.size = f.size AND s.mtime_ns = f.mtime_ns"
            " JOIN answers AS a ON a.song = s.id AND a.model != ? JOIN models AS m ON m.id = a.model"
            " WHERE f.scan = ? AND f.song IS NULL GROUP BY m.name"
        )
        return dict(self._library.read(query, (self._current[0], self._scan)))  # type: ignore[arg-type]

    def unanswered(self) -> Iterator[tuple[int, Path]]:
        """Yield number and path of the songs to analyse; they may be answered meanwhile."""
        last = 0
        query = "SELECT n, folder, name FROM found WHERE scan = ? AND n > ? AND song IS NULL ORDER BY n LIMIT ?"
        while rows := [*self._library.read(query, (self._scan, last, BATCH))]:
            for n, folder, name in rows:
                last = n
                yield n, song_path(folder, name)

    def answers(self, after: int) -> Iterator[tuple[int, Prediction]]:
        """Yield number and answer of the songs behind a number, up to the first without an answer."""
        query = (
            "SELECT f.n, f.folder, f.name, a.answer FROM found AS f LEFT JOIN answers AS a"
            " ON a.song = f.song AND a.model = ? WHERE f.scan = ? AND f.n > ? ORDER BY f.n"
        )
        for n, folder, name, answer in self._library.read(query, (self._current[0], self._scan, after)):
            if answer is None:
                return
            yield n, self._library.prediction(song_path(folder, name), answer)

    def take_over(self, n: int, sha256: str) -> bool:
        """Take over what is known of a song with the same content, if there is one: touched, moved or copied.

        A song that was moved keeps its number, by which its tags can be undone, also where it is heard again.

        Returns
        -------
        bool
            Whether there is an answer of this scan's model.
        """
        query = "SELECT id, folder, name FROM songs WHERE sha256 = ?"
        twins = list(self._library.read(query, (sha256,)))
        if not twins:
            return False
        place = self._place(n)
        there = [key for key, *where in twins if tuple(where) == place[:2]]
        gone = [key for key, *where in twins if not song_path(*where).exists()]
        with self._library.writing() as store:
            if gone and not there:  # moved, perhaps over another song
                for (key,) in store.execute("SELECT id FROM songs WHERE folder = ? AND name = ?", place[:2]).fetchall():
                    store.execute("DELETE FROM answers WHERE song = ?", (key,))
                    store.execute("DELETE FROM songs WHERE id = ?", (key,))
                store.execute("UPDATE songs SET folder = ?, name = ? WHERE id = ?", (*place[:2], gone[0]))
            twin = (there or gone or [twins[0][0]])[0]
            about = store.execute(f"SELECT {', '.join(ABOUT)} FROM songs WHERE id = ?", (twin,)).fetchone()  # noqa: S608 - our own words
            key = self._put_song(n, (sha256, *about))
            model, part, fresh_from = self._current
            self._copy_answers(key, sha256, "model = ? AND part = ? AND made >= ?", self._current)
            self._copy_answers(key, sha256, "model != ?", (model,))
            current = "SELECT 1 FROM answers WHERE song = ? AND model = ? AND part = ? AND made >= ? AND sha256 = ?"
            found = store.execute(current, (key, model, part, fresh_from, sha256)).fetchone() is not None
            if found:
                store.execute("UPDATE found SET song = ? WHERE scan = ? AND n = ?", (key, self._scan, n))
        return found

    def _copy_answers(self, key: int, sha256: str, which: str, values: Sequence[Any]) -> None:
        """Give a song the answers of others with the same content, unless it has them."""
        columns = ", ".join(("model", *ANSWER_COLUMNS))
        query = (
            f"INSERT OR REPLACE INTO answers (song, {columns}) SELECT ?, {columns} FROM answers"  # noqa: S608 - our own words
            f" WHERE sha256 = ? AND {which} AND model NOT IN"
            f" (SELECT model FROM answers WHERE song = ? AND sha256 = ? AND {which}) GROUP BY model"
        )
        self._library.run(query, (key, sha256, *values, key, sha256, *values))

    def keep(self, n: int, sha256: str, heard: Heard) -> None:
        """Write the answer of one song; `sha256` is "" if its content is not known."""
        prediction, tags = heard.prediction, heard.tags
        answer = prediction.as_json()
        if not tags.get("title"):
            answer["title"] = None  # it was made of the name, which may change
        del answer["input"]
        content = "" if prediction.error and prediction.error.kind not in LASTING else sha256
        about = (*(tags.get(name) or None for name in ("title", "artist", "album", "genre")), prediction.duration_s)
        model, part, _ = self._current
        values = (
            part, content, time.time(), prediction.verdict, prediction.genre, prediction.confidence,
            lines_of(tuple(answer.get("likely") or ())), lines_of(tuple(t["name"] for t in answer.get("tags") or ())),
            answer.get("tempo_bpm"), json.dumps(answer), heard.features,
            heard.course,
        )  # fmt: skip
        changes = ", ".join(f"{column} = excluded.{column}" for column in ANSWER_COLUMNS)
        with self._library.writing() as store:
            key = self._put_song(n, (sha256, *about))
            columns = ", ".join(("song", "model", *ANSWER_COLUMNS))
            marks = ", ".join("?" * (2 + len(ANSWER_COLUMNS)))
            insert = (
                f"INSERT INTO answers ({columns}) VALUES ({marks}) ON CONFLICT (song, model) DO UPDATE SET {changes}"  # noqa: S608 - our own words
            )
            store.execute(insert, (key, model, *values))
            store.execute("UPDATE found SET song = ? WHERE scan = ? AND n = ?", (key, self._scan, n))

    def _put_song(self, n: int, values: Sequence[Any]) -> int:
        """Write the row of a song that was found, with its hash and what is known of it; return its number."""
        columns = ("folder", "name", "size", "mtime_ns", "sha256", *ABOUT)
        changes = ", ".join(f"{column} = excluded.{column}" for column in columns[2:])
        row = self._library.run(
            f"INSERT INTO songs ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - our own words
            f" ON CONFLICT (folder, name) DO UPDATE SET missing_since = NULL, {changes} RETURNING id",
            (*self._place(n), *values),
        ).fetchone()
        return int(row[0])

    def _place(self, n: int) -> tuple[Any, ...]:
        """Return folder, name, size and time of what was found."""
        return self._first("SELECT folder, name, size, mtime_ns FROM found WHERE scan = ? AND n = ?", (self._scan, n))

    def _first(self, query: str, values: Sequence[Any]) -> tuple[Any, ...]:
        """Return the first row of a query."""
        row: tuple[Any, ...] = self._library.run(query, values).fetchone()
        return row

"""What the window keeps: answers and corrections, in one SQLite file in the user's data folder (see also `settings`).

Conventions
-----------
The file is journalled (WAL), so that a kill leaves no half entry and two windows can share it. Where
it cannot be opened the history lives in memory and `problem` says why. The pictures of the latest answers lie in
files beside it. What is listed of them is `listing`, what is still to be done `unfinished`.
"""

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from musicgenre.engine.history_file import connect
from musicgenre.inference.prediction import Prediction, Reason
from musicgenre.sqlite import checkpoint_aside
from musicgenre.text import clean_title, parse_json

APP = "music-genre-classifier"
KEPT_PICTURES = 300  # answers whose pictures are kept, about 0.4 MB each
MAX_LOG_BYTES = 1_000_000
JOURNALLED = 300  # changes, about 1 MB, before they are moved into the file


@dataclass(frozen=True)
class Entry:
    """One stored answer.

    Parameters
    ----------
    key : str
        Its name, also of the file with its pictures.
    made : float
        Seconds since 1970.
    title : str
        Cleaned.
    prediction : Prediction
    reasons : tuple of Reason
        Why it is what it is.
    colour : str, optional
        The genre's colour.
    artist : str, optional
        From the file's tags, cleaned.
    """

    key: str
    made: float
    title: str
    prediction: Prediction
    reasons: tuple[Reason, ...] = ()
    colour: str | None = None
    artist: str | None = None


@dataclass(frozen=True)
class Removed:
    """Answers that were taken out of the history, as its rows: they can be put back."""

    answers: tuple[tuple[Any, ...], ...]
    vectors: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True)
class Correction:
    """The genre that a user says is right for an input, and the one that was answered."""

    input: str
    title: str
    answered: str | None
    genre: str


def data_folder() -> Path | None:
    """Return the user's data folder for this program, which may not exist yet; None for a user without a home."""
    from platformdirs import user_data_path

    try:
        folder = user_data_path(APP, appauthor=False)
    except RuntimeError:
        return None
    return folder if folder.is_absolute() else None


class History:
    """The store.

    Parameters
    ----------
    folder : Path, optional
        Where the file lies; None keeps everything in memory.
    """

    def __init__(self, folder: Path | None) -> None:
        self.problem: str | None = None
        self.folder = folder
        self._store = self._open(folder)
        self._tidied = 0  # changes that were there at the last `tidy`

    def _open(self, folder: Path | None) -> sqlite3.Connection:
        """Open the file; a broken one is put aside, and where there is no place for one memory has to do."""
        if folder is not None:
            path = folder / "history.sqlite"
            for attempt in (1, 2):
                try:
                    folder.mkdir(parents=True, exist_ok=True)
                    return connect(str(path))
                except (sqlite3.DatabaseError, UnicodeError) as error:
                    broken = not isinstance(error, sqlite3.OperationalError)
                    if attempt == 1 and broken:
                        with contextlib.suppress(OSError):
                            path.replace(path.with_name(f"history.broken-{time.time():.0f}"))
                            self.problem = f"the history was damaged and put aside in {folder}; a new one is begun"
                            continue
                except OSError:
                    pass
                self.problem = f"answers are not kept after closing: {folder} cannot be written"
                break
            self.folder = None
        return connect(":memory:")

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction; a full disk is reported, not raised."""
        try:
            with self._store:
                yield self._store
        except sqlite3.Error as error:
            self.problem = f"the history could not be written ({error}); check the free space"

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """Return the rows of a query; a file that was damaged meanwhile is reported, not raised."""
        try:
            return self._store.execute(query, values).fetchall()
        except sqlite3.Error as error:
            self.problem = f"the history could not be read ({error}); start again to begin a new one"
            return []

    # ---- answers

    def add(
        self, key: str, prediction: Prediction, *, reasons: Sequence[Reason] = (), colour: str | None = None,
        made: float | None = None, artist: str | None = None, vector: bytes = b"",
    ) -> Entry:  # fmt: skip
        """Keep an answer; one with the same key is replaced, and its input is unfinished no more.

        `vector` is what songs are compared by (see `engine.similar`).
        """
        made = time.time() if made is None else made
        title = clean_title(prediction.title or prediction.input)
        artist = clean_title(artist) or None
        words = f"{title} {artist or ''} {prediction.input} {prediction.genre or ''} {prediction.verdict}"
        record = {"answer": prediction.as_json(), "why": [asdict(reason) for reason in reasons], "colour": colour,
                  "artist": artist}  # fmt: skip
        with self.writing() as store:
            values = (key, made, title, clean_title(words, limit=4000).casefold(), json.dumps(record))
            store.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", values)
            store.execute("DELETE FROM unfinished WHERE key = ?", (key,))
            if vector:
                store.execute("INSERT OR REPLACE INTO vectors VALUES (?, ?)", (key, vector))
        return Entry(key, made, title, prediction, tuple(reasons), colour, artist)

    def find(self, words: str = "", *, limit: int = 1000) -> list[Entry]:
        """Return the answers that hold every word (in title, input, genre or verdict), newest first."""
        entries = map(_entry, self._matching("key, made, title, record", words, limit))
        return [entry for entry in entries if entry]

    def keys(self, words: str = "") -> list[str]:
        """Return the keys of all answers that hold every word, newest first; none of the answers is read."""
        return [str(row[0]) for row in self._matching("key", words, -1)]

    def _matching(self, columns: str, words: str, limit: int) -> list[Any]:
        """Return columns of the answers that hold every word, newest first; a negative limit is none."""
        parts = clean_title(words).casefold().split()
        where = " AND ".join(["instr(words, ?) > 0"] * len(parts)) or "1"
        query = f"SELECT {columns} FROM answers WHERE {where} ORDER BY made DESC, rowid DESC LIMIT ?"  # noqa: S608 - the words are parameters
        return self.rows(query, (*parts, limit))

    def get(self, key: str) -> Entry | None:
        """Return one answer."""
        rows = self.rows("SELECT key, made, title, record FROM answers WHERE key = ?", (key,))
        return _entry(rows[0]) if rows else None

    def count(self) -> int:
        """Count the stored answers."""
        return int(sum(row[0] for row in self.rows("SELECT count(*) FROM answers")))

    def remove(self, *keys: str) -> Removed:
        """Take answers out; corrections of them stay, and their pictures until `prune_pictures`."""
        answers = _whole(self, "SELECT key, made, title, words, record FROM answers", keys)
        vectors = _whole(self, "SELECT key, vector FROM vectors", keys)
        with self.writing() as store:
            for table in ("answers", "vectors"):
                store.executemany(f"DELETE FROM {table} WHERE key = ?", [(key,) for key in keys])  # noqa: S608 - our own words
        return Removed(answers, vectors)

    def restore(self, removed: Removed) -> None:
        """Put answers back that were taken out."""
        with self.writing() as store:
            store.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", removed.answers)
            store.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", removed.vectors)

    def clear(self) -> None:
        """Forget all answers and their pictures."""
        with self.writing() as store:
            store.execute("DELETE FROM answers")
            store.execute("DELETE FROM vectors")
        self.prune_pictures(0)
        for path in (self.folder / "pictures").glob("*.song") if self.folder else ():
            path.unlink(missing_ok=True)

    def changes(self) -> int:
        """Return a number that is another one after every change by another window."""
        return int(sum(row[0] for row in self.rows("PRAGMA data_version")))

    def picture_path(self, key: str) -> Path | None:
        """Return the path of the numbers behind an answer's pictures."""
        return self.folder / "pictures" / f"{key}.npz" if self.folder else None

    def prune_pictures(self, kept: int = KEPT_PICTURES, *, orphans: bool = False) -> None:
        """Remove the oldest picture files; with `orphans` also those of answers that were removed."""
        if self.folder is None:
            return
        with contextlib.suppress(OSError):
            files = [path for path in (self.folder / "pictures").iterdir() if path.suffix in (".npz", ".song")]
            newest = dict.fromkeys(path.stem for path in sorted(files, key=lambda path: -path.stat().st_mtime))
            there = set(self.keys()) | {row[0] for row in self.rows("SELECT key FROM unfinished")} if orphans else set()
            gone = {key for index, key in enumerate(newest) if index >= kept or (orphans and key not in there)}
            for path in filter(lambda path: path.stem in gone, files):
                path.unlink(missing_ok=True)

    # ---- corrections

    def correct(self, entry: Entry, genre: str) -> None:
        """Keep the right genre of an answer; a later one replaces it, and the genre that was answered withdraws it."""
        prediction = entry.prediction
        if prediction.verdict == "genre" and clean_title(genre, limit=60) == prediction.genre:
            with self.writing() as store:
                store.execute("DELETE FROM corrections WHERE key = ?", (entry.key,))
            return
        source = json.dumps(prediction.input)  # a path may hold bytes that are no text
        values = (entry.key, time.time(), source, entry.title, prediction.genre, clean_title(genre, limit=60))
        with self.writing() as store:
            store.execute("INSERT OR REPLACE INTO corrections VALUES (?, ?, ?, ?, ?, ?)", values)

    def withdraw(self, key: str) -> None:
        """Take a correction back."""
        with self.writing() as store:
            store.execute("DELETE FROM corrections WHERE key = ?", (key,))

    def correction(self, key: str) -> str | None:
        """Return the genre that an answer was corrected to."""
        rows = self.rows("SELECT genre FROM corrections WHERE key = ?", (key,))
        return clean_title(rows[0][0], limit=60) if rows else None

    def corrections(self) -> list[Correction]:
        """Return all corrections, oldest first."""
        found = []
        for source, title, said, genre in self.rows("SELECT input, title, said, genre FROM corrections ORDER BY made"):
            value = _json(source)
            if isinstance(value, str):
                found.append(Correction(value, title, said, clean_title(genre, limit=60)))
        return found

    def corrections_csv(self, audio_dir: Path) -> tuple[str, int]:
        """Return what 00 takes as metadata of a folder of music and 02 as corrections, and how many songs it names."""
        from musicgenre.dataset.corrections_file import SongCorrection, corrections_csv  # loads numpy

        return corrections_csv([SongCorrection(one.input, one.genre) for one in self.corrections()], audio_dir)

    # ---- settings

    def setting(self, name: str, default: Any) -> Any:
        """Return a remembered value; one of another type than the default counts as none."""
        for row in self.rows("SELECT value FROM settings WHERE name = ?", (name,)):
            value = _json(row[0])
            if value is not None and (default is None or isinstance(value, type(default))):
                return value
        return default

    def remember(self, **values: Any) -> None:
        """Keep settings."""
        with self.writing() as store:
            store.executemany("INSERT OR REPLACE INTO settings VALUES (?, ?)",
                              [(name, json.dumps(value)) for name, value in values.items()])  # fmt: skip

    # ---- the log of bugs

    def log_path(self) -> Path | None:
        """Return the log file, begun anew when it has grown large."""
        if self.folder is None:
            return None
        path = self.folder / "log.txt"
        with contextlib.suppress(OSError):
            if path.stat().st_size > MAX_LOG_BYTES:
                path.replace(path.with_name("log.old.txt"))
        return path

    def log(self, text: str) -> None:
        """Append to the log file."""
        path = self.log_path()
        if path:
            with contextlib.suppress(OSError), path.open("a", encoding="utf-8", errors="replace") as file:
                file.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {text.rstrip()}\n")

    def tidy(self) -> None:
        """Move what was journalled into the file, beside what else is done; to be called now and then."""
        if self.folder and self._store.total_changes - self._tidied > JOURNALLED:
            self._tidied = self._store.total_changes
            checkpoint_aside(str(self.folder / "history.sqlite"))

    def close(self) -> None:
        """Close the file."""
        self._store.close()


def _json(text: Any) -> Any:
    """Return the value of a JSON text, None for what is none."""
    with contextlib.suppress(ValueError, TypeError):
        return parse_json(text)
    return None


def _entry(row: Any) -> Entry | None:
    """Return a row of answers as an entry, None where it was damaged."""
    key, made, title, record = row
    try:
        values = parse_json(record)
        prediction = Prediction.from_json(values["answer"])
        reasons = tuple(Reason(**{name: one[name] for name in ("side", "text")}) for one in values.get("why") or ())
        artist = clean_title(values.get("artist")) or None
        return Entry(str(key), float(made), clean_title(title), prediction, reasons, values.get("colour"), artist)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _whole(history: History, query: str, keys: Sequence[str]) -> tuple[tuple[Any, ...], ...]:
    """Return the rows of some keys."""
    return tuple(row for key in keys for row in history.rows(f"{query} WHERE key = ?", (key,)))

"""Store a window's unanswered inputs, so that the next start can go on with them.

Conventions
-----------
Every window owns its inputs. It holds a lock beside the history while it lives, also if it is killed later: what
belongs to an owner without a lock is left over. An input is finished when its answer is added to the history.
"""

import contextlib
import json
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from musicgenre.engine.history import History
from musicgenre.text import clean_title, parse_json


@dataclass(frozen=True)
class Waiting:
    """An input without an answer.

    Parameters
    ----------
    key : str
        Of the answer to come.
    input : str
    title : str, optional
        Where it is known.
    batch : str
        The name of the folder or playlist that it came with; "" for none.
    """

    key: str
    input: str
    title: str | None = None
    batch: str = ""


class Unfinished:
    """The inputs of one window that have no answer yet.

    Parameters
    ----------
    history : History
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._owner = os.urandom(8).hex()
        self._lock: sqlite3.Connection | None = None

    def add(self, waiting: Sequence[Waiting]) -> None:
        """Note inputs."""
        self._hold()
        with self._history.writing() as store:
            store.executemany(
                "INSERT OR REPLACE INTO unfinished VALUES (?, ?, ?, ?, ?)",
                [(one.key, self._owner, json.dumps(one.input), one.title, one.batch) for one in waiting],
            )

    def forget(self, keys: Sequence[str]) -> None:
        """Forget inputs: they will have no answer."""
        with self._history.writing() as store:
            store.executemany("DELETE FROM unfinished WHERE key = ?", [(key,) for key in keys])

    def left_over(self) -> list[Waiting]:
        """Return the inputs of windows that are there no more."""
        owners = [row[0] for row in self._history.rows("SELECT DISTINCT owner FROM unfinished")]
        dead = [str(owner) for owner in owners if owner != self._owner and not self._lives(str(owner))]
        found = []
        for owner in dead:
            query = "SELECT key, input, title, batch FROM unfinished WHERE owner = ? ORDER BY rowid"
            for key, text, title, batch in self._history.rows(query, (owner,)):
                with contextlib.suppress(ValueError, TypeError):
                    found.append(Waiting(str(key), str(parse_json(text)), title, clean_title(batch)))
        return found

    def close(self) -> None:
        """Give the lock back."""
        if self._lock:
            self._lock.close()
            self._lock = None
            self._remove(self._owner)

    def _place(self, owner: str) -> Path | None:
        """Return the file of an owner's lock."""
        return self._history.folder / f"window-{owner}.lock" if self._history.folder else None

    def _hold(self) -> None:
        """Take the lock; the system gives it back with the end of the process."""
        place = self._place(self._owner)
        if place and self._lock is None:
            with contextlib.suppress(sqlite3.Error):
                self._lock = sqlite3.connect(place, timeout=0.0, isolation_level=None)
                self._lock.execute("BEGIN EXCLUSIVE")

    def _lives(self, owner: str) -> bool:
        """Whether a window holds its lock."""
        place = self._place(owner)
        if place is None or not owner.isalnum() or not place.is_file():
            return False
        with contextlib.closing(sqlite3.connect(place, timeout=0.0, isolation_level=None)) as lock:
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.Error:
                return True
        self._remove(owner)
        return False

    def _remove(self, owner: str) -> None:
        """Remove the file of a lock."""
        place = self._place(owner)
        if place:
            for path in (place, place.with_name(f"{place.name}-journal")):
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)

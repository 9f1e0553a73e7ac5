"""Two libraries -> one: each machine can have its own for its part of the songs."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from musicgenre.errors import SourceError
from musicgenre.library.schema import ANSWER_COLUMNS, SONG_COLUMNS
from musicgenre.library.store import Library


@dataclass(frozen=True)
class Merged:
    """How many songs, answers and changes of tags a library got from another one."""

    songs: int
    answers: int
    changes: int


def merge(library: Library, other: str | Path) -> Merged:
    """Add another machine's library to a library; the other one stays as it is.

    A song at a place that is known keeps its row. Where the contents are the same, the later of two answers of one
    model counts, and the changes of tags come along, so that they can be undone here.

    Raises
    ------
    SourceError
        If the other file is no library, or the same one.
    """
    with Library(Path(other), create=False) as opened:  # says what is wrong with it, and brings it up to date
        if opened.path.samefile(library.path):
            raise SourceError(f"{library.path} cannot be merged with itself; name another library")
    library.run("ATTACH DATABASE ? AS other", (str(other),))
    try:
        with library.writing() as store:
            return _merge(store)
    finally:
        library.run("DETACH DATABASE other")


def _merge(store: sqlite3.Connection) -> Merged:
    """Add the rows of the library that is attached as `other`."""

    def added(statement: str) -> int:
        return store.execute(statement).rowcount

    columns = ", ".join(SONG_COLUMNS)
    answers = ", ".join(ANSWER_COLUMNS)
    theirs = ", ".join(f"a.{column}" for column in ANSWER_COLUMNS)
    later = ", ".join(f"{column} = excluded.{column}" for column in ANSWER_COLUMNS)
    same_song = (
        "JOIN other.songs AS o ON o.id = {0}.song"
        " JOIN main.songs AS s ON s.folder = o.folder AND s.name = o.name AND s.sha256 = o.sha256"
    )
    songs = added(f"INSERT OR IGNORE INTO main.songs ({columns}) SELECT {columns} FROM other.songs")  # noqa: S608 - our own words
    store.execute("INSERT OR IGNORE INTO main.models (name, card) SELECT name, card FROM other.models")
    new_answers = added(
        f"INSERT INTO main.answers (song, model, {answers}) SELECT s.id, m.id, {theirs} FROM other.answers AS a"  # noqa: S608 - our own words
        f" {same_song.format('a')} JOIN other.models AS n ON n.id = a.model"
        " JOIN main.models AS m ON m.name = n.name AND m.card = n.card WHERE true"
        f" ON CONFLICT (song, model) DO UPDATE SET {later} WHERE excluded.made > made"
    )
    new_changes = added(
        "INSERT INTO main.changes (song, made, before, after, sha256_before, sha256_after, undo, undone)"  # noqa: S608 - our own words
        " SELECT s.id, c.made, c.before, c.after, c.sha256_before, c.sha256_after, c.undo, c.undone"
        f" FROM other.changes AS c {same_song.format('c')} WHERE NOT EXISTS (SELECT 1 FROM main.changes AS d"
        " WHERE d.song = s.id AND d.made = c.made AND d.sha256_after = c.sha256_after) ORDER BY c.id"
    )
    return Merged(songs, new_answers, new_changes)

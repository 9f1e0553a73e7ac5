"""Log of what was written into the songs of a library, for undo."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from musicgenre.audio.tags import Change
from musicgenre.files import file_sha256
from musicgenre.library.conditions import below_any
from musicgenre.library.genre_names import join_genres, split_genres
from musicgenre.library.songs import song_path
from musicgenre.library.store import Library


@dataclass(frozen=True)
class KeptChange:
    """A change of a song's tags that can be taken back: its number, and the number and path of the song."""

    number: int
    song: int
    path: Path
    change: Change


def record(library: Library, key: int, change: Change) -> None:
    """Keep a change of a song's tags that is about to be made."""
    values = (
        key, time.time(), json.dumps(change.before), json.dumps(change.after), change.sha256_before,
        change.sha256_after, change.undo,
    )  # fmt: skip
    columns = "song, made, before, after, sha256_before, sha256_after, undo"
    with library.writing() as store:
        store.execute(f"INSERT INTO changes ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)  # noqa: S608 - our own words


def kept_changes(library: Library, roots: Sequence[str | Path] = ()) -> Iterator[KeptChange]:
    """Yield the changes that were not taken back, the latest first; they may be taken back meanwhile."""
    where, values = below_any(roots)
    query = (
        f"SELECT c.id FROM changes AS c JOIN songs AS s ON s.id = c.song WHERE c.undone IS NULL AND {where}"  # noqa: S608 - the values are parameters
        " ORDER BY c.made DESC, c.id DESC"
    )
    one = (
        "SELECT c.song, s.folder, s.name, c.before, c.after, c.sha256_before, c.sha256_after, c.undo"
        " FROM changes AS c JOIN songs AS s ON s.id = c.song WHERE c.id = ?"
    )
    for (number,) in list(library.read(query, values)):
        for key, folder, name, before, after, *rest in list(library.read(one, (number,))):
            change = Change(tuple(json.loads(before)), tuple(json.loads(after)), *rest)
            yield KeptChange(number, key, song_path(folder, name), change)


def taken_back(library: Library, number: int) -> None:
    """Note that a change was taken back."""
    with library.writing() as store:
        store.execute("UPDATE changes SET undone = ? WHERE id = ?", (time.time(), number))


def content_hash(library: Library, key: int) -> str:
    """Return the SHA-256 of a song at its last analysis or writing, "" if unknown."""
    row = library.run("SELECT sha256 FROM songs WHERE id = ?", (key,)).fetchone()
    return row[0] if row else ""


def refresh(library: Library, key: int, sha256: str | None, genres: Sequence[str]) -> None:
    """Record that the file of a song was written here, with its new hash and genres: it is not analysed again."""
    with library.writing() as store:
        folder, name, old = store.execute("SELECT folder, name, sha256 FROM songs WHERE id = ?", (key,)).fetchone()
        path = song_path(folder, name)
        status, new = path.stat(), sha256 or file_sha256(path)
        tag = join_genres(split_genres(genres)) or None
        values = (status.st_size, status.st_mtime_ns, new, tag, key)
        store.execute("UPDATE songs SET size = ?, mtime_ns = ?, sha256 = ?, tag_genre = ? WHERE id = ?", values)
        store.execute("UPDATE answers SET sha256 = ? WHERE song = ? AND sha256 = ?", (new, key, old))


def folders(library: Library, roots: Sequence[str | Path] = ()) -> Iterator[Path]:
    """Yield the folders in which there are songs."""
    where, values = below_any(roots)
    for (folder,) in library.read(f"SELECT DISTINCT s.folder FROM songs AS s WHERE {where}", values):  # noqa: S608 - the values are parameters
        yield song_path(folder, "")

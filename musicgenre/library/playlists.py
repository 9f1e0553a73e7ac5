"""Playlists of a library: one M3U8 file a genre, or a set of genres, the surest songs first."""

import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from musicgenre.errors import SourceError
from musicgenre.files import write_atomic
from musicgenre.inference.wording import beginning, listed
from musicgenre.library.conditions import ALL, Selection
from musicgenre.library.query import Term
from musicgenre.library.songs import Song
from musicgenre.library.store import Library
from musicgenre.text import clean_title

PLAYLIST_MARK = "# made by the music genre classifier"

NO_FILE_NAME = str.maketrans(dict.fromkeys('/\\:*?"<>|', "_"))


@dataclass(frozen=True)
class Playlist:
    """One playlist: its name ("rock", "rock or metal"), its file, and how many songs are in it."""

    name: str
    path: Path
    songs: int


@dataclass(frozen=True)
class Playlists:
    """The playlists of a library, and the songs whose names a playlist cannot hold."""

    lists: tuple[Playlist, ...]
    left_out: tuple[Path, ...]


def write_playlists(
    library: Library, folder: Path, *, selection: Selection = ALL, sets: bool = False, dry_run: bool = False
) -> Playlists:
    """Write one M3U8 playlist for each genre with relative paths, the surest songs first.

    Parameters
    ----------
    library : Library
        See `library.store.open_library`.
    folder : Path
        Where they are written.
    selection : Selection
        Which songs.
    sets : bool
        Whether the songs without a certain genre get playlists of the genres that they may have: "rock or metal".
    dry_run : bool
        Whether the playlists are only counted.

    Raises
    ------
    SourceError
        If a file of that name is there which is no playlist of this program.
    OSError
        If the folder cannot be written.
    """
    selection = replace(selection, model=library.number(selection.model))
    names = [*_names(library, selection, sets=sets)]
    paths = _file_names(folder, [" or ".join(genres) for genres, _ in names])
    for path in paths.values():
        if not _may_replace(path):
            raise SourceError(f"{path} is no playlist of this program; choose another folder")
    lists: list[Playlist] = []
    odd: list[Path] = []
    for genres, term in names:
        name = " or ".join(genres)
        some = replace(selection, terms=(*selection.terms, *term))
        songs = (s for s in library.songs(some, order="surest") if s.is_sure or set(s.likely) == set(genres))
        lines = [*_lines(songs, folder.resolve(), odd)]
        if lines:
            lists.append(Playlist(name, paths[name], len(lines) // 2))
        if not dry_run and (lines or paths[name].exists()):  # what an earlier run wrote is not left as it was
            head = ["#EXTM3U", PLAYLIST_MARK, f"#PLAYLIST:{beginning(listed(genres))}"]
            write_atomic(paths[name], "\n".join([*head, *lines]) + "\n")
    return Playlists(tuple(lists), tuple(odd))


def _names(library: Library, selection: Selection, *, sets: bool) -> Iterator[tuple[list[str], list[Term]]]:
    """Yield genres and terms of each playlist."""
    named = replace(selection, terms=(*selection.terms, Term("verdict", ("genre",))))
    found = {*library.count("genre", named), *library.count("genre", named, missing=True)}  # vanished songs go
    for genre in sorted(genre for genre in found if genre):
        yield [genre], [Term("genre", (genre,))]
    if sets:
        unsure = replace(selection, terms=(*selection.terms, Term("verdict", ("uncertain",))))
        found_sets = {frozenset(song.likely) for song in library.songs(unsure) if len(song.likely) > 1}
        for genres in sorted(map(sorted, found_sets)):
            terms = [Term("likely", (genre,)) for genre in genres]
            yield genres, [Term("verdict", ("uncertain",)), *terms]


def _lines(songs: Iterable[Song], folder: Path, odd: list[Path]) -> Iterator[str]:
    """Yield the two lines of each song; add songs that cannot stand in a playlist to `odd`."""
    for song in songs:
        try:
            place = os.path.relpath(song.path, folder)
        except ValueError:  # another drive
            place = str(song.path)
        if "\n" in place or "\r" in place or not _is_text(place):
            odd.append(song.path)
            continue
        about = " - ".join(clean_title(part) for part in (song.artist, song.title) if part)
        yield from song_lines(place, about, song.duration_s)


def song_lines(place: str, about: str, duration_s: float | None) -> tuple[str, str]:
    """Return the two lines of a song: its length and what it is called, and its path or address."""
    return f"#EXTINF:{round(duration_s or 0)},{about}", f"./{place}" if place.startswith("#") else place


def _file_names(folder: Path, names: Sequence[str]) -> dict[str, Path]:
    """Return the file of each playlist; names that would share one, whatever their case, are numbered."""
    taken: set[str] = set()
    paths: dict[str, Path] = {}
    for name in names:
        stem = clean_title(name, limit=100).translate(NO_FILE_NAME).lstrip(".") or "genre"
        number = 1
        while (wanted := stem if number == 1 else f"{stem} ({number})") and _as_file(wanted) in taken:
            number += 1
        taken.add(_as_file(wanted))
        paths[name] = folder / f"{wanted}.m3u8"
    return paths


def _as_file(name: str) -> str:
    """Return what two names of one file have in common on any system."""
    return unicodedata.normalize("NFC", name.casefold())


def _may_replace(path: Path) -> bool:
    """Whether there is no file of a name, or a playlist of this program."""
    if not path.is_file():
        return not path.exists()
    with path.open("rb") as file:
        return PLAYLIST_MARK.encode() in file.read(1000)


def _is_text(text: str) -> bool:
    """Whether a name is UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True

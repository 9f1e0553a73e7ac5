"""Playlists of a library: one M3U8 file a genre, the surest songs first."""

import os
from collections.abc import Sequence
from pathlib import Path

from musicgenre.errors import SourceError
from musicgenre.files import write_atomic
from musicgenre.library.store import Library, below_any
from musicgenre.text import clean_title

PLAYLIST_MARK = "# made by the music genre classifier"

NO_FILE_NAME = str.maketrans(dict.fromkeys('/\\:*?"<>|', "_"))


# ---- playlists


def write_playlists(library: Library, folder: Path, *, roots: Sequence[str | Path] = ()) -> tuple[dict[str, int], int]:
    """Write one M3U8 playlist for each genre with relative paths, the surest songs first.

    Returns
    -------
    dict, int
        Genre to number of songs; and the number of songs whose name a playlist cannot hold.

    Raises
    ------
    SourceError
        If a file of that name is there which is no playlist of this program.
    OSError
        If the folder cannot be written.
    """
    where, values = below_any(roots)
    counts: dict[str, int] = {}
    odd = 0
    genres = sorted(genre for genre in library.count("genre", f"verdict = 'genre' AND {where}", values) if genre)
    paths = {
        genre: folder / f"{clean_title(genre, limit=100).translate(NO_FILE_NAME).lstrip('.') or 'genre'}.m3u8"
        for genre in genres
    }
    for path in paths.values():
        if not _may_replace(path):
            raise SourceError(f"{path} is no playlist of this program; choose another folder")
    for genre in genres:
        lines = ["#EXTM3U", PLAYLIST_MARK, f"#PLAYLIST:{clean_title(genre)}"]
        order = f"verdict = 'genre' AND genre = ? AND {where} ORDER BY confidence DESC, folder, name"
        for song in library.songs(order, (genre, *values)):
            try:
                place = os.path.relpath(song.path, folder.resolve())
            except ValueError:  # another drive
                place = str(song.path)
            if "\n" in place or "\r" in place or not _is_text(place):
                odd += 1
                continue
            about = " - ".join(clean_title(part) for part in (song.artist, song.title) if part)
            lines += [
                f"#EXTINF:{round(song.duration_s or 0)},{about}",
                f"./{place}" if place.startswith("#") else place,
            ]
            counts[genre] = counts.get(genre, 0) + 1
        if genre in counts or paths[genre].exists():  # what an earlier run wrote is not left as it was
            write_atomic(paths[genre], "\n".join(lines) + "\n")
    return counts, odd


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

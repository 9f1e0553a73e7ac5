"""A whole library of songs: folders -> one SQLite file with an answer for every song, kept up to date.

Conventions
-----------
A song is known by its size and time, then by the hash of its content: what did not change is not opened, what moved is
recognised, what vanished is marked and kept. Every answer is written as soon as it is there (journalled, WAL), so a
kill loses only the songs in work, and several runs can share one file. Memory does not grow with the library. An error
that does not come from the content of a song is tried again by the next run.
Names of files are text, or bytes where they are no UTF-8. `library.tagging` makes use of the answers.
"""

from pathlib import Path

from musicgenre.audio.tags import read_genres
from musicgenre.audio.tracks import MAX_TITLE
from musicgenre.errors import AudioError
from musicgenre.library.genre_names import join_genres, split_genres


def _genre_tag(path: Path) -> dict[str, str]:
    """Return all genres in a song's tags, as far as its format is known here."""
    try:
        return {"genre": join_genres(split_genres(read_genres(path)))[:MAX_TITLE]}
    except (AudioError, OSError):
        return {}

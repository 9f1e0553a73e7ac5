"""A song of a library, and how its place is stored.

Names of files are text, or bytes where they are no UTF-8.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from musicgenre.inference.wording import in_sentence, listed

Name = str | bytes

DISC = re.compile(r"(?i)(cd|dis[ck])[ ._-]*\d+")  # a folder of an album in several parts


@dataclass(frozen=True)
class Song:
    """One song of a library, with the answer of one model.

    Parameters
    ----------
    key : int
        Its number in the library.
    path : Path
        Where it is, or was.
    title, artist, album, tag_genre : str or None
        From its tags; the title is never empty. Several genres are joined by "; ".
    duration_s : float or None
        Length in seconds.
    verdict, genre, confidence
        Of its answer.
    likely : tuple of str
        The genres that together are likely enough to be named, best first.
    tags : tuple of str
        The strongest tags of the pretrained network.
    tempo_bpm : float or None
        Beats per minute.
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
    likely: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    tempo_bpm: float | None = None

    @property
    def is_sure(self) -> bool:
        """Whether its genre is named, and is no guess."""
        return self.verdict == "genre"

    @property
    def words(self) -> str:
        """Its answer in few words: "metal", "rock or metal" for a set, "blues?" for a guess, "not music"."""
        if self.is_sure and self.genre:
            return in_sentence(self.genre)
        if self.verdict == "uncertain" and self.genre:
            return listed(self.likely) if len(self.likely) > 1 else f"{in_sentence(self.genre)}?"
        return {"error": "no answer", "uncertain": "not sure"}.get(self.verdict, self.verdict.replace("_", " "))


def stored_name(text: str) -> Name:
    """Return a path as SQLite keeps it: text, or bytes where it is no UTF-8."""
    data = os.fsencode(text)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data


def song_path(folder: Name, name: Name) -> Path:
    """Return the path of a stored folder and name."""
    return Path(os.fsdecode(folder), os.fsdecode(name))


def album_folder(folder: Name) -> Name:
    """Return the folder of the album that a stored folder belongs to: of "Album/CD 2" it is "Album"."""
    path = Path(os.fsdecode(folder))
    return stored_name(str(path.parent)) if DISC.fullmatch(path.name) else folder


def lines_of(names: tuple[str, ...]) -> str | None:
    """Return names as one text that can be searched for one of them: each between line breaks."""
    return "\n".join(["", *(name.replace("\n", " ") for name in names), ""]) if names else None


def names_of(lines: str | None) -> tuple[str, ...]:
    """Return the names of `lines_of`."""
    return tuple(lines.strip("\n").split("\n")) if lines else ()

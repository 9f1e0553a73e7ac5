"""The answers of folders and albums: each of their songs has one vote."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from musicgenre.library.conditions import Selection
from musicgenre.library.songs import Song, album_folder, song_path, stored_name
from musicgenre.library.store import Library

BY = ("song", "folder", "album")


@dataclass(frozen=True)
class Group:
    """Songs that belong together, and what they are by vote.

    Parameters
    ----------
    folder : Path
        Where they are; of an album in several folders ("CD 1", "CD 2") the one around these.
    album : str or None
        The album's name in the songs' tags; None for a folder, and for the songs of no album.
    artist : str or None
        Who has most of the songs; None if nobody has more than half of them.
    songs : tuple of Song
        All of them.
    votes : tuple of (str, int)
        Genre -> songs whose best genre it is, most votes first. What is no music does not vote.
    """

    folder: Path
    album: str | None
    artist: str | None
    songs: tuple[Song, ...]
    votes: tuple[tuple[str, int], ...]

    @property
    def name(self) -> str:
        """What to call it."""
        return self.album or self.folder.name

    def is_named(self, by: str) -> bool:
        """Whether it is a folder or an album, and not a song of no album."""
        return by != "album" or self.album is not None

    @property
    def genre(self) -> str | None:
        """The genre with most votes, None without any; it is the group's answer only where `is_sure`."""
        return self.votes[0][0] if self.votes else None

    @property
    def confidence(self) -> float | None:
        """Share of the votes for that genre."""
        return self.votes[0][1] / sum(n for _, n in self.votes) if self.votes else None

    @property
    def is_sure(self) -> bool:
        """Whether more than half of the votes are for it, and at least one of its songs was named with certainty."""
        return (self.confidence or 0.0) > 0.5 and any(s.is_sure and s.genre == self.genre for s in self.songs)


def groups(library: Library, selection: Selection, *, by: str) -> Iterator[Group]:
    """Yield folders or albums with their answers, in order of their folders.

    Parameters
    ----------
    selection : Selection
        The songs that are looked at; one that is left out has no vote.
    by : str
        ``folder`` or ``album``. An album is what songs of one folder call so (or of its folders "CD 1", "CD 2"); songs
        without an album are yielded one by one.
    """
    songs = library.songs(selection, order="place" if by == "folder" else "album")
    if by == "folder":
        for folder, members in itertools.groupby(songs, key=lambda song: song.path.parent):
            yield _group(folder, None, [*members])
        return

    def album(song: Song) -> tuple[Path, str]:
        return song_path(album_folder(stored_name(str(song.path.parent))), ""), song.album or ""

    for (folder, name), members in itertools.groupby(songs, key=album):
        if name:
            yield _group(folder, name, [*members])
        else:
            yield from (_group(song.path.parent, None, [song]) for song in members)


def _group(folder: Path, album: str | None, songs: Sequence[Song]) -> Group:
    """Return songs that belong together with the count of their votes."""
    votes = Counter(song.genre for song in songs if song.genre and song.verdict in ("genre", "uncertain", "mixed"))
    artists = Counter(song.artist for song in songs if song.artist).most_common(1)
    artist = artists[0][0] if artists and 2 * artists[0][1] > len(songs) else None
    ranked = sorted(votes.items(), key=lambda item: (-item[1], item[0]))
    return Group(folder, album, artist, tuple(songs), tuple(ranked))

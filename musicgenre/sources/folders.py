"""Folders -> their sound files."""

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from musicgenre.audio.endings import AUDIO_SUFFIXES
from musicgenre.errors import SourceError

# Beside a song macOS leaves ._song.mp3 on other disks, and a killed run that wrote tags leaves its copy.
HIDDEN = re.compile(r"\._|\..*\.tagging-\d+-")

HIDDEN_FOLDER = re.compile(r"\.[^\W\d]|\._")  # .git, .Trash-1000; but "...And Justice for All" and ".38 Special"


def sound_files(
    folder: Path | str, *, unread: Callable[[str, OSError], None] = lambda *_: None
) -> Iterator[os.DirEntry[str]]:
    """Yield the sound files below a folder, sorted by their path; linked folders and hidden folders are left out.

    A name that begins with a dot may be a song's ("...Baby One More Time.mp3"); see `HIDDEN` for those that are not.

    One folder of each level is in memory. A folder that cannot be read is told to `unread` and counts as empty.
    """

    def entries(folder: Path | str) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as found:
                return iter(sorted(found, key=lambda entry: entry.name))
        except OSError as error:
            unread(os.fspath(folder), error)
            return iter(())

    levels = [entries(folder)]  # no recursion: folders may nest deeper than Python does
    while levels:
        entry = next(levels[-1], None)
        if entry is None:
            levels.pop()
        elif entry.is_dir(follow_symlinks=False):
            if not HIDDEN_FOLDER.match(entry.name):
                levels.append(entries(entry.path))
        elif HIDDEN.match(entry.name):
            continue
        elif Path(entry.name).suffix.lower() in AUDIO_SUFFIXES:
            with contextlib.suppress(OSError):  # a link that leads to itself
                if entry.is_file():
                    yield entry


def soundless_folder(folder: str) -> SourceError:
    """Return the error for a folder in which `sound_files` finds nothing."""
    return SourceError(f"there is no sound file in the folder {folder!r}; give a folder that holds music")


def unread_folder(folder: str, error: OSError) -> SourceError:
    """Return what `sound_files` tells of a folder as an error."""
    return SourceError(f"{folder!r} cannot be read ({error.strerror}); change its permissions", "unreadable")

"""The genre in a song's own tags: read, written, and taken back exactly.

Conventions
-----------
Writing touches the genre and nothing else: `tag_formats` says which bytes are replaced, all others are copied. A song
is never edited in place. Its copy in the same folder is checked (every tag reads back with the new genre and all its
other items byte for byte, every packet of sound is the same) and takes the song's name, so that a kill leaves the old
file or the new one. What was there before is kept as a `Change`, from which the old file is rebuilt bit by bit.

A file without tags gets the usual one of its format (ID3v2.4 for mp3, wav and aiff, APEv2 for ape, wv and mpc). Of a
file with tags, the one that players look at first is written, and every other one that holds a genre.
"""

import contextlib
import hashlib
import io
import mmap
import os
import re
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicgenre.audio.tag_formats import files
from musicgenre.audio.tag_formats.splice import (
    DamagedTag,
    Tag,
    TaggedFile,
    UnsupportedTag,
    in_order,
    rebuilt,
    spliced,
    undo_of,
)
from musicgenre.audio.tracks import open_sound
from musicgenre.errors import AudioError
from musicgenre.files import file_sha256
from musicgenre.text import clean_text

LEFT_COPY = re.compile(r"\..*\.tagging-(\d{1,9})-[^.]*(?:\.|$)", re.DOTALL)
# What the formats' readers raise at tags that contradict themselves
BROKEN = (ValueError, struct.error, IndexError, StopIteration, OverflowError)
JOINED_BY = "; "  # several genres where a format has no list: ID3v2.2, 2.3, APEv1, RIFF INFO


@dataclass(frozen=True)
class Change:
    """What one writing of a genre did to a file.

    Parameters
    ----------
    before, after : tuple of str
        The genres in the tags.
    sha256_before, sha256_after : str
        Of the whole file.
    undo : bytes
        Rebuilds the old file from the new one; see `tag_formats.splice.undo_of`.
    left : tuple of str
        What else in the file says a genre and was not written, in words.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    sha256_before: str
    sha256_after: str
    undo: bytes
    left: tuple[str, ...] = ()


def read_genres(path: Path) -> list[str]:
    """Return the genres in a file's tags, none if it has no such tag.

    Several tags may hold genres: those of the first count that has any, in the order in which players look. The number
    in ID3v1 counts only where there is no other tag, since many programs leave 0 (Blues) there.

    Raises
    ------
    AudioError
        If its tags cannot be read, or (kind ``unsupported``) its format has none.
    OSError
        If the file cannot be read.
    """
    with _mapped(path) as data:
        return _genres(_tags(data, path, path))


def read_tags(path: Path) -> tuple[Tag, ...]:
    """Return every tag of a file, the one that players look at first in front; raises as `read_genres`."""
    with _mapped(path) as data:
        return _tags(data, path, path).tags


def _genres(file: TaggedFile) -> list[str]:
    """Return the genres that count among a file's tags."""
    tags = [tag for tag in file.tags if tag.name != "ID3v1"] or file.tags
    return list(next((tag.genres for tag in tags if tag.genres), ()))


def _tags(data: Any, path: Path, song: Path) -> TaggedFile:
    """Return all tags of a file; a copy is called by the name of its song."""
    try:
        return files.read(data, path.suffix)
    except UnsupportedTag as error:
        raise _not_taggable(song, error) from error
    except BROKEN as error:
        raise _damaged(song, error) from error


def _not_taggable(song: Path, error: Exception) -> AudioError:
    """Return the error for a format that has no tags, or none that can be written."""
    return AudioError(f"{song.name!r} cannot be tagged: {error}", "unsupported")


def _damaged(song: Path, error: Exception) -> AudioError:
    """Return the error for tags that contradict themselves."""
    what = str(error) if isinstance(error, DamagedTag) else "it ends too early"
    return AudioError(f"a tag of {song.name!r} is damaged: {what}; repair it with a tag editor, then try again")


class _Front(io.RawIOBase):
    """The front of a file, for a reader that wants no more."""

    def __init__(self, path: Path, stop: int | None) -> None:
        self._file = path.open("rb")
        self._stop = path.stat().st_size if stop is None else stop

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def seekable(self) -> bool:
        """Whether positions can be chosen."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer and return how many bytes it got."""
        data = self._file.read(min(len(buffer), max(self._stop - self._file.tell(), 0)))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Choose a position and return it; -1, FFmpeg's error, for one that no file has, as a damaged header says."""
        with contextlib.suppress(OSError):
            return self._file.seek(self._stop + offset) if whence == 2 else self._file.seek(offset, whence)
        return -1

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def sound_sha256(path: Path, *, stop: int | None = None) -> str:
    """Return the SHA-256 of a file's packets of sound, which tags are no part of; nothing is decoded.

    Parameters
    ----------
    path : Path
        The file.
    stop : int, optional
        Where tags begin that stand behind the sound: FFmpeg takes some of them for sound.

    Raises
    ------
    AudioError
        If it cannot be opened.
    """
    import av

    digest = hashlib.sha256()
    try:
        with _Front(path, stop) as file, open_sound(file) as container:
            for packet in container.demux(container.streams.audio[0]):
                digest.update(bytes(packet))
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise AudioError(f"the sound of {path.name!r} cannot be read; check that it plays") from error
    return digest.hexdigest()


def write_genres(
    path: Path, genres: Sequence[str], *, record: Callable[[Change], None], separator: str = JOINED_BY
) -> Change:
    """Replace the genres in a file's tags.

    Parameters
    ----------
    path : Path
        A song: mp3, mp2, flac, ogg, oga, opus, spx, m4a, mp4, wma, wav, aiff, ape, wv, mpc, tta, dsf.
    genres : sequence of str
        The new ones, each a value of its own where the format has lists; none removes the old ones.
    record : callable
        Called with the change when all is ready, before the song has changed: what it keeps survives a kill.
    separator : str
        Between several where the format has one text only (ID3v2.2, ID3v2.3, APEv1, RIFF INFO).

    Raises
    ------
    AudioError
        If the file is read-only, a tag of it is damaged, anything else in it would not stay the same, another program
        changes it meanwhile, or (kind ``unsupported``) its format has no tags that can be written.
    OSError
        If the disk is full or the folder cannot be written.
    """
    path = path.resolve()  # a link stays a link
    then = _state(path)
    with _copied(path) as copy:
        old, new, undo = _rewritten(path, copy, genres, separator)
        before, after = tuple(_genres(old)), tuple(_genres(new))
        change = Change(before, after, file_sha256(path), file_sha256(copy), undo, old.left)
        _check_state(path, then)
        record(change)
        _take_place(copy, path, then)
    return change


def restore(path: Path, change: Change) -> bool:
    """Take a change back.

    Returns
    -------
    bool
        Whether the file is again what it was, bit by bit. If something else in it was edited meanwhile, only the
        value of the genre is what it was.

    Raises
    ------
    AudioError
        If the genre is no longer the one that was written, or as `write_genres` does.
    """
    path = path.resolve()
    then = _state(path)
    now = file_sha256(path)
    if now == change.sha256_before:
        return True
    with _copied(path) as copy:
        if now == change.sha256_after:
            _rebuild(path, copy, change)
        else:
            if tuple(read_genres(path)) != change.after:
                raise AudioError(f"the genre of {path.name!r} was changed since; it was left as it is")
            _rewritten(path, copy, change.before, JOINED_BY)
        _take_place(copy, path, then)
    return now == change.sha256_after


def _rewritten(path: Path, copy: Path, genres: Sequence[str], separator: str) -> tuple[TaggedFile, TaggedFile, bytes]:
    """Write a song with other genres into its copy, and check it; return the tags before and after, and the undo."""
    with _mapped(path) as data:
        old = _tags(data, path, path)
        try:
            splices, written = old.edit(genres, separator)
            ordered = in_order(data, splices)
        except UnicodeEncodeError as error:
            raise AudioError(f"{clean_text(', '.join(genres))!r} cannot be written: it is no Unicode text") from error
        except UnsupportedTag as error:
            raise _not_taggable(path, error) from error
        except BROKEN as error:
            raise _damaged(path, error) from error
        with copy.open("wb") as file:
            file.writelines(spliced(data, ordered))
        undo = undo_of(data, ordered)
    with _mapped(copy) as data:
        new = _tags(data, copy, path)
    if not _is_as_wanted(old, new, written, genres, separator):
        raise AudioError(f"the tags of {path.name!r} do not take {', '.join(genres)!r}; it was left as it is")
    if genres and not any(tag.genres for tag in new.tags):
        raise AudioError(f"the only tag of {path.name!r} is ID3v1, which has no number for {genres[0]!r}; add another")
    _check_sound(copy, path, new.sound_stop, old.sound_stop)
    return old, new, undo


def _is_as_wanted(
    old: TaggedFile, new: TaggedFile, written: Sequence[Tag], genres: Sequence[str], separator: str
) -> bool:
    """Whether the tags that were written hold the new genres, and all tags everything else as before."""
    added = 1 if genres and old.lacks_tag else 0
    if len(new.tags) != added + len(old.tags):
        return False
    wanted = [tag.stored(genres, separator) for tag in new.tags[:added]]
    wanted += [tag.stored(genres, separator) if tag in written else tag.genres for tag in old.tags]
    return [tag.genres for tag in new.tags] == wanted and (
        [(tag.name, tag.others) for tag in new.tags[added:]] == [(tag.name, tag.others) for tag in old.tags]
    )


def _rebuild(path: Path, copy: Path, change: Change) -> None:
    """Write a song as it was before a change into its copy."""
    try:
        with _mapped(path) as new, copy.open("wb") as file:
            file.writelines(rebuilt(new, change.undo))
    except DamagedTag as error:
        raise AudioError("what is kept of a file's tags is damaged; the file was left as it is") from error
    if file_sha256(copy) != change.sha256_before:
        raise AudioError(f"what is kept of {path.name!r} is damaged; it was left as it is")


@contextlib.contextmanager
def _copied(path: Path) -> Iterator[Path]:
    """Give an empty file beside a file, with its permissions and owner; it is removed unless it takes the place."""
    if not path.stat().st_mode & 0o222 or not os.access(path, os.W_OK):
        raise AudioError(f"{path.name!r} is read-only; change its permissions to write tags")
    mark = f".{path.stem[:40]}.tagging-{os.getpid()}-"
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=mark, suffix=path.suffix)
    os.close(handle)
    copy = Path(name)
    try:
        shutil.copystat(path, copy)
        with contextlib.suppress(OSError, AttributeError):
            os.chown(copy, path.stat().st_uid, path.stat().st_gid)
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Remove the copies that a killed process left in a folder."""
    import psutil

    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            found = LEFT_COPY.match(entry.name)
            if found and not psutil.pid_exists(int(found[1])):
                Path(entry.path).unlink(missing_ok=True)


def _check_sound(copy: Path, path: Path, copy_stop: int | None, stop: int | None) -> None:
    """Make sure that a copy has the sound of a file."""
    sound = sound_sha256(path, stop=stop)
    try:
        is_same = sound_sha256(copy, stop=copy_stop) == sound
    except AudioError:
        is_same = False
    if not is_same:
        raise AudioError(f"{path.name!r} would not be the same song with other tags; it was left as it is")


def _state(path: Path) -> tuple[int, int, int]:
    """Return what changes with a file."""
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns


def _check_state(path: Path, then: tuple[int, int, int]) -> None:
    """Make sure that nobody has written a file since a state of it."""
    if _state(path) != then:
        raise AudioError(f"{path.name!r} was changed by another program meanwhile; it was left as that made it")


def _take_place(copy: Path, path: Path, then: tuple[int, int, int]) -> None:
    """Put a finished copy in a file's place, if the file is as it was."""
    with copy.open("rb+") as file:
        os.fsync(file.fileno())
    _check_state(path, then)
    copy.replace(path)


@contextlib.contextmanager
def _mapped(path: Path) -> Iterator[Any]:
    """Give a file's bytes without reading them all."""
    with path.open("rb") as file:
        if not os.fstat(file.fileno()).st_size:
            raise AudioError(f"{path.name!r} is empty (0 bytes); copy or download it again")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data

"""The genre in a song's own tags: read, written, and taken back exactly.

Conventions
-----------
A song is never edited in place. Its copy in the same folder gets the tag, is checked (the tag reads back, every packet
of sound is the same byte for byte) and takes the song's name, so that a kill leaves the old file or the new one. What
was there before is kept as a `Change`, from which the old file is rebuilt bit by bit.
"""

import contextlib
import hashlib
import mmap
import os
import re
import shutil
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions_audio import AudioError, file_sha256, open_sound

BLOCK = 512  # bytes that are looked for at another place of a file
STEP = 32  # bytes after which two files may agree again, as around the page headers of Ogg
CHUNK = 1 << 20
LEFT_COPY = re.compile(r"\..*\.tagging-(\d{1,9})-[^.]*(?:\.|$)", re.DOTALL)
OPERATION = struct.Struct("<?QQ")  # whether copied, from where, how many bytes


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
        Rebuilds the old file from the new one; see `rebuilt`.
    """

    before: tuple[str, ...]
    after: tuple[str, ...]
    sha256_before: str
    sha256_after: str
    undo: bytes


def _unreadable(path: Path, error: object) -> AudioError:
    """Return the error for tags that the library cannot make sense of."""
    return AudioError(f"the tags of {path.name!r} cannot be read ({str(error).strip() or type(error).__name__})")


def _load(path: Path) -> Any:
    """Return mutagen's view of a file; an ID3v2.3 tag keeps its version's frames."""
    import mutagen  # only where tags are wanted
    from mutagen.id3 import ID3

    try:
        audio = mutagen.File(path)
        if audio is not None and isinstance(audio.tags, ID3) and audio.tags.version[:2] == (2, 3):
            audio = type(audio)(path, translate=False)
    except Exception as error:  # a parser of what strangers made may fail in any way
        raise _unreadable(path, error) from error
    if audio is None or not hasattr(audio, "add_tags"):
        raise _without_tags(path)
    return audio


def _without_tags(path: Path) -> AudioError:
    """Return the error for a format that has no tags, or none that can be written."""
    return AudioError(f"{path.name!r} is of a format without tags that can be written", "unsupported")


def _genres(tags: Any) -> list[str]:
    """Return the genres in a file's tags, as text."""
    from mutagen.id3 import ID3

    if tags is None:
        return []
    if isinstance(tags, ID3):
        values: list[Any] = [genre for frame in tags.getall("TCON") for genre in frame.genres]
    else:
        found = tags.get(_key(tags), [])
        values = list(found) if isinstance(found, (list, tuple)) or hasattr(found, "kind") else [found]
    return [text for text in (str(value).strip() for value in values) if text]


def _key(tags: Any) -> str:
    """Return the name of the genre in tags that are not ID3."""
    from mutagen.apev2 import APEv2
    from mutagen.asf import ASFTags
    from mutagen.mp4 import MP4Tags

    names = {MP4Tags: "\xa9gen", ASFTags: "WM/Genre", APEv2: "Genre"}
    return next((name for kind, name in names.items() if isinstance(tags, kind)), "genre")


def read_genres(path: Path) -> list[str]:
    """Return the genres in a file's tags, none if it has no such tag.

    An mp3 without a genre in its ID3 tags may have one in APEv2 tags.

    Raises
    ------
    AudioError
        If its tags cannot be read, or its format has none.
    """
    from mutagen.apev2 import APEv2, error
    from mutagen.mp3 import MP3

    audio = _load(path)
    genres = _genres(audio.tags)
    if not genres and isinstance(audio, MP3):
        with contextlib.suppress(error):
            genres = _genres(APEv2(path))
    return genres


def _written_genres(path: Path) -> tuple[str, ...]:
    """Return the genres in the tags that are written here."""
    return tuple(_genres(_load(path).tags))


def _set_genres(path: Path, genres: Sequence[str], song: Path) -> None:
    """Write genres into a copy of a song, in the tags' own version; none removes the tag."""
    from mutagen.id3 import ID3, TCON

    audio = _load(path)
    try:
        if audio.tags is None:
            audio.add_tags()
    except Exception as error:  # every format has its own
        raise _without_tags(song) from error
    try:
        version = {}
        if isinstance(audio.tags, ID3):
            old = audio.tags.getall("TCON")
            audio.tags.delall("TCON")
            if genres:
                encoding = old[0].encoding if old and _fits(genres, old[0]) else 1
                audio.tags.add(TCON(encoding=encoding, text=list(genres)))
            version = {"v2_version": 3} if audio.tags.version[:2] == (2, 3) else {}
        elif genres:
            audio.tags[_key(audio.tags)] = list(genres)
        elif _key(audio.tags) in audio.tags:
            del audio.tags[_key(audio.tags)]
        audio.save(**version)
    except Exception as error:  # see `_load`
        raise AudioError(f"the tags of {song.name!r} cannot be written ({str(error).strip() or error!r})") from error


def _fits(genres: Sequence[str], frame: Any) -> bool:
    """Whether an ID3 frame's encoding has all letters of some genres."""
    return frame.encoding != 0 or all(genre.isascii() for genre in genres)


def sound_sha256(path: Path) -> str:
    """Return the SHA-256 of a file's packets of sound, which tags are no part of; nothing is decoded.

    Raises
    ------
    AudioError
        If it cannot be opened.
    """
    import av

    digest = hashlib.sha256()
    try:
        with path.open("rb") as file, open_sound(file) as container:
            for packet in container.demux(container.streams.audio[0]):
                digest.update(bytes(packet))
    except (av.FFmpegError, ValueError, IndexError) as error:
        raise AudioError(f"the sound of {path.name!r} cannot be read; check that it plays") from error
    return digest.hexdigest()


def write_genres(path: Path, genres: Sequence[str], *, record: Callable[[Change], None]) -> Change:
    """Replace the genres in a file's tags.

    Parameters
    ----------
    path : Path
        A song in any format of mutagen's: mp3, flac, ogg, opus, m4a, wma, wav, aiff, ape, ...
    genres : sequence of str
        The new ones; none removes the tag.
    record : callable
        Called with the change when all is ready, before the song has changed: what it keeps survives a kill.

    Raises
    ------
    AudioError
        If the file is read-only, its tags cannot be read or written, the sound would not stay the same, or another
        program changes it meanwhile.
    OSError
        If the disk is full or the folder cannot be written.
    """
    path = path.resolve()  # a link stays a link
    then = _state(path)
    with _copied(path) as copy:
        before = _written_genres(path)
        _set_genres(copy, genres, path)
        after = _written_genres(copy)
        if after != tuple(genres):
            raise AudioError(f"the tags of {path.name!r} do not take {', '.join(genres)!r}; it was left as it is")
        _check_sound(copy, path)
        change = Change(before, after, file_sha256(path), file_sha256(copy), difference(path, copy))
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
            with _mapped(path) as new, copy.open("wb") as file:
                file.writelines(rebuilt(new, change.undo))
            if file_sha256(copy) != change.sha256_before:
                raise AudioError(f"what is kept of {path.name!r} is damaged; it was left as it is")
        else:
            if _written_genres(path) != change.after:
                raise AudioError(f"the genre of {path.name!r} was changed since; it was left as it is")
            _set_genres(copy, change.before, path)
            _check_sound(copy, path)
        _take_place(copy, path, then)
    return now == change.sha256_after


@contextlib.contextmanager
def _copied(path: Path) -> Iterator[Path]:
    """Give a copy of a file in its folder, with its permissions and owner; it is removed if it takes no place."""
    if not path.stat().st_mode & 0o222 or not os.access(path, os.W_OK):
        raise AudioError(f"{path.name!r} is read-only; change its permissions to write tags")
    mark = f".{path.stem[:40]}.tagging-{os.getpid()}-"
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=mark, suffix=path.suffix)
    os.close(handle)
    copy = Path(name)
    try:
        shutil.copy2(path, copy)
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


def _check_sound(copy: Path, path: Path) -> None:
    """Make sure that a copy has the sound of a file."""
    if sound_sha256(copy) != sound_sha256(path):
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


# ---- the difference of two files


def difference(old: Path, new: Path) -> bytes:
    """Return what rebuilds `old` from `new`: stretches to copy, and the bytes that are not there, compressed.

    Tags move the sound but do not change it, so nearly all of a file is copied.
    """
    with _mapped(old) as a, _mapped(new) as b:
        operations = []
        start = _agreement(a, b, 0, 0)
        if start:
            operations.append(_copy(0, start))
        end = _common_end(a, b, start)
        position, stop, shift = start, len(a) - end, 0
        literal = position
        while position < stop:
            block = a[position : min(position + BLOCK, stop)]
            place = position + shift
            if b[place : place + STEP] != a[position : position + STEP]:  # else the two go on side by side
                place = b.find(block) if len(block) == BLOCK else -1
            if place < 0:
                position = _side_by_side(a, b, position, stop, shift)
                continue
            length = min(_agreement(a, b, position, place), stop - position)
            if literal < position:
                operations.append(_literal(a[literal:position]))
            operations.append(_copy(place, length))
            shift, position = place - position, position + length
            literal = position
        if literal < stop:
            operations.append(_literal(a[literal:stop]))
        if end:
            operations.append(_copy(len(b) - end, end))
    return zlib.compress(b"".join(operations), 6)


def _side_by_side(a: Any, b: Any, position: int, stop: int, shift: int) -> int:
    """Return the next position where two files agree again at the same distance, or where to look further."""
    for near in range(position + STEP, min(position + BLOCK, stop), STEP):
        place = near + shift
        if place >= 0 and a[near : near + STEP] == b[place : place + STEP]:
            return near
    return min(position + BLOCK, stop)


def _copy(place: int, length: int) -> bytes:
    """Return the operation that copies a stretch of the new file."""
    return OPERATION.pack(True, place, length)


def _literal(data: bytes) -> bytes:
    """Return the operation that adds bytes."""
    return OPERATION.pack(False, 0, len(data)) + data


def _agreement(a: Any, b: Any, i: int, j: int) -> int:
    """Return how many bytes agree from places `i` and `j` on."""
    length, step, most = 0, CHUNK, min(len(a) - i, len(b) - j)
    while length < most and step:
        step = min(step, most - length)
        if a[i + length : i + length + step] == b[j + length : j + length + step]:
            length += step
        else:
            step //= 2
    return length


def _common_end(a: Any, b: Any, start: int) -> int:
    """Return how many bytes agree at the end, of what lies behind `start`."""
    length, step, most = 0, CHUNK, min(len(a), len(b)) - start
    while length < most and step:
        step = min(step, most - length)
        i, j = len(a) - length, len(b) - length
        if a[i - step : i] == b[j - step : j]:
            length += step
        else:
            step //= 2
    return length


def rebuilt(new: Any, undo: bytes) -> Iterator[bytes]:
    """Yield the old file's bytes, part by part, from the new file's and what `difference` gave.

    Raises
    ------
    AudioError
        If the description is damaged.
    """
    try:
        operations = zlib.decompress(undo)
        at = 0
        while at < len(operations):
            copied, place, length = OPERATION.unpack_from(operations, at)
            at += OPERATION.size
            yield new[place : place + length] if copied else operations[at : at + length]
            at += 0 if copied else length
    except (zlib.error, struct.error) as error:
        raise AudioError("what is kept of a file's tags is damaged; the file was left as it is") from error


@contextlib.contextmanager
def _mapped(path: Path) -> Iterator[Any]:
    """Give a file's bytes without reading them all."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield data

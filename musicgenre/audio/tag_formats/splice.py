"""Byte edits of a file (splices), their inverse, and the common view of a tag.

Conventions
-----------
Formats read a whole file as a buffer of bytes (memory-mapped) and never write: a tag's `edit` returns splices, whose
positions are those of the file as it is. Whatever no splice covers stays the same byte for byte.
"""

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

OPERATION = struct.Struct("<?QQ")  # of an undo: whether copied, from where, how many bytes

Edit = Callable[[Sequence[str], str], list["Splice"]]


class DamagedTag(ValueError):  # noqa: N818 - the word for what it is
    """A tag whose structure contradicts itself, so that nothing can be written without harm."""


class UnsupportedTag(ValueError):  # noqa: N818 - the word for what it is
    """A tag or container that is whole but cannot be written here."""


@dataclass(frozen=True)
class Splice:
    """Replace the bytes from `start` to `stop` of the old file with `data`."""

    start: int
    stop: int
    data: bytes

    @property
    def growth(self) -> int:
        """Bytes by which the file grows."""
        return len(self.data) - (self.stop - self.start)


def growth(splices: Iterable[Splice]) -> int:
    """Return the bytes by which a file grows."""
    return sum(splice.growth for splice in splices)


def as_list(genres: Sequence[str], separator: str) -> tuple[str, ...]:
    """Return genres as a format stores them that has lists of values."""
    return tuple(genres)


def as_text(genres: Sequence[str], separator: str) -> tuple[str, ...]:
    """Return genres as a format stores them that has one text only."""
    return (separator.join(genres),) if genres else ()


@dataclass(frozen=True)
class Tag:
    """One tag of a file.

    Parameters
    ----------
    name : str
        What people call it: ``ID3v2.3``, ``APEv2``, ...
    start, stop : int
        Its place in the file.
    genres : tuple of str
        The genres in it.
    others : tuple of bytes
        Every other item, byte for byte: the same before and after an edit.
    edit : callable
        (genres, separator) -> splices that replace the genres; none removes them.
    stored : callable
        (genres, separator) -> the genres that read back after `edit`.
    """

    name: str
    start: int
    stop: int
    genres: tuple[str, ...]
    others: tuple[bytes, ...]
    edit: Edit
    stored: Callable[[Sequence[str], str], tuple[str, ...]] = as_list


@dataclass(frozen=True)
class TaggedFile:
    """All tags of a file.

    Parameters
    ----------
    tags : tuple of Tag
        The ones that are there, the one that counts most first.
    add : callable
        (genres, separator) -> splices that add the format's usual tag.
    sized : callable
        splices -> those of sizes around all of them.
    sound_stop : int or None
        Where the tags behind a stream of sound begin, which some readers take for sound.
    left : tuple of str
        What says a genre and cannot be written, in words.
    own_tags : int
        How many of the tags, the first ones, are of the format itself; others were put around it.
    """

    tags: tuple[Tag, ...]
    add: Edit
    sized: Callable[[Sequence[Splice]], list[Splice]] = lambda _: []
    sound_stop: int | None = None
    left: tuple[str, ...] = ()
    own_tags: int = 1

    @property
    def lacks_tag(self) -> bool:
        """Whether the format's usual tag has to be added for a genre to be found."""
        return not self.tags or not self.own_tags

    def edit(self, genres: Sequence[str], separator: str) -> tuple[list[Splice], list[Tag]]:
        """Return the splices that write genres, and the old tags that they are written in.

        These are every tag that holds a genre and, unless genres are removed, the first. The usual one is added only
        where there is none: readers take other fields, such as the title, from one tag alone.
        """
        first = None if self.lacks_tag else self.tags[0]
        written = [tag for tag in self.tags if tag.genres or (tag is first and genres)]
        splices = [splice for tag in written for splice in tag.edit(genres, separator)]
        if genres and self.lacks_tag:
            splices += self.add(genres, separator)
        return [*splices, *self.sized(splices)], written


def replacing(places: Sequence[tuple[int, int]], new: bytes, otherwise: int) -> list[Splice]:
    """Return splices that put new bytes in the first of some places and remove the others.

    Parameters
    ----------
    places : sequence of (int, int)
        Starts and stops of the old items.
    new : bytes
        The new items; may be empty.
    otherwise : int
        Where they go if there is no old one.
    """
    if not places:
        return [Splice(otherwise, otherwise, new)] if new else []
    return [Splice(*place, b"" if i else new) for i, place in enumerate(places)]


def in_order(data: Any, splices: Iterable[Splice]) -> list[Splice]:
    """Return splices by position, without those that change nothing; raise `DamagedTag` if two overlap."""
    ordered = sorted(splices, key=lambda splice: (splice.start, splice.stop))
    at = 0
    for splice in ordered:
        if not at <= splice.start <= splice.stop <= len(data):
            raise DamagedTag("parts of it overlap")
        at = splice.stop
    return [splice for splice in ordered if splice.growth or data[splice.start : splice.stop] != splice.data]


def spliced(data: Any, ordered: Sequence[Splice]) -> Iterator[Any]:
    """Yield the new file's bytes, part by part; `ordered` is of `in_order`."""
    view = memoryview(data)
    at = 0
    try:
        for splice in ordered:
            yield view[at : splice.start]
            yield splice.data
            at = splice.stop
        yield view[at:]
    finally:
        view.release()


def undo_of(data: Any, ordered: Sequence[Splice]) -> bytes:
    """Return what rebuilds the old file from the new one: stretches to copy, and the bytes that are gone, compressed.

    The sound is always copied, so this is small whatever the size of a file.
    """
    operations = []
    at, shift = 0, 0
    for splice in ordered:
        if at < splice.start:
            operations.append(OPERATION.pack(True, at + shift, splice.start - at))
        old = data[splice.start : splice.stop]
        if old:
            operations.append(OPERATION.pack(False, 0, len(old)) + old)
        at, shift = splice.stop, shift + splice.growth
    if at < len(data):
        operations.append(OPERATION.pack(True, at + shift, len(data) - at))
    return zlib.compress(b"".join(operations), 6)


def rebuilt(new: Any, undo: bytes) -> Iterator[bytes]:
    """Yield the old file's bytes, part by part, from the new file's and what `undo_of` gave.

    Raises
    ------
    DamagedTag
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
        raise DamagedTag("what is kept of it cannot be unpacked") from error

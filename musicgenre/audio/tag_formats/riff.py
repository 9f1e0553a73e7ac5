"""WAV and AIFF: ID3 tags in a chunk, and RIFF's own INFO list (IGNR); all other chunks stay.

The structures are those of "Multimedia Programming Interface and Data Specifications 1.0" (RIFF), EBU Tech 3306 (RF64)
and "Audio Interchange File Format" (Apple, 1989).
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from musicgenre.audio.tag_formats import id3
from musicgenre.audio.tag_formats.splice import (
    DamagedTag,
    Splice,
    Tag,
    TaggedFile,
    UnsupportedTag,
    as_text,
    growth,
    replacing,
)

UNKNOWN = 0xFFFFFFFF  # size in RF64, whose true sizes stand in ds64
PROGRAM = b"ISFT"  # item of INFO that names the program; alone it is no tag that people look at
ENDLESS = (0, UNKNOWN)  # sizes of sound that was streamed: it reaches to the end of the file


@dataclass(frozen=True)
class _Chunk:
    """One chunk: its name, and where it and its content begin and end, without the byte that pads it."""

    name: bytes
    start: int
    content: int
    stop: int


@dataclass(frozen=True)
class _Container:
    """The whole file, and its chunks."""

    data: Any
    start: int
    stop: int
    order: str  # of bytes, for struct
    chunks: tuple[_Chunk, ...]


def _chunks(data: Any, start: int, stop: int, order: str) -> Iterator[_Chunk]:
    """Yield the chunks in a range; a chunk that claims more than the range is cut at its end."""
    at = start
    while at + 8 <= stop:
        name, size = struct.unpack_from(f"{order}4sI", data, at)
        if not name.strip(b"\0"):
            return
        if name == b"data" and size in ENDLESS:
            size = _large_size(data, start, order) or stop - at - 8
        end = min(at + 8 + size, stop)
        yield _Chunk(name, at, at + 8, end)
        at = end + size % 2


def _large_size(data: Any, first: int, order: str) -> int | None:
    """Return the size of the sound in a file of RF64, None if it is none."""
    if data[first : first + 4] != b"ds64":
        return None
    return int(struct.unpack_from(f"{order}Q", data, first + 16)[0])


def read(data: Any, start: int, stop: int) -> TaggedFile:
    """Return the tags of a WAV or AIFF file that lies between two places.

    Raises
    ------
    DamagedTag
        If its chunks or tags cannot be followed.
    """
    order = ">" if data[start : start + 4] == b"FORM" else "<"
    file = _Container(data, start, stop, order, tuple(_chunks(data, start + 12, stop, order)))
    tags = []
    for chunk in file.chunks:
        if chunk.name.upper() == b"ID3 ":
            tag = id3.find(data, chunk.content)
            if tag is None or tag.stop > chunk.stop:
                raise DamagedTag("its ID3 chunk holds no tag")
            tags.append(_inside(file, chunk, tag))
    for chunk in file.chunks:
        if chunk.name == b"LIST" and data[chunk.content : chunk.content + 4] == b"INFO" and order == "<":
            info = _info(data, chunk)
            if info.genres or any(not item.startswith(PROGRAM) for item in info.others):
                tags.append(_inside(file, chunk, info))

    def add(genres: Sequence[str], separator: str) -> list[Splice]:
        new = id3.new_tag(genres, separator)
        new = b"ID3 " * (order == ">") + b"id3 " * (order == "<") + struct.pack(f"{order}I", len(new)) + _even(new)
        at, pad = _end(file)
        return [Splice(at, at, pad + new)]

    return TaggedFile(tuple(tags), add, lambda splices: _root(file, splices))


def _even(content: bytes) -> bytes:
    """Return the content of a chunk with the byte that pads it."""
    return content + bytes(len(content) % 2)


def _end(file: _Container) -> tuple[int, bytes]:
    """Return where a chunk can be added, and what pads the one before: not behind sound that has no true end."""
    for chunk in file.chunks:
        if chunk.name in (b"data", b"SSND"):
            (size,) = struct.unpack_from(f"{file.order}I", file.data, chunk.start + 4)
            if size in ENDLESS:
                size = _large_size(file.data, file.start + 12, file.order) or UNKNOWN
            if chunk.stop - chunk.content < size:
                return chunk.start, b""
    if not file.chunks:
        raise DamagedTag("it has no chunks")
    last = file.chunks[-1]
    padded = last.stop + (last.stop - last.content) % 2
    return (last.stop, b"\0") if padded > file.stop else (padded, b"")


def _inside(file: _Container, chunk: _Chunk, tag: Tag) -> Tag:
    """Return a tag whose edits keep its chunk's size right."""

    def edit(genres: Sequence[str], separator: str) -> list[Splice]:
        splices = tag.edit(genres, separator)
        more = growth(splices)
        if not more:
            return splices
        size = chunk.stop - chunk.content + more
        old_pad = (chunk.stop - chunk.content) % 2 if chunk.stop < file.stop else 0
        splices.append(Splice(chunk.start + 4, chunk.start + 8, struct.pack(f"{file.order}I", size)))
        splices.append(Splice(chunk.stop, chunk.stop + old_pad, bytes(size % 2)))
        return splices

    return replace(tag, edit=edit)


def _root(file: _Container, splices: Sequence[Splice]) -> list[Splice]:
    """Return the splice of the whole file's size, where it is one and counts what grows."""
    (size,) = struct.unpack_from(f"{file.order}I", file.data, file.start + 4)
    first = file.start + 12
    inside = [splice for splice in splices if file.start <= splice.start and splice.stop <= file.stop]
    if file.data[first : first + 4] == b"ds64":
        (large,) = struct.unpack_from(f"{file.order}Q", file.data, first + 8)
        return [Splice(first + 8, first + 16, struct.pack(f"{file.order}Q", large + growth(inside)))]
    if size in ENDLESS:
        return []
    if any(splice.stop > file.start + 8 + size + size % 2 for splice in inside):  # it is too small for all chunks
        size = file.stop - file.start - 8
    more = growth(inside)
    if size + more >= UNKNOWN:
        raise UnsupportedTag("it has 4 GB, the most that its format takes")
    return [Splice(file.start + 4, file.start + 8, struct.pack(f"{file.order}I", size + more))]


def _info(data: Any, chunk: _Chunk) -> Tag:
    """Return RIFF's own tag; one text, in UTF-8 as most programs read it."""
    items = list(_chunks(data, chunk.content + 4, chunk.stop, "<"))
    mine = [item for item in items if item.name == b"IGNR"]
    genres = [_text(data[item.content : item.stop].split(b"\0")[0]) for item in mine]
    others = tuple(data[item.start : item.stop] for item in items if item not in mine)

    def ends(item: _Chunk) -> int:
        return min(item.stop + (item.stop - item.content) % 2, chunk.stop)

    at = ends(items[-1]) if items else chunk.content + 4
    lacks_pad = bool(items) and (items[-1].stop - items[-1].content) % 2 and ends(items[-1]) == items[-1].stop

    def edit(genres: Sequence[str], separator: str) -> list[Splice]:
        value = separator.join(genres).encode() + b"\0"
        new = b"IGNR" + struct.pack("<I", len(value)) + _even(value) if genres else b""
        pad = b"\0" if lacks_pad and not mine else b""
        return replacing([(item.start, ends(item)) for item in mine], pad + new if new else b"", at)

    found = tuple(genre.strip() for genre in genres if genre.strip())
    return Tag("RIFF INFO", chunk.start, chunk.stop, found, others, edit, as_text)


def _text(value: bytes) -> str:
    """Return a text whose encoding nobody says."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("cp1252", "replace")

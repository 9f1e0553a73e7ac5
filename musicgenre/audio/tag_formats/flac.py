"""FLAC: the Vorbis comments among its metadata blocks (RFC 9639, section 8)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from musicgenre.audio.tag_formats import vorbis
from musicgenre.audio.tag_formats.splice import DamagedTag, Splice, Tag, TaggedFile, UnsupportedTag, growth

MARK = b"fLaC"
COMMENTS = 4  # type of a block
LONGEST = (1 << 24) - 1


def read(data: Any, start: int, stop: int) -> TaggedFile:
    """Return the tags of a FLAC stream that lies between two places.

    Raises
    ------
    DamagedTag
        If its blocks or comments have wrong sizes.
    """
    tags = []
    first_end = 0
    at = start + len(MARK)
    while True:
        if at + 4 > stop:
            raise DamagedTag("its metadata blocks end too early")
        kind, length = data[at], int.from_bytes(data[at + 1 : at + 4])
        if at + 4 + length > stop:
            raise DamagedTag("one of its metadata blocks has a wrong size")
        if kind & 0x7F == COMMENTS:
            tags.append(_in_block(data, at, length))
        at += 4 + length
        first_end = first_end or at
        if kind & 0x80:
            break

    def add(genres: Sequence[str], separator: str) -> list[Splice]:
        comments = vorbis.new_comments(genres)
        only = data[start + 4] & 0x80  # STREAMINFO is then the last no more
        header = bytes([COMMENTS | only]) + len(comments).to_bytes(3)
        first = Splice(start + 4, start + 5, bytes([data[start + 4] & 0x7F]))
        return [first, Splice(first_end, first_end, header + comments)]

    return TaggedFile(tuple(tags), add)


def _in_block(data: Any, at: int, length: int) -> Tag:
    """Return the comments in a block, whose length follows theirs."""
    tag = vorbis.find(data, at + 4, at + 4 + length)

    def edit(genres: Sequence[str], separator: str) -> list[Splice]:
        splices = tag.edit(genres, separator)
        size = length + growth(splices)
        if size > LONGEST:
            raise UnsupportedTag("its Vorbis comments have 16 MB, the most that FLAC takes")
        return [Splice(at + 1, at + 4, size.to_bytes(3)), *splices]

    return replace(tag, edit=edit)

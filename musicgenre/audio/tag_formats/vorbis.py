"""Vorbis comments: the fields of the name GENRE are replaced, all other bytes stay.

The structure is that of xiph.org/vorbis/doc/v-comment.html. Fields may hold any bytes; what is no UTF-8 stays so.
"""

import struct
from collections.abc import Sequence
from typing import Any

from musicgenre.audio.tag_formats.splice import DamagedTag, Splice, Tag, replacing

NAME = b"genre="


def find(data: Any, start: int, stop: int) -> Tag:
    """Return the comments that begin at a place, and whatever lies behind them up to `stop`.

    Raises
    ------
    DamagedTag
        If their sizes are wrong.
    """
    count_at = _end(data, start, stop)
    if count_at + 4 > stop:
        raise DamagedTag("it ends too early")
    (count,) = struct.unpack_from("<I", data, count_at)
    places, genres, others = [], list[str](), [data[start:count_at]]
    at = count_at + 4
    for _ in range(count):
        end = _end(data, at, stop)
        if data[at + 4 : at + 4 + len(NAME)].lower() == NAME:
            places.append((at, end))
            genres.append(_text(data[at + 4 + len(NAME) : end]))
        else:
            others.append(data[at:end])
        at = end
    others.append(data[at:stop])

    def edit(genres: Sequence[str], separator: str) -> list[Splice]:
        number = count - len(places) + len(genres)
        return [Splice(count_at, count_at + 4, struct.pack("<I", number)), *replacing(places, fields(genres), at)]

    found = tuple(genre.strip() for genre in genres if genre.strip())
    return Tag("Vorbis", start, stop, found, tuple(others), edit)


def fields(genres: Sequence[str]) -> bytes:
    """Return one field for each genre."""
    values = [b"GENRE=" + genre.encode() for genre in genres]
    return b"".join(struct.pack("<I", len(value)) + value for value in values)


def new_comments(genres: Sequence[str]) -> bytes:
    """Return comments without a vendor that hold nothing but genres."""
    return struct.pack("<II", 0, len(genres)) + fields(genres)


def _end(data: Any, at: int, stop: int) -> int:
    """Return where a text ends that begins with its length."""
    if at + 4 > stop:
        raise DamagedTag("it ends too early")
    end = at + 4 + int(struct.unpack_from("<I", data, at)[0])
    if end > stop:
        raise DamagedTag("one of its fields has a wrong size")
    return end


def _text(value: bytes) -> str:
    """Return a value as text, whatever encoding it has."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")

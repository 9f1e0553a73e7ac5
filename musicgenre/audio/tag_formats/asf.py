"""ASF (wma): the attributes WM/Genre are replaced, all other bytes stay ("Advanced Systems Format", Microsoft, 2004).

The first genre stands among the extended content descriptions, further ones in the metadata library, where players
look for several values of one name.
"""

import struct
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from musicgenre.audio.tag_formats.splice import DamagedTag, Splice, Tag, TaggedFile, growth, replacing


def _guid(text: str) -> bytes:
    """Return the bytes of a GUID."""
    return uuid.UUID(text).bytes_le


HEADER = _guid("75B22630-668E-11CF-A6D9-00AA0062CE6C")
FILE = _guid("8CABDCA1-A947-11CF-8EE4-00C00C205365")
EXTENSION = _guid("5FBF03B5-A92E-11CF-8EE3-00C00C205365")
DESCRIPTIONS = _guid("D2D0A440-E307-11D2-97F0-00A0C95EA850")
METADATA = _guid("C5F8CBEA-5BAF-4877-8467-AA8C44FA4CCA")
LIBRARY = _guid("44231C94-9498-49D1-A141-1D134E457054")
NAME = "WM/Genre"
TEXT = 0  # type of a value


@dataclass(frozen=True)
class _Object:
    """One object: its kind, and where it, its content and its end lie."""

    kind: bytes
    start: int
    content: int
    stop: int


def _objects(data: Any, start: int, stop: int) -> Iterator[_Object]:
    """Yield the objects in a range."""
    at = start
    while at + 24 <= stop:
        (size,) = struct.unpack_from("<Q", data, at + 16)
        if size < 24 or at + size > stop:
            raise DamagedTag("one of its parts has a wrong size")
        yield _Object(data[at : at + 16], at, at + 24, at + size)
        at += size


@dataclass(frozen=True)
class _List:
    """A list of attributes in an object: the genres' places, their values, and all others byte for byte."""

    places: tuple[tuple[int, int], ...]
    genres: tuple[str, ...]
    others: tuple[bytes, ...]
    count: int
    at: int  # of the count
    stop: int


def _attributes(data: Any, found: _Object) -> _List:
    """Return the list of attributes in an object."""
    (count,) = struct.unpack_from("<H", data, found.content)
    at = found.content + 2
    places, genres, others = [], [], []
    for _ in range(count):
        begin = at
        if found.kind == DESCRIPTIONS:
            (name_length,) = struct.unpack_from("<H", data, at)
            name = data[at + 2 : at + 2 + name_length]
            form, length = struct.unpack_from("<HH", data, at + 2 + name_length)
            value = at + 6 + name_length
        else:
            _, _, name_length, form, length = struct.unpack_from("<HHHHI", data, at)
            name = data[at + 12 : at + 12 + name_length]
            value = at + 12 + name_length
        at = value + length
        if at > found.stop:
            raise DamagedTag("one of its attributes has a wrong size")
        if _text(name).casefold() == NAME.casefold() and form == TEXT:
            places.append((begin, at))
            genres.append(_text(data[value:at]))
        else:
            others.append(data[begin:at])
    others.append(data[at : found.stop])
    return _List(tuple(places), tuple(genres), tuple(others), count, found.content, at)


def read(data: Any, start: int, stop: int) -> TaggedFile:
    """Return the tags of an ASF file that lies between two places.

    Raises
    ------
    DamagedTag
        If its objects cannot be followed.
    """
    header = next(_objects(data, start, stop))
    inside = list(_objects(data, header.content + 6, header.stop))
    extension = next((found for found in inside if found.kind == EXTENSION), None)
    deep = list(_objects(data, extension.content + 22, extension.stop)) if extension else []
    flat = next((found for found in inside if found.kind == DESCRIPTIONS), None)
    further = [found for found in deep if found.kind in (METADATA, LIBRARY)]
    lists = {found: _attributes(data, found) for found in ([flat] if flat else []) + further}

    def edit(genres: Sequence[str], separator: str) -> list[Splice]:
        library = next((found for found in reversed(further) if found.kind == LIBRARY), None)
        splices = []
        grown = 0  # of the header extension
        added = 0  # objects in the header
        for found, attributes in lists.items():
            mine = genres[:1] if found is flat else genres[1:] if found is library else ()
            edits = _in_object(data, found, attributes, mine)
            splices += edits
            grown += growth(edits) if found is not flat else 0
        if len(genres) > 1 and library is None:
            if extension is None:
                raise DamagedTag("its header has no extension")
            new = _object(LIBRARY, [_entry(genre) for genre in genres[1:]])
            splices.append(Splice(extension.stop, extension.stop, new))
            grown += len(new)
        if grown and extension:
            size = extension.stop - extension.start + grown
            splices.append(Splice(extension.start + 16, extension.start + 24, struct.pack("<Q", size)))
            splices.append(Splice(extension.content + 18, extension.content + 22, struct.pack("<I", size - 46)))
        if genres and flat is None:  # behind what the extension gets, which may end at the same place
            splices.append(Splice(header.stop, header.stop, _object(DESCRIPTIONS, [_description(genres[0])])))
            added = 1
        return splices + _sizes(data, header, inside, growth(splices), added, stop - start)

    found = tuple(genre for attributes in lists.values() for genre in attributes.genres if genre)
    listed = [*lists]
    others = [data[o.start : o.stop] for o in inside if o not in (flat, extension) and o.kind != FILE]
    others += [data[o.start : o.stop] for o in deep if o not in listed]
    for key, attributes in lists.items():
        others += [key.kind, *attributes.others] if any(attributes.others) else []
    return TaggedFile((Tag("ASF", header.start, header.stop, found, tuple(others), edit),), edit)


def _in_object(data: Any, found: _Object, attributes: _List, genres: Sequence[str]) -> list[Splice]:
    """Return the splices of one list of attributes."""
    form = _description if found.kind == DESCRIPTIONS else _entry
    splices = replacing(attributes.places, b"".join(map(form, genres)), attributes.stop)
    count = attributes.count - len(attributes.places) + len(genres)
    size = found.stop - found.start + growth(splices)
    return [
        Splice(found.start + 16, found.start + 24, struct.pack("<Q", size)),
        Splice(attributes.at, attributes.at + 2, struct.pack("<H", count)),
        *splices,
    ]


def _sizes(data: Any, header: _Object, inside: Sequence[_Object], more: int, added: int, whole: int) -> list[Splice]:
    """Return the splices of the header's own size, number of objects and, if it was right, size of the file."""
    size, count = struct.unpack_from("<QI", data, header.start + 16)
    splices = [Splice(header.start + 16, header.start + 28, struct.pack("<QI", size + more, count + added))]
    for found in inside:
        if found.kind == FILE and struct.unpack_from("<Q", data, found.content + 16)[0] == whole:
            place = found.content + 16
            splices.append(Splice(place, place + 8, struct.pack("<Q", whole + more)))
    return splices


def _text(value: bytes) -> str:
    """Return a text, which may end in NUL."""
    return value.decode("utf-16-le", "replace").rstrip("\0").strip()


def _wide(text: str) -> bytes:
    """Return a text as ASF has it."""
    return f"{text}\0".encode("utf-16-le")


def _description(genre: str) -> bytes:
    """Return a genre among the extended content descriptions."""
    name, value = _wide(NAME), _wide(genre)
    return struct.pack("<H", len(name)) + name + struct.pack("<HH", TEXT, len(value)) + value


def _entry(genre: str) -> bytes:
    """Return a genre in the metadata library, of the whole file and no language."""
    name, value = _wide(NAME), _wide(genre)
    return struct.pack("<HHHHI", 0, 0, len(name), TEXT, len(value)) + name + value


def _object(kind: bytes, entries: Sequence[bytes]) -> bytes:
    """Return an object with a list of attributes."""
    content = struct.pack("<H", len(entries)) + b"".join(entries)
    return kind + struct.pack("<Q", 24 + len(content)) + content

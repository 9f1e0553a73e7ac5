"""MP4: the items of genres in moov.udta.meta.ilst are replaced, all other bytes stay.

They are ©gen, gnre (a number) and, where a program has written that, ---- of the name GENRE. Genres in QuickTime's and
3GPP's own places are found and left. Where the sound lies behind the items, its offsets in stco, co64 and tfhd move
along (ISO/IEC 14496-12; the items are those of Apple's "QuickTime File Format", metadata).
"""

import contextlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from musicgenre.audio.tag_formats.id3v1 import names
from musicgenre.audio.tag_formats.splice import DamagedTag, Splice, Tag, TaggedFile, UnsupportedTag, growth, replacing

GENRE, NUMBER, FREE = b"\xa9gen", b"gnre", b"----"
ELSEWHERE = (GENRE, NUMBER, b"com.apple.quicktime.genre")  # what names a genre in moov outside of the list
STARTS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")  # atoms that a file begins with
TO_TABLES = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
HANDLER = bytes(8) + b"mdirappl" + bytes(9)
UTF8 = 1  # type of a value


@dataclass(frozen=True)
class _Atom:
    """One atom: its name, and where it, its content and its end lie."""

    name: bytes
    start: int
    content: int
    stop: int


def _atoms(data: Any, start: int, stop: int, *, whole: bool = False) -> Iterator[_Atom]:
    """Yield the atoms in a range; one without a size ends the `whole` file, or a list as in QuickTime."""
    at = start
    while at + 8 <= stop:
        size, name = struct.unpack_from(">I4s", data, at)
        head = 8
        if size == 1:
            (size,), head = struct.unpack_from(">Q", data, at + 8), 16
        elif size == 0:
            if not whole:
                return
            size = stop - at
        if size < head or at + size > stop:
            raise DamagedTag(f"its part {name.decode('latin-1')!r} has a wrong size")
        yield _Atom(name, at, at + head, at + size)
        at += size


def _below(data: Any, atom: _Atom) -> Iterator[_Atom]:
    """Yield the atoms in an atom; meta has four bytes in front in MP4, none in QuickTime."""
    skip = 4 if atom.name == b"meta" and data[atom.content + 4 : atom.content + 8] != b"hdlr" else 0
    return _atoms(data, atom.content + skip, atom.stop)


def read(data: Any, start: int, stop: int) -> TaggedFile:
    """Return the tags of an MP4 file that lies between two places.

    Raises
    ------
    DamagedTag
        If its atoms cannot be followed.
    UnsupportedTag
        If it keeps its tags in another way.
    """
    top = list(_atoms(data, start, stop, whole=True))
    path = [atom for atom in top if atom.name == b"moov"][:1]
    if not path:
        raise DamagedTag("it has no list of its parts")
    for name in (b"udta", b"meta", b"ilst"):
        inner = next((atom for atom in _below(data, path[-1]) if atom.name == name), None)
        if inner is None:
            break
        if name == b"meta" and _handler(data, inner) not in (b"mdir", b""):
            raise UnsupportedTag("its tags are QuickTime's, which have keys of their own")
        path.append(inner)

    def add(genres: Sequence[str], separator: str) -> list[Splice]:
        new = _item(genres)
        for name in (b"ilst", b"meta", b"udta")[: 4 - len(path)]:
            new = _atom(name, (_atom(b"hdlr", HANDLER).join((bytes(4), new))) if name == b"meta" else new)
        inside = list(_below(data, path[-1]))
        at = inside[-1].stop if inside else path[-1].stop
        return _moved(data, top, path, [Splice(at, at, new)])

    tags = (_in_list(data, top, path),) if len(path) == 4 else ()
    moov, listed = path[0], (path[-1].start, path[-1].stop) if tags else (path[0].stop, path[0].stop)
    around = data[moov.start : listed[0]] + data[listed[1] : moov.stop]
    left = ("the genre in QuickTime's own tags",) if any(name in around for name in ELSEWHERE) else ()
    return TaggedFile(tags, add, left=left)


def _in_list(data: Any, top: Sequence[_Atom], path: Sequence[_Atom]) -> Tag:
    """Return the tag that a list of items is."""
    items = list(_below(data, path[-1]))
    mine = [item for item in items if item.name in (GENRE, NUMBER)]
    free = [item for item in items if item.name == FREE and _free_name(data, item).lower() == b"genre"]
    genres = [genre for item in (*mine, *free) for genre in _values(data, item)]
    others = tuple(data[item.start : item.stop] for item in items if item not in (*mine, *free))
    at = items[-1].stop if items else path[-1].content

    def edit(genres: Sequence[str], separator: str) -> list[Splice]:
        splices = replacing([(item.start, item.stop) for item in mine], _item(genres) if genres else b"", at)
        for item in free:
            new = _atom(FREE, _free_head(data, item) + _values_of(genres)) if genres else b""
            splices.append(Splice(item.start, item.stop, new))
        return _moved(data, top, path, splices)

    found = tuple(dict.fromkeys(genre.strip() for genre in genres if genre.strip()))
    return Tag("MP4", path[-1].start, path[-1].stop, found, others, edit)


def _handler(data: Any, meta: _Atom) -> bytes:
    """Return what kind of tags an atom of them has."""
    found = next((atom for atom in _below(data, meta) if atom.name == b"hdlr"), None)
    return bytes(data[found.content + 8 : found.content + 12]) if found else b""


def _values(data: Any, item: _Atom) -> Iterator[str]:
    """Yield the genres in an item; numbers are those of ID3v1, counted from one."""
    for value in _atoms(data, item.content, item.stop):
        content = data[value.content + 8 : value.stop]
        if value.name != b"data":
            continue
        if item.name != NUMBER:
            yield content.decode("utf-16-be" if data[value.content + 3] == 2 else "utf-8", "replace")
        elif len(content) >= 2:
            number = int.from_bytes(content[:2])
            yield names()[number - 1] if 1 <= number <= len(names()) else ""


def _atom(name: bytes, content: bytes) -> bytes:
    """Return an atom."""
    return struct.pack(">I4s", 8 + len(content), name) + content


def _item(genres: Sequence[str]) -> bytes:
    """Return the item of genres: a value for each."""
    return _atom(GENRE, _values_of(genres))


def _values_of(genres: Sequence[str]) -> bytes:
    """Return the values in an item."""
    return b"".join(_atom(b"data", struct.pack(">II", UTF8, 0) + genre.encode()) for genre in genres)


def _free_head(data: Any, item: _Atom) -> bytes:
    """Return what stands before the values of an item that has a name: whose it is, and the name."""
    heads = (part for part in _atoms(data, item.content, item.stop) if part.name != b"data")
    return b"".join(data[part.start : part.stop] for part in heads)


def _free_name(data: Any, item: _Atom) -> bytes:
    """Return the name of an item that has one, behind its version and flags."""
    with contextlib.suppress(DamagedTag):  # such an item is left as it is
        names = (part for part in _atoms(data, item.content, item.stop) if part.name == b"name")
        return next((bytes(data[part.content + 4 : part.stop]) for part in names), b"")
    return b""


def _moved(data: Any, top: Sequence[_Atom], path: Sequence[_Atom], splices: list[Splice]) -> list[Splice]:
    """Return splices, and those of the sizes around them and the offsets of what moves behind them."""
    more = growth(splices)
    if not more:
        return splices
    for atom in path:
        (short,) = struct.unpack_from(">I", data, atom.start)
        size = atom.stop - atom.start + more
        if short == 1:
            splices.append(Splice(atom.start + 8, atom.start + 16, struct.pack(">Q", size)))
        elif short:
            splices.append(Splice(atom.start, atom.start + 4, struct.pack(">I", size)))
    behind = max(splice.stop for splice in splices if splice.growth)
    for at, form in _offsets(data, top):
        (offset,) = struct.unpack_from(form, data, at)
        if offset >= behind:
            if offset + more >= 1 << 8 * struct.calcsize(form):
                raise UnsupportedTag("it has 4 GB, the most that its offsets reach")
            splices.append(Splice(at, at + struct.calcsize(form), struct.pack(form, offset + more)))
    return splices


def _offsets(data: Any, top: Sequence[_Atom]) -> Iterator[tuple[int, str]]:
    """Yield the place and the form of every offset from the beginning of the file."""
    for table in _along(data, top, TO_TABLES):
        for atom in _below(data, table):
            form = {b"stco": ">I", b"co64": ">Q"}.get(atom.name)
            if form:
                (count,) = struct.unpack_from(">I", data, atom.content + 4)
                size = struct.calcsize(form)
                if atom.content + 8 + count * size > atom.stop:
                    raise DamagedTag("its list of offsets has a wrong size")
                yield from ((atom.content + 8 + i * size, form) for i in range(count))
    for fragment in _along(data, top, (b"moof", b"traf")):
        for atom in _below(data, fragment):
            if atom.name == b"tfhd" and data[atom.content + 3] & 1:
                yield atom.content + 8, ">Q"
    for index in _along(data, top, (b"mfra",)):
        for atom in _below(data, index):
            if atom.name == b"tfra":
                yield from _fragment_offsets(data, atom)


def _fragment_offsets(data: Any, atom: _Atom) -> Iterator[tuple[int, str]]:
    """Yield the offsets in an index of fragments."""
    wide = data[atom.content]
    lengths, count = struct.unpack_from(">II", data, atom.content + 8)
    entry = (16 if wide else 8) + sum((lengths >> shift & 3) + 1 for shift in (0, 2, 4))
    for i in range(count):
        at = atom.content + 16 + i * entry
        yield (at + 8, ">Q") if wide else (at + 4, ">I")


def _along(data: Any, atoms: Sequence[_Atom], names: Sequence[bytes]) -> Iterator[_Atom]:
    """Yield the atoms that a path of names leads to."""
    for atom in atoms:
        if atom.name == names[0]:
            if len(names) == 1:
                yield atom
            else:
                yield from _along(data, list(_below(data, atom)), names[1:])

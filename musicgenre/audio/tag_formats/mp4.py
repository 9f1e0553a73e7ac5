"""MP4: the items of genres in moov.udta.meta.ilst are replaced, all other bytes stay.

They are ©gen, gnre (a number) and, where a program has written that, ---- of the name GENRE. QuickTime's ©gen and
3GPP's gnre stand in moov.udta itself and hold one text each. Genres elsewhere (tracks, QuickTime's keys) are found and
left. Where the sound lies behind the items, its offsets in stco, co64 and tfhd move along (ISO/IEC 14496-12; 3GPP TS
26.244; the rest is of Apple's "QuickTime File Format").
"""

import contextlib
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from musicgenre.audio.tag_formats.id3v1 import names
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

GENRE, NUMBER, FREE = b"\xa9gen", b"gnre", b"----"
ELSEWHERE = (GENRE, NUMBER, b"com.apple.quicktime.genre")  # what names a genre where it is not written
UNDETERMINED = struct.pack(">H", 0x55C4)  # a language, with which QuickTime's texts are Unicode
MACINTOSH = 0x400  # languages below have texts in the encoding of old Macintoshes
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
        if not inside and path[-1].name == b"udta":  # zeros that end a list of QuickTime may be all that is in it
            at = path[-1].content
        return [Splice(at, at, new)]

    own = [atom for atom in _below(data, path[1]) if atom.name in (GENRE, NUMBER)] if len(path) > 1 else []
    tags = [_in_list(data, path[3])] if len(path) == 4 else []
    tags += [_of_user_data(data, atom) for atom in own]
    left = ("the genre in QuickTime's keys or tracks",) if _is_elsewhere(data, path[0], [*path[3:], *own]) else ()
    return TaggedFile(tuple(tags), add, lambda splices: _moved(data, top, path, splices), left=left)


def _is_elsewhere(data: Any, moov: _Atom, known: Sequence[_Atom]) -> bool:
    """Whether something in an atom names a genre outside of those that are known."""
    at = moov.start
    parts = []
    for atom in sorted(known, key=lambda atom: atom.start):
        parts.append(data[at : atom.start])
        at = atom.stop
    return any(name in part for name in ELSEWHERE for part in (*parts, data[at : moov.stop]))


def _of_user_data(data: Any, atom: _Atom) -> Tag:
    """Return the tag that QuickTime's or 3GPP's own text is."""
    is_quicktime = atom.name == GENRE
    head = data[atom.content : atom.content + 6]  # of 3GPP: version, flags, language

    def edit(genres: Sequence[str], separator: str) -> list[Splice]:
        text = separator.join(genres).encode()
        content = struct.pack(">H", len(text)) + UNDETERMINED + text if is_quicktime else head + text + b"\0"
        return [Splice(atom.start, atom.stop, _atom(atom.name, content))]  # without genres it holds an empty text

    texts = _quicktime_texts(data, atom) if is_quicktime else [data[atom.content + 6 : atom.stop]]
    found = (_decoded(text).strip() for text in texts)
    name = "QuickTime" if is_quicktime else "3GPP"
    return Tag(name, atom.start, atom.stop, tuple(filter(None, found)), (), edit, as_text)


def _quicktime_texts(data: Any, atom: _Atom) -> Iterator[bytes]:
    """Yield QuickTime's texts of one name, one a language, as Unicode."""
    at = atom.content
    while at + 4 <= atom.stop:
        length, language = struct.unpack_from(">HH", data, at)
        text = bytes(data[at + 4 : min(at + 4 + length, atom.stop)])
        yield text.decode("mac-roman").encode() if language < MACINTOSH else text
        at += 4 + length


def _decoded(text: bytes) -> str:
    """Return a text in UTF-8, or in UTF-16 if its first character says so, up to its end."""
    if text[:2] in (b"\xfe\xff", b"\xff\xfe"):
        return text.decode("utf-16", "replace").split("\0")[0]
    return text.decode("utf-8", "replace").split("\0")[0]


def _in_list(data: Any, ilst: _Atom) -> Tag:
    """Return the tag that a list of items is."""
    items = list(_below(data, ilst))
    mine = [item for item in items if item.name in (GENRE, NUMBER)]
    free = [item for item in items if item.name == FREE and _free_name(data, item).lower() == b"genre"]
    genres = [genre for item in (*mine, *free) for genre in _values(data, item)]
    others = tuple(data[item.start : item.stop] for item in items if item not in (*mine, *free))
    at = items[-1].stop if items else ilst.content

    def edit(genres: Sequence[str], separator: str) -> list[Splice]:
        splices = replacing([(item.start, item.stop) for item in mine], _item(genres) if genres else b"", at)
        for item in free:
            new = _atom(FREE, _free_head(data, item) + _values_of(genres)) if genres else b""
            splices.append(Splice(item.start, item.stop, new))
        return splices

    found = tuple(dict.fromkeys(genre.strip() for genre in genres if genre.strip()))
    return Tag("MP4", ilst.start, ilst.stop, found, others, edit)


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


def _moved(data: Any, top: Sequence[_Atom], path: Sequence[_Atom], splices: Sequence[Splice]) -> list[Splice]:
    """Return the splices of the sizes around some, and of the offsets of what moves behind them."""

    def inside(atom: _Atom) -> list[Splice]:
        return [splice for splice in splices if atom.content <= splice.start and splice.stop <= atom.stop]

    sizes = []
    for atom in path:
        (short,) = struct.unpack_from(">I", data, atom.start)
        size = atom.stop - atom.start + growth(inside(atom))
        if short == 1:
            sizes.append(Splice(atom.start + 8, atom.start + 16, struct.pack(">Q", size)))
        elif short:
            sizes.append(Splice(atom.start, atom.start + 4, struct.pack(">I", size)))
    more = growth(inside(path[0]))
    if not more:
        return sizes
    behind = max(splice.stop for splice in inside(path[0]) if splice.growth)
    for at, form in _offsets(data, top):
        (offset,) = struct.unpack_from(form, data, at)
        if offset >= behind:
            if offset + more >= 1 << 8 * struct.calcsize(form):
                raise UnsupportedTag("it has 4 GB, the most that its offsets reach")
            sizes.append(Splice(at, at + struct.calcsize(form), struct.pack(form, offset + more)))
    return sizes


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
                if atom.content + 16 > atom.stop:
                    raise DamagedTag("the offset of a fragment has a wrong size")
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
    if atom.content + 16 + count * entry > atom.stop:
        raise DamagedTag("its list of offsets has a wrong size")
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

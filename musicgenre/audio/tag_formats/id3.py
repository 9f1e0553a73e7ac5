"""ID3v2.2, 2.3 and 2.4: the frames of genres (TCO, TCON; TXX, TXXX named GENRE) are replaced, all other bytes stay.

The structure is that of id3.org's "ID3 tag version 2", "2.3.0" and "2.4.0 - Main Structure". What common writers do
wrong is read as they meant it: sizes of 2.4 that are not synchsafe, a flag of unsynchronisation or of an extended
header without one, text in another encoding than its frame says, sizes that reach too far.
"""

import bisect
import contextlib
import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from musicgenre.audio.tag_formats.id3v1 import resolved
from musicgenre.audio.tag_formats.splice import DamagedTag, Splice, Tag, UnsupportedTag, as_list, as_text, replacing

HEADER = 10
UNSYNCHRONISED, EXTENDED, FOOTER = 0x80, 0x40, 0x10  # flags of the header
COMPRESSED_22 = 0x40  # of version 2.2, never defined further
# Flags of a frame: (grouped, compressed, encrypted, unsynchronised, with its length in front)
FLAGS = {3: (0x20, 0x80, 0x40, 0, 0), 4: (0x40, 0x08, 0x04, 0x02, 0x01)}
NAMES = {2: b"TCO", 3: b"TCON", 4: b"TCON"}
FREE_NAMES = {2: b"TXX", 3: b"TXXX", 4: b"TXXX"}
ENCODINGS = ("latin-1", "utf-16", "utf-16-be", "utf-8")
_FALSE_SYNC = re.compile(rb"\xff(?=[\xe0-\xff\x00]|\Z)")


@dataclass(frozen=True)
class _Frame:
    """One frame: its id, and where it begins, where its content does and where it ends, in the decoded body."""

    name: bytes
    start: int
    content: int
    stop: int


@dataclass(frozen=True)
class _Body:
    """What lies between the header and the end of a tag, decoded, and how positions in it map to the file."""

    data: bytes
    at: int  # in the file
    stuffed: tuple[int, ...] = ()  # decoded positions before which a byte of unsynchronisation was taken away
    unsynchronised: bool = False

    def place(self, position: int) -> int:
        """Return the position in the file."""
        return self.at + position + bisect.bisect_right(self.stuffed, position)

    def encoded(self, data: bytes) -> bytes:
        """Return bytes as they stand in the file."""
        return _FALSE_SYNC.sub(b"\xff\x00", data) if self.unsynchronised else data


def synchsafe(number: int, width: int = 4) -> bytes:
    """Return a number in bytes of seven bits."""
    return bytes(number >> 7 * i & 0x7F for i in reversed(range(width)))


def unsynchsafe(data: bytes) -> int:
    """Return the number in bytes of seven bits; raise `DamagedTag` if they are not."""
    if any(byte & 0x80 for byte in data):
        raise DamagedTag("its size is no size")
    return sum((byte & 0x7F) << 7 * i for i, byte in enumerate(reversed(data)))


def size_at(data: Any, start: int) -> int:
    """Return how many bytes the tag at a place has, 0 if there is none."""
    head = data[start : start + HEADER]
    if len(head) < HEADER or head[:3] != b"ID3" or 0xFF in head[3:5]:
        return 0
    return HEADER + unsynchsafe(head[6:]) + HEADER * bool(head[3] == 4 and head[5] & FOOTER)


def find(data: Any, start: int) -> Tag | None:
    """Return the ID3v2 tag at a place, None if there is none.

    Raises
    ------
    DamagedTag
        If its structure cannot be followed.
    """
    size = size_at(data, start)
    if not size:
        return None
    version, flags = data[start + 3], data[start + 5]
    name = f"ID3v2.{version}"
    if version not in (2, 3, 4) or (version == 2 and flags & COMPRESSED_22):
        raise UnsupportedTag(f"its {name} tag is of a kind that nobody has described")
    stop = start + size
    footed = version == 4 and flags & FOOTER
    if stop > len(data):
        raise DamagedTag("it is longer than the file")
    body = _body(data, start + HEADER, stop - (HEADER if footed else 0), version, flags)
    first = _extended(body.data, version) if version > 2 and flags & EXTENDED else 0
    frames, rest, wide = _frames(body.data, first, version)
    if NAMES[version] in body.data[rest:]:
        raise DamagedTag("the size of one of its frames is wrong")
    old = [frame for frame in frames if frame.name == NAMES[version]]
    free = [frame for frame in frames if _is_free_genre(body.data, frame, version, flags)]
    texts = [text for frame in old for text in _texts(body.data, frame, version, flags)]
    texts += [text for frame in free for text in _texts(body.data, frame, version, flags)[1:]]
    others = [body.data[frame.start : frame.stop] for frame in frames if frame not in (*old, *free)]
    outside = data[start + 3 : start + 6] + body.data[: _checked_from(body.data, first, version)]

    def edit(genres: Sequence[str], separator: str) -> list[Splice]:
        new = _frame(genres, separator, version, wide) if genres else b""
        decoded = replacing([(frame.start, frame.stop) for frame in old], new, first)
        for frame in free:
            name = _texts(body.data, frame, version, flags)[0]
            new = _frame(genres, separator, version, wide, described=name) if genres else b""
            decoded.append(Splice(frame.start, frame.stop, new))
        decoded.sort(key=lambda splice: splice.start)
        splices = [Splice(body.place(s.start), body.place(s.stop), body.encoded(s.data)) for s in decoded]
        length = size - HEADER * (2 if footed else 1) + sum(splice.growth for splice in splices)
        if length >= 1 << 28:
            raise UnsupportedTag("its ID3v2 tag has 256 MB, the most that one can have")
        splices.append(Splice(start + 6, start + HEADER, synchsafe(length)))
        if footed:
            splices.append(Splice(stop - 4, stop, synchsafe(length)))
        return splices + _checksum(body, first, rest, version, decoded)

    stored = as_list if version == 4 else as_text
    return Tag(name, start, stop, resolved(texts), (outside, *others, body.data[rest:]), edit, stored)


def new_tag(genres: Sequence[str], separator: str) -> bytes:
    """Return a tag of version 2.4 with nothing but genres."""
    frame = _frame(genres, separator, 4, False)
    return b"ID3\4\0\0" + synchsafe(len(frame)) + frame


def _body(data: Any, start: int, stop: int, version: int, flags: int) -> _Body:
    """Return a tag's body without unsynchronisation, which versions 2.2 and 2.3 apply to the whole."""
    raw = data[start:stop]
    if version == 4 or not flags & UNSYNCHRONISED or re.search(rb"\xff[\xe0-\xff]", raw):  # only says so
        return _Body(raw, start)
    stuffed = tuple(found.end() - 1 - i for i, found in enumerate(re.finditer(rb"\xff\x00", raw)))
    return _Body(raw.replace(b"\xff\x00", b"\xff"), start, stuffed, True)


def _extended(body: bytes, version: int) -> int:
    """Return how many bytes an extended header has; some writers say that there is one and have none."""
    if len(body) < 6 or re.match(rb"[A-Z][A-Z0-9]{3}", body):
        return 0
    size = unsynchsafe(body[:4]) if version == 4 else 4 + struct.unpack_from(">I", body)[0]
    if not 6 <= size <= len(body):
        raise DamagedTag("its extended header has a wrong size")
    return size


def _checksum_place(body: bytes, first: int, version: int) -> int | None:
    """Return where the checksum of the frames stands in an extended header, None if it has none."""
    if version == 3 and first >= 14 and body[4] & 0x80:
        return 10
    if version == 4 and first >= 12 and body[5] & 0x20:
        place = 6 + (1 if body[5] & 0x40 else 0) + 1  # behind "this is an update", which has no data, and lengths
        return place if place + 5 <= first else None
    return None


def _checked_from(body: bytes, first: int, version: int) -> int:
    """Return how many bytes of the body are the extended header up to its checksum."""
    place = _checksum_place(body, first, version)
    return first if place is None else place


def _checksum(body: _Body, first: int, rest: int, version: int, decoded: Sequence[Splice]) -> list[Splice]:
    """Return the splice of an extended header's checksum, none if it has none."""
    place = _checksum_place(body.data, first, version)
    if place is None:
        return []
    stop = rest if version == 3 else len(body.data)  # the older version leaves padding out
    parts, at = [], first
    for splice in decoded:
        parts += [body.data[at : splice.start], splice.data]
        at = splice.stop
    number = zlib.crc32(b"".join([*parts, body.data[at:stop]]))
    new = struct.pack(">I", number) if version == 3 else synchsafe(number, 5)
    if body.place(place + len(new)) - body.place(place) != len(new) or _FALSE_SYNC.search(new[:-1]):
        raise UnsupportedTag("its ID3v2 tag has a checksum that cannot be written without breaking others")
    return [Splice(body.place(place), body.place(place) + len(new), new)]


def _frames(body: bytes, first: int, version: int) -> tuple[list[_Frame], int, bool]:
    """Return the frames, where the rest behind them begins, and whether sizes of version 2.4 are 32 bits wide."""
    frames, rest = _walk(body, first, version, False)
    if version == 4 and body[rest : rest + 1] not in (b"", b"\0"):
        wide, wide_rest = _walk(body, first, version, True)
        if wide_rest > rest:
            return wide, wide_rest, True
    return frames, rest, False


def _walk(body: bytes, first: int, version: int, wide: bool) -> tuple[list[_Frame], int]:
    """Return the frames up to the first place that holds none, and that place."""
    letters = 3 if version == 2 else 4
    head = 6 if version == 2 else 10
    frames = []
    at = first
    while at + head <= len(body) and re.fullmatch(rb"[A-Z][A-Z0-9]+ ?", body[at : at + letters]):
        size = body[at + letters : at + 2 * letters]
        if version == 4 and not wide and any(byte & 0x80 for byte in size):
            break
        length = unsynchsafe(size) if version == 4 and not wide else int.from_bytes(size)
        stop = at + head + length
        if stop > len(body):
            break
        frames.append(_Frame(body[at : at + letters], at, at + head, stop))
        at = stop
    return frames, at


def _texts(body: bytes, frame: _Frame, version: int, flags: int) -> list[str]:
    """Return the values in a text frame."""
    content = body[frame.content : frame.stop]
    if version > 2:
        grouped, compressed, encrypted, unsynchronised, measured = FLAGS[version]
        set_flags = body[frame.content - 1]
        if set_flags & encrypted:
            raise UnsupportedTag("its genre is encrypted")
        skip = 1 if set_flags & grouped else 0
        skip += 4 * bool(set_flags & (measured or compressed))
        content = content[skip:]
        if version == 4 and (set_flags & unsynchronised or flags & UNSYNCHRONISED):
            content = content.replace(b"\xff\x00", b"\xff")
        if set_flags & compressed:
            try:
                content = zlib.decompress(content)
            except zlib.error as error:
                raise DamagedTag("its genre cannot be unpacked") from error
    if not content:
        return []
    encoding = ENCODINGS[content[0]] if content[0] < len(ENCODINGS) else "latin-1"
    try:
        text = content[1:].decode(encoding)
    except UnicodeDecodeError:  # it claims another encoding than it has
        text = content[1:].decode("latin-1" if encoding == "utf-8" else encoding, "replace")
    return [value.strip("\ufeff") for value in text.split("\0")]


def _is_free_genre(body: bytes, frame: _Frame, version: int, flags: int) -> bool:
    """Whether a frame is one of any text whose description calls it a genre."""
    if frame.name != FREE_NAMES[version]:
        return False
    with contextlib.suppress(DamagedTag, UnsupportedTag):  # such a frame is left as it is
        return [text.lower() for text in _texts(body, frame, version, flags)[:1]] == ["genre"]
    return False


def _frame(genres: Sequence[str], separator: str, version: int, wide: bool, *, described: str = "") -> bytes:
    """Return a frame of genres: values divided by NUL in version 2.4, one text before (whose "/" is no list here).

    Of any text, if it is `described`, else the usual one.
    """
    text = ("\0" if version == 4 else separator).join(genres)
    parts = [f"{described}\0", text] if described else [text]
    if version == 4:
        content = b"\3" + "".join(parts).encode()
    elif text.isascii():
        content = b"\0" + "".join(parts).encode()
    else:
        content = b"\1" + b"".join(b"\xff\xfe" + part.encode("utf-16-le") for part in parts)
    name = (FREE_NAMES if described else NAMES)[version]
    if version == 2:
        return name + len(content).to_bytes(3) + content
    size = synchsafe(len(content)) if version == 4 and not wide else struct.pack(">I", len(content))
    return name + size + b"\0\0" + content

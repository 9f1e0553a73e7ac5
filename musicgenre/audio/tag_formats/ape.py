"""APEv2 (and APEv1) around the sound: items of the key Genre are replaced, all other bytes stay.

The structure is that of wiki.hydrogenaudio.org, "APEv2 specification".
"""

import struct
from collections.abc import Sequence
from typing import Any

from musicgenre.audio.tag_formats.splice import DamagedTag, Splice, Tag, as_list, as_text, growth, replacing

MARK = b"APETAGEX"
SIZE = 32  # of the footer, and of the header that repeats it
HAS_HEADER = 1 << 31
NOT_TEXT = 0b110  # bits of an item's flags


def find(data: Any, stop: int) -> Tag | None:
    """Return the APE tag that ends at a place, None if there is none.

    Raises
    ------
    DamagedTag
        If its sizes are wrong.
    """
    footer = stop - SIZE
    if footer < 0 or data[footer : footer + 8] != MARK:
        return None
    version, size, count, flags = struct.unpack_from("<IIII", data, footer + 8)
    first = stop - size
    start = first - SIZE if flags & HAS_HEADER else first
    if start < 0 or size < SIZE or (flags & HAS_HEADER and data[start : start + 8] != MARK):
        raise DamagedTag("its size is wrong")
    places, genres, others = [], list[str](), [data[start:first]]
    at = first
    for _ in range(count):
        length, item_flags = struct.unpack_from("<II", data, at)
        key_stop = data.find(b"\0", at + 8, footer)
        end = key_stop + 1 + length
        if key_stop < 0 or end > footer:
            raise DamagedTag("one of its items has a wrong size")
        if data[at + 8 : key_stop].lower() == b"genre" and not item_flags & NOT_TEXT:
            places.append((at, end))
            genres += data[key_stop + 1 : end].decode("utf-8", "replace").split("\0")
        else:
            others.append(data[at:end])
        at = end
    if at != footer:
        raise DamagedTag("its number of items is wrong")
    several = version >= 2000
    others[0] = _without_sizes(others[0])
    others.append(_without_sizes(data[footer:stop]))

    def edit(genres: Sequence[str], separator: str) -> list[Splice]:
        new = _item(genres, separator, several) if genres else b""
        splices = replacing(places, new, footer)
        numbers = struct.pack("<II", size + growth(splices), count - len(places) + bool(genres))
        heads = [footer, start] if flags & HAS_HEADER else [footer]
        return splices + [Splice(at + 12, at + 20, numbers) for at in heads]

    found = tuple(genre.strip() for genre in genres if genre.strip())
    return Tag(f"APEv{version // 1000}", start, stop, found, tuple(others), edit, as_list if several else as_text)


def find_leading(data: Any, start: int) -> Tag | None:
    """Return the APE tag that begins at a place, where few programs put one; None if there is none."""
    if data[start : start + 8] != MARK:
        return None
    (size,) = struct.unpack_from("<I", data, start + 12)
    tag = find(data, start + SIZE + size)
    return tag if tag and tag.start == start else None


def new_tag(genres: Sequence[str], separator: str) -> bytes:
    """Return a tag of version 2 with nothing but genres."""
    item = _item(genres, separator, True)
    head, foot = HAS_HEADER | 1 << 29, HAS_HEADER
    ends = [MARK + struct.pack("<IIII", 2000, len(item) + SIZE, 1, flags) + b"\0" * 8 for flags in (head, foot)]
    return ends[0] + item + ends[1]


def _item(genres: Sequence[str], separator: str, several: bool) -> bytes:
    """Return the item of genres: values divided by NUL, one text in version 1."""
    value = ("\0" if several else separator).join(genres).encode()
    return struct.pack("<II", len(value), 0) + b"Genre\0" + value


def _without_sizes(head: bytes) -> bytes:
    """Return a header or footer without what changes with the genre."""
    return head[:12] + head[20:]

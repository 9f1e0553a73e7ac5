"""DSF: an ID3 tag behind the sound, to which the header points ("DSF File Format Specification", Sony, 2005)."""

import struct
from collections.abc import Sequence
from typing import Any

from musicgenre.audio.tag_formats import id3
from musicgenre.audio.tag_formats.splice import DamagedTag, Splice, TaggedFile, growth

SIZE_AT, POINTER_AT = 12, 20


def read(data: Any, start: int, stop: int) -> TaggedFile:
    """Return the tags of a DSF file that lies between two places; raise `DamagedTag` if its pointer leads to none."""
    size, pointer = struct.unpack_from("<QQ", data, start + SIZE_AT)

    def sized(splices: Sequence[Splice]) -> list[Splice]:
        more = growth(splice for splice in splices if start <= splice.start <= stop)
        return [Splice(start + SIZE_AT, start + POINTER_AT, struct.pack("<Q", size + more))]

    def add(genres: Sequence[str], separator: str) -> list[Splice]:
        place = start + POINTER_AT
        pointing = Splice(place, place + 8, struct.pack("<Q", stop - start))
        return [pointing, Splice(stop, stop, id3.new_tag(genres, separator))]

    tag = id3.find(data, start + pointer) if pointer else None
    if pointer and tag is None:
        raise DamagedTag("its header points to no tag")
    return TaggedFile((tag,) if tag else (), add, sized=sized)

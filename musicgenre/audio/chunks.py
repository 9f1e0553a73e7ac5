"""The chunks that container formats are made of: where each begins, its kind and its size.

Conventions
-----------
A chunk is (position, kind, size). The size is the one that the chunk states: of what follows its header in RIFF, AIFF
and CAF, of the whole chunk in MP4, ASF and W64. Walks end at the end of the file or at what is no chunk.
"""

import struct
from collections.abc import Iterator
from typing import Any

ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")

MAX_CHUNKS = 100_000  # of one level of a file

W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")  # the last 12 bytes of the kinds of nearly all chunks


def read_at(file: Any, at: int, count: int) -> bytes:
    """Return up to `count` bytes at a place of a file."""
    file.seek(at)
    data: bytes = file.read(count)
    return data


def mp4_boxes(file: Any, start: int, size: int) -> Iterator[tuple[int, bytes, int]]:
    """Yield (position, kind, size) of the outermost boxes of an MP4 file."""
    at, count = start, 0
    while at + 8 <= size and count < MAX_CHUNKS:
        head = read_at(file, at, 16)
        length = struct.unpack(">I", head[:4])[0]
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        length = length or size - at
        if length < 8:
            return
        yield at, head[4:8], length
        at, count = at + length, count + 1


def caf_chunks(file: Any, start: int, size: int) -> Iterator[tuple[int, bytes, int]]:
    """Yield (position, kind, size) of the chunks of a CAF file, and of the header of one that follows it."""
    at, length, count = start + 8, 0, 0
    while at + 12 <= size and length >= 0 and count < MAX_CHUNKS:
        kind, length = struct.unpack(">4sq", read_at(file, at, 12))
        yield at, kind, length
        at, count = at + 12 + length, count + 1


def asf_objects(file: Any, start: int, size: int) -> Iterator[tuple[int, bytes, int]]:
    """Yield (position, kind, size) of the outermost objects of an ASF file."""
    at, count = start, 0
    while at + 24 <= size and count < MAX_CHUNKS:
        head = read_at(file, at, 24)
        length = struct.unpack("<Q", head[16:])[0]
        if length < 24:
            return
        yield at, head[:16], length
        at, count = at + length, count + 1


def iff_chunks(file: Any, size: int, *, order: str) -> Iterator[tuple[int, bytes, int]]:
    """Yield (position, kind, size) of the chunks of a RIFF file (`order` "<") or an AIFF file (">")."""
    at, count = 12, 0
    while at + 8 <= size and count < MAX_CHUNKS:
        kind, length = struct.unpack(f"{order}4sI", read_at(file, at, 8))
        yield at, kind, length
        at, count = at + 8 + length + length % 2, count + 1


def w64_chunks(file: Any, size: int) -> Iterator[tuple[int, bytes, int]]:
    """Yield (position, kind, size) of the chunks of a W64 file."""
    at, count = 40, 0
    while at + 24 <= size and count < MAX_CHUNKS:
        kind, length = struct.unpack("<16sQ", read_at(file, at, 24))
        if length < 24:
            return
        yield at, kind, length
        at, count = at + length + -length % 8, count + 1

"""Files that hold several recordings one after another: where each begins.

Conventions
-----------
Chained Ogg (a radio's stream that was kept) and files joined end to end hold whole recordings one after another. Each
is a span of bytes (start, end) that is opened as a file of its own. MP3, ADTS and other streams of frames need no
spans: their frames go on.
"""

import io
import mmap
import re
import struct
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from musicgenre.audio.chunks import ASF_HEADER, asf_objects, caf_chunks, mp4_boxes, read_at

MAX_SPANS = 500  # recordings of one file; each is opened, which takes a millisecond

SEARCHED_BYTES = 2 << 30  # of a file are searched for beginnings: a second or two

OGG_FIRST_PAGE = b"OggS\x00"

WTV_HEADER = bytes.fromhex("b7d800203749da11a64e0007e95ead8d")

BEGINNINGS = {  # of kinds whose files do not say where they end; of those in `OFTEN` the packets tell that more follows
    b"fLaC": re.compile(rb"fLaC[\x00\x80]\x00\x00\x22"),
    b"FLV\x01": re.compile(rb"FLV\x01[\x01\x04\x05]\x00\x00\x00\x09"),
    # WavPack: the first block (2 bytes of version, 2 of indices, a length, index 0) of the first pair of channels
    b"wvpk": re.compile(rb"wvpk.{4}.\x04.{2}.{4}\0{4}.{5}[\x08-\x0f\x18-\x1f]", re.DOTALL),
    b"Crea": re.compile(rb"Creative Voice File\x1a"),
    WTV_HEADER[:4]: re.compile(re.escape(WTV_HEADER)),
    b"TTA1": re.compile(rb"TTA1[\x01\x03]\x00"),
    b"\x1aE\xdf\xa3": re.compile(rb"\x1aE\xdf\xa3.{1,40}?B\x82.(?:webm|matroska)", re.DOTALL),
}

OFTEN = (b"fLaC", b"\x1aE\xdf\xa3")

NO_PATCHES: Mapping[int, bytes] = MappingProxyType({})


class FileSpan(io.RawIOBase):
    """The bytes from `start` to `end` of an open file, as a file with a position of its own.

    Parameters
    ----------
    file : binary file
    start, end : int
    patches : mapping of int to bytes, optional
        What is read instead of the bytes from some positions of the file on.
    """

    def __init__(self, file: Any, start: int, end: int, *, patches: Mapping[int, bytes] = NO_PATCHES) -> None:
        self._file, self._start, self._end, self._at, self._patches = file, start, end, start, patches

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position in the span."""
        return self._at - self._start

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a position in the span."""
        self._at = max((self._start, self._at, self._end)[whence] + offset, self._start)
        return self.tell()

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes, fewer at the end of the span."""
        left = max(self._end - self._at, 0)
        self._file.seek(self._at)
        data: bytes = self._file.read(left if size < 0 else min(size, left))
        for at, patch in self._patches.items():
            first, last = max(at, self._at), min(at + len(patch), self._at + len(data))
            if first < last:
                data = data[: first - self._at] + patch[first - at : last - at] + data[last - self._at :]
        self._at += len(data)
        return data


def file_spans(file: Any, size: int, *, thorough: bool = False) -> list[tuple[int, int]]:
    """Return the spans of bytes of the recordings that a file holds, one for ordinary files.

    Parameters
    ----------
    file : binary file
        Open for reading.
    size : int
        Of the file, in bytes.
    thorough : bool
        Whether kinds that only a search of the whole file tells apart are searched.
    """
    head = read_at(file, 0, 16)
    starts = [0]
    if head.startswith(b"OggS"):
        starts = _limited(_ogg_starts(file, size))
    elif head[:4] in BEGINNINGS and (thorough or head[:4] not in OFTEN):
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            starts = _limited(match.start() for match in BEGINNINGS[head[:4]].finditer(data, 0, SEARCHED_BYTES))
    elif end := _stated_end(file, 0, size):
        starts = _limited(_following(file, end, size))
    starts = starts or [0]
    return list(zip(starts, [*starts[1:], size], strict=True))


def _limited(starts: Iterator[int]) -> list[int]:
    """Return the first `MAX_SPANS` of some positions; the last span then holds the rest."""
    return [start for start, _ in zip(starts, range(MAX_SPANS), strict=False)]


def _ogg_starts(file: Any, size: int) -> Iterator[int]:
    """Yield where the links of an Ogg file begin: first pages of streams that follow no other first page."""
    if size < 27:
        return
    yield 0
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = expected = 0
        while 0 <= at <= min(size - 27, SEARCHED_BYTES):
            if data[at + 5] & 2:
                if at > expected:
                    yield at
                lacing = data[at + 27 : at + 27 + data[at + 26]]
                expected = at + 27 + len(lacing) + sum(lacing)  # where a further stream of the same link begins
            at = data.find(OGG_FIRST_PAGE, at + 27)


def _stated_end(file: Any, start: int, size: int) -> int | None:
    """Return where a file that begins at `start` says that it ends, None if it does not say."""
    head = read_at(file, start, 32)
    end = None
    if head[:4] == b"RIFF" and head[8:12] in (b"WAVE", b"AVI "):
        end = start + 8 + struct.unpack("<I", head[4:8])[0]
    elif head[:4] == b"FORM" and head[8:11] == b"AIF":
        end = start + 8 + struct.unpack(">I", head[4:8])[0]
    elif head[:4] == b".snd" and head[8:12] != b"\xff\xff\xff\xff":
        end = start + sum(struct.unpack(">II", head[4:12]))
    elif head[:4] == b"riff" and head[24:28] == b"wave":  # W64
        end = start + struct.unpack("<Q", head[16:24])[0]
    elif head[:4] == b"caff":
        end = next((at for at, kind, _ in caf_chunks(file, start, size) if kind == b"caff"), None)
    elif head[4:8] == b"ftyp":
        end = next((at for at, kind, _ in mp4_boxes(file, start, size) if kind == b"ftyp" and at > start), None)
    elif head[:16] == ASF_HEADER:
        end = next((at for at, kind, _ in asf_objects(file, start, size) if kind == ASF_HEADER and at > start), None)
    return end if end and start + 32 < end < size else None


def _following(file: Any, end: int | None, size: int) -> Iterator[int]:
    """Yield where files begin that are joined: 0, and each that begins where the one before it says that it ends."""
    yield 0
    before = read_at(file, 0, 16)
    while end:
        at = next((at for at in (end, end + 1) if _same_kind(read_at(file, at, 16), before)), None)  # a byte of padding
        if at is None:
            return
        yield at
        end = _stated_end(file, at, size)


def _same_kind(head: bytes, other: bytes) -> bool:
    """Whether two beginnings of files are of the same kind."""
    kind = slice(4, 8) if other[4:8] == b"ftyp" else slice(0, 4)
    return len(head) == 16 and head[kind] == other[kind]

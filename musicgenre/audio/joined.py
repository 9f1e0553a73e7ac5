"""Files that hold several recordings one after another: where each begins, and files that are protected.

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
from collections.abc import Iterator
from typing import Any

MAX_SPANS = 500  # recordings of one file; each is opened, which takes a millisecond

SEARCHED_BYTES = 2 << 30  # of a file are searched for beginnings: a second or two

OGG_FIRST_PAGE = b"OggS\x00"

BEGINNINGS = {  # of kinds whose files do not say where they end; of those in `OFTEN` the packets tell that more follows
    b"fLaC": re.compile(rb"fLaC[\x00\x80]\x00\x00\x22"),
    b"FLV\x01": re.compile(rb"FLV\x01[\x01\x04\x05]\x00\x00\x00\x09"),
    b"TTA1": re.compile(rb"TTA1[\x01\x03]\x00"),
    b"\x1aE\xdf\xa3": re.compile(rb"\x1aE\xdf\xa3.{1,40}?B\x82.(?:webm|matroska)", re.DOTALL),
}

OFTEN = (b"fLaC", b"\x1aE\xdf\xa3")

ASF_HEADER = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")

ASF_PROTECTED = (
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),  # content encryption object
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"),  # extended content encryption object
)

MP4_PROTECTED = (b"enca", b"drms", b"aavd")  # kinds of sample entries: common encryption, FairPlay, Audible

MP4_FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"styp", b"pnot")

HEAD_BYTES = 1 << 16

MAX_MOOV_BYTES = 1 << 26


class FileSpan(io.RawIOBase):
    """The bytes from `start` to `end` of an open file, as a file of their own."""

    def __init__(self, file: Any, start: int, end: int) -> None:
        self._file, self._start, self._end, self._at = file, start, end, start

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
    head = _bytes(file, 0, 16)
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


def _bytes(file: Any, at: int, count: int) -> bytes:
    """Return up to `count` bytes at a place of a file."""
    file.seek(at)
    data: bytes = file.read(count)
    return data


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
    head = _bytes(file, start, 32)
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
        end = next((at for at, kind, _ in _caf_chunks(file, start, size) if kind == b"caff"), None)
    elif head[4:8] == b"ftyp":
        end = next((at for at, kind, _ in mp4_boxes(file, start, size) if kind == b"ftyp" and at > start), None)
    elif head[:16] == ASF_HEADER:
        end = next((at for at, kind, _ in _asf_objects(file, start, size) if kind == ASF_HEADER and at > start), None)
    return end if end and start + 32 < end < size else None


def _following(file: Any, end: int | None, size: int) -> Iterator[int]:
    """Yield where files begin that are joined: 0, and each that begins where the one before it says that it ends."""
    yield 0
    before = _bytes(file, 0, 16)
    while end:
        at = next((at for at in (end, end + 1) if _same_kind(_bytes(file, at, 16), before)), None)  # a byte of padding
        if at is None:
            return
        yield at
        end = _stated_end(file, at, size)


def _same_kind(head: bytes, other: bytes) -> bool:
    """Whether two beginnings of files are of the same kind."""
    kind = slice(4, 8) if other[4:8] == b"ftyp" else slice(0, 4)
    return len(head) == 16 and head[kind] == other[kind]


def mp4_boxes(file: Any, start: int, size: int) -> Iterator[tuple[int, bytes, int]]:
    """Yield (position, kind, size) of the outermost boxes of an MP4 file."""
    at, count = start, 0
    while at + 8 <= size and count < 100_000:
        head = _bytes(file, at, 16)
        length = struct.unpack(">I", head[:4])[0]
        if length == 1 and len(head) == 16:
            length = struct.unpack(">Q", head[8:])[0]
        length = length or size - at
        if length < 8:
            return
        yield at, head[4:8], length
        at, count = at + length, count + 1


def _caf_chunks(file: Any, start: int, size: int) -> Iterator[tuple[int, bytes, int]]:
    """Yield (position, kind, size) of the chunks of a CAF file, and of the header of one that follows it."""
    at, length = start + 8, 0
    while at + 12 <= size and length >= 0:
        kind, length = struct.unpack(">4sq", _bytes(file, at, 12))
        yield at, kind, length
        at += 12 + length


def _asf_objects(file: Any, start: int, size: int) -> Iterator[tuple[int, bytes, int]]:
    """Yield (position, kind, size) of the outermost objects of an ASF file."""
    at = start
    while at + 24 <= size:
        head = _bytes(file, at, 24)
        length = struct.unpack("<Q", head[16:])[0]
        if length < 24:
            return
        yield at, head[:16], length
        at += length


def wav_goes_on(file: Any, size: int) -> bool:
    """Whether sound follows what the header of a WAV file says: a recorder was cut off before it wrote the length."""
    head = _bytes(file, 0, HEAD_BYTES)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return False
    at = 12
    while at + 8 <= len(head):
        kind, length = head[at : at + 4], struct.unpack("<I", head[at + 4 : at + 8])[0]
        end = at + 8 + length
        if kind == b"data":
            behind = _bytes(file, end, 9)
            # What may follow is another chunk, perhaps after a byte of padding, or a tag.
            return end + 9 < size and not any(re.match(rb"[ -~]{4}|TAG", behind[skip:]) for skip in (0, 1))
        at = end + length % 2
    return False


def is_protected(file: Any, size: int) -> bool:
    """Whether the sound of a file is encrypted: MP4 and QuickTime, ASF, Matroska and MPEG transport streams."""
    head = _bytes(file, 0, HEAD_BYTES)
    if head[4:8] in MP4_FIRST_BOXES:
        moov = next(((at, length) for at, kind, length in mp4_boxes(file, 0, size) if kind == b"moov"), None)
        data = _bytes(file, moov[0], min(moov[1], MAX_MOOV_BYTES)) if moov else b""
        entries = re.findall(rb"stsd.{12}(.{4})", data, re.DOTALL)  # the kind of each track's first sample entry
        return any(entry in MP4_PROTECTED for entry in entries)
    if head.startswith(ASF_HEADER):
        return any(mark in head for mark in ASF_PROTECTED)
    if head.startswith(b"\x1aE\xdf\xa3"):
        tracks = head.partition(b"\x1fC\xb6u")[0]  # before the first cluster
        return bool(re.search(rb"m\x80.{1,60}?P3\x81\x01", tracks, re.DOTALL))  # ContentEncodingType 1: encryption
    if head[:1] == b"G" == head[188:189] and len(head) > 4 * 188:
        packets = [head[at : at + 4] for at in range(0, len(head) - 188, 188) if head[at : at + 1] == b"G"]
        scrambled = sum(packet[3] >= 0x80 for packet in packets)
        return scrambled > len(packets) / 2
    return False

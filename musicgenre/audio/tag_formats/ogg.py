"""Ogg: the comment packet of its Vorbis, Opus, Speex or FLAC stream (RFC 3533; RFC 7845 for Opus).

The packets of headers are laid out anew over the pages that they have. Only where these are full does a page more
begin, and the pages behind it are numbered anew.
"""

import contextlib
import itertools
import struct
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from musicgenre.audio.tag_formats import vorbis
from musicgenre.audio.tag_formats.splice import (
    DamagedTag,
    Splice,
    Tag,
    TaggedFile,
    UnsupportedTag,
    growth,
    in_order,
)

MARK = b"OggS"
HEAD = 27  # bytes of a page before its table of segments
MOST_SEGMENTS = 255
CONTINUED, FIRST = 1, 2  # flags of a page
NOTHING_ENDS = b"\xff" * 8  # position of a page on which no packet ends
# How a stream's first packet begins -> how its comment packet begins
STREAMS = {b"\x01vorbis": b"\x03vorbis", b"OpusHead": b"OpusTags", b"Speex   ": b"", b"\x7fFLAC": b""}
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class _Page:
    """One page: its place, flags, stream, number, and the lengths of its segments."""

    start: int
    flags: int
    serial: int
    number: int
    segments: bytes
    data: int  # where its data begins
    stop: int

    @property
    def ends_whole(self) -> bool:
        """Whether its last packet ends on it."""
        return bool(self.segments) and self.segments[-1] < MOST_SEGMENTS


def _pages(data: Any, start: int) -> Iterator[_Page]:
    """Yield the pages that follow each other from a place on."""
    at = start
    while data[at : at + 4] == MARK and at + HEAD <= len(data):
        flags, _, serial, number, _, count = struct.unpack_from("<B8sIIIB", data, at + 5)
        body = at + HEAD + count
        segments = data[at + HEAD : body]
        stop = body + sum(segments)
        if stop > len(data):
            return
        yield _Page(at, flags, serial, number, segments, body, stop)
        at = stop


def read(data: Any, start: int, stop: int) -> TaggedFile:
    """Return the tags of the first sound stream of an Ogg file that lies between two places.

    Streams that follow it (a chain, such as a recorded broadcast) are songs of their own; their genres are found and
    left.

    Raises
    ------
    DamagedTag
        If its pages or comments cannot be followed.
    UnsupportedTag
        If it has no stream whose comments are known.
    """
    firsts = itertools.takewhile(lambda page: page.flags & FIRST, _pages(data, start))
    kinds = ((page, kind) for page in firsts for kind in STREAMS if data[page.data : page.stop].startswith(kind))
    found = next(kinds, None)
    if found is None:
        raise UnsupportedTag("its Ogg stream is of another codec")
    tag = _of_stream(data, *found)
    later = [_later_genres(data, page) for page in _pages(data, tag.stop) if page.flags & FIRST and page.stop <= stop]
    left = [f"{', '.join(genres)} in a later song of the file" for genres in later if genres]
    return TaggedFile((tag,), _cannot_add, left=tuple(dict.fromkeys(left)))


def _of_stream(data: Any, first: _Page, kind: bytes) -> Tag:
    """Return the comments of the stream that begins with a page."""
    pages = []
    for page in _pages(data, first.stop):
        if page.serial == first.serial:
            pages.append(page)
            if page.ends_whole:
                break
    packets = _packets(data, pages)
    if not pages or not pages[-1].ends_whole or not packets[0].startswith(STREAMS[kind]):
        raise DamagedTag("its headers are cut or not in order")
    is_flac = kind == b"\x7fFLAC"
    begin = 4 if is_flac else len(STREAMS[kind])
    return _in_packet(data, pages, packets, begin, is_flac)


def _later_genres(data: Any, first: _Page) -> tuple[str, ...]:
    """Return the genres of the stream that begins with a page, none if its comments cannot be read."""
    kind = next((kind for kind in STREAMS if data[first.data : first.stop].startswith(kind)), None)
    with contextlib.suppress(DamagedTag):
        return _of_stream(data, first, kind).genres if kind else ()
    return ()


def _cannot_add(genres: Sequence[str], separator: str) -> list[Splice]:
    """Refuse: every Ogg stream has comments."""
    raise DamagedTag("it has no comments")


def _in_packet(data: Any, pages: Sequence[_Page], packets: Sequence[bytes], begin: int, is_flac: bool) -> Tag:
    """Return the comments in the first of some packets."""
    packet = packets[0]
    tag = vorbis.find(packet, begin, len(packet))

    def edit(genres: Sequence[str], separator: str) -> list[Splice]:
        splices = tag.edit(genres, separator)
        if is_flac:
            splices = [Splice(1, 4, (len(packet) - 4 + growth(splices)).to_bytes(3)), *splices]
        lengths = [len(packet) + growth(splices), *map(len, packets[1:])]
        return _laid_out(data, pages, in_order(packet, splices), lengths)

    others = (*tag.others, *packets[1:])
    return replace(tag, start=pages[0].start, stop=pages[-1].stop, others=others, edit=edit)


def _packets(data: Any, pages: Sequence[_Page]) -> list[bytes]:
    """Return the packets on some pages of one stream."""
    packets, parts = [], list[bytes]()
    for page in pages:
        at = page.data
        for length in page.segments:
            parts.append(data[at : at + length])
            at += length
            if length < MOST_SEGMENTS:
                packets.append(b"".join(parts))
                parts = []
    return packets or [b""]


def _laid_out(data: Any, pages: Sequence[_Page], edits: Sequence[Splice], lengths: Sequence[int]) -> list[Splice]:
    """Return the splices that lay packets out on the pages of a stream, and on new ones behind them if they are full.

    Parameters
    ----------
    edits : sequence of Splice
        In order, with positions in what the pages hold.
    lengths : sequence of int
        Of the new packets.
    """
    segments = b"".join(b"\xff" * (length // 255) + bytes([length % 255]) for length in lengths)
    counts = _counts(pages, len(segments))
    pieces = _pieces(pages, edits)
    laid: list[range | bytes] = []
    at, continued = 0, False
    for i, count in enumerate(counts):
        page = pages[min(i, len(pages) - 1)]
        own = segments[at : at + count]
        body = _taken(pieces, sum(own))
        old = data[page.start + 6 : page.start + 14]
        ends = any(length < MOST_SEGMENTS for length in own)
        position = (bytes(8) if old == NOTHING_ENDS else old) if ends else NOTHING_ENDS
        flags = page.flags & ~CONTINUED | CONTINUED * continued
        number = page.number + max(i - len(pages) + 1, 0)
        laid += [_head(data, flags, position, page.serial, number, own, body), *body]
        at, continued = at + count, own[-1] == MOST_SEGMENTS
    for page in _pages(data, pages[0].start):  # of other streams, in between
        if page.start >= pages[-1].stop:
            break
        if page.serial != pages[0].serial:
            laid.append(data[page.start : page.stop])
    added = len(counts) - len(pages)
    return _splices(laid, pages[0].start, pages[-1].stop) + (_numbered(data, pages[-1], added) if added else [])


def _counts(pages: Sequence[_Page], total: int) -> list[int]:
    """Return how many segments each page gets: as many as it has, the last ones more or fewer."""
    counts = [len(page.segments) for page in pages]
    more = total - sum(counts)
    for i in reversed(range(len(counts))):
        new = min(max(counts[i] + more, 1), MOST_SEGMENTS)
        more -= new - counts[i]
        counts[i] = new
    while more > 0:
        counts.append(min(more, MOST_SEGMENTS))
        more -= counts[-1]
    return counts


def _pieces(pages: Sequence[_Page], edits: Sequence[Splice]) -> deque[range | bytes]:
    """Return what the pages hold after some edits, as stretches of the file and new bytes."""
    pieces: deque[range | bytes] = deque()
    left = deque(edits)
    before = 0  # bytes on earlier pages
    for page in pages:
        at, end = 0, page.stop - page.data
        while left and left[0].start <= before + end and at < end:
            edit = left[0]
            start = max(edit.start - before, at)
            pieces.append(range(page.data + at, page.data + start))
            if edit.data:
                pieces.append(edit.data)
            at = min(edit.stop - before, end)
            if edit.stop > before + end:  # goes on upon the next page
                left[0] = Splice(before + end, edit.stop, b"")
                break
            left.popleft()
        pieces.append(range(page.data + at, page.stop))
        before += end
    pieces.extend(edit.data for edit in left)
    return pieces


def _taken(pieces: deque[range | bytes], size: int) -> list[range | bytes]:
    """Take a number of bytes from some pieces."""
    taken: list[range | bytes] = []
    while size:
        piece = pieces.popleft()
        if len(piece) > size:
            pieces.appendleft(piece[size:])
            piece = piece[:size]
        taken.append(piece)
        size -= len(piece)
    return taken


def _splices(laid: Sequence[range | bytes], start: int, stop: int) -> list[Splice]:
    """Return the splices that make a sequence of pieces of a range of the file."""
    splices, at, new = [], start, b""
    for piece in laid:
        if isinstance(piece, bytes):
            new += piece
        elif piece:
            splices.append(Splice(at, piece.start, new))
            at, new = piece.stop, b""
    return [*splices, Splice(at, stop, new)]


def _head(
    data: Any, flags: int, position: bytes, serial: int, number: int, segments: bytes, body: Sequence[range | bytes]
) -> bytes:
    """Return what stands in front of a page's data, with its checksum."""
    head = MARK + struct.pack("<BB8sIIIB", 0, flags, position, serial, number, 0, len(segments)) + segments
    content = b"".join(piece if isinstance(piece, bytes) else data[piece.start : piece.stop] for piece in body)
    return head[:22] + _checksum(head + content) + head[26:]


def _numbered(data: Any, last: _Page, added: int) -> list[Splice]:
    """Return the splices that number the pages of a stream behind one anew."""
    splices = []
    for page in _pages(data, last.stop):
        if page.serial == last.serial:
            if page.flags & FIRST:  # another song begins
                break
            number = struct.pack("<I", page.number + added & 0xFFFFFFFF)
            plain = data[page.start : page.start + 18] + number + bytes(4) + data[page.start + 26 : page.stop]
            splices.append(Splice(page.start + 18, page.start + 26, number + _checksum(plain)))
    return splices


def _checksum(page: bytes) -> bytes:
    """Return the CRC-32 of Ogg: zlib's polynomial, but without inversions and with bits in the other order."""
    number = ~zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) & 0xFFFFFFFF
    return number.to_bytes(4).translate(_REVERSED)

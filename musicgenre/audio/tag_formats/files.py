"""All tags of a file of any format, recognised by its content."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from musicgenre.audio.tag_formats import ape, asf, dsf, flac, id3, id3v1, mp4, ogg, riff
from musicgenre.audio.tag_formats.splice import Splice, Tag, TaggedFile, UnsupportedTag

# How a format's sound begins -> who reads the tags inside it
INSIDE: tuple[tuple[bytes, Callable[[Any, int, int], TaggedFile]], ...] = (
    (flac.MARK, flac.read), (ogg.MARK, ogg.read), (asf.HEADER, asf.read), (b"DSD ", dsf.read),
)  # fmt: skip
RIFF_KINDS = ((b"RIFF", b"WAVE"), (b"RF64", b"WAVE"), (b"BW64", b"WAVE"), (b"FORM", b"AIFF"), (b"FORM", b"AIFC"))
APE_FIRST = (b"MAC ", b"MPCK", b"MP+", b"wvpk", b"tBaK", b"OFR ")  # formats whose own tag is APEv2, at the end
ID3_FIRST = (b"TTA1", b"TTA2")
MPEG_SUFFIXES = (".mp3", ".mp2", ".mp1", ".mpga")  # what has no other mark
LYRICS_END, LYRICS_SIZE = b"LYRICS200", 6  # Lyrics3, between APEv2 and ID3v1


def read(data: Any, suffix: str) -> TaggedFile:
    """Return the tags of a file.

    Parameters
    ----------
    data : buffer of bytes
        The whole file.
    suffix : str
        Its ending, by which MPEG audio is known.

    Raises
    ------
    DamagedTag
        If a tag cannot be followed.
    UnsupportedTag
        If nothing here writes tags of its format.
    """
    start = 0
    heads = []
    while tag := id3.find(data, start) or ape.find_leading(data, start):
        heads.append(tag)
        start = tag.stop
    begin = bytes(data[start : start + 16])
    inside = _inside(begin)
    tails = list(_tails(data, start, is_stream=inside in (None, flac.read)))
    stop = min((tag.start for tag in tails), default=len(data))
    if inside:  # most have no tags behind them by their own rules, but some programs write them everywhere
        found = inside(data, start, stop)
        return replace(found, tags=(*found.tags, *heads, *tails), sound_stop=stop, own_tags=len(found.tags))
    own: tuple[Tag, ...] = ()
    if begin.startswith(APE_FIRST):
        add = _add_ape(stop)
        own = tuple(tag for tag in tails if tag.name.startswith("APE"))
        tails = [tag for tag in tails if tag not in own]
    elif begin.startswith(ID3_FIRST) or suffix.lower() in MPEG_SUFFIXES:
        add = _add_id3
    elif heads or tails:  # such as aac with a tag in front
        add = _unsupported
    else:
        raise UnsupportedTag("its format has no tags that are written here")
    return TaggedFile((*own, *heads, *tails), add, sound_stop=stop)


def _inside(begin: bytes) -> Callable[[Any, int, int], TaggedFile] | None:
    """Return who reads the tags inside a format, None if it has none there."""
    if (begin[:4], begin[8:12]) in RIFF_KINDS:
        return riff.read
    if begin[4:8] in mp4.STARTS:
        return mp4.read
    return next((reader for mark, reader in INSIDE if begin.startswith(mark)), None)


def _tails(data: Any, start: int, *, is_stream: bool) -> Iterator[Tag]:
    """Yield the tags at the end of a stream or container, which may have ID3v2 inside; those that say more first."""

    def find_short(stop: int) -> Tag | None:
        return id3v1.find(data, stop, among_samples=not is_stream)

    short = [tag for tag in (find_short(len(data)),) if tag and tag.start >= start]
    if short and (extended := id3v1.find_extended(data, short[0].start)) and extended.start >= start:
        short.insert(0, extended)
    stop = short[0].start if short else len(data)
    for _ in range(4):  # in any order, each once or so
        if data[max(stop - len(LYRICS_END), start) : stop] == LYRICS_END:
            size = data[stop - len(LYRICS_END) - LYRICS_SIZE : stop - len(LYRICS_END)]
            stop -= len(LYRICS_END) + LYRICS_SIZE + (int(size) if size.isdigit() else len(data))
            if stop < start:
                break
            continue
        tag = ape.find(data, stop) or (_appended(data, stop) if is_stream else None) or find_short(stop)
        if tag is None or tag.start < start:
            break
        yield tag
        stop = tag.start
    yield from short


def _appended(data: Any, stop: int) -> Tag | None:
    """Return the ID3v2 tag that ends at a place with a footer."""
    footer = data[stop - id3.HEADER : stop] if stop >= id3.HEADER else b""
    if footer[:3] != b"3DI":
        return None
    return id3.find(data, stop - id3.unsynchsafe(footer[6:]) - 2 * id3.HEADER)


def _add_id3(genres: Sequence[str], separator: str) -> list[Splice]:
    """Add a tag in front."""
    return [Splice(0, 0, id3.new_tag(genres, separator))]


def _add_ape(at: int) -> Callable[[Sequence[str], str], list[Splice]]:
    """Return what adds a tag at the end, in front of ID3v1."""

    def add(genres: Sequence[str], separator: str) -> list[Splice]:
        return [Splice(at, at, ape.new_tag(genres, separator))]

    return add


def _unsupported(genres: Sequence[str], separator: str) -> list[Splice]:
    """Refuse to add a tag."""
    raise UnsupportedTag("its format has no tags that are written here")

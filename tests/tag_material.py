"""Tags made byte by byte, and readers other than the program's own: mutagen, TagLib, FFmpeg."""

import struct

import av
import mutagen
import taglib
from support.library_material import decoded, piece, write_song
from support.material import encode

from musicgenre.audio.tags import read_genres, restore, write_genres

PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40 + b"\xff\x00\xff\xff"


def safe(number, width=4):
    """Return a synchsafe number."""
    return bytes(number >> 7 * i & 127 for i in reversed(range(width)))


def frame(name, content, *, version=3, flags=b"\0\0", wide=False):
    """Return an ID3v2 frame; `wide` writes a size of version 2.4 as iTunes did."""
    if version == 2:
        return name + len(content).to_bytes(3) + content
    size = safe(len(content)) if version == 4 and not wide else struct.pack(">I", len(content))
    return name + size + flags + content


def id3(body, *, version=3, flags=0, footer=False):
    """Return an ID3v2 tag."""
    rest = bytes([version, 0, flags | 0x10 * footer]) + safe(len(body))
    return b"ID3" + rest + body + (b"3DI" + rest) * footer


def id3v1(genre, *, title=b"Title"):
    """Return an ID3v1 tag."""
    return b"TAG" + title.ljust(30, b"\0") + bytes(94) + bytes([genre])


def ape(items, *, version=2000, header=True):
    """Return an APE tag of (key, value, flags)."""
    body = b"".join(struct.pack("<II", len(v), flags) + k + b"\0" + v for k, v, flags in items)
    ends = [
        b"APETAGEX" + struct.pack("<IIII", version, len(body) + 32, len(items), flags) + bytes(8)
        for flags in ((0xA0000000, 0x80000000) if header else (0, 0))
    ]
    return (ends[0] if header else b"") + body + ends[1]


def chunk(name, content, order="<"):
    """Return a chunk of RIFF or AIFF."""
    return name + struct.pack(f"{order}I", len(content)) + content + b"\0" * (len(content) % 2)


def atom(name, content):
    """Return an atom of MP4."""
    return struct.pack(">I", 8 + len(content)) + name + content


def make_song(path, *, title=None):
    """Write a song in the format of the path's ending."""
    samples, rate = piece("metal", seconds=4.0)
    codecs = {
        "aiff": "pcm_s16be", "wv": "wavpack", "tta": "tta", "mp2": "mp2", "oga": "flac", "aac": "aac", "mka": "flac",
        "caf": "pcm_s16be", "au": "pcm_s16be",
    }  # fmt: skip
    containers = {"oga": "ogg", "aac": "adts", "mka": "matroska"}
    kind = path.suffix[1:]
    if kind in codecs:
        return encode(path, samples, rate, codecs[kind], container=containers.get(kind), title=title)
    return write_song(path, samples, rate, title=title)


def bare_mpeg(path):
    """Return an mp3's bytes without any tag."""
    data = make_song(path).read_bytes()
    if data[:3] == b"ID3":
        size = data[6] << 21 | data[7] << 14 | data[8] << 7 | data[9]
        data = data[10 + size :]
    return data


def by_mutagen(path):
    """Return the genres that mutagen reads."""
    tags = mutagen.File(path).tags
    names = {name.lower(): name for name in tags.keys()}  # noqa: SIM118 - those of ASF iterate over pairs
    key = next((names[key] for key in ("tcon", "\xa9gen", "wm/genre", "genre") if key in names), None)
    if key == "TCON":
        return list(tags[key].genres)
    return [str(value) for value in tags[key]] if key else []


def by_taglib(path):
    """Return all that TagLib reads."""
    with taglib.File(str(path)) as file:
        return dict(file.tags)


def by_ffmpeg(path):
    """Return all that FFmpeg reads, of the file and its sound."""
    with av.open(str(path), metadata_errors="replace") as file:
        both = {**file.metadata, **file.streams.audio[0].metadata}
        return {name.lower(): value for name, value in both.items()}


def ignore(_):
    """Take a change and forget it."""


def check(path, genres=("Hip-Hop", "R&B"), *, kept=(), taglib=True, ffmpeg=True, reads=None):
    """Write genres, look at the file with every reader, and take it back; return the bytes with the genres.

    Parameters
    ----------
    kept : sequence of bytes
        What is in the file before and after.
    taglib, ffmpeg : bool
        Whether these readers know the format, with its oddities.
    reads : list of str, optional
        The genres that read back, if they are not those that were written.
    """
    before, sound = path.read_bytes(), decoded(path)
    others = {name: v for name, v in by_taglib(path).items() if name != "GENRE"} if taglib else {}
    plain = {name: v for name, v in by_ffmpeg(path).items() if name != "genre"}
    assert all(part in before for part in kept)
    change = write_genres(path, list(genres), record=ignore)
    after = path.read_bytes()
    wanted = list(genres) if reads is None else reads
    assert read_genres(path) == wanted
    assert all(part in after for part in kept)
    assert (decoded(path) == sound).all()
    if taglib:
        tags = by_taglib(path)
        assert sorted(tags.pop("GENRE")) == sorted(wanted)  # TagLib reads those of ASF in another order
        assert tags == others, (tags, others)
    seen = by_ffmpeg(path)
    assert not ffmpeg or wanted[0] in seen["genre"]
    assert {name: value for name, value in seen.items() if name != "genre"} == plain
    assert len(change.undo) < 700 + sum(len(genre) for genre in change.before) + len(before) // 150
    assert restore(path, change)
    assert path.read_bytes() == before
    assert [left.name for left in path.parent.iterdir() if ".tagging-" in left.name] == []
    return after

"""Broken sound files made from good ones: what strangers, bad disks and bad programs may hand over.

Conventions
-----------
`corpus(folder)` writes hundreds of files, `corpus(folder, few=True)` one or two of every kind; both give `Broken`
entries, in a stable order and with the same bytes on every machine that encodes alike.
"""

import functools
import os
import random
import socket
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from support.material import SR, encode, song

KILO = 1024
FORMATS = {
    "wav": ("pcm_s16le", "wav"), "mp3": ("libmp3lame", "mp3"), "flac": ("flac", "flac"), "opus": ("libopus", "ogg"),
    "m4a": ("aac", "mp4"), "webm": ("libopus", "webm"), "wma": ("wmav2", "asf"), "aiff": ("pcm_s16be", "aiff"),
    "mkv": ("aac", "matroska"), "ac3": ("ac3", "ac3"), "ts": ("mp2", "mpegts"), "caf": ("alac", "caf"),
}  # fmt: skip
RATES = {"wmav2": 128_000, "libopus": 96_000, "libmp3lame": 128_000, "mp2": 192_000, "ac3": 192_000}


@dataclass(frozen=True)
class Broken:
    """One input.

    Parameters
    ----------
    kind : str
        What is broken, for the table of results.
    path : Path
        Where it lies.
    has_music : bool
        Whether some music may be heard in it, so that a genre is a right answer.
    """

    kind: str
    path: Path
    has_music: bool = True


@functools.cache
def good(name: str, seconds: float = 4.0) -> bytes:
    """Return a whole file of one of `FORMATS`."""
    codec, container = FORMATS[name]
    rate = 48000 if "opus" in codec else 44100
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"good.{name}"
        stereo = np.stack([song("hymn", seconds=seconds, sr=rate), song("buzz", seconds=seconds, sr=rate)])
        encode(path, stereo, rate, codec, container=container, title="A title", bit_rate=RATES.get(codec))
        return path.read_bytes()


def wav(
    data: bytes, *, rate: int = SR, channels: int = 1, bits: int = 16, form: int = 1, declared: int | None = None
) -> bytes:
    """Return a WAV file whose header says what is wanted, true or not."""
    size = len(data) if declared is None else declared
    align = min(max(channels * bits // 8, 0), 0xFFFF)
    head = struct.pack("<HHIIHH", form, channels, rate, min(rate * align, 0xFFFFFFFF), align, bits)
    riff = b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" + struct.pack("<I", size)
    return b"RIFF" + struct.pack("<I", min(size + 36, 0xFFFFFFFF)) + riff + data


def pcm(samples: np.ndarray) -> bytes:
    """Return samples in [-1, 1] as 16 bits."""
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def box(kind: bytes, content: bytes, *, size: int | None = None) -> bytes:
    """Return a box of an MP4 file."""
    return struct.pack(">I", len(content) + 8 if size is None else size) + kind + content


def png(width: int, height: int) -> bytes:
    """Return a small PNG file that becomes a huge picture: every line is empty."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    squeezer = zlib.compressobj(9)
    line = bytes(1 + 3 * width)
    packed = b"".join(squeezer.compress(line) for _ in range(min(height, 2000))) + squeezer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def synchsafe(number: int) -> bytes:
    """Return a length as ID3 writes it, seven bits a byte."""
    return bytes((number >> shift) & 0x7F for shift in (21, 14, 7, 0))


def id3(*frames: tuple[bytes, bytes], declared: int | None = None) -> bytes:
    """Return an ID3v2.4 tag of frames (name, content)."""
    body = b"".join(name + synchsafe(len(content)) + b"\0\0" + content for name, content in frames)
    return b"ID3\x04\0\0" + synchsafe(len(body) if declared is None else declared) + body


def flipped(data: bytes, *, bits: int, seed: int, first: int = 0, last: int | None = None) -> bytes:
    """Return data with some bits turned."""
    rng = random.Random(f"{bits} {seed} {len(data)}")  # noqa: S311 - not a secret
    out = bytearray(data)
    end = len(out) if last is None else min(last, len(out))
    for _ in range(bits):
        out[rng.randrange(first, end)] ^= 1 << rng.randrange(8)
    return bytes(out)


# ---- what is written: (kind, name, bytes, whether it may hold music)

Made = Iterator[tuple[str, str, bytes, bool]]


def truncated(few: bool) -> Made:
    """Files that end at every kilobyte."""
    for name in ("m4a", "opus") if few else ("mp3", "flac", "opus", "m4a", "webm", "wma", "mkv", "wav"):
        data = good(name)
        ends = [1, 100, 5000, len(data) - 10] if few else [1, 10, 100, *range(KILO, len(data), KILO)]
        if name in ("wav", "flac"):
            ends = ends[:3] + ends[3::8]
        for end in ends:
            yield "truncated", f"{name}-{end}.{name}", data[:end], True


def bit_flips(few: bool) -> Made:
    """Files with turned bits, everywhere or in the first kilobyte."""
    for name in FORMATS:
        for bits in (30,) if few else (1, 10, 100, 1000, 10000):
            for seed in range(1 if few else 2):
                yield "flipped bits", f"{name}-{bits}-{seed}.{name}", flipped(good(name), bits=bits, seed=seed), True
        for seed in range(1 if few else 8):
            data = flipped(good(name), bits=12, seed=seed, last=600)
            yield "flipped header", f"{name}-header-{seed}.{name}", data, True


def spliced(few: bool) -> Made:
    """Files with a piece missing, doubled, or from another format."""
    for name in ("mp3", "m4a") if few else FORMATS:
        data = good(name)
        third = len(data) // 3
        other = good("flac" if name != "flac" else "mp3")
        yield "spliced", f"{name}-hole.{name}", data[:third] + bytes(third) + data[2 * third :], True
        yield "spliced", f"{name}-missing.{name}", data[:third] + data[2 * third :], True
        yield "spliced", f"{name}-twice.{name}", data + data, True
        yield "spliced", f"{name}-other.{name}", data[:third] + other, True
        yield "spliced", f"{name}-headless.{name}", data[third:], True


def misnamed(few: bool) -> Made:
    """Good files under the names of others, and files that are something else."""
    names = list(FORMATS)
    for i, name in enumerate(names[:2] if few else names):
        for step in (1, 5):
            other = names[(i + step) % len(names)]
            yield "wrong ending", f"{name}-as.{other}", good(name), True
    lines = b"These are the words of a song.\n" * 300
    junk = {
        "empty": b"", "one-byte": b"\0", "zeros": bytes(100_000), "ones": b"\xff" * 100_000, "text": lines,
        "html": b"<!DOCTYPE html><html><body>404</body></html>" * 50, "json": b'{"a": [' * 5000,
        "gzip": zlib.compress(good("mp3")), "zip": b"PK\3\4" + bytes(30) + good("mp3")[:3000],
        "elf": b"\x7fELF\2\1\1" + bytes(60_000), "pdf": b"%PDF-1.7\n" + lines,
        "noise": np.random.default_rng(1).bytes(60_000), "sync": b"\xff\xfb\x90\x64" * 20_000,
        "id3-only": id3((b"TIT2", b"\x03A title")), "riff-only": b"RIFF\xff\xff\xff\xffWAVE",
        "ogg-only": b"OggS" * 9000, "flac-only": b"fLaC" + bytes(40_000),
        "ftyp-only": box(b"ftyp", b"M4A \0\0\0\0"), "ebml-only": b"\x1aE\xdf\xa3",
    }  # fmt: skip
    for name, data in junk.items():
        for ending in ("mp3",) if few else ("mp3", "wav", "m4a", "aac"):
            yield "not audio", f"{name}.{ending}", data, False
    target = b"file:///etc/passwd"
    lists = {
        "hls": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n" + target + b"\n#EXT-X-ENDLIST\n",
        "concat": b"ffconcat version 1.0\nfile '/etc/passwd'\n", "pls": b"[playlist]\nFile1=" + target + b"\n",
        "sdp": b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
        "dash": b'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period/></MPD>',
        "mov-ref": box(b"ftyp", b"qt  \0\0\0\0") + box(b"moov", box(b"rmra", box(b"rmda", box(b"rdrf", target)))),
        "asx": b"<asx><entry><ref href='file:///etc/passwd'/></entry></asx>",
    }  # fmt: skip
    for name, data in lists.items():
        yield "playlist as audio", f"{name}.mp3", data, False


def headers(few: bool) -> Made:
    """Headers that lie, are huge, or nest."""
    music = pcm(song("hymn", seconds=4))
    short = pcm(song("hymn", seconds=1))
    for rate in (0, 1, 100, 3999, 768_000, 768_001, 2_147_483_647, 4_294_967_295):
        yield "odd rate", f"rate-{rate}.wav", wav(music, rate=rate), True
    for channels in (0, 32, 64, 255, 65_535):
        yield "odd channels", f"channels-{channels}.wav", wav(music * 8, channels=channels), True
    for bits in (0, 1, 3, 12, 48, 64, 65_535):
        yield "odd sample size", f"bits-{bits}.wav", wav(music, bits=bits), True
    for form in (0, 2, 3, 6, 7, 0x11, 0x55, 0x161, 0xFFFE, 0xFFFF):
        yield "odd codec", f"form-{form}.wav", wav(music, form=form), True
    twelve_hours = 12 * 3600 * SR * 2
    yield "12 h declared, 1 s there", "declared.wav", wav(short, declared=twelve_hours), True
    yield "12 h declared, 1 s there", "declared-most.wav", wav(short, declared=0xFFFFFFFF), True
    yield "12 h declared, 1 s there", "declared-none.wav", wav(music, declared=0), True
    data = bytearray(good("m4a"))
    for name in (b"mvhd", b"mdhd", b"tkhd"):
        at = data.find(name)
        if at > 0:
            data[at + 16 : at + 28] = b"\0\0\x03\xe8\x02\x93\x2e\0\x02\x93\x2e\0"
    yield "12 h declared, 1 s there", "declared.m4a", bytes(data), True
    mp3 = good("mp3")
    at = max(mp3.find(b"Xing"), mp3.find(b"Info"))
    yield "12 h declared, 1 s there", "declared.mp3", mp3[: at + 8] + b"\0\x19\x5b\xf0" + mp3[at + 12 :], True
    for name, tag in {
        "id3-declared": id3(declared=(1 << 28) - 1),
        "id3-20mb": id3((b"TXXX", b"\0" + b"x" * 20_000_000)),
        "id3-many": id3(*[(b"TXXX", b"\x03a\0b")] * 20_000),
        "id3-title": id3((b"TIT2", b"\x03" + b"=HYPERLINK(1)\x1b[31m\xe2\x80\xae" * 40_000)),
        "id3-nested": id3((b"APIC", id3((b"APIC", id3((b"APIC", b"x")))))),
        "id3-length-lies": b"ID3\x04\0\0" + synchsafe(40) + b"TIT2\x7f\x7f\x7f\x7f\0\0\x03A" + bytes(28),
    }.items():
        yield "huge header", f"{name}.mp3", tag + mp3, True
    chunk = b"LIST" + struct.pack("<I", 0xFFFFFFF0) + b"INFO"
    yield "huge header", "list.wav", wav(b"")[:36] + chunk + wav(music)[36:], True
    yield "huge header", "junk.wav", wav(b"")[:36] + (b"junk" + struct.pack("<I", 0)) * 200_000 + wav(music)[36:], True
    nested = b""
    for _ in range(5000):
        nested = box(b"moov", nested)
    yield "nested header", "nested.m4a", box(b"ftyp", b"M4A \0\0\0\0") + nested, False
    table = box(b"stsz", b"\0" * 8 + b"\xff\xff\xff\xff" + bytes(100))
    times = box(b"stts", b"\0" * 4 + b"\xff\xff\xff\xff" + b"\0\0\0\1" * 50)
    media = box(b"mdia", box(b"minf", box(b"stbl", table + times)))
    yield "huge header", "tables.m4a", box(b"ftyp", b"M4A \0\0\0\0") + box(b"moov", box(b"trak", media)), False
    yield "huge header", "atom.m4a", box(b"ftyp", b"M4A \0\0\0\0") + box(b"mdat", good("m4a"), size=0x7FFFFFFF), True
    yield "huge header", "flac-block.flac", b"fLaC\x04\xff\xff\xff" + good("flac")[4:], True
    level = b"\x18\x53\x80\x67\x01" + b"\xff" * 7
    yield "nested header", "ebml.mkv", good("mkv")[:60] + level * 5000, False
    yield "many tracks", "tracks.ts", b"".join(_ts_tables(count) for count in range(1, 40)) + good("ts"), True
    flac = bytearray(good("flac"))
    flac[8 + 10 : 8 + 13] = b"\xff\xff\xff"  # rate, channels and bits of STREAMINFO
    yield "odd rate", "streaminfo.flac", bytes(flac), True
    if not few:
        for rate in (4000, 96_000, 384_000):
            yield "odd rate", f"rate-{rate}.wav", wav(music * 2, rate=rate), True


def _ts_tables(count: int) -> bytes:
    """Return a packet of a transport stream that announces programs."""
    entries = b"".join(struct.pack(">HH", i + 1, 0xE000 | (0x100 + i)) for i in range(count))
    section = struct.pack(">BHHBBB", 0, 0xB000 | (len(entries) + 9), 1, 0xC1, 0, 0) + entries + bytes(4)
    return (b"\x47\x40\0\x10\0" + section).ljust(188, b"\xff")[:188]


def covers(few: bool) -> Made:
    """Cover pictures that are bombs."""
    mp3, sides = good("mp3"), ((20_000, 20_000), (65_535, 65_535), (2_000_000, 2))
    for width, height in sides[:1] if few else sides:
        picture = png(width, height)
        frame = b"\0image/png\0\x03\0" + picture
        yield "cover bomb", f"png-{width}.mp3", id3((b"APIC", frame)) + mp3, True
        block = struct.pack(">II", 3, 9) + b"image/png" + struct.pack(">IIIIII", 0, width, height, 24, 0, len(picture))
        flac = good("flac")
        block = b"\x06" + len(block + picture).to_bytes(3, "big") + block + picture
        yield "cover bomb", f"png-{width}.flac", flac[:4] + block + flac[4:], True
    jpeg = b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03\x01\x22\0\x02\x11\1\x03\x11\1\xff\xd9"
    yield "cover bomb", "jpeg.mp3", id3((b"APIC", b"\0image/jpeg\0\x03\0" + jpeg)) + mp3, True
    small = b"\0image/png\0\x03\0" + png(3000, 3000)
    yield "cover bomb", "many.mp3", id3(*[(b"APIC", small)] * (20 if few else 300)) + mp3, True
    covr = box(b"covr", box(b"data", b"\0\0\0\x0e\0\0\0\0" + png(20_000, 20_000)))
    udta = box(b"udta", box(b"meta", b"\0\0\0\0" + box(b"hdlr", bytes(8) + b"mdir" + bytes(13)) + box(b"ilst", covr)))
    m4a = good("m4a")
    at = m4a.find(b"moov") - 4
    size = struct.unpack(">I", m4a[at : at + 4])[0]
    yield "cover bomb", "covr.m4a", m4a[:at] + box(b"moov", m4a[at + 8 : at + size] + udta) + m4a[at + size :], True


def samples(few: bool) -> Made:
    """Sound that is none: no numbers, no movement, hardly any time."""
    n = 5 * SR
    rng = np.random.default_rng(2)
    music = song("hymn", seconds=5).astype("<f8")
    impulse = np.zeros(n)
    impulse[n // 2] = 1
    sparse_bad = music.copy()
    sparse_bad[::997] = np.nan
    mostly = np.where(rng.random(n) < 0.5, np.nan, music)
    doubles = {
        "nan": np.full(n, np.nan), "inf": np.full(n, np.inf), "nan-some": sparse_bad, "nan-half": mostly,
        "denormal": np.full(n, 5e-324) * rng.choice([-1, 1], n), "huge": music * 1e300, "tiny": music * 1e-30,
        "mixed-inf": np.where(rng.random(n) < 0.001, np.inf, music),
    }  # fmt: skip
    for name, values in doubles.items():
        has_music = name in ("nan-some", "huge", "mixed-inf")
        yield "float64", f"{name}.wav", wav(values.astype("<f8").tobytes(), bits=64, form=3), has_music
    flat = {
        "dc": np.full(n, 0.7), "impulse": impulse, "silence": np.zeros(n), "square": np.tile([1.0, -1.0], n // 2),
        "ten-ms": song("hymn", seconds=0.01), "one-sample": np.ones(1), "none": np.zeros(0),
        "white": 0.3 * rng.standard_normal(n), "tone": 0.5 * np.sin(2 * np.pi * 440 * np.arange(n) / SR),
        "clicks": np.where(np.arange(n) % SR == 0, 1.0, 0.0), "step": np.where(np.arange(n) < n // 2, -0.9, 0.9),
        "hum": 0.4 * np.sin(2 * np.pi * 50 * np.arange(n) / SR), "dc-long": np.full(60 * SR, -1.0),
    }  # fmt: skip
    for name, values in flat.items():
        yield "no music", f"{name}.wav", wav(pcm(values)), False


MAKERS: tuple[Callable[[bool], Made], ...] = (truncated, bit_flips, spliced, misnamed, headers, covers, samples)


def oddities(folder: Path) -> Iterator[Broken]:
    """Write what is no regular file, or one of odd size."""

    def made(name: str) -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    os.mkfifo(made("pipe.mp3"))
    made("device.mp3").symlink_to("/dev/zero")
    made("terminal.mp3").symlink_to("/dev/stdin")
    made("loop.mp3").symlink_to(made("pool.mp3"))
    made("pool.mp3").symlink_to(made("loop.mp3"))
    made("dangling.mp3").symlink_to("nowhere.mp3")
    made("folder.mp3").mkdir()
    for name in ("pipe", "device", "terminal", "loop", "pool", "dangling", "folder"):
        yield Broken("no regular file", made(f"{name}.mp3"), has_music=False)
    here = os.open(folder, os.O_RDONLY)  # the names of sockets are short; this one is found by its folder's number
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"/proc/self/fd/{here}/socket.mp3")
    os.close(here)
    yield Broken("no regular file", made("socket.mp3"), has_music=False)
    for name, head in (("sparse.wav", wav(b"", declared=4_000_000_000)), ("sparse.mp3", b""), ("sparse.ts", b"\x47")):
        with made(name).open("wb") as file:
            file.write(head)
            file.truncate(4_000_000_044)
        yield Broken("4 GB of holes", made(name), has_music=False)


def corpus(folder: Path, *, few: bool = False) -> list[Broken]:
    """Write all inputs below a folder and return them."""
    found: list[Broken] = []
    for maker in MAKERS:
        for kind, name, data, has_music in maker(few):
            path = folder / maker.__name__ / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            found.append(Broken(kind, path, has_music))
    return [*found, *oddities(folder)]

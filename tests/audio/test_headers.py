"""What headers say: protection, lengths of chunks that are too small, and how much of a file should be sound."""

import struct

import av
import mutagen
import numpy as np
import pytest
from mutagen.apev2 import APEv2
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3
from mutagen.mp4 import MP4, MP4Cover
from support.material import SR, encode

from musicgenre.audio.decode import read_recording
from musicgenre.audio.recording import Excerpt
from musicgenre.errors import AudioError

# kind -> encoder, container, rate
KINDS = {
    "mp3": ("libmp3lame", "mp3", SR), "aac": ("aac", "adts", SR), "mka": ("libopus", "matroska", 48000),
    "mkv": ("libmp3lame", "matroska", SR), "opus": ("libopus", "ogg", 48000), "flac": ("flac", "flac", SR),
    "m4a": ("aac", "ipod", SR), "wma": ("wmav2", "asf", SR), "ac3": ("ac3", "ac3", 48000), "wv": ("wavpack", "wv", SR),
    "oga": ("flac", "ogg", SR), "flv": ("libmp3lame", "flv", SR), "avi": ("libmp3lame", "avi", SR),
    "tta": ("tta", "tta", SR), "nut": ("libmp3lame", "nut", SR), "ts": ("aac", "mpegts", SR),
    "wav": ("pcm_s16le", "wav", SR), "aiff": ("pcm_s16be", "aiff", SR),
    "caf": ("pcm_s16be", "caf", SR), "w64": ("pcm_s16le", "w64", SR),
}  # fmt: skip


def make(path, kind, seconds, *, noise=0.1):
    """Write a tone in noise as one of `KINDS`."""
    codec, container, rate = KINDS[kind]
    n = round(seconds * rate)
    y = 0.3 * np.sin(2 * np.pi * 440 * np.arange(n) / rate) + noise * np.random.default_rng(0).standard_normal(n)
    lossless = codec.startswith("pcm") or codec in ("flac", "wavpack", "tta")
    return encode(path, y, rate, codec, container=container, bit_rate=None if lossless else 128_000)


# ---- protection


def protected(kind, folder):
    """Write a file as a shop or a receiver does that protects its sound."""
    path = folder / f"a.{kind}"
    if kind == "wma":  # an object more in the header
        data = make(path, "wma", 5).read_bytes()
        size, count = struct.unpack("<QI", data[16:28])
        more = bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e") + struct.pack("<Q", 24 + 8) + bytes(8)
        head = data[:16] + struct.pack("<QI", size + len(more), count + 1) + data[28:30]
        path.write_bytes(head + more + data[30:])
    elif kind == "ts":
        data = bytearray(make(path, "ts", 5).read_bytes())
        for at in range(0, len(data), 188):
            if (data[at + 1] & 31) << 8 | data[at + 2] >= 0x20 and data[at + 2] == 0:  # packets of the first stream
                data[at + 3] |= 0x80
        path.write_bytes(data)
    else:
        path.write_bytes(encrypted_matroska())
    return path


def element(name, data):
    """Return an EBML element."""
    return name + (0x0800_0000 + len(data) | 1 << 28).to_bytes(4, "big") + data


def encrypted_matroska():
    """Return a WebM file whose only track has a content encoding of the kind encryption."""
    head = element(b"\x1aE\xdf\xa3", element(b"B\x82", b"webm") + element(b"B\x87", b"\4") + element(b"B\x85", b"\2"))
    audio = element(b"\xe1", element(b"\xb5", struct.pack(">f", 48000.0)) + element(b"\x9f", b"\1"))
    cipher = element(b"P5", element(b"G\xe1", b"\5") + element(b"G\xe2", bytes(16)))
    encoding = element(b"b@", b"P1\x81\0" + b"P2\x81\1" + b"P3\x81\1" + cipher)
    number = element(b"\xd7", b"\1") + element(b"s\xc5", b"\1") + element(b"\x83", b"\2")
    codec = element(b"\x86", b"A_OPUS") + element(b"c\xa2", b"OpusHead\1\1\0\0\x80\xbb\0\0\0\0\0")
    tracks = element(b"\x16T\xaek", element(b"\xae", number + codec + audio + b"m\x80" + element(b"", encoding)))
    noise = np.random.default_rng(0).integers(0, 256, (250, 200), np.uint8)
    blocks = [
        element(b"\xa3", b"\x81" + struct.pack(">H", 20 * i) + b"\x80" + x.tobytes()) for i, x in enumerate(noise)
    ]
    cluster = element(b"\x1fC\xb6u", element(b"\xe7", b"\0") + b"".join(blocks))
    return head + element(b"\x18S\x80g", tracks + cluster)


@pytest.mark.parametrize("kind", ["wma", "ts", "webm"])
def test_protected_files_of_every_kind_say_so(kind, tmp_path):
    with pytest.raises(AudioError, match="protected") as caught:
        read_recording(protected(kind, tmp_path))
    assert caught.value.kind == "unsupported"


@pytest.mark.parametrize(("codec", "container"), [("aac", "mp4"), ("alac", "ipod"), ("flac", "mp4"), ("aac", "mov")])
def test_a_protected_file_says_so(codec, container, tmp_path):
    key = "00112233445566778899aabbccddeeff"
    options = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": key, "encryption_kid": key}
    with av.open(str(tmp_path / "a.m4a"), "w", format=container, options=options) as file:
        stream = file.add_stream(codec, rate=SR, layout="mono")
        tone = np.float32(0.4 * np.sin(2 * np.pi * 440 * np.arange(6 * SR) / SR))[None]
        frame = av.AudioFrame.from_ndarray(tone, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = SR, 0
        resampler = av.AudioResampler(stream.format or "fltp", "mono", SR, frame_size=1024)
        for part in [*resampler.resample(frame), None]:
            file.mux(stream.encode(part))
    with pytest.raises(AudioError, match="protected") as caught:
        read_recording(tmp_path / "a.m4a")
    assert caught.value.kind == "unsupported"


@pytest.mark.parametrize("entry", [b"drms", b"aavd"])
def test_what_shops_sold_before_is_protected_too(entry, tmp_path):
    path = make(tmp_path / "a.m4a", "m4a", 5)
    path.write_bytes(path.read_bytes().replace(b"mp4a", entry, 1))
    with pytest.raises(AudioError, match="protected"):
        read_recording(path)


# ---- chunks of sound that are said to be too small


def with_short_chunk(path, kind, seconds):
    """Make the chunk of sound of a file say that it lasts some seconds."""
    data = bytearray(path.read_bytes())
    size = int(seconds * SR) * 2
    if kind == "aiff":
        at, frames = data.index(b"SSND") + 4, data.index(b"COMM") + 10
        data[at : at + 4] = struct.pack(">I", size + 8)
        data[frames : frames + 4] = struct.pack(">I", size // 2)
        data[4:8] = struct.pack(">I", at + 4 + size)
    elif kind == "caf":
        at = data.index(b"data") + 4
        data[at : at + 8] = struct.pack(">q", size + 4)
    elif kind == "w64":
        at = data.index(b"data\xf3\xac\xd3\x11") + 16
        data[at : at + 8] = struct.pack("<Q", size + 24)
        data[16:24] = struct.pack("<Q", at + 8 + size)
    else:
        at = data.index(b"data") + 4
        data[at : at + 4] = struct.pack("<I", size)
        data[4:8] = struct.pack("<I", at + size - 4)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", ["aiff", "caf", "w64", "wav"])
@pytest.mark.parametrize("stated", [0, 2, 19.3, 77])
def test_a_chunk_of_sound_that_is_said_to_be_too_small_is_read_on(kind, stated, tmp_path):
    if kind == "aiff" and stated == 0:
        stated = 0.001  # a COMM chunk that counts no frames has no sound to FFmpeg
    recording = read_recording(with_short_chunk(make(tmp_path / "a", kind, 80), kind, stated))
    assert recording.duration_s == pytest.approx(80, abs=0.1)


@pytest.mark.parametrize("kind", ["aiff", "wav"])
@pytest.mark.parametrize("padding", [b"", b"\0"])
def test_chunks_behind_the_sound_are_no_sound(kind, padding, tmp_path):
    path = make(tmp_path / "a", kind, 4)
    chunk = b"ID3 " + struct.pack(">I" if kind == "aiff" else "<I", 50_000) + 50_000 * b"\x7f"
    path.write_bytes(path.read_bytes() + padding + chunk)
    assert read_recording(path).duration_s == pytest.approx(4, abs=0.01)


@pytest.mark.parametrize("share", [0.5, 0.97, 0.985, 1.02])
@pytest.mark.parametrize(("rate", "bit_rate"), [(44100, 128_000), (22050, 64_000), (11025, 32_000), (48000, 320_000)])
def test_a_constant_bit_rate_tells_a_wrong_number_of_frames(share, rate, bit_rate, tmp_path):
    y = 0.1 * np.random.default_rng(0).standard_normal(70 * rate)
    path = encode(tmp_path / "a.mp3", y, rate, "libmp3lame", container="mp3", bit_rate=bit_rate)
    data = bytearray(path.read_bytes())
    at = data.index(b"Info") + 8
    right = read_recording(path).duration_s
    data[at : at + 4] = struct.pack(">I", int(share * struct.unpack(">I", data[at : at + 4])[0]))
    path.write_bytes(data)
    assert read_recording(path).duration_s == pytest.approx(right, abs=0.15)


# ---- damage


@pytest.mark.parametrize("junk", ["noise", "zeros"])
@pytest.mark.parametrize("left", [0.05, 0.1])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("wav", "aiff", "caf", "w64", "tta")])
def test_a_file_that_lost_nearly_all_packets_is_damaged_and_not_short(kind, left, junk, tmp_path):
    path = make(tmp_path / "a", kind, 20)
    data = bytearray(path.read_bytes())
    first = int(left * len(data))
    rest = len(data) - first
    data[first:] = bytes(rest) if junk == "zeros" else np.random.default_rng(1).bytes(rest)
    path.write_bytes(data)
    with pytest.raises(AudioError, match="copy or download it again|not audio"):
        read_recording(path)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("seconds", "noise"), [(1, 0.1), (0.3, 0.1), (2.5, 0)])
def test_a_short_file_is_no_damaged_one(kind, seconds, noise, tmp_path):
    path = make(tmp_path / "a", kind, seconds, noise=noise)
    assert read_recording(path).duration_s == pytest.approx(seconds, abs=0.12)


@pytest.mark.parametrize("kind", ["mp3", "aac", "opus", "mka", "webm", "flac", "wv", "flv", "avi", "ts"])
def test_quiet_sound_that_takes_hardly_any_bytes_is_no_damaged_one(kind, tmp_path):
    codec, container, rate = KINDS.get(kind, ("libopus", "webm", 48000))
    path = encode(tmp_path / "a", np.zeros(8 * rate), rate, codec, container=container)
    assert read_recording(path).duration_s == pytest.approx(8, abs=0.2)


def with_cover(path, kind, picture):
    """Add a cover to a file as players do."""
    cover = Picture()
    cover.data, cover.mime, cover.type = picture, "image/jpeg", 3
    if kind == "flac":
        file = FLAC(path)
        file.add_picture(cover)
        file.save()
    elif kind == "opus":
        import base64

        file = mutagen.File(path)
        file["metadata_block_picture"] = [base64.b64encode(cover.write()).decode()]
        file.save()
    elif kind == "m4a":
        file = MP4(path)
        file["covr"] = [MP4Cover(picture)]
        file.save()
    elif kind in ("wv", "mp3 ape"):
        tags = APEv2()
        tags["Cover Art (Front)"] = mutagen.apev2.APEValue(b"cover.jpg\0" + picture, mutagen.apev2.BINARY)
        tags.save(path)
    else:
        tags = ID3()
        tags.add(APIC(encoding=3, mime="image/jpeg", type=3, desc="", data=picture))
        tags.save(path)


@pytest.mark.parametrize("kind", ["flac", "opus", "m4a", "wv", "mp3 ape", "mp3", "aac"])
def test_a_short_file_with_a_large_cover_is_no_damaged_one(kind, tmp_path):
    path = make(tmp_path / f"a.{kind.split()[0]}", kind.split()[0], 1)
    picture = b"\xff\xd8\xff\xe0" + np.random.default_rng(0).bytes(900_000) + b"\xff\xd9"
    with_cover(path, kind, picture)
    assert path.stat().st_size > 800_000
    assert read_recording(path).duration_s == pytest.approx(1, abs=0.12)
    assert read_recording(path, excerpt=Excerpt(0.2, 0.5)).clips[0].duration_s == pytest.approx(0.5, abs=0.01)

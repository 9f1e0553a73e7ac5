"""Lengths that a header gets wrong, several recordings in a file, tracks and limits."""

import struct
import time

import av
import numpy as np
import pytest
from support.material import SR, encode, song, write_wav

from musicgenre.audio.decode import read_recording
from musicgenre.audio.pcm import MAX_RATE, MIN_RATE
from musicgenre.audio.recording import Excerpt
from musicgenre.errors import AudioError

# ending -> codec, container, rate
KINDS = {
    "opus": ("libopus", "ogg", 48000), "oga": ("flac", "ogg", SR), "flac": ("flac", "flac", SR),
    "wav": ("pcm_s16le", "wav", SR), "aiff": ("pcm_s16be", "aiff", SR), "au": ("pcm_s16be", "au", SR),
    "w64": ("pcm_s16le", "w64", SR), "caf": ("pcm_s16le", "caf", SR), "m4a": ("aac", "ipod", SR),
    "webm": ("libopus", "webm", 48000), "wma": ("wmav2", "asf", SR), "avi": ("libmp3lame", "avi", SR),
    "flv": ("libmp3lame", "flv", SR), "m2ts": ("aac", "mpegts", SR),
    "mp3": ("libmp3lame", "mp3", SR), "mp2": ("mp2", "mp2", SR), "aac": ("aac", "adts", SR),
    "vob": ("ac3", "vob", 48000), "mpg": ("mp2", "mpeg", 44100), "wv": ("wavpack", "wv", SR),
    "nut": ("libmp3lame", "nut", SR), "voc": ("pcm_s16le", "voc", SR), "wtv": ("mp2", "wtv", 48000),
    "ac3": ("ac3", "ac3", 48000), "eac3": ("eac3", "eac3", 48000), "tta": ("tta", "tta", SR),
}  # fmt: skip


def tone(seconds, rate, hz=440, channels=1):
    """Return a tone, shape (channels, n)."""
    return np.tile(0.4 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate), (channels, 1))


def noisy(seconds, rate):
    """Return a tone in noise, shape (1, n), which no codec makes small."""
    noise = np.random.default_rng(0).standard_normal(round(seconds * rate))
    return tone(seconds, rate) + 0.05 * noise


def make(path, samples, kind, rate=None):
    """Write samples as one of `KINDS`."""
    codec, container, usual = KINDS[kind]
    bit_rate = 128_000 if codec in ("aac", "ac3", "eac3", "wmav2", "libmp3lame", "mp2") else None
    return encode(path, samples, rate or usual, codec, container=container, bit_rate=bit_rate)


def hz(clip, at_s):
    """Return the strongest frequency in the second after a time of a clip."""
    part = clip.samples[round(at_s * clip.sample_rate) :][: clip.sample_rate]
    return np.abs(np.fft.rfft(part * np.hanning(len(part)))).argmax() * clip.sample_rate / len(part)


@pytest.mark.parametrize("kind", KINDS)
def test_files_joined_end_to_end_count_in_whole(kind, tmp_path):
    rate = KINDS[kind][2]
    parts = [make(tmp_path / f"{i}.{kind}", tone(s, rate, f), kind) for i, (s, f) in enumerate([(6, 440), (9, 880)])]
    joined = tmp_path / f"joined.{kind}"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    recording = read_recording(joined)
    assert recording.duration_s == pytest.approx(15, abs=0.3)
    (clip,) = recording.clips
    assert clip.duration_s == pytest.approx(15, abs=0.3)
    assert hz(clip, 3) == pytest.approx(440, abs=3)
    assert hz(clip, 12) == pytest.approx(880, abs=3)


@pytest.mark.parametrize("kind", ["opus", "oga", "flac", "wav", "m4a", "mp3", "aac", "webm"])
def test_a_file_joined_to_itself_is_as_long_as_both(kind, tmp_path):
    one = make(tmp_path / f"one.{kind}", tone(5, KINDS[kind][2]), kind)
    (tmp_path / f"two.{kind}").write_bytes(2 * one.read_bytes())
    assert read_recording(tmp_path / f"two.{kind}").duration_s == pytest.approx(10, abs=0.3)


@pytest.mark.parametrize(("kind", "second_rate"), [("oga", 44100), ("flac", 16000), ("wav", 48000), ("aac", 44100)])
def test_joined_files_may_have_other_rates_and_channels(kind, second_rate, tmp_path):
    first = make(tmp_path / "a", tone(6, SR), kind)
    second = make(tmp_path / "b", tone(9, second_rate, 880, channels=2), kind, second_rate)
    (tmp_path / f"j.{kind}").write_bytes(first.read_bytes() + second.read_bytes())
    recording = read_recording(tmp_path / f"j.{kind}")
    assert recording.duration_s == pytest.approx(15, abs=0.4)
    assert hz(recording.clips[0], 12) == pytest.approx(880, abs=5)


def test_a_chain_of_many_links_is_one_recording(tmp_path):
    one = make(tmp_path / "one.oga", tone(3, SR), "oga").read_bytes()
    (tmp_path / "many.ogg").write_bytes(60 * one)
    recording = read_recording(tmp_path / "many.ogg")
    assert recording.duration_s == pytest.approx(180, abs=0.5)
    assert sum(clip.duration_s for clip in recording.clips) == pytest.approx(60, abs=0.1)


def shortened(path, kind, seconds):
    """Make the header of a file say that it lasts some seconds."""
    data = bytearray(path.read_bytes())
    if kind == "flac":
        at = 22
        data[at : at + 4] = struct.pack(">I", int(seconds * SR))
    elif kind == "wav":
        at = data.index(b"data") + 4
        data[at : at + 4] = struct.pack("<I", int(seconds * SR) * 2)
        data[4:8] = struct.pack("<I", at + int(seconds * SR) * 2 - 4)
    elif kind == "m4a":
        for box in (b"mvhd", b"mdhd"):
            at = data.index(box)
            scale = struct.unpack(">I", data[at + 16 : at + 20])[0]
            data[at + 20 : at + 24] = struct.pack(">I", int(seconds * scale))
    elif kind == "webm":
        at = data.index(b"\x44\x89\x88")
        data[at + 3 : at + 11] = struct.pack(">d", 1000.0 * seconds)
    elif kind == "mp3":
        at = max(data.find(b"Xing"), data.find(b"Info"))
        data[at + 8 : at + 12] = struct.pack(">I", int(seconds * SR / 576))
    path.write_bytes(data)


@pytest.mark.parametrize("kind", ["flac", "wav", "m4a", "webm", "mp3"])
@pytest.mark.parametrize("stated", [1, 60, 120, 130])
def test_a_length_stated_too_short_is_found_out(kind, stated, tmp_path):
    path = make(tmp_path / f"a.{kind}", noisy(140, KINDS[kind][2]), kind)
    shortened(path, kind, stated)
    recording = read_recording(path)
    assert recording.duration_s == pytest.approx(140, abs=0.5)
    assert len(recording.clips) == 5
    assert read_recording(path, excerpt=Excerpt(130, 5)).clips[0].duration_s == pytest.approx(5, abs=0.1)


def test_a_recording_of_hours_without_a_length_is_read_in_time(tmp_path):
    source = make(tmp_path / "source.webm", tone(30, 48000), "webm")
    with av.open(str(source)) as box:
        packets = [(packet.pts, bytes(packet)) for packet in box.demux(box.streams.audio[0]) if packet.pts is not None]
        with av.open(str(tmp_path / "live.webm"), "w", format="webm", options={"live": "1"}) as out:
            stream = out.add_stream_from_template(box.streams.audio[0])
            for turn in range(240):  # two hours
                for pts, data in packets:
                    packet = av.Packet(data)
                    packet.stream, packet.time_base, packet.is_keyframe = stream, box.streams.audio[0].time_base, True
                    packet.pts = packet.dts = pts + turn * (packets[-1][0] + 20)
                    out.mux(packet)
    began = time.process_time()
    recording = read_recording(tmp_path / "live.webm")
    assert time.process_time() - began < 8
    assert recording.duration_s == pytest.approx(7200, rel=0.01)
    assert len(recording.clips) == 12


# ---- tracks, protection, damage


@pytest.mark.parametrize("container", ["matroska", "mp4", "mov"])
@pytest.mark.parametrize("default", [0, 1, 2])
def test_the_default_track_is_taken(container, default, tmp_path):
    with av.open(str(tmp_path / "film"), "w", format=container) as file:
        streams = [file.add_stream("aac", rate=SR, layout="mono") for _ in range(3)]
        for i, stream in enumerate(streams):
            stream.disposition = av.stream.Disposition.default if i == default else av.stream.Disposition(0)
        for i, stream in enumerate(streams):
            frame = av.AudioFrame.from_ndarray(np.float32(tone(4, SR, 400 * (i + 1))), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = SR, 0
            file.mux([*stream.encode(frame), *stream.encode(None)])
    assert hz(read_recording(tmp_path / "film").clips[0], 2) == pytest.approx(400 * (default + 1), abs=5)


@pytest.mark.parametrize("kind", ["m4a", "flac", "wma"])
def test_a_file_of_which_next_to_nothing_decodes_is_no_short_song(kind, tmp_path):
    path = make(tmp_path / f"a.{kind}", noisy(30, SR), kind)
    data = bytearray(path.read_bytes())
    first, last = len(data) // 20, len(data) * 19 // 20
    data[first:last] = np.random.default_rng(0).integers(0, 256, last - first, np.uint8).tobytes()
    path.write_bytes(data)
    with pytest.raises(AudioError, match="nothing .*could be decoded"):
        read_recording(path)


# ---- limits: at the limit, one below, one above


@pytest.mark.parametrize("channels", [1, 2, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63])
def test_any_number_of_channels_is_averaged(channels, tmp_path):
    y = (0.5 * 32767 * song("hymn", seconds=1)).astype("<i2")
    data = np.tile(y[:, None], channels).tobytes()
    size = 2 * channels
    form = struct.pack("<HHIIHH", 1, channels, SR, SR * size, size, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    (tmp_path / "a.wav").write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    np.testing.assert_allclose(read_recording(tmp_path / "a.wav").clips[0].samples, y / 32768, atol=1e-4)


@pytest.mark.parametrize("rate", [MIN_RATE - 1, MIN_RATE, MIN_RATE + 1, MAX_RATE - 1, MAX_RATE, MAX_RATE + 1])
def test_rates_are_read_up_to_the_limits(rate, tmp_path):
    path = write_wav(tmp_path / "a.wav", 0.1 * np.ones(rate), rate)
    if MIN_RATE <= rate <= MAX_RATE:
        assert read_recording(path).duration_s == pytest.approx(1)
    else:
        with pytest.raises(AudioError, match=f"sample rate of {rate} Hz"):
            read_recording(path)

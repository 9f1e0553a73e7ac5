"""Decoding: every format, the parts of a recording that are looked at, and what a bad file is answered with."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from support.material import LAYOUTS, ROOT, SR, encode, song, write_wav

from musicgenre.audio import tracks
from musicgenre.audio.decode import read_recording
from musicgenre.audio.recording import (
    MAX_SECTIONS,
    SECTION_S,
    WHOLE_UP_TO_S,
    Clip,
    Excerpt,
    level_dbfs,
    resample,
    sections,
)
from musicgenre.errors import AudioError, Cancelled, GenreError, SourceError
from musicgenre.task import Task

# file name -> codec, container, bit rate, and the largest difference from the original samples (lossless)
LOSSLESS = {
    "u8.wav": ("pcm_u8", "wav", 8e-3),
    "s16.wav": ("pcm_s16le", "wav", 4e-5),
    "s24.wav": ("pcm_s24le", "wav", 4e-7),
    "s32.wav": ("pcm_s32le", "wav", 1e-7),
    "f32.wav": ("pcm_f32le", "wav", 1e-7),
    "f64.wav": ("pcm_f64le", "wav", 1e-7),
    "mulaw.wav": ("pcm_mulaw", "wav", 2e-2),
    "s16.au": ("pcm_s16be", "au", 4e-5),
    "s16.aiff": ("pcm_s16be", "aiff", 4e-5),
    "flac.flac": ("flac", "flac", 4e-5),
    "flac.oga": ("flac", "ogg", 4e-5),
    "flac.mkv": ("flac", "matroska", 4e-5),
    "alac.m4a": ("alac", "ipod", 4e-5),
    "s16.caf": ("pcm_s16be", "caf", 4e-5),
}
LOSSY = {
    "lame.mp3": ("libmp3lame", "mp3", 192_000),
    "opus.opus": ("libopus", "ogg", 128_000),
    "opus.webm": ("libopus", "webm", 128_000),
    "aac.m4a": ("aac", "ipod", 192_000),
    "aac.aac": ("aac", "adts", 192_000),
    "wma.wma": ("wmav2", "asf", 192_000),
    "ac3.mka": ("ac3", "matroska", 192_000),
}


def shift_and_likeness(a, b):
    """Return the shift of `a` against `b` in samples and their correlation there."""
    size = 1 << (len(a) + len(b)).bit_length()
    cross = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)))
    shift = int(cross.argmax())
    likeness = cross[shift] / np.sqrt(np.dot(a, a) * np.dot(b, b))
    return (shift - size if shift > size // 2 else shift), likeness


@pytest.fixture(scope="module")
def tune():
    """Return three seconds at 48 kHz that no lossy codec finds hard."""
    return song("hymn", seconds=3, sr=48000)


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_formats_give_the_samples_that_were_written(name, tune, tmp_path):
    codec, container, tolerance = LOSSLESS[name]
    (clip,) = read_recording(encode(tmp_path / name, tune, 48000, codec, container=container)).clips
    assert clip.sample_rate == 48000
    assert clip.samples.dtype == np.float32
    np.testing.assert_allclose(clip.samples, tune, atol=tolerance)


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_formats_give_the_same_music_at_the_same_time(name, tune, tmp_path):
    codec, container, bit_rate = LOSSY[name]
    path = encode(tmp_path / name, tune, 48000, codec, container=container, bit_rate=bit_rate)
    recording = read_recording(path)
    (clip,) = recording.clips
    shift, likeness = shift_and_likeness(clip.samples, tune)
    assert likeness > 0.97
    assert abs(shift) < 0.1 * 48000  # raw streams do not say how much their codec puts in front
    assert recording.duration_s == pytest.approx(3.0, abs=0.1)


def test_ogg_vorbis_of_another_encoder_is_read(tune, tmp_path):
    soundfile.write(tmp_path / "a.ogg", tune, 48000, format="OGG", subtype="VORBIS")
    (clip,) = read_recording(tmp_path / "a.ogg").clips
    assert shift_and_likeness(clip.samples, tune)[1] > 0.97


@pytest.mark.parametrize("container", ["mp4", "matroska", "avi", "mov"])
def test_a_video_gives_its_sound(container, tune, tmp_path):
    codec = "aac" if container in ("mp4", "mov") else "libmp3lame"
    path = encode(tmp_path / "film", tune, 48000, codec, container=container, bit_rate=192_000, video=True)
    (clip,) = read_recording(path).clips
    assert shift_and_likeness(clip.samples, tune)[1] > 0.97


@pytest.mark.parametrize(
    "name", ["s16.wav", "s24.wav", "u8.wav", "s16.au", "s16.aiff", "flac.flac", "lame.mp3", "opus.opus"]
)
def test_samples_equal_those_of_another_decoder(name, tune, tmp_path):
    codec, container = (LOSSLESS.get(name) or LOSSY[name])[:2]
    path = encode(tmp_path / name, np.stack([tune, tune[::-1]]), 48000, codec, container=container)
    reference, rate = soundfile.read(path, dtype="float32")
    (clip,) = read_recording(path).clips
    assert clip.sample_rate == rate
    n = min(len(reference), len(clip.samples))
    assert abs(len(reference) - len(clip.samples)) < 0.05 * rate
    np.testing.assert_allclose(clip.samples[:n], reference[:n].mean(axis=1), atol=2e-3 if "opus" in name else 1e-5)


def test_resampled_samples_equal_librosa_load(tune, tmp_path):
    path = encode(tmp_path / "a.flac", np.stack([tune, tune[::-1]]), 48000, "flac")
    (clip,) = read_recording(path).clips
    expected, _ = librosa.load(path, sr=22050)
    np.testing.assert_allclose(resample(clip, 22050), expected, atol=2e-5)


@pytest.mark.parametrize("channels", LAYOUTS)
def test_channels_are_averaged(channels, tmp_path):
    y = song("hymn", seconds=1)
    levels = np.linspace(1.0, -0.4, channels)
    (clip,) = read_recording(write_wav(tmp_path / "a.wav", y * levels[:, None].astype(np.float32))).clips
    np.testing.assert_allclose(clip.samples, y * levels.mean(), atol=4e-5)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000])
def test_sample_rates_from_8_to_192_khz_keep_pitch_and_length(rate, tmp_path):
    t = np.arange(2 * rate) / rate
    (clip,) = read_recording(write_wav(tmp_path / "a.wav", 0.5 * np.sin(2 * np.pi * 1000 * t), rate)).clips
    y = resample(clip, 16000)
    assert len(y) == pytest.approx(32000, abs=2)
    spectrum = np.abs(np.fft.rfft(y * np.hanning(len(y))))
    assert spectrum.argmax() * 16000 / len(y) == pytest.approx(1000, abs=1)


def test_a_rate_that_no_music_has_is_unsupported(tmp_path):
    path = write_wav(tmp_path / "a.wav", song("hymn", seconds=2)[:2000], 1000)
    with pytest.raises(AudioError, match="sample rate of 1000 Hz") as caught:
        read_recording(path)
    assert caught.value.kind == "unsupported"


def test_the_title_in_the_file_wins_over_its_name(tune, tmp_path):
    titled = encode(tmp_path / "a.mp3", tune, 48000, "libmp3lame", title="  Über den Wolken ")
    assert read_recording(titled).title == "Über den Wolken"
    assert read_recording(encode(tmp_path / "plain name.flac", tune, 48000, "flac")).title == "plain name"


# ---- which parts are looked at


@settings(deadline=None, max_examples=300)
@given(
    st.floats(0, 20_000), st.floats(0, 10_000), st.one_of(st.none(), st.floats(0.1, 10_000))
)  # fmt: skip
def test_sections_lie_inside_in_order_and_do_not_overlap(duration, start, length):
    parts = sections(duration, start_s=start, length_s=length)
    end = min(duration, start + length) if length is not None else duration
    assert 1 <= len(parts) <= MAX_SECTIONS
    assert parts[0][0] >= start
    assert parts[-1][0] + parts[-1][1] <= max(end, start) + 1e-6
    for (a, n), (b, _) in zip(parts, parts[1:], strict=False):
        assert a + n <= b + 1e-9
    if end - start <= WHOLE_UP_TO_S:
        assert parts == [(start, pytest.approx(max(end - start, 0)))]
    else:
        assert all(n == SECTION_S for _, n in parts)


def test_sections_are_spread_evenly_over_a_long_recording():
    starts = np.array([start for start, _ in sections(7200)])
    assert len(starts) == MAX_SECTIONS
    np.testing.assert_allclose(np.diff(starts), 7200 / MAX_SECTIONS)
    assert starts[0] + SECTION_S / 2 == pytest.approx(7200 / MAX_SECTIONS / 2)


# ---- sections by seeking

CLOCK_S, CLOCK_SECTIONS = 150, 5  # one section of 10 s for each 30 s
CLOCK_HZ = 10.0  # the clock recording's frequency rises by this every second


def clock(seconds, sr=SR):
    """Return a tone whose frequency tells the time: 200 Hz + 10 Hz for each second."""
    frequency = 200 + CLOCK_HZ * np.arange(round(seconds * sr)) / sr
    return (0.5 * np.sin(2 * np.pi * np.cumsum(frequency) / sr)).astype(np.float32)


def time_heard(clip):
    """Return the second that the start of a clip of the clock recording tells: its first second's middle, less half."""
    n = clip.sample_rate
    first = clip.samples[:n]
    spectrum = np.abs(np.fft.rfft(first * np.hanning(n), 8 * n))
    return (spectrum.argmax() / 8 - 200) / CLOCK_HZ - 0.5


@pytest.fixture(scope="module")
def clock_file(tmp_path_factory):
    """Return a function that gives the clock recording, longer than what is analysed whole, in a format."""
    folder = tmp_path_factory.mktemp("clock")

    def get(name):
        codec, container = (LOSSLESS.get(name) or LOSSY[name])[:2]
        path = folder / name
        if not path.exists():
            rate = 24000 if codec == "libopus" else SR
            encode(path, clock(CLOCK_S, rate), rate, codec, container=container, bit_rate=64_000)
        return path

    return get


@pytest.mark.parametrize("name", ["s16.wav", "flac.flac", "lame.mp3", "opus.opus", "aac.m4a", "opus.webm", "wma.wma"])
def test_a_section_holds_the_sound_of_its_time(name, clock_file):
    recording = read_recording(clock_file(name))
    assert recording.duration_s == pytest.approx(CLOCK_S, abs=0.2)
    assert [round(clip.duration_s, 2) for clip in recording.clips] == [10.0] * CLOCK_SECTIONS
    expected = [start for start, _ in sections(CLOCK_S)]
    for clip, start in zip(recording.clips, expected, strict=True):
        assert clip.start_s == pytest.approx(start, abs=0.05)
        assert time_heard(clip) == pytest.approx(start, abs=0.3)


@pytest.mark.parametrize("name", ["s16.wav", "lame.mp3", "aac.m4a", "opus.opus"])
def test_start_and_length_choose_the_part(name, clock_file):
    recording = read_recording(clock_file(name), excerpt=Excerpt(70, 5))
    (clip,) = recording.clips
    assert clip.start_s == pytest.approx(70, abs=0.05)
    assert clip.duration_s == pytest.approx(5, abs=0.01)
    assert time_heard(clip) == pytest.approx(70, abs=0.3)
    assert recording.duration_s == pytest.approx(CLOCK_S, abs=0.2)


@pytest.mark.parametrize("name", ["s16.wav", "flac.flac", "lame.mp3", "aac.m4a"])
def test_a_section_late_in_a_long_file_costs_what_the_section_costs(name, clock_file, monkeypatch):
    read = 0
    packets = tracks.packets_of

    def counted(*args):
        nonlocal read
        for packet in packets(*args):
            read += packet.size
            yield packet

    monkeypatch.setattr("musicgenre.audio.pcm.packets_of", counted)
    path = clock_file(name)
    read_recording(path, excerpt=Excerpt(110, 5))
    assert read < path.stat().st_size * 8 / CLOCK_S  # the 5 s, the 0.5 s before, and a packet more


def test_a_start_behind_the_end_is_said(clock_file):
    with pytest.raises(SourceError, match="start 500 s lies behind the end"):
        read_recording(clock_file("s16.wav"), excerpt=Excerpt(500))


# ---- files that say something else than they hold


def test_a_truncated_mp3_gives_what_is_left(clock_file, tmp_path):
    data = clock_file("lame.mp3").read_bytes()
    (tmp_path / "half.mp3").write_bytes(data[: len(data) * 7 // 8])
    recording = read_recording(tmp_path / "half.mp3")
    assert recording.duration_s == pytest.approx(CLOCK_S * 7 / 8, abs=1)
    for clip in recording.clips:
        assert time_heard(clip) == pytest.approx(clip.start_s, abs=0.3)


@pytest.mark.parametrize("name", ["flac.flac", "s16.wav", "opus.webm", "opus.opus"])
def test_a_truncated_file_gives_what_is_left(name, clock_file, tmp_path):
    data = clock_file(name).read_bytes()
    path = tmp_path / f"half-{name}"
    path.write_bytes(data[: len(data) * 7 // 8])
    recording = read_recording(path)
    assert recording.duration_s == pytest.approx(CLOCK_S * 7 / 8, abs=12)
    for clip in recording.clips:
        assert time_heard(clip) == pytest.approx(clip.start_s, abs=0.3)


def test_a_wrong_declared_length_is_found_out(clock_file, tmp_path):
    data = bytearray(clock_file("s16.wav").read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = (40 * int.from_bytes(data[at : at + 4], "little")).to_bytes(4, "little")  # 80 minutes
    data[4:8] = (0xFFFFFFFF).to_bytes(4, "little")
    (tmp_path / "long.wav").write_bytes(data)
    recording = read_recording(tmp_path / "long.wav")
    assert recording.duration_s == pytest.approx(CLOCK_S, abs=0.5)
    assert sum(clip.duration_s for clip in recording.clips) == pytest.approx(10 * CLOCK_SECTIONS, abs=0.5)


def test_damage_in_the_middle_does_not_stop_the_rest(clock_file, tmp_path):
    data = bytearray(clock_file("lame.mp3").read_bytes())
    rng = np.random.default_rng(0)
    middle = len(data) // 2
    data[middle : middle + 3000] = rng.integers(0, 256, 3000, np.uint8).tobytes()
    (tmp_path / "hurt.mp3").write_bytes(data)
    recording = read_recording(tmp_path / "hurt.mp3")
    assert sum(clip.duration_s for clip in recording.clips) == pytest.approx(10 * CLOCK_SECTIONS, abs=1)


# ---- bad input: each has its error, its kind and a sentence with what to do


def bad_file(case, folder):
    """Write a bad file; return its path."""
    path = folder / f"{case}.mp3"
    if case == "empty":
        path.write_bytes(b"")
    elif case == "text":
        path.write_text("These are the words of a song.\n" * 200)
    elif case == "zeros":
        path.write_bytes(bytes(50_000))
    elif case == "noise":
        path.write_bytes(np.random.default_rng(1).integers(0, 256, 2000, np.uint8).tobytes())
    elif case == "video":
        encode(path, song("hymn", seconds=1), SR, "aac", container="mp4", video=True, audio=False)
    elif case == "header only":
        path.write_bytes(write_wav(folder / "whole.wav", song("hymn", seconds=1)).read_bytes()[:44])
    elif case == "folder":
        path.mkdir()
    elif case == "nan":
        soundfile.write(path, np.full(5 * SR, np.nan), SR, format="WAV", subtype="FLOAT")
    elif case == "pipe":
        os.mkfifo(path)
    elif case == "long name":
        path = folder / ("x" * 3000 + ".mp3")
    elif case == "behind a file":
        path = write_wav(folder / "whole.wav", song("hymn", seconds=1)) / "song.mp3"
    return path


@pytest.mark.parametrize(
    ("case", "kind", "words"),
    [
        ("missing", "not_found", "there is no file"),
        ("behind a file", "not_found", "there is no file"),
        ("long name", "not_found", "there is no file"),
        ("folder", "not_found", "is a folder"),
        ("empty", "unreadable", "is empty"),
        ("text", "unreadable", "is not audio|could be decoded"),
        ("zeros", "unreadable", "is not audio|could be decoded"),
        ("noise", "unreadable", "is not audio|could be decoded"),
        ("header only", "unreadable", "is not audio|could be decoded"),
        ("video", "unsupported", "no sound track"),
        ("nan", "unreadable", "are not numbers"),
        ("pipe", "unsupported", "not a regular file"),
    ],
)
def test_a_bad_file_gets_its_sentence(case, kind, words, tmp_path):
    with pytest.raises(GenreError, match=words) as caught:
        read_recording(bad_file(case, tmp_path))
    assert caught.value.kind == kind
    assert "\n" not in str(caught.value)


def test_no_permission_gets_its_sentence():
    # Root may read everything, so the reader gives its rights up first; the folder is open to everyone.
    code = (
        "import os, sys, av\n"
        "from musicgenre.audio.decode import read_recording; from musicgenre.errors import GenreError\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "for path in sys.argv[1:]:\n"
        "    try: read_recording(path)\n"
        "    except GenreError as error: print(error.kind, error)\n"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        closed = write_wav(folder / "closed" / "song.wav", song("hymn", seconds=1))
        locked = write_wav(folder / "locked.wav", song("hymn", seconds=1))
        folder.chmod(0o755)
        locked.chmod(0)
        closed.parent.chmod(0)
        done = subprocess.run(
            [sys.executable, "-c", code, locked, closed], cwd=ROOT, capture_output=True, text=True, check=True
        )
        closed.parent.chmod(0o700)
    lines = done.stdout.splitlines()
    assert len(lines) == 2, done.stderr
    assert all(line.startswith("unreadable no permission to read") for line in lines)


def test_short_sound_and_silence_are_read_and_left_to_the_verdict(tmp_path):
    short = read_recording(write_wav(tmp_path / "short.wav", song("hymn", seconds=0.3)))
    assert short.duration_s == pytest.approx(0.3)
    silent = read_recording(write_wav(tmp_path / "silent.wav", np.zeros(5 * SR)))
    assert level_dbfs(silent.clips) == -np.inf


def test_a_few_samples_that_are_no_numbers_become_zero(tmp_path):
    y = song("hymn", seconds=3)
    y[[100, 2000]] = np.nan, np.inf
    soundfile.write(tmp_path / "a.wav", y, SR, subtype="FLOAT")
    (clip,) = read_recording(tmp_path / "a.wav").clips
    assert np.isfinite(clip.samples).all()
    np.testing.assert_allclose(clip.samples[3000:], y[3000:])


def test_float_samples_on_an_integer_scale_come_to_full_scale_and_clipped_ones_stay(tmp_path):
    y = song("hymn", seconds=3)
    soundfile.write(tmp_path / "big.wav", y * 32768, SR, subtype="FLOAT")
    assert np.abs(read_recording(tmp_path / "big.wav").clips[0].samples).max() == pytest.approx(1.0)
    soundfile.write(tmp_path / "hot.wav", y * 3, SR, subtype="FLOAT")
    np.testing.assert_allclose(read_recording(tmp_path / "hot.wav").clips[0].samples, y * 3, atol=1e-6)


@pytest.mark.parametrize(
    "name",
    ["two words.wav", "it's \"quoted\".wav", "line\nbreak.wav", "Ärger Ωμέγα 音楽 🎵.wav", "-dash.wav", "http:.wav",
     "file:song.wav", "a%20b.wav", "pipe:0.wav", "concat:a|b.wav", ".hidden.wav", os.fsdecode(b"latin\xe9.wav")],
)  # fmt: skip
def test_odd_names_are_only_names(name, tmp_path, monkeypatch):
    write_wav(tmp_path / "plain.wav", song("hymn", seconds=1)).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert read_recording(name).duration_s == pytest.approx(1.0)


@pytest.mark.parametrize("disguise", ["song.mp3", "song.m3u8", "song.wav", "song.ts"])
@pytest.mark.parametrize("kind", ["m3u8", "concat", "sdp"])
def test_a_playlist_in_disguise_opens_no_other_file(kind, disguise, tmp_path):
    other = write_wav(tmp_path / "secret.wav", song("hymn", seconds=5))
    text = {
        "m3u8": f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://{other}\n#EXT-X-ENDLIST\n",
        "concat": f"ffconcat version 1.0\nfile '{other}'\n",
        "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n",
    }[kind]
    (tmp_path / disguise).write_text(text)
    with pytest.raises(AudioError) as caught:
        read_recording(tmp_path / disguise)
    assert caught.value.kind == "unreadable"


# ---- stopping, levels


def test_decoding_stops_when_asked(clock_file):
    asked = 0

    def cancelled():
        nonlocal asked
        asked += 1
        return asked > 3

    with pytest.raises(Cancelled):
        read_recording(clock_file("lame.mp3"), task=Task(cancelled=cancelled))
    assert asked == 4


def test_progress_rises_to_the_end(clock_file):
    seen = []
    read_recording(clock_file("s16.wav"), task=Task(lambda stage, fraction: seen.append((stage, fraction))))
    assert seen == [("decode", pytest.approx((i + 1) / CLOCK_SECTIONS)) for i in range(CLOCK_SECTIONS)]


def test_the_level_of_a_full_scale_sine_is_minus_3_db():
    y = np.sin(2 * np.pi * 440 * np.arange(SR) / SR).astype(np.float32)
    assert level_dbfs([Clip(y, SR, "", ""), Clip(y, SR, "", "")]) == pytest.approx(-3.01, abs=0.01)

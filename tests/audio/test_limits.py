"""Limits of what is read: at the limit, one below and one above."""

import struct

import numpy as np
import pytest
import soundfile
from support.material import SR, encode, song, write_wav

from musicgenre.audio.decode import MAX_FILE_GB, read_recording, song_sha256
from musicgenre.audio.joined import MAX_SPANS
from musicgenre.audio.pcm import MAX_BAD_SAMPLES
from musicgenre.audio.recording import WHOLE_UP_TO_S, WINDOW_S
from musicgenre.audio.tracks import MAX_TITLE
from musicgenre.errors import AudioError, GenreError
from musicgenre.inference.classifier import Classifier


@pytest.mark.parametrize("more", [0, 1])
def test_a_file_may_have_16_gb(more, tmp_path, monkeypatch):
    monkeypatch.setattr("musicgenre.audio.decode.file_sha256", lambda path: "read")  # 16 GB of holes take a minute
    with (tmp_path / "a.wav").open("wb") as file:
        file.truncate(int(1e9 * MAX_FILE_GB) + more)
    if more:
        with pytest.raises(AudioError, match="more than 16"):
            song_sha256(tmp_path / "a.wav")
    else:
        assert song_sha256(tmp_path / "a.wav") == "read"


@pytest.mark.parametrize("length", [MAX_TITLE - 1, MAX_TITLE, MAX_TITLE + 1])
def test_titles_are_cut_at_their_limit(length, tmp_path):
    path = encode(tmp_path / "a.flac", song("hymn", seconds=1), SR, "flac", title="x" * length)
    assert read_recording(path).title == "x" * min(length, MAX_TITLE)


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_a_hundredth_of_the_samples_may_be_no_numbers(more, tmp_path):
    y = song("hymn", seconds=4)
    bad = int(MAX_BAD_SAMPLES * len(y)) + more
    y[np.arange(bad) * 50] = np.nan
    soundfile.write(tmp_path / "a.wav", y, SR, subtype="FLOAT")
    if more > 0:
        with pytest.raises(AudioError, match="are not numbers"):
            read_recording(tmp_path / "a.wav")
    else:
        assert np.isfinite(read_recording(tmp_path / "a.wav").clips[0].samples).all()


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_three_seconds_are_long_enough(more, tmp_path):
    path = write_wav(tmp_path / "a.wav", song("hymn", seconds=4)[: int(WINDOW_S * SR) + more])
    prediction = Classifier().classify(read_recording(path), source="a").prediction
    assert (prediction.verdict == "too_short") == (more < 0)


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_the_longest_recording_that_is_analysed_whole(more, tmp_path):
    n = int(WHOLE_UP_TO_S * SR) + more
    recording = read_recording(write_wav(tmp_path / "a.wav", np.resize(song("hymn", seconds=4), n)))
    assert (len(recording.clips) == 1) == (more <= 0)
    assert recording.duration_s == pytest.approx(n / SR)


@pytest.mark.parametrize("count", [MAX_SPANS - 1, MAX_SPANS, MAX_SPANS + 1])
def test_a_chain_of_more_links_than_are_opened_is_read_up_to_the_last_one(count, tmp_path):
    link = encode(tmp_path / "one.oga", song("hymn", seconds=0.5), SR, "flac", container="ogg").read_bytes()
    (tmp_path / "many.ogg").write_bytes(count * link)
    assert read_recording(tmp_path / "many.ogg").duration_s == pytest.approx(count / 2, abs=1.5)


@pytest.mark.parametrize("channels", [62, 63, 64, 65, 128])
def test_as_many_channels_as_ffmpeg_mixes(channels, tmp_path):
    y = (0.5 * 32767 * song("hymn", seconds=1)).astype("<i2")
    data = np.tile(y[:, None], channels).tobytes()
    size = 2 * channels
    form = struct.pack("<HHIIHH", 1, channels, SR, SR * size, size, 16)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(data)) + data
    (tmp_path / "a.wav").write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    try:
        samples = read_recording(tmp_path / "a.wav").clips[0].samples
    except GenreError as error:
        assert channels > 63 and f"{channels} channels" in str(error)
    else:
        np.testing.assert_allclose(samples, y / 32768, atol=1e-4)

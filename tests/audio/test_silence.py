"""The answer is that of what a listener hears: silence, cancelling channels, offsets, scales and wild samples."""

import av
import numpy as np
import pytest
import soundfile
from support.material import ROOT

from musicgenre.audio.decode import read_recording
from musicgenre.audio.recording import Clip, Recording, level_dbfs
from musicgenre.audio.silence import (
    FULL_SCALE_PEAK,
    MAX_PAIR_RATE,
    MIN_SILENCE_S,
    PROBE_S,
    between,
    channel_rows,
    laid_over,
    mix_down,
    probe_spans,
    sounding_spans,
    without_offset,
    without_wild_samples,
)
from musicgenre.audio.sounding import sounding_parts
from musicgenre.dataset.clip_rows import ClipJob, RowOptions, compute_clip
from musicgenre.features.extract import extract
from musicgenre.inference.classifier import Classifier
from musicgenre.plots.spectra import song_spectra

RATE = 22050
RNG = np.random.default_rng(3)


def sample(name):
    """Return a sample of the program as mono at 22050 Hz."""
    with av.open(str(ROOT / "data" / "samples" / f"{name}.ogg")) as box:
        to = av.AudioResampler("fltp", "mono", RATE)
        return np.concatenate([b.to_ndarray()[0] for f in box.decode(audio=0) for b in to.resample(f)])


@pytest.fixture(scope="module")
def metal():
    return sample("metal")


@pytest.fixture(scope="module")
def classifier():
    return Classifier()


@pytest.fixture(scope="module")
def plain(classifier, metal):
    return said(classifier, metal)


def said(classifier, y):
    """Return the answer for samples that are not in a file."""
    clip = Clip(np.asarray(y, np.float32), RATE, "made", "made")
    return classifier.classify(Recording((clip,), "made", clip.duration_s), source="made").prediction


def answer(classifier, path):
    return classifier.classify(read_recording(path), source=str(path)).prediction


def write(path, *channels):
    soundfile.write(path, np.stack(channels, axis=1), RATE, subtype="FLOAT")
    return path


def quiet(seconds, kind="zeros"):
    n = int(seconds * RATE)
    return {
        "zeros": np.zeros(n),
        "dither": RNG.integers(-1, 2, n) / 32768,
        "hum": 10 ** (-70 / 20) * 2**0.5 * np.sin(2 * np.pi * 60 * np.arange(n) / RATE),
        "offset": np.full(n, 0.03),
        "hiss": 10 ** (-66 / 20) * RNG.normal(size=n),
    }[kind].astype(np.float32)


def same(got, right, within=0.02):
    assert (got.verdict, got.genre) == (right.verdict, right.genre)
    assert got.confidence == pytest.approx(right.confidence, abs=within)


# ---- silence


@pytest.mark.parametrize("kind", ["zeros", "dither", "hum", "offset", "hiss"])
@pytest.mark.parametrize(("before", "inside", "after"), [(3.3, 0, 0), (0, 7, 0), (0, 0, 21), (6, 1.7, 12.5)])
def test_silence_anywhere_changes_no_answer(kind, before, inside, after, classifier, metal, plain):
    half = len(metal) // 2
    y = np.concatenate([quiet(before, kind), metal[:half], quiet(inside, kind), metal[half:], quiet(after, kind)])
    got = said(classifier, y)
    same(got, plain)
    assert got.duration_s == pytest.approx(len(y) / RATE, abs=0.001)
    assert sum(part.end_s - part.start_s for part in got.analysed) == pytest.approx(len(metal) / RATE, abs=0.35)
    covered = sum(part.end_s - part.start_s for part in got.segments)
    assert covered == pytest.approx(len(metal) / RATE, abs=0.35)  # silence has no genre


@pytest.mark.parametrize("silence", [40, 75, 300])
@pytest.mark.parametrize("first", [True, False])
def test_a_short_song_beside_long_silence_is_heard_whole(silence, first, classifier, metal, plain, tmp_path):
    parts = [metal, quiet(silence, "dither")]
    got = answer(classifier, write(tmp_path / "a.wav", np.concatenate(parts if first else parts[::-1])))
    same(got, plain)
    assert got.duration_s == pytest.approx(len(metal) / RATE + silence, abs=0.01)


def test_a_hidden_track_is_heard_as_if_no_silence_lay_before_it(classifier, metal, tmp_path):
    other = sample("classical")
    path = write(tmp_path / "b.wav", np.concatenate([metal, quiet(130), other]))
    apart = answer(classifier, path)
    (sound,) = sounding_parts(read_recording(path)).clips
    assert len(sound.samples) == pytest.approx(len(metal) + len(other), abs=20)  # silent samples at the edges go too
    assert apart.probabilities == pytest.approx(said(classifier, sound.samples).probabilities, abs=1e-6)
    middle = len(metal) / RATE + 65
    assert not any(part.start_s < middle < part.end_s for part in apart.segments)
    assert not any(part.start_s < middle < part.end_s for part in apart.analysed)


def test_silence_alone_is_silent_and_a_moment_of_sound_is_too_short(classifier, metal, tmp_path):
    for kind in ("zeros", "dither", "hum", "offset"):
        assert said(classifier, quiet(9, kind)).verdict == "silent"
    assert answer(classifier, write(tmp_path / "long.wav", quiet(70, "hum"))).verdict == "silent"
    got = said(classifier, np.concatenate([quiet(20), metal[: 2 * RATE], quiet(8)]))
    assert got.verdict == "too_short"
    assert "2.0 s of sound" in got.reason


@pytest.mark.parametrize(
    ("seconds", "pieces"), [(MIN_SILENCE_S, 2), (MIN_SILENCE_S - 0.01, 1), (MIN_SILENCE_S + 0.01, 2)]
)
def test_a_pause_is_silence_from_one_and_a_half_seconds(seconds, pieces):
    tone = np.full(2 * 8000, 0.1) * (-1.0) ** np.arange(2 * 8000)
    y = np.concatenate([tone, np.zeros(round(seconds * 8000)), tone]).astype(np.float32)
    spans = sounding_spans(y, sample_rate=8000)
    assert len(spans) == pieces
    assert sum(b - a for a, b in spans) == len(y) - (pieces - 1) * round(seconds * 8000)


@pytest.mark.parametrize(("level", "sounds"), [(-60.1, False), (-59.9, True), (-50, True), (-90, False)])
def test_the_limit_of_silence_is_minus_60_dbfs_whatever_the_offset(level, sounds):
    for offset in (0, 0.3, -0.9):
        y = offset + 10 ** (level / 20) * (-1.0) ** np.arange(5 * 44100)
        assert bool(sounding_spans(y.astype(np.float32), sample_rate=44100)) == sounds


def test_what_sounds_throughout_is_left_as_it_is(metal):
    (loud,) = np.nonzero(np.abs(metal) > 0.002)
    clip = Clip(metal[loud[0] : loud[-1] + 1], RATE, "a", "a")
    assert sounding_parts(Recording((clip,), "a", clip.duration_s)).clips == (clip,)


@pytest.mark.parametrize("ends_s", [0.01, 0.13, 1.2, 2.0])
def test_a_song_is_the_same_samples_with_more_silence_around_it(metal, ends_s):
    fade = (metal[RATE : 2 * RATE] * 2e-3).astype(np.float32)  # of a song that begins and ends quietly
    ends = fade[: round(min(ends_s, 1) * RATE)]
    near = np.concatenate([ends, metal, ends]).astype(np.float32)
    pause = np.zeros(5 * RATE, np.float32)

    def heard(y):
        clip = Clip(y, RATE, "a", "a")
        return np.concatenate([one.samples for one in sounding_parts(Recording((clip,), "a", clip.duration_s)).clips])

    alone = heard(near)
    for y in ([pause, near], [near, pause], [pause, near, pause]):
        got = heard(np.concatenate(y))
        assert abs(len(got) - len(alone)) <= 5  # of the last frame only a part may be there
        assert np.array_equal(got[: len(alone)], alone[: len(got)])


def test_short_silence_at_the_ends_is_cut_off_unnoticed(classifier, metal):
    y = np.concatenate([quiet(0.7), metal, quiet(0.4)])
    got = said(classifier, y)
    assert [(part.start_s, part.end_s) for part in got.analysed] == [(0.0, round(len(y) / RATE, 3))]
    assert got.probabilities == said(classifier, metal).probabilities
    assert (got.segments[0].start_s, got.segments[-1].end_s) == (0.0, got.duration_s)


def test_a_table_and_an_answer_have_the_same_row_for_a_song_with_a_pause(metal, tmp_path):
    path = write(tmp_path / "a.wav", np.concatenate([metal, quiet(4), metal[: 3 * RATE]]))
    row = compute_clip(ClipJob("a", str(path), "", RowOptions(("mfcc", "zcr", "tempo"))))["values"]
    assert row == extract(sounding_parts(read_recording(path)).clips, ["mfcc", "zcr", "tempo"]).values
    alone = extract((Clip(np.concatenate([metal, metal[: 3 * RATE]]), RATE, "a", "a"),), ["mfcc", "zcr"]).values
    assert row["zcr_mean"] == pytest.approx(alone["zcr_mean"], rel=0.02)


def test_pictures_show_silence_as_silence(metal):
    y = np.concatenate([metal, quiet(6, "dither")])
    song = song_spectra(Recording((Clip(y, RATE, "a", "a"),), "a", len(y) / RATE))
    (part,) = song.parts
    for rows in (part.chroma, part.tempogram):
        first = int(rows.shape[1] * (len(metal) / RATE + 0.3) * RATE / len(y)) + 1
        assert not rows[:, first:].any()
        assert rows[:, : first // 2].any()
    assert song.level_dbfs == pytest.approx(level_dbfs([Clip(metal, RATE, "a", "a")]), abs=0.1)


def test_joined_pieces_tell_where_they_were():
    clip = Clip(np.zeros(50), 10, "a", "a", 1.0, ((1.0, 3.0), (7.0, 10.0)))
    assert clip.at(np.array([0, 1.9, 2.0, 4.5])).tolist() == pytest.approx([1, 2.9, 7.0, 9.5])
    assert clip.end_s == 10
    assert between([(2, 3), (5, 6)], 1, 8) == [(1, 2), (3, 5), (6, 8)]
    assert between([(0, 9)], 1, 8) == []
    assert laid_over([(10, 14), (20, 30)], [(2, 5), (11, 9)]) == [[(12, 14), (20, 23)], [(27, 30)]]


# ---- channels that cancel


@pytest.mark.parametrize("right", ["-1", "-0.7", "-0.5", "hiss", "later half", "mid 34 dB below"])
def test_stereo_that_cancels_is_heard(right, classifier, metal, plain, tmp_path):
    late = np.arange(len(metal)) > len(metal) / 2
    other = {
        "-1": -metal,
        "-0.7": -0.7 * metal,
        "-0.5": -0.5 * metal,
        "hiss": -metal + 0.002 * RNG.normal(size=len(metal)),
        "later half": np.where(late, -metal, metal),
        "mid 34 dB below": -0.96 * metal,
    }[right]
    same(answer(classifier, write(tmp_path / "a.wav", metal, other.astype(np.float32))), plain, within=0.05)


@pytest.mark.parametrize("gain", [1.0, 1.5, 3.0])
def test_an_instrument_that_cancels_keeps_its_energy(gain, metal):
    other = sample("classical")
    n = min(len(metal), len(other))
    a, b = (y[:n] / np.sqrt(np.mean(y[:n] ** 2)) * 0.1 for y in (metal, other))
    mixed = mix_down(np.stack([a + gain * b, a - gain * b]).astype(np.float32), sample_rate=RATE)
    assert np.mean(mixed**2) == pytest.approx(0.01 * (1 + gain**2), rel=0.15)


def test_ordinary_stereo_is_the_mean_of_its_channels_to_the_bit(metal):
    other = sample("classical")
    n = min(len(metal), len(other))
    a, b = metal[:n], other[:n]
    noise = 0.1 * RNG.normal(size=(2, n))
    room = [a + 0.3 * np.convolve(a, RNG.normal(size=400) / 20, "same") for _ in range(2)]
    for left, right in [(a, a), (a, b), (a + 0.4 * b, b + 0.4 * a), (a, 0 * a), room, noise, (a, 0.3 * a)]:
        rows = np.stack([left, right]).astype(np.float32)
        np.testing.assert_array_equal(mix_down(rows, sample_rate=RATE), rows.mean(axis=0, dtype=np.float32))


@pytest.mark.parametrize(("channels", "rows"), [(1, 1), (2, 2), (3, 1), (4, 2), (5, 1), (6, 2), (8, 2)])
def test_channels_are_kept_as_a_pair_that_has_their_mean(channels, rows):
    planes = RNG.normal(size=(channels, 500)).astype(np.float32)
    kept = channel_rows(planes, sample_rate=MAX_PAIR_RATE)
    assert len(kept) == rows
    np.testing.assert_allclose(kept.mean(axis=0), planes.mean(axis=0), atol=1e-6)
    assert len(channel_rows(planes, sample_rate=MAX_PAIR_RATE + 1)) == 1


# ---- levels


@pytest.mark.parametrize("peak", [FULL_SCALE_PEAK, 2.5, 5, 8, 60, 32768, 1e9])
def test_a_song_on_another_scale_is_brought_to_full_scale(peak, metal, tmp_path):
    unit = metal / np.abs(metal).max()
    (clip,) = read_recording(write(tmp_path / "a.wav", unit * np.float32(peak * 1.0001))).clips
    np.testing.assert_allclose(clip.samples, unit, atol=1e-5)


def test_the_overshoot_of_decoders_stays(metal, tmp_path):
    unit = metal / np.abs(metal).max() * np.float32(FULL_SCALE_PEAK - 0.01)
    (clip,) = read_recording(write(tmp_path / "a.wav", unit)).clips
    np.testing.assert_array_equal(clip.samples, unit)


@pytest.mark.parametrize("wild", [3, -77, 1e4, 1e12, -3e38, np.inf, np.nan])
@pytest.mark.parametrize("stereo", [False, True])
def test_a_wild_sample_is_no_sound(wild, stereo, metal, tmp_path):
    broken = metal / 3
    broken[RATE : RATE + 2] = wild
    channels = (broken, metal / 3) if stereo else (broken,)
    (clip,) = read_recording(write(tmp_path / "a.wav", *channels)).clips
    right = np.delete(metal / 3, [RATE, RATE + 1])
    np.testing.assert_allclose(np.delete(clip.samples, [RATE, RATE + 1]), right, atol=1e-6)
    assert np.abs(clip.samples[RATE : RATE + 2]).max() < 1


def test_one_wild_sample_in_silence_is_silence():
    y = np.zeros(5 * RATE, np.float32)
    y[99] = 1e20
    assert not without_wild_samples(y).any()


@pytest.mark.parametrize(("gain", "offset"), [(0.02, 0.02), (0.02, -0.3), (0.5, 0.4), (1e-2, 0.9)])
def test_an_offset_changes_no_answer(gain, offset, classifier, metal, plain):
    got = said(classifier, metal * np.float32(gain) + np.float32(offset))
    same(got, said(classifier, metal * np.float32(gain)), within=0.01)


def test_a_song_with_an_offset_of_its_own_beside_digital_silence(classifier, metal, plain):
    same(said(classifier, np.concatenate([metal + np.float32(0.4), quiet(10)])), plain, within=0.02)


def test_a_small_offset_stays(metal):
    y = metal - metal.mean()
    slight = (y + 0.3 * y.std()).astype(np.float32)
    assert without_offset(slight) is slight
    assert abs(without_offset((y + y.std()).astype(np.float32)).mean()) < 1e-4


def test_silence_between_sections_that_all_sound_is_not_searched_for(metal, tmp_path, monkeypatch):
    monkeypatch.setattr("musicgenre.audio.decode.probe_spans", lambda *_: pytest.fail("searched"))
    path = write(tmp_path / "a.wav", np.tile(metal, 9))
    assert read_recording(path).silent == ()


@pytest.mark.parametrize("hours", [0.5, 3, 8])
@pytest.mark.parametrize("share", [0.0017, 0.337, 0.5, 0.6512, 0.9971])
def test_a_moment_of_sound_in_hours_of_silence_is_found(hours, share):
    whole = hours * 3600
    length = whole / 1200 + PROBE_S  # the distance of the last probes
    first = share * (whole - length)

    def sounds(start, seconds):
        return [(start, start + seconds)] if start < first + length and start + seconds > first else []

    spans = probe_spans(sounds, 0, whole)
    assert spans
    assert spans[0][0] <= first and spans[-1][1] >= first + length

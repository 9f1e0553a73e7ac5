"""A clear beat gives its tempo, up to an octave; what has none gives no tempo."""

import time

import numpy as np
import pytest
from support.drums import PATTERNS, SR, drum_pattern, under
from support.material import ROOT

from musicgenre.audio.decode import read_recording
from musicgenre.audio.recording import resample
from musicgenre.features.spectral import mel_filterbank, power_spectrogram
from musicgenre.features.tempo import (
    FASTEST_BPM,
    MIN_S,
    SLOWEST_BPM,
    beat_scores,
    onset_strength,
    parabolic_shift,
    tempo_from_mels,
)

RATE = SR / 256
BPMS = (60, 66.6, 72, 78.4, 87.3, 92, 100, 107.9, 114, 120, 128, 133.3, 140, 150, 161.8, 173.5, 180)
SWINGS = (0.5, 0.6, 2 / 3)
BEDS = ("metal", "classical", "rock", "electronic", "lounge", "vocal", "speech", "wind", "white", "pink")


def mel_of(y):
    return power_spectrogram(y, n_fft=512, hop_length=256) @ mel_filterbank(SR, 512, 96)


def tempo_of(*clips):
    return tempo_from_mels([mel_of(np.asarray(y, np.float32)) for y in clips], frame_rate=RATE)


def is_tempo(found, bpm, *, tolerance=0.04, factors=(0.5, 1, 2)):
    return found is not None and any(abs(found / (factor * bpm) - 1) <= tolerance for factor in factors)


def coloured_noise(slope, *, seconds=20):
    spectrum = np.fft.rfft(np.random.default_rng(3).standard_normal(seconds * SR))
    return 0.1 * np.fft.irfft(spectrum / (np.arange(len(spectrum)) + 1) ** slope)


@pytest.fixture(scope="module")
def beds():
    """Return name -> samples at 16 kHz of what the drums play under: the samples, and noise."""
    found = {path.stem: resample(read_recording(path).clips[0], SR) for path in (ROOT / "data/samples").glob("*.ogg")}
    return found | {"white": coloured_noise(0), "pink": coloured_noise(0.5)}


@pytest.mark.parametrize("swing", SWINGS)
def test_pure_patterns_have_their_tempo(swing):
    songs = [(bpm, name) for bpm in BPMS for name in PATTERNS]
    found = [tempo_of(drum_pattern(bpm, name, swing=swing, seconds=12, seed=i)) for i, (bpm, name) in enumerate(songs)]
    assert np.mean([is_tempo(x, bpm) for x, (bpm, _) in zip(found, songs, strict=True)]) >= 0.95
    middle = [(x, bpm) for x, (bpm, _) in zip(found, songs, strict=True) if 75 <= bpm <= 150]
    assert np.mean([is_tempo(x, bpm, factors=(1,)) for x, bpm in middle]) >= 0.85


@pytest.mark.parametrize("bed", BEDS)
def test_patterns_under_other_sounds_have_their_tempo(beds, bed):
    """Drums as loud as music that has a beat of its own, louder and softer than what has none."""
    levels = (6, 0) if bed in ("metal", "rock", "electronic", "lounge") else (6, 0, -6)
    right = []
    for i, bpm in enumerate(BPMS):
        drums = drum_pattern(bpm, list(PATTERNS)[i % len(PATTERNS)], swing=SWINGS[i % 3], seconds=15, seed=i)
        right.append(is_tempo(tempo_of(under(drums, beds[bed], snr_db=levels[i % len(levels)])), bpm))
    assert np.mean(right) >= 0.85


@pytest.mark.parametrize("bpm", [66.6, 87.3, 107.9, 128.0, 173.5])
def test_a_steady_tempo_is_exact_to_a_third_of_a_percent(bpm):
    assert is_tempo(tempo_of(drum_pattern(bpm, "rock", seconds=30, jitter_s=0)), bpm, tolerance=0.003)


@pytest.mark.parametrize("gain_db", [-60, -30, 0, 20])
def test_the_level_does_not_change_the_tempo(gain_db):
    mel = mel_of(drum_pattern(114, "syncopated"))
    expected = tempo_from_mels([mel], frame_rate=RATE)
    changed = tempo_from_mels([mel * np.float32(10 ** (gain_db / 10))], frame_rate=RATE)
    assert changed == pytest.approx(expected, rel=1e-4)


def test_clips_of_one_recording_are_combined(beds):
    """Three sections, of which one has no beat and one is too short to count."""
    drums = drum_pattern(140, "house", seconds=30)
    found = tempo_of(drums[: 10 * SR], beds["pink"][: 5 * SR], drums[: SR // 2], drums[17 * SR :])
    assert is_tempo(found, 140)


@pytest.mark.parametrize("name", ["speech", "silence", "tone", "wind", "white", "pink"])
def test_no_beat_gives_no_tempo(beds, name):
    assert tempo_of(beds[name]) is None


@pytest.mark.parametrize("value", [0.0, 1.0, np.nan, 1e-30])
def test_a_constant_or_broken_spectrogram_gives_no_tempo(value):
    assert tempo_from_mels([np.full((1000, 96), value, np.float32)], frame_rate=RATE) is None


def test_too_short_gives_no_tempo():
    mel = mel_of(drum_pattern(120, "house", seconds=8))
    shortest = int(np.ceil(MIN_S * RATE))
    assert is_tempo(tempo_from_mels([mel[:shortest]], frame_rate=RATE), 120)
    assert tempo_from_mels([mel[: shortest - 1]], frame_rate=RATE) is None
    assert tempo_from_mels([mel[:100]] * 4, frame_rate=RATE) is None  # 6.4 s in clips too short to count
    assert tempo_from_mels([mel[:0]], frame_rate=RATE) is None
    assert tempo_from_mels([], frame_rate=RATE) is None


def test_another_frame_rate_gives_the_same_tempo():
    y = drum_pattern(100, "rock")
    mel = power_spectrogram(y, n_fft=512, hop_length=160) @ mel_filterbank(SR, 512, 96)
    assert is_tempo(tempo_from_mels([mel], frame_rate=SR / 160), 100, tolerance=0.005)


def test_a_comb_scores_its_own_period_best():
    pulses = np.zeros(1500)
    pulses[::25] = 1  # 150 bpm at 62.5 frames a second
    bpm = np.array([75.0, 100.0, 112.5, 150.0, 200.0, 225.0, 300.0])
    scores = beat_scores(pulses, bpm, frame_rate=62.5)
    assert bpm[scores.argmax()] == 150
    assert scores.min() >= 0
    assert not beat_scores(np.full(1500, 0.3), bpm, frame_rate=62.5).any()


def test_onsets_stand_where_the_energy_rises():
    mel = np.full((50, 4), 1e-3)
    mel[20:30] = 1.0
    onset = onset_strength(mel)
    assert onset.shape == (49,)
    assert np.flatnonzero(onset).tolist() == [19]


def test_a_parabola_finds_the_peak_between_two_candidates():
    x = np.arange(10.0)
    assert parabolic_shift(-((x - 4.3) ** 2), 4) == pytest.approx(0.3)
    assert parabolic_shift(x, 9) == 0
    assert parabolic_shift(-x, 0) == 0
    assert parabolic_shift(np.ones(5), 2) == 0


def test_the_tempo_stays_in_its_range():
    for bpm in (20, 39, 241, 400):
        found = tempo_of(drum_pattern(bpm, "house", seconds=12))
        assert found is None or SLOWEST_BPM <= found <= FASTEST_BPM


def test_it_costs_little_beside_the_spectrogram():
    y = drum_pattern(120, "rock", seconds=30)
    mel = mel_of(y)

    def seconds(work):
        times = []
        for _ in range(9):
            start = time.process_time()
            work()
            times.append(time.process_time() - start)
        return min(times)

    assert seconds(lambda: tempo_from_mels([mel], frame_rate=RATE)) < 0.5 * seconds(lambda: mel_of(y))

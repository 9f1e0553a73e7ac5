"""Features: the librosa families equal librosa, everything is finite, and 00 and 03 compute the same."""

import json

import librosa
import numpy as np
import pytest
from support.material import SR, classified, song, write_wav

from musicgenre.audio.recording import Clip
from musicgenre.errors import Cancelled, ModelError
from musicgenre.features import extract as extract_module
from musicgenre.features.extract import extract
from musicgenre.features.families import FAMILIES, SPECTRAL_FAMILIES, columns_of, extractor_constants, grid_of
from musicgenre.features.musicnn import FEWER_WINDOWS, WindowGrid
from musicgenre.features.sound_statistics import SIGNAL_COLUMNS
from musicgenre.features.spectral import (
    estimate_tuning,
    frame_features,
    mel_filterbank,
    onset_strength,
    power_spectrogram,
    power_to_db,
    tempo_bpm,
    tempogram_mean,
)
from musicgenre.inference.classifier import Classifier
from musicgenre.task import Task

# A typical deviation of each kind of column over a set of clips of many genres (measured on 1200 real songs).
DEVIATION = {
    "mfcc_mean": 9.0,
    "mfcc_std": 3.0,
    "chroma_mean": 0.1,
    "chroma_std": 0.04,
    "tempo": 25.0,
    "zcr_mean": 0.04,
    "zcr_std": 0.03,
    "rolloff_mean": 1500.0,
    "rolloff_std": 600.0,
    "centroid_mean": 700.0,
    "centroid_std": 300.0,
}
LIBROSA_FAMILIES = ("mfcc", "chroma", "tempo", "zcr", "rolloff", "centroid")


def signals():
    """Return name -> samples at 22050 Hz, of music and of what is hard: silence, clicks, one note, full scale."""
    rng = np.random.default_rng(3)
    t = np.arange(4 * SR) / SR
    half = song("hymn", seconds=4)
    half[: 2 * SR] = 0
    # A tone that never starts has no tempo and a lone click no pitch: there librosa's own answer is rounding.
    beat = np.mod(t, 0.5)
    return {
        "hymn": song("hymn", seconds=8),
        "clatter": song("clatter", seconds=8),
        "buzz": song("buzz", seconds=8),
        "white noise": 0.1 * rng.standard_normal(4 * SR),
        "faint noise": 1e-5 * rng.standard_normal(4 * SR),
        "a pulsing sine off pitch": 0.5 * np.sin(2 * np.pi * 452.0 * t) * (beat < 0.3),
        "square wave at full scale": np.sign(np.sin(2 * np.pi * 110 * t)),
        "half silent": half,
        "plucked": np.exp(-beat / 0.02) * np.sin(2 * np.pi * 660 * t),
        "digital silence": np.zeros(4 * SR),
        "one second": song("buzz", seconds=1),
    }


SIGNALS = {name: np.asarray(y, np.float32) for name, y in signals().items()}


def librosa_row(y):
    """Return the columns as librosa's own functions give them, called one by one with their defaults."""
    feature = librosa.feature
    values = {}
    frames = {
        "mfcc": feature.mfcc(y=y, sr=SR, n_mfcc=30),
        "chroma": feature.chroma_stft(y=y, sr=SR),
        "zcr": feature.zero_crossing_rate(y),
        "rolloff": feature.spectral_rolloff(y=y, sr=SR),
        "centroid": feature.spectral_centroid(y=y, sr=SR),
    }
    for family, matrix in frames.items():
        row = np.concatenate([matrix.mean(axis=1), matrix.std(axis=1)])
        values.update(zip(FAMILIES[family], row, strict=True))
    values["tempo_bpm"] = feature.tempo(y=y, sr=SR)[0]
    return values


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.filterwarnings("ignore:Trying to estimate tuning")
def test_every_column_equals_librosa_within_a_hundredth_of_a_deviation(name):
    y = SIGNALS[name]
    expected = librosa_row(y)
    values = extract([Clip(y, SR, "", "")], LIBROSA_FAMILIES).values
    assert list(values) == columns_of(LIBROSA_FAMILIES)
    for column, value in values.items():
        kind = next(kind for kind in DEVIATION if column.startswith(kind))
        assert abs(value - expected[column]) < 0.01 * DEVIATION[kind], column


def test_the_parts_equal_librosas_parts():
    y = SIGNALS["buzz"]
    power = power_spectrogram(y, n_fft=2048, hop_length=512)
    reference = np.abs(librosa.stft(y)) ** 2
    np.testing.assert_allclose(power.T, reference, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(mel_filterbank(SR, 2048, 128).T, librosa.filters.mel(sr=SR, n_fft=2048), atol=1e-7)
    np.testing.assert_allclose(power_to_db(power).T, librosa.power_to_db(reference), atol=1e-2)
    mel_db = power_to_db(power @ mel_filterbank(SR, 2048, 128))
    onset = onset_strength(mel_db)
    np.testing.assert_allclose(onset, librosa.onset.onset_strength(y=y, sr=SR), atol=1e-3)
    tempogram = tempogram_mean(onset)
    np.testing.assert_allclose(
        tempogram, librosa.feature.tempogram(onset_envelope=onset, sr=SR, win_length=344).mean(axis=1), atol=1e-4
    )
    assert tempo_bpm(tempogram) == pytest.approx(librosa.feature.tempo(onset_envelope=onset, sr=SR)[0])


@pytest.mark.parametrize("cents", [-45, -20, 0, 10, 30, 49])
def test_tuning_is_found(cents):
    t = np.arange(3 * SR) / SR
    y = sum(np.sin(2 * np.pi * 440 * 2 ** ((note + cents / 100) / 12) * t) for note in (0, 4, 7)).astype(np.float32)
    power = power_spectrogram(y, n_fft=2048, hop_length=512)
    assert estimate_tuning(power) == pytest.approx(librosa.estimate_tuning(S=power.T, sr=SR), abs=1e-6)
    assert estimate_tuning(power) == pytest.approx(cents / 100, abs=0.05)


def test_the_columns_are_those_of_the_contract():
    assert FAMILIES["mfcc"][0] == "mfcc_mean_01"
    assert FAMILIES["mfcc"][-1] == "mfcc_std_30"
    assert FAMILIES["chroma"][12] == "chroma_std_01"
    assert FAMILIES["tempo"] == ("tempo_bpm",)
    assert FAMILIES["zcr"] == ("zcr_mean", "zcr_std")
    assert FAMILIES["rolloff"] == ("rolloff_mean_hz", "rolloff_std_hz")
    assert FAMILIES["centroid"] == ("centroid_mean_hz", "centroid_std_hz")
    assert FAMILIES["musicnn"][0] == "tag_mean_rock"
    assert FAMILIES["musicnn"][99] == "tag_std_happy"
    assert FAMILIES["musicnn_deep"][199::200] == ("deep_mean_200", "deep_std_200")
    sizes = {family: len(columns) for family, columns in FAMILIES.items()}
    assert [sizes[f] for f in ("mfcc", "chroma", "tempo", "zcr", "rolloff", "centroid")] == [60, 24, 1, 2, 2, 2]
    assert (sizes["musicnn"], sizes["musicnn_deep"]) == (100, 400)
    original = columns_of(["mfcc", "chroma", "tempo", "zcr", "rolloff"])
    assert len(original) == 89
    every = columns_of(list(FAMILIES))
    assert len(set(every)) == len(every)


@pytest.mark.parametrize("name", SIGNALS)
def test_every_family_is_finite_on_any_sound(name, network):
    y = SIGNALS[name]
    y = np.tile(y, 5) if len(y) < 3.2 * SR else y
    values = extract([Clip(y, SR, "", "")], list(FAMILIES), network=network).values
    assert list(values) == columns_of(list(FAMILIES))
    assert np.isfinite(list(values.values())).all()
    assert all(isinstance(value, float) for value in values.values())


def test_a_family_does_not_depend_on_the_others_asked_for(network):
    clips = [Clip(SIGNALS["buzz"], SR, "", "")]
    together = extract(clips, list(FAMILIES), network=network).values
    for family in FAMILIES:
        alone = extract(clips, [family], network=network).values
        assert alone == {column: together[column] for column in FAMILIES[family]}


def test_an_unknown_family_is_named():
    with pytest.raises(ModelError, match="'loudness'.*choose from mfcc"):
        extract([Clip(SIGNALS["buzz"], SR, "", "")], ["loudness"])


def test_sections_count_as_one_recording():
    a, b = SIGNALS["hymn"], SIGNALS["clatter"][: 4 * SR]
    families = ("mfcc", "zcr", "rolloff", "centroid", "chroma")
    both = extract([Clip(a, SR, "", ""), Clip(b, SR, "", "", 60.0)], families).values
    parts = [frame_features(y, families) for y in (a, b)]
    for family in families:
        frames = np.concatenate([part[family] for part in parts])
        means = [both[c] for c in FAMILIES[family][: frames.shape[1]]]
        deviations = [both[c] for c in FAMILIES[family][frames.shape[1] :]]
        np.testing.assert_allclose(means, frames.mean(axis=0), rtol=1e-5, atol=1e-7 * np.abs(frames).max())
        np.testing.assert_allclose(deviations, frames.std(axis=0), rtol=1e-4)


def test_window_times_are_those_of_the_recording(network):
    y = song("buzz", seconds=6, sr=16000)
    windows = extract([Clip(y, 16000, "", "", 100.0)], ["musicnn"], network=network).windows
    np.testing.assert_allclose(windows.start_s, 100 + 0.992 * np.arange(4))
    assert windows.activations.shape == (4, 50)
    spread = extract([Clip(y, 16000, "", "", 100.0)], ["musicnn"], network=network, grid=FEWER_WINDOWS).windows
    np.testing.assert_allclose(spread.start_s, 100 + np.array([0, 63, 126, 189]) * 0.016)


OLD_CONSTANTS = {
    "librosa": {"sr": 22050, "n_fft": 2048, "hop_length": 512, "n_mels": 128, "n_mfcc": 30},
    "musicnn": {
        "sr": 16000, "n_fft": 512, "hop_length": 256, "n_mels": 96,
        "window_frames": 187, "window_hop_frames": 62, "window": "hann",
    },
    "sections": {"whole_up_to_s": 45.0, "section_s": 10.0, "every_s": 30.0, "at_least": 3, "at_most": 12},
    "version": 1,
}  # fmt: skip


def test_constants_name_their_windows():
    today = {**OLD_CONSTANTS, "sections": {**OLD_CONSTANTS["sections"], "whole_up_to_s": 120.0}}
    assert extractor_constants() == today
    assert grid_of(today) == grid_of(OLD_CONSTANTS) == WindowGrid()
    silent = json.loads(json.dumps(OLD_CONSTANTS))
    del silent["musicnn"]["window_hop_frames"]
    assert grid_of(silent) == WindowGrid()
    for grid in (*map(WindowGrid, (1, 62, 186, 187)), FEWER_WINDOWS, WindowGrid(62, spread=True)):
        assert grid_of(json.loads(json.dumps(extractor_constants(grid)))) == grid


@pytest.mark.parametrize("hop", [0, -1, 188, 62.0, "62", None, True, [62]])
def test_windows_that_lie_nowhere_are_refused(hop):
    constants = extractor_constants()
    constants["musicnn"]["window_hop_frames"] = hop
    with pytest.raises(ModelError, match="another version"):
        grid_of(constants)


@pytest.mark.parametrize("name", ["window_starts", "least_windows", "closest_hop_frames", "window_frames", "n_mels"])
@pytest.mark.parametrize("value", [3, None, "elsewhere"])
def test_windows_by_another_rule_are_refused(name, value):
    constants = extractor_constants(FEWER_WINDOWS)
    constants["musicnn"][name] = value
    with pytest.raises(ModelError, match="another version"):
        grid_of(constants)


@pytest.mark.parametrize(("name", "value"), [("whole_up_to_s", 46.0), ("section_s", 5.0), ("at_most", None)])
def test_other_sections_are_refused(name, value):
    constants = extractor_constants()
    constants["sections"][name] = value
    with pytest.raises(ModelError, match="another version"):
        grid_of(constants)


@pytest.mark.parametrize("constants", [None, [], "62", {}, {"musicnn": None}, {"musicnn": []}, {"musicnn": {}}])
def test_constants_that_are_none_are_refused(constants):
    with pytest.raises(ModelError, match="another version"):
        grid_of(constants)


# ---- the signal family


def test_the_signal_family_does_not_hear_loudness():
    for name in ("hymn", "clatter", "buzz", "white noise"):
        y = SIGNALS[name]
        rows = [list(extract([Clip(y * gain, SR, "", "")], ["signal"]).values.values()) for gain in (0.5, 0.05, 1.9)]
        np.testing.assert_allclose(rows[1], rows[0], rtol=1e-3, atol=5e-3)
        np.testing.assert_allclose(rows[2], rows[0], rtol=1e-3, atol=5e-3)


def test_the_signal_family_tells_a_tune_from_noise():
    def row(y):
        return dict(zip(SIGNAL_COLUMNS, extract([Clip(y, SR, "", "")], ["signal"]).values.values(), strict=True))

    tune, noise, beat = (row(SIGNALS[name]) for name in ("hymn", "white noise", "clatter"))
    assert tune["signal_flatness_mean"] < noise["signal_flatness_mean"] - 1
    assert tune["signal_tone_kept_long"] > noise["signal_tone_kept_long"] + 0.3
    assert beat["signal_pulse_clarity"] > noise["signal_pulse_clarity"] + 0.1


@pytest.mark.parametrize("seconds", [3.0, 3.2, 0.2])
def test_the_signal_family_is_finite_on_short_sounds(seconds):
    values = extract([Clip(song("clatter", seconds=seconds, sr=16000), 16000, "", "")], ["signal"]).values
    assert np.isfinite(list(values.values())).all()


# ---- one extractor


def test_a_clip_has_the_same_row_in_training_and_in_an_answer(tmp_path, monkeypatch):
    from musicgenre.dataset.clip_rows import ClipJob, RowOptions, compute_clip

    path = write_wav(tmp_path / "song.wav", song("buzz", seconds=5, sr=44100), 44100)
    seen = {}

    def spy(clips, families, **options):
        features = extract_module.extract(clips, families, **options)
        seen.update(features.values)
        return features

    monkeypatch.setattr("musicgenre.inference.classifier.extract", spy)
    for model in ("genres", "librosa12"):
        seen.clear()
        classifier = Classifier(model)
        assert classified(classifier, path).verdict != "error"
        options = RowOptions(
            tuple(classifier.model.families), classifier.model.card.level,
            grid_of(classifier.model.card.extractor),
        )  # fmt: skip
        row = compute_clip(ClipJob("song", str(path), "", options))
        assert row["status"] == "ok"
        assert row["values"].items() <= seen.items()


def test_extraction_stops_when_asked(network):
    clips = [Clip(SIGNALS["buzz"], SR, "", "")]
    for families in (["mfcc"], ["musicnn"]):
        with pytest.raises(Cancelled):
            extract(clips, families, network=network, task=Task(cancelled=lambda: True))


def test_every_librosa_family_is_computed_in_the_shared_pass():
    assert set(LIBROSA_FAMILIES) == SPECTRAL_FAMILIES

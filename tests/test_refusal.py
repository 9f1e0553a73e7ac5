"""What is not music is refused with a reason, and music is not."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from material import classified

from functions_audio import Clip, ModelError, Recording, read_recording
from functions_interface import Classifier
from functions_musicnn import MODELS_DIR
from functions_refusal import CLIP, NAME, NotMusicDetector, forest_scores, machine_scores

sys.path.insert(0, str(Path(__file__).parent.parent / "tools"))

import train_refusal

SAMPLES = Path(__file__).parent.parent / "data" / "samples"
RATE = 22050
SECONDS = 12


@pytest.fixture(scope="module")
def classifier():
    return Classifier("genres", threads=2)


def answer(classifier, samples):
    clip = Clip(np.asarray(samples, np.float32), RATE, "made", "made")
    return classifier.classify(Recording((clip,), "made", clip.duration_s), source="made")


def seconds():
    return np.arange(RATE * SECONDS) / RATE


def strange_sounds():
    """Return name -> samples of sounds in which there is no music."""
    t, rng = seconds(), np.random.default_rng(1)
    white = rng.standard_normal(len(t))
    pink = np.fft.irfft(np.fft.rfft(white) / np.sqrt(np.arange(len(t) // 2 + 1) + 1))
    click = np.zeros(len(t))
    click[:: RATE // 2] = 1.0
    return {
        "white noise": 0.1 * white,
        "pink noise": 0.2 * pink / np.abs(pink).max(),
        "tone": 0.3 * np.sin(2 * np.pi * 440 * t),
        "mains hum": sum(0.2 / k * np.sin(2 * np.pi * 50 * k * t) for k in (1, 2, 3, 5)),
        "sweep": 0.3 * np.sin(2 * np.pi * (100 * t + 150 * t**2)),
        "metronome": np.convolve(click, np.exp(-np.arange(400) / 40) * np.sin(np.arange(400) / 3), mode="same"),
        "siren": 0.3 * np.sin(2 * np.pi * 700 * t - 300 * np.cos(2 * np.pi * t / 3)),
    }


@pytest.mark.parametrize("name", list(strange_sounds()))
def test_sounds_made_by_machines_are_refused(classifier, name):
    said = answer(classifier, strange_sounds()[name])
    assert said.verdict == "not_music"
    assert said.genre is None
    assert "not like music" in said.reason
    assert sum(said.probabilities.values()) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("name", ["speech", "wind", "tone"])
def test_the_samples_without_music_are_refused(classifier, name):
    assert classified(classifier, SAMPLES / f"{name}.ogg").verdict == "not_music"


@pytest.mark.parametrize("gain_db", [0, -20, -30])
def test_quiet_classical_music_is_not_refused(classifier, gain_db):
    clip = read_recording(SAMPLES / "classical.ogg").clips[0]
    quiet = Clip(clip.samples * np.float32(10 ** (gain_db / 20)), clip.sample_rate, "quiet", "quiet")
    said = classifier.classify(Recording((quiet,), "quiet", quiet.duration_s), source="quiet")
    assert said.verdict in ("genre", "uncertain")


def test_speech_over_a_beat_is_not_refused_as_speech_is(classifier):
    """A voice on a drum and bass pattern, the way rap is made."""
    voice = read_recording(SAMPLES / "speech.ogg").clips[0]
    t = np.arange(len(voice.samples)) / voice.sample_rate
    beat = np.zeros(len(t))
    rng = np.random.default_rng(0)
    step = 60 / 92 / 4
    for i in range(int(t[-1] / step) - 4):
        start = int(i * step * voice.sample_rate)
        length = min(int(0.25 * voice.sample_rate), len(t) - start)
        local = np.arange(length) / voice.sample_rate
        if i % 16 in (0, 6, 10):
            beat[start : start + length] += np.exp(-local * 14) * np.sin(2 * np.pi * (90 - 120 * local) * local)
        if i % 8 == 4:
            beat[start : start + length] += 0.5 * np.exp(-local * 22) * rng.standard_normal(length)
        if i % 2 == 0:
            beat[start : start + length] += 0.12 * np.exp(-local * 70) * rng.standard_normal(length)
        note = (55.0, 55.0, 65.4, 49.0)[i // 16 % 4]
        beat[start : start + length] += 0.25 * np.exp(-local * 4) * np.sin(2 * np.pi * note * local)
    mixed = (0.4 * beat + 0.5 * voice.samples).astype(np.float32)
    clip = Clip(mixed, voice.sample_rate, "rap", "rap")
    said = classifier.classify(Recording((clip,), "rap", clip.duration_s), source="rap")
    assert said.verdict in ("genre", "uncertain")


def test_the_arrays_answer_as_the_forest_they_came_from():
    from sklearn.ensemble import ExtraTreesClassifier

    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 6)).astype(np.float32)
    other = x[:, 0] + x[:, 3] > 0
    trees = train_refusal.fit_forest(x, other, np.ones(200), trees=20)
    forest = ExtraTreesClassifier(
        20, min_samples_leaf=train_refusal.MIN_LEAF, max_features=0.4, random_state=0, class_weight="balanced"
    ).fit(x, other)
    assert np.abs(forest_scores(trees, x) - forest.predict_proba(x)[:, 1]).max() < 1e-5


def test_the_arrays_answer_as_the_kernel_machine_they_came_from():
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 6)) * [1, 2, 3, 4, 5, 6] + 7
    other = (x[:, 0] - 7) ** 2 + x[:, 3] > 9
    scaler = StandardScaler().fit(x)
    z = np.clip(scaler.transform(x), -CLIP, CLIP)
    machine = SVC(C=train_refusal.MACHINE_C, gamma=train_refusal.MACHINE_GAMMA).fit(z, other)
    share = 1 / (1 + np.exp(-2 * machine.decision_function(z)))
    assert np.abs(machine_scores(train_refusal.fit_machine(x, other, np.ones(200)), x) - share).max() < 1e-4


def copy_detector(folder):
    for ending in ("npz", "json"):
        shutil.copy(MODELS_DIR / f"{NAME}.{ending}", folder)


@pytest.mark.parametrize("damage", ["swap", "truncate", "no card", "card of another kind", "pickle"])
def test_a_damaged_detector_is_refused_with_a_sentence(tmp_path, damage):
    copy_detector(tmp_path)
    arrays, card = tmp_path / f"{NAME}.npz", tmp_path / f"{NAME}.json"
    if damage == "swap":
        np.savez(arrays, feature=np.zeros(1))
    elif damage == "truncate":
        arrays.write_bytes(arrays.read_bytes()[:1000])
    elif damage == "no card":
        card.unlink()
    elif damage == "card of another kind":
        card.write_text("[1, 2]")
    else:
        import hashlib

        np.savez(arrays, feature=np.array([{"a": 1}], dtype=object))
        values = json.loads(card.read_text())
        values["sha256"] = hashlib.sha256(arrays.read_bytes()).hexdigest()
        card.write_text(json.dumps(values))
    with pytest.raises(ModelError, match="install the program again"):
        NotMusicDetector(tmp_path)


def test_a_row_without_a_column_is_named():
    with pytest.raises(ModelError, match="tag_mean_rock"):
        NotMusicDetector().score({})

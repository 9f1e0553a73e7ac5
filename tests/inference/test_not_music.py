"""What is not music is refused with a reason, and music is not."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from support.material import classified

from musicgenre.audio.decode import read_recording
from musicgenre.audio.recording import Clip, Recording
from musicgenre.errors import ModelError
from musicgenre.features.extract import extract
from musicgenre.features.families import FAMILIES
from musicgenre.inference.classifier import Classifier
from musicgenre.inference.not_music import (
    CLIP,
    FAMILIES_NEEDED,
    KINDS,
    KINDS_NAME,
    NAME,
    OTHER,
    NotMusicDetector,
    forest_scores,
    kind_probabilities,
    machine_scores,
)
from musicgenre.litert import MODELS_DIR

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))

import sound_kinds
import train_refusal

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
RATE = 22050
SECONDS = 12


@pytest.fixture(scope="module")
def classifier():
    return Classifier("genres", threads=2)


def answer(classifier, samples):
    clip = Clip(np.asarray(samples, np.float32), RATE, "made", "made")
    return classifier.classify(Recording((clip,), "made", clip.duration_s), source="made").prediction


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
    said = classifier.classify(Recording((quiet,), "quiet", quiet.duration_s), source="quiet").prediction
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
    said = classifier.classify(Recording((clip,), "rap", clip.duration_s), source="rap").prediction
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
    for name in (NAME, KINDS_NAME):
        for ending in ("npz", "json"):
            shutil.copy(MODELS_DIR / f"{name}.{ending}", folder)


@pytest.mark.parametrize("name", [NAME, KINDS_NAME])
@pytest.mark.parametrize("damage", ["swap", "truncate", "no card", "card of another kind", "pickle"])
def test_a_damaged_detector_is_refused_with_a_sentence(tmp_path, damage, name):
    copy_detector(tmp_path)
    NotMusicDetector(tmp_path)
    arrays, card = tmp_path / f"{name}.npz", tmp_path / f"{name}.json"
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


# ---- the kinds


@pytest.fixture(scope="module")
def detector():
    return NotMusicDetector()


def features_of(clips):
    return extract(clips, FAMILIES_NEEDED, network=None).values


def made(samples):
    return features_of([Clip(np.asarray(samples, np.float32), RATE, "made", "made")])


@pytest.mark.parametrize(("name", "kind"), [("speech", "speech"), ("tone", "tone"), ("wind", "nature")])
def test_the_samples_without_music_have_their_kind(detector, name, kind):
    values = features_of(read_recording(SAMPLES / f"{name}.ogg").clips)
    assert detector.kind(values) in (kind, None)
    probabilities = detector.kind_probabilities(values)
    assert probabilities[kind] == max(probabilities.values())


def test_speech_is_said_to_be_speech(detector):
    assert detector.kind(features_of(read_recording(SAMPLES / "speech.ogg").clips)) == "speech"


@pytest.mark.parametrize(
    ("name", "kind"),
    [("white noise", "noise"), ("tone", "tone"), ("mains hum", "tone"), ("sweep", "tone"), ("siren", "alarm")],
)
def test_a_sound_made_by_a_machine_has_its_kind_or_none(detector, name, kind):
    assert detector.kind(made(strange_sounds()[name])) in (kind, None)


def test_probabilities_of_kinds_sum_to_one(detector):
    probabilities = detector.kind_probabilities(made(strange_sounds()["pink noise"]))
    assert set(probabilities) == {*KINDS, OTHER}
    assert sum(probabilities.values()) == pytest.approx(1)


def test_a_kind_is_said_from_its_level_on(detector, monkeypatch):
    values = features_of(read_recording(SAMPLES / "speech.ogg").clips)
    level = detector.kind_probabilities(values)["speech"]
    monkeypatch.setitem(detector._sure_from, "speech", level)
    assert detector.kind(values) == "speech"
    monkeypatch.setitem(detector._sure_from, "speech", np.nextafter(level, 1))
    assert detector.kind(values) is None
    monkeypatch.delitem(detector._sure_from, "speech")
    assert detector.kind(values) is None


def test_held_out_kinds_are_right_nine_times_in_ten():
    card = json.loads((MODELS_DIR / f"{KINDS_NAME}.json").read_text())
    assert set(card["sure_from"]) <= set(KINDS)
    assert card["metrics"]["right"] >= 0.9
    assert card["metrics"]["answered"] >= 0.25


def test_the_kinds_answer_as_the_regression_they_came_from():
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 5)) * [1, 2, 3, 4, 5] + 7
    names = np.array(sound_kinds.NAMES)[np.digitize(x[:, 0], [6.5, 7.0, 7.5])]
    arrays = sound_kinds.fit_kinds(x, names, np.ones(300))
    z = np.clip(StandardScaler().fit_transform(x), -CLIP, CLIP)
    model = LogisticRegression(C=sound_kinds.INVERSE_PENALTY * 300, max_iter=2000)
    expected = model.fit(z, names, sample_weight=np.full(300, 1 / 300)).predict_proba(z)
    got = kind_probabilities(arrays, x)[:, [sound_kinds.NAMES.index(name) for name in model.classes_]]
    assert np.abs(got - expected).max() < 1e-3


def test_a_level_is_the_lowest_that_is_right_often_enough():
    """Speech is right above 0.8 and wrong below; noise never; both limits are tried with one more and one less."""
    names = np.array(["speech"] * 30 + ["noise"] * 10)
    probabilities = np.full((40, len(sound_kinds.NAMES)), 0.001)
    probabilities[:30, 0] = np.linspace(0.8, 0.99, 30)
    probabilities[30:, 0] = np.linspace(0.5, 0.6, 10)
    found = sound_kinds.levels(probabilities, names)
    assert set(found) == {"speech"}
    said = sound_kinds.answers(probabilities, found)
    right = (names[said == "speech"] == "speech").mean()
    assert right >= sound_kinds.PRECISION
    one_more = np.sort(probabilities[:, 0])[::-1][: (said == "speech").sum() + 1].min()
    more = sound_kinds.answers(probabilities, {"speech": one_more})
    assert (names[more == "speech"] == "speech").mean() < sound_kinds.PRECISION


def test_a_row_without_a_column_has_no_kind(detector):
    with pytest.raises(ModelError, match=FAMILIES["musicnn"][0]):
        detector.kind({})

"""Mixed songs through the whole program: the samples one after the other, and each of them alone."""

import itertools

import numpy as np
import pytest
from support.material import ROOT, SR

from musicgenre.audio.recording import resample
from musicgenre.audio.samples import recording_of_samples
from musicgenre.audio.sandbox import read_safely
from musicgenre.inference.classifier import Classifier

SAMPLES = ROOT / "data" / "samples"
MUSIC = ("classical", "electronic", "lounge", "metal", "rock", "vocal")


@pytest.fixture(scope="module")
def classifier():
    """Return the shipped classifier."""
    return Classifier("genres", threads=2)


@pytest.fixture(scope="module")
def alone(classifier):
    """Return the answers of the samples and their samples."""
    found = {}
    for name in MUSIC:
        recording = read_safely(str(SAMPLES / f"{name}.ogg"))
        answer = classifier.classify(recording, source=name).prediction
        found[name] = answer, resample(recording.clips[0], SR)
    return found


def joined(classifier, alone, names, seconds):
    """Return the answer of samples one after the other, each for some seconds."""
    sound = np.concatenate([np.resize(alone[name][1], round(seconds * SR)) for name in names])
    return classifier.classify(recording_of_samples(sound, SR, title="medley"), source="medley").prediction


def test_no_sample_alone_is_mixed(alone):
    assert [name for name in MUSIC if alone[name][0].verdict == "mixed"] == []


@pytest.mark.parametrize("seconds", [20.0, 30.0, 80.0])
def test_samples_of_two_genres_are_a_mixed_song(classifier, alone, seconds):
    named = [name for name in ("classical", "metal") if alone[name][0].verdict == "genre"]
    assert len(named) == 2
    answer = joined(classifier, alone, named, seconds)
    assert answer.verdict == "mixed" and answer.genre is None and answer.confidence is None
    assert [part.genre for part in answer.parts] == [alone[name][0].genre for name in named]
    gap = 0.0 if 2 * seconds <= 120 else 2 * seconds / len(answer.analysed) / 2
    assert answer.parts[0].end_s == pytest.approx(seconds, abs=max(6.0, gap))
    assert answer.parts[0].start_s == 0 and answer.parts[-1].end_s == pytest.approx(2 * seconds)
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(answer.parts))
    assert answer.reason == f"classical to {clocked(answer.parts[0].end_s)}, then metal"
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-4)


def clocked(seconds):
    """Return seconds as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def test_a_song_that_goes_on_is_not_mixed(classifier, alone):
    answer = joined(classifier, alone, ["metal", "metal"], 60.0)
    assert answer.verdict == "genre" and answer.genre == "metal" and answer.parts == []


def test_a_minute_and_a_half_is_analysed_whole(classifier, alone):
    answer = joined(classifier, alone, ["metal"], 90.0)
    assert [(part.start_s, part.end_s) for part in answer.analysed] == [(0.0, 90.0)]
    assert len(answer.segments) == 9
    assert all(sum(one.probabilities.values()) == pytest.approx(1, abs=1e-3) for one in answer.segments)


def test_beyond_two_minutes_sections_are_analysed(classifier, alone):
    answer = joined(classifier, alone, ["metal"], 121.0)
    assert len(answer.analysed) == 4

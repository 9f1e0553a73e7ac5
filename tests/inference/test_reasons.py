"""Reasons in words: ranges of training clips, and what speaks for and against."""

import math

import numpy as np
import pytest

from musicgenre.features.extract import Features
from musicgenre.inference.card import Card, Thresholds
from musicgenre.inference.prediction import Prediction, Tag
from musicgenre.inference.reasons import reasons, trait_ranges

COLUMNS = ["tag_mean_rock", "tag_mean_jazz", "tempo_bpm", "rolloff_mean_hz", "mfcc_mean_01"]


@pytest.fixture
def traits():
    rng = np.random.default_rng(0)
    rows = np.concatenate([
        rng.normal([math.log(0.4), math.log(0.001), 140, 5000, 0], 0.1, (200, 5)),
        rng.normal([math.log(0.01), math.log(0.5), 90, 2000, 0], 0.1, (200, 5)),
    ])  # fmt: skip
    return trait_ranges(COLUMNS, rows, ["rock"] * 200 + ["jazz"] * 200)


def card_with(traits, names=None):
    return Card("x", ["rock", "jazz"], [], [], Thresholds(0.5), traits=traits, names=names or {})


def explain(values, traits, chances, *, verdict="genre", tempo_bpm=91.0, tags=("rock", "female_vocalists")):
    prediction = Prediction(
        "x", "X", 20.0, verdict, probabilities=chances, tempo_bpm=tempo_bpm, tags=[Tag(tag, 0.4) for tag in tags]
    )
    features = Features(dict(zip(COLUMNS, values, strict=True)), None)
    return reasons(prediction, None, features, card_with(traits or {}))


def test_ranges_are_percentiles_of_the_traits_with_a_word(traits):
    assert set(traits) == {"rock", "jazz"} and set(traits["rock"]) == set(COLUMNS[:4])
    low, middle, high = traits["jazz"]["tempo_bpm"]
    assert low < middle < high and middle == pytest.approx(90, abs=1)


def test_what_speaks_for_and_against_is_told_with_both_ranges(traits):
    told = explain([math.log(0.4), math.log(0.0005), 91, 5000, 0], traits, {"rock": 0.7, "jazz": 0.3})
    by_side = {side: [r.text for r in told if r.side == side] for side in ("heard", "for", "against")}
    assert any(text.startswith("Tag “rock” heard at 40 %, within what is usual for rock") for text in by_side["for"])
    assert any(text.startswith("Brightness 5.0 kHz") and "jazz: 2.0" in text for text in by_side["for"])
    assert by_side["against"] == [by_side["against"][0]] and by_side["against"][0].startswith("Tempo 91 bpm, below")
    assert by_side["heard"][0] == "The pretrained network heard: rock, female vocalists"
    assert by_side["heard"][1].startswith("Tempo: 91 bpm; usual for rock:")


def test_a_card_without_ranges_still_tells_what_was_heard():
    told = explain([math.log(0.4), math.log(0.3), 91, 5000, 0], None, {"rock": 0.7, "jazz": 0.3})
    assert [r.side for r in told] == ["heard"] * 3
    assert told[0].text == "The pretrained network heard: rock, female vocalists"


def logs(*shares):
    return [math.log(share) for share in shares]


@pytest.mark.parametrize(("value", "own", "other", "expected"), [
    (0.001, (0.002, 0.004, 0.009), (0.0005, 0.02, 0.03), "for: under 1 %, within what is usual for a (under 1 %)"),
    (0.001, (0.002, 0.02, 0.009), (0.0005, 0.001, 0.03), None),  # against, and as written within
    (0.001, (0.002, 0.02, 0.03), (0.0005, 0.001, 0.004), None),  # the same, in a wider range
    (0.10, (0.05, 0.30, 0.40), (0.05, 0.11, 0.20), None),  # within its range is nothing against
    (0.02, (0.05, 0.30, 0.40), (0.01, 0.02, 0.03), "against: 2 %, below what is usual for a (5 to 40 %)"),
    (0.30, (0.05, 0.30, 0.40), (0.05, 0.10, 0.40), None),  # the same range in both
])  # fmt: skip
def test_no_line_contradicts_itself_or_its_side(value, own, other, expected):
    traits = {"a": {"tag_mean_rock": logs(*own)}, "b": {"tag_mean_rock": logs(*other)}}
    told = explain([math.log(value), math.log(0.001), 91, 5000, 0], traits, {"a": 0.7, "b": 0.3})
    lines = [f"{r.side}: {r.text}" for r in told if r.side != "heard" and "rock" in r.text]
    assert [line.replace("Tag “rock” heard at ", "").split(";")[0] for line in lines] == [expected] * bool(expected)


@pytest.mark.parametrize("verdict", ["not_music", "silent", "too_short", "error"])
def test_what_is_no_music_has_no_reasons(traits, verdict):
    assert explain([math.log(0.4), math.log(0.3), 91, 5000, 0], traits, {"rock": 1.0}, verdict=verdict) == []


def test_a_mixed_song_says_what_was_measured_and_speaks_for_no_genre(traits):
    said = explain([math.log(0.4), math.log(0.3), 91, 5000, 0], traits, {"rock": 0.5, "jazz": 0.5}, verdict="mixed")
    assert [r.text for r in said][1:] == ["Tempo: 91 bpm", "Brightness: 5.0 kHz"]


def test_the_tempo_is_the_answers_own(traits):
    said = explain([math.log(0.4), math.log(0.3), 91, 5000, 0], traits, {"rock": 0.9, "jazz": 0.1}, tempo_bpm=140.0)
    assert any(r.text.startswith("Tempo 140 bpm") for r in said if r.side == "for")
    silent = explain([math.log(0.4), math.log(0.3), 91, 5000, 0], traits, {"rock": 0.9, "jazz": 0.1}, tempo_bpm=None)
    assert not any("bpm" in r.text for r in silent)


def test_genres_have_the_names_of_the_card():
    traits = {"a": {"tag_mean_rock": logs(0.05, 0.3, 0.4)}, "b": {"tag_mean_rock": logs(0.01, 0.02, 0.03)}}
    prediction = Prediction("x", "X", 20.0, "genre", probabilities={"a": 0.7, "b": 0.3})
    features = Features({"tag_mean_rock": math.log(0.3), "rolloff_mean_hz": 5000.0}, None)
    said = reasons(prediction, None, features, card_with(traits, {"a": "A & co", "b": "Bebop"}))
    assert said[-1].side == "for" and "usual for A & co" in said[-1].text and "; bebop: 1 to 3 %" in said[-1].text

"""Reasons in words: ranges of training clips, and what speaks for and against."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

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


def explain(values, traits, chances):
    prediction = SimpleNamespace(probabilities=chances)
    features = SimpleNamespace(values=dict(zip(COLUMNS, values, strict=True)))
    return reasons(prediction, None, features, {"traits": traits} if traits else {})


def test_ranges_are_percentiles_of_the_traits_with_a_word(traits):
    assert set(traits) == {"rock", "jazz"} and set(traits["rock"]) == set(COLUMNS[:4])
    low, middle, high = traits["jazz"]["tempo_bpm"]
    assert low < middle < high and middle == pytest.approx(90, abs=1)


def test_what_speaks_for_and_against_is_told_with_both_ranges(traits):
    told = explain([math.log(0.4), math.log(0.0005), 91, 5000, 0], traits, {"rock": 0.7, "jazz": 0.3})
    by_side = {side: [r["text"] for r in told if r["side"] == side] for side in ("heard", "for", "against")}
    assert any(text.startswith("Tag “rock” heard at 40%, within what is usual for rock") for text in by_side["for"])
    assert any(text.startswith("Brightness 5.0 kHz") and "jazz: 2.0" in text for text in by_side["for"])
    assert by_side["against"] == [by_side["against"][0]] and by_side["against"][0].startswith("Tempo 91 bpm, below")
    assert by_side["heard"][0] == "The pretrained network heard: rock (40%)"
    assert by_side["heard"][1].startswith("Tempo: 91 bpm; rock:")


def test_a_card_without_ranges_still_tells_what_was_heard():
    told = explain([math.log(0.4), math.log(0.3), 91, 5000, 0], None, {"rock": 0.7, "jazz": 0.3})
    assert [r["side"] for r in told] == ["heard"] * 3
    assert told[0]["text"] == "The pretrained network heard: rock (40%), jazz (30%)"


def logs(*shares):
    return [math.log(share) for share in shares]


@pytest.mark.parametrize(("value", "own", "other", "expected"), [
    (0.001, (0.002, 0.004, 0.009), (0.0005, 0.02, 0.03), "for: under 1%, within what is usual for a (under 1%)"),
    (0.001, (0.002, 0.02, 0.009), (0.0005, 0.001, 0.03), None),  # against, and as written within
    (0.001, (0.002, 0.02, 0.03), (0.0005, 0.001, 0.004), None),  # the same, in a wider range
    (0.10, (0.05, 0.30, 0.40), (0.05, 0.11, 0.20), None),  # within its range is nothing against
    (0.02, (0.05, 0.30, 0.40), (0.01, 0.02, 0.03), "against: 2%, below what is usual for a (5 to 40%)"),
    (0.30, (0.05, 0.30, 0.40), (0.05, 0.10, 0.40), None),  # the same range in both
])  # fmt: skip
def test_no_line_contradicts_itself_or_its_side(value, own, other, expected):
    traits = {"a": {"tag_mean_rock": logs(*own)}, "b": {"tag_mean_rock": logs(*other)}}
    told = explain([math.log(value), math.log(0.001), 91, 5000, 0], traits, {"a": 0.7, "b": 0.3})
    lines = [f"{r['side']}: {r['text']}" for r in told if r["side"] != "heard" and "rock" in r["text"]]
    assert [line.replace("Tag “rock” heard at ", "").split(";")[0] for line in lines] == [expected] * bool(expected)

"""Answers as JSON and as rows: every field there and back, and answers of older versions."""

import io
import json

import pytest

from musicgenre.inference.answer_rows import COLUMNS, answer_row, csv_rows
from musicgenre.inference.prediction import Failure, Part, Prediction, Section, Segment, Tag

MIXED = Prediction(
    "medley.ogg", "Medley", 80.0, "mixed", probabilities={"blues": 0.4, "metal": 0.6}, likely=["metal", "blues"],
    segments=[Segment(0.0, 40.0, "blues", 0.9, {"blues": 0.9, "metal": 0.1}), Segment(40.0, 80.0, "metal", 0.8)],
    parts=[Part(0.0, 40.0, "blues", 0.9), Part(40.0, 80.0, "metal", 0.8)], analysed=[Section(0.0, 80.0)],
    tags=[Tag("guitar", 0.5), Tag("00s", 0.2)], tempo_bpm=128.0, reason="blues to 0:40, then metal", model="genres",
)  # fmt: skip
# as the program wrote it before there were sets, parts, tags and a tempo
OLD = {
    "input": "song.mp3", "title": "Song", "duration_s": 200.0, "verdict": "genre", "genre": "jazz",
    "confidence": 0.8, "probabilities": {"jazz": 0.8, "blues": 0.2},
    "segments": [{"start_s": 0.0, "end_s": 200.0, "genre": "jazz", "confidence": 0.7}],
    "analysed": [{"start_s": 60.0, "end_s": 90.0}], "reason": None, "model": "genres", "error": None,
}  # fmt: skip


def test_json_is_the_contracts():
    record = MIXED.as_json()
    assert json.loads(json.dumps(record)) == record
    assert record["verdict"] == "mixed" and record["genre"] is None and record["confidence"] is None
    assert record["likely"] == ["metal", "blues"]
    assert record["parts"] == [
        {"start_s": 0.0, "end_s": 40.0, "genre": "blues", "confidence": 0.9},
        {"start_s": 40.0, "end_s": 80.0, "genre": "metal", "confidence": 0.8},
    ]
    assert record["tags"] == [{"name": "guitar", "score": 0.5}, {"name": "00s", "score": 0.2}]
    assert record["tempo_bpm"] == 128.0
    assert record["segments"][0]["probabilities"] == {"blues": 0.9, "metal": 0.1}
    assert "probabilities" not in record["segments"][1]
    assert "candidates" not in record


@pytest.mark.parametrize("prediction", [
    MIXED, Prediction("a", None, None, "error", reason="gone", error=Failure("not_found", "gone")),
    Prediction("a", "A", 3.0, "silent"),
], ids=lambda prediction: prediction.verdict)  # fmt: skip
def test_an_answer_comes_back_from_its_json(prediction):
    assert Prediction.from_json(json.loads(json.dumps(prediction.as_json()))) == prediction


def test_a_json_can_be_changed_without_changing_the_answer():
    record = MIXED.as_json()
    record["likely"].append("x")
    record["probabilities"]["x"] = 1
    record["tags"][0]["name"] = "x"
    assert MIXED.likely == ["metal", "blues"] and "x" not in MIXED.probabilities and MIXED.tags[0].name == "guitar"


def test_an_old_answer_is_read_and_lacks_what_is_new():
    old = Prediction.from_json(OLD)
    assert (old.likely, old.parts, old.tags, old.tempo_bpm) == (None, [], [], None)
    assert old.segments == [Segment(0.0, 200.0, "jazz", 0.7)]
    assert old.as_json() == {**OLD, "likely": None, "parts": [], "tags": [], "tempo_bpm": None}


def test_keys_of_a_later_version_are_passed_over():
    record = MIXED.as_json() | {"mood": "sad", "tags": [{"name": "guitar", "score": 0.5, "rank": 1}]}
    assert Prediction.from_json(record).tags == [Tag("guitar", 0.5)]


def test_a_row_joins_sets_and_tags():
    row = answer_row(MIXED, ["blues", "metal", "pop"])
    assert row["likely"] == "metal; blues" and row["tags"] == "guitar; 00s" and row["tempo_bpm"] == 128.0
    assert (row["p_blues"], row["p_metal"], row["p_pop"]) == (0.4, 0.6, None)
    assert list(row) == [*COLUMNS, "p_blues", "p_metal", "p_pop"]


def test_a_row_of_an_old_answer_leaves_the_new_cells_empty():
    out = io.StringIO()
    csv_rows(out, ["jazz"])(Prediction.from_json(OLD))
    header, row = out.getvalue().splitlines()
    assert header.split(",") == [*COLUMNS, "p_jazz"]
    assert row == "song.mp3,Song,200.0,genre,jazz,0.8,,genres,,,,,0.8"

"""Answers as text, JSON and CSV, and the summary at the end."""

import csv
import io
import json

import pytest

from musicgenre.inference.answer_rows import COLUMNS
from musicgenre.inference.prediction import Failure, Part, Prediction, Section, Tag
from musicgenre.terminal.answers import Summary, readable, writer

LOOKED = {"analysed": [Section(0.0, 20.0)]}
SET = Prediction(
    "song.mp3", "A song", 20.0, "uncertain", "rock", 0.6, {"rock": 0.6, "metal": 0.34, "hiphop": 0.04, "pop": 0.02},
    likely=["rock", "metal"], tags=[Tag("hard_rock", 0.5), Tag("80s", 0.2)], tempo_bpm=127.6,
    reason="rock or metal (94 % together)", **LOOKED,
)  # fmt: skip
MIXED = Prediction(
    "medley.ogg", "medley", 80.0, "mixed", probabilities={"rock": 0.5, "hiphop": 0.5},
    parts=[Part(0.0, 40.0, "hiphop", 0.9), Part(40.0, 80.0, "rock", 0.9)], reason="Hip-Hop to 0:40, then rock",
    **LOOKED,
)  # fmt: skip
SPEECH = Prediction(
    "talk.ogg", "talk", 20.0, "not_music", probabilities={"rock": 0.9, "hiphop": 0.1}, tags=[Tag("hip_hop", 0.4)],
    reason="it sounds like speech, not like music", **LOOKED,
)  # fmt: skip
FAILED = Prediction(
    "gone", None, None, "error", reason="there is no file", error=Failure("not_found", "there is no file")
)


def lines(prediction, **options):
    """Return the lines of the text of an answer."""
    return readable(prediction, 1.23, **{"top": 3, **options}).splitlines()


def test_a_set_is_said_with_its_bars_and_what_was_heard():
    assert lines(SET) == [
        "song.mp3",
        "  A song",
        "  rock or metal (94 % together)",
        "    Rock     ██████████████▌               60 %",
        "    Metal    ████████                      34 %",
        "    Hip-Hop  █                              4 %",
        "  heard: hard rock, 80s; 128 bpm",
        "  20 of 20 s analysed in 1.2 s",
    ]


def test_the_bars_show_at_least_the_set():
    assert sum("%" in line for line in lines(SET, top=1)) == 1 + 2


def test_a_terminal_without_blocks_gets_signs():
    assert lines(SET, encoding="ascii")[3].split() == ["Rock", "#" * 14, "60", "%"]


def test_a_mixed_song_tells_its_parts_without_bars():
    assert lines(MIXED) == ["medley.ogg", "  mixed: Hip-Hop to 0:40, then rock", "  20 of 80 s analysed in 1.2 s"]


def test_what_is_not_music_has_no_genres_and_no_tags():
    assert lines(SPEECH) == ["talk.ogg", "  not music: it sounds like speech", "  20 of 20 s analysed in 1.2 s"]


def test_a_failure_is_one_sentence():
    assert lines(FAILED) == ["gone", "  no answer: there is no file"]


def test_a_model_can_name_its_genres():
    said = lines(SET, names={"rock": "Rock’n’Roll"})
    assert said[2] == "  Rock’n’Roll or metal (94 % together)" and said[3].startswith("    Rock’n’Roll  ")


def test_text_from_files_cannot_move_the_cursor():
    evil = Prediction(
        "a\x1b[2Jb", "t\x1b[31m\nx", 1.0, "error", reason="r\x07\x1b[0m", error=Failure("unreadable", "r")
    )
    assert "\x1b" not in readable(evil, 0.0, top=3) and "\x07" not in readable(evil, 0.0, top=3)


@pytest.mark.parametrize("prediction", [SET, MIXED, SPEECH, FAILED], ids=lambda p: p.verdict)
def test_json_is_a_line_an_answer(prediction, capsys):
    with writer(as_json=True, csv_path=None, top=3, genres=["rock"]) as write:
        write(prediction, 1.0)
    (line,) = capsys.readouterr().out.splitlines()
    assert Prediction.from_json(json.loads(line)) == prediction


def test_csv_has_sets_tags_and_tempo(capsys):
    with writer(as_json=False, csv_path="-", top=3, genres=["hiphop", "metal", "pop", "rock"]) as write:
        for prediction in (SET, MIXED, FAILED):
            write(prediction, 1.0)
    one, two, three = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert list(one) == [*COLUMNS, "p_hiphop", "p_metal", "p_pop", "p_rock"]
    assert (one["likely"], one["tags"], one["tempo_bpm"]) == ("rock; metal", "hard_rock; 80s", "127.6")
    assert (two["verdict"], two["genre"], two["likely"], two["tempo_bpm"]) == ("mixed", "", "", "")
    assert two["reason"] == "Hip-Hop to 0:40, then rock"
    assert (three["error"], three["tags"], three["p_rock"]) == ("not_found", "", "")


def test_a_run_ends_with_a_summary():
    counts = Summary()
    assert counts.words() == ""
    counts.add(SET)
    assert counts.words() == "" and counts.words(csv_path="-") == ""  # one answer speaks for itself
    assert counts.words(csv_path="a.csv") == "1 answer: 1 with a set of genres; table in a.csv"
    for prediction in (MIXED, SPEECH, FAILED):
        counts.add(prediction)
    assert counts.words() == "4 answers: 1 with a set of genres, 1 mixed, 1 not music, 1 failed"

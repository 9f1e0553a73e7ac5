"""Answers in words: every verdict, sets, parts, what was heard, numbers that agree."""

import pytest

from musicgenre.inference.prediction import VERDICTS, Failure, Part, Prediction, Tag
from musicgenre.inference.wording import (
    IN_SUMMARY,
    VERDICT_WORDS,
    answer_line,
    explanation,
    headline,
    heard_words,
    in_sentence,
    listed,
    parts_words,
    percent,
    set_words,
    summary_group,
    summary_words,
    sureness,
    title_name,
    together,
)

CHANCES = {"rock": 0.604, "metal": 0.354, "pop": 0.042}
PARTS = [Part(0.0, 80.4, "classical", 0.9), Part(80.4, 161.0, "hiphop", 0.9), Part(161.0, 240.0, "blues", 0.8)]


def said(verdict="genre", **fields):
    """Return an answer."""
    return Prediction("song.mp3", "Song", 240.0, verdict, **fields)


NAMED = said(genre="rock", confidence=0.91, probabilities={"rock": 0.91})
SET = said("uncertain", genre="rock", confidence=0.604, probabilities=CHANCES, likely=["rock", "metal"],
           reason="rock or metal (95 % together)")  # fmt: skip
NO_SET = said("uncertain", genre="rnb", confidence=0.34, probabilities=CHANCES,
              reason="no genre fits well; R&B comes closest with 34 %")  # fmt: skip
MIXED = said("mixed", probabilities=CHANCES, likely=["rock", "metal"], parts=PARTS, reason=parts_words(PARTS))
SPEECH = said("not_music", probabilities=CHANCES, tags=[Tag("ambient", 0.5)],
              reason="it sounds like speech, not like music")  # fmt: skip
SILENT = said("silent", reason="there is no sound in it")
FAILED = said("error", reason="there is no file", error=Failure("not_found", "there is no file"))


def test_every_verdict_has_words():
    assert set(VERDICT_WORDS) == set(VERDICTS)
    assert {words.counted for words in VERDICT_WORDS.values()} <= set(IN_SUMMARY)


@pytest.mark.parametrize(("share", "words"), [
    (0.0, "under 1 %"), (0.0094, "under 1 %"), (0.0095, "1 %"), (0.01, "1 %"), (0.125, "12 %"), (0.5, "50 %"),
    (0.904, "90 %"), (0.99, "99 %"), (0.9904, "99 %"), (0.991, "over 99 %"), (1.0, "over 99 %"),
])  # fmt: skip
def test_nothing_is_certain(share, words):
    assert percent(share) == words


def test_genres_are_written_as_people_write_them():
    assert [title_name(genre) for genre in ("rock", "hiphop", "rnb", "my genre")] == [
        "Rock",
        "Hip-Hop",
        "R&B",
        "my genre",
    ]
    assert [in_sentence(genre) for genre in ("rock", "hiphop", "rnb", "MPB")] == ["rock", "Hip-Hop", "R&B", "MPB"]
    assert listed(["rock"]) == "rock" and listed([]) == ""
    assert listed(["hiphop", "rnb"]) == "Hip-Hop or R&B"
    assert listed(["rock", "metal", "pop"], "and") == "rock, metal and pop"


def test_a_cards_names_come_first():
    names = {"rock": "Rock’n’Roll", "chanson": "Chanson"}
    assert title_name("rock", names) == "Rock’n’Roll" and in_sentence("chanson", names) == "chanson"
    assert title_name("pop", names) == "Pop"
    assert answer_line(SET, names) == "Rock’n’Roll or metal (95 % together)"
    assert len(title_name("x" * 300)) == 40 and title_name("a\x1b[31mb\n") == "ab"


def test_what_a_set_has_is_the_sum_of_the_numbers_beside_it():
    assert percent(CHANCES["rock"]) == "60 %" and percent(CHANCES["metal"]) == "35 %"
    assert together(["rock", "metal"], CHANCES) == "95 %"  # not 96, which 0.958 would be
    assert set_words(["rock", "metal"], CHANCES) == "rock or metal (95 % together)"
    assert together(["rock", "metal", "pop"], CHANCES) == "99 %"


@pytest.mark.parametrize(("parts", "words"), [
    (PARTS, "classical to 1:20, Hip-Hop to 2:41, then blues"),
    (PARTS[:2], "classical to 1:20, then Hip-Hop"),
    ([*PARTS, Part(240.0, 3700.0, "rock", 0.9)], "classical to 1:20, Hip-Hop to 2:41, blues to 4:00, then rock"),
    ([*PARTS, *PARTS], "Hip-Hop, classical and blues in 6 parts"),
])  # fmt: skip
def test_parts_are_told_in_their_order(parts, words):
    assert parts_words(parts) == words


@pytest.mark.parametrize(("prediction", "line", "short"), [
    (NAMED, "rock, 91 % sure", "Rock"),
    (SET, "rock or metal (95 % together)", "Rock or metal"),
    (NO_SET, "not sure: no genre fits well; R&B comes closest with 34 %", "Not sure"),
    (MIXED, "mixed: classical to 1:20, Hip-Hop to 2:41, then blues", "Mixed"),
    (SPEECH, "not music: it sounds like speech", "Not music"),
    (said("not_music", reason="this is not like music"), "not music", "Not music"),
    (SILENT, "silent: there is no sound in it", "Silent"),
    (said("too_short", reason="only 1.0 s of sound; at least 3 s are needed"),
     "too short: only 1.0 s of sound; at least 3 s are needed", "Too short"),
    (FAILED, "no answer: there is no file", "No answer"),
    (said("of a later version"), "of a later version", "of a later version"),
], ids=lambda value: getattr(value, "verdict", ""))  # fmt: skip
def test_every_answer_has_a_line_and_a_headline(prediction, line, short):
    assert answer_line(prediction) == line and headline(prediction) == short


def test_an_answer_has_one_number():
    assert (sureness(NAMED), explanation(NAMED)) == ("91 % sure", "")
    assert (sureness(SET), explanation(SET)) == ("95 % together", "")
    for prediction in (NO_SET, MIXED, SPEECH, SILENT, FAILED):
        assert sureness(prediction) == "" and explanation(prediction)
    assert sureness(said(genre="rock", confidence=0.9996, probabilities={"rock": 0.9996})) == "over 99 % sure"


def test_a_set_of_a_mixed_song_is_no_headline():
    assert headline(MIXED) == "Mixed"


def test_what_was_heard():
    heard = said(tags=[Tag("female_vocalists", 0.5), Tag("dance", 0.2)], tempo_bpm=128.04)
    assert heard_words(heard) == "female vocalists, dance; 128 bpm"
    assert heard_words(said(tempo_bpm=90.0)) == "90 bpm" and heard_words(said(tags=[Tag("80s", 0.3)])) == "80s"
    assert heard_words(said()) == "" and heard_words(SPEECH) == ""


def test_the_summary_counts_what_came_of_the_answers():
    groups = [summary_group(p) for p in (NAMED, NAMED, SET, NO_SET, MIXED, SPEECH, SILENT, FAILED)]
    assert summary_words(groups) == (
        "8 answers: 2 named, 1 with a set of genres, 1 mixed, 1 not sure, 1 not music, 1 silent, 1 failed"
    )
    assert summary_words(["named"]) == "1 answer: 1 named"
    assert summary_words([]) == "0 answers: nothing to classify"

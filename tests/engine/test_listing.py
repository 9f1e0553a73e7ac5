"""The songs that a window lists: one row a song, filtered, sorted and counted."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from musicgenre.engine.history import History
from musicgenre.engine.listing import Filter, Order, earlier_keys, part_counts, song_count, song_keys
from musicgenre.inference.prediction import Prediction

FIXTURE = Path(__file__).parents[1] / "fixtures" / "history_1.sqlite"


def answer(name, verdict="genre", genre="jazz", confidence=0.8):
    genre = genre if verdict in ("genre", "uncertain") else None
    return Prediction(f"/music/{name}.mp3", name, None, verdict, genre, confidence if genre else None)


@pytest.fixture
def history(tmp_path):
    made = History(tmp_path / "user")
    for number, (key, prediction, artist) in enumerate((
        ("a", answer("alpha", confidence=0.5), "Zed"), ("b", answer("Beta", genre="rock", confidence=0.9), "Amy"),
        ("c", answer("gamma", "uncertain", "blues", 0.4), None), ("d", answer("delta", "error"), None),
        ("e", answer("alpha", genre="pop"), "Zed"),
    )):  # fmt: skip
        made.add(key, prediction, made=float(number), artist=artist)
    yield made
    made.close()


def test_a_song_is_one_row_with_its_earlier_answers_inside(history):
    assert song_keys(history) == ["e", "d", "c", "b"] and song_count(history) == 4
    assert earlier_keys(history, "e") == ["a"] and earlier_keys(history, "b") == []
    history.remove("e")
    assert song_keys(history) == ["d", "c", "b", "a"]


@pytest.mark.parametrize(
    ("column", "descending", "expected"),
    [
        ("date", True, "edcb"), ("date", False, "bcde"), ("title", False, "ebdc"), ("title", True, "cdbe"),
        ("confidence", True, "becd"), ("artist", False, "bedc"), ("artist", True, "ebdc"), ("none", True, "edcb"),
    ],
)  # fmt: skip
def test_songs_are_sorted_by_any_column_and_those_without_a_value_come_last(history, column, descending, expected):
    assert "".join(song_keys(history, order=Order(column, descending))) == expected


def test_songs_are_filtered_and_counted_by_part(history):
    history.correct(history.get("b"), "metal")
    assert song_keys(history, Filter(part="genre:rock")) == ["b"]
    assert song_keys(history, Filter(part="genre:jazz")) == []
    assert song_keys(history, Filter(part="uncertain")) == ["c"] and song_keys(history, Filter(part="error")) == ["d"]
    assert song_keys(history, Filter(part="corrected")) == ["b"]
    assert song_keys(history, Filter(words="amy BETA")) == ["b"] and song_keys(history, Filter(words="zed")) == ["e"]
    assert song_keys(history, Filter(keys=("b", "c"))) == ["c", "b"] and song_keys(history, Filter(keys=())) == []
    assert part_counts(history) == {"genre:pop": 1, "genre:rock": 1, "error": 1, "uncertain": 1, "corrected": 1}


def test_a_history_of_the_version_before_is_listed_and_that_version_can_still_write(tmp_path):
    shutil.copy(FIXTURE, tmp_path / "history.sqlite")
    history = History(tmp_path)
    assert history.problem is None and song_keys(history) == ["k2", "k1", "k0"]
    assert part_counts(history) == {"genre:rock": 1, "not_music": 1, "silent": 1, "corrected": 1}
    assert history.get("k0").title == "rock" and history.get("k0").artist is None
    history.close()
    with sqlite3.connect(tmp_path / "history.sqlite") as older:  # its very statement
        older.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?)", ("new", 2e9, "t", "t", "no json"))
    older.close()
    history = History(tmp_path)
    assert history.problem is None and song_keys(history) == ["k2", "k1", "k0"] and history.keys()[0] == "new"
    history.close()


def test_another_window_is_noticed(history):
    before = history.changes()
    history.add("own", answer("own"))
    assert history.changes() == before
    other = History(history.folder)
    other.add("other", answer("other"))
    other.close()
    assert history.changes() != before and song_keys(history)[0] == "other"

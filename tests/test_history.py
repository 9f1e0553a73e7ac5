"""What the window keeps: answers, corrections, settings; damaged, unwritable and shared stores."""

import csv
import io
from pathlib import Path

import pytest

from functions_history import History
from functions_table import read_metadata


def record(title, *, verdict="genre", genre="jazz", source="/music/song.mp3"):
    answer = {"input": source, "title": title, "verdict": verdict, "genre": genre, "confidence": 0.8}
    return {"answer": answer, "why": [], "colour": None}


@pytest.fixture
def history(tmp_path):
    made = History(tmp_path / "user")
    yield made
    made.close()


def test_answers_come_newest_first_and_every_word_counts(history):
    for i, title in enumerate(["Blue Train", "Blue Monday", "Été 東京 %_"]):
        history.add(str(i), record(title, genre="jazz" if i == 0 else "pop"), made=float(i))
    assert [entry.title for entry in history.find()] == ["Été 東京 %_", "Blue Monday", "Blue Train"]
    assert [entry.title for entry in history.find("blue JAZZ")] == ["Blue Train"]
    assert [entry.title for entry in history.find("東京")] == ["Été 東京 %_"]
    assert [entry.title for entry in history.find("%_")] == ["Été 東京 %_"]
    assert history.find("' OR 1=1 --") == []
    assert history.get("1").record["answer"]["genre"] == "pop" and history.get("none") is None


def test_keys_are_those_of_all_answers_that_are_found(history):
    for i in range(5):
        history.add(str(i), record("Blue" if i % 2 else "Red"), made=float(i))
    assert history.keys() == ["4", "3", "2", "1", "0"] and history.keys("blue") == ["3", "1"]
    history.remove("1", "4")
    assert history.keys() == ["3", "2", "0"]


def test_removing_one_and_all_takes_the_pictures_along(history):
    for key in ("a", "b"):
        history.add(key, record(key))
        path = history.picture_path(key)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    history.correct(history.get("a"), "blues")
    history.remove("a")
    assert not history.picture_path("a").exists() and history.picture_path("b").exists()
    history.clear()
    assert history.count() == 0 and not history.picture_path("b").exists()
    assert history.corrections()[0]["genre"] == "blues"


def test_titles_and_paths_of_any_bytes_survive(history):
    source = "/music/\udcff\x1b[31m.mp3"
    history.add("a", record("\u202eevil\x1b]0;x\x07" + "x" * 900, source=source))
    (entry,) = history.find()
    assert entry.title.isprintable() and len(entry.title) <= 300
    assert entry.record["answer"]["input"] == source
    history.correct(entry, "=HYPERLINK(1)")
    assert history.corrections()[0]["input"] == source


def test_corrections_are_metadata_of_a_music_folder(history, tmp_path):
    music = tmp_path / "music"
    for i, source in enumerate(["rock/one.mp3", "two.v2.ogg"]):
        history.correct(history.add(str(i), record("t", source=str(music / source))), "blues")
    history.correct(history.add("x", record("t", source="https://www.youtube.com/watch?v=x")), "pop")
    text, count = history.corrections_csv(music)
    assert count == 2
    path = tmp_path / "corrections.csv"
    path.write_text(text, encoding="utf-8")
    assert read_metadata(path)["genre"].to_dict() == {"rock/one": "blues", "two.v2": "blues"}
    assert history.correction("x") == "pop" and history.correction("none") is None
    assert next(csv.reader(io.StringIO(text))) == ["clip_id", "genre"]


def test_the_genre_that_was_answered_withdraws_a_correction(history):
    entry = history.add("a", record("One", genre="jazz"))
    guess = history.add("b", record("Two", genre="jazz", verdict="uncertain"))
    history.correct(entry, "blues")
    history.correct(entry, "jazz")
    assert history.correction("a") is None and not history.corrections()
    history.correct(guess, "jazz")  # which says more than the answer did
    assert history.correction("b") == "jazz"


def test_settings_are_kept_and_those_of_another_type_ignored(tmp_path):
    first = History(tmp_path)
    first.remember(theme="dark", volume=0.3, place=[1, 2, 3, 4])
    first.close()
    second = History(tmp_path)
    assert (second.setting("theme", "system"), second.setting("volume", 1.0)) == ("dark", 0.3)
    assert second.setting("theme", 1.0) == 1.0 and second.setting("none", "x") == "x"
    second.close()


def test_two_windows_share_a_history(tmp_path):
    first, second = History(tmp_path), History(tmp_path)
    first.add("a", record("One"))
    second.add("b", record("Two"))
    assert first.count() == second.count() == 2
    assert first.problem is None and second.problem is None
    first.close(), second.close()


def test_a_damaged_file_is_put_aside(tmp_path):
    (tmp_path / "history.sqlite").write_bytes(b"not a database" * 100)
    history = History(tmp_path)
    history.add("a", record("One"))
    assert history.count() == 1 and "damaged" in history.problem
    assert list(tmp_path.glob("history.broken-*"))
    history.close()


@pytest.mark.parametrize("place", ["file", "/proc/none", None])
def test_without_a_place_memory_has_to_do(tmp_path, place):
    (tmp_path / "file").write_text("in the way")
    folder = None if place is None else tmp_path / place
    history = History(folder)
    history.add("a", record("One"))
    assert history.count() == 1 and history.picture_path("a") is None
    assert place is None or "cannot be written" in history.problem
    history.log("nothing happens")
    history.close()


def test_the_log_does_not_grow_for_ever(history, tmp_path):
    history.log("x" * 1_100_000)
    history.log("new")
    log = history.log_path()
    assert log.read_text().endswith("new\n") and log.stat().st_size < 1000
    assert Path(log.with_name("log.old.txt")).exists()

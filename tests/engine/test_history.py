"""What the window keeps: answers, corrections, settings; damaged, unwritable and shared stores."""

import contextlib
import csv
import io
import json
import shutil
import sqlite3
import threading
from pathlib import Path

import pytest

from musicgenre.dataset.metadata import read_metadata
from musicgenre.engine.history import History
from musicgenre.engine.settings import SettingsStore
from musicgenre.inference.prediction import Prediction


def answer(title, *, verdict="genre", genre="jazz", source="/music/song.mp3"):
    return Prediction(source, title, None, verdict, genre, 0.8)


@pytest.fixture
def history(tmp_path):
    made = History(tmp_path / "user")
    yield made
    made.close()


def test_answers_come_newest_first_and_every_word_counts(history):
    for i, title in enumerate(["Blue Train", "Blue Monday", "Été 東京 %_"]):
        history.add(str(i), answer(title, genre="jazz" if i == 0 else "pop"), made=float(i))
    assert [entry.title for entry in history.find()] == ["Été 東京 %_", "Blue Monday", "Blue Train"]
    assert [entry.title for entry in history.find("blue JAZZ")] == ["Blue Train"]
    assert [entry.title for entry in history.find("東京")] == ["Été 東京 %_"]
    assert [entry.title for entry in history.find("%_")] == ["Été 東京 %_"]
    assert history.find("' OR 1=1 --") == []
    assert history.get("1").prediction.genre == "pop" and history.get("none") is None


def test_keys_are_those_of_all_answers_that_are_found(history):
    for i in range(5):
        history.add(str(i), answer("Blue" if i % 2 else "Red"), made=float(i))
    assert history.keys() == ["4", "3", "2", "1", "0"] and history.keys("blue") == ["3", "1"]
    history.remove("1", "4")
    assert history.keys() == ["3", "2", "0"]


def test_removing_one_and_all_takes_the_pictures_along(history):
    for key in ("a", "b"):
        history.add(key, answer(key))
        path = history.picture_path(key)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    history.correct(history.get("a"), "blues")
    removed = history.remove("a")
    history.restore(removed)  # its pictures are still there
    assert history.picture_path("a").exists() and history.get("a").title == "a"
    history.remove("a")
    history.prune_pictures(orphans=True)
    assert not history.picture_path("a").exists() and history.picture_path("b").exists()
    history.clear()
    assert history.count() == 0 and not history.picture_path("b").exists()
    assert history.corrections()[0].genre == "blues"


def test_titles_and_paths_of_any_bytes_survive(history):
    source = "/music/\udcff\x1b[31m.mp3"
    history.add("a", answer("\u202eevil\x1b]0;x\x07" + "x" * 900, source=source))
    (entry,) = history.find()
    assert entry.title.isprintable() and len(entry.title) <= 300
    assert entry.prediction.input == source
    history.correct(entry, "=HYPERLINK(1)")
    assert history.corrections()[0].input == source


def test_corrections_are_metadata_of_a_music_folder(history, tmp_path):
    music = tmp_path / "music"
    for i, source in enumerate(["rock/one.mp3", "two.v2.ogg"]):
        history.correct(history.add(str(i), answer("t", source=str(music / source))), "blues")
    history.correct(history.add("x", answer("t", source="https://www.youtube.com/watch?v=x")), "pop")
    text, count = history.corrections_csv(music)
    assert count == 2
    path = tmp_path / "corrections.csv"
    path.write_text(text, encoding="utf-8")
    rows = dict(read_metadata(path).rows)
    assert {name: row["genre"] for name, row in rows.items()} == {"rock/one": "blues", "two.v2": "blues"}
    assert history.correction("x") == "pop" and history.correction("none") is None
    assert next(csv.reader(io.StringIO(text))) == ["clip_id", "path", "genre"]


def test_the_genre_that_was_answered_withdraws_a_correction(history):
    entry = history.add("a", answer("One", genre="jazz"))
    guess = history.add("b", answer("Two", genre="jazz", verdict="uncertain"))
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
    first.add("a", answer("One"))
    second.add("b", answer("Two"))
    assert first.count() == second.count() == 2
    assert first.problem is None and second.problem is None
    first.close(), second.close()


def test_a_damaged_file_is_put_aside(tmp_path):
    (tmp_path / "history.sqlite").write_bytes(b"not a database" * 100)
    history = History(tmp_path)
    history.add("a", answer("One"))
    assert history.count() == 1 and "damaged" in history.problem
    assert list(tmp_path.glob("history.broken-*"))
    history.close()


@pytest.mark.parametrize("place", ["file", "/proc/none", None])
def test_without_a_place_memory_has_to_do(tmp_path, place):
    (tmp_path / "file").write_text("in the way")
    folder = None if place is None else tmp_path / place
    history = History(folder)
    history.add("a", answer("One"))
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


OLD_SCHEMA = """
CREATE TABLE answers (key TEXT PRIMARY KEY, made REAL NOT NULL, title TEXT NOT NULL, words TEXT NOT NULL,
                      record TEXT NOT NULL);
CREATE TABLE corrections (key TEXT PRIMARY KEY, made REAL NOT NULL, input TEXT NOT NULL, title TEXT NOT NULL,
                          said TEXT, genre TEXT NOT NULL);
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO corrections VALUES ('song', 2.0, '"/music/song.mp3"', 'Song', 'jazz', 'blues');
INSERT INTO settings VALUES ('theme', '"dark"'), ('place', '[1200, 800, 10, 20]'), ('volume', '0.25'), ('scale', '"x"');
"""
OLD_ANSWER = {
    "input": "/music/song.mp3", "title": "Song", "duration_s": 200.0, "verdict": "genre", "genre": "jazz",
    "confidence": 0.8, "probabilities": {"jazz": 0.8, "blues": 0.2},
    "segments": [{"start_s": 0.0, "end_s": 200.0, "genre": "jazz", "confidence": 0.7}],
    "analysed": [{"start_s": 60.0, "end_s": 90.0}], "reason": None, "model": "genres", "error": None,
}  # fmt: skip
OLD_ERROR = {
    "input": "gone.mp3", "title": None, "duration_s": None, "verdict": "error", "genre": None, "confidence": None,
    "probabilities": None, "segments": [], "analysed": [], "reason": "no file", "model": "genres",
    "error": {"kind": "not_found", "message": "no file"},
}  # fmt: skip
OLD_REASONS = [
    {"side": "for", "text": "Tempo 120 bpm", "weight": 0.4},
    {"side": "heard", "text": "Tags", "weight": 0.0},
]


@pytest.fixture
def old_folder(tmp_path):
    """Return a folder with a history as the version with untyped answers wrote it, and two rows that are none."""
    store = sqlite3.connect(tmp_path / "history.sqlite")
    store.executescript(OLD_SCHEMA)
    records = {
        "song": {"answer": OLD_ANSWER, "why": OLD_REASONS, "colour": "#10aabf"},
        "gone": {"answer": OLD_ERROR, "why": [], "colour": None},
        "short": {"answer": {"input": "x", "title": "X", "verdict": "silent"}, "why": None, "colour": None},
        "later": {"answer": {**OLD_ANSWER, "tempo_hint": 7}, "why": [], "colour": None},
        "list": [],
        "part": {"answer": {**OLD_ANSWER, "segments": [7]}},
    }
    for key, record in records.items():
        store.execute("INSERT INTO answers VALUES (?, 1.0, 'title', 'title', ?)", (key, json.dumps(record)))
    store.commit()
    store.close()
    return tmp_path


def test_a_history_of_the_version_before_opens(old_folder):
    history = History(old_folder)
    found = {entry.key: entry for entry in history.find()}
    assert set(found) == {"song", "gone", "short", "later"} and history.problem is None
    song = found["song"]
    new = {"likely": None, "parts": [], "tags": [], "tempo_bpm": None}  # which that version did not know
    assert song.prediction.as_json() == {**OLD_ANSWER, **new} and song.colour == "#10aabf"
    assert [(reason.side, reason.text) for reason in song.reasons] == [("for", "Tempo 120 bpm"), ("heard", "Tags")]
    assert found["gone"].prediction.error.kind == "not_found"
    assert found["short"].prediction.duration_s is None
    assert history.corrections()[0].genre == "blues" and history.corrections()[0].answered == "jazz"
    history.close()


def test_settings_of_the_version_before_are_used(old_folder):
    history = History(old_folder)
    settings = SettingsStore(history)
    assert settings.now.theme == "dark"
    assert settings.now.place == (1200, 800, 10, 20)
    assert settings.now.volume == 0.25
    assert settings.now.scale == 0.0  # what is kept is no number
    settings.change(place=[1, 2, 3, 4], library="songs.sqlite")
    assert settings.now.place == (1, 2, 3, 4) and settings.now.library == "songs.sqlite"
    with pytest.raises(TypeError):
        settings.change(colour="red")
    history.close()


def test_what_is_journalled_is_moved_into_the_file_beside_the_work(tmp_path):
    history = History(tmp_path)
    for number in range(400):
        history.add(f"key{number}", answer(f"song {number}"))
    history.tidy()
    for thread in threading.enumerate():
        if thread.name == "checkpoint":
            thread.join(10)
    shutil.copy(tmp_path / "history.sqlite", tmp_path / "alone.sqlite")  # without its journal
    with contextlib.closing(sqlite3.connect(tmp_path / "alone.sqlite")) as store:
        assert store.execute("SELECT count(*) FROM answers").fetchone() == (400,)
    history.close()

"""The file of a library: made, refused, damaged, upgraded, read by several models, merged."""

import contextlib
import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from support.faults import is_one_sentence
from support.library_material import EIGHT, fill
from support.material import run_script

from musicgenre.audio.tags import read_genres
from musicgenre.errors import SourceError
from musicgenre.library.conditions import Selection
from musicgenre.library.merge import Merged, merge
from musicgenre.library.scan import scan
from musicgenre.library.store import Library, card_hash, open_library
from musicgenre.library.tagging import TagOptions, undo_tags, write_tags

SCRIPT = "03_launch_classifier.py"
OLD = Path(__file__).parents[1] / "fixtures" / "library_1.sqlite"


# ---- a library of the version before


def test_a_library_of_the_version_before_is_upgraded_with_all_it_knows(tmp_path):
    path = tmp_path / "songs.sqlite"
    shutil.copy(OLD, path)
    with contextlib.closing(sqlite3.connect(path)) as store:
        before = store.execute("SELECT id, name, verdict, genre, confidence, answer FROM songs ORDER BY id").fetchall()
        store.execute(
            "INSERT INTO changes (song, made, before, after, sha256_before, sha256_after, undo)"
            " VALUES (1, 5.0, '[\"Pop\"]', '[\"Metal\"]', 'a', 'b', x'00')"
        )
        store.commit()
    with open_library(path) as library:
        (model,) = library.models()
        assert (model.name, model.card, model.songs) == ("genres", "23b5912cb6966c4a", len(before))
        for key, name, verdict, genre, confidence, answer in before:
            song = library.song(key)
            assert (song.path.name, song.verdict, song.genre, song.confidence) == (name, verdict, genre, confidence)
            assert library.answer(key).as_json()["probabilities"] == json.loads(answer)["probabilities"]
        (change,) = library.read("SELECT song, before, after FROM changes")
        assert change == (1, '["Pop"]', '["Metal"]')
        assert library.run("PRAGMA foreign_key_check").fetchall() == []
        assert library.run("PRAGMA integrity_check").fetchone() == ("ok",)
        assert library.run("PRAGMA user_version").fetchone() == (2,)
    with open_library(path) as library:  # once is enough
        assert len(list(library.songs())) == len(before)


def test_answers_of_a_model_that_was_trained_again_are_those_of_another_model(tmp_path):
    path = tmp_path / "songs.sqlite"
    (tmp_path / "music").mkdir()
    fill_path = tmp_path / "music"
    with Library(path) as library:
        fill(library, fill_path, EIGHT)
        with library.writing() as store:  # as if the card had been another one then
            store.execute("UPDATE models SET card = 'of the version before'")
        found = scan(library, [fill_path])
        assert (found.to_do, found.others) == (8, {"genres": 8})
        assert len(list(library.songs())) == 8  # the old answers are still the last ones so called
        again = [{**song, "genre": song["genre"] and "rock"} for song in EIGHT]
        assert fill(library, fill_path, again) == 8
        assert {song.genre for song in library.songs()} == {"rock", None}
        assert len(library.models()) == 2 and library.model().card == card_hash("genres")
        old = next(model for model in library.models() if model.card != card_hash("genres"))
        assert library.song(1, old.number).genre == "metal"


def test_another_model_adds_answers_and_replaces_none(tmp_path):
    with Library(tmp_path / "songs.sqlite") as library:
        fill(library, tmp_path / "music", EIGHT)
        other = [{**song, "genre": song["genre"] and "techno"} for song in EIGHT]
        assert fill(library, tmp_path / "music", other, model="librosa12") == 8
        assert {song.genre for song in library.songs()} == {"metal", "hiphop", "jazz", None}
        assert {song.genre for song in library.songs(Selection(model="librosa12"))} == {"techno", None}
        answers = library.answers_of(library.find_song(tmp_path / "music" / "a.wav"))
        assert {name: answer.genre for name, answer in answers.items()} == {"genres": "metal", "librosa12": "techno"}
        assert scan(library, [tmp_path / "music"]).to_do == 0
        with pytest.raises(SourceError, match="no answers of 'mine', but of genres, librosa12; scan with --model mine"):
            list(library.songs(Selection(model="mine")))


def test_a_library_of_another_model_alone_is_read_by_it(tmp_path):
    with Library(tmp_path / "songs.sqlite") as library:
        assert list(library.songs()) == [] and library.genres() == []
        fill(library, tmp_path / "music", EIGHT, model="librosa12")
        assert library.model().name == "librosa12"
        assert len(list(library.songs())) == 8


# ---- two libraries


def test_libraries_of_two_machines_become_one(tmp_path):
    with Library(tmp_path / "a.sqlite") as one, Library(tmp_path / "b.sqlite") as two:
        fill(one, tmp_path / "one", EIGHT)
        fill(two, tmp_path / "two", [{**song, "name": f"2{song['name']}"} for song in EIGHT])
        written = [o.path for o in write_tags(two, TagOptions()) if o.kind == "written"]
    with open_library(tmp_path / "a.sqlite") as library:
        assert merge(library, tmp_path / "b.sqlite") == Merged(songs=8, answers=8, changes=len(written))
        assert merge(library, tmp_path / "b.sqlite") == Merged(0, 0, 0)
        assert len(list(library.songs())) == 16
        assert scan(library, [tmp_path / "one", tmp_path / "two"]).to_do == 0
        assert {o.kind for o in undo_tags(library)} == {"restored"}
    assert not any(read_genres(path) for path in written)


def test_of_two_answers_of_one_model_the_later_counts_and_other_contents_stay(tmp_path):
    with Library(tmp_path / "a.sqlite") as one, Library(tmp_path / "b.sqlite") as two:
        fill(one, tmp_path / "music", EIGHT)
        fill(two, tmp_path / "music", [{**song, "genre": song["genre"] and "rock"} for song in EIGHT])
        with two.writing() as store:
            store.execute("UPDATE songs SET sha256 = 'another' WHERE name = 'b.wav'")
        assert merge(one, tmp_path / "b.sqlite").answers == 7
        genres = {song.path.name: song.genre for song in one.songs()}
        assert (genres["a.wav"], genres["b.wav"]) == ("rock", "metal")
        assert merge(two, tmp_path / "a.sqlite").answers == 0  # they are older


def test_what_is_no_other_library_is_said(tmp_path):
    (tmp_path / "text.sqlite").write_text("no database " * 99)
    with Library(tmp_path / "a.sqlite") as library:
        for other, words in (
            ("none.sqlite", "no library"), ("text.sqlite", "cannot be used"), ("a.sqlite", "merged with itself"),
        ):  # fmt: skip
            with pytest.raises(SourceError, match=words):
                merge(library, tmp_path / other)
    done = run_script(SCRIPT, "library", tmp_path / "b.sqlite", "merge", tmp_path / "a.sqlite")
    assert (done.returncode, "0 new songs" in done.stderr) == (0, True)


# ---- files that are no library


@pytest.mark.parametrize("content", [b"no database at all, but text" * 9, None])
def test_another_file_is_refused_and_left(content, tmp_path):
    path = tmp_path / "songs.sqlite"
    if content:
        path.write_bytes(content)
    else:
        with sqlite3.connect(path) as store:
            store.execute("CREATE TABLE songs (id)")
    before = path.read_bytes()
    with pytest.raises(SourceError, match="choose another name"):
        Library(path)
    assert path.read_bytes() == before


def test_a_newer_library_and_a_missing_one_are_said(tmp_path):
    with pytest.raises(SourceError, match="there is no library"):
        Library(tmp_path / "none.sqlite", create=False)
    assert not (tmp_path / "none.sqlite").exists()
    with pytest.raises(SourceError, match="cannot be used as a library"):
        Library(tmp_path / "no" / "such" / "folder.sqlite")
    Library(tmp_path / "a.sqlite").close()
    with sqlite3.connect(tmp_path / "a.sqlite") as store:
        store.execute("PRAGMA user_version = 99")
    with pytest.raises(SourceError, match="newer version"):
        Library(tmp_path / "a.sqlite")


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE answers SET answer = '{\"title'",
        "UPDATE answers SET answer = '[]'",
        "UPDATE answers SET answer = CAST(x'7bff' AS TEXT)",
        "ALTER TABLE songs DROP COLUMN artist",
    ],
)
def test_a_damaged_library_is_a_sentence(damage, tmp_path):
    path = tmp_path / "songs.sqlite"
    with Library(path) as library:
        fill(library, tmp_path / "music", EIGHT)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as store:
        store.execute(damage)
    done = run_script(SCRIPT, tmp_path / "music", "--library", path, "--json", "--jobs", 1)
    assert done.returncode == 1 and is_one_sentence(done.stderr.splitlines(keepends=True)[-1]), done.stderr
    assert "Traceback" not in done.stderr


def test_a_library_whose_first_page_is_damaged_is_a_sentence(tmp_path):
    path = tmp_path / "songs.sqlite"
    with Library(path) as library:
        fill(library, tmp_path / "music", EIGHT)
    data = path.read_bytes()
    path.write_bytes(data.replace(b"CREATE TABLE changes", b"CREATE T\xdaBLE changes"))
    done = run_script(SCRIPT, "library", path, "stats")
    assert done.returncode == 1 and is_one_sentence(done.stderr.splitlines(keepends=True)[-1]), done.stderr
    assert "Traceback" not in done.stderr

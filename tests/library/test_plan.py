"""A plan of tags: written, edited in a spreadsheet, applied as it then is."""

import csv
import io
import os
import shutil

import mutagen
import mutagen.id3
import pytest
from support.library_material import EIGHT, fill
from support.material import run_script

from musicgenre.audio.tags import read_genres, read_tags
from musicgenre.errors import SourceError
from musicgenre.library.plan import COLUMNS, Planned, apply_plan, read_plan, write_plan
from musicgenre.library.scan import scan
from musicgenre.library.store import Library
from musicgenre.library.tagging import TagOptions, undo_tags

SCRIPT = "03_launch_classifier.py"


@pytest.fixture
def made(tmp_path):
    """Return a library of made-up answers."""
    with Library(tmp_path / "songs.sqlite") as library:
        fill(library, tmp_path / "music", EIGHT)
        yield library


def rows_of(path):
    """Return the rows of a plan by the songs' names."""
    text = path.read_text(encoding="utf-8-sig")
    return {row["path"].rpartition("/")[2]: row for row in csv.DictReader(io.StringIO(text))}


def save(path, rows, *, delimiter=",", encoding="utf-8", newline="\r\n"):
    """Write a plan as a spreadsheet might."""
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS, delimiter=delimiter, lineterminator=newline)
    table.writeheader()
    table.writerows(rows)
    path.write_bytes(out.getvalue().encode(encoding))


def contents(folder):
    """Return the bytes of all songs."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_plan_lists_every_song_and_touches_none(made, tmp_path):
    before = contents(tmp_path / "music")
    assert write_plan(made, tmp_path / "plan.csv", TagOptions()) == Planned(songs=8, proposed=1)
    assert contents(tmp_path / "music") == before
    rows = rows_of(tmp_path / "plan.csv")
    assert list(rows) == [f"{letter}.wav" for letter in "abcdefgh"]
    assert {name: row["proposed"] for name, row in rows.items() if row["proposed"]} == {"a.wav": "Metal"}
    assert rows["c.wav"]["existing"] == "Jazz" and rows["c.wav"]["note"] == "it has the genre Jazz"
    assert (rows["f.wav"]["answer"], rows["f.wav"]["confidence"]) == ("jazz?", "0.40")
    assert rows["h.wav"]["answer"] == "not music"


def test_what_is_applied_is_the_plan_as_it_was_edited(made, tmp_path):
    before = contents(tmp_path / "music")
    path = tmp_path / "plan.csv"
    write_plan(made, path, TagOptions(overwrite=True, coarsen=True, count=2))
    rows = rows_of(path)
    assert rows["c.wav"]["proposed"] == "Metal; Pop"
    rows["a.wav"]["proposed"] = " Doom Metal ;Folk, World, & Country"  # edited
    rows["b.wav"]["proposed"] = ""  # struck out
    del rows["c.wav"]  # struck out
    rows["f.wav"]["proposed"] = "Jazz"  # somebody knows better
    save(path, rows.values(), delimiter=";", encoding="utf-8-sig")
    kinds = {outcome.path.name: outcome.kind for outcome in apply_plan(made, path)}
    assert kinds == dict.fromkeys(["a.wav", "d.wav", "e.wav", "f.wav"], "written")
    music = tmp_path / "music"
    assert read_genres(music / "a.wav") == ["Doom Metal", "Folk, World, & Country"]
    assert read_genres(music / "f.wav") == ["Jazz"]
    assert {name for name, data in contents(music).items() if data != before[name]} == set(kinds)
    assert {outcome.kind for outcome in apply_plan(made, path)} == {"kept"}  # a run that was interrupted goes on
    for name in ("a.wav", "d.wav", "e.wav", "f.wav"):
        rows[name]["proposed"] = "Polka"
    save(path, rows.values(), delimiter=";")
    assert {outcome.kind for outcome in apply_plan(made, path)} == {"failed"}  # all of them changed since
    assert {outcome.kind for outcome in undo_tags(made)} == {"restored"}
    assert contents(music) == before


def test_a_song_that_changed_meanwhile_is_refused(made, tmp_path):
    path, music = tmp_path / "plan.csv", tmp_path / "music"
    write_plan(made, path, TagOptions(overwrite=True))
    for name in ("a.wav", "c.wav"):
        song = mutagen.File(music / name)
        if song.tags is None:
            song.add_tags()
        song.tags.add(mutagen.id3.TPE1(encoding=3, text=["Somebody"]))
        song.save()
    fill(made, music, [{**song, "genre": "rock"} for song in EIGHT])  # heard again: the plan is still of before
    (music / "e.wav").unlink()
    before = contents(music)
    outcomes = {outcome.path.name: outcome for outcome in apply_plan(made, path)}
    assert {name: outcome.kind for name, outcome in outcomes.items()} == {
        "a.wav": "failed", "c.wav": "failed", "e.wav": "gone",
    }  # fmt: skip
    assert outcomes["a.wav"].words == "it was changed since the plan was made; scan it and plan anew"
    assert contents(music) == before


def test_a_change_that_neither_size_nor_time_tells_is_seen(made, tmp_path):
    """Tag editors can leave both as they were: a value of the same length, and the time kept."""
    path, song = tmp_path / "plan.csv", tmp_path / "music" / "c.wav"
    write_plan(made, path, TagOptions(overwrite=True))
    then, old = song.stat(), song.read_bytes()
    assert old.count(b"Jazz") == 1
    song.write_bytes(old.replace(b"Jazz", b"Funk"))
    os.utime(song, ns=(then.st_atime_ns, then.st_mtime_ns))
    words = {outcome.path.name: outcome.words for outcome in apply_plan(made, path) if outcome.kind == "failed"}
    assert words == {"c.wav": "it was changed since it was heard; scan its folder again"}
    assert read_genres(song) == ["Funk"]


def test_a_song_that_was_merely_touched_is_still_the_same(made, tmp_path):
    """As a copy of a collection on another disk is, made without the times."""
    write_plan(made, tmp_path / "plan.csv", TagOptions(overwrite=True))
    for song in (tmp_path / "music").iterdir():
        os.utime(song, ns=(0, 10**18))
    kinds = {outcome.path.name: outcome.kind for outcome in apply_plan(made, tmp_path / "plan.csv")}
    assert kinds == dict.fromkeys(["a.wav", "c.wav", "e.wav"], "written")


def test_a_genre_that_another_tag_of_the_song_contradicts_is_written(made, tmp_path):
    song = tmp_path / "music" / "c.wav"
    data = song.read_bytes() + b"LIST\x12\0\0\0INFOIGNR\x06\0\0\0Polka\0"
    song.write_bytes(data[:4] + (len(data) - 8).to_bytes(4, "little") + data[8:])
    fill(made, tmp_path / "music", EIGHT)
    write_plan(made, tmp_path / "plan.csv", TagOptions())
    rows = rows_of(tmp_path / "plan.csv")
    rows["c.wav"]["proposed"] = "Jazz"  # as its ID3 says, but not its INFO
    save(tmp_path / "plan.csv", rows.values())
    kinds = {outcome.path.name: outcome.kind for outcome in apply_plan(made, tmp_path / "plan.csv")}
    assert kinds["c.wav"] == "written"
    assert [tag.genres for tag in read_tags(song)] == [("Jazz",), ("Jazz",)]


def test_a_song_that_moved_is_still_meant(made, tmp_path):
    path = tmp_path / "plan.csv"
    write_plan(made, path, TagOptions())
    shutil.move(tmp_path / "music" / "a.wav", tmp_path / "music" / "moved.wav")
    list(scan(made, [tmp_path / "music"]).update())
    assert [outcome.path.name for outcome in apply_plan(made, path) if outcome.kind == "written"] == ["moved.wav"]


@pytest.mark.parametrize("encoding, delimiter, newline", [
    ("utf-8", ",", "\n"), ("utf-8-sig", ";", "\r\n"), ("cp1252", ";", "\r\n"), ("utf-16", "\t", "\r\n"),
    ("cp1252", ",", "\r"),
])  # fmt: skip
def test_a_plan_is_read_as_spreadsheets_save_it(encoding, delimiter, newline, made, tmp_path):
    path = tmp_path / "plan.csv"
    write_plan(made, path, TagOptions())
    rows = rows_of(path)
    rows["a.wav"]["proposed"] = "Música; Año, Nuevo"
    save(path, rows.values(), encoding=encoding, delimiter=delimiter, newline=newline)
    (row,) = [row for row in read_plan(path) if row.genres]
    assert row.genres == ("Música", "Año, Nuevo")


def test_names_that_look_like_formulas_are_safe_and_come_back(tmp_path):
    with Library(tmp_path / "songs.sqlite") as library:
        fill(library, tmp_path / "music", [{"name": "=1+1.wav", "genre": "+metal", "confidence": 0.9}])
        write_plan(library, tmp_path / "plan.csv", TagOptions())
        (row,) = rows_of(tmp_path / "plan.csv").values()
        assert row["proposed"] == "'+metal"
        (outcome,) = apply_plan(library, tmp_path / "plan.csv")
    assert outcome.words == "+metal"


def test_what_is_no_plan_is_said_and_nothing_is_written(made, tmp_path):
    before = contents(tmp_path / "music")
    path = tmp_path / "plan.csv"
    for text, words in (
        (b"", "has no column 'proposed'"), (b"path,genre\na.wav,Rock\n", "is no plan"), (b"\xff\xfe\x00", "is no plan"),
        (b"proposed,song,content\nRock,1,id-x\nRock,,\n", "row 3 does not say which song"),
        (b"proposed,song,content\nRock,1.5,id-x\n", "row 2 does not say"),
        (b"proposed,song,content\nRock,9999999999999999999,id-x\n", "row 2 does not say"),
    ):  # fmt: skip
        path.write_bytes(text)
        with pytest.raises(SourceError, match=words):
            list(apply_plan(made, path))
    path.write_text("proposed,song,content\nRock,999,id-x\n")
    assert [outcome.kind for outcome in apply_plan(made, path)] == ["gone"]
    with pytest.raises(SourceError, match="cannot be read"):
        list(apply_plan(made, tmp_path / "none.csv"))
    assert contents(tmp_path / "music") == before


def test_plan_and_apply_in_the_terminal(made, tmp_path):
    path = tmp_path / "songs.sqlite"
    done = run_script(SCRIPT, "library", path, "tags", "plan", "plan.csv", "--tag-case", "lower", cwd=tmp_path)
    assert done.stderr.splitlines()[0] == "plan: plan.csv (8 songs, a genre proposed for 1)"
    done = run_script(SCRIPT, "library", path, "tags", "apply", "plan.csv", cwd=tmp_path)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (0, "tags: 1 written")
    assert read_genres(tmp_path / "music" / "a.wav") == ["metal"]

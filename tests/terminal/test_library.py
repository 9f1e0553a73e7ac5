"""The commands of a library in the terminal: help, old options, what they print and write."""

import csv
from pathlib import Path

import pytest
from support.library_material import EIGHT, fill
from support.material import json_lines, run_script

from musicgenre.audio.tags import read_genres
from musicgenre.library.groups import groups
from musicgenre.library.store import ALL, Library
from musicgenre.library.tagging import Outcome
from musicgenre.terminal.library import group_line, how_long, outcomes_said
from musicgenre.terminal.library_arguments import COMMANDS, TAGS, moved_option, parse_library

SCRIPT = "03_launch_classifier.py"
USES = [(name,) for name in COMMANDS if name != "tags"] + [("tags",), *(("tags", name) for name in TAGS)]


@pytest.fixture
def path(tmp_path):
    """Return the file of a library of made-up answers."""
    with Library(tmp_path / "songs.sqlite") as library:
        fill(library, tmp_path / "music", EIGHT)
    return tmp_path / "songs.sqlite"


@pytest.mark.parametrize("use", [(), *USES], ids=" ".join)
def test_each_command_has_a_help_with_an_example_that_fits_a_screen(use, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as end:
        parse_library(["songs.sqlite", *use, "--help"] if use else ["--help"])
    lines = capsys.readouterr().out.splitlines()
    assert end.value.code == 0
    assert len(lines) <= 40
    examples = [line for line in lines if line.strip().startswith("03_launch_classifier.py library songs.sqlite")]
    assert examples and all(word in examples[0] for word in use)


@pytest.mark.parametrize("words, command", [
    (["--library", "l.sqlite", "--stats"], "l.sqlite stats"), (["--library=l", "--undo-tags"], "l tags undo"),
    (["--stats"], "FILE stats"), (["m", "--library", "l", "--write-tags", "--tag-count", "2"], "l tags write"),
    (["--library", "l", "--similar", "x.mp3"], "l similar SONG"), (["--library", "l", "--similar=s"], "l similar SONG"),
    (["--library", "l", "--playlists", "d"], "l playlists DIR"),
    (["--overwrite-tags", "--library", "l"], "l tags write --overwrite"),
    (["--library", "l", "--tag-ignore=x"], "l tags write --tag-ignore GENRE"),
])  # fmt: skip
def test_an_old_option_ends_in_one_line_with_the_new_command(words, command):
    sentence = moved_option(words)
    assert sentence.endswith(f" is a command now: 03_launch_classifier.py library {command}")


def test_old_options_end_a_run(tmp_path):
    for words in (("--library", "l.sqlite", "--stats"), ("library", "l.sqlite", "--stats")):
        done = run_script(SCRIPT, *words, cwd=tmp_path)
        assert done.returncode == 2
        assert done.stderr == "error: --stats is a command now: 03_launch_classifier.py library l.sqlite stats\n"
    assert moved_option(["song.mp3", "--library", "l", "--csv", "x.csv", "--fresh"]) is None


@pytest.mark.parametrize("words", [
    (), ("l",), ("l", "nothing"), ("l", "scan"), ("l", "tags"), ("l", "similar"), ("", "stats"), ("l", "scan", ""),
    ("l", "tags", "plan"), ("l", "tags", "write", "--tag-confidence", "2"), ("l", "tags", "write", "--tag-count", "0"),
    ("l", "tags", "write", "--by", "disc"), ("l", "scan", "m", "--length", "0"), ("l", "scan", "m", "--jobs", "0"),
    ("l", "scan", "m", "--json", "--csv", "x"), ("l", "stats", "--plot", "x.txt"), ("l", "find", "--csv", "song.mp3"),
    ("l", "tags", "plan", "song.flac"), ("l", "tags", "write", "--tag-separator", ""), ("l", "find", "--stats-all"),
])  # fmt: skip
def test_wrong_usage_is_said(words, capsys):
    with pytest.raises(SystemExit) as end:
        parse_library(list(words))
    assert end.value.code == 2
    assert capsys.readouterr().err


def test_a_table_never_replaces_a_library_or_what_is_merged(path, tmp_path, capsys):
    for words in (["find", "--csv", str(path)], ["tags", "plan", str(path)]):
        with pytest.raises(SystemExit):
            parse_library([str(path), *words])
        assert "would replace an input or a library" in capsys.readouterr().err


def test_a_folder_named_library_is_given_with_its_path(tmp_path):
    (tmp_path / "library").mkdir()
    done = run_script(SCRIPT, "./library", cwd=tmp_path)
    assert "there is no sound file in the folder './library'" in done.stdout
    assert run_script(SCRIPT, "library", cwd=tmp_path).returncode == 2


def test_each_mode_that_writes_says_what_it_wrote(path, tmp_path):
    def messages(*words):
        done = run_script(SCRIPT, "library", path, *words, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stderr.splitlines()

    assert messages("find", "genre:metal", "--csv", "f.csv") == ["table: f.csv (3 rows)"]
    assert messages("find", "--by", "folder", "--csv", "g.csv") == ["table: g.csv (1 row)"]
    assert messages("duplicates", "--csv", "d.csv") == ["table: d.csv (0 rows)"]
    assert messages("playlists", "lists") == ["3 playlists with 5 songs are in lists"]
    assert messages("playlists", "none", "--dry-run") == ["3 playlists with 5 songs would be in none"]
    assert messages("scan", "music", "--csv", "a.csv")[-1] == f"answers in {path}, and in a.csv"
    assert messages("tags", "write", "--dry-run", "--csv", "t.csv")[-1].startswith("table: t.csv")
    assert messages("tags", "write", "--csv", "t.csv")[-1] == "table: t.csv (5 rows)"
    with (tmp_path / "f.csv").open(newline="") as file:
        assert [Path(row["path"]).name for row in csv.DictReader(file)] == ["a.wav", "b.wav", "c.wav"]
    assert not (tmp_path / "none").exists()


def test_counts_of_outcomes_name_the_formats_that_cannot_be_tagged(capsys):
    kinds = {"a.mp3": "written", "b.aac": "not taggable", "c.MKA": "not taggable", "d": "not taggable", "e.wav": "kept"}
    outcomes_said(Outcome(Path(name), kind, "words") for name, kind in kinds.items())
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "tags: 1 kept, 3 not taggable (.aac, .mka, no ending), 1 written"


def test_statistics_call_genres_as_every_other_command_does(path):
    done = run_script(SCRIPT, "library", path, "stats")
    assert "hiphop" not in done.stdout and "  Hip-Hop        1   12%" in done.stdout
    assert "tagged Jazz, metal 80%" in done.stdout


def test_songs_stand_there_with_what_other_models_say(path, tmp_path):
    assert (
        json_lines(run_script(SCRIPT, "library", path, "find", "path:a.wav", "--json").stdout)[0]["other_models"] == {}
    )
    with Library(path) as library:
        fill(
            library,
            tmp_path / "music",
            [{**song, "genre": song["genre"] and "rock"} for song in EIGHT],
            model="gtzan10",
        )
    found = run_script(SCRIPT, "library", path, "find", "path:a.wav")
    assert found.stdout.startswith("metal ") and found.stdout.endswith("a.wav]  (gtzan10: rock 90%)\n")
    found = run_script(SCRIPT, "library", path, "find", "path:f.wav", "--model", "gtzan10", "--json")
    assert json_lines(found.stdout)[0]["other_models"] == {"genres": "jazz? 40%"}
    found = run_script(SCRIPT, "library", path, "find", "path:h.wav", "--csv", "-")
    assert found.stdout.splitlines()[1].endswith(",gtzan10 not music")


@pytest.mark.parametrize("words", [
    ("stats",), ("find",), ("duplicates",), ("playlists", "lists"), ("tags", "plan", "plan.csv"), ("tags", "write"),
    ("tags", "undo"),
])  # fmt: skip
def test_a_folder_of_which_a_library_knows_nothing_is_said(words, path, tmp_path):
    done = run_script(SCRIPT, "library", path, *words, "--in", "music", "--in", "musik", cwd=tmp_path)
    assert (done.returncode, done.stderr.count("holds no song in")) == (0, 1)
    assert done.stderr.startswith("the library holds no song in 'musik'; scan it, or check the spelling\n")


def test_a_plan_ends_with_the_command_that_applies_it(path, tmp_path):
    done = run_script(SCRIPT, "library", path, "tags", "plan", "my plan.csv", cwd=tmp_path)
    wanted = f"then: 03_launch_classifier.py library {path} tags apply 'my plan.csv'"
    assert done.stderr.splitlines()[-1].endswith(wanted)


def test_a_dry_run_is_a_table_and_writes_nothing(path, tmp_path):
    before = {song.name: song.read_bytes() for song in (tmp_path / "music").iterdir()}
    done = run_script(SCRIPT, "library", path, "tags", "write", "--dry-run", "--overwrite")
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["(none)", "->", "Metal", str(tmp_path / "music" / "a.wav")]
    assert lines[1].split()[:3] == ["Jazz", "->", "Metal"]
    assert lines[-1] == "3 would be written, 2 kept"
    assert {song.name: song.read_bytes() for song in (tmp_path / "music").iterdir()} == before


def test_songs_of_a_folder_get_the_answer_of_most_of_them(path, tmp_path):
    options = ("--by", "folder", "--overwrite", "--tag-ignore", "Jazz", "--tag-ignore", "Hip-Hop, R&B")
    done = run_script(SCRIPT, "library", path, "tags", "write", *options)
    assert done.returncode == 1 and "no genre 'R&B' in the library" in done.stderr
    done = run_script(SCRIPT, "library", path, "tags", "write", *options[:-1], "Hip-Hop")
    assert done.returncode == 0, done.stderr
    genres = {song.name: read_genres(song) for song in (tmp_path / "music").iterdir()}
    assert genres.pop("h.wav") == []  # no music
    assert genres.pop("b.wav") == ["Heavy Metal"]  # a kind of it
    assert set(map(tuple, genres.values())) == {("Metal",)}


def test_albums_and_songs_are_listed(path):
    with Library(path) as library:
        (group,) = groups(library, ALL, by="folder")
    assert group_line(group).startswith("metal             57%  8 songs  music (4 metal, 2 jazz, 1 Hip-Hop)  [")
    found = json_lines(run_script(SCRIPT, "library", path, "find", "verdict:uncertain", "--json").stdout)
    assert [song["answer"] for song in found] == ["jazz?", "metal?"]
    done = run_script(SCRIPT, "library", path, "find", "genre:metal confidence:0.9-")
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [["metal", "90%"], ["metal", "95%"]]
    assert done.stderr == "2 songs\n"
    wrong = run_script(SCRIPT, "library", path, "find", "genre:rok")
    assert (wrong.returncode, wrong.stderr.startswith("error: there is no genre 'rok' in the library")) == (1, True)


@pytest.mark.parametrize(
    "query, count", [("-genre:metal", 5), ("-a.wav -b.wav", 6), ("-verdict:genre", 3), ("-h.wav", 7)]
)
def test_a_query_may_begin_with_a_minus(query, count, path):
    done = run_script(SCRIPT, "library", path, "find", query, "--json")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, count), done.stderr
    assert run_script(SCRIPT, "library", path, "find", "-h").stdout.startswith("usage:")
    assert run_script(SCRIPT, "library", path, "find", "--json", query).stdout == done.stdout


@pytest.mark.parametrize("seconds, words", [
    (0, "0 seconds"), (1, "1 second"), (59, "59 seconds"), (60, "1 minute"), (61, "1 minute"), (120, "2 minutes"),
    (3599, "60 minutes"), (3600, "1.0 hours"), (36000, "10.0 hours"),
])  # fmt: skip
def test_lengths_are_said_as_people_do(seconds, words):
    assert how_long(seconds / 3600) == words

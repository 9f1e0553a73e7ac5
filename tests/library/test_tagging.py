"""Genres written into the tags of a library's songs, and taken back."""

import json
import os
import shutil
import signal
import subprocess
import unicodedata

import mutagen
import mutagen.id3
import pytest
from support.library_material import EIGHT, FORMATS, fill, piece, write_song
from support.material import run_script, script_command

from musicgenre.audio.tags import read_genres
from musicgenre.errors import SourceError
from musicgenre.library.conditions import Selection
from musicgenre.library.scan import scan
from musicgenre.library.statistics import statistics
from musicgenre.library.store import Library
from musicgenre.library.tagging import TagOptions, undo_tags, wanted_genres, write_tags

SCRIPT = "03_launch_classifier.py"


@pytest.fixture
def made(tmp_path):
    """Return a library of made-up answers."""
    with Library(tmp_path / "songs.sqlite") as library:
        fill(library, tmp_path / "music", EIGHT)
        yield library


# ---- tags


@pytest.fixture(scope="module")
def tagged_once(tmp_path_factory):
    """Return a folder of one certain song in each format, and a library that knows them."""
    folder = tmp_path_factory.mktemp("tags")
    samples, rate = piece("metal", seconds=12.0)
    for kind in FORMATS:
        write_song(folder / "music" / f"song.{kind}", samples, rate)
    done = run_script(SCRIPT, folder / "music", "--library", folder / "songs.sqlite")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def songs(tagged_once, tmp_path):
    """Return the path of a fresh copy of that library, and of its songs."""
    shutil.copytree(tagged_once, tmp_path, dirs_exist_ok=True)
    library, music = tmp_path / "songs.sqlite", tmp_path / "music"
    with Library(library) as opened, opened.writing() as store:
        store.execute("UPDATE songs SET folder = ?", (str(music),))
    return library, music


def test_tags_are_written_once_and_taken_back_to_the_byte(songs):
    library, music = songs
    before = {path.name: path.read_bytes() for path in music.iterdir()}
    first = run_script(SCRIPT, "library", library, "tags", "write")
    assert first.returncode == 0, first.stderr
    assert f"tags: {len(FORMATS)} written" in first.stderr
    assert {tuple(read_genres(path)) for path in music.iterdir()} == {("Metal",)}
    again = run_script(SCRIPT, music, "--library", library)
    assert f"{len(FORMATS)} songs found, 0 of them new or changed" in again.stderr  # our own writing is no news
    assert "tags: nothing to do" in run_script(SCRIPT, "library", library, "tags", "write").stderr
    back = run_script(SCRIPT, "library", library, "tags", "undo")
    assert f"tags: {len(FORMATS)} restored" in back.stderr
    assert {path.name: path.read_bytes() for path in music.iterdir()} == before
    assert "0 of them new" in run_script(SCRIPT, music, "--library", library).stderr


def test_a_genre_that_is_there_is_only_replaced_on_demand_and_kept(songs):
    path, music = songs
    song = music / "song.mp3"
    tags = mutagen.id3.ID3()
    tags.add(mutagen.id3.TCON(encoding=3, text=["Zydeco", "Cajun"]))
    tags.save(song, v2_version=4)
    before = song.read_bytes()
    with Library(path) as library:
        list(scan(library, [music]).update())
        outcomes = {o.path.name: o for o in write_tags(library, TagOptions())}
        assert (outcomes["song.mp3"].kind, outcomes["song.flac"].kind) == ("kept", "written")
        assert "Zydeco, Cajun" in outcomes["song.mp3"].words
        assert song.read_bytes() == before
        (outcome,) = [o for o in write_tags(library, TagOptions(overwrite=True)) if o.kind == "written"]
        assert outcome.path == song
        assert read_genres(song) == ["Metal"]
        kept = [json.loads(row[0]) for row in library.read("SELECT before FROM changes ORDER BY id DESC LIMIT 1")]
        assert kept == [["Zydeco", "Cajun"]]
        assert [o.kind for o in undo_tags(library, roots=[song])] == ["restored"]
        assert song.read_bytes() == before
        assert read_genres(music / "song.flac") == ["Metal"]


def test_options_choose_what_is_written():
    chances = {"metal": 0.6, "rock": 0.25, "pop": 0.12, "jazz": 0.03}
    assert wanted_genres(chances, "metal", TagOptions()) == ["metal"]
    assert wanted_genres(chances, "metal", TagOptions(count=4)) == ["metal", "rock", "pop"]
    assert wanted_genres(chances, "metal", TagOptions(count=4, ignore=["Rock"])) == ["metal", "pop"]
    assert wanted_genres(chances, "metal", TagOptions(ignore=["metal"])) == []
    assert wanted_genres({"hiphop": 0.9}, "hiphop", TagOptions(ignore=["Hip-Hop"])) == []


def test_a_genre_to_ignore_that_is_none_is_said(made):
    with pytest.raises(SourceError, match="no genre 'rok' in the library; its genres are .*rock"):
        list(write_tags(made, TagOptions(ignore=["rok"])))


def test_confidence_and_separator(made, tmp_path):
    options = TagOptions(overwrite=True, confidence=0.9, count=2, separator=" / ")
    outcomes = {o.path.name: o for o in write_tags(made, options)}
    assert {name: outcome.words for name, outcome in outcomes.items()} == {
        "a.wav": "Metal / Pop", "b.wav": "it has the genre Heavy Metal, which Metal would make coarser",
        "d.wav": "it has the genre Hip-Hop/Rap, which Hip-Hop would make coarser",
    }  # fmt: skip
    assert read_genres(tmp_path / "music" / "a.wav") == ["Metal / Pop"]


def test_a_kind_of_the_genre_is_only_replaced_on_demand(made, tmp_path):
    options = TagOptions(overwrite=True, confidence=0.9, coarsen=True)
    words = {o.path.name: o.words for o in write_tags(made, options)}
    assert words == {"a.wav": "Metal", "b.wav": "Metal for Heavy Metal", "d.wav": "Hip-Hop for Hip-Hop/Rap"}


def test_several_genres_are_values_of_their_own(made, tmp_path):
    outcomes = {o.path.name: o.words for o in write_tags(made, TagOptions(count=2))}
    assert outcomes["a.wav"] == "Metal, Pop"
    assert read_genres(tmp_path / "music" / "a.wav") == ["Metal", "Pop"]
    assert not [o for o in write_tags(made, TagOptions(count=2)) if o.path.name == "a.wav"]
    (song,) = made.songs(Selection([tmp_path / "music" / "a.wav"]))
    assert song.tag_genre == "Metal; Pop"


def test_another_spelling_of_the_genre_is_no_other_genre(made, tmp_path):
    path = tmp_path / "music" / "d.wav"
    tags = mutagen.File(path)
    tags.tags["TCON"].text = ["HIP HOP"]
    tags.save()
    before = path.read_bytes()
    assert not [o for o in write_tags(made, TagOptions(overwrite=True)) if o.path == path]
    assert path.read_bytes() == before


def test_statistics_after_writing_and_undoing_know_the_tags_as_they_are(made):
    assert statistics(made).agreement < 1
    list(write_tags(made, TagOptions(overwrite=True)))
    assert statistics(made).agreement == 1
    assert {o.path.name for o in undo_tags(made)} == {"a.wav", "c.wav", "e.wav"}
    counts = statistics(made)
    assert counts.tags == {("metal", "metal"): 1, ("jazz", "metal"): 1, ("hiphop", "hiphop"): 1}


def test_names_to_ignore_may_have_commas_and_any_form_of_unicode(made, monkeypatch):
    nfd = unicodedata.normalize("NFD", "Música")
    monkeypatch.setattr(Library, "genres", lambda *_: [nfd, "Folk, World, & Country", "metal"])
    for typed in (["Música"], ["Folk, World, & Country"], ["Folk", "World", "& Country"], ["METAL,Música"]):
        list(write_tags(made, TagOptions(ignore=typed, confidence=1.0)))
    with pytest.raises(SourceError, match="no genre 'World' in the library"):
        list(write_tags(made, TagOptions(ignore=["metal, World"])))
    chances = {"Folk, World, & Country": 0.6, nfd: 0.4}
    assert wanted_genres(chances, "Folk, World, & Country", TagOptions(count=2, ignore=["Música"])) == [
        "Folk, World, & Country"
    ]
    assert wanted_genres(chances, nfd, TagOptions(count=2, ignore=["Folk", "World", "& Country"])) == [nfd]


def test_songs_that_cannot_be_tagged_say_why(songs):
    path, music = songs
    (music / "song.mp3").chmod(0o444)
    (music / "song.flac").unlink()
    (music / "song.ogg").write_bytes(b"no sound any more")
    with Library(path) as library:
        outcomes = {o.path.name: o for o in write_tags(library, TagOptions())}
    assert "read-only" in outcomes["song.mp3"].words
    assert (outcomes["song.flac"].kind, outcomes["song.ogg"].kind) == ("gone", "failed")
    assert "no longer there" in outcomes["song.flac"].words
    assert outcomes["song.wav"].kind == "written"
    done = run_script(SCRIPT, "library", path, "tags", "write")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_one_run_at_a_time_writes_tags(songs):
    path, music = songs
    with Library(path) as library, library.alone():
        for command in ("write", "undo"):
            done = run_script(SCRIPT, "library", path, "tags", command)
            assert (done.returncode, "another run writes tags" in done.stderr) == (1, True)
    assert {tuple(read_genres(song)) for song in music.iterdir()} == {()}
    assert run_script(SCRIPT, "library", path, "tags", "write").returncode == 0
    assert sorted(left.name for left in path.parent.glob("songs.sqlite*")) == ["songs.sqlite"]


def test_a_song_that_moved_and_is_heard_by_another_model_keeps_its_undo(songs):
    path, music = songs
    before = (music / "song.flac").read_bytes()
    with Library(path) as library:
        list(write_tags(library, TagOptions(), roots=[music / "song.flac"]))
        (music / "song.flac").rename(music / "moved.flac")
        assert {o.kind for o in undo_tags(library)} == {"gone"}
        list(scan(library, [music], model="librosa12").update())
        assert {o.kind for o in undo_tags(library)} == {"restored"}
    assert (music / "moved.flac").read_bytes() == before


def test_a_link_names_the_song_that_was_written(songs):
    path, music = songs
    (music / "song.flac").rename(path.parent / "target.flac")
    (music / "song.flac").symlink_to(path.parent / "target.flac")
    with Library(path) as library:
        words = {o.path.name: o.words for o in write_tags(library, TagOptions())}
    assert words["song.flac"] == f"Metal (in {path.parent / 'target.flac'}, which this links to)"


def test_a_genre_that_stays_elsewhere_in_a_song_is_named(songs):
    path, music = songs
    song = music / "song.ogg"
    tagged = mutagen.File(song)
    tagged["genre"] = ["Zydeco"]
    first = song.read_bytes()
    tagged.save()
    song.write_bytes(first + song.read_bytes())  # a chain of two songs
    with Library(path) as library:
        list(scan(library, [music]).update())
        words = {o.path.name: o.words for o in write_tags(library, TagOptions())}
    assert words["song.ogg"] == "Metal; left as it is: Zydeco in a later song of the file"


def test_a_song_edited_since_it_was_heard_is_left(songs):
    path, music = songs
    edited = mutagen.File(music / "song.opus")
    edited["artist"] = ["Somebody"]
    edited.save()
    with Library(path) as library:
        outcomes = {o.path.name: o for o in write_tags(library, TagOptions())}
        assert "changed since it was heard" in outcomes["song.opus"].words
        assert read_genres(music / "song.opus") == []


def test_a_kill_while_tags_are_written_loses_no_song_and_no_old_value(songs):
    path, music = songs
    before = {song.name: song.read_bytes() for song in music.iterdir()}
    for turn in range(4):
        process = subprocess.Popen(
            script_command(SCRIPT, "library", path, "tags", "write", "--overwrite", "--tag-separator", "/" * (turn + 1),
                           "--tag-count", 3),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        process.stderr.readline()  # the first song is written, the next in work
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for song in music.glob("song.*"):
            assert mutagen.File(song).info.length > 11
    (music / f".song.tagging-{os.getpid()}-x.mp3").write_bytes(b"of a process that lives")
    (music / ".song.tagging-999999999-y.mp3").write_bytes(b"of one that was killed")
    done = run_script(SCRIPT, "library", path, "tags", "undo")
    assert done.returncode == 0, done.stderr
    (music / f".song.tagging-{os.getpid()}-x.mp3").unlink()
    assert {song.name: song.read_bytes() for song in music.iterdir()} == before

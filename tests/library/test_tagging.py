"""What a library is good for: tags over many songs, playlists, similar songs, and what stands out."""

import json
import os
import shutil
import signal
import subprocess
import unicodedata
from pathlib import Path

import mutagen
import mutagen.id3
import numpy as np
import pytest
from bench import song as invented
from support.library_material import FORMATS, MUSIC, piece, write_song
from support.material import encode, json_lines, run_script, script_command, write_wav

from musicgenre.audio.tags import read_genres
from musicgenre.errors import GenreError, SourceError
from musicgenre.inference.prediction import Prediction
from musicgenre.library.playlists import write_playlists
from musicgenre.library.similar import nearest, similar
from musicgenre.library.statistics import details, statistics, summary
from musicgenre.library.store import FEATURE_TYPE, Library
from musicgenre.library.tagging import TagOptions, undo_tags, wanted_genres, write_tags

SCRIPT = "03_launch_classifier.py"
MANY = 104


def put(library, folder, songs):
    """Fill a library with songs whose answers are made up: (name, verdict, genre, confidence, tag)."""
    for name, _, _, _, tag in songs:
        path = write_wav(folder / name, np.zeros(1000, np.float32))
        if tag:
            tagged = mutagen.File(path)
            tagged.add_tags()
            tagged.tags.add(mutagen.id3.TCON(encoding=3, text=[tag]))
            tagged.save()
    library.scan([folder])
    by_name = {(folder / name).resolve(): rest for name, *rest in songs}
    rows = library.read("SELECT n, folder, name FROM found ORDER BY n")
    for n, place, name in list(rows):
        verdict, genre, confidence, tag = by_name[Path(place, name)]
        rest = {"pop": round(1 - confidence, 3), "rock": 0.0} if confidence else None
        prediction = Prediction(
            name, None, 200.0, verdict, genre, confidence, {**rest, genre: confidence} if rest else None
        )
        vector = np.random.default_rng(n).standard_normal(200).astype(FEATURE_TYPE)
        library._keep(n, Path(place, name), f"{n:064d}", prediction, vector.tobytes(), {"genre": tag} if tag else {})


@pytest.fixture
def made(tmp_path):
    """Return a library of made-up answers."""
    with Library(tmp_path / "songs.sqlite") as library:
        put(library, tmp_path / "music", [
            ("a.wav", "genre", "metal", 0.9, None), ("b.wav", "genre", "metal", 0.95, "Heavy Metal"),
            ("c.wav", "genre", "metal", 0.8, "Jazz"), ("d.wav", "genre", "hiphop", 0.99, "Hip-Hop/Rap"),
            ("e.wav", "genre", "jazz", 0.85, "Zydeco"), ("f.wav", "uncertain", "jazz", 0.4, None),
            ("g.wav", "uncertain", "metal", 0.3, None), ("h.wav", "not_music", None, None, None),
        ])  # fmt: skip
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
    first = run_script(SCRIPT, "--library", library, "--write-tags")
    assert first.returncode == 0, first.stderr
    assert f"tags: {len(FORMATS)} written" in first.stderr
    assert {tuple(read_genres(path)) for path in music.iterdir()} == {("Metal",)}
    again = run_script(SCRIPT, music, "--library", library, "--write-tags")
    assert f"{len(FORMATS)} songs found, 0 of them new or changed" in again.stderr  # our own writing is no news
    assert "tags: nothing to do" in again.stderr
    back = run_script(SCRIPT, "--library", library, "--undo-tags")
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
        library.scan([music])
        list(library.update())
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
    (song,) = made.songs("name = 'a.wav'")
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
    monkeypatch.setattr("musicgenre.library.tagging.library_genres", lambda _: [nfd, "Folk, World, & Country", "metal"])
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
    done = run_script(SCRIPT, "--library", path, "--write-tags")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_one_run_at_a_time_writes_tags(songs):
    path, music = songs
    with Library(path) as library, library.alone():
        for option in ("--write-tags", "--undo-tags"):
            done = run_script(SCRIPT, "--library", path, option)
            assert (done.returncode, "another run writes tags" in done.stderr) == (1, True)
    assert {tuple(read_genres(song)) for song in music.iterdir()} == {()}
    assert run_script(SCRIPT, "--library", path, "--write-tags").returncode == 0
    assert sorted(left.name for left in path.parent.glob("songs.sqlite*")) == ["songs.sqlite"]


def test_a_song_that_moved_and_is_heard_by_another_model_keeps_its_undo(songs):
    path, music = songs
    before = (music / "song.flac").read_bytes()
    with Library(path) as library:
        list(write_tags(library, TagOptions(), roots=[music / "song.flac"]))
        (music / "song.flac").rename(music / "moved.flac")
        assert {o.kind for o in undo_tags(library)} == {"gone"}
        library.scan([music], model="librosa12")
        list(library.update())
        assert {o.kind for o in undo_tags(library)} == {"restored"}
    assert (music / "moved.flac").read_bytes() == before


def test_a_link_names_the_song_that_was_written(songs):
    path, music = songs
    (music / "song.flac").rename(path.parent / "target.flac")
    (music / "song.flac").symlink_to(path.parent / "target.flac")
    with Library(path) as library:
        words = {o.path.name: o.words for o in write_tags(library, TagOptions())}
    assert words["song.flac"] == f"Metal (in {path.parent / 'target.flac'}, which this links to)"


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
            script_command(SCRIPT, "--library", path, "--overwrite-tags", "--tag-separator", str(turn)),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        process.stderr.readline()  # the first song is written, the next in work
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for song in music.glob("song.*"):
            assert mutagen.File(song).info.length > 11
    (music / f".song.tagging-{os.getpid()}-x.mp3").write_bytes(b"of a process that lives")
    (music / ".song.tagging-999999999-y.mp3").write_bytes(b"of one that was killed")
    done = run_script(SCRIPT, "--library", path, "--undo-tags")
    assert done.returncode == 0, done.stderr
    (music / f".song.tagging-{os.getpid()}-x.mp3").unlink()
    assert {song.name: song.read_bytes() for song in music.iterdir()} == before


# ---- playlists


def test_a_playlist_of_each_genre_has_relative_paths_by_confidence(made, tmp_path):
    counts, odd = write_playlists(made, tmp_path / "lists")
    assert (counts, odd) == ({"hiphop": 1, "jazz": 1, "metal": 3}, 0)
    lines = (tmp_path / "lists" / "metal.m3u8").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#EXTM3U"
    paths = [line for line in lines if not line.startswith("#")]
    assert [Path(path).name for path in paths] == ["b.wav", "a.wav", "c.wav"]
    assert all(not Path(path).is_absolute() and (tmp_path / "lists" / path).is_file() for path in paths)
    assert "#EXTINF:200,b" in lines
    assert write_playlists(made, tmp_path / "lists")[0] == counts  # ours may be replaced
    (tmp_path / "lists" / "jazz.m3u8").unlink()
    for gone in ("d.wav", "e.wav"):
        (tmp_path / "music" / gone).unlink()
    made.scan([tmp_path / "music"])
    assert write_playlists(made, tmp_path / "lists")[0] == {"metal": 3}
    assert not (tmp_path / "lists" / "jazz.m3u8").exists()
    assert "d.wav" not in (tmp_path / "lists" / "hiphop.m3u8").read_text(encoding="utf-8")


def test_a_playlist_of_somebody_else_is_refused_and_left(made, tmp_path):
    other = tmp_path / "lists" / "metal.m3u8"
    other.parent.mkdir()
    other.write_text("#EXTM3U\nmine.mp3\n")
    with pytest.raises(SourceError, match="no playlist of this program"):
        write_playlists(made, other.parent)
    assert other.read_text() == "#EXTM3U\nmine.mp3\n"
    assert list(other.parent.iterdir()) == [other]
    other.unlink()
    os.mkfifo(other)
    with pytest.raises(SourceError, match="no playlist of this program"):
        write_playlists(made, other.parent)


def test_names_that_a_playlist_cannot_hold_are_counted(tmp_path):
    with Library(tmp_path / "songs.sqlite") as library:
        put(library, tmp_path / "music", [
            ("two\nlines.wav", "genre", "../pop", 0.9, None), ("#hash.wav", "genre", "../pop", 0.8, None),
            (os.fsdecode(b"caf\xe9.wav"), "genre", "../pop", 0.8, None),
        ][:2])  # fmt: skip
        counts, odd = write_playlists(library, tmp_path / "music")
    assert (counts, odd) == ({"../pop": 1}, 1)
    (path,) = tmp_path.rglob("*.m3u8")
    assert path.parent == tmp_path / "music"
    assert path.read_text().splitlines()[-1] == "./#hash.wav"


# ---- similar songs


@pytest.fixture(scope="module")
def hundred(tmp_path_factory):
    """Return the library file of over a hundred songs: the committed pieces of music, and invented ones."""
    folder = tmp_path_factory.mktemp("hundred")
    for name in MUSIC:
        write_song(folder / "music" / f"{name}.flac", *piece(name, seconds=12.0))
    for seed in range(MANY - len(MUSIC)):
        write_wav(folder / "music" / f"invented {seed}.wav", invented(4.0, seed))
    with Library(folder / "songs.sqlite") as library:
        assert library.scan([folder / "music"]).songs == MANY
        list(library.update(jobs=2))
    return folder / "songs.sqlite"


@pytest.mark.parametrize("name", MUSIC)
def test_a_cropped_and_encoded_copy_finds_its_song_first(name, hundred, tmp_path):
    samples, rate = piece(name, start=2.5, seconds=7.0)
    copy = encode(
        tmp_path / "copy.mp3", 0.6 * samples, 44_100 if rate == 44_100 else 22_050, "libmp3lame", bit_rate=64_000
    )
    with Library(hundred) as library:
        found = similar(library, str(copy), top=5)
    assert len(found) == 5
    assert found[0].song.path.stem == name
    assert [n.distance for n in found] == sorted(n.distance for n in found)
    assert found[0].distance < 0.7 * found[1].distance


def test_a_song_of_the_library_is_not_its_own_neighbour_and_is_not_heard_again(hundred, monkeypatch):
    monkeypatch.setattr("musicgenre.library.similar.loaded_classifier", None)
    with Library(hundred) as library:
        (song,) = library.songs("name = 'metal.flac'")
        found = similar(library, str(song.path), top=MANY)
        assert len(found) == MANY - 1
        assert song.path not in [n.song.path for n in found]
        assert nearest(library, library.features_of(song.path), top=1)[0].song.path == song.path


def test_blocks_do_not_change_the_neighbours(hundred, monkeypatch):
    with Library(hundred) as library:
        features = np.random.default_rng(0).standard_normal(200).astype(FEATURE_TYPE)
        whole = [n.song.key for n in nearest(library, features)]
        monkeypatch.setattr("musicgenre.library.similar.BLOCK", 7)
        assert [n.song.key for n in nearest(library, features)] == whole


def test_similar_in_the_terminal(hundred, tmp_path):
    song = hundred.parent / "music" / "metal.flac"
    done = run_script(SCRIPT, "--library", hundred, "--similar", song, "--top", 4, "--json")
    found = json_lines(done.stdout)
    assert len(found) == 4
    assert set(found[0]) == {"input", "distance", "title", "genre"}
    text = run_script(SCRIPT, "--library", hundred, "--similar", song).stdout.splitlines()
    assert len(text) == 10
    assert text[0].startswith(f"{found[0]['distance']:.3f}")
    several = run_script(SCRIPT, "--library", hundred, "--similar", song.parent)
    assert (several.returncode, "is more than one song; give one" in several.stderr) == (1, True)
    missing = run_script(SCRIPT, "--library", hundred, "--similar", tmp_path / "none.mp3")
    assert missing.returncode == 1
    assert "there is no file" in missing.stderr


def test_a_song_without_music_to_compare_is_said(hundred, tmp_path):
    path = write_wav(tmp_path / "silence.wav", np.zeros(200_000, np.float32))
    with Library(hundred) as library, pytest.raises(GenreError, match="cannot be compared: nothing to hear"):
        similar(library, str(path))


# ---- what stands out


def test_statistics_count_genres_contradictions_and_unsure_songs(made):
    counts = statistics(made)
    assert counts.songs == 8
    assert counts.verdicts == {"genre": 5, "not_music": 1, "uncertain": 2}
    assert counts.genres == {"metal": (3, 1), "jazz": (1, 1), "hiphop": (1, 0)}
    assert counts.tags == {("metal", "metal"): 1, ("jazz", "metal"): 1, ("hiphop", "hiphop"): 1}
    assert counts.agreement == pytest.approx(2 / 3)
    assert [song.path.name for song in counts.contradicted] == ["c.wav"]
    assert [song.path.name for song in counts.unsure] == ["g.wav", "f.wav"]
    assert "8 songs" in summary(counts)
    words = details(counts)
    assert "3, 67% agree" in words
    assert "tagged Jazz, metal 80%" in words


def test_a_tag_that_names_a_genre_no_song_is_answered_with_contradicts(tmp_path):
    with Library(tmp_path / "songs.sqlite") as library:
        put(library, tmp_path / "music", [("a.wav", "genre", "metal", 0.9, "Classic Rock")])
        assert statistics(library).tags == {("rock", "metal"): 1}


def test_only_music_is_similar(made):
    features = np.frombuffer(next(made.read("SELECT features FROM songs WHERE verdict = 'not_music'"))[0], FEATURE_TYPE)
    assert {n.song.verdict for n in nearest(made, features)} == {"genre", "uncertain"}


def test_stats_in_the_terminal_with_a_picture(made, tmp_path):
    path = tmp_path / "songs.sqlite"
    done = run_script(SCRIPT, "--library", path, "--stats", "--plot", tmp_path / "page.png")
    assert done.returncode == 0, done.stderr
    assert "c.wav: tagged Jazz, metal 80%" in done.stdout
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
    (record,) = json_lines(run_script(SCRIPT, "--library", path, "--stats", "--json").stdout)
    assert record["genres"]["metal"] == {"named": 3, "unsure": 1}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_picture_of_a_library_shows_its_counts(made, theme):
    from musicgenre.plots.library import library_page

    figure = library_page(statistics(made).as_json(), theme=theme)
    left, right = figure.axes
    assert [tick.get_text() for tick in left.get_yticklabels()] == ["hiphop", "jazz", "metal"]
    assert "3 + 1" in [text.get_text() for text in left.texts]
    assert sorted(text.get_text() for text in right.texts) == ["1", "1", "1"]
    assert library_page({"genres": {}, "tags": []}, theme=theme).axes


@pytest.mark.parametrize("options", [
    ("--write-tags",), ("--stats",), ("--similar", "x.mp3"), ("--playlists", "d"), ("--undo-tags",),
    ("--library", "x.sqlite"), ("--library", "x.sqlite", "--write-tags", "--undo-tags"),
    ("--library", "x.sqlite", "--stats", "--csv", "x.csv"), ("--library", "x.sqlite", "m", "--plot", "x.png"),
    ("--library", "x.sqlite", "--write-tags", "--tag-confidence", "2"), ("--library", "", "m"),
    ("--library", "x.sqlite", "--playlists", ""), ("--library", "x.sqlite", "--similar", ""),
    ("m", "--library", "x.sqlite", "--dask", ""), ("--library", "x.sqlite", "--write-tags", "--tag-separator", ""),
    ("m", "--library", "x.sqlite", "--csv", "-", "--stats"), ("--library", "x.sqlite", "--stats", "--tag-count", "3"),
])  # fmt: skip
def test_wrong_usage_is_said(options, tmp_path):
    done = run_script(SCRIPT, *options, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("usage:")
    assert not list(tmp_path.iterdir())

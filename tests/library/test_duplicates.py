"""Songs that a library holds more than once: the same file, and the same song in another file."""

import numpy as np
import pytest
from support.invented import song as invented
from support.library_material import MUSIC, fill, piece, write_song
from support.material import encode, run_script, write_wav

from musicgenre.library.conditions import Selection
from musicgenre.library.duplicates import LENGTHS_DIFFER_S, duplicates
from musicgenre.library.scan import scan
from musicgenre.library.song_features import song_course
from musicgenre.library.store import Library
from musicgenre.library.tagging import TagOptions, write_tags

SCRIPT = "03_launch_classifier.py"


def names(found):
    """Return what was found as (exact, names of files)."""
    return [(one.is_exact, [song.path.name for song in one.songs]) for one in found]


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """Return a library of six songs, their mp3 at 64 kbit/s, one exact copy, and forty other songs."""
    folder = tmp_path_factory.mktemp("copies")
    for name in MUSIC:
        samples, rate = piece(name, seconds=12.0)
        write_song(folder / "music" / f"{name}.flac", samples, rate)
        encode(folder / "music" / f"{name}.mp3", samples, rate, "libmp3lame", bit_rate=64_000)
    (folder / "music" / "again.flac").write_bytes((folder / "music" / "rock.flac").read_bytes())
    for seed in range(40):
        write_wav(folder / "music" / f"invented {seed}.wav", invented(12.0, seed))
    with Library(folder / "songs.sqlite") as library:
        list(scan(library, [folder / "music"]).update(jobs=2))
    return folder / "songs.sqlite"


def test_copies_are_found_and_different_songs_are_not(copies):
    with Library(copies) as library:
        heard = {song.path.stem for song in library.songs() if song.verdict in ("genre", "uncertain", "mixed")}
        found = names(duplicates(library))
    assert found[0] == (True, ["again.flac", "rock.flac"])
    # the invented songs come from one synthesizer, and some are much alike
    pairs = {tuple(files) for exact, files in found[1:] if not all(name.startswith("invented") for name in files)}
    assert pairs == {
        ("again.flac" if name == "rock" else f"{name}.flac", f"{name}.mp3") for name in MUSIC if name in heard
    }


def test_duplicates_in_the_terminal(copies):
    done = run_script(SCRIPT, "library", copies, "duplicates")
    lines = done.stdout.splitlines()
    assert lines[:3] == [
        "the same file, 2 times: again (0:12)",
        f"  {copies.parent}/music/again.flac", f"  {copies.parent}/music/rock.flac",
    ]  # fmt: skip
    assert lines[3].startswith("probably the same song, 2 times: ")
    assert done.stderr.startswith("1 song several times, ")


def test_an_exact_copy_of_several_is_listed_once_with_all_places(tmp_path):
    with Library(tmp_path / "songs.sqlite") as library:
        fill(library, tmp_path / "music", [{"name": f"{i}.wav", "genre": "rock", "confidence": 0.9} for i in range(3)])
        for name in ("x", "y", "z"):
            (tmp_path / "music" / f"{name}.wav").write_bytes((tmp_path / "music" / "1.wav").read_bytes())
        list(scan(library, [tmp_path / "music"]).update())
        assert names(duplicates(library)) == [(True, ["1.wav", "x.wav", "y.wav", "z.wav"])]
        assert names(duplicates(library, Selection([tmp_path / "music" / "x.wav"]))) == []
        list(write_tags(library, TagOptions(), roots=[tmp_path / "music" / "x.wav"]))  # then it is another file
        assert names(duplicates(library)) == [(True, ["1.wav", "y.wav", "z.wav"]), (False, ["1.wav", "x.wav"])]


def test_songs_of_other_lengths_are_other_songs(tmp_path):
    sound = {"features": np.ones(200), "course": np.arange(192) - 96, "genre": "rock", "confidence": 0.9}
    lengths = {"a": 100.0, "b": 100.0 + LENGTHS_DIFFER_S, "c": 100.1 + 2 * LENGTHS_DIFFER_S, "d": 300.0}
    songs = [{"name": f"{name}.wav", "seconds": seconds, **sound} for name, seconds in lengths.items()]
    with Library(tmp_path / "songs.sqlite") as library:
        fill(library, tmp_path / "music", songs)
        assert names(duplicates(library)) == [(False, ["a.wav", "b.wav"])]


def test_blocks_do_not_change_what_is_found(tmp_path, monkeypatch):
    rng = np.random.default_rng(3)
    base = [{"features": rng.standard_normal(200), "course": rng.integers(-127, 128, 192)} for _ in range(20)]
    songs = [{"name": f"{i}.wav", "genre": "rock", "confidence": 0.9, **base[i % 20]} for i in range(40)]
    with Library(tmp_path / "songs.sqlite") as library:
        fill(library, tmp_path / "music", songs)
        whole = names(duplicates(library))
        assert len(whole) == 20
        monkeypatch.setattr("musicgenre.library.duplicates.BLOCK", 7)
        assert names(duplicates(library)) == whole


def test_what_is_too_short_or_stays_the_same_has_no_course():
    deep = np.random.default_rng(0).standard_normal((20, 200))
    assert song_course(deep).shape == (192,) and abs(song_course(deep)).max() == 127
    assert song_course(deep[:3]) is None and song_course(deep[:4]) is not None
    assert song_course(np.ones((20, 200))) is None

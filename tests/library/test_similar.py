"""The nearest songs of a library."""

import numpy as np
import pytest
from support.invented import song as invented
from support.library_material import EIGHT, MUSIC, fill, piece, write_song
from support.material import encode, json_lines, run_script, write_wav

from musicgenre.errors import GenreError
from musicgenre.library.conditions import Selection
from musicgenre.library.query import parse_query
from musicgenre.library.scan import scan
from musicgenre.library.similar import nearest, similar
from musicgenre.library.song_features import FEATURE_TYPE
from musicgenre.library.store import Library

SCRIPT = "03_launch_classifier.py"
MANY = 104


@pytest.fixture
def made(tmp_path):
    """Return a library of made-up answers."""
    with Library(tmp_path / "songs.sqlite") as library:
        fill(library, tmp_path / "music", EIGHT)
        yield library


@pytest.fixture(scope="module")
def hundred(tmp_path_factory):
    """Return the library file of over a hundred songs: the committed pieces of music, and invented ones."""
    folder = tmp_path_factory.mktemp("hundred")
    for name in MUSIC:
        write_song(folder / "music" / f"{name}.flac", *piece(name, seconds=12.0))
    for seed in range(MANY - len(MUSIC)):
        write_wav(folder / "music" / f"invented {seed}.wav", invented(4.0, seed))
    with Library(folder / "songs.sqlite") as library:
        found = scan(library, [folder / "music"])
        assert found.songs == MANY
        list(found.update(jobs=2))
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
        (song,) = library.songs(Selection(terms=parse_query("metal.flac")))
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
    command = (SCRIPT, "library", hundred, "similar")
    found = json_lines(run_script(*command, song, "--top", 4, "--json").stdout)
    assert len(found) == 4
    assert set(found[0]) == {"input", "distance", "similarity", "artist", "title", "verdict", "genre"}
    heading, *lines = run_script(*command, song).stdout.splitlines()
    assert heading == f"10 songs nearest to {song} (100% is the same sound)"
    assert len(lines) == 10 and lines[0].split()[0] == f"{found[0]['similarity']:.0%}"
    several = run_script(*command, song.parent)
    assert (several.returncode, "is more than one song; give one" in several.stderr) == (1, True)
    missing = run_script(*command, tmp_path / "none.mp3")
    assert missing.returncode == 1
    assert "there is no file" in missing.stderr


def test_a_song_without_music_to_compare_is_said(hundred, tmp_path):
    path = write_wav(tmp_path / "silence.wav", np.zeros(200_000, np.float32))
    with Library(hundred) as library, pytest.raises(GenreError, match="cannot be compared: there is no sound"):
        similar(library, str(path))


def test_only_music_is_similar(made, tmp_path):
    features = made.features_of(tmp_path / "music" / "h.wav")
    assert {n.song.verdict for n in nearest(made, features)} == {"genre", "uncertain"}

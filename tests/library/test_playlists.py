"""Playlists of a library: one a genre and set, readable anywhere, never over somebody's own."""

import os
from pathlib import Path

import pytest
from support.library_material import EIGHT, fill

from musicgenre.errors import SourceError
from musicgenre.library.playlists import write_playlists
from musicgenre.library.scan import scan
from musicgenre.library.store import Library


@pytest.fixture
def made(tmp_path):
    """Return a library of made-up answers."""
    with Library(tmp_path / "songs.sqlite") as library:
        fill(library, tmp_path / "music", EIGHT)
        yield library


def counted(library, folder):
    """Write playlists and return the number of songs by genre."""
    return {one.name: one.songs for one in write_playlists(library, folder).lists}


def test_a_playlist_of_each_genre_has_relative_paths_by_confidence(made, tmp_path):
    assert counted(made, tmp_path / "lists") == {"hiphop": 1, "jazz": 1, "metal": 3}
    lines = (tmp_path / "lists" / "metal.m3u8").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "#EXTM3U"
    paths = [line for line in lines if not line.startswith("#")]
    assert [Path(path).name for path in paths] == ["b.wav", "a.wav", "c.wav"]
    assert all(not Path(path).is_absolute() and (tmp_path / "lists" / path).is_file() for path in paths)
    assert "#EXTINF:200,b" in lines and "#PLAYLIST:Metal" in lines
    assert "#PLAYLIST:Hip-Hop" in (tmp_path / "lists" / "hiphop.m3u8").read_text().splitlines()
    assert len(counted(made, tmp_path / "lists")) == 3  # ours may be replaced
    (tmp_path / "lists" / "jazz.m3u8").unlink()
    for gone in ("d.wav", "e.wav"):
        (tmp_path / "music" / gone).unlink()
    scan(made, [tmp_path / "music"])
    assert counted(made, tmp_path / "lists") == {"metal": 3}
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


def test_names_that_a_playlist_cannot_hold_are_said(tmp_path):
    with Library(tmp_path / "songs.sqlite") as library:
        fill(library, tmp_path / "music", [
            {"name": "two\nlines.wav", "genre": "../pop", "confidence": 0.9},
            {"name": "#hash.wav", "genre": "../pop", "confidence": 0.8},
        ])  # fmt: skip
        made = write_playlists(library, tmp_path / "music")
    assert [one.songs for one in made.lists] == [1]
    assert made.left_out == (tmp_path / "music" / "two\nlines.wav",)
    (path,) = tmp_path.rglob("*.m3u8")
    assert path.parent == tmp_path / "music"
    assert path.read_text().splitlines()[-1] == "./#hash.wav"


def test_genres_whose_names_give_one_file_name_have_a_playlist_each(tmp_path):
    names = ["a/b", "a:b", "A_B", "a_b (2)"]
    with Library(tmp_path / "songs.sqlite") as library:
        songs = [{"name": f"{i}.wav", "genre": name, "confidence": 0.9} for i, name in enumerate(names)]
        fill(library, tmp_path / "music", songs)
        made = write_playlists(library, tmp_path / "lists")
    assert {one.name: one.songs for one in made.lists} == dict.fromkeys(names, 1)
    files = sorted(path.name for path in (tmp_path / "lists").iterdir())
    assert len({name.casefold() for name in files}) == 4
    songs_listed = {path.read_text().splitlines()[-1] for path in (tmp_path / "lists").iterdir()}
    assert len(songs_listed) == 4


def test_sets_have_playlists_and_a_dry_run_writes_none(tmp_path):
    songs = [
        {"name": "a.wav", "genre": "rock", "confidence": 0.9},
        {"name": "b.wav", "verdict": "uncertain", "genre": "rock", "confidence": 0.5, "likely": ["rock", "metal"]},
        {"name": "c.wav", "verdict": "uncertain", "genre": "metal", "confidence": 0.6, "likely": ["metal", "rock"]},
        {
            "name": "d.wav",
            "verdict": "uncertain",
            "genre": "metal",
            "confidence": 0.4,
            "likely": ["metal", "rock", "pop"],
        },
        {"name": "e.wav", "verdict": "uncertain", "genre": "jazz", "confidence": 0.3},
    ]
    with Library(tmp_path / "songs.sqlite") as library:
        fill(library, tmp_path / "music", songs)
        wanted = {"rock": 1, "metal or rock": 2, "metal or pop or rock": 1}
        dry = write_playlists(library, tmp_path / "lists", sets=True, dry_run=True)
        assert {one.name: one.songs for one in dry.lists} == wanted
        assert not (tmp_path / "lists").exists()
        assert {one.name: one.songs for one in write_playlists(library, tmp_path / "lists", sets=True).lists} == wanted
    lines = (tmp_path / "lists" / "metal or rock.m3u8").read_text().splitlines()
    assert [Path(line).name for line in lines if not line.startswith("#")] == ["c.wav", "b.wav"]

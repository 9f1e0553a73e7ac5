"""Corrections: from the window's file to the rows of a table that train."""

from pathlib import Path

import pytest
from support.material import make_library

from musicgenre.dataset.build import preprocess
from musicgenre.dataset.corrections import apply_corrections
from musicgenre.dataset.corrections_file import SongCorrection, corrections_csv, read_corrections
from musicgenre.dataset.metadata import read_metadata
from musicgenre.dataset.table import read_table
from musicgenre.errors import ModelError

FAMILIES = ("zcr",)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return (folder of audio, its table's folder)."""
    place = tmp_path_factory.mktemp("corrections")
    music = make_library(place / "music", clips=2)
    preprocess(music, place / "data", families=FAMILIES)
    return music, place / "data"


def corrected(data, *corrections):
    """Return the table with corrections of (song, genre)."""
    chosen = [SongCorrection(str(song), genre) for song, genre in corrections]
    return apply_corrections(read_table(data, FAMILIES), data, FAMILIES, chosen)


def genres(found):
    """Return clip_id -> genre."""
    return dict(zip(found.table.clips["clip_id"], found.table.clips["genre"], strict=True))


def test_a_song_is_found_by_its_clip_id_its_path_and_its_content(made, tmp_path):
    music, data = made
    moved = tmp_path / "elsewhere.wav"
    moved.write_bytes((music / "buzz" / "buzz1.wav").read_bytes())
    found = corrected(data, ("hymn/hymn0", "Buzz"), (music / "hymn" / "hymn1.wav", "clatter"), (moved, "hymn"))
    named = genres(found)
    assert (named["hymn/hymn0"], named["hymn/hymn1"], named["buzz/buzz1"]) == ("buzz", "clatter", "hymn")
    assert found.notes == ("3 corrections: 3 of songs of the table, 0 of new songs",) and not found.warnings
    assert genres(corrected(data)) != named  # nothing is written


def test_a_song_that_the_table_lacks_is_added_with_its_features(made, tmp_path):
    _, data = made
    new = next((make_library(tmp_path, clips=1, seconds=5.0, kinds=("hymn",)) / "hymn").iterdir())
    found = corrected(data, (new, "psalm"), ("hymn/hymn0", "hymn"))
    assert found.table.clips["genre"].iloc[-1] == "psalm" and len(found.table.features) == len(found.table.clips) == 7
    assert found.table.features.iloc[-1].notna().all()
    assert found.table.sha256 != read_table(data, FAMILIES).sha256
    assert found.notes[0].endswith("0 of songs of the table, 1 of new songs, 1 of songs that have that genre already")


def test_a_correction_that_is_lost_is_a_warning_and_what_was_done_is_none(made, tmp_path):
    found = corrected(made[1], (tmp_path / "gone.mp3", "buzz"), ("hymn/hymn0", "buzz"))
    assert len(found.notes) == 1 and "1 of songs of the table" in found.notes[0]
    assert len(found.warnings) == 1 and "gone.mp3" in found.warnings[0] and "not used" in found.warnings[0]


def test_the_windows_file_names_songs_for_00_and_for_02(made, tmp_path):
    music, data = made
    (music / "hymn" / "hymn0.flac").write_bytes(b"another song of that name")
    outside = make_library(tmp_path / "outside", clips=1, kinds=("buzz",)) / "buzz" / "buzz0.wav"
    songs = [
        (music / "hymn" / "hymn0.wav", "buzz"), (music / "buzz" / "buzz1.wav", "clatter"), (outside, "hymn"),
        ("https://www.youtube.com/watch?v=x", "hymn"),
    ]  # fmt: skip
    text, count = corrections_csv([SongCorrection(str(song), genre) for song, genre in songs], music)
    (music / "hymn" / "hymn0.flac").unlink()
    path = tmp_path / "corrections.csv"
    path.write_text(text, encoding="utf-8")
    assert count == 3 and text.splitlines()[0] == "clip_id,path,genre"
    metadata = {name: row["genre"] for name, row in read_metadata(path).rows}
    assert metadata == {"hymn/hymn0.wav": "buzz", "buzz/buzz1": "clatter", str(outside): "hymn"}
    chosen = read_corrections(path)
    assert {Path(one.song) for one in chosen} == {song for song, _ in songs[:3]}
    found = apply_corrections(read_table(data, FAMILIES), data, FAMILIES, chosen)
    assert found.notes == ("3 corrections: 3 of songs of the table, 0 of new songs",)  # the one outside is a copy


def test_a_folder_that_a_spreadsheet_would_compute_is_named_by_its_path(tmp_path):
    music = make_library(tmp_path, clips=1, kinds=("buzz",))
    (music / "buzz").rename(music / "=buzz")
    text, _ = corrections_csv([SongCorrection(str(music / "=buzz" / "buzz0.wav"), "hymn")], music)
    assert text.splitlines()[1] == f",{music}/=buzz/buzz0.wav,hymn"


def test_a_file_without_genres_is_said(tmp_path):
    path = tmp_path / "corrections.csv"
    path.write_text("path,artist\n/a.mp3,b\n", encoding="utf-8")
    with pytest.raises(ModelError, match="no column 'genre'"):
        read_corrections(path)

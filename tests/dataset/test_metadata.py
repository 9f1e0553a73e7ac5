"""Metadata: each row finds its clip in any spelling, or is counted with an example."""

import unicodedata
from pathlib import Path

import pytest

from musicgenre.dataset.artists import folder_artist, tagged_artist
from musicgenre.dataset.build import clip_ids
from musicgenre.dataset.metadata import match_metadata, read_metadata
from musicgenre.errors import ModelError

FOLDER = Path("music")
NFD = unicodedata.normalize("NFD", "Música")
FILES = [FOLDER / name for name in ("NA/one.wav", f"{NFD}/one.wav", "rock/a.mp3", "rock/a.mp3.flac", "rock/a.wav")]


def matched(text, tmp_path):
    """Return the cells and the notes of a metadata file."""
    (tmp_path / "m.csv").write_text(text, encoding="utf-8")
    return match_metadata(read_metadata(tmp_path / "m.csv"), clip_ids(FOLDER, FILES), FOLDER)


def test_files_of_one_name_are_clips_and_the_later_keep_their_ending():
    assert list(clip_ids(FOLDER, FILES)) == ["NA/one", f"{NFD}/one", "rock/a", "rock/a.mp3", "rock/a.wav"]


@pytest.mark.parametrize(
    ("name", "clip_id"),
    [
        ("NA/one", "NA/one"), ("NA\\one", "NA/one"), ("NA/one.wav", "NA/one"), ("./NA/one", "NA/one"),
        ("music/NA/one.wav", "NA/one"), ("na/ONE.WAV", "NA/one"), ("Música/one", f"{NFD}/one"), ("rock/a", "rock/a"),
        ("rock/a.wav", "rock/a.wav"), ("rock/a.mp3.flac", "rock/a.mp3"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_row_finds_its_clip(name, clip_id, separator, tmp_path):
    found = matched(f"\ufeffclip_id{separator}artist\n{name}{separator}Band\n", tmp_path)
    assert {clip: row["group"] for clip, row in found.cells.items()} == {clip_id: "Band"}


def test_what_finds_no_clip_is_counted_with_an_example(tmp_path):
    found = matched("clip_id,group,genre,split\nno/such,x,y,train\nNA/one,,,eval\n", tmp_path)
    assert found.cells == {"NA/one": {}}  # empty cells keep what the folder says
    text = " ".join(found.notes)
    assert "1 of 2 rows" in text and "matches no clip" in text and "'no/such'" in text
    assert "none of train, valid, test" in text and "'eval'" in text and "4 of 5 clips are not named" in text


def test_metadata_faults_are_named(tmp_path):
    path = tmp_path / "artists.csv"
    with pytest.raises(ModelError, match=r"artists\.csv is missing"):
        read_metadata(path)
    path.write_text("clip,group\na,b\n")
    with pytest.raises(ModelError, match="has no column 'clip_id'"):
        read_metadata(path)
    path.write_text("clip_id,group\na,b\na,c\n")
    with pytest.raises(ModelError, match="line 3: the clip_id 'a' occurs a second time"):
        read_metadata(path)


@pytest.mark.parametrize(
    ("tags", "artist"),
    [
        ({"album_artist": "Queen", "artist": "Queen & David Bowie"}, "Queen"),
        ({"album_artist": "Various Artists", "artist": "Nena"}, "Nena"), ({"album_artist": "V.A.", "artist": "X"}, "X"),
        ({"album_artist": "VARIOUS  artists"}, ""), ({"artist": "Nas feat. Lauryn Hill"}, "Nas"), ({}, ""),
    ],
)  # fmt: skip
def test_the_artist_of_tags(tags, artist):
    assert tagged_artist(tags) == artist


def test_the_folder_below_the_genre_is_an_artist():
    assert [folder_artist(name) for name in ("rock/a", "rock/Queen/a", "rock/Various/a")] == ["", "Queen", ""]

"""Artist, album and embedded picture of a file, whatever the picture is."""

import io

import pytest
from support.covers import id3, picture, write_song

from musicgenre.audio.cover import COVER_PX, read_song_tags, square
from musicgenre.audio.sandbox import read_safely, tags_safely
from musicgenre.errors import AudioError


def colour_of(png):
    """Return size and middle colour of a picture."""
    from PIL import Image

    with Image.open(io.BytesIO(png)) as image:
        return image.size, image.convert("RGB").getpixel((image.width // 2, image.height // 2))


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_artist_album_and_cover_are_read_in_the_decoding_process(tmp_path, form):
    path = write_song(tmp_path / "song.mp3", artist="Björk & Söhne", album="Zwölf", image=picture(form=form),
                      mime=f"image/{form.lower()}".encode())  # fmt: skip
    tags = tags_safely(path)
    assert (tags.artist, tags.album) == ("Björk & Söhne", "Zwölf")
    size, colour = colour_of(tags.cover)
    assert size == (COVER_PX, COVER_PX) and all(abs(a - b) < 12 for a, b in zip(colour, (200, 30, 40), strict=True))
    assert read_safely(path).duration_s == pytest.approx(6.0, abs=0.3)  # the same process goes on decoding


def test_a_song_without_tags_has_none(tmp_path):
    tags = read_song_tags(write_song(tmp_path / "song.mp3"))
    assert (tags.artist, tags.album, tags.cover) == ("", "", b"")


@pytest.mark.parametrize("image", [b"no picture", picture()[:200], b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"<svg/>"])
def test_a_damaged_picture_leaves_artist_and_album(tmp_path, image):
    tags = tags_safely(write_song(tmp_path / "song.mp3", artist="A", album="B", image=image))
    assert (tags.artist, tags.album) == ("A", "B")


def test_hostile_names_are_cleaned(tmp_path):
    tags = read_song_tags(write_song(tmp_path / "song.mp3", artist="\x1b]0;x\x07evil\u202egnos"))
    assert tags.artist == "evilgnos"


def test_too_many_pixels_are_not_decoded():
    from PIL import Image

    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    assert square(out.getvalue()) == b""


def test_what_is_no_sound_is_a_sentence(tmp_path):
    path = tmp_path / "text.mp3"
    path.write_bytes(id3(artist="A") + b"words " * 40)
    with pytest.raises(AudioError, match=r"not audio|no sound"):
        tags_safely(path)

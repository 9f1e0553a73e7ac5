"""The song behind an answer: cover, artist and album, and opening it elsewhere."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from support.covers import picture, write_song
from support.window_material import SONG, WATCH, classify

from musicgenre.engine.messages import DetailsRead, ReadDetails
from musicgenre.engine.song_details import Details, details_path
from musicgenre.window.picture import reference

OPENER = """#!/bin/sh
printf '%s' "$1" > "$0.opened"
"""


@pytest.fixture
def opener(tmp_path, monkeypatch):
    """Put a stand-in for xdg-open on the path; return the file in which it notes what it was given."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "xdg-open").write_text(OPENER)
    (folder / "xdg-open").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder / "xdg-open.opened"


def middle(pilot, widget, path):
    """Return the colour in the middle of a widget as the screen shows it."""
    from PIL import Image

    with Image.open(pilot.picture(path, widget)) as image:
        return image.convert("RGB").getpixel((image.width // 2, image.height // 2))


def test_the_cover_of_a_file_is_shown_and_stays_when_the_file_is_gone(open_window, tmp_path):
    song = write_song(tmp_path / "song.mp3", artist="The Harvesters", album="Old Mill", image=picture())
    pilot = open_window()
    pilot.window.jobs.submit([str(song)])
    header = pilot.window.pages.answer.header
    assert pilot.until(lambda: header.has_cover, 30)
    assert header.maker.whole == "The Harvesters  ·  Old Mill"
    pilot.turn(0.2)
    near = zip(middle(pilot, header.cover, tmp_path / "cover.png"), (200, 30, 40), strict=True)
    assert all(abs(a - b) < 15 for a, b in near)
    song.unlink()
    key = pilot.window.answers.shown
    pilot.window.close()
    pilot = open_window()

    def chosen():
        pilot.window.list.go(key)  # once the list holds it
        return pilot.window.answers.shown == key

    assert pilot.until(chosen, 10)
    header = pilot.window.pages.answer.header
    assert pilot.until(lambda: header.has_cover, 30) and "Harvesters" in header.maker.whole
    pilot.window.preferences.use_scale(1.5)
    assert pilot.until(lambda: header._image.width() == 96, 30)
    pilot.window.list.go(key)
    pilot.window.answers.remove()
    pilot.window.history.prune_pictures(0)
    assert not list((tmp_path / "user" / "pictures").glob("*.song"))


def test_a_song_without_a_cover_has_a_note_in_its_place(open_window, tmp_path):
    pilot = open_window()
    classify(pilot, "rock")
    pilot.turn(0.5)
    header = pilot.window.pages.answer.header
    assert not header.has_cover and header.maker.winfo_viewable() == bool(header.maker.whole)
    assert header._image.width() == 64


def test_the_thumbnail_of_a_video_is_kept_with_its_channel(open_window, tmp_path):
    from musicgenre.audio.cover import SongTags, square

    pilot = open_window(ready=False)
    history = pilot.window.history
    entry = history.add("video", replace(SONG, input=f"{WATCH}song0000001", title="A video"))
    told = []
    details = Details(told.append)
    details.keep("video", str(history.picture_path("video")), SongTags("A channel", "", square(picture((10, 90, 200)))))
    assert details_path(str(history.picture_path("video"))).is_file()
    details.read(ReadDetails(reference(history, entry), 64))
    assert isinstance(told[-1], DetailsRead) and told[-1].artist == "A channel" and told[-1].cover
    pilot.window.answers.fill("")
    pilot.window.list.go("video")
    header = pilot.window.pages.answer.header
    assert pilot.until(lambda: header.has_cover, 20) and header.maker.whole == "A channel"


def test_a_file_is_opened_and_shown_in_its_folder(open_window, opener):
    pilot = open_window()
    (entry,) = classify(pilot, "rock")
    pilot.window.songs.open()
    assert pilot.until(lambda: opener.exists() and opener.read_text() == entry.prediction.input, 5)
    opener.unlink()
    pilot.window.songs.show_folder()
    assert pilot.until(lambda: opener.exists() and opener.read_text() == str(Path(entry.prediction.input).parent), 5)


def test_a_video_opens_in_the_browser_and_what_is_gone_is_said(open_window, opener):
    pilot = open_window(ready=False)
    history = pilot.window.history
    history.add("video", replace(SONG, input=f"{WATCH}song0000001", title="A video"))
    history.add("gone", replace(SONG, input="/nowhere/-gone.mp3", title="gone"))
    pilot.window.answers.fill("")
    pilot.window.list.go("video")
    assert pilot.until(lambda: pilot.window.answers.shown == "video", 5)
    assert pilot.window.pages.answer.song.cget("text").strip() == "Video"
    pilot.window.songs.open()
    assert pilot.until(lambda: opener.exists() and opener.read_text() == f"{WATCH}song0000001", 5)
    opener.unlink()
    pilot.window.list.go("gone")
    assert pilot.until(lambda: pilot.window.answers.shown == "gone", 5)
    pilot.window.songs.open()
    assert "not there any more" in pilot.window.status.whole and not opener.exists()


def test_details_that_were_read_once_are_there_when_the_file_is_gone(open_window, tmp_path):
    song = write_song(tmp_path / "song.mp3", artist="The Harvesters", album="Old Mill", image=picture())
    pilot = open_window(ready=False)
    history = pilot.window.history
    entry = history.add("kept", replace(SONG, input=str(song)))
    asked = ReadDetails(reference(history, entry), 64)
    told = []
    Details(told.append).read(asked)
    song.unlink()
    Details(told.append).read(asked)
    assert told[0] == told[1] and told[1].artist == "The Harvesters" and told[1].cover
    history.remove("kept")
    history.prune_pictures(orphans=True)
    assert not details_path(str(history.picture_path("kept"))).exists()

"""Similar songs: of the history at once, of a library, opened and listened to."""

import shutil
from pathlib import Path

import pytest
from support.display import tool
from support.window_material import SAMPLES, shown_dialog

from musicgenre.engine.messages import Play
from musicgenre.inference.prediction import Prediction
from musicgenre.library.scan import scan
from musicgenre.library.store import Library
from musicgenre.window.list_wording import genre_cell

NAMES = ("metal", "rock", "classical", "vocal")


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    """Return a library of four songs, beside the folder with them."""
    place = tmp_path_factory.mktemp("songs")
    for name in NAMES:
        shutil.copy(SAMPLES / f"{name}.ogg", place)
    with Library(place / "songs.sqlite") as library:
        assert len(list(scan(library, [place]).update())) == len(NAMES)
    return place / "songs.sqlite"


def answered(pilot, *paths):
    """Classify files and show the answer of the last."""
    pilot.window.jobs.submit([str(path) for path in paths])
    assert pilot.rest()
    entry = next(one for one in pilot.window.history.find() if one.prediction.input == str(paths[-1]))
    pilot.window.list.go(entry.key)
    assert pilot.until(pilot.window.pages.answer.winfo_viewable, 5)
    return entry


def rows(shown):
    """Return the rows of the dialog."""
    return [shown.list.item(row, "values") for row in shown.list.get_children()]


def test_songs_of_the_history_are_there_at_once_and_one_is_opened(open_window, tmp_path):
    copy = tmp_path / "metal again.ogg"
    shutil.copy(SAMPLES / "metal.ogg", copy)
    pilot = open_window()
    answered(pilot, *(SAMPLES / f"{name}.ogg" for name in ("rock", "classical")), copy, SAMPLES / "metal.ogg")
    pilot.key("ctrl+g")
    shown = shown_dialog(pilot, "SimilarDialog")
    assert pilot.until(lambda: len(rows(shown)) == 3, 10), shown.words.whole
    assert [row[0] for row in rows(shown)][0] == "metal again" and rows(shown)[0][2] == "100%"
    shares = [int(row[2].rstrip("%")) for row in rows(shown)]
    assert shares == sorted(shares, reverse=True) and all(0 <= share <= 100 for share in shares)
    assert int(tool("identify", "-format", "%k", pilot.picture(tmp_path / "similar.png", shown))) > 20
    pilot.key("Return")
    assert pilot.until(lambda: not shown.winfo_exists(), 2)
    assert pilot.until(lambda: pilot.window.pages.answer.entry.title == "metal again", 2)


def test_a_song_that_the_filter_leaves_out_is_opened_all_the_same(open_window, tmp_path):
    copy = tmp_path / "metal again.ogg"
    shutil.copy(SAMPLES / "metal.ogg", copy)
    pilot = open_window()
    window = pilot.window
    answered(pilot, SAMPLES / "rock.ogg", copy, SAMPLES / "metal.ogg")
    window.view.narrow("error")
    pilot.turn(0.2)
    assert window.list.count == 0
    pilot.key("ctrl+g")
    shown = shown_dialog(pilot, "SimilarDialog")
    assert pilot.until(lambda: len(rows(shown)) == 2, 10), shown.words.whole
    in_list = {entry.title: genre_cell(entry.prediction) for entry in window.history.find()}
    assert all(in_list[title].startswith(genre.rstrip("…")) for title, genre, _ in rows(shown))
    pilot.key("Return")
    assert pilot.until(lambda: window.pages.answer.entry.title == "metal again", 2)
    key = window.pages.answer.entry.key
    assert pilot.until(lambda: window.list.selected() == (key,) and window.list.tree.bbox(key), 2)
    assert window.list.count == 3 and window.list.filter.get() == "All songs"


def test_a_similar_song_is_listened_to(open_window):
    pilot = open_window()
    answered(pilot, SAMPLES / "rock.ogg", SAMPLES / "metal.ogg")
    pilot.key("ctrl+g")
    shown = shown_dialog(pilot, "SimilarDialog")
    assert pilot.until(lambda: len(rows(shown)) == 1, 10)
    asked = []
    pilot.window.listening.problem = None
    pilot.window.worker.ask = asked.append
    pilot.click(shown.listen)
    assert isinstance(asked[-1], Play) and asked[-1].song.prediction.input == str(SAMPLES / "rock.ogg")
    assert shown.listen.cget("text") == "Stop"
    pilot.click(shown.listen)
    assert type(asked[-1]).__name__ == "StopPlaying"
    pilot.window.listening.problem = "no sound device was found"
    pilot.window.listening.playing = None
    pilot.click(shown.listen)
    assert shown.words.whole == "No sound device was found"


def test_an_empty_history_offers_the_music_folder(open_window, tmp_path, monkeypatch):
    music = tmp_path / "music"
    music.mkdir()
    for name in ("rock", "vocal"):
        shutil.copy(SAMPLES / f"{name}.ogg", music)
    pilot = open_window()
    answered(pilot, SAMPLES / "metal.ogg")
    pilot.key("ctrl+g")
    shown = shown_dialog(pilot, "SimilarDialog")
    assert pilot.until(lambda: "Add my music folder" in shown.words.whole, 10) and shown.open.instate(["disabled"])
    monkeypatch.setattr("tkinter.filedialog.askdirectory", lambda **_: str(music))
    pilot.click(shown.add)
    assert pilot.until(lambda: pilot.window.pages.batch.winfo_viewable(), 10) and not shown.winfo_exists()
    assert pilot.until(lambda: pilot.window.history.count() == 3, 40)
    entry = pilot.window.history.find("metal")[0]
    pilot.window.list.go(entry.key)
    pilot.turn(0.2)
    pilot.key("ctrl+g")
    shown = shown_dialog(pilot, "SimilarDialog")
    assert pilot.until(lambda: {row[0] for row in rows(shown)} == {"rock", "vocal"}, 10)


def test_a_library_is_chosen_and_remembered_and_its_song_classified(open_window, songs, monkeypatch, tmp_path):
    outside = tmp_path / "another.ogg"
    shutil.copy(SAMPLES / "metal.ogg", outside)
    pilot = open_window()
    answered(pilot, outside)
    pilot.key("ctrl+g")
    shown = shown_dialog(pilot, "SimilarDialog")
    monkeypatch.setattr("tkinter.filedialog.askopenfilename", lambda **_: str(songs))
    shown.where.set("Library file…")
    shown.where.event_generate("<<ComboboxSelected>>")
    assert pilot.until(lambda: len(rows(shown)) == 4, 20), shown.words.whole
    assert rows(shown)[0][0] == "metal" and rows(shown)[0][2] == "100%"
    assert shown.where.get() == "songs.sqlite" and pilot.window.settings.now.library == str(songs)
    shown.list.focus_force()
    pilot.key("Return")
    assert pilot.until(lambda: pilot.window.history.count() == 2, 20)
    assert pilot.window.history.find()[0].prediction.input == str(songs.parent / "metal.ogg")


def test_what_cannot_be_compared_is_a_sentence_in_the_dialog(open_window, tmp_path):
    pilot = open_window(ready=False)
    pilot.window.history.add("old", Prediction("/m/old.ogg", "old", None, "genre", "jazz", 0.9, {"jazz": 0.9}))
    pilot.window.answers.fill("")
    pilot.window.list.go("old")
    pilot.turn(0.2)
    pilot.key("ctrl+g")
    shown = shown_dialog(pilot, "SimilarDialog")
    assert pilot.until(lambda: "classify it again" in shown.words.whole, 20)
    assert str(shown.words.cget("foreground")) == pilot.window.look.colours.bad
    other = tmp_path / "other.sqlite"
    other.write_bytes(b"no database at all, but long enough to look like one" * 40)
    shown.look_for(str(other))
    assert pilot.until(lambda: "cannot be used as a library" in shown.words.whole, 20)
    pilot.key("Escape")
    assert pilot.until(lambda: not shown.winfo_exists(), 5)
    assert Path(other).exists()


def test_closing_the_dialog_leaves_what_it_asked(open_window, songs, youtube):
    link = youtube.catalogue.add("slow0000001", media=youtube.media.url("slow", "song.webm"), title="Slow", length=150)
    slow = Prediction(link, "Slow", None, "genre", "metal", 0.9, {"metal": 0.9})
    pilot = open_window()
    window = pilot.window
    window.history.add("slow", slow)
    window.answers.fill("")
    window.list.go("slow")
    assert pilot.until(window.pages.answer.winfo_viewable, 5)
    pilot.key("ctrl+g")
    shown = shown_dialog(pilot, "SimilarDialog")
    shown.look_for(str(songs))
    assert pilot.until(lambda: list(youtube.temporary.rglob("*.part")), 30)
    pilot.key("Escape")
    assert pilot.until(lambda: not list(youtube.temporary.rglob("*.part")), 5)
    window.jobs.submit([str(SAMPLES / "tone.ogg")])
    assert pilot.until(lambda: window.history.count() == 2, 20)

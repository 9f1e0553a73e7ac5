"""The nearest songs of a library, asked for in the window."""

from pathlib import Path

import pytest
from support.display import tool

from musicgenre.inference.prediction import Prediction
from musicgenre.library.scan import scan
from musicgenre.library.store import Library

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
NAMES = ("metal", "rock", "classical", "vocal")


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    """Return a library of four songs, beside the folder with them."""
    place = tmp_path_factory.mktemp("songs")
    for name in NAMES:
        (place / f"{name}.ogg").write_bytes((SAMPLES / f"{name}.ogg").read_bytes())
    with Library(place / "songs.sqlite") as library:
        assert len(list(scan(library, [place]).update())) == len(NAMES)
    return place / "songs.sqlite"


def opened(pilot):
    """Return the dialog that is open."""
    found = [child for child in pilot.root.winfo_children() if type(child).__name__ == "SimilarDialog"]
    return found[0] if found else None


def answered(pilot, path):
    """Classify a file and wait for its answer on the screen."""
    pilot.window.jobs.submit([str(path)])
    assert pilot.rest()
    assert pilot.until(pilot.window.pages.answer.winfo_viewable, 5)


def test_the_nearest_songs_are_listed_and_one_is_classified(open_window, songs, monkeypatch, tmp_path):
    pilot = open_window()
    answered(pilot, songs.parent / "metal.ogg")
    pilot.click(pilot.window.pages.answer.similar)
    assert pilot.until(lambda: opened(pilot) and opened(pilot).winfo_viewable(), 5)
    assert "--library" in opened(pilot).words.whole and opened(pilot).open.instate(["disabled"])
    monkeypatch.setattr("tkinter.filedialog.askopenfilename", lambda **_: str(songs))
    pilot.click(opened(pilot).choose)
    tree = opened(pilot).list
    assert pilot.until(lambda: len(tree.get_children()) == 3, 20), opened(pilot).words.whole
    rows = [tree.item(row, "values") for row in tree.get_children()]
    assert {row[0] for row in rows} == {"rock", "classical", "vocal"}
    distances = [float(row[2]) for row in rows]
    assert distances == sorted(distances) and 0 < distances[0] < distances[-1] <= 2
    assert int(tool("identify", "-format", "%k", pilot.picture(tmp_path / "similar.png", opened(pilot)))) > 20
    x, y, width, height = tree.bbox("0")
    place = (x + 30) / tree.winfo_width(), (y + height / 2) / tree.winfo_height()
    pilot.click(tree, *place, times=2)
    assert pilot.until(lambda: pilot.window.history.count() == 2, 20)
    assert pilot.window.history.find()[0].prediction.input == str(songs.parent / f"{rows[0][0]}.ogg")
    tree.focus_force()
    pilot.key("Escape")
    assert pilot.until(lambda: opened(pilot) is None, 5)


def test_the_library_is_remembered_and_a_song_outside_it_is_heard(open_window, songs, tmp_path):
    outside = tmp_path / "another.ogg"
    outside.write_bytes((SAMPLES / "metal.ogg").read_bytes())
    pilot = open_window()
    pilot.window.settings.change(library=str(songs))
    answered(pilot, outside)
    pilot.key("ctrl+g")
    assert pilot.until(lambda: opened(pilot) and len(opened(pilot).list.get_children()) == 4, 20)
    assert opened(pilot).list.item("0", "values")[0] == "metal"
    assert float(opened(pilot).list.item("0", "values")[2]) < 0.001
    pilot.key("Return")
    assert pilot.until(lambda: pilot.window.history.count() == 2, 20)


def test_what_cannot_be_compared_is_a_sentence_in_the_dialog(open_window, songs, tmp_path, monkeypatch):
    pilot = open_window()
    other = tmp_path / "other.sqlite"
    other.write_bytes(b"no database at all, but long enough to look like one" * 40)
    answered(pilot, SAMPLES / "silence.ogg")
    for library, words in ((other, "cannot be used as a library"), (songs, "cannot be compared")):
        pilot.window.settings.change(library=str(library))
        pilot.key("ctrl+g")
        assert pilot.until(lambda words=words: opened(pilot) and words in opened(pilot).words.whole, 20), words
        assert str(opened(pilot).words.cget("foreground")) == pilot.window.look.colours.bad
        pilot.key("Escape")
        assert pilot.until(lambda: opened(pilot) is None, 5)


def test_closing_the_dialog_leaves_what_it_asked(open_window, songs, youtube):
    link = youtube.catalogue.add("slow0000001", media=youtube.media.url("slow", "song.webm"), title="Slow", length=150)
    slow = Prediction(link, "Slow", None, "genre", "metal", 0.9, {"metal": 0.9})
    pilot = open_window()
    window = pilot.window
    window.settings.change(library=str(songs))
    window.history.add("slow", slow)
    window.answers.fill("")
    window.list.go("slow")
    assert pilot.until(window.pages.answer.winfo_viewable, 5)
    pilot.key("ctrl+g")
    assert pilot.until(lambda: list(youtube.temporary.rglob("*.part")), 30)
    pilot.key("Escape")
    assert pilot.until(lambda: not list(youtube.temporary.rglob("*.part")), 5)
    window.jobs.submit([str(SAMPLES / "tone.ogg")])
    assert pilot.until(lambda: window.history.count() == 2, 20)

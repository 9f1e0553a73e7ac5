"""Corrections, kept and exported."""

import sqlite3
import sys
from contextlib import contextmanager

from support.display import tool
from support.example_answers import fill_examples
from support.window_material import ROOT, SAMPLES, SONG, fill, shown_dialog


@contextmanager
def held_by_another(folder):
    """Hold the history as another program that writes and does not end."""
    other = sqlite3.connect(folder / "history.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def test_a_correction_reaches_the_table_that_00_makes(open_window, tmp_path, monkeypatch):
    music = tmp_path / "music"
    (music / "rock").mkdir(parents=True)
    (music / "rock" / "song.ogg").write_bytes((SAMPLES / "classical.ogg").read_bytes())
    pilot = open_window()
    pilot.window.jobs.submit([str(music / "rock" / "song.ogg")])
    assert pilot.until(lambda: pilot.window.history.count() == 1, 30)
    pilot.key("alt+t")
    asked = shown_dialog(pilot, "CorrectDialog")
    assert "Blues" in asked.genre.cget("values")
    pilot.type("Blues")
    pilot.key("Return")
    assert pilot.until(lambda: pilot.window.history.corrections(), 5)
    panel = pilot.window.pages.answer.panel
    assert panel.headline.whole == "Blues" and panel.meaning.whole.startswith("You said so. The answer was: Classical")
    table = tmp_path / "corrections.csv"
    monkeypatch.setattr("tkinter.filedialog.askdirectory", lambda **_: str(music))
    monkeypatch.setattr("tkinter.filedialog.asksaveasfilename", lambda **_: str(table))
    pilot.window.corrections.export()
    assert "Saved 1 of 1" in pilot.window.status.whole
    tool(sys.executable, ROOT / "00_preprocess_music.py", music, "--out", tmp_path / "data", "--families", "tempo",
         "--metadata", table)  # fmt: skip
    assert "rock/song,blues" in (tmp_path / "data" / "clips.csv").read_text()


def test_what_could_not_be_kept_is_not_called_kept(open_window, tmp_path):
    pilot = open_window(ready=False)
    fill(pilot, SONG)
    window = pilot.window
    window.list.go("key0")
    assert pilot.until(lambda: window.answers.shown == "key0", 2)
    entry = window.history.get("key0")
    panel = window.pages.answer.panel
    with held_by_another(tmp_path / "user"):
        for act in (lambda: window.corrections.keep(entry, "blues"), window.answers.remove):
            window.context.say("")
            act()
            assert "could not be written" in window.status.whole
            assert "You said" not in panel.meaning.whole
        assert window.list.tree.exists("key0")
        window.context.say("")
        window.preferences.use_theme("dark")
        assert pilot.until(lambda: "could not be written" in window.status.whole, 5)
        window.jobs.submit(["/nowhere/a.ogg", "/nowhere/b.ogg"])
        summed = "2 done: 2 failed; the history could"
        assert pilot.until(lambda: window.status.whole.startswith(summed), 30), window.status.whole
    window.corrections.keep(entry, "blues")
    assert window.status.whole == "Correction kept: “song” is blues"
    assert panel.headline.whole == "Blues"
    window.corrections.keep(entry, "metal")
    assert window.status.whole == "No correction is kept: “song” is metal"
    assert panel.headline.whole == "Metal" and "You said" not in panel.meaning.whole


def test_one_click_corrects_and_one_takes_it_back(open_window):
    pilot = open_window(ready=False)
    fill_examples(pilot)
    window, panel = pilot.window, pilot.window.pages.answer.panel
    window.list.go("genre")
    assert pilot.until(lambda: window.answers.shown == "genre", 5)
    pilot.turn(0.2)
    pilot.click(panel.right[0])
    assert pilot.until(lambda: window.history.correction("genre") == "metal", 5)
    assert panel.headline.whole == "Metal" and panel.sure.cget("text") == ""
    assert panel.meaning.whole == "You said so. The answer was: Rock, 87 % sure."
    assert "Metal" in window.list.tree.item("genre", "values") and not panel.right[0].winfo_viewable()
    pilot.turn(0.2)
    pilot.click(panel.undo)
    assert pilot.until(lambda: window.history.correction("genre") is None, 5)
    assert panel.headline.whole == "Rock" and panel.sure.cget("text") == "87 % sure"
    assert "Rock" in window.list.tree.item("genre", "values") and panel.right[0].winfo_viewable()


def test_ctrl_z_goes_back_through_corrections(open_window):
    pilot = open_window(ready=False)
    fill_examples(pilot)
    window = pilot.window
    window.list.go("set")
    assert pilot.until(lambda: window.answers.shown == "set", 5)
    window.corrections.say_right("blues")
    window.corrections.say_right("rnb")
    assert window.pages.answer.panel.headline.whole == "R&B"
    window.list.tree.focus_force()
    pilot.key("ctrl+z")
    assert window.history.correction("set") == "blues"
    pilot.key("ctrl+z")
    assert window.history.correction("set") is None and window.pages.answer.panel.headline.whole == "Blues or jazz"

"""Nothing of the window is cut off or unreadable: at any scaling, after a change of it, and after one of the theme."""

import sys
import time
import tkinter as tk
from dataclasses import fields, replace

import pytest
from support.display import Pilot, tool
from support.window_material import COLOUR, SONG

from musicgenre.engine.history import History
from musicgenre.window.dialogs import AboutDialog
from musicgenre.window.look import WIDTHS
from musicgenre.window.similar import SimilarActions, SimilarDialog
from musicgenre.window.window import Window

SCREEN = (1400, 1000)


def fill(pilot, count=2):
    """Put answers into the history and show one of them."""
    for number in range(count):
        prediction = replace(SONG, title=f"song {number}")
        pilot.window.history.add(f"key{number}", prediction, colour=COLOUR, made=time.time() - number)
    pilot.window.answers.fill("")
    pilot.window.list.go("key0")
    pilot.turn(0.2)


def cut_off(widget):
    """Return the buttons and labels below a widget that are smaller than they need, or leave its window."""
    found = [one for child in widget.winfo_children() for one in cut_off(child)]
    if widget.winfo_class() in ("TButton", "TLabel", "TMenubutton", "TCombobox") and widget.winfo_viewable():
        top = widget.winfo_toplevel()
        right = widget.winfo_rootx() + widget.winfo_width() - top.winfo_rootx()
        small = (
            widget.winfo_width() < widget.winfo_reqwidth() - 1 or widget.winfo_height() < widget.winfo_reqheight() - 1
        )
        if small or right > top.winfo_width():
            found.append(str(widget))
    return found


def bottom(widget):
    """Return where a widget ends on the screen."""
    return widget.winfo_rooty() + widget.winfo_height()


@pytest.mark.parametrize("place", [[], [1400, 1000, 0, 0]])
def test_the_window_begins_no_larger_than_the_screen(screen, closed_network, tmp_path, place):
    history = History(tmp_path)
    history.remember(scale=2.0, place=place)
    history.close()
    pilot = Pilot(Window(folder=tmp_path))
    pilot.turn(0.5)
    pilot.window.status.show_work(0.5)
    pilot.turn(0.1)
    assert pilot.window.status.cancel.winfo_viewable()
    assert bottom(pilot.window.status.cancel) <= SCREEN[1] and bottom(pilot.root) <= SCREEN[1]
    pilot.window.close()


def test_the_lowest_row_stays_on_the_screen_when_the_scaling_grows(open_window):
    pilot = open_window(ready=False)
    pilot.root.geometry("1400x970+0+0")
    pilot.turn(0.2)
    pilot.window.preferences.use_scale(2.0)
    pilot.turn(0.5)
    assert bottom(pilot.window.status.cancel) <= SCREEN[1]


def test_a_correction_is_read_in_the_smallest_window(open_window):
    pilot = open_window(ready=False)
    fill(pilot)
    pilot.root.geometry("900x570+0+0")
    pilot.window.pages.answer.tell("You said: hard rock")
    pilot.turn(0.3)
    assert pilot.root.winfo_width() == 900
    assert pilot.window.pages.answer.note.cget("text") == "You said: hard rock"


def test_a_smaller_scaling_leaves_no_paddings_of_a_larger_one(open_window, tmp_path):
    history = History(tmp_path / "user")
    history.remember(scale=2.0)
    history.close()
    pilot = open_window(ready=False)
    pilot.window.preferences.use_scale(1.0)
    fill(pilot)
    pilot.root.geometry("900x570+0+0")
    assert pilot.until(lambda: pilot.root.winfo_width() == 900, 2)
    pilot.turn(0.2)
    assert not cut_off(pilot.root)
    window, working = pilot.window, pilot.window.pages.working
    assert window.pages.answer.header.cover.grid_info()["padx"] == (0, 12)
    assert int(str(window.status.progress.cget("length"))) == 160
    working.show("song", {"decode": 0.5}, online=False)  # its other rows were out of sight
    working.show("song", {"download": 0.5}, online=True)
    assert {row.bar.grid_info()["pady"] for row in working.rows.values() if row.bar.grid_info()} == {5}
    assert not window.status.progress.winfo_viewable() and not window.pages.pick.winfo_viewable()


def test_an_error_in_the_status_line_takes_the_colour_of_the_theme(open_window):
    pilot = open_window(ready=False)
    window = pilot.window
    for bad in (True, False):
        window.preferences.use_theme("light")
        window.context.say("A sentence", bad=bad)
        window.preferences.use_theme("dark")
        colours = window.look.colours
        assert str(window.status.text.cget("foreground")) == (colours.bad if bad else colours.text)


def test_an_open_comparison_follows_the_theme(open_window, tmp_path):
    pilot = open_window()
    fill(pilot)
    pilot.window.preferences.use_theme("dark")
    pilot.window.answers.compare()
    shown = next(child for child in pilot.root.winfo_children() if type(child).__name__ == "CompareDialog")
    pictures = [side.time for side in shown.sides]
    assert pilot.until(lambda: all(picture.is_drawn for picture in pictures), 20)
    pilot.window.preferences.use_theme("light")
    assert pilot.until(lambda: all(picture.is_drawn for picture in pictures), 20)
    pilot.turn(0.2)
    assert all(str(picture.cget("background")) == pilot.window.look.colours.background for picture in pictures)
    mean = tool("convert", pilot.picture(tmp_path / "compare.png", shown), "-colorspace", "Gray", "-format",
                "%[fx:mean]", "info:")  # fmt: skip
    assert float(mean) > 0.8


def test_the_texts_of_open_dialogs_follow_the_theme(open_window):
    pilot = open_window(ready=False)
    fill(pilot)
    look, entry = pilot.window.look, pilot.window.history.get("key0")
    about = AboutDialog(pilot.root, look)
    names = [one.name for one in fields(SimilarActions)]
    actions = SimilarActions(**{name: lambda *_: None for name in names})
    similar = SimilarDialog(pilot.root, look, entry=entry, actions=actions, library="")
    similar.say("nothing to compare with", bad=True)
    pilot.window.preferences.use_theme("dark")
    pilot.turn(0.3)
    texts = [one for frame in about.body.winfo_children() for one in frame.winfo_children() if isinstance(one, tk.Text)]
    assert [str(text.cget("background")) for text in texts] == [look.colours.background]
    assert str(similar.words.cget("foreground")) == look.colours.bad
    for shown in (about, similar):
        shown.destroy()
    pilot.window.preferences.use_theme("light")  # and those that are closed are left alone


@pytest.mark.parametrize("title", ["a very long title " * 12, "x" * 300, "الحصادون " * 30])
def test_a_long_title_leaves_the_result_in_the_status_line(open_window, title):
    pilot = open_window(ready=False)
    window = pilot.window
    pilot.root.geometry("900x570+0+0")
    pilot.turn(0.2)
    window.worker.submit = lambda *_, **__: 1
    window.jobs.submit([title])
    row = window.jobs.rows[window.answers.shown]
    window.jobs.finish(row, replace(SONG, title=title))
    pilot.turn(0.2)
    shown = window.status.text.cget("text")
    assert shown.startswith("Answered “") and shown.endswith("”: Metal, 90 % sure") and "…" in shown
    assert window.status.text.winfo_reqwidth() <= window.status.text.winfo_width()


def test_signs_have_smooth_edges_and_the_window_has_an_icon(open_window, tmp_path):
    pilot = open_window(ready=False)
    fill(pilot)
    pilot.turn(0.3)
    badge = pilot.window.pages.answer.panel.badge
    shades = tool("identify", "-format", "%k", pilot.picture(tmp_path / "badge.png", badge))
    assert int(shades) > 12  # between the colour and what lies behind it
    assert pilot.window._icon.width() == 48 and pilot.window._icon.transparency_get(0, 0)
    assert not pilot.window._icon.transparency_get(24, 24)


def test_a_font_remembers_widths_until_its_size_changes(open_window):
    pilot = open_window(ready=False)
    use = pilot.window.look.fonts["body"]
    for scale in (1.0, 2.0, 1.0):
        pilot.window.preferences.use_scale(scale)
        for text in ("", "a song", "東京 1979", "x" * 300, "a song"):
            assert use.measure(text) == int(pilot.root.tk.call("font", "measure", use.name, text))
    for number in range(WIDTHS + 1):
        assert use.measure(str(number)) > 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("plain", [False, True])
def test_the_dot_of_a_row_stands_on_the_ground_of_the_row(open_window, tmp_path, monkeypatch, theme, plain):
    if plain:
        monkeypatch.setitem(sys.modules, "sv_ttk", None)
    pilot = open_window(ready=False)
    pilot.window.preferences.use_theme(theme)
    for key in ("key0", "key1"):
        pilot.window.history.add(key, replace(SONG, input=key, title=key), colour=COLOUR)
    pilot.window.answers.fill("")
    pilot.window.list.go("key0")
    pilot.turn(0.3)
    tree, colours = pilot.window.list.tree, pilot.window.look.colours
    pilot.act("mousemove", 500, 650)
    picture = pilot.picture(tmp_path / "list.png", tree)
    for key, ground, other in (("key0", colours.row, colours.background), ("key1", colours.background, colours.row)):
        x, y, _, height = tree.bbox(key, "#0")
        around = seen(picture, f"60x{height - 2}+{x}+{y + 1}")
        assert {COLOUR.upper(), ground.upper()} <= around and other.upper() not in around


def seen(picture, place):
    """Return the colours of a part of a picture, such as #FF0000."""
    found = tool("convert", picture, "-crop", place, "-depth", "8", "-unique-colors", "txt:")
    return {line.split("#")[1][:6].join(("#", "")).upper() for line in found.splitlines()[1:]}

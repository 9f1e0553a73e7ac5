"""Dragging from another program into the window: two processes, real mouse events, the X protocol between them."""

import subprocess
import sys
import time
import tkinter
import tkinter as tk
from contextlib import contextmanager
from types import SimpleNamespace

from support.display import tool
from support.window_material import ROOT, SAMPLES, classify, clipboard, colours


@contextmanager
def another_program(pilot, kind, *values):
    """Run a program that hands out files or a text, until its window is there."""
    command = [sys.executable, str(ROOT / "tests" / "support" / "drag_source.py"), kind, *map(str, values)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    ready = []
    try:
        began = time.monotonic()
        search = ["xdotool", "search", "--onlyvisible", "--name", "^drag source$"]
        while not ready and time.monotonic() - began < 10:
            ready = subprocess.run(search, capture_output=True, text=True).stdout.split()
            pilot.turn(0.05)
        assert ready, "the other program did not start"
        yield
    finally:
        process.terminate()
        process.communicate(timeout=10)


def drag(pilot, widget):
    """Drag from the other program's window to the middle of a widget, as a hand does: in steps."""
    x = widget.winfo_rootx() + widget.winfo_width() // 2
    y = widget.winfo_rooty() + widget.winfo_height() // 2
    steps = [(1240, 90), (1210, 100), (1180, 120), (x + 20, y), (x + 5, y), (x, y)]
    pilot.act("mousemove", 1280, 80, "sleep", 0.1, "mousedown", 1)
    for place in steps:
        pilot.act("mousemove", *place, "sleep", 0.05)
    pilot.turn(0.2)
    pilot.act("mouseup", 1)


def test_files_of_another_program_are_dropped_anywhere_on_the_window(open_window, tmp_path):
    songs = [tmp_path / name for name in ("a song {1} $x %20.ogg", "日本語.ogg")]
    for song in songs:
        song.write_bytes((SAMPLES / "tone.ogg").read_bytes())
    pilot = open_window()
    window = pilot.window
    assert pilot.until(lambda: "<<Drop>>" in window.outer.bind(), 5)
    with another_program(pilot, "files", *songs):
        drag(pilot, window.pages.welcome)
        assert pilot.until(lambda: window.history.count() == 2, 30)
        assert {entry.prediction.input for entry in window.history.find()} == set(map(str, songs))
        drag(pilot, window.list.tree)
        assert pilot.until(lambda: window.history.count() == 4, 30)
        assert window.pages.batch.winfo_viewable()
        drag(pilot, window.pages.batch.parts)
        assert pilot.until(lambda: window.history.count() == 6, 30)


def test_a_link_of_another_program_is_dropped(open_window, youtube):
    media = youtube.media.url("whole", "song.webm")
    link = youtube.catalogue.add("song0000001", media=media, title="Dragged", length=20)
    pilot = open_window()
    assert pilot.until(lambda: "<<Drop>>" in pilot.window.outer.bind(), 5)
    with another_program(pilot, "text", link):
        drag(pilot, pilot.window.pages.welcome)
        assert pilot.until(lambda: pilot.window.history.count() == 1, 30)
    (entry,) = pilot.window.history.find()
    assert entry.prediction.input == link and entry.title == "Dragged"


def test_a_path_typed_and_entered_is_answered(open_window, tmp_path):
    pilot = open_window(ready=False)
    (entry,) = classify(pilot, "classical")
    view = pilot.window.pages.answer
    assert view.entry.key == entry.key and entry.title == "classical"
    assert pilot.drawn()
    assert colours(pilot.picture(tmp_path / "bars.png", view.pictures["prediction_bars"])) > 20


def test_a_link_in_the_clipboard_starts_from_anywhere(open_window, youtube):
    media = youtube.media.url("whole", "song.webm")
    link = youtube.catalogue.add("song0000001", media=media, title="Pasted", length=20)
    pilot = open_window()
    clipboard(link)
    pilot.window.list.tree.focus_force()
    pilot.key("ctrl+v")
    assert pilot.until(lambda: pilot.window.history.find("Pasted"), 30)
    clipboard(link)
    pilot.window.top.entry.focus_force()
    pilot.key("ctrl+v")
    assert pilot.until(lambda: len(pilot.window.history.find("Pasted")) == 2, 30)
    clipboard("just words")
    pilot.key("ctrl+v")
    assert pilot.window.top.entry.get() == "just words"


def test_a_pasted_link_takes_the_place_of_the_input_that_failed_before(open_window):
    pilot = open_window()
    entry, history = pilot.window.top.entry, pilot.window.history
    for number, link in enumerate(("https://vimeo.com/1", "https://vimeo.com/2"), 1):
        clipboard(link)
        pilot.click(entry)
        pilot.key("ctrl+a", "ctrl+v")
        assert pilot.until(lambda number=number: history.count() == number, 20)
        assert pilot.until(lambda link=link: entry.get() == link, 2), entry.get()
        assert "is not a link to YouTube" in pilot.window.status.whole
    pilot.key("ctrl+a")
    pilot.type("half a title")
    pilot.window.list.tree.focus_force()
    clipboard("https://vimeo.com/3")
    pilot.key("ctrl+v")
    assert pilot.until(lambda: history.count() == 3, 20)
    pilot.turn(0.1)
    assert entry.get() == "half a title"  # what is being typed is left alone


def test_several_files_and_a_folder_are_opened_by_dialog(open_window, monkeypatch, tmp_path):
    pilot = open_window()
    chosen = [str(SAMPLES / "rock.ogg"), str(SAMPLES / "metal.ogg")]
    monkeypatch.setattr("tkinter.filedialog.askopenfilenames", lambda **_: chosen)
    pilot.key("ctrl+o")
    assert pilot.until(lambda: pilot.window.history.count() == 2, 40)
    (tmp_path / "music").mkdir()
    for name in ("tone", "silence"):
        (tmp_path / "music" / f"{name}.ogg").write_bytes((SAMPLES / f"{name}.ogg").read_bytes())
    monkeypatch.setattr("tkinter.filedialog.askdirectory", lambda **_: str(tmp_path / "music"))
    pilot.key("ctrl+shift+o")
    assert pilot.until(lambda: pilot.window.history.count() == 4, 40)


def test_what_is_dropped_is_classified(open_window, tmp_path, youtube):
    song = tmp_path / "a song {1} $x.ogg"
    song.write_bytes((SAMPLES / "classical.ogg").read_bytes())
    media = youtube.media.url("whole", "song.webm")
    link = youtube.catalogue.add("song0000001", media=media, title="Dropped", length=20)
    pilot = open_window()
    assert pilot.window.pages.welcome.hint.whole == "F1 lists the keyboard shortcuts"
    assert pilot.until(lambda: "<<Drop>>" in pilot.window.outer.bind(), 5)
    for data in (tkinter._join((str(song), str(SAMPLES / "tone.ogg"))), link):
        event = SimpleNamespace(data=data, action="copy")  # what the drag-and-drop library hands over
        assert pilot.window.inputs.take_drop(event) == "copy"
    assert pilot.until(lambda: pilot.window.history.count() == 3, 40)
    assert {entry.prediction.input for entry in pilot.window.history.find()} == {
        str(song), str(SAMPLES / "tone.ogg"), link,
    }  # fmt: skip


def test_text_dropped_with_a_brace_of_its_own_is_taken_as_it_is(open_window):
    pilot = open_window(ready=False)
    taken = []
    pilot.window.jobs.submit = taken.append
    event = tk.Event()
    event.data, event.action = "the song {live", "copy"
    assert pilot.window.inputs.take_drop(event) == "copy"
    assert taken == [["the song {live"]]


def test_ctrl_a_selects_all_in_a_box(open_window):
    pilot = open_window(ready=False)
    pilot.type("something")
    pilot.key("ctrl+a")
    pilot.type("else")
    assert pilot.window.top.entry.get() == "else"


def test_an_input_that_fails_stays_in_the_box_with_what_to_change(open_window):
    pilot = open_window()
    window = pilot.window
    pilot.type("/nowhere/at all.ogg")
    pilot.key("Return")
    assert pilot.until(lambda: window.history.count() == 1, 20)
    assert pilot.until(lambda: window.top.entry.get() == "/nowhere/at all.ogg", 2)
    (entry,) = window.history.find()
    assert window.status.whole.lower() == entry.prediction.reason.lower() and entry.title == "/nowhere/at all.ogg"
    pilot.key("ctrl+a")
    pilot.type("/nowhere/else.ogg")
    pilot.key("Return")
    pilot.type("the next")
    assert pilot.until(lambda: window.history.count() == 2, 20)
    pilot.turn(0.1)
    assert window.top.entry.get() == "the next"  # what is being typed is left alone


def test_recent_inputs_are_offered_again(open_window, monkeypatch):
    pilot = open_window(ready=False)
    window = pilot.window
    taken = []
    window.jobs.submit = lambda texts, **_: taken.append(texts)
    for number in range(10):
        window.inputs.submit([f"/music/folder/{number}.ogg"])
    window.inputs.submit(["/music/folder/5.ogg"])
    words = [one for one, _ in window.inputs.recent()]
    assert len(words) == 8 and words[:2] == ["5.ogg (folder)", "9.ogg (folder)"]
    pilot.key("alt+f")
    pilot.turn(0.2)
    pilot.key("r")
    pilot.turn(0.2)
    pilot.key("Down", "Return") if not taken[11:] else None
    assert pilot.until(lambda: len(taken) == 12, 2), taken
    assert taken[-1][0].startswith("/music/folder/")


def test_an_example_is_one_click_away(open_window):
    pilot = open_window()
    pilot.click(pilot.window.pages.welcome.example)
    assert pilot.until(lambda: pilot.window.history.count() == 1, 20)
    assert pilot.until(pilot.window.pages.answer.winfo_viewable, 5)


def test_the_window_shows_that_something_can_be_dropped(open_window, tmp_path):
    pilot = open_window()
    window = pilot.window
    assert pilot.until(lambda: "<<Drop>>" in window.outer.bind(), 5)
    with another_program(pilot, "files", SAMPLES / "tone.ogg"):
        x, y = window.pages.welcome.winfo_rootx() + 200, window.pages.welcome.winfo_rooty() + 200
        pilot.act("mousemove", 1280, 80, "sleep", 0.1, "mousedown", 1)
        for place in ((1240, 90), (1210, 100), (1180, 120), (x + 20, y), (x, y)):
            pilot.act("mousemove", *place, "sleep", 0.05)
        assert pilot.until(lambda: window.status.whole == "Drop it to classify it", 3)
        pilot.turn(0.2)
        pixel = "%[fx:round(255*p{1,1}.r)] %[fx:round(255*p{1,1}.g)] %[fx:round(255*p{1,1}.b)]"
        shown = tool("identify", "-format", pixel, pilot.picture(tmp_path / "drop.png", window.outer)).split()
        assert "#" + "".join(f"{int(value):02x}" for value in shown) == window.look.colours.accent
        pilot.act("mouseup", 1)
        assert pilot.until(lambda: window.history.count() == 1, 20)
    assert not any(edge.winfo_ismapped() for edge in window.inputs.edges)

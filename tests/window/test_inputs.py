"""Dragging from another program into the window: two processes, real mouse events, the X protocol between them."""

import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data" / "samples"


@contextmanager
def another_program(pilot, kind, *values):
    """Run a program that hands out files or a text, until its window is there."""
    command = [sys.executable, str(ROOT / "tests" / "drag_source.py"), kind, *map(str, values)]
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
        assert window.pages.answer.winfo_viewable()
        drag(pilot, window.pages.answer.pictures["prediction_bars"])
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

"""What tests of the window share: answers for its history."""

import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

from musicgenre.inference.prediction import Failure, Prediction, Section
from support.display import tool

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data" / "samples"
WATCH = "https://www.youtube.com/watch?v="
SONG = Prediction(
    "song.ogg", "song", None, "genre", "metal", 0.9, {"metal": 0.9, "rock": 0.1}, analysed=[Section(0.0, 5.0)]
)
FAILED = Prediction(
    "song.ogg", "gone", None, "error", reason="there is no file", error=Failure("not_found", "there is no file")
)
COLOUR = "#10aabf"


def fill(pilot, *predictions, same=False):
    """Put answers into the history, key0 the first and oldest, and list them; each about a song of its own."""
    for number, prediction in enumerate(predictions):
        made = time.time() - 60 + number
        if not same and prediction.input in (SONG.input, FAILED.input):
            prediction = replace(prediction, input=f"{number}/{prediction.input}")
        pilot.window.history.add(f"key{number}", prediction, colour=COLOUR, made=made)
    pilot.window.answers.fill("")
    pilot.turn(0.05)


def clipboard(text):
    """Put a text on the clipboard, as another program does."""
    holder = subprocess.Popen(["xclip", "-selection", "clipboard"], stdin=subprocess.PIPE, text=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    holder.communicate(text, timeout=10)


def pasted(pilot):
    """Return what another program gets from the clipboard."""
    got = []
    thread = threading.Thread(target=lambda: got.append(tool("xclip", "-selection", "clipboard", "-o")))
    thread.start()
    pilot.until(lambda: not thread.is_alive(), 10)
    return got[0]


def classify(pilot, *names):
    """Type the paths of samples into the box and wait for the answers."""
    for name in names:
        pilot.window.inputs.focus_entry()
        pilot.type(str(SAMPLES / f"{name}.ogg"))
        assert pilot.until(lambda name=name: pilot.window.top.entry.get() == str(SAMPLES / f"{name}.ogg"), 2)
        pilot.key("Return")
    assert pilot.rest()
    return [pilot.window.history.find(name)[0] for name in names]


def colours(path):
    """Return how many colours a picture has."""
    return int(tool("identify", "-format", "%k", path))


def written(shown):
    """Return the text of a dialog."""
    widgets = [widget for frame in shown.body.winfo_children() for widget in frame.winfo_children()]
    return next(widget.get("1.0", "end") for widget in widgets if widget.winfo_class() == "Text")


def shown_dialog(pilot, name):
    """Wait for a dialog and return it."""
    found = []

    def there():
        found[:] = [child for child in pilot.root.winfo_children() if type(child).__name__ == name]
        return found and found[0].winfo_viewable()

    assert pilot.until(there, 10), f"no {name}"
    pilot.turn(0.1)
    return found[0]

"""What tests of the window share: answers for its history."""

import time

from functions_prediction import Failure, Prediction, Section

SONG = Prediction(
    "song.ogg", "song", None, "genre", "metal", 0.9, {"metal": 0.9, "rock": 0.1}, analysed=[Section(0.0, 5.0)]
)
FAILED = Prediction(
    "song.ogg", "gone", None, "error", reason="there is no file", error=Failure("not_found", "there is no file")
)
COLOUR = "#10aabf"


def fill(pilot, *predictions):
    """Put answers into the history, key0 the first and oldest, and list them."""
    for number, prediction in enumerate(predictions):
        made = time.time() - 60 + number
        pilot.window.history.add(f"key{number}", prediction, colour=COLOUR, made=made)
    pilot.window.answers.fill("")
    pilot.turn(0.05)

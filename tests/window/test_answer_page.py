"""The page of an answer: what each verdict says, the pictures, the reasons."""

import sys

from support.display import tool
from support.window_material import SONG, classify, colours, fill

SHORT = """
import sys, wave
with wave.open(sys.argv[1], "wb") as out:
    out.setparams((1, 2, 8000, 0, "NONE", "")); out.writeframes(bytes(range(256)) * 32)
"""


def test_verdicts_look_different_and_say_why(open_window, tmp_path):
    pilot = open_window()
    short = tmp_path / "short.wav"
    tool("/usr/bin/env", sys.executable, "-c", SHORT, short)
    classify(pilot, "classical", "silence", "wind")
    pilot.window.jobs.submit([str(short), str(tmp_path / "none.wav")])
    pilot.until(lambda: len(pilot.window.history.find()) == 5, 30)
    seen = {}
    for entry in pilot.window.history.find():
        pilot.window.list.go(entry.key)
        pilot.turn(0.1)
        view = pilot.window.pages.answer
        picture = pilot.picture(tmp_path / f"{entry.key}.png", view.badge)
        seen[entry.prediction.verdict] = (view.verdict.whole, view.meaning.whole, picture.read_bytes())
    assert set(seen) == {"genre", "silent", "not_music", "too_short", "error"}
    assert seen["genre"][0] == "classical" and "of 100 answers" in seen["genre"][1]
    assert seen["silent"][0] == "Silence" and "silence" in seen["silent"][1]
    assert seen["not_music"][0] == "Not music" and "not like music" in seen["not_music"][1]
    assert seen["too_short"][0] == "Too short" and "at least 3 s" in seen["too_short"][1]
    assert seen["error"][0] == "No answer" and "no file" in seen["error"][1]
    assert len({picture for *_, picture in seen.values()}) == 5


def test_every_tab_shows_its_picture_and_the_reasons(open_window, tmp_path):
    pilot = open_window()
    classify(pilot, "metal")
    view = pilot.window.pages.answer
    pilot.key("ctrl+2")
    text = view.why.get("1.0", "end")
    assert "Speaks for metal" in text and "Tempo" in text and "Brightness" in text and "heard: metal" in text
    assert "usual for metal" in text
    for number, name in enumerate(["waveform", "mel_spectrogram", "chromagram", "tempogram", "power_spectrogram"]):
        pilot.key(f"ctrl+{number + 3}")
        assert view.pictures[name].winfo_viewable()
        assert pilot.drawn(name)
        assert colours(pilot.picture(tmp_path / f"{name}.png", view.pictures[name])) > 10
    pilot.root.geometry("1200x760+0+0")
    pilot.turn(0.3)
    assert pilot.drawn("power_spectrogram")


def test_the_confidence_is_promised_for_songs_like_the_training_clips_alone(open_window):
    pilot = open_window(ready=False)
    fill(pilot, SONG)
    pilot.root.geometry("900x570+0+0")
    pilot.window.list.go("key0")
    assert pilot.until(lambda: pilot.root.winfo_width() == 900 and pilot.window.answers.shown == "key0", 2)
    pilot.turn(0.2)
    words = "90% sure: of 100 answers given with this number for songs like the training clips, about 90 are right."
    shown = pilot.window.pages.answer.meaning
    assert shown.whole == words and shown.cget("text").replace("\n", " ") == words

"""The window as a person uses it, on a display of its own: keys, mouse, and what the screen then shows."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import tkinter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from display import tool

from musicgenre.engine.messages import ThumbnailFound

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data" / "samples"
WATCH = "https://www.youtube.com/watch?v="


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


def dialog(pilot, name):
    """Wait for a dialog and return it."""
    found = []

    def there():
        found[:] = [child for child in pilot.root.winfo_children() if type(child).__name__ == name]
        return found and found[0].winfo_viewable()

    assert pilot.until(there, 10), f"no {name}"
    pilot.turn(0.1)
    return found[0]


def written(shown):
    """Return the text of a dialog."""
    widgets = [widget for frame in shown.body.winfo_children() for widget in frame.winfo_children()]
    return next(widget.get("1.0", "end") for widget in widgets if widget.winfo_class() == "Text")


# ---- 1. one box


def test_a_path_typed_and_entered_is_answered(open_window, tmp_path):
    pilot = open_window(ready=False)
    (entry,) = classify(pilot, "classical")
    view = pilot.window.pages.answer
    assert view.verdict.cget("text") == "classical" and entry.title == "classical"
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


def test_the_real_file_dialog_takes_a_path(open_window):
    pilot = open_window()
    there = ("search", "--sync", "--onlyvisible", "--name", "^Open files$")
    hand = pilot.beside(there, ("sleep", 0.2), ("type", "--delay", 5, SAMPLES / "classical.ogg"), ("key", "Return"))
    pilot.window.inputs.open_files()
    hand.join()
    assert pilot.until(lambda: pilot.window.history.count() == 1, 30)


def test_what_is_dropped_is_classified(open_window, tmp_path, youtube):
    song = tmp_path / "a song {1} $x.ogg"
    song.write_bytes((SAMPLES / "classical.ogg").read_bytes())
    media = youtube.media.url("whole", "song.webm")
    link = youtube.catalogue.add("song0000001", media=media, title="Dropped", length=20)
    pilot = open_window()
    assert pilot.window.pages.welcome.hint.cget("text") == "F1 lists the keys"
    assert pilot.until(lambda: "<<Drop>>" in pilot.window.outer.bind(), 5)
    for data in (tkinter._join((str(song), str(SAMPLES / "tone.ogg"))), link):
        event = SimpleNamespace(data=data, action="copy")  # what the drag-and-drop library hands over
        assert pilot.window.inputs.take_drop(event) == "copy"
    assert pilot.until(lambda: pilot.window.history.count() == 3, 40)
    assert {entry.prediction.input for entry in pilot.window.history.find()} == {
        str(song), str(SAMPLES / "tone.ogg"), link,
    }  # fmt: skip


# ---- 2. titles


def test_a_title_gives_a_list_to_pick_from(open_window, youtube, tmp_path):
    for i in range(5):
        media = youtube.media.url("whole", "song.webm")
        youtube.catalogue.add(f"song000000{i}", media=media, title=f"Evening {i} 東京", length=100 + i)
    youtube.catalogue.set(search=[f"song000000{i}" for i in range(5)])
    pilot = open_window()
    pilot.type("evening")
    pilot.key("Return")
    pick = pilot.window.pages.pick
    assert pilot.until(pick.winfo_viewable, 20)
    rows = [pick.list.item(row) for row in pick.list.get_children()]
    assert len(rows) == 5 and "Evening 2 東京" in rows[2]["text"] and "A Channel" in rows[2]["text"]
    assert rows[2]["values"] == ["1:42"]
    pilot.window.jobs.thumbnail_found(
        ThumbnailFound(
            pilot.window.jobs.rows[pilot.window.answers.shown].job, 2, b"P6 96 54 255\n" + b"\xff\0\0" * 96 * 54
        )
    )
    pilot.turn(0.2)
    red = tool("convert", pilot.picture(tmp_path / "pick.png", pick), "-fill", "black", "+opaque", "#ff0000", "-format",
               "%[fx:mean.r]", "info:")  # fmt: skip
    assert float(red) > 0.005
    pilot.key("Down", "Down", "Return")
    assert pilot.until(lambda: pilot.window.history.find("evening"), 30)
    assert pilot.window.history.find()[0].prediction.input == WATCH + "song0000002"
    pilot.window.inputs.focus_entry()
    pilot.type("evening")
    pilot.key("Return")
    assert pilot.until(pick.winfo_viewable, 20)
    x, y, width, height = pick.list.bbox("3")
    pilot.click(pick.list, (x + 200) / pick.list.winfo_width(), (y + height / 2) / pick.list.winfo_height(), times=2)
    assert pilot.until(lambda: len(pilot.window.history.find("evening")) == 2, 30)
    assert pilot.window.history.find()[0].prediction.input == WATCH + "song0000003"


# ---- 3. stages, cancel, queue


def test_stages_move_and_escape_cancels_within_a_fifth_of_a_second(open_window, youtube):
    link = youtube.catalogue.add("slow0000001", media=youtube.media.url("slow", "song.webm"), title="Slow", length=150)
    pilot = open_window()
    pilot.window.jobs.submit(
        [link, str(SAMPLES / "classical.ogg"), str(SAMPLES / "nowhere.ogg"), str(SAMPLES / "rock.ogg")]
    )
    row = pilot.window.jobs.rows[pilot.window.answers.shown]
    assert pilot.until(lambda: row.stages.get("download", 0) > 0, 30)
    first = row.stages["download"]
    assert pilot.until(lambda: row.stages["download"] > first, 10)
    working = pilot.window.pages.working
    assert working.winfo_viewable() and "Download" in working.state_label.cget("text")
    assert "waiting" in pilot.window.status.whole
    began = time.monotonic()
    pilot.root.event_generate("<Escape>")
    assert pilot.until(lambda: row.key not in pilot.window.jobs.rows, 1)
    assert time.monotonic() - began < 0.2
    assert not pilot.window.list.tree.exists(row.key)
    assert pilot.rest()
    found = [entry.prediction for entry in pilot.window.history.find()]
    answers = {Path(one.input).stem: one.verdict for one in found}
    assert answers == {"classical": "genre", "nowhere": "error", "rock": "genre"}
    assert not [path for path in youtube.temporary.rglob("*") if path.suffix in (".webm", ".part")]


# ---- 4. the answer, 5. pictures and reasons


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


SHORT = """
import sys, wave
with wave.open(sys.argv[1], "wb") as out:
    out.setparams((1, 2, 8000, 0, "NONE", "")); out.writeframes(bytes(range(256)) * 32)
"""


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


# ---- 6. listening


def test_clicking_a_picture_plays_that_second_and_the_cursor_moves(open_window, monkeypatch, tmp_path):
    tape = tmp_path / "tape"
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests" / "fake_audio"))
    monkeypatch.setenv("GENRE_TEST_TAPE", str(tape))
    pilot = open_window()
    assert pilot.until(lambda: pilot.window.listening.problem is None, 20)
    classify(pilot, "rock")
    assert pilot.drawn()
    timeline = pilot.window.pages.answer.pictures["genre_timeline"]
    (span,) = timeline.spans
    pilot.click(timeline, (span.left + span.right) / 2 / timeline.winfo_width())
    assert pilot.until(lambda: timeline.second is not None and tape.exists(), 10)
    assert timeline.second == pytest.approx(span.end_s / 2, abs=1.5)
    before = timeline.coords("cursor")[0]
    assert pilot.until(lambda: timeline.coords("cursor")[0] > before + 3, 10)
    assert pilot.window.pages.answer.listen.cget("text") == "Stop"
    pilot.click(pilot.window.pages.answer.listen)
    assert pilot.until(lambda: pilot.window.pages.answer.listen.cget("text") == "Listen", 5)
    timeline.focus_force()
    pilot.key("Right")
    assert pilot.until(lambda: pilot.window.listening.playing, 5)
    loudness = json.loads(tape.read_text().splitlines()[-1])[2]
    pilot.window.pages.answer.volume.set(0.0)
    assert loudness > 0
    assert pilot.until(lambda: json.loads(tape.read_text().splitlines()[-1])[2] == 0.0, 5)
    pilot.key("ctrl+p")
    assert pilot.until(lambda: pilot.window.listening.playing is None, 5)


def test_listening_goes_on_after_a_sound_that_is_not_kept(open_window, monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests" / "fake_audio"))
    monkeypatch.setenv("GENRE_TEST_TAPE", str(tmp_path / "tape"))
    pilot = open_window()
    window = pilot.window
    assert pilot.until(lambda: window.listening.problem is None, 20)
    (entry,) = classify(pilot, "rock")
    gone = replace(entry.prediction, input=WATCH + "song0000001", title="gone")
    window.history.add("gone", gone)
    window.answers.fill("")
    window.list.go("gone")
    assert pilot.until(lambda: window.answers.shown == "gone", 2)
    window.listening.toggle()
    assert pilot.until(lambda: "not kept" in window.status.whole and window.listening.playing is None, 10)
    window.list.go(entry.key)
    assert pilot.until(lambda: window.answers.shown == entry.key, 2)
    view = window.pages.answer
    timeline = view.pictures["genre_timeline"]
    window.listening.toggle()
    assert pilot.until(lambda: timeline.second is not None and view.listen.cget("text") == "Stop", 10)
    window.listening.play_from(10.0)  # while it plays
    assert pilot.until(lambda: timeline.second is not None and timeline.second >= 10.0, 10)
    pilot.turn(0.3)
    assert window.listening.playing == entry.key and view.listen.cget("text") == "Stop"
    os.kill(window.worker.engine_pid, signal.SIGKILL)
    assert pilot.until(lambda: window.listening.playing is None and view.listen.cget("text") == "Listen", 10)


def test_without_a_sound_device_the_button_says_so(open_window):
    pilot = open_window()
    assert pilot.until(lambda: pilot.window.listening.problem and "not known" not in pilot.window.listening.problem, 20)
    classify(pilot, "rock")
    pilot.click(pilot.window.pages.answer.listen)
    assert "Cannot listen" in pilot.window.pages.answer.note.whole
    assert pilot.window.listening.playing is None


# ---- 7. history, export, copy


def test_history_is_searched_reopened_removed_and_cleared(open_window, tmp_path, monkeypatch):
    pilot = open_window()
    songs = [tmp_path / f"{name}.ogg" for name in ("rock", "classical", "metal")]
    for song in songs:
        song.write_bytes((SAMPLES / song.name).read_bytes())
    pilot.window.jobs.submit([str(song) for song in songs])
    assert pilot.rest()
    pilot.window.close()
    for song in songs:
        song.unlink()  # the pictures come from the history
    pilot = open_window()
    tree = pilot.window.list.tree
    assert len(tree.get_children()) == 3
    pilot.key("ctrl+f")
    pilot.type("classical")
    assert pilot.until(lambda: len(tree.get_children()) == 1, 5)
    x, y, width, height = tree.bbox(tree.get_children()[0])
    pilot.click(tree, (x + 30) / tree.winfo_width(), (y + height / 2) / tree.winfo_height())
    assert pilot.window.pages.answer.verdict.cget("text") == "classical"
    pilot.key("ctrl+4")
    assert pilot.drawn("mel_spectrogram")
    assert colours(pilot.picture(tmp_path / "mel.png", pilot.window.pages.answer.pictures["mel_spectrogram"])) > 100
    tree.focus_force()
    pilot.key("Delete")
    assert pilot.window.history.count() == 2
    asked = []
    monkeypatch.setattr("tkinter.messagebox.askokcancel", lambda *a, **_: asked.append(a[1]) or True)
    pilot.window.answers.clear()
    assert pilot.window.history.count() == 0 and "2 answers" in asked[0] and not tree.get_children()


def test_answers_are_exported_and_copied(open_window, tmp_path, monkeypatch):
    pilot = open_window()
    classify(pilot, "metal")
    for form in ("json", "csv", "png"):
        target = tmp_path / f"answer.{form}"
        monkeypatch.setattr("tkinter.filedialog.asksaveasfilename", lambda target=target, **_: str(target))
        pilot.window.exports.save(form)
        assert pilot.until(target.exists, 20)
        assert pilot.until(lambda target=target: str(target) in pilot.window.status.whole, 5)
    assert json.loads((tmp_path / "answer.json").read_text())["genre"] == "metal"
    header, row = (tmp_path / "answer.csv").read_text().splitlines()
    assert header.startswith("input,title") and ",metal," in row
    assert tool("identify", "-format", "%wx%h", tmp_path / "answer.png") == "1300x1000"
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr("tkinter.filedialog.asksaveasfilename", lambda **_: str(tmp_path / "file" / "x.json"))
    pilot.window.exports.save("json")
    assert pilot.until(lambda: str(pilot.window.status.text.cget("foreground")) == pilot.window.look.colours.bad, 5)
    pilot.key("ctrl+shift+c")
    assert pasted(pilot).startswith("metal\nmetal. 9")


# ---- 8. corrections


def test_a_correction_reaches_the_table_that_00_makes(open_window, tmp_path, monkeypatch):
    music = tmp_path / "music"
    (music / "rock").mkdir(parents=True)
    (music / "rock" / "song.ogg").write_bytes((SAMPLES / "classical.ogg").read_bytes())
    pilot = open_window()
    pilot.window.jobs.submit([str(music / "rock" / "song.ogg")])
    assert pilot.until(lambda: pilot.window.history.count() == 1, 30)
    pilot.key("alt+t")
    asked = dialog(pilot, "CorrectDialog")
    assert "blues" in asked.genre.cget("values")
    pilot.type("blues")
    pilot.key("Return")
    assert pilot.until(lambda: pilot.window.history.corrections(), 5)
    assert "You said: blues" in pilot.window.pages.answer.note.whole
    table = tmp_path / "corrections.csv"
    monkeypatch.setattr("tkinter.filedialog.askdirectory", lambda **_: str(music))
    monkeypatch.setattr("tkinter.filedialog.asksaveasfilename", lambda **_: str(table))
    pilot.window.corrections.export()
    assert "Saved 1 of 1" in pilot.window.status.whole
    tool(sys.executable, ROOT / "00_preprocess_music.py", music, "--out", tmp_path / "data", "--families", "tempo",
         "--metadata", table)  # fmt: skip
    assert "rock/song,blues" in (tmp_path / "data" / "clips.csv").read_text()


# ---- 9. models


def test_a_model_is_chosen_by_key_and_its_card_is_shown(open_window, tmp_path, monkeypatch):
    pilot = open_window()
    assert "librosa12" in pilot.window.top.model_box.cget("values")
    pilot.key("alt+d")
    pilot.window.top.model_box.current(pilot.window.preferences.models.index("librosa12"))
    pilot.window.top.model_box.event_generate("<<ComboboxSelected>>")
    assert pilot.until(lambda: "techno" in pilot.window.preferences.genres, 30)
    pilot.key("alt+a")
    card = dialog(pilot, "CardDialog")
    assert "12 genres" in written(card) and "right" in written(card)
    pilot.key("Escape")
    assert pilot.until(lambda: not card.winfo_exists(), 5)
    (entry,) = classify(pilot, "classical")
    assert entry.prediction.model == "librosa12"
    folder = tmp_path / "mine"
    folder.mkdir()
    for ending in ("json", "tflite"):
        (folder / f"other.{ending}").write_bytes((ROOT / "models" / f"genres.{ending}").read_bytes())
    monkeypatch.setattr("tkinter.filedialog.askdirectory", lambda **_: str(folder))
    pilot.window.preferences.other_folder()
    assert pilot.until(lambda: pilot.window.preferences.model == str(folder / "other"), 10)
    (entry,) = classify(pilot, "rock")
    assert entry.prediction.verdict in ("genre", "uncertain")
    (folder / "other.tflite").write_bytes(b"broken")
    pilot.window.preferences.use_model("librosa12")
    pilot.window.preferences.use_model(str(folder / "other"))
    assert pilot.until(lambda: pilot.window.preferences.model != str(folder / "other"), 20)


# ---- 10. compare


def test_two_answers_stand_side_by_side(open_window, tmp_path):
    pilot = open_window()
    classify(pilot, "metal", "classical")
    tree = pilot.window.list.tree
    for row, key in zip(tree.get_children(), ("", "ctrl"), strict=True):
        x, y, width, height = tree.bbox(row)
        if key:
            pilot.act("keydown", key)
        pilot.click(tree, (x + 30) / tree.winfo_width(), (y + height / 2) / tree.winfo_height())
        if key:
            pilot.act("keyup", key)
    assert len(tree.selection()) == 2
    pilot.click(pilot.window.list.compare)
    shown = dialog(pilot, "CompareDialog")
    assert {side.verdict.whole for side in shown.sides} == {"metal", "classical"}
    assert pilot.until(lambda: all(picture.is_drawn for side in shown.sides for picture in side.pictures), 20)
    assert colours(pilot.picture(tmp_path / "compare.png", shown)) > 50


# ---- 11. settings, help, about


def test_settings_are_remembered(open_window):
    pilot = open_window()
    pilot.window.preferences.use_theme("dark")
    pilot.window.preferences.use_scale(1.25)
    pilot.window.pages.answer.volume.set(0.25)
    pilot.root.geometry("1211x733+40+30")
    pilot.turn(0.3)
    pilot.window.preferences.use_model("librosa12")
    pilot.key("ctrl+q")
    assert pilot.window.closed
    again = open_window(ready=False)
    again.root.geometry("")
    window = again.window
    assert (window.look.theme, window.look.scale, window.preferences.model, window.listening.volume) == (
        "dark",
        1.25,
        "librosa12",
        0.25,
    )
    assert window.settings.now.place == (1211, 733, 40, 30)


def test_f1_lists_the_keys_and_about_the_licences(open_window):
    pilot = open_window(ready=False)
    pilot.key("F1")
    shown = dialog(pilot, "HelpDialog")
    labels = [label.cget("text") for frame in shown.body.winfo_children() for label in frame.winfo_children()]
    assert "Ctrl+Shift+O" in labels and "open a folder" in labels
    pilot.key("Escape")
    assert pilot.until(lambda: not shown.winfo_exists(), 5)
    pilot.window.show_about()
    about = dialog(pilot, "AboutDialog")
    text = written(about)
    assert "musicnn" in text and "ISC" in text and "Python 3" in text

"""The dialogs for files and folders."""

import os

import pytest
from support.window_material import SAMPLES


def test_the_real_file_dialog_takes_a_path(open_window):
    pilot = open_window()
    there = ("search", "--sync", "--onlyvisible", "--name", "^Open files$")
    hand = pilot.beside(there, ("sleep", 0.2), ("type", "--delay", 5, SAMPLES / "classical.ogg"), ("key", "Return"))
    pilot.window.inputs.open_files()
    hand.join()
    assert pilot.until(lambda: pilot.window.history.count() == 1, 30)


def test_dialogs_begin_where_the_last_one_ended_without_hidden_files(open_window, tmp_path, monkeypatch):
    pilot = open_window(ready=False)
    asked = []
    music = tmp_path / "music"
    music.mkdir()
    monkeypatch.setattr("tkinter.filedialog.askdirectory", lambda **options: asked.append(options) or str(music))
    for _ in range(2):
        pilot.window.context.files.folder("A folder")
    assert "initialdir" not in asked[0] and asked[1]["initialdir"] == str(music)
    assert int(pilot.root.tk.getvar("::tk::dialog::file::showHiddenVar")) == 0
    monkeypatch.setattr("tkinter.filedialog.asksaveasfilename",
                        lambda **options: asked.append(options) or str(tmp_path / "x.json"))  # fmt: skip
    for _ in range(2):
        pilot.window.context.files.save("Save", name="x.json", kinds=(("JSON", "json"),))
    assert "initialdir" not in asked[2] and asked[3]["initialdir"] == str(tmp_path)
    assert asked[3]["defaultextension"] == ".json" and asked[3]["filetypes"] == [("JSON", "*.json")]
    music.rmdir()
    pilot.window.context.files.folder("A folder")
    assert "initialdir" not in asked[4]


CHOOSER = """#!/bin/sh
printf '%s\\n' "$@" > "$0.asked"
sleep 0.2
cat "$0.answer"
exit $(cat "$0.code" 2>/dev/null || echo 0)
"""


@pytest.fixture
def desktop(tmp_path, monkeypatch):
    """Put a stand-in for a desktop's program of dialogs on the path; return its file."""

    def put(name, answer, code=0):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        program = folder / name
        program.write_text(CHOOSER)
        program.chmod(0o755)
        program.with_suffix(".answer").write_text(answer)
        program.with_suffix(".code").write_text(str(code))
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
        monkeypatch.setenv("XDG_CURRENT_DESKTOP", "KDE" if name == "kdialog" else "GNOME")
        return program

    return put


@pytest.mark.parametrize("name", ["zenity", "kdialog"])
def test_the_desktops_own_dialog_is_used_where_there_is_one(open_window, tmp_path, desktop, name):
    pilot = open_window(ready=False)
    program = desktop(name, "/music/a b.mp3\n/music/ü.flac\n")
    beats = []
    pilot.root.after(50, lambda: beats.append(1))  # the window lives meanwhile
    assert pilot.window.context.files.music_files() == ["/music/a b.mp3", "/music/ü.flac"] and beats
    asked = program.with_suffix(".asked").read_text()
    assert "Open files" in asked and "*.mp3" in asked
    program.with_suffix(".answer").write_text(f"{tmp_path}\n")
    assert pilot.window.context.files.folder("A folder") == str(tmp_path)
    program.with_suffix(".answer").write_text(f"{tmp_path / 'answers'}\n")
    assert pilot.window.context.files.save("Save", name="answers.csv") == str(tmp_path / "answers.csv")
    assert str(tmp_path) in pilot.window.settings.now.export_folder


def test_a_cancelled_dialog_gives_nothing_and_a_broken_one_leads_to_tks(open_window, desktop, monkeypatch):
    pilot = open_window(ready=False)
    program = desktop("zenity", "", code=1)
    monkeypatch.setattr("tkinter.filedialog.askopenfilenames", lambda **_: ("/from/tk.mp3",))
    assert pilot.window.context.files.music_files() == []
    program.with_suffix(".code").write_text("255")
    assert pilot.window.context.files.music_files() == ["/from/tk.mp3"]


def test_tks_own_dialog_follows_the_theme(open_window, tmp_path):
    pilot = open_window(ready=False)
    pilot.window.preferences.use_theme("dark")
    pilot.turn(0.3)
    seen = []

    def look():
        dialog = ".__tk_filedialog"
        canvas = f"{dialog}.contents.icons.hull.canvas"
        call = pilot.root.tk.call
        if not int(call("winfo", "exists", canvas)):
            canvas = find(dialog)
        seen.append(str(call(canvas, "cget", "-background")))

    def find(path):
        call = pilot.root.tk.call
        for child in pilot.root.tk.splitlist(call("winfo", "children", path)):
            if str(call("winfo", "class", child)) == "Canvas":
                return str(child)
            if found := find(str(child)):
                return found
        return ""

    there = ("search", "--sync", "--onlyvisible", "--name", "^Open files$")
    hand = pilot.beside(there, ("sleep", 0.3), ("key", "--delay", 20, "Escape"))
    pilot.root.after(300, look)
    pilot.window.context.files.music_files()
    hand.join()
    red, green, blue = (value >> 8 for value in pilot.root.winfo_rgb(seen[0]))
    assert max(red, green, blue) < 80

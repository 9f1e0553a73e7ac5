"""The dialogs for files and folders."""

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

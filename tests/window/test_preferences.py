"""Models and settings."""

from support.window_material import ROOT, classify, shown_dialog, written


def test_a_model_is_chosen_by_key_and_its_card_is_shown(open_window, tmp_path, monkeypatch):
    pilot = open_window()
    assert "The original’s 12 genres" in pilot.window.top.model_box.cget("values")
    pilot.key("alt+d")
    pilot.window.top.model_box.current(pilot.window.preferences.models.index("librosa12"))
    pilot.window.top.model_box.event_generate("<<ComboboxSelected>>")
    assert pilot.until(lambda: "techno" in pilot.window.preferences.genres, 30)
    pilot.key("alt+a")
    card = shown_dialog(pilot, "CardDialog")
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


def test_settings_are_remembered(open_window):
    pilot = open_window()
    pilot.window.preferences.use_theme("dark")
    pilot.window.preferences.use_scale(1.25)
    pilot.window.pages.answer.player.volume.set(0.25)
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


def test_the_smallest_size_grows_with_the_scaling(open_window):
    pilot = open_window(ready=False)
    assert pilot.root.minsize() == (900, 570)
    pilot.window.preferences.use_scale(1.5)
    assert pilot.until(lambda: pilot.root.minsize() == (1350, 855), 2)
    pilot.window.preferences.use_scale(2.0)
    pilot.turn(0.3)
    assert pilot.root.winfo_rooty() > 35  # below the menu bar
    assert pilot.root.minsize() == (1400, 1000 - pilot.root.winfo_rooty())  # the screen's

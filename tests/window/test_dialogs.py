"""The dialogs that only tell something."""

from support import screen_text
from support.screen_text import words_of
from support.window_material import shown_dialog, written


def test_f1_lists_the_keys_and_about_the_licences(open_window):
    pilot = open_window(ready=False)
    pilot.key("F1")
    shown = shown_dialog(pilot, "HelpDialog")
    assert shown.title() == "Keyboard shortcuts"
    labels = [words_of(widget) for widget in screen_text.shown(shown)]
    assert "Ctrl+Shift+O" in labels and "open a folder" in labels
    pilot.key("Escape")
    assert pilot.until(lambda: not shown.winfo_exists(), 5)
    pilot.window.show_about()
    about = shown_dialog(pilot, "AboutDialog")
    text = written(about)
    assert "musicnn" in text and "ISC" in text and "Python 3" in text

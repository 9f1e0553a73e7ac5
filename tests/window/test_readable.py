"""All that the window says can be read: at every scaling, in the smallest window, in both themes, for every verdict."""

import pytest
from support.display import Pilot
from support.example_answers import SONG, example_answers, fill_examples
from support.screen_text import unreadable, unreadable_pictures

from musicgenre.audio.decode import read_recording
from musicgenre.engine.history import History
from musicgenre.engine.message_parts import CardFacts
from musicgenre.plots.spectra import song_spectra
from musicgenre.window.commands import help_keys
from musicgenre.window.dialogs import AboutDialog, CardDialog, CorrectDialog, HelpDialog
from musicgenre.window.window import Window

ROOMS = ((900, 600, 1.0), (900, 600, 1.5), (1366, 768, 1.0), (1366, 768, 1.5), (1366, 768, 2.0))
MENU_BAR = 36  # pixels at 100 %


@pytest.fixture(scope="module")
def spectra():
    return song_spectra(read_recording(str(SONG)))


@pytest.fixture
def sized(screen, closed_network, tmp_path):
    """Return a window of a size, a scaling and a theme."""
    pilots = []

    def opened(width, height, scale, theme):
        history = History(tmp_path / "user")
        history.remember(scale=scale, theme=theme)
        history.close()
        pilot = Pilot(Window(folder=tmp_path / "user"))
        pilots.append(pilot)
        pilot.root.minsize(1, 1)
        pilot.root.geometry(f"{width}x{height - round(MENU_BAR * scale)}+0+0")
        assert pilot.until(lambda: pilot.root.winfo_width() == width, 5)
        pilot.turn(0.2)
        return pilot

    yield opened
    for pilot in pilots:
        pilot.window.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height", "scale"), ROOMS)
def test_every_answer_and_tab_is_readable(sized, spectra, width, height, scale, theme):
    pilot = sized(width, height, scale, theme)
    window = pilot.window
    found = {"welcome": unreadable(pilot.root, window.look)}
    fill_examples(pilot)
    for name in example_answers():
        window.list.go(name)
        assert pilot.until(lambda name=name: window.answers.shown == name, 5)
        for tab in range(6 if name == "genre" else 1):
            window.answers.show_tab(tab)
            pilot.turn(0.15)
            page = window.pages.answer
            found[f"{name} {tab}"] = unreadable(pilot.root, window.look)
            found[f"{name} {tab} pictures"] = unreadable_pictures(window, page.pictures.values(), spectra)
    assert {place: words for place, words in found.items() if words} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height", "scale"), ROOMS)
def test_every_dialog_is_readable_and_on_the_screen(sized, width, height, scale, theme):
    pilot = sized(width, height, scale, theme)
    fill_examples(pilot)
    root, look = pilot.root, pilot.window.look
    entry = pilot.window.history.get("genre")
    card = CardFacts("genres", ("blues", "hiphop"), ("musicnn",), 0.8)
    for make in (
        lambda: HelpDialog(root, look, keys=help_keys(pilot.window.commands)), lambda: AboutDialog(root, look),
        lambda: CorrectDialog(root, look, entry=entry, genres=["blues", "jazz"], save=lambda _: None),
        lambda: CardDialog(root, look, name="genres", card=card),
    ):  # fmt: skip
        shown = make()
        assert pilot.until(lambda shown=shown: shown.winfo_viewable(), 5)
        pilot.turn(0.2)
        assert unreadable(shown, look) == []
        assert shown.winfo_rootx() >= 0 and shown.winfo_rootx() + shown.winfo_width() <= pilot.root.winfo_screenwidth()
        assert shown.winfo_rooty() + shown.winfo_height() <= pilot.root.winfo_screenheight()
        shown.destroy()

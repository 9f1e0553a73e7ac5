"""The window without a mouse: where the keyboard is, that it is seen there, and that nobody takes it away."""

import subprocess
import time
from dataclasses import replace

import pytest
from support.display import tool
from support.window_material import COLOUR, SONG


def fill(pilot, count=3):
    """Put answers into the history; key0 is the newest."""
    for number in range(count):
        prediction = replace(SONG, input=f"{number}.ogg", title=f"song {number}")
        pilot.window.history.add(f"key{number}", prediction, colour=COLOUR, made=time.time() - number)
    pilot.window.answers.fill("")
    pilot.turn(0.05)


def edge(pilot, path, widget):
    """Return the colour at the top left of a widget as the screen shows it."""
    pilot.turn(0.1)
    pixel = "%[fx:round(255*p{0,0}.r)] %[fx:round(255*p{0,0}.g)] %[fx:round(255*p{0,0}.b)]"
    red, green, blue = map(int, tool("identify", "-format", pixel, pilot.picture(path, widget)).split())
    return f"#{red:02x}{green:02x}{blue:02x}"


# ---- the history


def test_the_history_is_walked_with_the_arrow_keys(open_window, tmp_path):
    pilot = open_window(ready=False)
    fill(pilot)
    side, look = pilot.window.list, pilot.window.look
    pilot.key("ctrl+f")
    assert edge(pilot, tmp_path / "away.png", side.tree.master) == look.colours.background
    pilot.key("Tab")
    assert pilot.root.focus_get() is side.tree
    assert side.tree.selection() == ("key0",) and pilot.window.answers.shown == "key0"
    assert edge(pilot, tmp_path / "here.png", side.tree.master) == look.colours.accent
    for key, expected in (("Down", "key1"), ("End", "key2"), ("Up", "key1"), ("Home", "key0")):
        pilot.key(key)
        assert pilot.until(lambda expected=expected: pilot.window.answers.shown == expected, 2), key
        assert side.tree.selection() == (expected,)
    pilot.key("End")
    pilot.window.answers.fill("")  # the rows are made anew
    pilot.key("Up")
    assert pilot.until(lambda: pilot.window.answers.shown == "key1", 2)


def test_the_arrow_keys_go_on_after_selected_rows_are_removed(open_window):
    pilot = open_window(ready=False)
    fill(pilot, 4)
    tree = pilot.window.list.tree
    pilot.key("ctrl+f", "Tab")
    tree.selection_set("key0", "key1")
    pilot.key("Delete", "Down")
    assert pilot.until(lambda: pilot.window.answers.shown == "key3", 2)


# ---- what is typed


@pytest.fixture
def evenings(youtube):
    """Let a search find three songs, which come slowly."""
    songs = [f"song000000{i}" for i in range(3)]
    for song in songs:
        youtube.catalogue.add(song, media=youtube.media.url("slow", "song.webm"), title=f"Evening {song}", length=150)
    youtube.catalogue.set(search=songs)


def test_a_list_to_pick_from_takes_nothing_from_a_title_being_typed(open_window, evenings):
    pilot = open_window()
    pick = pilot.window.pages.pick
    pilot.type("evening")
    pilot.key("Return")
    pilot.type("another ")
    assert pilot.until(pick.winfo_viewable, 20)
    pilot.type("song")
    assert pilot.window.top.entry.get() == "another song" and pilot.root.focus_get() is pilot.window.top.entry
    pilot.key("Return")
    titles = [(row.title, row.state) for row in pilot.window.jobs.rows.values()]
    assert [title for title, _ in titles] == ["evening", "another song"] and titles[0][1] == "choosing"


def test_a_list_to_pick_from_takes_the_keyboard_neither_from_the_history_nor_from_a_dialog(open_window, evenings):
    pilot = open_window()
    fill(pilot)
    pick = pilot.window.pages.pick
    pilot.type("evening")
    pilot.key("Return", "ctrl+f")
    assert pilot.until(pick.winfo_viewable, 20)
    assert pilot.root.focus_get() is pilot.window.list.words
    pilot.key("Tab", "Down")
    assert pilot.until(lambda: pilot.window.answers.shown == "key0", 2)
    pilot.key("Up")
    assert pilot.until(pick.winfo_viewable, 2)
    assert pilot.root.focus_get() is pilot.window.list.tree
    pilot.key("Down", "ctrl+d")
    assert pilot.until(lambda: pilot.root.focus_get().winfo_toplevel() is not pilot.root, 2)
    pilot.window.list.go(next(iter(pilot.window.jobs.rows)))
    assert pilot.until(pick.winfo_viewable, 2)
    assert pilot.root.focus_get().winfo_toplevel() is not pilot.root


@pytest.mark.parametrize("key", ["Return", "Escape"])
def test_after_the_list_to_pick_from_the_next_title_can_be_typed(open_window, evenings, key):
    pilot = open_window()
    pick = pilot.window.pages.pick
    pilot.type("evening")
    pilot.key("Return")
    assert pilot.until(pick.winfo_viewable, 20)
    assert pilot.root.focus_get() is pick.list
    pilot.key(key)
    assert pilot.until(lambda: not pick.winfo_viewable(), 5)
    pilot.type("next")
    assert pilot.window.top.entry.get() == "next"


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_job_that_starts_while_a_picture_has_the_keyboard_gives_it_to_the_box(open_window, evenings, elsewhere):
    pilot = open_window()
    fill(pilot)
    pilot.window.list.go("key0")
    assert pilot.drawn()
    pilot.window.pages.answer.pictures["genre_timeline"].focus_set()
    if elsewhere:  # the user is in another program, and comes back to type
        pilot.window.pages.keyboard.focus = lambda: ""
    pilot.window.jobs.submit(["evening"])
    pilot.type("next")
    assert pilot.window.top.entry.get() == "next"


# ---- the clipboard


@pytest.mark.parametrize("place", ["box", "search", "model", "why", "history", "button"])
def test_a_pasted_link_starts_wherever_the_keyboard_is(open_window, place):
    pilot = open_window(ready=False)
    fill(pilot)
    window = pilot.window
    window.list.go("key0")
    window.pages.answer.tabs.select(1)
    pilot.turn(0.1)
    taken = []
    window.jobs.submit = taken.append
    widget = {"box": window.top.entry, "search": window.list.words, "model": window.top.model_box,
              "why": window.pages.answer.why,
              "history": window.list.tree, "button": window.top.open}[place]  # fmt: skip
    widget.focus_force()
    pilot.turn(0.05)
    if place in ("box", "search"):
        pilot.type("words ")
    link = "https://youtu.be/song0000001"
    holder = subprocess.Popen(["xclip", "-selection", "clipboard"], stdin=subprocess.PIPE, text=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    holder.communicate(link, timeout=10)
    pilot.key("ctrl+v")
    assert pilot.until(lambda: taken == [[link]], 2)
    assert link not in window.top.entry.get() + window.list.words.get()


def test_a_link_is_pasted_as_text_in_a_dialog(open_window):
    pilot = open_window(ready=False)
    fill(pilot)
    window = pilot.window
    window.list.go("key0")
    pilot.turn(0.1)
    taken = []
    window.jobs.submit = taken.append
    window.corrections.ask()
    shown = next(child for child in pilot.root.winfo_children() if type(child).__name__ == "CorrectDialog")
    pilot.root.clipboard_clear()
    pilot.root.clipboard_append("https://youtu.be/song0000001")
    assert pilot.until(lambda: pilot.root.focus_get() is shown.genre, 2)
    pilot.key("ctrl+v")
    assert shown.genre.get() == "https://youtu.be/song0000001" and not taken

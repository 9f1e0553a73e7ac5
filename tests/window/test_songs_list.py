"""The history as a list of songs: days, columns, sorting, filters, earlier answers, other windows."""

import time
from dataclasses import replace

import pytest
from support.display import tool
from support.window_material import COLOUR, SONG, classify, fill

from musicgenre.engine.history import History
from musicgenre.inference.prediction import Prediction

DAY = 86400.0


@pytest.fixture
def songs(open_window):
    """Return a pilot whose history holds songs of three days."""
    pilot = open_window(ready=False)
    pilot.root.geometry("1300x700+0+0")
    pilot.window.panes.begin(520)
    history, noon = pilot.window.history, time.mktime((*time.localtime()[:3], 12, 0, 0, 0, 0, -1))
    for key, title, artist, verdict, genre, confidence, made in (
        ("a", "Alpha", "Zed", "genre", "jazz", 0.55, noon), ("b", "beta", "Amy", "genre", "rock", 0.95, noon - 60),
        ("c", "Gamma", None, "uncertain", "blues", 0.35, noon - DAY),
        ("d", "Delta", None, "error", None, None, noon - 9 * DAY),
    ):  # fmt: skip
        chances = {genre: confidence, "pop": 1 - confidence} if genre else None
        tempo = {"a": 127.6, "b": 92.0}.get(key)
        prediction = Prediction(f"/m/{title}.mp3", title, 60.0, verdict, genre, confidence, chances, tempo_bpm=tempo)
        history.add(key, prediction, colour=COLOUR, made=made, artist=artist)
    pilot.window.answers.fill("")
    pilot.turn(0.4)
    return pilot


def heading(pilot, column):
    """Click the heading of a column."""
    tree = pilot.window.list.tree
    first = pilot.window.list.songs()[0]
    x, _, width, height = tree.bbox(first, column)
    pilot.click(tree, (x + width * 0.4) / tree.winfo_width(), (height * 0.5) / tree.winfo_height())
    pilot.turn(0.2)


def test_days_columns_and_dots_are_seen(songs, tmp_path):
    window = songs.window
    tree = window.list.tree
    sections = [tree.item(one, "text") for one in tree.get_children()]
    assert sections[:2] == ["Today", "Yesterday"] and len(sections) == 3 and sections[2].split(", ")[1][0].isdigit()
    assert window.list.columns.shown == ("artist", "genre", "confidence", "tempo", "date")
    assert tree.item("a", "values")[:3] == ("Zed", "Jazz", "55%")
    assert tree.set("a", "tempo") == "128"
    assert window.list.head.counter.cget("text") == "4 songs"
    picture = songs.picture(tmp_path / "list.png", tree)
    share = tool("convert", picture, "-fill", "black", "+opaque", COLOUR, "-format", "%[fx:mean.g]", "info:")
    assert float(share) > 0


def test_after_midnight_today_is_yesterday(songs, monkeypatch):
    tree, now = songs.window.list.tree, time.time
    assert tree.item(tree.get_children()[0], "text") == "Today"
    monkeypatch.setattr("time.time", lambda: now() + DAY)
    assert songs.until(lambda: tree.item(tree.get_children()[0], "text") == "Yesterday", 5)


def test_any_column_sorts_both_ways_and_it_is_remembered(songs, open_window):
    side = songs.window.list
    heading(songs, "#0")
    assert side.songs() == ["a", "b", "d", "c"] and side.tree.parent("a") == ""
    heading(songs, "#0")
    assert side.songs() == ["c", "d", "b", "a"]
    heading(songs, "confidence")
    assert side.songs() == ["b", "a", "c", "d"]
    heading(songs, "tempo")
    assert side.songs()[:2] == ["a", "b"]
    heading(songs, "artist")
    assert side.songs()[:2] == ["b", "a"]
    songs.window.close()
    again = open_window(ready=False)
    assert again.window.list.songs()[:2] == ["b", "a"] and "▴" in again.window.list.tree.heading("artist", "text")
    again.window.view.list.columns.sort("date")
    assert again.window.list.songs() == ["a", "b", "c", "d"]


def test_a_heading_that_is_clicked_opens_no_song(songs):
    songs.window.top.entry.focus_force()
    songs.turn(0.1)
    heading(songs, "confidence")
    assert songs.window.list.tree.instate(["focus"])
    assert songs.window.list.selected() == () and songs.window.pages.welcome.winfo_viewable()
    songs.key("Down")
    assert songs.window.list.selected() == ("a",)  # from the first row on


def test_new_answers_are_sorted_in_when_the_work_is_done(open_window):
    pilot = open_window()
    side = pilot.window.list
    fill(pilot, replace(SONG, title="aaa"), replace(SONG, title="zzz"))
    side.columns.sort("title")
    classify(pilot, "rock")
    assert pilot.until(lambda: not side.is_filling and [side.rows[key].title for key in side.songs()] == [
        "aaa", "rock", "zzz"], 5)  # fmt: skip
    assert [side.rows[key].title for key in side.selected()] == ["rock"]


def test_the_filter_shows_a_part_and_says_how_many(songs):
    window = songs.window
    side = window.list
    songs.window.history.correct(window.history.get("b"), "metal")
    side.filter.focus_force()
    songs.key("Down")
    offered = side.filter.cget("values")
    assert offered[0] == "All songs (4)"
    assert {"Jazz (1)", "Rock (1)", "Not sure (1)", "Failed (1)", "Corrected (1)"} <= set(offered)
    for words, expected in (("Not sure (1)", ["c"]), ("Failed (1)", ["d"]), ("Corrected (1)", ["b"])):
        side.filter.current(offered.index(words))
        side.filter.event_generate("<<ComboboxSelected>>")
        songs.turn(0.1)
        assert side.songs() == expected and side.head.counter.cget("text") == "1 song"
    side.filter.current(0)
    side.filter.event_generate("<<ComboboxSelected>>")
    songs.turn(0.1)
    assert len(side.songs()) == 4


def test_a_song_heard_again_is_one_row_with_the_earlier_answer_inside(open_window):
    pilot = open_window(ready=False)
    fill(pilot, SONG, replace(SONG, title="other", input="other.ogg"), replace(SONG, genre="rock"), same=True)
    side, tree = pilot.window.list, pilot.window.list.tree
    assert side.songs() == ["key2", "key1"] and tree.get_children("key2") == ("key0",)
    side.go("key2")
    tree.focus_force()
    pilot.key("Right", "Down")
    assert pilot.until(lambda: pilot.window.answers.shown == "key0", 2)
    pilot.key("Up", "Delete")
    assert pilot.until(lambda: pilot.window.history.count() == 1, 2)
    pilot.key("ctrl+z")
    assert pilot.until(lambda: pilot.window.history.count() == 3, 2)
    assert side.songs() == ["key2", "key1"] and tree.get_children("key2") == ("key0",)


def test_removing_is_undone_and_says_how_many(songs):
    window = songs.window
    window.list.tree.focus_force()
    songs.key("ctrl+a")
    assert window.list.remove.cget("text") == "Remove 4" and window.list.export.cget("text") == "Export 4…"
    assert window.list.head.counter.cget("text") == "4 of 4 songs"
    songs.key("Delete")
    assert songs.until(lambda: window.history.count() == 0, 2) and "4 songs" in window.status.whole
    songs.key("ctrl+z")
    assert songs.until(lambda: window.list.songs() == ["a", "b", "c", "d"], 2)
    songs.key("ctrl+z")
    assert window.status.whole == "There is nothing to undo"


def test_the_selected_songs_become_a_playlist(songs, tmp_path, monkeypatch):
    target = tmp_path / "evening.m3u8"
    monkeypatch.setattr("tkinter.filedialog.asksaveasfilename", lambda **_: str(target))
    songs.window.list.tree.selection_set("a", "c", "d")
    songs.click(songs.window.list.export)
    assert songs.until(target.exists, 20)
    lines = target.read_text().splitlines()
    assert lines == ["#EXTM3U", "#EXTINF:60,Alpha", "/m/Alpha.mp3", "#EXTINF:60,Gamma", "/m/Gamma.mp3"]
    assert songs.until(lambda: "evening.m3u8" in songs.window.status.whole, 5)


def test_the_selected_songs_are_exported(songs, tmp_path, monkeypatch):
    target = tmp_path / "two.csv"
    monkeypatch.setattr("tkinter.filedialog.asksaveasfilename", lambda **_: str(target))
    assert songs.until(lambda: songs.window.preferences.models, 30)
    songs.window.list.tree.selection_set("a", "c")
    songs.turn(0.1)
    songs.click(songs.window.list.export)
    assert songs.until(target.exists, 10)
    assert len(target.read_text().splitlines()) == 3
    assert songs.until(lambda: songs.window.status.whole.startswith("Saved 2 answers"), 3)


def test_the_divider_and_the_columns_are_moved_and_remembered(songs, open_window):
    window = songs.window
    panes, tree = window.panes, window.list.tree
    x = panes.sash_coord(0)[0]
    y = panes.winfo_rooty() + 300
    songs.act("mousemove", panes.winfo_rootx() + x + 5, y, "mousedown", 1)
    for step in (20, 60, 100):
        songs.act("mousemove", panes.winfo_rootx() + x + 5 + step, y, "sleep", 0.03)
    songs.act("mouseup", 1)
    songs.turn(0.2)
    moved = panes.sash_coord(0)[0]
    assert 80 <= moved - x <= 110
    left, _, width, height = tree.bbox("a", "artist")
    where = tree.winfo_rootx() + left + width - 1, tree.winfo_rooty() + height // 2
    songs.act("mousemove", *where, "mousedown", 1, "mousemove", where[0] + 20, where[1], "sleep", 0.05,
              "mousemove", where[0] + 30, where[1], "mouseup", 1)  # fmt: skip
    songs.turn(0.3)
    assert tree.column("artist", "width") >= width + 20
    kept = tree.column("artist", "width")
    window.close()
    again = open_window(ready=False)
    again.root.geometry("1300x700+0+0")
    again.turn(0.4)
    assert abs(again.window.panes.sash_coord(0)[0] - moved) <= 2
    assert again.window.list.tree.column("artist", "width") == kept


def test_columns_are_hidden_by_the_menu_of_the_headings(songs):
    columns = songs.window.list.columns
    tree = songs.window.list.tree
    songs.click(tree, 0.3, 10 / tree.winfo_height(), button=3)
    menu = tree.children["columns_menu"]
    assert songs.until(menu.winfo_viewable, 2)
    songs.click(menu, 0.5, (menu.yposition(0) + 8) / menu.winfo_height())
    assert songs.until(lambda: "artist" not in columns.shown, 2)


def test_a_cut_title_is_whole_in_its_tooltip(open_window):
    pilot = open_window(ready=False)
    title = "A song with a title that is much longer than its column is wide, and then some more words"
    fill(pilot, replace(SONG, title=title), replace(SONG, title="short"))
    tree, tips = pilot.window.list.tree, pilot.window.list.tips
    assert tree.item("key0", "text").endswith("…")
    for key, words in (("key0", title), ("key1", None)):
        x, y, width, height = tree.bbox(key, "#0")
        pilot.act("mousemove", tree.winfo_rootx() + x + width - 20, tree.winfo_rooty() + y + height // 2)
        if words:
            assert pilot.until(lambda: tips.tip is not None, 3)
            shown = tips.tip.winfo_children()[0].cget("text").replace("\n", " ")
            assert shown == words
        else:
            pilot.turn(0.9)
            assert tips.tip is None


def test_two_windows_see_each_others_changes(open_window, tmp_path):
    pilot = open_window(ready=False)
    fill(pilot, SONG, SONG)
    window = pilot.window
    other = History(tmp_path / "user")
    other.add("from there", replace(SONG, input="there.ogg", title="from there"))
    assert pilot.until(lambda: window.list.songs()[0] == "from there", 3)
    other.correct(other.get("key0"), "polka")
    assert pilot.until(lambda: window.list.tree.item("key0", "values")[1] == "polka", 3)
    window.list.go("key1")
    pilot.turn(0.1)
    other.remove("key1")
    assert pilot.until(lambda: not window.list.tree.exists("key1"), 3) and window.answers.shown != "key1"
    other.close()


def test_cut_copy_and_paste_are_in_the_menus(open_window):
    pilot = open_window(ready=False)
    window = pilot.window
    pilot.type("some words")
    pilot.click(window.top.entry, 0.4, 0.5, button=3)
    menu = pilot.root.children["text_menu"]
    assert pilot.until(menu.winfo_viewable, 2)
    pilot.key("s")  # Select all
    pilot.turn(0.1)
    window.editing.cut()
    assert window.top.entry.get() == "" and pilot.root.clipboard_get() == "some words"
    window.list.words.focus_force()
    pilot.turn(0.05)
    window.editing.paste()
    assert window.list.words.get() == "some words"

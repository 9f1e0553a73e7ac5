"""Small things of the window that somebody who had never seen it stumbled over."""

import sqlite3
import tkinter as tk
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from display import tool
from window_material import FAILED, SONG, fill

from functions_text import clean_title

SAMPLES = Path(__file__).parents[2] / "data" / "samples"


def entries(menu):
    """Return the labels of a menu that can be chosen."""
    numbers = [n for n in range(menu.index("end") + 1) if menu.type(n) != "separator"]
    return [menu.entrycget(n, "label") for n in numbers if menu.entrycget(n, "state") != "disabled"]


def test_the_first_page_comes_back_after_a_job_is_cancelled(open_window, youtube):
    link = youtube.catalogue.add("slow0000001", media=youtube.media.url("slow", "song.webm"), title="Slow", length=150)
    pilot = open_window()
    window = pilot.window
    window.jobs.submit([link])
    assert pilot.until(lambda: "download" in window.jobs.rows[window.answers.shown].stages, 30)
    pilot.key("Escape")
    assert pilot.until(window.pages.welcome.winfo_viewable, 2)
    assert not window.status.progress.winfo_ismapped() and window.status.cancel.instate(["disabled"])


def test_a_folder_ends_with_a_sum(open_window, tmp_path):
    for name in ("tone", "silence"):
        (tmp_path / f"{name}.ogg").write_bytes((SAMPLES / f"{name}.ogg").read_bytes())
    pilot = open_window()
    pilot.window.jobs.submit([str(tmp_path)])
    assert pilot.until(lambda: pilot.window.status.whole.startswith("2 done: "), 40)
    assert "1 not music" in pilot.window.status.whole and "1 silent" in pilot.window.status.whole


def test_words_in_the_status_line_are_about_what_is_seen(open_window, monkeypatch):
    monkeypatch.setattr("musicgenre.window.status.STALE_S", 0.0)
    pilot = open_window(ready=False)
    fill(pilot, replace(SONG, title="one"), replace(SONG, title="two"))
    window = pilot.window
    pilot.key("ctrl+f")
    for words, said in (("one", "1 answer holds “one”"), ("xyz", "No answer holds “xyz”"), ("", "")):
        pilot.key("ctrl+a", "BackSpace")
        pilot.type(words)
        assert pilot.until(lambda said=said: window.status.whole == said, 2), window.status.whole
    window.list.go("key0")
    assert pilot.until(lambda: window.answers.shown == "key0", 2)
    window.exports.copy()
    assert window.status.whole == "The answer is on the clipboard"
    window.list.go("key1")
    assert pilot.until(lambda: window.answers.shown == "key1" and window.status.whole == "", 2)
    monkeypatch.setattr("musicgenre.window.status.STALE_S", 1.5)
    window.jobs.submit(["/nowhere/at all.ogg"])
    assert pilot.until(lambda: window.status.whole == "No answer for “/nowhere/at all.ogg”", 20)


@pytest.mark.parametrize("title", ["AC/DC Thunderstruck", "Live 9/11 vol. 2", "AC\\DC", "a/" * 3000, "~me/x", "a\0/b"])
def test_a_title_with_a_slash_stays_whole(open_window, title):
    pilot = open_window(ready=False)
    pilot.window.worker.submit = lambda *_, **__: 1
    pilot.window.jobs.submit([title])
    assert pilot.window.jobs.rows[pilot.window.answers.shown].title == clean_title(title)


def test_a_file_that_fails_keeps_its_title(open_window, tmp_path):
    broken = tmp_path / "broken song.ogg"
    broken.write_bytes(b"no sound")
    pilot = open_window()
    pilot.window.jobs.submit([str(broken), str(SAMPLES)])
    titles = [row.title for row in pilot.window.jobs.rows.values()]
    assert titles == ["broken song", "samples"]
    assert pilot.until(lambda: pilot.window.history.count(), 20)
    (entry,) = pilot.window.history.find("broken")
    assert entry.title == "broken song" and entry.prediction.verdict == "error"
    assert pilot.window.list.tree.item(entry.key, "values")[0] == "broken song"
    pilot.window.jobs.cancel_all()


def test_an_empty_list_says_so_and_offers_nothing(open_window):
    pilot = open_window(ready=False)
    side = pilot.window.list
    assert side.empty.cget("text") == "Answers appear here" and side.empty.winfo_viewable()
    assert side.compare.instate(["disabled"]) and side.remove.instate(["disabled"])
    fill(pilot, SONG, SONG)
    assert not side.empty.winfo_viewable()
    assert side.compare.instate(["!disabled"]) and side.remove.instate(["disabled"])
    side.go("key0")
    pilot.turn(0.05)
    assert side.remove.instate(["!disabled"])
    side.words.insert(0, "nothing like it")
    pilot.window.answers.fill("nothing like it")
    pilot.turn(0.05)
    assert side.empty.cget("text") == "Nothing found" and side.empty.winfo_viewable()


def test_a_row_has_a_menu_by_mouse_and_key(open_window):
    pilot = open_window()
    fill(pilot, replace(SONG, input=str(SAMPLES / "silence.ogg")), FAILED)
    tree = pilot.window.list.tree
    x, y, width, height = tree.bbox("key0")
    pilot.click(tree, (x + 30) / tree.winfo_width(), (y + height / 2) / tree.winfo_height(), button=3)
    menu = pilot.root.children["row_menu"]
    assert pilot.until(menu.winfo_viewable, 2) and tree.selection() == ("key0",)
    assert {"Classify again", "Copy answer", "That’s wrong…", "Remove from history"} <= set(entries(menu))
    pilot.key("a")  # the letter underlined in “Classify again”
    assert pilot.until(lambda: pilot.window.history.count() == 3, 20)
    assert pilot.window.history.find()[0].prediction.verdict == "silent"
    tree.focus_force()
    pilot.key("ctrl+a")
    assert len(tree.selection()) == 3
    pilot.key("shift+F10")
    menu = pilot.root.children["row_menu"]
    assert pilot.until(menu.winfo_viewable, 2)
    assert entries(menu) == ["Classify again", "Compare…", "Remove from history"]
    pilot.key("r")
    assert pilot.until(lambda: pilot.window.history.count() == 0, 5)


def test_compare_begins_with_an_answer_that_can_be_compared(open_window):
    pilot = open_window(ready=False)
    fill(pilot, replace(SONG, title="old"), replace(SONG, title="shown"), FAILED)
    pilot.window.list.go("key1")
    pilot.turn(0.05)
    pilot.key("ctrl+d")
    shown = next(child for child in pilot.root.winfo_children() if type(child).__name__ == "CompareDialog")
    assert [side.title.whole for side in shown.sides] == ["shown", "old"]


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


def test_compare_shows_the_two_selected_however_old(open_window):
    pilot = open_window(ready=False)
    fill(pilot, replace(SONG, title="oldone a"), replace(SONG, title="oldone b"),
         *[replace(SONG, title=f"song {number}") for number in range(310)])  # fmt: skip
    window = pilot.window
    window.list.go("key200")
    pilot.turn(0.05)
    window.answers.fill("oldone")
    window.list.tree.selection_set("key0", "key1")
    pilot.turn(0.05)
    window.answers.compare()
    shown = next(child for child in pilot.root.winfo_children() if type(child).__name__ == "CompareDialog")
    assert {side.title.whole for side in shown.sides} == {"oldone a", "oldone b"}


def test_compare_puts_a_genre_beside_a_genre(open_window):
    pilot = open_window(ready=False)
    other = replace(SONG, title="speech", verdict="not_music", genre=None)  # with the numbers it would have had
    fill(pilot, replace(SONG, title="old"), replace(SONG, title="shown"), other)
    pilot.window.list.go("key1")
    pilot.turn(0.05)
    pilot.window.answers.compare()
    shown = next(child for child in pilot.root.winfo_children() if type(child).__name__ == "CompareDialog")
    assert [side.title.whole for side in shown.sides] == ["shown", "old"]


def test_the_list_holds_every_answer_and_says_how_many(open_window):
    pilot = open_window(ready=False)
    fill(
        pilot,
        *[replace(SONG, title=f"song {number}") for number in range(350)],
        replace(SONG, title="else", input="else.ogg"),
    )
    window = pilot.window
    assert pilot.until(lambda: len(window.list.tree.get_children()) == 351, 5)
    window.answers.fill("song")
    assert window.status.whole == "350 answers hold “song”"
    assert pilot.until(lambda: len(window.list.tree.get_children()) == 350, 5)
    window.list.tree.selection_set("key0", "key1", "key349")
    window.answers.remove()
    assert window.history.count() == 348 and len(window.list.tree.get_children()) == 347


@contextmanager
def held_by_another(folder):
    """Hold the history as another program that writes and does not end."""
    other = sqlite3.connect(folder / "history.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


def test_what_could_not_be_kept_is_not_called_kept(open_window, tmp_path):
    pilot = open_window(ready=False)
    fill(pilot, SONG)
    window = pilot.window
    window.list.go("key0")
    assert pilot.until(lambda: window.answers.shown == "key0", 2)
    entry = window.history.get("key0")
    note = window.pages.answer.note
    with held_by_another(tmp_path / "user"):
        for act in (lambda: window.corrections.keep(entry, "blues"), window.answers.remove):
            window.context.say("")
            act()
            assert "could not be written" in window.status.whole
            assert "You said" not in note.whole
        assert window.list.tree.exists("key0")
        window.context.say("")
        window.preferences.use_theme("dark")
        assert pilot.until(lambda: "could not be written" in window.status.whole, 5)
        window.jobs.submit(["/nowhere/a.ogg", "/nowhere/b.ogg"])
        summed = "2 done: 2 without an answer; the history could"
        assert pilot.until(lambda: window.status.whole.startswith(summed), 30), window.status.whole
    window.corrections.keep(entry, "blues")
    assert window.status.whole == "Correction kept: “song” is blues"
    assert "blues" in note.whole
    window.corrections.keep(entry, "metal")
    assert window.status.whole == "No correction is kept: “song” is metal"
    assert note.whole == ""


def test_ctrl_a_selects_all_in_a_box(open_window):
    pilot = open_window(ready=False)
    pilot.type("something")
    pilot.key("ctrl+a")
    pilot.type("else")
    assert pilot.window.top.entry.get() == "else"


def test_the_marks_in_the_menus_can_be_read(open_window):
    pilot = open_window(ready=False)
    for theme in (None, "light", "dark"):
        if theme:
            pilot.window.preferences.use_theme(theme)
        pilot.turn(0.5)  # the theme paints when it has the time
        colours = pilot.window.look.colours
        call = pilot.root.tk.call
        bar = next(
            path
            for path in pilot.root.tk.splitlist(call("winfo", "children", "."))
            if call("winfo", "class", path) == "Menu" and "#" in str(path)
        )  # the copy that Tk shows
        shown = [bar, *pilot.root.tk.splitlist(call("winfo", "children", bar))]
        assert len(shown) == 6
        for path in shown:
            assert str(call(path, "cget", "-selectcolor")) == colours.text
            assert str(call(path, "cget", "-background")) in (colours.background, colours.raised)
            assert int(call(path, "cget", "-borderwidth")) == 0 and str(call(path, "cget", "-relief")) == "flat"


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


def test_the_smallest_size_grows_with_the_scaling(open_window):
    pilot = open_window(ready=False)
    assert pilot.root.minsize() == (900, 570)
    pilot.window.preferences.use_scale(1.5)
    assert pilot.until(lambda: pilot.root.minsize() == (1350, 855), 2)
    pilot.window.preferences.use_scale(2.0)
    pilot.turn(0.3)
    assert pilot.root.winfo_rooty() > 35  # below the menu bar
    assert pilot.root.minsize() == (1400, 1000 - pilot.root.winfo_rooty())  # the screen's


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_selected_row_stands_out(open_window, tmp_path, theme):
    pilot = open_window(ready=False)
    pilot.window.preferences.use_theme(theme)
    fill(pilot, SONG, SONG)
    tree = pilot.window.list.tree
    pilot.window.list.go("key1")
    pilot.turn(0.2)
    picture = pilot.picture(tmp_path / "list.png", tree)
    red, green, blue = ([], [], [])
    for key in ("key1", "key0"):
        x, y, width, height = tree.bbox(key, "title")
        point = f"{x + width - 4},{y + height // 2}"
        form = f"%[fx:255*p{{{point}}}.r] %[fx:255*p{{{point}}}.g] %[fx:255*p{{{point}}}.b]"
        for channel, value in zip((red, green, blue), tool("identify", "-format", form, picture).split(), strict=True):
            channel.append(float(value))
    assert sum(abs(one - other) for one, other in (red, green, blue)) > 60


def test_text_dropped_with_a_brace_of_its_own_is_taken_as_it_is(open_window):
    pilot = open_window(ready=False)
    taken = []
    pilot.window.jobs.submit = taken.append
    event = tk.Event()
    event.data, event.action = "the song {live", "copy"
    assert pilot.window.inputs.take_drop(event) == "copy"
    assert taken == [["the song {live"]]

"""The list of jobs and answers."""

from dataclasses import replace

import pytest
from support.display import tool
from support.window_material import SONG, fill


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


def test_the_list_holds_every_answer_and_says_how_many(open_window):
    pilot = open_window(ready=False)
    fill(
        pilot,
        *[replace(SONG, title=f"song {number}") for number in range(350)],
        replace(SONG, title="else", input="else.ogg"),
    )
    window = pilot.window
    assert pilot.until(lambda: len(window.list.songs()) == 351, 5)
    window.answers.fill("song")
    assert "350" in window.status.whole and "“song”" in window.status.whole
    assert pilot.until(lambda: len(window.list.songs()) == 350, 5)
    window.list.tree.selection_set("key0", "key1", "key349")
    window.answers.remove()
    assert window.history.count() == 348 and len(window.list.songs()) == 347


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
        x, y, width, height = tree.bbox(key, "#0")
        point = f"{x + width - 4},{y + height // 2}"
        form = f"%[fx:255*p{{{point}}}.r] %[fx:255*p{{{point}}}.g] %[fx:255*p{{{point}}}.b]"
        for channel, value in zip((red, green, blue), tool("identify", "-format", form, picture).split(), strict=True):
            channel.append(float(value))
    assert sum(abs(one - other) for one, other in (red, green, blue)) > 60

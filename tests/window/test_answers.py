"""The answers: searched, opened again, removed, compared."""

from dataclasses import replace

from support.window_material import FAILED, SAMPLES, SONG, classify, colours, fill, shown_dialog


def test_history_is_searched_reopened_removed_and_cleared(open_window, tmp_path):
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
    side, tree = pilot.window.list, pilot.window.list.tree
    assert len(side.songs()) == 3
    pilot.key("ctrl+f")
    pilot.type("classical")
    assert pilot.until(lambda: len(side.songs()) == 1, 5)
    x, y, width, height = tree.bbox(side.songs()[0])
    pilot.click(tree, (x + 30) / tree.winfo_width(), (y + height / 2) / tree.winfo_height())
    assert pilot.window.pages.answer.entry.title == "classical"
    pilot.key("ctrl+3")
    assert pilot.drawn("mel_spectrogram")
    assert colours(pilot.picture(tmp_path / "mel.png", pilot.window.pages.answer.pictures["mel_spectrogram"])) > 100
    tree.focus_force()
    pilot.key("Delete")
    assert pilot.window.history.count() == 2
    pilot.key("ctrl+z")
    assert pilot.until(lambda: pilot.window.history.count() == 3, 2)
    pilot.key("Delete")
    pilot.window.answers.clear()
    asked = shown_dialog(pilot, "Question")
    pilot.key("Escape")
    assert pilot.until(lambda: not asked.winfo_exists(), 2) and pilot.window.history.count() == 2
    pilot.window.answers.clear()
    asked = shown_dialog(pilot, "Question")
    assert "2 answers" in asked.body.winfo_children()[0].cget("text")
    pilot.key("Return")
    assert pilot.until(lambda: pilot.window.history.count() == 0, 2) and not side.songs()


def test_two_answers_stand_side_by_side(open_window, tmp_path):
    pilot = open_window()
    classify(pilot, "metal", "classical")
    tree = pilot.window.list.tree
    for row, key in zip(pilot.window.list.songs(), ("", "ctrl"), strict=True):
        x, y, width, height = tree.bbox(row)
        if key:
            pilot.act("keydown", key)
        pilot.click(tree, (x + 30) / tree.winfo_width(), (y + height / 2) / tree.winfo_height())
        if key:
            pilot.act("keyup", key)
    assert len(tree.selection()) == 2
    pilot.click(pilot.window.list.compare)
    shown = shown_dialog(pilot, "CompareDialog")
    assert {side.verdict.whole for side in shown.sides} == {"Metal", "Classical"}
    assert pilot.until(lambda: all(side.time.is_drawn for side in shown.sides), 20)
    assert colours(pilot.picture(tmp_path / "compare.png", shown)) > 50


def test_compare_begins_with_an_answer_that_can_be_compared(open_window):
    pilot = open_window(ready=False)
    fill(pilot, replace(SONG, title="old"), replace(SONG, title="shown"), FAILED)
    pilot.window.list.go("key1")
    pilot.turn(0.05)
    pilot.key("ctrl+d")
    shown = next(child for child in pilot.root.winfo_children() if type(child).__name__ == "CompareDialog")
    assert [shown.entry(side).title for side in shown.sides] == ["shown", "old"]


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
    assert {shown.entry(side).title for side in shown.sides} == {"oldone a", "oldone b"}


def test_compare_puts_a_genre_beside_a_genre(open_window):
    pilot = open_window(ready=False)
    other = replace(SONG, title="speech", verdict="not_music", genre=None)  # with the numbers it would have had
    fill(pilot, replace(SONG, title="old"), replace(SONG, title="shown"), other)
    pilot.window.list.go("key1")
    pilot.turn(0.05)
    pilot.window.answers.compare()
    shown = next(child for child in pilot.root.winfo_children() if type(child).__name__ == "CompareDialog")
    assert [shown.entry(side).title for side in shown.sides] == ["shown", "old"]

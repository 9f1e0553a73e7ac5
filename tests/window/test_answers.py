"""The answers: searched, opened again, removed, compared."""

from dataclasses import replace

from support.window_material import FAILED, SAMPLES, SONG, classify, colours, fill, shown_dialog


def test_history_is_searched_reopened_removed_and_cleared(open_window, tmp_path, monkeypatch):
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
    tree = pilot.window.list.tree
    assert len(tree.get_children()) == 3
    pilot.key("ctrl+f")
    pilot.type("classical")
    assert pilot.until(lambda: len(tree.get_children()) == 1, 5)
    x, y, width, height = tree.bbox(tree.get_children()[0])
    pilot.click(tree, (x + 30) / tree.winfo_width(), (y + height / 2) / tree.winfo_height())
    assert pilot.window.pages.answer.verdict.cget("text") == "classical"
    pilot.key("ctrl+4")
    assert pilot.drawn("mel_spectrogram")
    assert colours(pilot.picture(tmp_path / "mel.png", pilot.window.pages.answer.pictures["mel_spectrogram"])) > 100
    tree.focus_force()
    pilot.key("Delete")
    assert pilot.window.history.count() == 2
    asked = []
    monkeypatch.setattr("tkinter.messagebox.askokcancel", lambda *a, **_: asked.append(a[1]) or True)
    pilot.window.answers.clear()
    assert pilot.window.history.count() == 0 and "2 answers" in asked[0] and not tree.get_children()


def test_two_answers_stand_side_by_side(open_window, tmp_path):
    pilot = open_window()
    classify(pilot, "metal", "classical")
    tree = pilot.window.list.tree
    for row, key in zip(tree.get_children(), ("", "ctrl"), strict=True):
        x, y, width, height = tree.bbox(row)
        if key:
            pilot.act("keydown", key)
        pilot.click(tree, (x + 30) / tree.winfo_width(), (y + height / 2) / tree.winfo_height())
        if key:
            pilot.act("keyup", key)
    assert len(tree.selection()) == 2
    pilot.click(pilot.window.list.compare)
    shown = shown_dialog(pilot, "CompareDialog")
    assert {side.verdict.whole for side in shown.sides} == {"metal", "classical"}
    assert pilot.until(lambda: all(picture.is_drawn for side in shown.sides for picture in side.pictures), 20)
    assert colours(pilot.picture(tmp_path / "compare.png", shown)) > 50


def test_compare_begins_with_an_answer_that_can_be_compared(open_window):
    pilot = open_window(ready=False)
    fill(pilot, replace(SONG, title="old"), replace(SONG, title="shown"), FAILED)
    pilot.window.list.go("key1")
    pilot.turn(0.05)
    pilot.key("ctrl+d")
    shown = next(child for child in pilot.root.winfo_children() if type(child).__name__ == "CompareDialog")
    assert [side.title.whole for side in shown.sides] == ["shown", "old"]


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

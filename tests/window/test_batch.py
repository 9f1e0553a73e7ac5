"""A batch is one thing: how far it is, pausing, stopping, going on, what it came to, closing and the next start."""

import json
import shutil
import time

import numpy as np
import pytest
import soundfile
from support.display import tool
from support.window_material import SAMPLES, SONG, fill, shown_dialog

from musicgenre.window.batch import Batch

NAMES = ("rock", "metal", "classical", "tone", "silence", "vocal")
LONG = ("rock", "classical", "vocal")  # the first, the last, and one between


@pytest.fixture
def folder(tmp_path):
    """Return a folder of songs, some long enough that a user can act meanwhile, and one file that is none."""
    place = tmp_path / "Road trip"
    place.mkdir()
    for name in NAMES:
        if name in LONG:
            samples, rate = soundfile.read(SAMPLES / f"{name}.ogg", dtype="float32")
            soundfile.write(place / f"{name}.flac", np.concatenate([samples] * 6), rate)
        else:
            shutil.copy(SAMPLES / f"{name}.ogg", place)
    (place / "zz broken.ogg").write_bytes(b"no sound")
    return place


def opened(pilot, folder, monkeypatch):
    """Open a folder by key."""
    monkeypatch.setattr("tkinter.filedialog.askdirectory", lambda **_: str(folder))
    pilot.key("ctrl+shift+o")
    assert pilot.until(lambda: pilot.window.jobs.batch.total == 7, 20)


def test_a_folder_is_worked_through_with_the_running_row_on_top_and_ends_in_a_summary(
    open_window, folder, monkeypatch, tmp_path
):
    pilot = open_window()
    fill(pilot, *[SONG] * 30)
    window = pilot.window
    page, side = window.pages.batch, window.list
    opened(pilot, folder, monkeypatch)
    assert pilot.until(page.winfo_viewable, 2) and page.title.whole == "Road trip"
    assert pilot.until(lambda: page.head.whole == "2 of 7", 30)
    running = next(row for row in window.jobs.rows.values() if row.state in ("working", "waiting"))
    assert "left" in page.state_label.whole
    assert 2 / 7 <= float(page.bar.cget("value")) <= 3 / 7
    assert side.songs()[0] == running.key and side.tree.bbox(running.key), "the running row is not in view on top"
    assert not side.tree.set(running.key, "confidence"), "how far a song is stands where an answer says how sure it is"
    assert side.tree.item("s:work", "text") == "At work: 2 of 7 done"
    assert pilot.rest() and pilot.until(lambda: page.head.whole == "7 done", 5)
    parts = {part.name: len(part.keys) for part in page.view.parts}
    assert parts["Not music"] == 1 and parts["Silent"] == 1 and parts["Failed"] == 1 and sum(parts.values()) == 7
    assert side.tree.exists(running.key) and side.count == 37 and window.status.whole.startswith("7 done: ")
    names = [part.name for part in page.view.parts]
    height = page.parts.winfo_height()
    pilot.click(page.parts, 0.4, (names.index("Failed") + 0.5) * page.view_height / height)
    assert pilot.until(lambda: side.count == 1, 2) and side.filter.get() == "Failed (1)"
    target = tmp_path / "failed.json"
    monkeypatch.setattr("tkinter.filedialog.asksaveasfilename", lambda **_: str(target))
    pilot.click(page.export)
    assert pilot.until(target.exists, 10)
    assert json.loads(target.read_text())["title"] == "zz broken"
    page.parts.focus_force()
    pilot.key("Return")
    assert pilot.until(lambda: side.count == 37, 5) and side.filter.get() == "All songs"
    pilot.click(page.close)
    assert not page.winfo_viewable()
    pilot.key("ctrl+b")
    assert pilot.until(page.winfo_viewable, 2)


def test_a_batch_is_paused_stopped_once_asked_and_goes_on(open_window, folder, monkeypatch):
    pilot = open_window()
    window = pilot.window
    page = window.pages.batch
    opened(pilot, folder, monkeypatch)
    assert pilot.until(lambda: window.jobs.batch.done == 1, 30)
    pilot.key("ctrl+shift+p")
    assert pilot.until(lambda: not any(row.state == "working" for row in window.jobs.rows.values()), 10)
    done = window.jobs.batch.done
    pilot.turn(1.0)
    assert window.jobs.batch.done == done and page.state_label.whole == f"Paused, {7 - done} left"
    pilot.click(page.stop)
    asked = shown_dialog(pilot, "Question")
    pilot.key("Escape")
    assert pilot.until(lambda: not asked.winfo_exists(), 2) and window.jobs.busy
    pilot.key("ctrl+period")
    shown_dialog(pilot, "Question")
    began = time.monotonic()
    pilot.key("Return")
    assert pilot.until(lambda: not window.jobs.busy, 1) and time.monotonic() - began < 0.5
    stopped = window.jobs.stopped()
    assert stopped and len(stopped) + window.jobs.batch.done == 7 and window.list.count == 7
    assert all(window.list.tree.parent(row.key) == "s:stopped" for row in stopped)
    assert pilot.until(lambda: page.state_label.whole.startswith(f"{len(stopped)} song"), 2)
    pilot.click(page.go_on)
    assert pilot.until(lambda: page.pause.winfo_ismapped() and page.pause.cget("text") == "Pause", 5)
    pilot.click(page.pause)
    assert pilot.until(lambda: page.pause.cget("text") == "Go on" or not window.jobs.busy, 5)
    pilot.click(page.pause)
    assert pilot.until(lambda: page.head.whole == "7 done", 40) and window.list.count == 7
    assert not window.list.tree.exists("s:stopped") and not window.list.tree.exists("s:work")
    assert window.history.count() == 7


def test_one_of_several_is_stopped_and_the_others_go_on(open_window, folder, monkeypatch):
    pilot = open_window()
    window = pilot.window
    opened(pilot, folder, monkeypatch)
    assert pilot.until(lambda: any(row.state == "working" for row in window.jobs.rows.values()), 20)
    pilot.key("Escape")
    assert pilot.until(lambda: window.jobs.stopped(), 1)
    assert pilot.rest() and window.jobs.batch.done == 6 and len(window.jobs.stopped()) == 1
    window.list.go(window.jobs.stopped()[0].key)
    window.list.tree.focus_force()
    pilot.key("ctrl+r")
    assert pilot.until(lambda: window.history.count() == 7, 20)


def test_closing_during_work_asks_and_the_next_start_goes_on(open_window, folder, monkeypatch):
    pilot = open_window()
    window = pilot.window
    opened(pilot, folder, monkeypatch)
    assert pilot.until(lambda: window.jobs.batch.done >= 1, 30)
    pilot.key("ctrl+q")
    asked = shown_dialog(pilot, "Question")
    pilot.key("Escape")
    assert pilot.until(lambda: not asked.winfo_exists(), 2) and not window.closed
    pilot.key("ctrl+q")
    shown_dialog(pilot, "Question")
    pilot.key("Return")
    assert pilot.until(lambda: window.closed, 1)
    again = open_window()
    left = 7 - again.window.history.count()
    banner = again.window.banner
    assert again.until(banner.winfo_viewable, 5)
    assert f"{left} songs of “Road trip”" in banner.text.whole
    again.click(banner.yes)
    assert again.until(lambda: again.window.history.count() == 7, 60) and not banner.winfo_viewable()
    assert again.window.jobs.batch.name == "Road trip" and again.rest()
    again.window.ask_and_close()
    assert again.window.closed
    last = open_window()
    last.turn(0.5)
    assert not last.window.banner.winfo_viewable()


def test_what_was_left_over_can_be_forgotten(open_window, folder, monkeypatch):
    pilot = open_window()
    opened(pilot, folder, monkeypatch)
    pilot.window.close()
    again = open_window(ready=False)
    assert again.until(again.window.banner.winfo_viewable, 5)
    again.click(again.window.banner.no)
    again.window.close()
    last = open_window(ready=False)
    last.turn(0.5)
    assert not last.window.banner.winfo_viewable()


def test_a_playlist_keeps_its_name(open_window, youtube):
    media = youtube.media.url("whole", "song.webm")
    ids = [f"song000000{number}" for number in range(3)]
    for one in ids:
        youtube.catalogue.add(one, media=media, title=f"Song {one}", length=20)
    youtube.catalogue.set(playlists={"PL0123456789abcdef": ids})
    pilot = open_window()
    pilot.window.jobs.submit(["https://www.youtube.com/playlist?list=PL0123456789abcdef"])
    assert pilot.until(lambda: pilot.window.jobs.batch.total == 3, 30), pilot.window.status.whole
    assert pilot.window.pages.batch.title.whole == "A Playlist"
    assert pilot.rest() and pilot.window.history.count() == 3


def test_the_time_left_is_that_of_the_latest_answers(open_window, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("musicgenre.window.batch.monotonic", lambda: now[0])
    batch = Batch()
    history = open_window(ready=False).window.history
    for number in range(4):
        batch.add(f"k{number}", "")
    for number in range(2):
        assert batch.left_s(3) is None
        now[0] += 10.0
        batch.finish(history.add(f"k{number}", SONG))
    assert batch.left_s(2) == pytest.approx(20.0) and batch.done == 2
    now[0] += 1000.0
    batch.go_on()  # after a pause
    now[0] += 10.0
    batch.finish(history.add("k2", SONG))
    assert batch.left_s(1) == pytest.approx(10.0) and batch.took_s == pytest.approx(30.0)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_bars_are_seen_in_the_genres_colours(open_window, tmp_path, theme):
    pilot = open_window(ready=False)
    window = pilot.window
    window.preferences.use_theme(theme)
    for number in range(3):
        window.jobs.batch.add(f"k{number}", "Songs")
        window.jobs.batch.finish(window.history.add(f"k{number}", SONG, colour="#10aabf"))
    window.answers.show_batch()
    pilot.turn(0.3)
    share = tool("convert", pilot.picture(tmp_path / "bars.png", window.pages.batch.parts), "-fill", "black", "+opaque",
                 "#10aabf", "-fill", "white", "-opaque", "#10aabf", "-format", "%[fx:mean]", "info:")  # fmt: skip
    assert float(share) > 0.005

"""The queue: titles to pick from, stages, cancelling, what a batch has come to."""

import time
from pathlib import Path

import pytest
from support.display import tool
from support.window_material import SAMPLES, WATCH

from musicgenre.engine.messages import ThumbnailFound
from musicgenre.text import clean_title


def test_a_title_gives_a_list_to_pick_from(open_window, youtube, tmp_path):
    for i in range(5):
        media = youtube.media.url("whole", "song.webm")
        youtube.catalogue.add(f"song000000{i}", media=media, title=f"Evening {i} 東京", length=100 + i)
    youtube.catalogue.set(search=[f"song000000{i}" for i in range(5)])
    pilot = open_window()
    pilot.type("evening")
    pilot.key("Return")
    pick = pilot.window.pages.pick
    assert pilot.until(pick.winfo_viewable, 20)
    rows = [pick.list.item(row) for row in pick.list.get_children()]
    assert len(rows) == 5 and "Evening 2 東京" in rows[2]["text"] and "A Channel" in rows[2]["text"]
    assert rows[2]["values"] == ["1:42"]
    pilot.window.jobs.thumbnail_found(
        ThumbnailFound(
            pilot.window.jobs.rows[pilot.window.answers.shown].job, 2, b"P6 96 54 255\n" + b"\xff\0\0" * 96 * 54
        )
    )
    pilot.turn(0.2)
    red = tool("convert", pilot.picture(tmp_path / "pick.png", pick), "-fill", "black", "+opaque", "#ff0000", "-format",
               "%[fx:mean.r]", "info:")  # fmt: skip
    assert float(red) > 0.005
    pilot.key("Down", "Down", "Return")
    assert pilot.until(lambda: pilot.window.history.find("evening"), 30)
    pilot.rest()
    assert pilot.window.history.find()[0].prediction.input == WATCH + "song0000002"
    pilot.window.inputs.focus_entry()
    pilot.type("evening")
    pilot.key("Return")
    assert pilot.until(pick.winfo_viewable, 20)
    x, y, width, height = pick.list.bbox("3")
    pilot.click(pick.list, (x + 200) / pick.list.winfo_width(), (y + height / 2) / pick.list.winfo_height(), times=2)
    assert pilot.until(lambda: len(pilot.window.history.find("evening")) == 2, 30)
    assert pilot.window.history.find()[0].prediction.input == WATCH + "song0000003"


def test_stages_move_and_escape_cancels_within_a_fifth_of_a_second(open_window, youtube):
    link = youtube.catalogue.add("slow0000001", media=youtube.media.url("slow", "song.webm"), title="Slow", length=150)
    pilot = open_window()
    pilot.window.jobs.submit(
        [link, str(SAMPLES / "classical.ogg"), str(SAMPLES / "nowhere.ogg"), str(SAMPLES / "rock.ogg")]
    )
    assert pilot.window.answers.shown == "batch"
    row = next(iter(pilot.window.jobs.rows.values()))
    assert pilot.until(lambda: row.stages.get("download", 0) > 0, 30)
    first = row.stages["download"]
    assert pilot.until(lambda: row.stages["download"] > first, 10)
    pilot.window.list.go(row.key)
    pilot.turn(0.1)
    working = pilot.window.pages.working
    assert working.winfo_viewable() and "Download" in working.state_label.cget("text")
    assert pilot.window.status.whole.startswith("1 of 4: ")
    began = time.monotonic()
    pilot.root.event_generate("<Escape>")
    assert pilot.until(lambda: row.state == "stopped", 1)
    assert time.monotonic() - began < 0.2
    assert pilot.window.list.tree.parent(row.key) == "s:stopped"
    assert pilot.rest()
    found = [entry.prediction for entry in pilot.window.history.find()]
    answers = {Path(one.input).stem: one.verdict for one in found}
    assert set(answers) == {"classical", "nowhere", "rock"}
    assert answers["nowhere"] == "error" and "error" not in (answers["classical"], answers["rock"])
    assert not [path for path in youtube.temporary.rglob("*") if path.suffix in (".webm", ".part")]


def test_a_job_that_is_cancelled_says_so_and_can_go_on(open_window, youtube):
    link = youtube.catalogue.add("slow0000001", media=youtube.media.url("slow", "song.webm"), title="Slow", length=150)
    pilot = open_window()
    window = pilot.window
    window.jobs.submit([link])
    assert pilot.until(lambda: "download" in window.jobs.rows[window.answers.shown].stages, 30)
    pilot.key("Escape")
    working = window.pages.working
    assert pilot.until(lambda: "Stopped" in working.state_label.cget("text"), 2)
    assert not window.status.progress.winfo_ismapped()
    pilot.click(working.cancel)
    assert pilot.until(lambda: "download" in window.jobs.rows[window.answers.shown].stages, 30)
    pilot.key("Escape")
    window.list.tree.focus_force()
    pilot.key("Delete")
    assert pilot.until(window.pages.welcome.winfo_viewable, 2) and not window.jobs.rows


def test_a_folder_ends_with_a_sum(open_window, tmp_path):
    for name in ("tone", "silence"):
        (tmp_path / f"{name}.ogg").write_bytes((SAMPLES / f"{name}.ogg").read_bytes())
    pilot = open_window()
    pilot.window.jobs.submit([str(tmp_path)])
    assert pilot.until(lambda: pilot.window.status.whole.startswith("2 done: "), 40)
    assert "1 not music" in pilot.window.status.whole and "1 silent" in pilot.window.status.whole


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
    assert pilot.window.list.tree.item(entry.key, "text").strip() == "broken song"
    pilot.window.jobs.stop_all()

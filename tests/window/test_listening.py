"""Listening: the cursor, sounds that are not kept, and no sound device."""

import json
import os
import signal
from dataclasses import replace

import pytest
from support.window_material import (
    ROOT,
    WATCH,
    classify,
)


def test_clicking_a_picture_plays_that_second_and_the_cursor_moves(open_window, monkeypatch, tmp_path):
    tape = tmp_path / "tape"
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests" / "support" / "fake_audio"))
    monkeypatch.setenv("GENRE_TEST_TAPE", str(tape))
    pilot = open_window()
    assert pilot.until(lambda: pilot.window.listening.problem is None, 20)
    classify(pilot, "rock")
    assert pilot.drawn()
    timeline = pilot.window.pages.answer.pictures["genre_timeline"]
    (span,) = timeline.spans
    pilot.click(timeline, (span.left + span.right) / 2 / timeline.winfo_width())
    assert pilot.until(lambda: timeline.second is not None and tape.exists(), 10)
    assert timeline.second == pytest.approx(span.end_s / 2, abs=1.5)
    before = timeline.coords("cursor")[0]
    assert pilot.until(lambda: timeline.coords("cursor")[0] > before + 3, 10)
    assert pilot.window.pages.answer.player.listen.cget("text") == "Stop"
    pilot.click(pilot.window.pages.answer.player.listen)
    assert pilot.until(lambda: pilot.window.pages.answer.player.listen.cget("text") == "Listen", 5)
    timeline.focus_force()
    pilot.key("Right")
    assert pilot.until(lambda: pilot.window.listening.playing, 5)
    loudness = json.loads(tape.read_text().splitlines()[-1])[2]
    pilot.window.pages.answer.player.volume.set(0.0)
    assert loudness > 0
    assert pilot.until(lambda: json.loads(tape.read_text().splitlines()[-1])[2] == 0.0, 5)
    pilot.key("ctrl+p")
    assert pilot.until(lambda: pilot.window.listening.playing is None, 5)


def test_listening_goes_on_after_a_sound_that_is_not_kept(open_window, monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests" / "support" / "fake_audio"))
    monkeypatch.setenv("GENRE_TEST_TAPE", str(tmp_path / "tape"))
    pilot = open_window()
    window = pilot.window
    assert pilot.until(lambda: window.listening.problem is None, 20)
    (entry,) = classify(pilot, "rock")
    gone = replace(entry.prediction, input=WATCH + "song0000001", title="gone")
    window.history.add("gone", gone)
    window.answers.fill("")
    window.list.go("gone")
    assert pilot.until(lambda: window.answers.shown == "gone", 2)
    window.listening.toggle()
    assert pilot.until(lambda: "not kept" in window.status.whole and window.listening.playing is None, 10)
    window.list.go(entry.key)
    assert pilot.until(lambda: window.answers.shown == entry.key, 2)
    view = window.pages.answer
    timeline = view.pictures["genre_timeline"]
    window.listening.toggle()
    assert pilot.until(lambda: timeline.second is not None and view.player.listen.cget("text") == "Stop", 10)
    window.listening.play_from(10.0)  # while it plays
    assert pilot.until(lambda: timeline.second is not None and timeline.second >= 10.0, 10)
    pilot.turn(0.3)
    assert window.listening.playing == entry.key and view.player.listen.cget("text") == "Stop"
    os.kill(window.worker.engine_pid, signal.SIGKILL)
    assert pilot.until(lambda: window.listening.playing is None and view.player.listen.cget("text") == "Listen", 10)


def test_without_a_sound_device_one_line_says_what_to_do(open_window):
    pilot = open_window()
    assert pilot.until(lambda: pilot.window.listening.problem and "not known" not in pilot.window.listening.problem, 20)
    classify(pilot, "rock")
    player = pilot.window.pages.answer.player
    assert player.missing.winfo_viewable() and player.missing.whole.startswith("To listen, ")
    assert not player.listen.winfo_viewable() and not player.volume.winfo_viewable()
    pilot.key("ctrl+p")
    assert pilot.window.status.whole == player.missing.whole
    assert pilot.window.listening.playing is None


@pytest.fixture
def heard(open_window, monkeypatch, tmp_path):
    """Return a window with a sound device and an answer that can be heard."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests" / "support" / "fake_audio"))
    monkeypatch.setenv("GENRE_TEST_TAPE", str(tmp_path / "tape"))
    pilot = open_window()
    assert pilot.until(lambda: pilot.window.listening.problem is None, 20)
    classify(pilot, "rock")
    pilot.turn(0.2)
    return pilot


def test_the_bar_shows_position_and_time_and_is_dragged(heard):
    player = heard.window.pages.answer.player
    assert player.time.cget("text").startswith("0:00 / 0:1") and player.listen.winfo_viewable()
    heard.click(player.listen)
    assert heard.until(lambda: float(player.position.get()) > 0.3, 10)
    heard.click(player.position, 0.6)
    length = float(player.position.cget("to"))
    assert heard.until(lambda: float(player.position.get()) > 0.5 * length, 10)
    assert heard.until(lambda: player.time.cget("text") >= "0:07 / ", 10)
    heard.click(player.listen)
    assert heard.until(lambda: heard.window.listening.playing is None, 5)


def test_the_space_bar_plays_unless_a_field_or_button_has_the_keyboard(heard):
    window = heard.window
    window.top.focus_entry()
    heard.key("space")
    assert window.top.entry.get() == " " and window.listening.playing is None
    window.top.entry.delete(0, "end")
    window.pages.answer.copy.focus_force()
    heard.key("space")
    assert "clipboard" in window.status.whole and window.listening.playing is None
    window.list.tree.focus_force()
    heard.key("space")
    assert heard.until(lambda: window.listening.playing, 5)
    window.pages.answer.pictures["waveform"].focus_force()
    heard.key("space")
    assert heard.until(lambda: window.listening.playing is None, 5)

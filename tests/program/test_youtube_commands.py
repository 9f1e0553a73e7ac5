"""Links, titles and playlists through 03 as a program of its own."""

import csv
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.media_server import wait_until

ROOT = Path(__file__).parents[2]
SONG = "song0000001"
WATCH = "https://www.youtube.com/watch?v="


def command(*arguments):
    return [sys.executable, str(ROOT / "03_launch_classifier.py"), *map(str, arguments)]


def launch(*arguments):
    """Run 03; return exit code, the JSON objects or text, and the messages."""
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=120)
    out = [json.loads(line) for line in done.stdout.splitlines()] if "--json" in arguments else done.stdout
    return done.returncode, out, done.stderr


@pytest.fixture
def song(youtube, tmp_path):
    file = tmp_path / "song.webm"
    file.write_bytes(youtube.media.files["song.webm"])
    title = "=Evil\x1b]0;owned\x07\x1b[31m \u202eSong\n"
    youtube.catalogue.add(SONG, media=youtube.media.url("whole", "song.webm"), title=title, length=150)
    youtube.catalogue.add("album000001", media=youtube.media.url("status", "404"), title="Album", length=3000)
    youtube.catalogue.set(search=["album000001", SONG])
    return file


def test_link_and_title_answer_like_the_file(youtube, song):
    code, (file, link), _ = launch(song, WATCH + SONG, "--json")
    assert code == 0
    code, (title,), messages = launch("--search", "evil song", "--json")
    assert code == 0
    assert f"took '=Evil Song' by A Channel (2:30) {WATCH}{SONG}" in messages
    for answer in (link, title):
        assert answer["genre"] == file["genre"]
        assert answer["probabilities"] == pytest.approx(file["probabilities"], abs=0.01)
        assert answer["title"] == "=Evil Song"
        assert answer["duration_s"] == pytest.approx(20, abs=0.1)
    assert [(c["title"], c["chosen"]) for c in title["candidates"]] == [("Album", False), ("=Evil Song", True)]
    assert "candidates" not in link
    assert not youtube.left_behind()


def test_a_playlist_and_its_failures_in_their_places(youtube, song):
    youtube.catalogue.add("private0001", title="[Private video]", length=0)
    youtube.catalogue.set(playlists={"PLx": ["album000001", SONG, "private0001"]})
    code, answers, _ = launch("https://www.youtube.com/playlist?list=PLx", song, "ftp://x/y", "--json", "--jobs", "2")
    assert code == 1
    assert [answer["input"] for answer in answers] == [
        f"{WATCH}album000001",
        WATCH + SONG,
        f"{WATCH}private0001",
        str(song),
        "ftp://x/y",
    ]
    kinds = [answer["error"]["kind"] if answer["error"] else None for answer in answers]
    assert kinds == ["download", None, "download", None, "not_allowed"]
    assert answers[1]["probabilities"] == pytest.approx(answers[3]["probabilities"], abs=0.01)


def test_titles_reach_neither_terminal_nor_spreadsheet_as_commands(youtube, song, tmp_path):
    code, text, messages = launch(WATCH + SONG)
    assert code == 0 and "=Evil Song" in text
    assert (text + messages).replace("\n", "").isprintable()
    code, _, _ = launch(WATCH + SONG, "--csv", tmp_path / "answers.csv")
    (row,) = csv.DictReader((tmp_path / "answers.csv").open(encoding="utf-8"))
    assert code == 0 and row["title"] == "'=Evil Song"


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ([WATCH + "gone0000001"], "download"),
        (["https://www.youtube.com/playlist?list=PLnone"], "download"),
        (["https://evil.com/x"], "not_allowed"),
        (["--search", "file:///etc/passwd"], "not_allowed"),
        (["a title without search"], "not_found"),
        ([WATCH + SONG, "--start", "1000"], "not_found"),
        ([WATCH + SONG, "--cookies-from-browser", "--exec"], None),
        ([WATCH + SONG, "--cookies-from-browser", "netscape"], "not_found"),
    ],
)
def test_failures_exit_with_one_sentence(youtube, song, arguments, kind):
    code, answers, messages = launch(*arguments, "--json")
    if kind is None:
        assert code == 2 and not answers
        return
    assert code == 1
    assert [answer["error"]["kind"] for answer in answers] == [kind]
    assert answers[0]["reason"] == answers[0]["error"]["message"]
    assert "Traceback" not in messages


@pytest.mark.parametrize(("what", "delay_s"), [("slow", 0), ("stall", 0), ("whole", 30)])
def test_interrupting_leaves_nothing(youtube, what, delay_s):
    link = youtube.catalogue.add(SONG, media=youtube.media.url(what, "song.webm"), delay_s=delay_s)
    program = subprocess.Popen(command(link), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert wait_until(youtube.left_behind, 30)
    if not delay_s:
        assert wait_until(lambda: list(youtube.temporary.rglob("*.part")), 30)
    began = time.monotonic()
    program.send_signal(signal.SIGINT)
    assert "interrupted" in program.stderr.readline()
    assert time.monotonic() - began < 1
    assert not youtube.left_behind()
    program.communicate(timeout=10)
    assert program.returncode == 130
    assert not youtube.left_behind()

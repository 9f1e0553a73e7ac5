"""Links and titles written by strangers, through the real commands: nothing is contacted, nothing is run.

An audit hook inside the program (`sys.addaudithook`) writes down every connection, look-up of a name, and program that
is started; it sees what yt-dlp does, too.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.material import ROOT, json_lines

ID = "abcdefghijk"
WATCHER = """
import json, os, runpy, sys
seen = open(sys.argv[1], "a", buffering=1)
EVENTS = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "urllib.Request",
          "ftplib.connect", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "webbrowser.open"}
def watch(event, values):
    if event in EVENTS and not (event == "subprocess.Popen" and "musicgenre.audio.sandbox" in str(values)):
        seen.write(json.dumps([event, repr(values)[:300]]) + "\\n")
sys.addaudithook(watch)
sys.argv = sys.argv[2:]
sys.path.insert(0, os.path.dirname(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
"""

HOSTS = (
    "127.0.0.1", "localhost", "LOCALHOST.", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f000001", "0177.0.0.1",
    "127.1", "0", "169.254.169.254", "evil.example", "youtube.com.evil.example", "evil.example#.youtube.com",
    "youtube.com@evil.example", "evil.example\\@youtube.com", "youtu.be:80@evil.example", "youtube.com:8443",
    "www.y\u043eutube.com", "\uff59outube.com", "you\u00adtube.com", "youtube\u3002com", "\u24e8outube.com",
    "youtube.com\u2024evil.example", "xn--youtube-.com", "youtube.com%2eevil.example", "youtube.com\t.evil.example",
    "www.youtube.com%00.evil.example",
)  # fmt: skip
HOSTILE = (
    *(f"{scheme}://{host}/watch?v={ID}" for host in HOSTS for scheme in ("http", "https")),
    "file:///etc/passwd", "file://localhost/etc/passwd", "FILE:/etc/passwd", "ftp://youtube.com/x", "tcp://127.0.0.1:1",
    "gopher://youtube.com/x", "data:audio/wav;base64,UklGRg==", "concat:/etc/passwd", "pipe:0", "rtsp://127.0.0.1/x",
    "subfile,,start,0,end,9,,:/etc/passwd", "//127.0.0.1/x", "javascript:alert(1)", "\\\\evil.example\\share\\song.mp3",
    "https://www.youtube.com/redirect?q=http://127.0.0.1/", "https://www.youtube.com/oembed?url=http://127.0.0.1/",
    "https://www.youtube.com/attribution_link?u=//evil.example/watch?v=" + ID,
    f"https://www.youtube.com/watch?v={ID}\r\nHost: evil.example", f"https://youtu.be/{ID} --exec touch ran",
    f"https://youtu.be/{ID}\" --exec \"touch ran", "ytdl://x", "ytsearch:a b", "generic:http://127.0.0.1/",
    "$(touch ran)", "`touch ran`", "a.mp3; touch ran", "| touch ran", "&& touch ran.mp3",
)  # fmt: skip
# What yt-dlp starts by itself: its JavaScript runtime, and what Python asks where a system library lies.
PROGRAMS = {"deno", "ldconfig", "gcc", "cc", "ld", "objdump"}


def watched(folder, *arguments, environment=None):
    """Run 03 under the hook; return (finished process, what was seen)."""
    seen = folder / "seen.jsonl"
    done = subprocess.run(
        [sys.executable, "-c", WATCHER, seen, ROOT / "03_launch_classifier.py", *arguments],
        cwd=folder, capture_output=True, encoding="utf-8", errors="surrogateescape", timeout=100, check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8", **(environment or {})},
    )  # fmt: skip
    return done, json_lines(seen.read_text()) if seen.exists() else []


def test_the_watcher_sees(tmp_path):
    """Otherwise the tests below say nothing."""
    seen = tmp_path / "seen"
    script = tmp_path / "script.py"
    script.write_text(
        "import os, socket, subprocess, urllib.request\n"
        "subprocess.run(['true'])\nos.system('true')\n"
        "try: urllib.request.urlopen('http://127.0.0.1:1')\nexcept OSError: pass\n"
    )
    subprocess.run([sys.executable, "-c", WATCHER, seen, script], check=True)
    events = {event for event, _ in json_lines(seen.read_text())}
    assert events >= {"subprocess.Popen", "os.system", "socket.getaddrinfo", "socket.connect", "urllib.Request"}


def test_no_hostile_input_contacts_anybody_or_runs_anything(tmp_path):
    done, seen = watched(tmp_path, "--json", "--", *HOSTILE)
    assert seen == []
    answers = json_lines(done.stdout)
    assert [answer["input"] for answer in answers] == list(HOSTILE)
    assert {answer["verdict"] for answer in answers} == {"error"}
    assert {answer["error"]["kind"] for answer in answers} <= {"not_allowed", "not_found", "unsupported"}
    assert all(answer["reason"].isprintable() for answer in answers)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["seen.jsonl"]


def test_with_search_only_titles_are_looked_for(youtube, tmp_path):
    """The stand-in for YouTube finds nothing; what matters is that links are not even asked for."""
    links = [text for text in HOSTILE if "://" in text or text.startswith("//")]
    done, seen = watched(tmp_path / "temporary", "--json", "--search", "--", *links)
    assert seen == []
    assert {answer["error"]["kind"] for answer in json_lines(done.stdout)} == {"not_allowed"}


def test_a_title_is_no_option(youtube, tmp_path):
    """Words that look like options of yt-dlp are searched for as words."""
    home = tmp_path / "home"
    ran = tmp_path / "ran"
    for place in (home / ".config" / "yt-dlp" / "config", home / "yt-dlp.conf", tmp_path / "work" / "yt-dlp.conf"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f'--exec "before_dl:touch {ran}"\n--exec "touch {ran}"\n--downloader sh\n')
    environment = {
        "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"), "XDG_CACHE_HOME": str(home / ".cache"),
    }  # fmt: skip
    link = youtube.catalogue.add(ID, media=youtube.media.url("whole", "song.webm"), title="--exec touch ran", length=20)
    youtube.catalogue.set(search=[ID])
    inputs = [f'--exec "touch {ran}"', f"-o {ran}", link]
    done, seen = watched(tmp_path / "work", "--json", "--search", "--", *inputs, environment=environment)
    assert [answer["title"] for answer in json_lines(done.stdout)] == ["--exec touch ran"] * 3, done.stderr
    assert not ran.exists() and not (tmp_path / "work" / "ran").exists()
    assert not list(home.rglob("*cache*"))
    assert {event for event, _ in seen} == {"socket.connect", "socket.getaddrinfo", "subprocess.Popen"}
    for event, values in seen:
        if event == "subprocess.Popen":
            assert Path(values.split("'")[1]).name in PROGRAMS, values
        else:
            assert "127.0.0.1" in values, (event, values)


@pytest.mark.parametrize("name", ["--exec", "-o", "--help", "--model", "--"])
def test_a_file_named_like_an_option_is_a_file(name, tmp_path):
    (tmp_path / name).write_bytes(b"")
    done, seen = watched(tmp_path, "--json", "--", name)
    (answer,) = json_lines(done.stdout)
    assert (answer["input"], answer["error"]["kind"]) == (name, "unreadable")
    assert seen == []

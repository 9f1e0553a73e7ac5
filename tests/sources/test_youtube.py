"""Searching and downloading with the real yt-dlp; only what YouTube's servers would answer is replaced."""

import json
import re
import socket
import subprocess
import sys
import threading
import time

import pytest
from support.material import ROOT
from support.media_server import wait_until

from musicgenre.audio.decode import read_recording
from musicgenre.audio.recording import Excerpt
from musicgenre.errors import Cancelled, SourceError
from musicgenre.sources import ytdlp as ytdlp_module
from musicgenre.sources.download import fetch, read_download
from musicgenre.sources.links import resolve
from musicgenre.sources.youtube import Candidate, best_match, playlist, preview, search
from musicgenre.sources.ytdlp import check_address
from musicgenre.task import Task

SONG = "song0000001"
ERROR = {"status": "ERROR"}
LOGIN = {"status": "LOGIN_REQUIRED"}
REGION = "The uploader has not made this video available in your country"


def failure(youtube, link):
    """Return the error of a download, which must be one sentence and leave nothing behind."""
    with pytest.raises(SourceError) as caught, fetch(link) as download:
        read_download(download)
    assert str(caught.value).isprintable()
    assert wait_until(lambda: not youtube.left_behind())
    return caught.value


# ---- what works


@pytest.mark.parametrize(
    ("name", "mime"), [("song.webm", 'audio/webm; codecs="opus"'), ("song.m4a", 'audio/mp4; codecs="mp4a.40.2"')]
)
def test_a_link_gives_the_same_sound_as_the_file(youtube, tmp_path, name, mime):
    link = youtube.catalogue.add(SONG, media=youtube.media.url("whole", name), mime=mime, title="A\x1b[31m Song\u202e")
    stages = []
    with fetch(link, task=Task(lambda *stage: stages.append(stage))) as download:
        assert download.path.read_bytes() == youtube.media.files[name]
        assert (download.title, download.duration_s, download.link) == ("A Song", 30, link)
        recording = read_download(download)
        folder = download.path.parent
    assert not folder.exists()
    assert stages[0] == ("look up", 0) and stages[-1] == ("download", 1)
    assert recording.title == "A Song"
    (tmp_path / name).write_bytes(youtube.media.files[name])
    expected = read_recording(tmp_path / name)
    assert (recording.clips[0].samples == expected.clips[0].samples).all()


def test_the_link_decides_where_to_start(youtube):
    youtube.catalogue.add(SONG, media=youtube.media.url("whole", "song.webm"))
    with fetch(f"youtu.be/{SONG}?t=5") as download:
        assert read_download(download).clips[0].start_s == pytest.approx(5, abs=0.01)
        assert read_download(download, excerpt=Excerpt(8)).clips[0].start_s == pytest.approx(8, abs=0.01)
    with fetch(f"youtu.be/{SONG}?t=1h") as download, pytest.raises(SourceError, match="behind the end of 'A Song'"):
        read_download(download)


def test_nothing_is_left_when_the_work_with_the_file_fails(youtube):
    link = youtube.catalogue.add(SONG, media=youtube.media.url("whole", "song.webm"))
    for problem in (RuntimeError, KeyboardInterrupt, SystemExit):
        with pytest.raises(problem), fetch(link):
            assert youtube.left_behind()
            raise problem
        assert not youtube.left_behind()


def test_search_gives_videos_in_order_without_streams(youtube):
    ids = [f"result{n:05d}" for n in range(9)]
    for n, video_id in enumerate(ids):
        youtube.catalogue.add(video_id, title=f"Result\x07 {n}", length=200 + n, channel="C\x1b[1mhannel")
    youtube.catalogue.add(ids[1], title="Radio", length=0, live="isLive")
    youtube.catalogue.set(search=ids)
    found = search("a song")
    assert [candidate.video_id for candidate in found] == [ids[0], *ids[2:6]]
    assert found[0] == Candidate("Result 0", "Channel", 200, ids[0])
    assert found[0].source == resolve(f"youtu.be/{ids[0]}")
    assert len(search("a song", limit=2)) == 2


def test_search_without_result_is_an_error(youtube):
    with pytest.raises(SourceError, match="no video for 'nothing like it'") as caught:
        search("nothing like it")
    assert caught.value.kind == "not_found"


def candidate(title, duration_s):
    return Candidate(title, "Channel", duration_s, SONG)


def test_the_best_match_is_the_first_of_song_length():
    album, short = candidate("Album", 2400), candidate("Short", 40)
    cover, song, other = candidate("Song (cover)", 200), candidate("Song", 210), candidate("Another", 220)
    assert best_match([album, short, cover, song, other]) is song
    assert best_match([album, short, cover, song], title="song COVER") is cover
    assert best_match([album, cover]) is cover


def test_the_best_match_of_odd_lengths_is_the_nearest():
    epic, album, short = candidate("Epic", 1400), candidate("Album", 2400), candidate("Short", 20)
    assert best_match([short, album, epic]) is epic
    assert best_match([short]) is short
    with pytest.raises(SourceError, match="longer than 3 hours"):
        best_match([candidate("Mix", 4 * 3600)])


def test_a_playlist_keeps_its_order_and_its_gaps(youtube):
    youtube.catalogue.add("first000001", title="First", length=100)
    youtube.catalogue.add("private0001", title="[Private video]", length=0)
    youtube.catalogue.add("radio000001", title="Radio", length=0, live="isLive")
    youtube.catalogue.add("last0000001", title="Last", length=200)
    ids = ["first000001", "private0001", "gone0000001", "radio000001", "last0000001", "first000001"]
    youtube.catalogue.set(playlists={"PLmix": ids})
    entries = playlist(resolve("https://www.youtube.com/playlist?list=PLmix"))
    assert [entry.title for entry in entries] == [
        "First",
        "[Private video]",
        "[Deleted video]",
        "Radio",
        "Last",
        "First",
    ]
    assert [entry.link.partition("=")[2] for entry in entries] == ids
    assert [entry.error.kind if entry.error else None for entry in entries] == [None, *["download"] * 3, None, None]


@pytest.mark.parametrize(("ids", "words"), [(None, "cannot be opened"), ([], "is empty")])
def test_a_playlist_that_is_not_there_or_empty(youtube, ids, words):
    youtube.catalogue.set(playlists={} if ids is None else {"PLx": ids})
    with pytest.raises(SourceError, match=words) as caught:
        playlist(resolve("https://www.youtube.com/playlist?list=PLx"))
    assert caught.value.kind == "download"


# ---- what YouTube says about a video


@pytest.mark.parametrize(
    ("playability", "words"),
    [
        ({**LOGIN, "reason": "Private video. Sign in if you've been granted access to this video"}, "is private"),
        ({**ERROR, "reason": "This video has been removed by the uploader"}, "has been removed"),
        ({**ERROR, "reason": "Video unavailable"}, "has been removed or is not available"),
        (
            {**ERROR, "reason": "This video is no longer available because the YouTube account has been terminated."},
            "has been removed",
        ),
        ({**LOGIN, "reason": "Sign in to confirm your age"}, r"age-restricted; .*--cookies-from-browser NAME"),
        (
            {
                "status": "UNPLAYABLE",
                "reason": "Video unavailable",
                "errorScreen": {
                    "playerErrorMessageRenderer": {
                        "reason": {"simpleText": "Video unavailable"},
                        "subreason": {"simpleText": REGION},
                    }
                },
            },
            "not available in your region",
        ),
        (
            {"status": "UNPLAYABLE", "reason": "Join this channel to get access to members-only content."},
            r"for paying members .*--cookies-from-browser NAME",
        ),
        ({"status": "LIVE_STREAM_OFFLINE", "reason": "This live event will begin in 3 hours."}, "has not begun yet"),
        ({"status": "LIVE_STREAM_OFFLINE", "reason": "Premieres in 2 days"}, "has not begun yet"),
        ({"status": "UNPLAYABLE", "reason": "This live stream recording is not available."}, "without a recording"),
        (
            {**LOGIN, "reason": "Sign in to confirm you\u2019re not a bot"},
            r"not a robot; .*--cookies-from-browser NAME",
        ),
        ({"status": "UNPLAYABLE", "reason": "This content isn't available, try again later."}, "limits how much"),
        ({"status": "UNPLAYABLE", "reason": "This video requires payment to watch."}, "must be paid for"),
        ({"status": "UNPLAYABLE", "reason": "Please sign in"}, "signed in; .*--cookies-from-browser NAME"),
    ],
)
def test_what_youtube_refuses_becomes_a_sentence(youtube, playability, words):
    link = youtube.catalogue.add(SONG, playability=playability)
    error = failure(youtube, link)
    assert error.kind == "download"
    assert re.search(words, str(error)), str(error)


def test_a_reason_nobody_knows_is_passed_on_cleaned(youtube):
    playability = {"status": "ERROR", "reason": "The cat\x1b[31m sat on it\n"}
    error = failure(youtube, youtube.catalogue.add(SONG, playability=playability))
    assert "The cat sat on it" in str(error) and error.kind == "download"


@pytest.mark.parametrize(("live", "words"), [("isLive", "is a live stream"), ("isUpcoming", "has not begun yet")])
def test_streams_are_refused_before_anything_is_downloaded(youtube, live, words):
    link = youtube.catalogue.add(SONG, media=youtube.media.url("whole", "song.webm"), live=live)
    error = failure(youtube, link)
    assert words in str(error) and error.kind == "download"
    assert not youtube.media.seen


def test_more_than_three_hours_are_refused_before_anything_is_downloaded(youtube):
    link = youtube.catalogue.add(SONG, media=youtube.media.url("whole", "song.webm"), length=3 * 3600 + 1)
    assert "at most 3" in str(failure(youtube, link))
    assert not youtube.media.seen


def test_a_missing_javascript_runtime_is_named(youtube, monkeypatch):
    monkeypatch.setattr("yt_dlp.utils._jsruntime._find_exe", lambda name: str(youtube.temporary / "no-such-program"))
    link = youtube.catalogue.add(SONG)  # no format can be read without the runtime
    error = failure(youtube, link)
    assert "JavaScript runtime" in str(error) and 'pip install -U "yt-dlp[default,deno]"' in str(error)
    assert error.kind == "download"


@pytest.mark.parametrize("more", [{"fault": "changed"}, {}])
def test_an_outdated_downloader_is_told_how_to_update(youtube, more):
    error = failure(youtube, youtube.catalogue.add(SONG, **more))
    assert 'python -m pip install -U "yt-dlp[default,deno]"' in str(error)
    assert error.kind == "download"


def test_a_missing_package_is_told_how_to_install(youtube, monkeypatch):
    ytdlp_module.client_class.cache_clear()
    monkeypatch.setitem(sys.modules, "yt_dlp.plugins", None)
    try:
        assert "install it with" in str(failure(youtube, youtube.catalogue.add(SONG)))
    finally:
        ytdlp_module.client_class.cache_clear()


# ---- what happens on the way


@pytest.mark.parametrize(
    ("what", "name", "words", "kind"),
    [
        ("cut", "song.webm", "interrupted", "network"),
        ("status", "403", r"refused the download \(403\)", "download"),
        ("status", "404", "is gone", "download"),
        ("status", "429", "too many requests", "download"),
        ("status", "503", "problem of its own", "network"),
        ("empty", "", "empty", "download"),
        ("whole", "noise", "is broken", "download"),
    ],
)
def test_a_download_that_fails_becomes_a_sentence(youtube, what, name, words, kind):
    youtube.media.files["noise"] = bytes(range(256)) * 100
    error = failure(youtube, youtube.catalogue.add(SONG, media=youtube.media.url(what, name)))
    assert re.search(words, str(error)), str(error)
    assert error.kind == kind


@pytest.mark.parametrize("what", ["stall", "silence"])
def test_a_network_that_stalls_is_given_up(youtube, monkeypatch, what):
    monkeypatch.setattr("musicgenre.sources.ytdlp.SOCKET_TIMEOUT_S", 0.3)
    error = failure(youtube, youtube.catalogue.add(SONG, media=youtube.media.url(what, "song.webm")))
    assert "did not answer in time" in str(error) and error.kind == "network"


def test_no_network_is_named(youtube, monkeypatch):
    def nowhere(*_args, **_kwargs):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    link = youtube.catalogue.add(SONG, page="https://www.youtube.com/watch")
    error = failure(youtube, link)
    assert "cannot be reached" in str(error) and error.kind == "network"


def test_a_server_that_is_down_is_named(youtube):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}/x"
        error = failure(youtube, youtube.catalogue.add(SONG, media=address))
    assert "cannot be reached" in str(error) and error.kind == "network"


def test_more_than_the_disk_should_take_is_an_error_not_a_success(youtube, monkeypatch):
    monkeypatch.setattr("musicgenre.sources.download.MAX_BYTES", 1000)
    error = failure(youtube, youtube.catalogue.add(SONG, media=youtube.media.url("whole", "song.webm")))
    assert "sent no sound" in str(error) and error.kind == "download"


def test_a_full_disk_is_named(youtube, monkeypatch):
    def full(self, *_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("yt_dlp.downloader.http.HttpFD.sanitize_open", full)
    error = failure(youtube, youtube.catalogue.add(SONG, media=youtube.media.url("whole", "song.webm")))
    assert "free some space" in str(error)


# ---- where requests may go


@pytest.mark.parametrize(
    "address",
    [
        "http://www.youtube.com/x",
        "https://evil.com/x",
        "https://youtube.com.evil.com/",
        "https://notyoutube.com/",
        "https://x@www.youtube.com/",
        "https://www.youtube.com:444/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://10.0.0.1/",
        "http://localhost/",
        "http://192.168.0.1/",
        "http://127.0.0.2/",
        "https://www.google.com/",
        "file:///etc/passwd",
        "https://[broken/",
        "",
    ],
)
def test_requests_only_go_to_youtube(address, monkeypatch):
    monkeypatch.setenv("GENRE_TEST_MEDIA_HOST", "127.0.0.1")
    assert check_address(address)
    monkeypatch.setenv("GENRE_TEST_MEDIA_HOST", "192.168.0.1")  # no loopback address, so it counts for nothing
    assert check_address(address)
    assert check_address("http://127.0.0.1:8000/x")


@pytest.mark.parametrize("host", ["www.youtube.com", "rr1---sn-x.googlevideo.com", "i.ytimg.com", "music.youtube.com"])
def test_requests_to_youtube_pass(host):
    assert check_address(f"https://{host}/x?y=z") is None
    assert check_address(f"https://{host}:443/x") is None


@pytest.mark.parametrize(
    "target",
    ["http://localhost:{}/whole/song.webm", "https://evil.example/x", "http://127.0.0.2/x", "file:///etc/passwd"],
)
def test_a_redirect_away_from_youtube_is_refused(youtube, target):
    to = target.format(youtube.media.address[1])
    error = failure(youtube, youtube.catalogue.add(SONG, media=youtube.media.url("redirect", to=to)))
    assert error.kind == "not_allowed" and "does not visit" in str(error)
    assert [path.split("?")[0] for path in youtube.media.seen] == ["/redirect/"]


def test_media_from_elsewhere_is_refused_outside_tests(youtube, monkeypatch):
    monkeypatch.delenv("GENRE_TEST_MEDIA_HOST")
    error = failure(youtube, youtube.catalogue.add(SONG, media=youtube.media.url("whole", "song.webm")))
    assert error.kind == "not_allowed" and "127.0.0.1" in str(error)
    assert not youtube.media.seen


def test_a_robot_page_of_google_is_understood(youtube):
    media = youtube.media.url("redirect", to="https://www.google.com/sorry/index")
    error = failure(youtube, youtube.catalogue.add(SONG, media=media))
    assert "not a robot" in str(error) and "--cookies-from-browser NAME" in str(error)


def test_folders_of_the_user_change_nothing(youtube, tmp_path, monkeypatch):
    """Neither configuration files nor plugins there are read."""
    home = tmp_path / "home"
    plugin = home / ".config" / "yt-dlp" / "plugins" / "evil" / "yt_dlp_plugins" / "extractor" / "evil.py"
    plugin.parent.mkdir(parents=True)
    plugin.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    (home / ".config" / "yt-dlp" / "config").write_text(f"--proxy http://127.0.0.1:1\n-o {tmp_path / 'out'}\n")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    link = youtube.catalogue.add(SONG, media=youtube.media.url("whole", "song.webm"))
    script = f"from musicgenre.sources import download as y\nwith y.fetch({link!r}) as d: print(d.title)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "A Song\n", done.stderr
    assert not (tmp_path / "ran").exists() and not (tmp_path / "out").exists()
    assert not list(home.rglob("*cache*"))


def test_cookies_of_an_unknown_browser(youtube):
    link = youtube.catalogue.add(SONG)
    with pytest.raises(SourceError, match="no browser whose cookies"), fetch(link, cookies_from_browser="--exec"):
        pass


def test_cookies_that_cannot_be_read(youtube, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    link = youtube.catalogue.add(SONG)
    with (
        pytest.raises(SourceError, match="cookies of that browser could not be read"),
        fetch(link, cookies_from_browser="firefox"),
    ):
        pass


# ---- stopping


def stop_after(seconds):
    """Return a `cancelled` that comes true then, and a function that returns the time since."""
    start = time.monotonic() + seconds
    return (lambda: time.monotonic() >= start), (lambda: time.monotonic() - start)


def test_cancel_during_search_returns_at_once(youtube):
    youtube.catalogue.set(search_delay_s=2)
    cancelled, since = stop_after(0.5)
    with pytest.raises(Cancelled):
        search("a song", task=Task(cancelled=cancelled))
    assert since() < 0.3


def test_cancel_during_the_listing_of_a_playlist_returns_at_once(youtube):
    youtube.catalogue.set(playlist_delay_s=2)
    cancelled, since = stop_after(0.5)
    with pytest.raises(Cancelled):
        playlist(resolve("https://www.youtube.com/playlist?list=PLx"), task=Task(cancelled=cancelled))
    assert since() < 0.3


@pytest.mark.parametrize(("what", "delay_s"), [("whole", 1), ("slow", 0), ("stall", 0), ("silence", 0)])
def test_cancel_leaves_nothing_at_any_stage_of_a_download(youtube, what, delay_s):
    link = youtube.catalogue.add(SONG, media=youtube.media.url(what, "song.webm"), delay_s=delay_s)
    cancelled, since = stop_after(0.8)
    with pytest.raises(Cancelled), fetch(link, task=Task(cancelled=cancelled)):
        pytest.fail("the download cannot have finished")
    assert since() < 0.3
    assert not youtube.left_behind()
    youtube.media.closing.set()  # the thread that was left behind comes to its end, and makes no file again
    assert wait_until(lambda: not [t for t in threading.enumerate() if t.name == "yt-dlp"])
    assert not youtube.left_behind()


def test_an_interrupt_from_the_keyboard_leaves_nothing(youtube):
    link = youtube.catalogue.add(SONG, media=youtube.media.url("slow", "song.webm"))

    def interrupted():
        if any(path.suffix == ".part" for path in youtube.temporary.rglob("*")):
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt), fetch(link, task=Task(cancelled=interrupted)):
        pass
    assert not youtube.left_behind()


def test_cancel_while_decoding(youtube):
    link = youtube.catalogue.add(SONG, media=youtube.media.url("whole", "song.webm"))
    with pytest.raises(Cancelled), fetch(link) as download:
        read_download(download, task=Task(cancelled=lambda: True))
    assert not youtube.left_behind()


# ---- the preview


@pytest.fixture
def answers(youtube, monkeypatch):
    monkeypatch.setattr("musicgenre.sources.youtube.OEMBED_URL", youtube.media.url("whole", "oembed"))
    monkeypatch.setattr("musicgenre.sources.youtube.THUMBNAIL_URL", youtube.media.url("whole", "{}.jpg"))
    youtube.media.files["oembed"] = json.dumps({"title": "A\x1b[31m Song", "author_name": "Channel"}).encode()
    youtube.media.files[f"{SONG}.jpg"] = b"\xff\xd8\xff" + b"x" * 100
    return youtube


def test_the_preview_has_title_channel_and_picture(answers):
    shown = preview(resolve(f"youtu.be/{SONG}"))
    assert (shown.title, shown.channel) == ("A Song", "Channel")
    assert shown.thumbnail == answers.media.files[f"{SONG}.jpg"]


def test_a_picture_that_is_none_is_left_out(answers):
    answers.media.files[f"{SONG}.jpg"] = b"<html>"
    assert preview(resolve(f"youtu.be/{SONG}")).thumbnail is None


@pytest.mark.parametrize(
    "what", ["status/404", "silence/x", "whole/nonsense", "whole/list", "redirect/?to=https://evil.example/x"]
)
def test_no_preview_is_no_error(answers, monkeypatch, what):
    answers.media.files.update({"nonsense": b"\xff<", "list": b"[1]"})
    address = answers.media.url("").rstrip("/") + "/" + what
    monkeypatch.setattr("musicgenre.sources.youtube.OEMBED_URL", address)
    monkeypatch.setattr("musicgenre.sources.youtube.THUMBNAIL_URL", address)
    monkeypatch.setattr("musicgenre.sources.youtube.PREVIEW_TIMEOUT_S", 0.5)
    start = time.monotonic()
    assert preview(resolve(f"youtu.be/{SONG}")) is None
    assert time.monotonic() - start < 1
    assert preview(resolve("a title")) is None

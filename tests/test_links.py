"""What a pasted text means: every form of YouTube's links, titles, files, and nothing else."""

import pytest

from functions_audio import SourceError
from functions_links import Source, resolve, video_source
from functions_text import clean_text, clean_title, csv_cell

ID = "dQw4w9WgXcQ"
LINK = f"https://www.youtube.com/watch?v={ID}"


@pytest.mark.parametrize(
    ("text", "start_s"),
    [
        (LINK, 0),
        (f"  {LINK}\n", 0),
        (f"HTTPS://WWW.YOUTUBE.COM/watch?v={ID}", 0),
        (f"http://youtube.com/watch?v={ID}", 0),
        (f"youtube.com/watch?v={ID}", 0),
        (f"//www.youtube.com/watch?v={ID}", 0),
        (f"https://youtu.be/{ID}?si=abc&t=90", 90),
        (f"youtu.be/{ID}?t=1h2m3s", 3723),
        (f"https://www.youtube.com/shorts/{ID}?feature=share", 0),
        (f"https://m.youtube.com/watch?app=desktop&v={ID}#t=1m5s", 65),
        (f"https://www.youtube.com/embed/{ID}?start=12", 12),
        (f"https://www.youtube-nocookie.com/embed/{ID}", 0),
        (f"https://www.youtube.com/live/{ID}?t=2:03", 123),
        (f"https://www.youtube.com/v/{ID}", 0),
        (f"{LINK}&t=90s", 90),
        (f"{LINK}&t=2m", 120),
        (f"{LINK}&t=1.5", 1.5),
        (f"{LINK}&t=soon", 0),
        (f"{LINK}&t=-5", 0),
        (f"https://www.youtube.com/attribution_link?a=x&u=%2Fwatch%3Fv%3D{ID}%26t%3D7", 7),
    ],
)
def test_every_form_of_a_link_becomes_the_same_video(text, start_s):
    assert resolve(text) == Source("video", LINK, start_s, ID)


def test_a_link_from_a_playlist_is_the_video_and_remembers_the_list():
    assert resolve(f"https://music.youtube.com/watch?v={ID}&list=RDAMVM&t=3") == Source("video", LINK, 3, ID, "RDAMVM")


@pytest.mark.parametrize(
    "text",
    [
        "https://www.youtube.com/playlist?list=PLabc_1-2",
        "music.youtube.com/playlist?list=PLabc_1-2&si=x",
        "https://www.youtube.com/watch?list=PLabc_1-2",
        "https://www.youtube.com/embed/videoseries?list=PLabc_1-2",
        "https://music.youtube.com/browse/VLPLabc_1-2",
    ],
)
def test_a_playlist_link_is_built_again(text):
    expected = "https://www.youtube.com/playlist?list=PLabc_1-2"
    assert resolve(text) == Source("playlist", expected, playlist_id="PLabc_1-2")


@pytest.mark.parametrize(
    "text",
    [
        "https://youtube.com@evil.com/watch?v=" + ID,
        "https://evil@www.youtube.com/watch?v=" + ID,
        "https://a:b@www.youtube.com/watch?v=" + ID,
        "https://www.youtube.com:8080/watch?v=" + ID,
        "https://www.youtube.com.evil.com/watch?v=" + ID,
        "https://www.youtube.com./watch?v=" + ID,
        "https://wwwyoutube.com/watch?v=" + ID,
        "https://evil.com/www.youtube.com/watch?v=" + ID,
        "https://www.youtube.com\\@evil.com/watch?v=" + ID,
        "https://%79outube.com/watch?v=" + ID,
        "https://www.y\u043eutube.com/watch?v=" + ID,  # a Cyrillic o
        "www.y\u043eutube.com/watch?v=" + ID,
        "https://\uff59outube.com/watch?v=" + ID,  # a full-width y
        "youtube\u3002com/watch?v=" + ID,  # an ideographic full stop
        "https://xn--yutube-wqf.com/watch?v=" + ID,
        "h\u200bttp://evil.com",
        "ftp://youtube.com/watch?v=" + ID,
        "https:/youtube.com/watch?v=" + ID,
        "https:youtube.com/watch?v=" + ID,
        "//evil.com/x",
        "file:///etc/passwd",
        "file:/etc/song.mp3",
        "FILE:song",
        "javascript:alert(1)",
        "data:text/html,<b>a song</b>",
        "ytsearch5:a",
        "rtmp://host/x",
        "http://127.0.0.1/x",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://[::1]/",
        "127.0.0.1",
        "127.0.0.1:8000/a.mp3",
        "127.1/x",
        "2130706433/x",
        "0x7f000001/x",
        "[::1]/x",
        "localhost:8000",
        "localhost/x",
        "printer.local/x",
        "evil.com/watch?v=" + ID,
        "evil.com/song.mp3",
        "user@host.org/x",
        "example.com",
        "soundcloud.com/artist/song",
        "https://vimeo.com/12345",
        "https://www.youtube.com/",
        "youtube.com",
        "https://www.youtube.com/@artist",
        "https://www.youtube.com/channel/UC123",
        "https://www.youtube.com/watch?v=short",
        f"https://youtu.be/{ID}@evil.com",
        "https://www.youtube.com/redirect?q=https://evil.com",
        "https://www.youtube.com/attribution_link?u=https://evil.com",
        f"{LINK} --exec rm",
        f"{LINK}\nhttps://evil.com",
        "https://",
    ],
)
def test_what_looks_like_a_link_and_is_not_youtube_is_refused(text, monkeypatch):
    monkeypatch.setenv("GENRE_TEST_MEDIA_HOST", "127.0.0.1")  # changes nothing about what may be pasted
    with pytest.raises(SourceError) as caught:
        resolve(text)
    assert caught.value.kind == "not_allowed"
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "AC/DC - Thunderstruck",
        "will.i.am",
        "Mr. Brightside",
        "Re: Stacks",
        "1999",
        "99.9",
        "3:16",
        "24/7",
        "t.A.T.u. All the Things She Said",
        "Outkast:Hey Ya",
        "R.E.M./Losing My Religion",
        "A.D.I.D.A.S.",
        "--exec rm -rf x",
        "\u6d77\u9614\u5929\u7a7a",
    ],
)
def test_titles_are_titles_however_odd(text):
    assert resolve(text) == Source("search", text)


def test_a_title_is_searched_for_without_its_control_characters():
    assert resolve("a\x1b[31m song\x07\u202e\n") == Source("search", "a song")


def test_files_and_folders_come_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "example.com").write_text("x")
    assert resolve("example.com") == Source("file", "example.com")
    assert resolve(tmp_path) == Source("folder", str(tmp_path))
    assert not resolve(tmp_path).is_online
    assert resolve(LINK).is_online


@pytest.mark.parametrize("text", ["missing.mp3", "/no/such", "./abc", "~/abc", "C:\\music\\a.wav", "my.songs/one.ogg"])
def test_what_can_only_be_a_file_is_not_searched_for(text):
    with pytest.raises(SourceError, match="no file or folder") as caught:
        resolve(text)
    assert caught.value.kind == "not_found"


@pytest.mark.parametrize("text", ["", "  \n", "--", "...", "\x00\x1b", "x" * 5000])
def test_nothing_to_go_by_is_an_error(text):
    with pytest.raises(SourceError):
        resolve(text)


def test_only_eleven_plain_characters_make_a_video():
    for bad in ("", "short", "dQw4w9WgXcQ ", "dQw4w9WgXc/", "dQw4w9WgXcQQ", "dQw4w9WgXc\n"):
        with pytest.raises(SourceError):
            video_source(bad)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("a\x1b[31mb\x1b[0m", "ab"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred", "red"),
        ("one\r\ntwo\u2028three", "one  two three"),
        ("abc\u202edef\u2066\u200b", "abcdef"),
        ("\ud800x", "\ufffdx"),
        ("\u0645\u06cc\u200c\u062e", "\u0645\u06cc\u200c\u062e"),  # Persian is spelled with a joiner
    ],
)
def test_untrusted_text_loses_what_moves_a_terminal(text, clean):
    assert clean_text(text) == clean


def test_titles_are_single_spaced_and_short():
    assert clean_title("  a \n\n b ") == "a b"
    assert clean_title(None) == ""
    assert len(clean_title("x" * 1000)) == 300


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\t=1", "\x1b[0m=1", "\uff1d1"])
def test_a_spreadsheet_never_runs_a_cell(text):
    assert csv_cell(text).startswith("'")
    assert csv_cell("plain") == "plain"

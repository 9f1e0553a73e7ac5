"""What a pasted text means: every form of YouTube's links, titles, files, and nothing else."""

import re
import shlex

import pytest

from musicgenre.errors import SourceError
from musicgenre.sources.links import Source, resolve, seconds, video_source
from musicgenre.text import clean_text, clean_title, csv_cell

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


@pytest.mark.parametrize(
    ("text", "start_s"),
    [
        (f"https://youtu.be/{ID}&feature=share&t=7", 7),
        (f"https://www.youtube.com/v/{ID}&hl=en_US&fs=1&start=12", 12),
        (f"https://www.youtube.com/embed/{ID}&autoplay=1", 0),
        (f"youtu.be/{ID}?si=x?t=9", 9),
        (f"https://www.youtube.com/watch%3Fv%3D{ID}%26t%3D5", 5),
        (f"{LINK}&amp;t=90", 90),
        (f"{LINK}&amp;amp;feature=x&amp;amp;t=1:30", 90),
        (f"{LINK}&#38;t=3", 3),
        (f"https:\\/\\/youtu.be\\/{ID}\\?t\\=4", 4),
        (f"<{LINK}>", 0),
        (f"({LINK}).", 0),
        (f"\u201c{LINK}&t=2m\u201d,", 120),
        (f"'{LINK}'", 0),
        (f"[a song]({LINK})", 0),
        (f"{LINK}...", 0),
        (f"{LINK}\u3002", 0),
        (f"{LINK}\u2026", 0),
        (f"\ufeff{LINK}\u200b", 0),
        (f"\u200e{LINK}\u2060.\u200b", 0),
        (f"https://youtu.be/\u200b{ID}\u200b?t=90", 90),
        (f"https://www.youtube.com/#/watch?v={ID}", 0),
        (f"https://www.youtube.com/watch#!v={ID}", 0),
        (f"https://www.youtube.com/?v={ID}&t=1h", 3600),
        (f"https://www.youtube.com/watch_popup?v={ID}", 0),
        (f"https://youtu.be/watch?v={ID}&t=4", 4),
        (f"https://youtu.be/shorts/{ID}", 0),
        (f"https://www.youtube.com/attribution_link?u=https%3A%2F%2Fyoutube.com%2Fwatch%3Fv%3D{ID}", 0),
        (f"https://consent.youtube.com/m?continue=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3D{ID}%26t%3D8&gl=DE", 8),
        (f"https://consent.youtube.com/ml?continue=https%3A%2F%2Fyoutu.be%2F{ID}", 0),
        (f"https://www.youtube.com/signin?next=%2Fwatch%3Fv%3D{ID}", 0),
        (f"https://www.youtube.com/oembed?url=https%3A//youtube.com/watch%3Fv%3D{ID}", 0),
        (f"https://www.youtube.com/watch_videos?video_ids={ID}", 0),
        (f"{LINK}&t=1m30.5s", 90.5),
    ],
)
def test_a_link_that_mail_chat_or_a_shell_has_changed_is_the_same_video(text, start_s):
    assert resolve(text) == Source("video", LINK, start_s, ID)


@pytest.mark.parametrize("last", "-_aZ0")
def test_what_may_end_a_video_is_never_taken_for_punctuation(last):
    for behind in ("", ".", ")", "\u200b", "!?"):
        assert resolve(f"https://youtu.be/abcdefghij{last}{behind}").video_id == f"abcdefghij{last}"


@pytest.mark.parametrize("query", ["{},9bZkp7q19f0", "{}%2C9bZkp7q19f0&title=x", "{},9bZkp7q19f0."])
def test_a_link_to_several_videos_is_all_of_them(query):
    source = resolve("https://www.youtube.com/watch_videos?video_ids=" + query.format(ID))
    assert (source.kind, source.video_ids) == ("playlist", (ID, "9bZkp7q19f0"))


def test_a_link_to_several_videos_takes_as_many_as_youtube():
    ids = [f"{i:011d}" for i in range(51)]
    link = "https://www.youtube.com/watch_videos?video_ids="
    assert len(resolve(link + ",".join(ids[:50])).video_ids) == 50
    for bad in (",".join(ids), ID + ",short", ","):
        with pytest.raises(SourceError) as caught:
            resolve(link + bad)
        assert caught.value.kind == "not_allowed"


def test_a_clip_is_refused_with_what_to_paste_instead():
    for link in ("https://www.youtube.com/clip/UgkxABC", "youtube.com/clip/x?si=y.", "https://m.youtube.com/clip/x"):
        with pytest.raises(SourceError, match="paste the link of the whole video"):
            resolve(link)


@pytest.mark.parametrize(
    "page",
    [
        "consent.youtube.com/m?continue=https://evil.com/watch?v={}",
        "consent.youtube.com/m?continue=//evil.com/watch?v={}",
        "www.youtube.com/signin?next=https://youtube.com@evil.com/watch?v={}",
        "you\u00adtube.com/watch?v={}",
        "evil.com\\/www.youtube.com/watch?v={}",
    ],
)
def test_a_page_on_the_way_leads_nowhere_else(page):
    with pytest.raises(SourceError) as caught:
        resolve("https://" + page.format(ID))
    assert caught.value.kind == "not_allowed"


def test_pages_on_the_way_to_pages_end():
    from urllib.parse import quote

    link = LINK
    for _ in range(3):
        link = "https://www.youtube.com/signin?next=" + quote(link, safe="")
    assert resolve(link).video_id == ID
    with pytest.raises(SourceError):
        resolve("https://www.youtube.com/signin?next=" + quote(link, safe=""))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90", 90), ("90.5", 90.5), ("90s", 90), ("1:30", 90), ("1:02:03", 3723), ("0:01.5", 1.5), ("1m30s", 90),
        ("1h 2m", 3720), ("2H", 7200), ("", None), ("x", None), ("-1", None), ("1:", None), ("1:2:3:4", None),
    ],
)  # fmt: skip
def test_points_in_time(text, expected):
    assert seconds(text) == expected


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


QUOTED = [
    '"{}"',
    "'{}'",
    "\u201c{}\u201d",
    "\u201e{}\u201c",
    "\u00ab{}\u00bb",
    "`{}`",
    " '{}' \n",
    "& '{}'",
    "\u202a{}",
    "{}\n",
]


@pytest.mark.parametrize("quotes", QUOTED)
@pytest.mark.parametrize("name", ["my song.mp3", "it's \u65e5\u672c.flac", "100%.ogg", "no ending"])
def test_a_path_in_quotes_is_the_file(quotes, name, tmp_path):
    (tmp_path / name).write_text("")
    assert resolve(quotes.format(tmp_path / name)) == Source("file", str(tmp_path / name))
    assert resolve(quotes.format(tmp_path)) == Source("folder", str(tmp_path))


def test_a_path_as_a_shell_writes_it_is_the_file(tmp_path):
    path = tmp_path / "it's (1) \u2013 song.mp3"
    path.write_text("")
    for text in (shlex.quote(str(path)), re.sub(r"([ '()])", r"\\\1", str(path)) + " "):
        assert resolve(text) == Source("file", str(path))


def test_a_file_whose_name_has_quotes_is_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ('"a.mp3"', "a.mp3"):
        (tmp_path / name).write_text("")
    assert resolve('"a.mp3"').value == '"a.mp3"'
    assert resolve("'a.mp3'").value == "a.mp3"


PATHS = [
    "C:\\Users\\me\\Music\\song.mp3", "d:/music/a song", "C:Music\\my song", "D:", "\\\\nas\\music\\a song",
    "\\music\\x y",
    "/home/me/a song", "~/Music/a song", "~", "~me/x y", "./a song", "../a song", ".\\a song", "..\\x",
    "%USERPROFILE%\\Music\\x y", "$HOME/Music/x y", "$env:HOME\\x y", "file:///home/me/a song", "FILE:a song",
    "file: a song",
]  # fmt: skip


@pytest.mark.parametrize("files", [True, False])
@pytest.mark.parametrize("quotes", ["{}", *QUOTED])
@pytest.mark.parametrize("path", PATHS)
def test_a_path_is_never_searched_for(path, quotes, files, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "gone"))
    with pytest.raises(SourceError) as caught:
        resolve(quotes.format(path), files=files)
    assert caught.value.kind in ("not_found", "not_allowed")
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("files", [True, False])
@pytest.mark.parametrize("name", ["my song.mp3", "My Music/a.flac", "x y.WAV"])
def test_a_sound_file_in_quotes_is_never_searched_for(name, files):
    for quotes in ('"{}"', "'{}'", "\u201c{}\u201d", "\u00ab{}\u00bb"):
        with pytest.raises(SourceError, match="no file or folder"):
            resolve(quotes.format(name), files=files)


@pytest.mark.parametrize(
    "text",
    ["AC/DC", "24/7", "50/50", '"AC/DC"', "'39", "'Heroes'", '"Hey Jude"', "\u201cHelden\u201d", "$uicideboy$",
     "100% pure",
     "E: a song", "...Baby One More Time", ".5: The Gray Chapter", "N.W.A", "a/b/c d"],
)  # fmt: skip
def test_titles_that_look_a_little_like_paths_are_searched_for(text):
    assert resolve(text).kind == "search" and resolve(text, files=False).kind == "search"


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

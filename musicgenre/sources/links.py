"""What a user typed or pasted -> what it means: a file, a folder, a YouTube link, or words to search for.

Conventions
-----------
A link is taken apart and built again from the eleven characters of the video (or from the playlist's name), so
nothing else of the pasted text goes anywhere. What looks like a link but is none of YouTube's is refused;
whatever is left is a title.
"""

import contextlib
import os
import re
import shlex
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from musicgenre.audio.endings import AUDIO_SUFFIXES
from musicgenre.errors import SourceError
from musicgenre.text import clean_title

Kind = Literal["file", "folder", "video", "playlist", "search"]

YOUTUBE_HOSTS = frozenset(
    [f"{prefix}youtube.com" for prefix in ("", "www.", "m.", "music.", "gaming.", "consent.")]
    + [f"{prefix}youtube-nocookie.com" for prefix in ("", "www.")]
    + [f"{prefix}youtu.be" for prefix in ("", "www.")]
)

SHORT_HOSTS = frozenset(["youtu.be", "www.youtu.be"])

VIDEO_FOLDERS = frozenset(["shorts", "embed", "live", "v", "e", "vi", "watch"])  # /shorts/ID and its like

WATCH_FOLDERS = frozenset(["", "watch", "watch_popup", "movie"])  # /watch?v=ID and its like

# Pages on the way to a video, and the parameters that name it
WAY_PAGES = frozenset(["attribution_link", "oembed", "signin", "m", "ml", "verify_age", "supported_browsers"])

WAY_NAMES = ("u", "url", "continue", "next", "next_url")

MAX_WAY = 3  # such pages behind each other

MAX_VIDEOS = 50  # in a link to several, as on YouTube

CHANNEL_FOLDERS = frozenset(["channel", "c", "user"])

VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")

PLAYLIST_ID = re.compile(r"[A-Za-z0-9_-]{2,64}")

CLOCK = re.compile(r"(?:(\d{1,3})h)?(?:(\d{1,5})m)?(?:(\d{1,6}(?:\.\d{1,6})?)s?)?", re.IGNORECASE)

QUOTES = (
    "\"'`\u00b4\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f"
    "\u00ab\u00bb\u2039\u203a\u300c\u300d\u300e\u300f\uff02\uff07"
)

# Drive, server, root, home, this folder and the one above, a variable with a folder: C:x, \\\\x, /x, ~x, ./x, %HOME%\\x
PATH_START = re.compile(r"[A-Za-z]:(?!\s)|/(?!/)|\.{1,2}[\\/]|~|\\|%[\w()]+%[\\/]|\$(?:env:)?\{?\w+\}?[\\/]")

MAX_TEXT = 2000  # characters; nobody pastes a longer link or title on purpose

# Endings that make a word without a slash an address; "will.i.am" stays a name
ADDRESS_ENDINGS = frozenset(
    ("com net org info io tv be co uk de fr ru nl it es eu app dev xyz site online me local lan localhost").split()
)

SCHEMES = frozenset(
    (
        "http https ftp ftps sftp file data javascript vbscript blob about view-source mailto magnet rtmp "
        "rtmps rtsp mms ws wss smb nfs gopher ldap dict tel ssh git chrome"
    ).split()
)

# 127.0.0.1, 0177.0.0.1, 0x7f000001, [::1]
NUMERIC_HOST = r"(?:0x[0-9a-f]+|\d+)(?:\.(?:0x[0-9a-f]+|\d+)){3}|0x[0-9a-f]{6,}|\[[0-9a-f:.]*:[0-9a-f:.]*\]"

ADVICE = "paste the link of a YouTube video or playlist, or type a title"


@dataclass(frozen=True)
class Source:
    """One input, understood.

    Parameters
    ----------
    kind : str
        ``file``, ``folder``, ``video``, ``playlist`` or ``search``.
    value : str
        The path, the canonical link, or the words to search for.
    start_s : float
        Where a link asks to start (its ``t=``), in seconds.
    video_id, playlist_id : str or None
        YouTube's names. A video that was opened from a playlist has both, and is a video.
    video_ids : tuple of str
        Of a playlist that stands in its own link; YouTube need not be asked for it.
    """

    kind: Kind
    value: str
    start_s: float = 0.0
    video_id: str | None = None
    playlist_id: str | None = None
    video_ids: tuple[str, ...] = ()

    @property
    def is_online(self) -> bool:
        """Whether YouTube has to be asked."""
        return self.kind in ("video", "playlist", "search")


def video_source(video_id: str, *, start_s: float = 0.0, playlist_id: str | None = None) -> Source:
    """Return the source of one video from its eleven characters."""
    if not VIDEO_ID.fullmatch(video_id):
        raise SourceError(f"{clean_title(video_id)!r} is not the name of a YouTube video; {ADVICE}", "not_allowed")
    return Source("video", f"https://www.youtube.com/watch?v={video_id}", start_s, video_id, playlist_id)


def resolve(text: str | Path, *, files: bool = True) -> Source:
    """Say what an input is.

    Parameters
    ----------
    text : str or path-like
        An existing file or folder, a YouTube link in any of its forms, or a title.
    files : bool
        Whether it may be a file or folder at all.

    Raises
    ------
    SourceError
        ``not_allowed`` for everything that looks like a link and is not one to YouTube, ``not_found`` for what can
        only be a file and is not there, and for nothing at all.
    """
    written = str(text)
    line = _visible(written)
    if files and (path := _existing(written, line)):
        return Source("folder" if path.is_dir() else "file", str(path))
    if not line:
        raise SourceError("the input is empty; give a file, a folder, a YouTube link or a title")
    if len(line) > MAX_TEXT:
        raise SourceError(f"the input has {len(line)} characters; {ADVICE}", "not_allowed")
    inner = line.strip(QUOTES + " ")
    absent = SourceError(f"there is no file or folder {clean_title(inner)!r}; check the spelling and the folder")
    bare = line.lstrip(QUOTES + "& ")  # "& 'C:\\song.mp3'" is PowerShell's way to write a path
    if PATH_START.match(bare):
        if files:
            raise absent
        raise SourceError(f"{clean_title(inner)!r} is a path and no title; leave --search out", "not_allowed")
    parts = _youtube_parts(_bare_link(written.strip()))
    if parts:
        return _youtube_source(parts)
    if bare.lower().startswith("file:") or _looks_like_link(line) or _looks_like_link(bare):
        raise SourceError(f"{clean_title(line, limit=80)!r} is not a link to YouTube; {ADVICE}", "not_allowed")
    is_quoted = line[0] in QUOTES and line[-1] in QUOTES
    if (files or is_quoted) and _is_sound_file(inner):
        raise absent
    words = clean_title(line)
    if not any(character.isalnum() for character in words):
        raise SourceError(f"{words!r} has no words to search for; {ADVICE}")
    return Source("search", words)


def input_name(text: str, source: Source) -> str:
    """Return what to call an input: as it was given, or a file's path where that stood in quotes."""
    if source.kind in ("file", "folder") and Path(text) != Path(source.value):
        return source.value
    return text


def given_path(text: str | Path) -> Path:
    """Return the path that a text means: as it is if that exists, or without the quotes and signs put around it."""
    written = str(text)
    line = _visible(written)
    if found := _existing(written, line):
        return found
    inner = line.lstrip("& ")
    is_quoted = len(inner) > 2 and inner[0] in QUOTES and inner[-1] in QUOTES
    return Path(inner[1:-1].strip() if is_quoted else written)


def _visible(text: str) -> str:
    """Return text without the space around it and without characters that show nothing (U+202A before a path)."""
    return (
        "".join(c for c in text if unicodedata.category(c) != "Cf" or c in "\u200c\u200d").strip().strip("\u200c\u200d")
    )


def _existing(written: str, line: str) -> Path | None:
    """Return the file or folder that a text names: as it is, in quotes, or as a shell writes it."""
    readings = [written, line]
    inner = line.lstrip("& ")
    if len(inner) > 2 and inner[0] in QUOTES and inner[-1] in QUOTES:
        readings.append(inner[1:-1])
        readings.append(inner[1:-1].strip())
    if "\\" in line and os.name != "nt" or "'" in line:
        with contextlib.suppress(ValueError):
            words = shlex.split(line)
            readings += words if len(words) == 1 else []
    for reading in readings:
        try:
            path = Path(reading).expanduser()
            if reading.strip() and path.exists():
                return path
        except (OSError, ValueError, RuntimeError):
            pass  # no possible name of a file: too long, a null character, an unknown user's home
    return None


def _is_sound_file(line: str) -> bool:
    """Whether text ends like the name of a sound file."""
    return Path(line).suffix.lower() in AUDIO_SUFFIXES


def is_address(text: str) -> bool:
    """Whether text is one web address, as a page or a browser writes it; `resolve` sees through more disguises."""
    start = text.lower().startswith(("http://", "https://", *(f"{host}/" for host in YOUTUBE_HOSTS)))
    return start and not any(character.isspace() for character in text)


def _looks_like_link(line: str) -> bool:
    """Whether text means an address of any kind, however it is disguised."""
    plain = unicodedata.normalize("NFKC", line).casefold().replace("\u3002", ".")  # full-width letters, ideographic dot
    plain = "".join(character for character in plain if unicodedata.category(character)[0] != "C").replace("\\", "/")
    words = plain.split()
    if "://" in plain or plain.startswith("//") or not words:
        return True
    scheme = re.match(r"([a-z][a-z0-9+.-]*):\S", plain)
    if scheme and (scheme[1] in SCHEMES or len(words) == 1):  # file:x, ytsearch:x, host:80; but "Re: Stacks" is a song
        return True
    host, slash, _ = re.sub(r"[?#]", "/", words[0]).partition("/")
    if not slash and len(words) > 1:
        return False
    host = re.sub(r":\d*$", "", host.rpartition("@")[2]).rstrip(".")
    if re.fullmatch(NUMERIC_HOST, host) or (slash and re.fullmatch(r"\d{5,}|\d+(?:\.\d+){1,3}", host)):
        return True
    ending = host.rpartition(".")[2]
    if host == ending:
        return host == "localhost"
    folder_like = not slash or _is_sound_file(line)  # "my.songs/one.mp3" is a file that is not there
    return ending in ADDRESS_ENDINGS or (not folder_like and bool(re.fullmatch(r"[^\W\d_]{2,}|xn--.*", ending)))


def _bare_link(line: str) -> str:
    """Return a link without what mail, chat, HTML and shells put around it and behind its host."""
    hidden = "".join(c for c in line if unicodedata.category(c) == "Cf")
    line = line.strip(hidden + " ")
    if markdown := re.fullmatch(r"\[[^\]]*\]\((\S+)\)\W*", line):
        line = markdown[1]
    while line and (unicodedata.category(line[0]) in ("Pe", "Pf", "Pi", "Ps") or line[0] in "<>`\u00b4\"' " + hidden):
        line = line[1:]
    host = re.match(r"(?:\w+:)?(?:\\?/){0,2}[^/\\?#&]*", line)
    head, tail = (host[0], line[host.end() :]) if host else ("", line)
    tail = "".join(c for c in tail if c not in hidden)
    tail = re.sub(r"&(?:amp;|#38;|#x26;)+", "&", tail, flags=re.IGNORECASE)
    line = re.sub(r"\\([?=&/])", r"\1", head + tail)  # https:\/\/youtu.be\/ID\?t\=90
    line = re.sub(r"&(?:lt|gt|quot|#39|#34);?$", "", line)
    while line and (unicodedata.category(line[-1]) in ("Po", "Pe", "Pf", "Pi", "Ps") or line[-1] in "<>`\u00b4 "):
        line = line[:-1]
    return line


def _youtube_parts(line: str) -> SplitResult | None:
    """Return the parts of a well-formed link to one of YouTube's hosts, or None."""
    if not re.match(r"https?://", line, re.IGNORECASE):
        # Browsers hide the scheme, so links come without it.
        host = re.split(r"[/?#]", line.removeprefix("//"), maxsplit=1)[0].lower()
        if host not in YOUTUBE_HOSTS:
            return None
        line = "https://" + line.removeprefix("//")
    if re.search(r"[\s\\<>\"'`{}|^]", line) or any(unicodedata.category(character)[0] == "C" for character in line):
        return None
    try:
        parts = urlsplit(line)
        ours = parts.netloc.lower() in YOUTUBE_HOSTS  # no name, no port, no other spelling of the host
    except ValueError:
        return None
    return parts if ours else None


def _tidy(parts: SplitResult) -> SplitResult:
    """Return a link with its parameters in their place, from /ID&t=5, ?a=1?t=5, %3Fv=ID or #/watch?v=ID."""
    path, query, fragment = unquote(parts.path), parts.query, parts.fragment
    if video := re.match(r"!?/?(?:watch[^?]*\?|!?)(v=.*)", fragment):
        path, query, fragment = "/watch", f"{query}&{video[1]}", ""
    path, mark, more = re.sub(r"[?&]", "?", path, count=1).partition("?")
    query = f"{more}&{query}" if mark else query
    return parts._replace(path=path, query=query.replace("?", "&"), fragment=fragment)


def _youtube_source(parts: SplitResult, *, depth: int = 0) -> Source:
    """Return the source behind a link to YouTube."""
    if way := _way(parts, depth):
        return _youtube_source(way, depth=depth + 1)
    parts = _tidy(parts)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    fragment = {key: values[0] for key, values in parse_qs(parts.fragment).items()}
    folders = [folder for folder in parts.path.split("/") if folder]
    first = folders[0].lower() if folders else ""
    start = next((query[key] for key in ("t", "start", "time_continue") if key in query), fragment.get("t", ""))
    playlist = query.get("list", "")
    playlist_id = playlist if PLAYLIST_ID.fullmatch(playlist) else None
    video = ""
    if first == "watch_videos" and query.get("video_ids"):
        return _several(query["video_ids"].split(","))
    if first == "clip":
        raise SourceError(
            "this link leads to a clip, a part of a video; open it and paste the link of the whole video instead",
            "not_allowed",
        )
    if first in WATCH_FOLDERS and "v" in query:
        video = query["v"]
    elif first in VIDEO_FOLDERS and len(folders) > 1 and folders[1] != "videoseries":
        video = folders[1]
    elif parts.netloc.lower() in SHORT_HOSTS and first != "playlist":
        video = folders[0] if folders else ""
    elif first == "browse" and len(folders) > 1 and folders[1].startswith("VL"):
        playlist_id = folders[1][2:] if PLAYLIST_ID.fullmatch(folders[1][2:]) else None  # YouTube Music's own form
    if VIDEO_ID.fullmatch(video):
        return video_source(video, start_s=seconds(start) or 0.0, playlist_id=playlist_id)
    if video:
        raise _incomplete(video)
    if playlist_id and first in ("playlist", "watch", "embed", "browse"):
        return Source("playlist", f"https://www.youtube.com/playlist?list={playlist_id}", playlist_id=playlist_id)
    is_channel = first.startswith("@") or first in CHANNEL_FOLDERS
    what = "a channel" if is_channel else "a page of YouTube without a video"
    raise SourceError(f"this link leads to {what}; {ADVICE}", "not_allowed")


def _way(parts: SplitResult, depth: int) -> SplitResult | None:
    """Return the link to YouTube that a page on the way to it names (consent, sign-in, attribution), or None."""
    if depth >= MAX_WAY or parts.path.strip("/").lower() not in WAY_PAGES:
        return None
    query = parse_qs(parts.query)
    for name in WAY_NAMES:
        target = query.get(name, [""])[0]
        if target.startswith("/") and not target.startswith("//"):
            target = "https://www.youtube.com" + target
        if found := _youtube_parts(target):
            return found
    return None


def _several(video_ids: list[str]) -> Source:
    """Return the videos of a link that names several."""
    wanted = [video_id for video_id in video_ids if video_id]
    if bad := next((video_id for video_id in wanted if not VIDEO_ID.fullmatch(video_id)), None):
        raise _incomplete(bad)
    if len(wanted) > MAX_VIDEOS:
        raise SourceError(f"the link names {len(wanted)} videos; at most {MAX_VIDEOS} are taken at once", "not_allowed")
    if len(wanted) == 1:
        return video_source(wanted[0])
    if not wanted:
        raise SourceError(f"the link names no video; {ADVICE}", "not_allowed")
    link = "https://www.youtube.com/watch_videos?video_ids=" + ",".join(wanted)
    return Source("playlist", link, video_ids=tuple(wanted))


def _incomplete(video: str) -> SourceError:
    """Return the error of a link without a whole video."""
    return SourceError(f"the link's video {clean_title(video)!r} is incomplete; copy the link again", "not_allowed")


def seconds(text: str) -> float | None:
    """Return the seconds of a point in time: 90, 90s, 1m30s, 1h2m3s, 1:30 or 1:02:03.5; None for anything else."""
    text = "".join(text.split())
    if re.fullmatch(r"\d{1,4}(?::\d{1,2}){1,2}(?:\.\d{1,6})?", text):
        total = 0.0
        for part in text.split(":"):
            total = 60 * total + float(part)
        return total
    match = CLOCK.fullmatch(text)
    if not match or not text:
        return None
    hours, minutes, rest = (float(part or 0) for part in match.groups())
    return 3600 * hours + 60 * minutes + rest

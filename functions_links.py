"""What a user typed or pasted -> what it means: a file, a folder, a YouTube link, or words to search for.

Conventions
-----------
A link is taken apart and built again from the eleven characters of the video (or from the playlist's name), so
nothing else of the pasted text goes anywhere. What looks like a link but is none of YouTube's is refused;
whatever is left is a title.
"""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, parse_qs, urlsplit

from functions_audio import AUDIO_SUFFIXES, SourceError
from functions_text import clean_title

Kind = Literal["file", "folder", "video", "playlist", "search"]

YOUTUBE_HOSTS = frozenset(
    [f"{prefix}youtube.com" for prefix in ("", "www.", "m.", "music.", "gaming.")]
    + [f"{prefix}youtube-nocookie.com" for prefix in ("", "www.")]
    + [f"{prefix}youtu.be" for prefix in ("", "www.")]
)
SHORT_HOSTS = frozenset(["youtu.be", "www.youtu.be"])
VIDEO_FOLDERS = frozenset(["shorts", "embed", "live", "v", "e", "watch"])  # /shorts/ID and its like
CHANNEL_FOLDERS = frozenset(["channel", "c", "user"])
VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
PLAYLIST_ID = re.compile(r"[A-Za-z0-9_-]{2,64}")
CLOCK = re.compile(r"(?:(\d{1,3})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s?)?", re.IGNORECASE)

MAX_TEXT = 2000  # characters; nobody pastes a longer link or title on purpose
# Endings that make a word without a slash an address; "will.i.am" stays a name
ADDRESS_ENDINGS = frozenset(
    [
        "com",
        "net",
        "org",
        "info",
        "io",
        "tv",
        "be",
        "co",
        "uk",
        "de",
        "fr",
        "ru",
        "nl",
        "it",
        "es",
        "eu",
        "app",
        "dev",
        "xyz",
        "site",
        "online",
        "me",
        "local",
        "lan",
        "localhost",
    ]
)
SCHEMES = frozenset(
    [
        "http",
        "https",
        "ftp",
        "ftps",
        "sftp",
        "file",
        "data",
        "javascript",
        "vbscript",
        "blob",
        "about",
        "view-source",
        "mailto",
        "magnet",
        "rtmp",
        "rtmps",
        "rtsp",
        "mms",
        "ws",
        "wss",
        "smb",
        "nfs",
        "gopher",
        "ldap",
        "dict",
        "tel",
        "ssh",
        "git",
        "chrome",
    ]
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
    """

    kind: Kind
    value: str
    start_s: float = 0.0
    video_id: str | None = None
    playlist_id: str | None = None

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
    try:
        path = Path(written).expanduser()
        if files and written.strip() and path.exists():
            return Source("folder" if path.is_dir() else "file", str(path))
    except (OSError, ValueError, RuntimeError):
        pass  # no possible name of a file: too long, a null character, an unknown user's home
    line = written.strip()
    if not line:
        raise SourceError("the input is empty; give a file, a folder, a YouTube link or a title")
    if len(line) > MAX_TEXT:
        raise SourceError(f"the input has {len(line)} characters; {ADVICE}", "not_allowed")
    absent = SourceError(f"there is no file or folder {clean_title(line)!r}; check the spelling and the folder")
    if files and re.match(r"(?:[A-Za-z]:[\\/]|/(?!/)|\.{1,2}[\\/]|~|\\)", line):
        raise absent
    parts = _youtube_parts(line)
    if parts:
        return _youtube_source(parts)
    if _looks_like_link(line):
        raise SourceError(f"{clean_title(line, limit=80)!r} is not a link to YouTube; {ADVICE}", "not_allowed")
    if files and _is_sound_file(line):
        raise absent
    words = clean_title(line)
    if not any(character.isalnum() for character in words):
        raise SourceError(f"{words!r} has no words to search for; {ADVICE}")
    return Source("search", words)


def _is_sound_file(line: str) -> bool:
    """Whether text ends like the name of a sound file."""
    return Path(line).suffix.lower() in AUDIO_SUFFIXES


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


def _youtube_source(parts: SplitResult, *, depth: int = 0) -> Source:
    """Return the source behind a link to YouTube."""
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    fragment = {key: values[0] for key, values in parse_qs(parts.fragment).items()}
    folders = [folder for folder in parts.path.split("/") if folder]
    first = folders[0].lower() if folders else ""
    start = next((query[key] for key in ("t", "start", "time_continue") if key in query), fragment.get("t", ""))
    playlist = query.get("list", "")
    playlist_id = playlist if PLAYLIST_ID.fullmatch(playlist) else None
    video = ""
    if parts.netloc.lower() in SHORT_HOSTS:
        video = folders[0] if folders else ""
    elif first == "watch" and "v" in query:
        video = query["v"]
    elif first in VIDEO_FOLDERS and len(folders) > 1 and folders[1] != "videoseries":
        video = folders[1]
    elif first == "attribution_link" and query.get("u", "").startswith("/watch") and not depth:
        return _youtube_source(urlsplit("https://www.youtube.com" + query["u"]), depth=1)
    elif first == "browse" and len(folders) > 1 and folders[1].startswith("VL"):
        playlist_id = folders[1][2:] if PLAYLIST_ID.fullmatch(folders[1][2:]) else None  # YouTube Music's own form
    if VIDEO_ID.fullmatch(video):
        return video_source(video, start_s=_seconds(start), playlist_id=playlist_id)
    if video:
        raise SourceError(f"the link's video {clean_title(video)!r} is incomplete; copy the link again", "not_allowed")
    if playlist_id and first in ("playlist", "watch", "embed", "browse"):
        return Source("playlist", f"https://www.youtube.com/playlist?list={playlist_id}", playlist_id=playlist_id)
    is_channel = first.startswith("@") or first in CHANNEL_FOLDERS
    what = "a channel" if is_channel else "a page of YouTube without a video"
    raise SourceError(f"this link leads to {what}; {ADVICE}", "not_allowed")


def _seconds(text: str) -> float:
    """Return the seconds of a link's start: 90, 90s, 1h2m3s or 1:02:03; what cannot be read is the beginning."""
    text = text.strip()
    if re.fullmatch(r"\d{1,3}(?::\d{1,2}){1,2}", text):
        total = 0
        for part in text.split(":"):
            total = 60 * total + int(part)
        return float(total)
    if re.fullmatch(r"\d{1,6}\.\d{1,6}", text):
        return float(text)
    match = CLOCK.fullmatch(text)
    hours, minutes, seconds = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    return float(3600 * hours + 60 * minutes + seconds)

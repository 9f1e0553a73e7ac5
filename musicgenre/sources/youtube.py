"""A link or a title -> audio from YouTube in a temporary folder, by way of yt-dlp.

Conventions
-----------
The task is only asked in the thread that called the function here, and stopping takes less than
0.3 s whatever yt-dlp is doing. yt-dlp gets links that `sources.links` built, and writes into one temporary folder
that is removed in every case. Titles are cleaned where they arrive.
"""

import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from musicgenre.errors import SourceError
from musicgenre.sources.download import MAX_DURATION_S, live_sentence
from musicgenre.sources.links import VIDEO_ID, Source, video_source
from musicgenre.sources.ytdlp import Job, client, run
from musicgenre.task import UNATTENDED, Task
from musicgenre.text import clean_title

SONG_S = (90.0, 720.0)  # length of a video that is taken for a song: longer than a Short, shorter than an album

# Words that a search result may only have if the user typed them; the result is something else than the song.
NOT_THE_SONG = ("full album", "karaoke", "reaction", "cover", "tutorial", "lesson", "interview", "nightcore", "slowed")

PREVIEW_TIMEOUT_S = 3.0

OEMBED_URL = "https://www.youtube.com/oembed"

THUMBNAIL_URL = "https://i.ytimg.com/vi/{}/mqdefault.jpg"

MAX_THUMBNAIL_BYTES = 2_000_000

UNAVAILABLE_TITLES = {"[private video]": "private", "[deleted video]": "deleted"}


@dataclass(frozen=True)
class Candidate:
    """One search result."""

    title: str
    channel: str
    duration_s: float
    video_id: str

    @property
    def source(self) -> Source:
        """The video as a source."""
        return video_source(self.video_id)

    @property
    def label(self) -> str:
        """What to call it in one line: title, channel, length and link."""
        minutes, seconds = divmod(round(self.duration_s), 60)
        return f"{self.title!r} by {self.channel or 'unknown'} ({minutes}:{seconds:02d}) {self.source.value}"


@dataclass(frozen=True)
class Entry:
    """One place of a playlist; `error` says why there is nothing to download, `link` is the best one known.

    `playlist` is the playlist's title, "" where it has none.
    """

    title: str
    duration_s: float | None
    link: str
    source: Source | None
    error: SourceError | None = None
    playlist: str = ""


@dataclass(frozen=True)
class Preview:
    """What can be shown before a download has started; `thumbnail` holds the bytes of a JPEG."""

    title: str | None
    channel: str | None
    thumbnail: bytes | None


# ---- what the program does with YouTube


def search(
    title: str,
    *,
    limit: int = 5,
    task: Task = UNATTENDED,
) -> list[Candidate]:
    """Return up to `limit` videos for a title, in YouTube's order and without live streams.

    Raises
    ------
    SourceError
        If there is none, or YouTube cannot be asked.
    Cancelled
        If the task was cancelled.
    """
    words = clean_title(title)
    if not words:
        raise SourceError("the title is empty; type the artist and the title of a song")

    def work(job: Job) -> list[Candidate]:
        with client(job, extract_flat="in_playlist") as youtube:
            result = youtube.extract_info(f"ytsearch{limit + 5}:{words}", download=False) or {}
        found = []
        for entry in result.get("entries") or []:
            duration, video_id = (entry or {}).get("duration"), str((entry or {}).get("id"))
            # A live stream has no length.
            if entry and duration and VIDEO_ID.fullmatch(video_id) and not live_sentence(entry):
                channel = clean_title(entry.get("channel") or entry.get("uploader"))
                found.append(Candidate(clean_title(entry.get("title")), channel, float(duration), video_id))
        return found[:limit]

    found = run(work, "search", f"the search for {words!r}", task)
    if not found:
        raise SourceError(f"YouTube has no video for {words!r}; check the spelling, or type artist and title")
    return found


def best_match(candidates: Sequence[Candidate], *, title: str = "") -> Candidate:
    """Return the first song-length candidate (1.5 to 12 minutes), rather without words like "cover" or "karaoke".

    YouTube's order is by relevance already, and a word the user typed in `title` counts as wanted. Where no length
    fits, the nearest is taken: some songs are that short or long.

    Raises
    ------
    SourceError
        If all are longer than what is downloaded.
    """
    possible = [candidate for candidate in candidates if candidate.duration_s <= MAX_DURATION_S]
    if not possible:
        raise SourceError(
            f"all {len(candidates)} videos found are longer than 3 hours; add the artist, or paste the link of the song"
        )
    unwanted = [word for word in NOT_THE_SONG if word not in title.casefold()]

    def distance(candidate: Candidate) -> tuple[float, bool]:
        shortest, longest = SONG_S
        ratio = max(shortest / candidate.duration_s, candidate.duration_s / longest, 1.0)
        return ratio, any(word in candidate.title.casefold() for word in unwanted)

    return min(possible, key=distance)


def playlist(
    source: Source,
    *,
    task: Task = UNATTENDED,
    cookies_from_browser: str | None = None,
) -> list[Entry]:
    """Return a playlist's entries in order; what is private, deleted or live keeps its place with the reason.

    Raises
    ------
    SourceError
        If the playlist cannot be read or has no entries.
    Cancelled
        If the task was cancelled.
    """
    if source.kind != "playlist":
        raise SourceError(f"{clean_title(source.value)!r} is not a playlist; paste a playlist's link")

    def work(job: Job) -> list[Entry]:
        with client(job, cookies_from_browser, extract_flat="in_playlist") as youtube:
            result = youtube.extract_info(source.value, download=False) or {}
        name = clean_title(result.get("title"))
        entries = enumerate(result.get("entries") or [], 1)
        return [replace(_entry(entry or {}, number, source.value), playlist=name) for number, entry in entries]

    entries = run(work, "playlist", f"the playlist {source.playlist_id}", task)
    if not entries:
        raise SourceError(f"the playlist {source.playlist_id} is empty; check the link", "download")
    return entries


def _entry(entry: dict[str, Any], number: int, link: str) -> Entry:
    """Return one place of the playlist with this link."""
    title = clean_title(entry.get("title")) or f"entry {number}"
    video_id, duration = str(entry.get("id")), entry.get("duration")
    state = UNAVAILABLE_TITLES.get(title.casefold())
    sentence = f"this entry of the playlist is {state}; choose another video" if state else live_sentence(entry)
    video = video_source(video_id) if VIDEO_ID.fullmatch(video_id) else None
    if not sentence and not video:
        sentence = f"entry {number} of the playlist is no video; open the playlist in a browser"
    error = SourceError(sentence, "download") if sentence else None
    return Entry(title, float(duration) if duration else None, video.value if video else link, video, error)


def preview(source: Source) -> Preview | None:
    """Ask for a video's title, channel and thumbnail, which takes no more than about 3 s; no answer is no error.

    Independent of `fetch`, so that it can run beside it.
    """
    import requests  # 0.1 s to import, and most calls of the program never need it

    if source.kind != "video" or source.video_id is None:
        return None
    deadline = time.monotonic() + PREVIEW_TIMEOUT_S
    title = channel = thumbnail = None

    def get(url: str, limit: int, query: dict[str, str] | None = None) -> bytes | None:
        """Return a small answer that arrives in time and from where it was asked."""
        left = deadline - time.monotonic()
        if left <= 0:
            return None
        with requests.get(url, params=query, timeout=left, allow_redirects=False, stream=True) as response:
            if response.status_code != 200:
                return None
            data = b""
            for block in response.iter_content(1 << 14):
                data += block
                if len(data) > limit or time.monotonic() > deadline:
                    return None
        return data

    with contextlib.suppress(requests.RequestException, ValueError):
        told = json.loads(get(OEMBED_URL, 100_000, {"url": source.value, "format": "json"}) or b"{}")
        if isinstance(told, dict):
            title, channel = clean_title(told.get("title")) or None, clean_title(told.get("author_name")) or None
    with contextlib.suppress(requests.RequestException, ValueError):
        data = get(THUMBNAIL_URL.format(source.video_id), MAX_THUMBNAIL_BYTES)
        thumbnail = data if data and data.startswith(b"\xff\xd8\xff") else None
    return Preview(title, channel, thumbnail) if title or thumbnail else None

"""A link or a title -> audio from YouTube in a temporary folder, by way of yt-dlp.

Conventions
-----------
`progress` and `cancelled` are only called in the thread that called the function here, and stopping takes less than
0.3 s whatever yt-dlp is doing. yt-dlp gets links that `functions_links` built, and writes into one temporary folder
that is removed in every case. Titles are cleaned where they arrive.
"""

import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions_audio import AudioError, Cancel, Progress, Recording, SourceError, never
from functions_decoder import read_safely
from functions_links import VIDEO_ID, Source, resolve, video_source
from functions_text import clean_title
from functions_ytdlp import Job, client, run

MAX_DURATION_S = 3 * 3600.0  # longer videos are concerts and mixes, hundreds of megabytes
MAX_BYTES = 600_000_000  # three hours at 320 kbit/s and a reserve
SONG_S = (90.0, 720.0)  # length of a video that is taken for a song: longer than a Short, shorter than an album
# Words that a search result may only have if the user typed them; the result is something else than the song.
NOT_THE_SONG = ("full album", "karaoke", "reaction", "cover", "tutorial", "lesson", "interview", "nightcore", "slowed")
FORMAT = "ba[protocol=https]/ba[protocol=http]"  # sound alone, as one file that needs no other program
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
    """One place of a playlist; `error` says why there is nothing to download, `link` is the best one known."""

    title: str
    duration_s: float | None
    link: str
    source: Source | None
    error: SourceError | None = None


@dataclass(frozen=True)
class Download:
    """A video's sound on the disk, for as long as `fetch` lasts."""

    path: Path
    title: str
    channel: str
    duration_s: float | None
    start_s: float
    link: str


@dataclass(frozen=True)
class Preview:
    """What can be shown before a download has started; `thumbnail` holds the bytes of a JPEG."""

    title: str | None
    channel: str | None
    thumbnail: bytes | None


# ---- what the program does with YouTube


def search(
    title: str, *, limit: int = 5, progress: Progress | None = None, cancelled: Cancel = never
) -> list[Candidate]:
    """Return up to `limit` videos for a title, in YouTube's order and without live streams.

    Raises
    ------
    SourceError
        If there is none, or YouTube cannot be asked.
    Cancelled
        If `cancelled` said so.
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
            if entry and duration and VIDEO_ID.fullmatch(video_id) and not _live_sentence(entry):
                channel = clean_title(entry.get("channel") or entry.get("uploader"))
                found.append(Candidate(clean_title(entry.get("title")), channel, float(duration), video_id))
        return found[:limit]

    found = run(work, "search", f"the search for {words!r}", progress, cancelled)
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
    progress: Progress | None = None,
    cancelled: Cancel = never,
    cookies_from_browser: str | None = None,
) -> list[Entry]:
    """Return a playlist's entries in order; what is private, deleted or live keeps its place with the reason.

    Raises
    ------
    SourceError
        If the playlist cannot be read or has no entries.
    Cancelled
        If `cancelled` said so.
    """
    if source.kind != "playlist":
        raise SourceError(f"{clean_title(source.value)!r} is not a playlist; paste a playlist's link")

    def work(job: Job) -> list[Entry]:
        with client(job, cookies_from_browser, extract_flat="in_playlist") as youtube:
            result = youtube.extract_info(source.value, download=False) or {}
        return [_entry(entry or {}, i + 1, source.value) for i, entry in enumerate(result.get("entries") or [])]

    entries = run(work, "playlist", f"the playlist {source.playlist_id}", progress, cancelled)
    if not entries:
        raise SourceError(f"the playlist {source.playlist_id} is empty; check the link", "download")
    return entries


def _entry(entry: dict[str, Any], number: int, link: str) -> Entry:
    """Return one place of the playlist with this link."""
    title = clean_title(entry.get("title")) or f"entry {number}"
    video_id, duration = str(entry.get("id")), entry.get("duration")
    state = UNAVAILABLE_TITLES.get(title.casefold())
    sentence = f"this entry of the playlist is {state}; choose another video" if state else _live_sentence(entry)
    video = video_source(video_id) if VIDEO_ID.fullmatch(video_id) else None
    if not sentence and not video:
        sentence = f"entry {number} of the playlist is no video; open the playlist in a browser"
    error = SourceError(sentence, "download") if sentence else None
    return Entry(title, float(duration) if duration else None, video.value if video else link, video, error)


@contextlib.contextmanager
def fetch(
    source: Source | str,
    *,
    progress: Progress | None = None,
    cancelled: Cancel = never,
    cookies_from_browser: str | None = None,
) -> Iterator[Download]:
    """Download the sound of one video for the time of a ``with`` block.

    Parameters
    ----------
    source : Source or str
        A source of the kind ``video``, or the link of one.
    progress, cancelled : callable
        Called with ("look up", 0) and ("download", fraction); asked every 0.05 s.
    cookies_from_browser : str
        The name of a browser whose YouTube cookies are used, for videos that need an account.

    Yields
    ------
    Download
        The file and what is known of the video. The file's folder is gone after the block.

    Raises
    ------
    SourceError
        With one sentence, whatever went wrong.
    Cancelled
        If `cancelled` said so.
    """
    video = source if isinstance(source, Source) else resolve(source)
    if video.kind != "video":
        raise SourceError(f"{clean_title(video.value)!r} is not the link of a video; paste one", "not_allowed")
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="genre-"))
        stack.callback(_remove, folder)

        def work(job: Job) -> Download:
            try:
                return _download(job, video, folder, cookies_from_browser)
            finally:
                if job.stop.is_set():  # nobody waits any more; on Windows open files outlive the first removal
                    _remove(folder)

        yield run(work, "look up", f"the video {video.video_id}", progress, cancelled)


def _remove(folder: Path) -> None:
    """Delete a folder, also where the thread that was left behind makes a file in it at that moment."""
    for _ in range(10):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.01)


def read_download(
    download: Download,
    *,
    start_s: float | None = None,
    length_s: float | None = None,
    progress: Progress | None = None,
    cancelled: Cancel = never,
) -> Recording:
    """Decode the parts of a download that are analysed; the default start is the one of the link.

    Raises
    ------
    SourceError
        If the start lies behind the end, or what was sent is no sound.
    Cancelled
        If `cancelled` said so.
    """
    start = download.start_s if start_s is None else start_s
    if download.duration_s and start >= download.duration_s:
        raise SourceError(
            f"start {start:g} s lies behind the end of {download.title!r} ({download.duration_s:.0f} s); "
            "choose an earlier one"
        )
    try:
        recording = read_safely(download.path, start_s=start, length_s=length_s, progress=progress, cancelled=cancelled)
    except AudioError as error:
        raise SourceError(
            f"the sound that YouTube sent for {download.title!r} is broken; try again, or choose another video",
            "download",
        ) from error
    return Recording(recording.clips, download.title, recording.duration_s, silent=recording.silent)


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


# ---- how a download goes


def _download(job: Job, video: Source, folder: Path, cookies_from_browser: str | None) -> Download:
    """Look a video up, refuse what is live or too long, and download its sound."""
    from yt_dlp.utils import DownloadCancelled

    def watch(status: dict[str, Any]) -> None:
        if job.stop.is_set():
            raise DownloadCancelled("stopped")
        total = status.get("total_bytes") or status.get("total_bytes_estimate")
        if total:
            job.fraction = min(status.get("downloaded_bytes", 0) / total, 1.0)

    options = {
        "format": FORMAT,
        "max_filesize": MAX_BYTES,
        "outtmpl": {"default": "sound.%(ext)s"},
        "paths": {"home": str(folder)},
        "progress_hooks": [watch],
    }
    with client(job, cookies_from_browser, **options) as youtube:
        info = youtube.extract_info(video.value, download=False, process=False) or {}
        title = clean_title(info.get("title")) or video.value
        duration = float(info["duration"]) if info.get("duration") else None
        if info.get("_type", "video") != "video":
            raise SourceError(f"{video.value} shows no video of its own; paste the link of the song", "download")
        sentence = _live_sentence(info)
        if sentence:
            raise SourceError(sentence, "download")
        if duration and duration > MAX_DURATION_S:
            raise SourceError(
                f"{title!r} is {duration / 3600:.1f} hours long and at most 3 are downloaded; "
                "paste the link of a single song",
                "download",
            )
        job.stage = "download"
        info = youtube.process_ie_result(info, download=True) or {}
        path = (info.get("requested_downloads") or [{}])[0].get("filepath")
    # yt-dlp reports some failures, an exceeded size among them, as success without a file.
    if not path or not Path(path).is_file():
        raise SourceError(
            f"YouTube sent no sound for {title!r}, or more than {MAX_BYTES / 1e6:.0f} MB; choose another video",
            "download",
        )
    if not Path(path).stat().st_size:
        raise SourceError(f"the sound that YouTube sent for {title!r} is empty; try again", "download")
    channel = clean_title(info.get("channel") or info.get("uploader"))
    return Download(Path(path), title, channel, duration, video.start_s, video.value)


def _live_sentence(info: dict[str, Any]) -> str | None:
    """Return why a video that is not finished cannot be classified, or None."""
    status = info.get("live_status")
    title = clean_title(info.get("title")) or "this video"
    if status == "is_live" or (status is None and info.get("is_live")):
        return f"{title!r} is a live stream and has no end to download; paste the link of a finished video"
    if status == "is_upcoming":
        return f"{title!r} has not begun yet; try again after its premiere"
    if status == "post_live":
        return f"{title!r} has just ended and is still being prepared by YouTube; try again in some hours"
    return None

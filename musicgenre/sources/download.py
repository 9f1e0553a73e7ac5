"""Download the sound of a video into a temporary folder, and decode it."""

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicgenre.audio.recording import WHOLE, Excerpt, Recording
from musicgenre.audio.sandbox import read_safely
from musicgenre.errors import AudioError, SourceError
from musicgenre.sources.links import Source, resolve
from musicgenre.sources.ytdlp import Job, client, run
from musicgenre.task import UNATTENDED, Task
from musicgenre.text import clean_title

MAX_DURATION_S = 3 * 3600.0  # longer videos are concerts and mixes, hundreds of megabytes

MAX_BYTES = 600_000_000  # three hours at 320 kbit/s and a reserve

FORMAT = "ba[protocol=https]/ba[protocol=http]"  # sound alone, as one file that needs no other program


@dataclass(frozen=True)
class Download:
    """A video's sound on the disk, for as long as `fetch` lasts."""

    path: Path
    title: str
    channel: str
    duration_s: float | None
    start_s: float
    link: str


@contextlib.contextmanager
def fetch(
    source: Source | str,
    *,
    task: Task = UNATTENDED,
    cookies_from_browser: str | None = None,
) -> Iterator[Download]:
    """Download the sound of one video for the time of a ``with`` block.

    Parameters
    ----------
    source : Source or str
        A source of the kind ``video``, or the link of one.
    task : Task
        Takes the progress, and says whether to stop.
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
        If the task was cancelled.
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

        yield run(work, "look up", f"the video {video.video_id}", task)


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
    excerpt: Excerpt = WHOLE,
    task: Task = UNATTENDED,
) -> Recording:
    """Decode the parts of a download that are analysed; the default start is the one of the link.

    Raises
    ------
    SourceError
        If the start lies behind the end, or what was sent is no sound.
    Cancelled
        If the task was cancelled.
    """
    start = download.start_s if excerpt.start_s is None else excerpt.start_s
    if download.duration_s and start >= download.duration_s:
        raise SourceError(
            f"start {start:g} s lies behind the end of {download.title!r} ({download.duration_s:.0f} s); "
            "choose an earlier one"
        )
    try:
        recording = read_safely(download.path, excerpt=Excerpt(start, excerpt.length_s), task=task)
    except AudioError as error:
        raise SourceError(
            f"the sound that YouTube sent for {download.title!r} is broken; try again, or choose another video",
            "download",
        ) from error
    return Recording(recording.clips, download.title, recording.duration_s, silent=recording.silent)


# ---- how a download goes


def _download(job: Job, video: Source, folder: Path, cookies_from_browser: str | None) -> Download:
    """Look a video up, refuse what is live or too long, and download its sound."""

    def watch(status: dict[str, Any]) -> None:
        job.check()
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
        sentence = live_sentence(info)
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


def live_sentence(info: dict[str, Any]) -> str | None:
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

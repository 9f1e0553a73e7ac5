"""Run yt-dlp in an abandonable thread, restricted to YouTube's hosts, without caches or configuration files.

Conventions
-----------
yt-dlp works in a thread that is left behind when the user stops, because nothing else ends a request at once; the
task is only asked in the thread that called `run`. Every request that yt-dlp makes,
redirects included, passes `check_address`. No configuration file is read and no plugin of the user's folders loaded.
"""

import contextlib
import copy
import functools
import ipaddress
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from musicgenre.errors import GenreError, SourceError
from musicgenre.sources.ytdlp_errors import COOKIES, MODULE_MISSING, explain
from musicgenre.task import Task
from musicgenre.text import clean_title

DOMAINS = ("youtube.com", "youtube-nocookie.com", "youtu.be", "googlevideo.com", "ytimg.com")

TEST_HOST_VARIABLE = "GENRE_TEST_MEDIA_HOST"  # a loopback address that media may come from; for tests alone

SOCKET_TIMEOUT_S = 15.0

POLL_S = 0.05  # how often the task is asked whether to stop

Answer = TypeVar("Answer")


@dataclass
class Job:
    """What the caller and the thread that works for it know of each other."""

    stage: str
    fraction: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)
    warnings: list[str] = field(default_factory=list)

    def check(self) -> None:
        """Raise yt-dlp's own exception for a download that nobody waits for any more."""
        from yt_dlp.utils import DownloadCancelled

        if self.stop.is_set():
            raise DownloadCancelled("stopped")

    # yt-dlp takes the job for a logger.
    def debug(self, message: str) -> None:
        """Take a message of yt-dlp that nobody needs."""

    def warning(self, message: str) -> None:
        """Keep a warning: it may be the cause of the error that follows."""
        self.warnings.append(message)

    error = warning


def run(work: Callable[[Job], Answer], stage: str, subject: str, task: Task) -> Answer:
    """Do `work` in a thread, wait for it, and turn its errors into sentences about `subject`."""
    job = Job(stage)
    answers: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

    def target() -> None:
        try:
            answers.put((work(job), None))
        except BaseException as error:
            answers.put((None, error))

    threading.Thread(target=target, name="yt-dlp", daemon=True).start()
    shown: tuple[str, float] | None = None

    def show() -> None:
        nonlocal shown
        if shown != (job.stage, job.fraction):
            shown = (job.stage, job.fraction)
            task.report(*shown)

    try:
        while True:
            task.check()
            show()
            with contextlib.suppress(queue.Empty):
                answer, error = answers.get(timeout=POLL_S)
                break
    finally:
        job.stop.set()
    show()
    if error is None:
        return answer
    if isinstance(error, GenreError):
        raise error
    raise explain(error, job.warnings, subject=subject) from error


@contextlib.contextmanager
def client(job: Job, cookies_from_browser: str | None = None, **options: Any) -> Iterator[Any]:
    """Yield a yt-dlp client that only reaches YouTube and stops when its job does."""
    try:
        make = client_class()
    except ImportError as error:
        raise SourceError(MODULE_MISSING, "download") from error
    if cookies_from_browser is not None:
        from yt_dlp.cookies import SUPPORTED_BROWSERS

        browser = cookies_from_browser.strip().lower()
        if browser not in SUPPORTED_BROWSERS:
            known = ", ".join(sorted(SUPPORTED_BROWSERS))
            raise SourceError(f"{clean_title(browser)!r} is no browser whose cookies can be read; use {known}")
        options["cookiesfrombrowser"] = (browser, None, None, None)
    parameters = {
        "logger": job,
        "quiet": True,
        "noprogress": True,
        "allowed_extractors": ["youtube.*"],
        "noplaylist": True,
        "cachedir": False,
        "socket_timeout": SOCKET_TIMEOUT_S,
        "retries": 2,
        "extractor_retries": 1,
        "fixup": "never",  # its repairs need the ffmpeg program, and the decoder here does without them
        "updatetime": False,
        **options,
    }
    opened = make(parameters, job.stop)
    try:
        yield opened
    finally:
        opened.close()


@functools.cache
def client_class() -> type:
    """Return YoutubeDL with every request checked."""
    import yt_dlp.plugins  # 1 s to import, and files need none of it
    from yt_dlp import YoutubeDL
    from yt_dlp.networking._requests import RequestsRH
    from yt_dlp.networking.exceptions import RequestError
    from yt_dlp.utils import DownloadCancelled

    # Plugins run code and see cookies: those installed beside yt-dlp count, those in folders of the user do not.
    yt_dlp.plugins.default_plugin_paths = lambda: map(Path, sys.path)

    class Refused(RequestError):
        """A request to a place that is none of YouTube's; `explain` shows the sentence."""

        def __init__(self, refused: str) -> None:
            super().__init__(refused)
            self.refused = refused

    class CheckedRH(RequestsRH):
        """A request handler that looks at the address of each hop."""

        RH_NAME = "checked"

        def _create_instance(self, *args: Any, **kwargs: Any) -> Any:
            session = super()._create_instance(*args, **kwargs)
            adapter_for = session.get_adapter

            def get_adapter(url: str) -> Any:
                refused = check_address(url)
                if refused:
                    raise Refused(refused)
                return adapter_for(url)

            session.get_adapter = get_adapter
            return session

    class Client(YoutubeDL):
        """YoutubeDL that knows whether somebody still waits for it."""

        def __init__(self, parameters: dict[str, Any], stop: threading.Event) -> None:
            self._stop = stop
            super().__init__(parameters)
            self.cache = _MEMORY

        def build_request_director(self, handlers: Any, preferences: Any = None) -> Any:
            return super().build_request_director([CheckedRH], preferences)

        def urlopen(self, req: Any) -> Any:
            if self._stop.is_set():
                raise DownloadCancelled("stopped")
            return super().urlopen(req)

        def _ensure_dir_exists(self, path: str) -> bool:
            if not Path(path).parent.is_dir():  # removed by the caller, and never made again
                raise DownloadCancelled("stopped")
            return True

    return Client


class _Memory:
    """The part of yt-dlp's cache that saves loading YouTube's player for each entry of a playlist; not on the disk."""

    enabled = True

    def __init__(self) -> None:
        self._data: dict[tuple[str, str], Any] = {}

    def store(self, section: str, key: str, data: Any, dtype: str = "json") -> None:
        """Keep a value."""
        self._data[section, key] = copy.deepcopy(data)

    def load(self, section: str, key: str, dtype: str = "json", default: Any = None, *, min_ver: Any = None) -> Any:
        """Return a stored value."""
        return copy.deepcopy(self._data.get((section, key), default))


_MEMORY = _Memory()


def check_address(url: str) -> str | None:
    """Return why an address is not visited, or None for YouTube's own over https."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        host, port = "", None
        parts = urlsplit("")
    ours = any(host == domain or host.endswith("." + domain) for domain in DOMAINS)
    if parts.scheme == "https" and ours and port in (None, 443) and "@" not in parts.netloc and "\\" not in url:
        return None
    test_host = os.environ.get(TEST_HOST_VARIABLE)
    if test_host and host == test_host and parts.scheme == "http":
        with contextlib.suppress(ValueError):
            if ipaddress.ip_address(host).is_loopback:
                return None
    if host == "www.google.com" and parts.path.startswith("/sorry"):
        return f"YouTube asks for a proof that you are not a robot; {COOKIES}, or wait an hour"
    place = clean_title(host, limit=80) or "another place"
    return f"YouTube sent the program on to {place}, which it does not visit; try another video"

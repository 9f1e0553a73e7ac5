"""A server on 127.0.0.1 that sends sound the way networks do: whole, slowly, in part, broken, or not at all."""

import io
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np

RATE = 48000  # what Opus is decoded to


def tune(seconds: float, *, seed: int = 0) -> np.ndarray:
    """Return a synthetic tune with a beat, shape (n,), float32: a new chord of three notes every half second."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    notes = rng.choice([110.0, 130.8, 146.8, 164.8, 196.0], size=(int(seconds * 2) + 1, 3))
    chord = np.repeat(notes, RATE // 2, axis=0)
    phase = 2 * np.pi * np.cumsum(chord[: len(t)], axis=0) / RATE
    beat = np.exp(-8 * (t % 0.5)) * rng.standard_normal(len(t))
    return (0.15 * np.sin(phase).sum(axis=1) + 0.2 * beat).astype(np.float32)


def encode(samples: np.ndarray, container: str, *, title: str | None = None) -> bytes:
    """Return mono samples at 48 kHz as the bytes of a webm (Opus) or m4a (AAC) file."""
    import av

    codec, muxer = {"webm": ("libopus", "webm"), "m4a": ("aac", "mp4")}[container]
    buffer = io.BytesIO()
    with av.open(buffer, mode="w", format=muxer) as output:
        if title:
            output.metadata["title"] = title
        stream = output.add_stream(codec, rate=RATE, layout="mono")
        stream.bit_rate = 128000
        for start in range(0, len(samples), 960):
            block = samples[start : start + 960]
            frame = av.AudioFrame.from_ndarray(block[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = RATE, start
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return buffer.getvalue()


class Media:
    """The running server: `files` by name, `seen` the paths asked for, `url` of what to do with a file."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.files: dict[str, bytes] = {}
        self.seen: list[str] = []
        self.address = address
        self.closing = threading.Event()  # ends slow and silent answers

    def url(self, what: str, name: str = "", **query: str) -> str:
        """Return e.g. http://127.0.0.1:1234/slow/song.webm ."""
        text = "&".join(f"{key}={value}" for key, value in query.items())
        return f"http://{self.address[0]}:{self.address[1]}/{what}/{name}" + (f"?{text}" if text else "")


def _handler(media: Media) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            media.seen.append(self.path)
            parts = urlsplit(self.path)
            what, _, name = parts.path.strip("/").partition("/")
            with suppress(ConnectionError):
                getattr(self, f"send_{what}")(name, parse_qs(parts.query))

        def head(self, status: int, length: int, **headers: str) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(length))
            for key, value in headers.items():
                self.send_header(key.replace("_", "-"), value)
            self.end_headers()

        def send_whole(self, name: str, _: Any) -> None:
            data = media.files[name]
            wanted = self.headers.get("Range")
            if not wanted:
                self.head(200, len(data))
                self.wfile.write(data)
                return
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            end = min(int(last) if last else len(data) - 1, len(data) - 1)
            self.head(206, end + 1 - int(first), Content_Range=f"bytes {first}-{end}/{len(data)}")
            self.wfile.write(data[int(first) : end + 1])

        def send_slow(self, name: str, _: Any) -> None:
            data = media.files[name]
            self.head(200, len(data))
            for start in range(0, len(data), 2000):
                self.wfile.write(data[start : start + 2000])
                if media.closing.wait(0.1):
                    self.close_connection = True
                    return

        def send_cut(self, name: str, _: Any) -> None:
            data = media.files[name]
            self.head(200, len(data))
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True

        def send_stall(self, name: str, _: Any) -> None:
            data = media.files[name]
            self.head(200, len(data))
            self.wfile.write(data[:5000])
            media.closing.wait(60)
            self.close_connection = True

        def send_silence(self, *_: Any) -> None:
            media.closing.wait(60)
            self.close_connection = True

        def send_empty(self, *_: Any) -> None:
            self.head(200, 0)

        def send_status(self, name: str, _: Any) -> None:
            self.head(int(name), 0)

        def send_redirect(self, _: str, query: dict[str, list[str]]) -> None:
            self.head(302, 0, Location=query["to"][0])

    return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: Any) -> None:
        """Say nothing of clients that hang up; that is what some tests do."""


@contextmanager
def media_server() -> Iterator[Media]:
    """Run a server for the time of a with block."""
    server = _Server(("127.0.0.1", 0), BaseHTTPRequestHandler)
    media = Media(("127.0.0.1", server.server_address[1]))
    server.RequestHandlerClass = _handler(media)
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield media
    finally:
        media.closing.set()
        server.shutdown()
        server.server_close()


class Catalogue:
    """What the stand-in for YouTube knows, kept in a JSON file that its extractors read.

    `videos`: id -> title, length, media (link), mime, playability, live, delay_s, fault; `search`: ids in order;
    `playlists`: id -> ids in order.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data: dict[str, Any] = {"videos": {}, "search": [], "playlists": {}, "search_delay_s": 0}
        self.save()

    def add(self, video_id: str, *, media: str = "", title: str = "A Song", length: float = 30, **more: Any) -> str:
        """Add a video and return its link."""
        if len(video_id) != 11:
            raise ValueError("a video's id has 11 characters")
        self.data["videos"][video_id] = {"title": title, "length": length, "media": media, **more}
        self.save()
        return f"https://www.youtube.com/watch?v={video_id}"

    def set(self, **values: Any) -> None:
        """Change other parts."""
        self.data.update(values)
        self.save()

    def save(self) -> None:
        """Write the file whole."""
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.data), encoding="utf-8")
        part.replace(self.path)


def wait_until(condition: Any, timeout_s: float = 5.0) -> bool:
    """Return whether a condition came true in time."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())

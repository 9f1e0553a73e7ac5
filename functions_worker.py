"""The window's one worker: a queue of jobs, and the engine process that does them one after another.

Conventions
-----------
No tkinter here. The engine (`functions_engine`) is a process of its own: drawing a picture or importing a library
would hold up the window's events, and a decoder that crashes takes only its own job along. Requests and messages are
frames of JSON with a block of bytes behind them. A message carries the number of its job; those of a job that was
cancelled are dropped here, so cancelling is instant whatever the engine is doing.
"""

import contextlib
import json
import os
import queue
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

HEAD = struct.Struct("<II")  # lengths of the JSON text and of the bytes that follow it
PATIENCE_S = 2.0  # an engine that has not left a cancelled job by then is ended and started again
RESTARTS = 3  # engines in a row that may end without having done anything
CRASHED = "the decoder crashed on this sound; convert it to wav, flac or mp3 and try again"


@dataclass(frozen=True)
class Message:
    """What happened to a job (or, with job 0, to the engine)."""

    kind: str
    job: int = 0
    data: dict[str, Any] = field(default_factory=dict)
    blob: bytes = b""


def write_frame(pipe: IO[bytes], header: dict[str, Any], blob: bytes = b"") -> None:
    """Write one frame."""
    text = json.dumps(header).encode("ascii")
    pipe.write(HEAD.pack(len(text), len(blob)) + text + blob)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Return the next frame, or None when the other side is gone."""
    head = pipe.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    text_length, blob_length = HEAD.unpack(head)
    text, blob = pipe.read(text_length), pipe.read(blob_length)
    if len(text) < text_length or len(blob) < blob_length:
        return None
    return json.loads(text), blob


class Worker:
    """The queue of jobs and the engine.

    Parameters
    ----------
    model : str
        The model that is loaded first.
    log : Path, optional
        Where the engine's standard error goes.

    Attributes
    ----------
    messages : queue.SimpleQueue of Message
        To be emptied by `poll`.
    """

    def __init__(self, *, model: str, log: Path | None = None) -> None:
        self.messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.model = model
        self._log = log
        self._lock = threading.RLock()
        self._waiting: deque[dict[str, Any]] = deque()
        self._current: dict[str, Any] | None = None
        self._dropped: dict[int, float] = {}  # cancelled jobs that the engine has not left, and since when
        self._last_job = 0
        self._failures = 0
        self._closing = False
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._folder: Path | None = None

    def start(self) -> None:
        """Start the engine; returns at once, a message of the kind ``ready`` follows when the model is loaded."""
        with self._lock:
            self._start_engine()
            self._next()

    @property
    def busy(self) -> bool:
        """Whether a job is being done or waits; one that was cancelled is over, also if the engine has not left it."""
        current = self._current
        return bool(self._waiting) or (current is not None and current["job"] not in self._dropped)

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return len(self._waiting)

    def submit(self, text: str, **about: Any) -> int:
        """Queue an input; return the number of its job."""
        with self._lock:
            self._last_job += 1
            self._waiting.append({"do": "run", "job": self._last_job, "text": text, "model": self.model, **about})
            self._next()
            return self._last_job

    def cancel(self, *jobs: int) -> None:
        """Forget jobs; nothing more is heard of them but one message of the kind ``cancelled`` that names them."""
        leave = set(jobs)
        with self._lock:
            over = [request["job"] for request in self._waiting if request["job"] in leave]
            self._waiting = deque(request for request in self._waiting if request["job"] not in leave)
            current = self._current["job"] if self._current else None
            if current in leave and current not in self._dropped:
                self._dropped[current] = time.monotonic()
                self._send({"do": "cancel", "job": current})
                over.append(current)
            if over:
                self.messages.put(Message("cancelled", data={"jobs": over}))

    def choose_model(self, model: str) -> None:
        """Load another model for the jobs from now on."""
        with self._lock:
            self.model = model
            self.ask("load", model=model)

    def ask(self, do: str, **values: Any) -> None:
        """Send the engine a request that is not a job: a picture, an export, a sound to play."""
        with self._lock:
            self._send({"do": do, **values})

    def poll(self, limit: int = 50) -> list[Message]:
        """Return up to `limit` messages that have arrived, and end an engine that does not leave a cancelled job."""
        with self._lock:
            stuck = self._current and self._dropped.get(self._current["job"])
            if stuck and time.monotonic() - stuck > PATIENCE_S:
                self._end_engine()
        found: list[Message] = []
        with contextlib.suppress(queue.Empty):
            while len(found) < limit:
                found.append(self.messages.get_nowait())
        return found

    def close(self) -> None:
        """End the engine and remove its temporary files."""
        with self._lock:
            self._closing = True
            self._waiting.clear()
            process, reader = self._process, self._reader
            self._end_engine()
        if process:
            process.wait()
            if process.stdin:
                with contextlib.suppress(OSError):
                    process.stdin.close()
        if reader and reader is not threading.current_thread():
            reader.join(0.5)
        self._remove_folder()

    def _start_engine(self) -> None:
        """Start the process and the thread that listens to it."""
        self._folder = Path(tempfile.mkdtemp(prefix="genre-window-"))
        environment = {**os.environ, "TMPDIR": str(self._folder), "TEMP": str(self._folder)}
        error = self._open_log()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this program's own file
                [sys.executable, str(Path(__file__).with_name("functions_engine.py"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=error,
                env=environment,
                start_new_session=os.name == "posix",  # Ctrl-C is the window's, and the engine's children end with it
            )
        finally:
            if not isinstance(error, int):
                error.close()
        self._reader = threading.Thread(target=self._listen, args=(self._process,), name="engine", daemon=True)
        self._reader.start()
        self._send({"do": "load", "model": self.model})

    def _open_log(self) -> Any:
        """Return where the engine's standard error goes."""
        if self._log is not None:
            with contextlib.suppress(OSError):
                return self._log.open("ab")
        return subprocess.DEVNULL

    def _send(self, header: dict[str, Any]) -> None:
        """Write a request; an engine that has just died is noticed by the listener."""
        if self._process and self._process.stdin:
            with contextlib.suppress(OSError, ValueError):
                write_frame(self._process.stdin, header)

    def _next(self) -> None:
        """Give the engine the next job if it has none."""
        if self._process and self._current is None and self._waiting and not self._closing:
            self._current = self._waiting.popleft()
            self._send(self._current)

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        """Pass messages on until the engine ends; runs in a thread of its own."""
        pipe = process.stdout
        if pipe is None:
            return
        with pipe, contextlib.suppress(OSError, ValueError):
            while frame := read_frame(pipe):
                self._heard(*frame)
        process.wait()
        self._ended(process)

    def _heard(self, header: dict[str, Any], blob: bytes) -> None:
        """Sort one message of the engine."""
        kind, job = header.pop("kind"), header.pop("job", 0)
        with self._lock:
            self._failures = 0
            dropped = job in self._dropped
            if kind == "done":
                self._dropped.pop(job, None)
                if self._current and self._current["job"] == job:
                    self._current = None
                    self._next()
            if not dropped:
                self.messages.put(Message(kind, job, header, blob))

    def _ended(self, process: "subprocess.Popen[bytes]") -> None:
        """Start another engine after one that crashed or was ended for being stuck."""
        with self._lock:
            if self._closing or process is not self._process:
                return
            self._remove_folder()
            current, self._current = self._current, None
            if current and current["job"] not in self._dropped:
                self.messages.put(Message("crashed", current["job"], {"message": CRASHED}))
                self.messages.put(Message("done", current["job"]))
            self._dropped.clear()
            self.messages.put(Message("ended"))
            self._failures += 1
            if self._failures > RESTARTS:
                self.messages.put(Message("broken", 0, {"message": "the analysis cannot start; see the log file"}))
                return
            self._start_engine()
            self._next()

    def _end_engine(self) -> None:
        """Kill the engine and the programs that it started."""
        if self._process and self._process.poll() is None:
            with contextlib.suppress(OSError):
                if os.name == "posix":
                    os.killpg(self._process.pid, signal.SIGKILL)
                else:
                    self._process.kill()

    def _remove_folder(self) -> None:
        """Remove the engine's temporary files."""
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

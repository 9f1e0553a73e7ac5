"""The window's one worker: a queue of jobs, and the engine process that does them one after another.

Conventions
-----------
The engine (`musicgenre.engine.server`) is a process of its own: drawing a picture or importing a library would hold
up the window's events, and a decoder that crashes takes only its own job along. Requests and events are those of
`messages`, in frames. Events of a job that was cancelled are dropped here, so cancelling is instant whatever the
engine is doing.
"""

import contextlib
import os
import queue
import signal
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import IO, TYPE_CHECKING

from musicgenre.child_process import read_frame, write_frame
from musicgenre.engine.codec import decode, encode
from musicgenre.engine.messages import (
    Cancel,
    Cancelled,
    Classify,
    Done,
    EngineBroken,
    EngineEnded,
    Event,
    LoadModel,
    Problem,
    Request,
)

if TYPE_CHECKING:
    import subprocess  # like tempfile and shutil loaded when the engine starts, with the window on screen

PATIENCE_S = 2.0  # an engine that has not left a cancelled job by then is ended and started again
RESTARTS = 3  # engines in a row that may end without having done anything
CRASHED = "the decoder crashed on this sound; convert it to wav, flac or mp3 and try again"
HOME = Path(__file__).parents[2]  # the folder that holds the package: a checkout is not installed


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
    events : queue.SimpleQueue of Event
        To be emptied by `poll`.
    engine_pid : int or None
        The process of the engine.
    """

    def __init__(self, *, model: str, log: Path | None = None) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.model = model
        self._log = log
        self._lock = threading.RLock()
        self._waiting: deque[Classify] = deque()
        self._current: Classify | None = None
        self._dropped: dict[int, float] = {}  # cancelled jobs that the engine has not left, and since when
        self._last_job = 0
        self._failures = 0
        self._closing = False
        self._paused = False
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._folder: Path | None = None

    def start(self) -> None:
        """Start the engine; returns at once, a `Ready` follows when the model is loaded."""
        with self._lock:
            self._start_engine()
            self._next()

    @property
    def engine_pid(self) -> int | None:
        """The process of the engine."""
        return self._process.pid if self._process else None

    @property
    def busy(self) -> bool:
        """Whether a job is being done or waits; one that was cancelled is over, also if the engine has not left it."""
        current = self._current
        return bool(self._waiting) or (current is not None and current.job not in self._dropped)

    @property
    def waiting(self) -> int:
        """How many jobs wait."""
        return len(self._waiting)

    @property
    def paused(self) -> bool:
        """Whether no job is begun."""
        return self._paused

    def pause(self) -> None:
        """Begin no job from now on; the one at work is done to its end."""
        self._paused = True

    def go_on(self) -> None:
        """Begin jobs again."""
        with self._lock:
            self._paused = False
            self._next()

    def number(self) -> int:
        """Return the number of a new job."""
        with self._lock:
            self._last_job += 1
            return self._last_job

    def submit(self, text: str, *, key: str, title: str | None = None, store: Path | None = None) -> int:
        """Queue an input for the model in use; return the number of its job.

        Parameters
        ----------
        key, store : str, Path
            The key of the answer to come, and the file for its spectra.
        title : str, optional
            Where it is known already.
        """
        with self._lock:
            job = self.number()
            place = str(store) if store else None
            self._waiting.append(Classify(job, text, self.model, key, title, place))
            self._next()
            return job

    def cancel(self, *jobs: int) -> None:
        """Drop jobs; their only further event is one `Cancelled` that names them."""
        leave = set(jobs)
        with self._lock:
            over = [request.job for request in self._waiting if request.job in leave]
            self._waiting = deque(request for request in self._waiting if request.job not in leave)
            current = self._current.job if self._current else None
            if current in leave and current not in self._dropped:
                self._dropped[current] = time.monotonic()
                self._send(Cancel(current))
                over.append(current)
            if over:
                self.events.put(Cancelled(tuple(over)))

    def choose_model(self, model: str) -> None:
        """Load another model for the jobs from now on."""
        with self._lock:
            self.model = model
            self._send(LoadModel(model))

    def ask(self, request: Request) -> None:
        """Send the engine a request past the queue: a picture, an export, a sound to play."""
        with self._lock:
            self._send(request)

    def poll(self, limit: int = 50) -> list[Event]:
        """Return up to `limit` events that have arrived, and end an engine that does not leave a cancelled job."""
        with self._lock:
            stuck = self._current and self._dropped.get(self._current.job)
            if stuck and time.monotonic() - stuck > PATIENCE_S:
                self._end_engine()
        found: list[Event] = []
        with contextlib.suppress(queue.Empty):
            while len(found) < limit:
                found.append(self.events.get_nowait())
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
        import subprocess
        import tempfile

        self._folder = Path(tempfile.mkdtemp(prefix="genre-window-"))
        places = os.pathsep.join(filter(None, (str(HOME), os.environ.get("PYTHONPATH"))))
        environment = {
            **os.environ, "TMPDIR": str(self._folder), "TEMP": str(self._folder), "PYTHONPATH": places,
        }  # fmt: skip
        error = self._open_log()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - this program's own module
                [sys.executable, "-P", "-m", "musicgenre.engine.server"],
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
        self._send(LoadModel(self.model))

    def _open_log(self) -> IO[bytes] | int:
        """Return where the engine's standard error goes."""
        if self._log is not None:
            with contextlib.suppress(OSError):
                return self._log.open("ab")
        import subprocess

        return subprocess.DEVNULL

    def _send(self, request: Request) -> None:
        """Write a request; an engine that has just died is noticed by the listener."""
        if self._process and self._process.stdin:
            with contextlib.suppress(OSError, ValueError):
                write_frame(self._process.stdin, *encode(request))

    def _next(self) -> None:
        """Give the engine the next job if it has none."""
        if self._process and self._current is None and self._waiting and not (self._closing or self._paused):
            self._current = self._waiting.popleft()
            self._send(self._current)

    def _listen(self, process: "subprocess.Popen[bytes]") -> None:
        """Pass events on until the engine ends; runs in a thread of its own."""
        pipe = process.stdout
        if pipe is None:
            return
        with pipe, contextlib.suppress(OSError, ValueError):
            while frame := read_frame(pipe):
                self._sort(decode(*frame))
        process.wait()
        self._ended(process)

    def _sort(self, event: Event) -> None:
        """Pass an event of the engine on, unless its job was cancelled; the end of a job starts the next."""
        job = getattr(event, "job", 0)
        with self._lock:
            self._failures = 0
            dropped = job in self._dropped
            if isinstance(event, Done):
                self._dropped.pop(job, None)
                if self._current and self._current.job == job:
                    self._current = None
                    self._next()
            if not dropped:
                self.events.put(event)

    def _ended(self, process: "subprocess.Popen[bytes]") -> None:
        """Start another engine after one that crashed or was ended for being stuck."""
        with self._lock:
            if self._closing or process is not self._process:
                return
            self._remove_folder()
            current, self._current = self._current, None
            if current and current.job not in self._dropped:
                self.events.put(Problem(current.job, CRASHED))
                self.events.put(Done(current.job))
            self._dropped.clear()
            self.events.put(EngineEnded())
            self._failures += 1
            if self._failures > RESTARTS:
                self.events.put(EngineBroken("the analysis cannot start; see the log file"))
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
            import shutil

            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

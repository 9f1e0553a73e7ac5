"""The decoding processes of `sandbox`: starting them, asking them, and ending those that fail.

Loads little, so that a program can start a decoder first and load the rest of itself meanwhile.
"""

import contextlib
import queue
import subprocess
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from musicgenre.child_process import module_command, module_environment, read_frame, write_frame
from musicgenre.errors import AudioError, GenreError
from musicgenre.task import Task

POLL_S = 0.05  # how often the task is asked whether to stop

ADVICE = "convert it to wav, flac or mp3 and try again"


@dataclass(frozen=True)
class DecodeRequest:
    """What a decoder is asked for.

    Parameters
    ----------
    path : str
        The file.
    stall_s : float
        Seconds without progress after which the decoder ends itself.
    folder : str
        What a relative path is relative to.
    start_s, length_s : float, optional
        The part to decode.
    tags_only : bool
        Read artist, album and picture, and decode nothing.
    """

    path: str
    stall_s: float
    folder: str = ""
    start_s: float | None = None
    length_s: float | None = None
    tags_only: bool = False


class Decoder:
    """A decoding process and the thread that hears it."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - a module of this program
            module_command("musicgenre.audio.sandbox"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=module_environment(OPENBLAS_NUM_THREADS="1"),
        )
        self._replies: queue.SimpleQueue[tuple[dict[str, Any], bytes] | None] = queue.SimpleQueue()
        threading.Thread(target=self._listen, name="decoder", daemon=True).start()

    def _listen(self) -> None:
        """Pass replies on until the process ends."""
        pipe = self.process.stdout
        if pipe is None:
            return
        with pipe, contextlib.suppress(OSError, ValueError):
            while frame := read_frame(pipe):
                header, blob = frame
                size = 4 * sum(clip[0] for clip in header.get("clips", ()))
                samples = blob or pipe.read(size)
                if len(samples) < size:
                    break
                self._replies.put((header, samples))
        self._replies.put(None)

    def ask(self, request: DecodeRequest, task: Task) -> tuple[dict[str, Any], bytes] | None:
        """Send a request and return its reply, None if the process ended over it."""
        if self.process.stdin is None:
            return None
        with contextlib.suppress(OSError):
            write_frame(self.process.stdin, asdict(request))
        while True:
            task.check()
            with contextlib.suppress(queue.Empty):
                reply = self._replies.get(timeout=POLL_S)
                if reply is None or "progress" not in reply[0]:
                    return reply
                task.report("decode", reply[0]["progress"])

    def end(self) -> int:
        """End the process; return its exit code."""
        if self.process.stdin:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        self.process.kill()
        return self.process.wait()


idle: list[Decoder] = []


def prepare() -> None:
    """Start a decoder, which takes as long as loading a model, so that it is ready when that is."""
    if not idle:
        idle.append(Decoder())


def ask_decoder(request: DecodeRequest, task: Task) -> tuple[dict[str, Any], bytes]:
    """Give a request about a file to a decoder that is free, or to a new one; return its reply."""
    try:
        decoder = idle.pop()
    except IndexError:
        decoder = None
    if decoder is not None and decoder.process.poll() is not None:
        decoder.end()
        decoder = None
    try:
        decoder = decoder or Decoder()
    except OSError as error:
        raise GenreError(f"no decoder could be started ({error.strerror}); close other programs") from error
    try:
        reply = decoder.ask(request, task)
    except BaseException:
        decoder.end()
        raise
    if reply is None:
        stuck = decoder.process.wait() == 1
        decoder.end()
        name = Path(request.path).name
        what = f"was stuck in {name!r} for {request.stall_s:g} s" if stuck else f"crashed on {name!r}"
        raise AudioError(f"the decoder {what}; {ADVICE}")
    idle.append(decoder)
    return reply

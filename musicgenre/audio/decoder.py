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

STALL_S = 7.0  # without a packet for so long a decoder is stuck; a sleeping disk takes less to wake

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

    @classmethod
    def of(cls, path: Path, start_s: float | None = None, length_s: float | None = None) -> "DecodeRequest":
        """Return the request for a file, whose path may be relative to the current folder."""
        folder = ""
        if not path.is_absolute():
            with contextlib.suppress(OSError):  # a folder that is gone
                folder = str(Path.cwd())
        return cls(str(path), STALL_S, folder, start_s, length_s)


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

    def send(self, request: DecodeRequest) -> None:
        """Send a request; a process that has ended tells so by its missing reply."""
        if self.process.stdin:
            with contextlib.suppress(OSError):
                write_frame(self.process.stdin, asdict(request))

    def receive(self, task: Task) -> tuple[dict[str, Any], bytes] | None:
        """Return the reply to the request, None if the process ended over it."""
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
asked: dict[DecodeRequest, Decoder] = {}  # ahead, for replies that nobody has come for


def prepare() -> None:
    """Start a decoder, which takes as long as loading a model, so that it is ready when that is."""
    if not (idle or asked):
        idle.append(Decoder())


def ask_ahead(request: DecodeRequest) -> None:
    """Let a new decoder work on a request that `ask_decoder` will be given soon."""
    decoder = Decoder()
    decoder.send(request)
    asked[request] = decoder


def ask_decoder(request: DecodeRequest, task: Task) -> tuple[dict[str, Any], bytes]:
    """Give a request about a file to a decoder that is free, or to a new one; return its reply."""
    decoder = asked.pop(request, None)
    if decoder is None:
        decoder = _free_decoder()
        decoder.send(request)
    try:
        reply = decoder.receive(task)
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


def _free_decoder() -> Decoder:
    """Return an idle decoder or a new one."""
    try:
        decoder = idle.pop()
    except IndexError:
        decoder = None
    if decoder is not None and decoder.process.poll() is not None:
        decoder.end()
        decoder = None
    try:
        return decoder or Decoder()
    except OSError as error:
        raise GenreError(f"no decoder could be started ({error.strerror}); close other programs") from error

"""Decoding in a process of its own: a decoder that crashes, hangs or swells takes nothing else along.

Conventions
-----------
Sound files come from strangers, and decoders are large programs in C. `read_safely` is `audio.decode.read_recording`
in a process that may use so much memory, must get on, and can write no file. The process stays for the next file; one
that failed is replaced. Requests and replies are frames of `child_process`.
"""

import contextlib
import faulthandler
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from musicgenre.audio.cover import SongTags, read_song_tags
from musicgenre.audio.decode import read_recording as read_here
from musicgenre.audio.decoder import ADVICE, DecodeRequest, ask_decoder
from musicgenre.audio.recording import WHOLE, Clip, Excerpt, Recording
from musicgenre.child_process import read_frame, write_frame
from musicgenre.errors import AudioError, GenreError, SourceError
from musicgenre.task import UNATTENDED, Task

MEMORY_MB = 1200  # that a decoder may fill; 120 s at 768 kHz fit

ERRORS = {kind.__name__: kind for kind in (GenreError, SourceError, AudioError)}


def read_safely(
    path: Path | str,
    *,
    excerpt: Excerpt = WHOLE,
    task: Task = UNATTENDED,
) -> Recording:
    """Decode the parts of a file that are analysed, in another process; may be called from several threads.

    Parameters
    ----------
    path, excerpt, task
        See `audio.decode.read_recording`; the task is asked twenty times a second whether to stop.

    Raises
    ------
    SourceError, AudioError, Cancelled
        As `audio.decode.read_recording`; AudioError also if the decoder crashed, was stuck, or took too much memory.
    GenreError
        If no decoder can be started.
    """
    return _recording(*ask_decoder(DecodeRequest.of(Path(path), excerpt.start_s, excerpt.length_s), task))


def tags_safely(path: Path) -> SongTags:
    """Read a file's artist, album and picture in another process; raises as `read_safely`."""
    header, cover = ask_decoder(replace(DecodeRequest.of(path), tags_only=True), UNATTENDED)
    if "error" in header:
        raise ERRORS[header["error"]](header["message"], header["kind"])
    return SongTags(header["artist"], header["album"], cover)


def _recording(header: dict[str, Any], data: bytes) -> Recording:
    """Return what a reply holds, or raise its error."""
    if "error" in header:
        raise ERRORS[header["error"]](header["message"], header["kind"])
    samples, clips, first = np.frombuffer(data, np.float32), [], 0
    for count, rate, title, source, start_s in header["clips"]:
        clips.append(Clip(samples[first : first + count], rate, title, source, start_s))
        first += count
    return Recording(
        tuple(clips), header["title"], header["duration_s"], header["tags"], tuple(map(tuple, header["silent"]))
    )


# ---- in the other process


def _limit() -> None:
    """Take memory beyond the limit, files to write and dumps away from this process, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for name, limit in (("RLIMIT_DATA", MEMORY_MB << 20), ("RLIMIT_FSIZE", 0), ("RLIMIT_CORE", 0)):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(getattr(resource, name), (limit, limit))


def _watch(stall_s: float, nowhere: Any) -> Callable[[], bool]:
    """Return a `Task.cancelled` that never stops the work, and without whose calls the process soon ends itself."""
    last = time.monotonic()
    faulthandler.dump_traceback_later(stall_s, exit=True, file=nowhere)

    def alive() -> bool:
        nonlocal last
        if time.monotonic() > last + stall_s / 10:
            last = time.monotonic()
            faulthandler.dump_traceback_later(stall_s, exit=True, file=nowhere)
        return False

    return alive


def _reply(request: DecodeRequest, pipe: Any, nowhere: Any) -> None:
    """Decode one file and write its samples, or its error, to the pipe."""
    path = Path(request.path)

    def progress(_: str, fraction: float) -> None:
        write_frame(pipe, {"progress": fraction})

    try:
        if request.folder:
            os.chdir(request.folder)
        if request.tags_only:
            _watch(request.stall_s, nowhere)
            tags = read_song_tags(path)
            write_frame(pipe, {"artist": tags.artist, "album": tags.album}, tags.cover)
            return
        task = Task(progress, _watch(request.stall_s, nowhere))
        recording = read_here(path, excerpt=Excerpt(request.start_s, request.length_s), task=task)
    except Exception as error:
        if isinstance(error, MemoryError):  # FFmpeg's own is one, too
            error = AudioError(f"{path.name!r} takes more than {MEMORY_MB} MB to decode; {ADVICE}")
        elif not isinstance(error, GenreError):  # what the binding to a decoder raises for damaged files is not defined
            error = AudioError(f"{path.name!r} could not be decoded; {ADVICE}")
        name = type(error).__name__
        write_frame(
            pipe, {"error": name if name in ERRORS else "GenreError", "kind": error.kind, "message": str(error)}
        )
        return
    finally:
        faulthandler.cancel_dump_traceback_later()
    clips = [[len(c.samples), c.sample_rate, c.title, c.source, c.start_s] for c in recording.clips]
    about = {"title": recording.title, "duration_s": recording.duration_s, "tags": dict(recording.tags)}
    about["silent"] = recording.silent
    write_frame(pipe, {**about, "clips": clips})
    for clip in recording.clips:
        pipe.write(np.ascontiguousarray(clip.samples, np.float32).data)  # as they are: a frame would copy them
    pipe.flush()


def main() -> None:
    """Decode what is asked for until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    _limit()
    import av  # noqa: F401 - loaded before it is needed

    with Path(os.devnull).open("w") as nowhere, contextlib.suppress(BrokenPipeError):
        while frame := read_frame(sys.stdin.buffer):
            _reply(DecodeRequest(**frame[0]), pipe, nowhere)


if __name__ == "__main__":
    main()

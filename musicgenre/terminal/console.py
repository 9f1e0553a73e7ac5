"""What the scripts share on a terminal: messages, a progress bar, and exit codes.

Results go to standard output and messages to standard error. Text from files and the network is cleaned before it is
shown, so that no control character reaches the terminal.
"""

import faulthandler
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TextIO

from musicgenre.terminal.start import INTERRUPTED, missing
from musicgenre.text import clean_text

STOPS = (signal.SIGINT, signal.SIGTERM)

TIDYING_S = 5.0  # after Ctrl-C; what has not ended by then is broken off

LINE_EVERY_S = 60.0  # in a log

EXIT_OK, EXIT_ERROR, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130


def say(message: str) -> None:
    """Write one line to standard error."""
    sys.stderr.write(clean_text(message) + "\n")
    sys.stderr.flush()


def output() -> TextIO:
    """Return standard output, on which a letter that the terminal lacks becomes a question mark."""
    out: Any = sys.stdout
    if hasattr(out, "reconfigure"):
        out.reconfigure(errors="replace")
    return out


def show(text: str) -> None:
    """Write results to standard output, at once, so that they can be followed."""
    out = output()
    out.write(text)
    out.flush()


def run(work: Callable[[], int]) -> int:
    """Call `work`; user errors become a sentence and exit code 1, Ctrl-C and SIGTERM exit code 130."""
    _open_streams()
    before = {number: signal.signal(number, _stop) for number in STOPS}
    unraisable, sys.unraisablehook = sys.unraisablehook, _again
    try:
        return work()
    except (KeyboardInterrupt, Exception) as error:
        if signal.getsignal(signal.SIGINT) is not _stop:  # whatever a library made of the interrupt
            for number in STOPS:
                signal.signal(number, signal.SIG_IGN)  # Python takes functions away before it has ended
            say(INTERRUPTED)
            return EXIT_INTERRUPTED
        _explain(error)
        return EXIT_ERROR
    finally:
        sys.unraisablehook = unraisable
        if signal.getsignal(signal.SIGINT) is _stop:  # else the process is about to end
            for number, handler in before.items():
                signal.signal(number, handler)


def _open_streams() -> None:
    """Let a program that was started without output or messages (`>&-`, pythonw) write them nowhere."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:  # else the pipe to a decoder would get one of these numbers
        pass
    os.close(number)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - to the end


def _explain(error: BaseException) -> None:
    """Say what a user can do about an error; raise one that is the program's own fault."""
    own = ("functions_", "musicgenre")
    if isinstance(error, ModuleNotFoundError) and not (error.name or own[0]).startswith(own):
        say(f"error: {missing(str(error.name).partition('.')[0])}")
        return
    from musicgenre.errors import GenreError  # loads numpy, which takes longer than an impatient Ctrl-C

    if isinstance(error, BrokenPipeError):
        sys.stderr.close()  # the reader of our output is gone; there is nobody to tell
    elif isinstance(error, OSError):
        say(f"error: {error.filename or 'the system'}: {error.strerror or error}; check the path and the free space")
    elif isinstance(error, GenreError):
        say(f"error: {error}")
    else:
        raise error


def _stop(*_: object) -> None:
    """Take the first Ctrl-C or SIGTERM and no other: a second one would break off the tidying up after the first."""
    for number in STOPS:
        signal.signal(number, lambda *_: None)  # not SIG_IGN: Python complains of a signal that is just arriving
    faulthandler.dump_traceback_later(TIDYING_S, exit=True, file=os.open(os.devnull, os.O_WRONLY))
    raise KeyboardInterrupt


def _again(lost: Any) -> None:
    """Interrupt once more a moment later where a callback has swallowed it, as those of Python's imports do."""
    if lost.exc_type is KeyboardInterrupt and hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _stop)
        signal.setitimer(signal.ITIMER_REAL, 0.02)
    else:
        sys.__unraisablehook__(lost)


class Bar:
    """A progress bar with rate and time left on standard error; where that is not a terminal, a line a minute.

    Parameters
    ----------
    unit : str
        What is counted.
    """

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._bar: Any = None
        self._shown = sys.stderr.isatty()

    def __enter__(self) -> Self:
        self._start = time.monotonic()
        self._next = self._start + LINE_EVERY_S
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def update(self, done: int, total: int) -> None:
        """Show that `done` of `total` are finished."""
        if not self._shown:
            now = time.monotonic()
            if now >= self._next:
                self._next = now + LINE_EVERY_S
                left = (now - self._start) / done * (total - done)
                time_left = f"{left / 60:.0f} min" if left >= 60 else "under a minute"
                say(f"{done} of {total} {self._unit}, {time_left} left")
            return
        if self._bar is None:
            from tqdm import tqdm  # only where a bar is shown

            self._bar = tqdm(total=total, unit=self._unit.rstrip("s"), file=sys.stderr, dynamic_ncols=True)
        self._bar.total = total
        self._bar.update(done - self._bar.n)

    def say(self, message: str) -> None:
        """Write a line without breaking the bar."""
        if self._bar is not None:
            self._bar.clear()
        say(message)


class Status:
    """One changing line on standard error that says what is being done; silent where that is not a terminal."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._width = 0

    def __call__(self, stage: str, fraction: float) -> None:
        """Show a stage, and how much of it is done where that is known."""
        self._write(clean_text(f"{stage} {fraction:.0%}" if fraction else f"{stage} ..."))

    def clear(self) -> None:
        """Take the line away, before something is written that stays."""
        if self._width:
            self._write("")

    def _write(self, line: str) -> None:
        """Write over the old line."""
        if self._shown:
            sys.stderr.write(f"\r{line:<{self._width}}" + ("" if line else "\r"))
            sys.stderr.flush()
            self._width = len(line)

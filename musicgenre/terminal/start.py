"""Prepare a script before anything is loaded: catch Ctrl-C, refuse an old Python, name a missing package.

numpy's matrix products get one thread, unless OPENBLAS_NUM_THREADS says otherwise: songs are divided among processes,
and starting and awaiting the threads of two processors takes a fifth of the time of the first song.

Only modules that Python itself has loaded are imported, and only syntax that an old Python knows is used.
"""

from __future__ import annotations

import _signal
import os
import sys

OLDEST = (3, 11)

NEEDED = ("numpy", "soxr", "av", "ai_edge_litert")  # every answer needs them

INTERRUPTED = "interrupted; what is finished is kept"

EXIT_ERROR, EXIT_INTERRUPTED = 1, 130


def start() -> None:
    """Catch Ctrl-C and SIGTERM while modules load; end with a sentence where the program cannot run."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for number in (_signal.SIGINT, _signal.SIGTERM):
        _signal.signal(number, _end)
    problem = old_python(sys.version_info[:2]) or next((missing(name) for name in NEEDED if not _found(name)), None)
    if problem:
        _write("error: " + problem)
        sys.exit(EXIT_ERROR)


def old_python(version: tuple[int, ...]) -> str | None:
    """Return what to do about a Python that is too old, None for one that is not."""
    if version[:2] >= OLDEST:
        return None
    return "Python {}.{} is too old; {}.{} or newer is needed: install it, then run {}".format(  # noqa: UP032 - old too
        version[0], version[1], OLDEST[0], OLDEST[1], _setup()
    )


def missing(package: str) -> str:
    """Return what to do about a package that this Python lacks."""
    python = _own_python()
    folder = os.path.dirname(os.path.dirname(python))  # noqa: PTH120 - nothing is loaded yet
    if os.path.exists(python) and os.path.realpath(folder) != os.path.realpath(sys.prefix):  # noqa: PTH110
        advice = "start the program with " + os.path.relpath(python) + " instead"
    else:
        advice = "run " + _setup()
    return "the package " + package + " is missing in this Python (" + sys.executable + "); " + advice


def _found(package: str) -> bool:
    """Whether a package is installed, without loading it."""
    from importlib.machinery import PathFinder

    return package in sys.modules or PathFinder.find_spec(package) is not None


def _own_python() -> str:
    """Return where `make setup` puts the project's own Python."""
    script = getattr(sys.modules.get("__main__"), "__file__", None) or ""
    place = ("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")
    return os.path.join(os.path.dirname(os.path.abspath(script)), ".venv", *place)  # noqa: PTH100, PTH118, PTH120


def _setup() -> str:
    """Return the commands that set the program up on this system."""
    python = os.path.relpath(_own_python())
    if os.name == "nt":
        return "py -m venv .venv and " + python + " -m pip install -c constraints.txt -r requirements.txt"
    return "make setup in the program's folder, and start it with " + python


def _end(*_: object) -> None:
    """End at once; nothing has begun that would have to be tidied up."""
    _write(INTERRUPTED)
    os._exit(EXIT_INTERRUPTED)


def _write(line: str) -> None:
    """Write a line to standard error, if there is one."""
    try:  # noqa: SIM105 - contextlib is not loaded yet
        os.write(2, (line + "\n").encode("utf-8", "replace"))
    except OSError:
        pass

"""A display of its own for tests and screenshots: Xvfb, keys and mouse by xdotool, pictures by ImageMagick."""

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def display(width: int = 1400, height: int = 1000) -> Iterator[str]:
    """Run a display for the time of a with block; DISPLAY names it."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    before = os.environ.get("DISPLAY")
    try:
        with os.fdopen(read) as pipe:
            number = pipe.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start; run: make system")
        os.environ["DISPLAY"] = f":{number}"
        yield f":{number}"
    finally:
        if before is None:
            os.environ.pop("DISPLAY", None)
        else:
            os.environ["DISPLAY"] = before
        server.terminate()
        server.wait(10)


def tool(*arguments: Any) -> str:
    """Run a program and return what it wrote."""
    done = subprocess.run([str(a) for a in arguments], capture_output=True, text=True, timeout=20, check=True)
    return done.stdout


class Pilot:
    """Acts on a window of this process as a user does, and turns its event loop meanwhile.

    Parameters
    ----------
    window : musicgenre.window.window.Window
    """

    def __init__(self, window: Any) -> None:
        self.window = window
        self.root = window.root

    def turn(self, seconds: float) -> None:
        """Let the window live for a while."""
        self.until(lambda: False, seconds)

    def until(self, condition: Callable[[], Any], seconds: float = 20.0) -> bool:
        """Let the window live until a condition holds; return whether it came to hold."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.root.update()
            if self.window.closed or condition():
                return bool(condition())
            time.sleep(0.004)
        return bool(condition())

    def rest(self, seconds: float = 60.0) -> bool:
        """Let the window live until every input has its answer: the worker is ahead of its messages."""
        window = self.window
        return self.until(
            lambda: not window.jobs.busy and not window.jobs.unfinished(),
            seconds,
        )

    def act(self, *arguments: Any) -> None:
        """Run xdotool while the window lives, so that it can take the events."""
        failure: list[BaseException] = []

        def run() -> None:
            try:
                tool("xdotool", *arguments)
            except BaseException as error:
                failure.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        self.until(lambda: not thread.is_alive(), 20)
        thread.join()
        if failure:
            raise failure[0]
        self.turn(0.03)

    def key(self, *keys: str) -> None:
        """Press keys, for instance ctrl+v."""
        self.act("key", "--delay", 8, *keys)

    def beside(self, *commands: tuple[Any, ...]) -> threading.Thread:
        """Run xdotool commands in a thread, one after another: a dialog holds the caller until it is closed."""
        thread = threading.Thread(target=lambda: [tool("xdotool", *command) for command in commands], daemon=True)
        thread.start()
        return thread

    def type(self, text: str) -> None:
        """Type a text."""
        self.act("type", "--delay", 10, text)

    def click(self, widget: Any, x: float = 0.5, y: float = 0.5, *, button: int = 1, times: int = 1) -> None:
        """Click a widget at a share of its width and height."""
        self.root.update_idletasks()
        where = (
            widget.winfo_rootx() + int(widget.winfo_width() * x),
            widget.winfo_rooty() + int(widget.winfo_height() * y),
        )
        self.act("mousemove", *where, "sleep", 0.05, "click", "--repeat", times, "--delay", 60, button)

    def drawn(self, *names: str, seconds: float = 20.0) -> bool:
        """Wait until these pictures of the answer are drawn as they are wanted."""
        pictures = [self.window.pages.answer.pictures[name] for name in names or ("prediction_bars", "genre_timeline")]
        return self.until(lambda: all(picture.is_drawn for picture in pictures), seconds)

    def picture(self, path: Path, widget: Any = None) -> Path:
        """Save what the screen shows of the window, or of one widget."""
        widget = widget or self.root
        self.root.update()
        top = widget.winfo_rooty()
        if widget is self.root:
            top = int(self.root.geometry().split("+")[2])  # with the menu bar
        height = widget.winfo_height() + widget.winfo_rooty() - top
        size = f"{widget.winfo_width()}x{height}+{widget.winfo_rootx()}+{top}"
        tool("import", "-window", "root", "-crop", size, "+repage", path)
        return path

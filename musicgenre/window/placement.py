"""Where the window is on the screen, and how small it may become."""

import re
import tkinter as tk
from collections.abc import Sequence

from musicgenre.window.look import Look

SMALLEST = (900, 570)  # and the menu bar: fits a screen of 900 x 600
FIRST_SIZE = (1080, 720)


class Placement:
    """Keeps a window on its screen.

    Parameters
    ----------
    root : tk.Tk
    look : Look
    """

    def __init__(self, root: tk.Tk, look: Look) -> None:
        self._root, self._look = root, look

    def begin(self, place: Sequence[int]) -> None:
        """Give the window the size and place it had, if that is still on the screen."""
        root = self._root
        self._look.listen(lambda: root.after_idle(self._keep_in_screen))  # by then the menu bar has its new height
        root.update_idletasks()
        screen, least = self._screen(), self._least()
        root.minsize(*least)
        size = [min(max(self._look.px(first), small), whole) for first, small, whole in
                zip(FIRST_SIZE, least, screen, strict=True)]  # fmt: skip
        geometry = f"{size[0]}x{size[1]}"
        if len(place) == 4 and all(isinstance(value, int) for value in place):
            width, height = (min(max(value, small), whole) for value, small, whole in
                             zip(place[:2], least, screen, strict=True))  # fmt: skip
            x, y = (min(max(value, 0), whole - 100) for value, whole in zip(place[2:], screen, strict=True))
            geometry = f"{width}x{height}+{x}+{y}"
        root.geometry(geometry)

    def now(self) -> list[int]:
        """Return width, height, x and y; winfo_y would count the menu bar on some systems."""
        return [int(number) for number in re.findall(r"-?\d+", self._root.geometry())]

    def _screen(self) -> tuple[int, int]:
        """Return the largest size that the screen has room for; X11 counts a window's menu bar beside its height."""
        call = self._root.tk.call
        bars = [path for path in self._root.tk.splitlist(call("winfo", "children", ".")) if "#" in str(path)]
        bar = call("winfo", "reqheight", bars[0]) if bars and call("tk", "windowingsystem") == "x11" else 0
        return self._root.winfo_screenwidth(), self._root.winfo_screenheight() - int(bar)

    def _keep_in_screen(self) -> None:
        """Ask for the smallest size at the scaling in use, and for no larger one than the screen's."""
        self._root.minsize(*self._least())
        width, height = self._root.winfo_width(), self._root.winfo_height()
        room = self._screen()
        if width > room[0] or height > room[1]:
            self._root.geometry(f"{min(width, room[0])}x{min(height, room[1])}")

    def _least(self) -> tuple[int, int]:
        """Return the smallest size in which everything fits at the scaling in use, or the screen's."""
        width, height = (
            min(self._look.px(small), whole) for small, whole in zip(SMALLEST, self._screen(), strict=True)
        )
        return width, height

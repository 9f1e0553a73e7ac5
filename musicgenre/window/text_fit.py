"""Text that fits: cut or broken to a width, and right-to-left titles for Tk on X11.

Conventions
-----------
On X11 Tk draws every letter by itself and from left to right. There letters of Arabic script are given the form that
they have between their neighbours before a text is cut, and lines are reordered (UAX #9) after it. On other systems
Tk does all this itself.
"""

import tkinter as tk
import unicodedata
from collections.abc import Callable
from functools import cache
from tkinter import font, ttk
from typing import Any


@cache
def _reshaper() -> Any:
    """Return what joins Arabic letters; loaded when the first of them is seen."""
    from arabic_reshaper import ArabicReshaper

    return ArabicReshaper(configuration={"delete_harakat": False, "delete_tatweel": False, "support_ligatures": True})


def _is_from_right(text: str) -> bool:
    """Whether a text has letters that are read from the right."""
    return not text.isascii() and any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)


def shaped(text: str) -> str:
    """Return text with every Arabic letter in the form that joins it to its neighbours."""
    return str(_reshaper().reshape(text)) if _is_from_right(text) else text


def visual(text: str) -> str:
    """Return one line as it is to be drawn from left to right; text without right-to-left letters stays as it is."""
    if not _is_from_right(text):
        return text
    from bidi.algorithm import get_display

    return str(get_display(shaped(text)))


def shorten(text: str, width: int, measure: Callable[[str], int]) -> str:
    """Return text that is at most `width` pixels wide, cut at its end with an ellipsis."""
    if measure(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(text[:middle].rstrip() + "…") <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"


def fit_lines(text: str, width: int, lines: int, measure: Callable[[str], int]) -> str:
    """Return text broken at spaces (or inside words that are too long) into at most so many lines of that width."""
    out: list[str] = []
    rest = text
    while rest and len(out) < lines - 1 and measure(rest) > width:
        low, high = 1, len(rest)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if measure(rest[:middle]) <= width else (low, middle - 1)
        space = rest.rfind(" ", 1, low + 1)
        cut = space if space > low // 2 else low
        out.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return "\n".join([*out, shorten(rest, width, measure)]) if rest else "\n".join(out)


def joined(widget: tk.Misc, text: str) -> str:
    """Return text with letters of Arabic script joined, where Tk does not do it itself."""
    return shaped(text) if widget.tk.call("tk", "windowingsystem") == "x11" else text


def turned(widget: tk.Misc, line: str) -> str:
    """Return a line with right-to-left words turned, where Tk does not do it itself; after it is cut to its width."""
    return visual(line) if widget.tk.call("tk", "windowingsystem") == "x11" else line


def cell(widget: tk.Misc, text: str, width: int, measure: Callable[[str], int]) -> str:
    """Return a text for one cell of a list: joined, cut to a width in pixels, and turned."""
    return turned(widget, shorten(joined(widget, text), width, measure))


class FitLabel(ttk.Label):
    """A label that cuts its text to the width it is given, in at most `lines` lines."""

    def __init__(self, parent: Any, *, use: font.Font, lines: int = 1, **options: Any) -> None:
        super().__init__(parent, font=use, **options)
        self._font, self._lines, self.whole, self._cut = use, lines, "", ""
        self.bind("<Configure>", lambda _: self._fit())

    def show(self, text: str, *, cut: str = "") -> None:
        """Show a text; where it is too long the part of it that is `cut` becomes shorter before its end does."""
        self.whole, self._cut = text, cut
        self._fit()

    def _fit(self) -> None:
        """Cut the text to the present width."""
        width, whole = self.winfo_width(), self.whole
        if self._cut and width > 1:
            rest = self._font.measure(joined(self, whole.replace(self._cut, "", 1)))
            part = shorten(self._cut, max(width - 4 - rest, 0), lambda text: self._font.measure(joined(self, text)))
            whole = whole.replace(self._cut, part, 1)
        whole = joined(self, whole)
        shown = whole if width <= 1 else fit_lines(whole, width - 4, self._lines, self._font.measure)
        shown = "\n".join(turned(self, line) for line in shown.split("\n"))
        if self.cget("text") != shown:
            self.configure(text=shown)

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

from musicgenre.window.look import change

BRACKETS = {"(": ")", "[": "]", "{": "}", "«": "»", "「": "」", "『": "』", "【": "】"}


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


def visual(text: str, *, base: str | None = None) -> str:
    """Return one line as it is to be drawn from left to right; text without right-to-left letters stays as it is.

    `base` is the direction of the paragraph, "L" or "R"; without it the first letter says.
    """
    if not _is_from_right(text):
        return text
    from bidi import algorithm

    text = shaped(text)
    storage = algorithm.get_empty_storage()
    level = algorithm.PARAGRAPH_LEVELS[base] if base else algorithm.get_base_level(text)
    storage["base_level"], storage["base_dir"] = level, ("L", "R")[level]
    algorithm.get_embedding_levels(text, storage)
    algorithm.explicit_embed_and_overrides(storage)
    algorithm.resolve_weak_types(storage)
    _resolve_brackets(storage["chars"], ("L", "R")[level])
    algorithm.resolve_neutral_types(storage, debug=False)
    algorithm.resolve_implicit_levels(storage, debug=False)
    algorithm.reorder_resolved_levels(storage, debug=False)
    algorithm.apply_mirroring(storage, debug=False)
    return "".join(char["ch"] for char in storage["chars"])


def _resolve_brackets(chars: list[dict[str, Any]], base: str) -> None:
    """Give both brackets of a pair one direction (rule N0 of UAX #9, which the package bidi leaves out)."""

    def strong(char: dict[str, Any]) -> str | None:
        return {"L": "L", "R": "R", "AL": "R", "EN": "R", "AN": "R"}.get(char["type"])

    waiting: list[int] = []
    pairs: list[tuple[int, int]] = []
    for index, char in enumerate(chars):
        if char["ch"] in BRACKETS:
            waiting.append(index)
        elif char["ch"] in BRACKETS.values():
            opener = next((i for i in reversed(waiting) if BRACKETS[chars[i]["ch"]] == char["ch"]), None)
            if opener is not None:
                pairs.append((opener, index))
                del waiting[waiting.index(opener) :]
    for opener, closer in sorted(pairs):
        inside = {strong(char) for char in chars[opener + 1 : closer]} - {None}
        if not inside:
            continue
        before = next((found for char in reversed(chars[:opener]) if (found := strong(char))), base)
        direction = base if base in inside or before not in inside else before
        chars[opener]["type"] = chars[closer]["type"] = direction


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


def turned(widget: tk.Misc, line: str, *, base: str | None = None) -> str:
    """Return a line with right-to-left words turned, where Tk does not do it itself; after it is cut to its width."""
    return visual(line, base=base) if widget.tk.call("tk", "windowingsystem") == "x11" else line


def cell(widget: tk.Misc, text: str, width: int, measure: Callable[[str], int]) -> str:
    """Return a text for one cell of a list: joined, cut to a width in pixels, and turned."""
    return turned(widget, shorten(joined(widget, text), width, measure))


def base_of(text: str) -> str:
    """Return the direction of a title, that of its first letter: "L" or "R"."""
    kinds = (unicodedata.bidirectional(char) for char in text)
    return next(("L" if kind == "L" else "R" for kind in kinds if kind in ("L", "R", "AL")), "L")


class FitLabel(ttk.Label):
    """A label that cuts its text to the width it is given, in at most `lines` lines.

    Parameters
    ----------
    parent : widget
    use : font.Font
    lines : int
    sentence : bool
        Whether the text is a sentence of ours, which is read from the left whatever titles it holds.
    options
        Of the label.
    """

    def __init__(
        self, parent: Any, *, use: font.Font, lines: int = 1, sentence: bool = False, **options: Any
    ) -> None:  # fmt: skip
        super().__init__(parent, font=use, **options)
        self._font, self._lines, self._sentence = use, lines, sentence
        self.whole, self._cut = "", ""
        self.bind("<Configure>", lambda _: self._fit())

    def show(self, text: str, *, cut: str = "") -> None:
        """Show a text; where it is too long the part of it that is `cut` becomes shorter before its end does."""
        self.whole, self._cut = text, cut
        self._fit()

    @property
    def is_cut(self) -> bool:
        """Whether something of the text is not seen."""
        return str(self.cget("text")).count("…") > self.whole.count("…")

    def _fit(self) -> None:
        """Cut the text to the present width."""
        change(self, text=self._in_sentence() if self._cut and self._lines == 1 else self._as_lines())

    def _in_sentence(self) -> str:
        """Return a sentence with its title cut first and turned by itself: its neighbours stay where they are."""
        width, measure = self.winfo_width(), self._font.measure
        before, _, after = self.whole.partition(self._cut)
        title = joined(self, self._cut)
        if width > 1:
            title = shorten(title, max(width - 4 - measure(joined(self, before + after)), 0), measure)
            rest = max(width - 4 - measure(before) - measure(title), 0)
            after = shorten(joined(self, after), rest, measure) if after else ""
        base = "L" if self._sentence else None
        return turned(self, before, base=base) + turned(self, title) + turned(self, after, base=base)

    def _as_lines(self) -> str:
        """Return the text in lines that fit, all of one direction."""
        width, whole = self.winfo_width(), joined(self, self.whole)
        shown = whole if width <= 1 else fit_lines(whole, width - 4, self._lines, self._font.measure)
        base = "L" if self._sentence else base_of(self.whole)
        return "\n".join(turned(self, line, base=base) for line in shown.split("\n"))

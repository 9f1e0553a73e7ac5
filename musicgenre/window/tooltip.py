"""Tooltips: a sentence beside a widget, for the pointer that rests there and for the keyboard that stays there."""

import tkinter as tk
from collections.abc import Callable
from typing import Any

from musicgenre.window.look import Look
from musicgenre.window.text_fit import fit_lines, joined, turned

WAIT_MS = 600  # of the pointer or the keyboard
WIDTH = 340  # of the text, at 100 %
LINES = 12


class Tooltip:
    """The tooltip of one widget.

    Parameters
    ----------
    widget : widget
    look : Look
    words : str or callable
        The sentence, or what returns it when it is wanted; "" shows nothing.
    """

    def __init__(self, widget: Any, look: Look, words: str | Callable[[], str]) -> None:
        self._widget, self._look, self._words = widget, look, words
        self._later: str | None = None
        self.shown: tk.Toplevel | None = None
        for event in ("<Enter>", "<FocusIn>"):
            widget.bind(event, self._come, add=True)
        for event in ("<Leave>", "<FocusOut>", "<ButtonPress>", "<KeyPress>", "<Destroy>", "<Unmap>"):
            widget.bind(event, self._go, add=True)

    @property
    def words(self) -> str:
        """The sentence that is shown now."""
        return self._words if isinstance(self._words, str) else self._words()

    def _come(self, _: "tk.Event[Any]") -> None:
        """Show the sentence after a while."""
        if self._later is None and self.shown is None:
            self._later = self._widget.after(WAIT_MS, self._show)

    def _go(self, _: "tk.Event[Any]") -> None:
        """Take the sentence away."""
        if self._later is not None:
            self._widget.after_cancel(self._later)
            self._later = None
        if self.shown is not None:
            self.shown.destroy()
            self.shown = None

    def _show(self) -> None:
        """Show the sentence below the widget, or above it where the screen ends."""
        self._later = None
        words, widget, look = self.words, self._widget, self._look
        if not words or not widget.winfo_viewable():
            return
        colours, use = look.colours, look.fonts["small"]
        lines = fit_lines(joined(widget, words), look.px(WIDTH), LINES, use.measure).split("\n")
        text = "\n".join(turned(widget, line, base="L") for line in lines)
        self.shown = top = tk.Toplevel(widget)
        top.withdraw()
        top.overrideredirect(True)
        label = tk.Label(top, text=text, font=use, justify="left", background=colours.raised, foreground=colours.text,
                         padx=look.px(8), pady=look.px(5), highlightthickness=1,
                         highlightbackground=colours.line)  # fmt: skip
        label.pack()
        top.update_idletasks()
        width, height = top.winfo_reqwidth(), top.winfo_reqheight()
        x = min(max(widget.winfo_rootx(), 0), max(top.winfo_screenwidth() - width, 0))
        y = widget.winfo_rooty() + widget.winfo_height() + look.px(4)
        if y + height > top.winfo_screenheight():
            y = max(widget.winfo_rooty() - height - look.px(4), 0)
        top.geometry(f"+{x}+{y}")
        top.deiconify()
        top.lift()

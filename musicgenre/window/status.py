"""The line below: a sentence about what has happened, how far the work is, and Cancel."""

import time
from collections.abc import Callable
from tkinter import ttk
from typing import Any

from musicgenre.text import clean_title
from musicgenre.window.look import Look, change
from musicgenre.window.text_fit import FitLabel

STALE_S = 1.5  # a sentence that is older goes when something else is looked at


class StatusBar(ttk.Frame):
    """The line.

    Parameters
    ----------
    parent : widget
    look : Look
    cancel : callable
        Called without anything by the button.
    """

    def __init__(self, parent: Any, look: Look, *, cancel: Callable[[], None]) -> None:
        super().__init__(parent)
        self._look = look
        self._said, self._bad = 0.0, False
        self.columnconfigure(0, weight=1)
        self.text = FitLabel(self, use=look.fonts["body"], sentence=True)
        self.text.grid(row=0, column=0, sticky="ew")
        self.progress = ttk.Progressbar(self, length=look.px(160), maximum=1.0)
        self.progress.grid(row=0, column=1, padx=look.px(8))
        self.cancel = ttk.Button(self, text="Cancel", underline=2, command=cancel)
        self.cancel.grid(row=0, column=2)
        self.rowconfigure(0, minsize=self.cancel.winfo_reqheight())  # as high with the button as without it
        look.listen(self._paint)

    @property
    def whole(self) -> str:
        """The sentence as it was said, before it was cut to the width."""
        return self.text.whole

    def say(self, text: str, *, bad: bool = False, title: str = "") -> None:
        """Show a sentence; a title in it is cut first where the line is too short."""
        self._said, self._bad = time.monotonic(), bad
        text = text[:1].upper() + text[1:]
        self._paint()
        self.text.show(clean_title(text, limit=400), cut=title)

    def clear_stale(self, *, at_once: bool = False) -> None:
        """Take away a sentence that was about something else."""
        if at_once or time.monotonic() - self._said > STALE_S:
            self.say("")

    def show_work(self, fraction: float | None, *, several: bool = False) -> None:
        """Show that there is work, and how far it is where that is known; several inputs can be stopped together."""
        self.cancel.grid()
        text = "Stop all…" if several else "Cancel"
        change(self.cancel, text=text, underline=-1 if several else 2)
        self.progress.grid()
        if fraction is not None:
            change(self.progress, value=fraction)

    def show_rest(self) -> None:
        """Show that there is no work."""
        self.progress.grid_remove()
        self.cancel.grid_remove()

    def _paint(self) -> None:
        """Use the theme's colours."""
        self.rowconfigure(0, minsize=self.cancel.winfo_reqheight())
        change(self.text, foreground=self._look.colours.bad if self._bad else self._look.colours.text)

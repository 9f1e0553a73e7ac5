"""A line above the pages that offers something, and goes when it is answered."""

from collections.abc import Callable
from tkinter import ttk
from typing import Any

from musicgenre.window.look import Look
from musicgenre.window.text_fit import FitLabel


class Banner(ttk.Frame):
    """The line; not seen before something is offered.

    Parameters
    ----------
    parent : widget
    look : Look
    """

    def __init__(self, parent: Any, look: Look) -> None:
        super().__init__(parent, style="Card.TFrame", padding=look.px(8))
        self.columnconfigure(0, weight=1)
        self.text = FitLabel(self, use=look.fonts["strong"], lines=2)
        self.text.grid(row=0, column=0, sticky="ew")
        self.yes = ttk.Button(self, style="Accent.TButton")
        self.no = ttk.Button(self)
        self.yes.grid(row=0, column=1, padx=look.px(8))
        self.no.grid(row=0, column=2)

    def offer(self, text: str, *, yes: str, no: str, accept: Callable[[], None], refuse: Callable[[], None]) -> None:
        """Show an offer and its two answers."""

        def answered(do: Callable[[], None]) -> None:
            self.grid_remove()
            do()

        self.text.show(text)
        self.yes.configure(text=yes, command=lambda: answered(accept))
        self.no.configure(text=no, command=lambda: answered(refuse))
        self.grid()

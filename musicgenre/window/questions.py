"""A question before something is done, as a dialog of the window's own look."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk

from musicgenre.window.dialogs import Dialog
from musicgenre.window.look import Look


class Question(Dialog):
    """Asks once; Esc and Close leave everything as it is.

    Parameters
    ----------
    root : tk.Tk
    look : Look
    title, text : str
    yes, no : str
        What the buttons say.
    do : callable
        Called without anything after yes.
    """

    def __init__(
        self, root: tk.Tk, look: Look, *, title: str, text: str, yes: str, no: str, do: Callable[[], None]
    ) -> None:  # fmt: skip
        super().__init__(root, look, title=title)
        self._do = do
        ttk.Label(self.body, text=text, wraplength=look.px(400), style="Body.TLabel", justify="left").pack(anchor="w")
        self.yes, self.no = self.buttons((yes, self._accept), (no, self.destroy))
        self.present(self.yes)

    def _accept(self) -> None:
        """Do it."""
        self.destroy()
        self._do()


def ask(root: tk.Tk, look: Look, *, title: str, text: str, yes: str, no: str, do: Callable[[], None]) -> None:
    """Ask a question, unless it is being asked already."""
    for child in root.winfo_children():
        if isinstance(child, Question):
            child.lift()
            child.yes.focus_force()
            return
    Question(root, look, title=title, text=text, yes=yes, no=no, do=do)

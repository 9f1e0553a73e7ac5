"""The pages, of which one is seen, and who has the keyboard."""

import tkinter as tk
from tkinter import ttk
from typing import Any

from musicgenre.window.answer_page import AnswerPage
from musicgenre.window.batch_page import BatchPage
from musicgenre.window.pages import Pick, Welcome, Working


class Keyboard:
    """Knows where the keyboard is.

    Parameters
    ----------
    root : tk.Tk
    entry : ttk.Entry
        The box, which gets the keyboard where nobody else has it.
    kept : tuple of widget
        Others that keep it while somebody is in them.
    """

    def __init__(self, root: tk.Tk, entry: ttk.Entry, kept: tuple[Any, ...]) -> None:
        self._root, self._entry, self._kept = root, entry, kept

    def focus(self) -> str:
        """Return the path of the widget with the keyboard, "" if another program has it."""
        return str(self._root.tk.call("focus"))  # focus_get does not know the list of an open combobox

    def leave(self, page: Any) -> None:
        """Give the keyboard to the box if it is in a page that is seen no more."""
        focus = self.focus() or self._root.tk.call("focus", "-lastfor", ".")  # what has it when the user comes back
        if f"{focus}.".startswith(f"{page}."):
            self._entry.focus_set()

    def is_free(self) -> bool:
        """Whether a page may take the keyboard: not from a text, a list or a dialog in which somebody is."""
        focus = self.focus()
        if focus == str(self._entry):
            return not self._entry.get()
        outside = self._root.tk.call("winfo", "toplevel", focus or ".") != "."
        return not outside and focus not in map(str, self._kept)


class PageStack:
    """The pages.

    Parameters
    ----------
    welcome, working, pick, answer, batch : widget
        In one place of a grid.
    keyboard : Keyboard
    """

    def __init__(
        self, *, welcome: Welcome, working: Working, pick: Pick, answer: AnswerPage, batch: BatchPage,
        keyboard: Keyboard,
    ) -> None:  # fmt: skip
        self.welcome, self.working, self.pick, self.answer, self.batch = welcome, working, pick, answer, batch
        self.keyboard = keyboard
        self._all: tuple[ttk.Frame, ...] = (welcome, working, pick, answer, batch)
        for page in self._all:
            page.grid(row=0, column=0, sticky="nsew")
            page.grid_remove()
        self.show(welcome)

    def show(self, shown: ttk.Frame) -> None:
        """Show one of the pages; a keyboard in another one goes to the box."""
        for page in self._all:
            if page is not shown and page.winfo_manager():
                page.grid_remove()
                self.keyboard.leave(page)
        if shown is not self.working:
            self.working.rest()
        shown.grid()

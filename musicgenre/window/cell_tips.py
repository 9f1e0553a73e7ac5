"""Tooltips of a list that show what a cell had to cut."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Any

from musicgenre.window.look import Look
from musicgenre.window.text_fit import fit_lines, joined, turned

DELAY_MS = 500
WIDEST = 420
LINES = 8


class CellTips:
    """Shows the whole text of a cell under a resting pointer, if the cell shows less.

    Parameters
    ----------
    tree : ttk.Treeview
    look : Look
    whole : callable
        Called with the key of a row and the name of a column; returns the whole text, "" where nothing is cut.
    """

    def __init__(self, tree: ttk.Treeview, look: Look, whole: Callable[[str, str], str]) -> None:
        self._tree, self._look, self._whole = tree, look, whole
        self._place = ("", "")
        self._later: str | None = None
        self.tip: tk.Toplevel | None = None
        tree.bind("<Motion>", self._moved, add=True)
        for event in ("<Leave>", "<Button>", "<MouseWheel>", "<Key>", "<Unmap>"):
            tree.bind(event, lambda _: self.hide(), add=True)

    def _moved(self, event: "tk.Event[Any]") -> None:
        """Wait for the pointer to rest in a cell."""
        place = (self._tree.identify_row(event.y), self._tree.identify_column(event.x))
        if place == self._place:
            return
        self.hide()
        self._place = place
        if place[0]:
            where = event.x_root, event.y_root
            self._later = self._tree.after(DELAY_MS, lambda: self._show(*place, *where))

    def hide(self) -> None:
        """Take the tip away."""
        self._place = ("", "")
        if self._later:
            self._tree.after_cancel(self._later)
            self._later = None
        if self.tip:
            self.tip.destroy()
            self.tip = None

    def _show(self, key: str, column: str, x: int, y: int) -> None:
        """Show the whole text beside the pointer, within the screen."""
        name = "title" if column == "#0" else str(self._tree.column(column, "id"))
        text = self._whole(key, name) if self._tree.exists(key) else ""
        if not text:
            return
        look, colours = self._look, self._look.colours
        self.tip = tip = tk.Toplevel(self._tree)
        tip.wm_overrideredirect(True)
        use = look.fonts["small"]
        lines = fit_lines(joined(tip, text), look.px(WIDEST), LINES, use.measure).split("\n")
        label = tk.Label(
            tip, text="\n".join(turned(tip, line) for line in lines), font=use, justify="left",
            background=colours.raised, foreground=colours.text, padx=look.px(8), pady=look.px(4), highlightthickness=1,
            highlightbackground=colours.line,
        )  # fmt: skip
        label.pack()
        width, height = label.winfo_reqwidth(), label.winfo_reqheight()
        left = max(min(x + look.px(12), tip.winfo_screenwidth() - width), 0)
        top = y + look.px(18)
        if top + height > tip.winfo_screenheight():
            top = y - height - look.px(8)
        tip.wm_geometry(f"+{left}+{top}")

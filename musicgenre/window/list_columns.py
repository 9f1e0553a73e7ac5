"""The columns of the history: which are shown, how wide, and what the rows are sorted by; all of it is remembered."""

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from tkinter import ttk
from typing import Any

from musicgenre.engine.listing import Order
from musicgenre.engine.settings import SettingsStore
from musicgenre.window.look import Look

INDENT = 14  # of a row within its day, at 100 %
LEAST_TITLE = 165


@dataclass(frozen=True)
class Column:
    """A column: its name, its heading, its usual width at 100 % and where its text stands."""

    name: str
    heading: str
    width: int
    anchor: Any = "w"


TITLE = Column("title", "Title", 170)
COLUMNS = (
    Column("artist", "Artist", 92), Column("genre", "Genre", 92), Column("confidence", "Sure", 48, "e"),
    Column("tempo", "BPM", 48, "e"), Column("date", "Date", 60, "e"),
)  # fmt: skip
LEAVING = ("tempo", "date", "artist", "confidence")  # in this order where the list is too narrow


class ListColumns:
    """Lays out the columns of a tree.

    Parameters
    ----------
    tree : ttk.Treeview
    look : Look
    settings : SettingsStore
    changed, sorted_by : callable
        Called without anything when widths have changed, and when the order has.
    """

    def __init__(
        self, tree: ttk.Treeview, look: Look, settings: SettingsStore, *, changed: Callable[[], None],
        sorted_by: Callable[[], None],
    ) -> None:  # fmt: skip
        self._tree, self._look, self._settings = tree, look, settings
        self._changed, self._sorted_by = changed, sorted_by
        now = settings.now
        known = [column.name for column in COLUMNS]
        self.hidden = {name for name in now.hidden_columns if name in known}
        widths = now.column_widths
        valid = len(widths) == len(known) and all(isinstance(one, int) and 20 <= one <= 900 for one in widths)
        self.widths = dict(zip(known, widths if valid else [column.width for column in COLUMNS], strict=True))
        column = now.sort_column if now.sort_column in (*known, "title") else "date"
        self.order = Order(column, now.sort_descending)
        self.shown: tuple[str, ...] = ()
        self._marks: list[tk.BooleanVar] = []  # an unreferenced variable would be forgotten
        tree.bind("<Configure>", lambda _: self.lay_out(), add=True)
        tree.bind("<ButtonRelease-1>", lambda _: tree.after_idle(self._dragged), add=True)
        for one in (TITLE, *COLUMNS):
            tree.heading(self._id(one.name), anchor=one.anchor, command=partial(self.sort, one.name))
            tree.column(self._id(one.name), anchor=one.anchor, stretch=False, minwidth=20)
        self._head()

    def _id(self, name: str) -> str:
        """Return the tree's own name of a column."""
        return "#0" if name == "title" else name

    def lay_out(self) -> None:
        """Give the title what the others leave; of those the first of `LEAVING` go where there is no room."""
        room, px = self._tree.winfo_width() - 8, self._look.px
        if room <= 1:
            return
        shown = [column.name for column in COLUMNS if column.name not in self.hidden]
        for name in LEAVING:
            if room - sum(px(self.widths[one]) for one in shown) < px(LEAST_TITLE) and name in shown:
                shown.remove(name)
        rest = room - sum(px(self.widths[one]) for one in shown)
        if tuple(shown) != self.shown:
            self.shown = tuple(shown)
            self._tree.configure(displaycolumns=shown)
        for name in shown:
            self._tree.column(name, width=px(self.widths[name]))
        if self._tree.column("#0", "width") != max(rest, px(60)):
            self._tree.column("#0", width=max(rest, px(60)))
            self._changed()

    def width(self, name: str) -> int:
        """Return the width of a column as it is shown, in pixels."""
        return int(self._tree.column(self._id(name), "width"))

    def _dragged(self) -> None:
        """Remember the widths that the user has drawn."""
        changed = False
        for name in self.shown:
            width = round(self.width(name) / self._look.scale)
            changed |= abs(width - self.widths[name]) > 1
            self.widths[name] = max(width, 24) if abs(width - self.widths[name]) > 1 else self.widths[name]
        if changed:
            self._settings.change(column_widths=[self.widths[column.name] for column in COLUMNS])
            self.lay_out()

    def sort(self, name: str) -> None:
        """Sort by a column; by the same once more, the other way round."""
        falling = name in ("date", "confidence", "tempo")
        self.order = Order(name, not self.order.descending if name == self.order.column else falling)
        self._settings.change(sort_column=name, sort_descending=self.order.descending)
        self._head()
        self._sorted_by()

    def toggle(self, name: str) -> None:
        """Show or hide a column."""
        self.hidden ^= {name}
        self._settings.change(hidden_columns=sorted(self.hidden))
        self.lay_out()
        self._changed()

    def _head(self) -> None:
        """Write the headings, the order in one of them."""
        for one in (TITLE, *COLUMNS):
            sign = (" ▾" if self.order.descending else " ▴") if one.name == self.order.column else ""
            self._tree.heading(self._id(one.name), text=one.heading + sign)

    def menu(self, x: int, y: int) -> None:
        """Offer the columns at a place of the screen."""
        name = "columns_menu"
        if name in self._tree.children:
            self._tree.children[name].destroy()
        menu = tk.Menu(self._tree, name=name, tearoff=False)
        self._marks = [tk.BooleanVar(self._tree, column.name not in self.hidden) for column in COLUMNS]
        for column, variable in zip(COLUMNS, self._marks, strict=True):
            menu.add_checkbutton(label=column.heading, variable=variable, command=partial(self.toggle, column.name))
        self._look.paint_menus(self._tree)
        menu.tk_popup(x, y)

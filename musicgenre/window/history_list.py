"""The list of all jobs and answers, with a box to search in them."""

import tkinter as tk
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from tkinter import ttk
from typing import Any

from musicgenre.window.look import HintEntry, Look
from musicgenre.window.text_fit import cell

SLICE = 20  # rows that are made before events have their turn again
PAUSE_MS = 5  # for them


@dataclass(frozen=True)
class ListRow:
    """What the list shows of a job or an answer; `kind` is a verdict or a state."""

    key: str
    title: str
    answer: str
    kind: str


@dataclass(frozen=True)
class ListActions:
    """What the list lets the user do.

    Parameters
    ----------
    fill, select, menu : callable
        Called with the words of a search, the keys of the selected rows, and the place on the screen where the menu
        of the selected rows is wanted.
    remove, compare : callable
        Called without anything.
    """

    fill: Callable[[str], None]
    select: Callable[[tuple[str, ...]], None]
    menu: Callable[[int, int], None]
    remove: Callable[[], None]
    compare: Callable[[], None]


class AnswerList(ttk.Frame):
    """All jobs and answers, newest first, with a box to search in them.

    Parameters
    ----------
    parent : widget
    look : Look
    actions : ListActions
    """

    def __init__(self, parent: Any, look: Look, actions: ListActions) -> None:
        super().__init__(parent)
        self._look, self._do = look, actions
        self._later: str | None = None
        self.count = 0
        self._coming: Iterator[ListRow] = iter(())
        self._filling: str | None = None
        self._wanted: set[str] = set()
        self._place = ""
        self.rowconfigure(2, weight=1)
        self.columnconfigure(0, weight=1)
        ttk.Label(self, text="History", underline=1, style="Strong.TLabel").grid(row=0, column=0, sticky="w")
        self.words = HintEntry(self, look, hint="Search")
        self.words.grid(row=1, column=0, columnspan=2, sticky="ew", pady=look.px(4))
        self.words.bind("<KeyRelease>", lambda _: self._soon())
        self._edge = tk.Frame(self, padx=2, pady=2)  # the theme draws no focus around a tree
        self._edge.grid(row=2, column=0, sticky="nsew")
        self.tree = ttk.Treeview(self._edge, columns=("title", "answer"), show="", selectmode="extended")
        self.tree.column("answer", stretch=False, anchor="e")
        self.tree.pack(fill="both", expand=True)
        bar = ttk.Scrollbar(self, command=self.tree.yview)
        bar.grid(row=2, column=1, sticky="ns")
        self.tree.configure(yscrollcommand=bar.set)
        self.empty = tk.Label(self.tree, font=look.fonts["small"], borderwidth=0)
        self.tree.bind("<<TreeviewSelect>>", lambda _: self._count())
        self.tree.bind("<<TreeviewSelect>>", lambda _: self._do.select(self.tree.selection()), add=True)
        self.tree.bind("<FocusIn>", lambda _: self._entered())
        self.tree.bind("<FocusOut>", lambda _: self._paint_edge())
        self.tree.bind("<Home>", lambda _: self._go_to(0))
        self.tree.bind("<End>", lambda _: self._go_to(-1))
        self.tree.bind("<Delete>", lambda _: self._do.remove())
        self.tree.bind("<<SelectAll>>", lambda _: self.tree.selection_set(self.tree.get_children()))
        system = self.tk.call("tk", "windowingsystem")
        for event in ("<Button-2>", "<Control-Button-1>") if system == "aqua" else ("<Button-3>",):
            self.tree.bind(event, self._menu_at_pointer)
        for key in ("<Shift-F10>", *{"x11": ("<Menu>",), "win32": ("<App>",)}.get(system, ())):
            self.tree.bind(key, self._menu_at_focus)
        buttons = ttk.Frame(self)
        buttons.grid(row=3, column=0, columnspan=2, sticky="ew", pady=(look.px(6), 0))
        buttons.columnconfigure((0, 1), weight=1, uniform="half")
        self.compare = ttk.Button(buttons, text="Compare", underline=3, command=actions.compare)
        self.compare.grid(row=0, column=0, sticky="ew", padx=(0, look.px(4)))
        self.remove = ttk.Button(buttons, text="Remove", underline=0, command=actions.remove)
        self.remove.grid(row=0, column=1, sticky="ew")
        look.listen(self._paint)
        look.listen(lambda: self._do.fill(self.words.get()))
        self._paint()

    def set(self, row: ListRow, *, first: bool = False) -> None:
        """Write or change a row."""
        values, tags = (self._cut(row.title), row.answer), (row.kind,)
        if self.tree.exists(row.key):
            self.tree.item(row.key, values=values, tags=tags)
        else:
            self.tree.insert("", 0 if first else "end", iid=row.key, values=values, tags=tags)
            self.count += 1
            if self.count <= 2:  # more rows offer nothing more
                self._count()

    def drop(self, *keys: str) -> None:
        """Take rows away, if they are there."""
        there = [key for key in keys if self.tree.exists(key)]
        if there:
            self.tree.delete(*there)
            self.count -= len(there)
            self._keep_place()
            self._count()

    def _count(self) -> None:
        """Offer what can be done with so many rows, and say so where there are none."""
        self.compare.state(["!disabled" if self.count > 1 else "disabled"])
        self.remove.state(["!disabled" if self.tree.selection() else "disabled"])
        if self.count:
            self.empty.place_forget()
        else:
            self.empty.configure(text="Nothing found" if self.words.get().strip() else "Answers appear here")
            self.empty.place(relx=0.5, y=self._look.px(14), anchor="n")

    def _menu_at_pointer(self, event: "tk.Event[Any]") -> None:
        """Show the menu of the row under the pointer, or of the selected rows if it is one of them."""
        key = self.tree.identify_row(event.y)
        if key:
            if key not in self.tree.selection():
                self.go(key)
            self.tree.focus_set()
            self._do.menu(event.x_root, event.y_root)

    def _menu_at_focus(self, _: "tk.Event[Any]") -> str:
        """Show the menu of the selected rows below the one with the keyboard."""
        selected = self.tree.selection()
        if selected:
            focus = self.tree.focus()
            box = self.tree.bbox(focus if focus in selected else selected[0])
            below = box[1] + box[3] if box else 0  # a row out of sight has no box
            self._do.menu(self.tree.winfo_rootx() + self._look.px(20), self.tree.winfo_rooty() + below)
        return "break"  # F10 would go on to the menu bar

    def _cut(self, title: str) -> str:
        """Return a title as wide as its column."""
        width = self.tree.column("title", "width") - self._look.px(14)
        return cell(self, title, width, self._look.fonts["body"].measure)

    @property
    def is_filling(self) -> bool:
        """Whether rows are still to come."""
        return self._filling is not None

    def fill(self, rows: Iterable[ListRow]) -> None:
        """Show other rows, and keep what is selected and still there.

        Some are shown at once, and the others when events have had their turn.
        """
        self._wanted, self._place = set(self.tree.selection()), self.tree.focus()
        self.tree.delete(*self.tree.get_children())
        self.count = 0
        self._coming = iter(rows)
        if self._filling:
            self.after_cancel(self._filling)
        self._fill_more()

    def _fill_more(self) -> None:
        """Show some of the rows that are left, and come back for the others."""
        rows = list(islice(self._coming, SLICE))
        for row in rows:
            self.set(row)
        kept = [row.key for row in rows if row.key in self._wanted]
        if kept and self._wanted.issuperset(self.tree.selection()):  # nothing else was selected meanwhile
            self.tree.selection_add(kept)
        self._keep_place(self._place if any(row.key == self._place for row in rows) else "")
        self._filling = self.after(PAUSE_MS, self._fill_more) if len(rows) == SLICE else None
        self._count()

    def go(self, key: str) -> None:
        """Select one row and bring it into view."""
        if self.tree.exists(key):
            self.tree.selection_set(key)
            self.tree.focus(key)
            self.tree.see(key)

    def _keep_place(self, key: str = "") -> None:
        """Give the arrow keys a row to start from, `key` if it is there: without one they do nothing."""
        if key and self.tree.exists(key):
            self.tree.focus(key)
        elif not self.tree.focus():
            self.tree.focus(next(iter(self.tree.selection() or self.tree.get_children()), ""))

    def _entered(self) -> None:
        """Show that the keyboard is here, with a row selected."""
        self._paint_edge()
        self._keep_place()
        if self.tree.focus() and not self.tree.selection():
            self.go(self.tree.focus())

    def _go_to(self, index: int) -> None:
        """Select the first or the last row."""
        rows = self.tree.get_children()
        if rows:
            self.go(rows[index])

    def _paint_edge(self) -> None:
        """Draw the border of the list in the accent colour while it has the keyboard."""
        colours = self._look.colours
        self._edge.configure(background=colours.accent if self.tree.instate(["focus"]) else colours.background)

    def _soon(self) -> None:
        """Search when the typing pauses."""
        if self._later:
            self.after_cancel(self._later)
        self._later = self.after(150, lambda: self._do.fill(self.words.get()))

    def _paint(self) -> None:
        """Use the theme's colours for the kinds of rows, and the widths of the scaling."""
        self.tree.column("title", width=self._look.px(150), minwidth=self._look.px(60))
        self.tree.column("answer", width=self._look.px(112), minwidth=self._look.px(60))
        self._paint_edge()
        colours = self._look.colours
        self.empty.configure(background=colours.field, foreground=colours.muted)
        for kind, colour in (("genre", colours.text), ("uncertain", colours.warm), ("error", colours.bad),
                             ("work", colours.accent), ("not_music", colours.muted), ("silent", colours.muted),
                             ("too_short", colours.muted), ("cancelled", colours.muted)):  # fmt: skip
            self.tree.tag_configure(kind, foreground=colour)

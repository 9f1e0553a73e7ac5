"""The list of all jobs and answers: what is at work on top, then day by day, with a search and a filter."""

import tkinter as tk
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from tkinter import ttk
from typing import Any

from musicgenre.engine.settings import SettingsStore
from musicgenre.window.auto_scroll import AutoScrollbar
from musicgenre.window.cell_tips import CellTips
from musicgenre.window.dots import Dots
from musicgenre.window.list_columns import COLUMNS, INDENT, ListColumns
from musicgenre.window.list_head import ListHead
from musicgenre.window.list_keys import ListKeys
from musicgenre.window.look import Look, change
from musicgenre.window.text_fit import cell

SLICE = 20  # rows that are made before events have their turn again
PAUSE_MS = 5  # for them
DOT = 10  # pixels at 100 %
WORK, STOPPED = "s:work", "s:stopped"  # sections; those of days are "s:" and the date
LIVE = (WORK, STOPPED)


@dataclass(frozen=True)
class ListRow:
    """What the list shows of a job or an answer.

    Parameters
    ----------
    key : str
    title : str
    kind : str
        A verdict or a state.
    cells : tuple of str
        The texts of artist, genre, confidence, tempo and date.
    section : str
        Where it stands: `WORK`, `STOPPED`, "s:" and a date, or "" for none.
    inside : str
        The key of the row that it is inside of: an earlier answer about the same song.
    colour : str, optional
        Of its dot.
    """

    key: str
    title: str
    kind: str
    cells: tuple[str, ...] = ("",) * len(COLUMNS)
    section: str = ""
    inside: str = ""
    colour: str | None = None


@dataclass(frozen=True)
class ListActions:
    """What the list lets the user do.

    Parameters
    ----------
    fill, select, menu, section : callable
        Called with the words of a search, the keys of the selected rows, the place on the screen where the menu
        of the selected rows is wanted, and a section to be named.
    parts : callable
        Returns the parts to filter by, as pairs of a part and its words; called when they are wanted.
    filter : callable
        Called with the part that was chosen.
    remove, compare, export : callable
        Called without anything.
    """

    fill: Callable[[str], None]
    select: Callable[[tuple[str, ...]], None]
    menu: Callable[[int, int], None]
    section: Callable[[str], str]
    parts: Callable[[], Sequence[tuple[str, str]]]
    filter: Callable[[str], None]
    remove: Callable[[], None]
    compare: Callable[[], None]
    export: Callable[[], None]


class AnswerList(ttk.Frame):
    """All jobs and answers, with a search and a filter.

    Parameters
    ----------
    parent : widget
    look : Look
    actions : ListActions
    settings : SettingsStore
    """

    def __init__(self, parent: Any, look: Look, actions: ListActions, settings: SettingsStore) -> None:
        super().__init__(parent)
        self._look, self._do = look, actions
        self._soon_counted: str | None = None
        self._soon_cut: str | None = None
        self.count = 0  # of songs; earlier answers and sections are not among them
        self.rows: dict[str, ListRow] = {}
        self._coming: Iterator[ListRow] = iter(())
        self._filling: str | None = None
        self._wanted: set[str] = set()
        self._place = ""
        self._dots = Dots(self)
        self.rowconfigure(1, weight=1)
        self.columnconfigure(0, weight=1)
        self.head = ListHead(self, look, search=actions.fill, parts=actions.parts, choose=actions.filter)
        self.head.grid(row=0, column=0, columnspan=2, sticky="ew")
        self.words, self.filter = self.head.words, self.head.filter
        self._build_tree(settings)
        self._build_buttons()
        look.listen(self._paint)
        look.listen(lambda: self._do.fill(self.words.get()))
        self._paint()

    # ---- widgets

    def _build_tree(self, settings: SettingsStore) -> None:
        """Make the tree with its columns and keys."""
        self._edge = tk.Frame(self, padx=2, pady=2)  # the theme draws no focus around a tree
        self._edge.grid(row=1, column=0, sticky="nsew")
        self.tree = tree = ttk.Treeview(
            self._edge, columns=[column.name for column in COLUMNS], show="tree headings", selectmode="extended",
            style="History.Treeview",
        )  # fmt: skip
        tree.pack(fill="both", expand=True)
        bar = AutoScrollbar(self, command=tree.yview)
        bar.grid(row=1, column=1, sticky="ns")
        tree.configure(yscrollcommand=bar.set)
        self.columns = ListColumns(tree, self._look, settings, changed=self._cut_soon,
                                   sorted_by=lambda: self._do.fill(self.words.get()))  # fmt: skip
        self.tips = CellTips(tree, self._look, self._whole)
        self.empty = tk.Label(tree, font=self._look.fonts["small"], borderwidth=0)
        tree.bind("<<TreeviewSelect>>", lambda _: self._selected())
        tree.bind("<FocusIn>", lambda _: self._entered())
        tree.bind("<FocusOut>", lambda _: self._paint_edge())
        self._keys = ListKeys(tree, self._look, songs=self.songs, menu=self._do.menu, head_menu=self.columns.menu,
                              remove=self._do.remove)  # fmt: skip

    def _build_buttons(self) -> None:
        """Make the buttons for what is selected."""
        buttons = ttk.Frame(self)
        buttons.grid(row=2, column=0, columnspan=2, sticky="ew", pady=(self._look.px(6), 0))
        buttons.columnconfigure((0, 1, 2), weight=1)
        self.compare = ttk.Button(buttons, text="Compare", underline=3, command=self._do.compare)
        self.export = ttk.Button(buttons, text="Export…", command=self._do.export)
        self.remove = ttk.Button(buttons, text="Remove", underline=0, command=self._do.remove)
        for column, button in enumerate((self.compare, self.export, self.remove)):
            button.configure(width=1)
            button.grid(row=0, column=column, sticky="ew", padx=(0 if column == 0 else self._look.px(4), 0))

    # ---- rows

    @property
    def row_height(self) -> int:
        """The height of a row in pixels."""
        return int(ttk.Style(self).lookup("Treeview", "rowheight") or 20)

    def songs(self) -> list[str]:
        """Return the keys of all songs from top to bottom; those inside others are not among them."""
        found: list[str] = []
        for one in self.tree.get_children():
            found += self.tree.get_children(one) if one.startswith("s:") else (one,)
        return found

    def selected(self) -> tuple[str, ...]:
        """Return the keys of the selected rows; a section stands for all of its rows."""
        found: dict[str, None] = {}
        for one in self.tree.selection():
            found.update(dict.fromkeys(self.tree.get_children(one) if one.startswith("s:") else (one,)))
        return tuple(found)

    def set(self, row: ListRow, *, first: bool = False) -> None:
        """Write or change a row; `first` puts a new one at the top of its section."""
        tree = self.tree
        self.rows[row.key] = row
        parent = row.inside or (row.section if self.columns.order.by_day or row.section in LIVE else "")
        text, values = self._cells(row)
        image = self._dot(row)
        if tree.exists(row.key):
            tree.item(row.key, text=text, values=values, tags=(row.kind,), image=image)
            before = tree.parent(row.key)
            if before != parent:
                tree.move(row.key, self._section(parent), self._top(parent) if first else "end")
                self._drop_empty(before)
            elif row.kind == "work" and tree.prev(row.key):
                tree.move(row.key, parent, 0)  # what is at work stands on top
        else:
            place: Any = self._top(parent) if first else "end"
            tree.insert(self._section(parent), place, iid=row.key, text=text, values=values, tags=(row.kind,),
                        image=image)  # fmt: skip
            if not row.inside:
                self.count += 1
        self._count_soon()

    def _top(self, parent: str) -> int:
        """Return the index of a section's first row: rows without a section stand below what is at work."""
        return 0 if parent else sum(self.tree.exists(section) for section in LIVE)

    def _section(self, section: str) -> str:
        """Return a section (or a row with others inside), made in its place if it is not there."""
        if section.startswith("s:") and not self.tree.exists(section):
            there = [one for one in self.tree.get_children() if one.startswith("s:")]
            falling = self.columns.order.descending

            def before(one: str, other: str) -> bool:
                if one in LIVE or other in LIVE:
                    return (LIVE.index(one) if one in LIVE else 9) < (LIVE.index(other) if other in LIVE else 9)
                return one > other if falling else one < other

            place = sum(before(one, section) for one in there)
            self.tree.insert("", place, iid=section, text=self._do.section(section), open=True, tags=("section",))
        return section

    def _drop_empty(self, section: str) -> None:
        """Take a section away that has no rows."""
        if section.startswith("s:") and self.tree.exists(section) and not self.tree.get_children(section):
            self.tree.delete(section)

    def name_section(self, section: str) -> None:
        """Write the words of a section again."""
        if self.tree.exists(section):
            text = self._do.section(section)
            if self.tree.item(section, "text") != text:
                self.tree.item(section, text=text)

    def drop(self, *keys: str) -> None:
        """Take rows away, if they are there."""
        there = [key for key in keys if self.tree.exists(key)]
        if there:
            songs = sum(not self.rows[key].inside for key in there)
            parents = {self.tree.parent(key) for key in there}
            self.tree.delete(*there)
            self.count -= songs
            for key in there:
                self.rows.pop(key, None)
            for parent in parents:
                self._drop_empty(parent)
            self._keep_place()
            self._count()

    def _cells(self, row: ListRow) -> tuple[str, tuple[str, ...]]:
        """Return a row's texts, each cut to its column."""
        measure, px, columns = self._look.fonts["body"].measure, self._look.px, self.columns
        depth = bool(row.inside) + (columns.order.by_day or row.section in LIVE)
        room = columns.width("title") - px(DOT + 16 + INDENT * (depth + 1))
        texts = tuple(
            cell(self, text, columns.width(column.name) - px(10), measure) if text else ""
            for column, text in zip(COLUMNS, row.cells, strict=True)
        )
        return " " + cell(self, row.title, room, measure), texts

    def _whole(self, key: str, name: str) -> str:
        """Return the text of a cell that shows less of it, else ""."""
        row = self.rows.get(key)
        if row is None:
            return ""
        if name == "title":
            shown, whole = str(self.tree.item(key, "text")).strip(), row.title
        else:
            place = [column.name for column in COLUMNS].index(name)
            shown, whole = str(self.tree.item(key, "values")[place]), row.cells[place]
        return whole if "…" in shown and shown != whole else ""

    def _dot(self, row: ListRow) -> Any:
        """Return the sign before a row's title."""
        colours = self._look.colours
        plain = {"error": colours.bad, "uncertain": colours.warm, "mixed": colours.warm, "work": colours.accent}
        colour = row.colour if row.kind == "genre" and row.colour else plain.get(row.kind, colours.muted)
        return self._dots.of_row(self._look.px(DOT), colour, grounds=(colours.background, colours.row),
                                 hollow=row.kind not in ("genre", "work"))  # fmt: skip

    def _cut_soon(self) -> None:
        """Cut all texts again when the columns have come to rest."""
        if self._soon_cut:
            self.after_cancel(self._soon_cut)
        self._soon_cut = self.after(60, self._cut_again, list(self.rows))

    def _cut_again(self, keys: list[str]) -> None:
        """Cut the texts of some rows, and come back for the others."""
        for key in keys[:SLICE]:
            if key in self.rows and self.tree.exists(key):
                text, values = self._cells(self.rows[key])
                self.tree.item(key, text=text, values=values)
        self._soon_cut = self.after(PAUSE_MS, self._cut_again, keys[SLICE:]) if len(keys) > SLICE else None

    # ---- filling

    @property
    def is_filling(self) -> bool:
        """Whether rows are still to come."""
        return self._filling is not None

    def fill(self, rows: Iterable[ListRow]) -> None:
        """Show other rows, and keep what is selected and still there.

        Some are shown at once, and the others when events have had their turn.
        """
        self._wanted = set(self.tree.selection())
        self._place = self.tree.focus() if self._wanted else ""
        self.tree.delete(*self.tree.get_children())
        self.count = 0
        self.rows.clear()
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
            self.tree.see(kept[0])
        self._keep_place(self._place if any(row.key == self._place for row in rows) else "")
        self._filling = self.after(PAUSE_MS, self._fill_more) if len(rows) == SLICE else None
        self._count()

    def _count_soon(self) -> None:
        """Count when all rows of this moment are there."""
        if self._soon_counted is None:
            self._soon_counted = self.after_idle(self._count)

    def _count(self) -> None:
        """Offer what can be done with what is selected, and say how many there are."""
        self._soon_counted = None
        number = len(self.selected())
        self.compare.state(["!disabled" if self.count > 1 and number < 3 else "disabled"])
        self.remove.state(["!disabled" if number else "disabled"])
        self.export.state(["!disabled" if self.count else "disabled"])
        change(self.remove, text=f"Remove {number}" if number > 1 else "Remove")
        change(self.export, text=f"Export {number}…" if number > 1 else "Export…")
        if self.count:
            self.empty.place_forget()
        else:
            self.empty.configure(text="Nothing found" if self.head.is_narrowed else "Answers appear here")
            self.empty.place(relx=0.5, y=self._look.px(40), anchor="n")
        self.head.count(self.count, number)

    # ---- keyboard

    def go(self, key: str) -> None:
        """Select one row and bring it into view, if it is still to come then later."""
        if self.is_filling and not self.tree.exists(key):
            self._wanted, self._place = {key}, key
        self._keys.go(key)

    def _keep_place(self, key: str = "") -> None:
        """Give the arrow keys a row to start from, `key` if it is there: without one they do nothing."""
        if key and self.tree.exists(key):
            self.tree.focus(key)
        elif not self.tree.focus():
            self.tree.focus(next(iter(self.tree.selection() or self.songs()), ""))

    def _selected(self) -> None:
        """Tell what is selected."""
        self._count()
        self._do.select(self.selected())

    def _entered(self) -> None:
        """Show that the keyboard is here, with a row selected."""
        self._paint_edge()
        self._keep_place()
        if self.tree.focus() and not self.tree.selection() and not self._keys.by_pointer:
            self.go(self.tree.focus())
        self._keys.by_pointer = False

    def show_top(self) -> None:
        """Bring the first row into view, unless somebody is in the list."""
        if not self.tree.instate(["focus"]):
            self.tree.yview_moveto(0.0)

    # ---- look

    def _paint_edge(self) -> None:
        """Draw the border of the list in the accent colour while it has the keyboard."""
        colours = self._look.colours
        self._edge.configure(background=colours.accent if self.tree.instate(["focus"]) else colours.background)

    def _paint(self) -> None:
        """Use the theme's colours for the kinds of rows, and the widths of the scaling."""
        look, colours = self._look, self._look.colours
        style = ttk.Style(self)
        style.configure("History.Treeview", indent=look.px(INDENT))
        style.configure("Treeview.Heading", font=look.fonts["small"], padding=(look.px(4), look.px(3)))
        self.columns.lay_out()
        self._paint_edge()
        self.empty.configure(background=colours.field, foreground=colours.muted)
        self.tree.tag_configure("section", foreground=colours.muted, font=look.fonts["small"])
        for kind, colour in (("genre", colours.text), ("uncertain", colours.warm), ("mixed", colours.warm),
                             ("error", colours.bad), ("work", colours.accent), ("not_music", colours.muted),
                             ("silent", colours.muted), ("too_short", colours.muted), ("waiting", colours.muted),
                             ("stopped", colours.muted)):  # fmt: skip
            self.tree.tag_configure(kind, foreground=colour)

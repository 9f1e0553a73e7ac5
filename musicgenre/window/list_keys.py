"""Keys and right clicks of the history: rows are walked past the names of sections, and have a menu."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Any

from musicgenre.window.look import Look


class ListKeys:
    """Lets the tree be walked.

    Parameters
    ----------
    tree : ttk.Treeview
    look : Look
    songs : callable
        Returns the keys of all songs from top to bottom.
    menu, head_menu : callable
        Called with the place on the screen where the menu of the rows, or of the headings, is wanted.
    remove : callable
        Called without anything.

    Attributes
    ----------
    by_pointer : bool
        Whether a click brings the keyboard here: it selects for itself, and on a heading nothing.
    """

    def __init__(
        self, tree: ttk.Treeview, look: Look, *, songs: Callable[[], list[str]], menu: Callable[[int, int], None],
        head_menu: Callable[[int, int], None], remove: Callable[[], None],
    ) -> None:  # fmt: skip
        self.tree, self._look, self._songs = tree, look, songs
        self._menu, self._head_menu = menu, head_menu
        self.by_pointer = False
        tree.bind("<Button-1>", lambda _: self._clicked(), add=True)
        tree.bind("<Home>", lambda _: self._go_to(0))
        tree.bind("<End>", lambda _: self._go_to(-1))
        tree.bind("<Down>", lambda event: self._step(event, forward=True))
        tree.bind("<Up>", lambda event: self._step(event, forward=False))
        tree.bind("<Delete>", lambda _: remove())
        tree.bind("<<SelectAll>>", lambda _: tree.selection_set(*songs()))
        system = tree.tk.call("tk", "windowingsystem")
        for event in ("<Button-2>", "<Control-Button-1>") if system == "aqua" else ("<Button-3>",):
            tree.bind(event, self._menu_at_pointer)
        for key in ("<Shift-F10>", *{"x11": ("<Menu>",), "win32": ("<App>",)}.get(system, ())):
            tree.bind(key, self._menu_at_focus)

    def _clicked(self) -> None:
        """Note a click that brings the keyboard here."""
        self.by_pointer = not self.tree.instate(["focus"])

    def go(self, key: str) -> None:
        """Select one row and bring it into view."""
        if self.tree.exists(key):
            self.tree.selection_set(key)
            self.tree.focus(key)
            self.tree.see(key)

    def _go_to(self, index: int) -> str:
        """Select the first or the last row."""
        keys = self._songs()
        if keys:
            self.go(keys[index])
        return "break"

    def _step(self, event: "tk.Event[Any]", *, forward: bool) -> str:
        """Go to the next row, past the names of sections; with Shift it is selected too."""
        key = self.tree.focus()
        while key:
            key = self._below(key) if forward else self._above(key)
            if key and not key.startswith("s:"):
                if int(event.state) & 1:
                    self.tree.selection_add(key)
                    self.tree.focus(key)
                    self.tree.see(key)
                else:
                    self.go(key)
                break
        return "break"

    def _below(self, key: str) -> str:
        """Return the row below one, "" at the end."""
        tree = self.tree
        inside = tree.get_children(key) if tree.item(key, "open") or key.startswith("s:") else ()
        if inside:
            return str(inside[0])
        while key:
            if after := tree.next(key):
                return str(after)
            key = tree.parent(key)
        return ""

    def _above(self, key: str) -> str:
        """Return the row above one, "" at the beginning."""
        tree = self.tree
        before = tree.prev(key)
        if not before:
            return str(tree.parent(key))
        while tree.item(before, "open") and tree.get_children(before):
            before = tree.get_children(before)[-1]
        return str(before)

    def _menu_at_pointer(self, event: "tk.Event[Any]") -> None:
        """Show the menu of the row under the pointer, or of the selected rows if it is one of them."""
        if self.tree.identify_region(event.x, event.y) == "heading":
            self._head_menu(event.x_root, event.y_root)
            return
        key = self.tree.identify_row(event.y)
        if key:
            if key not in self.tree.selection():
                self.go(key)
            self.tree.focus_set()
            self._menu(event.x_root, event.y_root)

    def _menu_at_focus(self, _: "tk.Event[Any]") -> str:
        """Show the menu of the selected rows below the one with the keyboard."""
        selected = self.tree.selection()
        if selected:
            focus = self.tree.focus()
            box = self.tree.bbox(focus if focus in selected else selected[0])
            below = box[1] + box[3] if box else 0  # a row out of sight has no box
            self._menu(self.tree.winfo_rootx() + self._look.px(20), self.tree.winfo_rooty() + below)
        return "break"  # F10 would go on to the menu bar

"""Cut, copy and paste: in the Edit menu, and under the right mouse button of every text."""

import contextlib
import tkinter as tk
from typing import Any

from musicgenre.window.context import Context

CLASSES = ("TEntry", "TCombobox", "Text")


class Editing:
    """Edits the text with the keyboard.

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._last: Any = None  # the text that had the keyboard last: a menu takes it
        root = context.root
        button = "<Button-2>" if root.tk.call("tk", "windowingsystem") == "aqua" else "<Button-3>"
        for name in CLASSES:
            root.bind_class(name, "<FocusIn>", self._entered, add=True)
            root.bind_class(name, button, self._menu, add=True)

    def _entered(self, event: "tk.Event[Any]") -> None:
        """Note the text with the keyboard."""
        self._last = event.widget

    def _target(self) -> Any:
        """Return the text that is edited: the one with the keyboard, or that had it last."""
        with contextlib.suppress(KeyError, tk.TclError):
            focus = self._context.root.focus_get()
            if focus is not None and focus.winfo_class() in CLASSES:
                return focus
        with contextlib.suppress(tk.TclError, AttributeError):
            if self._last.winfo_viewable():
                return self._last
        return None

    def _do(self, event: str) -> None:
        """Let the text do what its keys do."""
        target = self._target()
        if target is None:
            self._context.say("Click into a text first")
            return
        target.focus_set()
        target.event_generate(event)

    def cut(self) -> None:
        """Cut the selected text."""
        self._do("<<Cut>>")

    def copy(self) -> None:
        """Copy the selected text."""
        self._do("<<Copy>>")

    def paste(self) -> None:
        """Paste text."""
        self._do("<<Paste>>")

    def select_all(self) -> None:
        """Select the whole text."""
        self._do("<<SelectAll>>")

    def _menu(self, event: "tk.Event[Any]") -> None:
        """Show cut, copy and paste below the pointer."""
        widget, root = event.widget, self._context.root
        widget.focus_set()
        self._last = widget
        if "text_menu" in root.children:
            root.children["text_menu"].destroy()
        menu = tk.Menu(root, name="text_menu", tearoff=False)
        read_only = str(widget.cget("state")) in ("disabled", "readonly")
        for label, do, writes in (
            ("Cut", self.cut, True), ("Copy", self.copy, False), ("Paste", self.paste, True),
            ("Select all", self.select_all, False),
        ):  # fmt: skip
            menu.add_command(label=label, command=do, underline=0 if label != "Cut" else 2,
                             state="disabled" if writes and read_only else "normal")  # fmt: skip
        self._context.look.paint_menus(root)
        menu.tk_popup(event.x_root, event.y_root)

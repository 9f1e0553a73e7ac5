"""How inputs come into the window: the box, the clipboard, files dropped on it, dialogs for files and folders."""

import contextlib
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from typing import Any

from musicgenre.text import clean_title
from musicgenre.window.context import Context
from musicgenre.window.jobs import Jobs
from musicgenre.window.top_bar import TopBar

NO_DROPS = "Dropping files needs the package tkinterdnd2. F1 lists the keys"


class Inputs:
    """Takes inputs and queues them.

    Parameters
    ----------
    context : Context
    jobs : Jobs
    top : TopBar
    """

    def __init__(self, context: Context, jobs: Jobs, top: TopBar) -> None:
        self._context, self._jobs, self._top = context, jobs, top
        context.root.bind_all("<<Paste>>", self._paste, add=True)
        context.root.bind_class("TEntry", "<<Paste>>", self._paste_in_entry)

    def focus_entry(self) -> None:
        """Put the keyboard into the box."""
        self._top.focus_entry()

    def submit_entry(self) -> None:
        """Classify what is in the box."""
        text = self._top.entry.get().strip()
        if text:
            self._top.entry.delete(0, "end")
            self._jobs.submit([text])
        else:
            self._context.say("Type a title, paste a link or open a file first", bad=True)
            self.focus_entry()

    def open_files(self) -> None:
        """Ask for files."""
        self._jobs.submit(self._context.files.music_files())

    def open_folder(self) -> None:
        """Ask for a folder."""
        path = self._context.files.folder("Open folder")
        if path:
            self._jobs.submit([path])

    def _paste(self, event: "tk.Event[Any]") -> str | None:
        """Classify the link in the clipboard, wherever the keyboard is; other text goes to the box."""
        root, entry = self._context.root, self._top.entry
        if isinstance(event.widget, str) or event.widget.winfo_toplevel() is not root:
            return None  # the list of a combobox has no widget of its own here
        with contextlib.suppress(tk.TclError):
            text = root.clipboard_get().strip()
            if _is_link(text):
                self._jobs.submit([text])
            elif text:
                entry.delete(0, "end")
                entry.insert(0, clean_title(text))
                self.focus_entry()
        return "break"

    def _paste_in_entry(self, event: "tk.Event[Any]") -> str | None:
        """Paste into an entry; in the main window a link starts."""
        root = self._context.root
        with contextlib.suppress(tk.TclError):
            text = root.clipboard_get()
            if event.widget.winfo_toplevel() is root and _is_link(text.strip()):
                self._jobs.submit([text.strip()])
                return "break"
            with contextlib.suppress(tk.TclError):
                event.widget.delete("sel.first", "sel.last")
            event.widget.insert("insert", text.replace("\n", " "))
        return "break"

    def accept_drops(self, target: Any, without: Callable[[str], object]) -> None:
        """Take files and links that are dropped on a widget; where that is impossible `without` is told why."""
        try:
            from tkinterdnd2 import DND_FILES, DND_TEXT, TkinterDnD

            TkinterDnD._require(self._context.root)
            target.drop_target_register(DND_FILES, DND_TEXT)
            target.dnd_bind("<<Drop>>", self.take_drop)
        except Exception:  # not installed, or its library does not suit this system: the window works without
            without(NO_DROPS)

    def take_drop(self, event: Any) -> str:
        """Classify what was dropped: files as a Tcl list, or the text of a link."""
        data = str(event.data)
        whole = [data.strip()]
        try:
            split = self._context.root.tk.splitlist
            parts = whole if _is_link(whole[0]) else [str(part) for part in split(data)]
        except tk.TclError:  # words with a brace of their own
            parts = whole
        if len(parts) > 1 and not all(Path(part).exists() for part in parts):
            parts = whole
        self._jobs.submit([part for part in parts if part])
        return str(event.action)


def _is_link(text: str) -> bool:
    """Whether text looks like one link."""
    start = text.lower().startswith(("http://", "https://", "www.youtube.", "youtube.com/", "youtu.be/"))
    return start and not any(char.isspace() for char in text)

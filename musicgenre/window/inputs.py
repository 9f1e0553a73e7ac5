"""How inputs come into the window: the box, the clipboard, files dropped on it, dialogs for files and folders."""

import contextlib
import tkinter as tk
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from musicgenre.sources.links import is_address
from musicgenre.text import clean_title
from musicgenre.window.context import Context
from musicgenre.window.jobs import Jobs
from musicgenre.window.top_bar import TopBar

RECENT = 8  # inputs that are offered again
EXAMPLE = Path(__file__).parents[2] / "data" / "samples" / "rock.ogg"
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
        self._typed: dict[str, str] = {}  # what the box held -> that text, to be put back if it fails
        self._put_back = ""  # what failed last and came back into the box
        self.edges: list[tk.Frame] = []
        jobs.failed.append(self._failed)
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
            self._typed[text] = text
            self.submit([text])
        else:
            self._context.say("Type a title, paste a link or open a file first", bad=True)
            self.focus_entry()

    def open_files(self) -> None:
        """Ask for files."""
        self.submit(self._context.files.music_files())

    def open_folder(self) -> bool:
        """Ask for a folder; return whether one was chosen."""
        path = self._context.files.folder("Open folder")
        if path:
            self.submit([path])
        return bool(path)

    def submit(self, texts: Sequence[str]) -> None:
        """Queue inputs, and remember them as recent."""
        if texts:
            old = [one for one in self._context.settings.now.recent if isinstance(one, str) and one not in texts]
            self._context.settings.change(recent=[*texts[:RECENT], *old][:RECENT])
            self._jobs.submit(list(texts))

    def recent(self) -> list[tuple[str, Callable[[], None]]]:
        """Return the recent inputs as words for a menu and what opens them."""
        found = [one for one in self._context.settings.now.recent if isinstance(one, str)]
        return [(clean_title(_short(one), limit=70), partial(self.submit, [one])) for one in found]

    def _failed(self, text: str, sentence: str) -> None:
        """Put what was typed back into the box, with what to change, unless something else is being typed."""
        typed = self._typed.pop(text, "")
        if typed and not self._top.entry.get():
            self._top.entry.insert(0, typed)
            self._put_back = typed
            if self._context.root.focus_get() is self._top.entry:
                self._top.entry.selection_range(0, "end")
            self._context.say(sentence or f"No answer for “{typed}”", bad=True)

    def _paste(self, event: "tk.Event[Any]") -> str | None:
        """Classify the link in the clipboard, wherever the keyboard is; other text goes to the box."""
        root, entry = self._context.root, self._top.entry
        if isinstance(event.widget, str) or event.widget.winfo_toplevel() is not root:
            return None  # the list of a combobox has no widget of its own here
        with contextlib.suppress(tk.TclError):
            text = root.clipboard_get().strip()
            if is_address(text):
                self._submit_link(text)
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
            if event.widget.winfo_toplevel() is root and is_address(text.strip()):
                self._submit_link(text.strip())
                return "break"
            with contextlib.suppress(tk.TclError):
                event.widget.delete("sel.first", "sel.last")
            event.widget.insert("insert", text.replace("\n", " "))
        return "break"

    def _submit_link(self, link: str) -> None:
        """Classify a pasted link; it takes the place of what failed before it, and of what was selected to go."""
        entry = self._top.entry
        whole, in_entry = entry.get(), self._context.root.focus_get() is entry
        if in_entry and entry.selection_present() and entry.selection_get() == whole or whole == self._put_back:
            entry.delete(0, "end")
        self._typed[link] = link
        self.submit([link])

    def accept_drops(self, target: Any, without: Callable[[str], object]) -> None:
        """Take files and links that are dropped on a widget; where that is impossible `without` is told why."""
        try:
            from tkinterdnd2 import DND_FILES, DND_TEXT, TkinterDnD

            TkinterDnD._require(self._context.root)
            target.drop_target_register(DND_FILES, DND_TEXT)
            target.dnd_bind("<<Drop>>", self.take_drop)
            target.dnd_bind("<<DropEnter>>", self._drop_comes)
            target.dnd_bind("<<DropLeave>>", self._drop_goes)
            self.edges = [tk.Frame(target) for _ in range(4)]
        except Exception:  # not installed, or its library does not suit this system: the window works without
            without(NO_DROPS)

    def _drop_comes(self, event: Any) -> str:
        """Show that what is dragged can be dropped: a border in the accent colour."""
        look, width = self._context.look, self._context.look.px(4)
        level, upright = {"x": 0, "relwidth": 1, "height": width}, {"y": 0, "relheight": 1, "width": width}
        places = ({**level, "y": 0}, {**level, "rely": 1, "y": -width}, {**upright, "x": 0},
                  {**upright, "relx": 1, "x": -width})  # fmt: skip
        for edge, place in zip(self.edges, places, strict=True):
            edge.configure(background=look.colours.accent)
            edge.place_configure(place, bordermode="outside")
            edge.lift()
        self._context.say("Drop it to classify it")
        return str(event.action)

    def _drop_goes(self, event: Any) -> str:
        """Take the border away."""
        for edge in self.edges:
            edge.place_forget()
        self._context.say("")
        return str(event.action)

    def take_drop(self, event: Any) -> str:
        """Classify what was dropped: files as a Tcl list, or the text of a link."""
        for edge in self.edges:
            edge.place_forget()
        data = str(event.data)
        whole = [data.strip()]
        try:
            split = self._context.root.tk.splitlist
            parts = whole if is_address(whole[0]) else [str(part) for part in split(data)]
        except tk.TclError:  # words with a brace of their own
            parts = whole
        if len(parts) > 1 and not all(Path(part).exists() for part in parts):
            parts = whole
        self.submit([part for part in parts if part])
        return str(event.action)


def _short(text: str) -> str:
    """Return a path by its name and folder, other inputs as they are."""
    path = Path(text)
    return text if is_address(text) or not path.is_absolute() else f"{path.name} ({path.parent.name or path.parent})"


def example(jobs: Callable[[], Jobs]) -> Callable[[], None] | None:
    """Return what classifies a song that comes with the program, None if it is not there."""
    return (lambda: jobs().submit([str(EXAMPLE)])) if EXAMPLE.is_file() else None

"""How inputs come into the window: the box, the clipboard, files dropped on it, dialogs for files and folders."""

import contextlib
import tkinter as tk
from pathlib import Path
from typing import Any

from functions_history import History
from functions_text import clean_title

FILE_TYPES = (("Music", "*.mp3 *.flac *.wav *.ogg *.opus *.m4a *.aac *.wma *.aiff *.webm *.mp4"), ("All files", "*"))


class Inputs:
    """The part of the window that takes inputs; `functions_window.Window` adds widgets and messages."""

    root: tk.Tk
    outer: Any
    entry: Any
    pages: dict[str, Any]
    history: History

    def say(self, text: str, *, bad: bool = False) -> None:
        """Show a sentence in the status line."""
        raise NotImplementedError

    def submit(self, texts: list[str]) -> None:
        """Queue inputs."""
        raise NotImplementedError

    def focus_entry(self) -> None:
        """Put the keyboard into the box."""
        self.entry.focus_set()
        self.entry.selection_range(0, "end")

    def submit_entry(self) -> None:
        """Classify what is in the box."""
        text = self.entry.get().strip()
        if text:
            self.entry.delete(0, "end")
            self.submit([text])
        else:
            self.say("Type a title, paste a link or open a file first", bad=True)
            self.focus_entry()

    def _paste(self, event: "tk.Event[Any]") -> str | None:
        """Classify the link in the clipboard, wherever the keyboard is; other text goes to the box."""
        if isinstance(event.widget, str) or event.widget.winfo_toplevel() is not self.root:
            return None  # the list of a combobox has no widget of its own here
        with contextlib.suppress(tk.TclError):
            text = self.root.clipboard_get().strip()
            if _is_link(text):
                self.submit([text])
            elif text:
                self.entry.delete(0, "end")
                self.entry.insert(0, clean_title(text))
                self.focus_entry()
        return "break"

    def _paste_in_entry(self, event: "tk.Event[Any]") -> str | None:
        """Paste into an entry; in the main window a link starts."""
        with contextlib.suppress(tk.TclError):
            text = self.root.clipboard_get()
            if event.widget.winfo_toplevel() is self.root and _is_link(text.strip()):
                self.submit([text.strip()])
                return "break"
            with contextlib.suppress(tk.TclError):
                event.widget.delete("sel.first", "sel.last")
            event.widget.insert("insert", text.replace("\n", " "))
        return "break"

    def _accept_drops(self) -> None:
        """Take files and links that are dropped on the window, where that is possible."""
        try:
            from tkinterdnd2 import DND_FILES, DND_TEXT, TkinterDnD

            TkinterDnD._require(self.root)
            self.outer.drop_target_register(DND_FILES, DND_TEXT)  # type: ignore[attr-defined]
            self.outer.dnd_bind("<<Drop>>", self._dropped)  # type: ignore[attr-defined]
        except Exception:  # not installed, or its library does not suit this system: the window works without
            self.pages["welcome"].hint.configure(text="Dropping files needs the package tkinterdnd2. F1 lists the keys")

    def _dropped(self, event: Any) -> str:
        """Classify what was dropped: files as a Tcl list, or the text of a link."""
        data = str(event.data)
        whole = [data.strip()]
        try:
            parts = whole if _is_link(whole[0]) else [str(part) for part in self.root.tk.splitlist(data)]
        except tk.TclError:  # words with a brace of their own
            parts = whole
        if len(parts) > 1 and not all(Path(part).exists() for part in parts):
            parts = whole
        self.submit([part for part in parts if part])
        return str(event.action)

    def open_files(self) -> None:
        """Ask for files."""
        from tkinter import filedialog

        paths = filedialog.askopenfilenames(title="Open files", filetypes=FILE_TYPES, **self._start("music_folder"))
        if paths:
            self.history.remember(music_folder=str(Path(paths[0]).parent))
        self.submit([str(path) for path in paths])

    def open_folder(self) -> None:
        """Ask for a folder."""
        path = self.ask_folder("Open folder")
        if path:
            self.submit([path])

    def ask_folder(self, title: str) -> str:
        """Return a folder that the user chose, or ""."""
        from tkinter import filedialog

        path = str(filedialog.askdirectory(title=title, mustexist=True, **self._start("music_folder")) or "")
        if path:
            self.history.remember(music_folder=path)
        return path

    def ask_file(self, title: str, *, kinds: tuple[tuple[str, str], ...]) -> str:
        """Return the path of a file that the user chose, or ""; `kinds` are pairs of words and patterns."""
        from tkinter import filedialog

        return str(filedialog.askopenfilename(title=title, filetypes=kinds, **self._start("export_folder")) or "")

    def ask_save(self, title: str, *, name: str, kinds: tuple[tuple[str, str], ...] = ()) -> str:
        """Return the path of a file that the user chose to write, or ""; `kinds` are pairs of words and ending."""
        from tkinter import filedialog

        types = [(words, f"*.{ending}") for words, ending in kinds]
        path = str(filedialog.asksaveasfilename(
            title=title, initialfile=name, defaultextension=Path(name).suffix, filetypes=types,
            **self._start("export_folder"),
        ) or "")  # fmt: skip
        if path:
            self.history.remember(export_folder=str(Path(path).parent))
        return path

    def _start(self, remembered: str) -> dict[str, Any]:
        """Return what every dialog is given: above the window, and in the folder that was chosen last."""
        with contextlib.suppress(tk.TclError):  # Tk's own dialog on X11 lists hidden files unless it is told not to
            if not self.root.tk.call("info", "exists", "::tk::dialog::file::showHiddenBtn"):
                with contextlib.suppress(tk.TclError):
                    self.root.tk.call("tk_getOpenFile", "-nothing")  # an error, but it loads the dialog
                self.root.tk.call("set", "::tk::dialog::file::showHiddenBtn", 1)
                self.root.tk.call("set", "::tk::dialog::file::showHiddenVar", 0)
        folder = self.history.setting(remembered, "")
        return {"parent": self.root, **({"initialdir": folder} if folder and Path(folder).is_dir() else {})}


def _is_link(text: str) -> bool:
    """Whether text looks like one link."""
    start = text.lower().startswith(("http://", "https://", "www.youtube.", "youtube.com/", "youtu.be/"))
    return start and not any(char.isspace() for char in text)

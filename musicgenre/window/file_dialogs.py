"""The dialogs for files and folders, which begin where the last one ended."""

import contextlib
import tkinter as tk
from pathlib import Path
from typing import Any

from musicgenre.engine.settings import SettingsStore

FILE_TYPES = (("Music", "*.mp3 *.flac *.wav *.ogg *.opus *.m4a *.aac *.wma *.aiff *.webm *.mp4"), ("All files", "*"))


class FileDialogs:
    """Asks for files and folders.

    Parameters
    ----------
    root : tk.Tk
    settings : SettingsStore
    """

    def __init__(self, root: tk.Tk, settings: SettingsStore) -> None:
        self._root, self._settings = root, settings

    def music_files(self) -> list[str]:
        """Return the sound files that the user chose."""
        from tkinter import filedialog

        start = self._start(self._settings.now.music_folder)
        paths = filedialog.askopenfilenames(title="Open files", filetypes=FILE_TYPES, **start)
        if paths:
            self._settings.change(music_folder=str(Path(paths[0]).parent))
        return [str(path) for path in paths]

    def folder(self, title: str) -> str:
        """Return a folder that the user chose, or ""."""
        from tkinter import filedialog

        start = self._start(self._settings.now.music_folder)
        path = str(filedialog.askdirectory(title=title, mustexist=True, **start) or "")
        if path:
            self._settings.change(music_folder=path)
        return path

    def file(self, title: str, *, kinds: tuple[tuple[str, str], ...]) -> str:
        """Return the path of a file that the user chose, or ""; `kinds` are pairs of words and patterns."""
        from tkinter import filedialog

        start = self._start(self._settings.now.export_folder)
        return str(filedialog.askopenfilename(title=title, filetypes=kinds, **start) or "")

    def save(self, title: str, *, name: str, kinds: tuple[tuple[str, str], ...] = ()) -> str:
        """Return the path of a file that the user chose to write, or ""; `kinds` are pairs of words and ending."""
        from tkinter import filedialog

        types = [(words, f"*.{ending}") for words, ending in kinds]
        start = self._start(self._settings.now.export_folder)
        path = str(filedialog.asksaveasfilename(
            title=title, initialfile=name, defaultextension=Path(name).suffix, filetypes=types, **start
        ) or "")  # fmt: skip
        if path:
            self._settings.change(export_folder=str(Path(path).parent))
        return path

    def _start(self, folder: str) -> dict[str, Any]:
        """Return what every dialog is given: above the window, and in the folder that was chosen last."""
        call = self._root.tk.call
        with contextlib.suppress(tk.TclError):  # Tk's own dialog on X11 lists hidden files unless it is told not to
            if not call("info", "exists", "::tk::dialog::file::showHiddenBtn"):
                with contextlib.suppress(tk.TclError):
                    call("tk_getOpenFile", "-nothing")  # an error, but it loads the dialog
                call("set", "::tk::dialog::file::showHiddenBtn", 1)
                call("set", "::tk::dialog::file::showHiddenVar", 0)
        return {"parent": self._root, **({"initialdir": folder} if folder and Path(folder).is_dir() else {})}

"""The dialogs for files and folders, which begin where the last one ended."""

import contextlib
import tkinter as tk
from pathlib import Path
from typing import Any

from musicgenre.engine.settings import SettingsStore
from musicgenre.window.desktop_dialogs import Wanted, ask, recolour

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
        folder = self._folder(self._settings.now.music_folder)
        paths = ask(self._root, Wanted("files", "Open files", folder=folder, types=FILE_TYPES))
        if paths is None:
            from tkinter import filedialog

            found = filedialog.askopenfilenames(title="Open files", filetypes=FILE_TYPES, **self._start(folder))
            paths = [str(path) for path in found]
        if paths:
            self._settings.change(music_folder=str(Path(paths[0]).parent))
        return paths

    def folder(self, title: str) -> str:
        """Return a folder that the user chose, or ""."""
        folder = self._folder(self._settings.now.music_folder)
        paths = ask(self._root, Wanted("folder", title, folder=folder))
        if paths is None:
            from tkinter import filedialog

            found = filedialog.askdirectory(title=title, mustexist=True, **self._start(folder))
            paths = [str(found)] if found else []
        if paths:
            self._settings.change(music_folder=paths[0])
        return paths[0] if paths else ""

    def file(self, title: str, *, kinds: tuple[tuple[str, str], ...]) -> str:
        """Return the path of a file that the user chose, or ""; `kinds` are pairs of words and patterns."""
        folder = self._folder(self._settings.now.export_folder)
        paths = ask(self._root, Wanted("file", title, folder=folder, types=kinds))
        if paths is None:
            from tkinter import filedialog

            return str(filedialog.askopenfilename(title=title, filetypes=kinds, **self._start(folder)) or "")
        return paths[0] if paths else ""

    def save(self, title: str, *, name: str, kinds: tuple[tuple[str, str], ...] = ()) -> str:
        """Return the path of a file that the user chose to write, or ""; `kinds` are pairs of words and ending."""
        types = tuple((words, f"*.{ending}") for words, ending in kinds)
        folder = self._folder(self._settings.now.export_folder)
        paths = ask(self._root, Wanted("save", title, folder=folder, name=name, types=types))
        if paths is None:
            from tkinter import filedialog

            path = str(filedialog.asksaveasfilename(
                title=title, initialfile=name, defaultextension=Path(name).suffix, filetypes=list(types),
                **self._start(folder),
            ) or "")  # fmt: skip
        else:
            path = paths[0] if paths else ""
            if path and not Path(path).suffix:
                path += Path(name).suffix
                if Path(path).exists() and not self._may_replace(path):
                    path = ""
        if path:
            self._settings.change(export_folder=str(Path(path).parent))
        return path

    def _may_replace(self, path: str) -> bool:
        """Ask whether to replace a file whose ending was not in the dialog, which could not ask."""
        from tkinter import messagebox

        question = f"{Path(path).name} is there already. Replace it?"
        return bool(messagebox.askokcancel("Replace the file", question, parent=self._root))

    @staticmethod
    def _folder(folder: str) -> str:
        """Return a folder where a dialog can begin, or ""."""
        return folder if folder and Path(folder).is_dir() else ""

    def _start(self, folder: str) -> dict[str, Any]:
        """Return what every dialog is given: above the window, and in the folder that was chosen last."""
        call = self._root.tk.call
        with contextlib.suppress(tk.TclError):  # Tk's own dialog on X11 lists hidden files unless it is told not to
            if not call("info", "exists", "::tk::dialog::file::showHiddenBtn"):
                with contextlib.suppress(tk.TclError):
                    call("tk_getOpenFile", "-nothing")  # an error, but it loads the dialog
                call("set", "::tk::dialog::file::showHiddenBtn", 1)
                call("set", "::tk::dialog::file::showHiddenVar", 0)
                recolour(self._root)
        return {"parent": self._root, **({"initialdir": folder} if folder else {})}

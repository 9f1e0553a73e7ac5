"""What every controller of the window has at hand."""

import tkinter as tk
from dataclasses import dataclass

from musicgenre.engine.history import History
from musicgenre.engine.settings import SettingsStore
from musicgenre.engine.worker import Worker
from musicgenre.window.file_dialogs import FileDialogs
from musicgenre.window.look import Look
from musicgenre.window.status import StatusBar


@dataclass
class Context:
    """The window's root, its look, what is kept, the worker, the line below and the dialogs for files.

    Parameters
    ----------
    trouble : str, optional
        With the history, since the last summary of a batch.
    """

    root: tk.Tk
    look: Look
    history: History
    settings: SettingsStore
    worker: Worker
    status: StatusBar
    files: FileDialogs
    trouble: str | None = None

    def say(self, text: str, *, bad: bool = False, title: str = "") -> None:
        """Show a sentence in the line below; a title in it is cut first where the line is too short."""
        self.status.say(text, bad=bad, title=title)

    def check_history(self) -> bool:
        """Report a pending history error; return True if there was none."""
        problem, self.history.problem = self.history.problem, None
        if problem:
            self.trouble = problem
            self.say(problem, bad=True)
        return problem is None

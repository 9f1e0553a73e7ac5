"""Faults of the program: noted in the log file, and shown with details to copy."""

from typing import Any

from musicgenre.window.context import Context
from musicgenre.window.dialogs import BugDialog


class Faults:
    """Takes faults of the window and of the engine.

    Parameters
    ----------
    context : Context

    Attributes
    ----------
    silent : bool
        Whether the window is closed, and no dialog can be shown.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.silent = False

    def take(self, *exception: Any) -> None:
        """Report an exception: type, value and traceback."""
        import traceback  # not before it is needed: the window is on screen sooner

        self.report("".join(traceback.format_exception(*exception)))

    def report(self, details: str) -> None:
        """Log a fault and show a dialog, one at a time."""
        root, history = self._context.root, self._context.history
        history.log(details)
        open_already = any(isinstance(child, BugDialog) for child in root.winfo_children())
        if not self.silent and not open_already:
            path = history.log_path()
            BugDialog(root, self._context.look, details=details, log=str(path) if path else None)

"""What can be undone, the latest first."""

from collections.abc import Callable

from musicgenre.window.context import Context

KEPT = 50


class Undo:
    """Steps that can be taken back.

    Parameters
    ----------
    context : Context
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._steps: list[tuple[str, Callable[[], None]]] = []

    def push(self, words: str, take_back: Callable[[], None]) -> None:
        """Note what has been done ("3 answers removed") and how it is taken back."""
        self._steps.append((words, take_back))
        del self._steps[:-KEPT]

    def undo(self) -> None:
        """Take the latest step back."""
        if not self._steps:
            self._context.say("There is nothing to undo")
            return
        words, take_back = self._steps.pop()
        take_back()
        if self._context.check_history():
            self._context.say(f"Undone: {words}")

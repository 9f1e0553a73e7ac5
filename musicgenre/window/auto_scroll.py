"""A scrollbar that is seen only where there is something to scroll."""

from tkinter import ttk


class AutoScrollbar(ttk.Scrollbar):
    """A scrollbar for a place in a grid."""

    _needed = True
    _later: str | None = None

    def set(self, first: float | str, last: float | str) -> None:
        """Show which part is seen, or nothing where all of it is."""
        super().set(first, last)
        self._needed = float(first) > 0.0 or float(last) < 1.0
        if self._later is None and self._needed != bool(self.winfo_manager()):
            self._later = self.after_idle(self._settle)  # a grid that changes while it is laid out loses its widgets

    def _settle(self) -> None:
        """Come or go."""
        self._later = None
        if self.winfo_exists():
            self.grid() if self._needed else self.grid_remove()

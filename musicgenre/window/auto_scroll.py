"""A scrollbar that is seen only where there is something to scroll."""

from tkinter import ttk


class AutoScrollbar(ttk.Scrollbar):
    """A scrollbar for a place in a grid."""

    def set(self, first: float | str, last: float | str) -> None:
        """Show which part is seen, or nothing where all of it is."""
        if float(first) <= 0.0 and float(last) >= 1.0:
            self.grid_remove()
        else:
            self.grid()
        super().set(first, last)

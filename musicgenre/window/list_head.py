"""The top of the history: its search, its filter, and how many songs there are."""

from collections.abc import Callable, Sequence
from tkinter import ttk
from typing import Any

from musicgenre.text import counted
from musicgenre.window.look import HintEntry, Look, change

ALL = "All songs"
PAUSE_MS = 150  # of the typing, before it is searched


class ListHead(ttk.Frame):
    """The search, the filter and the count.

    Parameters
    ----------
    parent : widget
    look : Look
    search : callable
        Called with the words of a search.
    parts : callable
        Returns the parts to filter by, as pairs of a part and its words; called when they are wanted.
    choose : callable
        Called with the part that was chosen.
    """

    def __init__(
        self, parent: Any, look: Look, *, search: Callable[[str], None],
        parts: Callable[[], Sequence[tuple[str, str]]], choose: Callable[[str], None],
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._search, self._find_parts, self._choose = search, parts, choose
        self._later: str | None = None
        self._parts: Sequence[tuple[str, str]] = ()
        self.columnconfigure(0, weight=1)
        ttk.Label(self, text="History", underline=1, style="Strong.TLabel").grid(row=0, column=0, sticky="w")
        self.counter = ttk.Label(self, style="Small.TLabel", anchor="e")
        self.counter.grid(row=0, column=1, sticky="e", padx=look.px(4))
        self.words = HintEntry(self, look, hint="Search")
        self.words.configure(width=10)
        self.words.grid(row=1, column=0, sticky="ew", pady=look.px(4))
        self.words.bind("<KeyRelease>", lambda _: self._soon())
        self.filter = ttk.Combobox(self, state="readonly", width=12, height=20, font=look.fonts["body"],
                                   postcommand=self._offer_parts)  # fmt: skip
        self.filter.set(ALL)
        self.filter.lower(self.words)  # Tab goes from the search to the list, and back to the filter
        self.filter.grid(row=1, column=1, padx=(look.px(6), 0), pady=look.px(4))
        self.filter.bind("<<ComboboxSelected>>", lambda _: self._part_chosen())
        for key in ("<Down>", "<Up>"):
            self.filter.bind(key, lambda _: self._offer_parts())

    def count(self, number: int, selected: int) -> None:
        """Show how many songs there are, and how many of them are selected."""
        text = f"{selected} of {counted(number, 'song')}" if selected > 1 else counted(number, "song")
        change(self.counter, text=text if number else "")

    @property
    def is_narrowed(self) -> bool:
        """Whether songs are left out."""
        return bool(self.words.get().strip()) or self.filter.get() != ALL

    def _soon(self) -> None:
        """Search when the typing pauses."""
        if self._later:
            self.after_cancel(self._later)
        self._later = self.after(PAUSE_MS, lambda: self._search(self.words.get()))

    def _offer_parts(self) -> None:
        """Offer the parts that there are now."""
        self._parts = self._find_parts()
        self.filter.configure(values=[words for _, words in self._parts])

    def _part_chosen(self) -> None:
        """Filter by the part that was chosen."""
        index = self.filter.current()
        self.filter.selection_clear()
        if 0 <= index < len(self._parts):
            self._choose(self._parts[index][0])

"""The head of an answer's page: the song with its cover, who made it, how long it is, and where it lies."""

import time
import tkinter as tk
from pathlib import Path
from tkinter import ttk
from typing import Any

from musicgenre.engine.history import Entry
from musicgenre.engine.messages import DetailsRead
from musicgenre.sources.links import is_address
from musicgenre.text import clean_text, clean_title, clock
from musicgenre.window.icons import icon
from musicgenre.window.look import Look
from musicgenre.window.text_fit import FitLabel
from musicgenre.window.tooltip import Tooltip
from musicgenre.window.wording import model_words

COVER = 64  # side of the picture, at 100 %
NAME_LIMIT = 60  # characters of a file's name; the tooltip has all of its path


class SongHeader(ttk.Frame):
    """Cover, title, artist and album, and the facts of one song.

    Parameters
    ----------
    parent : widget
    look : Look
    """

    def __init__(self, parent: Any, look: Look) -> None:
        super().__init__(parent)
        self._look = look
        self._entry: Entry | None = None
        self._details: DetailsRead | None = None
        self._image: tk.PhotoImage | None = None
        self.columnconfigure(1, weight=1)
        self.cover = tk.Label(self, borderwidth=0)
        self.cover.grid(row=0, column=0, padx=(0, look.px(12)), sticky="n")
        words = ttk.Frame(self)
        words.grid(row=0, column=1, sticky="ew")
        words.columnconfigure(0, weight=1)
        self.title = FitLabel(words, use=look.fonts["strong"], lines=2)
        self.maker = FitLabel(words, use=look.fonts["body"])
        self.facts = FitLabel(words, use=look.fonts["small"], lines=2, style="Small.TLabel", sentence=True)
        for row, label in enumerate((self.title, self.maker, self.facts)):
            label.grid(row=row, column=0, sticky="ew")
        Tooltip(self.title, look, lambda: self.title.whole if self.title.is_cut else "")
        Tooltip(self.facts, look, self._where)
        look.listen(self.paint)

    @property
    def cover_side(self) -> int:
        """The side of the cover in pixels."""
        return self._look.px(COVER)

    @property
    def has_cover(self) -> bool:
        """Whether the song's own picture is shown."""
        return bool(self._details and self._details.cover)

    def show(self, entry: Entry) -> None:
        """Show a song; its artist, album and cover come later, with `tell`."""
        if self._entry is None or self._entry.key != entry.key:
            self._details = None
        self._entry = entry
        self.title.show(entry.title)
        prediction = entry.prediction
        place = clean_text(prediction.input)
        name = clean_title(place if is_address(place) else Path(place).name, limit=NAME_LIMIT)
        made = time.strftime("%d %b %Y, %H:%M", time.localtime(entry.made)).lstrip("0")
        facts = (clock(prediction.duration_s) if prediction.duration_s else "", name,
                 model_words(prediction.model) if prediction.model else "", made)  # fmt: skip
        self.facts.show("  ·  ".join(fact for fact in facts if fact))
        self._write_maker()
        self._draw_cover()

    def tell(self, details: DetailsRead) -> None:
        """Show what has been found out about the song."""
        if self._entry and details.key == self._entry.key:
            self._details = details
            self._write_maker()
            self._draw_cover()

    def fold(self, is_low: bool) -> None:
        """Leave the cover out where the page is low, or show it again."""
        if is_low == bool(self.cover.winfo_manager()):
            self.cover.grid_remove() if is_low else self.cover.grid()

    def _where(self) -> str:
        """Return the whole place of the song, and what else was cut."""
        return f"{clean_text(self._entry.prediction.input)}" if self._entry else ""

    def _write_maker(self) -> None:
        """Write artist and album; the line is there only if one of them is known."""
        found = self._details
        words = "  ·  ".join(word for word in (found.artist, found.album) if word) if found else ""
        self.maker.show(words)
        self.maker.grid() if words else self.maker.grid_remove()

    def _draw_cover(self) -> None:
        """Show the cover, or a note on the genre's colour."""
        side, colours = self.cover_side, self._look.colours
        if self._details and self._details.cover:
            self._image = tk.PhotoImage(master=self, data=self._details.cover)
        else:
            self._image = icon(self, side, ("tile", colours.row), ("note", colours.muted))
        self.cover.configure(image=self._image, background=colours.background, width=side, height=side)

    def paint(self) -> None:
        """Use the theme and the scaling."""
        if self._entry:
            self._draw_cover()

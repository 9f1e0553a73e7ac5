"""Two answers side by side: every genre in one order, with the difference between them."""

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from tkinter import ttk
from typing import Any

from musicgenre.engine.history import Entry
from musicgenre.genres import display_name
from musicgenre.inference.prediction import Prediction
from musicgenre.text import clean_title
from musicgenre.window.dialogs import Dialog
from musicgenre.window.list_wording import tempo_cell
from musicgenre.window.look import Look
from musicgenre.window.picture import Picture
from musicgenre.window.text_fit import FitLabel, cell
from musicgenre.window.wording import headline, meaning

LEAST = 0.005  # a genre below it on both sides is left out
SAME = 0.005  # a difference below it is none


@dataclass(frozen=True)
class Difference:
    """A genre's probability on both sides."""

    genre: str
    left: float
    right: float

    @property
    def words(self) -> str:
        """By how many points the right side is above the left one."""
        by = self.right - self.left
        return "=" if abs(by) < SAME else f"{'+' if by > 0 else '−'}{abs(by) * 100:.0f}"


def differences(left: Prediction, right: Prediction) -> list[Difference]:
    """Return the genres of two answers in one order: those first that one of them is surest of."""
    one, other = (side.probabilities or {} if side.verdict != "not_music" else {} for side in (left, right))
    both = [Difference(genre, one.get(genre, 0.0), other.get(genre, 0.0)) for genre in dict.fromkeys([*one, *other])]
    shown = [one for one in both if max(one.left, one.right) >= LEAST]
    return sorted(shown, key=lambda one: (-max(one.left, one.right), one.genre))


class DifferenceBars(tk.Canvas):
    """The genres of two answers: bars to both sides of their names, and the difference."""

    def __init__(self, parent: Any, look: Look) -> None:
        super().__init__(parent, highlightthickness=0, borderwidth=0, width=300, height=160)
        self._look = look
        self.rows: list[Difference] = []
        self._colours: tuple[str, str] = ("", "")
        self.bind("<Configure>", lambda _: self.draw())
        for event, step in (("<Button-4>", -1), ("<Button-5>", 1)):
            self.bind(event, lambda _, step=step: self.yview_scroll(step, "units"))  # type: ignore[misc]

    def show(self, rows: list[Difference], colours: tuple[str, str]) -> None:
        """Show other answers; the colours are those of the two."""
        self.rows, self._colours = rows, colours
        self.draw()

    def draw(self) -> None:
        """Draw the rows."""
        look, width = self._look, self.winfo_width()
        self.delete("all")
        colours, use, px = look.colours, look.fonts["body"], look.px
        self.configure(background=colours.background)
        if width <= 1:
            return
        if not self.rows:
            words = "Neither answer has genres to compare"
            self.create_text(width / 2, px(30), text=words, font=use, fill=colours.muted)
            return
        line = use.metrics("linespace")
        height = min(max((self.winfo_height() - 2) // len(self.rows), line + px(2)), px(32))
        names, numbers, gap = px(96), px(52), px(6)
        middle = (width - px(64)) / 2
        length = middle - names / 2 - numbers - gap
        for number, row in enumerate(self.rows):
            y = number * height + height / 2
            name = cell(self, clean_title(display_name(row.genre)), names, use.measure)
            self.create_text(middle, y, text=name, font=use, fill=colours.text)
            for side, share, colour in ((-1, row.left, self._colours[0]), (1, row.right, self._colours[1])):
                start = middle + side * (names / 2 + gap)
                end = start + side * max(length * share, 1)
                self.create_rectangle(start, y - height * 0.3, end, y + height * 0.3, width=0, fill=colour)
                self.create_text(end + side * gap, y, text=f"{share:.0%}", anchor="w" if side > 0 else "e", font=use,
                                 fill=colours.muted)  # fmt: skip
            by = row.right - row.left
            fill = colours.muted if abs(by) < SAME else colours.good if by > 0 else colours.warm
            self.create_text(width - px(8), y, text=row.words, anchor="e", font=look.fonts["strong"], fill=fill)
        self.configure(scrollregion=(0, 0, width, max(len(self.rows) * height, self.winfo_height())))


@dataclass(frozen=True)
class Side:
    """The widgets of one of the answers that are compared."""

    choice: ttk.Combobox
    verdict: FitLabel
    meaning: FitLabel
    time: Picture


class CompareDialog(Dialog):
    """Two answers side by side."""

    def __init__(
        self, root: tk.Tk, look: Look, *, entries: list[Entry], chosen: list[str], draw: Callable[[Picture], None]
    ) -> None:
        super().__init__(root, look, title="Compare", size=(920, 660))
        self._entries = {f"{index + 1}. {entry.title[:70]}": entry for index, entry in enumerate(entries)}
        labels, keys = list(self._entries), [entry.key for entry in entries]
        self.close = self.buttons(("Close", self.destroy))[0]
        grid = ttk.Frame(self.body)
        grid.pack(fill="both", expand=True)
        grid.columnconfigure((0, 1), weight=1, uniform="half")
        grid.rowconfigure(4, weight=3)
        grid.rowconfigure(5, weight=2)
        self.bars = DifferenceBars(grid, look)
        words = "At the right: by how many points the right answer is surer of a genre than the left one"
        head = ttk.Label(grid, style="Small.TLabel", text=words)
        self.sides: list[Side] = []
        for column in (0, 1):
            start = keys.index(chosen[column]) if column < len(chosen) and chosen[column] in keys else column
            side = self._side(grid, labels, column, draw)
            self.sides.append(side)
            side.choice.current(min(start, len(labels) - 1))
            side.choice.bind("<<ComboboxSelected>>", lambda _: self._show())
        head.grid(row=3, column=0, columnspan=2, sticky="w", padx=look.px(8), pady=look.px(4))
        self.bars.grid(row=4, column=0, columnspan=2, sticky="nsew", padx=look.px(8), pady=look.px(4))
        look.listen(self._paint_bars)
        self.present(self.sides[0].choice)
        self._show()

    def _side(self, grid: ttk.Frame, labels: list[str], column: int, draw: Callable[[Picture], None]) -> Side:
        """Make the widgets of one side."""
        look = self.look
        side = Side(
            choice=ttk.Combobox(grid, values=labels, state="readonly", font=look.fonts["body"]),
            verdict=FitLabel(grid, use=look.fonts["title"], lines=1),
            meaning=FitLabel(grid, use=look.fonts["small"], lines=2),
            time=Picture(grid, look, "genre_timeline", draw, lambda _: None),
        )
        for row, widget in ((0, side.choice), (1, side.verdict), (2, side.meaning), (5, side.time)):
            widget.grid(row=row, column=column, sticky="nsew", padx=look.px(8), pady=look.px(2))
        return side

    def entry(self, side: Side) -> Entry:
        """Return the answer that a side has chosen."""
        return self._entries[side.choice.get()]

    def _show(self) -> None:
        """Show the answers that are chosen."""
        for side in self.sides:
            entry = self.entry(side)
            side.verdict.show(headline(entry.prediction))
            tempo = tempo_cell(entry.prediction)
            side.meaning.show(" ".join(filter(None, (meaning(entry.prediction), f"{tempo} bpm" * bool(tempo)))))
            side.time.show(entry)
        left, right = (self.entry(side) for side in self.sides)
        accent = self.look.colours.accent
        colours = (left.colour or accent, right.colour or accent)
        self.bars.show(differences(left.prediction, right.prediction), colours)

    def _paint_bars(self) -> None:
        """Follow a change of the look."""
        if self.winfo_exists():
            self.bars.draw()
            for side in self.sides:
                side.time.paint()
                side.time.refresh(at_once=True)

"""The answer in large letters: how sure it is, what it was heard from, and one click for what is right instead."""

import tkinter as tk
from collections.abc import Callable
from functools import partial
from tkinter import ttk
from typing import Any

from musicgenre.engine.history import Entry
from musicgenre.inference.prediction import Prediction
from musicgenre.inference.wording import in_sentence, percent, sureness, title_name
from musicgenre.text import clean_title, clock
from musicgenre.window.flow import Flow
from musicgenre.window.icons import icon
from musicgenre.window.look import Look
from musicgenre.window.text_fit import FitLabel
from musicgenre.window.tooltip import Tooltip
from musicgenre.window.wording import (
    REFUSED,
    SYMBOLS,
    headline,
    meaning,
    promise,
    runners_up,
    short_answer,
)

BADGE = 44  # pixels at 100 %
PARTS_SHOWN = 6
TAG_HINT = "A word of the pretrained network, and how strongly it hears it. It is no genre, and no certainty."
TEMPO_HINT = "The tempo that was measured. Half or double of it is a common mistake."


class VerdictPanel(ttk.Frame):
    """Badge, headline, confidence, chips, and buttons that correct the answer.

    Parameters
    ----------
    parent : widget
    look : Look
    say_right : callable
        Called with the genre that the user says is right.
    take_back : callable
        Called without anything to undo a correction.
    """

    def __init__(
        self, parent: Any, look: Look, *, say_right: Callable[[str], None], take_back: Callable[[], None],
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._look, self._say_right = look, say_right
        self._entry: Entry | None = None
        self._corrected: str | None = None
        self._image: tk.PhotoImage | None = None
        self.columnconfigure(1, weight=1)
        self.badge = tk.Canvas(self, highlightthickness=0, borderwidth=0, takefocus=0)
        self.badge.grid(row=0, column=0, rowspan=2, padx=(0, look.px(12)), sticky="n")
        line = ttk.Frame(self)
        line.grid(row=0, column=1, sticky="ew")
        line.columnconfigure(0, weight=1)
        self.headline = FitLabel(line, use=look.fonts["genre"], lines=2)
        self.headline.grid(row=0, column=0, sticky="ew")
        self.sure = ttk.Label(line, font=look.fonts["number"], takefocus=1)
        self._line = line
        self.headline.bind("<Configure>", lambda _: self._place_sure(), add=True)
        self.meaning = FitLabel(self, use=look.fonts["body"], lines=3, sentence=True)
        self.meaning.grid(row=1, column=1, sticky="ew")
        self.chips = Flow(self, look)
        self.chips.grid(row=2, column=0, columnspan=2, sticky="ew", pady=(look.px(4), 0))
        self._made: list[Any] = []
        self.right = [ttk.Button(self.chips, style="Small.TButton") for _ in range(3)]
        self.undo = ttk.Button(self.chips, text="Undo", style="Small.TButton", command=take_back)
        Tooltip(self.headline, look, lambda: self.headline.whole if self.headline.is_cut else "")
        Tooltip(self.sure, look, lambda: promise(self._entry.prediction) if self._entry else "")
        Tooltip(self.undo, look, "Take the correction back: the program’s own answer counts again.")
        self._chances: list[float] = [0.0] * len(self.right)
        for index, button in enumerate(self.right):
            Tooltip(button, look, partial(self._right_hint, index))
        look.listen(self.paint)

    def _right_hint(self, index: int) -> str:
        """Return what a button of a runner-up does."""
        return f"This one was {percent(self._chances[index])} likely. A click keeps it as the right genre."

    def show(self, entry: Entry, *, corrected: str | None) -> None:
        """Show an answer, or what the user has made of it."""
        self._entry, self._corrected = entry, corrected
        prediction = entry.prediction
        self.headline.show(headline(prediction, corrected))
        self.sure.configure(text="" if corrected else sureness(prediction))
        if corrected:
            self.meaning.show(f"You said so. The answer was: {short_answer(prediction)}.")
        else:
            self.meaning.show(meaning(prediction))
        self.meaning.grid() if self.meaning.whole else self.meaning.grid_remove()
        self._fill_chips(prediction)
        self.paint()
        self._place_sure()

    def _place_sure(self) -> None:
        """Put the number right behind the headline, or below it where the line is too short for both."""
        gap, needed = self._look.px(12), self.sure.winfo_reqwidth()
        wide = self._look.fonts["genre"].measure(self.headline.whole) + gap
        if not self.sure.cget("text"):
            self.sure.place_forget()
            self.sure.grid_remove()
        elif wide + needed <= self._line.winfo_width():
            self.sure.grid_remove()
            self.sure.place(in_=self._line, x=wide, rely=0.55, anchor="w")
        else:
            self.sure.place_forget()
            self.sure.grid(row=1, column=0, sticky="w")

    def _fill_chips(self, prediction: Prediction) -> None:
        """Show parts, tags and tempo as chips, and the buttons that fit the answer."""
        for chip in self._made:
            chip.destroy()
        self._made = []
        for part in prediction.parts[:PARTS_SHOWN]:
            words = f"{clock(part.start_s)}–{clock(part.end_s)} {title_name(part.genre)}"
            hint = f"This part sounds like {in_sentence(part.genre)}: {percent(part.confidence)} sure."
            self._chip(words, hint, strong=True)
        if prediction.verdict not in REFUSED:
            for tag in prediction.tags:
                self._chip(clean_title(tag.name.replace("_", " "), limit=30), f"{TAG_HINT} Here: {percent(tag.score)}.")
            if prediction.tempo_bpm:
                self._chip(f"{prediction.tempo_bpm:.0f} bpm", TEMPO_HINT)
        offered = [] if self._corrected else runners_up(prediction)
        for index, (genre, chance) in enumerate(offered):
            self._chances[index] = chance
            self.right[index].configure(text=f"It’s {in_sentence(genre)}", command=partial(self._say_right, genre))
        buttons = [self.undo] if self._corrected else self.right[: len(offered)]
        self.chips.show(*self._made, *buttons)
        self.chips.grid() if self._made or buttons else self.chips.grid_remove()

    def _chip(self, words: str, hint: str, *, strong: bool = False) -> None:
        """Add one chip."""
        look = self._look
        chip = tk.Label(self.chips, text=words, font=look.fonts["small"], padx=look.px(7), pady=look.px(2),
                        borderwidth=0)  # fmt: skip
        colours = look.colours
        chip.configure(background=colours.row if strong else colours.line, foreground=colours.text)
        Tooltip(chip, look, hint)
        self._made.append(chip)

    def paint(self) -> None:
        """Draw the sign of the verdict: filled with the genre's colour, hollow where it is not sure."""
        size, colours, badge = self._look.px(BADGE), self._look.colours, self.badge
        badge.delete("all")
        badge.configure(width=size, height=size, background=colours.background)
        if self._entry is None:
            return
        verdict = self._entry.prediction.verdict
        colour = self._entry.colour or colours.muted
        colour = {"error": colours.bad, "uncertain": colours.warm}.get(verdict, colour)
        if self._corrected:
            colour = colours.good
        filled = verdict in ("genre", "mixed") or self._corrected is not None
        self._image = icon(self, size, ("disc" if filled else "ring", colour))
        badge.create_image(0, 0, image=self._image, anchor="nw")
        sign = "✓" if self._corrected else SYMBOLS.get(verdict, "?")
        badge.create_text(size / 2, size / 2, text=sign, font=self._look.fonts["title"],
                          fill=colours.background if filled else colour)  # fmt: skip
        self.meaning.configure(foreground=colours.muted if self._corrected else colours.text)
        for chip in self._made:
            chip.configure(foreground=colours.text, padx=self._look.px(7), pady=self._look.px(2))
            chip.configure(background=colours.line)

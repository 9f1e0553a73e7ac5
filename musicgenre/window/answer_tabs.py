"""What lies below an answer: pictures of its genres, its reasons, pictures of its sound, or why there is no genre."""

import tkinter as tk
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from tkinter import ttk
from typing import Any

from musicgenre.engine.history import Entry
from musicgenre.inference.wording import in_sentence
from musicgenre.text import clean_text
from musicgenre.window.auto_scroll import AutoScrollbar
from musicgenre.window.flow import Flow
from musicgenre.window.look import Look
from musicgenre.window.picture import Picture
from musicgenre.window.text_fit import FitLabel
from musicgenre.window.wording import listened

NARROW = 520  # width at 100 % below which pictures stand below each other


@dataclass(frozen=True)
class Plate:
    """A picture's name in the plots, what its button says, what there is to see, and its least height at 100 %."""

    name: str
    button: str
    caption: str
    height: int
    drawing: str = ""  # where several pictures show the same


BARS = Plate("prediction_bars", "", "How likely each genre is: the longer the bar, the surer.", 170)
WAVE = Plate("waveform", "", "Loud and quiet places. Click to hear one.", 96)
TIMELINE = Plate("genre_timeline", "", "What each part sounds like. Click to hear one.", 104)
SOUND = (
    Plate("mel_spectrogram", "Pitch (Mel)",
          "Low notes below, high ones above; bright is loud. Beats are upright lines, held notes flat ones.", 160),
    Plate("chromagram", "Notes (Chroma)", "Which of the twelve notes sound; bright rows are those of the key.", 160),
    Plate("tempogram", "Tempo", "Bright bands are speeds at which the rhythm repeats; the line is the tempo.", 160),
    Plate("power_spectrogram", "Brightness (Rolloff)",
          "Below the upper line lies nearly all of the sound: the higher it is, the brighter the song.", 160),
)  # fmt: skip


class Plates:
    """Makes the pictures of a page with the line below each that says what to see.

    Parameters
    ----------
    look : Look
    draw, seek : callable
        See `picture.Picture`.
    """

    def __init__(self, look: Look, *, draw: Callable[[Picture], None], seek: Callable[[float], None]) -> None:
        self._look, self._draw, self._seek = look, draw, seek
        self.pictures: dict[str, Picture] = {}
        self.captions: dict[str, FitLabel] = {}
        self.frames: dict[str, ttk.Frame] = {}

    def make(self, parent: Any, plate: Plate) -> ttk.Frame:
        """Return a frame with a picture and its line."""
        frame = ttk.Frame(parent)
        frame.columnconfigure(0, weight=1)
        frame.rowconfigure(0, weight=1)
        picture = Picture(frame, self._look, plate.drawing or plate.name, self._draw, self._seek)
        picture.grid(row=0, column=0, sticky="nsew")
        caption = FitLabel(frame, use=self._look.fonts["small"], lines=2, style="Small.TLabel", sentence=True)
        caption.grid(row=1, column=0, sticky="ew", padx=self._look.px(4))
        caption.show(plate.caption)
        self.pictures[plate.name], self.captions[plate.name], self.frames[plate.name] = picture, caption, frame

        def fit() -> None:
            picture.configure(height=self._look.px(plate.height))

        self._look.listen(fit)
        fit()
        return frame


class GenresTab(ttk.Frame):
    """How likely each genre is, beside the waveform and the genre over the song."""

    def __init__(self, parent: Any, look: Look, plates: Plates) -> None:
        super().__init__(parent)
        self._look = look
        self._wide: bool | None = None
        self.bars = plates.make(self, BARS)
        self.time = ttk.Frame(self)
        self.time.columnconfigure(0, weight=1)
        for row, plate in enumerate((WAVE, TIMELINE)):
            self.time.rowconfigure(row, weight=plate.height)
            plates.make(self.time, plate).grid(row=row, column=0, sticky="nsew")
        self.bind("<Configure>", lambda event: self._arrange(event.width))

    def _arrange(self, width: int) -> None:
        """Put the pictures beside each other where there is room."""
        wide = width >= self._look.px(NARROW)
        if wide == self._wide or width <= 1:
            return
        self._wide = wide
        self.columnconfigure(0, weight=1, uniform="half" if wide else "")
        self.columnconfigure(1, weight=int(wide), uniform="half" if wide else "")
        self.rowconfigure(0, weight=1)
        self.rowconfigure(1, weight=int(not wide))
        self.bars.grid(row=0, column=0, sticky="nsew")
        self.time.grid(row=int(not wide), column=int(wide), sticky="nsew")


class WhyTab(ttk.Frame):
    """What was measured, and what points to the genre and away from it."""

    def __init__(self, parent: Any, look: Look) -> None:
        super().__init__(parent)
        self._look = look
        self.columnconfigure(0, weight=1)
        self.rowconfigure(0, weight=1)
        self.text = tk.Text(self, wrap="word", height=7, width=20, state="disabled", padx=look.px(10),
                            pady=look.px(8), cursor="arrow")  # fmt: skip
        self.text.grid(row=0, column=0, sticky="nsew")
        bar = AutoScrollbar(self, command=self.text.yview)
        bar.grid(row=0, column=1, sticky="ns")
        self.text.configure(yscrollcommand=bar.set)
        look.listen(self.paint)
        self.paint()

    def show(self, entry: Entry) -> None:
        """Write the reasons as text."""
        text, chances = self.text, entry.prediction.probabilities or {}
        best = in_sentence(max(chances, key=chances.__getitem__)) if chances else ""
        text.configure(state="normal")
        text.delete("1.0", "end")
        if not entry.reasons:
            text.insert("end", "Nothing was measured that explains this answer.")
        for side, title, sign in (("heard", "What was measured", "•"), ("for", f"Points to {best}", "+"),
                                  ("against", f"Points away from {best}", "−")):  # fmt: skip
            lines = [reason.text for reason in entry.reasons if reason.side == side]
            if lines:
                text.insert("end", title + "\n", side)
                text.insert("end", "".join(f"{sign}  {clean_text(line)}\n" for line in lines) + "\n", "line")
        if any(reason.side != "heard" for reason in entry.reasons):
            text.insert("end", "“Usual” is what eight of ten songs of a genre have, of those it learned from.", "note")
        text.configure(state="disabled")

    def paint(self) -> None:
        """Use the theme and the scaling."""
        self._look.paint_text(self.text)
        colours, fonts = self._look.colours, self._look.fonts
        for side, colour in (("heard", colours.text), ("for", colours.good), ("against", colours.warm)):
            self.text.tag_configure(side, font=fonts["strong"], foreground=colour, spacing1=2, spacing3=4)
        self.text.tag_configure("line", lmargin1=self._look.px(4), lmargin2=self._look.px(20), spacing3=2)
        self.text.tag_configure("note", font=fonts["small"], foreground=colours.muted)


class SoundTab(ttk.Frame):
    """Pictures of the sound, one at a time, and a button for each."""

    def __init__(self, parent: Any, look: Look, plates: Plates) -> None:
        super().__init__(parent)
        self._frames: Mapping[str, ttk.Frame]
        self.columnconfigure(0, weight=1)
        self.rowconfigure(1, weight=1)
        self.chosen = tk.StringVar(self, SOUND[0].name)
        flow = Flow(self, look)
        flow.grid(row=0, column=0, sticky="ew", pady=look.px(4))
        self.buttons = [
            ttk.Radiobutton(flow, text=plate.button, variable=self.chosen, value=plate.name, style="Toggle.TButton",
                            command=partial(self.choose, plate.name))
            for plate in SOUND
        ]  # fmt: skip
        flow.show(*self.buttons)
        self._frames = {plate.name: plates.make(self, plate) for plate in SOUND}
        for frame in self._frames.values():
            frame.grid(row=1, column=0, sticky="nsew")
            frame.grid_remove()
        self.choose(SOUND[0].name)

    def choose(self, name: str) -> None:
        """Show one of the pictures."""
        self.chosen.set(name)
        for other, frame in self._frames.items():
            frame.grid() if other == name else frame.grid_remove()


class RefusalBody(ttk.Frame):
    """What is shown for a recording without a genre: what was heard, and where."""

    def __init__(self, parent: Any, look: Look) -> None:
        super().__init__(parent)
        self._look = look
        self.columnconfigure(0, weight=1)
        self.rowconfigure(2, weight=1)
        self.where = FitLabel(self, use=look.fonts["body"], lines=3, sentence=True)
        self.where.grid(row=0, column=0, sticky="ew", pady=(look.px(10), 0))
        self.advice = FitLabel(self, use=look.fonts["body"], lines=3, sentence=True)
        self.advice.grid(row=1, column=0, sticky="ew", pady=(look.px(8), look.px(8)))
        look.listen(self.paint)
        self.paint()

    def show(self, entry: Entry) -> None:
        """Show what was heard and what can be done."""
        prediction = entry.prediction
        self.where.show(listened(prediction))
        self.advice.show({
            "not_music": "If it is music all the same, press “That’s wrong…”.",
            "silent": "If you can hear something, the file is very quiet or its sound is in another track.",
            "too_short": "Give a longer recording; half a minute is best.",
            "error": "When that is put right, press “Try again”.",
        }.get(prediction.verdict, ""))  # fmt: skip
        self.where.grid() if self.where.whole else self.where.grid_remove()

    def paint(self) -> None:
        """Use the theme's colours."""
        self.advice.configure(foreground=self._look.colours.muted)

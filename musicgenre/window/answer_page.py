"""The page of one answer: verdict, confidence in words, pictures, reasons."""

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from tkinter import ttk
from typing import Any

from musicgenre.engine.history import Entry
from musicgenre.text import clean_text
from musicgenre.window.look import Look
from musicgenre.window.picture import Picture
from musicgenre.window.text_fit import FitLabel
from musicgenre.window.wording import SYMBOLS, headline, meaning

# name of the drawing, title of the tab
TABS = (
    ("waveform", "Waveform"), ("mel_spectrogram", "Mel"), ("chromagram", "Chroma"), ("tempogram", "Tempo"),
    ("power_spectrogram", "Rolloff"),
)  # fmt: skip


@dataclass(frozen=True)
class AnswerActions:
    """What the page's buttons and pictures do.

    Parameters
    ----------
    draw, seek, set_volume, export : callable
        Called with the picture to draw, the second of the song, the volume (0 to 1), and "png", "json" or "csv".
    listen, copy, again, correct, similar : callable
        Called without anything.
    """

    draw: Callable[[Picture], None]
    seek: Callable[[float], None]
    listen: Callable[[], None]
    set_volume: Callable[[float], None]
    copy: Callable[[], None]
    export: Callable[[str], None]
    again: Callable[[], None]
    correct: Callable[[], None]
    similar: Callable[[], None]


class AnswerPage(ttk.Frame):
    """The page of one answer.

    Parameters
    ----------
    parent : widget
    look : Look
    actions : AnswerActions
    volume : float
        0 to 1.
    """

    def __init__(self, parent: Any, look: Look, actions: AnswerActions, *, volume: float) -> None:
        super().__init__(parent)
        self.look, self._do = look, actions
        self.entry: Entry | None = None
        self.pictures: dict[str, Picture] = {}
        self._build_head()
        self._build_buttons(volume)
        self._build_tabs()
        self.columnconfigure(0, weight=1)
        self.rowconfigure(3, weight=1)
        look.listen(self._paint)
        self._paint()

    def _build_head(self) -> None:
        """Make badge, title, verdict and its meaning."""
        head = ttk.Frame(self)
        head.grid(row=0, column=0, sticky="ew", padx=self.look.px(4))
        head.columnconfigure(1, weight=1)
        self.badge = tk.Canvas(head, highlightthickness=0, borderwidth=0)
        self.badge.grid(row=0, column=0, rowspan=3, padx=(0, self.look.px(12)), sticky="n")
        self.title = FitLabel(head, use=self.look.fonts["strong"], lines=2)
        self.verdict = FitLabel(head, use=self.look.fonts["genre"], lines=1)
        self.meaning = FitLabel(head, use=self.look.fonts["body"], lines=3)
        for row, label in enumerate((self.title, self.verdict, self.meaning)):
            label.grid(row=row, column=1, sticky="ew")

    def _build_buttons(self, volume: float) -> None:
        """Make the row of buttons."""
        bar = ttk.Frame(self)
        bar.grid(row=1, column=0, sticky="ew", pady=(self.look.px(6), 0))
        self.listen = ttk.Button(bar, text="Listen", underline=0, command=self._do.listen)
        self.volume = ttk.Scale(bar, from_=0.0, to=1.0, value=volume, length=self.look.px(70),
                                command=lambda value: self._do.set_volume(float(value)))  # fmt: skip
        self.copy = ttk.Button(bar, text="Copy", underline=0, command=self._do.copy)
        self.export = ttk.Menubutton(bar, text="Export   ", underline=1)
        menu = tk.Menu(self.export, tearoff=False)
        for form, text in (("png", "Picture (PNG)…"), ("json", "JSON…"), ("csv", "Table (CSV)…")):
            menu.add_command(label=text, command=partial(self._do.export, form))
        self.export.configure(menu=menu)
        self.export_menu = menu
        self.again = ttk.Button(bar, text="Try again", command=self._do.again)
        self.wrong = ttk.Button(bar, text="That’s wrong…", underline=0, command=self._do.correct)
        self.similar = ttk.Button(bar, text="Similar…", command=self._do.similar)
        self._row = (self.listen, self.volume, self.again, self.copy, self.export, self.similar, self.wrong)
        for widget in self._row:
            widget.pack(side="left", padx=(0, self.look.px(6)))
        self.note = FitLabel(self, use=self.look.fonts["small"])  # of its own height also without words
        self.note.grid(row=2, column=0, sticky="ew", padx=self.look.px(2))

    def _build_tabs(self) -> None:
        """Make the pictures and the reasons."""
        self.tabs = ttk.Notebook(self)
        self.tabs.grid(row=3, column=0, sticky="nsew")
        self.tabs.enable_traversal()
        both = ttk.Frame(self.tabs)
        both.columnconfigure((0, 1), weight=1, uniform="half")
        both.rowconfigure(0, weight=1)
        for column, name in enumerate(("prediction_bars", "genre_timeline")):
            self._picture(both, name).grid(row=0, column=column, sticky="nsew")
        self.tabs.add(both, text="Genres")
        why = ttk.Frame(self.tabs)
        why.columnconfigure(0, weight=1)
        why.rowconfigure(0, weight=1)
        self.why = tk.Text(why, wrap="word", height=4, width=20, state="disabled", padx=self.look.px(10),
                           pady=self.look.px(8), cursor="arrow")  # fmt: skip
        self.why.grid(row=0, column=0, sticky="nsew")
        bar = ttk.Scrollbar(why, command=self.why.yview)
        bar.grid(row=0, column=1, sticky="ns")
        self.why.configure(yscrollcommand=bar.set)
        self.tabs.add(why, text="Why")
        for name, text in TABS:
            frame = ttk.Frame(self.tabs)
            self._picture(frame, name).pack(fill="both", expand=True)
            self.tabs.add(frame, text=text)

    def _picture(self, parent: Any, name: str) -> Picture:
        """Make one picture."""
        picture = Picture(parent, self.look, name, self._do.draw, self._do.seek)
        self.pictures[name] = picture
        return picture

    def show(self, entry: Entry, *, corrected: str | None) -> None:
        """Show an answer."""
        self.entry = entry
        prediction = entry.prediction
        self.title.show(entry.title)
        self.verdict.show(headline(prediction))
        self.meaning.show(meaning(prediction))
        self.tell(f"You said: {corrected}" if corrected else "")
        self._draw_badge()
        self._write_why()
        has_sound = bool(prediction.analysed)
        for index, (name, _) in enumerate(TABS):
            self.tabs.tab(index + 2, state="normal" if has_sound else "disabled")
            self.pictures[name].show(entry if has_sound else None)
        for name in ("prediction_bars", "genre_timeline"):
            self.pictures[name].show(entry)
        failed = prediction.verdict == "error"
        self.tabs.grid_remove() if failed else self.tabs.grid()
        for widget in self._row:
            widget.pack_forget()
        for widget in (self.again, self.copy) if failed else [w for w in self._row if w is not self.again]:
            widget.pack(side="left", padx=(0, self.look.px(6)))
        if not has_sound and self.tabs.index("current") > 1:
            self.tabs.select(0)
        self.listen.state(["!disabled" if has_sound else "disabled"])

    def tell(self, text: str) -> None:
        """Show a remark below the buttons."""
        self.note.show(text)

    def playing(self, second: float | None) -> None:
        """Move the cursor of every picture; None means that nothing is heard."""
        self.listen.configure(text="Listen" if second is None else "Stop", underline=0 if second is None else -1)
        for picture in self.pictures.values():
            if picture.winfo_viewable() or second is None:
                picture.cursor(second)

    def _draw_badge(self) -> None:
        """Draw the sign of the verdict: filled with the genre's colour, hollow where it is not sure."""
        size = self.look.px(64)
        colours, badge = self.look.colours, self.badge
        badge.delete("all")
        badge.configure(width=size, height=size, background=colours.background)
        if self.entry is None:
            return
        verdict = self.entry.prediction.verdict
        colour = self.entry.colour or colours.muted
        colour = {"error": colours.bad, "uncertain": colours.warm}.get(verdict, colour)
        filled = verdict == "genre"
        edge = self.look.px(3)
        badge.create_oval(edge, edge, size - edge, size - edge, outline=colour, width=edge,
                          fill=colour if filled else colours.background, dash=() if filled else (6, 4))  # fmt: skip
        badge.create_text(size / 2, size / 2, text=SYMBOLS.get(verdict, "?"), font=self.look.fonts["genre"],
                          fill="#ffffff" if filled else colour)  # fmt: skip
        self.verdict.configure(foreground=colour if not filled else colours.text)

    def _write_why(self) -> None:
        """Write the reasons as text."""
        text, entry = self.why, self.entry
        if entry is None:
            return
        reasons, chances = entry.reasons, entry.prediction.probabilities or {}
        best = max(chances, key=chances.__getitem__) if chances else ""
        text.configure(state="normal")
        text.delete("1.0", "end")
        if not reasons:
            text.insert("end", f"Nothing was measured. {meaning(entry.prediction)}")
        for side, title, sign in (("heard", "What was measured", "•"), ("for", f"Speaks for {best}", "+"),
                                  ("against", f"Speaks against {best}", "−")):  # fmt: skip
            lines = [reason.text for reason in reasons if reason.side == side]
            if lines:
                text.insert("end", title + "\n", side)
                text.insert("end", "".join(f"{sign}  {clean_text(line)}\n" for line in lines) + "\n", "line")
        if any(reason.side != "heard" for reason in reasons):
            note = "“Usual” is what the middle eight tenths of the training clips of a genre have."
            text.insert("end", note, "note")
        text.configure(state="disabled")

    def _paint(self) -> None:
        """Use the theme and the scaling."""
        self.look.paint_text(self.why)
        self.look.paint_menus(self)
        colours, fonts = self.look.colours, self.look.fonts
        for side, colour in (("heard", colours.text), ("for", colours.good), ("against", colours.warm)):
            self.why.tag_configure(side, font=fonts["strong"], foreground=colour, spacing1=2, spacing3=4)
        self.why.tag_configure("line", lmargin1=self.look.px(4), lmargin2=self.look.px(20), spacing3=2)
        self.why.tag_configure("note", font=fonts["small"], foreground=colours.muted)
        self.meaning.configure(foreground=colours.text)
        self.note.configure(foreground=colours.muted)
        self._draw_badge()
        for picture in self.pictures.values():
            picture.paint()
            picture.refresh(at_once=True)

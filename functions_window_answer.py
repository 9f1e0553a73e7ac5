"""An answer on the screen: verdict, confidence in words, pictures with a cursor, reasons."""

import tkinter as tk
from collections.abc import Callable
from functools import partial
from tkinter import ttk
from typing import Any

from functions_history import Entry
from functions_text import clean_text, clean_title
from functions_window_look import FitLabel, Look

REDRAW_MS = 120  # after the last change of size
SKIP_S = 5.0  # of the arrow keys on a picture
HEADLINES = {
    "uncertain": "Perhaps {genre}", "not_music": "Not music", "silent": "Silence", "too_short": "Too short",
    "error": "No answer",
}  # fmt: skip
SYMBOLS = {"genre": "♪", "uncertain": "?", "not_music": "×", "silent": "–", "too_short": "…", "error": "!"}
# name of the drawing in functions_dataviz, title of the tab
TABS = (
    ("waveform", "Waveform"), ("mel_spectrogram", "Mel"), ("chromagram", "Chroma"), ("tempogram", "Tempo"),
    ("power_spectrogram", "Rolloff"),
)  # fmt: skip


def headline(answer: dict[str, Any]) -> str:
    """Return the verdict in a few words."""
    genre = clean_title(answer.get("genre"), limit=40)
    if answer["verdict"] == "genre":
        return genre
    return HEADLINES.get(answer["verdict"], answer["verdict"]).format(genre=genre)


def meaning(answer: dict[str, Any]) -> str:
    """Return what the confidence means, or why there is none."""
    confidence, reason = answer.get("confidence"), clean_text(answer.get("reason") or "")
    reason = reason[:1].upper() + reason[1:]
    if answer["verdict"] == "genre" and confidence is not None:
        promise = "of 100 answers given with this number for songs like the training clips, about"
        return f"{confidence:.0%} sure: {promise} {confidence * 100:.0f} are right."
    if answer["verdict"] == "uncertain" and confidence is not None:
        return f"Only {confidence:.0%} sure. {reason}."
    return f"{reason}." if reason and not reason.endswith(".") else reason


def short_answer(answer: dict[str, Any]) -> str:
    """Return the answer for one cell of a list."""
    if answer["verdict"] == "genre":
        return f"{answer['genre']} {answer['confidence']:.0%}"
    if answer["verdict"] == "uncertain":
        return f"{answer['genre']}? {answer['confidence']:.0%}"
    return headline(answer).lower()


def as_text(entry: Entry) -> str:
    """Return an answer as lines to be pasted elsewhere."""
    answer = entry.record["answer"]
    lines = [entry.title, f"{headline(answer)}. {meaning(answer)}"]
    chances = sorted((answer.get("probabilities") or {}).items(), key=lambda pair: -pair[1])
    if chances:
        lines.append(", ".join(f"{genre} {chance:.0%}" for genre, chance in chances))
    lines.append(clean_text(answer["input"]))
    return "\n".join(lines)


class Picture(tk.Canvas):
    """A picture drawn by the engine at the size it has here; with a time axis it can be clicked and has a cursor.

    Parameters
    ----------
    parent : widget
    look : Look
    name : str
        The drawing's name in `functions_dataviz`.
    draw : callable
        Called with this picture when it needs to be drawn anew.
    seek : callable
        Called with the second of the song that was clicked.
    """

    def __init__(
        self, parent: Any, look: Look, name: str, draw: "Callable[[Picture], None]", seek: Callable[[float], None]
    ) -> None:
        super().__init__(parent, width=200, height=120, takefocus=1, borderwidth=0)
        self.name, self.token = name, 0
        self.entry: Entry | None = None
        self.spans: list[list[float]] = []
        self._look, self._draw, self._seek = look, draw, seek
        self._image: tk.PhotoImage | None = None
        self._later: str | None = None
        self._box = [0.0, 0.0, 0.0, 0.0]
        self._drawn: tuple[Any, ...] | None = None
        self.second: float | None = None
        self._arrived = 0
        self.paint()
        self.bind("<Configure>", lambda _: self.refresh())
        self.bind("<Map>", lambda _: self.refresh())
        self.bind("<Button-1>", self._click)
        for key, step in (("<Left>", -SKIP_S), ("<Right>", SKIP_S)):
            self.bind(key, self._skipper(step))
        self.bind("<Return>", lambda _: self._skip(0.0))

    def paint(self) -> None:
        """Use the theme's colours."""
        colours = self._look.colours
        self.configure(background=colours.background, highlightthickness=2, highlightcolor=colours.accent,
                       highlightbackground=colours.background)  # fmt: skip

    def show(self, entry: Entry | None) -> None:
        """Show another answer's picture; None empties it."""
        self.entry = entry
        self.second = None
        self.spans = []
        self.delete("all")
        self._image = None
        self._drawn = None
        if entry is not None:
            self.refresh(at_once=True)

    def refresh(self, *, at_once: bool = False) -> None:
        """Ask for a drawing in the present size and theme, if it is seen and not drawn so already."""
        if self._later:
            self.after_cancel(self._later)
            self._later = None
        if self.entry is None or not self.winfo_viewable() or self.winfo_width() < 50:
            return
        wanted = (self.entry.key, self.winfo_width(), self.winfo_height(), self._look.theme, self._look.scale)
        if wanted == self._drawn:
            return
        if at_once or self._drawn is None:
            self._drawn = wanted
            self.token += 1
            if self._image is None:
                self._note("drawing …")
            self._draw(self)
        else:
            self._later = self.after(REDRAW_MS, lambda: self.refresh(at_once=True))

    def forget(self) -> None:
        """Draw again at the next chance: what was shown has changed."""
        self._drawn = None
        self.refresh(at_once=True)

    def put(self, token: int, blob: bytes, spans: list[list[float]], box: list[float]) -> None:
        """Show a drawing that has arrived."""
        if token != self.token:
            return
        edge = 2.0
        self._arrived = token
        self._image = tk.PhotoImage(master=self, data=blob, format="PPM")
        self.delete("all")
        self.create_image(edge, edge, image=self._image, anchor="nw")
        self.spans = [[a + edge, b + edge, start, end] for a, b, start, end in spans]
        self._box = [value + edge for value in box]
        self.configure(cursor="hand2" if spans else "")
        self.cursor(self.second)

    @property
    def is_drawn(self) -> bool:
        """Whether what is seen is drawn in the present size and theme."""
        wanted = (self.winfo_width(), self.winfo_height(), self._look.theme, self._look.scale)
        return self._arrived == self.token and self._drawn is not None and self._drawn[1:] == wanted

    def cursor(self, second: float | None) -> None:
        """Show which second is heard; None takes the line away."""
        self.second = second
        self.delete("cursor")
        x = None if second is None else self._x_of(second)
        if x is not None:
            for width, colour in ((3, self._look.colours.background), (1, self._look.colours.text)):
                self.create_line(x, self._box[1], x, self._box[3], width=width, fill=colour, tags="cursor")

    def _note(self, text: str) -> None:
        """Show a word while there is no picture."""
        self.create_text(self.winfo_width() // 2, self.winfo_height() // 2, text=text,
                         fill=self._look.colours.muted, font=self._look.fonts["body"])  # fmt: skip

    def _x_of(self, second: float) -> float | None:
        """Return where a second lies."""
        for left, right, start, end in self.spans:
            if second <= end:
                return left + (right - left) * max(second - start, 0.0) / max(end - start, 1e-9)
        return self.spans[-1][1] if self.spans else None

    def _click(self, event: "tk.Event[Any]") -> None:
        """Hear the second under the pointer."""
        self.focus_set()
        for left, right, start, end in self.spans:
            if event.x <= right:
                share = min(max((event.x - left) / max(right - left, 1e-9), 0.0), 1.0)
                self._seek(start + share * (end - start))
                return
        if self.spans:
            self._seek(self.spans[-1][3])

    def _skipper(self, by: float) -> Callable[[Any], None]:
        """Return what a key does."""
        return lambda _: self._skip(by)

    def _skip(self, by: float) -> None:
        """Hear a part before or after the present one."""
        if self.spans:
            start = self.second if self.second is not None else self.spans[0][2]
            self._seek(min(max(start + by, self.spans[0][2]), self.spans[-1][3]))


class AnswerView(ttk.Frame):
    """The page of one answer.

    Parameters
    ----------
    parent : widget
    look : Look
    actions : dict
        Callables by name: draw(picture), seek(second), listen(), copy(), export(form), similar(), wrong(),
        volume(value).
    volume : float
        0 to 1.
    """

    def __init__(self, parent: Any, look: Look, actions: dict[str, Callable[..., None]], *, volume: float) -> None:
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
        self.listen = ttk.Button(bar, text="Listen", underline=0, command=self._do["listen"])
        self.volume = ttk.Scale(bar, from_=0.0, to=1.0, value=volume, length=self.look.px(70),
                                command=lambda value: self._do["volume"](float(value)))  # fmt: skip
        self.copy = ttk.Button(bar, text="Copy", underline=0, command=self._do["copy"])
        self.export = ttk.Menubutton(bar, text="Export   ", underline=1)
        menu = tk.Menu(self.export, tearoff=False)
        for form, text in (("png", "Picture (PNG)…"), ("json", "JSON…"), ("csv", "Table (CSV)…")):
            menu.add_command(label=text, command=partial(self._do["export"], form))
        self.export.configure(menu=menu)
        self.export_menu = menu
        self.again = ttk.Button(bar, text="Try again", command=self._do["again"])
        self.wrong = ttk.Button(bar, text="That’s wrong…", underline=0, command=self._do["wrong"])
        self.similar = ttk.Button(bar, text="Similar…", command=self._do["similar"])
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
        picture = Picture(parent, self.look, name, self._do["draw"], self._do["seek"])
        self.pictures[name] = picture
        return picture

    def show(self, entry: Entry, *, corrected: str | None) -> None:
        """Show an answer."""
        self.entry = entry
        answer = entry.record["answer"]
        self.title.show(entry.title)
        self.verdict.show(headline(answer))
        self.meaning.show(meaning(answer))
        self.tell(f"You said: {corrected}" if corrected else "")
        self._draw_badge()
        self._write_why()
        has_sound = bool(answer.get("analysed"))
        for index, (name, _) in enumerate(TABS):
            self.tabs.tab(index + 2, state="normal" if has_sound else "disabled")
            self.pictures[name].show(entry if has_sound else None)
        for name in ("prediction_bars", "genre_timeline"):
            self.pictures[name].show(entry)
        failed = answer["verdict"] == "error"
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
        verdict = self.entry.record["answer"]["verdict"]
        colour = self.entry.record.get("colour") or colours.muted
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
        answer = entry.record["answer"]
        reasons = entry.record.get("why") or []
        best = max(answer["probabilities"], key=answer["probabilities"].get) if answer.get("probabilities") else ""
        text.configure(state="normal")
        text.delete("1.0", "end")
        if not reasons:
            text.insert("end", f"Nothing was measured. {meaning(answer)}")
        for side, title, sign in (("heard", "What was measured", "•"), ("for", f"Speaks for {best}", "+"),
                                  ("against", f"Speaks against {best}", "−")):  # fmt: skip
            lines = [reason["text"] for reason in reasons if reason["side"] == side]
            if lines:
                text.insert("end", title + "\n", side)
                text.insert("end", "".join(f"{sign}  {clean_text(line)}\n" for line in lines) + "\n", "line")
        if any(reason["side"] != "heard" for reason in reasons):
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

"""The bar that plays a song: where it is, how long it is, how loud; or the one line that says what is missing."""

import tkinter as tk
from collections.abc import Callable
from tkinter import ttk
from typing import Any

from musicgenre.engine.history import Entry
from musicgenre.text import clock
from musicgenre.window.icons import icon
from musicgenre.window.look import Look, change
from musicgenre.window.text_fit import FitLabel
from musicgenre.window.tooltip import Tooltip

SYMBOL = 16  # pixels of the signs, at 100 %


class PlayerBar(ttk.Frame):
    """Play or stop, position, time and volume of the song that is shown.

    Parameters
    ----------
    parent : widget
    look : Look
    toggle : callable
        Called without anything.
    seek : callable
        Called with a second of the song.
    set_volume : callable
        Called with 0 to 1.
    volume : float
        To begin with.
    """

    def __init__(
        self, parent: Any, look: Look, *, toggle: Callable[[], None], seek: Callable[[float], None],
        set_volume: Callable[[float], None], volume: float,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._look, self._seek = look, seek
        self._entry: Entry | None = None
        self._second: float | None = None
        self._held = False
        self._problem = ""
        self._images: dict[str, tk.PhotoImage] = {}
        self.columnconfigure(2, weight=1)
        self.listen = ttk.Button(self, text="Listen", underline=0, compound="left", command=toggle)
        self.time = ttk.Label(self, font=look.fonts["body"], width=13, anchor="center")
        self.position = ttk.Scale(self, from_=0.0, to=1.0)
        self._speaker = tk.Label(self, borderwidth=0)
        self.volume = ttk.Scale(self, from_=0.0, to=1.0, value=volume, length=look.px(70),
                                command=lambda value: set_volume(float(value)))  # fmt: skip
        self.missing = FitLabel(self, use=look.fonts["small"], lines=3, style="Small.TLabel", sentence=True)
        self._controls = (self.listen, self.time, self.position, self._speaker, self.volume)
        for column, widget in enumerate(self._controls):
            widget.grid(row=0, column=column, sticky="ew", padx=(0 if column == 0 else look.px(6), 0))
        self.missing.grid(row=0, column=0, columnspan=5, sticky="ew")
        self.missing.grid_remove()
        self.position.bind("<ButtonPress-1>", self._hold)
        self.position.bind("<ButtonRelease-1>", self._release)
        for key in ("<Left>", "<Right>", "<Home>", "<End>"):
            self.position.bind(key, lambda _: self.after_idle(self._jump), add=True)
        Tooltip(self.listen, look, "Play the parts that were listened to, or stop (space bar).")
        Tooltip(self.position, look, "Where the song is; click or drag to hear another place.")
        Tooltip(self.volume, look, "Volume")
        look.listen(self.paint)
        self.paint()

    def show(self, entry: Entry) -> None:
        """Show a song that is not playing."""
        self._entry = entry
        sound = bool(entry.prediction.analysed)
        state = "!disabled" if sound and not self._problem else "disabled"
        for widget in (self.listen, self.position):
            widget.state([state])
        self._show_length(sound)
        self.playing(None)

    def _show_length(self, sound: bool) -> None:
        """Let the position go as far as the song."""
        self.position.configure(to=max(self._length(), 0.1) if sound else 0.1)

    def _length(self) -> float:
        """Return the length of the song in seconds."""
        prediction = self._entry.prediction if self._entry else None
        if prediction is None or not prediction.analysed:
            return 0.0
        return prediction.duration_s or prediction.analysed[-1].end_s

    def tell_problem(self, problem: str | None) -> None:
        """Show why nothing can be heard in place of the controls; None shows them."""
        self._problem = problem or ""
        for widget in self._controls:
            widget.grid_remove() if problem else widget.grid()
        self.missing.show(self._problem[:1].upper() + self._problem[1:])
        self.missing.grid() if problem else self.missing.grid_remove()

    def playing(self, second: float | None) -> None:
        """Show which second is heard; None that nothing is."""
        self._second = second
        change(self.listen, text="Listen" if second is None else "Stop", underline=0 if second is None else -1,
               image=self._images["play" if second is None else "stop"])  # fmt: skip
        if not self._held:
            change(self.position, value=second or 0.0)
        length = self._length()
        change(self.time, text=f"{clock(second or 0.0)} / {clock(length)}" if length else "")

    def _hold(self, event: "tk.Event[Any]") -> str:
        """Take the position along with the pointer, from where it was pressed."""
        self._held = True
        if "disabled" not in self.position.state():
            self.position.focus_set()
            share = event.x / max(self.position.winfo_width(), 1)
            self.position.configure(value=share * float(self.position.cget("to")))
        return ""

    def _release(self, _: "tk.Event[Any]") -> None:
        """Play from where the pointer was released."""
        self._held = False
        self.after_idle(self._jump)

    def _jump(self) -> None:
        """Play from the position."""
        if "disabled" not in self.position.state():
            self._seek(float(self.position.get()))

    def paint(self) -> None:
        """Use the theme's colours and the scaling."""
        size, colours = self._look.px(SYMBOL), self._look.colours
        for name in ("play", "stop"):
            self._images[name] = icon(self, size, (name, colours.text))
        self._images["speaker"] = icon(self, size, ("speaker", colours.muted))
        self._speaker.configure(image=self._images["speaker"], background=colours.background)
        self.playing(self._second)

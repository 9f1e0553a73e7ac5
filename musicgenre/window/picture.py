"""Pictures that the engine draws: at the size they have on the screen, with a cursor where they have a time axis."""

import tkinter as tk
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from musicgenre.engine.history import Entry, History
from musicgenre.engine.message_parts import Box, SongReference, TimeSpan
from musicgenre.engine.messages import Draw, PictureDrawn
from musicgenre.engine.worker import Worker
from musicgenre.window.look import Look

REDRAW_MS = 120  # after the last change of size
SKIP_S = 5.0  # of the arrow keys on a picture
EDGE = 2  # pixels around a picture that show whether it has the keyboard


class Picture(tk.Canvas):
    """A picture drawn by the engine at the size it has here; with a time axis it can be clicked and has a cursor.

    Parameters
    ----------
    parent : widget
    look : Look
    name : str
        The drawing's name in the plots.
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
        self.spans: tuple[TimeSpan, ...] = ()
        self._look, self._draw, self._seek = look, draw, seek
        self._image: tk.PhotoImage | None = None
        self._later: str | None = None
        self._box = Box(0.0, 0.0, 0.0, 0.0)
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
        self.configure(background=colours.background, highlightthickness=EDGE, highlightcolor=colours.accent,
                       highlightbackground=colours.background)  # fmt: skip

    def show(self, entry: Entry | None) -> None:
        """Show another answer's picture; None empties it."""
        self.entry = entry
        self.second = None
        self.spans = ()
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
        if self.find_withtag("note"):
            self.coords("note", self.winfo_width() // 2, self.winfo_height() // 2)
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

    def put(self, drawn: PictureDrawn) -> None:
        """Show a drawing that has arrived."""
        if drawn.token != self.token:
            return
        edge, box = float(EDGE), drawn.box
        self._arrived = drawn.token
        self._image = tk.PhotoImage(master=self, data=drawn.image, format="PPM")
        self.delete("all")
        self.create_image(edge, edge, image=self._image, anchor="nw")
        self.spans = tuple(replace(span, left=span.left + edge, right=span.right + edge) for span in drawn.spans)
        self._box = Box(box.left + edge, box.top + edge, box.right + edge, box.bottom + edge)
        self.configure(cursor="hand2" if self.spans else "")
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
                self.create_line(x, self._box.top, x, self._box.bottom, width=width, fill=colour, tags="cursor")

    def _note(self, text: str) -> None:
        """Show a word while there is no picture."""
        self.create_text(self.winfo_width() // 2, self.winfo_height() // 2, text=text, tags="note",
                         fill=self._look.colours.muted, font=self._look.fonts["body"])  # fmt: skip

    def _x_of(self, second: float) -> float | None:
        """Return where a second lies."""
        for span in self.spans:
            if second <= span.end_s:
                share = max(second - span.start_s, 0.0) / max(span.end_s - span.start_s, 1e-9)
                return span.left + (span.right - span.left) * share
        return self.spans[-1].right if self.spans else None

    def _click(self, event: "tk.Event[Any]") -> None:
        """Hear the second under the pointer."""
        self.focus_set()
        for span in self.spans:
            if event.x <= span.right:
                share = min(max((event.x - span.left) / max(span.right - span.left, 1e-9), 0.0), 1.0)
                self._seek(span.start_s + share * (span.end_s - span.start_s))
                return
        if self.spans:
            self._seek(self.spans[-1].end_s)

    def _skipper(self, by: float) -> Callable[[Any], None]:
        """Return what a key does."""
        return lambda _: self._skip(by)

    def _skip(self, by: float) -> None:
        """Hear a part before or after the present one."""
        if self.spans:
            start = self.second if self.second is not None else self.spans[0].start_s
            self._seek(min(max(start + by, self.spans[0].start_s), self.spans[-1].end_s))


def reference(history: History, entry: Entry) -> SongReference:
    """Return what the engine needs to find an answer's sound and pictures."""
    store = history.picture_path(entry.key)
    return SongReference(entry.key, entry.prediction, str(store) if store else None)


class Pictures:
    """Asks the engine for pictures and hands them out as they come.

    Parameters
    ----------
    worker : Worker
    history : History
    look : Look
    """

    def __init__(self, worker: Worker, history: History, look: Look) -> None:
        self._worker, self._history, self._look = worker, history, look
        self._asked: dict[str, Picture] = {}
        self.handlers: Mapping[type, Callable[[Any], None]] = {PictureDrawn: self._drawn}

    def draw(self, picture: Picture) -> None:
        """Ask the engine for a picture."""
        if picture.entry is None:
            return
        slot = str(picture)
        self._asked[slot] = picture
        size = picture.winfo_width() - 2 * EDGE, picture.winfo_height() - 2 * EDGE
        song = reference(self._history, picture.entry)
        self._worker.ask(Draw(slot, picture.token, picture.name, *size, self._look.scale, self._look.theme, song))

    def _drawn(self, event: PictureDrawn) -> None:
        """Show a picture that has arrived, if it is still there."""
        picture = self._asked.get(event.slot)
        if picture and not picture.winfo_exists():
            del self._asked[event.slot]
        elif picture:
            picture.put(event)

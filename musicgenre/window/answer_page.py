"""The page of one answer: the song, the verdict, what can be done with it, the player, and what lies below."""

import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from tkinter import ttk
from typing import Any

from musicgenre.engine.history import Entry
from musicgenre.engine.messages import DetailsRead
from musicgenre.window.answer_tabs import SOUND, GenresTab, Plate, Plates, RefusalBody, SoundTab, WhyTab
from musicgenre.window.flow import Flow, Scrolled
from musicgenre.window.look import Look
from musicgenre.window.picture import Picture
from musicgenre.window.player_bar import PlayerBar
from musicgenre.window.song_header import SongHeader
from musicgenre.window.text_fit import FitLabel
from musicgenre.window.tooltip import Tooltip
from musicgenre.window.verdict_panel import VerdictPanel
from musicgenre.window.wording import REFUSED

TABS = 2 + len(SOUND)  # what Ctrl and a number shows: genres, reasons, each picture of the sound
LOW = 340  # height at 100 % below which the cover makes room for the pictures
HEARD = Plate("heard", "", "What was heard: loud and quiet places. Click one to hear it.", 110, "waveform")


@dataclass(frozen=True)
class AnswerActions:
    """What the page's buttons and pictures do.

    Parameters
    ----------
    draw, seek, set_volume, export, say_right : callable
        Called with the picture to draw, the second of the song, the volume (0 to 1), "png", "json" or "csv", and the
        genre that is right.
    listen, copy, again, correct, take_back, similar, open_song, show_folder : callable
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
    say_right: Callable[[str], None]
    take_back: Callable[[], None]
    similar: Callable[[], None]
    open_song: Callable[[], None]
    show_folder: Callable[[], None]


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
        self.columnconfigure(0, weight=1)
        self.rowconfigure(0, weight=1)
        self._page = Scrolled(self, look)
        self._page.grid(row=0, column=0, sticky="nsew")
        inner = self._page.inner
        px = look.px
        self.header = SongHeader(inner, look)
        self.panel = VerdictPanel(inner, look, say_right=actions.say_right, take_back=actions.take_back)
        self._bar = Flow(inner, look)
        self._build_buttons()
        self.note = FitLabel(inner, use=look.fonts["small"], sentence=True)
        self.player = PlayerBar(inner, look, toggle=actions.listen, seek=actions.seek,
                                set_volume=actions.set_volume, volume=volume)  # fmt: skip
        self._plates = Plates(look, draw=actions.draw, seek=actions.seek)
        self.pictures = self._plates.pictures
        self.tabs = ttk.Notebook(inner)
        self.refusal = RefusalBody(inner, look)
        self._build_tabs()
        inner.columnconfigure(0, weight=1)
        inner.rowconfigure(5, weight=1)
        rows = (self.header, self.panel, self._bar, self.note, self.player, self.tabs)
        for row, widget in enumerate(rows):
            widget.grid(row=row, column=0, sticky="nsew", pady=(0, px(6 if row != 3 else 0)))
        self.refusal.grid(row=5, column=0, sticky="nsew")
        look.keep_spaces(inner)
        self.refusal.grid_remove()
        self.note.grid_remove()
        self.bind("<Configure>", lambda event: self.header.fold(event.height < px(LOW)))
        look.listen(self._paint)
        self._paint()

    def _build_buttons(self) -> None:
        """Make the row of buttons."""
        bar, do, look = self._bar, self._do, self.look
        self.again = ttk.Button(bar, text="Try again", command=do.again)
        self.copy = ttk.Button(bar, text="Copy", underline=0, command=do.copy)
        self.export = ttk.Menubutton(bar, text="Export   ", underline=1)
        self.export_menu = self._menu(self.export, *(
            (text, partial(do.export, form)) for form, text in
            (("png", "Picture (PNG)…"), ("json", "JSON…"), ("csv", "Table (CSV)…"))
        ))  # fmt: skip
        self.similar = ttk.Button(bar, text="Similar songs…", command=do.similar)
        self.wrong = ttk.Button(bar, text="That’s wrong…", underline=0, command=do.correct)
        self.song = ttk.Menubutton(bar, text="File   ")
        self._song_menu = self._menu(self.song, ("Open", do.open_song), ("Show in folder", do.show_folder))
        for widget, words in (
            (self.copy, "Copy the answer as text."), (self.export, "Save the answer as a picture, JSON or a table."),
            (self.similar, "Songs of yours that sound most like this one."),
            (self.song, "Play it in another program, or show where it lies."),
            (self.wrong, "Say which genre is right. It is kept on this computer and can train a model."),
            (self.again, "Classify it once more, with the model that is chosen now."),
        ):  # fmt: skip
            Tooltip(widget, look, words)

    def _menu(self, button: ttk.Menubutton, *items: tuple[str, Callable[[], None]]) -> tk.Menu:
        """Give a button a menu."""
        menu = tk.Menu(button, tearoff=False)
        for text, do in items:
            menu.add_command(label=text, command=do)
        button.configure(menu=menu)
        return menu

    def _build_tabs(self) -> None:
        """Make the pictures and the reasons."""
        self.genres = GenresTab(self.tabs, self.look, self._plates)
        self.why = WhyTab(self.tabs, self.look)
        self.sound = SoundTab(self.tabs, self.look, self._plates)
        for tab, text in ((self.genres, "Genres"), (self.why, "Why"), (self.sound, "Sound")):
            self.tabs.add(tab, text=text)
        self.tabs.enable_traversal()
        self._heard = self._plates.make(self.refusal, HEARD)
        self._heard.grid(row=2, column=0, sticky="nsew")

    def show(self, entry: Entry, *, corrected: str | None) -> None:
        """Show an answer."""
        if self.entry is None or self.entry.key != entry.key:
            self._page.to_top()
        self.entry = entry
        prediction = entry.prediction
        refused, sound = prediction.verdict in REFUSED, bool(prediction.analysed)
        self.header.show(entry)
        self.panel.show(entry, corrected=corrected)
        self.tell("")
        self._show_buttons(prediction.verdict)
        self.player.show(entry)
        self.player.grid() if sound else self.player.grid_remove()
        if refused:
            self.refusal.show(entry)
            self._heard.grid() if sound else self._heard.grid_remove()
        else:
            self.why.show(entry)
        self.refusal.grid() if refused else self.refusal.grid_remove()
        self.tabs.grid_remove() if refused else self.tabs.grid()
        for name, picture in self.pictures.items():
            needed = sound and (name == HEARD.name) == refused
            picture.show(entry if needed or (not refused and name in ("prediction_bars", "genre_timeline")) else None)

    def _show_buttons(self, verdict: str) -> None:
        """Show the buttons that suit the answer."""
        link = self.entry is not None and self.entry.prediction.input.startswith("https://")
        self.song.configure(text="Video   " if link else "File   ")
        self._song_menu.entryconfigure(0, label="Open in the browser" if link else "Open")
        self._song_menu.entryconfigure(1, state="disabled" if link else "normal")
        similar = () if verdict in REFUSED else (self.similar,)
        usual = (*similar, self.copy, self.export, self.song, self.wrong)
        self._bar.show(*((self.again, self.copy) if verdict == "error" else usual))

    def tell_details(self, details: DetailsRead) -> None:
        """Show artist, album and cover."""
        self.header.tell(details)

    def show_tab(self, number: int) -> None:
        """Show the genres (0), the reasons (1) or a picture of the sound (2 and up)."""
        if self.tabs.winfo_viewable():
            self.tabs.select(min(number, 2))
            if number >= 2:
                self.sound.choose(SOUND[number - 2].name)

    def tell(self, text: str) -> None:
        """Show a remark below the buttons."""
        self.note.show(text)
        self.note.grid() if text else self.note.grid_remove()

    def playing(self, second: float | None) -> None:
        """Move the cursor of every picture; None means that nothing is heard."""
        self.player.playing(second)
        for picture in self.pictures.values():
            if picture.winfo_viewable() or second is None:
                picture.cursor(second)

    def _paint(self) -> None:
        """Use the theme and the scaling."""
        self.look.paint_menus(self)
        self.note.configure(foreground=self.look.colours.muted)
        for picture in self.pictures.values():
            picture.paint()
            picture.refresh(at_once=True)

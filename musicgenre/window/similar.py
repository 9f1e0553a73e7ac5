"""The nearest songs to the song of an answer, of the user's history or of a library: the dialog, and what it asks."""

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tkinter import ttk
from typing import Any, Literal

from musicgenre.engine.history import Entry
from musicgenre.engine.message_parts import SimilarSong
from musicgenre.engine.messages import Cancel, FindSimilar, FindSimilarAnswers, SimilarFailed, SimilarFound
from musicgenre.files import is_file
from musicgenre.genres import display_name
from musicgenre.inference.prediction import Prediction
from musicgenre.text import clean_title, counted
from musicgenre.window.auto_scroll import AutoScrollbar
from musicgenre.window.context import Context
from musicgenre.window.dialogs import Dialog
from musicgenre.window.list_wording import genre_cell
from musicgenre.window.listening import Listening
from musicgenre.window.look import Look
from musicgenre.window.text_fit import FitLabel, cell
from musicgenre.window.tooltip import Tooltip

SHOWN = 20
HISTORY, OTHER = "Your history", "Library file…"
EMPTY = "There is no other song in your history to compare with yet. “Add my music folder…” listens to all your songs."


def alike(distance: float) -> str:
    """Return how alike two songs are: 100 % for the same sound, 0 % for songs that have nothing in common."""
    return f"{max(min(1.0 - distance, 1.0), 0.0):.0%}"


@dataclass(frozen=True)
class SimilarActions:
    """What the dialog lets the user do.

    Parameters
    ----------
    ask : callable
        Called with "" for the history, or the path of a library.
    stop, choose, add_folder : callable
        Leave what was asked; let a library be chosen and return its path or ""; add a folder of music. Called without
        anything.
    genre : callable
        Called with a song; returns its genre in words.
    open, listen : callable
        Called with a song; `listen` returns why it cannot be heard, or "".
    """

    ask: Callable[[str], None]
    stop: Callable[[], None]
    choose: Callable[[], str]
    add_folder: Callable[[], None]
    genre: Callable[[SimilarSong], str]
    open: Callable[[SimilarSong], None]
    listen: Callable[[SimilarSong], str]


class SimilarDialog(Dialog):
    """The nearest songs, with how alike they are; a double click or Enter opens one of them.

    Parameters
    ----------
    root : tk.Tk
    look : Look
    entry : Entry
        The answer whose song is compared.
    actions : SimilarActions
    library : str
        The library that was used last.
    """

    def __init__(self, root: tk.Tk, look: Look, *, entry: Entry, actions: SimilarActions, library: str) -> None:
        super().__init__(root, look, title="Similar songs", size=(720, 480))
        self._do, self._library = actions, library
        self._songs: Sequence[SimilarSong] = ()
        self._bad = False
        self.title_label = FitLabel(self.body, use=look.fonts["title"], lines=2)
        self.title_label.pack(fill="x")
        self.title_label.show(f"Sounds like “{entry.title}”")
        line = ttk.Frame(self.body)
        line.pack(fill="x", pady=look.px(6))
        line.columnconfigure(0, weight=1)
        self.words = FitLabel(line, use=look.fonts["body"], lines=2)
        self.words.grid(row=0, column=0, sticky="ew")
        self.where = ttk.Combobox(line, state="readonly", width=18, font=look.fonts["body"])
        self.where.grid(row=0, column=1, padx=(look.px(8), 0))
        self.where.bind("<<ComboboxSelected>>", lambda _: self._where_chosen())
        self.open, self.listen, self.close, self.add = self.buttons(
            ("Open", self._open), ("Listen", self._listen), ("Close", self._end), ("Add my music folder…", self._add)
        )
        self.add.pack_configure(side="left", padx=0)
        Tooltip(self.add, look, "Classify a folder of music into your history; its songs are compared from then on.")
        self._build_list()
        self._offer(HISTORY)
        self.look_for("")
        self.present(self.where)

    def _build_list(self) -> None:
        """Make the list."""
        look = self.look
        place = ttk.Frame(self.body)
        place.pack(fill="both", expand=True)
        place.columnconfigure(0, weight=1)
        place.rowconfigure(0, weight=1)
        self.list = ttk.Treeview(place, columns=("song", "genre", "alike"), show="headings", selectmode="browse")
        for name, text, width in (("song", "Song", 420), ("genre", "Genre", 150), ("alike", "Alike", 80)):
            side: Literal["e", "w"] = "e" if name == "alike" else "w"
            self.list.heading(name, text=text, anchor=side)
            self.list.column(name, width=look.px(width), stretch=name == "song", anchor=side)
        bar = AutoScrollbar(place, command=self.list.yview)
        bar.grid(row=0, column=1, sticky="ns")
        self.list.configure(yscrollcommand=bar.set)
        self.list.grid(row=0, column=0, sticky="nsew")
        self.list.bind("<Return>", lambda _: self._open())
        self.list.bind("<Double-Button-1>", lambda event: self._open() if self.list.identify_row(event.y) else None)
        self.list.bind("<Configure>", lambda _: self.after_idle(self._write))
        for key in ("<Control-p>", "<Alt-l>"):
            self.bind(key, lambda _: self._listen())

    # ---- where to look

    def _offer(self, chosen: str) -> None:
        """Offer the history, the library that was used last, and others."""
        name = [Path(self._library).name] if self._library else []
        self.where.configure(values=[HISTORY, *name, OTHER])
        self.where.set(chosen)

    def _where_chosen(self) -> None:
        """Look in what was chosen."""
        chosen = self.where.get()
        self.where.selection_clear()
        if chosen == HISTORY:
            self.look_for("")
            return
        path = self._do.choose() if chosen == OTHER else self._library
        self.lift()
        if path:
            self._library = path
            self._offer(Path(path).name)
            self.look_for(path)
        else:
            self._offer(HISTORY)

    def look_for(self, library: str) -> None:
        """Ask for the songs of the history, or of a library."""
        self.fill(())
        self.say(f"Looking in {library} …" if library else "Looking …")
        self._do.ask(library)

    # ---- what is found

    def say(self, text: str, *, bad: bool = False) -> None:
        """Show a sentence above the list."""
        self._bad = bad
        self._paint()
        self.words.show(text[:1].upper() + text[1:])

    def _paint(self) -> None:
        """Follow a change of the theme."""
        super()._paint()
        if self.winfo_exists():
            self.words.configure(foreground=self.look.colours.bad if self._bad else self.look.colours.text)

    def fill(self, songs: Sequence[SimilarSong], compared: int = 0) -> None:
        """Show songs, the nearest of so many."""
        self._songs = songs
        self.list.delete(*self.list.get_children())
        for number in range(len(songs)):
            self.list.insert("", "end", iid=str(number))
        self._write()
        for button in (self.open, self.listen):
            button.state(["!disabled" if songs else "disabled"])
        if songs:
            of = f" of {counted(compared, 'song')}" if compared > len(songs) else ""
            self.say(f"The {len(songs)} nearest{of}; 100 % is the same sound")
            self.list.selection_set("0")
            self.list.focus("0")
            self.list.focus_set()

    def _write(self) -> None:
        """Write the rows, cut to the width."""
        if not self.winfo_exists():
            return
        widths = [self.list.column(name, "width") - self.look.px(14) for name in ("song", "genre")]
        for number, song in enumerate(self._songs):
            words = clean_title(song.title), self._do.genre(song)
            cells = (cell(self, *pair, self.look.fonts["body"].measure) for pair in zip(words, widths, strict=True))
            self.list.item(str(number), values=(*cells, alike(song.distance)))

    # ---- what is done

    def selected(self) -> SimilarSong | None:
        """Return the selected song."""
        chosen = self.list.selection()
        return self._songs[int(chosen[0])] if chosen else None

    def _open(self) -> None:
        """Open the selected song."""
        if song := self.selected():
            self._do.open(song)

    def _listen(self) -> None:
        """Listen to the selected song, or stop."""
        if song := self.selected():
            problem = self._do.listen(song)
            if problem:
                self.say(problem, bad=True)

    def playing(self, is_playing: bool) -> None:
        """Show whether something is heard."""
        self.listen.configure(text="Stop" if is_playing else "Listen")

    def _add(self) -> None:
        """Add a folder of music."""
        self._do.add_folder()

    def _end(self) -> None:
        """Close."""
        self.destroy()

    def destroy(self) -> None:
        """Close, and leave what was asked."""
        self._do.stop()
        super().destroy()


class Similar:
    """Asks the engine for similar songs.

    Parameters
    ----------
    context : Context
    listening : Listening
    current : callable
        Returns the answer that is shown, or None.
    show : callable
        Shows the answer with a key.
    classify, add_folder : callable
        Called with a path; called without anything, returns whether a folder was chosen.
    """

    def __init__(
        self, context: Context, listening: Listening, *, current: Callable[[], Entry | None],
        show: Callable[[str], None], classify: Callable[[str], None], add_folder: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._context, self._listening, self._current = context, listening, current
        self._show, self._classify, self._add_folder = show, classify, add_folder
        self._dialog: SimilarDialog | None = None
        self._entry: Entry | None = None
        self._job = 0  # what was asked last, 0 if nothing is
        self.handlers: Mapping[type, Callable[[Any], None]] = {
            SimilarFound: self._found, SimilarFailed: self._failed,
        }  # fmt: skip

    def show(self) -> None:
        """Show the songs that are nearest to the answer shown."""
        entry = self._current()
        if entry is None:
            return
        if self._dialog:
            self._dialog.destroy()
        context = self._context
        self._entry = entry
        library = context.settings.now.library
        self._dialog = SimilarDialog(
            context.root, context.look, entry=entry, library=library if Path(library or "/").is_file() else "",
            actions=SimilarActions(
                ask=self._ask, stop=self._stop, choose=self._choose_library, add_folder=self._add,
                genre=self._genre, open=self._open, listen=self._listen,
            ),
        )  # fmt: skip

    def _ask(self, library: str) -> None:
        """Ask the engine."""
        context, entry = self._context, self._entry
        if entry is None:
            return
        self._leave()
        self._job = context.worker.number()
        folder = context.history.folder
        if library:
            context.worker.ask(FindSimilar(self._job, entry.prediction.input, library, SHOWN))
        elif folder:
            place = str(folder / "history.sqlite")
            context.worker.ask(FindSimilarAnswers(self._job, entry.key, place, SHOWN))
        else:
            context.root.after_idle(self._no_history)

    def _no_history(self) -> None:
        """Say that nothing is kept."""
        if self._dialog:
            self._dialog.say("answers are not kept on this computer, so there is nothing to compare with", bad=True)

    def _leave(self) -> None:
        """Let the engine leave what was asked last."""
        if self._job:
            self._context.worker.ask(Cancel(self._job))
        self._job = 0

    def _stop(self) -> None:
        """Leave what was asked; the dialog is closed."""
        self._leave()
        if self._listening.playing and self._listening.playing.startswith("similar:"):
            self._listening.stop()
        self._dialog = None

    def _choose_library(self) -> str:
        """Let the user choose a library."""
        kinds = (("Library", "*.sqlite *.db"), ("All files", "*"))
        path = self._context.files.file("The library, made with 03_launch_classifier.py library", kinds=kinds)
        if path:
            self._context.settings.change(library=path)
        return path

    def _add(self) -> None:
        """Listen to a folder of music: its songs are compared from then on."""
        dialog = self._dialog
        if self._add_folder() and dialog:
            dialog.destroy()

    def _genre(self, song: SimilarSong) -> str:
        """Return the genre of a song in the words of the history, or of its library."""
        entry = self._context.history.get(song.key) if song.key else None
        if entry:
            return genre_cell(entry.prediction, self._context.history.correction(entry.key))
        return clean_title(display_name(song.genre))

    def _open(self, song: SimilarSong) -> None:
        """Show the song's answer, or classify it where it has none here."""
        dialog = self._dialog
        if song.key and self._context.history.get(song.key):
            if dialog:
                dialog.destroy()
            self._show(song.key)
        else:
            self._classify(song.input)

    def _listen(self, song: SimilarSong) -> str:
        """Listen to a song, or stop; return why it cannot be heard."""
        if self._listening.problem:
            return self._listening.problem
        key = f"similar:{song.key or song.input}"
        if self._listening.playing == key:
            self._listening.stop()
            return ""
        entry = self._context.history.get(song.key) if song.key else None
        prediction = entry.prediction if entry else Prediction(song.input, song.title, None, "genre")
        if not is_file(prediction.input):
            return "Only songs that are files on this computer can be heard here; “Open” shows the others"
        second = prediction.analysed[0].start_s if prediction.analysed else 0.0
        dialog = self._dialog
        self._listening.play_beside(key, prediction, second,
                                    lambda is_playing: self._playing(dialog, is_playing))  # fmt: skip
        return ""

    def _playing(self, dialog: SimilarDialog | None, is_playing: bool) -> None:
        """Show in the dialog whether something is heard."""
        if dialog and dialog is self._dialog and dialog.winfo_exists():
            dialog.playing(is_playing)

    def _found(self, event: SimilarFound) -> None:
        """Show the songs."""
        if self._dialog and event.job == self._job:
            self._dialog.fill(event.songs, event.compared)
            if not event.songs:
                in_history = self._dialog.where.get() == HISTORY
                self._dialog.say(EMPTY if in_history else "The library holds no song to compare with")

    def _failed(self, event: SimilarFailed) -> None:
        """Say why there are none."""
        if self._dialog and event.job == self._job:
            self._dialog.say(event.message, bad=True)

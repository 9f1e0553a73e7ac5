"""The nearest songs of a library to the song of an answer: the dialog, and what it asks of the engine."""

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tkinter import ttk
from typing import Any, Literal

from musicgenre.engine.history import Entry
from musicgenre.engine.messages import Cancel, FindSimilar, SimilarFailed, SimilarFound, SimilarSong
from musicgenre.text import clean_title
from musicgenre.window.context import Context
from musicgenre.window.dialogs import Dialog
from musicgenre.window.look import Look
from musicgenre.window.text_fit import FitLabel, cell

SHOWN = 20
NO_LIBRARY = (
    "A library is a file with the answers of all your songs. This makes one:  "
    "python 03_launch_classifier.py FOLDER --library songs.sqlite"
)


class SimilarDialog(Dialog):
    """The nearest songs, with their distance; a double click or Enter classifies one of them.

    Parameters
    ----------
    root : tk.Tk
    look : Look
    entry : Entry
        The answer whose song is compared.
    ask, stop : callable
        Ask for the songs (called without anything), and leave the asking.
    choose : callable
        Let the user choose another library; return whether one was chosen.
    classify : callable
        Called with a path.
    """

    def __init__(
        self, root: tk.Tk, look: Look, *, entry: Entry, ask: Callable[[], None], stop: Callable[[], None],
        choose: Callable[[], bool], classify: Callable[[str], None],
    ) -> None:  # fmt: skip
        super().__init__(root, look, title="Similar songs", size=(720, 480))
        self._ask, self._stop, self._choose_file, self._classify = ask, stop, choose, classify
        self._songs: Sequence[SimilarSong] = ()
        self._bad = False
        title = FitLabel(self.body, use=look.fonts["title"], lines=2)
        title.pack(fill="x")
        title.show(f"Similar to “{entry.title}”")
        self.words = FitLabel(self.body, use=look.fonts["body"], lines=3)
        self.words.pack(fill="x", pady=look.px(6))
        self.open, self.choose, self.close = self.buttons(
            ("Classify this", self._open), ("Choose library…", self._choose), ("Close", self.destroy)
        )
        self.list = ttk.Treeview(self.body, columns=("song", "genre", "distance"), show="headings", selectmode="browse")
        for name, width in (("song", 420), ("genre", 120), ("distance", 90)):
            side: Literal["e", "w"] = "e" if name == "distance" else "w"
            self.list.heading(name, text=name.capitalize(), anchor=side)
            self.list.column(name, width=look.px(width), stretch=name == "song", anchor=side)
        bar = ttk.Scrollbar(self.body, command=self.list.yview)
        bar.pack(side="right", fill="y")
        self.list.configure(yscrollcommand=bar.set)
        self.list.pack(fill="both", expand=True)
        self.list.bind("<Return>", lambda _: self._open())
        self.list.bind("<Double-Button-1>", lambda event: self._open() if self.list.identify_row(event.y) else None)
        self.list.bind("<Configure>", lambda _: self.after_idle(self._write))
        self.present(self.choose)

    def look_for(self, library: str) -> None:
        """Ask for the songs of a library, or say how one is made."""
        self.fill(())
        if library:
            self.say(f"Looking in {library} …")
            self._ask()
        else:
            self.say(NO_LIBRARY)

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

    def fill(self, songs: Sequence[SimilarSong]) -> None:
        """Show songs."""
        self._songs = songs
        self.list.delete(*self.list.get_children())
        for number in range(len(songs)):
            self.list.insert("", "end", iid=str(number))
        self._write()
        self.open.state(["!disabled" if songs else "disabled"])
        if songs:
            self.say(f"0 is the same sound, 1 has nothing to do with it. {len(songs)} nearest songs:")
            self.list.selection_set("0")
            self.list.focus("0")
            self.list.focus_set()

    def _write(self) -> None:
        """Write the rows, cut to the width."""
        width = self.list.column("song", "width") - self.look.px(14)
        for number, song in enumerate(self._songs):
            title = cell(self, clean_title(song.title), width, self.look.fonts["body"].measure)
            self.list.item(str(number), values=(title, clean_title(song.genre), f"{song.distance:.3f}"))

    def _open(self) -> None:
        """Classify the selected song."""
        chosen = self.list.selection()
        if chosen:
            self._classify(self._songs[int(chosen[0])].input)

    def _choose(self) -> None:
        """Use another library."""
        if self._choose_file():
            self.lift()

    def destroy(self) -> None:
        """Close, and leave what was asked."""
        self._stop()
        super().destroy()


class Similar:
    """Asks the engine for similar songs.

    Parameters
    ----------
    context : Context
    current : callable
        Returns the answer that is shown, or None.
    classify : callable
        Called with a path.
    """

    def __init__(
        self, context: Context, *, current: Callable[[], Entry | None], classify: Callable[[str], None]
    ) -> None:
        self._context, self._current, self._classify = context, current, classify
        self._dialog: SimilarDialog | None = None
        self._job = 0  # what was asked last, 0 if nothing is
        self.handlers: Mapping[type, Callable[[Any], None]] = {
            SimilarFound: self._found, SimilarFailed: self._failed,
        }  # fmt: skip

    def show(self) -> None:
        """Show the songs of the library that are nearest to the answer shown."""
        entry = self._current()
        if entry is None:
            return
        if self._dialog:
            self._dialog.destroy()
        context = self._context
        dialog = SimilarDialog(
            context.root, context.look, entry=entry, ask=lambda: self._ask(entry), stop=self._stop,
            choose=lambda: self._choose_library(dialog), classify=self._classify,
        )  # fmt: skip
        self._dialog = dialog
        library = context.settings.now.library
        dialog.look_for(library if library and Path(library).is_file() else "")

    def _ask(self, entry: Entry) -> None:
        """Ask the engine."""
        context = self._context
        self._job = context.worker.number()
        context.worker.ask(FindSimilar(self._job, entry.prediction.input, context.settings.now.library, SHOWN))

    def _stop(self) -> None:
        """Let the engine leave what was asked last."""
        if self._job:
            self._context.worker.ask(Cancel(self._job))
        self._job, self._dialog = 0, None

    def _choose_library(self, dialog: SimilarDialog) -> bool:
        """Let the user choose a library and look in it."""
        kinds = (("Library", "*.sqlite *.db"), ("All files", "*"))
        path = self._context.files.file("The library, made with 03_launch_classifier.py --library", kinds=kinds)
        if path:
            self._context.settings.change(library=path)
            dialog.look_for(path)
        return bool(path)

    def _found(self, event: SimilarFound) -> None:
        """Show the songs."""
        if self._dialog and event.job == self._job:
            self._dialog.fill(event.songs)
            if not event.songs:
                self._dialog.say("the library holds no song to compare with; classify some into it first", bad=True)

    def _failed(self, event: SimilarFailed) -> None:
        """Say why there are none."""
        if self._dialog and event.job == self._job:
            self._dialog.say(event.message, bad=True)

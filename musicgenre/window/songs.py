"""The song behind an answer: who made it, its cover, and where it lies."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from musicgenre.engine.history import Entry
from musicgenre.engine.messages import DetailsKept, DetailsRead, ReadDetails
from musicgenre.files import is_file
from musicgenre.text import clean_title
from musicgenre.window.answer_page import AnswerPage
from musicgenre.window.context import Context
from musicgenre.window.picture import reference


class Songs:
    """Asks for details of the song that is shown, and opens it elsewhere.

    Parameters
    ----------
    context : Context
    page : AnswerPage
    current : callable
        Returns the answer that is shown, or None.
    """

    def __init__(self, context: Context, page: AnswerPage, *, current: Callable[[], Entry | None]) -> None:
        self._context, self._page, self._current = context, page, current
        self.handlers: Mapping[type, Callable[[Any], None]] = {
            DetailsKept: self._kept, DetailsRead: lambda event: page.tell_details(event),
        }  # fmt: skip
        context.look.listen(self._again)

    def ask(self, entry: Entry) -> None:
        """Ask for artist, album and cover."""
        if entry.prediction.verdict != "error":
            song = reference(self._context.history, entry)
            self._context.worker.ask(ReadDetails(song, self._page.header.cover_side))

    def _kept(self, event: DetailsKept) -> None:
        """Ask once more when there is more to know of the song that is shown."""
        if self._page.entry and self._page.entry.key == event.key:
            self.ask(self._page.entry)

    def _again(self) -> None:
        """Ask for the cover in the size of another scaling."""
        if self._page.entry and self._page.header.has_cover:
            self.ask(self._page.entry)

    def open(self) -> None:
        """Open the song in the program that is meant for it, or the video in the browser."""
        entry = self._current()
        if entry is None:
            return
        place = entry.prediction.input
        if place.startswith("https://"):
            self._run(place)
        elif is_file(place):
            self._run(str(Path(place).absolute()))
        else:
            self._missing(place)

    def show_folder(self) -> None:
        """Show the song's folder in the file manager."""
        entry = self._current()
        if entry is None:
            return
        path = Path(entry.prediction.input).absolute()
        if os.path.exists(path):  # noqa: PTH110 - False also for a name that no file can have
            self._run(str(path.parent))
        elif os.path.isdir(path.parent):  # noqa: PTH112
            self._run(str(path.parent))
            self._missing(entry.prediction.input)
        else:
            self._missing(entry.prediction.input)

    def _missing(self, place: str) -> None:
        """Say that a file is gone."""
        self._context.say(f"{clean_title(place)} is not there any more", bad=True, title=clean_title(place))

    def _run(self, place: str) -> None:
        """Give a file, folder or address to the system."""
        try:
            if sys.platform == "win32":
                os.startfile(place)  # noqa: S606 - a file that the user chose
            else:
                program = "open" if sys.platform == "darwin" else "xdg-open"
                subprocess.Popen(  # noqa: S603 - an absolute path or an address, never an option
                    [program, place], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )  # fmt: skip
        except OSError:
            self._context.say("No program was found to open it with; install xdg-utils", bad=True)
        else:
            self._context.say(f"Opened {clean_title(place)}", title=clean_title(place))

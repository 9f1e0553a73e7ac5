"""What the user takes along: an answer as text, and answers as files."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from musicgenre.engine.history import Entry
from musicgenre.engine.messages import ExportAnswers, Exported, ExportPage
from musicgenre.text import counted
from musicgenre.window.answer_page import AnswerPage
from musicgenre.window.context import Context
from musicgenre.window.picture import reference
from musicgenre.window.wording import as_text

FORMS = {"png": "Picture", "json": "JSON", "csv": "Table", "m3u8": "Playlist"}
SEVERAL = ("csv", "json", "m3u8")  # forms of several answers; a picture is of one


class Exports:
    """Copies and saves answers.

    Parameters
    ----------
    context : Context
    page : AnswerPage
    current : callable
        Returns the answer that is shown, or None.
    selected, listed : callable
        Return the answers that are selected, and all songs that are listed.
    """

    def __init__(
        self, context: Context, page: AnswerPage, *, current: Callable[[], Entry | None],
        selected: Callable[[], Sequence[Entry]], listed: Callable[[], Sequence[Entry]],
    ) -> None:  # fmt: skip
        self._context, self._page, self._current = context, page, current
        self._selected, self._listed = selected, listed
        self._several: dict[str, int] = {}  # path -> how many answers go there
        self.handlers: Mapping[type, Callable[[Any], None]] = {Exported: self._exported}

    def copy(self) -> None:
        """Copy the answer as text."""
        entry = self._current()
        if entry:
            self._context.root.clipboard_clear()
            self._context.root.clipboard_append(as_text(entry))
            self._page.tell("Copied")
            self._context.say("The answer is on the clipboard")

    def save(self, form: str | None = None) -> None:
        """Save the answer; without a form, the ending of the file's name says which."""
        entry = self._current()
        if entry is None:
            return
        chosen = [form] if form else [kind for kind in FORMS if kind != "m3u8"]
        stem = "".join(c if c.isalnum() or c in " -_" else "_" for c in entry.title)[:60].strip() or "answer"
        kinds = tuple((FORMS[kind], kind) for kind in chosen)
        path = self._context.files.save("Export", name=f"{stem}.{chosen[0]}", kinds=kinds)
        if not path:
            return
        ending = Path(path).suffix.lower().removeprefix(".")
        form = form or (ending if ending in chosen else "json")
        if form == "png":
            self._context.worker.ask(ExportPage(path, reference(self._context.history, entry)))
        else:
            self._context.worker.ask(ExportAnswers(path, form, (entry.prediction,)))

    def save_list(self, form: str = "csv") -> None:
        """Save the selected answers, or all songs of the list where less than two are selected."""
        entries = self._selected()
        self.save_entries(entries if len(entries) > 1 else self._listed(), form)

    def save_entries(self, entries: Sequence[Entry], form: str = "csv") -> None:
        """Save answers as CSV, JSON or a playlist, which the ending of the name decides."""
        if not entries:
            self._context.say("There are no answers to export yet", bad=True)
            return
        kinds = tuple((FORMS[kind], kind) for kind in sorted(SEVERAL, key=lambda kind: kind != form))
        title = f"Export {counted(len(entries), 'answer')}"
        path = self._context.files.save(title, name=f"answers.{form}", kinds=kinds)
        if path:
            ending = Path(path).suffix.lower().removeprefix(".")
            form = ending if ending in SEVERAL else form
            self._several[path] = len(entries)
            self._context.worker.ask(ExportAnswers(path, form, tuple(entry.prediction for entry in entries)))

    def _exported(self, event: Exported) -> None:
        """Say what has been saved, and how many answers it holds."""
        number = self._several.pop(event.path, 1)
        self._context.say(f"Saved {counted(number, 'answer')} in {event.path}" if number > 1 else f"Saved {event.path}")

"""What the user takes along: an answer as text, and answers as files."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from musicgenre.engine.history import Entry
from musicgenre.engine.messages import ExportAnswers, Exported, ExportPage
from musicgenre.window.answer_page import AnswerPage
from musicgenre.window.context import Context
from musicgenre.window.picture import reference
from musicgenre.window.wording import as_text

FORMS = {"png": "Picture", "json": "JSON", "csv": "Table"}


class Exports:
    """Copies and saves answers.

    Parameters
    ----------
    context : Context
    page : AnswerPage
    current : callable
        Returns the answer that is shown, or None.
    words : callable
        Returns the words of the search in the history.
    """

    def __init__(
        self, context: Context, page: AnswerPage, *, current: Callable[[], Entry | None], words: Callable[[], str]
    ) -> None:
        self._context, self._page, self._current, self._words = context, page, current, words
        self.handlers: Mapping[type, Callable[[Any], None]] = {
            Exported: lambda event: context.say(f"Saved {event.path}")
        }

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
        chosen = [form] if form else list(FORMS)
        stem = "".join(c if c.isalnum() or c in " -_" else "_" for c in entry.title)[:60].strip() or "answer"
        kinds = tuple((FORMS[kind], kind) for kind in chosen)
        path = self._context.files.save("Export", name=f"{stem}.{chosen[0]}", kinds=kinds)
        if not path:
            return
        ending = Path(path).suffix.lower().removeprefix(".")
        form = form or (ending if ending in FORMS else "json")
        if form == "png":
            self._context.worker.ask(ExportPage(path, reference(self._context.history, entry)))
        else:
            self._context.worker.ask(ExportAnswers(path, form, (entry.prediction,)))

    def save_list(self, form: str) -> None:
        """Save all answers of the list."""
        entries = self._context.history.find(self._words(), limit=1_000_000)
        if not entries:
            self._context.say("There are no answers to export yet", bad=True)
            return
        path = self._context.files.save("Export all", name=f"answers.{form}")
        if path:
            self._context.worker.ask(ExportAnswers(path, form, tuple(entry.prediction for entry in entries)))

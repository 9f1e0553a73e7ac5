"""The right genres that the user gives, and the table of them that trains a model."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from musicgenre.engine.history import Entry
from musicgenre.inference.wording import in_sentence
from musicgenre.window.answer_page import AnswerPage
from musicgenre.window.context import Context
from musicgenre.window.dialogs import CorrectDialog
from musicgenre.window.undo import Undo


class Corrections:
    """Keeps and exports corrections.

    Parameters
    ----------
    context : Context
    page : AnswerPage
    current : callable
        Returns the answer that is shown, or None.
    genres : callable
        Returns the genres of the model in use; none before it is loaded.
    changed : callable
        Called with the key of an answer that was corrected, or whose correction was taken back.
    undo : Undo
    """

    def __init__(
        self, context: Context, page: AnswerPage, *, current: Callable[[], Entry | None],
        genres: Callable[[], Sequence[str]], changed: Callable[[str], None], undo: Undo,
    ) -> None:  # fmt: skip
        self._context, self._page, self._current = context, page, current
        self._genres, self._changed, self._undo = genres, changed, undo

    def ask(self) -> None:
        """Ask for the right genre of the answer that is shown."""
        entry = self._current()
        if entry and entry.prediction.verdict != "error":
            genres = self._genres() or sorted(entry.prediction.probabilities or {})
            CorrectDialog(self._context.root, self._context.look, entry=entry, genres=genres,
                          save=lambda genre: self.keep(entry, genre))  # fmt: skip

    def say_right(self, genre: str) -> None:
        """Keep a genre as the right one for the answer that is shown."""
        if entry := self._current():
            self.keep(entry, genre)

    def take_back(self) -> None:
        """Undo the correction of the answer that is shown."""
        entry = self._current()
        before = self._context.history.correction(entry.key) if entry else None
        if entry is None or before is None:
            self._context.say("This answer has no correction")
            return
        self._set(entry, None)
        if self._context.check_history():
            self._undo.push(f"“{entry.title}” is {in_sentence(before)}", partial(self._set, entry, before))
            self._context.say(f"Correction undone: “{entry.title}”", title=entry.title)

    def _set(self, entry: Entry, genre: str | None) -> None:
        """Give an answer a correction, or none."""
        if genre is None:
            self._context.history.withdraw(entry.key)
        else:
            self._context.history.correct(entry, genre)
        self._show(entry)

    def keep(self, entry: Entry, genre: str) -> None:
        """Keep a correction, or withdraw it where it is the genre that was answered."""
        history = self._context.history
        before = history.correction(entry.key)
        history.correct(entry, genre)
        if not self._context.check_history():
            return
        self._undo.push(f"correction of “{entry.title}”", partial(self._set, entry, before))
        self._show(entry)
        what = "Correction kept" if history.correction(entry.key) else "No correction is kept"
        self._context.say(f"{what}: “{entry.title}” is {in_sentence(genre)}", title=entry.title)

    def _show(self, entry: Entry) -> None:
        """Show the answer as it is now."""
        if self._page.entry and self._page.entry.key == entry.key:
            self._page.panel.show(entry, corrected=self._context.history.correction(entry.key))
        self._changed(entry.key)

    def export(self) -> None:
        """Save the corrections as the table that 00 takes as metadata of a music folder, and 02 as corrections."""
        context = self._context
        count = len(context.history.corrections())
        if not count:
            context.say("There are no corrections yet; “That’s wrong…” makes one", bad=True)
            return
        folder = context.files.folder("The folder of your music")
        path = folder and context.files.save("Save corrections", name="corrections.csv")
        if not path:
            return
        text, named = context.history.corrections_csv(Path(folder))
        try:
            Path(path).write_text(text, encoding="utf-8")
        except OSError as error:
            context.say(f"{path} cannot be written ({error.strerror}); choose another place", bad=True)
            return
        context.say(f"Saved {named} of {count} corrections" + (": those of files" if named < count else ""))

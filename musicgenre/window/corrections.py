"""The right genres that the user gives, and the table of them that trains a model."""

from collections.abc import Callable, Sequence
from pathlib import Path

from musicgenre.engine.history import Entry
from musicgenre.window.answer_page import AnswerPage
from musicgenre.window.context import Context
from musicgenre.window.dialogs import CorrectDialog


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
    """

    def __init__(
        self, context: Context, page: AnswerPage, *, current: Callable[[], Entry | None],
        genres: Callable[[], Sequence[str]],
    ) -> None:  # fmt: skip
        self._context, self._page, self._current, self._genres = context, page, current, genres

    def ask(self) -> None:
        """Ask for the right genre of the answer that is shown."""
        entry = self._current()
        if entry and entry.prediction.verdict != "error":
            genres = self._genres() or sorted(entry.prediction.probabilities or {})
            CorrectDialog(self._context.root, self._context.look, entry=entry, genres=genres,
                          save=lambda genre: self.keep(entry, genre))  # fmt: skip

    def keep(self, entry: Entry, genre: str) -> None:
        """Keep a correction, or withdraw it where it is the genre that was answered."""
        history = self._context.history
        history.correct(entry, genre)
        if not self._context.check_history():
            return
        corrected = history.correction(entry.key)
        self._page.tell(f"You said: {corrected}" if corrected else "")
        what = "Correction kept" if corrected else "No correction is kept"
        self._context.say(f"{what}: “{entry.title}” is {genre}", title=entry.title)

    def export(self) -> None:
        """Save the corrections of a music folder as the table that 00 reads."""
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
        context.say(f"Saved {named} of {count} corrections: those of files in {folder}")

"""The answers: the list of them, the one that is shown, removing and comparing."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from musicgenre.engine.history import Entry
from musicgenre.text import counted
from musicgenre.window.context import Context
from musicgenre.window.dialogs import CompareDialog
from musicgenre.window.history_list import AnswerList, ListRow
from musicgenre.window.jobs import Jobs, Row
from musicgenre.window.listening import Listening
from musicgenre.window.page_stack import PageStack
from musicgenre.window.picture import Pictures
from musicgenre.window.wording import found_words, headline, short_answer

COMPARED = 300  # answers to choose from when two are compared
COMPARABLE_FIRST = {"genre": 0, "mixed": 0, "uncertain": 1}


class Answers:
    """The list and the pages beside it; watches the queue.

    Parameters
    ----------
    context : Context
    jobs : Jobs
    history_list : AnswerList
    pages : PageStack
    pictures : Pictures
    listening : Listening

    Attributes
    ----------
    shown : str or None
        Key of the answer or job that is shown.
    """

    def __init__(
        self, context: Context, *, jobs: Jobs, history_list: AnswerList, pages: PageStack, pictures: Pictures,
        listening: Listening,
    ) -> None:  # fmt: skip
        self._context, self._jobs, self._list, self._pages = context, jobs, history_list, pages
        self._pictures, self._listening = pictures, listening
        self._searched = False
        self.shown: str | None = None
        self.opened: Callable[[Entry], None] = lambda _: None  # called with each answer that is shown
        jobs.watcher = self

    # ---- the list

    def fill(self, words: str) -> None:
        """Show the jobs and the answers that hold the words."""
        found = self._context.history.keys(words)
        live = [row for row in reversed(self._jobs.rows.values()) if row.entry is None]
        self._list.fill(self._listed(live, found))
        if words.strip():
            self._context.say(found_words(len(found), words))
        elif self._searched:
            self._context.say("")
        self._searched = bool(words.strip())

    def _listed(self, live: Sequence[Row], keys: Sequence[str]) -> Iterator[ListRow]:
        """Yield the rows of jobs and answers that are still there when it is their turn."""
        for row in live:
            if row.entry is None and row.key in self._jobs.rows:
                yield _list_row(row)
        for key in keys:
            if entry := self._context.history.get(key):
                yield _entry_row(entry, self._context.history.correction(key))

    def select(self, keys: tuple[str, ...]) -> None:
        """Show the answer or job that was selected."""
        if len(keys) == 1 and keys[0] != self.shown:
            if not self._context.worker.busy:
                self._context.status.clear_stale()
            self.show(keys[0])
        elif len(keys) == 2:
            self._context.say("Press Compare to see the two side by side")

    def focus_search(self) -> None:
        """Put the keyboard into the box of the history."""
        self._list.words.focus_set()
        self._list.words.selection_range(0, "end")

    # ---- what is shown

    def show(self, key: str) -> None:
        """Show an answer or a job."""
        changed, self.shown = key != self.shown, key
        row = self._jobs.rows.get(key)
        entry = row.entry if row else self._context.history.get(key)
        if entry:
            if changed:
                self._listening.stop()
            self._pages.answer.show(entry, corrected=self._context.history.correction(key))
            self._pages.show(self._pages.answer)
            self.opened(entry)
        elif row and row.state == "choosing":
            self._show_choice(row, changed=changed)
        elif row:
            self._pages.working.show(row.title, row.stages, online=row.online)
            self._pages.show(self._pages.working)

    def _show_choice(self, row: Row, *, changed: bool) -> None:
        """Show what a search has found, if it is not shown yet."""
        pick = self._pages.pick
        if changed or not pick.winfo_viewable():
            pick.show(row.title, row.videos, row.thumbnails)
            self._pages.show(pick)
            if self._pages.keyboard.is_free():
                pick.list.focus_set()

    def _leave(self, keys: Sequence[str]) -> None:
        """Show the first page if what was shown is gone."""
        if self.shown in keys:
            self.shown = None
            self._pages.show(self._pages.welcome)

    def current(self) -> Entry | None:
        """Return the answer that is shown, and say so if there is none."""
        page = self._pages.answer
        entry = page.entry if page.winfo_viewable() else None
        if entry is None:
            self._context.say("There is no answer on the screen yet", bad=True)
        return entry

    def show_tab(self, number: int) -> None:
        """Show one of the answer's tabs."""
        self._pages.answer.show_tab(number)

    # ---- changes in the queue (see jobs.Watcher)

    def row_added(self, row: Row) -> None:
        """Show the first row of what was asked for."""
        self._list.go(row.key)
        self.show(row.key)

    def row_changed(self, row: Row) -> None:
        """Show a row's state, stage, title or answer."""
        self._list.set(_entry_row(row.entry) if row.entry else _list_row(row), first=True)
        if self.shown == row.key:
            self.show(row.key)

    def entry_changed(self, entry: Entry) -> None:
        """Show in the list what was made of an answer."""
        self._list.set(_entry_row(entry, self._context.history.correction(entry.key)))

    def thumbnail_found(self, row: Row, index: int) -> None:
        """Show a thumbnail of a search result."""
        if self.shown == row.key:
            self._pages.pick.thumbnail(index, row.thumbnails[index])

    def rows_gone(self, keys: Sequence[str]) -> None:
        """Forget rows that will have no answer."""
        self._list.drop(*keys)
        self._leave(keys)

    # ---- what the user does

    def selected(self) -> list[Entry]:
        """Return the selected answers."""
        found = (self._context.history.get(key) for key in self._list.tree.selection())  # a job has no answer
        return [entry for entry in found if entry]

    def one_is_selected(self) -> bool:
        """Whether exactly one row is selected, and is an answer."""
        keys = self._list.tree.selection()
        return len(keys) == 1 and self._context.history.get(keys[0]) is not None

    def again(self) -> None:
        """Classify once more, with the model in use now, what the selected answers or the one shown are about."""
        entries = self.selected()
        if not entries and (current := self.current()):
            entries = [current]
        predictions = [entry.prediction for entry in entries]
        self._jobs.submit([one.input for one in predictions], titles=[one.title for one in predictions])

    def remove(self) -> None:
        """Remove the selected answers from the history, and cancel the selected jobs."""
        tree = self._list.tree
        keys = tree.selection()
        jobs = [row for key in keys if (row := self._jobs.rows.get(key)) and row.entry is None]
        if jobs:
            self._jobs.cancel_rows(*jobs)
        live = {row.key for row in jobs}
        answers = [key for key in keys if key not in live]
        if not answers:
            return
        self._context.history.remove(*answers)
        if not self._context.check_history():
            return
        after = tree.next(answers[0]) or tree.prev(answers[0])
        self._jobs.forget(answers)
        self._list.drop(*answers)
        self._leave(answers)
        if len(keys) == 1 and after:
            self._list.go(after)
        self._context.say(f"Removed {counted(len(answers), 'answer')}")

    def clear(self) -> None:
        """Remove all answers, after a question."""
        from tkinter import messagebox

        context = self._context
        count = context.history.count()
        question = f"Remove all {count} answers and their pictures? Corrections are kept."
        if not count or not messagebox.askokcancel("Clear history", question, parent=context.root):
            return
        context.history.clear()
        if not context.check_history():
            return
        self._jobs.forget([row.key for row in self._jobs.rows.values() if row.entry])
        self.shown = None
        self._pages.show(self._pages.welcome)
        self.fill("")
        context.say(f"Removed {count} answers")

    def compare(self) -> None:
        """Show two answers side by side: the two selected, or the one shown and the one before it."""
        history = self._context.history
        entries = history.find(limit=COMPARED)
        if len(entries) < 2:
            self._context.say("Two answers are needed to compare", bad=True)
            return
        chosen = list(islice(self.selected(), 2))
        shown = history.get(self.shown or "")
        if len(chosen) < 2 and shown and shown not in chosen:
            chosen.insert(0, shown)
        entries += [entry for entry in chosen if entry not in entries]
        others = sorted(entries, key=lambda entry: COMPARABLE_FIRST.get(entry.prediction.verdict, 2))
        chosen += [entry for entry in others if entry not in chosen]
        keys = [entry.key for entry in chosen[:2]]
        CompareDialog(self._context.root, self._context.look, entries=entries, chosen=keys, draw=self._pictures.draw)


def _entry_row(entry: Entry, corrected: str | None = None) -> ListRow:
    """Return what the list shows of an answer, or of what the user has made of it."""
    prediction = entry.prediction
    said = f"{headline(prediction, corrected)} ✓" if corrected else short_answer(prediction)
    return ListRow(entry.key, entry.title, said, "genre" if corrected else prediction.verdict)


def _list_row(row: Row) -> ListRow:
    """Return what the list shows of a job."""
    if row.state == "choosing":
        return ListRow(row.key, row.title, "choose …", "work")
    if row.state == "working" and row.stage:
        stage, fraction = row.stage
        return ListRow(row.key, row.title, f"{stage} {fraction:.0%}" if fraction else f"{stage} …", "work")
    return ListRow(row.key, row.title, "waiting", "cancelled")

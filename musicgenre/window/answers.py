"""The answers: the one that is shown, selecting, removing and comparing; watches the queue."""

from collections.abc import Callable, Sequence
from itertools import islice

from musicgenre.engine.history import Entry, Removed
from musicgenre.text import counted
from musicgenre.window.batches import Batches
from musicgenre.window.comparing import CompareDialog
from musicgenre.window.context import Context
from musicgenre.window.history_list import SLICE, WORK
from musicgenre.window.history_view import HistoryView
from musicgenre.window.jobs import Jobs
from musicgenre.window.list_wording import selection_words
from musicgenre.window.listening import Listening
from musicgenre.window.page_stack import PageStack
from musicgenre.window.picture import Pictures
from musicgenre.window.questions import ask
from musicgenre.window.rows import Row
from musicgenre.window.undo import Undo

COMPARED = 300  # answers to choose from when two are compared
COMPARABLE_FIRST = {"genre": 0, "mixed": 0, "uncertain": 1}
BATCH = "batch"  # what is shown instead of an answer
PAUSE_MS = 5
WRITE_MS = 80  # between two writings of a batch's page


class Answers:
    """The pages beside the list; watches the queue.

    Parameters
    ----------
    context : Context
    jobs : Jobs
    view : HistoryView
    pages : PageStack
    pictures : Pictures
    listening : Listening
    batches : Batches
    undo : Undo

    Attributes
    ----------
    shown : str or None
        Key of the answer or job that is shown, or "batch".
    """

    def __init__(
        self, context: Context, *, jobs: Jobs, view: HistoryView, pages: PageStack, pictures: Pictures,
        listening: Listening, batches: Batches, undo: Undo,
    ) -> None:  # fmt: skip
        self._context, self._jobs, self._view, self._pages = context, jobs, view, pages
        self._list = view.list
        self._pictures, self._listening, self._batches, self._undo = pictures, listening, batches, undo
        self.shown: str | None = None
        self._several = False  # whether more than one row was selected last
        self._unsorted = False  # whether new answers stand on top of a list that is sorted otherwise
        self._later: str | None = None
        self.opened: Callable[[Entry], None] = lambda _: None  # called with each answer that is shown
        jobs.watcher = self
        view.seen_elsewhere = self._seen_elsewhere

    # ---- the list

    def fill(self, words: str) -> None:
        """Show the jobs and the songs that hold the words."""
        self._view.fill(words)

    def select(self, keys: tuple[str, ...]) -> None:
        """Show the answer or job that was selected."""
        if self._list.tree.selection() == (WORK,) and self._jobs.batch.is_several:
            self.show_batch()
        elif len(keys) == 1:
            if not self._context.worker.busy:
                self._context.status.clear_stale(at_once=self._several)
            if keys[0] != self.shown:
                self.show(keys[0])
        elif len(keys) > 1 and not self._jobs.busy:
            self._context.say(selection_words(keys))
        self._several = len(keys) > 1

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
            self._pages.working.show(row.title, row.stages, online=row.online, stopped=row.state == "stopped")
            self._pages.show(self._pages.working)

    def open(self, key: str) -> None:
        """Show an answer and its row, with the whole list where the row is left out."""
        if self._view.is_narrowed and not self._list.tree.exists(key):
            self._list.words.delete(0, "end")
            self._view.narrow("")
        self._list.go(key)
        self.show(key)

    def show_batch(self) -> None:
        """Show how far the batch is, or what it has come to."""
        if not self._jobs.batch.keys:
            self._context.say("Nothing was classified together yet; open a folder or several files")
            return
        self.shown = BATCH
        self._batches.write()
        self._pages.show(self._pages.batch)

    def leave_batch(self) -> None:
        """Close the page of the batch: show its latest answer, or the first page."""
        answers = self._jobs.batch.answers
        latest = next((key for key in reversed(answers) if self._list.tree.exists(key)), None)
        if self._view.filter.keys is not None:
            self._view.narrow("")
        if latest:
            self._list.go(latest)
            self.show(latest)
        else:
            self.shown = None
            self._pages.show(self._pages.welcome)

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

    def _seen_elsewhere(self) -> None:
        """Show the answer again if another window has corrected it, and leave it if it was removed."""
        entry = self._pages.answer.entry
        if self.shown is None or self.shown == BATCH or entry is None or entry.key != self.shown:
            return
        if self._context.history.get(entry.key) is None:
            self._leave([entry.key])
        elif self._pages.answer.winfo_viewable():
            self._pages.answer.show(entry, corrected=self._context.history.correction(entry.key))

    # ---- changes in the queue (see rows.Watcher)

    def row_added(self, row: Row) -> None:
        """Show the first row of what was asked for."""
        self._list.go(row.key)
        self.show(row.key)

    def batch_added(self) -> None:
        """Show the batch, with the list at its top."""
        self._list.show_top()
        self.show_batch()

    def row_changed(self, row: Row) -> None:
        """Show a row's state, stage, title or answer."""
        self._view.show_job(row)
        self._unsorted |= row.entry is not None and not self._view.order.by_day
        if self.shown == row.key:
            self.show(row.key)

    def rows_stopped(self, keys: Sequence[str]) -> None:
        """Show that rows were stopped: a few at once, the others when events have had their turn."""
        for key in keys[:SLICE]:
            row = self._jobs.rows.get(key)
            if row and row.entry is None:
                self.row_changed(row)
        if len(keys) > SLICE:
            self._context.root.after(PAUSE_MS, self.rows_stopped, keys[SLICE:])

    def batch_changed(self) -> None:
        """Show how far the batch is."""
        if self._later is None:  # a folder of silent files changes it a thousand times a second
            self._later = self._context.root.after(WRITE_MS, self._write_batch)

    def _write_batch(self) -> None:
        """Write the page of the batch, and its name in the list."""
        self._later = None
        self._list.name_section(WORK)
        if self.shown == BATCH:
            self._batches.write()
        if self._unsorted and not self._jobs.busy and not self._jobs.unfinished():
            self._unsorted = False
            self.fill(self._list.words.get())

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
        found = (self._context.history.get(key) for key in self._list.selected())  # a job has no answer
        return [entry for entry in found if entry]

    def one_is_selected(self) -> bool:
        """Whether exactly one row is selected, and is an answer."""
        keys = self._list.selected()
        return len(keys) == 1 and self._context.history.get(keys[0]) is not None

    def again(self) -> None:
        """Classify once more what the selected answers or the one shown are about; go on with what was stopped."""
        stopped = [row for key in self._list.selected() if (row := self._jobs.rows.get(key)) and row.state == "stopped"]
        if stopped:
            self._jobs.go_on(*stopped)
            return
        entries = self.selected()
        if not entries and (current := self.current()):
            entries = [current]
        predictions = [entry.prediction for entry in entries]
        self._jobs.submit([one.input for one in predictions], titles=[one.title for one in predictions])

    def remove(self) -> None:
        """Remove the selected answers from the history, and cancel the selected jobs."""
        keys = self._list.selected()
        jobs = [row for key in keys if (row := self._jobs.rows.get(key)) and row.entry is None]
        if jobs:
            self._jobs.remove_rows(*jobs)
        live = {row.key for row in jobs}
        answers = [key for key in keys if key not in live]
        if not answers:
            return
        tree = self._list.tree
        after = tree.next(answers[0]) or tree.prev(answers[0])
        inside = [key for one in answers for key in tree.get_children(one)] if tree.exists(answers[0]) else []
        removed = self._context.history.remove(*answers, *inside)
        if not self._context.check_history():
            return
        self._jobs.forget(answers)
        self._list.drop(*inside, *answers)
        self._leave([*answers, *inside])
        if len(keys) == 1 and after:
            self._list.go(after)
        words = f"removed {counted(len(answers), 'song')}"
        self._undo.push(words, lambda: self._restore(removed))
        self._context.say(f"{words}; Ctrl+Z brings {'it' if len(answers) == 1 else 'them'} back")

    def _restore(self, removed: Removed) -> None:
        """Put removed answers back."""
        self._context.history.restore(removed)
        self.fill(self._list.words.get())
        if removed.answers:
            key = str(removed.answers[0][0])
            self._list.go(key)

    def clear(self) -> None:
        """Remove all answers, after a question."""
        context = self._context
        count = context.history.count()

        def clear() -> None:
            context.history.clear()
            if not context.check_history():
                return
            self._jobs.forget([row.key for row in self._jobs.rows.values() if row.entry])
            self.shown = None
            self._pages.show(self._pages.welcome)
            self._view.narrow("")
            context.say(f"Removed {counted(count, 'answer')}")

        if count:
            text = f"Remove all {count} answers and their pictures for good? Corrections are kept."
            ask(context.root, context.look, title="Clear history", text=text, yes="Remove all", no="Keep", do=clear)

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

"""What the list of the history shows: searched, filtered and sorted songs, what is at work, other windows' changes."""

import time
from collections.abc import Callable, Collection, Iterator, Sequence

from musicgenre.engine.history import Entry, History
from musicgenre.engine.listing import Filter, Order, earlier_keys, part_counts, song_count, song_keys
from musicgenre.window.context import Context
from musicgenre.window.history_list import STOPPED, WORK, AnswerList, ListRow
from musicgenre.window.jobs import Jobs
from musicgenre.window.list_wording import date_cell, day_of, day_words, genre_cell, part_words, sure_cell, tempo_cell
from musicgenre.window.rows import Row
from musicgenre.window.wording import found_words

LOOK_MS = 1000  # between two looks at what other windows have changed
DONE_WORDS = {"download": "fetched", "decode": "decoded", "analyse": "analysed"}
NOTHING = ("", "", "")  # confidence, tempo and date of a job
FEW = 40  # changed songs that are written one by one


class HistoryView:
    """Fills the list.

    Parameters
    ----------
    context : Context
    jobs : Jobs
    history_list : AnswerList
    """

    def __init__(self, context: Context, jobs: Jobs, history_list: AnswerList) -> None:
        self._context, self._jobs, self.list = context, jobs, history_list
        self._filter = Filter()
        self._filter_words = ""
        self._narrowed = False
        self._changes = context.history.changes()
        self._today = day_of(time.time())
        self.seen_elsewhere: Callable[[], None] = lambda: None  # set by what shows an answer
        context.root.after(LOOK_MS, self._look)

    @property
    def filter(self) -> Filter:
        """What the list shows now."""
        return self._filter

    @property
    def order(self) -> Order:
        """What it is sorted by."""
        return self.list.columns.order

    # ---- filling

    def fill(self, words: str) -> None:
        """Show the jobs and the songs that hold the words, within the filter."""
        self._filter = Filter(words, self._filter.part, self._filter.keys)
        found = song_keys(self._context.history, self._filter, self.order)
        narrowed = self.is_narrowed
        live = [] if narrowed else [row for row in self._jobs.rows.values() if row.entry is None]
        live.sort(key=lambda row: row.state != "working")
        self.list.fill(self._listed(live, found))
        if words.strip():
            self._context.say(found_words(len(found), words))
        elif self._narrowed and not narrowed:
            self._context.say("")
        self._narrowed = narrowed

    @property
    def is_narrowed(self) -> bool:
        """Whether songs are left out."""
        return bool(self._filter.words.strip() or self._filter.part or self._filter.keys is not None)

    def narrow(self, part: str, *, keys: Collection[str] | None = None, words: str = "") -> None:
        """Show one part of the history, or with `keys` these answers; `words` say which."""
        self._filter = Filter(self._filter.words, part, keys)
        self._filter_words = words
        self.list.filter.set(words or part_words(part))
        self.fill(self.list.words.get())

    def parts(self) -> list[tuple[str, str]]:
        """Return what can be filtered by, with how many songs each has."""
        history = self._context.history
        counts = part_counts(history)
        return [("", f"All songs ({song_count(history)})"), *(
            (part, f"{part_words(part)} ({count})") for part, count in counts.items()
        )]  # fmt: skip

    def _listed(self, live: Sequence[Row], keys: Sequence[str]) -> Iterator[ListRow]:
        """Yield the rows of jobs and songs that are still there when it is their turn."""
        for row in live:
            if row.entry is None and row.key in self._jobs.rows:
                yield self.job_row(row)
        for key in keys:
            if entry := self._context.history.get(key):
                yield from self.song_rows(entry)

    def song_rows(self, entry: Entry) -> Iterator[ListRow]:
        """Yield the row of a song and those of its earlier answers."""
        yield self._entry_row(entry)
        for key in earlier_keys(self._context.history, entry.key):
            if other := self._context.history.get(key):
                yield self._entry_row(other, inside=entry.key)

    def _entry_row(self, entry: Entry, inside: str = "") -> ListRow:
        """Return what the list shows of an answer."""
        corrected = self._context.history.correction(entry.key)
        by_day = self.order.by_day and not inside
        cells = (
            entry.artist or "", genre_cell(entry.prediction, corrected), sure_cell(entry.prediction, corrected),
            tempo_cell(entry.prediction), date_cell(entry.made, by_day=by_day),
        )  # fmt: skip
        kind = "genre" if corrected else entry.prediction.verdict
        return ListRow(entry.key, entry.title, kind, cells, f"s:{day_of(entry.made)}", inside, entry.colour)

    def job_row(self, row: Row) -> ListRow:
        """Return what the list shows of a job."""
        if row.state == "stopped":
            return ListRow(row.key, row.title, "stopped", ("", "stopped", *NOTHING), STOPPED)
        if row.state == "choosing":
            return ListRow(row.key, row.title, "work", ("", "choose …", *NOTHING), WORK)
        if row.state == "working" and row.stage:
            stage, fraction = row.stage
            done = DONE_WORDS.get(stage) if fraction else None  # not below "Sure", where an answer's number stands
            words = f"{fraction:.0%} {done}" if done else "loading …" if stage == "prepare" else f"{stage} …"
            return ListRow(row.key, row.title, "work", ("", words, *NOTHING), WORK)
        return ListRow(row.key, row.title, "waiting", ("", "waiting", *NOTHING), WORK)

    def section(self, section: str) -> str:
        """Return what a section of the list is called."""
        batch = self._jobs.batch
        if section == WORK:
            state = "Paused" if self._jobs.paused else "At work"
            return f"{state}: {batch.done} of {batch.total} done" if batch.is_several else state
        if section == STOPPED:
            return "Stopped"
        return day_words(section.removeprefix("s:"))

    # ---- changes

    def show_job(self, row: Row) -> None:
        """Write the row of a job, or of its answer, which takes the song's earlier answers inside."""
        if row.entry is None:
            if not self.is_narrowed:
                self.list.set(self.job_row(row))
            return
        self.show_entry(row.entry)

    def show_entry(self, entry: Entry) -> None:
        """Write the row of a new or changed answer; the song's former row goes inside."""
        if self._filter.keys is not None and entry.key not in self._filter.keys:
            self.list.drop(entry.key)
            return
        first, *earlier = self.song_rows(entry)
        self.list.drop(*(row.key for row in earlier))
        self.list.set(first, first=True)
        for row in earlier:
            self.list.set(row)

    def write_again(self, key: str) -> None:
        """Write the row of an answer again: it was corrected."""
        entry, row = self._context.history.get(key), self.list.rows.get(key)
        if entry and row:
            self.list.set(self._entry_row(entry, row.inside))

    def _look(self) -> None:
        """Show what other windows have changed, and look again later."""
        self._context.history.tidy()
        changes = self._context.history.changes()
        if changes != self._changes:
            self._changes = changes
            self.refresh()
            self.seen_elsewhere()
        today = day_of(time.time())
        if today != self._today:  # what was today is yesterday, and times become dates
            self._today = today
            self.fill(self.list.words.get())
        self._context.root.after(LOOK_MS, self._look)

    def refresh(self) -> None:
        """Bring the list up to date: a few songs one by one, many all together."""
        if self.list.is_filling:
            return
        found = song_keys(self._context.history, self._filter, self.order)
        there = [key for key in self.list.songs() if key not in self._jobs.rows or self._jobs.rows[key].entry]
        new, gone = set(found).difference(there), set(there).difference(found)
        if len(new) + len(gone) > FEW or (new and not self.order.by_day):
            self.fill(self.list.words.get())
            return
        self.list.drop(*gone)
        for key in reversed([key for key in found if key in new]):
            if entry := self._context.history.get(key):
                self.show_entry(entry)
        for key in self._in_view():
            self.write_again(key)

    def _in_view(self) -> list[str]:
        """Return the songs that are seen: another window may have corrected them."""
        tree = self.list.tree
        height = tree.winfo_height()
        rows = dict.fromkeys(tree.identify_row(y) for y in range(0, height, max(self.list.row_height // 2, 4)))
        return [key for key in rows if key and not key.startswith("s:")]


def entries_of(history: History, keys: Sequence[str]) -> list[Entry]:
    """Return the answers with some keys, as far as they are there."""
    found = (history.get(key) for key in keys)
    return [entry for entry in found if entry]

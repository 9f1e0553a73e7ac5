"""A batch for the user: its page, pausing, stopping and going on, what the last window left, closing during work."""

from collections.abc import Callable, Sequence

from musicgenre.engine.history import Entry
from musicgenre.engine.unfinished import Waiting
from musicgenre.text import counted
from musicgenre.window.banner import Banner
from musicgenre.window.batch import Part
from musicgenre.window.batch_page import BatchPage, BatchView
from musicgenre.window.context import Context
from musicgenre.window.history_view import HistoryView
from musicgenre.window.jobs import Jobs
from musicgenre.window.list_wording import duration_words
from musicgenre.window.questions import ask
from musicgenre.window.wording import STAGES


class Batches:
    """Shows and steers the batch.

    Parameters
    ----------
    context : Context
    jobs : Jobs
    view : HistoryView
    page : BatchPage
    banner : Banner
    export : callable
        Called with answers.
    """

    def __init__(
        self, context: Context, *, jobs: Jobs, view: HistoryView, page: BatchPage, banner: Banner,
        export: Callable[[Sequence[Entry]], None],
    ) -> None:  # fmt: skip
        self._context, self._jobs, self._view, self._page, self._banner = context, jobs, view, page, banner
        self._export = export
        self._chosen: Part | None = None

    # ---- the page

    def write(self) -> None:
        """Write the page."""
        jobs, batch = self._jobs, self._jobs.batch
        stopped = [row.key for row in jobs.stopped() if row.key in batch.keys]
        running = jobs.busy or any(row.key in batch.keys for row in jobs.unfinished())  # answers on their way count
        if self._chosen and not set(self._chosen.keys) <= batch.keys.keys():
            self._chosen = None
        row = jobs.working()
        now, part = "", 0.0
        if running and row and not (jobs.paused and row is None):
            stage, fraction = row.stage or ("", 0.0)
            now = f"Now: {row.title}. {STAGES.get(stage, 'Loading')}" + (f" {fraction:.0%}" if fraction else " …")
            part = fraction if stage == "analyse" else 0.0
        self._page.show(BatchView(
            title=batch.name or counted(batch.total, "song"),
            head=f"{batch.done} of {batch.total}" if running or stopped else f"{batch.total} done",
            state=self._state(running=running, stopped=len(stopped)), now=now,
            fraction=(batch.done + part) / max(batch.total, 1), parts=batch.parts(stopped), running=running,
            paused=jobs.paused, stopped=len(stopped), chosen=self._chosen,
        ))  # fmt: skip

    def _state(self, *, running: bool, stopped: int) -> str:
        """Return how long it takes, or what it waits for."""
        jobs, batch = self._jobs, self._jobs.batch
        if running:
            if jobs.paused:
                return f"Paused, {batch.total - batch.done - stopped} left"
            left = batch.left_s(jobs.to_do)
            return f"About {duration_words(left)} left" if left is not None else "Listening to the first songs …"
        if stopped:
            return f"{counted(stopped, 'song')} stopped; “Go on” goes on with them"
        return f"Took {duration_words(batch.took_s)}"

    def choose(self, part: Part | None) -> None:
        """Let the list show one part of the batch, or everything again."""
        self._chosen = part
        if part is None:
            self._view.narrow("")
        else:
            self._view.narrow("", keys=frozenset(part.keys), words=f"{part.name} ({len(part.keys)})")
        self.write()

    def export(self) -> None:
        """Save the answers of the part that is chosen, or of the whole batch."""
        batch = self._jobs.batch
        keys = self._chosen.keys if self._chosen else tuple(batch.answers)
        self._export([batch.answers[key] for key in keys if key in batch.answers])

    # ---- stopping and going on

    def stop(self) -> None:
        """Stop the one job, or all of several after a question."""
        left = self._jobs.to_do
        if left < 2:
            self._jobs.stop_all()
            return
        of = self._jobs.batch.total
        text = f"{left} of {of} songs have no answer yet. They stay in the list, and can go on."
        ask(self._context.root, self._context.look, title="Stop all", text=text, yes="Stop all", no="Carry on",
            do=self._jobs.stop_all)  # fmt: skip

    def go_on(self) -> None:
        """Go on with all that was stopped or paused."""
        was_paused = self._jobs.paused
        if was_paused:
            self._jobs.pause()
        if self._jobs.stopped():
            self._jobs.go_on()
        elif not was_paused:
            self._context.say("Nothing was stopped")

    def offer_left_over(self) -> None:
        """Offer to go on with what a former window has not finished."""
        waiting = self._jobs.unfinished_store.left_over()
        if not waiting:
            return
        names = {one.batch for one in waiting}
        of = f" of “{names.pop()}”" if len(names) == 1 and "" not in names else ""
        has, it = ("has", "it") if len(waiting) == 1 else ("have", "them")
        self._banner.offer(
            f"{counted(len(waiting), 'song')}{of} from last time {has} no answer yet. Go on with {it}?",
            yes="Go on", no="Forget", accept=lambda: self._jobs.take_over(waiting),
            refuse=lambda: self._forget(waiting),
        )  # fmt: skip

    def _forget(self, waiting: Sequence[Waiting]) -> None:
        """Forget what was left over."""
        self._jobs.unfinished_store.forget([one.key for one in waiting])

    def before_closing(self, close: Callable[[], None]) -> None:
        """Close at once, or during work after a question."""
        left = self._jobs.to_do
        if not self._jobs.busy or not left:
            close()
            return
        words = "song has no answer yet. It is" if left == 1 else "songs have no answer yet. They are"
        text = f"{left} {words} offered again at the next start."
        ask(self._context.root, self._context.look, title="Close", text=text, yes="Close", no="Carry on", do=close)

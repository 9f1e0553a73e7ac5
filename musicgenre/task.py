"""Progress and cancelling of work that takes a while."""

from collections.abc import Callable
from dataclasses import dataclass

from musicgenre.errors import Cancelled


def _ignore(stage: str, fraction: float) -> None:
    """Show nothing."""


def _never() -> bool:
    """Return False."""
    return False


@dataclass(frozen=True)
class Task:
    """Who waits for a piece of work: where its progress goes, and whether it is still wanted.

    Parameters
    ----------
    progress : callable
        Takes the stage ("decode", "analyse", ...) and the fraction of it that is done.
    cancelled : callable
        Returns True once nobody wants the result any more; asked often, so it must be quick.
    """

    progress: Callable[[str, float], None] = _ignore
    cancelled: Callable[[], bool] = _never

    def report(self, stage: str, fraction: float) -> None:
        """Tell how much of a stage is done, from 0 to 1."""
        self.progress(stage, fraction)

    def part(self, start: float, end: float) -> "Task":
        """Return the task of a part of this work, whose whole is the fractions from `start` to `end` of this."""
        return Task(lambda stage, done: self.progress(stage, start + (end - start) * done), self.cancelled)

    def check(self) -> None:
        """Raise `Cancelled` if the work is no longer wanted."""
        if self.cancelled():
            raise Cancelled("stopped")


UNATTENDED = Task()  # nobody watches, nobody stops it

"""Progress and cancelling of work that takes a while."""

from collections.abc import Callable

Progress = Callable[[str, float], None]  # stage, fraction done

Cancel = Callable[[], bool]


def never() -> bool:
    """Return False: the `cancelled` of work that nobody stops."""
    return False

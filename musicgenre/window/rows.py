"""The rows of the queue: an input that waits, is being done, was stopped or has its answer."""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from musicgenre.engine.history import Entry
from musicgenre.sources.search_result import SearchResult


@dataclass
class Row:
    """A job or an answer of this session."""

    key: str
    title: str
    text: str = ""
    batch: str = ""
    job: int = 0
    state: str = "waiting"  # waiting, working, choosing, stopped, done
    online: bool = False
    stages: dict[str, float] = field(default_factory=dict)
    videos: Sequence[SearchResult] = ()
    thumbnails: dict[int, bytes] = field(default_factory=dict)
    entry: Entry | None = None

    @property
    def stage(self) -> tuple[str, float] | None:
        """The stage that runs and its fraction."""
        return list(self.stages.items())[-1] if self.stages else None


class Watcher(Protocol):
    """What is told of changes in the queue."""

    def row_added(self, row: Row) -> None:
        """Show the first row of what was asked for."""

    def batch_added(self) -> None:
        """Show the batch, which has just become one of several inputs."""

    def row_changed(self, row: Row) -> None:
        """Show a row's state, stage, title or answer."""

    def rows_stopped(self, keys: Sequence[str]) -> None:
        """Show that rows were stopped."""

    def batch_changed(self) -> None:
        """Show how far the batch is, or what it has come to."""

    def thumbnail_found(self, row: Row, index: int) -> None:
        """Show a thumbnail of a search result."""

    def rows_gone(self, keys: Sequence[str]) -> None:
        """Forget rows that will have no answer."""


def new_key() -> str:
    """Return a key that no other answer has."""
    return os.urandom(16).hex()  # the module uuid takes milliseconds to load


def input_title(text: str) -> str:
    """Return what an input is called before more is known of it: a file that is there by its name, else the text."""
    with contextlib.suppress(OSError, ValueError, RuntimeError):  # no possible name of a file
        path = Path(text).expanduser()
        if path.exists():
            return (path.name if path.is_dir() else path.stem) or text
    return text

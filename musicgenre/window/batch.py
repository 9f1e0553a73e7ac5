"""A batch: what was asked for together, how far it is, and what it has come to."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from time import monotonic

from musicgenre.engine.history import Entry
from musicgenre.genres import display_name
from musicgenre.inference.prediction import Prediction
from musicgenre.window.wording import PART_WORDS

PACE = 15  # latest answers that the time left is estimated from
LEAST = 2  # answers before it is told
PARTS = {**{kind: words for kind, words in PART_WORDS.items() if kind != "genre"}, "stopped": "Stopped"}


@dataclass(frozen=True)
class Input:
    """Something to classify.

    Parameters
    ----------
    text : str
        A file, folder, link or title.
    title : str, optional
        Where it is known already.
    prediction : Prediction, optional
        Of what has failed already.
    key : str
        Of the row that it has; "" for a new one.
    batch : str
        The name of the folder or playlist it is of.
    """

    text: str
    title: str | None = None
    prediction: Prediction | None = None
    key: str = ""
    batch: str = ""


@dataclass(frozen=True)
class Part:
    """Answers of a batch that have something in common: a genre, or a verdict.

    Parameters
    ----------
    name : str
        For people.
    kind : str
        "genre" or the verdict, or "stopped".
    colour : str, optional
        Of the genre.
    keys : tuple of str
    """

    name: str
    kind: str
    colour: str | None
    keys: tuple[str, ...]


@dataclass
class Batch:
    """What was asked for since the queue was empty last.

    Parameters
    ----------
    name : str
        Of its folder or playlist; "" for inputs of several places.
    coming : deque of Input
        Not queued yet, and listed nowhere.
    keys : dict of str to None
        Of its rows, in order.
    answers : dict of str to Entry
        Of those that are done.
    """

    name: str = ""
    coming: deque[Input] = field(default_factory=deque)
    keys: dict[str, None] = field(default_factory=dict)
    answers: dict[str, Entry] = field(default_factory=dict)
    _paces: deque[float] = field(default_factory=lambda: deque(maxlen=PACE))
    _since: float = field(default_factory=lambda: monotonic())
    _begun: float = field(default_factory=lambda: monotonic())
    took_s: float = 0.0

    @property
    def total(self) -> int:
        """How many inputs it has."""
        return len(self.keys) + len(self.coming)

    @property
    def done(self) -> int:
        """How many have their answer."""
        return len(self.answers)

    @property
    def is_several(self) -> bool:
        """Whether it is more than one input."""
        return self.total > 1

    def add(self, key: str, name: str) -> None:
        """Add a row; a batch of two names has none."""
        if not self.keys:
            self.name = name
        elif name != self.name:
            self.name = ""
        self.keys[key] = None

    def finish(self, entry: Entry) -> None:
        """Note an answer, and how long it took."""
        if entry.key in self.keys:
            self.answers[entry.key] = entry
            now = monotonic()
            self._paces.append(now - self._since)
            self._since = now
            self.took_s = now - self._begun

    def go_on(self) -> None:
        """Count time from now on: a pause does not make the batch slower."""
        self._begun += monotonic() - self._since
        self._since = monotonic()

    def remove(self, keys: Sequence[str]) -> None:
        """Forget rows."""
        for key in keys:
            self.keys.pop(key, None)
            self.answers.pop(key, None)

    def left_s(self, waiting: int) -> float | None:
        """Return how long so many inputs will take, None while it is not known."""
        if len(self._paces) < LEAST or not waiting:
            return None
        return sum(self._paces) / len(self._paces) * waiting

    def verdicts(self) -> list[str]:
        """Return the verdicts of all answers."""
        return [entry.prediction.verdict for entry in self.answers.values()]

    def parts(self, stopped: Sequence[str] = ()) -> list[Part]:
        """Return the answers by genre, the most frequent first, then by the other verdicts."""
        found: dict[tuple[str, str], list[Entry]] = {}
        for entry in self.answers.values():
            verdict = entry.prediction.verdict
            name = display_name(str(entry.prediction.genre)) if verdict == "genre" else PARTS.get(verdict, verdict)
            found.setdefault((verdict, name), []).append(entry)
        order = list(PARTS)

        def place(item: tuple[tuple[str, str], list[Entry]]) -> tuple[int, int, str]:
            (kind, name), entries = item
            return (-1 if kind == "genre" else order.index(kind) if kind in order else 99, -len(entries), name)

        parts = [
            Part(name, kind, entries[0].colour if kind == "genre" else None, tuple(one.key for one in entries))
            for (kind, name), entries in sorted(found.items(), key=place)
        ]
        return [*parts, *([Part(PARTS["stopped"], "stopped", None, tuple(stopped))] if stopped else [])]

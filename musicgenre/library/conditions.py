"""Which songs of a library are meant, as a condition in SQL over `songs AS s` and `answers AS a`."""

import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicgenre.library.query import RANGES, Term
from musicgenre.library.songs import stored_name

Condition = tuple[str, tuple[Any, ...]]

# Field of a query -> column; the texts are compared by `plain`, the names stand between line breaks.
TEXT_COLUMNS = {
    "artist": "s.artist", "title": "s.title", "album": "s.album", "tagged": "s.tag_genre",
    "path": "s.folder, s.name",
}  # fmt: skip
RANGE_COLUMNS = {"bpm": "a.tempo_bpm", "confidence": "a.confidence", "length": "s.duration_s"}


@dataclass(frozen=True)
class Selection:
    """Some songs of a library.

    Parameters
    ----------
    roots : sequence of path-like
        Folders or songs; all songs if there are none.
    terms : sequence of Term
        What must hold; see `library.query`.
    model : str, int or None
        The model whose answers count, by name or number; None is the usual one. See `Library.model`.
    """

    roots: Sequence[str | Path] = ()
    terms: Sequence[Term] = ()
    model: str | int | None = None


ALL = Selection()  # every song, by the usual model


def below(root: str | Path) -> Condition:
    """Return the condition for the songs in and below a folder, or for one song."""
    top = Path(root).resolve()
    inside = os.fsencode(top).rstrip(os.sep.encode()) + os.sep.encode()
    words = "((s.folder = ? AND s.name = ?) OR s.folder = ? OR CAST(s.folder AS BLOB) BETWEEN ? AND ?)"
    place = stored_name(str(top.parent)), stored_name(top.name)
    return words, (*place, stored_name(str(top)), inside, inside + b"\xff")


def below_any(roots: Sequence[str | Path]) -> Condition:
    """Return the condition for the songs below any of some folders; for all if there are none."""
    return _joined([below(root) for root in roots], " OR ") if roots else ("1", ())


def condition(selection: Selection) -> Condition:
    """Return the condition for a selection; its model is no part of it."""
    return _joined([below_any(selection.roots), *map(_of_term, selection.terms)], " AND ")


def _joined(parts: Sequence[Condition], word: str) -> Condition:
    """Return several conditions as one."""
    return f"({word.join(words for words, _ in parts)})", tuple(value for _, values in parts for value in values)


def _of_term(term: Term) -> Condition:
    """Return the condition for one term."""
    words, values = _joined(_alternatives(term), " OR ")
    return (f"NOT coalesce({words}, 0)" if term.negated else words), values


def _alternatives(term: Term) -> list[Condition]:
    """Return the conditions for a term of which one must hold."""
    if term.field in RANGES and term.ends:
        return [(f"({RANGE_COLUMNS[term.field]} BETWEEN ? AND ?)", term.ends)]
    if term.field == "genre":
        return [("(a.genre = ? AND a.verdict = 'genre')", (value,)) for value in term.values]
    if term.field == "likely":  # older answers have no sets
        named = "(instr(a.likely, ?) OR (a.likely IS NULL AND a.verdict = 'genre' AND a.genre = ?))"
        return [(named, (f"\n{value}\n", value)) for value in term.values]
    if term.field == "verdict":
        return [("a.verdict = ?", (value,)) for value in term.values]
    if term.field == "tag":
        return [("instr(plain(a.tags), ?)", (f"\n{plain(value)}\n",)) for value in term.values]
    columns = [TEXT_COLUMNS[term.field]] if term.field else [*TEXT_COLUMNS.values()]
    return [(f"instr(plain({column}), ?)", (plain(value),)) for value in term.values for column in columns]


def plain(*texts: str | bytes | None) -> str | None:
    """Return a text, or the parts of a path, as it is compared: case and Unicode's forms make no difference.

    Queries call it in SQL.
    """
    parts = [os.fsdecode(text) for text in texts if text is not None]
    text = unicodedata.normalize("NFKC", "/".join(parts)).casefold()
    return text.encode("utf-8", "replace").decode() if parts else None

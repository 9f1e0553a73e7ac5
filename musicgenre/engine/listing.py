"""Which songs of the history a window lists: searched, filtered, sorted and counted.

Conventions
-----------
A song is an input; its row is its latest answer, and earlier ones lie inside it. Only keys are read here: the window
reads the answers themselves when their rows are made.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from musicgenre.engine.history import History
from musicgenre.text import clean_title

COLUMNS = {
    "title": "title COLLATE NOCASE", "artist": "artist COLLATE NOCASE", "genre": "genre COLLATE NOCASE, verdict",
    "confidence": "confidence", "tempo": "tempo", "date": "made",
}  # fmt: skip
FAILED, CORRECTED, GENRE = "error", "corrected", "genre:"
SONGS = (
    "SELECT key, max(made) AS made, title, artist, verdict, genre, confidence{also} FROM answers"
    " WHERE input IS NOT NULL AND {where} GROUP BY input"
)


@dataclass(frozen=True)
class Filter:
    """Which songs are listed.

    Parameters
    ----------
    words : str
        Every one of them is in title, artist, input, genre or verdict.
    part : str
        A verdict, "corrected", or "genre:" with a genre; "" for all.
    keys : collection of str, optional
        Answers that a song is one of, as those of a batch.
    """

    words: str = ""
    part: str = ""
    keys: Collection[str] | None = None


@dataclass(frozen=True)
class Order:
    """What the songs are sorted by: one of `COLUMNS`."""

    column: str = "date"
    descending: bool = True

    @property
    def by_day(self) -> bool:
        """Whether the songs come day by day."""
        return self.column == "date"


def song_keys(history: History, chosen: Filter | None = None, order: Order | None = None) -> list[str]:
    """Return the keys of the songs' latest answers."""
    chosen, order = chosen or Filter(), order or Order()
    parts = clean_title(chosen.words).casefold().split()
    where, values = ["instr(words, ?) > 0"] * len(parts), list[Any](parts)
    if chosen.keys is not None:
        where.append("key IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(list(chosen.keys)))
    outer = "1"
    if chosen.part.startswith(GENRE):
        outer = "verdict = 'genre' AND genre = ?"
        values.append(chosen.part.removeprefix(GENRE))
    elif chosen.part == CORRECTED:
        outer = "key IN (SELECT key FROM corrections)"
    elif chosen.part:
        outer = "verdict = ?"
        values.append(chosen.part)
    by = COLUMNS.get(order.column, "made")
    direction = "DESC" if order.descending else "ASC"
    first = by.split(",")[0]
    sort = ", ".join(f"{column} {direction}" for column in by.split(","))
    also = ", tempo" if order.column == "tempo" else ""  # the index has all the others
    songs = SONGS.format(where=" AND ".join(where) or "1", also=also)
    query = f"SELECT key FROM ({songs}) WHERE {outer} ORDER BY {first} IS NULL, {sort}, made DESC"  # noqa: S608 - the values are parameters
    return [str(row[0]) for row in history.rows(query, tuple(values))]


def song_count(history: History) -> int:
    """Return how many songs there are."""
    return int(sum(row[0] for row in history.rows("SELECT count(DISTINCT input) FROM answers")))


def part_counts(history: History) -> dict[str, int]:
    """Return how many songs each part of `Filter` has; genres first, the most frequent first."""
    query = f"SELECT verdict, genre, count(*) FROM ({SONGS.format(where='1', also='')}) GROUP BY 1, 2 ORDER BY 3 DESC"  # noqa: S608 - our own words
    genres: dict[str, int] = {}
    others: dict[str, int] = {}
    for verdict, genre, count in history.rows(query):
        if verdict == "genre" and genre:
            genres[GENRE + clean_title(genre, limit=60)] = count
        elif verdict:
            others[str(verdict)] = others.get(str(verdict), 0) + count
    corrected = len(song_keys(history, Filter(part=CORRECTED)))
    return {**genres, **others, **({CORRECTED: corrected} if corrected else {})}


def earlier_keys(history: History, key: str) -> list[str]:
    """Return the keys of the other answers about the song of one, newest first."""
    query = (
        "SELECT b.key FROM answers AS a JOIN answers AS b ON b.input = a.input"
        " WHERE a.key = ? AND b.key != a.key ORDER BY b.made DESC"
    )
    return [str(row[0]) for row in history.rows(query, (key,))]

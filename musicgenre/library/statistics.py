"""Counts of a library: genres, verdicts, what its own tags say, unsure songs."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from heapq import nlargest
from pathlib import Path
from typing import Any

from musicgenre.library.conditions import ALL, Selection
from musicgenre.library.genre_names import genres_of_tag
from musicgenre.library.query import Term
from musicgenre.library.songs import Song, names_of
from musicgenre.library.store import Library

SHOWN = 10  # songs of a list


@dataclass(frozen=True)
class Statistics:
    """Counts over a library, of the answers of one model.

    Parameters
    ----------
    songs, missing : int
        There, and vanished.
    hours : float
        Of sound.
    verdicts : dict
        Verdict to number of songs.
    genres : dict
        Genre to (named, unsure) songs.
    model : str
        Whose answers.
    others : dict
        Names of further models to the songs that they have answered.
    unanswered : int
        Songs that this model has not heard.
    sets : int
        Uncertain songs that are said to be of one of a few genres.
    tags : dict
        (genre that a song's own tag names, genre of its answer) to number of named songs.
    contradicted, unsure : list of Song
        The surest answers that contradict a tag, and the least sure ones.
    errors : list of (Path, str)
        The first songs that could not be heard, and why.
    """

    songs: int
    missing: int
    hours: float
    verdicts: dict[str, int]
    genres: dict[str, tuple[int, int]]
    model: str = ""
    others: dict[str, int] = field(default_factory=dict)
    unanswered: int = 0
    sets: int = 0
    tags: dict[tuple[str, str], int] = field(default_factory=dict)
    contradicted: list[Song] = field(default_factory=list)
    unsure: list[Song] = field(default_factory=list)
    errors: list[tuple[Path, str]] = field(default_factory=list)

    @property
    def agreement(self) -> float | None:
        """Share of comparable tags that name the answer's genre."""
        total = sum(self.tags.values())
        return sum(n for (tag, genre), n in self.tags.items() if tag == genre) / total if total else None

    def as_json(self) -> dict[str, Any]:
        """Return JSON-ready values."""
        songs = {
            name: [
                {"input": str(s.path), "genre": s.genre, "confidence": s.confidence, "tag": s.tag_genre} for s in listed
            ]
            for name, listed in (("contradicted", self.contradicted), ("unsure", self.unsure))
        }
        return {
            "songs": self.songs, "missing": self.missing, "hours": round(self.hours, 2), "model": self.model,
            "other_models": self.others, "unanswered": self.unanswered, "verdicts": self.verdicts, "sets": self.sets,
            "genres": {genre: {"named": n, "unsure": u} for genre, (n, u) in self.genres.items()},
            "tags": [{"tag": tag, "genre": genre, "songs": n} for (tag, genre), n in sorted(self.tags.items())],
            **songs, "errors": [{"input": str(path), "reason": reason} for path, reason in self.errors],
        }  # fmt: skip


def statistics(library: Library, selection: Selection = ALL) -> Statistics:
    """Count the songs of a library, or of a selection of it."""
    chosen = library.model(selection.model)
    selection = replace(selection, model=chosen.number)

    def only(verdict: str) -> Selection:
        return replace(selection, terms=(*selection.terms, Term("verdict", (verdict,))))

    verdicts = library.count("verdict", selection)
    numbers = {pair: n for pair, n in library.count("genre, verdict", selection).items() if pair[0] is not None}
    heard = sorted({genre for genre, _ in numbers})
    genres = {g: (numbers.get((g, "genre"), 0), numbers.get((g, "uncertain"), 0)) for g in heard}
    genres = dict(sorted(genres.items(), key=lambda item: (-sum(item[1]), item[0])))
    likely = library.count("likely", only("uncertain"))
    sets = sum(n for lines, n in likely.items() if len(names_of(lines)) > 1)
    names = sorted({*library.genres(chosen.number), *heard})
    tags: dict[tuple[str, str], int] = {}

    def contradictions() -> Iterator[tuple[float, int, Song]]:
        for song in library.songs(only("genre")):
            named = genres_of_tag(song.tag_genre or "", names)
            if not named or song.genre is None or song.confidence is None:
                continue
            tag = song.genre if song.genre in named else named[0]
            tags[tag, song.genre] = tags.get((tag, song.genre), 0) + 1
            if tag != song.genre:
                yield song.confidence, -song.key, song

    contradicted = [song for *_, song in nlargest(SHOWN, contradictions())]
    unsure = itertools.islice(library.songs(only("uncertain"), order="least sure"), SHOWN)
    errors = itertools.islice(library.songs(only("error")), SHOWN)
    reasons = [(song.path, library.answer(song.key, chosen.number)) for song in [*errors]]
    return Statistics(
        sum(verdicts.values()), sum(library.count("verdict", selection, missing=True).values()),
        library.hours(selection), verdicts, genres, chosen.name,
        {m.name: m.songs for m in reversed(library.models()) if m.number != chosen.number},
        library.unanswered(selection), sets, tags, contradicted, [*unsure],
        [(path, (answer.reason if answer else "") or "") for path, answer in reasons],
    )  # fmt: skip

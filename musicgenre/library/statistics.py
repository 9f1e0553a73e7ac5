"""Counts of a library: genres, verdicts, what its own tags say, unsure songs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from heapq import nlargest
from pathlib import Path
from typing import Any

from musicgenre.library.genre_names import genres_of_tag
from musicgenre.library.store import Library, Song, below_any, song_path
from musicgenre.library.tagging import library_genres
from musicgenre.text import clean_text, clean_title, counted

SHOWN = 10  # songs of a list in the statistics


# ---- what stands out


@dataclass(frozen=True)
class Statistics:
    """Counts over a library.

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
            "songs": self.songs, "missing": self.missing, "hours": round(self.hours, 2), "verdicts": self.verdicts,
            "genres": {genre: {"named": n, "unsure": u} for genre, (n, u) in self.genres.items()},
            "tags": [{"tag": tag, "genre": genre, "songs": n} for (tag, genre), n in sorted(self.tags.items())],
            **songs, "errors": [{"input": str(path), "reason": reason} for path, reason in self.errors],
        }  # fmt: skip


def statistics(library: Library, *, roots: Sequence[str | Path] = ()) -> Statistics:
    """Count a library."""
    where, values = below_any(roots)
    there = f"missing_since IS NULL AND {where}"
    verdicts = dict(sorted(library.count("verdict", there, values).items()))
    numbers = library.count("genre, verdict", f"{there} AND genre IS NOT NULL", values)
    heard = sorted({genre for genre, _ in numbers})
    genres = {g: (numbers.get((g, "genre"), 0), numbers.get((g, "uncertain"), 0)) for g in heard}
    genres = dict(sorted(genres.items(), key=lambda item: (-sum(item[1]), item[0])))
    hours = library.number("total(duration_s) / 3600", there, values)
    missing = library.number("count(*)", f"missing_since IS NOT NULL AND {where}", values)
    tags: dict[tuple[str, str], int] = {}
    names = sorted({*library_genres(library), *heard})

    def contradictions() -> Iterator[tuple[float, int]]:
        for song in library.songs(f"verdict = 'genre' AND tag_genre > '' AND {where}", values):
            named = genres_of_tag(song.tag_genre or "", names)
            if not named or song.genre is None or song.confidence is None:
                continue
            tag = song.genre if song.genre in named else named[0]
            tags[tag, song.genre] = tags.get((tag, song.genre), 0) + 1
            if tag != song.genre:
                yield song.confidence, song.key

    contradicted = [s for _, key in nlargest(SHOWN, contradictions()) for s in library.songs("id = ?", (key,))]
    unsure = list(library.songs(f"verdict = 'uncertain' AND {where} ORDER BY confidence LIMIT {SHOWN}", values))
    query = (
        "SELECT folder, name, answer FROM songs"  # noqa: S608 - the values are parameters
        f" WHERE verdict = 'error' AND {there} ORDER BY folder, name LIMIT {SHOWN}"
    )
    unheard = [(song_path(*place), answer) for *place, answer in library.read(query, values)]
    errors = [(path, library.prediction(path, answer).reason or "") for path, answer in unheard]
    return Statistics(sum(verdicts.values()), missing, hours, verdicts, genres, tags, contradicted, unsure, errors)


def summary(counts: Statistics) -> str:
    """Return the counts as lines for a person: songs, hours, and how many of each genre."""
    said = {"uncertain": "not sure", "not_music": "not music", "silent": "silent", "too_short": "too short"}
    parts = [f"{counts.verdicts.get('genre', 0)} named"]
    parts += [f"{n} {said[verdict]}" for verdict, n in counts.verdicts.items() if verdict in said]
    parts += [counted(n, "error") for verdict, n in counts.verdicts.items() if verdict == "error"]
    gone = f"; {counts.missing} vanished" if counts.missing else ""
    length = f"{counts.hours:.1f} hours" if counts.hours >= 1 else f"{60 * counts.hours:.0f} minutes"
    lines = [f"{counted(counts.songs, 'song')}, {length}: {', '.join(parts)}{gone}"]
    width = max((len(genre) for genre in counts.genres), default=0)
    for genre, (named, unsure) in counts.genres.items():
        share = named / counts.songs
        lines.append(
            f"  {clean_text(genre):<{width}}  {named:>7}  {share:4.0%}" + (f"  (perhaps {unsure} more)" * (unsure > 0))
        )
    return "\n".join(lines) + "\n"


def details(counts: Statistics) -> str:
    """Return what a person may want to look into: contradicted tags, and unsure songs."""
    lines = []
    if counts.agreement is not None:
        lines.append(f"tags that name one of these genres: {sum(counts.tags.values())}, {counts.agreement:.0%} agree")
        others = sorted((-n, pair) for pair, n in counts.tags.items() if pair[0] != pair[1])
        lines += [
            f"  {-n:>7}  tagged {clean_text(tag)}, sounds like {clean_text(genre)}"
            for n, (tag, genre) in others[:SHOWN]
        ]
    if counts.contradicted:
        lines.append("the surest contradictions")
        lines += [
            f"  {clean_text(str(s.path))}: tagged {clean_title(s.tag_genre)}, {s.genre} {s.confidence:.0%}"
            for s in counts.contradicted
        ]
    if counts.unsure:
        lines.append("least sure, worth a listen")
        lines += [f"  {clean_text(str(s.path))}: perhaps {s.genre}, {s.confidence:.0%}" for s in counts.unsure]
    return "\n".join(lines) + "\n" * bool(lines) + errors(counts)


def errors(counts: Statistics) -> str:
    """Return the songs that could not be heard as lines for a person."""
    if not counts.errors:
        return ""
    lines = [f"  {clean_text(str(path))}: {clean_text(reason)}" for path, reason in counts.errors]
    more = counts.verdicts["error"] - len(lines)
    return "\n".join(["not heard", *lines, *[f"  and {more} more (--csv has all)"] * (more > 0)]) + "\n"

"""Genres into the tags of a library's songs, and out again exactly."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from musicgenre.audio.tag_formats.splice import Tag
from musicgenre.audio.tags import JOINED_BY, Change, read_genres, read_tags, restore, sweep, write_genres
from musicgenre.errors import GenreError, SourceError
from musicgenre.genres import display_name
from musicgenre.inference.prediction import Prediction
from musicgenre.library.genre_names import is_kind_of, is_same, listed, split_genres
from musicgenre.library.genre_names import key as same_name
from musicgenre.library.store import Library, below_any, song_path
from musicgenre.text import clean_title

MORE_FROM = 0.1  # probability from which a second and third genre is written


# ---- tags


@dataclass(frozen=True)
class TagOptions:
    """How genres are written into songs.

    Parameters
    ----------
    overwrite : bool
        Whether a genre that is there is replaced.
    confidence : float
        Only songs named with at least this.
    count : int
        How many genres at most: the named one, then others of at least 10 %.
    separator : str or None
        Joins several to one text; None writes values of their own wherever the format has lists.
    ignore : sequence of str
        Genres that are never written.
    coarsen : bool
        Whether overwriting also replaces a kind of the genre by the genre: Death Metal by Metal.
    """

    overwrite: bool = False
    confidence: float = 0.0
    count: int = 1
    separator: str | None = None
    ignore: Sequence[str] = ()
    coarsen: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of one song, and a sentence.

    The kinds are ``written``, ``kept``, ``restored``, ``gone``, ``failed``, and ``not taggable`` where the format has
    no tags that can be written.
    """

    path: Path
    kind: str
    words: str


def wanted_genres(probabilities: Mapping[str, float], genre: str, options: TagOptions) -> list[str]:
    """Return the genres to write for an answer, the named one first; none if that one is to be ignored."""
    ignored = set(listed(",".join(options.ignore), [*probabilities, genre])[0])
    if genre in ignored:
        return []
    others = sorted((-p, name) for name, p in probabilities.items() if name != genre and p >= MORE_FROM)
    return [genre, *(name for _, name in others if name not in ignored)][: options.count]


def library_genres(library: Library) -> list[str]:
    """Return the genres that the models of a library's answers know."""
    query = "SELECT folder, name, answer FROM songs WHERE genre IS NOT NULL GROUP BY settings"
    answers = [library.prediction(song_path(*place), answer) for *place, answer in library.read(query)]
    return sorted({genre for answer in answers for genre in answer.probabilities or ()})


def write_tags(library: Library, options: TagOptions, *, roots: Sequence[str | Path] = ()) -> Iterator[Outcome]:
    """Write the genre of every named song into its tags, and yield what became of each.

    The old value is kept in the library before a song changes. A song that was edited since it was heard is left alone.

    Raises
    ------
    SourceError
        If a genre to ignore is none of the library's, or another run writes tags.
    """
    genres = library_genres(library) if options.ignore else []
    _, unknown = listed(",".join(options.ignore), genres)
    if genres and unknown:
        there = ", ".join(genres)
        raise SourceError(f"there is no genre {clean_title(unknown[0])!r} in the library; its genres are {there}")
    with library.alone():
        yield from _write_tags(library, options, roots)


def _write_tags(library: Library, options: TagOptions, roots: Sequence[str | Path]) -> Iterator[Outcome]:
    """Write tags; see `write_tags`."""
    where, values = below_any(roots)
    _sweep(library, where, values)
    where = f"verdict = 'genre' AND confidence >= ? AND {where} ORDER BY folder, name"
    for key, path, answer in _rows(library, "answer", where, (options.confidence, *values)):
        try:
            outcome = _write_song(library, key, path, library.prediction(path, answer), options)
        except (GenreError, OSError) as error:
            outcome = _trouble(path, error)
            if isinstance(error, GenreError) and error.kind == "unsupported" and not library.is_changed(key):
                outcome = replace(outcome, kind="not taggable")
        if outcome:
            yield outcome


def _write_song(library: Library, key: int, path: Path, answer: Prediction, options: TagOptions) -> Outcome | None:
    """Write the genre of one song and return what became of it, None if it was there already."""
    chances = answer.probabilities or {}
    wanted = wanted_genres(chances, answer.genre or "", options)
    if not wanted:
        return Outcome(path, "kept", f"{answer.genre} is not to be written")
    genres = [display_name(genre) for genre in wanted]
    texts = genres if options.separator is None else [options.separator.join(genres)]
    there = read_genres(path)
    if there and _all_say(read_tags(path), texts):
        return None
    if library.is_changed(key):
        return Outcome(path, "failed", "it was changed since it was heard; bring the library up to date first")
    if there and not options.overwrite:
        return Outcome(path, "kept", f"it has the genre {', '.join(there)}")
    kinds = [text for text in there if is_kind_of(text, wanted[0], [*chances]) and not is_same(text, wanted[0])]
    if kinds and not options.coarsen:
        return Outcome(path, "kept", f"it has the genre {', '.join(there)}, which {genres[0]} would make coarser")
    change = write_genres(path, texts, record=partial(_record, library, key))
    library.refresh(key, change.sha256_after, change.after)
    old = f" for {', '.join(there)}" if there else ""
    target = f" (in {path.resolve()}, which this links to)" if path.is_symlink() else ""
    return Outcome(path, "written", f"{', '.join(change.after)}{old}{target}")


def _all_say(tags: Sequence[Tag], texts: Sequence[str]) -> bool:
    """Whether every tag that holds genres holds these, however they are spelled."""

    def keys(values: Sequence[str]) -> list[str]:
        return [same_name(value) for value in split_genres(values)]

    return all(keys(tag.genres) == keys(tag.stored(texts, JOINED_BY)) for tag in tags if tag.genres)


def undo_tags(library: Library, *, roots: Sequence[str | Path] = ()) -> Iterator[Outcome]:
    """Take every change of tags back, the latest first, and yield what became of each song.

    Raises
    ------
    SourceError
        If another run writes tags.
    """
    with library.alone():
        yield from _undo_tags(library, roots)


def _undo_tags(library: Library, roots: Sequence[str | Path]) -> Iterator[Outcome]:
    """Take changes back; see `undo_tags`."""
    where, values = below_any(roots)
    _sweep(library, where, values)
    query = (
        "SELECT c.id, c.song, folder, name, c.before, c.after, c.sha256_before, c.sha256_after, c.undo"  # noqa: S608 - the values are parameters
        f" FROM changes AS c JOIN songs ON songs.id = c.song WHERE c.undone IS NULL AND {where} ORDER BY c.id DESC"
    )
    for number, key, folder, name, before, after, *rest in list(library.read(query, values)):
        path = song_path(folder, name)
        change = Change(tuple(json.loads(before)), tuple(json.loads(after)), *rest)
        try:
            exact = restore(path, change)
            library.refresh(key, change.sha256_before if exact else None, read_genres(path))
            with library.writing() as store:
                store.execute("UPDATE changes SET undone = ? WHERE id = ?", (time.time(), number))
            words = ", ".join(change.before) or "no genre"
            yield Outcome(path, "restored", words if exact else f"{words}; other tags were edited since and stay")
        except (GenreError, OSError) as error:
            yield _trouble(path, error)


def _sweep(library: Library, where: str, values: Sequence[Any]) -> None:
    """Remove what a kill left beside the songs."""
    for (folder,) in library.read(f"SELECT DISTINCT folder FROM songs WHERE {where}", values):  # noqa: S608 - the values are parameters
        sweep(song_path(folder, "."))


def _record(library: Library, key: int, change: Change) -> None:
    """Keep a change that is about to be made."""
    values = (
        key, time.time(), json.dumps(change.before), json.dumps(change.after), change.sha256_before,
        change.sha256_after, change.undo,
    )  # fmt: skip
    with library.writing() as store:
        columns = "song, made, before, after, sha256_before, sha256_after, undo"
        store.execute(f"INSERT INTO changes ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)  # noqa: S608 - our own words


def _trouble(path: Path, error: GenreError | OSError) -> Outcome:
    """Return what an error means for a song."""
    if not path.exists():
        moved = "it is no longer there; if it was moved, bring the library up to date: FOLDER --library FILE"
        return Outcome(path, "gone", moved)
    if isinstance(error, OSError):
        return Outcome(path, "failed", f"{error.strerror or error}; check the permissions and the free space")
    return Outcome(path, "failed", str(error))


def _rows(library: Library, columns: str, where: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield (key, path, columns ...) of songs that are there; songs may be written meanwhile."""
    query = f"SELECT id FROM songs WHERE missing_since IS NULL AND {where}"  # noqa: S608 - the values are parameters
    for (key,) in list(library.read(query, values)):
        for folder, name, *rest in library.read(f"SELECT folder, name, {columns} FROM songs WHERE id = ?", (key,)):  # noqa: S608 - our own words
            yield key, song_path(folder, name), *rest

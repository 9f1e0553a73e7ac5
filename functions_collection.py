"""What a library of songs is good for: tags, playlists, the nearest songs, and what stands out.

Conventions
-----------
Everything here reads the answers in a `functions_library.Library`; nothing is classified but the song that others are
compared with. `roots` limits the work to songs below some folders; none means all. Songs that vanished are left out.
"""

import itertools
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from heapq import nlargest
from pathlib import Path
from typing import Any

import numpy as np

from functions_answers import loaded_classifier
from functions_audio import Cancel, GenreError, Progress, SourceError, never
from functions_inputs import expand_inputs
from functions_interface import Prediction
from functions_library import FEATURE_TYPE, Library, Song, below_any, song_features, song_path
from functions_table import write_atomic
from functions_text import clean_text, clean_title, counted
from musicgenre.audio.tag_formats.splice import Tag
from musicgenre.audio.tags import JOINED_BY, Change, read_genres, read_tags, restore, sweep, write_genres
from musicgenre.genres import display_name
from musicgenre.library.genre_names import genres_of_tag, is_kind_of, is_same, listed, split_genres
from musicgenre.library.genre_names import key as same_name

MORE_FROM = 0.1  # probability from which a second and third genre is written
SHOWN = 10  # songs of a list in the statistics
BLOCK = 50_000  # songs that are compared at once, 40 MB
WHITENED_BY = 20_000  # songs that tell the directions in which songs differ
FEW_SONGS = 30
SHRINKAGE = 0.5
PLAYLIST_MARK = "# made by the music genre classifier"
NO_FILE_NAME = str.maketrans(dict.fromkeys('/\\:*?"<>|', "_"))


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


# ---- playlists


def write_playlists(library: Library, folder: Path, *, roots: Sequence[str | Path] = ()) -> tuple[dict[str, int], int]:
    """Write one M3U8 playlist for each genre with relative paths, the surest songs first.

    Returns
    -------
    dict, int
        Genre to number of songs; and the number of songs whose name a playlist cannot hold.

    Raises
    ------
    SourceError
        If a file of that name is there which is no playlist of this program.
    OSError
        If the folder cannot be written.
    """
    where, values = below_any(roots)
    counts: dict[str, int] = {}
    odd = 0
    genres = sorted(genre for genre in library.count("genre", f"verdict = 'genre' AND {where}", values) if genre)
    paths = {
        genre: folder / f"{clean_title(genre, limit=100).translate(NO_FILE_NAME).lstrip('.') or 'genre'}.m3u8"
        for genre in genres
    }
    for path in paths.values():
        if not _may_replace(path):
            raise SourceError(f"{path} is no playlist of this program; choose another folder")
    for genre in genres:
        lines = ["#EXTM3U", PLAYLIST_MARK, f"#PLAYLIST:{clean_title(genre)}"]
        order = f"verdict = 'genre' AND genre = ? AND {where} ORDER BY confidence DESC, folder, name"
        for song in library.songs(order, (genre, *values)):
            try:
                place = os.path.relpath(song.path, folder.resolve())
            except ValueError:  # another drive
                place = str(song.path)
            if "\n" in place or "\r" in place or not _is_text(place):
                odd += 1
                continue
            about = " - ".join(clean_title(part) for part in (song.artist, song.title) if part)
            lines += [
                f"#EXTINF:{round(song.duration_s or 0)},{about}",
                f"./{place}" if place.startswith("#") else place,
            ]
            counts[genre] = counts.get(genre, 0) + 1
        if genre in counts or paths[genre].exists():  # what an earlier run wrote is not left as it was
            write_atomic(paths[genre], "\n".join(lines) + "\n")
    return counts, odd


def _may_replace(path: Path) -> bool:
    """Whether there is no file of a name, or a playlist of this program."""
    if not path.is_file():
        return not path.exists()
    with path.open("rb") as file:
        return PLAYLIST_MARK.encode() in file.read(1000)


def _is_text(text: str) -> bool:
    """Whether a name is UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


# ---- similar songs


@dataclass(frozen=True)
class Neighbour:
    """A song of the library and its distance: 0 for the same sound, about 1 for unrelated ones, 2 at most."""

    song: Song
    distance: float


def similar(
    library: Library,
    text: str,
    *,
    top: int = SHOWN,
    model: str = "genres",
    search_titles: bool = False,
    progress: Progress | None = None,
    cancelled: Cancel = never,
) -> list[Neighbour]:
    """Return the nearest songs of a library to a song.

    Parameters
    ----------
    text : str
        A file, in the library or not, or a link; with `search_titles` a title. It is not among its own neighbours.
    top : int
        How many.
    model, progress, cancelled
        For a song that has to be heard first; see `functions_interface.Classifier`.

    Raises
    ------
    GenreError
        If the song cannot be read or has too little sound.
    """
    items = expand_inputs([text], search_titles=search_titles, progress=progress, cancelled=cancelled)
    item, *more = itertools.islice(items, 2)
    if more:
        raise SourceError(f"{clean_title(text)!r} is more than one song; give one")
    if item.error or item.source is None:
        raise item.error or SourceError(f"{clean_title(text)!r} leads to nothing")
    path = Path(item.source.value).resolve() if item.source.kind == "file" else None
    features = library.features_of(path) if path else None
    if features is None:
        classifier = loaded_classifier(model, 1)
        answer = classifier.classify_item(item, progress=progress, cancelled=cancelled)
        if not answer.probabilities or classifier.features is None or classifier.features.windows is None:
            raise GenreError(f"{clean_title(text)!r} cannot be compared: {answer.reason}", "unreadable")
        features = song_features(classifier.features.windows.deep)
    return nearest(library, features, top=top, leave_out=path)


def nearest(
    library: Library, features: np.ndarray, *, top: int = SHOWN, leave_out: Path | None = None
) -> list[Neighbour]:
    """Return the songs nearest to features of shape (200,): cosine distance after whitening, by brute force in blocks.

    Whitening by the library's own covariance, shrunk halfway to a sphere (as Ledoit and Wolf, 2004, with a fixed
    share), keeps what all songs of a collection have in common from deciding.
    """
    from sklearn.neighbors import NearestNeighbors  # takes a second to load

    where = "missing_since IS NULL AND verdict IN ('genre', 'uncertain') AND length(features) = ?"
    count = library.number("count(*)", where, (features.nbytes,))
    step = max(count // WHITENED_BY, 1)
    sample = library.read(f"SELECT features FROM songs WHERE {where} AND id % ? = 0", (features.nbytes, step))  # noqa: S608 - our own words
    mean, whitening = _whitening(_vectors([blob for (blob,) in sample], len(features)))
    wanted = (features - mean) @ whitening
    best: list[tuple[float, int]] = []
    keys: list[int] = []
    data: list[bytes] = []

    def compare() -> None:
        vectors = (_vectors(data, len(features)) - mean) @ whitening
        index = NearestNeighbors(n_neighbors=min(top + 1, len(keys)), metric="cosine", algorithm="brute").fit(vectors)
        distances, places = index.kneighbors(wanted[None])
        found = [(float(d), keys[i]) for d, i in zip(distances[0], places[0], strict=True)]
        best[:] = sorted([*best, *found])[: top + 1]
        keys.clear()
        data.clear()

    for key, blob in library.read(f"SELECT id, features FROM songs WHERE {where}", (features.nbytes,)):  # noqa: S608 - our own words
        keys.append(key)
        data.append(blob)
        if len(keys) == BLOCK:
            compare()
    if keys:
        compare()
    found = [Neighbour(song, max(d, 0.0)) for d, key in best for song in library.songs("id = ?", (key,))]
    return [neighbour for neighbour in found if neighbour.song.path != leave_out][:top]


def _vectors(blobs: Sequence[bytes], width: int) -> np.ndarray:
    """Return stored features as an array, shape (songs, width)."""
    return np.frombuffer(b"".join(blobs), FEATURE_TYPE).reshape(-1, width)


def _whitening(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean, shape (n,), and the matrix, shape (n, n), that make features alike in all directions."""
    width = vectors.shape[1]
    if len(vectors) < FEW_SONGS:  # which tell nothing of what songs have in common
        return np.zeros(width, np.float32), np.eye(width, dtype=np.float32)
    mean = vectors.mean(axis=0)
    covariance = np.cov((vectors - mean).T)
    sphere = np.eye(width) * np.trace(covariance) / width
    values, axes = np.linalg.eigh(SHRINKAGE * sphere + (1 - SHRINKAGE) * covariance)
    return mean, (axes / np.sqrt(np.maximum(values, 1e-9))).astype(np.float32)


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

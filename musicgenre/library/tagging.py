"""Genres into the tags of a library's songs, and out again exactly."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from musicgenre.audio.tags import JOINED_BY, Change, read_genres, read_tags, restore, sweep, write_genres
from musicgenre.errors import AudioError, GenreError, SourceError
from musicgenre.genres import display_name
from musicgenre.library.changes import content_hash, folders, kept_changes, record, refresh, taken_back
from musicgenre.library.conditions import ALL, Selection
from musicgenre.library.genre_names import is_kind_of, is_same, listed, split_genres
from musicgenre.library.genre_names import key as same_name
from musicgenre.library.groups import BY, groups
from musicgenre.library.songs import Song
from musicgenre.library.store import Library, open_library
from musicgenre.text import clean_title

MORE_FROM = 0.1  # probability, or share of votes, from which a second and third genre is written

CASES = ("name", "lower", "id")  # how genres are spelled: Hip-Hop, hip-hop, hiphop

GONE = "it is no longer there; if it was moved, scan the folder where it is now"

CHANGED = "it was changed since it was heard; scan its folder again"


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
    case : str
        ``name`` (Hip-Hop), ``lower`` (hip-hop) or ``id`` (hiphop).
    by : str
        Whose answer is written: the ``song``'s, or that of its ``folder`` or ``album``, where each song has one vote.
    """

    overwrite: bool = False
    confidence: float = 0.0
    count: int = 1
    separator: str | None = None
    ignore: Sequence[str] = ()
    coarsen: bool = False
    case: str = "name"
    by: str = "song"


@dataclass(frozen=True)
class Proposal:
    """What would become of the genre of one song.

    Parameters
    ----------
    song : Song
        The song with its own answer.
    kind : str
        ``write``; ``same`` (it is there already); ``kept``; ``unnamed`` (no certain answer); or as in `Outcome`
        ``gone``, ``failed``, ``not taggable``.
    existing : tuple of str
        The genres in its tags.
    proposed : tuple of str
        What would be written; empty where nothing would be.
    words : str
        Why nothing is written.
    """

    song: Song
    kind: str
    existing: tuple[str, ...] = ()
    proposed: tuple[str, ...] = ()
    words: str = ""


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


def propose(
    library: Library, options: TagOptions, *, selection: Selection = ALL, every: bool = True
) -> Iterator[Proposal]:  # fmt: skip
    """Yield what `write_tags` would do with each song of a selection; nothing is written.

    Parameters
    ----------
    library : Library
        It may be written meanwhile: the songs are those at the beginning.
    every : bool
        Whether songs without a certain answer are among them.

    Raises
    ------
    SourceError
        If a genre to ignore is none of the library's.
    """
    number = library.number(selection.model)
    genres = library.genres(number)
    _, unknown = listed(",".join(options.ignore), genres)
    if options.ignore and genres and unknown:
        there = ", ".join(genres)
        raise SourceError(f"there is no genre {clean_title(unknown[0])!r} in the library; its genres are {there}")
    if options.by not in BY:
        raise SourceError(f"songs cannot be tagged by {options.by!r}; choose from {', '.join(BY)}")
    chosen = Selection(selection.roots, selection.terms, number)
    with open_library(library.path) as reader:
        for song, genre, confidence, shares in _answers(reader, chosen, options.by, more=options.count > 1):
            if genre and confidence >= options.confidence:
                yield _proposal(library, song, wanted_genres(shares, genre, options), genre, genres, options)
            elif every:
                yield _unnamed(song, genre, confidence, options)


def _answers(
    reader: Library, chosen: Selection, by: str, *, more: bool
) -> Iterator[tuple[Song, str | None, float, Mapping[str, float]]]:
    """Yield each song with its certain genre or None, how certain it is, and the shares of other genres if wanted."""
    if by == "song":
        for song in reader.songs(chosen):
            answer = reader.answer(song.key, chosen.model) if more and song.is_sure else None
            shares = (answer.probabilities if answer else None) or {}
            yield song, song.genre if song.is_sure else None, song.confidence or 0.0, shares
        return
    for group in groups(reader, chosen, by=by):
        alone = by == "album" and group.album is None
        votes = sum(n for _, n in group.votes)
        shares = {genre: n / votes for genre, n in group.votes}
        for song in group.songs:
            if alone:
                yield song, song.genre if song.is_sure else None, song.confidence or 0.0, {}
            else:
                is_music = song.verdict in ("genre", "uncertain", "mixed")
                yield song, group.genre if is_music and group.is_sure else None, group.confidence or 0.0, shares


def _unnamed(song: Song, genre: str | None, confidence: float, options: TagOptions) -> Proposal:
    """Return the proposal for a song without an answer that is certain enough."""
    few = f"{genre} with {confidence:.0%}, less than {options.confidence:.0%}" if genre else "no certain answer"
    try:
        existing = tuple(read_genres(song.path))
    except (GenreError, OSError):
        existing = ()
    return Proposal(song, "unnamed", existing, words=few)


def _proposal(
    library: Library, song: Song, wanted: Sequence[str], genre: str, genres: Sequence[str], options: TagOptions
) -> Proposal:
    """Return what to do with a song whose answer is certain."""
    try:
        existing = tuple(read_genres(song.path))
        texts = [_spelled(name, options.case) for name in wanted]
        if not wanted:
            return Proposal(song, "kept", existing, words=f"{genre} is not to be written")
        if existing and says(song.path, texts, options.separator):
            return Proposal(song, "same", existing, words="it is there already")
    except (GenreError, OSError) as error:
        return _failed(library, song, error)
    if library.is_changed(song.key):
        return Proposal(song, "failed", existing, words=CHANGED)
    if existing and not options.overwrite:
        return Proposal(song, "kept", existing, words=f"it has the genre {', '.join(existing)}")
    kinds = [text for text in existing if is_kind_of(text, genre, genres) and not is_same(text, genre)]
    if kinds and not options.coarsen:
        words = f"it has the genre {', '.join(existing)}, which {texts[0]} would make coarser"
        return Proposal(song, "kept", existing, words=words)
    return Proposal(song, "write", existing, tuple(texts))


def _failed(library: Library, song: Song, error: GenreError | OSError) -> Proposal:
    """Return the proposal for a song whose tags cannot be read."""
    outcome = trouble(song.path, error, changed=library.is_changed(song.key))
    return Proposal(song, outcome.kind, words=outcome.words)


def _spelled(genre: str, case: str) -> str:
    """Return a genre as it is written: one of `CASES`."""
    return genre if case == "id" else display_name(genre).lower() if case == "lower" else display_name(genre)


def _values(texts: Sequence[str], separator: str | None) -> list[str]:
    """Return genres as the values that are written."""
    return [*texts] if separator is None else [separator.join(texts)]


def write_tags(
    library: Library, options: TagOptions, *, roots: Sequence[str | Path] = (), model: str | None = None
) -> Iterator[Outcome]:
    """Write the genre of every named song into its tags, and yield what became of each.

    The old value is kept in the library before a song changes. A song that was edited since it was heard is left alone.

    Parameters
    ----------
    library : Library
        See `library.store.open_library`.
    options : TagOptions
        What is written.
    roots : sequence of path-like
        Only songs below these folders.
    model : str
        Whose answers; None is the usual one.

    Raises
    ------
    SourceError
        If a genre to ignore is none of the library's, or another run writes tags.
    """
    with library.alone():
        sweep_folders(library, roots)
        for proposal in propose(library, options, selection=Selection(roots, model=model), every=False):
            if proposal.kind == "write":
                yield write_song(library, proposal.song, proposal.proposed, options.separator)
            elif proposal.kind not in ("same", "unnamed"):
                yield Outcome(proposal.song.path, proposal.kind, proposal.words)


def write_song(library: Library, song: Song, texts: Sequence[str], separator: str | None = None) -> Outcome:
    """Write genres into one song while the library is `alone`, and return what became of it."""

    def record_unchanged(change: Change) -> None:  # size and time may stay where a tag editor wants them to
        if change.sha256_before != content_hash(library, song.key):
            raise AudioError(CHANGED)
        record(library, song.key, change)

    try:
        change = write_genres(song.path, _values(texts, separator), record=record_unchanged)
        refresh(library, song.key, change.sha256_after, change.after)
    except (GenreError, OSError) as error:
        return trouble(song.path, error, changed=library.is_changed(song.key))
    old = f" for {', '.join(change.before)}" if change.before else ""
    target = f" (in {song.path.resolve()}, which this links to)" if song.path.is_symlink() else ""
    left = f"; left as it is: {'; '.join(change.left)}" if change.left else ""
    return Outcome(song.path, "written", f"{', '.join(change.after)}{old}{left}{target}")


def undo_tags(library: Library, *, roots: Sequence[str | Path] = ()) -> Iterator[Outcome]:
    """Take every change of tags back, the latest first, and yield what became of each song.

    Raises
    ------
    SourceError
        If another run writes tags.
    """
    with library.alone():
        sweep_folders(library, roots)
        for kept in kept_changes(library, roots):
            try:
                exact = restore(kept.path, kept.change)
                sha256 = kept.change.sha256_before if exact else None
                refresh(library, kept.song, sha256, read_genres(kept.path))
                taken_back(library, kept.number)
                words = ", ".join(kept.change.before) or "no genre"
                words += "" if exact else "; other tags were edited since and stay"
                yield Outcome(kept.path, "restored", words)
            except (GenreError, OSError) as error:
                yield trouble(kept.path, error)


def sweep_folders(library: Library, roots: Sequence[str | Path]) -> None:
    """Remove what a kill left beside the songs."""
    for folder in folders(library, roots):
        sweep(folder)


def says(path: Path, texts: Sequence[str], separator: str | None, *, spelled: bool = False) -> bool:
    """Whether every tag of a file that holds genres holds these, however they are spelled unless that counts, too."""

    def keys(values: Sequence[str]) -> list[str]:
        return [value if spelled else same_name(value) for value in split_genres(values)]

    values = _values(texts, separator)
    tags = [tag for tag in read_tags(path) if tag.genres]
    return bool(tags) and all(keys(tag.genres) == keys(tag.stored(values, JOINED_BY)) for tag in tags)


def trouble(path: Path, error: GenreError | OSError, *, changed: bool = False) -> Outcome:
    """Return what an error means for a song; one that was changed may have another format than it had."""
    if not path.is_file():
        return Outcome(path, "gone", GONE)
    if isinstance(error, OSError):
        return Outcome(path, "failed", f"{error.strerror or error}; check the permissions and the free space")
    return Outcome(path, "failed" if error.kind != "unsupported" or changed else "not taggable", str(error))

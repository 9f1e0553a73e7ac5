"""Classify files, folders, links and whole libraries; open the window: what 03 and 04 do, for scripts and notebooks.

    from functions_interface import as_frame, classify, classify_all

    prediction = classify("song.mp3")
    print(prediction.verdict, prediction.genre, prediction.confidence)
    as_frame(classify_all("my_music"))           # a pandas table, a row a song

`classify`, `classify_all`, `classify_samples`, `as_frame`, `Classifier`, `Prediction` and `open_library` are those of
the package `musicgenre`. The functions of this file write to the terminal, as the scripts do: results go to standard
output, messages to standard error.
"""

import contextlib
import json
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from musicgenre.audio.recording import WHOLE, Excerpt
from musicgenre.errors import GenreError
from musicgenre.genres import display_name
from musicgenre.inference.api import as_frame, classify, classify_all, classify_samples
from musicgenre.inference.card import model_genres
from musicgenre.inference.classifier import Classifier
from musicgenre.inference.prediction import Prediction
from musicgenre.library.conditions import Selection
from musicgenre.library.duplicates import duplicates
from musicgenre.library.groups import groups
from musicgenre.library.merge import merge
from musicgenre.library.plan import apply_plan, write_plan
from musicgenre.library.playlists import write_playlists
from musicgenre.library.query import parse_query, with_genres
from musicgenre.library.scan import scan
from musicgenre.library.similar import similar
from musicgenre.library.songs import Song
from musicgenre.library.statistics import statistics
from musicgenre.library.store import Library, open_library
from musicgenre.library.tagging import TagOptions, propose, undo_tags, write_tags
from musicgenre.task import Task
from musicgenre.terminal import library as text
from musicgenre.terminal.answers import Write, writer
from musicgenre.terminal.classify import answer_inputs
from musicgenre.terminal.console import EXIT_ERROR, EXIT_OK, Bar, Status, say, show
from musicgenre.text import counted

__all__ = [
    "GenreError", "display_name",
    "Classifier", "Prediction", "answer_inputs", "as_frame", "classify", "classify_all", "classify_samples",
    "open_library", "scan_library", "show_statistics", "find_songs", "show_similar", "make_playlists",
    "show_duplicates", "merge_library", "plan_tags", "apply_tags", "tag_songs", "restore_tags",
]  # fmt: skip


AS_USUAL = TagOptions()  # one genre, only where a song has none

# ---- a library: results go to standard output, messages to standard error; each returns the exit code


def scan_library(
    library: Path,
    folders: Sequence[str | Path],
    *,
    model: str = "genres",
    excerpt: Excerpt = WHOLE,
    fresh: bool = False,
    jobs: int = 1,
    dask: str | None = None,
    as_json: bool = False,
    csv_path: str | None = None,
    top: int = 3,
) -> int:
    """Hear what is new or changed below folders, and show the counts, or write the answers of all songs there.

    Parameters
    ----------
    library : Path
        The library's file; it is made if there is none.
    folders : sequence of path-like
        Folders and songs.
    model, excerpt, fresh
        See `musicgenre.library.scan.scan`.
    jobs, dask, as_json, csv_path, top
        As of `answer_inputs`.

    Examples
    --------
    >>> scan_library(Path("songs.sqlite"), ["my_music"], jobs=2)  # doctest: +SKIP
    """
    genres = model_genres(model)
    with Library(library) as opened, scan(opened, folders, model=model, excerpt=excerpt, fresh=fresh) as found:
        for sentence in (text.scan_words(found), *found.unread):
            say(sentence)
        with contextlib.ExitStack() as stack:
            bar = stack.enter_context(Bar("songs"))
            write: Write = lambda *_: None  # noqa: E731 - nobody wants the answers
            if as_json or csv_path:
                write = stack.enter_context(writer(as_json=as_json, csv_path=csv_path, top=top, genres=genres))
            for done, _ in enumerate(found.update(jobs=jobs, dask=dask), 1):
                bar.update(done, found.to_do)
                for prediction in found.answers() if as_json or csv_path else ():
                    write(prediction, 0.0)
            for prediction in found.answers() if as_json or csv_path else ():
                write(prediction, 0.0)
        say(f"answers in {library}" + f", and in {csv_path}" * bool(csv_path and csv_path != "-"))
        counts = statistics(opened, Selection(folders, model=model))
    if not as_json and csv_path != "-":
        show(text.summary(counts) + text.errors(counts))
    return EXIT_ERROR if found.unread or counts.verdicts.get("error") else EXIT_OK


@contextlib.contextmanager
def _opened(library: Path, roots: Sequence[str]) -> Iterator[Library]:
    """Open a library, and say which of some folders it knows nothing of."""
    with open_library(library) as opened:
        for root in roots:
            if not any(opened.songs(Selection([root]))):
                say(f"the library holds no song in {str(root)!r}; scan it, or check the spelling")
        yield opened


def show_statistics(
    library: Path,
    *,
    roots: Sequence[str] = (),
    model: str | None = None,
    plot: Path | None = None,
    as_json: bool = False,
) -> int:
    """Count a library, or what lies below `roots`; draw the counts to the file `plot`."""
    with _opened(library, roots) as opened:
        counts = statistics(opened, Selection(roots, model=model))
    show(json.dumps(counts.as_json()) + "\n" if as_json else text.summary(counts) + text.details(counts))
    if plot:
        from musicgenre.plots.catalogue import plot_library  # matplotlib loads when something is drawn

        plot_library(counts.as_json(), plot)
        say(f"picture: {plot}")
    return EXIT_OK


def find_songs(
    library: Path,
    query: str = "",
    *,
    by: str = "song",
    roots: Sequence[str] = (),
    model: str | None = None,
    as_json: bool = False,
    csv_path: str | None = None,
) -> int:
    """List the songs for which a query holds (see `musicgenre.library.query`), or their folders or albums.

    Songs stand there with what other models say of them, where several have heard them.

    Examples
    --------
    >>> find_songs(Path("songs.sqlite"), "genre:rock bpm:120-130", by="album")  # doctest: +SKIP
    """
    with _opened(library, roots) as opened:
        number = opened.number(model)
        selection = Selection(roots, with_genres(parse_query(query), opened.genres(number)), number)
        several = len(opened.models()) > 1
        chosen = opened.model(number).name

        def others(song: Song) -> dict[str, Song]:
            answers = opened.answers_of(song.key) if several else {}
            return {name: answer for name, answer in answers.items() if name != chosen}

        form = text.song_form(others) if by == "song" else text.GROUP_FORM
        listed = (one for one in groups(opened, selection, by=by) if one.is_named(by))
        found: Iterable[Any] = opened.songs(selection) if by == "song" else listed
        shown = text.show_list(found, form, as_json=as_json, csv_path=csv_path)
        if not as_json and not csv_path:
            alone = sum(1 for song in opened.songs(selection) if not song.album) if by == "album" else 0
            say(counted(shown, by) + f", and {counted(alone, 'song')} without an album" * bool(alone))
    return EXIT_OK


def show_similar(
    library: Path,
    song: str,
    *,
    top: int = 10,
    model: str | None = None,
    search_titles: bool = False,
    as_json: bool = False,
) -> int:
    """List the songs of a library that are nearest to a file, a link, or with `search_titles` a title."""
    status = Status()
    with open_library(library) as opened:
        found = similar(opened, song, top=top, model=model, search_titles=search_titles, task=Task(status))
    status.clear()
    if not found:
        say("the library holds no other song to compare with; scan some first")
    elif as_json:
        show("".join(json.dumps(text.similar_record(neighbour)) + "\n" for neighbour in found))
    else:
        show("".join(line + "\n" for line in text.similar_lines(song, found)))
    return EXIT_OK


def make_playlists(
    library: Path,
    folder: Path,
    *,
    roots: Sequence[str] = (),
    model: str | None = None,
    sets: bool = False,
    dry_run: bool = False,
) -> int:
    """Write a playlist of each genre to a folder, with `sets` also "rock or metal" of unsure songs."""
    with _opened(library, roots) as opened:
        made = write_playlists(opened, folder, selection=Selection(roots, model=model), sets=sets, dry_run=dry_run)
    show("".join(line + "\n" for line in text.playlist_lines(made)))
    lists, songs = counted(len(made.lists), "playlist"), counted(sum(one.songs for one in made.lists), "song")
    say(f"{lists} with {songs} {'would be' * dry_run}{'are' * (not dry_run)} in {folder}")
    for path in made.left_out:
        say(f"left out: {path}: its name holds what a playlist cannot")
    return EXIT_OK


def show_duplicates(
    library: Path,
    *,
    roots: Sequence[str] = (),
    model: str | None = None,
    as_json: bool = False,
    csv_path: str | None = None,
) -> int:
    """List the songs that are there more than once: the same file, and probably the same song by its sound."""
    with _opened(library, roots) as opened:
        found = [*duplicates(opened, Selection(roots, model=model))]
    if as_json or csv_path:
        text.show_records(text.duplicate_records(found), text.DUPLICATE_COLUMNS, csv_path)
    else:
        show("".join(line + "\n" for line in text.duplicate_lines(found)))
        exact = sum(one.is_exact for one in found)
        say(f"{counted(exact, 'song')} several times, {len(found) - exact} probably in several versions")
    return EXIT_OK


def merge_library(library: Path, other: Path) -> int:
    """Add another machine's library to a library, which is made if there is none."""
    with Library(library) as opened:
        merged = merge(opened, other)
    new = f"{counted(merged.songs, 'new song')}, {counted(merged.answers, 'new or later answer')}"
    say(f"{new} and {counted(merged.changes, 'change')} of tags from {other}, now in {library}")
    return EXIT_OK


def plan_tags(
    library: Path,
    csv_path: Path,
    *,
    options: TagOptions = AS_USUAL,
    roots: Sequence[str] = (),
    model: str | None = None,
) -> int:
    """Write a table of what would become of the genre of every song; no song changes."""
    with _opened(library, roots) as opened:
        planned = write_plan(opened, csv_path, options, selection=Selection(roots, model=model))
    say(f"plan: {csv_path} ({counted(planned.songs, 'song')}, a genre proposed for {planned.proposed})")
    then = shlex.join(["03_launch_classifier.py", "library", str(library), "tags", "apply", str(csv_path)])
    say(f"empty `proposed` where nothing should be written, then: {then}")
    return EXIT_OK


def apply_tags(library: Path, csv_path: Path, *, separator: str | None = None) -> int:
    """Write what the table of `plan_tags` proposes, as it was left."""
    with open_library(library) as opened:
        counts, _ = text.outcomes_said(apply_plan(opened, csv_path, separator=separator))
    return EXIT_ERROR if counts.get("failed") else EXIT_OK


def tag_songs(
    library: Path,
    *,
    options: TagOptions = AS_USUAL,
    roots: Sequence[str] = (),
    model: str | None = None,
    dry_run: bool = False,
    csv_path: str | None = None,
) -> int:
    """Write genres into songs; with `dry_run` only list them. `csv_path` takes what became of each song."""
    with _opened(library, roots) as opened:
        if dry_run:
            proposals = [*propose(opened, options, selection=Selection(roots, model=model), every=False)]
            show("".join(line + "\n" for line in text.proposal_lines(proposals)))
            if csv_path:
                text.show_records(map(text.proposal_record, proposals), text.PROPOSAL_COLUMNS, csv_path)
            return EXIT_OK
        counts, outcomes = text.outcomes_said(write_tags(opened, options, roots=roots, model=model))
        if csv_path:
            text.show_records(map(text.outcome_record, outcomes), ("path", "outcome", "note"), csv_path)
    return EXIT_ERROR if counts.get("failed") else EXIT_OK


def restore_tags(library: Path, *, roots: Sequence[str] = ()) -> int:
    """Take every change of tags back, byte for byte."""
    with _opened(library, roots) as opened:
        counts, _ = text.outcomes_said(undo_tags(opened, roots=roots))
    return EXIT_ERROR if counts.get("failed") else EXIT_OK


# What `03_launch_classifier.py library FILE ...` calls
LIBRARY_COMMANDS = {
    "scan": scan_library, "stats": show_statistics, "find": find_songs, "similar": show_similar,
    "playlists": make_playlists, "duplicates": show_duplicates, "merge": merge_library, "tags plan": plan_tags,
    "tags apply": apply_tags, "tags write": tag_songs, "tags undo": restore_tags,
}  # fmt: skip

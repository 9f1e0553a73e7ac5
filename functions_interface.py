"""What 03 does with a library: bring it up to date, then tags, playlists, similar songs and statistics.

Each function takes the options of `03_launch_classifier.py`; results go to standard output, messages to standard error.
"""

import contextlib
import json
from typing import Any

from musicgenre.inference.card import model_genres
from musicgenre.library.playlists import write_playlists
from musicgenre.library.similar import similar
from musicgenre.library.statistics import details, errors, statistics, summary
from musicgenre.library.store import Library
from musicgenre.library.tagging import TagOptions, undo_tags, write_tags
from musicgenre.terminal.answers import Write, writer
from musicgenre.terminal.console import EXIT_ERROR, EXIT_OK, Bar, Status, say, show
from musicgenre.text import clean_text, counted


def work_library(options: Any) -> int:
    """Bring a library up to date, then use it as asked; return the exit code."""
    failed = False
    with Library(options.library, create=bool(options.inputs)) as library:
        if options.inputs:
            failed = update(library, options)
            counts = statistics(library, roots=options.inputs)
            failed |= bool(counts.verdicts.get("error"))
            if not options.json and options.csv != "-":
                show(summary(counts) + ("" if options.stats else errors(counts)))
        if options.write_tags or options.undo_tags:
            failed |= change_tags(library, options)
        if options.playlists:
            make_playlists(library, options)
        if options.similar:
            show_similar(library, options)
        if options.stats:
            counts = statistics(library, roots=options.inputs)
            if options.json:
                show(json.dumps(counts.as_json()) + "\n")
            else:
                show(("" if options.inputs else summary(counts)) + details(counts))
            if options.plot:
                from musicgenre.plots.catalogue import plot_library  # matplotlib loads when something is drawn

                plot_library(counts.as_json(), options.plot)
                (say if options.json else show)(f"picture: {clean_text(str(options.plot))}" + "\n" * (not options.json))
    return EXIT_ERROR if failed else EXIT_OK


def update(library: Library, options: Any) -> bool:
    """Answer what is new or changed below the inputs; write the answers of all songs there if they are asked for.

    Returns whether there are folders that could not be read.
    """
    genres = model_genres(options.model)
    found = library.scan(
        options.inputs, model=options.model, start_s=options.start, length_s=options.length, fresh=options.fresh
    )
    again = f" ({found.again} heard before by another model or at another part)" if found.again else ""
    say(f"{counted(found.songs, 'song')} found, {found.to_do} of them new or changed{again}")
    for sentence in found.unread:
        say(sentence)
    with contextlib.ExitStack() as stack:
        bar = stack.enter_context(Bar("songs"))
        write = None
        if options.json or options.csv:
            form = writer(as_json=options.json, csv_path=options.csv, top=options.top, genres=genres)
            write = stack.enter_context(form)
        for done, _ in enumerate(library.update(jobs=options.jobs, dask=options.dask), 1):
            bar.update(done, found.to_do)
            _tell(library, write)
        _tell(library, write)
    say(f"answers in {options.library}")
    return bool(found.unread)


def _tell(library: Library, write: Write | None) -> None:
    """Write the answers whose turn has come, if they are wanted."""
    if write:
        for prediction in library.answers():
            write(prediction, 0.0)


def change_tags(library: Library, options: Any) -> bool:
    """Write or restore tags, and say what became of the songs; return whether any failed."""
    if options.undo_tags:
        outcomes = undo_tags(library, roots=options.inputs)
    else:
        tags = TagOptions(
            options.overwrite_tags,
            options.tag_confidence,
            options.tag_count,
            options.tag_separator,
            [options.tag_ignore] if options.tag_ignore else [],
        )
        outcomes = write_tags(library, tags, roots=options.inputs)
    counts: dict[str, int] = {}
    for outcome in outcomes:
        counts[outcome.kind] = counts.get(outcome.kind, 0) + 1
        if outcome.kind != "kept":
            say(f"{outcome.path}: {outcome.kind}: {outcome.words}")
    say("tags: " + (", ".join(f"{number} {kind}" for kind, number in sorted(counts.items())) or "nothing to do"))
    return bool(counts.get("failed"))


def make_playlists(library: Library, options: Any) -> None:
    """Write the playlists and say what they hold."""
    counts, odd = write_playlists(library, options.playlists, roots=options.inputs)
    lists, songs = counted(len(counts), "playlist"), counted(sum(counts.values()), "song")
    say(f"{lists} with {songs} in {options.playlists}")
    if odd:
        say(f"{counted(odd, 'song')} left out: the name holds what a playlist cannot")


def show_similar(library: Library, options: Any) -> None:
    """Write the nearest songs with their distance."""
    status = Status()
    found = similar(
        library, options.similar, top=options.top, model=options.model, search_titles=options.search, progress=status
    )
    status.clear()
    for neighbour in found:
        song, distance = neighbour.song, round(neighbour.distance, 4)
        if options.json:
            record = {"input": str(song.path), "distance": distance, "title": song.title, "genre": song.genre}
            show(json.dumps(record) + "\n")
        else:
            show(f"{distance:.3f}  {song.genre or song.verdict:<10}  {clean_text(str(song.path))}\n")
    if not found:
        say("the library holds no song to compare with; classify some first")

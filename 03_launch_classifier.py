"""Name the genre of files, folders and YouTube videos in the terminal.

python 03_launch_classifier.py song.mp3
python 03_launch_classifier.py my_music --csv answers.csv --jobs 2
python 03_launch_classifier.py song.mp3 --json --start 60 --length 30 --model librosa12
python 03_launch_classifier.py song.mp3 --plot song.png
python 03_launch_classifier.py "https://www.youtube.com/watch?v=VIDEO&t=1m30s"
python 03_launch_classifier.py --search "artist title"

A library keeps the answers of many songs in one file; a second run hears only what is new or changed:

python 03_launch_classifier.py my_music --library songs.sqlite --csv answers.csv
python 03_launch_classifier.py --library songs.sqlite --stats --plot songs.png
python 03_launch_classifier.py --library songs.sqlite --similar song.mp3 --top 20
python 03_launch_classifier.py --library songs.sqlite --playlists my_playlists
python 03_launch_classifier.py my_music/new --library songs.sqlite --write-tags --tag-confidence 0.9
python 03_launch_classifier.py --library songs.sqlite --undo-tags
"""

import sys

if __name__ == "__main__":
    from musicgenre.terminal.start import start

    start()  # before the rest is loaded, which takes a while

import argparse
import math
from pathlib import Path

from musicgenre.terminal.arguments import Parser
from musicgenre.terminal.console import run

SQLITE = b"SQLite format 3\0"  # how libraries begin
PLOT_SUFFIXES = (".png", ".svg", ".pdf")
TOP, TOP_SIMILAR = 3, 10


def filled(text):
    """Return a value; an empty one, as of a variable that is not set, would mean something else."""
    if not text:
        raise argparse.ArgumentTypeError("the value is empty")
    return text


def path(text):
    """Return a value as a path."""
    return Path(filled(text))


def seconds(text):
    """Return a point in time or a length in seconds, written as in links: 90, 1:30 or 1m30s."""
    from musicgenre.sources.links import seconds as read

    try:
        return float(text)
    except ValueError:
        value = read(text)
    if value is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write it as 90, 1:30 or 1m30s")
    return value


def lost(options):
    """Return why an output would destroy something, None if it would not."""
    from musicgenre.audio.endings import AUDIO_SUFFIXES

    for name, target in (("--csv", options.csv), ("--plot", options.plot)):
        if not target or target == "-":
            continue
        place = Path(target)
        if place.suffix.lower() in AUDIO_SUFFIXES:
            return f"{name} FILE would be the sound file {target!r}; name a .csv or a picture"  # as in --csv *.mp3
        if place.is_file():
            kept = [Path(text) for text in (*options.inputs, options.library) if text and Path(text).exists()]
            with place.open("rb") as file:
                if file.read(len(SQLITE)) == SQLITE or any(place.samefile(other) for other in kept):
                    return f"{name} {target} would replace an input or a library; choose another name"
    return None


def parse(argv):
    """Return the options."""
    from musicgenre.cpu import cpu_count

    parser = Parser(__doc__)
    add = parser.add_argument
    add("inputs", nargs="*", metavar="INPUT", help="a file, a folder, a YouTube link, or a title")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object per line and input")
    form.add_argument("--csv", type=filled, metavar="FILE", help="write a table of the answers ('-': standard output)")
    add("--top", type=int, metavar="K", help=f"genres (default: {TOP}) or similar songs ({TOP_SIMILAR}) to show")
    add("--model", type=filled, default="genres", metavar="NAME", help="model under models/, or its path")
    add("--start", type=seconds, metavar="S", help="look only from here on: 90, 1:30, 1m30s (default: a link's t=)")
    add("--length", type=seconds, metavar="S", help="look only at this many seconds")
    add("--jobs", type=int, default=cpu_count(), metavar="N", help="processes (default: all processors)")
    add("--dask", type=filled, metavar="ADDRESS", help="classify files on the workers of this Dask scheduler")
    add("--plot", type=path, metavar="FILE", help="draw each answer's page (.png, .svg, .pdf; numbered if several)")
    add("--search", action="store_true", help="look for each INPUT that is no link on YouTube")
    add("--cookies-from-browser", metavar="NAME", help="use this browser's YouTube cookies (firefox, chrome, ...)")
    group = parser.add_argument_group("a library of songs")
    add = group.add_argument
    add(
        "--library", type=path, metavar="FILE", help="keep the answers here, and use them; INPUTs are files and folders"
    )
    add("--fresh", action="store_true", help="hear every song again")
    add("--stats", action="store_true", help="genres, contradicted tags and unsure songs; with --plot a picture")
    add("--similar", type=filled, metavar="SONG", help="the nearest songs of the library to a file or link")
    add("--playlists", type=path, metavar="DIR", help="write a playlist of each genre, the surest songs first")
    add("--write-tags", action="store_true", help="write the genre into named songs that have none")
    add("--overwrite-tags", action="store_true", help="write it also where there is one; the old one is kept")
    add("--undo-tags", action="store_true", help="restore the tags as they were before they were written")
    add("--tag-confidence", type=float, default=0.0, metavar="P", help="write only from this confidence on (0 to 1)")
    add("--tag-count", type=int, default=1, metavar="N", help="write up to N genres of at least 10 %% (default: 1)")
    add("--tag-separator", type=filled, metavar="TEXT", help="join several genres with it (default: separate values)")
    add("--tag-ignore", default="", metavar="A,B", help="genres that are never written")
    words = sys.argv[1:] if argv is None else list(argv)
    end = words.index("--") if "--" in words else len(words)
    options = parser.parse_intermixed_args(words[:end])  # which would take a name after "--" for an option
    options.inputs += words[end + 1 :]
    options.write_tags |= options.overwrite_tags
    uses = [options.stats, options.similar, options.playlists, options.write_tags, options.undo_tags]
    if not options.library and (any(uses) or options.fresh):
        parser.error("--library FILE is needed: what is known of the songs is kept there")
    if not options.inputs and not any(uses):
        more = ", or what to do with the library: --stats, --similar, --playlists, ..." if options.library else ""
        parser.error(f"the following arguments are required: INPUT{more}")
    if options.csv and not options.inputs:
        parser.error("--csv writes the answers of INPUTs; name some")
    if options.csv == "-" and (options.stats or options.similar):
        parser.error("--csv - takes standard output for itself; give it a file, or ask again without it")
    if options.write_tags and options.undo_tags:
        parser.error("--write-tags and --undo-tags exclude each other")
    tag_options = [options.tag_confidence, options.tag_count != 1, options.tag_separator, options.tag_ignore]
    if any(tag_options) and not options.write_tags:
        parser.error("the options --tag-... say how tags are written; add --write-tags")
    start, length = options.start or 0.0, 1.0 if options.length is None else options.length
    options.top = (TOP_SIMILAR if options.similar else TOP) if options.top is None else options.top
    if options.top < 1 or options.jobs < 1 or not 0 <= start < math.inf or not 0 < length < math.inf:
        parser.error("--top, --jobs and --length must be positive and --start not negative")
    if not 0 <= options.tag_confidence <= 1 or options.tag_count < 1:
        parser.error("--tag-confidence must be from 0 to 1, and --tag-count positive")
    if options.plot and options.plot.suffix.lower() not in PLOT_SUFFIXES:
        parser.error(f"--plot FILE must end in {', '.join(PLOT_SUFFIXES)}")
    if options.plot and options.library and not options.stats:
        parser.error("with --library, --plot draws what --stats counts; add --stats")
    if (options.csv or options.plot) and (problem := lost(options)):
        parser.error(problem)
    return options


def work(options):
    """Classify every input in order; return the exit code."""
    from functions_interface import answer_inputs, work_library
    from musicgenre.audio.recording import Excerpt

    if options.library:
        return work_library(options)
    return answer_inputs(
        options.inputs, model=options.model, excerpt=Excerpt(options.start, options.length),
        search_titles=options.search, cookies_from_browser=options.cookies_from_browser, jobs=options.jobs,
        dask=options.dask, as_json=options.json, csv=options.csv, top=options.top, plot=options.plot,
    )  # fmt: skip


def main(argv=None) -> int:
    """Run; return the exit code of the contract."""
    return run(lambda: work(parse(argv)))


if __name__ == "__main__":
    sys.exit(main())

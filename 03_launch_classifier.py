"""Name the genre of files, folders and YouTube videos in the terminal.

python 03_launch_classifier.py song.mp3
python 03_launch_classifier.py my_music --csv answers.csv --jobs 2
python 03_launch_classifier.py song.mp3 --json --start 60 --length 30 --model librosa12
python 03_launch_classifier.py song.mp3 --plot song.png
python 03_launch_classifier.py "https://www.youtube.com/watch?v=VIDEO&t=1m30s"
python 03_launch_classifier.py --search "artist title"

A library keeps the answers of many songs in one file; a second run hears only what is new or changed:

python 03_launch_classifier.py my_music --library songs.sqlite
python 03_launch_classifier.py library songs.sqlite --help      # find, stats, similar, playlists, tags, ...
"""

import sys

if __name__ == "__main__":
    from musicgenre.terminal.start import start

    start()  # before the rest is loaded, which takes a while

import math
from pathlib import Path

from musicgenre.terminal.arguments import EXIT_USAGE, PLOT_SUFFIXES, Parser, filled, lost, path, seconds
from musicgenre.terminal.console import run
from musicgenre.terminal.library_arguments import moved_option, parse_library

TOP = 3


def parse(words):
    """Return the options."""
    from musicgenre.cpu import cpu_count

    parser = Parser(__doc__)
    add = parser.add_argument
    add("inputs", nargs="*", metavar="INPUT", help="a file, a folder, a YouTube link, or a title")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object per line and input")
    form.add_argument("--csv", type=filled, metavar="FILE", help="write a table of the answers ('-': standard output)")
    add("--top", type=int, default=TOP, metavar="K", help=f"genres to show (default: {TOP})")
    add("--model", type=filled, default="genres", metavar="NAME", help="model under models/, or its path")
    add("--start", type=seconds, metavar="S", help="look only from here on: 90, 1:30, 1m30s (default: a link's t=)")
    add("--length", type=seconds, metavar="S", help="look only at this many seconds")
    add("--jobs", type=int, default=cpu_count(), metavar="N", help="processes (default: all processors)")
    add("--dask", type=filled, metavar="ADDRESS", help="classify files on the workers of this Dask scheduler")
    add("--plot", type=path, metavar="FILE", help="draw each answer's page (.png, .svg, .pdf; numbered if several)")
    add("--search", action="store_true", help="look for each INPUT that is no link on YouTube")
    add("--cookies-from-browser", metavar="NAME", help="use this browser's YouTube cookies (firefox, chrome, ...)")
    add("--library", type=path, metavar="FILE", help="keep the answers of files and folders here; hear what is new")
    add("--fresh", action="store_true", help="with --library, hear every song again")
    end = words.index("--") if "--" in words else len(words)
    if problem := moved_option(words[:end]):
        parser.exit(EXIT_USAGE, f"error: {problem}\n")
    options = parser.parse_intermixed_args(words[:end])  # which would take a name after "--" for an option
    options.inputs += words[end + 1 :]
    if not options.inputs:
        parser.error("the following arguments are required: INPUT")
    if options.fresh and not options.library:
        parser.error("--library FILE is needed: what is known of the songs is kept there")
    start, length = options.start or 0.0, 1.0 if options.length is None else options.length
    if options.top < 1 or options.jobs < 1 or not 0 <= start < math.inf or not 0 < length < math.inf:
        parser.error("--top, --jobs and --length must be positive and --start not negative")
    if options.plot and options.plot.suffix.lower() not in PLOT_SUFFIXES:
        parser.error(f"--plot FILE must end in {', '.join(PLOT_SUFFIXES)}")
    if options.plot and options.library:
        parser.error(f"a library is drawn by: 03_launch_classifier.py library {options.library} stats --plot FILE")
    kept = [Path(text) for text in (*options.inputs, options.library) if text]
    for name, target in (("--csv", options.csv), ("--plot", options.plot)):
        if target and target != "-" and (problem := lost(name, Path(target), kept)):
            parser.error(problem)
    return options


def _begin_decoding(options):
    """Start a decoder, and give it the file if there is but one."""
    from musicgenre.audio.decoder import DecodeRequest, ask_ahead, prepare

    file = Path(options.inputs[0])
    if len(options.inputs) == 1 and not (options.search or options.library or options.dask) and file.is_file():
        ask_ahead(DecodeRequest.of(file, options.start, options.length))
    else:
        prepare()


def work(words):
    """Classify every input in order, or do what is asked of a library; return the exit code."""
    if words[:1] == ["library"]:
        command, values = parse_library(words[1:])
        from functions_interface import LIBRARY_COMMANDS

        return LIBRARY_COMMANDS[command](**values)
    options = parse(words)
    _begin_decoding(options)  # before the rest is loaded, which takes as long as a decoder needs to start
    from musicgenre.audio.recording import Excerpt

    shared = {
        "model": options.model, "excerpt": Excerpt(options.start, options.length), "jobs": options.jobs,
        "dask": options.dask, "as_json": options.json, "top": options.top,
    }  # fmt: skip
    if options.library:
        from functions_interface import scan_library

        return scan_library(options.library, options.inputs, csv_path=options.csv, fresh=options.fresh, **shared)
    from musicgenre.terminal.classify import answer_inputs  # alone: what a library needs takes a while to load

    return answer_inputs(
        options.inputs, search_titles=options.search, cookies_from_browser=options.cookies_from_browser,
        csv=options.csv, plot=options.plot, **shared,
    )  # fmt: skip


def main(argv=None) -> int:
    """Run; return the exit code of the contract."""
    return run(lambda: work(sys.argv[1:] if argv is None else list(argv)))


if __name__ == "__main__":
    sys.exit(main())

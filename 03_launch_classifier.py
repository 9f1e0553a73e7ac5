"""Name the genre of files, folders and YouTube videos in the terminal.

python 03_launch_classifier.py song.mp3
python 03_launch_classifier.py my_music --csv answers.csv --jobs 2
python 03_launch_classifier.py song.mp3 --json --start 60 --length 30 --model librosa12
python 03_launch_classifier.py song.mp3 --plot song.png
python 03_launch_classifier.py "https://www.youtube.com/watch?v=VIDEO&t=1m30s"
python 03_launch_classifier.py --search "artist title"
"""

import argparse
import math
import sys
from pathlib import Path

from functions_terminal import EXIT_ERROR, EXIT_OK, Status, run, say

PLOT_SUFFIXES = (".png", ".svg", ".pdf")


def parse(argv):
    """Return the options."""
    from functions_parallel import cpu_count

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("inputs", nargs="*", metavar="INPUT", help="a file, a folder, a YouTube link, or a title")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object per line and input")
    form.add_argument("--csv", metavar="FILE", help="write a table of the answers ('-' for standard output)")
    parser.add_argument("--top", type=int, default=3, metavar="K", help="genres to show (default: 3)")
    parser.add_argument("--model", default="genres", metavar="NAME", help="model under models/, or its path")
    parser.add_argument("--start", type=float, metavar="S", help="look only from this second on (default: a link's t=)")
    parser.add_argument("--length", type=float, metavar="S", help="look only at this many seconds")
    parser.add_argument(
        "--jobs", type=int, default=cpu_count(), metavar="N", help="processes (default: all processors)"
    )
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw each answer's page (.png, .svg or .pdf; numbered if several)"
    )
    parser.add_argument("--search", action="store_true", help="look for each INPUT that is no link on YouTube")
    parser.add_argument(
        "--cookies-from-browser", metavar="NAME", help="use this browser's YouTube cookies (firefox, chrome, ...)"
    )
    words = sys.argv[1:] if argv is None else list(argv)
    end = words.index("--") if "--" in words else len(words)
    options = parser.parse_intermixed_args(words[:end])  # which would take a name after "--" for an option
    options.inputs += words[end + 1 :]
    if not options.inputs:
        parser.error("the following arguments are required: INPUT")
    start, length = options.start or 0.0, 1.0 if options.length is None else options.length
    if options.top < 1 or options.jobs < 1 or not 0 <= start < math.inf or not 0 < length < math.inf:
        parser.error("--top, --jobs and --length must be positive and --start not negative")
    if options.plot and options.plot.suffix.lower() not in PLOT_SUFFIXES:
        parser.error(f"--plot FILE must end in {', '.join(PLOT_SUFFIXES)}")
    return options


def work(options):
    """Classify every input in order; return the exit code."""
    from functions_answers import classify_all, writer
    from functions_inputs import expand_inputs
    from functions_models import model_genres

    if options.plot:
        options.plot.parent.mkdir(parents=True, exist_ok=True)  # a wrong place is told before the work, not after
    failed = False
    status = Status()
    genres = model_genres(options.model)
    items = []
    for item in expand_inputs(
        options.inputs,
        search_titles=options.search,
        cookies_from_browser=options.cookies_from_browser,
        progress=status,
    ):
        items.append(item)
        if item.chosen:
            status.clear()
            say(f"{item.input}: took {item.chosen.label}")
    with writer(as_json=options.json, csv_path=options.csv, top=options.top, genres=genres) as write:
        answers = classify_all(
            items,
            model=options.model,
            start_s=options.start,
            length_s=options.length,
            jobs=options.jobs,
            cookies_from_browser=options.cookies_from_browser,
            plot=options.plot,
            progress=status,
        )
        for prediction, seconds in answers:
            status.clear()
            write(prediction, seconds)
            failed = failed or prediction.verdict == "error"
    return EXIT_ERROR if failed else EXIT_OK


def main(argv=None) -> int:
    """Run; return the exit code of the contract."""
    return run(lambda: work(parse(argv)))


if __name__ == "__main__":
    sys.exit(main())

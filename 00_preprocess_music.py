"""Compute the features of a folder of audio and write them as a table.

    python 00_preprocess_music.py my_music                      # my_music/<genre>/<file> -> data/
    python 00_preprocess_music.py my_music --out data/mine --families mfcc chroma tempo --jobs 2
    python 00_preprocess_music.py my_music --metadata artists.csv   # columns clip_id, artist (and split)

A second run computes only what is new or changed. Files that cannot be used get their reason in clips.csv. Clips of one
artist (metadata, else the file's tags, else the folder below the genre) are kept together when accuracy is measured.
"""

import sys

if __name__ == "__main__":
    from musicgenre.terminal.start import start

    start()  # before the rest is loaded, which takes a while

from pathlib import Path

from musicgenre.terminal.arguments import Parser
from musicgenre.terminal.console import Bar, run


def parse(argv):
    """Return the options."""
    from musicgenre.cpu import cpu_count
    from musicgenre.features.families import FAMILIES

    parser = Parser(__doc__)
    parser.add_argument("audio_dir", type=Path, metavar="AUDIO_DIR", help="folder with one subfolder per genre")
    parser.add_argument("--out", type=Path, default=Path("data"), help="folder of the table (default: data)")
    parser.add_argument("--families", nargs="+", choices=list(FAMILIES), help="features to compute (default: all)")
    parser.add_argument(
        "--metadata",
        type=Path,
        metavar="CSV",
        help="table of clips: clip_id and any of artist (or group), split, genre",
    )
    parser.add_argument("--jobs", type=int, default=cpu_count(), help="processes (default: all processors)")
    parser.add_argument("--dask", metavar="ADDRESS", help="compute on the workers of this Dask scheduler")
    parser.add_argument("--figures", type=Path, metavar="DIR", help="draw the table: pictures and report.html here")
    parser.add_argument("--fresh", action="store_true", help="compute everything again")
    parser.add_argument(
        "--fewer-windows", action="store_true",
        help="let the pretrained network hear 3 s every 2 s, not every second: faster here and in 03, as accurate",
    )  # fmt: skip
    parser.add_argument(
        "--amplify-to", type=float, metavar="DBFS",
        help="bring quieter recordings to this level and leave louder ones; "
        "default: all to -16 for the pretrained network, none for the librosa features",
    )  # fmt: skip
    parser.add_argument(
        "--segments", type=int, nargs="+", default=[], metavar="N",
        help="also compute N equal parts of each clip, which train with it, e.g. 2 6",
    )  # fmt: skip
    parser.add_argument(
        "--augment", action="store_true",
        help="also compute changed copies of each clip, which train with it: faster, slower, mp3",
    )  # fmt: skip
    options = parser.parse_args(argv)
    if min(options.segments, default=2) < 2:
        parser.error("--segments must be at least 2")
    if options.jobs < 1:
        parser.error("--jobs must be at least 1")
    return options


def work(options):
    """Preprocess and report; return the exit code."""
    from musicgenre.audio.decoder import prepare

    prepare()  # before the rest is loaded, which takes as long as a decoder needs to start
    from musicgenre.dataset.build import DEFAULT_FAMILIES, preprocess
    from musicgenre.dataset.summary import summary_lines

    with Bar("clips") as bar:
        summary = preprocess(
            options.audio_dir,
            options.out,
            families=options.families or DEFAULT_FAMILIES,
            metadata=options.metadata,
            jobs=options.jobs,
            dask=options.dask,
            fresh=options.fresh,
            fewer_windows=options.fewer_windows,
            amplify_to=options.amplify_to,
            segments=options.segments,
            copies=options.augment,
            progress=bar.update,
        )
    for line in summary_lines(summary):
        bar.say(line)
    if options.figures:
        from musicgenre.plots.catalogue import write_table_figures

        count = write_table_figures(options.out, options.figures)
        bar.say(f"{count} pictures and report.html in {options.figures}")
    return 0


def main(argv=None) -> int:
    """Run; return the exit code of the contract."""
    return run(lambda: work(parse(argv)))


if __name__ == "__main__":
    sys.exit(main())

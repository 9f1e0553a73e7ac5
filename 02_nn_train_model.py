"""Train a model on a table, measure it honestly, and export it with its card.

    python 02_nn_train_model.py                                   # data/ + reports/chosen.json -> models/mine
    python 02_nn_train_model.py --data data/mine --out models/mine
    python 02_nn_train_model.py --data data/mine --measure-only
    python 02_nn_train_model.py --data data/mine --out models/mine --corrections   # of the window

Prints the accuracy of every protocol that the table allows before it trains on all clips: the columns `split` and
`fold` of clips.csv give the fault-filtered and the 3-fold figure, `group` gives grouped cross-validation.
"""

import sys

if __name__ == "__main__":
    from musicgenre.terminal.start import start

    start()  # before the rest is loaded, which takes a while

from pathlib import Path

from musicgenre.terminal.arguments import Parser
from musicgenre.terminal.console import EXIT_OK, run


def parse(argv):
    """Return the options."""
    parser = Parser(__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the table (default: data)")
    parser.add_argument("--choice", type=Path, help="chosen.json of 01 (default: reports/chosen.json if it fits)")
    parser.add_argument(
        "--extra", type=Path, action="append", default=[], metavar="TABLE",
        help="table of songs of another origin that help to train; may be given several times",
    )  # fmt: skip
    parser.add_argument("--genres", nargs="+", default=[], metavar="GENRE", help="use these genres only (default: all)")
    parser.add_argument("--repeats", type=int, default=5, help="of the cross-validation by groups (default: 5)")
    parser.add_argument("--out", type=Path, default=Path("models/mine"), metavar="models/NAME", help="model to write")
    parser.add_argument(
        "--reports", type=Path, default=Path("reports"), metavar="DIR", help="where report.html goes (default: reports)"
    )
    parser.add_argument("--jobs", type=int, default=1, help="processes for the measurement (default: 1)")
    parser.add_argument(
        "--amplify-to", type=float, metavar="DBFS", help="level for quieter recordings (default: what 00 used)"
    )
    parser.add_argument("--notes", type=Path, help="text file whose lines go into the card: limits, intended use")
    parser.add_argument("--force", action="store_true", help="replace a model of yours that has this name")
    parser.add_argument("--measure-only", action="store_true", help="print the figures and write no model")
    parser.add_argument(
        "--corrections", nargs="?", const="window", metavar="CSV",
        help="train on genres that you corrected: in the window, or in a file that it exported",
    )  # fmt: skip
    parser.add_argument("--open", action="store_true", help="open the report in the browser")
    options = parser.parse_args(argv)
    for name in ("jobs", "repeats"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1")
    return options


def work(options):
    """Measure, train and export; return the exit code."""
    from functions_nn import run_training

    run_training(
        options.data, options.out, choice=options.choice, extra=options.extra, corrections=options.corrections,
        genres=options.genres, repeats=options.repeats, reports=options.reports, notes=options.notes,
        amplify_to=options.amplify_to, measure_only=options.measure_only, force=options.force, jobs=options.jobs,
        show=options.open,
    )  # fmt: skip
    return EXIT_OK


def main(argv=None) -> int:
    """Run; return the exit code of the contract."""
    return run(lambda: work(parse(argv)))


if __name__ == "__main__":
    sys.exit(main())

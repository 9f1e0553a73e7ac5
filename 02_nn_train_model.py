"""Train a model on a table, measure it honestly, and export it with its card.

    python 02_nn_train_model.py                                   # data/ + reports/chosen.json -> models/mine
    python 02_nn_train_model.py --data data/mine --out models/mine
    python 02_nn_train_model.py --data data/mine --measure-only

Prints the accuracy of every protocol that the table allows before it trains on all clips: the columns `split` and
`fold` of clips.csv give the fault-filtered and the 3-fold figure, `group` gives grouped cross-validation.
"""

import sys

if __name__ == "__main__":
    from musicgenre.terminal.start import start

    start()  # before the rest is loaded, which takes a while

from pathlib import Path

from musicgenre.terminal.arguments import Parser
from musicgenre.terminal.console import EXIT_OK, Bar, run, say


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
    options = parser.parse_args(argv)
    for name in ("jobs", "repeats"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1")
    return options


def work(options):
    """Measure, train and export; return the exit code."""
    from musicgenre.dataset.build import table_grid, table_level
    from musicgenre.plots.catalogue import save_evaluation, write_model_figures
    from musicgenre.training.export import choose_config, read_lines, ship
    from musicgenre.training.model_files import check_free
    from musicgenre.training.protocols import load_data, measure, summary_lines

    if not options.measure_only:
        check_free(options.out, force=options.force)
    notes = read_lines(options.notes) if options.notes else []
    config, reason = choose_config(options.data, options.choice)
    say(f"configuration: {config.feature_set}, {config.architecture} ({reason})")
    data, table_sha256 = load_data(options.data, config, extra=options.extra, genres=options.genres)
    with Bar("folds") as bar:
        report = measure(data, config, jobs=options.jobs, repeats=options.repeats, progress=bar.update)
    sys.stdout.write("\n".join(summary_lines(report)) + "\n")
    about = f"{config.feature_set}, {config.architecture}, {len(data.y)} clips of {options.data.resolve().name}"
    save_evaluation(report, data.genres, options.reports, about=about)
    write_model_figures(options.reports)
    say(f"pictures and tables: {options.reports / 'report.html'}")
    if options.measure_only:
        return EXIT_OK
    grid = table_grid(options.data)
    level = table_level(options.data, config.families) if options.amplify_to is None else options.amplify_to
    card = ship(data, config, report, table_sha256, options.out, notes=notes, amplify_to=level, grid=grid)
    say(f"wrote {options.out}.keras, .tflite and .json: {len(card['genres'])} genres, {len(data.y)} clips")
    return EXIT_OK


def main(argv=None) -> int:
    """Run; return the exit code of the contract."""
    return run(lambda: work(parse(argv)))


if __name__ == "__main__":
    sys.exit(main())

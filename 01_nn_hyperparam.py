"""Search feature sets, networks and hyperparameters on a table, with folds that keep artists apart.

    python 01_nn_hyperparam.py                                 # data/ -> reports/
    python 01_nn_hyperparam.py --data data/mine --grid full --seeds 3 --jobs 2

A cell is one combination of features, network and settings; it is fitted once a fold. Writes grid_results.csv (a row
per fit), grid_summary.csv (a row per cell), chosen.json, which 02 reads, and report.html with pictures. Run again
after an interruption, it goes on where it stopped.
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
    from musicgenre.cpu import cpu_count

    parser = Parser(__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder of the table (default: data)")
    parser.add_argument("--out", type=Path, default=Path("reports"), help="folder of the reports (default: reports)")
    parser.add_argument("--grid", choices=("quick", "full"), default="quick", help="how many cells (default: quick)")
    parser.add_argument(
        "--seeds", type=int, default=1, help="trainings of each network with hidden layers (default: 1)"
    )
    parser.add_argument("--jobs", type=int, default=cpu_count(), help="processes (default: all processors)")
    parser.add_argument("--dask", metavar="ADDRESS", help="train on the workers of this Dask scheduler")
    parser.add_argument("--open", action="store_true", help="open the report in the browser")
    options = parser.parse_args(argv)
    if options.jobs < 1 or options.seeds < 1:
        parser.error("--jobs and --seeds must be at least 1")
    return options


def work(options):
    """Search and report; return the exit code."""
    from functions_nn import run_search

    run_search(
        options.data, options.out, grid=options.grid, seeds=options.seeds, jobs=options.jobs, dask=options.dask,
        show=options.open,
    )  # fmt: skip
    return EXIT_OK


def main(argv=None) -> int:
    """Run; return the exit code of the contract."""
    return run(lambda: work(parse(argv)))


if __name__ == "__main__":
    sys.exit(main())

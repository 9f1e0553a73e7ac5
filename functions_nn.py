"""Search, choose, measure and train: what somebody edits who experiments with features and networks.

    from pathlib import Path
    from functions_nn import FEATURE_SETS, choose, measure, search, train

    search(Path("data"), Path("reports"), grid="quick")
    choice = choose(Path("data"))
    report = measure(Path("data"), choice)
    train(Path("data"), choice, report, Path("models/mine"))

Feature sets and networks are data: add an entry to `FEATURE_SETS` or `ARCHITECTURES` in `musicgenre/training/config.py`
and it can be searched for and trained. Functions named ``run_...`` are what 01 and 02 call.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from musicgenre.dataset.corrections_file import SongCorrection
from musicgenre.dataset.search_results import CHOSEN, Chosen
from musicgenre.inference.card import Card
from musicgenre.inference.evaluation import Evaluation
from musicgenre.inference.measured import Headline
from musicgenre.training.choice import NESTED, Choice, choose_config, measure_choice
from musicgenre.training.config import ARCHITECTURES, FEATURE_SETS, Config, make_config

__all__ = [
    "ARCHITECTURES", "FEATURE_SETS", "Choice", "Config", "choose", "make_config", "measure", "run_search",
    "run_training", "search", "train",
]  # fmt: skip

WINDOW = "window"  # in place of a file of corrections: those that the window keeps

Counter = Callable[[int, int], None]  # called with how many are done, and how many there are


def search(
    data: Path,
    out: Path,
    *,
    grid: str = "quick",
    seeds: int = 1,
    jobs: int = 1,
    dask: str | None = None,
    progress: Counter | None = None,
) -> Chosen:
    """Compare feature sets, networks and hyperparameters on a table, with folds that keep groups apart.

    Parameters
    ----------
    data, out : Path
        The table, and the folder of the reports.
    grid : {"quick", "full"}
        How many cells (combinations of features, network and settings) are tried.
    seeds : int
        Trainings of each network with hidden layers.
    jobs : int
        Processes on this machine.
    dask : str, optional
        Address of a Dask scheduler whose workers train.
    progress : callable, optional
        Called with the number of finished fits and of all.

    Returns
    -------
    Chosen
        What ``chosen.json`` holds: the configuration, its table, the reason, and warnings.

    Raises
    ------
    ModelError
        If the table cannot be read, or every network diverges.
    """
    from musicgenre.training.grid_search import search as run  # loads scikit-learn

    return run(data, out, size=grid, seeds=seeds, jobs=jobs, dask=dask, progress=progress)


def choose(data: Path, choice: Path | None = None) -> Choice:
    """Return the configuration to train on a table, and why: the one that `search` chose for it, else the default.

    Raises
    ------
    ModelError
        If `choice` is given and was not made on this table.
    """
    return choose_config(data, choice)


def measure(
    data: Path,
    choice: Choice | Config,
    *,
    extra: Sequence[Path] = (),
    genres: Sequence[str] = (),
    corrections: Sequence[SongCorrection] = (),
    jobs: int = 1,
    repeats: int = 5,
    progress: Counter | None = None,
) -> Evaluation:
    """Measure a configuration by every protocol that a table allows.

    A configuration that was chosen on the same clips is measured by nested cross-validation as well, which makes the
    choice again in each fold, unless the table keeps a test part that took no part in the choice.

    Parameters
    ----------
    data, choice : Path, Choice or Config
        The table, and what to measure: from `choose` or `make_config`.
    extra, genres, corrections
        Tables of songs of another origin that help to train; use clips of these genres only; see `dataset.corrections`.
    jobs, repeats : int
        Processes; repeats of the cross-validation by groups.
    progress : callable, optional
        Called with the number of finished folds and of all.

    Returns
    -------
    Evaluation
        As of `training.protocols.measure`.
    """
    from musicgenre.training.protocols import load_data
    from musicgenre.training.protocols import measure as run
    from musicgenre.training.summary import nested_words

    choice = choice if isinstance(choice, Choice) else Choice(choice, "given")
    clips, _ = load_data(data, choice.config, extra=extra, genres=genres, corrections=corrections)
    report = run(clips, choice.config, jobs=jobs, repeats=repeats, progress=progress)
    if choice.grid is None:
        return report
    if "fault-filtered" in report.protocols:
        note = (
            "The configuration was chosen without the test part of the table, so that the fault-filtered figure is "
            "honest; the others include clips that it was chosen on."
        )
        headline = Headline(report.protocols["fault-filtered"].accuracy, "fault-filtered")
        return replace(report, headline=headline, notes=[*report.notes, note])
    nested = measure_choice(
        data, choice, genres=genres, corrections=corrections, jobs=jobs, progress=progress
    )  # fmt: skip
    name, flattered = next((n, r) for n, r in report.protocols.items() if "grouped CV" in n)
    return replace(
        report,
        protocols={NESTED: nested, **report.protocols},
        headline=Headline(nested.accuracy, NESTED),
        notes=[*report.notes, nested_words(name, flattered.accuracy, nested.accuracy)],
    )


def train(
    data: Path,
    choice: Choice | Config,
    report: Evaluation,
    out: Path,
    *,
    extra: Sequence[Path] = (),
    genres: Sequence[str] = (),
    corrections: Sequence[SongCorrection] = (),
    notes: Sequence[str] = (),
    amplify_to: float | None = None,
) -> Card:
    """Train on all clips of a table and export the model with its card.

    Parameters
    ----------
    data, choice, extra, genres, corrections
        As of `measure`.
    report : Evaluation
        From `measure`; its metrics and thresholds go into the card.
    out : Path
        The model's path without ending, for instance ``models/mine``.
    notes : sequence of str
        Lines for the card: limits, intended use.
    amplify_to : float, optional
        Level in dB of full scale that quieter recordings are brought to; by default the table's.

    Returns
    -------
    Card
        What is known of the model.

    Raises
    ------
    ModelError
        If the model cannot be written there.
    """
    from musicgenre.audio.recording import Level
    from musicgenre.dataset.build import table_grid, table_level
    from musicgenre.training.export import ship
    from musicgenre.training.protocols import load_data

    config = choice.config if isinstance(choice, Choice) else choice
    clips, table_sha256 = load_data(data, config, extra=extra, genres=genres, corrections=corrections)
    level = table_level(data, config.families) if amplify_to is None else Level(amplify_to, louder_too=False)
    return ship(
        clips, config, report, table_sha256, out, notes=notes, level=level, grid=table_grid(data)
    )  # fmt: skip


# ---- what 01 and 02 call


def run_search(
    data: Path, out: Path, *, grid: str, seeds: int, jobs: int, dask: str | None, show: bool = False
) -> None:
    """Search, draw the report, and print the best cells and what was chosen.

    Parameters
    ----------
    data, out, grid, seeds, jobs, dask
        As of `search`.
    show : bool
        Open the report in the browser.
    """
    from musicgenre.dataset.table import read_csv
    from musicgenre.plots.catalogue import write_search_figures
    from musicgenre.plots.report_words import search_lines
    from musicgenre.terminal.console import Bar, say

    with Bar("fits") as bar:
        chosen = search(data, out, grid=grid, seeds=seeds, jobs=jobs, dask=dask, progress=bar.update)
    rows = read_csv(out / "grid_summary.csv").to_dict("records")
    sys.stdout.write("\n".join(search_lines(rows)) + "\n")
    write_search_figures(out)
    for warning in chosen.warnings:
        say(f"warning: {warning}")
    say(f"chosen: {chosen.network}: {chosen.reason}")
    _report(out, show=show)
    choice = "" if out == Path("reports") else f" --choice {out / CHOSEN}"
    say(f"next: python 02_nn_train_model.py --data {data}{choice} --out models/NAME")


def run_training(
    data: Path,
    out: Path,
    *,
    choice: Path | None = None,
    extra: Sequence[Path] = (),
    genres: Sequence[str] = (),
    corrections: str | None = None,
    reports: Path = Path("reports"),
    notes: Path | None = None,
    amplify_to: float | None = None,
    measure_only: bool = False,
    force: bool = False,
    jobs: int = 1,
    repeats: int = 5,
    show: bool = False,
) -> None:
    """Measure, print the figures, draw the report, train and export.

    Parameters
    ----------
    data, out, choice, extra, genres, amplify_to, jobs, repeats
        As of `choose`, `measure` and `train`.
    corrections : str, optional
        A file of corrections, or `WINDOW`.
    reports, notes : Path
        Folder of the report, which `show` opens in the browser; a text file whose lines go into the card.
    measure_only, force : bool
        Write no model; replace one of that name.
    """
    from musicgenre.dataset.table import read_files
    from musicgenre.plots.catalogue import save_evaluation, write_model_figures
    from musicgenre.terminal.console import Bar, say
    from musicgenre.training.export import read_lines
    from musicgenre.training.model_files import check_free
    from musicgenre.training.summary import summary_lines, with_words

    if not measure_only:
        check_free(out, force=force)
    lines, corrected, chosen = read_lines(notes) if notes else [], _corrections(corrections), choose(data, choice)
    config = chosen.config
    say(f"configuration: {config.feature_set}, {config.architecture} ({chosen.reason})")
    with Bar("folds") as bar:
        report = measure(
            data, chosen, extra=extra, genres=genres, corrections=corrected, jobs=jobs, repeats=repeats,
            progress=bar.update,
        )  # fmt: skip
    sys.stdout.write("\n".join([*summary_lines(report), *report.notes]) + "\n")
    clips = len(report.answers.y) if report.answers else 0
    about = f"{config.feature_set}, {config.architecture}, {clips} clips of {data.resolve().name}"
    save_evaluation(replace(with_words(report), about=about, files=read_files(data)), reports)
    write_model_figures(reports)
    _report(reports, show=show)
    if measure_only:
        return
    card = train(
        data, chosen, report, out, extra=extra, genres=genres, corrections=corrected, notes=lines, amplify_to=amplify_to
    )
    say(f"wrote {out}.keras, .tflite and .json: {len(card.genres)} genres, {card.training.clips} clips")
    say(f"next: python 03_launch_classifier.py SONG --model {out.name if out.parent == Path('models') else out}")


def _corrections(source: str | None) -> list[SongCorrection]:
    """Return the corrections of a file or of the window."""
    from musicgenre.dataset.corrections_file import read_corrections

    if source is None:
        return []
    if source != WINDOW:
        return read_corrections(Path(source))
    from musicgenre.engine.history import History, data_folder

    history = History(data_folder())
    try:
        return [SongCorrection(one.input, one.genre) for one in history.corrections()]
    finally:
        history.close()


def _report(folder: Path, *, show: bool) -> None:
    """Say where the report is, and open it if that is wanted."""
    from musicgenre.terminal.console import say

    path = folder / "report.html"
    say(f"pictures and tables: {path}")
    if show:
        import webbrowser

        if not webbrowser.open(path.resolve().as_uri()):
            say(f"there is no browser to open it; open {path.resolve()} yourself")

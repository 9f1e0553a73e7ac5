"""The configuration to train on a table: what the search chose for it, or the default, and what that choice is worth.

A configuration that was chosen as the best of many on some clips is flattered by its accuracy on these clips. Nested
cross-validation (Varma and Simon, 2006) makes the choice again in each fold, without the clips that it is tested on.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from musicgenre.dataset.corrections_file import SongCorrection
from musicgenre.dataset.search_results import CHOSEN, not_chosen, read_chosen
from musicgenre.dataset.table import find_families, has_copies, read_table
from musicgenre.errors import ModelError
from musicgenre.inference.measured import Metrics
from musicgenre.parallel import run_many
from musicgenre.training.config import Config, make_config
from musicgenre.training.data import Data, as_data, corrected_table
from musicgenre.training.fitting import fit_calibrated, fit_network
from musicgenre.training.folds import Fold, group_folds
from musicgenre.training.grid_search import BASELINES, grid
from musicgenre.training.metrics import figures
from musicgenre.training.protocols import default_config

SEARCHED = Path("reports") / CHOSEN

INNER_FOLDS = 3  # of the choice inside a fold

NESTED = "nested CV"


@dataclass(frozen=True)
class Choice:
    """A configuration, why it is taken, and the grid that it was chosen from, if it was chosen on this table."""

    config: Config
    reason: str
    grid: str | None = None


def choose_config(folder: Path, choice: Path | None) -> Choice:
    """Return the configuration to train.

    Without a choice, that of reports/chosen.json is taken if it was made on this very table, else a good default.

    Raises
    ------
    ModelError
        If a named choice cannot be read or was made on another table.
    """
    path = choice or SEARCHED
    if choice is None and not path.is_file():
        return Choice(default_config(folder), "the default; 01_nn_hyperparam.py searches for a better one")
    try:
        return _read_choice(folder, path)
    except ModelError:
        if choice is not None:
            raise
        return Choice(default_config(folder), f"the default; {path} was not made on this table")


def _read_choice(folder: Path, path: Path) -> Choice:
    """Return the choice of a file; raise `ModelError` if it is none, or was made on another table."""
    if not path.exists():
        raise ModelError(f"there is no file {path}; run 01_nn_hyperparam.py, or leave --choice out for the default")
    chosen = read_chosen(path)
    try:
        config = make_config(**chosen.config)
    except (TypeError, ValueError) as error:
        raise not_chosen(path) from error
    families = chosen.families
    if not families:
        raise not_chosen(path)
    if not set(families) <= set(find_families(folder)) or read_table(folder, families).sha256 != chosen.table_sha256:
        raise ModelError(f"{folder} is not the table that {path} was made on, or has changed; run 01 on it again")
    return Choice(config, f"chosen by {path}", chosen.grid)


# ---- nested cross-validation


@dataclass(frozen=True)
class _InnerJob:
    """A cell to try on the training part of an outer fold."""

    data: Data
    config: Config


def _inner_accuracy(job: _InnerJob) -> float:
    """Return the accuracy of a cell over inner folds; 0 where it diverges."""
    hits = np.zeros(len(job.data.y), bool)
    try:
        for train, test in group_folds(job.data.y, job.data.groups, n_splits=INNER_FOLDS):
            trained = fit_network(job.data.subset(train), job.config)
            hits[test] = trained.logits(job.data.x[test]).argmax(axis=1) == job.data.y[test]
    except ModelError:
        return 0.0
    return float(hits.mean())


def _outer_answers(job: tuple[Data, Config, np.ndarray]) -> np.ndarray:
    """Return the probabilities of a fold's test rows by the cell that was chosen on its training part."""
    data, config, asked = job
    return fit_calibrated(data, config).probabilities(asked)


def measure_choice(
    folder: Path,
    choice: Choice,
    *,
    genres: Sequence[str] = (),
    corrections: Sequence[SongCorrection] = (),
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Metrics:
    """Measure a choice by nested cross-validation.

    Parameters
    ----------
    folder : Path
        The table.
    choice : Choice
        With a grid. Cells with hidden layers stand for choice only if one of them was chosen: the search prefers linear
        cells, and training them all five times over would take hours.
    genres, corrections
        As of `training.data.corrected_table`.
    jobs : int
        Processes.
    progress : callable, optional
        Called with (cells done, cells in all).

    Returns
    -------
    Metrics
    """
    families = find_families(folder)
    named = corrected_table(folder, families, genres=genres, corrections=corrections).table
    cells = grid(choice.grid or "quick", families, named.genres(), copies=has_copies(folder))
    cells = [cell for cell in cells if cell.architecture not in BASELINES]
    if not choice.config.hidden:
        cells = [cell for cell in cells if not cell.hidden]
    parts = {name: as_data(named, name) for name in dict.fromkeys(cell.feature_set for cell in cells)}
    data = parts[choice.config.feature_set]
    outer = group_folds(data.y, data.groups)
    work = [_InnerJob(parts[cell.feature_set].subset(train), cell) for train, _ in outer for cell in cells]
    scores = np.zeros(len(work))
    for done, (index, result) in enumerate(run_many(_inner_accuracy, work, jobs=jobs), 1):
        if isinstance(result, Exception):
            raise result
        scores[index] = result
        if progress:
            progress(done, len(work) + len(outer))
    best = [cells[i] for i in scores.reshape(len(outer), len(cells)).argmax(axis=1)]
    answers: list[np.ndarray] = [np.empty(0)] * len(outer)
    finals = [
        (parts[cell.feature_set].subset(train), cell, parts[cell.feature_set].x[test])
        for cell, (train, test) in zip(best, outer, strict=True)
    ]
    for done, (index, result) in enumerate(run_many(_outer_answers, finals, jobs=jobs), len(work) + 1):
        if isinstance(result, Exception):
            raise result
        answers[index] = result
        if progress:
            progress(done, len(work) + len(outer))
    return _nested_figures(data, outer, answers)


def _nested_figures(data: Data, outer: Sequence[Fold], answers: Sequence[np.ndarray]) -> Metrics:
    """Return the figures of the outer folds' answers, as one run."""
    rows = np.concatenate([test for _, test in outer])
    run = figures(data.y[rows], np.concatenate(answers), data.groups[rows], data.genres)
    return replace(run, deviation=0.0, repeats=1)

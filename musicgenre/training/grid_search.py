"""The search over feature sets, networks and hyperparameters, beside classical baselines.

Every cell, fold and seed trains a fresh model. Folds keep groups apart; where the table has a fault-filtered split, its
test part is not looked at. Finished fits go to a journal, so that an interrupted search goes on where it stopped.
"""

import hashlib
import itertools
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from musicgenre.dataset.search_results import (
    CELL_COLUMNS,
    CHOSEN,
    JOURNAL,
    RESULT_COLUMNS,
    SUMMARY_COLUMNS,
    Chosen,
)
from musicgenre.dataset.table import Table, find_families, has_copies, read_table, write_csv
from musicgenre.errors import GenreError, ModelError
from musicgenre.files import read_journal, write_atomic
from musicgenre.parallel import run_many
from musicgenre.training.config import FEATURE_SETS, Config, config_dict, families_of, make_config
from musicgenre.training.data import Data, as_data
from musicgenre.training.fitting import fit_network
from musicgenre.training.folds import Fold, group_folds
from musicgenre.training.softmax import softmax
from musicgenre.training.tag_prior import has_prior

LINEAR = ("softmax", "whitened")  # networks that are fitted to every row

ORIGINAL = "mfcc+chroma+tempo+zcr+rolloff"  # the 89 columns of the original system

QUICK_NETWORKS = ("musicnn", "musicnn_deep")  # where the quick grid tries hidden layers beside the original's

# Classical models on standardised columns, so that the network's worth is visible.
BASELINES = ("logistic_regression", "rbf_svm", "shrinkage_lda", "extra_trees")


@dataclass(frozen=True)
class Job:
    """One fit: a cell on one fold with one seed."""

    data: Data
    config: Config
    fold: Fold
    key: str


def grid(size: str, families: Sequence[str], genres: Sequence[str] = (), *, copies: bool = False) -> list[Config]:
    """Return the cells of the quick or the full grid for a table's families and genres, baselines included.

    Where the table has changed copies of its clips, each linear network is tried with and without them.

    Raises
    ------
    ModelError
        If no feature set fits the table.
    """
    sets = [name for name in FEATURE_SETS if set(families_of(name)) <= set(families)]
    if not sets:
        raise ModelError(
            "the table has none of the features of a feature set; compute them with 00_preprocess_music.py"
        )
    cells: list[Config] = []
    for feature_set in sets:
        cells += [make_config(baseline, feature_set=feature_set) for baseline in BASELINES]
        whiten: tuple[float | None, ...]
        l2s: tuple[float, ...]
        if size == "quick":
            whiten, l2s, networks = (0.5, None), (0.05, 0.2), list(_networks(((128,),), (0.5,), (1e-3,), (3e-3,)))
        else:
            whiten, l2s = (0.2, 0.5, 0.8, None), (0.02, 0.05, 0.1, 0.2, 0.5)
            networks = list(_networks(((64,), (256,), (256, 128)), (0.3, 0.6), (1e-4, 1e-2), (1e-3, 3e-3)))
        cells += [
            make_config(
                "softmax" if shrinkage is None else "whitened", whiten=shrinkage, l2=l2, feature_set=feature_set
            )
            for shrinkage, l2 in itertools.product(whiten, l2s)
        ]
        if feature_set == "musicnn" and has_prior(genres):
            strengths = (1.0,) if size == "quick" else (0.5, 1.0, 2.0)
            cells += [make_config("gated", prior=prior, l2=l2) for prior in strengths for l2 in l2s[-3:]]
        if size == "full" or feature_set in (*QUICK_NETWORKS, ORIGINAL):
            cells += [make_config("original", feature_set=feature_set)]
        if size == "full" or feature_set in QUICK_NETWORKS:
            cells += [make_config("mlp", feature_set=feature_set, **changes) for changes in networks]
            cells += [make_config("whitened_mlp", feature_set=feature_set, **networks[0])]
    linear = [cell for cell in cells if cell.architecture in LINEAR] if copies else []
    return [*cells, *(replace(cell, copies=False) for cell in linear)]


def _networks(*values: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Yield the combinations of widths, dropout, penalty and rate."""
    for hidden, dropout, l2, rate in itertools.product(*values):
        yield {"hidden": hidden, "dropout": dropout, "l2": l2, "learning_rate": rate}


def cell_name(config: Config) -> str:
    """Return a short stable name of a configuration, whatever its seed."""
    values = config_dict(replace(config, seed=0))
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:10]


def run_job(job: Job) -> dict[str, Any]:
    """Fit and answer one fold; a cell that diverges gets a status and no figures."""
    from sklearn.metrics import f1_score

    train, test = job.fold
    began = time.perf_counter()
    row: dict[str, Any] = {"key": job.key, "status": "ok", "epochs": 0, "history": {}}
    try:
        part = job.data.subset(train)
        if job.config.architecture in BASELINES:
            probabilities = _baseline(part, job.config, job.data.x[test])
        else:
            trained = fit_network(part, job.config)
            probabilities = softmax(trained.logits(job.data.x[test]))
            row["epochs"] = len(trained.history.get("loss", []))
            row["history"] = {name: [round(v, 5) for v in values] for name, values in trained.history.items()}
    except GenreError as error:
        row.update(status=str(error), accuracy=None, macro_f1=None, log_loss=None)
    else:
        y = job.data.y[test]
        guess = probabilities.argmax(axis=1)
        row["accuracy"] = float((guess == y).mean())
        row["macro_f1"] = float(f1_score(y, guess, labels=np.unique(y), average="macro"))
        row["log_loss"] = float(-np.log(probabilities[np.arange(len(y)), y] + 1e-9).mean())
    row["seconds"] = round(time.perf_counter() - began, 3)
    return row


def _baseline(part: Data, config: Config, x: np.ndarray) -> np.ndarray:
    """Return the probabilities of a scikit-learn model fitted to `part`."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    estimator = {
        "logistic_regression": LogisticRegression(C=0.03, max_iter=2000),
        "rbf_svm": SVC(C=3.0, gamma="scale"),
        "shrinkage_lda": LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
        "extra_trees": ExtraTreesClassifier(300, min_samples_leaf=2, random_state=config.seed),
    }[config.architecture]
    try:
        model = make_pipeline(StandardScaler(), estimator).fit(part.x, part.y)
    except ValueError as error:  # as a genre for every clip
        raise ModelError("too few clips for this baseline; add clips to every genre") from error
    scores = model.predict_proba(x) if hasattr(estimator, "predict_proba") else softmax(model.decision_function(x))
    probabilities = np.full((len(x), len(part.genres)), 1e-9)
    if scores.ndim == 1 or scores.shape[1] != len(model.classes_):  # a machine for two classes gives one score
        scores = np.stack([1 - model.predict(x), model.predict(x)], axis=1).astype(float)
    probabilities[:, model.classes_] = scores
    return probabilities


def search(
    folder: Path,
    out: Path,
    *,
    size: str = "quick",
    seeds: int = 1,
    jobs: int = 1,
    dask: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Chosen:
    """Run the grid on a table and write grid_results.csv, grid_summary.csv and chosen.json.

    Parameters
    ----------
    folder, out : Path
        The table, and where the reports go.
    size, seeds : str, int
        ``quick`` or ``full``; trainings of networks with hidden layers (linear ones give the same for all seeds).
    jobs, dask : int, str
        See `parallel.run_many`.
    progress : callable
        Called with (fits done, fits in all).

    Returns
    -------
    Chosen
        What chosen.json holds.

    Raises
    ------
    ModelError
        If the table is at fault, or every cell diverged.
    """
    cells = grid(size, find_families(folder), read_table(folder, ()).genres(), copies=has_copies(folder))
    families = sorted({family for cell in cells for family in families_of(cell.feature_set)})
    table = read_table(folder, families)
    parts, work, labels = _jobs(table, cells, seeds)
    out.mkdir(parents=True, exist_ok=True)
    done = _run(work, out / JOURNAL, jobs=jobs, dask=dask, progress=progress)
    rows = [
        {**_cell_values(labels[key][0]), "seed": labels[key][1], "fold": labels[key][2], **done[key]} for key in labels
    ]
    summary = summarise(rows)
    write_csv(out / "grid_results.csv", rows, RESULT_COLUMNS)
    write_csv(out / "grid_summary.csv", summary, SUMMARY_COLUMNS)
    data = parts[cells[0].feature_set]  # the clips and groups are those of every feature set
    best, reason = choose(summary, grouped=data.grouped)
    config = next(cell for cell in cells if cell_name(cell) == best["cell"])
    chosen = Chosen(
        config_dict(config), reason, best["cell"], best["mean"], best["deviation"], table.sha256, tuple(families),
        [done[key]["history"] for key, (cell, _, _) in labels.items() if cell_name(cell) == best["cell"]],
        data.warnings, size, table=folder.resolve().name, clips_searched=len(data.y),
    )  # fmt: skip
    write_atomic(out / CHOSEN, json.dumps(chosen.as_json(), indent=1) + "\n")
    return chosen


def _jobs(
    table: Table, cells: Sequence[Config], seeds: int
) -> tuple[dict[str, Data], list[Job], dict[str, tuple[Config, int, int]]]:
    """Return the arrays of each feature set, the fits to make, and (cell, seed, fold) by the key of a fit."""
    parts: dict[str, Data] = {}
    folds: list[Fold] = []
    work: list[Job] = []
    labels: dict[str, tuple[Config, int, int]] = {}
    for cell in cells:
        if cell.feature_set not in parts:
            data = as_data(table, cell.feature_set)
            split = data.clips["split"].to_numpy()
            parts[cell.feature_set] = data.subset(np.flatnonzero(split != "test")) if "train" in split else data
        data = parts[cell.feature_set]
        folds = folds or group_folds(data.y, data.groups)
        random_start = bool(cell.hidden) or cell.architecture == "extra_trees"
        for seed, (f, fold) in itertools.product(range(seeds if random_start else 1), enumerate(folds)):
            key = f"{table.sha256[:16]} {cell_name(cell)} {seed} {f}"
            labels[key] = (cell, seed, f)
            work.append(Job(data, replace(cell, seed=seed), fold, key))
    return parts, work, labels


def _run(
    work: Sequence[Job],
    journal_path: Path,
    *,
    jobs: int,
    dask: str | None,
    progress: Callable[[int, int], None] | None,
) -> dict[str, dict[str, Any]]:
    """Run the fits that the journal lacks, append each to it at once; return all by their keys."""
    keys = {job.key for job in work}
    done = {row["key"]: row for row in _journal(journal_path) if row["key"] in keys}
    todo = [job for job in work if job.key not in done]
    write_atomic(journal_path, "".join(json.dumps(row) + "\n" for row in done.values()))
    with journal_path.open("a", encoding="utf-8") as journal:
        for index, result in run_many(run_job, todo, jobs=jobs, dask=dask):
            if isinstance(result, GenreError):
                raise result
            done[todo[index].key] = result
            journal.write(json.dumps(result) + "\n")
            journal.flush()
            if progress:
                progress(len(done), len(work))
    return done


def _journal(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a journal that are a search's."""
    for row in read_journal(path):
        if isinstance(row, dict) and isinstance(row.get("key"), str):
            yield row


def _cell_values(config: Config) -> dict[str, Any]:
    """Return a configuration as the columns of the reports."""
    values = config_dict(config)
    values["hidden"] = "-".join(map(str, config.hidden)) or "none"
    values["whiten"] = "none" if config.whiten is None else config.whiten
    return {"cell": cell_name(config), **{name: values[name] for name in CELL_COLUMNS[1:]}}


def summarise(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return one row a cell: mean, deviation and 95 % interval of the accuracy over folds and seeds."""
    summary = []
    by_cell: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_cell.setdefault(row["cell"], []).append(row)
    for fits in by_cell.values():
        good = [row for row in fits if row["status"] == "ok"]
        line = {name: fits[0][name] for name in CELL_COLUMNS} | {"fits": len(good)}
        line["seconds"] = round(float(np.mean([row["seconds"] for row in fits])), 3)
        if len(good) == len(fits):  # a cell that diverged on one fold has no mean to trust
            accuracy = np.array([row["accuracy"] for row in good])
            error = 1.96 * accuracy.std() / np.sqrt(len(accuracy))
            line |= {
                "mean": float(accuracy.mean()),
                "deviation": float(accuracy.std()),
                "low": float(accuracy.mean() - error),
                "high": float(min(accuracy.mean() + error, 1.0)),
                "macro_f1": float(np.mean([row["macro_f1"] for row in good])),
                "log_loss": float(np.mean([row["log_loss"] for row in good])),
            }
        summary.append(line)
    return sorted(summary, key=lambda line: -line.get("mean", -1.0))


def _beside(accuracy: float, error: float, baseline: Mapping[str, Any]) -> str:
    """Return how the best baseline compares, and why a network is taken where the baseline is better."""
    name = f"{baseline['architecture']} on {baseline['feature_set']}"
    words = f"; the best baseline, {name}, has {100 * baseline['mean']:.1f} %"
    more = baseline["mean"] - accuracy
    if more <= 0:
        return words
    size = "within" if more <= error else "more than"
    return (
        f"{words}, which is {size} one standard error ({100 * error:.1f} %) better, but baselines are for comparison "
        "only: a model file holds a network, which runs without scikit-learn"
    )


def choose(summary: Sequence[dict[str, Any]], *, grouped: bool = True) -> tuple[dict[str, Any], str]:
    """Return the row of the chosen cell and why: the simplest network within one standard error of the best one.

    Raises
    ------
    ModelError
        If no network finished.
    """
    networks = [line for line in summary if line["architecture"] not in BASELINES and "mean" in line]
    if not networks:
        raise ModelError("every network of the grid diverged; look for extreme values in the table")
    best = networks[0]
    error = best["deviation"] / np.sqrt(max(best["fits"], 1))
    near = [line for line in networks if line["mean"] >= best["mean"] - error]
    linear = [line for line in near if line["hidden"] == "none"]
    chosen = (linear or near)[0]
    rest = [line for line in summary if line["architecture"] in BASELINES and "mean" in line]
    beside = _beside(chosen["mean"], error, rest[0]) if rest else ""
    apart = "that keep artists apart" if grouped else "(artists are not known)"
    why = f"mean accuracy {100 * chosen['mean']:.1f} % over {chosen['fits']} fits {apart}"
    if chosen is not best:
        why += (
            f", within one standard error ({100 * error:.1f} %) of the best network's {100 * best['mean']:.1f} %, and "
            "linear"
        )
    diverged = sum("mean" not in line for line in summary)
    return chosen, why + beside + (f"; {diverged} cells diverged" if diverged else "")

"""The protocols that measure a configuration on a table, and the model that is shipped after them.

A protocol trains fresh models on the training part of each of its folds; the temperature comes from inner folds of
that part. The headline is the worst of the protocols that keep groups apart.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from musicgenre.dataset.corrections import SongCorrection, apply_corrections
from musicgenre.dataset.table import find_families, read_clips, read_table
from musicgenre.errors import ModelError
from musicgenre.parallel import run_many
from musicgenre.training.config import FEATURE_SETS, Config, families_of, feature_columns, make_config
from musicgenre.training.data import N_FOLDS, Data, as_data, as_extra
from musicgenre.training.fitting import fit_calibrated
from musicgenre.training.folds import (
    N_REPEATS,
    Fold,
    check_apart,
    fault_filtered_folds,
    group_folds,
    random_folds,
    three_folds,
)
from musicgenre.training.metrics import figures, naming_threshold, small_threshold
from musicgenre.training.softmax import softmax
from musicgenre.training.tag_prior import has_prior

DEFAULTS = (
    ("musicnn", "gated"),
    ("musicnn", "whitened"),
    ("musicnn_deep", "whitened"),
    ("mfcc+chroma+tempo+zcr+rolloff", "whitened"),
)

UNGROUPED = "The table has no groups: songs of one artist may stand in training and test, and the figures be too high."

EXTRA_NAMED_ACCURACY = 0.8  # how often a named song of another origin must be right


@dataclass(frozen=True)
class FoldJob:
    """One fold to train: what, on which rows, and the rows to answer."""

    data: Data
    config: Config
    train: np.ndarray
    test: np.ndarray
    asked: np.ndarray | None = None  # other rows to answer than those of `data`, shape (rows, columns)


def run_fold(job: FoldJob) -> np.ndarray:
    """Return the calibrated probabilities of a fold's test rows, shape (rows, genres)."""
    trained, temperature = fit_calibrated(job.data.subset(job.train), job.config)
    asked = job.data.x[job.test] if job.asked is None else job.asked
    return softmax(trained.logits(asked) / temperature)


def protocol_folds(data: Data) -> tuple[dict[str, list[list[Fold]]], list[str]]:
    """Return (protocol -> repeats -> folds, warnings) for the protocols that the table's columns allow."""
    protocols: dict[str, list[list[Fold]]] = {}
    warned = []
    split = set(data.clips["split"])
    columns: dict[str, list[Fold]] = {}
    if {"train", "test"} <= split:
        columns["fault-filtered"] = fault_filtered_folds(data)
    if "fold" in data.clips and {"1", "2"} <= set(data.clips["fold"]):
        columns["3-fold"] = three_folds(data)
    for name, folds in columns.items():
        if all(_can_train(data, fold) for fold in folds):
            protocols[name] = [folds]
        else:
            warned.append(f"Too few clips for the protocol {name}: a genre in its test part is missing from training.")
    name = "grouped CV" if data.grouped else "ungrouped CV"
    protocols[name] = [group_folds(data.y, data.groups, seed=seed) for seed in range(N_REPEATS)]
    if data.grouped:
        protocols["random split (leaky, for comparison)"] = [random_folds(data.y)]
    return protocols, warned


def _can_train(data: Data, fold: Fold) -> bool:
    """Say whether a training part has every genre that is asked for, and groups enough to calibrate on."""
    train, test = fold
    return set(data.y[test]) <= set(data.y[train]) and len(np.unique(data.groups[train])) >= N_FOLDS


def measure(
    data: Data, config: Config, *, jobs: int = 1, progress: Callable[[int, int], None] | None = None
) -> dict[str, Any]:
    """Measure a configuration by every protocol that the table allows.

    Parameters
    ----------
    data : Data
        A table as arrays.
    config : Config
        What to measure.
    jobs : int
        Processes.
    progress : callable
        Called with (folds done, folds in all).

    Returns
    -------
    dict
        ``protocols``: name to the figures of `training.metrics.figures` (means over repeats, with ``deviation``);
        ``headline``: the worst accuracy of the honest protocols and its name; ``uncertain_below`` and
        ``named_share``: the threshold of `uncertain` and the share of clips above it; ``answers``: each clip's
        ``clip_id``, label ``y`` and ``probabilities`` when its group was held out; ``warnings``.
    """
    plan, warned = protocol_folds(data)
    keys = [
        (name, r, f) for name, repeats in plan.items() for r, folds in enumerate(repeats) for f in range(len(folds))
    ]
    work = []
    for name, r, f in keys:
        train, test = plan[name][r][f]
        if not name.startswith("random"):
            check_apart(data.groups, (train, test))
        work.append(FoldJob(data, config, train, test))
    answers: dict[tuple[str, int, int], np.ndarray] = {}
    for done, (index, result) in enumerate(run_many(run_fold, work, jobs=jobs), 1):
        if isinstance(result, Exception):
            raise result
        answers[keys[index]] = result
        if progress:
            progress(done, len(work))
    protocols: dict[str, Any] = {}
    pooled: list[tuple[np.ndarray, np.ndarray]] = []
    mean_answers = np.zeros((len(data.y), len(data.genres)))  # of each clip over the repeats of the grouped protocol
    for name, repeats in plan.items():
        runs = []
        for r, folds in enumerate(repeats):
            rows = np.concatenate([test for _, test in folds])
            probabilities = np.concatenate([answers[name, r, f] for f in range(len(folds))])
            run = figures(data.y[rows], probabilities, data.groups[rows], data.genres)
            if name == "3-fold":  # the protocol's figure is the mean of its three accuracies
                parts = [
                    (answers[name, r, f].argmax(axis=1) == data.y[test]).mean() for f, (_, test) in enumerate(folds)
                ]
                run["accuracy"] = float(np.mean(parts))
            runs.append(run)
            if "grouped" in name:
                pooled.append((data.y[rows], probabilities))
                mean_answers[rows] += probabilities / len(repeats)
        protocols[name] = _mean_run(runs)
    honest = {name: run["accuracy"] for name, run in protocols.items() if not name.startswith("random")}
    worst = min(honest, key=lambda name: honest[name])
    y, probabilities = (np.concatenate(parts) for parts in zip(*pooled, strict=True))
    threshold = (small_threshold if data.is_small else naming_threshold)(y, probabilities)
    extra: dict[str, Any] = {}
    if data.extra is not None:
        extra, extra_threshold = measure_extra(data, config, jobs=jobs)
        threshold = max(threshold, extra_threshold)
        for run in extra.values():
            run.update(_named(run.pop("y"), run.pop("probabilities"), threshold))
    return {
        "protocols": protocols,
        "extra": extra,
        "headline": {"accuracy": honest[worst], "protocol": worst},
        "uncertain_below": round(threshold, 4),
        **_named(y, probabilities, threshold),
        "answers": {
            "clip_id": data.clips["clip_id"].tolist(),
            "y": data.y.tolist(),
            "probabilities": mean_answers.round(5).tolist(),
        },
        "warnings": [*([] if data.grouped else [UNGROUPED]), *warned, *data.warnings],
    }


def measure_extra(data: Data, config: Config, *, jobs: int = 1) -> tuple[dict[str, Any], float]:
    """Measure on the songs of another origin: trained without them, and with those of all other sources.

    Returns
    -------
    tuple
        Name to figures (with the answers themselves, ``y`` and ``probabilities``), and the confidence from which
        named songs are right 80 % of the time when their source was left out.
    """
    extra = data.extra
    if extra is None:
        raise ModelError("there are no songs of another origin to measure on")
    rows = np.arange(len(data.y))
    sources = np.unique(extra.groups)
    work = [FoldJob(replace(data, extra=None), config, rows, rows, extra.x)]
    for source in sources:
        held = extra.groups == source
        work.append(FoldJob(replace(data, extra=extra.subset(~held)), config, rows, rows, extra.x[held]))
    answers: dict[int, np.ndarray] = {}
    for index, result in run_many(run_fold, work, jobs=jobs):
        if isinstance(result, Exception):
            raise result
        answers[index] = result
    with_extra = np.empty((len(extra.y), len(data.genres)))
    for i, source in enumerate(sources, 1):
        with_extra[extra.groups == source] = answers[i]
    runs = {}
    for name, probabilities in (("transfer", answers[0]), ("with extra, by source", with_extra)):
        runs[name] = figures(extra.y, probabilities, extra.groups, data.genres)
        runs[name].update(y=extra.y, probabilities=probabilities)
    return runs, naming_threshold(extra.y, with_extra, accuracy=EXTRA_NAMED_ACCURACY)


def _named(y: np.ndarray, probabilities: np.ndarray, threshold: float) -> dict[str, float | None]:
    """Return the share of clips that are named at a threshold, and how often they are right."""
    named = probabilities.max(axis=1) >= threshold
    right = (probabilities.argmax(axis=1) == y)[named]
    return {"named_share": float(named.mean()), "named_right": float(right.mean()) if len(right) else None}


def _mean_run(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the mean of each figure over repeats, and the accuracy's deviation."""
    mean: dict[str, Any] = {}
    for key, first in runs[0].items():
        values = [run[key] for run in runs]
        if isinstance(first, dict):
            known = {k: [v[k] for v in values if v[k] is not None] for k in first}
            mean[key] = {k: float(np.mean(v)) if v else None for k, v in known.items()}
        else:
            mean[key] = np.mean(values, axis=0).tolist()
    mean["worst_recall"] = min(value for value in mean["recall"].values() if value is not None)
    mean["deviation"] = float(np.std([run["accuracy"] for run in runs]))
    mean["repeats"] = len(runs)
    return mean


def default_config(folder: Any) -> Config:
    """Return the best known configuration for the families that a table has.

    Raises
    ------
    ModelError
        If the table has none of the families that a default needs.
    """
    families = set(find_families(folder))
    genres = [genre for genre in read_clips(folder)["genre"].unique() if genre]
    for feature_set, architecture in DEFAULTS:
        if set(families_of(feature_set)) <= families and (architecture != "gated" or has_prior(genres)):
            return make_config(architecture, feature_set=feature_set)
    fitting = [name for name in FEATURE_SETS if set(families_of(name)) <= families]
    if not fitting:
        raise ModelError(f"{folder} lacks the features of every feature set; compute them with 00_preprocess_music.py")
    return make_config("whitened", feature_set=max(fitting, key=lambda name: len(feature_columns(name))))


def load_data(
    folder: Any, config: Config, *, extra: Any = None, corrections: Sequence[SongCorrection] = ()
) -> tuple[Data, str]:
    """Return a table's arrays for a configuration, with those of an extra table if there is one, and its sha256.

    Raises
    ------
    ModelError
        If a table is at fault, or the configuration has no use for extra songs.
    """
    table = read_table(folder, families_of(config.feature_set))
    corrected = apply_corrections(table, Path(folder), families_of(config.feature_set), corrections)
    table = corrected.table
    data = as_data(table, config.feature_set)
    data = replace(data, warnings=(*data.warnings, *corrected.notes))
    if extra is not None:
        if config.architecture != "gated":
            raise ModelError(f"the architecture {config.architecture!r} has no use for extra songs; leave --extra out")
        data = replace(data, extra=as_extra(read_table(extra, families_of(config.feature_set)), data))
    return data, table.sha256


def percent(value: float) -> str:
    """Return 0.8234 as '82.3 %'."""
    return f"{100 * value:.1f} %"


def headline_words(report: Mapping[str, Any]) -> str:
    """Return what the headline is: the worst of several honest protocols, or the only one, or none that is honest."""
    name = report["headline"]["protocol"]
    honest = [protocol for protocol in report["protocols"] if not protocol.startswith("random")]
    if name.startswith("ungrouped"):
        return f"{name}: artists are not known, so that songs of one may be on both sides and the figure too high"
    if name.startswith("nested"):
        return f"{name}: with the choice of the configuration made again in each fold"
    if len(honest) == 1:
        return f"{name}: no artist is on both sides"
    return f"{name}, the lowest of the {len(honest)} protocols in which no artist is on both sides"


def summary_lines(report: dict[str, Any]) -> list[str]:
    """Return the figures of `measure` as lines for a person."""
    heads = ("95 % interval", "macro-F1", "top-3", "ECE", "at 80 %")
    lines = ["{:<38} {:>16} {:>16} {:>9} {:>7} {:>6} {:>8}".format("protocol", "accuracy", *heads)]
    for name, run in [*report["protocols"].items(), *report["extra"].items()]:
        accuracy = percent(run["accuracy"]) + (f" ± {100 * run['deviation']:.1f}" if run.get("repeats", 1) > 1 else "")
        interval = "{:.1f}-{:.1f} %".format(*(100 * value for value in run["interval_95"]))
        lines.append(
            f"{name:<38} {accuracy:>16} {interval:>16} {run['macro_f1']:9.3f} "
            f"{percent(run['top3']):>7} {run['ece']:6.3f} {percent(run['accuracy_at_80']):>8}"
        )
    main = next(run for name, run in report["protocols"].items() if "grouped" in name)
    worst = min((r, g) for g, r in main["recall"].items() if r is not None)
    headline = report["headline"]
    lines += [
        f"headline: {percent(headline['accuracy'])} ({headline_words(report)})",
        f"worst recall of a genre: {worst[0]:.2f} ({worst[1]})",
        f"named from {percent(report['uncertain_below'])} confidence on: {percent(report['named_share'])} of the clips",
        *(
            f"{name}: {percent(run['named_share'])} of the songs are named, {percent(run['named_right'] or 0)} rightly"
            for name, run in report["extra"].items()
        ),
        *(f"warning: {text}" for text in report["warnings"]),
    ]
    return lines

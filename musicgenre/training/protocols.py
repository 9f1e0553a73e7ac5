"""The protocols that measure a configuration on a table, and the model that is shipped after them.

A protocol trains fresh models on the training part of each of its folds; the temperature comes from inner folds of
that part. The headline is the worst of the protocols that keep groups apart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from musicgenre.dataset.build import table_grid
from musicgenre.dataset.corrections_file import SongCorrection
from musicgenre.dataset.table import find_families, read_clips, read_family, read_table
from musicgenre.errors import ModelError
from musicgenre.features.musicnn import MUSICNN_FAMILIES
from musicgenre.inference.evaluation import Evaluation, HeldOut
from musicgenre.inference.measured import Headline, Metrics
from musicgenre.parallel import run_many
from musicgenre.training.config import FEATURE_SETS, Config, families_of, feature_columns, make_config
from musicgenre.training.data import (
    N_FOLDS,
    TAG_COLUMNS,
    Data,
    as_data,
    as_extra,
    corrected_table,
    join_extras,
    only_genres,
    related,
)  # fmt: skip
from musicgenre.training.fitting import fit_calibrated, levels_of
from musicgenre.training.folds import (
    N_REPEATS,
    Fold,
    check_apart,
    fault_filtered_folds,
    group_folds,
    random_folds,
    three_folds,
)
from musicgenre.training.metrics import figures, mean_metrics, named, naming_threshold
from musicgenre.training.sets import Levels, set_sizes, sets_summary
from musicgenre.training.tag_prior import has_prior

DEFAULTS = (
    ("musicnn_deep", "deep"),
    ("musicnn", "gated"),
    ("musicnn", "whitened"),
    ("mfcc+chroma+tempo+zcr+rolloff", "whitened"),
)

UNGROUPED = "No clip has an artist: songs of one may stand in training and test, and the figures be too high."

EXTRA_NAMED_ACCURACY = 0.8  # how often a named song of another origin must be right


@dataclass(frozen=True)
class Protocol:
    """A way to measure.

    Parameters
    ----------
    name : str
        As it is printed and stored in cards.
    folds : list of list of Fold
        Repeats of folds.
    leaky : bool
        Whether groups are on both sides, so that the figure is too high; for comparison only.
    pooled : bool
        Whether thresholds, levels and each clip's held-out answer come from it.
    per_fold : bool
        Whether its accuracy is the mean of the folds' accuracies and not that of all answers.
    """

    name: str
    folds: list[list[Fold]]
    leaky: bool = False
    pooled: bool = False
    per_fold: bool = False


@dataclass(frozen=True)
class FoldJob:
    """One fold to train: what, on which rows, and the rows to answer."""

    data: Data
    config: Config
    train: np.ndarray
    test: np.ndarray
    leaky: bool = False  # train on songs of the tested artists, too
    asked: np.ndarray | None = None  # other rows to answer than those of `data`, shape (rows, columns)


@dataclass(frozen=True)
class FoldAnswer:
    """Calibrated probabilities of a fold's test rows, shape (rows, genres), and the levels of its training part."""

    probabilities: np.ndarray
    levels: Levels


def run_fold(job: FoldJob) -> FoldAnswer:
    """Train on a fold's training part, which calibrates itself, and answer its test rows."""
    apart = job.asked is None and not job.leaky
    others = job.data.training_part(job.train, job.test) if apart else job.data.subset(job.train)
    model = fit_calibrated(others, job.config)
    if job.asked is not None:
        return FoldAnswer(model.probabilities(job.asked), model.levels)
    tested = job.data.subset(job.test)
    return FoldAnswer(model.probabilities(tested.x, tested.parts), model.levels)


def protocols_of(data: Data, *, repeats: int = N_REPEATS) -> tuple[list[Protocol], list[str]]:
    """Return the protocols that the table's columns allow, and warnings."""
    protocols: list[Protocol] = []
    warned = []
    split = set(data.clips["split"])
    if {"train", "test"} <= split:
        protocols.append(Protocol("fault-filtered", [fault_filtered_folds(data)]))
    if "fold" in data.clips and {"1", "2"} <= set(data.clips["fold"]):
        protocols.append(Protocol("3-fold", [three_folds(data)], per_fold=True))
    for protocol in tuple(protocols):
        if not all(_can_train(data, fold) for folds in protocol.folds for fold in folds):
            protocols.remove(protocol)
            warned.append(
                f"Too few clips for the protocol {protocol.name}: a genre in its test part is missing from training."
            )
    folds = [group_folds(data.y, data.groups, seed=seed) for seed in range(repeats)]
    protocols.append(Protocol("grouped CV" if data.grouped else "ungrouped CV", folds, pooled=True))
    if data.grouped:
        protocols.append(Protocol("random split (leaky, for comparison)", [[*random_folds(data.y)]], leaky=True))
    return protocols, warned


def _can_train(data: Data, fold: Fold) -> bool:
    """Say whether a training part has every genre that is asked for, and groups enough to calibrate on."""
    train, test = fold
    return set(data.y[test]) <= set(data.y[train]) and len(np.unique(data.groups[train])) >= N_FOLDS


def measure(
    data: Data,
    config: Config,
    *,
    jobs: int = 1,
    repeats: int = N_REPEATS,
    progress: Callable[[int, int], None] | None = None,
) -> Evaluation:
    """Measure a configuration by every protocol that the table allows.

    Parameters
    ----------
    data, config : Data, Config
        A table as arrays, and what to measure.
    jobs, repeats : int
        Processes; repeats of the grouped protocol, with the seeds 0, 1, ...
    progress : callable
        Called with (folds done, folds in all).

    Returns
    -------
    Evaluation
        With means over repeats.
    """
    protocols, warned = protocols_of(data, repeats=repeats)
    answers = _fold_answers(data, config, protocols, jobs=jobs, progress=progress)
    runs = {
        protocol.name: mean_metrics(
            [_figures(data, protocol, folds, answers[protocol.name, r]) for r, folds in enumerate(protocol.folds)]
        )
        for protocol in protocols
    }
    honest = {protocol.name: runs[protocol.name].accuracy for protocol in protocols if not protocol.leaky}
    worst = min(honest, key=lambda name: honest[name])
    pooled = next(protocol for protocol in protocols if protocol.pooled)
    y = data.y[np.concatenate([test for folds in pooled.folds for _, test in folds])]
    probabilities = np.concatenate([a.probabilities for r in range(len(pooled.folds)) for a in answers[pooled.name, r]])
    levels = levels_of(data, y, probabilities)
    extra, threshold = _measure_others(data, config, y, probabilities, levels.uncertain_below, jobs=jobs)
    named_share, named_right = named(y, probabilities, threshold)
    return Evaluation(
        data.genres,
        runs,
        Headline(honest[worst], worst),
        uncertain_below=round(threshold, 4),
        extra=extra,
        set_level=round(max(levels.set_level, threshold), 4),
        sets=runs[pooled.name].sets,
        named_share=named_share,
        named_right=named_right,
        answers=HeldOut(
            data.clips["clip_id"].tolist(),
            data.y.tolist(),
            _mean_answers(data, pooled, answers).round(5).tolist(),
        ),
        warnings=[*([] if data.grouped else [UNGROUPED]), *warned, *data.warnings],
        notes=data.notes,
    )


Answers = dict[tuple[str, int], list[FoldAnswer]]  # of a protocol's name and repeat, in the order of its folds


def _fold_answers(
    data: Data,
    config: Config,
    protocols: Sequence[Protocol],
    *,
    jobs: int,
    progress: Callable[[int, int], None] | None,
) -> Answers:
    """Fit every fold of every protocol, and return its answers for the clips that were held out."""
    keys = [(p, r, f) for p in protocols for r, folds in enumerate(p.folds) for f in range(len(folds))]
    work = []
    for protocol, r, f in keys:
        train, test = protocol.folds[r][f]
        if not protocol.leaky:
            check_apart(data.groups, (train, test))
        work.append(FoldJob(data, config, train, test, leaky=protocol.leaky))
    done: dict[int, FoldAnswer] = {}
    for count, (index, result) in enumerate(run_many(run_fold, work, jobs=jobs), 1):
        if isinstance(result, Exception):
            raise result
        done[index] = result
        if progress:
            progress(count, len(work))
    answers: Answers = {}
    for i, (protocol, r, _) in enumerate(keys):
        answers.setdefault((protocol.name, r), []).append(done[i])
    return answers


def _mean_answers(data: Data, pooled: Protocol, answers: Answers) -> np.ndarray:
    """Return the mean probabilities of each clip over the repeats of a protocol, shape (clips, genres)."""
    mean = np.zeros((len(data.y), len(data.genres)))
    for r, folds in enumerate(pooled.folds):
        for (_, test), answer in zip(folds, answers[pooled.name, r], strict=True):
            mean[test] += answer.probabilities / len(pooled.folds)
    return mean


def _measure_others(
    data: Data, config: Config, y: np.ndarray, probabilities: np.ndarray, threshold: float, *, jobs: int
) -> tuple[dict[str, Metrics], float]:
    """Measure on the songs of another origin, if there are any; return the figures and the threshold of `uncertain`."""
    if data.extra is not None and config.architecture == "gated":
        found, extra_threshold = measure_extra(data, config, jobs=jobs)
        threshold = max(naming_threshold(y, probabilities), extra_threshold)
        extra = {}
        for name, (run, chances) in found.items():
            named_share, named_right = named(data.extra.y, chances, threshold)
            extra[name] = replace(run, named_share=named_share, named_right=named_right)
        return extra, threshold
    if data.extra is not None and set(data.extra.y) == set(data.y):
        return {"transfer": measure_transfer(data, config)}, threshold
    return {}, threshold


def _figures(data: Data, protocol: Protocol, folds: Sequence[Fold], answers: Sequence[FoldAnswer]) -> Metrics:
    """Return the metrics of one repeat of a protocol."""
    rows = np.concatenate([test for _, test in folds])
    probabilities = np.concatenate([answer.probabilities for answer in answers])
    run = figures(data.y[rows], probabilities, data.groups[rows], data.genres)
    sizes = np.concatenate([set_sizes(answer.probabilities, answer.levels) for answer in answers])
    run = replace(run, sets=sets_summary(data.y[rows], probabilities, sizes))
    if protocol.per_fold:
        right = [
            answer.probabilities.argmax(axis=1) == data.y[test]
            for (_, test), answer in zip(folds, answers, strict=True)
        ]
        run = replace(run, accuracy=float(np.mean([fold.mean() for fold in right])))
    return run


def measure_transfer(data: Data, config: Config) -> Metrics:
    """Measure on the table a model that is trained on the extra songs alone."""
    if data.extra is None:
        raise ModelError("there are no songs of another origin to train on")
    others = data.extra.subset(~related(data.extra.clips, data.clips))
    only = replace(
        data,
        x=others.x,
        y=others.y,
        groups=others.groups,
        clips=others.clips,
        parts=others.parts,
        extra=None,
        is_small=False,
    )
    return figures(data.y, fit_calibrated(only, config).probabilities(data.x, data.parts), data.groups, data.genres)


def measure_extra(data: Data, config: Config, *, jobs: int = 1) -> tuple[dict[str, tuple[Metrics, np.ndarray]], float]:
    """Measure on the songs of another origin: trained without them, and with those of all other sources.

    Returns
    -------
    tuple
        Name to metrics with the probabilities that they are of, and the confidence from which named songs are right
        80 % of the time when their source was left out.
    """
    extra = data.extra
    if extra is None:
        raise ModelError("there are no songs of another origin to measure on")
    rows = np.arange(len(data.y))
    sources = np.unique(extra.groups)
    work = [FoldJob(replace(data, extra=None), config, rows, rows, asked=extra.x)]
    for source in sources:
        held = extra.groups == source
        work.append(FoldJob(replace(data, extra=extra.subset(~held)), config, rows, rows, asked=extra.x[held]))
    answers: dict[int, np.ndarray] = {}
    for index, result in run_many(run_fold, work, jobs=jobs):
        if isinstance(result, Exception):
            raise result
        answers[index] = result.probabilities
    with_extra = np.empty((len(extra.y), len(data.genres)))
    for i, source in enumerate(sources, 1):
        with_extra[extra.groups == source] = answers[i]
    runs = {}
    for name, probabilities in (("transfer", answers[0]), ("with extra, by source", with_extra)):
        runs[name] = figures(extra.y, probabilities, extra.groups, data.genres), probabilities
    return runs, naming_threshold(extra.y, with_extra, accuracy=EXTRA_NAMED_ACCURACY)


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
    folder: Any,
    config: Config,
    *,
    extra: Sequence[Any] = (),
    genres: Sequence[str] = (),
    corrections: Sequence[SongCorrection] = (),
) -> tuple[Data, str]:
    """Return a table's arrays for a configuration, with those of extra tables if there are any, and its sha256.

    Parameters
    ----------
    folder : path-like
        The table.
    config : Config
        Which features.
    extra : sequence of path-like
        Tables of out-of-domain songs, which train in every fold.
    genres : sequence of str
        Use clips of these genres only; all by default.
    corrections : sequence of SongCorrection
        See `dataset.corrections`.

    Raises
    ------
    ModelError
        If a table is at fault.
    """
    families = families_of(config.feature_set)
    corrected = corrected_table(folder, families, genres=genres, corrections=corrections)
    table = corrected.table
    data = as_data(table, config.feature_set)
    data = replace(data, warnings=(*data.warnings, *corrected.warnings), notes=corrected.notes)
    if extra:
        tables = [only_genres(read_table(path, families), genres) for path in extra]
        data = replace(data, extra=join_extras([as_extra(other, data) for other in tables]))
        grid = table_grid(Path(folder))
        others = [Path(path) for path in extra if table_grid(Path(path)) != grid]
        if others and not set(MUSICNN_FAMILIES).isdisjoint(families):
            what = f"{others[0]} has other windows than {folder}; make both with or both without --fewer-windows."
            data = replace(data, warnings=(*data.warnings, what))
    if "musicnn" not in families and "musicnn" in find_families(folder):
        tags = read_family(folder, "musicnn").reindex(data.clips["clip_id"])[TAG_COLUMNS]
        data = replace(data, tags=tags.to_numpy())
    return data, table.sha256

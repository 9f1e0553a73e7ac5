"""Files of 01 and 02 -> the parts of their report: tables, pictures, and songs to listen to.

Each section is made of what lies in a folder of reports, whichever script ran last.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from musicgenre.dataset.search_results import CHOSEN, JOURNAL, read_chosen
from musicgenre.dataset.table import read_csv
from musicgenre.inference.evaluation import Evaluation, HeldOut, read_evaluation
from musicgenre.inference.measured import Metrics
from musicgenre.plots.report import Playlist, ReportTable, Section
from musicgenre.plots.report_words import (
    MODEL_WORDS,
    SEARCH_WORDS,
    WRONG_ADVICE,
    accuracy_words,
    advice,
    compares_copies,
    mixed_pairs,
    number_words,
    wrong_clips,
)
from musicgenre.plots.style import Picture
from musicgenre.text import parse_json

MAX_CURVES = 4  # learning curves in one figure

MAX_ROWS = 15  # of a table in the report


def search_section(folder: Path) -> Section:
    """Return the part of the report about a search."""
    rows: list[dict[str, Any]] = read_csv(folder / "grid_results.csv").to_dict("records")
    summary: list[dict[str, Any]] = read_csv(folder / "grid_summary.csv").to_dict("records")
    path = folder / CHOSEN
    text = [f"{len(rows)} fits of {len(summary)} cells."]
    if path.is_file():
        chosen = read_chosen(path)
        text = [f"{len(rows)} fits of {len(summary)} cells on {chosen.table}."] if chosen.table else text
        text.append(f"Chosen: {chosen.network}: {chosen.reason}.")
        text += chosen.warnings
    kept = ("feature_set", "architecture", "hidden", "dropout", "whiten", "l2")
    columns = [name for name in kept if any(name in line for line in summary)]
    columns += ["copies"] if compares_copies(summary) else []
    table = ReportTable(
        f"The best of {len(summary)} cells.",
        [*(name.replace("_", " ") for name in columns), "accuracy", "seconds"],
        [
            [
                *(_value(line.get(name)) for name in columns),
                accuracy_words(line.get("mean"), line.get("deviation")),
                number_words(line.get("seconds"), 2),
            ]
            for line in summary[:MAX_ROWS]
        ],
        {name: words for name, words in SEARCH_WORDS.items() if name != "copies" or name in columns},
    )
    return Section("The search", text, [table], _search_pictures(rows, _learning_curves(folder, summary)))


def _search_pictures(rows: list[dict[str, Any]], curves: Any) -> list[Picture]:
    """Return the pictures of a search, in the order to look at them."""
    from musicgenre.plots import search as viz

    curve_pictures = [
        Picture(
            "search_learning_curves",
            "Learning curves of the best networks with hidden layers on their first fold: where the solid line "
            "(clips held out) rises while the dashed one (training) falls, the network learns its clips by heart. The "
            "loss is the cross-entropy, which is 0 where each clip's genre gets 100 %.",
            lambda theme: viz.learning_curves(curves, theme=theme),
        ),
    ]
    return [
        Picture(
            "search_feature_sets",
            "Accuracy of each feature set: the best cell with its deviation over folds and seeds, and all cells.",
            lambda theme: viz.search_accuracy(rows, "feature_set", theme=theme),
        ),
        Picture(
            "search_architectures",
            "Accuracy of each architecture: the best cell with its deviation over folds and seeds, and all cells.",
            lambda theme: viz.search_accuracy(rows, "architecture", theme=theme),
        ),
        Picture(
            "search_grid",
            "Best accuracy of each feature set with each architecture.",
            lambda theme: viz.search_grid(rows, theme=theme),
        ),
        Picture(
            "search_hyperparameters",
            "Effect of each hyperparameter among the architectures that tried several values.",
            lambda theme: viz.hyperparameter_effects(rows, theme=theme),
        ),
        *(curve_pictures if curves else ()),  # linear networks are solved exactly and have none
        Picture(
            "search_time",
            "Time for a fold against accuracy.",
            lambda theme: viz.time_against_accuracy(rows, theme=theme),
        ),
    ]


def _value(text: Any) -> Any:
    """Return a cell of a CSV as a number where it is one."""
    try:
        number = float(text)
    except (TypeError, ValueError):
        return text
    return number if math.isfinite(number) else ""


def _learning_curves(folder: Path, summary: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, list[float]]]:
    """Return the histories of the best cells on the first fold, from the journal of the search."""
    found: dict[str, dict[str, list[float]]] = {}
    path = folder / JOURNAL
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            row = parse_json(line)
            _, cell, seed, fold = row["key"].split(" ")
        except (ValueError, KeyError):
            continue  # the torn end of an interrupted search
        if (seed, fold) == ("0", "0") and len(row.get("history", {}).get("val_loss", ())) > 2:
            found[cell] = row["history"]
    names: dict[str, str] = {}
    for cells in summary:
        if cells["cell"] in found and len(names) < MAX_CURVES:
            units = "" if cells.get("hidden", "none") == "none" else f", {cells['hidden']} units"
            names[cells["cell"]] = f"{cells['feature_set']}, {cells['architecture']}{units}"
    return {f"{name} ({i})": found[cell] for i, (cell, name) in enumerate(names.items(), 1)}


def model_section(folder: Path) -> Section:
    """Return the part of the report about a model's evaluation."""
    found = read_evaluation(folder)
    protocols = _all_runs(found)
    headline = found.headline
    text = [
        f"Measured: {found.about}.",
        f"Headline: {100 * headline.accuracy:.1f} % ({headline.words or headline.protocol}).",
        *found.notes,
        *found.warnings,
    ]
    heads = ("Protocol", "Accuracy", "95 % interval", "Macro-F1", "Top-3", "ECE", "At 80 %", "Clips")
    rows = [
        [
            name,
            f"{100 * run.accuracy:.1f} %" if run.spread is None else accuracy_words(run.accuracy, run.spread),
            "{:.1f} to {:.1f} %".format(*(100 * value for value in run.interval_95)),
            number_words(run.macro_f1, 3),
            f"{100 * run.top3:.1f} %",
            number_words(run.ece, 3),
            f"{100 * run.accuracy_at_80:.1f} %",
            int(run.clips),
        ]
        for name, run in protocols.items()
    ]
    table = ReportTable("Every protocol.", heads, rows, MODEL_WORDS)
    return Section("The model", text, [table], model_pictures(found), _playlists(found))


def _playlists(found: Evaluation) -> list[Playlist]:
    """Return the pairs of genres that are mixed up, with their clips to listen to."""
    answers = found.answers
    if not answers:
        return []
    y, p = np.array(answers.y, dtype=int), np.array(answers.probabilities, dtype=float)
    asked = (answers.clip_id, y, p, found.genres)
    lists = [(advice(pair), pair.hardest) for pair in mixed_pairs(*asked)]
    wrong = wrong_clips(*asked)
    sure = found.uncertain_below
    return [
        Playlist(
            text,
            [
                (
                    f"{clip_id}: lies in {genre}, {'named' if share >= sure else 'not sure, closest to'} {other} "
                    f"({100 * share:.0f} %)",
                    found.files.get(clip_id, ""),
                )
                for clip_id, genre, other, share in clips
            ],
        )
        for text, clips in lists or ([(WRONG_ADVICE, tuple(wrong))] if wrong else [])
    ]


def _all_runs(found: Evaluation) -> dict[str, Metrics]:
    """Return name to metrics of all protocols and of the songs of another origin, if there are any."""
    extra = {f"songs of another origin: {name}": run for name, run in found.extra.items()}
    return {**found.protocols, **extra}


def model_pictures(found: Evaluation) -> list[Picture]:
    """Return the pictures of an evaluation."""
    from musicgenre.plots import model as viz

    protocols = _all_runs(found)
    pictures = [
        Picture(
            "model_protocols",
            "Accuracy by protocol; a split that shares artists with training is for comparison only.",
            lambda theme: viz.protocol_bars(
                {name: run.accuracy for name, run in protocols.items()},
                bounds={name: run.interval_95 for name, run in protocols.items()},
                theme=theme,
            ),
        )
    ]
    if found.answers:
        pictures += _answer_pictures(found, found.answers)
    lengths = found.lengths
    if lengths:
        pictures.append(
            Picture(
                "model_lengths",
                "Accuracy against the length of the clip.",
                lambda theme: viz.accuracy_by_length(
                    [one.seconds for one in lengths],
                    [one.accuracy for one in lengths],
                    bounds=[(one.low, one.high) for one in lengths],
                    theme=theme,
                ),
            )
        )
    if found.degradations:
        pictures.append(
            Picture(
                "model_degradations",
                "Accuracy on the same clips after damage, and the difference from the undamaged ones.",
                lambda theme: viz.degradation_bars(found.degradations, count=found.degradation_clips, theme=theme),
            )
        )
    return pictures


def _answer_pictures(found: Evaluation, answers: HeldOut) -> list[Picture]:
    """Return the pictures of the answers for clips that were held out."""
    from musicgenre.plots import model as viz

    genres, names = found.genres, answers.clip_id
    y, p = np.array(answers.y, dtype=int), np.array(answers.probabilities, dtype=float)
    guess = p.argmax(axis=1) if len(p) else y
    return [
        Picture(
            "model_confusion",
            "What the clips of each genre were named, in percent; here and below, a clip's answer is the mean of those "
            "of the cross-validation's repeats in which it was held out, so that figures may differ a little from the "
            "table's, which are means over the repeats.",
            lambda theme: viz.confusion_matrix(y, guess, genres, theme=theme),
        ),
        Picture(
            "model_recall",
            "Recall: the share of the clips of each genre that were named rightly, each clip when it was held out.",
            lambda theme: viz.recall_per_genre(y, guess, genres, theme=theme),
        ),
        Picture(
            "model_reliability",
            "How often the program is right at each confidence; on the dashed line confidence is honest, above it the "
            "program says less than it knows, as a model of few clips does of songs unlike them.",
            lambda theme: viz.reliability(y, p, genres, theme=theme),
        ),
        Picture(
            "model_coverage",
            "Accuracy when the least sure answers are left out.",
            lambda theme: viz.coverage_curve(y, p, genres, threshold=found.uncertain_below, theme=theme),
        ),
        Picture(
            "model_hardest",
            "Clips whose own genre got the least probability.",
            lambda theme: viz.hardest_clips(names, y, p, genres, theme=theme),
        ),
    ]

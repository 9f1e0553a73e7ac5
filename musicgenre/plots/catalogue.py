"""What the scripts write for people to look at: picture files of a song, a table, a search and a model; report.html.

Conventions
-----------
01 and 02 share one folder of reports: each writes its figures there and the page again from all that lies in it, so
that the page holds the search and the model whichever ran last. Every file is written whole or not at all.
"""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from musicgenre.audio.recording import Recording
from musicgenre.dataset.table import read_csv, read_table
from musicgenre.errors import ModelError
from musicgenre.files import read_json, write_atomic
from musicgenre.inference.prediction import Prediction
from musicgenre.plots.report import FORMATS, ReportTable, Section, figure_bytes, report_html
from musicgenre.plots.style import Picture
from musicgenre.text import parse_json

EVALUATION = "evaluation.json"

REPORT = "report.html"

PICTURES = "figures"  # folder below the reports

MAX_CURVES = 4  # learning curves in one figure

MAX_ROWS = 15  # of a table in the report


# ---- a song


def plot_format(path: Path) -> str:
    """Return the picture format that a file's ending asks for; raise `ModelError` if it is none of ours."""
    kind = path.suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise ModelError(f"{path.name!r} is no picture's name; end it in {', '.join('.' + name for name in FORMATS)}")
    return kind


def plot_song(recording: Recording, prediction: Prediction, path: Path, *, theme: str = "light") -> None:
    """Write the page with everything about a song and its answer.

    Parameters
    ----------
    recording : Recording
        What was analysed.
    prediction : Prediction
        Its answer.
    path : Path
        Its ending (png, svg or pdf) says the format.

    Raises
    ------
    AudioError
        If the recording holds no sample.
    ModelError
        For another ending, or if the file cannot be written.
    """
    kind = plot_format(path)
    from musicgenre.plots.song import overview  # matplotlib loads when something is drawn
    from musicgenre.plots.spectra import song_spectra

    _write_figure(overview(song_spectra(recording), prediction, theme=theme), path, kind)


def plot_library(counts: Mapping[str, Any], path: Path, *, theme: str = "light") -> None:
    """Write the picture of a library's counts (`library.statistics.Statistics.as_json`); raises as `plot_song`."""
    kind = plot_format(path)
    from musicgenre.plots.library import library_page

    _write_figure(library_page(counts, theme=theme), path, kind)


def _write_figure(figure: Any, path: Path, kind: str) -> None:
    """Write a figure in a format."""
    data = figure_bytes(figure, kind)
    try:
        write_atomic(path, data)
    except OSError as error:
        raise ModelError(f"{path} cannot be written ({error.strerror}); choose another place") from error


# ---- a table


def write_table_figures(table: Path, folder: Path) -> int:
    """Write the pictures of a table as PNG files and as a page; return how many pictures there are.

    Raises
    ------
    ModelError
        If the table cannot be read.
    """
    from musicgenre.dataset.table import find_families
    from musicgenre.plots.table import table_pictures

    data = read_table(table, find_families(table))
    groups = data.clips["group"].tolist()
    known = groups if any(groups) else None
    pictures = table_pictures(data.clips["genre"].tolist(), data.features, groups=known)
    _write_pictures(pictures, folder)
    text = [f"{len(data.clips)} clips, {data.features.shape[1]} features, {data.clips['genre'].nunique()} genres."]
    write_atomic(folder / REPORT, report_html("The training table", [Section("Pictures", text, pictures=pictures)]))
    return len(pictures)


def _write_pictures(pictures: Sequence[Picture], folder: Path) -> None:
    """Write pictures as PNG files named after them."""
    for picture in pictures:
        write_atomic(folder / f"{picture.name}.png", figure_bytes(picture.draw("light"), "png"))


# ---- a search and a model


def save_evaluation(report: Mapping[str, Any], genres: Sequence[str], folder: Path, *, about: str) -> None:
    """Keep what 02 measured beside the reports of 01, for the figures.

    Parameters
    ----------
    report : mapping
        Of `training.protocols.measure`.
    genres : sequence of str
        In the order of the probabilities.
    folder : Path
        The reports.
    about : str
        Which configuration was measured.
    """
    write_atomic(folder / EVALUATION, json.dumps({"about": about, "genres": list(genres), **report}) + "\n")


def write_search_figures(folder: Path) -> None:
    """Write the figures of 01 from grid_results.csv, and the report of all that lies in the folder."""
    _write_pictures(_made(_search_section, folder).pictures, folder / PICTURES)
    write_report(folder)


def write_model_figures(folder: Path) -> None:
    """Write the figures of 02 from evaluation.json, and the report of all that lies in the folder."""
    _write_pictures(_made(_model_section, folder).pictures, folder / PICTURES)
    write_report(folder)


def write_report(folder: Path) -> None:
    """Write report.html from what 01 and 02 left in a folder of reports.

    Raises
    ------
    ModelError
        If a file there cannot be read, or there is none.
    """
    sections = []
    if (folder / EVALUATION).is_file():
        sections.append(_made(_model_section, folder))
    if (folder / "grid_results.csv").is_file():
        sections.append(_made(_search_section, folder))
    if not sections:
        raise ModelError(f"{folder} holds neither a search nor an evaluation; run 01 or 02 first")
    write_atomic(folder / REPORT, report_html("Music genre classifier: report", sections))


def _made(section: Callable[[Path], Section], folder: Path) -> Section:
    """Return a part of the report; raise `ModelError` if the files it is made of hold something else."""
    try:
        return section(folder)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise ModelError(f"the files in {folder} are not those of this version; run 01 or 02 again") from error


def _read_json(path: Path) -> Any:
    """Return the content of a JSON file; raise `ModelError` if it is none."""
    try:
        return read_json(path)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read; run 01 or 02 again") from error


def _search_section(folder: Path) -> Section:
    """Return the part of the report about a search."""
    from musicgenre.plots import search as viz

    rows: list[dict[str, Any]] = read_csv(folder / "grid_results.csv").to_dict("records")
    summary: list[dict[str, Any]] = read_csv(folder / "grid_summary.csv").to_dict("records")
    curves = _learning_curves(folder, summary)
    pictures = [
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
        Picture(
            "search_learning_curves",
            "Learning curves of the best networks on their first fold.",
            lambda theme: viz.learning_curves(curves, theme=theme),
        ),
        Picture(
            "search_time",
            "Time for a fold against accuracy.",
            lambda theme: viz.time_against_accuracy(rows, theme=theme),
        ),
    ]
    chosen = folder / "chosen.json"
    text = [f"{len(rows)} fits of {len(summary)} cells on folds that keep groups apart."]
    if chosen.is_file():
        config, reason = _read_json(chosen).get("config", {}), _read_json(chosen).get("reason", "")
        text.append(f"Chosen: {config.get('feature_set')}, {config.get('architecture')}: {reason}.")
    kept = ("feature_set", "architecture", "hidden", "dropout", "whiten", "l2", "mean", "deviation", "seconds")
    columns = [name for name in kept if any(name in line for line in summary)]
    table = ReportTable(
        f"The best of {len(summary)} cells; mean and deviation of the accuracy over folds and seeds.",
        [name.replace("_", " ") for name in columns],
        [[_value(line.get(name)) for name in columns] for line in summary[:MAX_ROWS]],
    )
    return Section("The search", text, [table], pictures)


def _value(text: Any) -> Any:
    """Return a cell of a CSV as a number where it is one."""
    try:
        number = float(text)
    except (TypeError, ValueError):
        return text
    return number if math.isfinite(number) else ""


def _learning_curves(folder: Path, summary: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, list[float]]]:
    """Return the histories of the best cells on the first fold, from the journal of the search."""
    from musicgenre.dataset.search_results import JOURNAL

    found: dict[str, dict[str, list[float]]] = {}
    path = folder / JOURNAL
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            row = parse_json(line)
            _, cell, seed, fold = row["key"].split(" ")
        except (ValueError, KeyError):
            continue  # the torn end of an interrupted search
        if (seed, fold) == ("0", "0") and len(row.get("history", {}).get("loss", ())) > 2:
            found[cell] = row["history"]
    names: dict[str, str] = {}
    for cells in summary:
        if cells["cell"] in found and len(names) < MAX_CURVES:
            units = "" if cells.get("hidden", "none") == "none" else f", {cells['hidden']} units"
            names[cells["cell"]] = f"{cells['feature_set']}, {cells['architecture']}{units}"
    return {f"{name} ({i})": found[cell] for i, (cell, name) in enumerate(names.items(), 1)}


def _model_section(folder: Path) -> Section:
    """Return the part of the report about a model's evaluation."""
    found = _read_json(folder / EVALUATION)
    protocols = _all_runs(found)
    headline = found["headline"]
    text = [
        f"Measured: {found['about']}.",
        f"Headline: {100 * headline['accuracy']:.1f} % ({headline['protocol']}), the worst of the protocols that keep "
        "artists and recordings apart.",
        "The figures of single clips are of the protocol that keeps groups apart, averaged over its repeats.",
        *found.get("warnings", ()),
    ]
    heads = ("Protocol", "Accuracy", "Low", "High", "Macro-F1", "Top 3", "Calibration", "80 % coverage", "Clips")
    rows = [
        [
            name,
            run["accuracy"],
            *run["interval_95"],
            *(run.get(key) for key in ("macro_f1", "top3", "ece", "accuracy_at_80")),
            int(run["clips"]),
        ]
        for name, run in protocols.items()
    ]
    table = ReportTable("Every protocol, with the 95 % interval of the accuracy.", heads, rows)
    return Section("The model", text, [table], model_pictures(found))


def _all_runs(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return name to figures of all protocols and of the songs of another origin, if there are any."""
    extra = {f"songs of another origin: {name}": run for name, run in found.get("extra", {}).items()}
    return {**found["protocols"], **extra}


def model_pictures(found: Mapping[str, Any]) -> list[Picture]:
    """Return the pictures of an evaluation.

    Parameters
    ----------
    found : mapping
        The content of evaluation.json: ``genres``, ``protocols``, ``extra``, ``uncertain_below``, and where they were
        measured ``answers`` (``clip_id``, ``y``, ``probabilities``), ``lengths`` (rows of seconds, accuracy, low,
        high), ``degradations`` (name to accuracy) and ``degradation_clips``.
    """
    from musicgenre.plots import model as viz

    protocols = _all_runs(found)
    pictures = [
        Picture(
            "model_protocols",
            "Accuracy by protocol; a split that shares artists with training is for comparison only.",
            lambda theme: viz.protocol_bars(
                {name: run["accuracy"] for name, run in protocols.items()},
                bounds={name: tuple(run["interval_95"]) for name, run in protocols.items()},  # type: ignore[misc]
                theme=theme,
            ),
        )
    ]
    answers = found.get("answers")
    if answers:
        genres, names = found["genres"], answers["clip_id"]
        y, p = np.array(answers["y"], dtype=int), np.array(answers["probabilities"], dtype=float)
        guess = p.argmax(axis=1) if len(p) else y
        pictures += [
            Picture(
                "model_confusion",
                "What the clips of each genre were named, in percent.",
                lambda theme: viz.confusion_matrix(y, guess, genres, theme=theme),
            ),
            Picture(
                "model_recall",
                "Share of the clips of each genre that were named rightly.",
                lambda theme: viz.recall_per_genre(y, guess, genres, theme=theme),
            ),
            Picture(
                "model_reliability",
                "How often the program is right at each confidence; on the dashed line confidence is honest.",
                lambda theme: viz.reliability(y, p, genres, theme=theme),
            ),
            Picture(
                "model_coverage",
                "Accuracy when the least sure answers are left out.",
                lambda theme: viz.coverage_curve(y, p, genres, threshold=found.get("uncertain_below"), theme=theme),
            ),
            Picture(
                "model_hardest",
                "Clips whose own genre got the least probability.",
                lambda theme: viz.hardest_clips(names, y, p, genres, theme=theme),
            ),
        ]
    lengths = found.get("lengths")
    if lengths:
        seconds, accuracy, low, high = zip(*lengths, strict=True)
        pictures.append(
            Picture(
                "model_lengths",
                "Accuracy against the length of the clip.",
                lambda theme: viz.accuracy_by_length(
                    seconds, accuracy, bounds=list(zip(low, high, strict=True)), theme=theme
                ),
            )
        )
    degradations = found.get("degradations")
    if degradations:
        pictures.append(
            Picture(
                "model_degradations",
                "Accuracy on the same clips after damage, and the difference from the undamaged ones.",
                lambda theme: viz.degradation_bars(
                    degradations, count=int(found.get("degradation_clips", 0)), theme=theme
                ),
            )
        )
    return pictures

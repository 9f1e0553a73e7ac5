"""What the scripts write for people to look at: picture files of a song, a table, a search and a model; report.html.

Conventions
-----------
01 and 02 share one folder of reports: each writes its figures there and the page again from all that lies in it, so
that the page holds the search and the model whichever ran last. Every file is written whole or not at all.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from musicgenre.audio.recording import Recording
from musicgenre.dataset.table import read_table
from musicgenre.errors import ModelError
from musicgenre.files import write_atomic
from musicgenre.inference.evaluation import EVALUATION, Evaluation
from musicgenre.inference.prediction import Prediction
from musicgenre.plots.report import FORMATS, Section, figure_bytes, report_html
from musicgenre.plots.report_sections import model_section, search_section
from musicgenre.plots.style import Picture

REPORT = "report.html"

PICTURES = "figures"  # folder below the reports


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


def save_evaluation(report: Evaluation, folder: Path) -> None:
    """Keep what 02 measured beside the reports of 01, for the figures.

    Parameters
    ----------
    report : Evaluation
        Of `training.protocols.measure`, with what it is about.
    folder : Path
        The reports.
    """
    write_atomic(folder / EVALUATION, json.dumps(report.as_json()) + "\n")


def write_search_figures(folder: Path) -> None:
    """Write the figures of 01 from grid_results.csv, and the report of all that lies in the folder."""
    _write_pictures(_made(search_section, folder).pictures, folder / PICTURES)
    write_report(folder)


def write_model_figures(folder: Path) -> None:
    """Write the figures of 02 from evaluation.json, and the report of all that lies in the folder."""
    _write_pictures(_made(model_section, folder).pictures, folder / PICTURES)
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
        sections.append(_made(model_section, folder))
    if (folder / "grid_results.csv").is_file():
        sections.append(_made(search_section, folder))
    if not sections:
        raise ModelError(f"{folder} holds neither a search nor an evaluation; run 01 or 02 first")
    write_atomic(folder / REPORT, report_html("Music genre classifier: report", sections))


def _made(section: Callable[[Path], Section], folder: Path) -> Section:
    """Return a part of the report; raise `ModelError` if the files it is made of hold something else."""
    try:
        return section(folder)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise ModelError(f"the files in {folder} are not those of this version; run 01 or 02 again") from error

"""Draw songs, tables, searches, models and libraries: every picture of the program, for scripts and notebooks.

    from functions_dataviz import genre_timeline, mel_spectrogram, song_spectra
    from functions_interface import classify

    song = song_spectra(read_recording("song.mp3"))
    mel_spectrogram(song)                        # a matplotlib Figure, which a notebook shows
    genre_timeline(classify("song.mp3")).savefig("timeline.png")

Functions with the name of a picture take data and return a `matplotlib.figure.Figure`; `theme` is "light" or "dark".
Functions named ``plot_...`` write pictures, and a report where there are several, into files.
"""

from pathlib import Path

from musicgenre.audio.sandbox import read_safely as read_recording
from musicgenre.plots.answer import prediction_bars
from musicgenre.plots.catalogue import (
    plot_library,
    plot_song,
    save_evaluation,
    write_model_figures,
    write_report,
    write_search_figures,
    write_table_figures,
)
from musicgenre.plots.clip_map import clip_map, map_points
from musicgenre.plots.library import library_page
from musicgenre.plots.model import (
    accuracy_by_length,
    confusion_matrix,
    coverage_curve,
    degradation_bars,
    hardest_clips,
    protocol_bars,
    recall_per_genre,
    reliability,
)
from musicgenre.plots.search import (
    hyperparameter_effects,
    learning_curves,
    search_accuracy,
    search_grid,
    time_against_accuracy,
)
from musicgenre.plots.song import chromagram, mel_spectrogram, overview, power_spectrogram, tempogram, waveform
from musicgenre.plots.spectra import song_spectra
from musicgenre.plots.table import clips_per_genre, family_means, family_spread, feature_correlation, mean_mel
from musicgenre.plots.timeline import genre_timeline

__all__ = [
    "accuracy_by_length", "chromagram", "clip_map", "clips_per_genre", "confusion_matrix", "coverage_curve",
    "degradation_bars", "family_means", "family_spread", "feature_correlation", "genre_timeline", "hardest_clips",
    "hyperparameter_effects", "learning_curves", "library_page", "map_points", "mean_mel", "mel_spectrogram",
    "overview", "plot_library", "plot_model", "plot_search", "plot_song", "plot_table", "power_spectrogram",
    "prediction_bars", "protocol_bars", "read_recording", "recall_per_genre", "reliability", "save_evaluation",
    "search_accuracy", "search_grid", "song_spectra", "tempogram", "time_against_accuracy", "waveform",
    "write_report",
]  # fmt: skip


def plot_table(table: Path, folder: Path) -> int:
    """Draw a table of features: clips per genre, distributions, maps, correlation.

    Parameters
    ----------
    table : Path
        A folder that `00_preprocess_music.py` wrote.
    folder : Path
        Where the pictures and ``report.html`` go.

    Returns
    -------
    int
        The number of pictures.

    Raises
    ------
    ModelError
        If the table cannot be read.
    """
    return write_table_figures(table, folder)


def plot_search(folder: Path) -> None:
    """Draw what `01_nn_hyperparam.py` found in a folder of reports, and write the report anew."""
    write_search_figures(folder)


def plot_model(folder: Path) -> None:
    """Draw the evaluation that `02_nn_train_model.py` saved in a folder of reports, and write the report anew."""
    write_model_figures(folder)

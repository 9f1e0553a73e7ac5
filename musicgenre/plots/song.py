"""Song -> Figure: waveform, spectrograms, tempo, prediction, and all of them on one page.

Conventions
-----------
Every function takes data and returns a `matplotlib.figure.Figure` in the style of `plots.style`. `song` is what
`plots.spectra.song_spectra` returns.
"""

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from musicgenre.inference.prediction import Prediction
from musicgenre.plots.answer import draw_bars, draw_headline
from musicgenre.plots.style import (
    FONT_PT,
    PITCH_CLASSES,
    TAB_SIZE,
    Size,
    colour_bar,
    colours_of,
    finish,
    fitting,
    new_figure,
    style,
    text_width,
)
from musicgenre.plots.time_axis import SongTime, song_time
from musicgenre.plots.timeline import draw_timeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from musicgenre.plots.spectra import SongSpectra


OVERVIEW_SIZE: Size = (13.0, 10.0)

FLOOR_DB = -80.0

AROUND_IN = 0.75  # of title, ticks and label above and below

INAUDIBLE = 0.001  # a peak below -60 dBFS
LEGEND_KEY_IN, LEVELS_IN = 0.45, 1.7  # of a line in a legend; of the axes and the colour bar beside a picture

SHALLOW_IN = 0.4  # axes of less have no room for the label below

TICK_IN = 0.17  # of the label of a tick and the space to the next

SPECTRUM_MAP = "magma"  # even steps of lightness, for colour-blind eyes and in grey


# ---- a song


def waveform(song: "SongSpectra", *, theme: str = "light", size: Size = TAB_SIZE) -> "Figure":
    """Draw the lowest and highest sample over time."""
    figure = new_figure(size, theme)
    _waveform(figure.add_subplot(), song, theme, size[0])
    return finish(figure)


def mel_spectrogram(song: "SongSpectra", *, theme: str = "light", size: Size = TAB_SIZE) -> "Figure":
    """Draw the mel spectrogram in dB below the loudest value."""
    figure = new_figure(size, theme)
    _mel_spectrogram(figure.add_subplot(), song, theme, size[0])
    return finish(figure)


def power_spectrogram(song: "SongSpectra", *, theme: str = "light", size: Size = TAB_SIZE) -> "Figure":
    """Draw the power spectrogram on a logarithmic frequency axis with the rolloff lines at 99 % and 1 %."""
    figure = new_figure(size, theme)
    _power_spectrogram(figure.add_subplot(), song, theme, size[0])
    return finish(figure)


def chromagram(song: "SongSpectra", *, theme: str = "light", size: Size = TAB_SIZE) -> "Figure":
    """Draw the strength of the twelve pitch classes over time."""
    figure = new_figure(size, theme)
    _chromagram(figure.add_subplot(), song, theme, size[0])
    return finish(figure)


def tempogram(
    song: "SongSpectra", prediction: Prediction | None = None, *, theme: str = "light", size: Size = TAB_SIZE
) -> "Figure":
    """Draw the autocorrelation of the onset strength over tempo, with the tempo of the answer marked.

    Without an answer, or with one that has no tempo, that of the spectra is marked.
    """
    figure = new_figure(size, theme)
    _tempogram(figure.add_subplot(), song, _tempo(song, prediction), theme, size[0])
    return finish(figure)


def _tempo(song: "SongSpectra", prediction: Prediction | None) -> float:
    """Return the tempo to mark: one number for one thing."""
    return song.tempo_bpm if prediction is None or prediction.tempo_bpm is None else prediction.tempo_bpm


def overview(
    song: "SongSpectra", prediction: Prediction, *, theme: str = "light", size: Size = OVERVIEW_SIZE
) -> "Figure":
    """Draw everything about a song on one page, under its verdict."""
    figure = new_figure(size, theme, arranged=False)  # places in inches: half the time of a computed arrangement
    width, height = size
    left, bar_space, top, foot, under = 1.15, 0.85, 0.85, 0.5, 0.85
    wide, tall = width / 2 - left - bar_space, (height - top - foot) / 3

    def place(x: float, y: float, w: float, h: float) -> "Axes":
        return figure.add_axes((x / width, y / height, w / width, h / height))

    def panel(column: int, row: int) -> "tuple[Axes, float, Axes]":
        x, y = left + column * width / 2, foot + (2 - row) * tall
        high = tall - under
        return place(x, y, wide, high), wide, place(x + wide + 0.08, y, 0.1, high)

    draw_headline(place(left, height - top + 0.05, width - left - bar_space, top - 0.2), prediction, theme)
    below = foot + 2 * tall
    draw_bars(place(left, below, wide, tall - under + 0.25), prediction, theme, wide)
    strip = (tall - under - 0.55) / 2
    x = left + width / 2
    draw_timeline(place(x, below + strip + 0.8, wide, strip), prediction, theme, wide)
    _waveform(place(x, below, wide, strip), song, theme, wide)
    for draw, column, row in ((_mel_spectrogram, 0, 1), (_power_spectrogram, 1, 1), (_chromagram, 0, 2)):
        ax, across, bar = panel(column, row)
        draw(ax, song, theme, across, bar)
    ax, across, bar = panel(1, 2)
    _tempogram(ax, song, _tempo(song, prediction), theme, across, bar)
    return finish(figure)


def _parts(ax: "Axes", song: "SongSpectra", name: str, *, low: float, high: float) -> tuple[Any, SongTime]:
    """Show an array of every part at its place, rows as the vertical axis; return the last image and the time axis."""
    time = song_time(song)
    image = None
    for i, part in enumerate(song.parts):
        values = getattr(part, name)
        left, right = time.extent(i)
        image = ax.imshow(
            values,
            origin="lower",
            aspect="auto",
            extent=(left, right, -0.5, len(values) - 0.5),
            vmin=low,
            vmax=high,
            cmap=SPECTRUM_MAP,
            interpolation="nearest" if len(values) < 20 else "antialiased",
        )
    return image, time


def _height_in(ax: "Axes") -> float:
    """Return about how high axes are, in inches: title, ticks and label of arranged ones take what they take."""
    figure = ax.figure
    whole = figure.get_figheight()  # type: ignore[union-attr]
    if figure.get_layout_engine() is None:  # type: ignore[union-attr]
        return float(whole * ax.get_position().height)
    return float(whole - AROUND_IN)


def _beside(title: str, width_in: float, *labels: str, bar: "Axes | None") -> str:
    """Return a title if it has room beside a legend with these labels, else "": the window names the picture itself.

    A colour bar that has no axes of its own takes some of the width.
    """
    legend = sum(text_width(label) + LEGEND_KEY_IN for label in labels if label)
    return fitting((title,), width_in - (0.0 if bar else LEVELS_IN) - legend)


def _upright(ax: "Axes", *labels: str) -> str:
    """Return the first label of a vertical axis that is not longer than the axis, "" if none is."""
    return fitting(labels, _height_in(ax), points=FONT_PT)


def _row_ticks(ax: "Axes", rows: np.ndarray, wanted: Iterable[float], *, unit: str = "") -> None:
    """Label the rows of an image where they stand for round values."""
    values = [value for value in wanted if rows[0] <= value <= rows[-1]]
    positions = np.interp(np.log(values), np.log(rows), np.arange(len(rows)))
    apart = TICK_IN * len(rows) / max(_height_in(ax), TICK_IN)
    kept: list[int] = []
    for index, position in enumerate(positions):
        if not kept or position - positions[kept[-1]] >= apart:
            kept.append(index)
    ax.set_yticks(positions[kept], [f"{values[index]:g}{unit}" for index in kept])


def _quiet(ax: "Axes", song: "SongSpectra", theme: str) -> None:
    """Say over a picture that the sound is silence."""
    if song.level_dbfs < -60:
        colours = colours_of(theme)
        box = {"facecolor": colours.background, "edgecolor": colours.line, "boxstyle": "round"}
        words = "silence" if math.isinf(song.level_dbfs) else f"silence ({song.level_dbfs:.0f} dB below full scale)"
        words = words.replace("(-", "(")
        ax.text(
            0.5, 0.5, words, ha="center", va="center", fontsize=11, color=colours.text, bbox=box, transform=ax.transAxes
        )


def _waveform(ax: "Axes", song: "SongSpectra", theme: str, width_in: float) -> None:
    """Draw the waveform."""
    label = _upright(ax, "Amplitude (1 = full scale)", "Amplitude")
    style(ax, theme, title="Waveform", y=label, grid="y")
    time = song_time(song)
    peak = 0.0
    for i, part in enumerate(song.parts):
        x = np.linspace(*time.extent(i), part.wave.shape[1])
        ax.fill_between(x, part.wave[0], part.wave[1], color=colours_of(theme).accent, linewidth=0.4, zorder=2)
        peak = max(peak, float(np.abs(part.wave).max()))
    limit = 1.05 * peak if peak > INAUDIBLE else 1.2  # a flat line on a scale that a listener knows
    ax.set_ylim(-limit, limit)
    ax.locator_params(axis="y", nbins=max(int(_height_in(ax) / (2 * TICK_IN)), 1))
    inside = limit * max(1 - TICK_IN / _height_in(ax), 0.0)  # half a label from the edge, or it would stick out
    ax.set_yticks([tick for tick in ax.get_yticks() if abs(tick) <= inside])
    time.dress(ax, width_in=width_in, labelled=_height_in(ax) > SHALLOW_IN)
    _quiet(ax, song, theme)


def _mel_spectrogram(ax: "Axes", song: "SongSpectra", theme: str, width_in: float, bar: "Axes | None" = None) -> None:
    """Draw the mel spectrogram."""
    style(ax, theme, title="Mel spectrogram", y=_upright(ax, "Frequency (Hz, mel scale)", "Frequency (Hz)", "Hz"))
    image, time = _parts(ax, song, "mel_db", low=FLOOR_DB, high=0.0)
    _row_ticks(ax, song.mel_hz, (250, 500, 1000, 2000, 4000, 8000))
    time.dress(ax, width_in=width_in)
    colour_bar(image, ax, "Level (dB)", theme, place=bar)
    _quiet(ax, song, theme)


def _power_spectrogram(ax: "Axes", song: "SongSpectra", theme: str, width_in: float, bar: "Axes | None" = None) -> None:
    """Draw the power spectrogram with the rolloff lines."""
    lines = (("#7df9ff", "-", "rolloff 99 %"), ("#ffffff", "--", "rolloff 1 %"))
    title = _beside("Power spectrogram", width_in, *(words for *_, words in lines), bar=bar)
    style(ax, theme, title=title, y=_upright(ax, "Frequency (Hz, logarithmic)", "Frequency (Hz)", "Hz"))
    image, time = _parts(ax, song, "power_db", low=FLOOR_DB, high=0.0)
    rows = song.power_hz
    per_row = math.log(rows[1] / rows[0])
    for i, part in enumerate(song.parts):
        left, right = time.extent(i)
        columns = part.rolloff_hz.shape[1]
        x = left + (np.arange(columns) + 0.5) * (right - left) / columns
        for (colour, dash, words), hertz in zip(lines, part.rolloff_hz, strict=True):
            y = np.log(np.maximum(hertz, rows[0]) / rows[0]) / per_row
            ax.plot(x, y, dash, color=colour, linewidth=1.1, label=words if i == 0 else "_")
    ax.set_ylim(-0.5, len(rows) - 0.5)
    _row_ticks(ax, rows, (64, 128, 256, 512, 1024, 2048, 4096, 8192))
    time.dress(ax, width_in=width_in)
    _legend_above(ax, theme, dark_box=True)
    colour_bar(image, ax, "Level (dB)", theme, place=bar)
    _quiet(ax, song, theme)


def _chromagram(ax: "Axes", song: "SongSpectra", theme: str, width_in: float, bar: "Axes | None" = None) -> None:
    """Draw the chromagram."""
    style(ax, theme, title="Chromagram", y=_upright(ax, "Pitch class", "Note"))
    image, time = _parts(ax, song, "chroma", low=0.0, high=1.0)
    step = next(step for step in (1, 2, 3, 4, 6, 12) if 12 / step * TICK_IN <= _height_in(ax) or step == 12)
    ax.set_yticks(range(0, 12, step), PITCH_CLASSES[::step])
    time.dress(ax, width_in=width_in)
    colour_bar(image, ax, "Strength (0 to 1)", theme, place=bar)
    _quiet(ax, song, theme)


def _tempogram(
    ax: "Axes", song: "SongSpectra", tempo_bpm: float, theme: str, width_in: float, bar: "Axes | None" = None
) -> None:
    """Draw the tempogram with a tempo."""
    words = f"estimated tempo {tempo_bpm:.0f} bpm" if math.isfinite(tempo_bpm) else ""
    label = _upright(ax, "Tempo (bpm, logarithmic)", "Tempo (bpm)", "bpm")
    style(ax, theme, title=_beside("Tempogram", width_in, words, bar=bar), y=label)
    image, time = _parts(ax, song, "tempogram", low=0.0, high=1.0)
    rows = song.tempogram_bpm
    _row_ticks(ax, rows, (40, 60, 80, 120, 160, 240))
    if math.isfinite(tempo_bpm):
        y = math.log(tempo_bpm / rows[0]) / math.log(rows[1] / rows[0])
        ax.axhline(y, color="#7df9ff", linestyle="--", linewidth=1.4, label=words)
        _legend_above(ax, theme, dark_box=True)
    time.dress(ax, width_in=width_in)
    colour_bar(image, ax, "Similarity (0 to 1)", theme, place=bar)
    _quiet(ax, song, theme)


def _legend_above(ax: "Axes", theme: str, *, dark_box: bool = False, columns: int = 4) -> None:
    """Put the legend over the upper right corner, beside the title."""
    colours = colours_of(theme)
    legend = ax.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=columns,
        fontsize=FONT_PT,
        frameon=dark_box,
        labelcolor="#ffffff" if dark_box else colours.text,
        borderaxespad=0.25,
        borderpad=0.25,
        handlelength=1.6,
        columnspacing=1.2,
    )
    if dark_box:
        legend.get_frame().set(facecolor="#2b0f45", edgecolor="none", alpha=1.0)  # the spectrogram's own dark violet

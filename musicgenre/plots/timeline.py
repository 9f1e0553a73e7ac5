"""Prediction -> Figure: the genres over the song, as bands whose heights are their probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from musicgenre.inference.prediction import Prediction, Segment
from musicgenre.inference.wording import title_name
from musicgenre.plots.style import (
    FONT_PT,
    TITLE_PT,
    Size,
    colours_of,
    finish,
    fitted,
    fitting,
    genre_colour,
    ink_on,
    new_figure,
    style,
    text_width,
    write_message,
)
from musicgenre.plots.time_axis import SongTime

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN_FROM = 0.1  # probability that a genre reaches somewhere to have a band of its own
OTHERS = "other genres"
MARK_LOW, MARK_HIGH, TOP = 103.0, 107.0, 110.0  # of the lines over the analysed parts, and of the axis
FAINT = 0.55  # of what was not analysed and is drawn like its neighbour
LETTERS_IN = 0.15  # height of a label
WHOLE = 0.97  # share of a song from which there is nothing to mark
SHALLOW_IN = 0.4  # axes of less have no room for the label below
AROUND_IN = 0.75  # of title, ticks and label above and below
HANDLE_IN = 0.32  # of a legend's entry, beside its words


@dataclass(frozen=True)
class Bands:
    """The bands of a song's genres over its segments.

    Parameters
    ----------
    names : list of str
        Genres, the lowest band first; `OTHERS` comes last.
    edges : np.ndarray, shape (names + 1, segments)
        Borders of the bands, 0 to 100.
    """

    names: list[str]
    edges: np.ndarray


def genre_timeline(prediction: Prediction, *, theme: str = "light", size: Size = (9.0, 2.6)) -> "Figure":
    """Draw the probabilities of the genres over the song as bands; the time axis is the song's own."""
    figure = new_figure(size, theme)
    draw_timeline(figure.add_subplot(), prediction, theme, size[0], height_in=size[1] - AROUND_IN)
    return finish(figure)


def bands_of(segments: Sequence[Segment]) -> Bands:
    """Return the bands of segments; of one that has no probabilities but its genre, the rest is `OTHERS`."""
    chances = [segment.probabilities or {segment.genre: segment.confidence} for segment in segments]
    total: dict[str, float] = {}
    for segment, shares in zip(segments, chances, strict=True):
        for genre, share in shares.items():
            if share >= SHOWN_FROM or genre == segment.genre:
                total.setdefault(genre, 0.0)
    for segment, shares in zip(segments, chances, strict=True):
        for genre in total:
            total[genre] += shares.get(genre, 0.0) * (segment.end_s - segment.start_s)
    names = sorted(total, key=lambda genre: -total[genre])
    heights = np.array([[shares.get(genre, 0.0) for shares in chances] for genre in names]).reshape(-1, len(segments))
    rest = np.maximum(1 - heights.sum(axis=0), 0)
    rows = np.vstack([np.zeros(len(segments)), heights, rest])
    return Bands([*names, OTHERS], np.minimum(100 * rows.cumsum(axis=0), 100))


def draw_timeline(ax: "Axes", prediction: Prediction, theme: str, width_in: float, *, height_in: float = 1.5) -> None:
    """Draw the bands with labels inside, lines over what was analysed, and the borders of a mixed song's parts."""
    segments = prediction.segments
    title = "Genre over the song" if width_in > 3.6 else "Over time"  # beside the legend
    if not segments:
        write_message(ax, "No genre over time: nothing was named.", theme, title="Genre over the song")
        return
    colours = colours_of(theme)
    end = max(prediction.duration_s or 0.0, segments[-1].end_s, 0.1)
    style(ax, theme, title=title, y=fitting(("Probability (%)", "%"), height_in, points=FONT_PT))
    bands = bands_of(segments)
    spans = [(part.start_s, part.end_s) for part in prediction.analysed]
    whole = sum(b - a for a, b in spans) >= WHOLE * sum(s.end_s - s.start_s for s in segments) or not spans
    pieces = [(one.start_s, one.end_s, index) for index, one in enumerate(segments)]
    _draw_bands(ax, bands, pieces, theme, alpha=1.0 if whole else FAINT)
    SongTime([(0.0, end)]).dress(ax, width_in=width_in, labelled=height_in > SHALLOW_IN)
    if not whole:
        _draw_bands(ax, bands, _analysed(segments, spans), theme)
        for start, end in spans:
            ax.fill_between([start, end], MARK_LOW, MARK_HIGH, color=colours.text, linewidth=0)
        if height_in > SHALLOW_IN:
            label = f"{ax.get_xlabel()}, analysed below the lines"
            ax.set_xlabel(fitting((label, ax.get_xlabel()), width_in - 0.7, points=FONT_PT))
    for part in prediction.parts[1:]:
        ax.plot([part.start_s] * 2, [0, 100], color=colours.text, linewidth=1.4, linestyle=(0, (4, 2)), zorder=4)
    ax.set_ylim(0, 100 if whole else TOP)
    ax.set_yticks([0, 50, 100] if height_in > SHALLOW_IN else [0, 100])
    missing = _label_bands(ax, segments, bands, end, width_in)
    _legend_beside(ax, missing, theme, width_in - 0.75 - text_width(title, points=TITLE_PT))


def _colour(name: str, theme: str) -> str:
    """Return the colour of a band."""
    return colours_of(theme).line if name == OTHERS else genre_colour(name)


def _draw_bands(
    ax: "Axes", bands: Bands, pieces: Sequence[tuple[float, float, int]], theme: str, *, alpha: float = 1.0
) -> None:
    """Fill each band over some pieces (start, end, segment) of the song."""
    # start, end and a gap of each piece: one shape a band, as a song of many segments would need thousands
    x = np.array([value for start, end, _ in pieces for value in (start, end, np.nan)])
    segment = np.repeat([index for *_, index in pieces], 3)
    for name, low, high in zip(bands.names, bands.edges, bands.edges[1:], strict=False):
        colour = _colour(name, theme)
        ax.fill_between(x, low[segment], high[segment], color=colour, alpha=alpha, linewidth=0, label=name)


def _analysed(segments: Sequence[Segment], spans: Sequence[tuple[float, float]]) -> list[tuple[float, float, int]]:
    """Return the pieces (start, end, segment) of segments that were analysed."""
    shared = (
        (max(start, one.start_s), min(end, one.end_s), index)
        for start, end in spans
        for index, one in enumerate(segments)
    )
    return [piece for piece in shared if piece[1] > piece[0]]


def _label_bands(ax: "Axes", segments: Sequence[Segment], bands: Bands, end: float, width_in: float) -> list[str]:
    """Write each genre once into its band where there is most room; return those for which there is none."""
    from matplotlib.patheffects import withStroke

    height_in = ax.get_position().height * ax.figure.get_figheight()  # type: ignore[union-attr]
    missing = []
    for i, name in enumerate(bands.names[:-1]):
        label = fitted(title_name(name), 2.0)
        wanted_s = (text_width(label) + 0.1) / max(width_in - 0.9, 0.5) * end
        place = _room(segments, bands.edges[i], bands.edges[i + 1], wanted_s, 100 * LETTERS_IN / max(height_in, 0.1))
        if place is None:
            missing.append(name)
            continue
        colour = genre_colour(name)
        own = withStroke(linewidth=3, foreground=colour)  # where the band is faint the letters stand on its full colour
        ax.text(
            *place, label, ha="center", va="center", fontsize=FONT_PT, color=ink_on(colour), zorder=5, clip_on=True,
            path_effects=[own],
        )  # fmt: skip
    return missing


def _room(
    segments: Sequence[Segment], low: np.ndarray, high: np.ndarray, wanted_s: float, wanted_height: float
) -> tuple[float, float] | None:
    """Return the middle of the highest run of segments in which a band holds a label of a size; None if none does."""
    best: tuple[float, float, float] | None = None
    for first in range(len(segments)):
        bottom, top = 0.0, 100.0
        for last in range(first, len(segments)):
            if last > first and segments[last].start_s - segments[last - 1].end_s > 0.05:
                break  # silence
            bottom, top = max(bottom, low[last]), min(top, high[last])
            if top - bottom < wanted_height:
                break
            start, end = segments[first].start_s, segments[last].end_s
            if end - start >= wanted_s:
                if best is None or top - bottom > best[0]:
                    best = (top - bottom, (start + end) / 2, (bottom + top) / 2)
                break
    return best[1:] if best else None


def _legend_beside(ax: "Axes", names: Sequence[str], theme: str, room_in: float) -> None:
    """Name the genres without a label beside the title, as many as there is room for."""
    from matplotlib.patches import Patch

    entries = [(fitted(title_name(name), 0.95), genre_colour(name)) for name in names]
    shown = _that_fit(entries, room_in)
    if not shown:
        return
    legend = ax.legend(
        handles=[Patch(color=colour, label=label) for label, colour in shown],
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=len(shown),
        fontsize=FONT_PT,
        frameon=False,
        labelcolor=colours_of(theme).text,
        borderaxespad=0.2,
        borderpad=0.1,
        handlelength=0.9,
        handletextpad=0.4,
        columnspacing=0.9,
    )
    legend.set_in_layout(False)  # it stands beside the title, which takes this room anyway


def _that_fit(entries: list[tuple[str, str]], room_in: float) -> list[tuple[str, str]]:
    """Return the first entries of a legend that a width holds, and how many more there are."""
    for count in range(len(entries), 0, -1):
        more = len(entries) - count
        shown = entries[:count] + ([(f"+ {more} more", "none")] if more else [])
        if sum(text_width(label) + HANDLE_IN for label, _ in shown) <= room_in:
            return shown
    return []

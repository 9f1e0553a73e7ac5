"""The picture of a library: songs of each genre, and what their own tags say. Figures are returned, not shown."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from musicgenre.plots.style import (
    FONT_PT,
    Size,
    colours_of,
    finish,
    fitted,
    genre_colour,
    message_figure,
    new_figure,
    number_map,
    style,
    write_message,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


MAX_GENRES = 30  # rows that stay readable


def library_page(counts: Mapping[str, Any], *, theme: str = "light", size: Size | None = None) -> "Figure":
    """Draw a library's counts.

    Parameters
    ----------
    counts : mapping
        `library.statistics.Statistics.as_json`.
    """
    genres = list(counts["genres"])[:MAX_GENRES]
    if not genres:
        return message_figure("No song of this library has a genre.", theme=theme, title="Songs of each genre")
    tags = {(entry["tag"], entry["genre"]): entry["songs"] for entry in counts["tags"]}
    figure = new_figure(size or (12.0, 2.2 + 0.3 * len(genres)), theme)
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.1))
    _songs(left, counts["genres"], genres, theme)
    shown = [genre for genre in genres if any(genre in pair for pair in tags)]
    if shown:
        _agreement(right, tags, shown, theme)
    else:
        write_message(right, "No song has a tag that names one of these genres.", theme, title="Tags and answers")
    return finish(figure)


def _songs(ax: "Axes", counts: Mapping[str, Mapping[str, int]], genres: Sequence[str], theme: str) -> None:
    """Draw bars of named songs, with the unsure ones behind them."""
    colours = colours_of(theme)
    style(ax, theme, title="Songs of each genre", x="Songs (hatched: not sure)")
    rows = genres[::-1]
    named = np.array([counts[genre]["named"] for genre in rows])
    unsure = np.array([counts[genre]["unsure"] for genre in rows])
    shades = [genre_colour(genre) for genre in rows]
    ax.barh(range(len(rows)), named, height=0.74, color=shades)
    bars = ax.barh(range(len(rows)), unsure, left=named, height=0.74, color=shades, alpha=0.45, hatch="//")
    for bar in bars:
        bar.set_edgecolor(colours.background)
    for row, (sure, more) in enumerate(zip(named.tolist(), unsure.tolist(), strict=True)):
        words = f"{sure:,}" + (f" + {more:,}" if more else "")
        ax.annotate(
            words, (sure + more, row), xytext=(4, 0), textcoords="offset points", va="center", fontsize=FONT_PT,
            color=colours.text,
        )  # fmt: skip
    ax.set_yticks(range(len(rows)), [fitted(genre, 1.4) for genre in rows])
    ax.set_xlim(0, 1.25 * max(int((named + unsure).max()), 1))
    ax.locator_params(axis="x", integer=True, nbins=6)
    ax.tick_params(axis="y", length=0)


def _agreement(ax: "Axes", tags: Mapping[tuple[str, str], int], genres: Sequence[str], theme: str) -> None:
    """Draw how many songs with a tag were named what."""
    values = np.array([[tags.get((tag, genre), 0) for genre in genres] for tag in genres], dtype=float)
    style(ax, theme, title="Tags and answers (songs)", x="Sounds like", y="Tagged as")
    number_map(ax, values, theme, low=0.0, high=float(values.max()), form="{:.0f}")
    ax.set_xticks(range(len(genres)), [fitted(genre, 0.9) for genre in genres], rotation=45, ha="right")
    ax.set_yticks(range(len(genres)), [fitted(genre, 1.2) for genre in genres])

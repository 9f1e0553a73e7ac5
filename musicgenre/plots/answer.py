"""Prediction -> Figure: verdict and probabilities; `plots.timeline` draws the genre over the song."""

import textwrap
from typing import TYPE_CHECKING

from musicgenre.inference.prediction import Prediction
from musicgenre.inference.wording import (
    beginning,
    explanation,
    has_set,
    headline,
    listed,
    percent,
    sureness,
    title_name,
)
from musicgenre.plots.style import (
    FONT_PT,
    NOTE_FROM_IN,
    Size,
    colours_of,
    finish,
    fitted,
    fitting,
    genre_colour,
    ink_on,
    new_figure,
    plain,
    style,
    write_message,
)
from musicgenre.text import clock, counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


BAR_IN, BARS_AROUND_IN = 0.175, 0.75  # inches of a bar, and of title, ticks and label around all of them
NAMES_IN = 1.1  # of the genres' names beside their bars
INSIDE_FROM = 78.0  # per cent: the number of a longer bar stands inside it, so that the axis can end at 100


def prediction_bars(
    prediction: Prediction, *, theme: str = "light", size: Size = (5.0, 4.2), note: bool = True
) -> "Figure":
    """Draw the probabilities of the genres that there is room for, or in words why there are none.

    `note` adds the reason of a verdict that is none of one genre, for where it is not told beside the picture.
    """
    figure = new_figure(size, theme)
    rows = max(int((size[1] - BARS_AROUND_IN) / BAR_IN), 3)
    draw_bars(figure.add_subplot(), prediction, theme, size[0], rows=rows, note=note)
    return finish(figure)


def verdict_words(prediction: Prediction) -> str:
    """Return the answer as a headline: ``Jazz, 91 % sure``, ``Rock or metal (96 % together)``, ``Not music``."""
    words, number = headline(prediction), sureness(prediction)
    if prediction.verdict == "mixed" and prediction.parts:
        return f"{words}: {listed(list(dict.fromkeys(part.genre for part in prediction.parts)), 'and')}"
    return f"{words} ({number})" if has_set(prediction) else f"{words}, {number}" if number else words


def draw_headline(ax: "Axes", prediction: Prediction, theme: str) -> None:
    """Write title, verdict and what was analysed."""
    colours = colours_of(theme)
    write_message(ax, "", theme)
    wide = ax.get_position().width * ax.figure.get_figwidth()  # type: ignore[union-attr]
    title = fitted(prediction.title or prediction.input or "", wide, points=15)
    ax.text(0, 1.0, title, fontsize=15, fontweight="bold", color=colours.text, va="top", transform=ax.transAxes)
    named = prediction.verdict == "genre" and prediction.genre
    mark = genre_colour(prediction.genre) if named and prediction.genre else colours.warm
    ax.plot([0.006], [0.24], "s", markersize=13, color=mark, transform=ax.transAxes, clip_on=False)
    words = fitted(verdict_words(prediction), 0.55 * wide, points=15)
    ax.text(0.022, 0.24, words, fontsize=15, color=colours.text, va="center", transform=ax.transAxes)
    facts = []
    if prediction.duration_s is not None:
        facts.append(f"length {clock(prediction.duration_s)}")
    if prediction.analysed:
        analysed = sum(part.end_s - part.start_s for part in prediction.analysed)
        facts.append(f"analysed {analysed:.0f} s in {counted(len(prediction.analysed), 'part')}")
    if prediction.model:
        facts.append(f"model {fitted(prediction.model, 1.2)}")
    line = "   ".join(facts)
    ax.text(1, 0.24, line, fontsize=FONT_PT + 1, color=colours.muted, ha="right", va="center", transform=ax.transAxes)


def draw_bars(
    ax: "Axes", prediction: Prediction, theme: str, width_in: float, *, rows: int = 100, note: bool = True
) -> None:
    """Draw probabilities as bars, or the verdict and its reason in words."""
    colours = colours_of(theme)
    probabilities = prediction.probabilities or {}
    why = explanation(prediction)
    words = headline(prediction)
    if not probabilities or prediction.verdict == "not_music":  # what a song like this would be is no answer
        message = f"{words}: {why}" if why else words
        write_message(ax, message, theme, title="No genre", width=int(width_in * 8))
        return
    title = fitting(("Probability of each genre", "Each genre"), width_in - NAMES_IN)
    style(ax, theme, title=title, x="Probability (%)")
    names = sorted(probabilities, key=lambda name: probabilities[name])[-rows:]
    sure = prediction.verdict == "genre"
    answered = {prediction.genre} if sure or not has_set(prediction) else set(prediction.likely or ())
    values = [100 * probabilities[name] for name in names]
    bars = ax.barh(range(len(names)), values, height=0.74, color=[genre_colour(name) for name in names])
    for bar, name, value in zip(bars, names, values, strict=True):
        first = name in answered
        if not sure:
            bar.set_alpha(0.55)
            bar.set_hatch("//" if first else "")
            bar.set_edgecolor(colours.background)
        inside = value > INSIDE_FROM
        outer = colours.text if first else colours.muted
        ax.annotate(
            percent(value / 100),
            (value, bar.get_y() + bar.get_height() / 2),
            xytext=(-4 if inside else 4, 0),
            textcoords="offset points",
            ha="right" if inside else "left",
            va="center",
            fontsize=FONT_PT,
            fontweight="bold" if first else "normal",
            color=ink_on(genre_colour(name)) if inside and sure else outer,
        )
    ax.set_yticks(range(len(names)), [fitted(title_name(name), NAMES_IN - 0.15) for name in names])
    ax.set_xlim(0, 100)
    ax.set_xticks([0, 20, 40, 60, 80, 100] if width_in > 3.2 else [0, 50, 100])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(-0.6, len(names) - 0.4)
    if note and not sure and width_in >= NOTE_FROM_IN:
        _note(ax, verdict_words(prediction) if has_set(prediction) else f"{words}: {why}", theme, width_in)


def _note(ax: "Axes", text: str, theme: str, width_in: float) -> None:
    """Write a sentence beside the short bars."""
    colours = colours_of(theme)
    words = plain(beginning(text), 160).replace(" %", "\N{NO-BREAK SPACE}%")
    note = textwrap.fill(words, max(int(width_in * 6.5), 20))
    box = {"facecolor": colours.background, "edgecolor": colours.warm, "boxstyle": "round,pad=0.5"}
    ax.text(
        0.98, 0.06, note, ha="right", va="bottom", fontsize=FONT_PT, color=colours.text, bbox=box,
        transform=ax.transAxes,
    )  # fmt: skip

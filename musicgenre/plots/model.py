"""Evaluation -> Figure: how good a model is, where it errs, and whether its confidence can be believed.

Conventions
-----------
An evaluation is `y_true` (index of the right genre), `probabilities` (clips, genres) and `genres` in the order of the
columns. Accuracy is a share from 0 to 1 in the data and a percentage in the figure.
"""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from musicgenre.plots.style import (
    FONT_PT,
    THEMES,
    TITLE_PT,
    colour_bar,
    finish,
    fitted,
    genre_colour,
    message_figure,
    new_figure,
    number_map,
    style,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


Labels = Sequence[int] | np.ndarray

BINS = 15  # of the reliability diagram and the calibration error


def _checked(y_true: Labels, probabilities: np.ndarray, genres: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the arrays of an evaluation; raise `ValueError` if their shapes do not fit together."""
    right, p = np.asarray(y_true, dtype=int), np.asarray(probabilities, dtype=float)
    if p.ndim != 2 or p.shape != (len(right), len(genres)):
        raise ValueError(f"probabilities have the shape {p.shape}, not ({len(right)}, {len(genres)})")
    return right, p


def confusion_matrix(y_true: Labels, y_pred: Labels, genres: Sequence[str], *, theme: str = "light") -> "Figure":
    """Draw how many clips of each genre were named what; colours are shares of the genre's own clips."""
    title = "Confusion matrix"
    if not len(y_true):
        return message_figure("No clip was evaluated.", theme=theme, title=title)
    counts = np.zeros((len(genres), len(genres)))
    np.add.at(counts, (np.asarray(y_true, dtype=int), np.asarray(y_pred, dtype=int)), 1)
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = new_figure((2.4 + 0.52 * len(genres), 1.9 + 0.42 * len(genres)), theme)
    ax = figure.add_subplot()
    style(ax, theme, title=title, x="Named by the program", y="Genre of the clip")
    image = number_map(ax, shares, theme, low=0, high=100, form="{:.0f}")
    names = [fitted(name, 1.1) for name in genres]
    ax.set_yticks(range(len(genres)), [f"{name} ({n:.0f})" for name, n in zip(names, counts.sum(axis=1), strict=True)])
    ax.set_xticks(range(len(genres)), names, rotation=40, ha="right", rotation_mode="anchor")
    colour_bar(image, ax, "Share of the genre's clips (%)", theme)
    return finish(figure)


def _wilson(hits: float, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson, 1927), in percent."""
    from scipy.stats import binomtest  # half a second to import

    interval = binomtest(round(hits), max(count, 1)).proportion_ci(0.95, method="wilson")
    return 100 * interval.low, 100 * interval.high


def _share_bars(
    ax: "Axes", names: Sequence[str], shares: Sequence[float], bounds: Sequence[tuple[float, float]], theme: str,
    colours: Sequence[str],
) -> None:  # fmt: skip
    """Draw percentages as horizontal bars, from the top down, with their intervals."""
    at = range(len(names))[::-1]
    errors = np.array([[s - low, high - s] for s, (low, high) in zip(shares, bounds, strict=True)]).T.clip(0)
    ax.barh(at, shares, height=0.72, color=list(colours))
    ax.errorbar(shares, at, xerr=errors, fmt="none", ecolor=THEMES[theme].text, capsize=3, linewidth=1.1)
    for i, share, (_, high) in zip(at, shares, bounds, strict=True):
        ax.annotate(
            f"{share:.0f} %", (max(share, high), i), xytext=(6, 0), textcoords="offset points", va="center",
            fontsize=FONT_PT, color=THEMES[theme].text,
        )  # fmt: skip
    ax.set_yticks(at, list(names))
    ax.set_xlim(0, 112)
    ax.set_xticks([0, 20, 40, 60, 80, 100])
    ax.tick_params(axis="y", length=0)


def recall_per_genre(y_true: Labels, y_pred: Labels, genres: Sequence[str], *, theme: str = "light") -> "Figure":
    """Draw the share of each genre's clips that were named rightly, best first, with 95 % intervals."""
    right, named = np.asarray(y_true, dtype=int), np.asarray(y_pred, dtype=int)
    present = [i for i in range(len(genres)) if (right == i).any()]
    if not present:
        return message_figure("No clip was evaluated.", theme=theme, title="Recall per genre")
    hits = {i: int((named[right == i] == i).sum()) for i in present}
    counts = {i: int((right == i).sum()) for i in present}
    present.sort(key=lambda i: -hits[i] / counts[i])
    figure = new_figure((7.0, 1.3 + 0.31 * len(present)), theme)
    ax = figure.add_subplot()
    style(ax, theme, title="Recall per genre", x="Clips named rightly (%), with 95 % interval", grid="x")
    _share_bars(
        ax,
        [f"{fitted(genres[i], 1.3)} ({counts[i]})" for i in present],
        [100 * hits[i] / counts[i] for i in present],
        [_wilson(hits[i], counts[i]) for i in present],
        theme,
        [genre_colour(genres[i]) for i in present],
    )
    return finish(figure)


def reliability(y_true: Labels, probabilities: np.ndarray, genres: Sequence[str], *, theme: str = "light") -> "Figure":
    """Draw accuracy against confidence in 15 bins, and how many clips each bin has."""
    right, p = _checked(y_true, probabilities, genres)
    if not len(right):
        return message_figure("No clip was evaluated.", theme=theme, title="Reliability")
    confidence, hit = p.max(axis=1), p.argmax(axis=1) == right
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    filled = [b for b in range(BINS) if (bins == b).any()]
    mean = [100 * float(confidence[bins == b].mean()) for b in filled]
    accuracy = [100 * float(hit[bins == b].mean()) for b in filled]
    counts = [int((bins == b).sum()) for b in filled]
    error = sum(n * abs(a - c) for n, a, c in zip(counts, accuracy, mean, strict=True)) / len(right)
    colours = THEMES[theme]
    figure = new_figure((6.2, 6.0), theme)
    top, below = figure.subplots(2, 1, height_ratios=[3, 1], sharex=True)
    title = f"Reliability: expected calibration error {error:.1f} points"
    style(top, theme, title=title, y="Accuracy (%)", grid="both")
    top.plot([0, 100], [0, 100], "--", color=colours.muted, linewidth=1, label="perfect")
    bounds = [_wilson(a * n / 100, n) for a, n in zip(accuracy, counts, strict=True)]
    errors = np.array([[a - low, high - a] for a, (low, high) in zip(accuracy, bounds, strict=True)]).T.clip(0)
    top.errorbar(
        mean,
        accuracy,
        yerr=errors,
        fmt="o-",
        color=colours.accent,
        capsize=3,
        clip_on=False,
        label="model, 95 % interval",
    )
    top.set_ylim(0, 100)
    top.set_xlim(0, 100)
    top.legend(loc="lower right", fontsize=FONT_PT, frameon=False, labelcolor=colours.text)
    style(below, theme, x="Confidence (%)", y="Clips", grid="y")
    width = 100 / BINS
    below.bar([width * b for b in filled], counts, width=0.94 * width, align="edge", color=colours.accent, alpha=0.75)
    return finish(figure)


def coverage_curve(
    y_true: Labels,
    probabilities: np.ndarray,
    genres: Sequence[str],
    *,
    threshold: float | None = None,
    theme: str = "light",
) -> "Figure":
    """Draw the accuracy of the answers kept when the least sure are left out; `threshold` marks the model's own."""
    right, p = _checked(y_true, probabilities, genres)
    title = "Accuracy against coverage"
    if not len(right):
        return message_figure("No clip was evaluated.", theme=theme, title=title)
    confidence = p.max(axis=1)
    order = np.argsort(-confidence, kind="stable")
    hits = (p.argmax(axis=1) == right)[order]
    coverage = 100 * np.arange(1, len(right) + 1) / len(right)
    accuracy = 100 * np.cumsum(hits) / np.arange(1, len(right) + 1)
    colours = THEMES[theme]
    figure = new_figure((7.0, 4.2), theme)
    ax = figure.add_subplot()
    style(ax, theme, title=title, x="Coverage: clips given a genre (%)", y="Accuracy of those (%)", grid="both")
    ax.plot(coverage, accuracy, color=colours.accent, linewidth=2)
    marks = [(f"all: {accuracy[-1]:.1f} %", len(right) - 1, "o")]
    at80 = max(math.ceil(0.8 * len(right)) - 1, 0)
    marks.append((f"at 80 %: {accuracy[at80]:.1f} %", at80, "s"))
    if threshold is not None and (confidence >= threshold).any():
        kept = int((confidence >= threshold).sum()) - 1
        words = f"threshold {100 * threshold:.0f} %: {accuracy[kept]:.1f} % of {coverage[kept]:.0f} %"
        marks.append((words, kept, "D"))
    for words, i, marker in marks:
        ax.plot([coverage[i]], [accuracy[i]], marker, color=colours.warm, markersize=8, label=words)
    ax.set_xlim(0, 101)
    ax.set_ylim(max(min(float(accuracy[len(right) // 20 :].min()), 60.0) - 5, 0), 101)
    ax.legend(loc="lower left", fontsize=FONT_PT, frameon=False, labelcolor=colours.text)
    return finish(figure)


def accuracy_by_length(
    seconds: Sequence[float],
    accuracy: Sequence[float],
    *,
    bounds: Sequence[tuple[float, float]] | None = None,
    theme: str = "light",
) -> "Figure":
    """Draw accuracy (0 to 1) against the length of the clips, with intervals if given."""
    title = "Accuracy against clip length"
    if not len(seconds):
        return message_figure("No clip length was evaluated.", theme=theme, title=title)
    order = np.argsort(seconds)
    x, y = np.asarray(seconds, dtype=float)[order], 100 * np.asarray(accuracy, dtype=float)[order]
    colours = THEMES[theme]
    figure = new_figure((6.4, 3.8), theme)
    ax = figure.add_subplot()
    style(ax, theme, title=title, x="Clip length (s, logarithmic)", y="Accuracy (%)", grid="y")
    ax.plot(x, y, "o-", color=colours.accent, linewidth=2, markersize=7)
    if bounds is not None:
        low, high = (100 * np.asarray(bounds, dtype=float)[order]).T
        ax.fill_between(x, low, high, color=colours.accent, alpha=0.18, linewidth=0)
    for a, b in zip(x, y, strict=True):
        ax.annotate(
            f"{b:.1f}", (a, b), xytext=(0, 8), textcoords="offset points", ha="center", fontsize=FONT_PT,
            color=colours.text,
        )  # fmt: skip
    ax.set_xscale("log")
    ax.set_xticks(x, [f"{a:g}" for a in x])
    ax.minorticks_off()
    ax.set_xlim(x[0] / 1.3, x[-1] * 1.3)
    ax.margins(y=0.25)
    return finish(figure)


def degradation_bars(
    accuracy: Mapping[str, float], *, reference: str | None = None, count: int = 0, theme: str = "light"
) -> "Figure":
    """Draw accuracy (0 to 1) under each degradation, with the difference from the undegraded clips.

    Parameters
    ----------
    accuracy : mapping
        Degradation to accuracy.
    reference : str
        Key of the undegraded clips; the first, if none is given.
    count : int
        Clips evaluated, for the intervals; none are drawn without it.
    """
    title = "Robustness to degradations"
    if not accuracy:
        return message_figure("No degradation was evaluated.", theme=theme, title=title)
    first = reference if reference is not None and reference in accuracy else next(iter(accuracy))
    names = [first, *(name for name in accuracy if name != first)]
    shares = [100 * float(accuracy[name]) for name in names]
    colours = THEMES[theme]
    figure = new_figure((7.0, 1.3 + 0.36 * len(names)), theme)
    ax = figure.add_subplot()
    style(ax, theme, title=title, x="Accuracy (%)" + (", with 95 % interval" if count else ""), grid="x")
    bounds = [_wilson(share * count / 100, count) if count else (share, share) for share in shares]
    labels = [fitted(names[0], 1.9)]
    labels += [f"{fitted(name, 1.9)} ({s - shares[0]:+.1f})" for name, s in zip(names[1:], shares[1:], strict=True)]
    _share_bars(ax, labels, shares, bounds, theme, [colours.muted] + [colours.accent] * (len(names) - 1))
    ax.axvline(shares[0], color=colours.text, linestyle="--", linewidth=1)
    return finish(figure)


def protocol_bars(
    accuracy: Mapping[str, float], *, bounds: Mapping[str, tuple[float, float]] | None = None, theme: str = "light"
) -> "Figure":
    """Draw accuracy (0 to 1) by each protocol; one whose name says "leaky" is for comparison only, and pale."""
    title = "Accuracy by protocol"
    if not accuracy:
        return message_figure("No protocol was run.", theme=theme, title=title)
    shares = [100 * float(value) for value in accuracy.values()]
    limits = [
        tuple(100 * float(b) for b in (bounds or {}).get(name, (value, value))) for name, value in accuracy.items()
    ]
    colours = THEMES[theme]
    figure = new_figure((7.0, 1.3 + 0.36 * len(shares)), theme)
    ax = figure.add_subplot()
    style(ax, theme, title=title, x="Accuracy (%)" + (", with 95 % interval" if bounds else ""), grid="x")
    hues = [colours.muted if "leaky" in name.lower() else colours.accent for name in accuracy]
    _share_bars(ax, [fitted(name, 3.4) for name in accuracy], shares, limits, theme, hues)  # type: ignore[arg-type]
    return finish(figure)


def hardest_clips(
    names: Sequence[str],
    y_true: Labels,
    probabilities: np.ndarray,
    genres: Sequence[str],
    *,
    top: int = 15,
    theme: str = "light",
) -> "Figure":
    """Draw a table of the wrong clips whose right genre got the least probability."""
    right, p = _checked(y_true, probabilities, genres)
    title = "Hardest clips"
    rows = hardest_rows(names, right, p, genres, top=top)
    if not rows:
        return message_figure("No clip was named wrongly.", theme=theme, title=title)
    colours = THEMES[theme]
    height = 0.75 + 0.27 * (len(rows) + 1)
    figure = new_figure((9.2, height), theme, arranged=False)
    ax = figure.add_axes((0.02, 0.02, 0.96, 1 - 0.45 / height))
    style(ax, theme, title=title)
    ax.set_axis_off()
    ax.set_xlim(0, 1)
    ax.set_ylim(len(rows) + 0.5, -0.6)
    across = (0.0, 0.46, 0.6, 0.78, 0.92)
    heads = ("Clip", "Genre", "Named", "Confidence (%)", "Right one (%)")
    for x, head, side in zip(across, heads, ("left", "left", "left", "right", "right"), strict=True):
        ax.text(
            x + (0.08 if side == "right" else 0), 0, head, ha=side, va="center", fontsize=FONT_PT, color=colours.muted
        )
    for i, (name, genre, named, confidence, share) in enumerate(rows, start=1):
        ax.axhline(i - 0.5, color=colours.line, linewidth=0.8)
        ax.text(across[0], i, fitted(name, 4.0), va="center", fontsize=FONT_PT, color=colours.text)
        for x, word in ((across[1], genre), (across[2], named)):
            ax.plot([x + 0.006], [i], "s", color=genre_colour(word), markersize=8)
            ax.text(x + 0.02, i, fitted(word, 1.1), va="center", fontsize=FONT_PT, color=colours.text)
        for x, number in ((across[3], confidence), (across[4], share)):
            ax.text(x + 0.08, i, f"{100 * number:.0f}", ha="right", va="center", fontsize=FONT_PT, color=colours.text)
    ax.title.set_fontsize(TITLE_PT)
    return finish(figure)


def hardest_rows(
    names: Sequence[str], y_true: np.ndarray, probabilities: np.ndarray, genres: Sequence[str], *, top: int = 15
) -> list[tuple[str, str, str, float, float]]:
    """Return name, genre, named genre, its confidence and the right genre's probability of the hardest clips."""
    share = probabilities[np.arange(len(y_true)), y_true]
    named = probabilities.argmax(axis=1) if len(y_true) else y_true
    wrong = [i for i in np.argsort(share, kind="stable") if named[i] != y_true[i]]
    return [
        (str(names[i]), genres[y_true[i]], genres[named[i]], float(probabilities[i].max()), float(share[i]))
        for i in wrong[:top]
    ]

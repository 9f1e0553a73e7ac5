"""Search -> Figure: what 01 tried, what came of it, and what it cost.

Conventions
-----------
`results` are rows (mappings; text as read from a CSV will do), one for each cell and fold, with ``cell, feature_set,
architecture, accuracy, seconds`` and hyperparameters. Accuracy is a share from 0 to 1 in the data and a percentage in
the figure. Colours here are not those of the genres' meaning: an architecture has a mark and a colour.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from musicgenre.plots.style import (
    FONT_PT,
    MARKERS,
    THEMES,
    TITLE_PT,
    finish,
    fitted,
    message_figure,
    new_figure,
    number_map,
    style,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


HYPERPARAMETERS = {
    "hidden": "Hidden units",
    "width": "Hidden units",
    "dropout": "Dropout (share)",
    "whiten": "Whitening (shrinkage)",
    "prior": "Weight of the tags' names",
    "l2": "L2 penalty",
    "learning_rate": "Learning rate",
    "batch_size": "Batch (clips)",
    "batch": "Batch (clips)",
}

NOMINAL = ("#2683ff", "#d29109", "#c22281", "#11b0c6", "#df0532", "#077210", "#86a69d", "#785558")

Rows = Sequence[Mapping[str, Any]]


def _number(value: object) -> float:
    """Return a value of a row as a number, NaN where it is none."""
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return math.nan


def _label_bars(ax: "Axes", values: Sequence[float], ends: Sequence[float], theme: str) -> None:
    """Write percentages behind horizontal bars."""
    for i, (value, end) in enumerate(zip(values, ends, strict=True)):
        ax.annotate(
            f"{value:.1f}",
            (end, i),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=FONT_PT,
            color=THEMES[theme].text,
        )


def _cells(results: Rows) -> list[dict[str, Any]]:
    """Return one row for each cell: its settings, mean accuracy and deviation over folds and seeds, and seconds."""
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in results:
        if math.isfinite(_number(row.get("accuracy"))):
            found[str(row.get("cell"))].append(row)
    cells = []
    for rows in found.values():
        accuracy = [_number(row["accuracy"]) for row in rows]
        seconds = [_number(row.get("seconds")) for row in rows]
        cell = {
            **rows[0],
            "accuracy": float(np.mean(accuracy)),
            "deviation": float(np.std(accuracy)),
            "seconds": float(np.nanmean(seconds)) if np.isfinite(seconds).any() else math.nan,
        }
        cells.append(cell)
    return cells


def search_accuracy(results: Rows, by: str, *, theme: str = "light") -> "Figure":
    """Draw the best cell of each feature set or architecture with its deviation, and all other cells as dots.

    Parameters
    ----------
    by : {"feature_set", "architecture"}
        What a row of the figure stands for.
    """
    title = f"Accuracy by {by.replace('_', ' ')}"
    cells = _cells(results)
    if not cells:
        return message_figure("The search holds no finished cell.", theme=theme, title=title)
    best: dict[str, dict[str, Any]] = {}
    for cell in cells:
        name = str(cell.get(by))
        if name not in best or cell["accuracy"] > best[name]["accuracy"]:
            best[name] = cell
    names = sorted(best, key=lambda name: best[name]["accuracy"])
    place = {name: i for i, name in enumerate(names)}
    colours = THEMES[theme]
    figure = new_figure((8.0, 1.3 + 0.33 * len(names)), theme)
    ax = figure.add_subplot()
    style(ax, theme, title=title, x="Accuracy (%); best cell with its deviation over folds and seeds", grid="x")
    ax.plot(
        [100 * cell["accuracy"] for cell in cells],
        [place[str(cell.get(by))] for cell in cells],
        "o",
        markersize=4,
        color=colours.muted,
        alpha=0.45,
        label="all cells",
    )
    values = [100 * best[name]["accuracy"] for name in names]
    spread = [100 * best[name]["deviation"] for name in names]
    above = [min(width, 100 - value) for value, width in zip(values, spread, strict=True)]  # no accuracy passes 100 %
    ax.errorbar(
        values, range(len(names)), xerr=[spread, above], fmt="o", markersize=8, capsize=4, color=colours.accent,
        label="best",
    )  # fmt: skip
    _label_bars(ax, values, [value + width for value, width in zip(values, above, strict=True)], theme)
    ax.set_yticks(range(len(names)), [fitted(name, 3.2) for name in names])
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.margins(x=0.12)
    return finish(figure)


def search_grid(results: Rows, *, theme: str = "light") -> "Figure":
    """Draw the best accuracy of each pair of feature set and architecture as a table of colours."""
    title = "Best accuracy (%)"
    cells = _cells(results)
    if not cells:
        return message_figure("The search holds no finished cell.", theme=theme, title=title)
    sets = sorted({str(cell.get("feature_set")) for cell in cells})
    kinds = sorted({str(cell.get("architecture")) for cell in cells})
    best = np.full((len(sets), len(kinds)), np.nan)
    for cell in cells:
        i, j = sets.index(str(cell.get("feature_set"))), kinds.index(str(cell.get("architecture")))
        best[i, j] = np.nanmax([best[i, j], 100 * cell["accuracy"]])
    order, across = np.argsort(-np.nanmax(best, axis=1)), np.argsort(-np.nanmax(best, axis=0))
    best, sets, kinds = best[order][:, across], [sets[i] for i in order], [kinds[j] for j in across]
    figure = new_figure((4.0 + 0.85 * len(kinds), 1.9 + 0.36 * len(sets)), theme)
    ax = figure.add_subplot()
    style(ax, theme, title=title)
    number_map(ax, best, theme, low=float(np.nanmin(best)) - 5, high=float(np.nanmax(best)))
    ax.set_yticks(range(len(sets)), [fitted(name, 3.2) for name in sets])
    ax.set_xticks(
        range(len(kinds)), [fitted(name, 1.9) for name in kinds], rotation=35, ha="right", rotation_mode="anchor"
    )
    return finish(figure)


def hyperparameter_effects(results: Rows, *, theme: str = "light") -> "Figure":
    """Draw the accuracy of the cells against each hyperparameter.

    Only cells of architectures that tried more than one value of a hyperparameter stand in its panel: the others say
    nothing about it.
    """
    title = "Effect of the hyperparameters"
    taken: dict[str, dict[str, list[float]]] = {}
    for name in HYPERPARAMETERS:
        found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for cell in _cells(results):
            value = cell.get(name)
            if value is not None and str(value) not in ("", "nan"):
                found[str(cell.get("architecture"))][str(value)].append(100 * cell["accuracy"])
        groups: dict[str, list[float]] = defaultdict(list)
        for values in found.values():
            if len(values) > 1:
                for value, accuracies in values.items():
                    groups[value] += accuracies
        if groups:
            taken[name] = {value: groups[value] for value in sorted(groups, key=_in_order)}
    if not taken:
        return message_figure("No hyperparameter took more than one value.", theme=theme, title=title)
    colours = THEMES[theme]
    across = min(3, len(taken))
    down = -(-len(taken) // across)
    figure = new_figure((3.2 * across + 0.4, 2.7 * down + 0.4), theme)
    axes = figure.subplots(down, across, squeeze=False, sharey=True)
    for i, ax in enumerate(axes.flat):
        if i >= len(taken):
            ax.set_visible(False)
            continue
        name = list(taken)[i]
        style(ax, theme, x=HYPERPARAMETERS[name], y="Accuracy (%)" if i % across == 0 else "", grid="y")
        tried = list(taken[name].values())
        for x, group in enumerate(tried):
            jitter = np.linspace(-0.16, 0.16, len(group)) if len(group) > 1 else [0.0]
            words = "cells" if x == 0 else "_"
            ax.plot(x + np.array(jitter), group, "o", markersize=3.5, color=colours.muted, alpha=0.5, label=words)
        ax.plot([max(group) for group in tried], "o-", color=colours.accent, linewidth=1.6, label="best")
        ax.plot([float(np.median(group)) for group in tried], "s--", color=colours.warm, linewidth=1.2, label="median")
        ax.set_xticks(range(len(tried)), [fitted(_short(value), 0.8) for value in taken[name]])
        ax.set_xlim(-0.5, len(tried) - 0.5)
    axes.flat[0].set_title(title, loc="left", fontsize=TITLE_PT, fontweight="bold", color=colours.text)
    handles = axes.flat[0].get_legend_handles_labels()[0]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=3, fontsize=FONT_PT, frameon=False, labelcolor=colours.text
    )
    return finish(figure)


def _in_order(value: str) -> tuple[bool, float, str]:
    """Return a key that sorts numbers by size and other values after them."""
    number = _number(value)
    return (math.isnan(number), 0.0 if math.isnan(number) else number, value)


def _short(value: str) -> str:
    """Return a number without needless zeros, other text as it is."""
    number = _number(value)
    return value if math.isnan(number) else f"{number:g}"


def learning_curves(curves: Mapping[str, Mapping[str, Sequence[float]]], *, theme: str = "light") -> "Figure":
    """Draw loss and accuracy over the epochs, training dashed and validation solid.

    Parameters
    ----------
    curves : mapping
        Name of a cell to its history: ``loss``, ``val_loss``, ``accuracy``, ``val_accuracy``, whatever there is.
    """
    curves = {name: history for name, history in curves.items() if any(len(values) for values in history.values())}
    if not curves:
        return message_figure("No learning curve was kept.", theme=theme, title="Learning curves")
    colours = THEMES[theme]
    kinds = {"loss": "Loss", "accuracy": "Accuracy (%)"}
    kinds = {k: words for k, words in kinds.items() if any(h.get(k) or h.get(f"val_{k}") for h in curves.values())}
    figure = new_figure((1.4 + 4.0 * len(kinds), 4.1), theme)
    axes = figure.subplots(1, len(kinds), squeeze=False)[0]
    handles = {}
    for ax, (key, words) in zip(axes, kinds.items(), strict=True):
        style(ax, theme, title=f"{key.capitalize()} over the epochs", x="Epoch", y=words, grid="y")
        scale = 100 if key == "accuracy" else 1
        for i, (name, history) in enumerate(list(curves.items())[: len(NOMINAL)]):
            for prefix, dash in (("", "--"), ("val_", "-")):
                values = [scale * _number(value) for value in history.get(prefix + key, ())]
                if values:
                    (line,) = ax.plot(range(1, len(values) + 1), values, dash, color=NOMINAL[i], linewidth=1.5)
                    line.set_label(fitted(name, 4.0))
                    handles[name] = line
        ax.locator_params(axis="x", integer=True)
    shown = [*handles.values(), *axes[0].plot([], [], "--", color=colours.muted, label="dashed: training")]
    figure.legend(
        handles=shown,
        loc="outside lower center",
        ncols=len(kinds),
        fontsize=FONT_PT,
        frameon=False,
        labelcolor=colours.text,
    )
    return finish(figure)


def time_against_accuracy(results: Rows, *, theme: str = "light") -> "Figure":
    """Draw the accuracy of each cell against its time for a fold, by architecture."""
    title = "Time against accuracy"
    cells = [cell for cell in _cells(results) if cell["seconds"] > 0]
    if not cells:
        return message_figure("The search kept no times.", theme=theme, title=title)
    colours = THEMES[theme]
    kinds = sorted({str(cell.get("architecture")) for cell in cells})
    figure = new_figure((8.0, 4.6), theme)
    ax = figure.add_subplot()
    style(ax, theme, title=title, x="Time for a fold (s, logarithmic)", y="Accuracy (%)", grid="both")
    for i, kind in enumerate(kinds):
        own = [cell for cell in cells if str(cell.get("architecture")) == kind]
        ax.plot(
            [cell["seconds"] for cell in own],
            [100 * cell["accuracy"] for cell in own],
            MARKERS[i % len(MARKERS)],
            color=NOMINAL[i % len(NOMINAL)],
            markersize=6,
            alpha=0.85,
            label=fitted(kind, 2.2),
        )
    ax.set_xscale("log")
    seconds = [cell["seconds"] for cell in cells]
    ax.set_xlim(min(seconds) / 1.5, max(seconds) * 1.5)
    steps = [step * 10.0**power for power in range(-4, 6) for step in (1, 2, 5)]
    ticks = [step for step in steps if ax.get_xlim()[0] <= step <= ax.get_xlim()[1]]
    ax.set_xticks(ticks[:: math.ceil(len(ticks) / 10)], [f"{tick:g}" for tick in ticks[:: math.ceil(len(ticks) / 10)]])
    ax.minorticks_off()
    ax.legend(
        loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=FONT_PT, frameon=False, labelcolor=colours.text
    )  # fmt: skip
    return finish(figure)

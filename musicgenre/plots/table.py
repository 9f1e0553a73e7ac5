"""Table -> Figure: clips per genre, each family's distribution, maps of the clips, mean spectra, correlation.

Conventions
-----------
`genres` names the genre of each clip, `features` is the table's frame of columns in the same order. Genres stand in
alphabetical order. Standardised means deviations from the mean of all clips, in their standard deviations.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from musicgenre.plots.clip_map import MANY, clip_map, map_points, standardised
from musicgenre.plots.style import (
    FONT_PT,
    PITCH_CLASSES,
    THEMES,
    Picture,
    colour_bar,
    diverging,
    finish,
    fitted,
    genre_colour,
    message_figure,
    new_figure,
    style,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


# family of few columns -> (column, what the axis says)
SPREADS = {
    "tempo": (("tempo_bpm", "Tempo (bpm)"),),
    "zcr": (("zcr_mean", "Zero crossings (mean, per sample)"), ("zcr_std", "Zero crossings (deviation, per sample)")),
    "rolloff": (("rolloff_mean_hz", "Rolloff 85 % (mean, Hz)"), ("rolloff_std_hz", "Rolloff 85 % (deviation, Hz)")),
    "centroid": (("centroid_mean_hz", "Centroid (mean, Hz)"), ("centroid_std_hz", "Centroid (deviation, Hz)")),
}

FAMILY_NAMES = {"mfcc": "MFCC", "chroma": "Chroma", "musicnn": "Tags heard by the network"}

PREFIXES = {"mfcc": "mfcc", "chroma": "chroma", "musicnn": "tag", "musicnn_deep": "deep"}


def table_pictures(
    genres: Sequence[str], features: "pd.DataFrame", *, groups: Sequence[str] | None = None, seed: int = 0
) -> list[Picture]:
    """Return all pictures of a table, in the order to look at them.

    Raises
    ------
    ValueError
        If there are not as many genres as rows.
    """
    if len(genres) != len(features):
        raise ValueError(f"{len(genres)} genres for {len(features)} rows of features")
    labels = [str(genre) or "no genre" for genre in genres]
    pictures = [
        Picture(
            "clips_per_genre",
            "Clips of each genre, and how many artists or sources they come from where that is known.",
            lambda theme: clips_per_genre(labels, groups=groups, theme=theme),
        )
    ]
    pictures += _family_pictures(labels, features)
    points: dict[str, tuple[np.ndarray, str]] = {}  # computed when the first theme is drawn

    def draw_map(method: str, theme: str) -> "Figure":
        if method not in points:
            points[method] = map_points(features, method, seed=seed)
        return clip_map(labels, *points[method], theme=theme)

    pictures += [
        Picture("map_pca", "Clips on the two directions of greatest variance.", lambda theme: draw_map("PCA", theme)),
        Picture("map_tsne", "Clips near each other sound alike (t-SNE).", lambda theme: draw_map("t-SNE", theme)),
        Picture(
            "feature_correlation",
            "Correlation of the features over all clips.",
            lambda theme: feature_correlation(features, theme=theme),
        ),
    ]
    return pictures


def _family_pictures(labels: Sequence[str], features: "pd.DataFrame") -> list[Picture]:
    """Return the pictures of each family that a table has."""
    pictures = []
    for family, name in FAMILY_NAMES.items():
        if _numbered(features, f"{PREFIXES[family]}_mean_"):
            pictures.append(
                Picture(
                    f"{family}_by_genre",
                    f"{name} of each genre against the mean of all clips, in standard deviations.",
                    lambda theme, family=family: family_means(labels, features, family, theme=theme),  # type: ignore[misc]
                )
            )
    for family, columns in SPREADS.items():
        if columns[0][0] in features:
            pictures.append(
                Picture(
                    f"{family}_by_genre",
                    f"{columns[0][1].split(' (')[0]} of the clips of each genre: quartiles, range and single clips.",
                    lambda theme, family=family: family_spread(labels, features, family, theme=theme),  # type: ignore[misc]
                )
            )
    if _numbered(features, "mfcc_mean_"):
        pictures.append(
            Picture(
                "mel_by_genre",
                "Average mel spectrum of each genre (coloured) against that of all clips (grey).",
                lambda theme: mean_mel(labels, features, theme=theme),
            )
        )
    return pictures


def _numbered(features: "pd.DataFrame", prefix: str) -> list[str]:
    """Return the columns that begin with a prefix, in order."""
    return [column for column in features.columns if column.startswith(prefix)]


def clips_per_genre(genres: Sequence[str], *, groups: Sequence[str] | None = None, theme: str = "light") -> "Figure":
    """Draw how many clips each genre has, and how many groups they come from if `groups` names them."""
    if not len(genres):
        return message_figure("The table holds no clip.", theme=theme, title="Clips per genre")
    names = sorted(set(genres))[::-1]
    counts = [sum(genre == name for genre in genres) for name in names]
    figure = new_figure((7.0, 1.2 + 0.28 * len(names)), theme)
    ax = figure.add_subplot()
    style(ax, theme, title="Clips per genre", x="Clips")
    bars = ax.barh(range(len(names)), counts, color=[genre_colour(name) for name in names], height=0.75)
    for bar, name, count in zip(bars, names, counts, strict=True):
        words = str(count)
        if groups is not None:
            found = {group for group, genre in zip(groups, genres, strict=True) if genre == name and group}
            words += f"  ({len(found)} groups)" if found else ""
        ax.annotate(
            words,
            (count, bar.get_y() + bar.get_height() / 2),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=FONT_PT,
            color=THEMES[theme].text,
        )
    ax.set_yticks(range(len(names)), [fitted(name, 1.6) for name in names])
    ax.set_xlim(0, 1.25 * max(counts))
    ax.locator_params(axis="x", integer=True)
    ax.tick_params(axis="y", length=0)
    return finish(figure)


def family_means(genres: Sequence[str], features: "pd.DataFrame", family: str, *, theme: str = "light") -> "Figure":
    """Draw a family of many columns as a heat map of standardised means, one row (tags: column) a genre."""
    title = FAMILY_NAMES[family]
    names = sorted(set(genres))
    if len(names) < 2:
        return message_figure("Genres can be compared when there are two or more.", theme=theme, title=title)
    rows = np.array(genres)
    by_tag = family == "musicnn"
    kinds = ("mean",) if by_tag else ("mean", "std")
    prefix = PREFIXES[family]
    columns = {kind: _numbered(features, f"{prefix}_{kind}_") for kind in kinds}
    count = len(columns["mean"])
    size = (2.6 + 0.52 * len(names), 1.4 + 0.19 * count) if by_tag else (8.2, 1.5 + 2 * (0.55 + 0.26 * len(names)))
    figure = new_figure(size, theme)
    axes = figure.subplots(len(kinds), 1, squeeze=False)[:, 0]
    image = None
    for ax, kind in zip(axes, kinds, strict=True):
        z = standardised(features, columns[kind])
        means = np.array([z[rows == name].mean(axis=0) for name in names])
        labels = [column.rsplit("_", 1)[-1].lstrip("0") for column in columns[kind]]
        if family == "chroma" and len(labels) == len(PITCH_CLASSES):
            labels = list(PITCH_CLASSES)
        if by_tag:
            labels = [column.removeprefix(f"{prefix}_{kind}_").replace("_", " ") for column in columns[kind]]
            order = np.argsort(means.argmax(axis=0), kind="stable")  # tags that speak for the same genre together
            means, labels = means[:, order].T, [labels[i] for i in order]
        image = ax.imshow(means, aspect="auto", cmap=diverging(theme), vmin=-1.5, vmax=1.5, interpolation="nearest")
        shown = [fitted(name, 1.1) for name in names]
        if by_tag:
            style(ax, theme, title=title)
            ax.set_yticks(range(len(labels)), labels)
            ax.set_xticks(range(len(names)), shown, rotation=40, ha="right", rotation_mode="anchor")
        else:
            words = "means" if kind == "mean" else "deviations over time"
            below = "Pitch class" if family == "chroma" else "Coefficient"
            style(ax, theme, title=f"{title}: {words}", x=below)
            ax.set_xticks(range(len(labels)), labels)
            ax.set_yticks(range(len(names)), shown)
        _bare(ax)
    colour_bar(image, list(axes), "Difference from all clips (standard deviations)", theme)
    return finish(figure)


def _bare(ax: "Axes") -> None:
    """Take away the spines and tick marks of a heat map."""
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)


def family_spread(genres: Sequence[str], features: "pd.DataFrame", family: str, *, theme: str = "light") -> "Figure":
    """Draw a family of few columns as box plots by genre, with the single clips beneath."""
    import seaborn as sns  # a second to import

    columns = [(column, words) for column, words in SPREADS[family] if column in features]
    names = sorted(set(genres))
    if not columns or not names:
        return message_figure("The table holds no clip.", theme=theme, title=family)
    colours = THEMES[theme]
    figure = new_figure((4.6 * len(columns) + 0.8, 1.2 + 0.34 * len(names)), theme)
    axes = figure.subplots(1, len(columns), squeeze=False, sharey=True)[0]
    palette = {name: genre_colour(name) for name in names}
    rows = np.array(genres)
    for i, (ax, (column, words)) in enumerate(zip(axes, columns, strict=True)):
        values = features[column].to_numpy(dtype=float)
        sns.stripplot(
            x=values,
            y=list(genres),
            order=names,
            hue=list(genres),
            hue_order=names,
            palette=palette,
            orient="h",
            size=2.6,
            alpha=0.55,
            jitter=0.28,
            legend=False,
            rasterized=len(genres) > MANY,
            ax=ax,
        )
        line = {"color": colours.text, "linewidth": 1.1}
        ax.boxplot(
            [values[(rows == name) & np.isfinite(values)] for name in names],
            positions=range(len(names)),
            orientation="horizontal",
            widths=0.62,
            showfliers=False,
            boxprops=line,
            medianprops={"color": colours.text, "linewidth": 2.2},
            whiskerprops=line,
            capprops=line,
            zorder=3,
            manage_ticks=False,
        )
        style(ax, theme, title=f"{words.split(' (')[0]} by genre" if i == 0 else "", x=words, grid="x")
        ax.tick_params(axis="y", length=0)
    axes[0].set_yticks(range(len(names)), [fitted(name, 1.3) for name in names])
    return finish(figure)


def mean_mel(genres: Sequence[str], features: "pd.DataFrame", *, theme: str = "light") -> "Figure":
    """Draw the average mel spectrum of each genre against all clips', from the mean MFCCs by the inverse DCT."""
    columns = _numbered(features, "mfcc_mean_")
    names = sorted(set(genres))
    if not names or not columns:
        return message_figure("The table holds no mean MFCC.", theme=theme, title="Average mel spectrum")
    from scipy.fft import idct

    mfcc = features[columns].to_numpy(dtype=float)
    levels = idct(np.pad(mfcc, ((0, 0), (0, 128 - len(columns)))), axis=1, norm="ortho")  # librosa's 128 mel bands
    hertz = _mel_to_hz(np.linspace(0, _hz_to_mel(11025.0), 130)[1:-1])
    colours = THEMES[theme]
    across = min(4, len(names))
    down = -(-len(names) // across)
    figure = new_figure((2.3 * across + 0.7, 1.55 * down + 0.9), theme)
    axes = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
    rows = np.array(genres)
    everything = levels.mean(axis=0)
    for i, ax in enumerate(axes.flat):
        if i >= len(names):
            ax.set_visible(False)
            continue
        own = levels[rows == names[i]]
        low, high = np.quantile(own, [0.25, 0.75], axis=0)
        colour = genre_colour(names[i])
        style(ax, theme, title=fitted(names[i], 1.6), grid="both")
        ax.fill_between(hertz, low, high, color=colour, alpha=0.25, linewidth=0)
        ax.plot(hertz, everything, color=colours.muted, linewidth=1.0)
        ax.plot(hertz, own.mean(axis=0), color=colour, linewidth=1.8)
        ax.set_xscale("log")
        ax.set_xlim(hertz[0], hertz[-1])
        ax.set_xticks([100, 1000, 10000], ["100", "1 k", "10 k"])
        ax.minorticks_off()
    figure.supxlabel("Frequency (Hz)", fontsize=FONT_PT, color=colours.muted)
    figure.supylabel(f"Level (dB, approximated from {len(columns)} mean MFCCs)", fontsize=FONT_PT, color=colours.muted)
    return finish(figure)


def _hz_to_mel(hertz: float) -> float:
    """Return Slaney's mel of a frequency above 1000 Hz."""
    return 15.0 + np.log(hertz / 1000.0) / (np.log(6.4) / 27.0)


def _mel_to_hz(mels: np.ndarray) -> np.ndarray:
    """Return the frequencies in hertz of Slaney's mels."""
    return np.where(mels < 15.0, mels * 200.0 / 3.0, 1000.0 * np.exp((np.log(6.4) / 27.0) * (mels - 15.0)))


def feature_correlation(features: "pd.DataFrame", *, theme: str = "light") -> "Figure":
    """Draw the correlation of all columns, with the families named at the sides."""
    title = "Correlation of the features"
    columns = [column for column in features.columns if not column.startswith("deep_")]
    if len(features) < 3 or len(columns) < 2:
        words = f"A correlation needs three clips and two columns; there are {len(features)} and {len(columns)}."
        return message_figure(words, theme=theme, title=title)
    z = standardised(features, columns)
    correlation = z.T @ z / len(z)
    blocks: list[tuple[str, int]] = []  # name and first column of columns that belong together
    for i, column in enumerate(columns):
        parts = column.split("_")
        kind = parts[1] if len(parts) > 1 and parts[1] in ("mean", "std") else ""
        name = f"{parts[0]} {kind}".strip() if parts[0] in ("mfcc", "chroma", "tag") else parts[0]
        if not blocks or blocks[-1][0] != name:
            blocks.append((name, i))
    colours = THEMES[theme]
    figure = new_figure((7.4, 6.2), theme)
    ax = figure.add_subplot()
    style(ax, theme, title=title)
    image = ax.imshow(correlation, cmap=diverging(theme), vmin=-1, vmax=1, interpolation="nearest")
    starts = [start for _, start in blocks] + [len(columns)]
    middles = [(a + b - 1) / 2 for a, b in zip(starts[:-1], starts[1:], strict=True)]
    for edge in starts[1:-1]:
        ax.axhline(edge - 0.5, color=colours.muted, linewidth=0.6)
        ax.axvline(edge - 0.5, color=colours.muted, linewidth=0.6)
    # Neighbouring narrow families would be written over each other: they share a label.
    shown: list[tuple[float, str]] = []
    for middle, (name, _) in zip(middles, blocks, strict=True):
        if shown and middle - shown[-1][0] < 0.045 * len(columns):
            before = shown.pop()
            shown.append((before[0], f"{before[1]}, {name}"))
        else:
            shown.append((middle, name))
    places, names = [place for place, _ in shown], [fitted(name, 3.2) for _, name in shown]
    ax.set_yticks(places, names)
    ax.set_xticks(places, names, rotation=40, ha="right", rotation_mode="anchor")
    _bare(ax)
    colour_bar(image, ax, "Correlation (-1 to 1)", theme)
    return finish(figure)

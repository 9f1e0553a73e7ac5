"""Features -> maps of the clips: PCA, LDA and t-SNE, coloured by genre."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from musicgenre.plots.style import (
    FONT_PT,
    MARKERS,
    THEMES,
    finish,
    fitted,
    genre_colour,
    ink_on,
    message_figure,
    new_figure,
    style,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


MANY = 300  # dots; more of them are pixels in an SVG, which would grow with each

MAX_MAPPED = 5000  # clips of a map; more are a cloud, and t-SNE takes minutes


def standardised(features: "pd.DataFrame", columns: Sequence[str]) -> np.ndarray:
    """Return columns with mean 0 and deviation 1, shape (clips, columns); missing and constant values become 0."""
    x = features[list(columns)].to_numpy(dtype=float)
    x = np.where(np.isfinite(x), x, np.nan)
    with np.errstate(all="ignore"):
        counts = np.maximum(np.isfinite(x).sum(axis=0), 1)
        mean = np.nansum(x, axis=0) / counts
        deviation = np.sqrt(np.nansum((x - mean) ** 2, axis=0) / counts)
    return np.nan_to_num((x - mean) / np.where(deviation > 1e-12 * (1 + np.abs(mean)), deviation, np.inf))


def map_points(features: "pd.DataFrame", method: str, *, seed: int = 0) -> tuple[np.ndarray, str]:
    """Return a place on a plane for each clip, shape (n, 2), and what to write beside the axes.

    Parameters
    ----------
    features : pd.DataFrame
        Standardised here.
    method : {"PCA", "t-SNE"}
        t-SNE (van der Maaten and Hinton, 2008) starts from PCA. Of more than 5000 clips an even choice gets a
        place, the others NaN.
    seed : int
        The same seed gives the same map on one machine.
    """
    x = standardised(features, list(features.columns))
    if len(x) < 3 or x.shape[1] < 2:
        return np.zeros((len(x), 2)), method
    from sklearn.decomposition import PCA  # a second to import

    reduced = PCA(min(50, *x.shape), svd_solver="covariance_eigh").fit(x)
    pca = reduced.transform(x)
    shares = 100 * np.nan_to_num(reduced.explained_variance_ratio_)
    if method == "PCA":
        return pca[:, :2], f"PCA|Component 1 ({shares[0]:.0f} % of the variance)|Component 2 ({shares[1]:.0f} %)"
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    chosen = np.linspace(0, len(x) - 1, min(len(x), MAX_MAPPED)).astype(int)
    perplexity = min(30.0, (len(chosen) - 1) / 3)
    model = TSNE(perplexity=perplexity, init="pca", random_state=seed, learning_rate="auto")
    points = np.full((len(x), 2), np.nan)
    with threadpool_limits(1):  # its threads spin: on a busy machine more of them are many times slower
        points[chosen] = model.fit_transform(pca[chosen].astype(np.float32))
    return points, f"t-SNE|t-SNE 1 (no unit)|t-SNE 2 (no unit), perplexity {perplexity:.0f}"


def clip_map(genres: Sequence[str], points: np.ndarray, words: str, *, theme: str = "light") -> "Figure":
    """Draw the clips at their places, each genre with its colour and mark, its name at its middle.

    Parameters
    ----------
    points : np.ndarray, shape (n, 2)
        Of `map_points`; clips at NaN are not drawn.
    words : str
        Title and axis labels, separated by "|".
    """
    title, x_label, y_label = (words.split("|") + ["", ""])[:3]
    title = f"Map of the clips ({title})"
    if len(points) < 3:
        return message_figure(f"A map needs at least three clips; there are {len(points)}.", theme=theme, title=title)
    colours = THEMES[theme]
    names = sorted(set(genres))
    rows = np.array(genres)
    figure = new_figure((8.0, 6.4), theme)
    ax = figure.add_subplot()
    style(ax, theme, title=title, x=x_label, y=y_label)
    size = float(np.clip(18000 / len(points), 12, 44))
    for i, name in enumerate(names):
        own = points[(rows == name) & np.isfinite(points).all(axis=1)]
        ax.scatter(
            own[:, 0],
            own[:, 1],
            s=size,
            marker=MARKERS[i % len(MARKERS)],
            color=genre_colour(name),
            alpha=0.85,
            linewidths=0.3,
            edgecolors=colours.background,
            label=fitted(name, 1.3),
            rasterized=len(points) > MANY,
        )
    medians = {name: np.nanmedian(points[rows == name], axis=0) for name in names if len(names) > 1}
    medians = {name: place for name, place in medians.items() if np.isfinite(place).all()}
    for name, (x, y) in zip(medians, _apart(ax, medians), strict=True):
        colour = genre_colour(name)
        box = {"facecolor": colour, "edgecolor": colours.background, "boxstyle": "round,pad=0.25", "alpha": 0.92}
        ax.text(
            x, y, fitted(name, 1.3), ha="center", va="center", fontsize=FONT_PT, color=ink_on(colour), bbox=box,
            transform=ax.transAxes,
        )  # fmt: skip
    ax.legend(
        loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=FONT_PT, frameon=False, labelcolor=colours.text,
        markerscale=min(2.2, 7 / size**0.5),
    )  # fmt: skip
    ax.set_xticks([])
    ax.set_yticks([])
    return finish(figure)


def _apart(ax: "Axes", places: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return where to write names, shape (n, 2) in fractions of the axes, moved until none covers another."""
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    spots = np.array([[(x - left) / (right - left), (y - bottom) / (top - bottom)] for x, y in places.values()])
    wide = np.array([0.006 * min(len(name), 16) + 0.013 for name in places])  # half a label, on eight inches
    high = 0.019
    for _ in range(200):
        moved = False
        for i in range(len(spots)):
            for j in range(i):
                dx, dy = spots[i] - spots[j]
                over = high * 2 - abs(dy)
                if abs(dx) < wide[i] + wide[j] and over > 0:
                    push = (over / 2 + 0.001) * (1 if dy >= 0 else -1)
                    spots[i, 1] += push
                    spots[j, 1] -= push
                    moved = True
        if not moved:
            break
    return np.clip(spots, 0.03, 0.97)

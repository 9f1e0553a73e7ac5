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
    text_width,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


MANY = 300  # dots; more of them are pixels in an SVG, which would grow with each

LABEL_WIDTH_IN = 1.3

MAX_MAPPED = 5000  # clips of a map; more are a cloud, and t-SNE takes minutes

AXES_IN, LABEL_IN, DOT_IN = np.array([5.9, 5.5]), 0.11, 0.05  # least size of the axes, half a label's height, a dot


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
    """Draw the clips at their places, each genre with its colour and mark, and its name where no clip lies.

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
            label=fitted(name, LABEL_WIDTH_IN),
            rasterized=len(points) > MANY,
        )
    middles = {name: np.nanmedian(points[rows == name], axis=0) for name in names if len(names) > 1}
    middles = {name: place for name, place in middles.items() if np.isfinite(place).all()}
    ax.set_xlim(ax.get_xlim())  # what is written now moves nothing
    ax.set_ylim(ax.get_ylim())
    for name, place in _free_places(ax, points, middles).items():
        colour = genre_colour(name)
        box = {"facecolor": colour, "edgecolor": colours.background, "boxstyle": "round,pad=0.25"}
        line = {"arrowstyle": "-", "color": colours.muted, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0}
        ax.annotate(
            fitted(name, LABEL_WIDTH_IN), middles[name], xytext=place.tolist(), textcoords="axes fraction", ha="center",
            va="center", fontsize=FONT_PT, color=ink_on(colour), bbox=box, arrowprops=line,
        )  # fmt: skip
    ax.legend(
        loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=FONT_PT, frameon=False, labelcolor=colours.text,
        markerscale=min(2.2, 7 / size**0.5),
    )  # fmt: skip
    ax.set_xticks([])
    ax.set_yticks([])
    return finish(figure)


def _free_places(ax: "Axes", points: np.ndarray, middles: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return where to write names in fractions of the axes: the places nearest to their middles that cover nothing.

    A name that no place is free for is left out; the legend has it.
    """
    corner, size = np.array([ax.get_xlim()[0], ax.get_ylim()[0]]), np.ptp([ax.get_xlim(), ax.get_ylim()], axis=1)
    taken = (points[np.isfinite(points).all(axis=1)] - corner) / size
    across, up = np.meshgrid(np.linspace(0.02, 0.98, 97), np.linspace(0.03, 0.97, 95))
    spots = np.stack([across.ravel(), up.ravel()], axis=1)
    found: dict[str, np.ndarray] = {}
    halves: dict[str, np.ndarray] = {}
    for name, middle in middles.items():
        half = np.array([text_width(fitted(name, LABEL_WIDTH_IN)) / 2 + 0.07, LABEL_IN]) / AXES_IN
        free = (np.abs(spots - 0.5) + half <= 0.5).all(axis=1)
        for other in taken:
            free &= (np.abs(spots - other) > half + DOT_IN / AXES_IN).any(axis=1)
        for other, place in found.items():
            free &= (np.abs(spots - place) > half + halves[other]).any(axis=1)
        if free.any():
            distance = np.hypot(*(spots[free] - (middle - corner) / size).T)
            found[name], halves[name] = spots[free][distance.argmin()], half
    return found

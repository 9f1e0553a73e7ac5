"""The look of every figure: themes, the palette of genres, text that is safe to draw.

Conventions
-----------
Figures belong to nobody: no pyplot, no file, nothing shown, no global setting touched. `theme` is "light" or "dark",
`size` is width and height in inches. Text from outside (titles, file names, genres) goes through `plain`. Too little
data gives a figure that says so in a sentence (`message_figure`), never a blank one.
"""

import contextlib
import hashlib
import math
import os
import sys
import textwrap
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from musicgenre.text import clean_title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure


Size = tuple[float, float]

DPI = 100

FONT_PT, TITLE_PT = 9.0, 10.5  # the smallest text of any figure, and the titles of its panels

REGULAR, BOLD = 400, 700  # weights of letters

TAB_SIZE: Size = (9.0, 4.2)

PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")

MAX_TITLE = 90  # characters

# Found by search: the least difference (CIEDE2000) between any two of the twelve, seen by normal, protanopic,
# deuteranopic and tritanopic eyes (Machado et al., 2009), is as large as it can be with a contrast of at
# least 2.5 : 1 against both backgrounds.
GENRE_COLOURS = {
    "blues": "#2683ff",
    "classical": "#d29109",
    "country": "#785558",
    "disco": "#ff5985",
    "hiphop": "#c22281",
    "jazz": "#10aabf",
    "metal": "#857c66",
    "pop": "#86a69d",
    "reggae": "#077210",
    "rnb": "#057b9d",
    "rock": "#df0532",
    "techno": "#2540ff",
}

MARKERS = "oXs^DvP*<>ph"  # of the genres in a map, so that colour is not the only sign

# Tried in this order for characters that the one before lacks; those that are not installed are passed over.
FONT_FAMILIES = (
    "DejaVu Sans",
    "Noto Sans CJK JP",
    "Noto Sans JP",
    "IPAGothic",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Yu Gothic",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Hiragino Sans",
    "Arial Unicode MS",
    "Noto Sans Arabic",
    "Noto Sans Devanagari",
    "Noto Sans Hebrew",
    "Noto Sans Thai",
    "Noto Emoji",
    "Symbola",
    "Segoe UI Symbol",
)


@dataclass(frozen=True)
class Theme:
    """Colours of everything that is not data."""

    background: str
    text: str
    muted: str
    line: str
    accent: str
    warm: str


THEMES = {
    "light": Theme("#fafafa", "#1c1c1c", "#5c5c5c", "#d9d9d9", "#005fb8", "#b3500f"),
    "dark": Theme("#1c1c1c", "#fafafa", "#a8a8a8", "#3d3d3d", "#57c8ff", "#f2a35e"),
}


@dataclass(frozen=True)
class Picture:
    """A figure to be drawn in any theme.

    Parameters
    ----------
    name : str
        Stem of a file name.
    caption : str
        A sentence that says what to see; also the text for those who cannot see it.
    draw : callable
        Takes `theme` and returns the figure.
    """

    name: str
    caption: str
    draw: "Callable[[str], Figure]"


def genre_colour(genre: str) -> str:
    """Return the genre's colour as #rrggbb: the same name has the same colour everywhere, in both themes."""
    if genre in GENRE_COLOURS:
        return GENRE_COLOURS[genre]
    from colorsys import hls_to_rgb

    digest = hashlib.sha256(genre.encode("utf-8", "replace")).digest()
    hue, luminance = digest[0] / 256, (0.14, 0.2, 0.28)[digest[1] % 3]  # contrast of 3 : 1 on both backgrounds
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        dark = _luminance(hls_to_rgb(hue, middle, 0.6)) < luminance
        low, high = (middle, high) if dark else (low, middle)
    return "#" + "".join(f"{round(255 * value):02x}" for value in hls_to_rgb(hue, low, 0.6))


def _luminance(rgb: Sequence[float]) -> float:
    """Return the relative luminance of WCAG 2, 0 to 1."""
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in rgb]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def ink_on(colour: str) -> str:
    """Return black or white, whichever reads better on a colour given as #rrggbb."""
    luminance = _luminance([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return "#000000" if luminance > 0.18 else "#ffffff"


def plain(text: object, limit: int = MAX_TITLE) -> str:
    """Return untrusted text as one harmless line for a figure.

    Control and direction characters and line breaks go, long text ends in an ellipsis, ``$`` cannot start a formula,
    and characters that no installed font has become a box.
    """
    line = clean_title(str(text)[: 20 * limit], limit=20 * limit)
    covered = _covered_characters()
    out: list[str] = []
    for c in line:
        if ord(c) in covered:
            out.append(c)
        elif unicodedata.category(c)[0] != "M" and out[-3:] != ["□"] * 3:
            out.append("□")
    line = "".join(out)
    if len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return line.replace("$", r"\$")


def fitted(text: object, inches: float, *, points: float = FONT_PT, limit: int = MAX_TITLE) -> str:
    """Return `plain` text cut so that, as it will be drawn, it is at most so wide."""
    line = plain(text, limit).replace(r"\$", "$")
    if text_width(line, points=points) > inches:

        def cut(kept: int) -> str:
            return line[:kept].rstrip() + "…"

        line = cut(bisect_right(range(1, len(line)), inches, key=lambda kept: text_width(cut(kept), points=points)))
    return line.replace("$", r"\$")


def fitting(texts: Sequence[str], inches: float, *, points: float = TITLE_PT) -> str:
    """Return the first of some texts that is at most so wide, "" if none is."""
    return next((text for text in texts if text_width(text, points=points) <= inches), "")


def text_width(text: str, points: float = FONT_PT) -> float:
    """Return the width in inches that a line takes at most: regular or bold, on a screen or in a vector picture."""
    load_matplotlib()
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    widths = [0.0]
    for weight in {drawn_weight(text, weight) for weight in (REGULAR, BOLD)} if text else ():
        font = FontProperties(family=families_of(text, weight), weight=weight, size=points)
        widths.append(_screen().get_text_width_height_descent(text, font, ismath=False)[0] / DPI)
        widths.append(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0] / 72)
    return max(widths)


def load_matplotlib() -> None:
    """Import matplotlib with its own settings, unless somebody has imported it already; comes before any other import.

    It also takes settings from a file in the current folder, which may be a stranger's: programs to run, or no text.
    Where a notebook started this program, MPLBACKEND names what only the notebook has; figures here need none.
    """
    if "matplotlib" in sys.modules:
        return
    os.environ.pop("MPLBACKEND", None)
    try:
        with contextlib.chdir(Path(__file__).parent):
            import matplotlib
    except OSError:  # a current folder that is gone, and holds no settings
        import matplotlib
    matplotlib.rcdefaults()


@cache
def _screen() -> Any:
    """Return a renderer to measure with; letters on a screen begin at whole pixels, which makes lines wider."""
    from matplotlib.backends.backend_agg import RendererAgg

    return RendererAgg(1, 1, DPI)


@cache
def _faces(weight: int) -> dict[str, frozenset[int]]:
    """Return the installed families of `FONT_FAMILIES` that have an upright face of this weight, with its code points.

    A family is never asked for a face that it lacks: matplotlib would complain of it on the terminal.
    """
    load_matplotlib()
    from matplotlib.font_manager import FontProperties, findfont, fontManager, get_font, weight_dict

    installed = {
        face.name
        for face in fontManager.ttflist
        if (face.style, face.variant, face.stretch) == ("normal", "normal", "normal")
        and weight_dict.get(str(face.weight), face.weight) == weight
        and Path(face.fname).is_file()  # matplotlib's list of fonts may be older than the fonts
    }
    faces = {}
    for family in FONT_FAMILIES:
        if family in installed:
            font = get_font(findfont(FontProperties(family=family, weight=weight)))
            faces[family] = frozenset(font.get_charmap())
    return faces


def drawn_weight(text: str, weight: int) -> int:
    """Return the weight asked for, if there are faces of it for every character of a text; else regular."""
    covered = frozenset().union(*_faces(weight).values())
    return weight if covered.issuperset(map(ord, text.replace("\n", ""))) else REGULAR


def families_of(text: str, weight: int) -> list[str]:
    """Return the families that a text is drawn with, matplotlib's own first; the others are those that it needs."""
    families, left = [FONT_FAMILIES[0]], set(map(ord, text))
    for family, characters in _faces(weight).items():
        if family not in families and left & characters:
            families.append(family)
        left -= characters
    return families


@cache
def _covered_characters() -> frozenset[int]:
    """Return the code points that the installed families have."""
    return frozenset().union(*_faces(REGULAR).values())


def new_figure(size: Size, theme: str, *, arranged: bool = True) -> "Figure":
    """Return an empty figure in the theme's colours; `arranged` leaves the places of its axes to matplotlib."""
    load_matplotlib()
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, dpi=DPI, facecolor=colours_of(theme).background)
    if not arranged:
        return figure
    figure.set_layout_engine("constrained")
    engine: Any = figure.get_layout_engine()
    engine.set(w_pad=0.08, h_pad=0.08, wspace=0.03, hspace=0.03)
    return figure


def colours_of(name: str) -> Theme:
    """Return the colours of a theme by its name."""
    if name not in THEMES:
        raise ValueError(f"there is no theme {name!r}; choose light or dark")
    return THEMES[name]


def style(ax: "Axes", theme: str, *, title: str = "", x: str = "", y: str = "", grid: str = "") -> None:
    """Give axes the theme's colours, labels, and grid lines across the axis named ("x", "y" or neither)."""
    colours = colours_of(theme)
    ax.set_facecolor(colours.background)
    ax.set_axisbelow(True)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(colours.muted)
        spine.set_linewidth(0.8)
    ax.tick_params(labelsize=FONT_PT, colors=colours.muted, labelcolor=colours.text, width=0.8, length=3)
    if grid:
        ax.grid(visible=True, axis=grid, color=colours.line, linewidth=0.8)  # type: ignore[arg-type]
    ax.set_xlabel(x, fontsize=FONT_PT, color=colours.muted)
    ax.set_ylabel(y, fontsize=FONT_PT, color=colours.muted)
    ax.set_title(title, loc="left", fontsize=TITLE_PT, fontweight="bold", color=colours.text)


def finish(figure: "Figure") -> "Figure":
    """Give every text of a figure the families that fall back on each other; return the figure."""
    from matplotlib.font_manager import weight_dict
    from matplotlib.text import Text

    for found in figure.findobj(lambda artist: isinstance(artist, Text) and not artist.get_text().isascii()):
        text: Any = found
        asked: Any = text.get_fontweight()
        weight = drawn_weight(text.get_text(), weight_dict.get(asked, asked))
        text.set_fontweight(weight)
        text.set_fontfamily(families_of(text.get_text(), weight))
    return figure


def message_figure(text: str, *, theme: str = "light", size: Size = TAB_SIZE, title: str = "") -> "Figure":
    """Return a figure that says in a sentence why there is nothing to see."""
    figure = new_figure(size, theme)
    write_message(figure.add_subplot(), text, theme, title=title, width=int(size[0] * 9))
    return finish(figure)


def write_message(ax: "Axes", text: str, theme: str, *, title: str = "", width: int = 60) -> None:
    """Write a sentence in the middle of axes that have nothing else to show."""
    style(ax, theme, title=title)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
    lines = textwrap.fill(plain(text, 400), width)
    ax.text(
        0.5, 0.5, lines, ha="center", va="center", fontsize=11, color=colours_of(theme).muted, transform=ax.transAxes
    )


def ramp(theme: str, colour: str | None = None) -> "LinearSegmentedColormap":
    """Return a colour map from the background to a colour (the accent, if none is given)."""
    load_matplotlib()
    from matplotlib.colors import LinearSegmentedColormap

    colours = colours_of(theme)
    return LinearSegmentedColormap.from_list("ramp", [colours.background, colour or colours.accent])


def diverging(theme: str) -> "LinearSegmentedColormap":
    """Return a colour map from blue over the background to orange, for values around zero."""
    load_matplotlib()
    from matplotlib.colors import LinearSegmentedColormap

    ends = ("#0b4f9e", "#a8480a") if theme == "light" else ("#6cbcff", "#ffa14d")
    return LinearSegmentedColormap.from_list("diverging", [ends[0], colours_of(theme).background, ends[1]])


def colour_bar(image: Any, axes: Any, label: str, theme: str, *, place: "Axes | None" = None) -> None:
    """Add a slim colour bar with a label, beside some axes or in a place of its own."""
    colours = colours_of(theme)
    where = {"cax": place} if place is not None else {"ax": axes, "fraction": 0.03, "pad": 0.01, "aspect": 30}
    bar = image.get_figure().colorbar(image, **where)
    bar.set_label(label, fontsize=FONT_PT, color=colours.muted)
    bar.ax.tick_params(labelsize=FONT_PT, colors=colours.muted, labelcolor=colours.text, length=3)
    bar.outline.set_visible(False)


def number_map(ax: "Axes", values: np.ndarray, theme: str, *, low: float, high: float, form: str = "{:.1f}") -> Any:
    """Show numbers as colours with the numbers written on them; return the image."""
    from matplotlib.colors import to_hex

    colours = ramp(theme)
    image = ax.imshow(values, aspect="auto", cmap=colours, vmin=low, vmax=max(high, low + 1e-9))
    for (i, j), value in np.ndenumerate(values):
        if math.isfinite(value) and form.format(value) != "0":
            shade: Any = colours((value - low) / max(high - low, 1e-9))
            ink = ink_on(to_hex(shade))
            ax.text(j, i, form.format(value), ha="center", va="center", fontsize=FONT_PT, color=ink)
    for spine in ax.spines.values():
        spine.set_visible(False)
    ax.tick_params(length=0)
    return image


NOTE_FROM_IN = 3.2  # a narrower picture has no room for the reason of a verdict beside its labels

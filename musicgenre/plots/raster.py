"""Figures -> pixels, for the window."""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

__all__ = ["Figure", "rasterise"]

Extents = tuple[float, float, float, float]


def rasterise(figure: Figure, *, dpi: float) -> tuple[bytes, Extents]:
    """Return a figure as the bytes of a PPM image, and the place of its first axes.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    dpi : float
        Pixels an inch.

    Returns
    -------
    pixels : bytes
    extents : tuple
        Left, top, right and bottom of the first axes in pixels, from the picture's upper left corner.
    """
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    width, height = canvas.get_width_height()
    rgb = np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3])
    left, bottom, right, top = (float(value) for value in figure.axes[0].bbox.extents)
    return b"P6 %d %d 255\n" % (width, height) + rgb.tobytes(), (left, height - top, right, height - bottom)

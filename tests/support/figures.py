"""What the tests of pictures look at: texts, sizes, and small copies without text to compare with the kept ones.

python tests/figures.py        # draw the kept ones again, after a wanted change of a figure
"""

import functools
import io
import sys
from pathlib import Path
from typing import Any

import numpy as np

BASELINES = Path(__file__).parent / "baselines"
MAIN = ("overview", "mel_spectrogram", "tempogram", "prediction_bars", "genre_timeline", "confusion_matrix")


def drawn(figure: Any) -> np.ndarray:
    """Return the pixels of a figure, shape (height, width, 3), 0 to 255."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].astype(float)


def texts(figure: Any) -> list[str]:
    """Return every text that is seen."""
    from matplotlib.text import Text

    figure.draw_without_rendering()
    found = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    return [text.get_text() for text in found]


def smallest_text(figure: Any) -> float:
    """Return the size in points of the smallest text that is seen."""
    from matplotlib.text import Text

    return min(text.get_fontsize() for text in figure.findobj(Text) if text.get_text().strip())


def outside(figure: Any) -> list[str]:
    """Return the texts that reach beyond the edge of the figure."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw_without_rendering()
    width, height = figure.bbox.width, figure.bbox.height
    found = []
    for ax in figure.axes:
        for text in (ax.title, ax._left_title, ax.xaxis.label, ax.yaxis.label, *ax.texts):
            box = text.get_window_extent(renderer)
            inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
            if text.get_visible() and text.get_text().strip() and not inside:
                found.append(text.get_text())
        for axis in (ax.xaxis, ax.yaxis) if ax.axison else ():
            for tick in axis._update_ticks():  # those within the limits
                box = tick.label1.get_window_extent(renderer)
                if tick.label1.get_visible() and tick.label1.get_text() and not (box.x0 >= -1 and box.x1 <= width + 1):
                    found.append(tick.label1.get_text())
    return found


def bare(figure: Any) -> np.ndarray:
    """Return a small copy without any text, which no version of a font changes; shape (h, w, 3)."""
    from matplotlib.legend import Legend
    from matplotlib.text import Text

    figure.set_layout_engine("none")
    for ax in figure.axes:
        ax.tick_params(labelleft=False, labelbottom=False, labelright=False)
    for artist in figure.findobj(lambda artist: isinstance(artist, (Text, Legend))):
        artist.set_visible(False)
    pixels = drawn(figure)
    block = 8
    height, width = (size // block * block for size in pixels.shape[:2])
    return pixels[:height, :width].reshape(height // block, block, width // block, block, 3).mean(axis=(1, 3))


def difference(figure: Any, name: str) -> float:
    """Return the root mean square difference from a kept picture, in shades of 255."""
    from PIL import Image

    kept = np.asarray(Image.open(BASELINES / f"{name}.png").convert("RGB"), dtype=float)
    found = bare(figure)
    assert found.shape == kept.shape, f"{name}: {found.shape} is not {kept.shape}"
    return float(np.sqrt(np.mean((found - kept) ** 2)))


@functools.cache
def spectra(seconds: float) -> Any:
    """Return the spectra of a made-up song."""
    from musicgenre.plots.spectra import song_spectra
    from support.songs import recording

    return song_spectra(recording(seconds))


def main_figure(name: str, theme: str = "light", seconds: float = 12.0) -> Any:
    """Draw one of `MAIN` from made-up data."""
    from musicgenre.plots import song as dataviz
    from musicgenre.plots.answer import prediction_bars
    from musicgenre.plots.model import confusion_matrix
    from musicgenre.plots.timeline import genre_timeline
    from support.songs import GENRES, answer

    if name == "confusion_matrix":
        right = np.repeat(np.arange(10), 12)
        named = np.where(np.arange(120) % 5 == 0, (right + 3) % 10, right)
        return confusion_matrix(right, named, GENRES, theme=theme)
    of_song = (spectra(seconds),) if name in ("overview", "mel_spectrogram", "tempogram") else ()
    of_answer = (answer(),) if name in ("overview", "prediction_bars", "genre_timeline") else ()
    draw = {"prediction_bars": prediction_bars, "genre_timeline": genre_timeline}.get(name) or getattr(dataviz, name)
    return draw(*of_song, *of_answer, theme=theme)


if __name__ == "__main__":
    from PIL import Image

    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]
    for name in MAIN:
        buffer = io.BytesIO()
        Image.fromarray(bare(main_figure(name)).round().astype(np.uint8)).save(buffer, "PNG", optimize=True)
        (BASELINES / f"{name}.png").write_bytes(buffer.getvalue())

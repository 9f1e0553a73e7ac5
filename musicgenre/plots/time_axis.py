"""The time axis of a song: analysed parts side by side, gaps between, clock labels."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from musicgenre.plots.style import FONT_PT
from musicgenre.text import clock

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from musicgenre.plots.spectra import SongSpectra


# ---- time


class SongTime:
    """The time axis of a song's pictures: analysed parts side by side, with a narrow gap for what lies between.

    A song of four minutes is looked at for 80 s of it, one of two hours for two minutes: on a true axis the parts
    would be slivers.

    Parameters
    ----------
    spans : sequence of (float, float)
        Start and end of each part in the song, in seconds, in order.
    """

    def __init__(self, spans: Sequence[tuple[float, float]]) -> None:
        self.spans = [(float(start), float(end)) for start, end in spans]
        lengths = [end - start for start, end in self.spans]
        self.gap = min(0.012, 0.06 / len(spans)) * sum(lengths)
        self.begin = [self.spans[0][0]]
        for i, (start, _) in enumerate(self.spans[1:]):
            joined = start - self.spans[i][1] < 0.05
            self.begin.append(self.begin[i] + lengths[i] + (0.0 if joined else self.gap))
        self.end = self.begin[-1] + lengths[-1]

    def extent(self, part: int) -> tuple[float, float]:
        """Return where a part begins and ends on the axis."""
        start, end = self.spans[part]
        return self.begin[part], self.begin[part] + end - start

    def position(self, seconds: float) -> float:
        """Return where a second of the song lies on the axis; one between parts lies at the end of the part before."""
        part = max(bisect_right([start for start, _ in self.spans], seconds) - 1, 0)
        start, end = self.spans[part]
        return self.begin[part] + min(max(seconds - start, 0.0), end - start)

    def seconds(self, position: float) -> float:
        """Return the second of the song that is shown at a position of the axis."""
        part = max(bisect_right(self.begin, position) - 1, 0)
        start, end = self.spans[part]
        return min(max(start + position - self.begin[part], start), end)

    def dress(self, ax: "Axes", *, width_in: float = 8.0, labelled: bool = True) -> None:
        """Set limits, ticks and (if `labelled`) label of a horizontal axis, and shade the gaps."""
        ax.set_xlim(self.begin[0], max(self.end, self.begin[0] + 1e-3))
        if len(self.spans) == 1 and self.end <= 120:
            ax.set_xlabel("Time (s)" if labelled else "")
            seconds = _clock_step(max((self.end - self.begin[0]) / (width_in * 1.6), 1.0))
            ax.set_xticks(np.arange(math.ceil(self.begin[0] / seconds) * seconds, self.end + 1e-6, seconds))
            ax.xaxis.set_major_formatter("{x:.0f}")
            return
        if len(self.spans) == 1:
            step = _clock_step((self.end - self.begin[0]) / (width_in * 1.2))
            ticks = list(np.arange(math.ceil(self.begin[0] / step) * step, self.end, step))
        else:
            room = width_in * 72 / (FONT_PT * 0.62 * (2 + max(len(clock(start)) for start, _ in self.spans)))
            every = math.ceil(len(self.spans) / max(room, 1))
            ticks = self.begin[::every]
            for i in range(1, len(self.spans)):
                ax.axvspan(self.extent(i - 1)[1], self.begin[i], color="#808080", alpha=0.35, linewidth=0, zorder=3)
        ax.set_xticks(ticks, [clock(self.seconds(tick)) for tick in ticks])
        parts = f", {len(self.spans)} analysed parts side by side" if len(self.spans) > 1 else ""
        if labelled:
            ax.set_xlabel(f"Time ({'h:min:s' if self.spans[-1][1] >= 3600 else 'min:s'}{parts})")


def _clock_step(least: float) -> float:
    """Return the round number of seconds or minutes from `least` up."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
    return next((step for step in steps if step >= least), 7200)


def song_time(song: "SongSpectra") -> SongTime:
    """Return the time axis of a song's pictures, for cursors and clicks."""
    return SongTime([(part.start_s, part.end_s) for part in song.parts])

"""Song -> Figure: waveform, spectrograms, tempo, prediction, and all of them on one page.

Conventions
-----------
Every function takes data and returns a `matplotlib.figure.Figure` in the style of `functions_style`. `song` is what
`functions_pictures.song_spectra` returns, `answer` the object that the program prints for an input with ``--json``.
"""

import math
import textwrap
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from functions_style import (
    FONT_PT,
    PITCH_CLASSES,
    TAB_SIZE,
    Size,
    colour_bar,
    colours_of,
    finish,
    fitted,
    genre_colour,
    ink_on,
    new_figure,
    plain,
    style,
    text_width,
    write_message,
)
from functions_text import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from functions_pictures import SongSpectra

OVERVIEW_SIZE: Size = (13.0, 10.0)
FLOOR_DB = -80.0
NOTE_FROM_IN = 3.2  # a narrower picture has no room for the reason of a verdict beside its labels
SPECTRUM_MAP = "magma"  # even steps of lightness, for colour-blind eyes and in grey

VERDICTS = {
    "genre": "",
    "uncertain": "Uncertain",
    "not_music": "Not music",
    "silent": "Silence",
    "too_short": "Too short",
    "error": "No answer",
}

# ---- time


def clock(seconds: float) -> str:
    """Return a time as 1:05 or 1:02:03."""
    whole = int(seconds + 1e-6)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


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

    def dress(self, ax: "Axes", *, width_in: float = 8.0) -> None:
        """Set limits, ticks and label of a horizontal axis, and shade the gaps."""
        ax.set_xlim(self.begin[0], max(self.end, self.begin[0] + 1e-3))
        if len(self.spans) == 1 and self.end <= 120:
            ax.set_xlabel("Time (s)")
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
        ax.set_xlabel(f"Time ({'h:min:s' if self.spans[-1][1] >= 3600 else 'min:s'}{parts})")


def _clock_step(least: float) -> float:
    """Return the round number of seconds or minutes from `least` up."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
    return next((step for step in steps if step >= least), 7200)


def song_time(song: "SongSpectra") -> SongTime:
    """Return the time axis of a song's pictures, for cursors and clicks."""
    return SongTime([(part.start_s, part.end_s) for part in song.parts])


# ---- a song


def waveform(song: "SongSpectra", *, theme: str = "light", size: Size = TAB_SIZE) -> "Figure":
    """Draw the lowest and highest sample over time."""
    figure = new_figure(size, theme)
    _waveform(figure.add_subplot(), song, theme, size[0])
    return finish(figure)


def mel_spectrogram(song: "SongSpectra", *, theme: str = "light", size: Size = TAB_SIZE) -> "Figure":
    """Draw the mel spectrogram in dB below the loudest value."""
    figure = new_figure(size, theme)
    _mel_spectrogram(figure.add_subplot(), song, theme, size[0])
    return finish(figure)


def power_spectrogram(song: "SongSpectra", *, theme: str = "light", size: Size = TAB_SIZE) -> "Figure":
    """Draw the power spectrogram on a logarithmic frequency axis with the rolloff lines at 99 % and 1 %."""
    figure = new_figure(size, theme)
    _power_spectrogram(figure.add_subplot(), song, theme, size[0])
    return finish(figure)


def chromagram(song: "SongSpectra", *, theme: str = "light", size: Size = TAB_SIZE) -> "Figure":
    """Draw the strength of the twelve pitch classes over time."""
    figure = new_figure(size, theme)
    _chromagram(figure.add_subplot(), song, theme, size[0])
    return finish(figure)


def tempogram(song: "SongSpectra", *, theme: str = "light", size: Size = TAB_SIZE) -> "Figure":
    """Draw the autocorrelation of the onset strength over tempo, with the estimated tempo marked."""
    figure = new_figure(size, theme)
    _tempogram(figure.add_subplot(), song, theme, size[0])
    return finish(figure)


def prediction_bars(answer: Mapping[str, Any], *, theme: str = "light", size: Size = (5.0, 4.2)) -> "Figure":
    """Draw the probabilities of all genres, or in words why there are none."""
    figure = new_figure(size, theme)
    _prediction_bars(figure.add_subplot(), answer, theme, size[0])
    return finish(figure)


def genre_timeline(answer: Mapping[str, Any], *, theme: str = "light", size: Size = (9.0, 2.6)) -> "Figure":
    """Draw the genre over the song, bars as high as its confidence; the time axis is the song's own."""
    figure = new_figure(size, theme)
    _genre_timeline(figure.add_subplot(), answer, theme, size[0])
    return finish(figure)


def overview(
    song: "SongSpectra", answer: Mapping[str, Any], *, theme: str = "light", size: Size = OVERVIEW_SIZE
) -> "Figure":
    """Draw everything about a song on one page, under its verdict."""
    figure = new_figure(size, theme, arranged=False)  # places in inches: half the time of a computed arrangement
    width, height = size
    left, bar_space, top, foot, under = 1.15, 0.85, 0.85, 0.5, 0.85
    wide, tall = width / 2 - left - bar_space, (height - top - foot) / 3

    def place(x: float, y: float, w: float, h: float) -> "Axes":
        return figure.add_axes((x / width, y / height, w / width, h / height))

    def panel(column: int, row: int) -> "tuple[Axes, float, Axes]":
        x, y = left + column * width / 2, foot + (2 - row) * tall
        high = tall - under
        return place(x, y, wide, high), wide, place(x + wide + 0.08, y, 0.1, high)

    _headline(place(left, height - top + 0.05, width - left - bar_space, top - 0.2), answer, theme)
    below = foot + 2 * tall
    _prediction_bars(place(left, below, wide, tall - under + 0.25), answer, theme, wide)
    strip = (tall - under - 0.55) / 2
    x = left + width / 2
    _genre_timeline(place(x, below + strip + 0.8, wide, strip), answer, theme, wide)
    _waveform(place(x, below, wide, strip), song, theme, wide)
    for draw, column, row in (
        (_mel_spectrogram, 0, 1),
        (_power_spectrogram, 1, 1),
        (_chromagram, 0, 2),
        (_tempogram, 1, 2),
    ):
        ax, across, bar = panel(column, row)
        draw(ax, song, theme, across, bar)
    return finish(figure)


def verdict_words(answer: Mapping[str, Any]) -> str:
    """Return the verdict as a headline: ``jazz, 91 %`` or ``Not music``."""
    verdict = str(answer.get("verdict"))
    genre, confidence = answer.get("genre"), answer.get("confidence")
    if genre is not None and len(str(genre)) > 40:
        genre = f"{str(genre)[:39]}…"
    said = f"{genre}, {100 * float(confidence):.0f}%" if genre is not None and confidence is not None else str(genre)
    if verdict == "genre":
        return said
    words = VERDICTS.get(verdict, verdict)
    return f"{words}: perhaps {said}" if verdict == "uncertain" and genre is not None else words


def _reason(answer: Mapping[str, Any]) -> str:
    """Return the sentence that explains a verdict, from the reason or the error."""
    error = answer.get("error")
    if answer.get("reason"):
        return str(answer["reason"])
    if isinstance(error, Mapping):
        return str(error.get("message", ""))
    return ""


def _headline(ax: "Axes", answer: Mapping[str, Any], theme: str) -> None:
    """Write title, verdict and what was looked at."""
    colours = colours_of(theme)
    write_message(ax, "", theme)
    wide = ax.get_position().width * ax.figure.get_figwidth()  # type: ignore[union-attr]
    title = fitted(answer.get("title") or answer.get("input") or "", wide, points=15)
    ax.text(0, 1.0, title, fontsize=15, fontweight="bold", color=colours.text, va="top", transform=ax.transAxes)
    named = answer.get("verdict") == "genre" and answer.get("genre")
    mark = genre_colour(str(answer["genre"])) if named else colours.warm
    ax.plot([0.006], [0.24], "s", markersize=13, color=mark, transform=ax.transAxes, clip_on=False)
    words = fitted(verdict_words(answer), 0.55 * wide, points=15)
    ax.text(0.022, 0.24, words, fontsize=15, color=colours.text, va="center", transform=ax.transAxes)
    duration = answer.get("duration_s")
    looked = answer.get("analysed") or []
    facts = []
    if duration is not None:
        facts.append(f"length {clock(float(duration))}")
    if looked:
        analysed = sum(float(part["end_s"]) - float(part["start_s"]) for part in looked)
        facts.append(f"analysed {analysed:.0f} s in {counted(len(looked), 'part')}")
    if answer.get("model"):
        facts.append(f"model {fitted(answer['model'], 1.2)}")
    line = "   ".join(facts)
    ax.text(1, 0.24, line, fontsize=FONT_PT + 1, color=colours.muted, ha="right", va="center", transform=ax.transAxes)


def _parts(ax: "Axes", song: "SongSpectra", name: str, *, low: float, high: float) -> tuple[Any, SongTime]:
    """Show an array of every part at its place, rows as the vertical axis; return the last image and the time axis."""
    time = song_time(song)
    image = None
    for i, part in enumerate(song.parts):
        values = getattr(part, name)
        left, right = time.extent(i)
        image = ax.imshow(
            values,
            origin="lower",
            aspect="auto",
            extent=(left, right, -0.5, len(values) - 0.5),
            vmin=low,
            vmax=high,
            cmap=SPECTRUM_MAP,
            interpolation="nearest" if len(values) < 20 else "antialiased",
        )
    return image, time


def _row_ticks(ax: "Axes", rows: np.ndarray, wanted: Iterable[float], *, unit: str = "") -> None:
    """Label the rows of an image where they stand for round values."""
    values = [value for value in wanted if rows[0] <= value <= rows[-1]]
    positions = np.interp(np.log(values), np.log(rows), np.arange(len(rows)))
    ax.set_yticks(positions, [f"{value:g}{unit}" for value in values])


def _quiet(ax: "Axes", song: "SongSpectra", theme: str) -> None:
    """Say over a picture that the sound is silence."""
    if song.level_dbfs < -60:
        colours = colours_of(theme)
        box = {"facecolor": colours.background, "edgecolor": colours.line, "boxstyle": "round"}
        words = "silence" if math.isinf(song.level_dbfs) else f"silence ({song.level_dbfs:.0f} dB below full scale)"
        words = words.replace("(-", "(")
        ax.text(
            0.5, 0.5, words, ha="center", va="center", fontsize=11, color=colours.text, bbox=box, transform=ax.transAxes
        )


def _waveform(ax: "Axes", song: "SongSpectra", theme: str, width_in: float) -> None:
    """Draw the waveform."""
    style(ax, theme, title="Waveform", y="Amplitude (1 = full scale)" if width_in > 7 else "Amplitude", grid="y")
    time = song_time(song)
    peak = 0.0
    for i, part in enumerate(song.parts):
        x = np.linspace(*time.extent(i), part.wave.shape[1])
        ax.fill_between(x, part.wave[0], part.wave[1], color=colours_of(theme).accent, linewidth=0.4, zorder=2)
        peak = max(peak, float(np.abs(part.wave).max()))
    limit = 1.05 * max(peak, 0.001)
    ax.set_ylim(-limit, limit)
    time.dress(ax, width_in=width_in)
    _quiet(ax, song, theme)


def _mel_spectrogram(ax: "Axes", song: "SongSpectra", theme: str, width_in: float, bar: "Axes | None" = None) -> None:
    """Draw the mel spectrogram."""
    style(ax, theme, title="Mel spectrogram", y="Frequency (Hz, mel scale)")
    image, time = _parts(ax, song, "mel_db", low=FLOOR_DB, high=0.0)
    _row_ticks(ax, song.mel_hz, (250, 500, 1000, 2000, 4000, 8000))
    time.dress(ax, width_in=width_in)
    colour_bar(image, ax, "Level (dB)", theme, place=bar)
    _quiet(ax, song, theme)


def _power_spectrogram(ax: "Axes", song: "SongSpectra", theme: str, width_in: float, bar: "Axes | None" = None) -> None:
    """Draw the power spectrogram with the rolloff lines."""
    style(ax, theme, title="Power spectrogram", y="Frequency (Hz, logarithmic)")
    image, time = _parts(ax, song, "power_db", low=FLOOR_DB, high=0.0)
    rows = song.power_hz
    per_row = math.log(rows[1] / rows[0])
    lines = (("#7df9ff", "-", "rolloff 99 %"), ("#ffffff", "--", "rolloff 1 %"))
    for i, part in enumerate(song.parts):
        left, right = time.extent(i)
        columns = part.rolloff_hz.shape[1]
        x = left + (np.arange(columns) + 0.5) * (right - left) / columns
        for (colour, dash, words), hertz in zip(lines, part.rolloff_hz, strict=True):
            y = np.log(np.maximum(hertz, rows[0]) / rows[0]) / per_row
            ax.plot(x, y, dash, color=colour, linewidth=1.1, label=words if i == 0 else "_")
    ax.set_ylim(-0.5, len(rows) - 0.5)
    _row_ticks(ax, rows, (64, 128, 256, 512, 1024, 2048, 4096, 8192))
    time.dress(ax, width_in=width_in)
    _legend_above(ax, theme, dark_box=True)
    colour_bar(image, ax, "Level (dB)", theme, place=bar)
    _quiet(ax, song, theme)


def _legend_above(ax: "Axes", theme: str, *, dark_box: bool = False, columns: int = 4) -> None:
    """Put the legend over the upper right corner, beside the title."""
    colours = colours_of(theme)
    legend = ax.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=columns,
        fontsize=FONT_PT,
        frameon=dark_box,
        labelcolor="#ffffff" if dark_box else colours.text,
        borderaxespad=0.25,
        borderpad=0.25,
        handlelength=1.6,
        columnspacing=1.2,
    )
    if dark_box:
        legend.get_frame().set(facecolor="#2b0f45", edgecolor="none", alpha=1.0)  # the spectrogram's own dark violet


def _chromagram(ax: "Axes", song: "SongSpectra", theme: str, width_in: float, bar: "Axes | None" = None) -> None:
    """Draw the chromagram."""
    style(ax, theme, title="Chromagram", y="Pitch class")
    image, time = _parts(ax, song, "chroma", low=0.0, high=1.0)
    ax.set_yticks(range(12), PITCH_CLASSES)
    time.dress(ax, width_in=width_in)
    colour_bar(image, ax, "Strength (0 to 1)", theme, place=bar)
    _quiet(ax, song, theme)


def _tempogram(ax: "Axes", song: "SongSpectra", theme: str, width_in: float, bar: "Axes | None" = None) -> None:
    """Draw the tempogram with the estimated tempo."""
    style(ax, theme, title="Tempogram", y="Tempo (bpm, logarithmic)")
    image, time = _parts(ax, song, "tempogram", low=0.0, high=1.0)
    rows = song.tempogram_bpm
    _row_ticks(ax, rows, (40, 60, 80, 120, 160, 240))
    if math.isfinite(song.tempo_bpm):
        y = math.log(song.tempo_bpm / rows[0]) / math.log(rows[1] / rows[0])
        ax.axhline(y, color="#7df9ff", linestyle="--", linewidth=1.4, label=f"estimated tempo {song.tempo_bpm:.0f} bpm")
        _legend_above(ax, theme, dark_box=True)
    time.dress(ax, width_in=width_in)
    colour_bar(image, ax, "Similarity (0 to 1)", theme, place=bar)
    _quiet(ax, song, theme)


def _prediction_bars(ax: "Axes", answer: Mapping[str, Any], theme: str, width_in: float) -> None:
    """Draw probabilities as bars, or the verdict and its reason in words."""
    colours = colours_of(theme)
    verdict = answer.get("verdict")
    probabilities = {str(k): float(v) for k, v in (answer.get("probabilities") or {}).items() if v is not None}
    words = verdict_words(answer)
    reason = _reason(answer)
    if not probabilities:
        write_message(ax, f"{words}: {reason}" if reason else words, theme, title="No genre", width=int(width_in * 8))
        return
    style(ax, theme, title="Probability of each genre", x="Probability (%)")
    names = sorted(probabilities, key=lambda name: probabilities[name])
    values = [100 * probabilities[name] for name in names]
    sure = verdict == "genre"
    bars = ax.barh(range(len(names)), values, height=0.74, color=[genre_colour(name) for name in names])
    for bar, name, value in zip(bars, names, values, strict=True):
        first = name == answer.get("genre")
        if not sure:
            bar.set_alpha(0.55)
            bar.set_hatch("//" if first else "")
            bar.set_edgecolor(colours.background)
        ax.annotate(
            f"{value:.0f}%" if value >= 0.95 else "under 1%",
            (value, bar.get_y() + bar.get_height() / 2),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=FONT_PT,
            fontweight="bold" if first else "normal",
            color=colours.text if first else colours.muted,
        )
    ax.set_yticks(range(len(names)), [fitted(name, 0.95) for name in names])
    ax.set_xlim(0, 118)
    ax.set_xticks([0, 20, 40, 60, 80, 100])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(-0.6, len(names) - 0.4)
    if not sure and width_in >= NOTE_FROM_IN:
        note = plain(f"{VERDICTS.get(str(verdict), verdict)}: {reason}", 160)
        note = textwrap.fill(note, max(int(width_in * 6.5), 20))
        box = {"facecolor": colours.background, "edgecolor": colours.warm, "boxstyle": "round,pad=0.5"}
        ax.text(
            0.98, 0.06, note, ha="right", va="bottom", fontsize=FONT_PT, color=colours.text, bbox=box,
            transform=ax.transAxes,
        )  # fmt: skip


def _genre_timeline(ax: "Axes", answer: Mapping[str, Any], theme: str, width_in: float) -> None:
    """Draw the segments as bars in their genre's colour with one label for each run of the same genre."""
    from matplotlib.patches import Patch

    colours = colours_of(theme)
    segments = [part for part in answer.get("segments") or [] if part.get("genre") is not None]
    if not segments:
        write_message(ax, "No genre over time: nothing was named.", theme, title="Genre over the song")
        return
    end = max(float(answer.get("duration_s") or 0), max(float(part["end_s"]) for part in segments), 0.1)
    title = "Genre over the song" if width_in > 3.6 else "Over time"  # beside the legend
    style(ax, theme, title=title, y="Confidence (%)", grid="y")
    for i, part in enumerate(segments):
        left, right = float(part["start_s"]), float(part["end_s"])
        height = 100 * float(part.get("confidence") or 0)
        ax.bar(left, height, right - left, align="edge", color=genre_colour(str(part["genre"])), linewidth=0)
        if i and part["genre"] != segments[i - 1]["genre"]:  # no border within a run: it would cross the run's label
            before = 100 * float(segments[i - 1].get("confidence") or 0)
            ax.plot([left, left], [0, max(height, before)], color=colours.background, linewidth=0.8, zorder=2)
    ax.set_ylim(0, 100)
    ax.set_yticks([0, 50, 100])
    SongTime([(0.0, end)]).dress(ax, width_in=width_in)
    missing = _label_runs(ax, segments, end, theme, width_in)
    if not missing:
        return
    shown = sorted(missing, key=lambda name: -missing[name])
    room = max(int(width_in * 0.7), 1)
    handles = [Patch(color=genre_colour(name), label=fitted(name, 0.95)) for name in shown[:room]]
    if len(shown) > room:
        handles.append(Patch(color="none", label=f"and {len(shown) - room} more"))
    ax.legend(
        handles=handles,
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=len(handles),
        fontsize=FONT_PT,
        frameon=False,
        labelcolor=colours.text,
        borderaxespad=0.2,
        handlelength=0.9,
        handletextpad=0.4,
        columnspacing=0.9,
    )


def _label_runs(
    ax: "Axes", segments: Sequence[Mapping[str, Any]], end: float, theme: str, width_in: float
) -> dict[str, float]:
    """Write the genre on each run of segments that is wide enough; return the seconds of genres without a label."""
    missing: dict[str, float] = {}
    labelled = set()
    start = 0
    for i, part in enumerate(segments):
        name = str(part["genre"])
        if i + 1 < len(segments) and str(segments[i + 1]["genre"]) == name:
            continue
        run, start = segments[start : i + 1], i + 1
        left, right = float(run[0]["start_s"]), float(run[-1]["end_s"])
        label = plain(name, 24)
        if text_width(label) > (right - left) / end * (width_in - 0.2) - 0.08:
            missing[name] = missing.get(name, 0.0) + right - left
            continue
        labelled.add(name)
        height = min(100 * float(part.get("confidence") or 0) for part in run)
        inside = height >= 35
        ax.text(
            (left + right) / 2,
            3 if inside else max(100 * float(part.get("confidence") or 0) for part in run) + 3,
            label,
            ha="center",
            va="bottom",
            fontsize=FONT_PT,
            color=ink_on(genre_colour(name)) if inside else colours_of(theme).text,
        )
    return {name: seconds for name, seconds in missing.items() if name not in labelled}

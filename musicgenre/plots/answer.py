"""Answer -> Figure: verdict, probabilities, genre over the song."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from musicgenre.plots.style import (
    FONT_PT,
    NOTE_FROM_IN,
    Size,
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
from musicgenre.plots.time_axis import SongTime
from musicgenre.text import clock, counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


VERDICTS = {
    "genre": "",
    "uncertain": "Uncertain",
    "not_music": "Not music",
    "silent": "Silence",
    "too_short": "Too short",
    "error": "No answer",
}


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

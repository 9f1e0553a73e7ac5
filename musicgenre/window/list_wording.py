"""What the history and a batch say in a few words: cells, days, parts, lengths of time."""

import time
from collections.abc import Sequence

from musicgenre.engine.listing import CORRECTED, GENRE
from musicgenre.genres import display_name
from musicgenre.inference.prediction import Prediction
from musicgenre.text import clean_title, counted
from musicgenre.window.wording import PART_WORDS, REFUSED, headline

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def genre_cell(prediction: Prediction, corrected: str | None = None) -> str:
    """Return the genre, or what is in its place; a correction is the answer."""
    if corrected:
        return clean_title(display_name(corrected), limit=40)
    if prediction.verdict == "error":
        return "Failed"
    if prediction.verdict == "uncertain" and not getattr(prediction, "likely", None):
        return f"{clean_title(display_name(prediction.genre or ''), limit=40)}?"
    return headline(prediction)


def sure_cell(prediction: Prediction, corrected: str | None = None) -> str:
    """Return how sure the answer is."""
    if corrected:
        return "you"
    has_number = prediction.verdict in ("genre", "uncertain") and prediction.confidence is not None
    return f"{prediction.confidence:.0%}" if has_number else ""


def tempo_cell(prediction: Prediction) -> str:
    """Return the tempo in beats per minute, "" for what has none."""
    has_tempo = prediction.tempo_bpm and prediction.verdict not in REFUSED
    return f"{prediction.tempo_bpm:.0f}" if has_tempo else ""


def day_of(made: float) -> str:
    """Return the day of a time as 2026-11-25, which can be sorted."""
    then = time.localtime(made)
    return f"{then.tm_year:04}-{then.tm_mon:02}-{then.tm_mday:02}"


def day_words(day: str) -> str:
    """Return what a day is called today."""
    now = time.time()
    if day == day_of(now):
        return "Today"
    if day == day_of(now - 86400):
        return "Yesterday"
    year, month, number = (int(part) for part in day.split("-"))
    weekday = DAYS[time.localtime(time.mktime((year, month, number, 12, 0, 0, 0, 0, -1))).tm_wday]
    this_year = year == time.localtime(now).tm_year
    return f"{weekday}, {number} {MONTHS[month - 1]}" + ("" if this_year else f" {year}")


def date_cell(made: float, *, by_day: bool) -> str:
    """Return the time of day below its day, else the date."""
    then = time.localtime(made)
    if by_day or day_of(made) == day_of(time.time()):
        return f"{then.tm_hour}:{then.tm_min:02}"
    return f"{then.tm_mday} {MONTHS[then.tm_mon - 1]}" + (
        "" if then.tm_year == time.localtime().tm_year else f" {then.tm_year % 100:02}"
    )


def part_words(part: str) -> str:
    """Return what a part of the history is called."""
    if part.startswith(GENRE):
        return display_name(part.removeprefix(GENRE))
    return "Corrected" if part == CORRECTED else PART_WORDS.get(part, part or "All songs")


def duration_words(seconds: float) -> str:
    """Return a length of time as one says it."""
    if seconds < 50:
        return counted(max(5 * round(seconds / 5), 5), "second")
    minutes = round(seconds / 60)
    if minutes < 60:
        return counted(max(minutes, 1), "minute")
    hours, rest = divmod(minutes, 60)
    return counted(hours, "hour") + (f" {counted(rest, 'minute')}" if rest else "")


def selection_words(titles: Sequence[str]) -> str:
    """Return how many songs are selected, and what can be done with them."""
    if len(titles) == 2:
        return "2 songs selected: Compare shows them side by side"
    return f"{len(titles)} songs selected: Export and Remove act on them"

"""Answers in the terminal: as text, JSON lines or CSV."""

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from musicgenre.inference.answer_rows import csv_file, csv_rows
from musicgenre.inference.prediction import Prediction
from musicgenre.inference.wording import (
    NO_NAMES,
    answer_line,
    heard_words,
    percent,
    summary_group,
    summary_words,
    title_name,
)
from musicgenre.terminal.console import output, show
from musicgenre.text import clean_text, clean_title

BAR_WIDTH = 24

Write = Callable[..., None]  # of an answer, the seconds it took, and its picture if there is one


@contextlib.contextmanager
def writer(
    *, as_json: bool, csv_path: str | None, top: int, genres: Sequence[str], names: Mapping[str, str] = NO_NAMES
) -> Iterator[Write]:
    """Give the function that writes one answer in the chosen form; a file as `answer_rows.csv_file` does.

    A text has the model's `names` of genres.

    Raises
    ------
    SourceError
        If the CSV file cannot be written.
    """
    out = output()
    if csv_path == "-":
        row = csv_rows(out, genres)
        yield lambda prediction, *_: row(prediction)
    elif csv_path is not None:
        with csv_file(csv_path, genres) as row:
            yield lambda prediction, *_: row(prediction)
    elif as_json:
        yield lambda prediction, *_: show(json.dumps(prediction.as_json()) + "\n")
    else:
        yield lambda prediction, seconds=0.0, picture=None: show(
            readable(prediction, seconds, top=top, picture=picture, encoding=out.encoding, names=names) + "\n"
        )


def readable(
    prediction: Prediction,
    seconds: float,
    *,
    top: int,
    picture: Path | None = None,
    encoding: str | None = "utf-8",
    names: Mapping[str, str] = NO_NAMES,
) -> str:
    """Return an answer as lines for a person."""
    lines = [clean_text(prediction.input)]
    if prediction.title and clean_title(prediction.title) != Path(prediction.input).stem:
        lines.append(f"  {clean_title(prediction.title)}")
    lines.append(f"  {answer_line(prediction, names)}")
    if prediction.verdict in ("genre", "uncertain"):
        lines += _bars(prediction, top, names, encoding)
    heard = heard_words(prediction)
    if heard:
        lines.append(f"  heard: {heard}")
    if prediction.analysed and prediction.duration_s is not None:
        analysed = sum(part.end_s - part.start_s for part in prediction.analysed)
        lines.append(f"  {analysed:.0f} of {prediction.duration_s:.0f} s analysed in {seconds:.1f} s")
    if picture:
        lines.append(f"  picture: {clean_text(str(picture))}")
    return "\n".join(lines) + "\n"


def _bars(prediction: Prediction, top: int, names: Mapping[str, str], encoding: str | None) -> list[str]:
    """Return the most probable genres as bars, at least those of the set."""
    full, half = ("\u2588", "\u258c") if (encoding or "").lower().replace("-", "") == "utf8" else ("#", "")
    ranked = sorted((prediction.probabilities or {}).items(), key=lambda item: -item[1])
    ranked = ranked[: max(top, len(prediction.likely or ()))]
    width = max((len(title_name(genre, names)) for genre, _ in ranked), default=0)
    lines = []
    for genre, chance in ranked:
        halves = round(2 * BAR_WIDTH * chance)
        bar = full * (halves // 2) + half * (halves % 2)
        lines.append(f"    {title_name(genre, names):<{width}}  {bar:<{BAR_WIDTH}} {percent(chance):>9}".rstrip())
    return lines


class Summary:
    """Counts answers, and says at the end what they came to."""

    def __init__(self) -> None:
        self._groups: list[str] = []

    def add(self, prediction: Prediction) -> None:
        """Count an answer."""
        self._groups.append(summary_group(prediction))

    def words(self, *, csv_path: str | None = None) -> str:
        """Return the summary, and where the table of answers is; "" for less than two answers that are shown."""
        table = f"; table in {csv_path}" if csv_path and csv_path != "-" else ""
        return summary_words(self._groups) + table if len(self._groups) > 1 or table else ""

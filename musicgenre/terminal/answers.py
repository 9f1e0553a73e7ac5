"""Answers in the terminal: as text, JSON lines or CSV."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from musicgenre.inference.answer_rows import csv_file, csv_rows
from musicgenre.inference.prediction import Prediction
from musicgenre.terminal.console import output, show
from musicgenre.text import clean_text, clean_title

BAR_WIDTH = 24
HEADLINES = {
    "uncertain": "not sure",
    "not_music": "not music",
    "silent": "silent",
    "too_short": "too short",
    "error": "no answer",
}

Write = Callable[..., None]  # of an answer, the seconds it took, and its picture if there is one


@contextlib.contextmanager
def writer(*, as_json: bool, csv_path: str | None, top: int, genres: Sequence[str]) -> Iterator[Write]:
    """Give the function that writes one answer in the chosen form; a file as `answer_rows.csv_file` does.

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
            readable(prediction, seconds, top=top, picture=picture, encoding=out.encoding) + "\n"
        )


def readable(
    prediction: Prediction, seconds: float, *, top: int, picture: Path | None = None, encoding: str | None = "utf-8"
) -> str:
    """Return an answer as lines for a person."""
    full, half = ("\u2588", "\u258c") if (encoding or "").lower().replace("-", "") == "utf8" else ("#", "")
    lines = [clean_text(prediction.input)]
    if prediction.title and clean_title(prediction.title) != Path(prediction.input).stem:
        lines.append(f"  {clean_title(prediction.title)}")
    if prediction.verdict == "genre":
        lines.append(f"  {prediction.genre}, {prediction.confidence:.0%} sure")
    else:
        headline = HEADLINES[prediction.verdict]
        guess = f", perhaps {prediction.genre}" if prediction.verdict == "uncertain" else ""
        lines.append(f"  {headline}{guess}: {clean_text(prediction.reason or '')}")
    if prediction.probabilities and prediction.verdict in ("genre", "uncertain"):
        ranked = sorted(prediction.probabilities.items(), key=lambda item: -item[1])[:top]
        width = max(len(genre) for genre, _ in ranked)
        for genre, chance in ranked:
            halves = round(2 * BAR_WIDTH * chance)
            bar = full * (halves // 2) + half * (halves % 2)
            lines.append(f"    {clean_text(genre):<{width}}  {bar:<{BAR_WIDTH}} {chance:4.0%}")
    if prediction.analysed and prediction.duration_s is not None:
        heard = sum(part.end_s - part.start_s for part in prediction.analysed)
        lines.append(f"  {heard:.0f} of {prediction.duration_s:.0f} s analysed in {seconds:.1f} s")
    if picture:
        lines.append(f"  picture: {clean_text(str(picture))}")
    return "\n".join(lines) + "\n"

"""Many inputs in the terminal: classified in parallel, answered in order, as text, JSON lines or CSV."""

import contextlib
import csv
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from musicgenre.errors import SourceError
from musicgenre.inference.batch import Drawn
from musicgenre.inference.prediction import Prediction
from musicgenre.terminal.console import output, show
from musicgenre.text import clean_text, clean_title, csv_cell

BAR_WIDTH = 24

BLOCK = 1 << 16  # bytes of a CSV that are looked at once

CSV_COLUMNS = ("input", "title", "duration_s", "verdict", "genre", "confidence", "reason", "model", "error")

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
    """Give the function that writes one answer in the chosen form.

    A CSV file appears under its name when all is written, or with the rows that were finished when the work is
    interrupted or the disk is full. A device or a pipe is written to as it is.

    Raises
    ------
    SourceError
        If the CSV file cannot be written.
    """
    if csv_path is None or csv_path == "-":
        out = output()
        if csv_path == "-":
            yield _csv_rows(out, genres)
        elif as_json:
            yield lambda prediction, *_: show(json.dumps(prediction.as_json()) + "\n")
        else:
            yield lambda answer, seconds, drawn=None: show(
                readable(answer, seconds, top=top, drawn=drawn, encoding=out.encoding) + "\n"
            )
        return
    path = Path(csv_path)
    is_file = path.is_file() or not path.exists()
    if is_file:
        path = path.resolve()  # a link stays a link
    part = path.with_name(f".{path.name}.part") if is_file else path
    try:
        file = part.open("w", encoding="utf-8", newline="", errors="replace")
    except OSError as error:
        raise SourceError(f"{csv_path} cannot be written ({error.strerror}); choose another place") from error
    try:
        with file:
            yield _csv_rows(file, genres)
    finally:
        if is_file:
            _keep_rows(part)
            part.replace(path)


def _keep_rows(path: Path) -> None:
    """Take away the row at the end that is not whole; no cell holds a line break."""
    with path.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(end - BLOCK, 0)
            file.seek(start)
            found = file.read(end - start).rfind(b"\n")
            if found >= 0:
                end = start + found + 1
                break
            end = start
        file.truncate(end)


def _csv_rows(out: TextIO, genres: Sequence[str]) -> Write:
    """Write the header; return the function that writes a row."""
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow([*CSV_COLUMNS, *(csv_cell(f"p_{genre}") for genre in genres)])

    def write(prediction: Prediction, *_: Any) -> None:
        record: dict[str, Any] = prediction.as_json()
        record["error"] = prediction.error.kind if prediction.error else None
        cells = ["" if record[column] is None else record[column] for column in CSV_COLUMNS]
        chances = prediction.probabilities or {}
        cells += [chances.get(genre, "") for genre in genres]
        rows.writerow([csv_cell(cell) if isinstance(cell, str) else cell for cell in cells])
        out.flush()

    return write


def readable(
    prediction: Prediction, seconds: float, *, top: int, drawn: Drawn | None = None, encoding: str | None = "utf-8"
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
    if drawn and not drawn.problem:
        lines.append(f"  picture: {clean_text(str(drawn.path))}")
    return "\n".join(lines) + "\n"

"""Answers as rows of a table, and tables of answers as CSV files."""

import contextlib
import csv
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from musicgenre.errors import SourceError
from musicgenre.inference.prediction import Prediction
from musicgenre.text import csv_cell

COLUMNS = (
    "input", "title", "duration_s", "verdict", "genre", "confidence", "reason", "model", "error", "likely", "tags",
    "tempo_bpm",
)  # fmt: skip
BLOCK = 1 << 16  # bytes of a CSV that are read at once

WriteRow = Callable[[Prediction], None]


def answer_row(prediction: Prediction, genres: Sequence[str]) -> dict[str, Any]:
    """Return an answer as a row: the values of `COLUMNS`, and the probability of each genre as ``p_<genre>``.

    A missing value is None. Genres that are likely, and tags, are joined by "; ".
    """
    row = {column: getattr(prediction, column) for column in COLUMNS}
    row["likely"] = "; ".join(prediction.likely or ()) or None
    row["tags"] = "; ".join(tag.name for tag in prediction.tags) or None
    row["error"] = prediction.error.kind if prediction.error else None
    chances = prediction.probabilities or {}
    return row | {f"p_{genre}": chances.get(genre) for genre in genres}


def csv_rows(out: TextIO, genres: Sequence[str]) -> WriteRow:
    """Write the header; return the function that writes a row."""
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow([*COLUMNS, *(csv_cell(f"p_{genre}") for genre in genres)])

    def write(prediction: Prediction) -> None:
        cells = answer_row(prediction, genres).values()
        rows.writerow(["" if cell is None else csv_cell(cell) if isinstance(cell, str) else cell for cell in cells])
        out.flush()

    return write


@contextlib.contextmanager
def csv_file(target: str, genres: Sequence[str]) -> Iterator[WriteRow]:
    """Give the function that writes one answer to a CSV file.

    The file appears under its name when all is written, or with the rows that were finished when the work is
    interrupted or the disk is full. A device or a pipe is written to as it is.

    Raises
    ------
    SourceError
        If the file cannot be written.
    """
    path = Path(target)
    is_file = path.is_file() or not path.exists()
    if is_file:
        path = path.resolve()  # a link stays a link
    part = path.with_name(f".{path.name}.part") if is_file else path
    try:
        file = part.open("w", encoding="utf-8", newline="", errors="replace")
    except OSError as error:
        raise SourceError(f"{target} cannot be written ({error.strerror}); choose another place") from error
    try:
        with file:
            yield csv_rows(file, genres)
    finally:
        if is_file:
            drop_incomplete_row(part)
            part.replace(path)


def drop_incomplete_row(path: Path) -> None:
    """Truncate an incomplete last row (cells never contain newlines)."""
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

"""Tables: a folder with clips.csv and one CSV per feature family.

Conventions
-----------
Every file is written to a temporary name and renamed. Errors name the file, the line (the header is line 1) and the
column at fault. A group is a set of clips that must never be split between training and test.
"""

import codecs
import csv
import hashlib
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from musicgenre.errors import ModelError
from musicgenre.features.families import FAMILIES
from musicgenre.files import read_file, read_json, write_atomic
from musicgenre.text import clean_title, is_plain

if TYPE_CHECKING:
    import pandas as pd


CLIP_COLUMNS = ("clip_id", "genre", "group", "split", "duration_s", "sha256", "status")

TAG_COLUMNS = ("file_artist", "file_title")  # of clips.csv, from the files' own tags

FILES = "files.csv"  # clip_id and the path that a clip was read from; no part of a table's digest

OK = "ok"

PARTS = "_parts"  # ends the name of a family's file of parts of clips, see `dataset.parts`

MAX_VALUE = 3.4029e38  # of a feature: what float32 holds; squares of larger ones overflow


@dataclass(frozen=True)
class Table:
    """The usable clips of a table and their features, row by row.

    Parameters
    ----------
    clips : pd.DataFrame
        Columns clip_id, genre, group, split, and whatever else clips.csv holds; empty text where unknown.
    features : pd.DataFrame, float64
        One column per feature, in the order of the families.
    parts : pd.DataFrame or None
        Features of parts of the clips, indexed by the part's clip_id; see `dataset.parts`.
    sha256 : str
        Of the files read, in order: tells whether a table has changed.
    """

    clips: "pd.DataFrame"
    features: "pd.DataFrame"
    sha256: str
    parts: "pd.DataFrame | None" = None

    def genres(self) -> list[str]:
        """Return the genre names in alphabetical order."""
        return sorted(self.clips["genre"].unique())

    def labels(self) -> np.ndarray:
        """Return the index of each clip's genre in `genres`, shape (n,)."""
        return np.searchsorted(self.genres(), self.clips["genre"])


def read_csv(path: Path, *, separator: str = ",", remake: str = "make the table again") -> "pd.DataFrame":
    """Read a CSV of text, with or without a byte order mark.

    Raises
    ------
    ModelError
        With the path and what to do (`remake`), if it is missing, empty or not a CSV.
    """
    import pandas as pd  # a third of a second, which naming one song need not wait for

    try:
        data = io.BytesIO(read_file(path).removeprefix(codecs.BOM_UTF8))
        frame = pd.read_csv(data, dtype=str, keep_default_na=False, encoding="utf-8", sep=separator)
    except FileNotFoundError as error:
        what = "make the table with 00_preprocess_music.py" if remake.startswith("make") else "check its path"
        raise ModelError(f"{path} is missing; {what}") from error
    except (OSError, ValueError) as error:  # pandas' parser errors and bad encodings are ValueErrors
        raise ModelError(f"{path} cannot be read as CSV ({str(error).strip()}); {remake}") from error
    if not isinstance(frame.index, pd.RangeIndex):  # pandas takes the cells that are too many for an index
        raise ModelError(f"{path} cannot be read as CSV (its rows have more cells than its header); {remake}")
    return frame


def read_clips(folder: Path) -> "pd.DataFrame":
    """Read clips.csv with every column of the contract, empty where the file has none.

    Raises
    ------
    ModelError
        If a needed column is missing or a clip_id is empty or occurs twice.
    """
    path = Path(folder) / "clips.csv"
    clips = read_csv(path)
    for column in ("clip_id", "genre"):
        if column not in clips:
            raise ModelError(f"{path} has no column {column!r}; the header must name it")
    _check_ids(clips, path)
    for column in CLIP_COLUMNS:
        if column not in clips:
            clips[column] = OK if column == "status" else ""
    return clips


def _check_ids(frame: "pd.DataFrame", path: Path) -> None:
    """Raise where a clip_id is empty or repeated."""
    empty = np.flatnonzero(frame["clip_id"] == "")
    if len(empty):
        raise ModelError(f"{path}, line {empty[0] + 2}: the clip_id is empty")
    repeated = np.flatnonzero(frame["clip_id"].duplicated())
    if len(repeated):
        name = frame["clip_id"].iloc[repeated[0]]
        raise ModelError(f"{path}, line {repeated[0] + 2}: the clip_id {name!r} occurs a second time; remove one row")


def read_family(folder: Path, family: str, *, ending: str = "") -> "pd.DataFrame":
    """Read one family, indexed by clip_id, from FAMILY.csv; with an ending, from FAMILY<ending>.csv.

    Raises
    ------
    ModelError
        If the file or a column is missing, a clip_id is repeated, or a value is not a finite number.
    """
    import pandas as pd  # see `read_csv`

    path = Path(folder) / f"{family}{ending}.csv"
    frame = read_csv(path)
    for column in ("clip_id", *FAMILIES[family]):
        if column not in frame:
            raise ModelError(f"{path} has no column {column!r}; make the table again with --fresh")
    _check_ids(frame, path)
    numbers = frame[list(FAMILIES[family])].apply(pd.to_numeric, errors="coerce").astype(np.float64)
    bad = np.argwhere(~(np.abs(numbers.to_numpy()) <= MAX_VALUE))  # NaN is no number
    if len(bad):
        row, column = bad[0]
        raise ModelError(
            f"{path}, line {row + 2}, column {numbers.columns[column]}: "
            f"{frame[numbers.columns[column]].iloc[row]!r} is not a finite number of a sensible size"
        )
    numbers.index = pd.Index(frame["clip_id"])
    return numbers


def read_parts(folder: Path, families: Sequence[str]) -> "pd.DataFrame | None":
    """Return the features of the parts of a table's clips, indexed by their clip_id; None where it has none.

    Raises
    ------
    ModelError
        If a file is at fault.
    """
    import pandas as pd  # see `read_csv`

    if not families or not all((folder / f"{family}{PARTS}.csv").is_file() for family in families):
        return None
    return pd.concat([read_family(folder, family, ending=PARTS) for family in families], axis=1, join="inner")


def read_table(folder: Path | str, families: Sequence[str]) -> Table:
    """Read the clips with a genre and status ok, and their features.

    Raises
    ------
    ModelError
        If a file, row or column is at fault, a clip has no row in a family, or no clip is left.
    """
    import pandas as pd  # see `read_csv`

    folder = Path(folder)
    if not folder.is_dir():
        raise ModelError(f"there is no table folder {folder}; make it with 00_preprocess_music.py")
    clips = read_clips(folder)
    clips = clips[(clips["status"] == OK) & (clips["genre"] != "")]
    for row, genre in clips["genre"].items():
        if not is_plain(genre):
            where, name = f"{folder / 'clips.csv'}, line {row + 2}", clean_title(genre, limit=80)
            raise ModelError(f"{where}: the genre {name!r} is no name to show; rename its folder")
    clips = clips.reset_index(drop=True)
    if clips.empty:
        raise ModelError(f"{folder / 'clips.csv'} has no usable clip with a genre; use one folder per genre")
    digest = hashlib.sha256(read_file(folder / "clips.csv"))
    parts = []
    for family in families:
        frame = read_family(folder, family)
        digest.update(read_file(folder / f"{family}.csv"))
        missing = ~clips["clip_id"].isin(frame.index)
        if missing.any():
            name = clips["clip_id"][missing].iloc[0]
            raise ModelError(f"{folder / f'{family}.csv'} has no clip {name!r}; run 00_preprocess_music.py again")
        parts.append(frame.loc[clips["clip_id"]])
    features = pd.concat(parts, axis=1).reset_index(drop=True) if parts else pd.DataFrame(index=clips.index)
    return Table(clips, features, digest.hexdigest(), read_parts(folder, families))


def find_families(folder: Path | str) -> list[str]:
    """Return the families that a table folder holds."""
    return [family for family in FAMILIES if (Path(folder) / f"{family}.csv").is_file()]


def has_copies(folder: Path | str) -> bool:
    """Return whether a table was made with changed copies of its clips."""
    try:
        return bool(read_json(Path(folder) / "extractor.json").get("copies"))
    except (OSError, ValueError, AttributeError):
        return False


def read_files(folder: Path | str) -> dict[str, str]:
    """Return clip_id -> the path that 00 read the clip from; empty where a table does not say so."""
    try:
        frame = read_csv(Path(folder) / FILES)
        return dict(zip(frame["clip_id"], frame["path"], strict=True))
    except (ModelError, KeyError):
        return {}


def write_csv(path: Path, rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> None:
    """Write rows as CSV; floats keep the digits that give the same float32 back."""
    cells = [columns, *([_cell(row.get(name)) for name in columns] for row in rows)]
    # A bare carriage return ends a line for readers, but the CSV writer quotes only what ends its own lines.
    returns = any(isinstance(cell, str) and "\r" in cell for line in cells for cell in line)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL)
    writer.writerows(cells)
    write_atomic(path, text.getvalue())


def _cell(value: Any) -> Any:
    """Return a value as it stands in a CSV file."""
    if isinstance(value, float | np.floating):
        return "" if math.isnan(value) else f"{value:.9g}"
    return value

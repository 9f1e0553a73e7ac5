"""The file of corrections that the window exports: metadata for 00, and what 02 trains on.

Its columns are clip_id (the path below a folder of music, as 00 names its clips; empty for songs elsewhere), path, and
genre.
"""

import csv
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from musicgenre.audio.endings import AUDIO_SUFFIXES
from musicgenre.dataset.metadata import read_metadata
from musicgenre.errors import ModelError
from musicgenre.files import is_file
from musicgenre.text import csv_cell

COLUMNS = ("clip_id", "path", "genre")


@dataclass(frozen=True)
class SongCorrection:
    """The genre that a user says is right for a song.

    Parameters
    ----------
    song : str
        Path of the file, or its clip_id in the table.
    genre : str
        By its name in the table, in any spelling ("Hip-Hop" for hiphop), or a new one.
    """

    song: str
    genre: str


def read_corrections(path: Path) -> list[SongCorrection]:
    """Read corrections: a column genre, and path or clip_id; the path comes first, which finds songs of no table, too.

    Raises
    ------
    ModelError
        If it cannot be read or has no genres.
    """
    metadata = read_metadata(path, named_by=("path", "clip_id", "file", "filename"))
    if "genre" not in metadata.columns:
        raise ModelError(f"{path} has no column 'genre'; export the corrections from the window again")
    return [SongCorrection(name, row["genre"]) for name, row in metadata.rows if "genre" in row]


def corrections_csv(corrections: Iterable[SongCorrection], audio_dir: Path) -> tuple[str, int]:
    """Return the file of corrections for a folder of music, and how many songs it names; links are left out."""
    genres: dict[Path, str] = {}
    for correction in corrections:
        path = Path(correction.song)
        if path.is_absolute() or is_file(path):
            genres[path.absolute()] = correction.genre  # a later one counts
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows(sorted((_clip_id(path, audio_dir), _text(path), csv_cell(genre)) for path, genre in genres.items()))
    return out.getvalue(), len(genres)


def _clip_id(path: Path, audio_dir: Path) -> str:
    """Return the path below a folder, without its ending where no other song shares it; "" where that names none."""
    try:
        inside = path.resolve().relative_to(audio_dir.resolve())
        twins = [other for other in path.parent.iterdir() if other.stem == path.stem and other != path]
    except ValueError:
        return ""
    except OSError:
        twins = []
    shared = any(other.suffix.lower() in AUDIO_SUFFIXES for other in twins)
    name = _text(inside if shared else inside.with_suffix(""))
    return name if csv_cell(name) == name else ""  # a spreadsheet would take it for a formula; the path is enough


def _text(path: Path) -> str:
    r"""Return a path as text; bytes of a name that are no UTF-8 are written as \xNN, as 00 does."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")

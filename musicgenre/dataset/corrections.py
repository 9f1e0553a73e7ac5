"""Songs whose genre a user corrected -> rows of a table: those that it holds are relabelled, others are added.

A song is known by its content, wherever it lies. Nothing is written: a correction counts for the training that it is
given to, and is withdrawn by leaving it out.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicgenre.audio.decode import song_sha256
from musicgenre.dataset.artists import artist_key
from musicgenre.dataset.build import table_grid, table_level
from musicgenre.dataset.clip_rows import ClipJob, RowOptions, compute_clip
from musicgenre.dataset.corrections_file import SongCorrection
from musicgenre.dataset.table import OK, Table, read_files
from musicgenre.errors import GenreError, ModelError
from musicgenre.features.families import columns_of
from musicgenre.files import is_file
from musicgenre.text import clean_title, counted


@dataclass(frozen=True)
class Corrected:
    """A table with corrections, a sentence on what they changed, and one on those that are not used."""

    table: Table
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def apply_corrections(
    table: Table,
    folder: Path,
    families: Sequence[str],
    corrections: Sequence[SongCorrection],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Corrected:
    """Return a table with its songs relabelled, and with the corrected songs that it lacks.

    Parameters
    ----------
    table, folder, families
        As of `dataset.table.read_table`.
    corrections : sequence of SongCorrection
        A later one of a song counts.
    progress : callable, optional
        Called with (songs done, songs in all).
    """
    if not corrections:
        return Corrected(table)
    clips = table.clips.copy()
    rows_of: dict[str, list[int]] = {}
    for row, sha256 in enumerate(clips["sha256"]):
        rows_of.setdefault(sha256, []).append(row)
    row_of_id = {clip_id: row for row, clip_id in enumerate(clips["clip_id"])}
    row_of_path = {path: row_of_id[clip_id] for clip_id, path in read_files(folder).items() if clip_id in row_of_id}
    names = {artist_key(genre): genre for genre in clips["genre"]}
    added: dict[str, dict[str, Any]] = {}
    relabelled, same, lost = 0, 0, []
    for done, correction in enumerate(corrections, 1):
        genre = names.setdefault(artist_key(correction.genre) or correction.genre, correction.genre)
        path = Path(correction.song)
        try:
            sha256 = song_sha256(path) if is_file(path) else ""
            rows = rows_of.get(sha256, []) if sha256 else []
            known = row_of_id.get(correction.song, row_of_path.get(correction.song))
            rows = rows or ([] if known is None else [known])
            if rows:
                changed = [row for row in rows if clips["genre"].iloc[row] != genre]
                clips.loc[changed, "genre"] = genre
                relabelled, same = relabelled + bool(changed), same + (not changed)
            elif sha256:
                added[sha256] = _new_row(folder, path, sha256, families, genre)
            else:
                raise ModelError("there is no such file, nor a clip of that name")
        except (GenreError, OSError) as error:
            lost.append(f"{clean_title(correction.song, limit=80)!r}: {error}")
        if progress:
            progress(done, len(corrections))
    notes = (
        f"{counted(len(corrections), 'correction')}: {relabelled} of songs of the table, {len(added)} of new songs"
        + (f", {same} of songs that have that genre already" if same else ""),
    )
    warned = (f"{counted(len(lost), 'correction')} not used, for instance {lost[0]}",) if lost else ()
    return Corrected(_with_songs(table, clips, list(added.values()), families, corrections), notes, warned)


def _new_row(folder: Path, path: Path, sha256: str, families: Sequence[str], genre: str) -> dict[str, Any]:
    """Return the row of a song that a table lacks, computed as the table was; raise `ModelError` if that fails."""
    level, grid = table_level(folder), table_grid(folder)
    row = compute_clip(ClipJob(f"corrections/{path.stem}", str(path), sha256, RowOptions(tuple(families), level, grid)))
    if row["status"] != OK:
        raise ModelError(row["status"])
    return {**row, "genre": genre, "group": row["file_artist"]}


def _with_songs(
    table: Table,
    clips: Any,
    news: Sequence[dict[str, Any]],
    families: Sequence[str],
    corrections: Sequence[SongCorrection],
) -> Table:
    """Return a table with other labels and more songs; its digest depends on the corrections."""
    import pandas as pd

    more = pd.DataFrame([{name: row.get(name, "") for name in clips.columns} for row in news], columns=clips.columns)
    more["clip_id"] = [f"{row['clip_id']} {row['sha256'][:8]}" for row in news]
    values = pd.DataFrame([row["values"] for row in news], columns=columns_of(families))
    text = repr([(c.song, c.genre) for c in corrections])
    return Table(
        pd.concat([clips, more], ignore_index=True),
        pd.concat([table.features, values], ignore_index=True) if news else table.features,
        hashlib.sha256((table.sha256 + text).encode("utf-8", "surrogatepass")).hexdigest(),
        table.parts,
    )

"""Folder of audio -> table, with what is already computed kept.

Finished clips go to a journal at once, so a run that is killed loses only the clips in work. A clip is known by the
hash of its content: moved or renamed files are not computed again.
"""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from musicgenre.audio.decode import song_sha256
from musicgenre.audio.endings import AUDIO_SUFFIXES
from musicgenre.audio.recording import WINDOW_S, gain_to, level_dbfs
from musicgenre.audio.sandbox import read_safely
from musicgenre.audio.silence import SILENT_DBFS
from musicgenre.audio.sounding import sounding_parts
from musicgenre.dataset.parts import cut, part_names, parts_by_clip, write_parts
from musicgenre.dataset.table import CLIP_COLUMNS, OK, find_families, read_clips, read_family, read_metadata, write_csv
from musicgenre.errors import AudioError, GenreError, ModelError, SourceError
from musicgenre.features.extract import extract
from musicgenre.features.families import (
    FAMILIES,
    columns_of,
    default_level,
    extractor_constants,
    families_at_level,
    grid_of,
)
from musicgenre.features.musicnn import OLD_GRID, TagNetwork, WindowGrid
from musicgenre.files import read_journal, read_json, write_atomic
from musicgenre.parallel import run_many
from musicgenre.sources.folders import sound_files, unread_folder

JOURNAL = ".unfinished.jsonl"

ROW_FIELDS = {"sha256": str, "duration_s": str | float | int, "status": str, "values": dict}

DEFAULT_FAMILIES = ("mfcc", "chroma", "tempo", "zcr", "rolloff", "centroid", "musicnn", "musicnn_deep")


@dataclass(frozen=True)
class Summary:
    """What a run did: clips in the table, computed now, and left out as (clip_id, reason)."""

    clips: int
    computed: int
    left_out: list[tuple[str, str]]
    folder: Path


def find_audio(folder: Path) -> list[Path]:
    """Return the sound files below a folder in a stable order, hidden ones left out.

    Raises
    ------
    SourceError
        If it is not a folder, holds no sound file, or holds a folder that cannot be read.
    """

    def unread(place: str, error: OSError) -> None:
        raise unread_folder(place, error)

    if not folder.is_dir():
        raise SourceError(f"there is no folder {str(folder)!r}; give the folder that holds the audio")
    files = [Path(entry.path) for entry in sound_files(folder, unread=unread)]
    if not files:
        raise SourceError(f"no sound file in {str(folder)!r}; expected {', '.join(sorted(AUDIO_SUFFIXES)[:8])}, ...")
    return files


def clip_ids(folder: Path, files: Sequence[Path]) -> dict[str, Path]:
    """Return clip_id -> file; two files that differ only in their ending keep it in their clip_id."""
    counts = Counter(path.with_suffix("") for path in files)
    names = [path if counts[path.with_suffix("")] > 1 else path.with_suffix("") for path in files]
    return {_text(name.relative_to(folder)): path for name, path in zip(names, files, strict=True)}


def _text(path: Path) -> str:
    r"""Return a path as text that can be stored; bytes of a name that are no UTF-8 are written as \xNN."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


@lru_cache(maxsize=1)
def _network() -> TagNetwork:
    """Return this process's network."""
    return TagNetwork()


# clip_id, path, sha256, families, level, grid, numbers of parts
Job = tuple[str, str, str, tuple[str, ...], float | None, WindowGrid, tuple[int, ...]]


def compute_clip(job: Job) -> dict[str, Any]:
    """Compute the row of one clip, with a reason in `status` if it is left out."""
    clip_id, path, sha256, families, level, grid, segments = job
    row: dict[str, Any] = {"clip_id": clip_id, "sha256": sha256, "duration_s": "", "status": OK, "values": {}}
    try:
        recording = read_safely(path)
        row["duration_s"] = round(recording.duration_s, 3)
        if sum(clip.duration_s for clip in recording.clips) < WINDOW_S:
            row["status"] = f"too_short: {recording.duration_s:.2f} s, at least {WINDOW_S:g} s are needed"
            return row
        sound = sounding_parts(recording)
        if level_dbfs(sound.clips) < SILENT_DBFS:
            row["status"] = f"silent: the level is below {SILENT_DBFS:g} dBFS"
        elif sound.duration_s < WINDOW_S:
            row["status"] = f"too_short: {sound.duration_s:.2f} s of sound, at least {WINDOW_S:g} s are needed"
        else:
            compute = partial(
                extract, families=families, network=_network(), grid=grid, gain=gain_to(sound.clips, level),
                gain_for=families_at_level(families),
            )  # fmt: skip
            row["values"] = compute(sound.clips).values
            row["parts"] = {
                name: compute(part).values
                for number in segments
                for name, part in zip(part_names(number), cut(sound.clips, number), strict=False)
            }
    except GenreError as error:
        row["status"] = f"{error.kind}: {error}"
    except MemoryError:
        row["status"] = "unreadable: it needs more memory than there is"
    return row


def table_definition(
    amplify_to: float | None, grid: WindowGrid | None = None, segments: Sequence[int] = ()
) -> dict[str, Any]:
    """Return what a table's extractor.json holds: what defines the values of its features."""
    parts = {"segments": list(segments)} if segments else {}
    return {**extractor_constants(grid), "amplify_to_dbfs": amplify_to, **parts}


def table_grid(folder: Path, default: WindowGrid = OLD_GRID) -> WindowGrid:
    """Return where the network's windows lie in a table, `default` where it does not say so."""
    try:
        definition = dict(read_json(folder / "extractor.json"))
        for name in ("amplify_to_dbfs", "segments"):
            definition.pop(name, None)
        return grid_of(definition)
    except (OSError, ValueError, TypeError, ModelError):
        return default


def table_level(folder: Path, families: Sequence[str] = ()) -> float | None:
    """Return the level that quieter recordings of a table were amplified to, None where they were left as they are.

    With families, it is the one that these have: see `features.families.families_at_level`.
    """
    if families and set(families).isdisjoint(families_at_level(find_families(folder))):
        return None
    try:
        value = read_json(folder / "extractor.json")["amplify_to_dbfs"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return float(value) if isinstance(value, (int, float)) else None


def known_rows(out: Path, families: Sequence[str], definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return sha256 -> row of what an earlier run left in a table folder and its journal, for these families."""
    rows: dict[str, dict[str, Any]] = {}
    try:
        if read_json(out / "extractor.json") != definition:
            return {}  # another definition of the features
        clips = read_clips(out)
        frames = {family: read_family(out, family) for family in families}
        parts = parts_by_clip(out, families) if definition.get("segments") else {}
    except (OSError, ValueError, ModelError):
        clips, frames, parts = None, {}, {}
    if clips is not None:
        for clip in clips.to_dict("records"):
            if clip["status"] != OK:
                values: dict[str, float] | None = {}
            elif all(clip["clip_id"] in frame.index for frame in frames.values()):
                values = {k: v for frame in frames.values() for k, v in frame.loc[clip["clip_id"]].items()}
            else:
                values = None
            if values is not None and clip["sha256"]:
                rows[clip["sha256"]] = {**{k: clip[k] for k in ("duration_s", "sha256", "status")}, "values": values}
                rows[clip["sha256"]]["parts"] = parts.get(clip["clip_id"], {})
    for row in _journal_rows(out / JOURNAL, definition):
        if row["status"] != OK or set(columns_of(families)) <= row["values"].keys():
            rows[row["sha256"]] = row
    return rows


def _journal_rows(path: Path, definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the whole lines of a journal whose first line names this extractor; a torn end is ignored."""
    lines = read_journal(path)
    if next(lines, None) != definition:
        return
    for row in lines:
        if isinstance(row, dict) and all(isinstance(row.get(name), kind) for name, kind in ROW_FIELDS.items()):
            yield row


def preprocess(
    audio_dir: Path,
    out: Path,
    *,
    families: Sequence[str] = DEFAULT_FAMILIES,
    metadata: Path | None = None,
    jobs: int = 1,
    dask: str | None = None,
    fresh: bool = False,
    amplify_to: float | None = None,
    segments: Sequence[int] = (),
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Write the table of a folder of audio.

    Parameters
    ----------
    audio_dir : Path
        ``<genre>/<file>``, at any depth below the genre; files directly in the folder have no genre.
    out : Path
        The table's folder.
    families : sequence of str
        Which features.
    metadata : Path, optional
        A CSV with clip_id and any of group, split, genre, ...; joined on clip_id.
    jobs, dask : int, str
        See `parallel.run_many`.
    fresh : bool
        Compute everything again.
    amplify_to : float, optional
        Bring quieter recordings to this RMS level (dB of full scale) first; by default the table's own and, for a new
        table, that of its families (`features.families.default_level`).
    segments : sequence of int
        Beside each clip also so many equal parts of it, as further training rows; see `dataset.parts`.
    progress : callable
        Called with (clips done, clips to do).

    Raises
    ------
    SourceError, ModelError
        For a folder without audio, an unknown family, or faulty metadata.
    """
    columns_of(families)
    grid = WindowGrid() if fresh else table_grid(out, WindowGrid())  # a table goes on as it began
    if amplify_to is None:
        old = not fresh and (out / "extractor.json").is_file()
        amplify_to = table_level(out) if old else default_level(families)
    definition = table_definition(amplify_to, grid, segments)
    ids = clip_ids(audio_dir, find_audio(audio_dir))
    extra = read_metadata(metadata) if metadata else None
    out.mkdir(parents=True, exist_ok=True)
    known = {} if fresh else known_rows(out, families, definition)
    rows: dict[str, dict[str, Any]] = {}
    work: list[Job] = []
    for clip_id, path in ids.items():
        try:
            sha256 = song_sha256(path)
        except AudioError as error:
            reason = f"{error.kind}: {error}"
            rows[clip_id] = {"clip_id": clip_id, "sha256": "", "duration_s": "", "status": reason, "values": {}}
            continue
        if sha256 in known:
            rows[clip_id] = {**known[sha256], "clip_id": clip_id}
        else:
            work.append((clip_id, str(path.absolute()), sha256, tuple(families), amplify_to, grid, tuple(segments)))
    if work:
        kept = [definition, *known.values()]
        write_atomic(out / JOURNAL, "".join(json.dumps(line) + "\n" for line in kept))
        with (out / JOURNAL).open("a", encoding="utf-8") as journal:
            for done, (index, result) in enumerate(run_many(compute_clip, work, jobs=jobs, dask=dask), 1):
                if isinstance(result, GenreError):
                    clip_id, _, sha256, *_ = work[index]
                    status = f"{result.kind}: {result}"
                    result = {"clip_id": clip_id, "sha256": sha256, "duration_s": "", "status": status, "values": {}}
                rows[result["clip_id"]] = result
                journal.write(json.dumps(result) + "\n")
                journal.flush()
                if progress:
                    progress(done, len(work))
    _write(out, [rows[clip_id] for clip_id in ids], families, extra, definition)
    left_out = [(row["clip_id"], row["status"]) for row in rows.values() if row["status"] != OK]
    return Summary(len(rows), len(work), left_out, out)


def _write(
    out: Path, rows: list[dict[str, Any]], families: Sequence[str], extra: Any, definition: dict[str, Any]
) -> None:
    """Write the family files, then clips.csv, then forget the journal."""
    good = [row for row in rows if row["status"] == OK]
    for family in families:
        write_csv(
            out / f"{family}.csv",
            [{"clip_id": r["clip_id"], **r["values"]} for r in good],
            ("clip_id", *FAMILIES[family]),
        )
        write_parts(out, family, good)
    columns = list(CLIP_COLUMNS)
    clips = []
    for row in rows:
        parts = row["clip_id"].split("/")
        clip = {"genre": parts[0] if len(parts) > 1 else "", "group": "", "split": "", **row}
        if extra is not None and row["clip_id"] in extra.index:
            clip.update(
                {k: v for k, v in extra.loc[row["clip_id"]].items() if k not in ("duration_s", "sha256", "status")}
            )
        clips.append(clip)
    if extra is not None:
        columns += [column for column in extra.columns if column not in columns]
    write_csv(out / "clips.csv", clips, columns)
    write_atomic(out / "extractor.json", json.dumps(definition, indent=1) + "\n")
    (out / JOURNAL).unlink(missing_ok=True)

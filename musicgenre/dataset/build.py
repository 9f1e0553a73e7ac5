"""Compute the table of a folder of audio, reusing finished rows.

Finished clips go to a journal at once, so a run that is killed loses only the clips in work. A clip is known by the
hash of its content: moved or renamed files are not computed again.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from musicgenre.audio.decode import song_sha256
from musicgenre.audio.endings import AUDIO_SUFFIXES
from musicgenre.audio.recording import AMPLIFY_FIELD, LEVEL_FIELD, Level, read_level
from musicgenre.dataset.artists import folder_artist, in_one_spelling
from musicgenre.dataset.clip_rows import ClipJob, RowOptions, compute_clip, empty_row, read_tag_cells
from musicgenre.dataset.copies import COPIES
from musicgenre.dataset.metadata import Match, match_metadata, read_metadata
from musicgenre.dataset.parts import parts_by_clip, write_parts
from musicgenre.dataset.summary import Summary, count_genres, table_warnings
from musicgenre.dataset.table import (
    CLIP_COLUMNS,
    FILES,
    OK,
    TAG_COLUMNS,
    find_families,
    read_clips,
    read_family,
    write_csv,
)
from musicgenre.errors import AudioError, GenreError, ModelError, SourceError
from musicgenre.features.families import (
    FAMILIES,
    columns_of,
    default_level,
    extractor_constants,
    families_at_level,
    grid_of,
)
from musicgenre.features.musicnn import FEWER_WINDOWS, WindowGrid
from musicgenre.files import read_journal, read_json, write_atomic
from musicgenre.parallel import run_many
from musicgenre.sources.folders import HIDDEN_FOLDER, sound_files, unread_folder
from musicgenre.text import clean_title

JOURNAL = ".unfinished.jsonl"

ROW_FIELDS = {"sha256": str, "duration_s": str | float | int, "status": str, "values": dict}

DEFAULT_FAMILIES = ("mfcc", "chroma", "tempo", "zcr", "rolloff", "centroid", "musicnn", "musicnn_deep")


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
    """Return clip_id -> file: the path below the folder without its ending; where it is taken, with its ending."""
    found: dict[str, Path] = {}
    for path in files:
        name = path.relative_to(folder)
        short, whole = _text(name.with_suffix("")), _text(name)
        clip_id, number = (whole, 2) if short in found else (short, 2)
        while clip_id in found:  # names that differ in bytes that are no UTF-8
            clip_id, number = f"{whole} ({number})", number + 1
        found[clip_id] = path
    return found


def _text(path: Path) -> str:
    r"""Return a path as text that can be stored; bytes of a name that are no UTF-8 are written as \xNN."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def table_definition(
    level: Level | None, grid: WindowGrid | None = None, segments: Sequence[int] = (), *, copies: bool = False
) -> dict[str, Any]:
    """Return what a table's extractor.json holds: what defines the values of its features."""
    parts: dict[str, Any] = {"segments": list(segments)} if segments else {}
    if copies:
        parts["copies"] = list(COPIES)
    return {**extractor_constants(grid), **(level.fields() if level else {AMPLIFY_FIELD: None}), **parts}


def table_grid(folder: Path) -> WindowGrid:
    """Return where the network's windows lie in a table, or in a new one where it does not say so."""
    try:
        definition = dict(read_json(folder / "extractor.json"))
        for name in (LEVEL_FIELD, AMPLIFY_FIELD, "segments", "copies"):
            definition.pop(name, None)
        return grid_of(definition)
    except (OSError, ValueError, TypeError, ModelError):
        return WindowGrid()


def table_level(folder: Path, families: Sequence[str] = ()) -> Level | None:
    """Return the level that recordings of a table were brought to, None where they were left as they are.

    With families, it is the one that these have: see `features.families.families_at_level`.
    """
    if families and set(families).isdisjoint(families_at_level(find_families(folder))):
        return None
    try:
        return read_level(read_json(folder / "extractor.json"))
    except (OSError, ValueError, AttributeError):
        return None


def known_rows(out: Path, families: Sequence[str], definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return sha256 -> row of what an earlier run left in a table folder and its journal, for these families."""
    rows: dict[str, dict[str, Any]] = {}
    try:
        if read_json(out / "extractor.json") != definition:
            return {}  # another definition of the features
        clips = read_clips(out)
        frames = {family: read_family(out, family) for family in families}
        parts = parts_by_clip(out, families) if {"segments", "copies"} & definition.keys() else {}
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
                kept = ("duration_s", "sha256", "status", *(name for name in TAG_COLUMNS if name in clips))
                rows[clip["sha256"]] = {**{name: clip[name] for name in kept}, "values": values}
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
        if (
            isinstance(row, dict)
            and all(isinstance(row.get(name), kind) for name, kind in ROW_FIELDS.items())
            and all(isinstance(row.get(name, ""), str) for name in TAG_COLUMNS)  # older journals have none
        ):
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
    fewer_windows: bool = False,
    amplify_to: float | None = None,
    segments: Sequence[int] = (),
    copies: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Write the table of a folder of audio.

    Parameters
    ----------
    audio_dir, out : Path
        ``<genre>/<file>``, at any depth below the genre (files directly in the folder have none), and the table.
    families : sequence of str
        Which features.
    metadata : Path, optional
        A CSV with clip_id and any of group (or artist), split, genre, ...; see `dataset.metadata`.
    jobs, dask, fresh
        See `parallel.run_many`; compute everything again.
    fewer_windows : bool
        Let the pretrained network hear `FEWER_WINDOWS`; by default those of the table, and of a new one `WindowGrid()`.
    amplify_to : float, optional
        Bring quieter recordings to this RMS level (dB of full scale) first, and leave louder ones; by default the
        table's own level and, for a new table, that of its families for every recording (`default_level`).
    segments, copies : sequence of int, bool
        Further training rows beside each clip: so many equal parts of it (`dataset.parts`), changed copies
        (`dataset.copies`).
    progress : callable
        Called with (clips done, clips to do).

    Raises
    ------
    SourceError, ModelError
        For a folder without audio, an unknown family, or faulty metadata.
    """
    columns_of(families)
    # A table goes on as it began.
    grid = FEWER_WINDOWS if fewer_windows else WindowGrid() if fresh else table_grid(out)
    level = _level_of(None if fresh else out, families, amplify_to)
    definition = table_definition(level, grid, segments, copies=copies)
    ids = clip_ids(audio_dir, find_audio(audio_dir))
    given = match_metadata(read_metadata(metadata), ids, audio_dir) if metadata else None
    out.mkdir(parents=True, exist_ok=True)
    known = {} if fresh else known_rows(out, families, definition)
    rows, work = _known_and_new(ids, known, RowOptions(tuple(families), level, grid, tuple(segments), copies))
    _add_tags(rows, ids, jobs=jobs, dask=dask)
    if work:
        kept = [definition, *known.values()]
        write_atomic(out / JOURNAL, "".join(json.dumps(line) + "\n" for line in kept))
        rows |= _compute(work, out / JOURNAL, jobs=jobs, dask=dask, progress=progress)
    summary = _finish(out, ids, rows, families, given, definition, computed=[job.clip_id for job in work])
    return replace(summary, notes=(*_soundless(audio_dir, ids), *summary.notes))


def _level_of(old: Path | None, families: Sequence[str], amplify_to: float | None) -> Level | None:
    """Return the level that was asked for, else that of the table that goes on, else that of a new one."""
    if amplify_to is not None:
        return Level(amplify_to, louder_too=False)
    return table_level(old) if old and (old / "extractor.json").is_file() else default_level(families)


def _soundless(audio_dir: Path, ids: Iterable[str]) -> Iterator[str]:
    """Yield a sentence on the genres whose folders hold no sound file, if there are any."""
    genres = {clip_id.partition("/")[0] for clip_id in ids if "/" in clip_id}
    folders = (path for path in sorted(audio_dir.iterdir()) if path.is_dir() and not HIDDEN_FOLDER.match(path.name))
    names = [repr(clean_title(name, limit=60)) for path in folders if (name := _text(Path(path.name))) not in genres]
    if names:
        yield f"No sound file in the folder{'s' if len(names) > 1 else ''} {', '.join(names[:5])}."


def _finish(
    out: Path,
    ids: Mapping[str, Path],
    rows: Mapping[str, dict[str, Any]],
    families: Sequence[str],
    given: Match | None,
    definition: dict[str, Any],
    *,
    computed: Sequence[str],
) -> Summary:
    """Write the files of a table, and return what to say of it."""
    clips = [_clip_cells({**empty_row(clip_id, ""), **rows[clip_id]}, given) for clip_id in ids]
    spelling = in_one_spelling(clip["group"] for clip in clips)
    clips = [{**clip, "group": spelling.get(clip["group"], "")} for clip in clips]
    _write(out, clips, families, given, definition)
    write_csv(out / FILES, [{"clip_id": k, "path": _text(v.absolute())} for k, v in ids.items()], ("clip_id", "path"))
    left_out = [(row["clip_id"], row["status"]) for row in rows.values() if row["status"] != OK]
    good = [clip for clip in clips if clip["status"] == OK]
    counts = count_genres(good)
    return Summary(
        len(rows), sum(rows[clip_id]["status"] == OK for clip_id in computed), left_out, out, counts,
        sum(bool(clip["group"]) for clip in good),
        given.notes if given else (), tuple(table_warnings(good, counts)),
        sum(len(row.get("parts", {})) for row in rows.values()) if {"segments", "copies"} & definition.keys() else None,
    )  # fmt: skip


def _known_and_new(
    ids: Mapping[str, Path], known: Mapping[str, dict[str, Any]], options: RowOptions
) -> tuple[dict[str, dict[str, Any]], list[ClipJob]]:
    """Return the rows that are known or cannot be computed, by clip_id, and the jobs of the others."""
    rows: dict[str, dict[str, Any]] = {}
    work: list[ClipJob] = []
    for clip_id, path in ids.items():
        try:
            sha256 = song_sha256(path)
        except AudioError as error:
            rows[clip_id] = {**empty_row(clip_id, ""), "status": f"{error.kind}: {error}"}
            continue
        if sha256 in known:
            rows[clip_id] = {**known[sha256], "clip_id": clip_id}
        else:
            work.append(ClipJob(clip_id, str(path.absolute()), sha256, options))
    return rows, work


def _add_tags(rows: dict[str, dict[str, Any]], ids: Mapping[str, Path], *, jobs: int, dask: str | None) -> None:
    """Read the files' tags for rows of an older version, which have none."""
    untagged = [(clip_id, str(ids[clip_id].absolute())) for clip_id, row in rows.items() if "file_artist" not in row]
    for _, cells in run_many(read_tag_cells, untagged, jobs=jobs, dask=dask) if untagged else ():
        if not isinstance(cells, GenreError):
            rows[cells["clip_id"]] |= cells


def _compute(
    work: Sequence[ClipJob],
    journal_path: Path,
    *,
    jobs: int,
    dask: str | None,
    progress: Callable[[int, int], None] | None,
) -> dict[str, dict[str, Any]]:
    """Compute rows and append each to the journal at once; return them by clip_id."""
    rows: dict[str, dict[str, Any]] = {}
    with journal_path.open("a", encoding="utf-8") as journal:
        results = run_many(compute_clip, work, jobs=jobs, dask=dask, take_part=True)
        for done, (index, result) in enumerate(results, 1):
            if isinstance(result, GenreError):
                result = {**empty_row(work[index].clip_id, work[index].sha256), "status": f"{result.kind}: {result}"}
            rows[result["clip_id"]] = result
            journal.write(json.dumps(result) + "\n")
            journal.flush()
            if progress:
                progress(done, len(work))
    return rows


def _clip_cells(row: Mapping[str, Any], given: Match | None) -> dict[str, Any]:
    """Return the cells of a clip: what metadata says, else its own tags and the folders that it lies in."""
    clip_id = row["clip_id"]
    parts = clip_id.split("/")
    cells = given.cells.get(clip_id, {}) if given else {}
    clip = {"genre": parts[0] if len(parts) > 1 else "", "split": "", **row, **cells}
    return {**clip, "group": cells.get("group") or clip["file_artist"] or folder_artist(clip_id)}


def _write(
    out: Path,
    clips: list[dict[str, Any]],
    families: Sequence[str],
    given: Match | None,
    definition: dict[str, Any],
) -> None:
    """Write the family files, then clips.csv, then forget the journal."""
    good = [clip for clip in clips if clip["status"] == OK]
    for family in families:
        write_csv(
            out / f"{family}.csv",
            [{"clip_id": clip["clip_id"], **clip["values"]} for clip in good],
            ("clip_id", *FAMILIES[family]),
        )
        write_parts(out, family, good)
    columns = (*CLIP_COLUMNS, *TAG_COLUMNS, *(given.columns if given else ()))
    write_csv(out / "clips.csv", clips, tuple(dict.fromkeys(columns)))
    write_atomic(out / "extractor.json", json.dumps(definition, indent=1) + "\n")
    (out / JOURNAL).unlink(missing_ok=True)

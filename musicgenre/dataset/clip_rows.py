"""One clip -> its row of a table: features, those of its parts and changed copies, and what its file's tags say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from musicgenre.audio.recording import WINDOW_S, Clip, Excerpt, Level, gain_to, level_dbfs
from musicgenre.audio.sandbox import read_safely
from musicgenre.audio.silence import SILENT_DBFS
from musicgenre.audio.sounding import sounding_parts
from musicgenre.dataset.artists import tagged_artist
from musicgenre.dataset.copies import changed_copies
from musicgenre.dataset.parts import MARK, cut, part_names
from musicgenre.dataset.table import OK
from musicgenre.errors import GenreError
from musicgenre.features.extract import extract
from musicgenre.features.families import families_at_level
from musicgenre.features.musicnn import TagNetwork, WindowGrid


@lru_cache(maxsize=1)
def network() -> TagNetwork:
    """Return this process's network."""
    return TagNetwork()


@dataclass(frozen=True)
class RowOptions:
    """What is computed of every clip of a table.

    Parameters
    ----------
    families : tuple of str
    level : Level, optional
        What recordings are brought to.
    grid : WindowGrid
    segments : tuple of int
        Numbers of equal parts that are rows as well.
    copies : bool
        Whether changed copies are rows, too.
    """

    families: tuple[str, ...]
    level: Level | None = None
    grid: WindowGrid = WindowGrid()  # noqa: RUF009 - immutable
    segments: tuple[int, ...] = ()
    copies: bool = False


@dataclass(frozen=True)
class ClipJob:
    """A clip to compute: its id, file, the hash of its content, and what of it."""

    clip_id: str
    path: str
    sha256: str
    options: RowOptions


def compute_clip(job: ClipJob) -> dict[str, Any]:
    """Compute the row of one clip, with a reason in `status` if it is left out."""
    row: dict[str, Any] = {**empty_row(job.clip_id, job.sha256), "status": OK}
    try:
        recording = read_safely(job.path)
        row |= tag_cells(recording.tags)
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
            row["values"] = _values(sound.clips, sound.clips, job.options)
            row["parts"] = dict(_parts(sound.clips, job.options))
    except GenreError as error:
        row["status"] = f"{error.kind}: {error}"
    except MemoryError:
        row["status"] = "unreadable: it needs more memory than there is"
    return row


def _values(clips: Sequence[Clip], of: Sequence[Clip], options: RowOptions) -> dict[str, float]:
    """Return the features of clips that have the level of a recording's."""
    return extract(
        clips, options.families, network=network(), grid=options.grid, gain=gain_to(of, options.level),
        gain_for=families_at_level(options.families),
    ).values  # fmt: skip


def _parts(clips: Sequence[Clip], options: RowOptions) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the features of a recording's parts and changed copies, each with what is added to its clip_id."""
    for number in options.segments:
        for name, part in zip(part_names(number), cut(clips, number), strict=False):
            yield name, _values(part, clips, options)
    if options.copies:
        for name, copy in changed_copies(clips):
            yield MARK + name, _values(copy, copy, options)


def empty_row(clip_id: str, sha256: str) -> dict[str, Any]:
    """Return the row of a clip of which nothing is known yet."""
    return {"clip_id": clip_id, "sha256": sha256, "duration_s": "", "file_artist": "", "file_title": "", "values": {}}


def tag_cells(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the cells of a row that come from a file's own tags."""
    return {"file_artist": tagged_artist(tags), "file_title": tags.get("title", "")}


def read_tag_cells(job: tuple[str, str]) -> dict[str, Any]:
    """Return the tag cells of a clip that an older version computed without them; (clip_id, path) in."""
    clip_id, path = job
    try:
        tags = read_safely(path, excerpt=Excerpt(length_s=1.0)).tags
    except GenreError:
        tags = {}
    return {"clip_id": clip_id, **tag_cells(tags)}

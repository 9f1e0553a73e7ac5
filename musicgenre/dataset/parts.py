"""Parts of a clip as further training rows: halves, sixths, ... of what sounds in it.

A model that has only seen whole clips has never seen how the deviations of its features shrink in a short recording.
Parts train with their clip and share its weight and its group; nothing is measured on them. A table keeps them beside
each family, in ``FAMILY_parts.csv``, with the clip_id ``blues/song#2-of-6``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from musicgenre.audio.recording import WINDOW_S, Clip
from musicgenre.dataset.table import PARTS, read_parts, write_csv
from musicgenre.features.families import FAMILIES

MARK = "#"  # between a clip_id and its part


def cut(clips: Sequence[Clip], number: int) -> list[tuple[Clip, ...]]:
    """Cut a recording's sections into equal parts; none where a part has under 3 s in one piece.

    Parameters
    ----------
    clips : sequence of Clip
        The analysed sections, of one sample rate.
    number : int
        How many parts.
    """
    total = sum(len(clip.samples) for clip in clips)
    edges = [total * i // number for i in range(number + 1)]
    parts = []
    for first, last in zip(edges, edges[1:], strict=False):
        part, start = [], 0
        for clip in clips:
            samples = clip.samples[max(first - start, 0) : max(last - start, 0)]
            if len(samples) >= WINDOW_S * clip.sample_rate:
                part.append(replace(clip, samples=samples, pieces=()))
            start += len(clip.samples)
        parts.append(tuple(part))
    return parts if all(parts) else []


def part_names(number: int) -> list[str]:
    """Return what is added to a clip_id for each of its parts."""
    return [f"{MARK}{i}-of-{number}" for i in range(1, number + 1)]


def number_of(part_id: str) -> int:
    """Return how many parts its clip was cut into; 0 for what is none of several, but a copy."""
    number = part_id.rpartition("-of-")[2]
    return int(number) if number.isdecimal() else 0


def write_parts(out: Path, family: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the parts of a table's clips for a family, or remove the file where there are none."""
    parts = [
        {"clip_id": row["clip_id"] + name, **values} for row in rows for name, values in row.get("parts", {}).items()
    ]
    path = out / f"{family}{PARTS}.csv"
    if parts:
        write_csv(path, parts, ("clip_id", *FAMILIES[family]))
    else:
        path.unlink(missing_ok=True)


def clip_of(part_id: str) -> str:
    """Return the clip_id of the clip that a part belongs to."""
    return part_id.rpartition(MARK)[0]


def parts_by_clip(folder: Path, families: Sequence[str]) -> dict[str, dict[str, dict[str, float]]]:
    """Return clip_id -> name of a part -> its values, as `write_parts` takes them."""
    frame = read_parts(folder, families)
    rows: dict[str, dict[str, dict[str, float]]] = {}
    for part_id, values in {} if frame is None else frame.to_dict("index").items():
        rows.setdefault(clip_of(part_id), {})[part_id.removeprefix(clip_of(part_id))] = values
    return rows

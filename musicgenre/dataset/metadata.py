"""A CSV of metadata -> cells for the clips of a table: how its rows find their clips, and what finds none.

A row names a clip by its clip_id, or by the file's path, with or without its ending, with either slash, and in any
Unicode form. What cannot be used is counted with an example and never dropped silently.
"""

import csv
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from musicgenre.audio.endings import AUDIO_SUFFIXES
from musicgenre.dataset.table import TAG_COLUMNS, read_csv
from musicgenre.errors import ModelError
from musicgenre.files import read_file
from musicgenre.text import clean_title, counted

ID_COLUMNS = ("clip_id", "path", "file", "filename")  # the first that is not empty names the clip

SPLITS = ("train", "valid", "test")

MEASURED = ("duration_s", "sha256", "status", *TAG_COLUMNS)  # columns of clips.csv that no metadata changes

SEPARATORS = (",", ";", "\t")


@dataclass(frozen=True)
class Metadata:
    """The rows of a metadata file.

    Parameters
    ----------
    path : Path
        The file.
    columns : tuple of str
        Those that go to the table, `group` among them where the file has `artist` alone.
    rows : tuple of (str, mapping)
        The name that each row gives its clip, and its cells that are not empty.
    notes : tuple of str
        Sentences on what in the file is not used.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[tuple[str, Mapping[str, str]], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Match:
    """The cells that metadata gives to clips, by clip_id, their columns, and sentences on rows that give none."""

    cells: Mapping[str, Mapping[str, str]]
    columns: tuple[str, ...]
    notes: tuple[str, ...]


def read_metadata(path: Path | str, *, named_by: Sequence[str] = ID_COLUMNS) -> Metadata:
    """Read a metadata file: comma, semicolon or tab separated, a column that names the clip and any more.

    Parameters
    ----------
    path : Path
        The file.
    named_by : sequence of str
        The columns that may name the clip, the first choice first.

    Raises
    ------
    ModelError
        If it cannot be read, names no clips, or names one twice with the same words.
    """
    path = Path(path)
    frame = read_csv(path, separator=_separator(path), remake="save it as CSV (UTF-8)")
    frame.columns = [str(name).strip().casefold() for name in frame.columns]
    if frame.columns.has_duplicates:
        raise ModelError(f"{path} has two columns of one name; rename one")
    naming = [name for name in named_by if name in frame]
    if not naming:
        raise ModelError(f"{path} has no column 'clip_id'; the header must name it")
    id_column = naming[0]
    ids = frame[id_column]
    for other in naming[1:]:  # corrections of songs elsewhere have a path alone
        ids = ids.where(ids.str.strip() != "", frame[other])
    empty = [i for i, name in enumerate(ids) if not name.strip()]
    if empty:
        raise ModelError(f"{path}, line {empty[0] + 2}: the {id_column} is empty")
    twice = [i for i, again in enumerate(ids.duplicated()) if again]
    if twice:
        raise ModelError(
            f"{path}, line {twice[0] + 2}: the {id_column} {clean_title(ids.iloc[twice[0]])!r} occurs a second time; "
            "remove one row"
        )
    used = [name for name in frame.columns if name not in (*ID_COLUMNS, *MEASURED) and name]
    notes = []
    ignored = [name for name in MEASURED if name in frame]
    if ignored:
        notes.append(f"The columns {', '.join(ignored)} of {path} are not used: they are measured here.")
    if not used:
        notes.append(f"{path} changes nothing: it has none of the columns group, artist, genre, split.")
    records = frame[used].to_dict("records")
    cells = [{name: value.strip() for name, value in row.items() if value.strip()} for row in records]
    notes += _checked_splits(path, cells)
    if "artist" in used and "group" not in used:
        cells = [{**row, "group": row["artist"]} if "artist" in row else row for row in cells]
        used.append("group")
    return Metadata(path, tuple(used), tuple(zip(ids, cells, strict=True)), tuple(notes))


def _separator(path: Path) -> str:
    """Return what separates the columns: the first separator that makes a header with a column that names clips."""
    try:
        text = read_file(path).decode("utf-8-sig")
    except (OSError, ValueError):
        return ","  # `read_csv` says what is wrong
    head = next(iter(text.splitlines()), "")
    for separator in SEPARATORS:
        names = [name.strip().casefold() for name in next(csv.reader([head], delimiter=separator), [])]
        if set(names) & set(ID_COLUMNS):
            return separator
    return ","


def _checked_splits(path: Path, cells: list[dict[str, str]]) -> Iterator[str]:
    """Write the parts of a split as the table does, take others out, and yield a sentence on them."""
    odd = []
    for row in cells:
        if "split" in row:
            row["split"] = row["split"].casefold()
            if row["split"] not in SPLITS:
                odd.append(row.pop("split"))
    if odd:
        yield (
            f"{counted(len(odd), 'row')} of {path} have a split that is none of {', '.join(SPLITS)} and is left empty, "
            f"for instance {clean_title(odd[0])!r}."
        )


def match_metadata(metadata: Metadata, clips: Mapping[str, Path], folder: Path) -> Match:
    """Find the clip of each row.

    Parameters
    ----------
    metadata : Metadata
    clips : mapping
        clip_id to the file of the clip.
    folder : Path
        The folder of audio that the clips lie in.
    """
    names = _Names(clips, folder)
    cells: dict[str, Mapping[str, str]] = {}
    lost: list[str] = []
    doubtful: list[str] = []
    again: list[str] = []
    for name, row in metadata.rows:
        found = names.find(name)
        if len(found) == 1 and found[0] not in cells:
            cells[found[0]] = row
        else:
            (lost if not found else doubtful if len(found) > 1 else again).append(name)
    notes = list(metadata.notes)
    total, path = len(metadata.rows), metadata.path
    example = next(iter(clips), "")
    where = f"(a clip is named by its path below {folder}, such as {clean_title(example, limit=80)!r})"
    for missed, one, many in (
        (lost, f"matches no clip {where}", f"match no clip {where}"),
        (doubtful, "may mean several clips and is not used; write the file's ending",
         "may mean several clips and are not used; write the files' endings"),
        (again, "names a clip that an earlier row named and is not used",
         "name clips that earlier rows named and are not used"),
    ):  # fmt: skip
        if missed:
            notes.append(
                f"{len(missed)} of {total} rows of {path} {one if len(missed) == 1 else many}: {_quoted(missed)}."
            )
    unnamed = [clip_id for clip_id in clips if clip_id not in cells]
    if unnamed and cells:
        verb = "is" if len(unnamed) == 1 else "are"
        notes.append(f"{len(unnamed)} of {len(clips)} clips {verb} not named in {path}: {_quoted(unnamed)}.")
    return Match(cells, metadata.columns, tuple(notes))


def _quoted(names: list[str]) -> str:
    """Return the first of some names as an example."""
    shown = repr(clean_title(names[0], limit=80))
    return shown if len(names) == 1 else f"for instance {shown}"


class _Names:
    """The spellings by which clips are found, from the strictest to the loosest."""

    def __init__(self, clips: Mapping[str, Path], folder: Path) -> None:
        self._clips = clips
        self._roots = [f"{_plain(str(root))}/" for root in (folder, folder.absolute(), folder.resolve())]
        self._tables: list[dict[str, list[str]]] = [defaultdict(list) for _ in range(4)]
        by_id, by_file, by_stem, by_case = self._tables
        for clip_id, path in clips.items():
            file = _plain(path.relative_to(folder).as_posix())
            by_id[_plain(clip_id)].append(clip_id)
            by_file[file].append(clip_id)
            by_stem[_without_ending(file)].append(clip_id)
            for name in {_plain(clip_id), file, _without_ending(file)}:
                by_case[name.casefold()].append(clip_id)

    def find(self, name: str) -> list[str]:
        """Return the clips that a name may mean: those of the first way of reading it that finds any."""
        if name in self._clips:
            return [name]
        plain = _plain(name.strip())
        for text in (plain, *(plain.removeprefix(root) for root in self._roots if plain.startswith(root))):
            by_id, by_file, by_stem, by_case = self._tables
            stem = _without_ending(text)
            for table, key in (
                (by_file, text), (by_id, text), (by_stem, text), (by_id, stem), (by_stem, stem),
                (by_case, text.casefold()), (by_case, stem.casefold()),
            ):  # fmt: skip
                if key in table:
                    return table[key]
        return []


def _plain(name: str) -> str:
    """Return a path in one spelling: composed Unicode, forward slashes, no leading ``./``."""
    return unicodedata.normalize("NFC", name).replace("\\", "/").removeprefix("./").rstrip("/")


def _without_ending(name: str) -> str:
    """Return a path without the ending of a sound file."""
    stem, dot, ending = name.rpartition(".")
    return stem if dot and f".{ending.casefold()}" in AUDIO_SUFFIXES and stem else name

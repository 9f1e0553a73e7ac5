"""A table as arrays to train on: clips, groups, and songs of another origin."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from musicgenre.dataset.corrections import Corrected, apply_corrections
from musicgenre.dataset.corrections_file import SongCorrection
from musicgenre.dataset.parts import clip_of, number_of
from musicgenre.dataset.table import Table, read_table
from musicgenre.errors import ModelError
from musicgenre.features.families import FAMILIES
from musicgenre.inference.over_time import SEGMENT_S, stretch_count
from musicgenre.training.config import feature_columns

N_FOLDS = 5

TAG_COLUMNS = [column for column in FAMILIES["musicnn"] if column.startswith("tag_mean_")]


@dataclass(frozen=True)
class Parts:
    """Rows for parts of clips, which train with their clip and share its weight.

    Parameters
    ----------
    x : np.ndarray, shape (parts, columns)
        Their features.
    clip : np.ndarray, shape (parts,), int
        The row of the clip that each belongs to.
    stretch : np.ndarray, shape (parts,), bool
        Whether it is one of the stretches of about 10 s whose answers the classifier joins to that of the clip.
    copy : np.ndarray, shape (parts,), bool
        Whether it is no part, but a changed copy of the clip.
    """

    x: np.ndarray
    clip: np.ndarray
    stretch: np.ndarray
    copy: np.ndarray

    def subset(self, rows: np.ndarray, clips: int) -> "Parts":
        """Return the parts of some of the clips, which are numbered anew."""
        new = np.full(clips, -1)
        new[rows] = np.arange(len(rows))
        kept = new[self.clip] >= 0
        return Parts(self.x[kept], new[self.clip[kept]], self.stretch[kept], self.copy[kept])

    def without_copies(self) -> "Parts":
        """Return the parts that are no changed copies."""
        kept = ~self.copy
        return Parts(self.x[kept], self.clip[kept], self.stretch[kept], self.copy[kept])


@dataclass(frozen=True)
class Extra:
    """Out-of-domain training songs (further tables): in every training part, never in a test fold.

    Parameters
    ----------
    x, y, groups
        As in the training part; a group is a source.
    weak : np.ndarray, shape (n,), bool
        Labels that are less sure; the gated network counts them half.
    clips : pd.DataFrame
        Their rows of clips.csv.
    parts : Parts or None
        Parts of these songs.
    """

    x: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    weak: np.ndarray
    clips: Any = None
    parts: Parts | None = None

    def weights(self) -> np.ndarray:
        """Return 1 / sqrt(songs of the source), halved where the label is weak."""
        _, group, count = np.unique(self.groups, return_inverse=True, return_counts=True)
        return np.where(self.weak, 0.5, 1.0) / np.sqrt(count[group])

    def subset(self, rows: np.ndarray) -> "Extra":
        """Return some of the songs."""
        rows = np.arange(len(self.y))[rows]
        return Extra(
            self.x[rows], self.y[rows], self.groups[rows], self.weak[rows],
            None if self.clips is None else self.clips.iloc[rows].reset_index(drop=True),
            self.parts and self.parts.subset(rows, len(self.y)),
        )  # fmt: skip


@dataclass(frozen=True)
class Rows:
    """What a network is fitted to: clips, their parts and extra songs, row by row; `share` is the part of a clip."""

    x: np.ndarray
    y: np.ndarray
    groups: list[str]
    share: np.ndarray


SMALL_TABLE = 1000  # clips; a model of more has heard most of what it is asked


@dataclass(frozen=True)
class Data:
    """A table as arrays: features (n, columns), labels (n,), groups (n,), and the clips' own columns."""

    x: np.ndarray
    y: np.ndarray
    groups: np.ndarray
    columns: list[str]
    genres: list[str]
    clips: Any
    grouped: bool
    extra: Extra | None = None
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  # what is good to know and needs no mending
    parts: Parts | None = None
    tags: np.ndarray | None = None  # the table's tag means (`TAG_COLUMNS`), by which answers are explained
    is_small: bool = False  # the whole table, of which this may be a part: see `training.familiarity`

    def subset(self, rows: np.ndarray) -> "Data":
        """Return some of the rows."""
        clips = self.clips.iloc[rows].reset_index(drop=True)
        parts = self.parts and self.parts.subset(rows, len(self.y))
        tags = None if self.tags is None else self.tags[rows]
        return replace(
            self, x=self.x[rows], y=self.y[rows], groups=self.groups[rows], clips=clips, parts=parts, tags=tags
        )

    def training_part(self, train: np.ndarray, test: np.ndarray) -> "Data":
        """Return the rows to train on when others are tested: without songs of their artists or their recordings."""
        tested = self.clips.iloc[test]
        part = self.subset(train[~related(self.clips.iloc[train], tested)])
        if self.extra is None or self.extra.clips is None:
            return part
        return replace(part, extra=self.extra.subset(~related(self.extra.clips, tested)))

    def rows(self, *, copies: bool = True) -> Rows:
        """Return every row to fit to, changed copies of clips among them or not."""
        sources = [(self.x, self.y, self.groups, self.parts)]
        if self.extra is not None:
            extra = self.extra
            sources.append((extra.x, extra.y, np.array([f"extra {group}" for group in extra.groups]), extra.parts))
        x, y, groups, share = [], [], [], []
        for values, labels, names, every_part in sources:
            parts = every_part if copies or every_part is None else every_part.without_copies()
            which = np.arange(len(labels)) if parts is None else np.concatenate([np.arange(len(labels)), parts.clip])
            x.append(values if parts is None else np.concatenate([values, parts.x]))
            y.append(labels[which])
            groups.append(names[which])
            share.append(1.0 / np.bincount(which, minlength=len(labels))[which])
        return Rows(np.concatenate(x), np.concatenate(y), np.concatenate(groups).tolist(), np.concatenate(share))


def related(clips: Any, tested: Any) -> np.ndarray:
    """Say which clips may not train when others are tested, beside those of their group; shape (clips,), bool.

    Those of the same artist (column ``artist``: letters and digits, case-folded), and the same recording in GTZAN
    (column ``gtzan_id``: clip_ids divided by ";").
    """
    wrong = np.zeros(len(clips), bool)
    if "artist" in clips and "artist" in tested:
        artists = set(map(_letters, tested["artist"])) - {""}
        wrong |= clips["artist"].map(_letters).isin(artists).to_numpy()
    for one, other in ((clips, tested), (tested, clips)):
        if "gtzan_id" in one and "clip_id" in other:
            named = [set(cell.split(";")) - {""} for cell in one["gtzan_id"]]
            ids = set(other["clip_id"])
            if one is clips:
                wrong |= np.array([bool(ids & cell) for cell in named], bool)
            else:
                wrong |= clips["clip_id"].isin(set().union(*named)).to_numpy()
    return wrong


def _letters(name: str) -> str:
    """Return the letters and digits of a name, case-folded."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


# ---- groups and folds


def merge_duplicates(groups: Sequence[str], x: np.ndarray) -> np.ndarray:
    """Return groups in which clips with the same features share one: exact duplicates must not be split.

    Clips without a group become groups of their own.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    names = np.array([group or f"\0clip {i}" for i, group in enumerate(groups)])
    _, first, index = np.unique(names, return_index=True, return_inverse=True)
    _, copies = np.unique(np.ascontiguousarray(x, np.float32), axis=0, return_inverse=True)
    clips, count = np.arange(len(names)), len(first) + copies.max(initial=-1) + 1
    ends = np.concatenate([index, len(first) + copies.ravel()])  # a group and a row of features meet in each clip
    pairs = coo_array((np.ones(len(ends)), (ends, np.tile(clips, 2))), shape=(count, len(names)))
    _, component = connected_components(pairs @ pairs.T, directed=False)
    _, leader = np.unique(component[index], return_index=True)
    return names[leader][np.unique(component[index], return_inverse=True)[1]]


def only_genres(table: Table, genres: Sequence[str]) -> Table:
    """Return the clips of a table that have one of some genres; all if none is given."""
    kept = table.clips["genre"].isin(genres) if genres else table.clips["genre"].notna()
    clips, features = (frame[kept.to_numpy()].reset_index(drop=True) for frame in (table.clips, table.features))
    return replace(table, clips=clips, features=features)


def corrected_table(
    folder: Any, families: Sequence[str], *, genres: Sequence[str] = (), corrections: Sequence[SongCorrection] = ()
) -> Corrected:
    """Return a table with its corrections, and of it the clips of some genres.

    Raises
    ------
    ModelError
        If the table is at fault, or lacks one of the genres.
    """
    corrected = apply_corrections(read_table(folder, families), Path(folder), families, corrections)
    unknown = sorted(set(genres) - set(corrected.table.clips["genre"]))
    if unknown:
        raise ModelError(f"{folder} has no clip of the genre {unknown[0]!r}; check --genres")
    return replace(corrected, table=only_genres(corrected.table, genres))


def as_data(table: Table, feature_set: str) -> Data:
    """Return the arrays of a feature set, with duplicates grouped.

    A genre with a single clip cannot be learnt and measured: it is left out, with a warning.

    Raises
    ------
    ModelError
        If fewer than two genres have two clips.
    """
    columns = feature_columns(feature_set)
    counts = table.clips["genre"].value_counts()
    kept = table.clips["genre"].isin(counts[counts > 1].index).to_numpy()
    clips = table.clips[kept].reset_index(drop=True)
    genres = sorted(clips["genre"].unique())
    if len(genres) < 2:
        raise ModelError("a classifier needs at least two genres with two clips each; add folders or clips")
    warned = [
        f"Genre {name!r} has one clip only and is left out; add clips to its folder."
        for name in sorted(counts[counts == 1].index)
    ]
    x = table.features[columns].to_numpy(np.float64)[kept]
    y = np.searchsorted(genres, clips["genre"])
    grouped = bool((clips["group"] != "").any())
    groups = merge_duplicates(clips["group"], x)
    artists = {genre: len(np.unique(groups[y == g])) for g, genre in enumerate(genres)}
    warned += [
        f"All clips of {name!r} are by one artist: while they are held out, no model has learnt that genre, and "
        "none of them can be named rightly; add other artists."
        for name in genres
        if artists[name] == 1
    ]
    few = [name for name in genres if 1 < artists[name] < N_FOLDS]
    if few:
        what = "artists" if grouped else "clips"
        warned.append(f"Under {N_FOLDS} {what} each, so that their figures say little: {', '.join(few)}.")
    parts = _parts(table, clips, columns)
    small = len(y) <= SMALL_TABLE
    return Data(x, y, groups, columns, genres, clips, grouped, warnings=tuple(warned), parts=parts, is_small=small)


def _parts(table: Table, clips: Any, columns: Sequence[str]) -> Parts | None:
    """Return the parts of the clips that are used, None if the table has none."""
    if table.parts is None:
        return None
    row = {clip_id: i for i, clip_id in enumerate(clips["clip_id"])}
    owner = np.array([row.get(clip_of(part_id), -1) for part_id in table.parts.index], int)
    numbers = np.array([number_of(part_id) for part_id in table.parts.index], int)
    stretches = np.array([stretch_count(float(seconds or 0), SEGMENT_S) for seconds in clips["duration_s"]], int)
    kept = owner >= 0
    copy = numbers[kept] == 0
    stretch = (numbers[kept] == stretches[owner[kept]]) & ~copy
    return Parts(table.parts[list(columns)].to_numpy(np.float64)[kept], owner[kept], stretch, copy)


def as_extra(table: Table, data: Data) -> Extra:
    """Return the songs of a second table as extra training songs for `data`.

    A column `label` that says ``weak`` marks labels that are less sure.

    Raises
    ------
    ModelError
        If the second table has a genre that the first one lacks.
    """
    unknown = sorted(set(table.clips["genre"]) - set(data.genres))
    if unknown:
        raise ModelError(f"the extra table has the genre {unknown[0]!r}, which the first table lacks")
    x = table.features[data.columns].to_numpy(np.float64)
    y = np.searchsorted(data.genres, table.clips["genre"])
    weak = table.clips["label"].eq("weak").to_numpy() if "label" in table.clips else np.zeros(len(y), bool)
    groups = merge_duplicates(table.clips["group"], x)
    return Extra(x, y, groups, weak, table.clips, _parts(table, table.clips, data.columns))


def join_extras(extras: Sequence[Extra]) -> Extra:
    """Return several tables of extra songs as one."""
    import pandas as pd

    starts = np.cumsum([0, *(len(extra.y) for extra in extras)])
    parts = [(extra.parts, start) for extra, start in zip(extras, starts, strict=False) if extra.parts is not None]
    joined = Parts(
        np.concatenate([part.x for part, _ in parts]),
        np.concatenate([part.clip + start for part, start in parts]),
        np.concatenate([part.stretch for part, _ in parts]),
        np.concatenate([part.copy for part, _ in parts]),
    ) if parts else None  # fmt: skip
    x, y, groups, weak = (
        np.concatenate([getattr(extra, name) for extra in extras]) for name in ("x", "y", "groups", "weak")
    )
    clips = pd.concat([extra.clips for extra in extras], ignore_index=True).fillna("")
    return Extra(x, y, groups, weak, clips, joined)

"""What is in a table, genre by genre, and what to mend before training on it."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from musicgenre.dataset.artists import artist_key, in_one_spelling
from musicgenre.text import clean_title, counted

FEW_CLIPS = 20  # of a genre; with fewer the accuracy of a genre moves in steps of five points and more

ONE_ARTIST = 0.5  # share of a genre's clips from which one artist is what a model learns


@dataclass(frozen=True)
class GenreCount:
    """How many clips a genre has, how many artists (groups) are known among them, and the one with most clips."""

    genre: str
    clips: int
    groups: int
    largest_group: str
    largest_clips: int


@dataclass(frozen=True)
class Summary:
    """What a run did, and what the table holds now.

    Parameters
    ----------
    clips, computed : int
        In the table, and computed now.
    left_out : list of (clip_id, reason)
        Clips that cannot be used.
    folder : Path
        The table.
    genres : tuple of GenreCount
        Usable clips and artists of each genre.
    with_artist : int
        Usable clips whose group (artist) is known.
    notes : tuple of str
        What of the folder and the metadata was not used.
    warnings : tuple of str
        What would make a model weak or its figures untrue.
    further : int, optional
        Rows of parts and changed copies of clips, where they were asked for.
    """

    clips: int
    computed: int
    left_out: list[tuple[str, str]]
    folder: Path
    genres: tuple[GenreCount, ...] = ()
    with_artist: int = 0
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())
    further: int | None = None


def summary_lines(summary: Summary) -> list[str]:
    """Return what 00 says at its end: clips left out, clips and artists of each genre, and what to mend."""
    lines = [f"left out {clip_id}: {reason}" for clip_id, reason in summary.left_out]
    lines += [f"note: {note}" for note in summary.notes]
    if summary.genres:
        width = max(14, *(len(count.genre) for count in summary.genres))
        lines.append(f"{'genre':<{width}} {'clips':>6} {'artists':>8}")
        lines += [f"{count.genre:<{width}} {count.clips:>6} {count.groups or '-':>8}" for count in summary.genres]
    usable = summary.clips - len(summary.left_out)
    lines.append(
        f"{usable} clips in {summary.folder}, {summary.computed} computed now, {len(summary.left_out)} left out"
    )
    if summary.further is not None:
        lines.append(
            f"{counted(summary.further, 'row')} of parts and changed copies of the clips, which train with them"
        )
    if summary.genres:
        lines.append(_artists_line(summary.with_artist, usable))
    lines += [f"warning: {text}" for text in summary.warnings]
    return lines


def _artists_line(known: int, clips: int) -> str:
    """Return how many clips have an artist, and what that is good for."""
    if not known:
        return (
            "warning: No clip has an artist, so that one artist may stand in training and test and the figures be too "
            "high; tag the files, give each artist a folder below the genre, or name them with --metadata."
        )
    have = "all clips have" if known == clips else f"{known} of {clips} clips have"
    rest = "" if known == clips else "; each of the others counts as an artist of its own"
    return f"{have} an artist (from metadata, tags or folders), whose clips are kept together in every split{rest}"


def count_genres(clips: Sequence[Mapping[str, str]]) -> tuple[GenreCount, ...]:
    """Count the clips and groups of each genre, in alphabetical order; clips without a genre are not counted."""
    by_genre: dict[str, list[str]] = defaultdict(list)
    for clip in clips:
        if clip["genre"]:
            by_genre[clip["genre"]].append(clip["group"])
    found = []
    for genre in sorted(by_genre):
        groups = Counter(group for group in by_genre[genre] if group)
        name, most = groups.most_common(1)[0] if groups else ("", 0)
        found.append(GenreCount(genre, len(by_genre[genre]), len(groups), name, most))
    return tuple(found)


def table_warnings(clips: Sequence[Mapping[str, str]], counts: Sequence[GenreCount]) -> list[str]:
    """Return sentences on what would make a model of these clips weak, or its figures untrue."""
    warned = []
    flat = [clip["clip_id"] for clip in clips if not clip["genre"]]
    if flat:
        what = "All clips lie" if len(flat) == len(clips) else f"{_clips_lie(len(flat))}"
        warned.append(
            f"{what} directly in the folder and {'have' if len(flat) > 1 else 'has'} no genre, for instance "
            f"{clean_title(flat[0], limit=80)!r}: to train on them, put them into one folder a genre."
        )
    if len(counts) == 1:
        warned.append(f"There is only one genre, {counts[0].genre!r}; a classifier needs at least two.")
    for genre, first in in_one_spelling(count.genre for count in counts).items():
        if genre != first:
            warned.append(f"The genres {first!r} and {genre!r} differ only in spelling: give them one name.")
    few = [f"{count.genre} {count.clips}" for count in counts if count.clips < FEW_CLIPS]
    if few:
        warned.append(f"Few clips, so that a model learns little of them (20 are a start): {', '.join(few)}.")
    for count in counts:
        if count.clips > 1 and count.largest_clips >= ONE_ARTIST * count.clips:
            name = clean_title(count.largest_group, limit=60)
            warned.append(
                f"{count.largest_clips} of the {count.clips} clips of {count.genre} are by {name!r}: a model would "
                "learn that artist; add others."
            )
    return [*warned, *_repeated(clips)]


def _clips_lie(count: int) -> str:
    """Return how many clips lie somewhere, as words."""
    return f"{counted(count, 'clip')} lie{'s' if count == 1 else ''}"


def _repeated(clips: Sequence[Mapping[str, str]]) -> list[str]:
    """Return sentences on recordings that stand in two genres: the same file, or the same artist and title."""
    found: dict[tuple[str, str], list[Mapping[str, str]]] = defaultdict(list)
    for clip in clips:
        if clip["genre"]:
            if clip["sha256"]:
                found["file", clip["sha256"]].append(clip)
            artist, title = artist_key(clip.get("file_artist", "")), artist_key(clip.get("file_title", ""))
            if artist and title:
                found["song", f"{artist} {title}"].append(clip)
    pairs: dict[tuple[str, str], None] = {}
    for same in found.values():
        other = next((clip for clip in same if clip["genre"] != same[0]["genre"]), None)
        if other is not None:
            pairs[same[0]["clip_id"], other["clip_id"]] = None
    sentences = [
        f"The same recording stands in two genres, {clean_title(one, limit=80)!r} and {clean_title(two, limit=80)!r}: "
        "remove one."
        for one, two in pairs
    ]
    more = [f"{len(sentences) - 5} more recordings stand in two genres."] if len(sentences) > 5 else []
    return sentences[:5] + more

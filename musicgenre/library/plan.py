"""A plan of tags that a person can look through: written as a table, edited in a spreadsheet, applied as it then is.

Conventions
-----------
One row a song. What stands in `proposed` is written when the plan is applied, several genres with "; " between; a row
that is deleted, or whose `proposed` is emptied, writes nothing. `song` and `content` say which song is meant and what
was in it; a song that changed since is refused. The file begins with a byte order mark, without which spreadsheets
spoil what is not ASCII, and every text is safe from being taken for a formula.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from musicgenre.errors import GenreError, SourceError
from musicgenre.files import read_file, write_atomic
from musicgenre.library.changes import content_hash
from musicgenre.library.conditions import ALL, Selection
from musicgenre.library.genre_names import join_genres, split_genres
from musicgenre.library.store import Library
from musicgenre.library.tagging import GONE, Outcome, TagOptions, propose, says, sweep_folders, trouble, write_song
from musicgenre.text import clean_text, clean_title, csv_cell

COLUMNS = ("path", "existing", "proposed", "answer", "confidence", "note", "song", "content")

MAX_BYTES = 1_000_000_000

LONGEST = 18  # digits of a song's number that SQLite can hold

HASH = 16  # characters of a content's hash that tell it from others


@dataclass(frozen=True)
class Planned:
    """How many songs a plan lists, and for how many a genre is proposed."""

    songs: int
    proposed: int


@dataclass(frozen=True)
class Row:
    """One row of a plan: number and content of the song, and the genres to write; none for a row struck out."""

    line: int
    path: str
    song: int
    content: str
    genres: tuple[str, ...]


def write_plan(
    library: Library, path: Path, options: TagOptions, *, selection: Selection = ALL
) -> Planned:  # fmt: skip
    """Write what would become of the genre of every song; no song changes.

    Raises
    ------
    SourceError
        As `library.tagging.propose`, or if the plan cannot be written.
    """
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    songs = proposed = 0
    for proposal in propose(library, options, selection=selection):
        song = proposal.song
        texts = (str(song.path), join_genres(proposal.existing), join_genres(proposal.proposed), song.words)
        confidence = "" if song.confidence is None else f"{song.confidence:.2f}"
        content = f"id-{content_hash(library, song.key)[:HASH]}"
        rows.writerow([*map(csv_cell, texts), confidence, csv_cell(proposal.words), song.key, content])
        songs += 1
        proposed += bool(proposal.proposed)
    try:
        write_atomic(path, "\ufeff" + out.getvalue())
    except OSError as error:
        raise SourceError(f"{path} cannot be written ({error.strerror}); choose another name or folder") from error
    return Planned(songs, proposed)


def read_plan(path: Path) -> list[Row]:
    """Return the rows of a plan, also as a spreadsheet saved it: with semicolons or tabs, in the system's encoding.

    Raises
    ------
    SourceError
        If it is no plan, or a row of it names no song.
    """
    try:
        data = read_file(path, MAX_BYTES)
    except (OSError, ValueError) as error:
        raise SourceError(f"{path} cannot be read ({error}); write a plan with: tags plan {path}") from error
    text = _decoded(data)
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    lines = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    missing = [name for name in ("proposed", "song", "content") if name not in (lines.fieldnames or ())]
    if missing:
        raise SourceError(f"{path} is no plan: it has no column {missing[0]!r}; write one with: tags plan {path}")
    try:
        return [_row(values, line) for line, values in enumerate(lines, 2) if any(values.values())]
    except (ValueError, TypeError, csv.Error) as error:
        raise SourceError(f"{path} cannot be applied: {error}; write the plan anew") from error


def _row(values: dict[str, str | None], line: int) -> Row:
    """Return a row."""
    number, content = (values["song"] or "").strip(), (values["content"] or "").strip()
    if not number.isdecimal() or len(number) > LONGEST or not content.startswith("id-"):
        raise ValueError(f"row {line} does not say which song it means (columns 'song' and 'content')")
    genres = split_genres([_unquoted(values["proposed"] or "")])
    return Row(line, values.get("path") or "", int(number), content[len("id-") :], tuple(map(clean_title, genres)))


def _unquoted(cell: str) -> str:
    """Return what `csv_cell` made safe."""
    return cell[1:] if cell.startswith("'") and csv_cell(cell[1:]) == cell else cell


def _decoded(data: bytes) -> str:
    """Return the text of a table, by its byte order mark, as UTF-8, or as Windows writes it in the West."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def apply_plan(library: Library, path: Path, *, separator: str | None = None) -> Iterator[Outcome]:
    """Write just what a plan proposes, and yield what became of each of its songs.

    Parameters
    ----------
    separator : str or None
        See `TagOptions`.

    Raises
    ------
    SourceError
        As `read_plan`, or if another run writes tags.
    """
    rows = [row for row in read_plan(path) if row.genres]
    with library.alone():
        sweep_folders(library, ())
        for row in rows:
            yield _apply(library, row, separator)


def _apply(library: Library, row: Row, separator: str | None) -> Outcome:
    """Write the genres of one row."""
    song = library.any_song(row.song)
    if song is None:
        return Outcome(Path(clean_text(row.path)), "gone", f"row {row.line} names no song of this library; plan anew")
    if not song.path.is_file():
        return Outcome(song.path, "gone", GONE)
    try:
        if says(song.path, row.genres, separator, spelled=True):  # also by an earlier run that was interrupted
            return Outcome(song.path, "kept", f"it has the genre {', '.join(row.genres)}")
    except (GenreError, OSError) as error:
        return trouble(song.path, error, changed=library.is_changed(song.key))
    if content_hash(library, song.key)[:HASH] != row.content or library.is_changed(song.key):
        return Outcome(song.path, "failed", "it was changed since the plan was made; scan it and plan anew")
    return write_song(library, song, row.genres, separator)

"""What is known of a library as lines for a person, as JSON, and as tables."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from musicgenre.errors import SourceError
from musicgenre.files import write_atomic
from musicgenre.inference.wording import WITH_A_SET, in_sentence
from musicgenre.library.duplicates import Duplicate
from musicgenre.library.groups import Group
from musicgenre.library.playlists import Playlists
from musicgenre.library.scan import Scan
from musicgenre.library.similar import Neighbour
from musicgenre.library.songs import Song
from musicgenre.library.statistics import SHOWN, Statistics
from musicgenre.library.tagging import Outcome, Proposal
from musicgenre.terminal.console import say, show
from musicgenre.text import clean_text, clean_title, clock, counted, csv_cell

SONG_COLUMNS = (
    "path", "title", "artist", "album", "answer", "verdict", "genre", "confidence", "likely", "tags", "tempo_bpm",
    "file_tag", "duration_s", "other_models",
)  # fmt: skip
GROUP_COLUMNS = ("folder", "album", "artist", "answer", "confidence", "songs", "votes")
DUPLICATE_COLUMNS = ("group", "kind", "path", "artist", "title", "duration_s", "file_tag")
PROPOSAL_COLUMNS = ("path", "existing", "proposed", "note")

Others = Callable[[Song], dict[str, Song]]  # a song -> it with the answers of other models, by their names

SAID = {
    "mixed": "mixed", "uncertain": "not sure", "not_music": "not music", "silent": "silent", "too_short": "too short",
}  # fmt: skip


# ---- numbers and names


def how_long(hours: float) -> str:
    """Return a length in hours, minutes or seconds, whichever suits."""
    if hours >= 1:
        return f"{hours:.1f} hours"
    seconds = round(3600 * hours)
    return counted(round(seconds / 60), "minute") if seconds >= 60 else counted(seconds, "second")


def about(song: Song) -> str:
    """Return artist and title, as far as they are known."""
    return " - ".join(clean_title(part) for part in (song.artist, song.title) if part)


def per_cent(share: float | None) -> str:
    """Return a share in per cent, "" if there is none."""
    return "" if share is None else f"{share:.0%}"


# ---- a scan and statistics


def scan_words(found: Scan) -> str:
    """Return what a scan has found as a sentence."""
    more = f" ({found.again} heard before at another part)" if found.again else ""
    others = [f"{n} have answers of {clean_title(name)}, which stay" for name, n in found.others.items()]
    more += f" ({'; '.join(others)})" if others else ""
    return f"{counted(found.songs, 'song')} found, {found.to_do} of them new or changed{more}"


def summary(counts: Statistics) -> str:
    """Return the counts as lines: songs, hours, and how many of each genre."""
    verdicts = {**counts.verdicts, "uncertain": counts.verdicts.get("uncertain", 0) - counts.sets}
    parts = [f"{verdicts.get('genre', 0)} named", *[f"{counts.sets} {WITH_A_SET}"] * bool(counts.sets)]
    parts += [f"{verdicts[verdict]} {words}" for verdict, words in SAID.items() if verdicts.get(verdict)]
    parts += [counted(n, "error") for verdict, n in counts.verdicts.items() if verdict == "error"]
    gone = f"; {counts.missing} vanished" if counts.missing else ""
    lines = [f"{counted(counts.songs, 'song')}, {how_long(counts.hours)}: {', '.join(parts)}{gone}"]
    width = max((len(in_sentence(genre)) for genre in counts.genres), default=0)
    for genre, (named, unsure) in counts.genres.items():
        more = f"  (perhaps {unsure} more)" * (unsure > 0)
        lines.append(f"  {in_sentence(genre):<{width}}  {named:>7}  {named / counts.songs:4.0%}{more}")
    if counts.unanswered:
        lines.append(f"  {counted(counts.unanswered, 'song')} without an answer of {counts.model}: scan them with it")
    if counts.others:
        others = ", ".join(f"{clean_title(name)} ({n})" for name, n in counts.others.items())
        lines.append(f"  by {clean_title(counts.model)}; there are also answers of {others}: --model NAME")
    return "\n".join(lines) + "\n"


def details(counts: Statistics) -> str:
    """Return what a person may want to look into: contradicted tags, and unsure songs."""
    lines = []
    if counts.agreement is not None:
        lines.append(f"tags that name one of these genres: {sum(counts.tags.values())}, {counts.agreement:.0%} agree")
        others = sorted((-n, pair) for pair, n in counts.tags.items() if pair[0] != pair[1])
        lines += [
            f"  {-n:>7}  tagged {in_sentence(tag)}, sounds like {in_sentence(genre)}"
            for n, (tag, genre) in others[:SHOWN]
        ]
    if counts.contradicted:
        lines.append("the surest contradictions")
        lines += [
            f"  {clean_text(str(s.path))}: tagged {clean_title(s.tag_genre)}, {s.words} {s.confidence:.0%}"
            for s in counts.contradicted
        ]
    if counts.unsure:
        lines.append("least sure, worth a listen")
        lines += [
            f"  {clean_text(str(s.path))}: perhaps {in_sentence(s.genre or '')}, {per_cent(s.confidence) or 'not sure'}"
            for s in counts.unsure
        ]
    return "\n".join(lines) + "\n" * bool(lines) + errors(counts)


def errors(counts: Statistics) -> str:
    """Return the songs that could not be analysed as lines."""
    if not counts.errors:
        return ""
    lines = [f"  {clean_text(str(path))}: {clean_text(reason)}" for path, reason in counts.errors]
    more = counts.verdicts["error"] - len(lines)
    lines += [f"  and {more} more: find verdict:error lists all"] * (more > 0)
    return "\n".join(["not heard", *lines]) + "\n"


# ---- lists of songs


def song_line(song: Song, *, others: Others) -> str:
    """Return a song as one line: answer, how sure it is, tempo, artist and title, path, what other models say."""
    bpm = "" if song.tempo_bpm is None else f"{song.tempo_bpm:.0f}"
    words = f"{clean_title(song.words):<16} {per_cent(song.confidence):>4}  {bpm:>3}"
    said = "; ".join(f"{name}: {words}" for name, words in _other_words(song, others).items())
    return f"{words}  {about(song)}  [{clean_text(str(song.path))}]{f'  ({said})' if said else ''}"


def _other_words(song: Song, others: Others) -> dict[str, str]:
    """Return what other models say of a song in few words, by their names."""
    said = {name: f"{other.words} {per_cent(other.confidence)}".strip() for name, other in others(song).items()}
    return {clean_title(name): clean_title(words) for name, words in said.items()}


def group_line(group: Group) -> str:
    """Return a folder or album as one line: answer, votes, how many songs, what it is called, where it is."""
    votes = ", ".join(f"{n} {in_sentence(genre)}" for genre, n in group.votes[:3])
    name = " - ".join(clean_title(part) for part in (group.artist, group.name) if part)
    songs = counted(len(group.songs), "song")
    words = f"{group_words(group):<16} {per_cent(group.confidence):>4}  {songs}  {name}{f' ({votes})' if votes else ''}"
    return f"{words}  [{clean_text(str(group.folder))}]"


def group_words(group: Group) -> str:
    """Return the answer of a group in few words: "metal", or "metal?" without a majority of its songs."""
    return "no music" if group.genre is None else in_sentence(group.genre) + "?" * (not group.is_sure)


def similar_lines(text: str, found: Sequence[Neighbour]) -> Iterator[str]:
    """Yield the nearest songs with a heading."""
    yield f"{counted(len(found), 'song')} nearest to {clean_title(text)} (100% is the same sound)"
    for neighbour in found:
        song = neighbour.song
        words = f"{neighbour.similarity:5.0%}  {clean_title(song.words):<16}"
        yield f"{words}  {about(song)}  [{clean_text(str(song.path))}]"


def similar_record(neighbour: Neighbour) -> dict[str, Any]:
    """Return a neighbour as JSON-ready values."""
    song = neighbour.song
    return {
        "input": str(song.path), "distance": round(neighbour.distance, 4), "similarity": round(neighbour.similarity, 4),
        "artist": song.artist, "title": song.title, "verdict": song.verdict, "genre": song.genre,
    }  # fmt: skip


def duplicate_lines(found: Iterable[Duplicate]) -> Iterator[str]:
    """Yield songs that are there more than once, each with all its places."""
    for duplicate in found:
        first = duplicate.songs[0]
        what = "the same file" if duplicate.is_exact else "probably the same song"
        yield f"{what}, {len(duplicate.songs)} times: {about(first)} ({clock(first.duration_s or 0.0)})"
        yield from (f"  {clean_text(str(song.path))}" for song in duplicate.songs)


def playlist_lines(made: Playlists) -> Iterator[str]:
    """Yield the playlists with how many songs they have."""
    yield from (f"{one.songs:>7}  {clean_text(one.path.name)}" for one in made.lists)


def proposal_lines(proposals: Iterable[Proposal]) -> Iterator[str]:
    """Yield what would be written into each song; songs for which nothing would be are counted."""
    counts: dict[str, int] = {}
    for proposal in proposals:
        counts[proposal.kind] = counts.get(proposal.kind, 0) + 1
        if proposal.kind == "write":
            old = ", ".join(map(clean_title, proposal.existing)) or "(none)"
            new = ", ".join(map(clean_title, proposal.proposed))
            yield f"{old:<20} -> {new:<20} {clean_text(str(proposal.song.path))}"
    names = {"write": "would be written", "same": "there already", "unnamed": "without a certain answer"}
    said = (f"{n} {names.get(kind, kind)}" for kind, n in sorted(counts.items(), key=lambda item: -item[1]))
    yield ", ".join(said) or "no songs"


def outcomes_said(outcomes: Iterable[Outcome]) -> tuple[dict[str, int], list[Outcome]]:
    """Say what becomes of each song, as it becomes; return how many of each kind, and all outcomes."""
    counts: dict[str, int] = {}
    kept = []
    for outcome in outcomes:
        counts[outcome.kind] = counts.get(outcome.kind, 0) + 1
        kept.append(outcome)
        if outcome.kind not in ("kept", "not taggable"):
            say(f"{outcome.path}: {outcome.kind}: {outcome.words}")
    formats = {o.path.suffix.lower() or "no ending" for o in kept if o.kind == "not taggable"}
    which = {"not taggable": f" ({', '.join(sorted(formats))})"}
    said = ", ".join(f"{number} {kind}{which.get(kind, '')}" for kind, number in sorted(counts.items()))
    say(f"tags: {said or 'nothing to do'}")
    return counts, kept


# ---- JSON and tables


def song_record(song: Song, *, others: Others) -> dict[str, Any]:
    """Return a song as JSON-ready values, by the columns of its table."""
    values = (
        str(song.path), song.title, song.artist, song.album, song.words, song.verdict, song.genre, song.confidence,
        list(song.likely), list(song.tags), song.tempo_bpm, song.tag_genre, song.duration_s,
        _other_words(song, others),
    )  # fmt: skip
    return dict(zip(SONG_COLUMNS, values, strict=True))


def group_record(group: Group) -> dict[str, Any]:
    """Return a folder or album as JSON-ready values."""
    values = (
        str(group.folder), group.album, group.artist, group_words(group), group.confidence, len(group.songs),
        dict(group.votes),
    )  # fmt: skip
    return dict(zip(GROUP_COLUMNS, values, strict=True))


def duplicate_records(found: Iterable[Duplicate]) -> Iterator[dict[str, Any]]:
    """Yield a row for each place of songs that are there more than once."""
    for number, duplicate in enumerate(found, 1):
        kind = "same file" if duplicate.is_exact else "probably the same"
        for s in duplicate.songs:
            values = (number, kind, str(s.path), s.artist, s.title, s.duration_s, s.tag_genre)
            yield dict(zip(DUPLICATE_COLUMNS, values, strict=True))


def outcome_record(outcome: Outcome) -> dict[str, Any]:
    """Return what became of a song as a row."""
    return {"path": str(outcome.path), "outcome": outcome.kind, "note": outcome.words}


def proposal_record(proposal: Proposal) -> dict[str, Any]:
    """Return a proposal as a row."""
    values = (str(proposal.song.path), list(proposal.existing), list(proposal.proposed), proposal.words)
    return dict(zip(PROPOSAL_COLUMNS, values, strict=True))


def show_records(records: Iterable[dict[str, Any]], columns: Sequence[str], csv_path: str | None) -> None:
    """Write records as JSON lines, or as a table to a file or to standard output ("-"); say what was written.

    Raises
    ------
    SourceError
        If the file cannot be written.
    """
    if csv_path is None:
        for record in records:
            show(json.dumps(record) + "\n")
        return
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(columns)
    number = 0
    for record in records:
        rows.writerow([_cell(record[column]) for column in columns])
        number += 1
    if csv_path == "-":
        show(out.getvalue())
        return
    try:
        write_atomic(Path(csv_path), out.getvalue())
    except OSError as error:
        raise SourceError(f"{csv_path} cannot be written ({error.strerror}); choose another name or folder") from error
    say(f"table: {csv_path} ({counted(number, 'row')})")


@dataclass(frozen=True)
class Form:
    """How things of one kind are written: as a line, and as a record with these columns."""

    line: Callable[[Any], str]
    record: Callable[[Any], dict[str, Any]]
    columns: tuple[str, ...]


def song_form(others: Others) -> Form:
    """Return how songs are written, with what other models say of each."""
    return Form(partial(song_line, others=others), partial(song_record, others=others), SONG_COLUMNS)


GROUP_FORM = Form(group_line, group_record, GROUP_COLUMNS)


def show_list(found: Iterable[Any], form: Form, *, as_json: bool, csv_path: str | None) -> int:
    """Write songs or groups as lines for a person, or as `show_records`; return how many lines there were."""
    shown = 0
    if as_json or csv_path:
        show_records(map(form.record, found), form.columns, csv_path)
        return shown
    for one in found:
        show(form.line(one) + "\n")
        shown += 1
    return shown


def _cell(value: Any) -> Any:
    """Return a value of a record as a cell."""
    if isinstance(value, dict):
        value = "; ".join(f"{name} {number}" for name, number in value.items())
    if isinstance(value, list):
        value = "; ".join(map(str, value))
    return csv_cell(value) if isinstance(value, str) else value

"""The command line of a library: ``03_launch_classifier.py library FILE ...``, each use with a help of its own.

The names of the values are those of the parameters of the functions in `functions_interface`.
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from musicgenre.terminal.arguments import EXIT_USAGE, PLOT_SUFFIXES, Parser, filled, lost, seconds
from musicgenre.terminal.arguments import path as as_path

COMMAND = "03_launch_classifier.py library"

# What could be asked of a library before it had commands of its own -> the command that does it now.
MOVED = {
    "--stats": "stats", "--similar": "similar SONG", "--playlists": "playlists DIR", "--write-tags": "tags write",
    "--overwrite-tags": "tags write --overwrite", "--undo-tags": "tags undo",
    "--tag-confidence": "tags write --tag-confidence P", "--tag-count": "tags write --tag-count N",
    "--tag-separator": "tags write --tag-separator TEXT", "--tag-ignore": "tags write --tag-ignore GENRE",
}  # fmt: skip

DOC = """Keep the answers for many songs in one file, and use them.

{command} songs.sqlite scan my_music          # hear what is new or changed
{command} songs.sqlite find "genre:rock bpm:120-130"
{command} songs.sqlite tags plan plan.csv     # look, edit, then: tags apply plan.csv

COMMAND --help says more about each.
"""

COMMANDS = {
    "scan": ("hear the songs in folders that are new or changed", "scan my_music --csv answers.csv"),
    "stats": ("count genres, contradicted tags and unsure songs", "stats --plot songs.png"),
    "find": ("list songs, folders or albums", 'find "tag:electronic bpm:120-130 genre:pop" --by album'),
    "similar": ("list the nearest songs to a file or a link", "similar song.mp3 --top 20"),
    "playlists": ("write a playlist of each genre, the surest songs first", "playlists my_playlists --sets"),
    "duplicates": ("list songs that are there more than once", "duplicates --csv duplicates.csv"),
    "merge": ("add another machine's library", "merge other.sqlite"),
    "tags": ("plan, write and undo genres in the songs' own tags", "tags plan plan.csv"),
}
TAGS = {
    "plan": ("write a table of what would be written; no song changes", "tags plan plan.csv --by album"),
    "apply": ("write what the table proposes, as you left it", "tags apply plan.csv"),
    "write": ("write the genre into songs that have none", "tags write --tag-confidence 0.9 --dry-run"),
    "undo": ("restore every byte as it was", "tags undo"),
}
NEGATED = re.compile(r"-(?!h$|-|$)")  # how a query may begin that is none of the options

FIND = """Terms must all hold. A word is looked for in title, artist, album, path and file tag; a minus before a term
turns it round; commas part alternatives: genre:rock,metal; quotes hold spaces: artist:"Miles Davis".

  genre:pop  likely:rock (sets, too)  tag:electronic  verdict:uncertain  bpm:120-130  confidence:0.9-
  length:3:00-5:00  artist:  title:  album:  path:  tagged: (the file's own genre)
"""


def moved_option(words: Sequence[str]) -> str | None:
    """Return the sentence for an option that has become a command, None if there is none among the words."""
    at = words.index("--library") + 1 if "--library" in words else 0
    library = next((w.partition("=")[2] for w in words if w.startswith("--library=")), "FILE")
    library = words[at] if 0 < at < len(words) else library
    for word in words:
        name = word.partition("=")[0]
        if name in MOVED:
            return f"{name} is a command now: {COMMAND} {library} {MOVED[name]}"
    return None


def parse_library(words: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """Return the name of the command ("scan", "tags plan") and the values of its parameters."""
    parser = Parser(DOC.format(command=COMMAND), prog=COMMAND)
    parser.add_argument("library", type=as_path, metavar="FILE", help="the library, an SQLite file")
    uses = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=Parser)
    made = {name: _command(uses, name, *about) for name, about in COMMANDS.items() if name != "tags"}
    _fill(made)
    what, example = COMMANDS["tags"]
    tags = uses.add_parser("tags", help=what, description=f"{_sentence(what)}\n\n  {COMMAND} songs.sqlite {example}")
    kinds = tags.add_subparsers(dest="kind", metavar="KIND", required=True, parser_class=Parser)
    _fill_tags({name: _command(kinds, name, *about) for name, about in TAGS.items()})
    if name := next((w for w in words if w in MOVED and not (w.startswith("--tag-") and "tags" in words)), None):
        parser.exit(EXIT_USAGE, f"error: {moved_option([name, '--library', words[0]])}\n")
    if list(words[1:2]) == ["find"]:  # "-genre:pop" is a term, and no option: these have two dashes
        words = [f" {word}" if NEGATED.match(word) else word for word in words]
    values = vars(parser.parse_args(list(words)))
    from musicgenre.audio.recording import Excerpt  # numpy takes a while, and --help needs none
    from musicgenre.library.tagging import TagOptions

    command = " ".join(filter(None, (values.pop("command"), values.pop("kind", None))))
    _check(parser, values)
    if command == "scan":
        values["excerpt"] = Excerpt(values.pop("start_s"), values.pop("length_s"))
    if command in ("tags plan", "tags write"):
        how = {name: values.pop(name) for name in TAG_OPTIONS if name in values}
        values["options"] = TagOptions(**how)
    return command, values


def _sentence(what: str) -> str:
    """Return words as a sentence."""
    return f"{what[:1].upper()}{what[1:]}."


def _command(uses: Any, name: str, what: str, example: str) -> Parser:
    """Add a command with its help and an example."""
    more = f"\n{FIND}" if name == "find" else ""
    text = f"{_sentence(what)}\n\n  {COMMAND} songs.sqlite {example}\n{more}"
    made: Parser = uses.add_parser(name, help=what, description=text)
    return made


def _add(parsers: Sequence[Parser], *names: str, **about: Any) -> None:
    """Add an option to several commands."""
    for parser in parsers:
        parser.add_argument(*names, **about)


def _fill(made: dict[str, Parser]) -> None:
    """Add the options of all commands but those of tags."""
    from musicgenre.cpu import cpu_count

    scan, stats, find = made["scan"], made["stats"], made["find"]
    similar, playlists, duplicates = made["similar"], made["playlists"], made["duplicates"]
    _add([scan], "folders", nargs="+", type=as_path, metavar="DIR", help="folders and songs")
    _add([find], "query", nargs="?", default="", metavar="QUERY", help="what must hold; all songs without it")
    _add([similar], "song", type=filled, metavar="SONG", help="a file, a link, or a title with --search")
    _add([playlists], "folder", type=as_path, metavar="DIR", help="where the playlists are written")
    _add([made["merge"]], "other", type=as_path, metavar="OTHER", help="the other library; it stays as it is")
    _add([scan], "--model", type=filled, default="genres", metavar="NAME", help="model under models/, or its path")
    uses = [stats, find, similar, playlists, duplicates]
    _add(uses, "--model", type=filled, metavar="NAME", help="whose answers (default: genres, or the one there is)")
    narrowed = [stats, find, playlists, duplicates]
    _add(narrowed, "--in", dest="roots", action="append", default=[], type=as_path, metavar="DIR", help=IN)
    _add([scan], "--start", dest="start_s", type=seconds, metavar="S", help="hear only from here on: 90, 1:30")
    _add([scan], "--length", dest="length_s", type=seconds, metavar="S", help="hear only this many seconds")
    _add([scan], "--fresh", action="store_true", help="hear every song again")
    _add([scan], "--jobs", type=int, default=cpu_count(), metavar="N", help="processes (default: all processors)")
    _add([scan], "--dask", type=filled, metavar="ADDRESS", help="hear songs on the workers of this Dask scheduler")
    _add([find], "--by", choices=("song", "folder", "album"), default="song", help="list songs, folders or albums")
    _add([similar], "--top", type=int, default=10, metavar="K", help="how many songs (default: 10)")
    _add([similar], "--search", dest="search_titles", action="store_true", help="look for a title on YouTube")
    _add([stats], "--plot", type=as_path, metavar="FILE", help="draw a picture (.png, .svg, .pdf)")
    _add([playlists], "--sets", action="store_true", help='also of unsure songs: "rock or metal"')
    _add([playlists], "--dry-run", action="store_true", help="list the playlists, write none")
    _add([stats, similar], "--json", dest="as_json", action="store_true", help="JSON instead of lines")
    for parser in (scan, find, duplicates):
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--json", dest="as_json", action="store_true", help="a JSON object a line")
        form.add_argument("--csv", dest="csv_path", type=filled, metavar="FILE", help="write a table ('-': here)")


TAG_OPTIONS = ("overwrite", "confidence", "count", "separator", "ignore", "coarsen", "case", "by")

IN = "only songs in this folder (may be repeated)"


def _fill_tags(made: dict[str, Parser]) -> None:
    """Add the options of the commands of tags."""
    plan, apply, write, undo = (made[name] for name in TAGS)
    _add([plan, apply], "csv_path", type=as_path, metavar="CSV", help="the table")
    both = [plan, write]
    _add([*both, undo], "--in", dest="roots", action="append", default=[], type=as_path, metavar="DIR", help=IN)
    _add(both, "--by", choices=("song", "folder", "album"), default="song", help="whose answer; each song has one vote")
    _add(both, "--model", type=filled, metavar="NAME", help="whose answers (default: genres, or the one there is)")
    _add(both, "--overwrite", action="store_true", help="also where there is a genre; the old one is kept")
    _add(both, "--coarsen", action="store_true", help="with --overwrite also a kind of the genre: Death Metal")
    _add(both, "--tag-confidence", dest="confidence", type=float, default=0.0, metavar="P", help="from P (0 to 1) on")
    _add(both, "--tag-count", dest="count", type=int, default=1, metavar="N", help="up to N genres of at least 10 %%")
    _add(both, "--tag-case", dest="case", choices=CASES, default="name", help=SPELLED)
    _add(both, "--tag-ignore", dest="ignore", action="append", default=[], type=filled, metavar="A,B", help=IGNORE)
    _add([apply, write], "--tag-separator", dest="separator", type=filled, metavar="TEXT", help=JOIN)
    _add([write], "--dry-run", action="store_true", help="print what would be written as a table, write nothing")
    _add(
        [write], "--csv", dest="csv_path", type=filled, metavar="FILE", help="write what became of the songs as a table"
    )


CASES = ("name", "lower", "id")
SPELLED = "write Hip-Hop, hip-hop or hiphop (default: name)"
IGNORE = "genres that are never written (may be repeated)"
JOIN = "join several genres with it (default: values of their own)"


def _check(parser: argparse.ArgumentParser, values: dict[str, Any]) -> None:
    """End with a usage error if numbers or files do not fit."""
    start, length = values.get("start_s") or 0.0, 1.0 if values.get("length_s") is None else values["length_s"]
    if min(values.get("jobs", 1), values.get("top", 1), values.get("count", 1)) < 1:
        parser.error("--jobs, --top and --tag-count must be positive")
    if not 0 <= start < float("inf") or not 0 < length < float("inf"):
        parser.error("--length must be positive and --start not negative")
    if not 0 <= values.get("confidence", 0.0) <= 1:
        parser.error("--tag-confidence must be from 0 to 1")
    plot = values.get("plot")
    if plot and plot.suffix.lower() not in PLOT_SUFFIXES:
        parser.error(f"--plot FILE must end in {', '.join(PLOT_SUFFIXES)}")
    kept = [values["library"], *map(Path, values.get("folders", ())), *filter(None, [values.get("other")])]
    for name, target in (("--csv", values.get("csv_path")), ("--plot", plot)):
        if target and str(target) != "-" and (problem := lost(name, Path(target), kept)):
            parser.error(problem)

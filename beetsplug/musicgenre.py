"""Name the genre of a beets library's songs by their sound.

Enable it in beets' configuration, and say what should be other than the defaults shown here:

    plugins: musicgenre
    musicgenre:
        auto: yes            # classify at import
        force: no            # no: genres that are there stay; yes: they are replaced, and answers are made anew
        keep_existing: no    # with force: the genres that are there stay in front of the new ones
        whitelist: no        # a file of allowed genres, one a line; yes: those that the model knows; no: any
        count: 1             # genres of a song at most: the named one, then others of its set
        confidence: 0.0      # write only genres that are at least so sure, 0 to 1
        model: genres        # a model that comes with the program, or the path of one without its ending
        jobs: 0              # processes of the command; 0: as many as there are processors

    beet musicgenre                      # all songs without an answer
    beet musicgenre -f artist:bowie      # these again, and their genres are replaced
    beet musicgenre -p album:low         # show the answers, change nothing
    beet ls musicgenre_confidence:0.9.. musicgenre_bpm:120..130 musicgenre_tags:guitar

`force`, `keep_existing` and `whitelist` mean what they mean to beets' own plugin lastgenre: the whitelist also applies
to genres that are kept beside new ones. Its default is "no" here, so that none gets lost. Only songs with the verdict
"genre" get one; the others keep what they have. What the program says of every song stands in flexible fields:

- ``musicgenre_verdict``: genre, uncertain, mixed, not_music, silent or too_short
- ``musicgenre_genre``, ``musicgenre_confidence``: the best genre, also of an uncertain answer, and its probability
- ``musicgenre_set``: the likely genres, "Rock; Metal"
- ``musicgenre_tags``: what else the network hears, the strongest first, "guitar; 80s"
- ``musicgenre_bpm``: beats a minute
- ``musicgenre_model``: the model that answered

As with every plugin, an import "as is" keeps genres in the library alone until `beet write`; one with a match writes
them into the songs. Songs that cannot be read are lines of the log, and are tried again the next time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from beets import ui
from beets.dbcore import types
from beets.importer import ImportSession, ImportTask
from beets.library import Album, Item, Library
from beets.plugins import BeetsPlugin
from beets.util import displayable_path

FIELDS = {
    "musicgenre_verdict": types.STRING,
    "musicgenre_genre": types.STRING,
    "musicgenre_confidence": types.Float(2),
    "musicgenre_set": types.STRING,
    "musicgenre_tags": types.STRING,
    "musicgenre_bpm": types.Float(1),
    "musicgenre_model": types.STRING,
}


class MusicGenrePlugin(BeetsPlugin):
    """The command, and the stage of an import."""

    item_types = FIELDS

    def __init__(self) -> None:
        super().__init__()
        self.config.add(
            {
                "auto": True, "force": False, "keep_existing": False, "whitelist": False, "count": 1,
                "confidence": 0.0, "model": "genres", "jobs": 0, "pretend": False,
            }
        )  # fmt: skip
        if self.config["auto"].get(bool):
            self.import_stages = [self.imported]

    def commands(self) -> list[ui.Subcommand]:
        """Return the command ``beet musicgenre``."""
        command = ui.Subcommand("musicgenre", help="name genres by the sound")
        add = command.parser.add_option
        add("-p", "--pretend", action="store_true", help="show the answers but change nothing")
        add("-f", "--force", dest="force", action="store_true", help="replace genres, and answer again")
        add("-F", "--no-force", dest="force", action="store_false", help="leave genres as they are")
        add("-k", "--keep-existing", dest="keep_existing", action="store_true", help="with -f: add to the genres")
        add("-K", "--no-keep-existing", dest="keep_existing", action="store_false", help="with -f: do not add to them")
        command.func = self.run
        return [command]

    def run(self, lib: Library, opts: Any, args: list[str]) -> None:
        """Classify the songs of a query; raise `UserError` if the model or the whitelist cannot be loaded."""
        self.config.set_args(vars(opts))
        songs = list(lib.items(args))
        due = (
            songs
            if self._flag("force")
            else [song for song in songs if not song.get("musicgenre_verdict", with_album=False)]
        )
        if len(due) < len(songs):
            self._log.info("{} of {} songs have an answer; -f makes it anew", len(songs) - len(due), len(songs))
        self._classify(due, write=ui.should_write(), jobs=self.config["jobs"].get(int) or None)

    def imported(self, session: ImportSession, task: ImportTask) -> None:
        """Classify what an import adds; beets writes the tags afterwards."""
        try:
            # In this process, which keeps the model: others would start anew for every album.
            self._classify(task.imported_items(), write=False, jobs=1)
        except ui.UserError as error:
            self._log.error("no genres: {}", error)

    def _flag(self, name: str) -> bool:
        """Return an option that is yes or no."""
        return bool(self.config[name].get(bool))

    def _classify(self, items: Iterable[Item], *, write: bool, jobs: int | None) -> None:
        """Classify songs, store the answers, and give their albums the genres that their songs share."""
        from musicgenre import GenreError, classify_all

        allowed = self._whitelist()
        songs = [song for song in items if self._is_there(song)]
        changed: dict[int, Album] = {}
        try:
            answers = classify_all([song.filepath for song in songs], model=self.config["model"].as_str(), jobs=jobs)
            for song, answer in zip(songs, answers, strict=True):
                if answer.error:
                    self._log.warning("{}: {}", label(song), answer.error.message)
                    continue
                self._take(song, answer, allowed)
                if self._flag("pretend"):
                    continue
                song.try_sync(write=write, move=False)
                album = song.get_album()
                if album is not None and album.id is not None:
                    changed[album.id] = album
        except GenreError as error:
            raise ui.UserError(f"musicgenre: {error}") from error
        finally:
            for album in changed.values():
                self._update(album)

    def _is_there(self, song: Item) -> bool:
        """Return whether a song's file exists; log it if not."""
        there = song.filepath.is_file()
        if not there:
            self._log.warning("{}: the file is gone; beet update removes such songs", label(song))
        return bool(there)

    def _take(self, song: Item, answer: Any, allowed: set[str] | None) -> None:
        """Set the fields of a song, and its genres where the options let them be set."""
        for name, value in answer_fields(answer).items():
            if value is not None:
                song[name] = value
            elif song.get(name, with_album=False) is not None:
                del song[name]
        said = answer_words(answer)
        old = song.get("genres", with_album=False) or []
        if answer.verdict != "genre" or answer.confidence < self.config["confidence"].as_number():
            self._log.info("{}: {}", label(song), said)
            return
        if old and not self._flag("force"):
            self._log.info("{}: {}; {} stays", label(song), said, ", ".join(old))
            return
        if self.config["whitelist"].get() is True:
            allowed = {letters(genre) for genre in answer.probabilities} | {letters(name) for name in names(answer)}
        new = [
            name
            for genre, name in zip(likely(answer), names(answer), strict=True)
            if allowed is None or {letters(genre), letters(name)} & allowed
        ][: self.config["count"].get(int)]
        kept = (
            [name for name in old if allowed is None or letters(name) in allowed] if self._flag("keep_existing") else []
        )
        self._log.info("{}: {}{}", label(song), said, "" if new else ", which the whitelist leaves out")
        if new:
            there = {letters(name) for name in kept}
            song.genres = [*kept, *(name for name in new if letters(name) not in there)]

    def _update(self, album: Album) -> None:
        """Give an album the genres that half of its songs or more have; its own stay unless `force` is set."""
        if album.genres and not self._flag("force"):
            return
        lists = [genres for song in album.items() if (genres := song.get("genres", with_album=False))]
        counts = Counter(name for genres in lists for name in genres).most_common(self.config["count"].get(int))
        most = [name for name, count in counts if 2 * count >= len(lists)]
        if most:
            kept = album.genres if self._flag("keep_existing") else []
            album.genres = list(dict.fromkeys([*kept, *most]))
            album.store(inherit=False)

    def _whitelist(self) -> set[str] | None:
        """Return the letters of allowed genres, None where any is; raise `UserError` if the file cannot be read."""
        value = self.config["whitelist"].get()
        if value in (True, False, None, ""):
            return None
        try:
            lines = Path(value).expanduser().read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError, TypeError) as error:
            reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
            raise ui.UserError(f"musicgenre: the whitelist {value} cannot be read ({reason})") from error
        return {letters(line) for line in lines if line.strip() and not line.startswith("#")}


def label(song: Item) -> str:
    """Return how a line of the log calls a song: by its path where it has no title."""
    return str(song) if song.title else displayable_path(song.path)


def letters(name: str) -> str:
    """Return what two spellings of a genre have in common: Hip-Hop is hip hop."""
    return "".join(filter(str.isalnum, name.casefold()))


def likely(answer: Any) -> Sequence[str]:
    """Return the ids of the likely genres of an answer, the named one first."""
    others = [genre for genre in answer.likely or () if genre != answer.genre]
    return [answer.genre, *others] if answer.genre else others


def names(answer: Any) -> list[str]:
    """Return the likely genres as people write them."""
    from musicgenre import display_name

    return [display_name(genre) for genre in likely(answer)]


def answer_fields(answer: Any) -> dict[str, str | float | None]:
    """Return the values of `FIELDS` for an answer of `musicgenre.classify`; None where it has none."""
    from musicgenre import display_name

    return {
        "musicgenre_verdict": answer.verdict,
        "musicgenre_genre": display_name(answer.genre) if answer.genre else None,
        "musicgenre_confidence": answer.confidence,
        "musicgenre_set": "; ".join(names(answer)) if answer.likely else None,
        "musicgenre_tags": "; ".join(tag.name for tag in answer.tags or ()) or None,
        "musicgenre_bpm": answer.tempo_bpm,
        "musicgenre_model": answer.model,
    }


def answer_words(answer: Any) -> str:
    """Return what a line of the log says of an answer."""
    from musicgenre import display_name

    if answer.verdict == "genre":
        return f"{display_name(answer.genre)} ({answer.confidence:.0%})"
    return f"no genre: {answer.reason}"

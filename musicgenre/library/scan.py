"""Update the answers of a library from folders.

Conventions
-----------
A song is known by its size and time, then by the hash of its content: what did not change is not opened, what moved is
recognised, what vanished is marked and kept. Every answer is written as soon as it is there (journalled, WAL), so a
kill loses only the songs in work, and several runs can share one file. Memory does not grow with the library. An error
that does not come from the content of a song is tried again by the next run. Each model has answers of its own: another
one adds to what is known, and replaces nothing.
"""

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from musicgenre.audio.decode import song_sha256
from musicgenre.audio.recording import WHOLE, Excerpt
from musicgenre.audio.tags import read_genres
from musicgenre.audio.tracks import MAX_TITLE
from musicgenre.errors import AudioError, GenreError, SourceError
from musicgenre.inference.batch import answer_item, loaded_classifier
from musicgenre.inference.prediction import Prediction, error_prediction
from musicgenre.library.findings import Findings, Heard
from musicgenre.library.genre_names import join_genres, split_genres
from musicgenre.library.song_features import song_course, song_features
from musicgenre.library.store import DEFAULT_MODEL, Library, card_hash
from musicgenre.parallel import run_many
from musicgenre.sources.folders import sound_files, soundless_folder
from musicgenre.sources.inputs import Item
from musicgenre.sources.links import Source

Job = tuple[str, str, float | None, float | None]  # path, model, start, length


class Scan:
    """What was found below some folders, and what of it has to be analysed.

    Made by `scan`. It may be left at any time; what is answered is kept.

    Attributes
    ----------
    songs : int
        In all.
    to_do : int
        New or changed, or to be heard again.
    again : int
        Of these, the unchanged ones that this model has heard at another part; their answers are replaced.
    others : dict
        Names of other models -> how many of the songs to do have an answer of theirs, which stays.
    unread : tuple of str
        Folders that cannot be read, and why; nothing changes for the songs in them. Folders without sound.
    """

    def __init__(self, library: Library, job: tuple[str, float | None, float | None], findings: Findings) -> None:
        self._library, self._job, self._findings = library, job, findings
        self._told = 0
        self.songs, self.to_do, self.again = findings.counts()
        self.others = findings.others() if self.to_do else {}
        self.unread: tuple[str, ...] = ()

    def update(self, *, jobs: int = 1, dask: str | None = None) -> Iterator[None]:
        """Answer every song that is new or changed; yield after each that is written.

        Parameters
        ----------
        jobs, dask : int, str
            See `parallel.run_many`.

        Raises
        ------
        SourceError
            If the library cannot be written, or there is no such cluster.
        ModelError
            If the model cannot be loaded.
        """
        if not self.to_do:
            return
        loaded_classifier(self._job[0], 1)  # a model at fault is one sentence, not one for each song
        waiting: dict[int, tuple[int, Path, str]] = {}  # in work: number, path and hash
        ready: list[None] = []  # songs whose answers were there already
        with contextlib.closing(run_many(song_job, self._jobs(waiting, ready), jobs=jobs, dask=dask)) as results:
            for index, result in results:
                n, path, sha256 = waiting.pop(index)
                if isinstance(result, GenreError):
                    result = self._error(path, result)
                self._findings.keep(n, sha256, result)
                yield None
                yield from ready
                ready.clear()
        yield from ready

    def answers(self) -> Iterator[Prediction]:
        """Yield the answers of the songs in order: those not yet yielded, up to the first that is still open."""
        for n, prediction in self._findings.answers(self._told):
            self._told = n
            yield prediction

    def close(self) -> None:
        """Forget what was found."""
        self._findings.clear()

    def __enter__(self) -> "Scan":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):  # the library says what is wrong with it
            self.close()

    def _jobs(self, waiting: dict[int, tuple[int, Path, str]], ready: list[None]) -> Iterator[Job]:
        """Yield the jobs of songs to analyse; moved, copied and merely touched ones need none."""
        index = 0
        model, start_s, length_s = self._job
        for n, path in self._findings.unanswered():
            try:
                sha256 = song_sha256(path)
            except AudioError as error:
                self._findings.keep(n, "", self._error(path, error))
                ready.append(None)
                continue
            if self._findings.take_over(n, sha256):
                ready.append(None)
                continue
            waiting[index] = n, path, sha256
            index += 1
            yield str(path), model, start_s, length_s

    def _error(self, path: Path, error: GenreError) -> Heard:
        """Return the answer for a song that could not be analysed."""
        return Heard(error_prediction(str(path), error, model=Path(self._job[0]).name), None, None, {})


def scan(
    library: Library,
    roots: Sequence[str | Path],
    *,
    model: str = DEFAULT_MODEL,
    excerpt: Excerpt = WHOLE,
    fresh: bool = False,
) -> Scan:
    """Compare names, sizes and times below some folders with what is known, and mark what vanished.

    No sound file is opened; `Scan.update` hears what is new or changed.

    Parameters
    ----------
    library : Library
        See `library.store.open_library`.
    roots : sequence of path-like
        Folders and files.
    model : str
        Name under models/, or a path. The answers of other models stay as they are.
    excerpt : Excerpt
        Hear only this part; an answer for another part counts as old.
    fresh : bool
        Whether every answer of this model counts as old.

    Raises
    ------
    SourceError
        If a root is not there.
    ModelError
        If there is no such model.

    Examples
    --------
    >>> with open_library(Path("songs.sqlite")) as library, scan(library, ["my_music"]) as found:
    ...     for _ in found.update(jobs=2):
    ...         pass
    ...     answers = list(found.answers())
    """
    number = library.model_number(Path(model).name, card_hash(model))
    findings = Findings(
        library, model=number, part=(excerpt.start_s, excerpt.length_s), fresh_from=time.time() if fresh else 0.0
    )  # fmt: skip
    unread: dict[str, str] = {}
    soundless: list[str] = []
    with findings.noting():
        for root in roots:
            if not _look_at(findings, root, unread):
                soundless.append(str(soundless_folder(str(root))))
    findings.mark_missing(roots, list(unread))
    found = Scan(library, (model, excerpt.start_s, excerpt.length_s), findings)
    found.unread = (*unread.values(), *soundless)
    return found


def _look_at(findings: Findings, root: str | Path, unread: dict[str, str]) -> bool:
    """Note the songs below a folder, or one file; add folders that cannot be read, with a sentence.

    Returns whether there was a song, or a folder that may hold some.
    """
    try:
        top = Path(root).resolve()
        there = top.exists()
    except (OSError, ValueError, RuntimeError):  # no possible name of a file
        there = False
    if not there:
        raise SourceError(f"there is no file or folder {str(root)!r}; a library holds files, not links or titles")
    if not top.is_dir():
        if not top.is_file():
            raise SourceError(f"{str(root)!r} is not a regular file; give a sound file")
        with os.scandir(top.parent) as entries:
            findings.note(str(top.parent), [entry for entry in entries if entry.name == top.name])
        return True

    def note_unread(place: str, error: OSError) -> None:
        unread[place] = f"{place!r} cannot be read ({error.strerror}); its songs are kept as they were"

    before, found = len(unread), False
    folder, batch = "", list[os.DirEntry[str]]()
    for entry in sound_files(top, unread=note_unread):
        here = entry.path[: -len(entry.name)]
        if here != folder:
            findings.note(folder, batch)
            folder, batch = here, []
        batch.append(entry)
        found = True
    findings.note(folder, batch)
    return found or len(unread) > before


def song_job(job: Job) -> Heard:
    """Classify one song in a worker."""
    path, model, start_s, length_s = job
    item = Item(path, Source("file", path))
    analysis = answer_item(loaded_classifier(model, 1), item, excerpt=Excerpt(start_s, length_s))
    features = course = None
    if analysis.prediction.probabilities and analysis.features and analysis.features.windows:
        deep = analysis.features.windows.deep
        features, course = song_features(deep).tobytes(), song_course(deep)
    tags = {**analysis.recording.tags, **_genre_tag(Path(path))} if analysis.recording else {}
    return Heard(analysis.prediction, features, None if course is None else course.tobytes(), tags)


def _genre_tag(path: Path) -> dict[str, Any]:
    """Return all genres in a song's tags, as far as its format is known here."""
    try:
        return {"genre": join_genres(split_genres(read_genres(path)))[:MAX_TITLE]}
    except (AudioError, OSError):
        return {}

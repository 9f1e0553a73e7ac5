"""What a user gave -> the things to classify, in order: folders and playlists opened, titles searched for.

An input that leads nowhere becomes an item with its error, so that it gets an answer in its place.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from musicgenre.errors import GenreError, SourceError
from musicgenre.sources.folders import sound_files, soundless_folder, unread_folder
from musicgenre.sources.links import Source, input_name, resolve, video_source
from musicgenre.sources.search_result import SearchResult
from musicgenre.sources.youtube import Candidate, best_match, playlist, search
from musicgenre.task import UNATTENDED, Task
from musicgenre.text import clean_title


@dataclass(frozen=True)
class Item:
    """One thing to classify.

    Parameters
    ----------
    input : str
        What to call it in the answer: the text given, the file in a folder, or the link in a playlist.
    source : Source, optional
        Of the kind ``file``, ``folder`` (one without sound, with its error) or ``video``; None if there is an error.
    title : str, optional
        Where it is known already.
    error : GenreError, optional
        Why there is nothing to classify.
    candidates : tuple of Candidate
        What a search found; `chosen` is the one that `source` stands for.
    playlist : str
        The title of the playlist that it is of.
    """

    input: str
    source: Source | None = None
    title: str | None = None
    error: GenreError | None = None
    candidates: tuple[Candidate, ...] = ()
    chosen: Candidate | None = None
    playlist: str = ""

    def search_results(self) -> list[SearchResult]:
        """Return the candidates as parts of an answer."""
        return [
            SearchResult(
                candidate.title, candidate.channel, candidate.duration_s, candidate.source.value,
                chosen=candidate == self.chosen,
            )
            for candidate in self.candidates
        ]  # fmt: skip


def expand_inputs(
    texts: Sequence[str],
    *,
    search_titles: bool = False,
    cookies_from_browser: str | None = None,
    task: Task = UNATTENDED,
) -> Iterator[Item]:
    """Yield the items of all inputs in order; YouTube is asked when the turn of a playlist or a title comes.

    Parameters
    ----------
    texts : sequence of str
        Files, folders and links, or titles.
    search_titles : bool
        Whether a text that is no link is a title. Otherwise it is a file that is not there: a slip in a name should
        not be sent to YouTube.
    cookies_from_browser : str, optional
        See `sources.download.fetch`.
    task : Task
        Takes the progress, and says whether to stop.

    Raises
    ------
    Cancelled
        If the task was cancelled.
    """
    for text in texts:
        try:
            source = resolve(text, files=not search_titles)
            if source.kind == "folder":
                yield from _folder_items(input_name(text, source))
            elif source.video_ids:
                for video_id in source.video_ids:
                    video = video_source(video_id)
                    yield Item(video.value, video)
            elif source.kind == "playlist":
                for entry in playlist(source, task=task, cookies_from_browser=cookies_from_browser):
                    there = None if entry.error else entry.source
                    yield Item(entry.link, there, entry.title, entry.error, playlist=entry.playlist)
            elif source.kind == "search" and search_titles:
                candidates = search(source.value, task=task)
                chosen = best_match(candidates, title=source.value)
                yield Item(text, chosen.source, chosen.title, candidates=tuple(candidates), chosen=chosen)
            elif source.kind == "search":
                raise SourceError(
                    f"there is no file {clean_title(text)!r}; check the spelling, or add --search to look for a title"
                )
            else:
                yield Item(input_name(text, source), source)
        except GenreError as error:
            yield Item(text, error=error)


def _folder_items(text: str) -> Iterator[Item]:
    """Yield the sound files of a folder in a stable order; a folder without sound stays, for an answer of its own.

    So does one that cannot be read.
    """
    found = False
    problems: list[Item] = []

    def unread(folder: str, error: OSError) -> None:
        problems.append(Item(folder, error=unread_folder(folder, error)))

    for entry in sound_files(text, unread=unread):
        found = True
        yield Item(entry.path, Source("file", entry.path))
    yield from problems
    if not found and not problems:
        yield Item(text, Source("folder", text), error=soundless_folder(text))

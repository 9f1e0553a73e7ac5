"""Inputs that stand for others: the files of a folder, the videos of a playlist, what a search for a title finds."""

import contextlib
import io
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from musicgenre.engine.message_parts import FoundInput
from musicgenre.engine.messages import Classify, Event, InputsFound, ThumbnailFound, VideosFound
from musicgenre.sources.search_result import SearchResult
from musicgenre.task import Task

if TYPE_CHECKING:
    from musicgenre.sources.inputs import Item
    from musicgenre.sources.youtube import Candidate

THUMBNAIL = (96, 54)  # pixels at 100 %
Progress = Callable[[str, float], None]
Cancelled = Callable[[], bool]


class Search:
    """Looks up what an input stands for.

    Parameters
    ----------
    tell : callable
        Takes events.
    """

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self._tell = tell

    def videos(self, request: Classify, words: str, task: Task) -> None:
        """Search for a title; thumbnails follow."""
        from musicgenre.sources.youtube import search

        found = search(words, task=task)
        videos = tuple(SearchResult(one.title, one.channel, one.duration_s, one.source.value) for one in found)
        self._tell(VideosFound(request.job, videos))
        self._thumbnails(request.job, found)

    def inputs(self, request: Classify, task: Task) -> None:
        """List the files of a folder or the videos of a playlist."""
        from musicgenre.sources.inputs import expand_inputs

        items = list(expand_inputs([request.text], task=task))
        found = tuple(self._found(item, request) for item in items)
        self._tell(InputsFound(request.job, found, next((item.playlist for item in items if item.playlist), "")))

    def _found(self, item: "Item", request: Classify) -> FoundInput:
        """Return what a folder or playlist holds in one place; a part that cannot be read has its answer."""
        from musicgenre.errors import GenreError
        from musicgenre.inference.prediction import error_prediction

        failed = error_prediction(item.input, item.error, model=request.model, title=item.title) if item.error else None
        if item.source and item.source.kind == "folder":
            error = GenreError("this folder holds no sound files", "not_found")
            failed = error_prediction(item.input, error, model="", title=request.text)
        return FoundInput(item.input, item.title, failed)

    def _thumbnails(self, job: int, candidates: "Sequence[Candidate]") -> None:
        """Fetch the thumbnails of search results in threads; whatever comes, comes."""

        def fetch(index: int, candidate: "Candidate") -> None:
            from musicgenre.sources.youtube import preview

            with contextlib.suppress(Exception):
                shown = preview(candidate.source)
                if shown and shown.thumbnail:
                    self._tell(ThumbnailFound(job, index, _ppm_of_jpeg(shown.thumbnail)))

        for index, candidate in enumerate(candidates):
            threading.Thread(target=fetch, args=(index, candidate), daemon=True).start()


def _ppm_of_jpeg(data: bytes) -> bytes:
    """Return a thumbnail as a small PPM image."""
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        image.draft("RGB", (2 * THUMBNAIL[0], 2 * THUMBNAIL[1]))
        small = image.convert("RGB").resize(THUMBNAIL)
    return b"P6 %d %d 255\n" % THUMBNAIL + small.tobytes()

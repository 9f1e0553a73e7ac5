"""A video that a search found, as a part of an answer."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SearchResult:
    """A video that a search for a title found; `chosen` is the one that was classified."""

    title: str
    channel: str
    duration_s: float
    link: str
    chosen: bool = False

"""What the genre tags of a song say in terms of a model's genres.

Conventions
-----------
`kinds.csv` lists kinds of music (ID3's 192 genres, and the usual names of Discogs, MusicBrainz and beets) with those of
our genres that each belongs to, the nearest first, or none. Names are compared by their letters and digits only: case,
hyphens, spaces and Unicode's forms (NFC, NFD) make no difference, "&" is "and". What is not listed is looked into word
by word, never by parts of words; its last known words count, as in English: "Finnish folk metal" is metal.
"""

import csv
import functools
import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from musicgenre.genres import NAMES, wider

KINDS = Path(__file__).with_name("kinds.csv")
LISTED_BY = re.compile(r"[;\0]")  # what divides the genres of one text, whoever wrote it
ALSO_LISTED_BY = re.compile(r"[/,|+\\]| - ")  # what may divide them or belong to a name: "Pop/Rock", "Jazz+Funk"
TURNED = ("non", "not", "no")  # words that make the next one mean the contrary
LONGEST = 6  # words of a kind


def split_genres(texts: Iterable[str]) -> list[str]:
    """Return the single genres in the values of tags: "Rock; Jazz" are two; each once."""
    parts = (part.strip() for text in texts for part in LISTED_BY.split(text))
    found: dict[str, str] = {}
    for part in parts:
        if part:
            found.setdefault(key(part), part)
    return [*found.values()]


def join_genres(genres: Sequence[str]) -> str:
    """Return genres as the one text that a library keeps of them; `split_genres` takes it apart."""
    return "; ".join(genres)


def words_of(text: str) -> list[str]:
    """Return the words of a name as they are compared."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("&", " and ")
    return "".join(char if unicodedata.category(char)[0] in "LMN" else " " for char in plain).split()


def key(text: str) -> str:
    """Return what two names of one genre have in common: Hip-Hop is hiphop."""
    return "".join(words_of(text)) or unicodedata.normalize("NFKC", text).casefold().strip()


def listed(text: str, genres: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return those of some genres that a text lists with commas, and the names in it that are none of them.

    A genre's own name may have commas, too: "Folk, World, & Country, Rock" are two.
    """
    known = {key(genre): genre for genre in reversed(genres)}
    known |= {key(NAMES[genre]): genre for genre in genres if genre in NAMES}
    parts = [part.strip() for part in text.split(",") if part.strip()]
    found, unknown = list[str](), list[str]()
    at = 0
    while at < len(parts):
        stops = (stop for stop in range(len(parts), at, -1) if key(" ".join(parts[at:stop])) in known)
        stop = next(stops, None)
        if stop is None:
            unknown.append(parts[at])
        else:
            found.append(known[key(" ".join(parts[at:stop]))])
        at = stop or at + 1
    return found, unknown


@functools.cache
def kinds() -> Mapping[str, tuple[str, ...]]:
    """Return key of a kind -> the genres it belongs to, the nearest first."""
    with KINDS.open(encoding="utf-8", newline="") as file:
        return {key(row["kind"]): tuple(row["genres"].split()) for row in csv.DictReader(file)}


def genres_of_tag(text: str, genres: Sequence[str] = tuple(NAMES)) -> tuple[str, ...]:
    """Return those of a model's genres that one text of a genre tag names, the nearest first.

    Parameters
    ----------
    text : str
        Such as "Death Metal", "Hip-Hop/Rap", "Folk, World, & Country".
    genres : sequence of str
        The model's. A kind counts for the most special one that it belongs to: Detroit Techno is techno where the model
        knows that, else electronic.
    """
    named = _named(tuple(genres))
    return tuple(dict.fromkeys(g for part in LISTED_BY.split(text) for g in _genres_of_part(part, named)))


def genre_of_tag(text: str, genres: Sequence[str] = tuple(NAMES)) -> str | None:
    """Return the first of `genres_of_tag`, None if there is none."""
    return next(iter(genres_of_tag(text, genres)), None)


def is_kind_of(text: str, genre: str, genres: Sequence[str] = tuple(NAMES)) -> bool:
    """Whether a genre tag names a genre or a kind of it: Bebop is a kind of jazz."""
    return genre in genres_of_tag(text, genres)


def is_same(text: str, genre: str) -> bool:
    """Whether a genre tag is the genre's own name, however it is spelled."""
    return key(text) in (key(genre), key(NAMES.get(genre, genre)))


@functools.lru_cache(maxsize=32)
def _named(genres: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return key of a kind -> a model's genres it belongs to; the model's own names come first."""
    ours = {genre: genre for genre in genres if genre in NAMES}
    for genre in genres:  # a model may spell one of ours in another way
        for same in (name for name in NAMES if genre not in NAMES and is_same(genre, name)):
            ours.setdefault(same, genre)
    found = {}
    for kind, belongs in kinds().items():
        nearest = (next((ours[w] for w in wider(genre) if w in ours), None) for genre in belongs)
        found[kind] = tuple(dict.fromkeys(genre for genre in nearest if genre))
    return {**found, **{key(genre): (genre,) for genre in genres}}


def _genres_of_part(text: str, named: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Yield the genres of a text that may list several, or be one kind's name."""
    if key(text) in named:
        yield from named[key(text)]
        return
    for part in ALSO_LISTED_BY.split(text):
        words = words_of(part)
        if key(part) in named:
            yield from named[key(part)]
        elif "and" in words:  # what is listed with "and" in it was found above
            for is_and, some in itertools.groupby(words, lambda word: word == "and"):
                yield from () if is_and else _genres_of_words([*some], named)
        else:
            yield from _genres_of_words(words, named)


def _genres_of_words(words: Sequence[str], named: Mapping[str, tuple[str, ...]]) -> Sequence[str]:
    """Return the genres of the last words that name a kind, as many of them as do."""
    for stop in range(len(words), 0, -1):
        for start in range(max(stop - LONGEST, 0), stop):
            found = named.get("".join(words[start:stop]))
            if found is None or (not found and stop - start == 1):  # single words such as "live" tell nothing
                continue
            return () if start and words[start - 1] in TURNED else found
    return ()

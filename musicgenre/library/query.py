"""What is looked for in a library, as people type it: ``tag:electronic bpm:120-130 genre:pop``.

Conventions
-----------
Terms stand beside each other and must all hold. A term is a word that is looked for in title, artist, album and path,
or ``field:value``; a value with spaces stands in double quotes, values with commas between are alternatives, and a
minus before a term negates it. Case, Unicode's forms and hyphens make no difference where genres are compared.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from musicgenre.errors import SourceError
from musicgenre.genres import display_name
from musicgenre.library.genre_names import is_same
from musicgenre.text import clean_title

TEXTS = ("artist", "title", "album", "path", "tagged")  # contain the value
NAMES = ("genre", "likely", "verdict", "tag")  # are the value, or hold it
RANGES = ("bpm", "confidence", "length")  # numbers, from-to
FIELDS = (*NAMES, *RANGES, *TEXTS)
VERDICTS = ("genre", "uncertain", "mixed", "not_music", "silent", "too_short", "error")

VALUE = r'(?:"[^"]*"|[^\s"])'
TERM = re.compile(rf"(-?)(?:([A-Za-z_]+):({VALUE}*)|({VALUE}+))")
NUMBER = r"((?:[\d:]+(?:\.\d+)?|\.\d+)?%?)"
RANGE = re.compile(rf"{NUMBER}(-|\.\.)?{NUMBER}")
HALF = 0.5  # a single number of bpm or seconds stands for what is rounded to it


@dataclass(frozen=True)
class Term:
    """One condition: a field of `FIELDS` ("" for all texts), what it may be, and whether it may not.

    `values` are alternatives; of a range they are the ends (from, to).
    """

    field: str
    values: tuple[str, ...] = ()
    ends: tuple[float, float] | None = None
    negated: bool = False


def parse_query(text: str) -> tuple[Term, ...]:
    """Return the terms of a query.

    Raises
    ------
    SourceError
        If a field or a number is none.
    """
    terms = []
    for found in TERM.finditer(text):
        minus, field, value = found[1], (found[2] or "").lower(), found[3] if found[2] else found[4]
        if field and field not in FIELDS:
            if value.startswith("//"):  # a link
                field, value = "", f"{found[2]}:{value}"
            else:
                known = ", ".join(FIELDS)
                raise SourceError(f"nothing can be looked for by {clean_title(field)!r}; the fields are {known}")
        parts = [part.replace('"', "") for part in re.findall(r'(?:"[^"]*"|[^,"])+', value)]
        parts = [part.strip() for part in parts if part.strip()]
        if not field:
            terms.append(Term("", (value.replace('"', ""),), negated=bool(minus)))
        elif field in RANGES:
            terms.append(Term(field, ends=_ends(field, value), negated=bool(minus)))
        elif parts:
            terms.append(Term(field, tuple(parts), negated=bool(minus)))
        else:
            raise SourceError(f"{field}: needs a value, for instance {field}:rock")
    for term in terms:
        for value in term.values if term.field == "verdict" else ():
            if value not in VERDICTS:
                raise SourceError(f"there is no verdict {clean_title(value)!r}; the verdicts are {', '.join(VERDICTS)}")
    return tuple(terms)


def with_genres(terms: Sequence[Term], genres: Sequence[str]) -> tuple[Term, ...]:
    """Return terms whose genres are spelled as in the library: "Hip Hop" is hiphop.

    Raises
    ------
    SourceError
        If the library knows no such genre.
    """

    def spelled(value: str) -> str:
        for genre in genres:
            if is_same(value, genre):
                return genre
        known = ", ".join(map(display_name, genres)) or "none yet"
        raise SourceError(f"there is no genre {clean_title(value)!r} in the library; its genres are {known}")

    named = ("genre", "likely")
    return tuple(replace(t, values=tuple(map(spelled, t.values))) if t.field in named else t for t in terms)


def _ends(field: str, text: str) -> tuple[float, float]:
    """Return the ends of a range: "120-130", "120-", "-130", "120", "80%", "3:30-5:00"."""
    found = RANGE.fullmatch(text.replace('"', ""))
    numbers = [*_numbers(found[1], found[3])] if found else []
    if not found or not numbers or all(number is None for number in numbers):
        example = {"bpm": "120-130", "confidence": "0.9-", "length": "3:00-5:00"}[field]
        raise SourceError(f"{clean_title(text)!r} is no range of {field}; write it as {field}:{example}")
    first, last = numbers
    if not found[2] and first is not None:
        return (first, math.inf) if field == "confidence" else (first - HALF, first + HALF)
    return (-math.inf if first is None else first), (math.inf if last is None else last)


def _numbers(*texts: str) -> Iterator[float | None]:
    """Yield numbers: of seconds also as minutes and seconds, of shares also in per cent; nothing if one is wrong."""
    values: list[float | None] = []
    for text in texts:
        try:
            value = 0.0
            for part in text.rstrip("%").split(":"):
                value = 60 * value + float(part)
            values.append(value / 100 if text.endswith("%") else value)
        except ValueError:
            if text:
                return
            values.append(None)
    yield from values

"""ID3v1: 128 bytes at the end of a file, the genre a number; TAG+; and what numbers mean in ID3 of all versions."""

import re
from collections.abc import Sequence
from typing import Any

from musicgenre.audio.tag_formats.splice import Splice, Tag

SIZE = 128
EXTENDED_SIZE = 227  # of "TAG+", which some programs write in front
EXTENDED_GENRE = slice(185, 215)  # its place for a genre as text
TEXTS = 97  # where title, artist, album and year end
NO_GENRE = 255
_CONTROL = re.compile(rb"[\x01-\x1f]")
# One or more references in front of a text, as in ID3v2.3: "(17)", "(54)Eurodance", "(RX)"
_REFERENCE = re.compile(r"\((\d{1,3}|RX|CR)\)")
_NAMED = {"RX": "Remix", "CR": "Cover"}


def names() -> list[str]:
    """Return ID3's names of genres in order (192, Winamp's additions included)."""
    from mutagen import id3  # only where tags are wanted

    return list(id3.TCON.GENRES)


def _name_of(reference: str) -> str:
    """Return the name behind a reference, empty if there is none."""
    if reference in _NAMED:
        return _NAMED[reference]
    number, known = int(reference), names()
    return known[number] if number < len(known) else ""


def resolved(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the genres that values of TCON name, each once.

    ``(17)`` and ``17`` are Rock, ``(54)Jazz`` Eurodance and Jazz, ``((x)`` is the text "(x)"; "80s" and "8-bit" are
    texts (id3.org, ID3v2.3.0 and 2.4.0, TCON).
    """
    found: list[str] = []
    for text in texts:
        text = text.strip()
        while reference := _REFERENCE.match(text):
            found.append(_name_of(reference[1]))
            text = text[reference.end() :].strip()
        if text in _NAMED or re.fullmatch(r"[0-9]{1,3}", text):
            text = _name_of(text) or text
        found.append(text[1:] if text.startswith("((") else text)
    return tuple(dict.fromkeys(name for name in found if name))


def number_of(genres: Sequence[str]) -> int:
    """Return the number of the first genre that has one, else that for no genre."""
    numbers = {name.casefold(): number for number, name in reversed(list(enumerate(names())))}
    return next((numbers[name.casefold()] for name in genres if name.casefold() in numbers), NO_GENRE)


def _named(number: int) -> tuple[str, ...]:
    """Return the genre of a number, none if it has no name."""
    known = names()
    return (known[number],) if number < len(known) else ()


def find(data: Any, stop: int, *, among_samples: bool = False) -> Tag | None:
    """Return the ID3v1 tag that ends at a place, None if there is none.

    Parameters
    ----------
    among_samples : bool
        Whether samples may end there, of which one in 16 million looks like its first three letters.
    """
    start = stop - SIZE
    if start < 0 or data[start : start + 3] != b"TAG" or data[max(start - 3, 0) : start + 5] == b"APETAGEX":
        return None
    if among_samples and _CONTROL.search(data[start + 3 : start + TEXTS]):
        return None

    def edit(genres: Sequence[str], separator: str) -> list[Splice]:
        return [Splice(stop - 1, stop, bytes([number_of(genres)]))]

    def stored(genres: Sequence[str], separator: str) -> tuple[str, ...]:
        return _named(number_of(genres))

    return Tag("ID3v1", start, stop, _named(data[stop - 1]), (data[start : stop - 1],), edit, stored)


def find_extended(data: Any, stop: int) -> Tag | None:
    """Return the extended tag that ends at a place, where ID3v1 begins; None if there is none."""
    start = stop - EXTENDED_SIZE
    if start < 0 or data[start : start + 4] != b"TAG+":
        return None
    place = start + EXTENDED_GENRE.start, start + EXTENDED_GENRE.stop
    width = place[1] - place[0]

    def value(genres: Sequence[str], separator: str) -> bytes:
        return separator.join(genres).encode("latin-1", "replace")[:width]

    def edit(genres: Sequence[str], separator: str) -> list[Splice]:
        return [Splice(*place, value(genres, separator).ljust(width, b"\0"))]

    def stored(genres: Sequence[str], separator: str) -> tuple[str, ...]:
        return _text(value(genres, separator))

    others = (data[start : place[0]], data[place[1] : stop])
    return Tag("ID3v1 extended", start, stop, _text(data[place[0] : place[1]]), others, edit, stored)


def _text(value: bytes) -> tuple[str, ...]:
    """Return the genre in a field of fixed width, none if it is empty."""
    text = value.split(b"\0")[0].decode("latin-1").strip()
    return (text,) if text else ()

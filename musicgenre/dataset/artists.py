"""A song's artist, by which its clips are kept together: from its own tags, else from the folder that it lies in."""

import re
import unicodedata
from collections.abc import Iterable, Mapping

# Letters and digits of what stands in place of an artist on samplers and rips, in the languages of common programs.
NO_ARTIST = frozenset(
    (
        "variousartists", "variousartist", "various", "va", "vvaa", "variosartistas", "varios", "variosinterpretes",
        "artistesdivers", "artistesvaries", "divers", "artistivari", "variousinterpreters", "verschiedene",
        "verschiedeneinterpreten", "verschiedenekunstler", "diverse", "diverseinterpreten", "diversekunstler",
        "diverseartiesten", "diverseartister", "sampler", "compilation", "compilations", "soundtrack",
        "unknown", "unknownartist", "unbekannt", "unbekannterinterpret", "artisteinconnu", "desconocido", "noartist",
    )
)  # fmt: skip

_GUEST = re.compile(r"\s*[(\[]?\b(?:feat\.?|ft\.|featuring)\s.*", re.IGNORECASE)


def artist_key(name: str) -> str:
    """Return the letters and digits of a name without accents and case, by which spellings are compared."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def is_artist(name: str) -> bool:
    """Whether a name is an artist's, not empty and not "Various Artists" in any spelling."""
    key = artist_key(name)
    return bool(key) and key not in NO_ARTIST


def tagged_artist(tags: Mapping[str, str]) -> str:
    """Return the artist that a file's tags name: the album's unless it is a sampler, else the song's; "" if none.

    Guests ("feat. …") are left out, so that they do not part an artist's songs.
    """
    for name in ("album_artist", "artist"):
        artist = _GUEST.sub("", tags.get(name, "")).strip()
        if is_artist(artist):
            return artist
    return ""


def folder_artist(clip_id: str) -> str:
    """Return the folder below the genre that a clip lies in, which often is an artist's or an album's; "" if none."""
    parts = clip_id.split("/")
    return parts[1] if len(parts) > 2 and is_artist(parts[1]) else ""


def in_one_spelling(names: Iterable[str]) -> dict[str, str]:
    """Return name -> the first of the names that differ from it only in case, accents and punctuation."""
    first: dict[str, str] = {}
    return {name: first.setdefault(artist_key(name) or name, name) for name in names if name}

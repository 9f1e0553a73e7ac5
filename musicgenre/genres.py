"""The genres that models of this program know: their ids, and how people write them."""

from collections.abc import Iterator

NAMES = {
    "blues": "Blues", "classical": "Classical", "country": "Country", "disco": "Disco", "electronic": "Electronic",
    "folk": "Folk", "hiphop": "Hip-Hop", "jazz": "Jazz", "metal": "Metal", "pop": "Pop", "reggae": "Reggae",
    "rnb": "R&B", "rock": "Rock", "techno": "Techno",
}  # fmt: skip
WIDER = {"techno": "electronic"}  # genre -> the one that it is a kind of, where a model does not know it


def display_name(genre: str) -> str:
    """Return a genre as people write it in file tags: ``hiphop`` is Hip-Hop; names that are none of ours stay."""
    return NAMES.get(genre, genre)


def wider(genre: str) -> Iterator[str]:
    """Yield a genre, and then the wider ones that it belongs to."""
    name: str | None = genre
    while name:
        yield name
        name = WIDER.get(name)

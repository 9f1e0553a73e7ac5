"""Genre tags: whole words, kinds of genres, every spelling, all of several."""

import csv
import unicodedata

import pytest

from musicgenre.genres import NAMES, display_name
from musicgenre.library.genre_names import (
    KINDS,
    genre_of_tag,
    genres_of_tag,
    is_kind_of,
    is_same,
    join_genres,
    key,
    kinds,
    listed,
    split_genres,
)

TEN = "blues classical country disco hiphop jazz metal pop reggae rock".split()
THIRTEEN = [*TEN, "electronic", "folk", "rnb"]
TWELVE = [*TEN, "rnb", "techno"]


@pytest.mark.parametrize("tag, genre", [
    ("Death Metal", "metal"), ("Baroque", "classical"), ("Rap", "hiphop"), ("Bebop", "jazz"), ("Techno", "electronic"),
    ("R&B", "rnb"), ("RnB", "rnb"), ("R & B", "rnb"), ("r'n'b", "rnb"), ("Rhythm and Blues", "rnb"), ("Soul", "rnb"),
    ("Hip-Hop", "hiphop"), ("hip hop", "hiphop"), ("HIPHOP", "hiphop"), ("Hip-Hop/Rap", "hiphop"),
    ("Rock & Roll", "rock"), ("Drum'n'Bass", "electronic"), ("Finnish Folk Metal", "metal"),
    ("Classic Rock", "rock"), ("Country Rock", "country"), ("Underground Hip Hop Classics", "hiphop"),
    ("Rap Opera", "hiphop"), ("Melodic Rap Opera", "hiphop"), ("Rock Opera", "rock"), ("Folktronica", "electronic"),
    ("Non-Classical", None), ("Non-Classical Guitar", None), ("Popcorn", None), ("Trapeze", None), ("Bluesy", None),
    ("80s", None), ("8-bit", "electronic"), ("2-Step", "electronic"), ("20th Century Classical", "classical"),
    ("North Indian Classical", None), ("Jazzercise", None), ("Metallic", None), ("Rocket", None), ("Europe", None),
    ("Soundtrack", None), ("Christmas", None), ("", None), ("!!!", None), ("Rock Live", "rock"), ("Zydeco", None),
    ("Jazz Music", "jazz"), ("Rock (Progressive)", "rock"), ("Minimal Techno", "electronic"), ("Dubstep", "electronic"),
    ("4-Beat", "electronic"), ("Balearic Beat", "electronic"), ("Neue Deutsche Härte", "metal"), ("Austropop", "pop"),
    ("Dub", "reggae"), ("Not Rock", None), ("Funk", "rnb"), ("Bluegrass", "country"), ("Ska", "reggae"),
])  # fmt: skip
def test_a_tag_names_the_genre_that_it_is_a_kind_of(tag, genre):
    assert genre_of_tag(tag, THIRTEEN) == genre


@pytest.mark.parametrize("tag, genres", [
    ("Pop/Rock", {"pop", "rock"}), ("Rock, Jazz", {"rock", "jazz"}), ("Rock; Jazz", {"rock", "jazz"}),
    ("Blues and Soul", {"blues", "rnb"}), ("Jazz+Funk", {"jazz", "rnb"}), ("Pop / Zydeco", {"pop"}),
    ("Folk, World, & Country", {"folk", "country"}), ("Rap/Metal\\Reggae|Soul", {"hiphop", "metal", "reggae", "rnb"}),
    ("Rock\0Jazz", {"rock", "jazz"}),
])  # fmt: skip
def test_all_genres_of_a_tag_count(tag, genres):
    assert set(genres_of_tag(tag, THIRTEEN)) == genres
    assert all(is_kind_of(tag, genre, THIRTEEN) for genre in genres)
    assert not is_kind_of(tag, "disco", THIRTEEN)


def test_a_kind_counts_for_the_most_special_genre_that_the_model_knows():
    assert genre_of_tag("Detroit Techno", TWELVE) == "techno"
    assert genre_of_tag("Detroit Techno", THIRTEEN) == "electronic"
    assert genre_of_tag("Detroit Techno", TEN) is None
    assert genre_of_tag("House", TWELVE) is None  # which knows electronic music by techno alone
    assert genre_of_tag("Soul", TEN) is None
    assert genre_of_tag("Blues Rock", ["blues", "jazz"]) == "blues"


def test_a_model_of_somebodys_own_knows_its_own_genres():
    own = ["Hip-Hop", "Folk, World, & Country", unicodedata.normalize("NFD", "Música"), "house", "electronic"]
    assert genre_of_tag("Gangsta Rap", own) == "Hip-Hop"
    assert genre_of_tag("folk, world, & country", own) == own[1]
    assert genre_of_tag(unicodedata.normalize("NFC", "MÚSICA"), own) == own[2]
    assert genre_of_tag("Greek House", own) == "house"
    assert genre_of_tag("Rock", own) is None
    assert genre_of_tag("Salsa", ["Salsa"]) == "Salsa"
    assert genre_of_tag("Cuban salsa", ["Salsa"]) == "Salsa"


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize("name", ["Música", "Chanson française", "Ελληνικά", "ロック", "हिन्दी", "Ｒｏｃｋ", "가요"])
def test_every_form_of_unicode_is_the_same_name(name, form):
    assert key(unicodedata.normalize(form, name)) == key(name)


def test_different_names_stay_different():
    assert len({key(name) for name in ("Rock", "Rock 2", "ロック", "हिन्दी", "हिन्द", "Música", "!!!", "...")}) == 8


def test_values_are_split_and_joined():
    assert split_genres(["Rock; Jazz", "rock", "Folk, World, & Country"]) == ["Rock", "Jazz", "Folk, World, & Country"]
    assert split_genres([" ; ", ""]) == []
    assert split_genres([join_genres(["A", "B/C"])]) == ["A", "B/C"]


def test_a_list_with_commas_may_hold_names_with_commas():
    own = ["Folk, World, & Country", unicodedata.normalize("NFD", "Música"), "hiphop", "rnb"]
    assert listed("Folk, World, & Country", own) == ([own[0]], [])
    assert listed("Música,Folk,World,& Country, Hip-Hop,R&B", own) == ([own[1], own[0], "hiphop", "rnb"], [])
    assert listed("Folk, R&B, rok", own) == (["rnb"], ["Folk", "rok"])
    assert listed("", own) == listed(" , ", own) == ([], [])


def test_names_for_people():
    assert [display_name(genre) for genre in ("hiphop", "rnb", "rock", "Música")] == [
        "Hip-Hop",
        "R&B",
        "Rock",
        "Música",
    ]
    assert is_same("HIP HOP", "hiphop") and is_same("R & B", "rnb") and not is_same("Rap", "hiphop")
    assert all(genre_of_tag(display_name(genre)) == genre for genre in NAMES)


def test_the_table_of_kinds_is_whole():
    from mutagen.id3 import TCON

    with KINDS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({key(row["kind"]) for row in rows}) == len(rows) == len(kinds())
    assert {genre for row in rows for genre in row["genres"].split()} == set(NAMES)
    assert all(key(name) in kinds() for name in TCON.GENRES)
    assert all(kinds()[key(name)] for name in NAMES)

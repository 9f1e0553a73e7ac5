"""What is looked for in a library, and the answers of folders and albums."""

import math

import pytest
from support.library_material import fill

from musicgenre.errors import SourceError
from musicgenre.library.conditions import Selection
from musicgenre.library.groups import groups
from musicgenre.library.query import Term, parse_query, with_genres
from musicgenre.library.store import Library


def song(name, genre=None, confidence=None, **more):
    """Return a song for `fill`; without a genre it is no music."""
    return {
        "name": name,
        "verdict": "genre" if genre else "not_music",
        "genre": genre,
        "confidence": confidence,
        **more,
    }


SONGS = [
    song("A/CD 1/1.wav", "hiphop", 0.9, artist="Öl", album="Double", title="Don't", tags=["electronic", "Hip-Hop"],
         tempo_bpm=92.0, seconds=100.0),
    song("A/CD 2/1.wav", "hiphop", 0.8, artist="Öl", album="Double", tags=["80s"], tempo_bpm=120.0, likely=["hiphop"]),
    song("A/CD 2/2.wav", "pop", 0.95, artist="Miles Davis", album="Double", tempo_bpm=130.4, tag="Rock; Jazz"),
    {"name": "B/1.wav", "verdict": "uncertain", "genre": "rock", "confidence": 0.5, "likely": ["rock", "metal"],
     "artist": "Miles Smiles", "album": "Single", "tags": ["female vocal", "electronic"], "tempo_bpm": 125.0},
    {"name": "B/2.wav", "verdict": "uncertain", "genre": "rock", "confidence": 0.4, "album": "Single"},
    song("B/3.wav"), song("B/4.wav", "rnb", 0.77),
]  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Return a library of two folders; the first is an album on two discs."""
    folder = tmp_path_factory.mktemp("query")
    with Library(folder / "songs.sqlite") as opened:
        fill(opened, folder / "music", SONGS)
        yield opened


@pytest.mark.parametrize("query, names", [
    ("genre:hiphop", ["A/CD 1/1", "A/CD 2/1"]), ('genre:"Hip Hop"', ["A/CD 1/1", "A/CD 2/1"]),
    ("genre:R&B,pop", ["A/CD 2/2", "B/4"]), ("genre:rock", []), ("likely:metal", ["B/1"]), ("likely:rock", ["B/1"]),
    ("likely:hiphop", ["A/CD 1/1", "A/CD 2/1"]), ("tag:electronic", ["A/CD 1/1", "B/1"]), ("tag:electron", []),
    ('tag:"female vocal"', ["B/1"]), ("tag:hip-hop", ["A/CD 1/1"]), ("bpm:120-130", ["A/CD 2/1", "B/1"]),
    ("bpm:130", ["A/CD 2/2"]), ("bpm:-100", ["A/CD 1/1"]), ("bpm:126-", ["A/CD 2/2"]),
    ("tag:electronic bpm:120-130", ["B/1"]), ("confidence:0.9-", ["A/CD 1/1", "A/CD 2/2"]),
    ("confidence:90%", ["A/CD 1/1", "A/CD 2/2"]), ("length:1:30-2:00", ["A/CD 1/1"]), ("verdict:not_music", ["B/3"]),
    ("artist:ÖL", ["A/CD 1/1", "A/CD 2/1"]), ("artist:O\u0308l", ["A/CD 1/1", "A/CD 2/1"]),
    ('artist:"miles davis"', ["A/CD 2/2"]), ("miles", ["A/CD 2/2", "B/1"]), ("miles -smiles", ["A/CD 2/2"]),
    ("tagged:jazz", ["A/CD 2/2"]), ("don't", ["A/CD 1/1"]), ('path:"cd 2/"', ["A/CD 2/1", "A/CD 2/2"]),
    ("-tag:electronic album:", None), ("-tag:electronic album:double", ["A/CD 2/1", "A/CD 2/2"]),
    ("-bpm:1-999", ["B/2", "B/3", "B/4"]), ("", [song["name"][:-4] for song in SONGS]), ("nobody", []),
])  # fmt: skip
def test_songs_are_found(query, names, library):
    if names is None:
        with pytest.raises(SourceError, match="needs a value"):
            parse_query(query)
        return
    terms = with_genres(parse_query(query), library.genres())
    found = [
        song.path.with_suffix("").as_posix().rpartition("/music/")[2] for song in library.songs(Selection(terms=terms))
    ]
    assert found == names


def test_what_cannot_be_looked_for_is_said():
    for query, words in (
        ("tempo:120", "'tempo'; the fields are genre"), ("bpm:fast", "'fast' is no range of bpm; write it as bpm:120-"),
        ("bpm:-", "no range"), ("verdict:maybe", "no verdict 'maybe'"), ("confidence:1:2:x-3", "no range"),
    ):  # fmt: skip
        with pytest.raises(SourceError, match=words):
            parse_query(query)
    with pytest.raises(SourceError, match="no genre 'rok' in the library; its genres are Hip-Hop, Rock"):
        with_genres(parse_query("genre:rok"), ["hiphop", "rock"])
    assert parse_query("https://youtu.be/x") == (Term("", ("https://youtu.be/x",)),)
    assert parse_query("bpm:100..110") == (Term("bpm", ends=(100.0, 110.0)),)
    assert parse_query("length:2:00-") == (Term("length", ends=(120.0, math.inf)),)


def test_a_selection_of_folders_and_terms(library):
    folder = next(library.songs()).path.parents[1]
    selection = Selection([folder / "CD 2"], parse_query("tag:80s"))
    assert [song.path.parent.name for song in library.songs(selection)] == ["CD 2"]
    assert library.count("verdict", Selection([folder])) == {"genre": 3}


def test_an_album_on_two_discs_is_one_and_each_song_has_one_vote(library):
    found = {group.album: group for group in groups(library, Selection(), by="album") if group.album}
    assert set(found) == {"Double", "Single"}
    double, single = found["Double"], found["Single"]
    assert double.votes == (("hiphop", 2), ("pop", 1))
    assert (double.genre, double.is_sure, double.artist, len(double.songs)) == ("hiphop", True, "Öl", 3)
    assert double.confidence == pytest.approx(2 / 3)
    assert single.votes == (("rock", 2),) and not single.is_sure  # nobody is certain of a single song
    alone = [group for group in groups(library, Selection(), by="album") if not group.album]
    assert [[song.path.name for song in group.songs] for group in alone] == [["3.wav"], ["4.wav"]]


def test_folders_vote_and_what_is_no_music_has_none(library):
    found = {group.name: group for group in groups(library, Selection(), by="folder")}
    assert set(found) == {"CD 1", "CD 2", "B"}
    assert found["CD 2"].votes == (("hiphop", 1), ("pop", 1)) and not found["CD 2"].is_sure
    assert found["B"].votes == (("rock", 2), ("rnb", 1)) and len(found["B"].songs) == 4
    assert not found["B"].is_sure

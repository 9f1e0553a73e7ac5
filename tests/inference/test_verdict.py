"""Verdicts from probabilities: levels, sets, parts, doubts; the strongest tags."""

from types import SimpleNamespace

import numpy as np
import pytest

from musicgenre.features.musicnn import TAGS, Windows
from musicgenre.inference.card import Card, Thresholds
from musicgenre.inference.not_music import KINDS
from musicgenre.inference.prediction import Part, Prediction
from musicgenre.inference.verdict import decide, likely_genres, not_music, strongest_tags

GENRES = ["blues", "hiphop", "jazz", "metal", "rock"]
MEDLEY = [Part(0.0, 40.0, "blues", 0.9), Part(40.0, 80.0, "metal", 0.85)]


def decided(chances, *, parts=(), may_be_music=False, uncertain_below=0.8, set_level=None):
    """Return the answer for these probabilities by a model with these levels."""
    card = Card("x", GENRES, [], [], Thresholds(uncertain_below), set_level=set_level)
    model = SimpleNamespace(genres=GENRES, names={}, card=card)
    p = np.array(chances)
    about = Prediction("x", "X", 80.0, "", probabilities=dict(zip(GENRES, chances, strict=True)))
    return decide(about, p, parts, model=model, may_be_music=may_be_music)


@pytest.mark.parametrize(("level", "genres"), [
    (0.5, ["rock"]), (0.59, ["rock"]), (0.6, ["rock"]), (0.61, ["rock", "metal"]), (0.85, ["rock", "metal"]),
    (0.86, ["rock", "metal", "jazz"]), (0.95, ["rock", "metal", "jazz"]), (0.96, None), (1.0, None),
])  # fmt: skip
def test_a_set_is_the_fewest_genres_that_reach_the_level(level, genres):
    assert likely_genres(np.array([0.03, 0.02, 0.1, 0.25, 0.6]), GENRES, level=level) == genres


def test_a_model_of_one_genre_has_its_set():
    assert likely_genres(np.array([1.0]), ["rock"], level=0.9) == ["rock"]


@pytest.mark.parametrize(("best", "verdict"), [(0.81, "genre"), (0.8, "genre"), (0.7999, "uncertain")])
def test_a_genre_is_named_from_its_level_on(best, verdict):
    answer = decided([0, 0, 0, 1 - best, best], set_level=0.8)
    assert (answer.verdict, answer.genre) == (verdict, "rock")
    assert answer.likely == (["rock"] if verdict == "genre" else ["rock", "metal"])
    assert (answer.reason is None) == (verdict == "genre")


def test_a_set_says_its_genres_and_what_they_have_together():
    answer = decided([0.01, 0.3, 0.02, 0.03, 0.64], set_level=0.8)
    assert answer.likely == ["rock", "hiphop"] and answer.reason == "rock or Hip-Hop (94 % together)"
    assert answer.genre == "rock" and answer.confidence == 0.64


def test_a_level_below_that_of_a_name_counts_as_that():
    assert decided([0, 0, 0.05, 0.2, 0.75], set_level=0.7).likely == ["rock", "metal"]


def test_a_named_genre_is_its_own_set_below_a_higher_level():
    assert decided([0, 0, 0, 0.15, 0.85], set_level=0.95).likely == ["rock"]


@pytest.mark.parametrize("card", [{}, {"set_level": None}])
def test_a_card_without_a_level_has_no_sets(card):
    assert decided([0, 0, 0, 0.1, 0.9], **card).likely is None
    unsure = decided([0, 0, 0, 0.4, 0.6], **card)
    assert (unsure.verdict, unsure.likely) == ("uncertain", None)
    assert unsure.reason == "no genre fits well; rock comes closest with 60 %"


def test_more_than_three_genres_are_no_set():
    unsure = decided([0.2, 0.2, 0.2, 0.15, 0.25], set_level=0.85)
    assert unsure.likely is None and unsure.reason == "no genre fits well; rock comes closest with 25 %"


def test_a_mixed_song_has_parts_and_no_genre():
    answer = decided([0.5, 0, 0, 0.4, 0.1], parts=MEDLEY, set_level=0.8)
    assert (answer.verdict, answer.genre, answer.confidence) == ("mixed", None, None)
    assert answer.parts == MEDLEY and answer.likely == ["blues", "metal"]
    assert answer.reason == "blues to 0:40, then metal"


def test_a_genre_of_the_whole_comes_before_a_mixture():
    answer = decided([0.9, 0, 0, 0.1, 0], parts=MEDLEY)
    assert answer.verdict == "genre" and answer.parts == []


def test_what_may_not_be_music_has_neither_set_nor_parts():
    answer = decided([0.97, 0, 0, 0.03, 0], parts=MEDLEY, may_be_music=True, set_level=0.8)
    assert (answer.verdict, answer.genre, answer.likely, answer.parts) == ("uncertain", "blues", None, [])
    assert answer.reason == "this may not be music; if it is, then most likely blues"


@pytest.mark.parametrize("kind", [*KINDS, None, "of a later version"])
def test_other_sound_has_its_kind_where_that_is_known(kind):
    answer = not_music(Prediction("x", "X", 9.0, ""), kind=kind)
    assert answer.verdict == "not_music" and answer.genre is None
    known = f"it sounds like {KINDS.get(kind)}, not like music"
    assert answer.reason == (known if kind in KINDS else "this is not like music")


def windows(activations):
    """Return windows with these tag activations."""
    n = len(activations)
    return Windows(np.arange(n), np.arange(n) + 1.5, np.array(activations, np.float32), np.zeros((n, 200), np.float32))


def test_tags_are_the_five_strongest_of_the_mean():
    first, second = np.zeros(len(TAGS)), np.zeros(len(TAGS))
    first[:8] = [0.2, 0.9, 0.4, 0.3, 0.1, 0.6, 0.5, 0.09]
    second[:8] = [0.2, 0.7, 0.42, 0.3, 0.1, 0.18, 0.5, 0.09]
    found = strongest_tags(windows([first, second]))
    assert [tag.name for tag in found] == [TAGS[i] for i in (1, 6, 2, 5, 3)]
    assert [tag.score for tag in found] == pytest.approx([0.8, 0.5, 0.41, 0.39, 0.3], abs=1e-4)


def test_faint_tags_are_left_out():
    one = np.zeros(len(TAGS))
    one[[3, 7]] = 0.101, 0.099
    assert [tag.name for tag in strongest_tags(windows([one]))] == [TAGS[3]]
    assert strongest_tags(None) == [] and strongest_tags(windows(np.zeros((0, len(TAGS))))) == []

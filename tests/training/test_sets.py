"""Sets of genres: their sizes, and levels that keep what is said of them on songs that were held out."""

from types import SimpleNamespace

import numpy as np
import pytest

from musicgenre.training.fitting import levels_of
from musicgenre.training.sets import (
    NAMED_RIGHT,
    SETS_RIGHT,
    SMALL_SET_LEVEL,
    Levels,
    choose_levels,
    genre_ranks,
    set_figures,
    set_sizes,
)


def songs(count, *, seed, genres=6, sharpness=3.0):
    """Return (labels, probabilities) that are calibrated: each label is drawn from its own row."""
    rng = np.random.default_rng(seed)
    logits = sharpness * rng.standard_normal((count, genres))
    p = np.exp(logits)
    p /= p.sum(axis=1, keepdims=True)
    return np.array([rng.choice(genres, p=row) for row in p]), p


def test_a_set_is_the_fewest_genres_that_reach_the_level():
    p = np.array([[0.8, 0.1, 0.05, 0.05], [0.5, 0.3, 0.1, 0.1], [0.4, 0.3, 0.2, 0.1], [0.25, 0.25, 0.25, 0.25]])
    assert set_sizes(p, Levels(0.8, 0.8)).tolist() == [1, 2, 3, 0]
    assert set_sizes(p, Levels(0.5, 0.8)).tolist() == [1, 1, 3, 0]
    assert set_sizes(p, Levels(0.8, 0.75)).tolist() == [1, 2, 3, 3]
    assert set_sizes(p, Levels(0.81, 0.81)).tolist() == [2, 3, 3, 0]


def test_all_genres_of_a_model_are_no_set():
    p = np.array([[0.4, 0.35, 0.25], [0.5, 0.4, 0.1]])
    assert set_sizes(p, Levels(0.8, 0.8)).tolist() == [0, 2]


@pytest.mark.parametrize("sharpness", [1.0, 5.0])
def test_the_sets_of_a_small_table_reach_their_least_level_though_genres_are_named_from_one_half_on(sharpness):
    """They said "jazz or Hip-Hop (50 % together)"."""
    y, p = songs(200, seed=0, genres=3, sharpness=sharpness)
    levels = levels_of(SimpleNamespace(is_small=True, extra=None), y, p)
    assert levels.set_level >= SMALL_SET_LEVEL and 0.5 <= levels.uncertain_below <= levels.set_level
    sizes = set_sizes(p, levels)
    best = np.cumsum(-np.sort(-p, axis=1), axis=1)
    assert all(best[i, size - 1] >= SMALL_SET_LEVEL for i, size in enumerate(sizes) if size > 1)


def test_figures_of_sets_by_hand():
    p = np.array([[0.8, 0.1, 0.1, 0], [0.8, 0.1, 0.1, 0], [0.5, 0.4, 0.1, 0], [0.4, 0.3, 0.3, 0]])
    y = np.array([0, 1, 1, 2])
    sizes = set_sizes(p, Levels(0.8, 0.8))
    assert sizes.tolist() == [1, 1, 2, 3]
    assert genre_ranks(y, p).tolist() == [0, 1, 1, 1]
    exact, up_to = (set_figures(y, p, sizes, up_to=flag) for flag in (False, True))
    assert [(f.share, f.right) for f in exact.values()] == [(0.5, 0.5), (0.25, 1.0), (0.25, 1.0)]
    assert [f.share for f in up_to.values()] == [0.5, 0.75, 1.0]
    assert [f.right for f in up_to.values()] == pytest.approx([1 / 2, 2 / 3, 3 / 4])


def test_nothing_is_said_of_sets_that_no_song_has():
    found = set_figures(np.array([0]), np.array([[1.0, 0.0]]), np.array([1]), up_to=False)
    assert found[1].right == 1.0
    assert (found[2].share, found[2].right) == (0.0, None)


@pytest.mark.parametrize("seed", range(5))
def test_the_levels_keep_their_promise_on_other_songs(seed):
    levels = choose_levels(*songs(600, seed=seed))
    y, p = songs(4000, seed=100 + seed)
    found = set_figures(y, p, set_sizes(p, levels), up_to=True)
    assert found[1].right > NAMED_RIGHT - 0.03
    assert min(found[2].right, found[3].right) > SETS_RIGHT - 0.03
    assert found[3].share > found[2].share > found[1].share > 0.2


def test_a_genre_is_never_named_below_one_half():
    y, p = np.zeros(500, int), np.tile([0.4, 0.3, 0.3], (500, 1))
    levels = choose_levels(y, p)
    assert levels.uncertain_below >= 0.5
    assert levels.set_level >= levels.uncertain_below


@pytest.mark.parametrize("count", [1, 5])
def test_a_handful_of_songs_promises_little(count):
    y, p = np.zeros(count, int), np.tile([0.9, 0.05, 0.05], (count, 1))
    assert choose_levels(y, p).uncertain_below > 0.9  # five right answers do not show that nine of ten are


def test_a_model_that_guesses_names_next_to_nothing():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.full(8, 0.2), 500)
    levels = choose_levels(rng.integers(0, 8, 500), p)
    assert levels.uncertain_below > 0.95

"""The gated network: tag names as a prior, distance, songs of another origin."""

import numpy as np
import pytest

from musicgenre.errors import ModelError
from musicgenre.features.families import FAMILIES
from musicgenre.training.config import make_config
from musicgenre.training.data import Extra
from musicgenre.training.gated import train_gated
from musicgenre.training.softmax import softmax
from musicgenre.training.tag_prior import TAGS_OF_GENRE, has_prior, prior_matrix

COLUMNS = list(FAMILIES["musicnn"])
GENRES = ["blues", "metal", "rock"]


def clips(count, *, seed=0, shift=0.0):
    """Return (x, y, groups): tag statistics in which each genre's own tag is louder."""
    rng = np.random.default_rng(seed)
    y = np.arange(count) % len(GENRES)
    x = rng.normal(-4.0, 1.0, (count, len(COLUMNS)))
    x[:, 50:] = np.abs(rng.normal(0.6, 0.1, (count, 50)))
    for i, genre in enumerate(y):
        x[i, COLUMNS.index(f"tag_mean_{GENRES[genre]}")] += 2.5
    return x + shift, y, [f"artist {i // 4}" for i in range(count)]


@pytest.fixture(scope="module")
def home():
    return clips(90)


@pytest.fixture(scope="module")
def extra():
    x, y, groups = clips(30, seed=5, shift=1.5)
    return Extra(x, y, np.array([f"source {group}" for group in groups]), np.zeros(30, bool))


@pytest.mark.parametrize("with_extra", [False, True])
def test_the_keras_model_gives_the_same_logits(home, extra, with_extra):
    trained = train_gated(*home, COLUMNS, make_config("gated"), genres=GENRES, extra=extra if with_extra else None)
    asked = np.concatenate([home[0][:20], extra.x[:20]])
    keras = np.asarray(trained.as_keras()(asked.astype(np.float32)))
    assert np.abs(keras - trained.logits(asked)).max() < 1e-4


def test_training_twice_gives_the_same_weights(home, extra):
    first, second = (train_gated(*home, COLUMNS, make_config("gated"), genres=GENRES, extra=extra) for _ in range(2))
    assert np.array_equal(first.home[0], second.home[0])
    assert np.array_equal(first.far[0], second.far[0])
    assert np.array_equal(first.gate[0], second.gate[0])


def test_the_gate_opens_for_songs_unlike_the_training_clips_only(home, extra):
    trained = train_gated(*home, COLUMNS, make_config("gated"), genres=GENRES, extra=extra)
    weight, offset = trained.gate
    openness = [(trained.preparation.apply(x) @ weight + offset).mean() for x in (clips(60, seed=9)[0], extra.x)]
    assert openness[0] < openness[1]


def test_extra_songs_do_not_change_scaling_whitening_and_home_head(home, extra):
    alone, with_extra = (
        train_gated(*home, COLUMNS, make_config("gated"), genres=GENRES, extra=songs) for songs in (None, extra)
    )
    assert np.array_equal(alone.preparation.whitening, with_extra.preparation.whitening)
    assert np.array_equal(alone.home[0], with_extra.home[0])


def test_far_from_every_genre_the_tags_speak(home):
    trained = train_gated(*home, COLUMNS, make_config("gated"), genres=GENRES)
    far = home[0].mean(axis=0, keepdims=True) + np.random.default_rng(3).normal(0, 30, (1, len(COLUMNS)))
    far[0, COLUMNS.index("tag_mean_heavy_metal")] += 200
    assert GENRES[int(softmax(trained.logits(far)).argmax())] == "metal"


def test_it_learns(home):
    x, y, _ = clips(60, seed=8)
    trained = train_gated(*home, COLUMNS, make_config("gated"), genres=GENRES)
    assert (trained.logits(x).argmax(axis=1) == y).mean() > 0.8


def test_the_prior_names_tags_that_exist_and_sums_to_one():
    genres = sorted(TAGS_OF_GENRE)
    unit, loud = prior_matrix(COLUMNS, genres, np.eye(len(COLUMNS)))
    assert unit.shape == (100, 10)
    assert np.allclose(unit.sum(axis=0), 1)
    assert np.isclose(loud.sum(axis=0).mean(), 1)
    assert (unit[50:] == 0).all()  # deviations have no names


def test_a_genre_named_like_a_tag_has_that_tag_and_an_unknown_one_is_said():
    assert has_prior(["folk", "punk"])
    assert not has_prior(["folk", "gamelan"])
    with pytest.raises(ModelError, match="gamelan"):
        prior_matrix(COLUMNS, ["folk", "gamelan"], np.eye(len(COLUMNS)))


def test_weak_labels_count_half_and_large_sources_less():
    groups = np.array(["a", "a", "a", "a", "b"])
    extra = Extra(np.zeros((5, 2)), np.zeros(5, int), groups, np.array([False, False, False, True, False]))
    assert extra.weights().tolist() == [0.5, 0.5, 0.5, 0.25, 1.0]

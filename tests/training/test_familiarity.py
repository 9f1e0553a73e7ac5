"""The gate of small models: songs unlike all training clips get even probabilities."""

import numpy as np
import pytest

from musicgenre.training.config import feature_columns, make_config
from musicgenre.training.familiarity import guard
from musicgenre.training.network import train_model


@pytest.fixture(scope="module")
def guarded():
    """Return a guarded network of three genres, and its training rows."""
    rng = np.random.default_rng(0)
    columns = feature_columns("mfcc")
    y = np.repeat([0, 1, 2], 24)
    x = rng.standard_normal((72, len(columns))) + 3 * np.eye(3, len(columns))[y]
    groups = [f"artist {i // 2}" for i in range(72)]
    config = make_config("whitened", feature_set="mfcc")
    base = train_model(x, y, groups, columns, config, n_genres=3)
    return guard(base, x, y, groups, columns, config, genres=["a", "b", "c"]), x


def test_a_song_unlike_all_clips_is_sure_of_nothing(guarded):
    network, x = guarded
    strange = x + 30
    assert np.abs(network.logits(strange)).max() < 0.05 < np.abs(network.base.logits(strange)).max()


def test_the_keras_model_gives_the_same_logits(guarded):
    network, x = guarded
    rows = np.concatenate([x[:9], x[:3] + 0.5])
    np.testing.assert_allclose(network.as_keras().predict(rows, verbose=0), network.logits(rows), atol=2e-3)

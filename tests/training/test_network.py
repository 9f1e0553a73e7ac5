"""Training: deterministic, blind to what is held out, and the same in Keras, in numpy and in LiteRT."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from musicgenre.errors import Cancelled, ModelError
from musicgenre.features.families import FAMILIES, columns_of
from musicgenre.task import Task
from musicgenre.training.config import (
    ARCHITECTURES,
    FEATURE_SETS,
    Config,
    config_dict,
    families_of,
    feature_columns,
    make_config,
)
from musicgenre.training.network import train_model
from musicgenre.training.softmax import fit_temperature, log_softmax, softmax, solve_softmax
from musicgenre.training.whitening import clip_weights, prepare, spread_matrix

COLUMNS = [f"c{i}" for i in range(6)]
TAG_COLUMNS = ["tag_mean_rock", "tag_mean_jazz", "tag_std_rock", "tag_std_jazz"]
NETWORKS = ("whitened", "softmax", "mlp", "whitened_mlp", "original")


def blobs(*, clips=60, genres=3, columns=6, gap=2.0, seed=0):
    """Return (x, y, groups): genres around their own means, artists of three clips."""
    rng = np.random.default_rng(seed)
    y = np.arange(clips) % genres
    x = gap * rng.standard_normal((genres, columns))[y] + rng.standard_normal((clips, columns))
    scale = 10.0 ** np.arange(columns - 3, -3, -1)[:columns]
    return x * scale + 5 * scale, y, np.array([f"artist {i // (3 * genres)} {i % genres}" for i in range(clips)])


def small(architecture, **changes):
    """Return a configuration that trains in a blink."""
    if ARCHITECTURES[architecture].get("hidden"):
        changes = {"epochs": 60, "hidden": (16,), "learning_rate": 0.03, "batch_size": 16, **changes}
    return make_config(architecture, **changes)


def train(architecture="whitened", data=None, **changes):
    """Train on blobs."""
    x, y, groups = data or blobs()
    return train_model(x, y, groups, COLUMNS, small(architecture, **changes), n_genres=3)


@cache
def trained_once(architecture):
    """Return a network trained on the usual blobs; tests that only look share it."""
    return train(architecture)


# ---- configurations are data


def test_the_originals_seven_feature_sets_are_there():
    assert [len(feature_columns(name)) for name in list(FEATURE_SETS)[:7]] == [30, 42, 60, 85, 87, 89, 91]


@pytest.mark.parametrize("name", FEATURE_SETS)
def test_a_feature_set_takes_columns_of_its_families_only(name):
    columns = feature_columns(name)
    assert len(set(columns)) == len(columns)
    assert set(columns) <= set(columns_of(families_of(name)))
    assert set(families_of(name)) <= set(FAMILIES)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: make_config("transformer"), "no architecture 'transformer'; choose from whitened"),
        (lambda: make_config("mlp", momentum=0.9), "a setting that does not exist"),
        (lambda: make_config("mlp", feature_set="lyrics"), "no feature set 'lyrics'; choose from"),
        (lambda: families_of("lyrics"), "no feature set 'lyrics'"),
    ],
)
def test_a_configuration_that_does_not_exist_is_named(call, words):
    with pytest.raises(ModelError, match=words):
        call()


def test_a_configuration_survives_json():
    config = make_config("mlp", hidden=[64, 32], seed=3)
    assert make_config(**config_dict(config)) == config


# ---- what is fitted before the network


def test_the_whitened_training_part_has_unit_within_class_covariance():
    x, y, groups = blobs(clips=300)
    config = Config(whiten=0.0)
    weights = clip_weights(y, groups)
    z = prepare(x, y, weights, COLUMNS, config).apply(x)
    centred = z - np.array([np.average(z[y == g], axis=0, weights=weights[y == g]) for g in range(3)])[y]
    np.testing.assert_allclose((centred * (weights / weights.sum())[:, None]).T @ centred, np.eye(6), atol=1e-6)
    np.testing.assert_allclose(np.average(z, axis=0, weights=weights), 0, atol=1e-6)


def test_every_genre_weighs_the_same_and_a_large_group_less():
    y = np.array([0, 0, 0, 0, 0, 1])
    groups = ["a", "a", "a", "a", "b", "c"]
    weights = clip_weights(y, groups)
    assert weights.sum() == pytest.approx(len(y))
    assert weights[y == 0].sum() == pytest.approx(weights[y == 1].sum())
    assert weights[4] / weights[0] == pytest.approx(2)  # 1 / sqrt(4) against 1


def test_mean_and_deviation_of_a_tag_become_three_moments():
    matrix = spread_matrix(TAG_COLUMNS)
    row = np.array([1.0, 2.0, 10.0, 20.0]) @ matrix
    np.testing.assert_allclose(row, [1, 11, -9, 2, 22, -18])
    np.testing.assert_array_equal(spread_matrix(COLUMNS), np.eye(6))


@pytest.mark.parametrize("architecture", ["whitened", "softmax", "mlp"])
def test_a_constant_column_and_a_copied_column_do_no_harm(architecture):
    x, y, groups = blobs()
    x[:, 2], x[:, 4] = 7.25, x[:, 0]
    trained = train(architecture, (x, y, groups))
    assert np.isfinite(trained.logits(x)).all()
    assert (trained.logits(x).argmax(axis=1) == y).mean() > 0.7


# ---- training


@pytest.mark.parametrize("architecture", NETWORKS)
def test_the_same_seed_gives_the_same_weights(architecture):
    first, second = trained_once(architecture), train(architecture)
    for a, b in zip(first.weights, second.weights, strict=True):
        np.testing.assert_array_equal(a, b)


def test_another_seed_gives_other_weights_only_where_training_is_random():
    assert not np.array_equal(trained_once("mlp").weights[0], train("mlp", seed=2).weights[0])
    np.testing.assert_array_equal(trained_once("whitened").weights[0], train("whitened", seed=2).weights[0])


@pytest.mark.parametrize("architecture", NETWORKS)
def test_every_network_learns(architecture):
    x, y, _ = blobs()
    trained = trained_once(architecture)
    fresh_x = blobs(seed=0)[0] + 0.1 * np.random.default_rng(9).standard_normal(x.shape) * x.std(axis=0)
    assert (trained.logits(fresh_x).argmax(axis=1) == y).mean() > 0.85
    assert trained.history["loss"][-1] < trained.history["loss"][0]


@pytest.mark.parametrize("architecture", NETWORKS)
def test_the_keras_model_gives_the_same_logits(architecture):
    x, _, _ = blobs()
    trained = trained_once(architecture)
    keras_logits = trained.as_keras().predict(x.astype(np.float32), verbose=0)
    np.testing.assert_allclose(keras_logits, trained.logits(x), atol=1e-4)


def test_the_exact_solution_is_a_minimum_of_keras_own_loss():
    import keras

    x, y, groups = blobs()
    trained = trained_once("whitened")
    model = trained.as_keras()
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    weights = clip_weights(y, groups)

    def loss():
        return float(cross_entropy(y, model(x.astype(np.float32)), sample_weight=weights)) + float(sum(model.losses))

    layer = model.get_layer("logits")
    kernel, bias = layer.get_weights()
    best = loss()
    assert best == pytest.approx(trained.history["loss"][-1], rel=1e-4)
    rng = np.random.default_rng(0)
    for _ in range(10):
        layer.set_weights([kernel + 0.05 * rng.standard_normal(kernel.shape), bias])
        assert loss() > best


def test_fixed_logits_are_added_to_what_is_learnt():
    x, y, _ = blobs()
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    kernel, _, _ = solve_softmax(z, y, np.ones(len(y)), 3, Config(l2=0.1), offset=50.0 * np.eye(3)[y])
    assert np.abs(kernel).max() < 1e-3  # the fixed logits say it all


def test_a_diverging_cell_is_an_error_and_not_a_model():
    with pytest.raises(ModelError, match="training diverged .*learning_rate 1e"):
        train("mlp", learning_rate=1e30, epochs=100)


def test_early_stopping_keeps_the_best_epoch():
    x, y, groups = blobs(gap=0.3)
    held = np.arange(len(y)) % 3 == 0
    config = make_config("mlp", hidden=(64,), dropout=0.0, epochs=400, patience=20, l2=0.0, learning_rate=0.01)
    trained = train_model(x[~held], y[~held], groups[~held], COLUMNS, config, n_genres=3, validation=(x[held], y[held]))
    losses = trained.history["val_loss"]
    assert len(losses) < 40
    log_p = log_softmax(trained.logits(x[held]))
    assert -log_p[np.arange(held.sum()), y[held]].mean() == pytest.approx(min(losses), abs=1e-3)


@pytest.mark.parametrize("architecture", ["whitened", "mlp"])
def test_training_stops_when_asked(architecture):
    x, y, groups = blobs()
    with pytest.raises(Cancelled):
        train_model(x, y, groups, COLUMNS, small(architecture), n_genres=3, task=Task(cancelled=lambda: True))


def test_a_genre_without_training_clips_is_never_named():
    x, y, groups = blobs()
    some = y != 1
    trained = train_model(x[some], y[some], groups[some], COLUMNS, small("whitened"), n_genres=3)
    assert set(trained.logits(x).argmax(axis=1)) <= {0, 2}


# ---- probabilities and temperature


@settings(deadline=None, max_examples=100)
@given(st.lists(st.lists(st.floats(-500, 500), min_size=4, max_size=4), min_size=1, max_size=5))
def test_probabilities_are_probabilities(rows):
    p = softmax(np.array(rows))
    np.testing.assert_allclose(p.sum(axis=1), 1)
    assert (p >= 0).all()
    np.testing.assert_allclose(np.exp(log_softmax(np.array(rows))), p, atol=1e-12)


@pytest.mark.parametrize("temperature", [0.2, 1.0, 3.0])
def test_the_temperature_that_made_the_labels_is_found(temperature):
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((20_000, 5)) * 2
    p = softmax(logits / temperature)
    y = (p.cumsum(axis=1) > rng.random((len(p), 1))).argmax(axis=1)
    assert fit_temperature(logits, y) == pytest.approx(temperature, rel=0.05)


@pytest.mark.parametrize("logits", [np.zeros((0, 3)), np.full((2, 3), np.nan)])
def test_a_temperature_needs_finite_logits(logits):
    with pytest.raises(ModelError, match="needs finite logits"):
        fit_temperature(logits, np.zeros(len(logits), int))


@pytest.mark.parametrize("architecture", NETWORKS)
def test_a_value_that_is_no_number_is_an_error_and_not_a_model(architecture):
    x, y, groups = blobs()
    x[3, 2] = np.nan
    with pytest.raises(ModelError, match="column c2 holds a value that is not a number"):
        train(architecture, (x, y, groups))

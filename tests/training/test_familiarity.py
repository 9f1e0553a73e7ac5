"""The gate of small models: songs unlike all training clips get even probabilities."""

import numpy as np
import pytest

from musicgenre.training.config import feature_columns, make_config
from musicgenre.training.familiarity import ALMOST_SHUT, guard
from musicgenre.training.known_genres import answers_by_genre, centred_logs, find_known_genres
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


def test_a_song_unlike_all_clips_is_sure_of_nothing_and_keeps_its_best_guess(guarded):
    network, x = guarded
    strange = x + 30
    damped, whole = network.logits(strange), network.base.logits(strange)
    np.testing.assert_allclose(damped, ALMOST_SHUT * whole, atol=1e-6)
    assert (damped.argmax(axis=1) == whole.argmax(axis=1)).all()


def test_the_keras_model_gives_the_same_logits(guarded):
    network, x = guarded
    rows = np.concatenate([x[:9], x[:3] + 0.5])
    np.testing.assert_allclose(network.as_keras().predict(rows, verbose=0), network.logits(rows), atol=2e-3)


@pytest.fixture(scope="module")
def known():
    """Return the judge for a table of jazz, rock and gamelan, and a function that gives rows like a known genre."""
    columns = feature_columns("musicnn_deep")
    judge = find_known_genres(columns, ["Gamelan", "Jazz", "Prog Rock"])
    # Rows that the program's model answers as it answers the songs of a genre: its network is linear in its columns.
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.1, (600, len(columns)))
    answers = centred_logs(judge.model.predict_rows(noise))
    pull, *_ = np.linalg.lstsq(answers - answers.mean(axis=0), noise, rcond=None)

    def rows(genre, count=24):
        target = judge.means[judge.model.genres.index(genre)] - answers.mean(axis=0)
        return target @ pull + rng.normal(0, 0.05, (count, len(columns)))

    return judge, columns, rows


def test_genres_are_known_by_their_names_in_any_spelling(known):
    judge = known[0]
    assert {i: judge.model.genres[k] for i, k in judge.names.items()} == {1: "jazz", 2: "rock"}
    named = find_known_genres(known[1], ["Hip-Hop", "R&B", "classical_music"])
    assert [named.model.genres[k] for k in named.names.values()] == ["hiphop", "rnb", "classical"]


def test_songs_like_other_known_genres_are_stranger_than_those_like_the_tables(known):
    judge, _, rows = known
    x, y = np.concatenate([rows("folk"), rows("jazz"), rows("rock")]), np.repeat([0, 1, 2], 24)
    likeness = judge.against(x, y)  # gamelan sounds like folk here, which is no other genre then
    own = likeness.apply(np.concatenate([rows("jazz"), rows("rock"), rows("folk")]), None)
    others = likeness.apply(np.concatenate([rows("metal"), rows("hiphop"), rows("classical")]), None)
    assert np.median(own) < 0 < np.median(others)


def test_the_keras_model_of_a_table_with_known_genres_gives_the_same_logits(known):
    _, columns, rows = known
    x, y = np.concatenate([rows("jazz"), rows("rock")]), np.repeat([0, 1], 24)
    config = make_config("deep", feature_set="musicnn_deep")
    groups = [f"artist {i // 2}" for i in range(48)]
    base = train_model(x, y, groups, columns, config, n_genres=2)
    network = guard(base, x, y, groups, columns, config, genres=["jazz", "rock"])
    asked = np.concatenate([x[::6], rows("metal", 6)])
    np.testing.assert_allclose(network.as_keras().predict(asked, verbose=0), network.logits(asked), atol=5e-3)


def test_a_table_without_the_columns_of_the_programs_model_has_no_judge(tmp_path):
    assert find_known_genres(feature_columns("musicnn"), ["jazz", "rock"]) is None
    assert find_known_genres(feature_columns("musicnn_deep"), ["jazz"], model=tmp_path / "none") is None


def test_the_card_keeps_the_answers_for_held_out_songs():
    y, p = np.array([0, 0, 1]), np.array([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9]])
    kept = answers_by_genre(y, p)
    logs = np.log(p[:, 0] / p[:, 1]) / 2
    assert kept.means[0][0] == pytest.approx(logs[:2].mean(), abs=1e-4)
    assert kept.within[0][0] == pytest.approx(((logs[:2] - logs[:2].mean()) ** 2).sum() / 3, abs=1e-4)

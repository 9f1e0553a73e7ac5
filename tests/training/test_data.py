"""Rows to train on: parts share their clip's weight, related songs stay out, tables are joined."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from support.material import make_table

from musicgenre.dataset.build import table_definition
from musicgenre.dataset.table import Table
from musicgenre.errors import ModelError
from musicgenre.features.musicnn import FEWER_WINDOWS
from musicgenre.training.config import feature_columns, make_config
from musicgenre.training.data import Data, Parts, as_data, as_extra, join_extras, only_genres, related
from musicgenre.training.fitting import clip_logits, fit
from musicgenre.training.protocols import load_data, measure
from musicgenre.training.softmax import log_softmax
from musicgenre.training.summary import summary_lines
from musicgenre.training.whitening import clip_weights

CONFIG = make_config("softmax", feature_set="mfcc")


def songs(**columns):
    """Return rows of clips.csv."""
    count = len(next(iter(columns.values())))
    return pd.DataFrame({"clip_id": [f"g/{i}" for i in range(count)], **columns})


def small_data(count, *, parts=None):
    """Return data of two random features, each clip of its own group."""
    x = np.random.default_rng(0).standard_normal((count, 2))
    y = np.arange(count) % 2
    clips = songs(group=[f"group {i}" for i in range(count)], split=[""] * count)
    return Data(x, y, clips["group"].to_numpy(), ["a", "b"], ["p", "q"], clips, True, parts=parts)


def test_the_rows_of_a_clip_share_its_weight():
    data = small_data(3, parts=Parts(np.ones((3, 2)), np.array([0, 0, 2]), *np.zeros((2, 3), bool)))
    rows = data.rows()
    assert rows.x.shape == (6, 2)
    assert rows.y.tolist() == [0, 1, 0, 0, 0, 0]
    assert rows.groups == ["group 0", "group 1", "group 2", "group 0", "group 0", "group 2"]
    assert rows.share == pytest.approx([1 / 3, 1, 1 / 2, 1 / 3, 1 / 3, 1 / 2])
    weights = clip_weights(rows.y, rows.groups, share=rows.share)
    assert weights[rows.y == 0].sum() == pytest.approx(weights[rows.y == 1].sum())


def test_parts_change_neither_groups_nor_genres_in_weight():
    whole = small_data(6)
    cut = replace(
        whole, parts=Parts(np.repeat(whole.x, 3, axis=0), np.repeat(np.arange(6), 3), *np.zeros((2, 18), bool))
    )
    first, second = (fit(data, CONFIG) for data in (whole, cut))  # parts that equal their clip teach nothing else
    np.testing.assert_allclose(first.logits(whole.x), second.logits(whole.x), atol=1e-4)


def test_parts_follow_their_clips():
    data = small_data(
        4, parts=Parts(np.arange(10.0).reshape(5, 2), np.array([3, 0, 1, 3, 2]), np.arange(5) > 1, np.arange(5) < 2)
    )
    some = data.subset(np.array([3, 1]))
    assert some.parts.clip.tolist() == [0, 1, 0]
    assert some.parts.x[:, 0].tolist() == [0, 4, 6]
    assert some.parts.stretch.tolist() == [False, True, True]
    assert some.parts.copy.tolist() == [True, False, False]


def test_copies_train_only_where_they_are_wanted():
    parts = Parts(np.arange(10.0).reshape(5, 2), np.array([3, 0, 1, 3, 2]), np.zeros(5, bool), np.arange(5) < 2)
    data = small_data(4, parts=parts)
    assert len(data.rows().x) == 9 and len(data.rows(copies=False).x) == 7
    assert data.rows(copies=False).share == pytest.approx([1, 1 / 2, 1 / 2, 1 / 2, 1 / 2, 1 / 2, 1 / 2])


def test_a_clip_is_answered_by_its_stretches_as_the_classifier_does():
    parts = Parts(
        np.array([[1.0, 0.0], [3.0, 1.0], [9.0, 9.0]]),
        np.array([1, 1, 0]),
        np.array([True, True, False]),
        np.zeros(3, bool),
    )
    network = fit(small_data(20), CONFIG)
    x = np.array([[0.5, 0.5], [2.0, 2.0]])
    logits = clip_logits(network, x, parts)
    own, stretches = (log_softmax(network.logits(rows)) for rows in (x, parts.x[:2]))
    np.testing.assert_allclose(logits, [own[0], stretches.mean(axis=0)])
    np.testing.assert_allclose(clip_logits(network, x), own)


@pytest.mark.parametrize("balance", [0.0, 0.5, 1.0])
def test_the_balance_of_genres_is_a_power(balance):
    y = np.array([0] * 16 + [1] * 4)
    weights = clip_weights(y, [str(i) for i in range(20)], balance=balance)
    assert weights.mean() == pytest.approx(1)
    assert weights[-1] / weights[0] == pytest.approx(4**balance)


def test_songs_of_a_tested_artist_do_not_train_whatever_the_spelling():
    clips = songs(artist=["Guns N' Roses", "guns n roses", "Slayer", "", "GUNS-N-ROSES!"])
    assert related(clips, songs(artist=["Guns N\u2019 Roses", ""])).tolist() == [True, True, False, False, True]
    assert not related(songs(group=["a", "b"]), songs(artist=["a"])).any()


def test_the_same_recording_in_gtzan_does_not_train_either_way():
    gtzan = pd.DataFrame({"clip_id": ["rock/rock.00023", "disco/disco.00098", "disco/disco.00099"]})
    named = pd.DataFrame({"clip_id": ["s1", "s2"], "gtzan_id": ["disco/disco.00098;disco/disco.00099", ""]})
    assert related(gtzan, named).tolist() == [False, True, True]
    assert related(named, gtzan).tolist() == [True, False]


def extra_of(data, count, *, artist, parts):
    """Return a table of extra songs as `Extra`."""
    rng = np.random.default_rng(7)
    clips = pd.DataFrame(
        {
            "clip_id": [f"{artist}/{i}" for i in range(count)],
            "group": artist,
            "genre": data.genres[0],
            "artist": artist,
            "duration_s": "20.0",
        }
    )
    frame = pd.DataFrame(rng.standard_normal((count, len(data.columns))), columns=data.columns)
    cut = frame.set_axis([f"{name}#1-of-2" for name in clips["clip_id"]]) if parts else None
    return as_extra(Table(clips, frame, "", cut), data)


def test_several_extra_tables_train_as_one(tmp_path):
    data, _ = load_data(make_table(tmp_path, clips=4), make_config("whitened", feature_set="mfcc"))
    extras = [extra_of(data, 3, artist="x", parts=False), extra_of(data, 2, artist="y", parts=True)]
    joined = join_extras(extras)
    assert joined.clips["clip_id"].tolist() == ["x/0", "x/1", "x/2", "y/0", "y/1"]
    assert joined.parts.clip.tolist() == [3, 4]
    assert joined.parts.stretch.tolist() == [True, True]
    whole = replace(data, clips=data.clips.assign(artist="z"), extra=joined)
    assert len(whole.rows().y) == 12 + 5 + 2
    tested = whole.clips.index[:2].to_numpy()
    whole.clips.loc[tested, "artist"] = "Y"
    part = whole.training_part(np.arange(2, 12), tested)
    assert part.extra.clips["artist"].tolist() == ["x"] * 3
    assert part.extra.parts.clip.tolist() == []


def test_only_some_genres_are_trained(tmp_path):
    table = make_table(tmp_path, clips=6)
    data, _ = load_data(table, CONFIG, genres=["march", "polka"])
    assert data.genres == ["march", "polka"]
    with pytest.raises(ModelError, match="no clip of the genre 'yodel'"):
        load_data(table, CONFIG, genres=["march", "yodel"])
    assert only_genres(Table(data.clips, pd.DataFrame(data.x), ""), []).clips.equals(data.clips)


def test_extra_songs_are_measured_without_the_table(tmp_path):
    data, _ = load_data(make_table(tmp_path / "one", clips=8), CONFIG)
    other = make_table(tmp_path / "two", clips=8, seed=0)
    whole, _ = load_data(tmp_path / "one", CONFIG, extra=[other])
    report = measure(whole, CONFIG, repeats=1)
    assert report.extra["transfer"].clips == len(data.y)
    assert any(line.startswith("transfer ") for line in summary_lines(report))  # whose songs are not said to be named
    assert report.protocols["grouped CV"].repeats == 1
    assert 0.5 <= report.uncertain_below <= report.set_level <= 1


def test_extra_songs_that_were_heard_with_other_windows_are_told_of(tmp_path):
    config = make_config("softmax", feature_set="musicnn")
    tables = [make_table(tmp_path / name, clips=6, families=("musicnn", "mfcc")) for name in ("one", "two")]
    definition = table_definition(None, FEWER_WINDOWS)
    (tables[1] / "extractor.json").write_text(json.dumps(definition))
    told = load_data(tables[0], config, extra=tables[1:])[0].warnings
    assert f"{tables[1]} has other windows than {tables[0]}" in told[-1]
    for folder, same in ((tables[0], config), (tables[1], CONFIG)):  # their own windows, and features without windows
        assert "windows" not in " ".join(load_data(tables[0], same, extra=[folder])[0].warnings)


def test_the_tags_of_a_table_explain_answers_of_a_model_that_does_not_read_them(tmp_path):
    table = make_table(tmp_path, clips=4, families=("mfcc", "musicnn"))
    data, _ = load_data(table, CONFIG)
    assert data.tags.shape == (12, 50)
    assert data.subset(np.array([2, 5])).tags.tolist() == data.tags[[2, 5]].tolist()
    assert as_data(Table(data.clips, pd.DataFrame(data.x, columns=data.columns), ""), "mfcc").tags is None


def test_a_genre_of_one_artist_is_said_to_have_no_figure():
    table = Table(
        songs(genre=["jazz"] * 6 + ["rock"] * 6, group=["Miles"] * 6 + [f"artist {i}" for i in range(6)]),
        pd.DataFrame(np.random.default_rng(0).standard_normal((12, 60)), columns=feature_columns("mfcc")), "",
    )  # fmt: skip
    (warning,) = as_data(table, "mfcc").warnings
    assert warning.startswith("All clips of 'jazz' are by one artist")
    few = replace(table, clips=table.clips.assign(group=["a", "b"] * 6))
    assert as_data(few, "mfcc").warnings == ("Under 5 artists each, so that their figures say little: jazz, rock.",)

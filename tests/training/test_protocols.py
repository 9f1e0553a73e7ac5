"""Measuring: groups stay apart, nothing held out is seen, and every figure equals the one computed by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.material import make_table, read_rows, write_rows

from musicgenre.dataset.table import Table, read_table
from musicgenre.errors import ModelError
from musicgenre.training.config import make_config
from musicgenre.training.data import Data, as_data, as_extra, merge_duplicates
from musicgenre.training.fitting import fit_calibrated, fit_network, out_of_fold_logits
from musicgenre.training.folds import check_apart, fault_filtered_folds, group_folds, random_folds, three_folds
from musicgenre.training.metrics import (
    accuracy_at_coverage,
    bootstrap_interval,
    expected_calibration_error,
    figures,
    naming_threshold,
)
from musicgenre.training.protocols import (
    FoldAnswer,
    FoldJob,
    default_config,
    load_data,
    measure,
    measure_extra,
    protocols_of,
    run_fold,
)
from musicgenre.training.sets import Levels
from musicgenre.training.summary import summary_lines

CONFIG = make_config("whitened", feature_set="mfcc")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder of a table of three genres with artists of two clips, split and fold."""
    return make_table(tmp_path_factory.mktemp("table"), clips=24, gap=0.35)


@pytest.fixture(scope="module")
def data(folder):
    """Return that table as arrays."""
    return load_data(folder, CONFIG)[0]


def small_data(groups, y=None, **columns):
    """Return data of two random features with given groups."""
    n = len(groups)
    y = np.arange(n) % 2 if y is None else np.array(y)
    clips = pd.DataFrame({"clip_id": [f"g/{i}" for i in range(n)], "split": "", **columns})
    x = np.random.default_rng(0).standard_normal((n, 2))
    return Data(x, y, np.array(groups), ["a", "b"], ["p", "q"], clips, True)


# ---- groups


def test_exact_duplicates_belong_to_one_group_whatever_their_artists():
    x = np.array([[1, 2], [3, 4], [1, 2], [5, 6], [5, 6], [7, 8]], float)
    groups = merge_duplicates(["A", "B", "C", "C", "D", "B"], x)
    assert groups[0] == groups[2] == groups[3] == groups[4]  # A and C share a recording, C and D another
    assert groups[1] == groups[5] != groups[0]


def test_clips_without_a_group_are_groups_of_their_own():
    groups = merge_duplicates(["", "", "A", ""], np.arange(8.0).reshape(4, 2))
    assert len(set(groups)) == 4


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000))
def test_no_fold_ever_splits_a_group(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(20, 60))
    y = np.arange(n) % 3
    groups = np.array([f"{y[i]} {rng.integers(0, 6)}" for i in range(n)])
    folds = group_folds(y, groups, seed=seed)
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(n))
    for train, test in folds:
        assert not set(groups[train]) & set(groups[test])
        assert len(train) + len(test) == n


def test_a_planted_artist_on_both_sides_is_caught():
    data = small_data(["A", "B", "C", "D", "A"], split=["train", "train", "train", "test", "test"])
    with pytest.raises(ModelError, match="group 'A' is in the training and in the test part"):
        fault_filtered_folds(data)
    with pytest.raises(ModelError, match="would lie"):
        check_apart(data.groups, (np.array([0, 1]), np.array([3, 4])))


def test_a_planted_duplicate_on_both_sides_is_caught(folder, tmp_path):
    for name in ("clips.csv", "mfcc.csv"):
        write_rows(tmp_path / name, read_rows(folder / name))
    clips = read_rows(folder / "clips.csv")
    train = next(row["clip_id"] for row in clips if row["split"] == "train")
    test = next(row["clip_id"] for row in clips if row["split"] == "test")
    rows = read_rows(folder / "mfcc.csv")
    source = next(row for row in rows if row["clip_id"] == train)
    write_rows(tmp_path / "mfcc.csv", [{**source, "clip_id": test} if row["clip_id"] == test else row for row in rows])
    with pytest.raises(ModelError, match="is in the training and in the test part"):
        protocols_of(load_data(tmp_path, CONFIG)[0])


def test_three_folds_drop_training_clips_whose_group_is_tested():
    groups = ["A", "B", "C", "A", "D", "E", "F"]
    data = small_data(groups, fold=["1", "1", "2", "2", "3", "3", "0"])
    folds = three_folds(data)
    assert [test.tolist() for _, test in folds] == [[0, 1], [2, 3], [4, 5]]
    assert [train.tolist() for train, _ in folds] == [[2, 4, 5], [1, 4, 5], [0, 1, 2, 3]]


def test_valid_clips_are_in_neither_part_of_the_fault_filtered_fold(data):
    ((train, test),) = fault_filtered_folds(data)
    split = data.clips["split"].to_numpy()
    assert set(split[train]) == {"train"}
    assert set(split[test]) == {"test"}


def test_folds_shrink_with_the_number_of_groups():
    y = np.array([0, 0, 0, 1, 1, 1, 1, 1])
    groups = np.array(["a", "a", "b", "c", "c", "c", "c", "c"])
    assert len(group_folds(y, groups)) == 3
    with pytest.raises(ModelError, match="all clips belong to one group"):
        group_folds(y, np.array(["one"] * 8))


@pytest.mark.parametrize("clips", [4, 5, 6])
def test_a_table_of_few_clips_is_measured(clips, tmp_path):
    report = measure(load_data(make_table(tmp_path, clips=clips, gap=3.0), CONFIG)[0], CONFIG)
    assert 0 <= report.headline.accuracy <= 1


def test_a_table_too_small_to_hold_clips_out_is_said(tmp_path):
    table = make_table(tmp_path, genres=("march", "polka"), clips=2)
    rows = [{**row, "group": "", "split": "", "fold": ""} for row in read_rows(table / "clips.csv")]
    write_rows(table / "clips.csv", rows)
    with pytest.raises(ModelError, match="too few clips"):
        measure(load_data(table, CONFIG)[0], CONFIG)


def test_random_folds_work_for_genres_of_two_clips():
    assert len(random_folds(np.array([0, 0, 1, 1, 1, 1]))) == 2


def test_a_table_of_one_genre_is_refused(folder, tmp_path):
    write_rows(tmp_path / "clips.csv", [{**row, "genre": "polka"} for row in read_rows(folder / "clips.csv")])
    write_rows(tmp_path / "mfcc.csv", read_rows(folder / "mfcc.csv"))
    with pytest.raises(ModelError, match="at least two genres with two clips each"):
        load_data(tmp_path, CONFIG)


def test_a_genre_with_one_clip_is_left_out_with_a_warning(folder, tmp_path):
    clips = read_rows(folder / "clips.csv")
    clips[0]["genre"] = "yodel"
    write_rows(tmp_path / "clips.csv", clips)
    write_rows(tmp_path / "mfcc.csv", read_rows(folder / "mfcc.csv"))
    data, _ = load_data(tmp_path, CONFIG)
    assert "yodel" not in data.genres
    assert len(data.y) == len(clips) - 1
    assert any("'yodel' has one clip only" in warning for warning in data.warnings)


# ---- nothing that is held out is seen


def poisoned(data, rows):
    """Return the data with absurd features in some rows."""
    x = data.x.copy()
    x[rows] = 1e6 * np.random.default_rng(1).standard_normal(x[rows].shape)
    return replace(data, x=x)


@pytest.mark.parametrize("architecture", ["whitened", "softmax"])
def test_scaling_whitening_weights_and_temperature_never_see_the_held_out_fold(architecture, data):
    config = make_config(architecture, feature_set="mfcc")
    train, test = group_folds(data.y, data.groups)[0]
    asked, other = test[::2], test[1::2]
    bad = poisoned(data, other)
    bad = replace(bad, y=np.where(np.isin(np.arange(len(data.y)), other), 0, data.y))
    clean_answers = run_fold(FoldJob(data, config, train, test)).probabilities
    poisoned_answers = run_fold(FoldJob(bad, config, train, test)).probabilities
    np.testing.assert_array_equal(clean_answers[np.isin(test, asked)], poisoned_answers[np.isin(test, asked)])
    # The check has teeth: the same poison in the training part changes the answers.
    seen = run_fold(FoldJob(poisoned(data, train[:3]), config, train, test)).probabilities
    assert not np.allclose(clean_answers, seen)


def test_out_of_fold_logits_come_from_models_that_never_saw_the_clips_group(data):
    logits = out_of_fold_logits(data, CONFIG)
    assert np.isfinite(logits).all()
    for group in np.unique(data.groups)[:4]:
        rows = np.flatnonzero(data.groups == group)
        _, fold = next(fold for fold in group_folds(data.y, data.groups) if rows[0] in fold[1])
        again = out_of_fold_logits(poisoned(data, rows), CONFIG)
        neighbours = np.setdiff1d(fold, rows)
        np.testing.assert_array_equal(again[neighbours], logits[neighbours])


def test_the_clips_that_stop_the_training_share_no_group_with_those_trained_on(data, monkeypatch):
    seen = {}

    def spy(x, y, groups, columns, config, **options):
        seen.update(groups=groups, held=options["validation"])

    monkeypatch.setattr("musicgenre.training.fitting.train_model", spy)
    fit_network(data, make_config("mlp", feature_set="mfcc"))
    held = {row.tobytes(): group for row, group in zip(data.x, data.groups, strict=True)}
    assert len(seen["held"][1]) > 0
    assert not {held[row.tobytes()] for row in seen["held"][0]} & set(seen["groups"])


def test_extra_songs_of_the_asked_source_are_left_out(data, monkeypatch):
    rng = np.random.default_rng(3)
    columns = [f"source {i // 2}" for i in range(6)]
    clips = pd.DataFrame({"clip_id": [f"x/{i}" for i in range(6)], "group": columns, "genre": "march"})
    features = pd.DataFrame(rng.standard_normal((6, len(data.columns))), columns=data.columns)
    table = Table(clips, features, "")
    whole = replace(data, extra=as_extra(table, data))
    jobs = []

    def spy(function, work, *, jobs_=1, **_):
        jobs.extend(work)
        answers = (FoldAnswer(np.full((len(job.asked), 3), 1 / 3), Levels(0.5, 0.5)) for job in work)
        return list(enumerate(answers))

    monkeypatch.setattr("musicgenre.training.protocols.run_many", spy)
    measure_extra(whole, CONFIG)
    assert jobs[0].data.extra is None
    assert len(jobs) == 4
    for job in jobs[1:]:
        trained_on = {row.tobytes() for row in job.data.extra.x}
        assert len(job.data.extra.y) == 4
        assert not trained_on & {row.tobytes() for row in job.asked}


def test_an_extra_song_of_an_unknown_genre_is_named(data):
    table = Table(pd.DataFrame({"clip_id": ["a"], "group": ["s"], "genre": ["yodel"]}), pd.DataFrame(), "")
    with pytest.raises(ModelError, match="the extra table has the genre 'yodel'"):
        as_extra(table, data)


# ---- figures by hand


def test_calibration_error_by_hand():
    # Two bins: confidence 0.9 with 3 of 4 right (gap 0.15), confidence 0.6 with 0 of 1 right (gap 0.6).
    p = np.array([[0.9, 0.1]] * 4 + [[0.6, 0.4]])
    y = np.array([0, 0, 0, 1, 1])
    assert expected_calibration_error(y, p) == pytest.approx(0.8 * 0.15 + 0.2 * 0.6)
    assert expected_calibration_error(np.array([0, 1]), np.eye(2)) == 0.0


def test_accuracy_at_coverage_by_hand():
    confidence = np.array([0.99, 0.9, 0.8, 0.7, 0.6])
    p = np.stack([confidence, 1 - confidence], axis=1)
    y = np.array([0, 0, 1, 0, 1])  # right, right, wrong, right, wrong
    assert accuracy_at_coverage(y, p, coverage=0.4) == 1.0
    assert accuracy_at_coverage(y, p, coverage=0.8) == pytest.approx(0.75)
    assert accuracy_at_coverage(y, p, coverage=1.0) == pytest.approx(0.6)


def test_naming_threshold_by_hand():
    confidence = np.array([0.95, 0.9, 0.8, 0.7, 0.6])
    p = np.stack([confidence, 1 - confidence], axis=1)
    assert naming_threshold(np.array([0, 0, 0, 1, 1]), p, accuracy=0.9) == pytest.approx(0.8)
    assert naming_threshold(np.array([0, 0, 1, 0, 1]), p, accuracy=0.75) == pytest.approx(0.7)
    assert naming_threshold(np.array([1, 1, 1, 1, 1]), p) == 1.0
    assert naming_threshold(np.array([0, 0, 0, 0, 0]), p) == pytest.approx(0.6)


def test_bootstrap_resamples_groups_and_not_clips():
    right = np.array([1.0] * 10 + [0.0] * 10)
    assert bootstrap_interval(right, np.array(["a"] * 10 + ["b"] * 10)) == (0.0, 1.0)  # two groups: anything goes
    low, high = bootstrap_interval(right, np.arange(20))
    assert 0.2 < low < 0.4 < 0.6 < high < 0.8


@pytest.mark.parametrize(("right", "expected"), [(np.ones(5), (0.566, 1.0)), (np.zeros(5), (0.0, 0.434))])
def test_a_few_answers_that_are_all_right_or_wrong_still_have_an_interval(right, expected):
    assert bootstrap_interval(right, np.arange(5)) == pytest.approx(expected, abs=0.001)


def test_figures_by_hand():
    p = np.array([[0.8, 0.1, 0.1, 0], [0.6, 0.2, 0.1, 0.1], [0.1, 0.7, 0.1, 0.1], [0.4, 0.3, 0.2, 0.1]])
    run = figures(np.array([0, 1, 1, 3]), p, np.arange(4), ["a", "b", "c", "d"])
    assert run.accuracy == 0.5
    assert run.recall == {"a": 1.0, "b": 0.5, "c": None, "d": 0.0}
    assert run.worst_recall == 0.0
    assert run.top3 == 0.75
    assert run.confusion == [[1, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]]
    assert run.macro_f1 == pytest.approx((0.5 + 2 / 3 + 0) / 3)  # of the genres that occur
    assert run.clips == 4


# ---- protocols


def test_every_protocol_that_the_columns_allow_is_measured(data):
    report = measure(data, CONFIG)
    names = ["fault-filtered", "3-fold", "grouped CV", "random split (leaky, for comparison)"]
    assert list(report.protocols) == names
    honest = {name: report.protocols[name].accuracy for name in names[:3]}
    assert report.headline.accuracy == min(honest.values())
    assert honest[report.headline.protocol] == min(honest.values())
    assert report.protocols["grouped CV"].repeats == 5
    assert report.protocols["grouped CV"].clips == len(data.y)
    assert report.protocols["fault-filtered"].clips == (data.clips["split"] == "test").sum()
    assert 0.4 < report.headline.accuracy <= 1
    assert report.warnings == []
    text = "\n".join(summary_lines(report))
    assert "headline: " in text
    assert "leaky" in text


def test_the_three_fold_figure_is_the_mean_of_its_three_accuracies(data):
    report = measure(data, CONFIG)
    parts = []
    for train, test in three_folds(data):
        model = fit_calibrated(data.subset(train), CONFIG)
        assert model.temperature > 0
        parts.append((model.probabilities(data.x[test]).argmax(axis=1) == data.y[test]).mean())
    assert report.protocols["3-fold"].accuracy == pytest.approx(np.mean(parts))


def test_a_table_without_groups_is_measured_with_a_warning(folder, tmp_path):
    rows = [{k: row[k] for k in ("clip_id", "genre")} for row in read_rows(folder / "clips.csv")]
    write_rows(tmp_path / "clips.csv", rows)
    write_rows(tmp_path / "mfcc.csv", read_rows(folder / "mfcc.csv"))
    report = measure(load_data(tmp_path, CONFIG)[0], CONFIG)
    assert list(report.protocols) == ["ungrouped CV"]
    assert "No clip has an artist" in report.warnings[0]


def test_labels_without_any_signal_give_chance(folder):
    table = read_table(folder, ["mfcc"])
    rng = np.random.default_rng(0)
    noise = replace(table, features=table.features * 0 + rng.standard_normal(table.features.shape))
    report = measure(as_data(noise, "mfcc"), CONFIG)
    assert report.protocols["grouped CV"].accuracy == pytest.approx(1 / 3, abs=0.15)


def test_processes_give_the_same_figures(data):
    alone, together = measure(data, CONFIG), measure(data, CONFIG, jobs=2)
    assert alone.headline.accuracy == pytest.approx(together.headline.accuracy, abs=1e-9)


def test_the_default_needs_families_that_are_there(folder, tmp_path):
    assert default_config(folder).feature_set == "mfcc"
    bare = tmp_path / "bare"
    bare.mkdir()
    write_rows(bare / "clips.csv", read_rows(folder / "clips.csv"))
    with pytest.raises(ModelError, match="lacks the features of every feature set"):
        default_config(bare)
    table = make_table(tmp_path, clips=4, families=("mfcc", "chroma", "tempo", "zcr", "rolloff"))
    assert default_config(table).feature_set == "mfcc+chroma+tempo+zcr+rolloff"
    table = make_table(tmp_path, clips=4, families=("musicnn",))
    assert default_config(table).feature_set == "musicnn"

"""Pictures of a search and of a model: what they count, and what odd results do to them."""

import math

import numpy as np
import pytest
from support.evaluations import evaluation, results
from support.figures import drawn, outside, smallest_text, texts
from support.songs import GENRES

from musicgenre.plots import model as modelviz
from musicgenre.plots import search as searchviz


def all_figures(theme):
    right, p = evaluation()
    named = p.argmax(axis=1)
    curve = {
        "loss": [2, 1, 0.5],
        "val_loss": [2, 1.5, 1.2],
        "accuracy": [0.3, 0.6, 0.8],
        "val_accuracy": [0.2, 0.5, 0.6],
    }
    rows = results()
    return {
        "by feature set": searchviz.search_accuracy(rows, "feature_set", theme=theme),
        "by architecture": searchviz.search_accuracy(rows, "architecture", theme=theme),
        "grid": searchviz.search_grid(rows, theme=theme),
        "hyperparameters": searchviz.hyperparameter_effects(rows, theme=theme),
        "curves": searchviz.learning_curves({"a cell": curve, "cell $2$": curve}, theme=theme),
        "time": searchviz.time_against_accuracy(rows, theme=theme),
        "confusion": modelviz.confusion_matrix(right, named, GENRES, theme=theme),
        "recall": modelviz.recall_per_genre(right, named, GENRES, theme=theme),
        "reliability": modelviz.reliability(right, p, GENRES, theme=theme),
        "coverage": modelviz.coverage_curve(right, p, GENRES, threshold=0.5, theme=theme),
        "length": modelviz.accuracy_by_length([3, 10, 30], [0.7, 0.78, 0.82], bounds=[(0.6, 0.8)] * 3, theme=theme),
        "degradations": modelviz.degradation_bars({"clean": 0.82, "mp3 64k": 0.8}, count=100, theme=theme),
        "protocols": modelviz.protocol_bars({"grouped": 0.82, "random (leaky)": 0.86}, theme=theme),
        "hardest": modelviz.hardest_clips([f"clip {i}" for i in range(200)], right, p, GENRES, theme=theme),
    }


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_figure_is_drawn_with_labels_inside(theme):
    for name, figure in all_figures(theme).items():
        assert not outside(figure), name
        assert drawn(figure).std() > 5, name
        assert smallest_text(figure) >= 9, name
        if name not in ("hardest", "grid"):
            assert figure.axes[-1].get_xlabel() or figure.axes[0].get_xlabel(), name


# ---- a search


def test_best_cell_and_its_deviation_are_drawn():
    rows = results()
    ax = searchviz.search_accuracy(rows, "feature_set").axes[0]
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == ["mfcc", "musicnn", "musicnn+mfcc"]
    cells = {}
    for row in rows:
        cells.setdefault((row["feature_set"], row["cell"]), []).append(float(row["accuracy"]))
    dots = ax.lines[0]
    assert len(dots.get_xdata()) == 24
    best = max((np.mean(values), np.std(values)) for (name, _), values in cells.items() if name == "musicnn")
    container = ax.containers[0]
    assert container.lines[0].get_xdata()[1] == pytest.approx(100 * best[0])
    left, right = container.lines[2][0].get_segments()[1][:, 0]
    assert (right - left) / 2 == pytest.approx(100 * best[1])


def test_grid_shows_the_best_of_each_pair():
    figure = searchviz.search_grid(results())
    values = figure.axes[0].images[0].get_array()
    assert values.shape == (3, 2)
    assert values[0, 0] == values.max()  # best first
    assert len(figure.axes[0].texts) == 6


def test_only_hyperparameters_that_vary_get_a_panel():
    figure = searchviz.hyperparameter_effects(results())
    shown = [ax.get_xlabel() for ax in figure.axes if ax.get_visible()]
    assert shown == ["Hidden units", "L2 penalty"]
    assert [label.get_text() for label in figure.axes[1].get_xticklabels()] == ["0", "0.1"]


def test_learning_curves_have_a_line_for_each_part_and_measure():
    figure = searchviz.learning_curves(
        {"one": {"loss": [3, 2, 1], "val_loss": [3, 2.5, 2], "val_accuracy": [0.1, 0.2, 0.3]}}
    )
    loss, accuracy = figure.axes
    assert [list(line.get_ydata()) for line in loss.lines if len(line.get_ydata())] == [[3, 2, 1], [3, 2.5, 2]]
    assert list(accuracy.lines[0].get_ydata()) == pytest.approx([10, 20, 30])
    assert list(loss.lines[0].get_xdata()) == [1, 2, 3]


def test_time_is_logarithmic_and_in_seconds():
    ax = searchviz.time_against_accuracy(results()).axes[0]
    assert ax.get_xscale() == "log" and "(s" in ax.get_xlabel() and ax.get_ylabel() == "Accuracy (%)"
    assert sum(len(line.get_xdata()) for line in ax.lines) == 24


def test_no_deviation_passes_100_percent():
    rows = [
        {"cell": 1, "fold": fold, "feature_set": "mfcc", "architecture": "softmax", "accuracy": accuracy, "seconds": 1}
        for fold, accuracy in enumerate((1.0, 1.0, 0.7))
    ]
    (bar,) = searchviz.search_accuracy(rows, "feature_set").axes[0].containers[0].lines[2][0].get_segments()
    assert bar[0, 0] < 80 and bar[1, 0] == pytest.approx(100)


@pytest.mark.parametrize("rows", [[], [{"cell": 1, "accuracy": "nan"}], [{"cell": 1, "accuracy": ""}]])
def test_a_search_without_results_says_so(rows):
    for figure in (
        searchviz.search_accuracy(rows, "feature_set"),
        searchviz.search_grid(rows),
        searchviz.hyperparameter_effects(rows),
        searchviz.time_against_accuracy(rows),
        searchviz.learning_curves({}),
    ):
        assert any(text.endswith(".") for text in texts(figure))


def test_a_diverged_cell_does_not_spoil_the_others():
    rows = [*results(), {"cell": "99", "feature_set": "mfcc", "architecture": "softmax", "accuracy": "nan"}]
    assert len(searchviz.search_accuracy(rows, "feature_set").axes[0].lines[0].get_xdata()) == 24


def test_one_cell_is_drawn():
    rows = results()[:1]
    for figure in (
        searchviz.search_accuracy(rows, "architecture"),
        searchviz.search_grid(rows),
        searchviz.time_against_accuracy(rows),
    ):
        assert drawn(figure).std() > 1


# ---- a model


def test_confusion_matrix_holds_shares_of_the_rows():
    figure = modelviz.confusion_matrix([0, 0, 0, 1], [0, 0, 1, 1], ["blues", "jazz"])
    np.testing.assert_allclose(figure.axes[0].images[0].get_array(), [[200 / 3, 100 / 3], [0, 100]])
    assert [text.get_text() for text in figure.axes[0].texts] == ["67", "33", "100"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["blues (3)", "jazz (1)"]


def test_recall_bars_are_sorted_with_intervals():
    ax = modelviz.recall_per_genre([0, 0, 0, 0, 1, 1], [0, 0, 1, 1, 1, 1], ["blues", "jazz", "rock"]).axes[0]
    assert [bar.get_width() for bar in ax.patches] == [100, 50]  # no clip of rock
    assert [label.get_text() for label in ax.get_yticklabels()] == ["jazz (2)", "blues (4)"]
    low, high = ax.containers[1].lines[2][0].get_segments()[1][:, 0]
    assert low == pytest.approx(15.0, abs=0.1) and high == pytest.approx(85.0, abs=0.1)  # Wilson for 2 of 4


def test_reliability_names_the_calibration_error():
    p = np.array([[0.9, 0.1]] * 10)
    right = [0] * 7 + [1] * 3
    figure = modelviz.reliability(right, p, ["a", "b"])
    assert "expected calibration error 20.0 points" in figure.axes[0].get_title(loc="left")
    assert [bar.get_height() for bar in figure.axes[1].patches] == [10]


def test_coverage_curve_ends_at_the_accuracy_of_all():
    right, p = evaluation()
    ax = modelviz.coverage_curve(right, p, GENRES, threshold=0.5).axes[0]
    line = ax.lines[0]
    assert line.get_xdata()[-1] == 100
    assert line.get_ydata()[-1] == pytest.approx(100 * np.mean(p.argmax(axis=1) == right))
    kept = p.max(axis=1) >= 0.5
    accuracy = 100 * np.mean(p.argmax(axis=1)[kept] == right[kept])
    assert f"threshold 50 %: {accuracy:.1f} % of {100 * kept.mean():.0f} %" in [
        text.get_text() for text in ax.get_legend().get_texts()
    ]


def test_lengths_are_sorted_and_labelled_in_seconds():
    ax = modelviz.accuracy_by_length([30, 3, 10], [0.82, 0.7, 0.78]).axes[0]
    assert list(ax.lines[0].get_xdata()) == [3, 10, 30]
    assert list(ax.lines[0].get_ydata()) == pytest.approx([70, 78, 82])
    assert [label.get_text() for label in ax.get_xticklabels()] == ["3", "10", "30"]


def test_degradations_name_their_loss():
    ax = modelviz.degradation_bars({"mp3": 0.8, "clean": 0.84, "noise": 0.7}, reference="clean").axes[0]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["clean", "mp3 (-4.0)", "noise (-14.0)"]
    assert [bar.get_width() for bar in ax.patches] == pytest.approx([84, 80, 70])


def test_hardest_clips_are_those_with_the_least_right_share():
    p = np.array([[0.7, 0.3], [0.9, 0.1], [0.6, 0.4], [0.2, 0.8]])
    rows = modelviz.hardest_rows(["a", "b", "c", "d"], np.array([1, 1, 0, 1]), p, ["blues", "jazz"])
    assert rows == [("b", "jazz", "blues", 0.9, 0.1), ("a", "jazz", "blues", 0.7, 0.3)]
    words = texts(modelviz.hardest_clips(["a", "b", "c", "d"], [1, 1, 0, 1], p, ["blues", "jazz"]))
    assert {"Clip", "Genre", "Named", "b", "a", "90", "10"} <= set(words) and "c" not in words


def test_long_and_strange_clip_names_stay_in_their_column():
    p = np.array([[0.9, 0.1]] * 3)
    figure = modelviz.hardest_clips(["W" * 300, "$x^2$\n\x1b", "日本" * 40], [1, 1, 1], p, ["blues", "jazz"])
    drawn(figure)
    ax = figure.axes[0]
    left = ax.transData.transform((0.46, 0))[0]
    names = [text for text in ax.texts if text.get_position()[0] == 0.0]
    assert max(text.get_window_extent().x1 for text in names) < left


def test_shapes_must_fit():
    with pytest.raises(ValueError, match="shape"):
        modelviz.reliability([0, 1], np.zeros((2, 3)), ["a", "b"])


def test_no_clip_and_one_clip_and_one_genre_are_drawn():
    none = np.zeros((0, 2))
    for figure in (
        modelviz.confusion_matrix([], [], ["a", "b"]),
        modelviz.recall_per_genre([], [], ["a", "b"]),
        modelviz.reliability([], none, ["a", "b"]),
        modelviz.coverage_curve([], none, ["a", "b"]),
        modelviz.hardest_clips([], [], none, ["a", "b"]),
        modelviz.accuracy_by_length([], []),
        modelviz.degradation_bars({}),
        modelviz.protocol_bars({}),
    ):
        assert any(text.endswith(".") for text in texts(figure))
    one = np.array([[1.0]])
    for figure in (
        modelviz.confusion_matrix([0], [0], ["a"]),
        modelviz.recall_per_genre([0], [0], ["a"]),
        modelviz.reliability([0], one, ["a"]),
        modelviz.coverage_curve([0], one, ["a"], threshold=2.0),
        modelviz.accuracy_by_length([3], [math.nan]),
        modelviz.degradation_bars({"clean": 1.0}, count=1),
    ):
        assert drawn(figure).std() > 1

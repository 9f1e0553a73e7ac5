"""Pictures of a table: every family's, for tables of all sizes."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from support.figures import drawn, outside, smallest_text, texts

from musicgenre.features.families import FAMILIES
from musicgenre.plots.clip_map import clip_map, map_points
from musicgenre.plots.style import genre_colour
from musicgenre.plots.table import (
    SPREADS,
    clips_per_genre,
    family_means,
    family_spread,
    feature_correlation,
    mean_mel,
    table_pictures,
)

GENRES = ("blues", "jazz", "rock", "schlager $x$")


def table(clips=60, genres=GENRES, families=("mfcc", "chroma", "tempo", "zcr", "rolloff", "centroid", "musicnn")):
    """Return genres and features; each genre is shifted by its number in every column."""
    rng = np.random.default_rng(2)
    labels = [genres[i % len(genres)] for i in range(clips)]
    columns = [column for family in families for column in FAMILIES[family]]
    x = rng.normal(0, 1, (clips, len(columns))) + np.array([genres.index(label) for label in labels])[:, None]
    return labels, pd.DataFrame(x, columns=columns)


def test_every_family_gets_its_pictures_in_both_themes():
    labels, features = table()
    pictures = table_pictures(labels, features, groups=[f"artist {i % 9}" for i in range(60)])
    assert [picture.name for picture in pictures] == [
        "clips_per_genre",
        "mfcc_by_genre",
        "chroma_by_genre",
        "musicnn_by_genre",
        "tempo_by_genre",
        "zcr_by_genre",
        "rolloff_by_genre",
        "centroid_by_genre",
        "mel_by_genre",
        "map_pca",
        "map_tsne",
        "feature_correlation",
    ]
    for picture in pictures:
        for theme in ("light", "dark"):
            figure = picture.draw(theme)
            assert drawn(figure).std() > 5, picture.name
            assert smallest_text(figure) >= 9, picture.name
        assert not outside(figure), picture.name


def test_a_table_of_one_family_gets_only_its_pictures():
    labels, features = table(families=("tempo", "zcr"))
    names = [picture.name for picture in table_pictures(labels, features)]
    assert names == ["clips_per_genre", "tempo_by_genre", "zcr_by_genre", "map_pca", "map_tsne", "feature_correlation"]


def test_genres_and_rows_must_fit():
    with pytest.raises(ValueError, match="3 genres for 60 rows"):
        table_pictures(["a", "b", "c"], table()[1])


def test_bars_count_clips_and_groups():
    labels = ["rock"] * 5 + ["jazz"] * 3
    ax = clips_per_genre(labels, groups=["a", "a", "b", "b", "c", "d", "", ""]).axes[0]
    assert [bar.get_width() for bar in ax.patches] == [5, 3]
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == [genre_colour("rock"), genre_colour("jazz")]
    assert {"5  (3 groups)", "3  (1 groups)"} <= {text.get_text() for text in ax.texts}
    assert ax.get_xlabel() == "Clips"


@pytest.mark.parametrize(("family", "across", "label"), [("mfcc", 30, "Coefficient"), ("chroma", 12, "Pitch class")])
def test_heat_maps_hold_standardised_means(family, across, label):
    labels, features = table()
    figure = family_means(labels, features, family)
    means = figure.axes[0].images[0].get_array()
    assert means.shape == (4, across)
    column = features[f"{family}_mean_01"]
    z = (column - column.mean()) / column.std(ddof=0)
    assert means[0, 0] == pytest.approx(z[np.array(labels) == "blues"].mean())
    assert figure.axes[0].get_xlabel() == label
    assert (means[0] < 0).all() and (means[3] > 0).all()
    assert figure.axes[-1].get_ylabel() == "Difference from all clips (standard deviations)"


def test_tag_map_names_every_tag_once():
    labels, features = table()
    ax = family_means(labels, features, "musicnn").axes[0]
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert len(names) == 50 and len(set(names)) == 50 and "heavy metal" in names
    assert ax.images[0].get_array().shape == (50, 4)


def test_every_tag_stands_beside_its_own_values():
    labels, features = table()
    features["tag_mean_jazz"] = [5.0 if label == "jazz" else 0.0 for label in labels]
    ax = family_means(labels, features, "musicnn").axes[0]
    row = [label.get_text() for label in ax.get_yticklabels()].index("jazz")
    assert ax.images[0].get_array()[row].argmax() == sorted(GENRES).index("jazz")


@pytest.mark.parametrize("family", SPREADS)
def test_box_plots_name_units_and_show_every_clip(family):
    labels, features = table()
    figure = family_spread(labels, features, family)
    assert [ax.get_xlabel() for ax in figure.axes] == [words for _, words in SPREADS[family]]
    for ax, (column, _) in zip(figure.axes, SPREADS[family], strict=True):
        shown = np.concatenate([dots.get_offsets()[:, 0] for dots in ax.collections])
        np.testing.assert_allclose(np.sort(shown), np.sort(features[column]))
        assert [label.get_text() for label in figure.axes[0].get_yticklabels()][:3] == ["blues", "jazz", "rock"]


def test_mean_spectrum_comes_back_from_its_mfccs():
    from scipy.fft import dct

    level = np.linspace(0, -40, 128)
    mfcc = dct(level, norm="ortho")[:30]
    features = pd.DataFrame([mfcc, mfcc], columns=[f"mfcc_mean_{i:02d}" for i in range(1, 31)])
    figure = mean_mel(["rock", "jazz"], features)
    line = figure.axes[0].lines[1]
    np.testing.assert_allclose(line.get_ydata(), level, atol=0.5)
    assert line.get_xdata()[-1] == pytest.approx(10739, rel=0.01)
    words = texts(figure)
    assert "Level (dB, approximated from 30 mean MFCCs)" in words and "Frequency (Hz)" in words


def test_maps_keep_apart_what_is_apart_and_repeat():
    labels, features = table(families=("mfcc",))
    shift = np.array([{"blues": 0, "jazz": 30, "rock": 60}.get(label, 90) for label in labels])
    features = features + shift[:, None] * np.random.default_rng(0).normal(0, 1, (4, 60))[(shift // 30).astype(int)]
    for method in ("PCA", "t-SNE"):
        points, words = map_points(features, method, seed=1)
        assert points.shape == (60, 2) and words.startswith(method)
        np.testing.assert_array_equal(points, map_points(features, method, seed=1)[0])
        middles = np.array([points[np.array(labels) == name].mean(axis=0) for name in GENRES])
        nearest = np.linalg.norm(points[:, None] - middles[None], axis=2).argmin(axis=1)
        assert np.mean(np.array(GENRES)[nearest] == np.array(labels)) > 0.9, method


def test_map_has_a_cloud_and_a_label_for_each_genre():
    labels, features = table()
    ax = clip_map(labels, *map_points(features, "PCA")).axes[0]
    assert sum(len(dots.get_offsets()) for dots in ax.collections) == 60
    assert [to_hex(dots.get_facecolor()[0]) for dots in ax.collections] == [genre_colour(g) for g in sorted(GENRES)]
    assert len(ax.texts) == 4 and ax.get_xlabel().startswith("Component 1 (")


def test_map_labels_cover_neither_each_other_nor_a_clip():
    labels = [f"genre {i % 12}" for i in range(240)]
    points = np.random.default_rng(0).normal(0, 1, (240, 2))  # all medians near the middle
    figure = clip_map(labels, points, "PCA|x|y")
    drawn(figure)
    (ax,) = figure.axes
    boxes = [text.get_bbox_patch().get_window_extent() for text in ax.texts]
    assert len(boxes) == 12
    assert not [(i, j) for i in range(12) for j in range(i) if boxes[i].overlaps(boxes[j])]
    clips = ax.transData.transform(points)
    assert not [box for box in boxes if box.count_contains(clips)]


def test_correlation_is_that_of_the_columns():
    labels, features = table(families=("mfcc", "tempo"))
    figure = feature_correlation(features)
    np.testing.assert_allclose(figure.axes[0].images[0].get_array(), np.corrcoef(features.T), atol=1e-9)
    assert {"mfcc mean", "mfcc std", "tempo"} <= set(texts(figure))
    assert figure.axes[1].get_ylabel() == "Correlation (-1 to 1)"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("clips", "genres"), [(0, GENRES), (1, GENRES), (2, GENRES), (3, GENRES), (40, ("rock",)), (5, ("",))]
)
def test_little_data_gives_a_figure_that_says_so(clips, genres):
    labels, features = table(clips, genres)
    for picture in table_pictures(labels, features):
        figure = picture.draw("light")
        assert drawn(figure).std() > 1 and texts(figure), picture.name


@pytest.mark.filterwarnings("error")
def test_constant_and_missing_values_are_drawn():
    labels, features = table()
    features["mfcc_mean_01"] = 3.0
    features.loc[4, "mfcc_mean_02"] = np.nan
    features["tempo_bpm"] = 120.0
    for picture in table_pictures(labels, features):
        assert drawn(picture.draw("dark")).std() > 1, picture.name

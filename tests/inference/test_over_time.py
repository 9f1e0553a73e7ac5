"""Genres over a song: the whole from its stretches, the cheapest path through them, parts and their borders."""

import numpy as np
import pytest

from musicgenre.audio.recording import Clip, Recording
from musicgenre.inference.over_time import (
    Stretches,
    best_path,
    edges_between,
    is_mixed,
    looked_at,
    pooled,
    song_parts,
    stretch_count,
)
from musicgenre.inference.prediction import Part

GENRES = ["blues", "jazz", "rock"]


def logs(*rows):
    """Return logarithms of probabilities."""
    return np.log(np.array(rows))


def pieces(genres, *, step=5.0, sure=0.9):
    """Return consecutive pieces of one genre each."""
    rest = (1 - sure) / (len(GENRES) - 1)
    rows = [[sure if name == genre else rest for name in GENRES] for genre in genres]
    starts = step * np.arange(len(rows))
    return Stretches(starts, starts + step, np.full(len(starts), step), logs(*rows))


def test_the_whole_is_the_geometric_mean_of_the_stretches():
    found = pooled(logs([0.8, 0.1, 0.1], [0.2, 0.4, 0.4]))
    assert found == pytest.approx(np.array([0.4, 0.2, 0.2]) / 0.8)
    same = logs([0.7, 0.2, 0.1])
    assert pooled(same) == pytest.approx([0.7, 0.2, 0.1])
    weighted = pooled(logs([0.8, 0.1, 0.1], [0.2, 0.4, 0.4]), np.array([1.0, 0.0]))
    assert weighted == pytest.approx([0.8, 0.1, 0.1])


def exhaustive(values, change):
    """Return the best path by trying all."""
    import itertools

    def worth(path):
        changes = sum(a != b for a, b in itertools.pairwise(path))
        return sum(values[i, g] for i, g in enumerate(path)) - change * changes

    return max(itertools.product(range(values.shape[1]), repeat=len(values)), key=worth)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("change", [0.0, 0.7, 2.0, 50.0])
def test_the_path_is_the_best_of_all(seed, change):
    rng = np.random.default_rng(seed)
    values = np.log(rng.dirichlet([0.5] * 3, size=6))
    assert tuple(best_path(values, change=change)) == exhaustive(values, change)


def test_a_single_odd_piece_makes_no_part():
    odd = pieces(["blues", "blues", "rock", "blues", "blues"], sure=0.6)
    assert [part.genre for part in song_parts(odd, GENRES, start_s=0.0, end_s=25.0)] == ["blues"]


def test_parts_cover_the_song_and_equal_neighbours_are_one():
    found = song_parts(pieces(["blues"] * 3 + ["rock"] * 4 + ["blues"] * 2), GENRES, start_s=0.0, end_s=46.0)
    assert [(part.start_s, part.end_s, part.genre) for part in found] == [
        (0.0, 15.0, "blues"), (15.0, 35.0, "rock"), (35.0, 46.0, "blues"),
    ]  # fmt: skip
    assert all(part.confidence == 0.9 for part in found)


def test_a_border_between_sections_lies_in_the_middle_of_the_gap():
    two = Stretches(
        np.array([10.0, 40.0]),
        np.array([20.0, 50.0]),
        np.array([10.0, 10.0]),
        logs([0.9, 0.05, 0.05], [0.05, 0.05, 0.9]),
    )
    assert edges_between(two, 0.0, 60.0) == [0.0, 30.0, 60.0]
    assert [part.end_s for part in song_parts(two, GENRES, start_s=0.0, end_s=60.0)] == [30.0, 60.0]


def recording(*spans, duration_s):
    """Return a recording of which these spans are decoded."""
    clips = tuple(Clip(np.zeros(round(100 * (b - a)), np.float32), 100, "t", "t", a) for a, b in spans)
    return Recording(clips, "t", duration_s)


@pytest.mark.parametrize(("spans", "duration_s", "place"), [
    (((0, 30),), 30.0, (0.0, 30.0)),
    (((15, 25), (45, 55), (75, 85)), 100.0, (5.0, 95.0)),
    (((10, 20), (40, 50), (70, 80)), 90.0, (0.0, 90.0)),
    (((60, 90),), 200.0, (60.0, 90.0)),  # an excerpt says nothing of the rest
])  # fmt: skip
def test_clips_stand_for_half_of_the_gap_beside_them(spans, duration_s, place):
    assert looked_at(recording(*spans, duration_s=duration_s)) == pytest.approx(place)


def parts(*lengths_and_genres, sure=0.9):
    """Return consecutive parts."""
    found, at = [], 0.0
    for length, genre in lengths_and_genres:
        found.append(Part(at, at + length, genre, sure))
        at += length
    return found


@pytest.mark.parametrize(("made_of", "mixed"), [
    (((100, "blues"), (20, "rock")), True),
    (((100, "blues"), (19.9, "rock")), False),
    (((40, "blues"), (10, "rock"), (40, "blues"), (10, "rock")), True),  # twice 10 s are 20 s
    (((60, "blues"),), False),
    (((10, "blues"), (10, "rock")), True),  # a fifth of a short song
    (((16.1, "blues"), (3.9, "rock")), False),
    ((), False),
])  # fmt: skip
def test_a_song_is_mixed_if_two_genres_are_named_for_long_enough(made_of, mixed):
    assert is_mixed(parts(*made_of), named_from=0.8) is mixed


@pytest.mark.parametrize(("length", "confidence", "mixed"), [
    (19.9, 0.66, True), (19.9, 0.64, False), (20.0, 0.79, False), (20.0, 0.8, True),
])  # fmt: skip
def test_parts_of_a_short_song_need_less_confidence(length, confidence, mixed):
    both = parts((length, "blues"), (length, "rock"), sure=confidence)
    assert is_mixed(both, named_from=0.8) is mixed


def test_a_part_that_is_not_sure_does_not_count():
    unsure = [*parts((50, "blues")), Part(50.0, 100.0, "rock", 0.79)]
    assert not is_mixed(unsure, named_from=0.8) and is_mixed(unsure, named_from=0.79)


@pytest.mark.parametrize(("silence_s", "mixed"), [(0.0, True), (24.0, True), (24.1, False)])
def test_silence_in_a_part_is_no_music_of_its_genre(silence_s, mixed):
    song = parts((80, "blues"), (44, "rock"))
    assert is_mixed(song, named_from=0.8, silent=[(100 - silence_s / 2, 100 + silence_s / 2)]) is mixed


def test_minutes_of_silence_around_short_parts_change_nothing():
    near = parts((10, "blues"), (10, "rock"))
    far = [near[0], Part(10.0, 320.0, "rock", 0.9)]
    assert is_mixed(near, named_from=0.8) and is_mixed(far, named_from=0.8, silent=[(10.0, 310.0)])


@pytest.mark.parametrize(("seconds", "count"), [
    (3.0, 1), (14.9, 1), (15.0, 1), (15.4, 1), (15.6, 2), (20.0, 2), (25.0, 2), (30.0, 3), (120.0, 12),
])  # fmt: skip
def test_no_usual_length_lies_where_the_number_of_stretches_changes(seconds, count):
    assert stretch_count(seconds, 10.0) == count

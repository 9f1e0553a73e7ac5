"""Similar songs of the history."""

import numpy as np
import pytest

from musicgenre.engine.history import History
from musicgenre.engine.messages import FindSimilarAnswers
from musicgenre.engine.similar import nearest_answers, song_vector
from musicgenre.errors import SourceError
from musicgenre.inference.prediction import Prediction


@pytest.fixture
def history(tmp_path):
    made = History(tmp_path / "a folder #1?")
    base = np.random.default_rng(0).normal(size=(4, 200)).astype(np.float32)
    for number, (key, row) in enumerate(
        (("x", base[0]), ("same", base[0]), ("near", base[0] + 0.3 * base[1]), ("far", base[2]), ("again", base[0]))
    ):
        source = "/m/x.ogg" if key == "again" else f"/m/{key}.ogg"
        made.add(key, Prediction(source, key, None, "genre", "jazz", 0.9), vector=song_vector(row[None]), made=number)
    made.add("old", Prediction("/m/old.ogg", "old", None, "genre", "jazz", 0.9))
    made.add("quiet", Prediction("/m/q.ogg", "q", None, "not_music"), vector=song_vector(base[0][None]))
    yield made
    made.close()


def ask(history, key, top=20):
    return nearest_answers(FindSimilarAnswers(7, key, str(history.folder / "history.sqlite"), top))


def test_the_nearest_songs_come_first_and_the_song_itself_is_not_among_them(history):
    found = ask(history, "x")
    assert [song.key for song in found.songs] == ["same", "near", "far"] and found.compared == 3 and found.job == 7
    distances = [song.distance for song in found.songs]
    assert distances[0] == pytest.approx(0.0, abs=1e-5) and distances == sorted(distances) and distances[2] > 0.5
    assert [song.key for song in ask(history, "x", top=1).songs] == ["same"]


def test_what_was_not_kept_is_a_sentence(history):
    with pytest.raises(SourceError, match="classify it again"):
        ask(history, "old")

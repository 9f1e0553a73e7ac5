"""Names that are taken: the program's own files stay, and an own model is replaced only on request."""

from dataclasses import replace

import numpy as np
import pytest
from support.material import ROOT, make_table, run_script

from musicgenre.errors import ModelError
from musicgenre.inference.card import PROGRAM_MODELS, read_card
from musicgenre.inference.measured import Sets
from musicgenre.litert import MODELS_DIR
from musicgenre.training.model_files import check_free
from musicgenre.training.model_page import beliefs, describe_models
from musicgenre.training.sets import Levels, choose_levels, genre_ranks, set_sizes, sets_summary


@pytest.mark.parametrize(
    "name", ["genres", "gtzan10", "librosa12", "not_music", "not_music_kinds", "musicnn", "musicnn_tags", "GENRES"]
)
@pytest.mark.parametrize("force", [False, True])
def test_a_file_that_came_with_the_program_is_never_replaced(name, force):
    with pytest.raises(ModelError, match=f"{name} came with the program .* --out models/mine"):
        check_free(MODELS_DIR / name, force=force)


def test_such_a_name_is_free_elsewhere(tmp_path):
    check_free(tmp_path / "genres")
    check_free(MODELS_DIR / "mine")


@pytest.mark.parametrize("ending", ["json", "keras", "tflite"])
def test_an_own_model_is_replaced_only_on_request(ending, tmp_path):
    (tmp_path / f"mine.{ending}").write_text("x")
    with pytest.raises(ModelError, match="--force"):
        check_free(tmp_path / "mine")
    check_free(tmp_path / "mine", force=True)


def test_training_says_so_before_it_starts(tmp_path):
    table = make_table(tmp_path / "table", clips=4)
    before = {path.name: path.stat().st_mtime_ns for path in MODELS_DIR.iterdir()}
    done = run_script("02_nn_train_model.py", "--data", table, "--out", MODELS_DIR / "not_music")
    assert done.returncode == 2 or done.returncode == 1
    assert "came with the program" in done.stderr
    assert {path.name: path.stat().st_mtime_ns for path in MODELS_DIR.iterdir()} == before


def test_what_a_user_may_believe_is_said_in_whole_sentences():
    sets = Sets(named=0.341, named_right=0.872, two=0.6, two_right=0.9, three=0.8, three_right=0.891)
    card = read_card(MODELS_DIR / "genres")
    run = replace(card.metrics["grouped CV"], accuracy=0.642, top2=0.84)
    assert list(beliefs(replace(card, sets=sets, metrics={"grouped CV": run}))) == [
        "It names one genre for 34 of 100 songs; of 100 that it names, 87 are right.",
        "For 60 of 100 songs it names one genre or two (“rock or metal”); of 100 such answers 90 hold the right genre.",
        "For 80 of 100 songs it names one to three genres; of 100 such answers 89 hold the right genre.",
        "Its first guess, sure or not, is right for 64 of 100 songs, and one of its first two for 84.",
    ]
    assert list(beliefs(replace(card, sets=Sets(named=0.0), metrics={}))) == []


@pytest.fixture(scope="module")
def held_out():
    """Return (card of the shipped model, labels, probabilities): each song's mean answer by models of other sources."""
    stored = np.load(ROOT / "tests" / "fixtures" / "genres_held_out.npz")
    return read_card(MODELS_DIR / "genres"), stored["y"].astype(int), stored["probabilities"].astype(float)


def test_the_card_says_what_the_songs_that_were_held_out_show(held_out):
    card, y, probabilities = held_out
    levels = Levels(card.thresholds.uncertain_below, card.set_level)
    sizes = set_sizes(probabilities, levels)
    found = sets_summary(y, probabilities, sizes).as_json()
    for name, value in card.sets.as_json().items():
        # Its own figures are with levels from inner parts of each training part, over three divisions of the songs:
        # fewer songs choose stricter levels, so that fewer are named. The shares that are right have a standard error.
        if name.endswith("right"):
            answered = np.isin(sizes, {"exactly_2_right": [2], "exactly_3_right": [3]}.get(name, [1, 2, 3])).sum()
            assert found[name] == pytest.approx(value, abs=max(0.03, 2 * (value * (1 - value) / answered) ** 0.5)), name
        else:
            assert value - 0.03 <= found[name] <= value + 0.05, name
    assert (genre_ranks(y, probabilities) == 0).mean() == pytest.approx(card.headline.accuracy, abs=0.01)
    assert min(found["named_right"], found["two_right"], found["three_right"]) > 0.86


def test_the_levels_of_the_card_are_those_of_the_songs_that_were_held_out(held_out):
    card, y, probabilities = held_out
    assert choose_levels(y, probabilities).set_level == pytest.approx(card.set_level, abs=0.04)
    assert card.set_level >= card.thresholds.uncertain_below >= 0.5
    assert np.bincount(y).tolist() == list(card.training.clips_per_genre.values())


def test_the_page_about_the_shipped_models_is_that_of_their_cards():
    """A user's own models may stand beside them."""
    assert (MODELS_DIR / "README.md").read_text(encoding="utf-8") == describe_models(MODELS_DIR, PROGRAM_MODELS)

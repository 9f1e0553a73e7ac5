"""Files that the version before wrote still open: a library, a history, a model."""

import json
import shutil

import pytest
from support.material import ROOT

from musicgenre.engine.history import History
from musicgenre.inference.card import PROGRAM_MODELS, read_card
from musicgenre.inference.model import GenreModel
from musicgenre.library.statistics import statistics
from musicgenre.library.store import open_library
from musicgenre.litert import MODELS_DIR

FIXTURES = ROOT / "tests" / "fixtures"


@pytest.fixture
def history(tmp_path):
    shutil.copy(FIXTURES / "history_1.sqlite", tmp_path / "history.sqlite")
    store = History(tmp_path)
    yield store
    store.close()


def test_an_older_library_keeps_its_answers(tmp_path):
    shutil.copy(FIXTURES / "library_1.sqlite", tmp_path / "songs.sqlite")
    with open_library(tmp_path / "songs.sqlite") as library:
        assert statistics(library).verdicts == {"genre": 2, "not_music": 1, "silent": 1}


def test_an_older_history_keeps_its_answers(history):
    assert history.problem is None
    assert {entry.title: entry.prediction.verdict for entry in history.find()} == {
        "rock": "genre", "speech": "not_music", "silence": "silent",
    }  # fmt: skip


def test_an_older_history_keeps_its_corrections(history):
    assert [correction.genre for correction in history.corrections()] == ["jazz"]


def test_an_older_history_keeps_its_settings(history):
    assert (history.setting("theme", ""), history.setting("volume", 0.0)) == ("dark", 0.5)


def test_an_older_model_still_answers():
    model = GenreModel(FIXTURES / "old_march")
    values = dict.fromkeys(model.card.columns, 0.0)
    assert model.predict(values).probabilities.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("base", [FIXTURES / "old_march", *(MODELS_DIR / name for name in PROGRAM_MODELS)])
def test_a_card_is_written_with_the_fields_that_it_was_read_with(base):
    stored = json.loads(base.with_suffix(".json").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(read_card(base).as_json())) == stored

"""Generated cards, tables, journals and texts: read or refused with a sentence; `make torture` goes on for minutes."""

import json
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import fuzz_targets
from support.fuzz_targets import TARGETS, attempt, seeds

from musicgenre.dataset.build import JOURNAL, known_rows, table_definition
from musicgenre.dataset.table import read_table
from musicgenre.errors import ModelError
from musicgenre.files import MAX_JSON_BYTES, read_json
from musicgenre.inference.card import list_models, read_card
from musicgenre.training.model_page import describe_models

QUICK = settings(
    max_examples=250, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


@pytest.fixture(scope="module", autouse=True)
def folder():
    fuzz_targets.folder()
    yield
    fuzz_targets.remove_folder()


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_is_read_is_taken_or_refused(name):
    @QUICK
    @given(st.binary(max_size=200))
    def run(data):
        attempt(name, data)

    run()


@pytest.mark.parametrize("name", ["card", "table", "journal"])
def test_changes_to_good_input_are_taken_or_refused(name):
    taken = []

    @QUICK
    @given(st.integers(0x40, 0xFF), st.binary(min_size=2, max_size=60))
    def run(how, data):
        taken.append(attempt(name, bytes([how]) + data))

    run()
    assert TARGETS[name](seeds(name)[0])
    assert not all(taken)


@QUICK
@given(st.text(max_size=300) | st.text(alphabet="\x1b\x9b[]\\;0m\x07=+-@ \u202e\ud800a", max_size=60))
def test_any_text_is_made_safe(text):
    fuzz_targets.text(text.encode("utf-8", "surrogatepass"))


# ---- findings


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 900 + "]" * 900])
def test_json_that_nests_deeply_is_no_value_or_one(text, tmp_path):
    """Python's reader ends in a RecursionError."""
    path = tmp_path / "card.json"
    path.write_text(text)
    assert list_models(tmp_path) == []
    with pytest.raises(ModelError):
        read_card(tmp_path / "card")


def test_a_huge_file_or_none_is_not_read_as_json(tmp_path):
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(MAX_JSON_BYTES + 1)
    os.mkfifo(tmp_path / "pipe.json")
    for name in ("huge.json", "pipe.json"):
        with pytest.raises(ValueError, match="larger than 50 MB|no regular file"):
            read_json(tmp_path / name)
    assert list_models(tmp_path) == []


GENRES = ("\x1b[31mrock", "ro\u202eck", "a\nb", "\ud800", "x" * 61, "", "  ", "rock\0")


def changed_card(folder, **changes):
    """Write a card that differs from the shipped one; return its path without ending."""
    (folder / "card.json").write_text(json.dumps({**json.loads(seeds("card")[0]), **changes}))
    return folder / "card"


@pytest.mark.parametrize("genre", GENRES)
def test_a_genre_that_cannot_be_shown_is_refused_in_card_and_table(genre, tmp_path):
    genres = json.loads(seeds("card")[0])["genres"]
    with pytest.raises(ModelError, match="no name to show"):
        read_card(changed_card(tmp_path, genres=[genre, *genres[1:]]))
    if genre and genre.isascii():
        (tmp_path / "clips.csv").write_text(f'clip_id,genre\na,rock\nb,"{genre}"\n')
        with pytest.raises(ModelError, match=r"clips\.csv, line 3: the genre .* is no name to show"):
            read_table(tmp_path, ())


@pytest.mark.parametrize(
    "changes",
    [
        {"genres": ["rock"] * 10},
        {"amplify_to_dbfs": "loud"},
        {"amplify_to_dbfs": True},
        {"amplify_to_dbfs": 1e308},
        {"level_dbfs": None},
        {"level_dbfs": 1},
        {"traits": 7},
        {"traits": {"rock": {"tempo_bpm": [1, 2]}}},
        {"training": None},
        {"metrics": {"3-fold": {"accuracy": 0.5}}},
        {"metrics": {"3-fold": 1}},
        {"warnings": 1},
        {"warnings": [None]},
        {"name": "\x1b[2J"},
        {"columns": json.loads(seeds("card")[0])["columns"][::-1]},
        {"families": ["musicnn", "no such"]},
    ],
)
def test_a_card_with_a_field_of_another_kind_is_refused(changes, tmp_path):
    """Each of these was taken, and ended in a traceback or a wrong answer later."""
    with pytest.raises(ModelError):
        read_card(changed_card(tmp_path, **changes))
    assert describe_models(tmp_path).startswith("# Models")


def test_rows_with_more_cells_than_the_header_do_not_move_the_columns(tmp_path):
    """Found by the fuzzer: pandas made an index of the first column, and a genre of what stood behind it."""
    (tmp_path / "clips.csv").write_text("clip_id,genre\na/1,rock,x\nb/1,jazz,y\n")
    with pytest.raises(ModelError, match="rows have more cells than its header"):
        read_table(tmp_path, ())


def test_a_journal_of_other_things_is_passed_over(tmp_path):
    definition = table_definition(None)
    good = json.loads(seeds("journal")[0])
    odd = [[], None, {}, {**good, "sha256": []}, {**good, "values": None}, {**good, "status": 1}]
    known = {**{k: v for k, v in good.items() if k != "clip_id"}, "sha256": "y"}  # of an earlier table
    lines = [definition, *odd, good, known]
    (tmp_path / JOURNAL).write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert known_rows(tmp_path, ["tempo"], definition) == {"x": good, "y": known}

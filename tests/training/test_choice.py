"""What a chosen configuration is worth: nested cross-validation, and the sentence beside its figure."""

import json
from dataclasses import replace

import pytest
from support.material import make_table, read_rows, write_rows

import functions_nn
from musicgenre.dataset.corrections_file import SongCorrection
from musicgenre.errors import ModelError
from musicgenre.inference.measured import Headline, Sets
from musicgenre.training import choice as choice_module
from musicgenre.training.choice import NESTED, Choice, choose_config, measure_choice
from musicgenre.training.config import make_config
from musicgenre.training.summary import percent, summary_lines

CELLS = [make_config("whitened", feature_set="mfcc"), make_config("softmax", feature_set="mfcc_mean")]
CHOSEN = Choice(CELLS[0], "chosen by reports/chosen.json", "quick")


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Return a table without a test part, and keep the grid to two cells."""
    monkeypatch.setattr(choice_module, "grid", lambda *_, **__: CELLS)
    folder = make_table(tmp_path / "table", genres=("march", "polka"), clips=12)
    rows = [{**row, "split": "", "fold": ""} for row in read_rows(folder / "clips.csv")]
    write_rows(folder / "clips.csv", rows)
    return folder


def test_a_choice_made_on_the_same_clips_is_measured_by_nested_cross_validation_and_says_so(table):
    report = functions_nn.measure(table, CHOSEN, repeats=1)
    assert report.headline == Headline(report.protocols[NESTED].accuracy, NESTED)
    (note,) = report.notes
    assert "chosen as the best of many on these very clips" in note and "makes the choice again in each fold" in note
    assert f"{percent(report.headline.accuracy)} is what to expect" in note
    text = "\n".join(summary_lines(report))
    assert f"({NESTED}: with the choice of the configuration made again in each fold)" in text


def test_a_default_and_a_table_with_a_test_part_need_none(table, tmp_path):
    assert NESTED not in functions_nn.measure(table, CHOSEN.config, repeats=1).protocols
    apart = make_table(tmp_path / "apart", genres=("march", "polka"), clips=16)
    report = functions_nn.measure(apart, CHOSEN, repeats=1)
    assert NESTED not in report.protocols and report.headline.protocol == "fault-filtered"
    assert "chosen without the test part" in report.notes[0]


def test_each_choice_inside_a_fold_sees_nothing_of_what_it_is_tested_on(table, monkeypatch):
    seen, tested = [], []
    real_inner, real_outer = choice_module._inner_accuracy, choice_module._outer_answers

    def inner(job):
        seen.append(set(job.data.groups))
        return real_inner(job)

    def outer(job):
        tested.append(set(job[0].groups))
        return real_outer(job)

    monkeypatch.setattr(choice_module, "_inner_accuracy", inner)
    monkeypatch.setattr(choice_module, "_outer_answers", outer)
    run = measure_choice(table, CHOSEN)
    assert len(seen) == len(tested) * len(CELLS) and run.clips == 24
    every = set().union(*tested)
    assert all(len(groups) < len(every) for groups in seen)
    assert [seen[i] for i in range(0, len(seen), len(CELLS))] == tested


@pytest.mark.parametrize("shown", [True, False])
def test_the_report_opens_in_the_browser_where_there_is_one(shown, table, tmp_path, monkeypatch, capsys):
    opened = []
    monkeypatch.setattr("webbrowser.open", lambda address: opened.append(address) or shown)
    reports = tmp_path / "reports"
    functions_nn.run_training(
        table, tmp_path / "mine", reports=reports, repeats=1, measure_only=True, show=True, choice=None
    )
    assert opened == [(reports / "report.html").as_uri()]
    said = capsys.readouterr().err
    assert f"pictures and tables: {reports / 'report.html'}" in said
    assert ("there is no browser" in said) is not shown


@pytest.mark.parametrize("families", [[["musicnn"]], [{}], [None], [1.5]])
def test_a_choice_whose_families_are_no_names_is_refused(families, tmp_path):
    path = tmp_path / "chosen.json"
    config = {"architecture": "deep"}
    path.write_text(json.dumps({"config": config, "families": families, "table_sha256": "x"}))
    make_table(tmp_path / "table")
    with pytest.raises(ModelError, match="is not the table that|not a choice"):
        choose_config(tmp_path / "table", path)


def test_a_named_choice_that_does_not_exist_is_said(table, tmp_path):
    with pytest.raises(ModelError, match="there is no file"):
        choose_config(table, tmp_path / "chosen.json")


def test_nested_cross_validation_measures_the_genres_and_labels_that_are_trained(tmp_path, table):
    """A model of two genres of three was measured on all of them, and the report failed."""
    folder = make_table(tmp_path / "three", genres=("march", "polka", "waltz"), clips=12)
    write_rows(folder / "clips.csv", [{**row, "split": "", "fold": ""} for row in read_rows(folder / "clips.csv")])
    songs = [row["clip_id"] for row in read_rows(folder / "clips.csv") if row["genre"] == "march"]
    report = functions_nn.measure(
        folder, CHOSEN, repeats=1, genres=["march", "polka"], corrections=[SongCorrection(songs[0], "polka")]
    )
    runs = report.protocols
    assert {name: list(run.recall) for name, run in runs.items()} == dict.fromkeys(runs, ["march", "polka"])
    assert [sum(row) for row in runs[NESTED].confusion] == [11, 13]


def test_the_genre_found_least_is_that_of_the_headline_and_sets_that_add_nothing_have_no_line(table):
    report = functions_nn.measure(table, CHOSEN, repeats=1)
    nested = replace(report.protocols[NESTED], recall={"march": 0.25, "polka": 1.0})
    sets = Sets(named=0.5, named_right=1.0, two=0.5, two_right=1.0, three=0.6, three_right=0.9)
    changed = replace(report, protocols={**report.protocols, NESTED: nested}, sets=sets)
    text = "\n".join(summary_lines(changed))
    assert "found least: march, 25.0 %" in text and "one genre or a set of two for" not in text
    assert "one genre or a set of two or three for 60.0 %" in text

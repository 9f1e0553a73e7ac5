"""The grid: fresh fits, resumption, baselines, a choice with its reason."""

import json

import numpy as np
import pandas as pd
import pytest
from support.material import make_table, read_rows, write_rows

from musicgenre.dataset import search_results
from musicgenre.errors import ModelError
from musicgenre.features.families import FAMILIES
from musicgenre.training import grid_search as grid_search_module
from musicgenre.training.choice import choose_config
from musicgenre.training.config import make_config


@pytest.fixture
def table(tmp_path):
    """Return a table of three genres with six artists each and the families zcr and centroid."""
    rng = np.random.default_rng(0)
    rows = [(f"{g}/{i}", g, f"{g} artist {i // 2}") for g in ("polka", "salsa", "tango") for i in range(12)]
    clips = pd.DataFrame(rows, columns=["clip_id", "genre", "group"])
    folder = tmp_path / "table"
    folder.mkdir()
    clips.to_csv(folder / "clips.csv", index=False)
    for family in ("mfcc",):
        values = (
            rng.normal(size=(36, len(FAMILIES[family])))
            + clips["genre"].map({"polka": 0.0, "salsa": 1.0, "tango": 2.0}).to_numpy()[:, None]
        )
        frame = pd.DataFrame(values, columns=list(FAMILIES[family]))
        frame.insert(0, "clip_id", clips["clip_id"])
        frame.to_csv(folder / f"{family}.csv", index=False)
    return folder


@pytest.fixture
def small_grid(monkeypatch):
    """Keep the search to a few cells without TensorFlow."""
    cells = [
        make_config("whitened", feature_set="mfcc"),
        make_config("softmax", feature_set="mfcc_mean"),
        make_config("shrinkage_lda", feature_set="mfcc"),
        make_config("extra_trees", feature_set="mfcc"),
    ]
    monkeypatch.setattr("musicgenre.training.grid_search.grid", lambda *_, **__: cells)
    return cells


def test_a_search_writes_every_fit_every_cell_and_a_choice_with_its_reason(table, small_grid, tmp_path):
    chosen = grid_search_module.search(table, tmp_path / "reports")
    results = pd.read_csv(tmp_path / "reports" / "grid_results.csv")
    summary = pd.read_csv(tmp_path / "reports" / "grid_summary.csv")
    assert len(results) == len(small_grid) * 5
    assert set(results["status"]) == {"ok"}
    assert list(summary["mean"]) == sorted(summary["mean"], reverse=True)
    assert (summary["low"] <= summary["mean"]).all() and (summary["mean"] <= summary["high"]).all()
    assert chosen.config["architecture"] in ("whitened", "softmax")
    assert "keep artists apart" in chosen.reason and "baseline" in chosen.reason
    kept = search_results.read_chosen(tmp_path / "reports" / "chosen.json")
    assert kept.as_json() == chosen.as_json() and kept.families == ("mfcc",) and len(kept.histories) == 5


def test_an_interrupted_search_goes_on_where_it_stopped(table, small_grid, tmp_path, monkeypatch):
    out = tmp_path / "reports"
    real, calls = grid_search_module.run_job, []

    def stop_after_seven(job):
        calls.append(job.key)
        if len(calls) == 8:
            raise KeyboardInterrupt
        return real(job)

    monkeypatch.setattr("musicgenre.training.grid_search.run_job", stop_after_seven)
    with pytest.raises(KeyboardInterrupt):
        grid_search_module.search(table, out)
    assert not (out / "chosen.json").exists()
    with (out / search_results.JOURNAL).open("a") as journal:
        journal.write('{"key": "torn')
    monkeypatch.setattr("musicgenre.training.grid_search.run_job", lambda job: calls.append(job.key) or real(job))
    grid_search_module.search(table, out)
    assert len(calls) == 8 + len(small_grid) * 5 - 7


def test_the_search_never_looks_at_the_test_part(table, small_grid, tmp_path, monkeypatch):
    clips = pd.read_csv(table / "clips.csv")
    clips["split"] = np.where(clips["group"].str.endswith(("4", "5")), "test", "train")
    clips.to_csv(table / "clips.csv", index=False)
    seen = set()
    real = grid_search_module.run_job
    monkeypatch.setattr(
        "musicgenre.training.grid_search.run_job", lambda job: seen.update(job.data.clips["split"]) or real(job)
    )
    grid_search_module.search(table, tmp_path / "reports")
    assert seen == {"train"}


def test_a_cell_that_diverges_is_reported_and_not_chosen(table, tmp_path, monkeypatch):
    cells = [make_config("whitened", feature_set="mfcc"), make_config("softmax", feature_set="mfcc")]
    monkeypatch.setattr("musicgenre.training.grid_search.grid", lambda *_, **__: cells)
    real = grid_search_module.fit_network

    def fit(data, config, **more):
        if config.architecture == "whitened":
            raise ModelError("training diverged (the loss is not a number)")
        return real(data, config, **more)

    monkeypatch.setattr("musicgenre.training.grid_search.fit_network", fit)
    chosen = grid_search_module.search(table, tmp_path / "reports")
    assert chosen.config["architecture"] == "softmax"
    assert "1 cells diverged" in chosen.reason
    results = pd.read_csv(tmp_path / "reports" / "grid_results.csv")
    assert results["accuracy"].isna().sum() == 5
    assert results.loc[results["accuracy"].isna(), "status"].str.contains("diverged").all()


def test_a_baseline_that_cannot_be_fitted_to_so_few_clips_is_passed_over(small_grid, tmp_path):
    """A genre for every clip of a part, which scikit-learn refuses in words of its own."""
    table = make_table(tmp_path / "table", genres="abcdefgh", clips=2)
    rows = read_rows(table / "clips.csv")
    write_rows(table / "clips.csv", [{**row, "group": row["clip_id"]} for row in rows])
    chosen = grid_search_module.search(table, tmp_path / "reports")
    assert "1 cells diverged" in chosen.reason
    results = pd.read_csv(tmp_path / "reports" / "grid_results.csv")
    assert set(results["status"]) == {"ok", "too few clips for this baseline; add clips to every genre"}


def test_a_search_in_which_everything_diverges_says_so(table, small_grid, tmp_path, monkeypatch):
    def fit(*_, **__):
        raise ModelError("training diverged")

    monkeypatch.setattr("musicgenre.training.grid_search.fit_network", fit)
    monkeypatch.setattr("musicgenre.training.grid_search._baseline", fit)
    with pytest.raises(ModelError, match="every network"):
        grid_search_module.search(table, tmp_path / "reports")


def test_a_table_that_changed_after_the_choice_is_refused_by_name_and_passed_over_by_default(
    table, small_grid, tmp_path, monkeypatch
):
    out = tmp_path / "reports"
    grid_search_module.search(table, out)
    choice = choose_config(table, out / "chosen.json")
    assert "chosen by" in choice.reason
    clips = (table / "clips.csv").read_text().replace("polka artist 0", "somebody else")
    (table / "clips.csv").write_text(clips)
    with pytest.raises(ModelError, match="run 01"):
        choose_config(table, out / "chosen.json")
    monkeypatch.chdir(tmp_path)
    assert "was not made on this table" in choose_config(table, None).reason


def test_the_quick_grid_holds_the_originals_network_a_linear_one_and_all_baselines():
    cells = grid_search_module.grid("quick", list(FAMILIES), ["blues", "rock"])
    architectures = {cell.architecture for cell in cells}
    assert {"original", "softmax", "whitened", "gated", "mlp", "whitened_mlp"} <= architectures
    assert set(grid_search_module.BASELINES) <= architectures
    names = [grid_search_module.cell_name(cell) for cell in cells]
    assert len(names) == len(set(names))
    assert "gated" not in {cell.architecture for cell in grid_search_module.grid("quick", ["musicnn"], ["gamelan"])}


def test_a_choice_file_of_another_kind_is_refused(table, tmp_path):
    path = tmp_path / "chosen.json"
    path.write_text(json.dumps({"config": {"architecture": "whitened", "no_such": 1}}))
    with pytest.raises(ModelError):
        choose_config(table, path)


def test_artists_are_kept_apart_only_where_they_are_known(table, small_grid, tmp_path):
    write_rows(table / "clips.csv", [{**row, "group": ""} for row in read_rows(table / "clips.csv")])
    chosen = grid_search_module.search(table, tmp_path / "reports")
    assert "fits (artists are not known)" in chosen.reason and "apart" not in chosen.reason
    assert chosen.table == table.name

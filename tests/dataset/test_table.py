"""Tables: every fault is named with its file, line and column, and there is never half a file."""

import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from support.faults import ODD_FILES, is_one_sentence, put_odd_file
from support.material import ROOT, make_table, read_rows, run_script, write_rows

from musicgenre.dataset.metadata import read_metadata
from musicgenre.dataset.table import (
    CLIP_COLUMNS,
    find_families,
    read_clips,
    read_family,
    read_table,
    write_csv,
)
from musicgenre.errors import ModelError
from musicgenre.features.families import FAMILIES
from musicgenre.files import read_file, read_journal, write_atomic


@pytest.fixture
def table(tmp_path):
    """Return the folder of a sound table with two families."""
    return make_table(tmp_path / "table", clips=4, families=("zcr", "tempo"))


def change(path, row, **cells):
    """Overwrite cells of one data row (0 is the row on line 2)."""
    rows = read_rows(path)
    rows[row].update(cells)
    write_rows(path, rows)


def drop_column(path, column):
    """Remove a column of a CSV."""
    write_rows(path, [{k: v for k, v in row.items() if k != column} for row in read_rows(path)])


def test_a_table_is_read_in_the_order_of_its_clips_and_families(table):
    rows = read_rows(table / "zcr.csv")
    write_rows(table / "zcr.csv", rows[::-1])
    read = read_table(table, ["tempo", "zcr"])
    assert list(read.features) == ["tempo_bpm", "zcr_mean", "zcr_std"]
    assert read.genres() == ["ambient", "march", "polka"]
    np.testing.assert_array_equal(np.bincount(read.labels()), [4, 4, 4])
    by_clip = {row["clip_id"]: float(row["zcr_mean"]) for row in rows}
    assert [by_clip[clip] for clip in read.clips["clip_id"]] == read.features["zcr_mean"].tolist()
    assert len(read.sha256) == 64


def test_the_digest_tells_any_change(table):
    before = read_table(table, ["zcr"]).sha256
    assert read_table(table, ["zcr"]).sha256 == before
    change(table / "tempo.csv", 0, tempo_bpm="99")
    assert read_table(table, ["zcr"]).sha256 == before
    change(table / "zcr.csv", 0, zcr_mean="0.5")
    assert read_table(table, ["zcr"]).sha256 != before


def test_clips_left_out_and_clips_without_a_genre_are_not_trained_on(table):
    change(table / "clips.csv", 0, status="silent: the level is low")
    change(table / "clips.csv", 1, genre="")
    assert len(read_table(table, ["zcr"]).clips) == 10


def test_columns_of_the_contract_that_are_missing_are_empty(table):
    for column in ("group", "split", "duration_s", "sha256", "status"):
        drop_column(table / "clips.csv", column)
    clips = read_clips(table)
    assert set(CLIP_COLUMNS) <= set(clips)
    assert set(clips["status"]) == {"ok"}
    assert set(clips["group"]) == {""}
    assert len(read_table(table, ["zcr"]).clips) == 12


def test_names_that_look_like_missing_numbers_stay_names(table):
    for i, name in enumerate(("NA", "null", "nan", "007")):
        change(table / "clips.csv", i, genre=name)
    assert {"NA", "null", "nan", "007"} <= set(read_table(table, ["zcr"]).genres())


def fault(case, table):
    """Put one fault into the table."""
    clips, zcr = table / "clips.csv", table / "zcr.csv"
    second = read_rows(clips)[1]["clip_id"]
    if case == "no folder":
        for path in table.iterdir():
            path.unlink()
        table.rmdir()
    elif case == "no clips.csv":
        clips.unlink()
    elif case == "no family":
        zcr.unlink()
    elif case == "empty file":
        zcr.write_text("")
    elif case == "header only":
        clips.write_text(clips.read_text().splitlines()[0] + "\n")
    elif case == "no genre column":
        drop_column(clips, "genre")
    elif case == "no clip_id column":
        drop_column(zcr, "clip_id")
    elif case == "no feature column":
        drop_column(zcr, "zcr_std")
    elif case == "duplicate clip":
        change(clips, 3, clip_id=second)
    elif case == "duplicate row":
        change(zcr, 3, clip_id=second)
    elif case == "empty clip_id":
        change(clips, 2, clip_id="")
    elif case == "missing row":
        write_rows(zcr, [row for row in read_rows(zcr) if row["clip_id"] != second])
    elif case == "ragged":
        zcr.write_text(zcr.read_text() + "a/b,1,2,3,4,5\n")
    elif case == "not text":
        zcr.write_bytes(b"clip_id,zcr_mean,zcr_std\n\xff\xfe\x00,1,2\n")
    elif case == "a folder":
        zcr.unlink()
        zcr.mkdir()
    else:
        change(zcr, 4, zcr_std=case)


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("no folder", r"there is no table folder .*00_preprocess_music"),
        ("no clips.csv", r"clips\.csv is missing; .*00_preprocess_music"),
        ("no family", r"zcr\.csv is missing"),
        ("empty file", r"zcr\.csv cannot be read as CSV"),
        ("header only", r"clips\.csv has no usable clip"),
        ("no genre column", r"clips\.csv has no column 'genre'"),
        ("no clip_id column", r"zcr\.csv has no column 'clip_id'"),
        ("no feature column", r"zcr\.csv has no column 'zcr_std'"),
        ("duplicate clip", r"clips\.csv, line 5: the clip_id 'ambient/ambient.001' occurs a second time"),
        ("duplicate row", r"zcr\.csv, line 5: the clip_id 'ambient/ambient.001' occurs a second time"),
        ("empty clip_id", r"clips\.csv, line 4: the clip_id is empty"),
        ("missing row", r"zcr\.csv has no clip 'ambient/ambient.001'"),
        ("ragged", r"zcr\.csv cannot be read as CSV"),
        ("not text", r"zcr\.csv cannot be read as CSV"),
        ("a folder", r"zcr\.csv cannot be read as CSV"),
        ("nan", r"zcr\.csv, line 6, column zcr_std: 'nan' is not a finite number"),
        ("inf", r"zcr\.csv, line 6, column zcr_std: 'inf' is not a finite number"),
        ("-1e39", r"zcr\.csv, line 6, column zcr_std: '-1e39' is not a finite number of a sensible size"),
        ("", r"zcr\.csv, line 6, column zcr_std: '' is not a finite number"),
        ("1,5", r"zcr\.csv, line 6, column zcr_std: '1,5' is not a finite number"),
        ("loud", r"zcr\.csv, line 6, column zcr_std: 'loud' is not a finite number"),
    ],
)
def test_a_fault_is_named_with_its_file_line_and_column(case, words, table):
    fault(case, table)
    with pytest.raises(ModelError, match=words) as caught:
        read_table(table, ["zcr", "tempo"])
    assert "\n" not in str(caught.value)


def test_families_that_a_folder_holds_are_found(table):
    assert find_families(table) == ["tempo", "zcr"]


def test_written_tables_read_back_to_the_same_float32(tmp_path):
    rng = np.random.default_rng(0)
    values = rng.standard_normal((50, 2)).astype(np.float32) * 10.0 ** rng.integers(-20, 20, (50, 2))
    values = values.astype(np.float32).astype(float)
    columns = ("clip_id", *FAMILIES["zcr"])
    rows = [dict(zip(columns, (f"g/{i}", *row), strict=True)) for i, row in enumerate(values.tolist())]
    write_csv(tmp_path / "zcr.csv", rows, columns)
    read = read_family(tmp_path, "zcr").to_numpy()
    np.testing.assert_array_equal(read.astype(np.float32), values.astype(np.float32))


@pytest.mark.parametrize(
    "name", ["a,b", 'with "quotes"', "line\nbreak", "line\r\nbreak", "bare\rreturn", " spaced ", "音楽", "-x"]
)
def test_odd_clip_ids_survive_writing_and_reading(name, tmp_path):
    columns = ("clip_id", *FAMILIES["tempo"])
    rows = [{"clip_id": clip, "tempo_bpm": 120.0} for clip in (f"g/{name}", "g/other")]
    write_csv(tmp_path / "tempo.csv", rows, columns)
    assert read_family(tmp_path, "tempo").index.tolist() == [f"g/{name}", "g/other"]


def test_a_failed_write_keeps_the_old_file_and_leaves_nothing(tmp_path, monkeypatch):
    path = tmp_path / "clips.csv"
    write_atomic(path, "old\n")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, "new\n")
    assert path.read_text() == "old\n"
    assert [path.name for path in tmp_path.iterdir()] == ["clips.csv"]


def test_a_killed_write_keeps_the_old_file(tmp_path):
    path = tmp_path / "clips.csv"
    write_atomic(path, "old\n")
    code = (
        "import os, signal, sys\nfrom pathlib import Path\nfrom musicgenre import files\n"
        "os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)\n"
        "files.write_atomic(Path(sys.argv[1]), 'new' * 100000)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, check=False)
    assert done.returncode == -9
    assert path.read_text() == "old\n"


def test_a_table_is_readable_for_others(tmp_path):
    write_csv(tmp_path / "clips.csv", [{"clip_id": "a"}], ("clip_id",))
    assert (tmp_path / "clips.csv").stat().st_mode & 0o777 == 0o644
    assert pd.read_csv(tmp_path / "clips.csv")["clip_id"].tolist() == ["a"]


# ---- what is no regular file


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ODD_FILES)
@pytest.mark.parametrize("name", ["clips", "tempo"])
def test_a_table_of_something_else_than_files_is_refused(name, kind, table):
    """A pipe was waited for without end."""
    path = put_odd_file(table / f"{name}.csv", kind)
    with pytest.raises(ModelError, match=rf"{name}\.csv cannot be read as CSV \(it is no regular file\)"):
        read_table(table, ["zcr", "tempo"])
    with pytest.raises(ModelError, match="no regular file"):
        read_metadata(path)
    assert list(read_journal(path)) == []


def test_02_and_a_pipe_for_a_table_is_a_sentence(table):
    put_odd_file(table / "clips.csv", "pipe")
    done = run_script("02_nn_train_model.py", "--data", table, "--out", table / "mine", timeout=30)
    assert done.returncode == 1 and is_one_sentence(done.stderr), done.stderr


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    with (tmp_path / "file").open("wb") as file:
        file.truncate(3_000_001)
    assert read_file(tmp_path / "file") == bytes(3_000_001)
    with pytest.raises(ValueError, match="it is larger than 3 MB"):
        read_file(tmp_path / "file", 3_000_000)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "nothing")

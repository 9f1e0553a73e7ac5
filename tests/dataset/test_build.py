"""00: folder of audio to table, in parallel, incremental by content, and whole after any interruption."""

import contextlib
import inspect
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from dask.distributed import LocalCluster
from support.material import ROOT, SR, encode, read_rows, run_script, script_command, song, write_rows, write_wav

from musicgenre import parallel as parallel_module
from musicgenre.audio.recording import Clip, Level, gain_to
from musicgenre.dataset import build as build_module
from musicgenre.dataset.build import JOURNAL, clip_ids, find_audio, preprocess, table_grid, table_level
from musicgenre.dataset.table import TAG_COLUMNS
from musicgenre.errors import GenreError, ModelError, SourceError
from musicgenre.features.families import FAMILIES, NETWORK_LEVEL_DBFS, extractor_constants
from musicgenre.features.musicnn import FEWER_WINDOWS, WindowGrid
from musicgenre.parallel import run_many

LIGHT = ("zcr", "centroid")
EVERY = tuple(FAMILIES)


def table_bytes(folder):
    """Return name -> content of the files of a table."""
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


@pytest.fixture(scope="module")
def serial(library, tmp_path_factory):
    """Return the table of the library with every family, computed in this process."""
    out = tmp_path_factory.mktemp("serial")
    summary = preprocess(library, out, families=EVERY)
    assert (summary.clips, summary.computed, summary.left_out) == (9, 9, [])
    return out


@pytest.fixture
def folder(tmp_path):
    """Return a folder of four clips that a test may change."""
    for kind in ("hymn", "buzz"):
        for i in range(2):
            write_wav(tmp_path / "music" / kind / f"{i}.wav", song(kind, seconds=3.5, seed=i))
    return tmp_path / "music"


# ---- the table


def test_the_table_has_the_contracts_columns_and_a_row_for_every_clip(serial):
    clips = read_rows(serial / "clips.csv")
    assert list(clips[0]) == ["clip_id", "genre", "group", "split", "duration_s", "sha256", "status", *TAG_COLUMNS]
    assert [row["clip_id"] for row in clips][:4] == ["buzz/buzz0", "buzz/buzz1", "buzz/buzz2", "clatter/clatter0"]
    assert [row["genre"] for row in clips] == ["buzz"] * 3 + ["clatter"] * 3 + ["hymn"] * 3
    assert {row["status"] for row in clips} == {"ok"}
    assert {float(row["duration_s"]) for row in clips} == {4.0}
    assert all(len(row["sha256"]) == 64 for row in clips)
    for family, columns in FAMILIES.items():
        rows = read_rows(serial / f"{family}.csv")
        assert list(rows[0]) == ["clip_id", *columns]
        assert [row["clip_id"] for row in rows] == [row["clip_id"] for row in clips]
        assert np.isfinite([float(row[column]) for row in rows for column in columns]).all()
    assert not (serial / JOURNAL).exists()


def test_two_processes_give_the_same_table_bit_for_bit(library, serial, tmp_path):
    preprocess(library, tmp_path, families=EVERY, jobs=2)
    assert table_bytes(tmp_path) == table_bytes(serial)


def test_a_dask_cluster_that_loses_a_worker_gives_the_same_table(library, serial, tmp_path):
    def kill_one(done, _):
        if done == 1:
            os.kill(cluster.workers[0].pid, signal.SIGKILL)

    with LocalCluster(
        n_workers=3, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None,
        local_directory=str(tmp_path / "dask"),
    ) as cluster:  # fmt: skip
        preprocess(library, tmp_path / "table", families=EVERY, dask=cluster.scheduler_address, progress=kill_one)
    assert table_bytes(tmp_path / "table") == table_bytes(serial)


def test_an_address_without_a_scheduler_is_said(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("musicgenre.parallel.DASK_TIMEOUT_S", 0.5)
    with pytest.raises(SourceError, match="no Dask scheduler at tcp://127.0.0.1:9") as caught:
        preprocess(folder, tmp_path / "out", families=LIGHT, dask="tcp://127.0.0.1:9")
    assert caught.value.kind == "network"


def test_a_folder_of_one_level_has_no_genres(tmp_path):
    write_wav(tmp_path / "in" / "a.wav", song("hymn", seconds=3.5))
    preprocess(tmp_path / "in", tmp_path / "out", families=LIGHT)
    (row,) = read_rows(tmp_path / "out" / "clips.csv")
    assert (row["clip_id"], row["genre"]) == ("a", "")


def test_a_deeper_folder_belongs_to_its_first_genre(tmp_path):
    write_wav(tmp_path / "in" / "polka" / "artist" / "album" / "a.wav", song("hymn", seconds=3.5))
    preprocess(tmp_path / "in", tmp_path / "out", families=LIGHT)
    (row,) = read_rows(tmp_path / "out" / "clips.csv")
    assert (row["clip_id"], row["genre"]) == ("polka/artist/album/a", "polka")


def test_two_files_that_differ_in_their_ending_are_two_clips(tmp_path):
    for name in ("a.wav", "b.wav"):
        write_wav(tmp_path / "in" / "g" / name, song("hymn", seconds=3.5))
    encode(tmp_path / "in" / "g" / "a.flac", song("buzz", seconds=3.5), SR, "flac")
    preprocess(tmp_path / "in", tmp_path / "out", families=LIGHT)
    rows = read_rows(tmp_path / "out" / "clips.csv")
    assert [row["clip_id"] for row in rows] == ["g/a", "g/a.wav", "g/b"]
    assert [row["clip_id"] for row in read_rows(tmp_path / "out" / "zcr.csv")] == [row["clip_id"] for row in rows]


def test_odd_file_names_become_clips(tmp_path):
    names = ["two words", "it's \"quoted\"", "line\nbreak", "return\rhere", "Ωμέγα 音楽", "-dash", "a,b", "=1+1",
             os.fsdecode(b"latin\xe9")]  # fmt: skip
    for i, name in enumerate(names):
        write_wav(tmp_path / "in" / "g" / f"{name}.wav", song("hymn", seconds=3.1, seed=i))
    first = preprocess(tmp_path / "in", tmp_path / "out", families=("zcr",))
    assert (first.computed, first.left_out) == (len(names), [])
    ids = {row["clip_id"] for row in read_rows(tmp_path / "out" / "clips.csv")}
    assert ids == {f"g/{name}" for name in names[:-1]} | {"g/latin\\xe9"}
    assert preprocess(tmp_path / "in", tmp_path / "out", families=("zcr",)).computed == 0


def test_hidden_files_and_other_files_are_passed_over(tmp_path):
    write_wav(tmp_path / "g" / "a.wav", song("hymn", seconds=1))
    write_wav(tmp_path / "g" / "B.WAV", song("hymn", seconds=1))
    write_wav(tmp_path / "g" / "._a.wav", song("hymn", seconds=1))
    write_wav(tmp_path / "g" / ".a.tagging-12-x.wav", song("hymn", seconds=1))
    write_wav(tmp_path / ".trash" / "c.wav", song("hymn", seconds=1))
    (tmp_path / "g" / "notes.txt").write_text("no music")
    (tmp_path / "g" / "list.m3u").write_text("a.wav")
    assert list(clip_ids(tmp_path, find_audio(tmp_path))) == ["g/B", "g/a"]


def test_folders_nest_deeper_than_python_calls(tmp_path):
    folder = tmp_path / "/".join("a" * 200)
    folder.mkdir(parents=True)
    write_wav(folder / "b.wav", np.zeros(10))
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + 100)
    try:
        found = find_audio(tmp_path)
    finally:
        sys.setrecursionlimit(limit)
    assert found == [folder / "b.wav"]


@pytest.mark.parametrize(("name", "words"), [("nowhere", "there is no folder"), ("empty", "no sound file in")])
def test_a_folder_without_audio_is_said(name, words, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("no music")
    with pytest.raises(SourceError, match=words):
        preprocess(tmp_path / name, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_unknown_family_is_said_before_any_work(folder, tmp_path):
    with pytest.raises(ModelError, match="no feature family 'loudness'"):
        preprocess(folder, tmp_path / "out", families=("zcr", "loudness"))
    assert not (tmp_path / "out").exists()


# ---- clips that are left out


def test_every_clip_left_out_has_its_reason_and_the_others_are_computed(folder, tmp_path):
    (folder / "hymn" / "empty.mp3").write_bytes(b"")
    (folder / "hymn" / "text.mp3").write_text("these are words " * 100)
    write_wav(folder / "hymn" / "short.wav", song("hymn", seconds=0.3))
    write_wav(folder / "hymn" / "silent.wav", np.zeros(5 * SR))
    encode(folder / "hymn" / "film.mp4", song("hymn", seconds=1), SR, "aac", video=True, audio=False)
    summary = preprocess(folder, tmp_path / "out", families=LIGHT)
    reasons = {row["clip_id"]: row["status"] for row in read_rows(tmp_path / "out" / "clips.csv")}
    assert reasons["hymn/empty"].startswith("unreadable: 'empty.mp3' is empty")
    assert reasons["hymn/text"].startswith("unreadable: 'text.mp3'")
    assert reasons["hymn/short"] == "too_short: 0.30 s, at least 3 s are needed"
    assert reasons["hymn/silent"].startswith("silent: ")
    assert reasons["hymn/film"].startswith("unsupported: 'film.mp4' has no sound track")
    assert sum(status == "ok" for status in reasons.values()) == 4
    assert len(read_rows(tmp_path / "out" / "zcr.csv")) == 4
    assert dict(summary.left_out) == {clip: status for clip, status in reasons.items() if status != "ok"}
    assert preprocess(folder, tmp_path / "out", families=LIGHT).computed == 0  # the reason is remembered


def test_a_file_without_permission_is_left_out_and_tried_again():
    # Every import is made before the rights are given up: the program may lie where only its user can read.
    code = (
        "import os, sys\nfrom pathlib import Path\n"
        "import av, pandas, soxr, threadpoolctl\n"
        "from musicgenre.audio import decoder; from musicgenre.dataset import build as build_module, clip_rows\n"
        "decoder.prepare()\n"
        "clip_rows.network()\n"
        "if os.getuid() == 0: os.setuid(65534)\n"
        "print(build_module.preprocess(Path(sys.argv[1]), Path(sys.argv[2]), families=('zcr',)).left_out)\n"
    )
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        locked = write_wav(base / "in" / "g" / "locked.wav", song("hymn", seconds=3.5))
        write_wav(base / "in" / "g" / "open.wav", song("buzz", seconds=3.5))
        (base / "out").mkdir()
        for path, mode in ((base, 0o755), (base / "out", 0o777), (locked, 0)):
            path.chmod(mode)
        command = [sys.executable, "-c", code, str(base / "in"), str(base / "out")]
        first = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        locked.chmod(0o644)
        second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "'locked.wav' cannot be read (Permission denied); change its permissions" in first.stdout, first
    assert second.stdout.strip() == "[]", second


def fail_on(item):
    """Return the item, or die or raise as its name says."""
    if item == "dies":
        os._exit(7)
    if item == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    return f"done {item}"


def test_a_worker_that_dies_takes_only_its_own_item():
    items = ["a", "dies", "b", "c", "killed", "d", "e"]
    results = dict(run_many(fail_on, items, jobs=2))
    assert sorted(results) == list(range(len(items)))
    for index, item in enumerate(items):
        if item in ("dies", "killed"):
            assert isinstance(results[index], GenreError)
            assert "crashed on this file" in str(results[index])
        else:
            assert results[index] == f"done {item}"


def process_of(seconds):
    """Return which process this is, after a while."""
    time.sleep(seconds)
    return os.getpid()


@pytest.mark.parametrize("jobs", [2, 3])
def test_a_process_that_takes_part_is_one_of_two(jobs):
    results = dict(run_many(process_of, [0.1] * 24, jobs=jobs, take_part=True))
    assert sorted(results) == list(range(24))
    assert (os.getpid() in results.values()) == (jobs == 2) and len(set(results.values())) == jobs
    for count in range(4):
        assert sorted(dict(run_many(process_of, [0] * count, jobs=jobs, take_part=True))) == list(range(count))


def test_a_process_that_takes_part_goes_on_when_another_dies():
    items = [f"killed unless {os.getpid()}"] * 6
    results = dict(run_many(die_elsewhere, items, jobs=2, take_part=True))
    assert sorted(results) == list(range(6))
    kinds = [isinstance(result, GenreError) for result in results.values()]
    assert any(kinds) and not all(kinds)


def die_elsewhere(item):
    """Return the item in the process that it names; another dies."""
    if not item.endswith(f" {os.getpid()}"):
        os._exit(7)
    time.sleep(0.3)
    return item


def test_what_a_process_left_behind_is_cleared_away_without_a_word():
    """A thread that Python ends at its exit may have forgotten a lock on the disk and not yet said so."""
    code = (
        "from musicgenre.parallel import run_many\nfrom loky.backend import resource_tracker\n"
        "if __name__ == '__main__':\n"
        "    assert len(list(run_many(len, ['a', 'b', 'c'], jobs=2))) == 3\n"
        "    resource_tracker.register('/gone', 'semlock')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("jobs", [10**9, 10**30])
def test_however_many_processes_are_wanted_items_are_taken_as_they_are_needed(jobs):
    taken = []
    results = run_many(fail_on, (taken.append(i) or "a" for i in range(10**6)), jobs=jobs)
    with pytest.MonkeyPatch.context() as patch, contextlib.closing(results):
        patch.setattr("musicgenre.parallel._run_processes", lambda *_, **__: iter([(0, "one")]))
        assert next(results) == (0, "one")
    assert len(taken) <= parallel_module.MAX_JOBS


# ---- incremental by content


def spied(monkeypatch):
    """Return a list that gets the clip_id of every clip computed in this process."""
    seen = []
    real = build_module.compute_clip

    def spy(job):
        seen.append(job.clip_id)
        return real(job)

    monkeypatch.setattr("musicgenre.dataset.build.compute_clip", spy)
    return seen


def test_only_what_changed_is_computed(folder, tmp_path, monkeypatch):
    out = tmp_path / "out"
    seen = spied(monkeypatch)
    assert preprocess(folder, out, families=LIGHT).computed == 4
    before = table_bytes(out)
    seen.clear()
    assert preprocess(folder, out, families=LIGHT).computed == 0
    assert (seen, table_bytes(out)) == ([], before)

    (folder / "hymn" / "0.wav").rename(folder / "hymn" / "renamed.wav")  # the same content under another name
    os.utime(folder / "hymn" / "1.wav", (1, 1))  # a new date
    write_wav(folder / "buzz" / "0.wav", song("buzz", seconds=3.7, seed=9))  # new content under the same name
    (folder / "buzz" / "1.wav").unlink()
    write_wav(folder / "new" / "2.wav", song("clatter", seconds=3.5))
    assert preprocess(folder, out, families=LIGHT).computed == 2
    assert sorted(seen) == ["buzz/0", "new/2"]
    clips = {row["clip_id"]: row for row in read_rows(out / "clips.csv")}
    assert list(clips) == ["buzz/0", "hymn/1", "hymn/renamed", "new/2"]
    assert [row["clip_id"] for row in read_rows(out / "zcr.csv")] == list(clips)
    assert clips["buzz/0"]["duration_s"] == "3.7"
    fresh = tmp_path / "fresh"
    preprocess(folder, fresh, families=LIGHT)
    assert table_bytes(fresh) == table_bytes(out)


def test_fresh_computes_everything_again(folder, tmp_path, monkeypatch):
    preprocess(folder, tmp_path / "out", families=LIGHT)
    before = table_bytes(tmp_path / "out")
    seen = spied(monkeypatch)
    preprocess(folder, tmp_path / "out", families=LIGHT, fresh=True)
    assert len(seen) == 4
    assert table_bytes(tmp_path / "out") == before


def test_a_family_asked_for_later_is_added(folder, tmp_path):
    preprocess(folder, tmp_path / "out", families=("zcr",))
    assert preprocess(folder, tmp_path / "out", families=("zcr", "rolloff")).computed == 4
    assert len(read_rows(tmp_path / "out" / "rolloff.csv")) == 4
    assert preprocess(folder, tmp_path / "out", families=("rolloff",)).computed == 0


def test_features_of_another_definition_are_computed_again(folder, tmp_path):
    preprocess(folder, tmp_path / "out", families=LIGHT)
    path = tmp_path / "out" / "extractor.json"
    constants = json.loads(path.read_text())
    constants["librosa"]["hop_length"] = 256
    path.write_text(json.dumps(constants))
    assert preprocess(folder, tmp_path / "out", families=LIGHT).computed == 4


def test_a_table_goes_on_with_the_windows_that_it_began_with(folder, tmp_path):
    out = tmp_path / "out"
    preprocess(folder, out, families=LIGHT)
    path = out / "extractor.json"
    definition = json.loads(path.read_text())
    assert table_grid(out) == table_grid(tmp_path / "none") == WindowGrid()
    assert preprocess(folder, out, families=LIGHT, fewer_windows=True).computed == 4
    assert json.loads(path.read_text()) == {**extractor_constants(FEWER_WINDOWS), "amplify_to_dbfs": None}
    assert table_grid(out) == FEWER_WINDOWS
    assert preprocess(folder, out, families=LIGHT).computed == 0
    assert preprocess(folder, out, families=LIGHT, fresh=True).computed == 4
    assert json.loads(path.read_text()) == definition
    assert table_grid(out) == WindowGrid()


def test_a_song_has_the_same_row_however_loud_it_is(tmp_path):
    sound = song("buzz", seconds=4.0)
    for name, gain in (("a", 1.0), ("b", 10 ** (-12 / 20)), ("c", 1.8)):
        write_wav(tmp_path / "audio" / "rock" / f"{name}.wav", (0.5 * gain * sound).astype(np.float32))
    preprocess(tmp_path / "audio", tmp_path / "out", families=("musicnn",))
    first, *others = (list(row.values())[1:] for row in read_rows(tmp_path / "out" / "musicnn.csv"))
    for row in others:
        assert np.array(row, float) == pytest.approx(np.array(first, float), abs=0.02)  # 16 bits
    assert table_level(tmp_path / "out") == Level(NETWORK_LEVEL_DBFS)


def test_a_table_goes_on_with_the_level_that_it_began_with(folder, tmp_path):
    out = tmp_path / "out"
    preprocess(folder, out, families=("musicnn",), amplify_to=-20.0)
    assert preprocess(folder, out, families=("musicnn",)).computed == 0
    assert table_level(out) == Level(-20.0, louder_too=False)
    assert preprocess(folder, out, families=("musicnn",), fresh=True).computed == 4
    assert table_level(out) == Level(NETWORK_LEVEL_DBFS)


@pytest.mark.parametrize(
    ("level", "louder_too", "gain_db"),
    [(-30, True, 14), (-30, False, 14), (-16, False, 0), (-15.9, False, 0), (-15.9, True, -0.1), (-3, True, -13),
     (-57, True, 40)],
)  # fmt: skip
def test_the_gain_to_a_level(level, louder_too, gain_db):
    samples = np.full(SR, 10 ** (level / 20), np.float32)
    gain = gain_to([Clip(samples, SR, "", "")], Level(-16.0, louder_too=louder_too))
    assert 20 * np.log10(gain) == pytest.approx(gain_db, abs=1e-3)
    assert gain_to([Clip(samples, SR, "", "")], None) == gain_to([Clip(0 * samples, SR, "", "")], Level(-16.0)) == 1


@pytest.mark.parametrize("damage", ["clips.csv", "zcr.csv", "extractor.json"])
def test_a_table_that_cannot_be_read_is_made_again(damage, folder, tmp_path):
    out = tmp_path / "out"
    preprocess(folder, out, families=LIGHT)
    before = table_bytes(out)
    (out / damage).write_bytes(before[damage][:-20] + b"\xff\xff")
    preprocess(folder, out, families=LIGHT)
    assert table_bytes(out) == before


def test_two_clips_of_the_same_content_are_both_in_the_table(folder, tmp_path):
    shutil.copy(folder / "hymn" / "0.wav", folder / "buzz" / "copy.wav")
    preprocess(folder, tmp_path / "out", families=LIGHT)
    rows = {row["clip_id"]: list(row.values())[1:] for row in read_rows(tmp_path / "out" / "zcr.csv")}
    assert rows["buzz/copy"] == rows["hymn/0"]
    assert len(rows) == 5


# ---- metadata


def test_metadata_is_joined_on_clip_id(folder, tmp_path):
    write_rows(
        tmp_path / "artists.csv",
        [
            {"clip_id": "hymn/0", "group": "choir", "split": "train", "year": "1999", "sha256": "not this"},
            {"clip_id": "buzz/1", "group": "band, the", "split": "test", "year": "", "sha256": ""},
            {"clip_id": "gone/7", "group": "nobody", "split": "test", "year": "", "sha256": ""},
        ],
    )
    preprocess(folder, tmp_path / "out", families=LIGHT, metadata=tmp_path / "artists.csv")
    clips = {row["clip_id"]: row for row in read_rows(tmp_path / "out" / "clips.csv")}
    assert set(clips) == {"hymn/0", "hymn/1", "buzz/0", "buzz/1"}
    assert (clips["hymn/0"]["group"], clips["hymn/0"]["split"], clips["hymn/0"]["year"]) == ("choir", "train", "1999")
    assert clips["buzz/1"]["group"] == "band, the"
    assert (clips["hymn/1"]["group"], clips["hymn/1"]["year"], clips["hymn/1"]["genre"]) == ("", "", "hymn")
    assert len(clips["hymn/0"]["sha256"]) == 64


def test_faulty_metadata_is_said_before_any_work(folder, tmp_path):
    (tmp_path / "artists.csv").write_text("clip_id,group\na,b\na,c\n")
    with pytest.raises(ModelError, match="line 3: the clip_id 'a' occurs a second time"):
        preprocess(folder, tmp_path / "out", families=LIGHT, metadata=tmp_path / "artists.csv")
    assert not (tmp_path / "out").exists()


# ---- killed and interrupted runs


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Return a folder of 12 clips of 10 s, enough to be interrupted in the middle."""
    folder = tmp_path_factory.mktemp("many")
    y = {kind: song(kind, seconds=10) for kind in ("hymn", "buzz")}
    for i in range(12):
        kind = ("hymn", "buzz")[i % 2]
        write_wav(folder / kind / f"{i}.wav", np.roll(y[kind], 500 * i))
    return folder


def journal_lines(out):
    """Return the number of finished clips in the journal of a running 00."""
    path = Path(out) / JOURNAL
    return max(path.read_text().count("\n") - 1, 0) if path.exists() else 0  # a torn line is none


def start_and_wait(many, out, jobs, clips=2):
    """Start 00 in its own process group and return it when some clips are finished."""
    process = subprocess.Popen(
        script_command("00_preprocess_music.py", many, "--out", out, "--families", "musicnn", "--jobs", jobs),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while journal_lines(out) < clips and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    return process


@pytest.fixture(scope="module")
def whole_run(many, tmp_path_factory):
    """Return the table of an undisturbed run."""
    out = tmp_path_factory.mktemp("whole")
    preprocess(many, out, families=("musicnn",))
    return table_bytes(out)


@pytest.mark.parametrize("jobs", [1, 2])
def test_after_kill_9_in_the_middle_the_rest_is_finished(jobs, many, whole_run, tmp_path):
    process = start_and_wait(many, tmp_path, jobs)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -9
    done = journal_lines(tmp_path)
    assert 2 <= done < 12
    assert not (tmp_path / "clips.csv").exists()
    with (tmp_path / JOURNAL).open("a") as journal:
        journal.write('{"clip_id": "hymn/10", "sha')  # a line that the kill tore
    again = run_script("00_preprocess_music.py", many, "--out", tmp_path, "--families", "musicnn", "--jobs", jobs)
    assert again.returncode == 0
    assert f"12 clips in {tmp_path}, {12 - done} computed now, 0 left out" in again.stderr
    assert table_bytes(tmp_path) == whole_run


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_stops_within_a_second_and_keeps_what_is_finished(jobs, many, tmp_path):
    process = start_and_wait(many, tmp_path, jobs)
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to the whole group
    _, messages = process.communicate(timeout=30)
    took = time.monotonic() - began
    assert process.returncode == 130
    assert messages.strip() == "interrupted; what is finished is kept"
    print(f"stopped after {took:.2f} s")
    assert took < 2.5, took  # a second on a quiet machine
    done = journal_lines(tmp_path)
    assert done >= 2
    summary = preprocess(many, tmp_path, families=("musicnn",))
    assert summary.computed == 12 - done


def test_a_second_kill_does_not_lose_what_the_first_left(many, tmp_path):
    for _ in range(2):
        process = start_and_wait(many, tmp_path, 1, clips=journal_lines(tmp_path) + 1)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    done = journal_lines(tmp_path)
    assert done >= 2
    assert preprocess(many, tmp_path, families=("musicnn",)).computed == 12 - done

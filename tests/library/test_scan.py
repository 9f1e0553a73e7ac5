"""A library of songs: every song once, right, and only when it is new; whatever ends a run, whoever else is at it."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support.library_material import FORMATS, make_songs, piece, rows, write_song
from support.material import json_lines, read_rows, run_script, script_command

from musicgenre.audio.recording import Excerpt
from musicgenre.dataset.build import preprocess
from musicgenre.errors import SourceError
from musicgenre.library.conditions import Selection
from musicgenre.library.query import parse_query
from musicgenre.library.scan import scan
from musicgenre.library.store import Library
from musicgenre.sources.inputs import expand_inputs

SCRIPT = "03_launch_classifier.py"
KILLS = 10


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    """Return a folder of songs in seven formats, three of each."""
    return make_songs(tmp_path_factory.mktemp("songs") / "music", each=3, seconds=5.0)


def updated(library, roots, **options):
    """Bring a library up to date; return (found, new or changed, heard)."""
    with scan(library, roots) as found:
        return found.songs, found.to_do, sum(1 for _ in found.update(**options))


def answers(library, roots):
    """Return the answers of a scan that has nothing to do."""
    with scan(library, roots) as found:
        assert not found.to_do
        return list(found.answers())


@pytest.fixture(scope="module")
def whole(songs, tmp_path_factory):
    """Return the rows of an undisturbed run with one process."""
    path = tmp_path_factory.mktemp("whole") / "songs.sqlite"
    with Library(path) as library:
        assert updated(library, [songs]) == (21, 21, 21)
    return rows(path)


@pytest.fixture
def small(tmp_path):
    """Return a folder of three short songs."""
    for name in ("metal", "rock", "lounge"):
        write_song(tmp_path / "music" / "a" / f"{name}.wav", *piece(name, seconds=3.2))
    return tmp_path / "music"


@pytest.fixture
def opened():
    """Return the list of files that this process has opened, as long as the test runs."""
    files, on = [], [True]
    sys.addaudithook(lambda event, args: files.append(str(args[0])) if on[0] and event == "open" else None)
    yield files
    on[0] = False


# ---- what ends a run


def test_a_file_of_many_gigabytes_is_not_read(small, tmp_path):
    """Any number of holes fits on a disk, and 200 GB of them took minutes."""
    with (small / "holes.mp3").open("wb") as file:
        file.truncate(200_000_000_000)
    with Library(tmp_path / "songs.sqlite") as library:
        assert updated(library, [small]) == (4, 4, 4)
        (answer,) = (json.loads(text) for (text,) in library.read("SELECT answer FROM answers WHERE sha256 = ''"))
    assert answer["error"]["message"] == "'holes.mp3' has 200 GB, more than 16; cut it into songs"
    summary = preprocess(small, tmp_path / "table", families=("zcr",))
    assert [reason[:23] for _, reason in summary.left_out] == ["unsupported: 'holes.mp3"]


def test_ten_kills_at_random_moments_lose_only_the_songs_in_work(songs, whole, tmp_path):
    path, rng = tmp_path / "songs.sqlite", np.random.default_rng(7)
    done, killed = 0, 0
    for turn in range(KILLS):
        command = script_command(SCRIPT, songs, "--library", path, "--jobs", 1 + turn % 2)
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:  # the moment is random among the writes
            time.sleep(rng.uniform(0, 0.02))
            if path.exists() and counted(path) > done and rng.random() < 0.5:
                break
        if process.poll() is None:
            killed += 1
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        now = counted(path)
        assert now >= done
        done = now
        if done >= 10:  # begin again: the tenth kill is in the middle, too
            with Library(path) as library, library.writing() as store:
                store.execute("DELETE FROM answers WHERE song % 3 > 0")
                store.execute("DELETE FROM songs WHERE id % 3 > 0")
            done = counted(path)
    assert killed == KILLS
    ended = run_script(SCRIPT, songs, "--library", path)
    assert ended.returncode == 0, ended.stderr
    assert rows(path) == whole


def counted(path, where="1"):
    """Return how many songs a library has that may just be made."""
    try:
        with sqlite3.connect(path, timeout=5) as store:
            return store.execute(f"SELECT count(*) FROM answers WHERE {where}").fetchone()[0]  # noqa: S608 - our own words
    except sqlite3.OperationalError:
        return 0


def test_two_runs_at_once_share_a_library(songs, whole, tmp_path):
    command = script_command(SCRIPT, songs, "--library", tmp_path / "songs.sqlite", "--jobs", 1)
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        _, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
    assert rows(tmp_path / "songs.sqlite") == whole


def test_ctrl_c_keeps_what_is_finished(songs, tmp_path):
    path = tmp_path / "songs.sqlite"
    process = subprocess.Popen(
        script_command(SCRIPT, songs, "--library", path, "--jobs", 1),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while (not path.exists() or counted(path) < 2) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert errors.splitlines() == ["21 songs found, 21 of them new or changed", "interrupted; what is finished is kept"]
    with Library(path) as library:
        assert scan(library, [songs]).to_do == 21 - counted(path)


def test_a_cluster_that_loses_a_worker_gives_the_same_library_bit_for_bit(songs, whole, tmp_path):
    from dask.distributed import LocalCluster

    path = tmp_path / "songs.sqlite"
    with (
        LocalCluster(
            n_workers=3, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None,
            local_directory=str(tmp_path / "dask"),
        ) as cluster,
        Library(path) as library,
    ):  # fmt: skip
        found = scan(library, [songs])
        assert found.to_do == 21
        seen = 0
        for seen, _ in enumerate(found.update(dask=cluster.scheduler_address), 1):
            if seen == 2:
                os.kill(cluster.workers[1].pid, signal.SIGKILL)
    assert seen == 21
    assert rows(path) == whole


def test_a_cluster_started_elsewhere_finds_the_program_and_its_end_is_said(songs, whole, tmp_path):
    """Start scheduler and workers by their own commands, in a folder without the program."""
    dask = [sys.executable, "-m", "dask"]
    quiet = {"cwd": tmp_path, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    address_file = tmp_path / "scheduler.json"
    started = [
        subprocess.Popen(
            [
                *dask,
                "scheduler",
                "--host",
                "127.0.0.1",
                "--port",
                "0",
                "--no-dashboard",
                "--scheduler-file",
                address_file,
            ],
            **quiet,
        )
    ]
    try:
        deadline = time.monotonic() + 30
        while not address_file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        address = json.loads(address_file.read_text())["address"]
        command = [*dask, "worker", address, "--nworkers", "1", "--nthreads", "2", "--no-dashboard"]
        started.append(subprocess.Popen(command, **quiet))
        path = tmp_path / "songs.sqlite"
        done = run_script(SCRIPT, songs, "--library", path, "--dask", address)
        assert done.returncode == 0, done.stderr
        assert rows(path) == whole
        began = time.time()
        process = subprocess.Popen(
            script_command(SCRIPT, songs, "--library", path, "--fresh", "--dask", address),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        while not counted(path, f"made > {began}") and process.poll() is None:
            time.sleep(0.005)
        os.killpg(started[1].pid, signal.SIGSTOP)  # so that the run is not done before the scheduler is gone
        os.killpg(started[0].pid, signal.SIGKILL)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 1
        assert errors.splitlines()[-1].startswith("error: ")
        assert address in errors
        assert "Traceback" not in errors
    finally:
        for process in started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def test_a_cluster_without_workers_is_said(small, tmp_path, monkeypatch):
    from dask.distributed import LocalCluster

    monkeypatch.setattr("musicgenre.parallel.DASK_TIMEOUT_S", 0.5)
    with (
        LocalCluster(n_workers=0, processes=True, host="127.0.0.1", dashboard_address=None) as cluster,
        Library(tmp_path / "songs.sqlite") as library,
    ):
        found = scan(library, [small])
        with pytest.raises(SourceError, match="has no workers; start some"):
            list(found.update(dask=cluster.scheduler_address))


# ---- only what is new


def test_an_unchanged_library_opens_no_song(small, tmp_path, opened):
    with Library(tmp_path / "songs.sqlite") as library:
        assert updated(library, [small]) == (3, 3, 3)
        opened.clear()
        assert updated(library, [small]) == (3, 0, 0)
        assert len(answers(library, [small])) == 3
    assert not [name for name in opened if str(small) in name]


def test_touched_moved_copied_changed_and_vanished_songs_are_told_apart(small, tmp_path, monkeypatch):
    heard = []
    monkeypatch.setattr("musicgenre.library.scan.song_job", spy(heard))
    with Library(tmp_path / "songs.sqlite") as library:
        updated(library, [small])
        before = {song.path.name: song for song in library.songs()}
        heard.clear()
        os.utime(small / "a" / "metal.wav", (1, 1))
        (small / "b").mkdir()
        (small / "a" / "rock.wav").rename(small / "b" / "moved.wav")
        (small / "copy.wav").write_bytes((small / "a" / "metal.wav").read_bytes())
        write_song(small / "a" / "lounge.wav", *piece("classical", seconds=3.2))
        assert updated(library, [small]) == (4, 4, 4)
        assert heard == [str(small / "a" / "lounge.wav")]
        after = {song.path.name: song for song in library.songs()}
        assert after["moved.wav"].key == before["rock.wav"].key
        assert after["moved.wav"].confidence == before["rock.wav"].confidence
        assert after["moved.wav"].title == "moved"
        assert after["copy.wav"].confidence == before["metal.wav"].confidence
        assert after["lounge.wav"].key == before["lounge.wav"].key
        assert updated(library, [small]) == (4, 0, 0)
        (small / "copy.wav").unlink()
        assert updated(library, [small]) == (3, 0, 0)
        assert len(list(library.songs())) == 3
        assert sum(library.count("verdict", missing=True).values()) == 1
        (small / "back.wav").write_bytes((small / "a" / "metal.wav").read_bytes())
        assert updated(library, [small]) == (4, 1, 1)
        assert not library.count("verdict", missing=True)
        assert len(heard) == 1


def spy(heard):
    """Return the job of a song that also notes which it was."""
    from musicgenre.library.scan import song_job

    def noted(job):
        heard.append(job[0])
        return song_job(job)

    return noted


def test_another_model_another_part_and_fresh_hear_again(small, tmp_path):
    with Library(tmp_path / "songs.sqlite") as library:
        updated(library, [small])
        assert scan(library, [small], excerpt=Excerpt(length_s=3.0)).again == 3
        other = scan(library, [small], model="librosa12")
        assert (other.to_do, other.again, other.others) == (3, 0, {"genres": 3})
        fresh = scan(library, [small], fresh=True)
        assert fresh.to_do == 3
        assert sum(1 for _ in fresh.update()) == 3
        assert scan(library, [small]).to_do == 0


def test_a_part_of_the_library_leaves_the_rest(small, tmp_path):
    write_song(small / "b" / "metal.mp3", *piece("metal", seconds=3.2))
    with Library(tmp_path / "songs.sqlite") as library:
        updated(library, [small])
        (small / "a" / "rock.wav").unlink()
        assert updated(library, [small / "b", small / "a" / "metal.wav"]) == (2, 0, 0)
        assert len(list(library.songs())) == 4  # nobody looked where it vanished
        assert updated(library, [small / "a"]) == (2, 0, 0)
        assert len(list(library.songs())) == 3


def test_songs_that_cannot_be_read_have_their_error_and_are_tried_again_only_if_changed(small, tmp_path):
    (small / "broken.mp3").write_bytes(b"no sound " * 50)
    (small / "empty.flac").write_bytes(b"")
    with Library(tmp_path / "songs.sqlite") as library:
        assert updated(library, [small]) == (5, 5, 5)
        by_name = {Path(a.input).name: a for a in answers(library, [small])}
        assert by_name["broken.mp3"].verdict == "error"
        assert by_name["broken.mp3"].error.kind == "unreadable"
        assert by_name["metal.wav"].verdict in ("genre", "uncertain")
        assert updated(library, [small]) == (5, 0, 0)


def test_an_error_that_passes_is_tried_again(small, tmp_path, monkeypatch):
    from musicgenre.errors import GenreError

    def busy(*_, **__):
        raise GenreError("no decoder could be started; close other programs")

    with Library(tmp_path / "songs.sqlite") as library:
        with monkeypatch.context() as patch:
            patch.setattr("musicgenre.inference.classifier.read_safely", busy)
            assert updated(library, [small]) == (3, 3, 3)
        assert library.count("verdict") == {"error": 3}
        assert updated(library, [small]) == (3, 3, 3)
        assert "error" not in library.count("verdict")


def test_a_folder_that_cannot_be_read_changes_nothing_for_its_songs(small, tmp_path, monkeypatch):
    write_song(small / "b" / "metal.wav", *piece("metal", seconds=3.2))
    real = os.scandir

    def locked(place):
        if Path(place).name == "a":
            raise PermissionError(13, "Permission denied", str(place))
        return real(place)

    with Library(tmp_path / "songs.sqlite") as library:
        updated(library, [small])
        monkeypatch.setattr("os.scandir", locked)
        found = scan(library, [small])
        assert (found.songs, found.to_do) == (1, 0)
        words = f"'{small}/a' cannot be read (Permission denied); its songs are kept as they were"
        assert found.unread == (words,)
        assert len(list(library.songs())) == 4
    items = list(expand_inputs([str(small)]))
    assert [item.error is None for item in items] == [True, False]


def test_a_pipe_and_a_device_are_no_songs(tmp_path):
    os.mkfifo(tmp_path / "pipe.mp3")
    (tmp_path / "device.mp3").symlink_to("/dev/zero")
    for name in ("pipe.mp3", "device.mp3"):
        with Library(tmp_path / "songs.sqlite") as library, pytest.raises(SourceError, match="not a regular file"):
            scan(library, [tmp_path / name])


@pytest.mark.parametrize(
    "name", ["newline\n.wav", "اغنية 🎉.wav", "\x1b[31mred.wav", os.fsdecode(b"caf\xe9.wav"), "=1+1.wav"]
)
def test_odd_names_are_kept_exactly(name, small, tmp_path):
    (small / "a" / "metal.wav").rename(small / name)
    with Library(tmp_path / "songs.sqlite") as library:
        updated(library, [small])
        assert small / name in [song.path for song in library.songs()]
        assert str(small / name) in [answer.input for answer in answers(library, [small])]


def test_tags_that_are_found_are_kept(tmp_path):
    import mutagen

    path = write_song(tmp_path / "music" / "song.flac", *piece("metal", seconds=3.2), title="A title")
    tags = mutagen.File(path)
    tags.update({"artist": ["Somebody"], "album": ["Something"], "genre": ["Zydeco"]})
    tags.save()
    with Library(tmp_path / "songs.sqlite") as library:
        updated(library, [tmp_path / "music"])
        (song,) = library.songs()
    assert (song.title, song.artist, song.album, song.tag_genre) == ("A title", "Somebody", "Something", "Zydeco")


def test_no_folder_is_said_before_anything_is_marked(small, tmp_path):
    with Library(tmp_path / "songs.sqlite") as library:
        updated(library, [small])
        for root in (tmp_path / "nowhere", "https://youtu.be/x", "nul\0"):
            with pytest.raises(SourceError, match="no file or folder"):
                scan(library, [small, root])
        assert len(list(library.songs())) == 3


# ---- the command


def test_json_and_csv_have_every_song_in_order_also_the_known_ones(songs, tmp_path):
    path = tmp_path / "songs.sqlite"
    first = run_script(SCRIPT, songs, "--library", path, "--json", "--jobs", 2)
    assert first.returncode == 0, first.stderr
    stored = json_lines(first.stdout)
    plain = json_lines(run_script(SCRIPT, songs, "--json", "--jobs", 2).stdout)
    assert stored == plain
    assert len({Path(a["input"]).suffix for a in stored}) == len(FORMATS)
    second = run_script(SCRIPT, songs, "--library", path, "--csv", tmp_path / "out.csv")
    assert f"{len(plain)} songs found, 0 of them new or changed" in second.stderr
    assert [row["input"] for row in read_rows(tmp_path / "out.csv")] == [a["input"] for a in stored]


def test_the_summary_says_how_many_of_each_genre(small, tmp_path):
    done = run_script(SCRIPT, small, "--library", tmp_path / "songs.sqlite")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].startswith("3 songs, 10 seconds: ")
    with Library(tmp_path / "songs.sqlite") as library:
        for genre, count in library.count("genre", Selection(terms=parse_query("verdict:genre"))).items():
            assert any(line.split()[:2] == [genre, str(count)] for line in lines[1:])
    (small / "broken.mp3").write_bytes(b"no sound " * 50)
    again = run_script(SCRIPT, small, "--library", tmp_path / "songs.sqlite")
    assert again.returncode == 1
    assert ", 1 error\n" in again.stdout
    assert "broken.mp3: 'broken.mp3' is not audio that can be read" in again.stdout
    (record,) = json_lines(run_script(SCRIPT, "library", tmp_path / "songs.sqlite", "stats", "--json").stdout)
    assert [Path(error["input"]).name for error in record["errors"]] == ["broken.mp3"]


def test_what_is_kept_is_json_and_numbers(small, tmp_path):
    with Library(tmp_path / "songs.sqlite") as library:
        updated(library, [small])
        for answer, features in library.read("SELECT answer, features FROM answers"):
            assert abs(sum(json.loads(answer)["probabilities"].values()) - 1) < 1e-4
            assert len(features) == 800

"""What goes wrong around the program: full disks, kills, signals, no home, few files, two at once, a model gone."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from support.faults import is_one_sentence, killed_at, limited, processes_of, tree_bytes, without_home
from support.material import ROOT, json_lines, read_rows, run_script, script_command, song, write_wav

from musicgenre.dataset.build import preprocess
from musicgenre.dataset.table import read_table
from musicgenre.engine.history import History, data_folder
from musicgenre.files import file_sha256
from musicgenre.inference.card import list_models
from musicgenre.inference.model import GenreModel
from musicgenre.inference.prediction import Prediction
from musicgenre.litert import MODELS_DIR

LIGHT = ("--families", "zcr", "--jobs", 1)
SAMPLES = ROOT / "data" / "samples"


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Return a folder of six clips of 3 s in two genres."""
    folder = tmp_path_factory.mktemp("clips")
    for i in range(6):
        kind = ("hymn", "buzz")[i % 2]
        write_wav(folder / kind / f"{i}.wav", np.roll(song(kind, seconds=3.2), 300 * i))
    return folder


@pytest.fixture(scope="module")
def whole(clips, tmp_path_factory):
    """Return the table of an undisturbed run."""
    out = tmp_path_factory.mktemp("whole")
    preprocess(clips, out, families=("zcr",))
    return out


# ---- full disks


def test_a_full_disk_behind_standard_output_is_a_sentence(clips):
    with Path("/dev/full").open("w") as full:
        done = limited("03_launch_classifier.py", clips / "hymn" / "0.wav", stdout=full)
    assert done.returncode == 1 and is_one_sentence(done.stderr) and "No space left" in done.stderr


@pytest.mark.parametrize("size", [0, 100, 300, 450])
def test_a_csv_on_a_full_disk_ends_with_a_whole_row(clips, tmp_path, size):
    path = tmp_path / "answers.csv"
    done = limited("03_launch_classifier.py", *[clips / "hymn" / "0.wav"] * 3, "--csv", path, file_bytes=size)
    assert done.returncode == 1 and is_one_sentence(done.stderr)
    text = path.read_text()
    assert text == "" or text.endswith("\n")
    assert len({len(row) for row in csv.reader(text.splitlines())}) <= 1
    assert [file.name for file in tmp_path.iterdir()] == ["answers.csv"]


def test_a_csv_into_a_pipe_leaves_the_pipe(clips, tmp_path):
    """As root, --csv /dev/null put a file in the place of the device."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read = []
    thread = threading.Thread(target=lambda: read.append(pipe.read_text()))
    thread.start()
    done = run_script("03_launch_classifier.py", clips / "hymn" / "0.wav", "--csv", pipe)
    thread.join(10)
    assert done.returncode == 0 and pipe.is_fifo() and len(read[0].splitlines()) == 2


@pytest.mark.parametrize("size", [0, 900])
def test_a_full_disk_leaves_the_old_table(clips, whole, tmp_path, size):
    shutil.copytree(clips, tmp_path / "in")
    shutil.copytree(whole, tmp_path / "out")
    write_wav(tmp_path / "in" / "buzz" / "new.wav", song("buzz", seconds=3.5, seed=9))
    before = tree_bytes(tmp_path / "out")
    done = limited("00_preprocess_music.py", tmp_path / "in", "--out", tmp_path / "out", *LIGHT, file_bytes=size)
    assert done.returncode == 1 and is_one_sentence(done.stderr), done.stderr
    after = tree_bytes(tmp_path / "out")
    assert after == before or set(after) == set(before)
    for name in after:
        assert after[name].endswith(b"\n")
    again = run_script("00_preprocess_music.py", tmp_path / "in", "--out", tmp_path / "out", *LIGHT)
    assert again.returncode == 0 and len(read_table(tmp_path / "out", ["zcr"]).clips) == 7


def test_a_picture_on_a_full_disk_leaves_the_answer(clips, tmp_path):
    done = limited(
        "03_launch_classifier.py", clips / "hymn" / "0.wav", "--json", "--plot", tmp_path / "a.png", file_bytes=2000
    )
    (answer,) = json_lines(done.stdout)
    assert done.returncode == 1 and answer["error"] is None and answer["probabilities"]
    assert "cannot be written" in done.stderr and is_one_sentence(done.stderr), done.stderr
    assert list(tmp_path.iterdir()) == []


HISTORY = """
import resource, sys
from pathlib import Path
from musicgenre.inference.prediction import Prediction
from musicgenre.engine.history import History
history = History(Path(sys.argv[1]))
for i in range(400):
    if i == 50:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
    history.add(f"key{i}", Prediction("x" * 500, None, None, "genre"))
    history.log("a line")
print(history.problem)
history.close()
"""


@pytest.mark.parametrize("size", [0, 100_000])
def test_a_history_on_a_full_disk_says_so_and_keeps_what_it_has(tmp_path, size):
    done = subprocess.run(
        [sys.executable, "-c", HISTORY, tmp_path, str(size)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0 and "could not be written" in done.stdout, done
    history = History(tmp_path)
    assert history.problem is None and history.count() >= 50
    assert {entry.key for entry in history.find()} >= {f"key{i}" for i in range(50)}
    history.close()


def test_a_history_that_is_damaged_anywhere_opens(tmp_path):
    """Damage behind the first page was found only later, as a fault of the program."""
    history = History(tmp_path / "good")
    for i in range(200):
        prediction = Prediction(f"song {i}", f"t{i}" * 20, None, "genre", "rock")
        history.correct(history.add(f"k{i}", prediction), "jazz")
    history.close()
    data = (tmp_path / "good" / "history.sqlite").read_bytes()
    rng = np.random.default_rng(1)
    for turn in range(60):
        folder = tmp_path / str(turn)
        folder.mkdir()
        hurt = bytearray(data[: rng.integers(len(data))] if turn % 6 == 0 else data)
        for place, value in rng.integers(0, [len(hurt), 256], ([1, 10, 100, 500][turn % 4], 2)).tolist():
            hurt[place] = value
        (folder / "history.sqlite").write_bytes(hurt)
        history = History(folder)
        for entry in [*history.find(), *history.find("song 7")]:
            history.get(entry.key)
            history.correction(entry.key)
        history.corrections_csv(folder)
        history.setting("x", 1)
        history.add("new", Prediction("a", None, None, "genre"))
        assert history.get("new") or history.problem
        history.close()


# ---- kills


@pytest.mark.parametrize("turn", [1, 3, 6, 9])
def test_a_kill_at_any_write_leaves_whole_files_and_the_rest_is_done_again(clips, whole, tmp_path, turn):
    assert killed_at(turn, tmp_path, "00_preprocess_music.py", clips, "--out", tmp_path / "out", *LIGHT)
    found = tree_bytes(tmp_path / "out") if (tmp_path / "out").exists() else {}
    finished = tree_bytes(whole)
    assert all(finished[name] == data for name, data in found.items()), sorted(found)
    again = run_script("00_preprocess_music.py", clips, "--out", tmp_path / "out", *LIGHT)
    assert again.returncode == 0 and tree_bytes(tmp_path / "out") == finished


SAVE = """
import shutil, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from musicgenre.inference.card import read_card
from musicgenre.litert import MODELS_DIR
from musicgenre.training.model_files import write_model
source = MODELS_DIR / sys.argv[2]
data = Path(f"{source}.tflite").read_bytes()
write_model(Path(sys.argv[3]), read_card(source), data, lambda path: shutil.copyfile(f"{source}.keras", path))
"""
MINE = ["mine.json", "mine.keras", "mine.tflite"]


@pytest.fixture
def saved(tmp_path):
    """Return a function that saves a shipped model as `mine` in a folder, killed at a write; it tells whether it was.

    Without a turn it is not killed, and what it must leave is checked.
    """
    script = tmp_path / "save.py"
    script.write_text(SAVE)

    def save(model, folder, turn=10_000):
        killed = killed_at(turn, folder, script, ROOT, model, folder / "mine")
        if turn == 10_000:
            assert not killed and sorted(path.name for path in folder.iterdir()) == MINE
            digests = {ending: file_sha256(folder / f"mine.{ending}") for ending in ("keras", "tflite")}
            assert GenreModel(folder / "mine").card.files == digests
            assert GenreModel(folder / "mine").name == model
        return killed

    return save


def test_a_kill_at_any_write_of_a_model_leaves_the_old_one_or_the_new_one(saved, tmp_path):
    """Between the renames of its files there was neither: the card described another file than there was."""
    saved("genres", tmp_path / "old")
    names, turn, new = [], 1, tmp_path / "1"
    while saved("librosa12", shutil.copytree(tmp_path / "old", new), turn):
        names.append(GenreModel(new / "mine").name)
        shutil.copytree(new, tmp_path / f"{turn} left")
        saved("librosa12", new)
        turn, new = turn + 1, tmp_path / str(turn + 1)
    assert len(names) > 10 and names == sorted(names) and set(names) == {"genres", "librosa12"}
    left = tmp_path / f"{names.index('librosa12') + 1} left"  # the new card beside the old files
    assert file_sha256(left / "mine.tflite") == file_sha256(MODELS_DIR / "genres.tflite")
    for turn in range(1, 8):
        again = shutil.copytree(left, tmp_path / f"again {turn}")
        assert saved("genres", again, turn)
        assert GenreModel(again / "mine").name == "librosa12"
        saved("genres", again)


def test_a_kill_while_the_first_model_of_a_name_is_written_leaves_none_or_a_whole_one(saved, tmp_path):
    names, turn = [], 1
    while saved("genres", tmp_path / str(turn), turn):
        folder = tmp_path / str(turn)
        names.append([GenreModel(folder / name).name for name in list_models(folder)])
        saved("librosa12", folder)
        turn += 2
    assert [] in names and ["genres"] in names


def test_a_model_on_a_full_disk_leaves_the_old_one(saved, tmp_path):
    folder = tmp_path / "models"
    saved("genres", folder)
    before = tree_bytes(folder)
    for size in (0, 10_000, 50_000):
        done = limited(tmp_path / "save.py", ROOT, "librosa12", folder / "mine", file_bytes=size)
        assert done.returncode == 1 and "File too large" in done.stderr
        assert tree_bytes(folder) == before and sorted(path.name for path in folder.iterdir()) == MINE


def test_a_history_survives_kills(tmp_path):
    for _ in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-u", "-c", HISTORY.replace("range(400)", "range(10**9)"), tmp_path, str(10**12)],
            cwd=ROOT, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(0.25)
        writer.kill()
        writer.wait()
        history = History(tmp_path)
        assert history.problem is None
        assert all(entry.prediction.input == "x" * 500 for entry in history.find())
        history.close()


@pytest.mark.parametrize(
    ("signals", "jobs"),
    [
        ([(0.1, signal.SIGINT), (0.02, signal.SIGINT)], 2),
        ([(0.05, signal.SIGINT)] + [(0.005, signal.SIGINT)] * 6, 2),
        ([(0.1, signal.SIGTERM), (0.02, signal.SIGTERM)], 1),
    ],
)
def test_signals_however_many_end_it_once_and_leave_nothing(signals, jobs):
    process = subprocess.Popen(
        script_command("03_launch_classifier.py", *[SAMPLES] * 8, "--json", "--jobs", jobs),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    first = process.stdout.readline()
    for wait, number in signals:
        time.sleep(wait)
        if process.poll() is None:
            os.killpg(process.pid, number)
    began = time.monotonic()
    rest, messages = process.communicate(timeout=30)
    assert process.returncode == 130
    assert messages == "interrupted; what is finished is kept\n"
    assert time.monotonic() - began < 3
    json_lines(first + rest)
    end = time.monotonic() + 5
    while processes_of(process.pid) and time.monotonic() < end:
        time.sleep(0.05)
    assert processes_of(process.pid) == []


def test_an_interrupt_while_the_libraries_load_is_no_traceback():
    for wait in (0.12, 0.25):
        process = subprocess.Popen(
            script_command("03_launch_classifier.py", SAMPLES),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        end = time.monotonic() + wait
        while "numpy" not in Path(f"/proc/{process.pid}/maps").read_text() and time.monotonic() < end:
            time.sleep(0.001)  # Python itself is up
        process.send_signal(signal.SIGINT)
        _, messages = process.communicate(timeout=30)
        assert process.returncode == 130 and messages == "interrupted; what is finished is kept\n", messages


SWALLOWS = """
import signal, sys, time, weakref
from musicgenre.terminal import console
from musicgenre.library import store
class Thing: pass
def callback(_):
    signal.raise_signal(signal.SIGINT)
    for _ in range(100): pass
def work():
    thing = Thing()
    kept = weakref.ref(thing, callback)
    del thing
    time.sleep(10)
def library():
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise ImportError("cannot load module more than once per process")
sys.exit(console.run({"callback": work, "library": library}[sys.argv[1]]))
"""


@pytest.mark.parametrize("who", ["callback", "library"])
def test_an_interrupt_that_is_swallowed_or_made_another_error_still_counts(who):
    """Python's imports swallow it in a callback, and those of numpy make an ImportError of it."""
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", SWALLOWS, who], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "interrupted; what is finished is kept\n")
    assert time.monotonic() - began < 4


# ---- surroundings


@pytest.mark.parametrize("form", [["--json"], []])
def test_without_home_in_a_locale_of_ascii_names_of_any_bytes_are_answered(tmp_path, form):
    name = os.fsdecode(b"\xff \xc3\xa4 \xe9\x9f\xb3.ogg")
    shutil.copy(SAMPLES / "rock.ogg", tmp_path / name)
    done = limited("03_launch_classifier.py", *form, tmp_path / name, env=without_home(), cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == "" and done.stdout.isascii()
    if form:
        assert json.loads(done.stdout)["genre"] == "rock"
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_user_without_a_home_has_no_history_and_gets_no_folder_named_tilde(tmp_path):
    code = (
        "import os, sys, platformdirs\nsys.path.insert(0, sys.argv[1])\nimport musicgenre.engine.history as h\n"
        "for name in ('HOME', 'XDG_DATA_HOME'): os.environ.pop(name, None)\nos.setuid(54321)\n"
        "history = h.History(h.data_folder())\nprint(h.data_folder(), history.folder)\n"
    )
    tmp_path.chmod(0o777)
    done = subprocess.run([sys.executable, "-c", code, ROOT], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "None None\n", done.stderr
    assert list(tmp_path.iterdir()) == []
    assert data_folder().is_absolute()


def test_a_folder_that_may_only_be_read_is_a_sentence(clips, tmp_path):
    """Root may write everywhere but into the system's own views."""
    place = Path("/proc/sys/kernel/none")
    for command in (
        ["03_launch_classifier.py", clips / "hymn" / "0.wav", "--csv", place],
        ["00_preprocess_music.py", clips, "--out", place, *LIGHT],
    ):
        done = run_script(*command)
        assert done.returncode == 1 and is_one_sentence(done.stderr), done.stderr


def test_sixty_four_open_files_are_enough(clips, tmp_path):
    done = limited("03_launch_classifier.py", clips, "--json", "--jobs", 2, open_files=64)
    assert done.returncode == 0 and len(json_lines(done.stdout)) == 6, done.stderr
    done = limited("00_preprocess_music.py", clips, "--out", tmp_path, "--families", "zcr", "--jobs", 2, open_files=64)
    assert done.returncode == 0 and len(read_rows(tmp_path / "clips.csv")) == 6


def test_two_processes_on_the_same_table_give_that_table(clips, whole, tmp_path):
    command = script_command("00_preprocess_music.py", clips, "--out", tmp_path, *LIGHT)
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    ends = [(process.communicate(timeout=60)[1], process.returncode) for process in both]
    assert [code for _, code in ends] == [0, 0], ends
    assert tree_bytes(tmp_path) == tree_bytes(whole)


@pytest.mark.parametrize(
    ("begin", "said"),
    [
        ("musicgenre.library.store.Library(place / 'songs.sqlite')", "None"),
        ("musicgenre.engine.history.History(place)", "made.problem"),
    ],
)
def test_two_that_begin_the_same_file_at_the_same_moment_both_have_it(tmp_path, begin, said):
    code = (
        "import pathlib, sys, time, musicgenre.library.store, musicgenre.engine.history\n"
        "for i in range(60):\n"
        "    place = pathlib.Path(sys.argv[1], str(i))\n"
        "    place.mkdir(exist_ok=True)\n"
        "    while time.time() < float(sys.argv[2]) + i / 100: pass\n"
        f"    made = {begin}\n"
        f"    assert not {said}, {said}\n"
    )
    command = [sys.executable, "-c", code, tmp_path, str(time.time() + 2.0)]
    both = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [process.communicate(timeout=60)[1] for process in both] == ["", ""]


def test_a_model_deleted_while_it_runs_is_no_traceback(clips, tmp_path):
    for path in MODELS_DIR.glob("genres.*"):
        shutil.copy(path, tmp_path)
    (tmp_path / "m").mkdir()
    with (tmp_path / "m" / "messages").open("w+") as messages:
        command = ("03_launch_classifier.py", *[clips] * 3, "--json", "--jobs", 2, "--model", tmp_path / "genres")
        process = subprocess.Popen(script_command(*command), stdout=subprocess.PIPE, stderr=messages, text=True)
        first = process.stdout.readline()
        for path in tmp_path.glob("genres.*"):
            path.unlink()
        answers = json_lines(first + process.stdout.read())
        process.wait(60)
    said = (tmp_path / "m" / "messages").read_text()
    assert answers[0]["verdict"] != "error"
    assert (process.returncode == 0 and len(answers) == 18) or is_one_sentence(said), said


def test_a_clock_that_is_set_back_loses_nothing(tmp_path, monkeypatch):
    history = History(tmp_path)
    for i, now in enumerate([1e9, 2e9, 5e8, 0.0, -5.0]):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        history.add(f"k{i}", Prediction("a", None, None, "genre"))
        history.log("a line")
        history.remember(opened=now)
    history.close()
    again = History(tmp_path)
    assert again.problem is None and [entry.key for entry in again.find()] == ["k1", "k0", "k2", "k3", "k4"]
    again.close()


@pytest.mark.parametrize("size", [0, 90_000])
def test_a_library_on_a_full_disk_is_a_sentence_and_goes_on_later(clips, tmp_path, size):
    path = tmp_path / "songs.sqlite"
    done = limited("03_launch_classifier.py", clips, "--library", path, "--jobs", 1, file_bytes=size)
    error = done.stderr.removeprefix("6 songs found, 6 of them new or changed\n")
    assert done.returncode == 1 and is_one_sentence(error), done.stderr
    assert str(path) in error
    again = run_script("03_launch_classifier.py", clips, "--library", path)
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("6 songs")


# ---- the place it is started in


def test_no_module_in_the_current_folder_is_run(clips, tmp_path):
    """Python's helpers for processes, started with -c and -m, ran a `loky.py` that lay beside the songs."""
    for name in ("loky", "multiprocessing", "numpy", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("open(__file__ + '.ran', 'w')\n")
    done = run_script("03_launch_classifier.py", clips, "--json", "--jobs", 2, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json_lines(done.stdout)) == 6 and not list(tmp_path.glob("*.ran"))


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 2), (0, 1, 2)])
def test_with_streams_closed_the_answers_are_written_elsewhere(closed, clips, tmp_path):
    """As `>&-` in a shell closes them, and as programs without a console have none."""
    path = tmp_path / "a.csv"
    code = "import os, sys\nfor number in map(int, sys.argv[1]): os.close(number)\nos.execv(sys.argv[2], sys.argv[2:])"
    command = script_command("03_launch_classifier.py", clips / "hymn" / "0.wav", "--csv", path)
    process = subprocess.run(
        [sys.executable, "-c", code, "".join(map(str, closed)), *command], capture_output=True, text=True, check=False
    )
    assert (process.returncode, process.stdout) == (0, "")
    assert process.stderr == ("" if 2 in closed else f"1 answer: 1 not sure; table in {path}\n")
    assert len(read_rows(path)) == 1


def test_without_output_answers_go_nowhere(clips):
    command = script_command("03_launch_classifier.py", clips / "hymn" / "0.wav")
    process = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", *command], capture_output=True, text=True, check=False)
    assert (process.returncode, process.stderr) == (0, "")


@pytest.mark.parametrize("settings", [b"text.usetex: True\nsavefig.dpi: 9000\n", b"\xff\xfe"])
def test_settings_for_pictures_that_lie_around_are_passed_over(settings, clips, tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "module://of_a_notebook")
    (tmp_path / "matplotlibrc").write_bytes(settings)
    done = run_script("03_launch_classifier.py", clips / "hymn" / "0.wav", "--plot", "a.svg", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "a.svg").stat().st_size > 10_000

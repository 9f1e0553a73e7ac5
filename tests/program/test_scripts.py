"""The commands: 00, 02 and 03 end to end, their output, their exit codes, and how they are built."""

import ast
import csv
import importlib
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from support.material import (
    ROOT,
    SR,
    classified,
    encode,
    json_lines,
    make_library,
    make_table,
    read_rows,
    run_script,
    script_command,
    song,
    write_wav,
)

from musicgenre.dataset import build as build_module
from musicgenre.inference import classifier
from musicgenre.inference.answer_rows import drop_incomplete_row
from musicgenre.inference.model import GenreModel
from musicgenre.terminal.console import Bar

FIELDS = ["input", "title", "duration_s", "verdict", "genre", "confidence", "probabilities", "segments", "analysed",
          "reason", "model", "error", "likely", "tags", "tempo_bpm", "parts"]  # fmt: skip
KINDS = {"not_found", "unreadable", "unsupported", "download", "network", "not_allowed", "model"}
SCRIPTS = sorted(path.name for path in ROOT.glob("0*.py"))
HELPERS = sorted(
    str(path.relative_to(ROOT)) for pattern in ("functions_*.py", "musicgenre/**/*.py") for path in ROOT.glob(pattern)
)


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """Return (folder of audio, table, model) made by 00 and 02 from three invented genres."""
    base = tmp_path_factory.mktemp("own")
    audio = make_library(base / "my music", clips=5, seconds=4.0)
    first = run_script("00_preprocess_music.py", audio, "--out", base / "table", "--jobs", 2)
    assert first.returncode == 0, first.stderr
    second = run_script("02_nn_train_model.py", "--data", base / "table", "--out", base / "models" / "mine", cwd=base)
    assert second.returncode == 0, second.stderr
    return audio, base / "table", base / "models" / "mine", first, second


@pytest.fixture(scope="session")
def answers(trained, tmp_path_factory):
    """Return (inputs, finished 03 --json) on good and bad inputs of every kind."""
    folder = tmp_path_factory.mktemp("inputs")
    good = [
        write_wav(folder / f"{kind} 99.wav", song(kind, seconds=5, seed=99)) for kind in ("hymn", "clatter", "buzz")
    ]
    (folder / "text.mp3").write_text("only words " * 300)
    (folder / "empty.mp3").write_bytes(b"")
    write_wav(folder / "short.wav", song("hymn", seconds=0.3))
    write_wav(folder / "silent.wav", np.zeros(5 * SR))
    encode(folder / "film.mp4", song("hymn", seconds=1), SR, "aac", video=True, audio=False)
    long = write_wav(
        folder / "long.wav", np.concatenate([song(k, seconds=30) for k in ("hymn", "buzz", "clatter", "hymn", "buzz")])
    )
    bad = [folder / name for name in ("nowhere.mp3", "text.mp3", "empty.mp3", "short.wav", "silent.wav", "film.mp4")]
    inputs = [good[0], *bad, *good[1:], long]
    return inputs, run_script("03_launch_classifier.py", *inputs, "--json", "--model", trained[2], "--jobs", 2)


# ---- 00 -> 02 -> 03


def test_own_folders_become_a_model_that_knows_them(trained, answers):
    _, table, model, first, second = trained
    assert "15 clips in" in first.stderr
    assert first.stdout == ""
    assert "headline: " in second.stdout
    assert "No clip has an artist" in second.stdout
    assert GenreModel(model).genres == ["buzz", "clatter", "hymn"]
    by_name = {Path(line["input"]).name: line for line in json_lines(answers[1].stdout)}
    for kind in ("hymn", "buzz", "clatter"):
        line = by_name[f"{kind} 99.wav"]
        assert max(line["probabilities"], key=line["probabilities"].get) == kind


def test_00_reports_and_a_second_run_computes_nothing(trained):
    audio, table, *_ = trained
    again = run_script("00_preprocess_music.py", audio, "--out", table)
    assert (again.returncode, again.stdout) == (0, "")
    assert f"15 clips in {table}, 0 computed now, 0 left out" in again.stderr


def test_02_measures_only_when_asked(trained, tmp_path):
    done = run_script(
        "02_nn_train_model.py", "--data", trained[1], "--measure-only", "--out", tmp_path / "m", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert "headline: " in done.stdout
    assert not list(tmp_path.glob("m.*"))


# ---- --json


def test_json_has_one_object_per_input_in_input_order_with_the_contracts_fields(answers):
    inputs, done = answers
    lines = json_lines(done.stdout)
    assert [line["input"] for line in lines] == [str(path) for path in inputs]
    for line in lines:
        assert list(line) == FIELDS
        assert line["model"] == "mine"
    assert done.stderr == ""
    assert done.returncode == 1  # there were errors among them


def test_verdicts_and_their_fields_follow_the_contract(answers):
    lines = {Path(line["input"]).name: line for line in json_lines(answers[1].stdout)}
    verdicts = {name: line["verdict"] for name, line in lines.items()}
    assert verdicts["short.wav"] == "too_short"
    assert verdicts["silent.wav"] == "silent"
    for name, kind in (
        ("nowhere.mp3", "not_found"), ("text.mp3", "unreadable"), ("empty.mp3", "unreadable"),
        ("film.mp4", "unsupported"),
    ):  # fmt: skip
        assert verdicts[name] == "error"
        assert lines[name]["error"]["kind"] == kind
        assert set(lines[name]["error"]) == {"kind", "message"}
    for line in lines.values():
        answered = line["verdict"] in ("genre", "uncertain")
        assert line["verdict"] in ("genre", "uncertain", "not_music", "silent", "too_short", "error")
        assert (line["reason"] is None) == (line["verdict"] == "genre")
        assert (line["error"] is not None) == (line["verdict"] == "error")
        assert (line["genre"] is not None) == answered
        assert (line["confidence"] is not None) == answered
        assert (line["probabilities"] is not None) == (answered or line["verdict"] == "not_music")
        if line["probabilities"]:
            assert sum(line["probabilities"].values()) == pytest.approx(1, abs=1e-4)
            assert list(line["probabilities"]) == ["buzz", "clatter", "hymn"]
        if answered:
            assert line["confidence"] == pytest.approx(max(line["probabilities"].values()), abs=1e-3)
        if line["error"]:
            assert line["error"]["kind"] in KINDS


def test_segments_cover_a_long_song_and_analysed_says_what_was_heard(answers):
    line = json_lines(answers[1].stdout)[-1]
    assert line["duration_s"] == pytest.approx(150, abs=0.1)
    assert len(line["analysed"]) == 5
    for part in line["analysed"]:
        assert list(part) == ["start_s", "end_s"]
        assert part["end_s"] - part["start_s"] == pytest.approx(10, abs=0.01)
    segments = line["segments"]
    if line["verdict"] in ("genre", "uncertain"):
        assert segments[0]["start_s"] == 0.0
        assert segments[-1]["end_s"] == pytest.approx(150, abs=0.1)
        for a, b in zip(segments, segments[1:], strict=False):
            assert a["end_s"] == b["start_s"]
        assert all(list(s)[:4] == ["start_s", "end_s", "genre", "confidence"] for s in segments)


def test_processes_do_not_change_the_answers(answers, trained):
    inputs, done = answers
    alone = run_script("03_launch_classifier.py", *inputs, "--json", "--model", trained[2], "--jobs", 1)
    assert alone.stdout == done.stdout


# ---- --csv, text, folders, names


def test_csv_has_a_row_per_input_and_a_column_per_genre(trained, tmp_path):
    audio, _, model, *_ = trained
    (audio / "hymn" / "=cmd.wav").write_bytes(b"")
    done = run_script("03_launch_classifier.py", audio / "hymn", "--csv", tmp_path / "out.csv", "--model", model)
    (audio / "hymn" / "=cmd.wav").unlink()
    rows = read_rows(tmp_path / "out.csv")
    assert (done.returncode, done.stdout) == (1, "")
    assert len(rows) == 6
    assert list(rows[0])[:9] == [
        "input",
        "title",
        "duration_s",
        "verdict",
        "genre",
        "confidence",
        "reason",
        "model",
        "error",
    ]
    assert list(rows[0])[9:] == ["likely", "tags", "tempo_bpm", "p_buzz", "p_clatter", "p_hymn"]
    assert {row["error"] for row in rows} == {"", "unreadable"}
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "@"))]
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_csv_on_standard_output(trained):
    audio, _, model, *_ = trained
    done = run_script("03_launch_classifier.py", audio / "hymn" / "hymn0.wav", "--csv", "-", "--model", model)
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert row["verdict"] in ("genre", "uncertain", "not_music")


def test_text_says_verdict_genre_bars_and_time(trained):
    audio, _, model, *_ = trained
    path = audio / "hymn" / "hymn0.wav"
    done = run_script("03_launch_classifier.py", path, "--model", model, "--top", 2)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == str(path)
    assert "hymn" in done.stdout or "not music" in done.stdout
    assert "analysed in" in done.stdout
    assert sum("█" in line or line.endswith("%") for line in lines) <= 3


def test_odd_names_are_answered_and_shown_on_one_line(trained, tmp_path):
    names = ["two words.wav", 'it\'s "so".wav', "line\nbreak.wav", "Ωμέγα 音楽.wav", "-dash.wav", "\x1b[31mred.wav"]
    for name in names:
        write_wav(tmp_path / "plain.wav", np.zeros(4 * SR)).rename(tmp_path / name)
    both = [
        run_script("03_launch_classifier.py", *extra, "--model", trained[2], "--", *names, cwd=tmp_path)
        for extra in (["--json"], [])
    ]
    assert [(line["input"], line["verdict"]) for line in json_lines(both[0].stdout)] == [(n, "silent") for n in names]
    assert [done.returncode for done in both] == [0, 0]
    assert "\x1b" not in both[1].stdout
    shown = both[1].stdout.rstrip().split("\n\n")
    assert len(shown) == len(names)
    assert all(len(lines.splitlines()) <= 4 for lines in shown)  # name, perhaps title, verdict, time


def test_a_folder_without_sound_gets_an_answer_and_the_others_too(trained, tmp_path):
    (tmp_path / "empty").mkdir()
    song_path = trained[0] / "buzz" / "buzz0.wav"
    done = run_script("03_launch_classifier.py", tmp_path / "empty", song_path, "--json", "--model", trained[2])
    first, second = json_lines(done.stdout)
    assert (first["verdict"], second["verdict"] != "error") == ("error", True)
    assert done.returncode == 1


def test_start_and_length_choose_the_part(answers, trained):
    done = run_script(
        "03_launch_classifier.py", answers[0][-1], "--start", 40, "--length", 6, "--json", "--model", trained[2]
    )
    (line,) = json_lines(done.stdout)
    assert line["analysed"] == [{"start_s": 40.0, "end_s": 46.0}]


# ---- exit codes


@pytest.mark.parametrize(
    "command",
    [
        ("00_preprocess_music.py",),
        ("00_preprocess_music.py", ".", "--jobs", "0"),
        ("00_preprocess_music.py", ".", "--families", "lyrics"),
        ("02_nn_train_model.py", "--jobs", "none"),
        ("03_launch_classifier.py",),
        ("03_launch_classifier.py", "a.mp3", "--json", "--csv", "b.csv"),
        ("03_launch_classifier.py", "--csv", "a.mp3", "b.mp3"),
        ("03_launch_classifier.py", "a.mp3", "--start", "-1"),
        ("03_launch_classifier.py", "a.mp3", "--start", "nan"),
        ("03_launch_classifier.py", "a.mp3", "--start", "soon"),
        ("03_launch_classifier.py", "a.mp3", "--start", "1:2:3:4"),
        ("03_launch_classifier.py", "a.mp3", "--start", ""),
        ("03_launch_classifier.py", "a.mp3", "--start", "inf"),
        ("03_launch_classifier.py", "a.mp3", "--length", "nan"),
        ("03_launch_classifier.py", "a.mp3", "--length", "0"),
        ("03_launch_classifier.py", "a.mp3", "--top", "0"),
    ],
)
def test_wrong_usage_is_exit_code_2_with_the_usage(command):
    done = run_script(*command)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (("song", "--csv", "song"), "song"),
        (("m", "--library", "l.png", "--csv", "l.png"), "l.png"),
        (("library", "l.png", "stats", "--plot", "l.png"), "l.png"),
        (("song", "--csv", "l.png"), "l.png"),
        (("song", "--plot", "cover.png", "cover.png"), "cover.png"),
    ],
)
def test_no_output_takes_the_place_of_an_input_or_a_library(options, kept, tmp_path):
    (tmp_path / "m").mkdir()
    for name, content in (("song", b"a"), ("cover.png", b"b"), ("l.png", b"SQLite format 3\0 and more")):
        (tmp_path / name).write_bytes(content)
    before = (tmp_path / kept).read_bytes()
    done = run_script("03_launch_classifier.py", *options, cwd=tmp_path)
    assert (done.returncode, "would replace an input or a library" in done.stderr) == (2, True)
    assert (tmp_path / kept).read_bytes() == before


def test_a_csv_through_a_link_is_written_where_it_leads(tmp_path):
    (tmp_path / "link.csv").symlink_to(tmp_path / "answers.csv")
    done = run_script(
        "03_launch_classifier.py", write_wav(tmp_path / "a.wav", song("hymn")), "--csv", tmp_path / "link.csv"
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "link.csv").is_symlink() and len(read_rows(tmp_path / "answers.csv")) == 1


def test_rows_that_are_not_whole_are_taken_away_without_reading_all(tmp_path, monkeypatch):
    monkeypatch.setattr("musicgenre.inference.answer_rows.BLOCK", 4)
    for text, left in ((b"a,b\n1,2\n3,4444444444", b"a,b\n1,2\n"), (b"no line at all", b""), (b"a\n", b"a\n")):
        (tmp_path / "a.csv").write_bytes(text)
        drop_incomplete_row(tmp_path / "a.csv")
        assert (tmp_path / "a.csv").read_bytes() == left


@pytest.mark.parametrize(("passed", "left"), [(0, "under a minute"), (200, "10 min")])
def test_a_log_gets_a_line_now_and_then(passed, left, monkeypatch, capsys):
    monkeypatch.setattr("musicgenre.terminal.console.LINE_EVERY_S", 0.0)
    with Bar("songs") as bar:
        bar._start -= passed
        bar.update(5, 20)
    assert capsys.readouterr().err == f"5 of 20 songs, {left} left\n"


@pytest.mark.parametrize("case", ["no folder", "empty folder", "no model", "no table", "faulty table", "no place"])
def test_a_failure_is_one_sentence_and_exit_code_1(case, tmp_path):
    table = make_table(tmp_path / "table", clips=4)
    (tmp_path / "empty").mkdir()
    if case == "faulty table":
        text = (table / "mfcc.csv").read_text().splitlines()
        text[5] = text[5].rsplit(",", 1)[0] + ",nan"
        (table / "mfcc.csv").write_text("\n".join(text) + "\n")
        families = ("chroma", "tempo", "zcr", "rolloff")
        make_table(tmp_path / "more", clips=4, families=families)
        for family in families:
            (tmp_path / "more" / f"{family}.csv").rename(table / f"{family}.csv")
    command, words = {
        "no folder": (("00_preprocess_music.py", "nowhere"), "there is no folder 'nowhere'"),
        "empty folder": (("00_preprocess_music.py", "empty"), "no sound file in 'empty'"),
        "no model": (("03_launch_classifier.py", "a.mp3", "--model", "gnres"), "there is no model 'gnres'"),
        "no table": (("02_nn_train_model.py", "--data", "nowhere"), "nowhere"),
        "faulty table": (("02_nn_train_model.py", "--data", table), "line 6, column mfcc_std_30: 'nan'"),
        "no place": (("03_launch_classifier.py", "a.mp3", "--csv", "nowhere/a.csv"), "cannot be written"),
    }[case]
    done = run_script(*command, cwd=tmp_path)
    assert done.returncode == 1
    *before, last = done.stderr.splitlines()
    assert last.startswith("error: ")
    assert words in last
    assert len(before) <= 1  # what was going to be done


def test_ctrl_c_ends_03_with_130_and_keeps_the_answers(trained, tmp_path):
    audio, _, model, *_ = trained
    process = subprocess.Popen(
        script_command("03_launch_classifier.py", *[audio] * 8, "--json", "--model", model, "--jobs", 2),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    first = process.stdout.readline()
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    rest, messages = process.communicate(timeout=30)
    assert time.monotonic() - began < 2.5  # a second on a quiet machine
    assert process.returncode == 130
    assert "Traceback" not in messages
    assert "interrupted" in messages
    assert len(json_lines(first + rest)) < 8 * 15


def test_a_reader_that_goes_away_is_no_traceback(trained):
    process = subprocess.Popen(
        script_command("03_launch_classifier.py", trained[0], "--json", "--model", trained[2], "--jobs", 1),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    process.stdout.readline()
    process.stdout.close()
    messages = process.stderr.read()
    assert process.wait(30) == 1
    assert "Traceback" not in messages
    assert "Exception ignored" not in messages


@pytest.mark.parametrize(("start", "length"), [("0:04", "5"), ("4", "0:05"), ("0m4s", "5s"), ("0:00:04", "5.0")])
def test_a_start_is_taken_as_links_take_it(start, length):
    done = run_script("03_launch_classifier.py", ROOT / "data/samples/classical.ogg", "--json", "--start", start,
                      "--length", length)  # fmt: skip
    (answer,) = json_lines(done.stdout)
    assert done.returncode == 0
    assert [(part["start_s"], round(part["end_s"])) for part in answer["analysed"]] == [(pytest.approx(4, abs=0.05), 9)]


# ---- how the program is built


@pytest.mark.parametrize("script", SCRIPTS)
def test_help_is_quick_has_an_example_and_loads_nothing_heavy(script):
    code = (
        "import runpy, sys\nsys.argv = [sys.argv[1], '--help']\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as stop: print('exit', stop.code)\n"
        "heavy = {'tensorflow', 'keras', 'librosa', 'sklearn', 'scipy', 'pandas', 'av', 'yt_dlp', 'dask',\n"
        "         'matplotlib', 'ai_edge_litert', 'numba', 'seaborn', 'tkinter'}\n"
        "print('heavy', sorted(heavy & set(sys.modules)))\n"
    )
    began, waited = time.monotonic(), os.times()
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT / script)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    after = os.times()
    processor_s = after.children_user + after.children_system - waited.children_user - waited.children_system
    assert done.stdout.startswith("usage: "), done.stderr
    assert f"python {script}" in done.stdout
    assert done.stdout.endswith("exit 0\nheavy []\n")
    assert min(processor_s, time.monotonic() - began) < 1.0


@pytest.mark.parametrize("script", SCRIPTS)
def test_importing_a_script_does_nothing(script, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(script.removesuffix(".py"))
    assert callable(module.main)
    assert capsys.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


def imported(tree):
    """Return the names of all modules that a syntax tree imports anywhere."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("helper", HELPERS)
def test_a_helper_imports_no_script_never_prints_and_reads_no_arguments(helper):
    tree = ast.parse((ROOT / helper).read_text(encoding="utf-8"))
    assert not {name for name in imported(tree) if name[:2].isdigit() or name == "runpy"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("print", "input", "exec", "eval"), f"{helper}:{node.lineno}"
        if isinstance(node, ast.Attribute):
            assert node.attr != "argv", f"{helper}:{node.lineno}"


def test_no_helper_loads_pickles():
    for helper in HELPERS:
        names = imported(ast.parse((ROOT / helper).read_text(encoding="utf-8")))
        assert not names & {"pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal"}, helper


def test_classifying_imports_no_tensorflow(trained):
    code = (
        "import runpy, sys\nsys.argv = sys.argv[1:]\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as stop: print('exit', stop.code)\n"
        "heavy = {'tensorflow', 'keras', 'librosa', 'sklearn', 'numba', 'pandas', 'yt_dlp'}\n"
        "print('heavy', sorted(heavy & set(sys.modules)))\n"
    )
    command = [*script_command("03_launch_classifier.py")[1:], trained[0] / "buzz" / "buzz0.wav", "--model", trained[2]]
    done = subprocess.run([sys.executable, "-c", code, *map(str, command)], capture_output=True, text=True, check=False)
    assert done.stdout.endswith("exit 0\nheavy []\n"), done.stdout + done.stderr


def test_a_clip_has_the_same_row_through_00_and_through_03(trained, monkeypatch):
    from musicgenre.inference.classifier import Classifier

    audio, table, model, *_ = trained
    seen = {}
    real = classifier.extract

    def spy(*args, **options):
        features = real(*args, **options)
        seen.update(features.values)
        return features

    monkeypatch.setattr("musicgenre.inference.classifier.extract", spy)
    classified(Classifier(model, threads=2), audio / "buzz" / "buzz1.wav")
    rows = {row["clip_id"]: row for row in read_rows(table / "musicnn.csv")}
    written = {k: float(v) for k, v in rows["buzz/buzz1"].items() if k != "clip_id"}
    assert len(written) == 100
    for column, value in written.items():
        assert float(f"{seen[column]:.9g}") == value


def test_the_default_families_are_those_of_the_contract():
    assert build_module.DEFAULT_FAMILIES[:7] == (
        "mfcc",
        "chroma",
        "tempo",
        "zcr",
        "rolloff",
        "centroid",
        "musicnn",
    )
    assert json.dumps(build_module.extractor_constants())

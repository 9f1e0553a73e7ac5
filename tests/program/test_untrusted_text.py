"""Names, titles, tags and genres written by strangers: in the terminal, CSV, pictures, the history and the log."""

import csv
import os
import re
import sqlite3

import numpy as np
import pytest
from support.broken_files import good, id3
from support.material import SR, json_lines, make_table, read_rows, run_script, song, write_rows, write_wav

from musicgenre.audio.decode import read_recording
from musicgenre.audio.tracks import MAX_TITLE
from musicgenre.dataset.build import preprocess
from musicgenre.dataset.metadata import read_metadata
from musicgenre.dataset.table import read_table
from musicgenre.engine.history import History
from musicgenre.errors import ModelError
from musicgenre.inference.answer_rows import COLUMNS
from musicgenre.inference.prediction import Prediction, Reason
from musicgenre.terminal.answers import readable
from musicgenre.text import clean_text

NASTY = {
    "escape": "\x1b]0;owned\x07\x1b[31m\x1b[2Jred",
    "eight-bit": "\x9b31mred\x9d0;owned\x9c",
    "overrides": "\u202egpj.exe\u202c \u2066a\u2069 \u200fb",
    "lines": "one\ntwo\rthree\x0bfour\u2028five\x85six",
    "formula": '=HYPERLINK("http://127.0.0.1/?x="&A1,"click")',
    "formula-2": "@SUM(1+1)*cmd|' /C calc'!A0",
    "long": "x" * 10_000,
    "wide": "\U0001f600" * 3000,
    "surrogate": "a\udcff\ud800b",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>&amp;",
    "mathtext": r"costs 5$ and $\frac{1}{0}$ or $x^$",
    "zero": "a\0b",
    "combining": "Z\u0351\u036b" * 500,
    "nothing": "\u200b\u2060\ufeff",
}  # fmt: skip


def is_safe(text, *, lines=1):
    """Whether a terminal shows text as it is, on so many lines."""
    return all(clean_text(line) == line for line in text.split("\n")) and text.count("\n") < lines


@pytest.fixture(scope="module")
def nasty_files(tmp_path_factory):
    """Return files with nasty tags, and one with each nasty name that a disk takes."""
    folder = tmp_path_factory.mktemp("nasty")
    found = []
    for name, text in NASTY.items():
        tag = text.encode("utf-8", "replace").replace(b"\0", b"")
        frames = [(key, b"\x03" + tag) for key in (b"TIT2", b"TPE1", b"TALB", b"TCON")]
        found.append(folder / f"tag-{name}.mp3")
        found[-1].write_bytes(id3(*frames) + good("mp3"))
        plain = os.fsencode(text.replace("\0", "").replace("/", "|").replace("\ud800", ""))[:200]
        named = folder / os.fsdecode(
            plain.decode("utf-8", "surrogateescape").encode("utf-8", "surrogateescape") + b".wav"
        )
        write_wav(folder / "plain.wav", np.zeros(4 * SR)).rename(named)
        found.append(named)
    return found


@pytest.fixture(scope="module")
def answers(nasty_files):
    """Return 03 on all of them, as text and as JSON."""
    return [run_script("03_launch_classifier.py", *extra, "--", *nasty_files) for extra in ([], ["--json"])]


def test_the_terminal_shows_nothing_but_text(answers):
    text, _ = answers
    assert text.returncode == 0
    assert is_safe(text.stdout, lines=1000)
    assert text.stderr == ""
    blocks = text.stdout.rstrip("\n").split("\n\n")
    assert len(blocks) == 2 * len(NASTY)
    assert max(map(len, text.stdout.splitlines())) <= 330, "a title or a name fills the screen"


def test_json_is_one_line_of_ascii_an_input_and_keeps_the_names(answers, nasty_files):
    lines = json_lines(answers[1].stdout)
    assert answers[1].stdout.isascii() and len(lines) == len(nasty_files)
    assert [line["input"] for line in lines] == [str(path) for path in nasty_files]
    assert all(len(line["title"]) <= MAX_TITLE for line in lines)


def test_a_spreadsheet_gets_no_formula_and_no_line_break(nasty_files, tmp_path):
    path = tmp_path / "answers.csv"
    done = run_script("03_launch_classifier.py", "--csv", path, "--jobs", 1, "--", *nasty_files)
    assert done.returncode == 0, done.stderr
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][: len(COLUMNS)] == list(COLUMNS) and len(rows) == 1 + len(nasty_files)
    for row in rows:
        for cell in row:
            assert is_safe(cell) and not re.match(r"\s*[=+@-]", cell), cell
    assert path.read_text(encoding="utf-8").count("\n") == len(rows)


def test_pictures_take_any_title(nasty_files, tmp_path):
    some = [path for path in nasty_files if path.name.startswith("tag-") or b"\xff" in os.fsencode(path.name)]
    done = run_script("03_launch_classifier.py", "--plot", tmp_path / "p.svg", "--jobs", 2, "--", *some[::2])
    assert done.returncode == 0 and done.stderr == "", done.stderr
    pages = list(tmp_path.glob("p-*.svg"))
    assert len(pages) == len(some[::2])
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text and "\x1b" not in text and "onerror=alert(1)>" not in text


def test_a_title_of_megabytes_is_cut_where_it_is_read(tmp_path):
    path = tmp_path / "a.mp3"
    path.write_bytes(id3((b"TIT2", b"\x03" + b"=title" * 1_000_000)) + good("mp3"))
    assert len(read_recording(path).title) == MAX_TITLE


@pytest.mark.parametrize("name", NASTY)
def test_an_answer_with_nasty_text_everywhere_is_shown_safely(name):
    text = NASTY[name]
    for verdict in ("genre", "uncertain", "error"):
        answer = Prediction(
            text, text, 3.0, verdict, genre="rock", confidence=0.5, probabilities={"rock": 0.5, "pop": 0.5},
            reason=text, model=text, error={"kind": "unreadable", "message": text},
        )  # fmt: skip
        assert is_safe(readable(answer, 0.1, top=3), lines=20)


def test_the_history_takes_any_text_and_finds_it_again(tmp_path):
    history = History(tmp_path)
    for name, text in NASTY.items():
        prediction = Prediction(text, text, None, "genre", "rock", probabilities={text: 1.0})
        entry = history.add(name, prediction, reasons=[Reason("for", text)])
        history.correct(entry, text)
        history.log(text)
        history.remember(**{"last": text})
    assert history.problem is None and history.count() == len(NASTY)
    found = {entry.key: entry for entry in history.find()}
    for name, text in NASTY.items():
        assert is_safe(found[name].title) and found[name].prediction.input == text
        assert is_safe(history.correction(name)) and len(history.correction(name)) <= 60
    assert [entry.key for entry in history.find("hyperlink click")] == ["formula"]
    assert history.find("'; DROP TABLE answers; --") == [] and history.count() == len(NASTY)
    assert history.setting("last", "") == NASTY["nothing"]
    table, _ = history.corrections_csv(tmp_path)
    assert not re.search(r"(?m)(^|,)[=+@]", table)
    history.close()
    with sqlite3.connect(tmp_path / "history.sqlite") as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_nasty_names_in_a_folder_become_a_table_and_its_clips(tmp_path):
    for i, text in enumerate(NASTY.values()):
        name = text.replace("\0", "").replace("/", "|").replace("\ud800", "")[:50]
        folder = tmp_path / "in" / os.fsdecode(os.fsencode(f"{name}{i}"))
        write_wav(tmp_path / "plain.wav", song("hymn", seconds=3.5)).rename(_made(folder) / "a.wav")
    summary = preprocess(tmp_path / "in", tmp_path / "out", families=("zcr",))
    assert (summary.clips, summary.left_out) == (len(NASTY), [])
    again = preprocess(tmp_path / "in", tmp_path / "out", families=("zcr",))
    assert again.computed == 0
    assert len(read_metadata(tmp_path / "out" / "clips.csv").rows) == len(NASTY)
    with pytest.raises(ModelError, match="is no name to show; rename its folder") as caught:
        read_table(tmp_path / "out", ("zcr",))
    assert is_safe(str(caught.value))


def _made(folder):
    """Return a folder that is there."""
    folder.mkdir(parents=True)
    return folder


def test_messages_about_faulty_tables_are_safe(tmp_path):
    table = make_table(tmp_path / "table")
    rows = read_rows(table / "clips.csv")
    for row, text in zip(rows, NASTY.values(), strict=False):
        row["clip_id"] = text.replace("\0", "").encode("utf-8", "replace").decode()
    write_rows(table / "clips.csv", [*rows, rows[0]])
    done = run_script("02_nn_train_model.py", "--data", table, "--out", tmp_path / "m", cwd=tmp_path)
    assert done.returncode == 1 and is_safe(done.stderr.rstrip("\n")) and "a second time" in done.stderr

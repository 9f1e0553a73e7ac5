"""What the scripts write for people to look at: pictures and reports on the disk, opened as a reader would."""

import functools
import http.server
import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from PIL import Image
from support.browser import chromium
from support.evaluations import evaluation, metrics, results
from support.songs import GENRES, RATE, answer, recording, tune

from musicgenre.dataset.search_results import read_chosen
from musicgenre.errors import ModelError
from musicgenre.features.families import FAMILIES
from musicgenre.inference.evaluation import Evaluation, HeldOut, LengthAccuracy, read_evaluation
from musicgenre.inference.measured import Headline
from musicgenre.plots.catalogue import (
    plot_song,
    save_evaluation,
    write_model_figures,
    write_report,
    write_search_figures,
    write_table_figures,
)
from musicgenre.plots.pages import Pages

ROOT = Path(__file__).parents[2]
LIBROSA = ("mfcc", "chroma", "tempo", "zcr", "rolloff")


def run(script, *options):
    return subprocess.run([sys.executable, script, *map(str, options)], cwd=ROOT, capture_output=True, text=True)


def write_table(folder, clips=30, families=LIBROSA):
    """Write a table of three genres that features tell apart, in groups of two clips."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    genres = [GENRES[i % 3] for i in range(clips)]
    ids = [f"{genre}/{i:03d}" for i, genre in enumerate(genres)]
    about = {"clip_id": ids, "genre": genres, "group": [f"{g} {i // 6}" for i, g in enumerate(genres)], "status": "ok"}
    pd.DataFrame(about).to_csv(folder / "clips.csv", index=False)
    for family in families:
        x = rng.normal(0, 1, (clips, len(FAMILIES[family]))) + np.arange(clips)[:, None] % 3
        frame = pd.DataFrame(x, columns=FAMILIES[family])
        frame.insert(0, "clip_id", ids)
        frame.to_csv(folder / f"{family}.csv", index=False)
    return folder


def measured():
    """Return what 02 measures, in short."""
    right, p = evaluation()
    run = metrics(clips=200, accuracy=0.8, interval_95=(0.7, 0.9))
    return Evaluation(
        GENRES,
        {"grouped CV": run, "random split (leaky)": replace(run, accuracy=0.85)},
        Headline(0.8, "grouped CV"),
        0.5,
        {"transfer": run},
        answers=HeldOut([f"clip {i} <b>" for i in range(200)], right.tolist(), p.tolist()),
        warnings=["A warning & more."],
        about="musicnn, whitened",
        lengths=[LengthAccuracy(3, 0.7, 0.6, 0.8), LengthAccuracy(10, 0.78, 0.7, 0.85)],
        degradations={"clean": 0.8, "mp3 64k": 0.78},
        degradation_clips=116,
    )


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Return a folder of reports as 01 leaves it."""
    folder = tmp_path_factory.mktemp("reports")
    rows = results()
    pd.DataFrame(rows).to_csv(folder / "grid_results.csv", index=False)
    cells = pd.DataFrame(rows).drop_duplicates("cell")[["cell", "feature_set", "architecture"]]
    cells.assign(mean=0.8, deviation=0.01, seconds=2.0).to_csv(folder / "grid_summary.csv", index=False)
    chosen = {"config": {"feature_set": "musicnn", "architecture": "whitened"}, "reason": "it is <best>"}
    (folder / "chosen.json").write_text(json.dumps(chosen))
    history = {"loss": [2, 1, 0.5], "val_loss": [2, 1.5, 1.4]}
    lines = [json.dumps({"key": f"abc {cell} 0 0", "history": history}) for cell in range(3)]
    (folder / ".grid.jsonl").write_text("\n".join(lines) + '\n{"key": "torn')
    write_search_figures(folder)
    return folder


def images(folder, name="report.html"):
    """Open a page in a browser; return the sizes of its pictures and what it asked for and complained about."""
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with chromium() as page:
            page.emulate(width=390)
            url = f"http://127.0.0.1:{server.server_port}/{name}"
            page.go(url)
            assert page.requests() == [url] and page.complaints() == []
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            words = page.evaluate("document.body.innerText")
            return page.evaluate("[...document.images].map(image => image.naturalWidth)"), words
    finally:
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server of files that writes no log."""

    def log_message(self, format, *args):  # noqa: A002, D102 - a method of the base class
        pass


def test_search_writes_its_pictures_and_the_report(reports):
    assert {path.name for path in (reports / "figures").glob("search_*")} == {
        f"search_{name}.png"
        for name in ("architectures", "feature_sets", "grid", "hyperparameters", "learning_curves", "time")
    }
    widths, words = images(reports)
    assert len(widths) == 6 and min(widths) > 250
    assert "Chosen: musicnn, whitened: it is <best>." in words and "72 fits of 24 cells" in words


def test_model_joins_the_search_in_the_report(reports):
    save_evaluation(measured(), reports)
    write_model_figures(reports)
    assert len(list((reports / "figures").glob("model_*.png"))) == 8
    widths, words = images(reports)
    assert len(widths) == 14 and min(widths) > 250
    assert "Headline: 80.0 % (grouped CV)" in words and "A warning & more." in words and "The search" in words
    assert "songs of another origin: transfer" in words
    for path in (reports / "figures").glob("*.png"):
        assert np.asarray(Image.open(path).convert("L")).std() > 5, path.name


def test_an_empty_folder_of_reports_is_a_clear_error(tmp_path):
    with pytest.raises(ModelError, match="run 01 or 02 first"):
        write_report(tmp_path)


def test_a_broken_evaluation_is_a_clear_error(tmp_path):
    (tmp_path / "evaluation.json").write_text('{"protocols": ')
    with pytest.raises(ModelError, match="evaluation.json cannot be read"):
        write_report(tmp_path)


def test_table_pictures_and_page(tmp_path):
    count = write_table_figures(write_table(tmp_path / "table"), tmp_path / "out")
    assert count == len(list((tmp_path / "out").glob("*.png"))) == 10
    widths, words = images(tmp_path / "out")
    assert len(widths) == 10 and "30 clips, 89 features, 3 genres." in words


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
@pytest.mark.parametrize("verdict", ["genre", "not_music", "too_short"])
def test_a_song_is_written_in_each_format(tmp_path, kind, verdict):
    path = tmp_path / f"song.{kind}"
    plot_song(recording(4.0), answer(verdict), path)
    begin = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[kind]
    assert path.read_bytes().startswith(begin)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_a_song_in_an_unknown_format_is_a_clear_error(tmp_path):
    with pytest.raises(ModelError, match="end it in .png, .svg, .pdf"):
        plot_song(recording(4.0), answer(), tmp_path / "song.gif")


def test_a_place_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="choose another place"):
        plot_song(recording(4.0), answer(), tmp_path / "file" / "song.png")


def test_several_inputs_get_numbered_files():
    assert Pages(Path("a/b.png"), 1).path(0) == Path("a/b.png")
    assert [Pages(Path("a/b.png"), 2).path(turn) for turn in (0, 1)] == [Path("a/b-1.png"), Path("a/b-2.png")]


# ---- the commands


def test_03_draws_one_page_for_each_input(tmp_path):
    songs = [ROOT / "data/samples/classical.ogg", ROOT / "data/samples/silence.ogg"]
    done = run("03_launch_classifier.py", *songs, tmp_path / "missing.wav", "--plot", tmp_path / "new/page.png")
    assert done.returncode == 1, done.stderr
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["page-1.png", "page-2.png"]
    for path in (tmp_path / "new").iterdir():
        assert Image.open(path).size == (1872, 1440)


def test_03_refuses_another_ending(tmp_path):
    done = run("03_launch_classifier.py", ROOT / "data/samples/classical.ogg", "--plot", "page.gif")
    assert done.returncode == 2 and "must end in .png, .svg, .pdf" in done.stderr


@pytest.mark.parametrize("form", [(), ("--json",), ("--csv", "-")])
@pytest.mark.parametrize(
    "place", ["file/page.png", "file/deeper/page.svg", "folder.png", "nul\x1bl/" + "x" * 300 + ".pdf"]
)
def test_03_answers_before_it_complains_of_a_wrong_place(place, form, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.png").mkdir()
    done = run("03_launch_classifier.py", ROOT / "data/samples/classical.ogg", "--plot", tmp_path / place, *form)
    assert done.returncode == 1
    assert "classical" in done.stdout and "picture" not in done.stdout
    assert done.stderr.startswith("error: no picture: ") and "cannot be written" in done.stderr
    assert done.stderr.count("\n") == 1 and done.stderr.strip().isprintable()


def test_03_says_where_the_picture_is(tmp_path):
    songs = [ROOT / "data/samples/classical.ogg", ROOT / "data/samples/silence.ogg"]
    one = run("03_launch_classifier.py", songs[0], "--plot", tmp_path / "page.svg")
    assert f"  picture: {tmp_path / 'page.svg'}\n" in one.stdout and one.stderr == ""
    two = run("03_launch_classifier.py", *songs, "--plot", tmp_path / "page.svg", "--json")
    assert two.stderr == "".join(f"picture: {tmp_path / f'page-{i}.svg'}\n" for i in (1, 2))
    assert two.stdout.count("\n") == 2 and two.returncode == 0


def test_00_draws_the_table_it_made(tmp_path):
    for genre, bpm in (("slow", 90), ("fast", 150)):
        (tmp_path / "audio" / genre).mkdir(parents=True)
        for i in range(3):
            soundfile.write(tmp_path / "audio" / genre / f"{i}.wav", tune(6, bpm + i), RATE)
    options = ("--families", *LIBROSA, "--jobs", 1, "--out", tmp_path / "table", "--figures", tmp_path / "figures")
    done = run("00_preprocess_music.py", tmp_path / "audio", *options)
    assert done.returncode == 0, done.stderr
    assert "10 pictures" in done.stderr
    assert len(list((tmp_path / "figures").glob("*.png"))) == 10 and (tmp_path / "figures/report.html").is_file()


def test_02_draws_what_it_measured(tmp_path):
    table = write_table(tmp_path / "table", clips=12)
    done = run("02_nn_train_model.py", "--data", table, "--measure-only", "--reports", tmp_path / "reports")
    assert done.returncode == 0, done.stderr
    names = {path.stem for path in (tmp_path / "reports/figures").iterdir()}
    assert names == {f"model_{name}" for name in
                     ("protocols", "confusion", "recall", "reliability", "coverage", "hardest")}  # fmt: skip
    found = json.loads((tmp_path / "reports/evaluation.json").read_text())
    p = np.array(found["answers"]["probabilities"])
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-3)
    accuracy = np.mean(p.argmax(axis=1) == found["answers"]["y"])
    assert accuracy == pytest.approx(found["protocols"]["grouped CV"]["accuracy"], abs=0.15)
    assert read_evaluation(tmp_path / "reports").as_json() == found


def test_01_draws_what_it_searched(tmp_path, reports, monkeypatch, capsys):
    import importlib.util
    import shutil

    spec = importlib.util.spec_from_file_location("search_script", ROOT / "01_nn_hyperparam.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)

    def search(data, out, **options):
        out.mkdir()
        for name in ("grid_results.csv", "chosen.json", ".grid.jsonl"):
            shutil.copy(reports / name, out / name)
        summary = pd.read_csv(reports / "grid_summary.csv").assign(hidden="none", whiten="0.5", l2=0.1)
        summary.to_csv(out / "grid_summary.csv", index=False)
        return read_chosen(reports / "chosen.json")

    monkeypatch.setattr("musicgenre.training.grid_search.search", search)
    assert script.main(["--data", str(tmp_path), "--out", str(tmp_path / "found")]) == 0
    assert (tmp_path / "found/report.html").is_file()
    assert len(list((tmp_path / "found/figures").glob("search_*.png"))) == 6
    assert "report.html" in capsys.readouterr().err

"""What a report advises: pairs of genres that are mixed up, with their clips to listen to."""

import json
from dataclasses import replace

import numpy as np
import pytest
from support.evaluations import metrics

from musicgenre.errors import ModelError
from musicgenre.inference.evaluation import EVALUATION, Evaluation, HeldOut, read_evaluation
from musicgenre.inference.measured import Headline
from musicgenre.plots.catalogue import save_evaluation, write_report
from musicgenre.plots.report import Playlist, Section, report_html
from musicgenre.plots.report_sections import model_section
from musicgenre.plots.report_words import accuracy_words, advice, mixed_pairs, search_lines, wrong_clips

GENRES = ["blues", "jazz", "rock"]


def answers():
    """Return (clip_ids, labels, probabilities): of ten clips of blues four are called rock, one of jazz is."""
    y = np.repeat([0, 1, 2], 10)
    p = np.full((30, 3), 0.1) + 0.7 * np.eye(3)[y]
    for i, sure in ((0, 0.6), (1, 0.9), (2, 0.7), (3, 0.5), (10, 0.8)):
        p[i] = (1 - sure) / 2
        p[i, 2] = sure
    return [f"{GENRES[g]}/{i}" for i, g in enumerate(y)], y, p


def evaluation():
    """Return what 02 keeps of a measurement."""
    clip_ids, y, p = answers()
    run = metrics(clips=30, accuracy=0.8333, interval_95=(0.7, 0.9), top3=1.0, macro_f1=0.8123, ece=0.0512)
    return Evaluation(
        GENRES, {"grouped CV": replace(run, deviation=0.02, repeats=5)}, Headline(0.8333, "grouped CV"), 0.5,
        answers=HeldOut(clip_ids, y.tolist(), p.tolist()), notes=["A note."], about="x",
    )  # fmt: skip


def test_genres_that_are_mixed_up_are_named_with_their_surest_mistakes_first():
    (pair,) = mixed_pairs(*answers(), GENRES)
    assert (pair.genre, pair.other, pair.clips, pair.share) == ("blues", "rock", 4, 0.2)
    assert [(clip_id, named) for clip_id, _, named, _ in pair.hardest] == [
        ("blues/1", "rock"), ("blues/2", "rock"), ("blues/0", "rock"), ("blues/3", "rock"),
    ]  # fmt: skip
    assert advice(pair).startswith(
        "What to do next: blues and rock are mixed up (4 of their clips, 20 %). Listen to these 4 clips:"
    )


def test_without_genres_that_are_mixed_up_the_single_mistakes_are_to_be_heard(tmp_path):
    found = evaluation()
    p = np.eye(3)[found.answers.y]
    p[4] = (0.1, 0.9, 0.0)
    save_evaluation(replace(found, answers=replace(found.answers, probabilities=p.tolist())), tmp_path)
    (playlist,) = model_section(tmp_path).playlists
    assert "no two genres are mixed up often" in playlist.text
    assert [words for words, _ in playlist.songs] == ["blues/4: lies in blues, named jazz (90 %)"]


def test_a_clip_that_gets_no_genre_is_not_said_to_be_named_one(tmp_path):
    save_evaluation(replace(evaluation(), uncertain_below=0.65), tmp_path)
    words = [words for words, _ in model_section(tmp_path).playlists[0].songs]
    assert words[1:3] == [
        "blues/2: lies in blues, named rock (70 %)", "blues/0: lies in blues, not sure, closest to rock (60 %)",
    ]  # fmt: skip


def test_a_model_without_mistakes_advises_nothing():
    clip_ids, y, _ = answers()
    assert mixed_pairs(clip_ids, y, np.eye(3)[y], GENRES) == []
    assert wrong_clips(clip_ids, y, np.eye(3)[y], GENRES) == []
    assert mixed_pairs([], np.array([], int), np.empty((0, 3)), GENRES) == []


def test_the_report_has_players_for_songs_on_this_computer_and_none_for_others(tmp_path):
    song = tmp_path / "a song.ogg"
    song.write_bytes(b"OggS")
    save_evaluation(replace(evaluation(), files={"blues/1": str(song)}), tmp_path)
    (playlist,) = model_section(tmp_path).playlists
    assert playlist.songs[0] == ("blues/1: lies in blues, named rock (90 %)", str(song))
    page = report_html("R", [Section("S", playlists=[playlist])])
    assert page.count("<audio") == 1 and song.as_uri() in page and page.count("<li>") == 4
    gone = report_html("R", [Section("S", playlists=[Playlist("x", [("y", str(tmp_path / "gone.ogg"))])])])
    assert "<audio" not in gone and "<li>y</li>" in gone


def test_every_column_is_explained_and_numbers_are_short(tmp_path):
    save_evaluation(evaluation(), tmp_path)
    section = model_section(tmp_path)
    (table,) = section.tables
    told = {word.casefold() for word in table.words}
    assert {name.casefold() for name in table.header} - told <= {"protocol", "clips"}
    assert table.rows[0][:6] == ["grouped CV", "83.3 ± 2.0 %", "70.0 to 90.0 %", "0.812", "100.0 %", "0.051"]
    assert "A note." in section.text
    assert accuracy_words("0.897890998", "0.0201") == "89.8 ± 2.0 %" and accuracy_words("", "") == ""


def test_the_terminal_explains_only_the_columns_that_it_shows():
    row = {"feature_set": "mfcc", "architecture": "softmax", "hidden": "none", "whiten": "none", "l2": 0.1}
    explained = {line.split(": ")[0] for line in search_lines([{**row, "mean": 0.9, "deviation": 0.1, "seconds": 1}])}
    assert {"cell", "fold", "l2"} <= explained and explained.isdisjoint({"dropout", "copies"})


def test_the_terminal_tells_cells_apart_that_differ_by_their_copies():
    row = {"feature_set": "mfcc", "architecture": "softmax", "hidden": "none", "whiten": "none", "l2": 0.1}
    row |= {"mean": 0.9, "deviation": 0.1, "seconds": 1}
    _, head, first, second, *explained = search_lines([{**row, "copies": "True"}, {**row, "copies": "False"}])
    assert "copies" in head and " True " in first and " False " in second
    assert any(line.startswith("copies: ") for line in explained)


def test_an_evaluation_of_an_older_version_is_read(tmp_path):
    """The first ones had no sets, notes, songs of another origin or paths of files."""
    save_evaluation(evaluation(), tmp_path)
    found = json.loads((tmp_path / EVALUATION).read_text())
    for name in ("extra", "set_level", "sets", "named_share", "named_right", "notes", "files"):
        found.pop(name, None)
    (tmp_path / EVALUATION).write_text(json.dumps(found))
    assert read_evaluation(tmp_path) == replace(evaluation(), notes=())
    assert model_section(tmp_path).tables[0].rows[0][0] == "grouped CV"


@pytest.mark.parametrize(
    "changes",
    [
        {"protocols": 1}, {"protocols": {"grouped CV": {}}}, {"genres": ["blues"]}, {"headline": "good"},
        {"answers": {"clip_id": [], "y": [0], "probabilities": []}}, {"uncertain_below": None}, {"notes": [1]},
        {"lengths": [[1, 2]]}, {"degradations": {"clean": "x"}},
    ],
)  # fmt: skip
def test_an_evaluation_that_holds_something_else_is_refused(changes, tmp_path):
    save_evaluation(evaluation(), tmp_path)
    found = json.loads((tmp_path / EVALUATION).read_text())
    (tmp_path / EVALUATION).write_text(json.dumps({**found, **changes}))
    with pytest.raises(ModelError, match="not those of this version; run 01 or 02 again"):
        write_report(tmp_path)

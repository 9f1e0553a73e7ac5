"""What the counts of a library say."""

import pytest
from support.library_material import EIGHT, fill
from support.material import json_lines, run_script

from musicgenre.library.statistics import statistics
from musicgenre.library.store import Library
from musicgenre.terminal.library import details, summary

SCRIPT = "03_launch_classifier.py"


@pytest.fixture
def made(tmp_path):
    """Return a library of made-up answers."""
    with Library(tmp_path / "songs.sqlite") as library:
        fill(library, tmp_path / "music", EIGHT)
        yield library


def test_statistics_count_genres_contradictions_and_unsure_songs(made):
    counts = statistics(made)
    assert counts.songs == 8
    assert counts.verdicts == {"genre": 5, "not_music": 1, "uncertain": 2}
    assert counts.genres == {"metal": (3, 1), "jazz": (1, 1), "hiphop": (1, 0)}
    assert counts.tags == {("metal", "metal"): 1, ("jazz", "metal"): 1, ("hiphop", "hiphop"): 1}
    assert counts.agreement == pytest.approx(2 / 3)
    assert [song.path.name for song in counts.contradicted] == ["c.wav"]
    assert [song.path.name for song in counts.unsure] == ["g.wav", "f.wav"]
    assert "8 songs" in summary(counts)
    words = details(counts)
    assert "3, 67% agree" in words
    assert "tagged Jazz, metal 80%" in words


def test_songs_with_a_set_of_genres_are_counted_as_such_as_in_single_answers(tmp_path):
    unsure = {"verdict": "uncertain", "genre": "metal", "confidence": 0.6}
    likely = [["metal", "pop"], ["metal", "pop"], ["metal", "rock"], ["metal"], None]
    with Library(tmp_path / "songs.sqlite") as library:
        songs = [{**unsure, "name": f"{i}.wav", "likely": names} for i, names in enumerate(likely)]
        fill(library, tmp_path / "music", [*songs, {"name": "a.wav", "genre": "metal", "confidence": 0.9}])
        counts = statistics(library)
    assert (counts.sets, counts.verdicts["uncertain"], counts.as_json()["sets"]) == (3, 5, 3)
    assert summary(counts).splitlines()[0].endswith(": 1 named, 3 with a set of genres, 2 not sure")


def test_a_tag_that_names_a_genre_no_song_is_answered_with_contradicts(tmp_path):
    with Library(tmp_path / "songs.sqlite") as library:
        fill(
            library, tmp_path / "music", [{"name": "a.wav", "genre": "metal", "confidence": 0.9, "tag": "Classic Rock"}]
        )
        assert statistics(library).tags == {("rock", "metal"): 1}


def test_stats_in_the_terminal_with_a_picture(made, tmp_path):
    path = tmp_path / "songs.sqlite"
    done = run_script(SCRIPT, "library", path, "stats", "--plot", tmp_path / "page.png")
    assert done.returncode == 0, done.stderr
    assert "c.wav: tagged Jazz, metal 80%" in done.stdout
    assert done.stderr == f"picture: {tmp_path / 'page.png'}\n"
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
    (record,) = json_lines(run_script(SCRIPT, "library", path, "stats", "--json").stdout)
    assert record["genres"]["metal"] == {"named": 3, "unsure": 1}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_picture_of_a_library_shows_its_counts(made, theme):
    from musicgenre.plots.library import library_page

    figure = library_page(statistics(made).as_json(), theme=theme)
    left, right = figure.axes
    assert [tick.get_text() for tick in left.get_yticklabels()] == ["hiphop", "jazz", "metal"]
    assert "3 + 1" in [text.get_text() for text in left.texts]
    assert sorted(text.get_text() for text in right.texts) == ["1", "1", "1"]
    assert library_page({"genres": {}, "tags": []}, theme=theme).axes

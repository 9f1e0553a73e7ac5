"""Parts of clips as training rows: cut evenly, kept beside the table, and not computed twice."""

import numpy as np
import pytest
from support.material import read_rows, run_script, song, write_wav

from musicgenre.audio.recording import Clip
from musicgenre.dataset.build import preprocess
from musicgenre.dataset.parts import clip_of, cut, part_names
from musicgenre.dataset.table import read_table
from musicgenre.features.families import columns_of

RATE = 100


def clips(*seconds):
    """Return sections whose samples are their place in the whole."""
    edges = np.cumsum([0, *(round(RATE * s) for s in seconds)])
    return [
        Clip(np.arange(a, b, dtype=np.float32), RATE, "", "", start_s=a / RATE)
        for a, b in zip(edges, edges[1:], strict=False)
    ]


def test_parts_are_equal_and_lose_nothing():
    parts = cut(clips(20), 6)
    assert len(parts) == 6
    assert np.array_equal(np.concatenate([part[0].samples for part in parts]), np.arange(2000))
    assert {len(part[0].samples) for part in parts} <= {333, 334}


@pytest.mark.parametrize(("seconds", "number"), [(5.99, 0), (6.0, 2), (6.01, 2)])
def test_a_part_has_three_seconds_or_there_is_none(seconds, number):
    assert len(cut(clips(seconds), 2)) == number


def test_a_part_may_reach_over_two_sections():
    first, second = cut(clips(10, 10, 10), 2)
    assert [len(clip.samples) for clip in first] == [1000, 500]
    assert [len(clip.samples) for clip in second] == [500, 1000]
    (only,) = cut(clips(10, 2), 2)[1]
    assert len(only.samples) == 400  # the two seconds of the other section are too short to be heard


def test_the_name_of_a_part_leads_back_to_its_clip():
    assert part_names(2) == ["#1-of-2", "#2-of-2"]
    for name in part_names(3):
        assert clip_of("rock/song #1 (live)" + name) == "rock/song #1 (live)"


@pytest.fixture
def audio(tmp_path):
    """Return a folder of two genres with a clip of 7 s each."""
    for genre in ("hymn", "buzz"):
        (tmp_path / "audio" / genre).mkdir(parents=True)
        write_wav(tmp_path / "audio" / genre / "a.wav", song(genre, seconds=7.0))
    return tmp_path / "audio"


def test_parts_are_kept_beside_the_table_and_not_computed_twice(audio, tmp_path):
    out = tmp_path / "table"
    options = {"families": ("zcr", "rolloff"), "segments": (2, 3)}
    assert preprocess(audio, out, **options).computed == 2
    rows = read_rows(out / "zcr_parts.csv")
    assert [row["clip_id"] for row in rows] == ["buzz/a#1-of-2", "buzz/a#2-of-2", "hymn/a#1-of-2", "hymn/a#2-of-2"]
    table = read_table(out, options["families"])
    assert len(table.clips) == 2
    assert list(table.parts.columns) == columns_of(options["families"])
    before = (out / "zcr_parts.csv").read_bytes()
    assert preprocess(audio, out, **options).computed == 0
    assert (out / "zcr_parts.csv").read_bytes() == before
    assert preprocess(audio, out, families=options["families"]).computed == 2
    assert not (out / "zcr_parts.csv").exists()
    assert read_table(out, options["families"]).parts is None


def test_a_number_of_parts_below_two_is_wrong_usage(tmp_path):
    done = run_script("00_preprocess_music.py", tmp_path, "--segments", "1")
    assert done.returncode == 2
    assert "--segments must be at least 2" in done.stderr

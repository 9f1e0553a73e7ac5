"""Changed copies of clips as training rows."""

import numpy as np
import pytest
from support.material import SR, read_rows, song, write_wav

from musicgenre.audio.recording import Clip, level_dbfs
from musicgenre.dataset.build import preprocess
from musicgenre.dataset.copies import COPIES, changed_copies
from musicgenre.dataset.parts import clip_of, number_of
from musicgenre.dataset.table import has_copies, read_table
from musicgenre.training.config import make_config
from musicgenre.training.grid_search import grid

FAMILIES = ("zcr", "rolloff")


def clip(rate=SR):
    """Return a clip of 4 s with a tone of 1 kHz."""
    return Clip((0.3 * np.sin(2 * np.pi * 1000 * np.arange(4 * rate) / rate)).astype(np.float32), rate, "a", "a")


def pitch(one):
    """Return the strongest frequency in hertz."""
    return np.abs(np.fft.rfft(one.samples)).argmax() * one.sample_rate / len(one.samples)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 96000])
def test_a_copy_has_another_speed_and_level(rate):
    whole = clip(rate)
    copies = {name: one for name, (one,) in changed_copies([whole])}
    assert list(copies) == list(COPIES)
    for name, change in COPIES.items():
        one = copies[name]
        assert level_dbfs([one]) == pytest.approx(level_dbfs([whole]) + change.gain_db, abs=0.01)
        assert pitch(one) == pytest.approx(1000 * change.speed, rel=0.003)
        assert one.duration_s == pytest.approx(4 / change.speed, abs=0.1)


def test_a_copy_is_brighter_or_darker():
    noise = Clip(np.random.default_rng(0).normal(0, 0.1, 8 * SR).astype(np.float32), SR, "a", "a")

    def treble(one):
        power = np.abs(np.fft.rfft(one.samples)) ** 2
        hertz = np.fft.rfftfreq(len(one.samples), 1 / one.sample_rate)
        return power[(hertz > 4000) & (hertz < 8000)].sum() / power[(hertz > 100) & (hertz < 4000)].sum()

    copies = {name: treble(one) for name, (one,) in changed_copies([noise])}
    assert copies["slower"] < 0.8 * treble(noise) < 1.2 * treble(noise) < copies["faster"]


@pytest.mark.parametrize(("seconds", "names"), [(3.0, ["slower"]), (3.05, ["slower"]), (3.2, list(COPIES))])
def test_a_copy_that_would_be_too_short_is_none(seconds, names, tmp_path):
    """A faster copy of 2.9 s had no features, and its empty cells made the table unreadable."""
    for genre in ("hymn", "buzz"):
        write_wav(tmp_path / "audio" / genre / "a.wav", song(genre, seconds=seconds))
    preprocess(tmp_path / "audio", tmp_path / "table", families=("musicnn",), copies=True)
    assert list(read_table(tmp_path / "table", ("musicnn",)).parts.index) == [
        f"{genre}/a#{name}" for genre in ("buzz", "hymn") for name in names
    ]


@pytest.mark.parametrize("clip_id", ["rock/a", "rock/4-of-7", "rock/#1"])
def test_the_name_of_a_copy_is_none_of_a_part(clip_id):
    for name in COPIES:
        assert clip_of(f"{clip_id}#{name}") == clip_id
        assert number_of(f"{clip_id}#{name}") == 0


def test_a_table_keeps_copies_beside_its_clips(tmp_path):
    for genre in ("hymn", "buzz"):
        for number in range(2):
            sound = song(genre, seconds=4.0, seed=number)
            write_wav(tmp_path / "audio" / genre / f"{number}.wav", sound)
    out = tmp_path / "table"
    assert preprocess(tmp_path / "audio", out, families=FAMILIES, copies=True).computed == 4
    assert preprocess(tmp_path / "audio", out, families=FAMILIES, copies=True).computed == 0
    rows = read_rows(out / "zcr_parts.csv")
    assert [row["clip_id"] for row in rows[:2]] == [f"buzz/0#{name}" for name in COPIES]
    assert has_copies(out) and len(rows) == 8
    assert len(read_table(out, FAMILIES).clips) == 4 and len(read_table(out, FAMILIES).parts) == 8
    assert preprocess(tmp_path / "audio", out, families=FAMILIES).computed == 4
    assert not has_copies(out) and not (out / "zcr_parts.csv").exists()


def test_the_search_compares_a_table_with_copies_and_without():
    plain = grid("quick", ["mfcc"])
    both = grid("quick", ["mfcc"], copies=True)
    assert both[: len(plain)] == plain and all(cell.copies for cell in plain)
    more = both[len(plain) :]
    assert more and not any(cell.copies for cell in more)
    assert {cell.architecture for cell in more} == {"softmax", "whitened"}
    assert make_config("deep").copies

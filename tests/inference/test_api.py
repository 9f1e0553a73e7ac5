"""Classify from a program: one source, many, samples; tables of answers; slips get a sentence."""

import numpy as np
import pytest
from support.material import ROOT

import functions_interface
import musicgenre
from musicgenre import Prediction, as_frame, classify, classify_all, classify_samples, open_library
from musicgenre.audio.decode import read_recording
from musicgenre.errors import ModelError, SourceError

SAMPLES = ROOT / "data" / "samples"
METAL = SAMPLES / "metal.ogg"


@pytest.fixture(scope="module")
def metal():
    return classify(METAL)


def test_one_file_gets_one_prediction(metal):
    assert isinstance(metal, Prediction)
    assert metal.genre == "metal"


def test_text_and_path_are_the_same(metal):
    assert classify(str(METAL)) == metal


def test_what_cannot_be_read_is_an_answer(tmp_path):
    answer = classify(tmp_path / "missing.mp3")
    assert answer.verdict == "error"
    assert "no file" in answer.error.message


def test_several_inputs_keep_their_order(metal):
    answers = list(classify_all([METAL, SAMPLES / "silence.ogg", METAL], jobs=1))
    assert [answer.verdict for answer in answers] == [metal.verdict, "silent", metal.verdict]


def test_a_folder_gives_all_its_songs():
    assert len(list(classify_all(SAMPLES, jobs=2))) == len(list(SAMPLES.glob("*.ogg")))


def test_answers_come_one_by_one():
    answers = classify_all([METAL, "no such file.mp3"], jobs=1)
    assert next(answers).input == str(METAL)


def test_an_excerpt_is_all_that_is_looked_at():
    answer = classify(METAL, start_s=2, length_s=5)
    assert (answer.analysed[0].start_s, answer.analysed[0].end_s) == pytest.approx((2, 7), abs=0.1)


def test_samples_get_the_answer_of_their_file(metal):
    clip = read_recording(METAL).clips[0]
    answer = classify_samples(clip.samples, sr=clip.sample_rate)
    assert answer.probabilities == pytest.approx(metal.probabilities, abs=1e-5)


def test_samples_may_have_channels(metal):
    clip = read_recording(METAL).clips[0]
    answer = classify_samples(np.stack([clip.samples] * 2).astype(np.float64), sr=float(clip.sample_rate))
    assert answer.probabilities == pytest.approx(metal.probabilities, abs=1e-5)


def test_long_samples_are_looked_at_in_sections():
    noise = np.random.default_rng(0).normal(0, 0.1, 300 * 8000).astype(np.float32)
    answer = classify_samples(noise, sr=8000, title="noise")
    assert (answer.title, answer.duration_s) == ("noise", 300)
    assert len(answer.analysed) > 2


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        (lambda: classify(3), TypeError, "classify takes a path or a link as text, not int"),
        (lambda: classify([METAL]), TypeError, "not list"),
        (lambda: classify(SAMPLES), TypeError, "use classify_all"),
        (lambda: classify_all(3.0), TypeError, "not float"),
        (lambda: classify_all([METAL, None]), TypeError, "not NoneType"),
        (lambda: classify(METAL, model=None), TypeError, "model takes a path"),
        (lambda: classify(METAL, model="none"), ModelError, "none"),
        (lambda: classify_samples(np.zeros(9, np.int16), sr=8000), TypeError, "divide integers"),
        (lambda: classify_samples(np.zeros((9, 2)), sr=8000), ValueError, "transpose"),
        (lambda: classify_samples(np.zeros((1, 2, 3)), sr=8000), ValueError, "shape"),
        (lambda: classify_samples(np.zeros(0), sr=8000), ValueError, "shape"),
        (lambda: classify_samples(np.full(9, np.nan), sr=8000), ValueError, "NaN"),
        (lambda: classify_samples(np.zeros(9), sr=0), ValueError, "hertz"),
        (lambda: classify_samples(np.zeros(9), sr="44100"), TypeError, "hertz"),
        (lambda: as_frame(["metal"]), TypeError, "not str"),
        (lambda: open_library("no such file"), SourceError, "no such file"),
    ],
)
def test_a_slip_gets_a_sentence(wrong, error, words):
    with pytest.raises(error, match=words):
        wrong()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_silence_of_any_length_is_an_answer(count):
    assert classify_samples(np.zeros(1 + 40_000 * count), sr=8000).verdict in ("too_short", "silent")


def test_a_table_has_a_row_an_answer(metal):
    table = as_frame([metal, classify("no such file.mp3")])
    assert list(table["verdict"]) == [metal.verdict, "error"]
    assert table.loc[0, "p_metal"] == metal.probabilities["metal"]
    assert np.isnan(table.loc[1, "p_metal"])


def test_a_table_of_nothing_has_the_columns():
    assert list(as_frame([]).columns)[:2] == ["input", "title"]


def test_one_answer_is_a_table_too(metal):
    assert len(as_frame(metal)) == 1


def test_scripts_and_notebooks_find_the_same_functions():
    for name in musicgenre.__all__:
        assert getattr(functions_interface, name) is getattr(musicgenre, name)


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="clasify"):
        musicgenre.clasify  # noqa: B018

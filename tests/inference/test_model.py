"""Models on disk: the exported file equals Keras, and a card, code and file that do not fit are refused."""

import hashlib
import json
import shutil
import struct
import subprocess
import sys

import numpy as np
import pytest
from support.faults import ODD_FILES, is_one_sentence, put_odd_file
from support.material import ROOT, make_table, peak_mb, run_script

from musicgenre.errors import ModelError
from musicgenre.features.families import columns_of, extractor_constants
from musicgenre.features.musicnn import FEWER_WINDOWS
from musicgenre.inference import model as model_module
from musicgenre.inference.card import list_models, model_genres, model_path
from musicgenre.inference.evaluation import Evaluation
from musicgenre.inference.measured import Headline, Sets
from musicgenre.inference.model import MAX_MODEL_BYTES, GenreModel
from musicgenre.inference.not_music import NotMusicDetector
from musicgenre.litert import MODELS_DIR
from musicgenre.training.choice import choose_config
from musicgenre.training.config import FEATURE_SETS, feature_columns, make_config
from musicgenre.training.export import read_lines, ship
from musicgenre.training.fitting import fit
from musicgenre.training.model_page import describe_models
from musicgenre.training.protocols import load_data, measure
from musicgenre.training.softmax import softmax

SETS = Sets(named=0.4, named_right=0.9, two=0.6, two_right=0.88, three=0.8, three_right=0.9)

CONFIGS = {
    "whitened": make_config("whitened", feature_set="musicnn"),
    "softmax": make_config("softmax", feature_set="mfcc+chroma+tempo"),
    "mlp": make_config("mlp", feature_set="mfcc", epochs=30, hidden=(16,), learning_rate=0.02),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder of a table with the families of the configurations."""
    families = ("musicnn", "mfcc", "chroma", "tempo")
    return make_table(tmp_path_factory.mktemp("table"), clips=12, families=families)


@pytest.fixture(scope="module", params=CONFIGS)
def shipped(request, folder, tmp_path_factory):
    """Return (base path, card, data, configuration) of an exported model of each kind."""
    config = CONFIGS[request.param]
    data, sha256 = load_data(folder, config)
    report = Evaluation(
        data.genres, {}, Headline(0.8, "grouped CV"), 0.5, set_level=0.8, sets=SETS, named_share=0.9, named_right=0.95,
        warnings=["small"],
    )  # fmt: skip
    base = tmp_path_factory.mktemp("models") / request.param
    return base, ship(data, config, report, sha256, base, notes=["made for a test"]), data, config


@pytest.fixture
def model(folder, tmp_path):
    """Return the base path of a copy of the shipped genre model that a test may damage."""
    for path in MODELS_DIR.glob("genres.*"):
        shutil.copy(path, tmp_path)
    return tmp_path / "genres"


def test_the_exported_model_equals_keras_and_the_calibrated_network(shipped):
    import keras

    base, card, data, config = shipped
    exported = GenreModel(base)
    whole = keras.models.load_model(f"{base}.keras")
    expected = softmax(fit(data, config).logits(data.x) / card.temperature)
    by_keras = whole.predict(data.x.astype(np.float32), verbose=0)
    for row, by_keras_row, expected_row in zip(data.x, by_keras, expected, strict=True):
        answer = exported.predict(dict(zip(data.columns, row, strict=True))).probabilities
        assert answer.sum() == pytest.approx(1, abs=1e-12)
        np.testing.assert_allclose(answer, by_keras_row, atol=1e-5)
        np.testing.assert_allclose(answer, expected_row, atol=1e-4)


def test_the_card_says_what_the_contract_asks_for(shipped):
    base, card, data, config = shipped
    read = json.loads(base.with_name(base.name + ".json").read_text(encoding="utf-8"))
    assert read == json.loads(json.dumps(card.as_json()))
    assert read["name"] == base.name
    assert read["genres"] == data.genres
    assert read["columns"] == data.columns
    assert read["extractor"] == extractor_constants()
    assert read["training"]["clips"] == 36
    assert read["training"]["clips_per_genre"] == {"ambient": 12, "march": 12, "polka": 12}
    assert len(read["training"]["table_sha256"]) == 64
    assert read["configuration"]["feature_set"] == config.feature_set
    assert read["temperature"] > 0
    assert read["thresholds"]["uncertain_below"] == 0.5
    assert read["warnings"] == ["small", "made for a test"]
    assert {"python", "numpy", "tensorflow", "keras", "av"} <= set(read["versions"])
    for ending, digest in read["files"].items():
        assert hashlib.sha256(base.with_name(f"{base.name}.{ending}").read_bytes()).hexdigest() == digest


@pytest.mark.parametrize("feature_set", FEATURE_SETS)
def test_a_model_of_each_feature_set_that_a_search_may_choose_answers(feature_set, tmp_path):
    """A model of the means of a family alone was exported, and could not be loaded."""
    config = make_config("softmax", feature_set=feature_set)
    table = make_table(tmp_path / "table", clips=4, families=config.families)
    data, sha256 = load_data(table, config)
    report = Evaluation(data.genres, {}, Headline(0.8, "grouped CV"), 0.5, set_level=0.8, sets=SETS)
    ship(data, config, report, sha256, tmp_path / "model")
    model = GenreModel(tmp_path / "model")
    assert model.card.columns == data.columns == feature_columns(feature_set)
    row = dict.fromkeys(columns_of(config.families), 0.0) | dict(zip(data.columns, data.x[0], strict=True))
    np.testing.assert_allclose(model.predict(row).probabilities, model.predict_rows(data.x[:1])[0], atol=1e-6)


def test_exporting_leaves_only_the_model_and_its_card(shipped):
    """The page about the models that come with the program was written anew for a user's own."""
    base = shipped[0]
    names = sorted(path.name for path in base.parent.iterdir())
    assert names == sorted([f"{base.name}.json", f"{base.name}.keras", f"{base.name}.tflite"])
    assert f"## {base.name}" in describe_models(base.parent)


@pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b'{"metrics": {"kinds": 1}, "training": {}}'])
def test_the_page_passes_over_another_file_with_the_name_of_the_detector(content, tmp_path):
    """Training a model in such a folder ended in a traceback."""
    (tmp_path / "not_music.json").write_bytes(content)
    assert describe_models(tmp_path).startswith("# Models")
    assert "## not_music" not in describe_models(tmp_path)
    assert "## not_music" in describe_models(MODELS_DIR)


def test_a_model_is_found_by_its_name_and_by_its_path(shipped):
    base = shipped[0]
    assert model_path("genres") == MODELS_DIR / "genres"
    assert model_path(base) == base
    assert model_path(f"{base}.json") == base
    assert model_path(f"{base}.keras") == base
    assert list_models(base.parent) == [base.name]
    assert model_genres(base) == ["ambient", "march", "polka"]
    with pytest.raises(ModelError, match="no model 'gnres'; models here: genres, gtzan10, librosa12"):
        model_path("gnres")


def test_a_name_with_a_dot_is_a_name(shipped, tmp_path):
    base = shipped[0]
    for ending in ("json", "keras", "tflite"):
        shutil.copy(f"{base}.{ending}", tmp_path / f"v1.2.{ending}")
    assert model_path(tmp_path / "v1.2") == tmp_path / "v1.2"
    assert GenreModel(tmp_path / "v1.2").genres == ["ambient", "march", "polka"]


def test_a_missing_column_is_named(shipped):
    base, _, data, _ = shipped
    row = dict(zip(data.columns, data.x[0], strict=True))
    del row[data.columns[3]]
    with pytest.raises(ModelError, match=f"lack the column '{data.columns[3]}'"):
        GenreModel(base).predict(row)


def test_a_row_that_gives_no_number_is_an_error(shipped):
    base, _, data, _ = shipped
    with pytest.raises(ModelError, match="gives no number for these features"):
        GenreModel(base).predict(dict.fromkeys(data.columns, float("nan")))


# ---- what does not belong together


@pytest.mark.parametrize("name", ["genres", "librosa12"])
def test_the_shipped_models_load_and_fit_their_cards(name):
    model = GenreModel(name)
    for ending, digest in model.card.files.items():
        assert hashlib.sha256((MODELS_DIR / f"{name}.{ending}").read_bytes()).hexdigest() == digest
    assert model.genres == sorted(model.genres)


@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "flipped", "another model", "longer"])
def test_a_damaged_or_swapped_model_file_is_refused(damage, model):
    path = model.with_name("genres.tflite")
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "another model":
        shutil.copy(MODELS_DIR / "librosa12.tflite", path)
    else:
        half = len(data) // 2
        flipped = data[:half] + bytes([data[half] ^ 1]) + data[half + 1 :]
        path.write_bytes({"empty": b"", "truncated": data[:half], "flipped": flipped, "longer": data + b"\0"}[damage])
    with pytest.raises(ModelError, match="missing beside its card|is not the file that its card describes"):
        GenreModel(model)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ODD_FILES)
def test_a_model_file_that_is_no_file_is_refused(kind, model):
    """A pipe was waited for without end, and a link to /dev/zero read until the memory was full."""
    put_odd_file(model.with_name("genres.tflite"), kind)
    with pytest.raises(ModelError, match=r"genres\.tflite cannot be a model: it is no regular file"):
        GenreModel(model)


def test_a_model_file_that_is_too_large_is_refused_before_it_is_read(model):
    with model.with_name("genres.tflite").open("r+b") as file:
        file.truncate(MAX_MODEL_BYTES + 1)
    with pytest.raises(ModelError, match="it is larger than 200 MB"):
        GenreModel(model)


def test_03_and_a_pipe_for_a_model_is_a_sentence(model):
    put_odd_file(model.with_name("genres.tflite"), "pipe")
    song = ROOT / "data" / "samples" / "rock.ogg"
    done = run_script("03_launch_classifier.py", song, "--model", model, timeout=30)
    assert (done.returncode, done.stdout) == (1, "") and is_one_sentence(done.stderr), done


def test_a_model_that_is_replaced_while_it_is_read_is_the_new_one(model, monkeypatch):
    read, swapped = model_module.read_file, []

    def swap(path, limit):
        if not swapped:  # the old card has been read, its file not yet
            for ending in ("json", "tflite"):
                swapped.append(shutil.copy(MODELS_DIR / f"librosa12.{ending}", f"{model}.{ending}"))
        return read(path, limit)

    monkeypatch.setattr("musicgenre.inference.model.read_file", swap)
    assert GenreModel(model).name == "librosa12"


@pytest.mark.parametrize("content", [b"not a flatbuffer", b"", b"\x1c\0\0\0TFL3" + bytes(200)])
def test_a_file_that_is_no_model_is_refused_even_if_its_digest_fits(content, model):
    card = json.loads(model.with_name("genres.json").read_text())
    model.with_name("genres.tflite").write_bytes(content)
    card["files"]["tflite"] = hashlib.sha256(content).hexdigest()
    model.with_name("genres.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="is not a LiteRT model|other columns or genres"):
        GenreModel(model)


def test_a_damaged_model_whose_digest_fits_is_refused_or_answers_and_never_crashes(model):
    """The digest tells accidents; a stranger can write card and model. In a process, which a crash would end."""
    code = """
import hashlib, json, random, sys
from pathlib import Path
from musicgenre.errors import ModelError
from musicgenre.inference.model import GenreModel
base = Path(sys.argv[1])
card, data = json.loads(base.with_suffix(".json").read_text()), base.with_suffix(".tflite").read_bytes()
ends, rng = [0, 0], random.Random(5)
for turn in range(300):
    hurt = bytearray(data)
    first = rng.choice([0, 0, len(data) - 3000])
    for _ in range(rng.choice([1, 3, 10, 100])):
        hurt[first + rng.randrange(3000)] = rng.randrange(256)
    base.with_suffix(".tflite").write_bytes(hurt)
    card["files"]["tflite"] = hashlib.sha256(hurt).hexdigest()
    base.with_suffix(".json").write_text(json.dumps(card))
    try:
        chances = GenreModel(base).predict(dict.fromkeys(card["columns"], 0.5)).probabilities
        assert abs(chances.sum() - 1) < 1e-6
        ends[0] += 1
    except ModelError:
        ends[1] += 1
print(*ends)
"""
    done = subprocess.run([sys.executable, "-c", code, model], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    answered, refused = map(int, done.stdout.split())
    assert answered > 20 and refused > 20


@pytest.mark.parametrize("rows", [1_000_000, 12_255_233, 2**31 - 1])
def test_a_model_whose_tensors_would_fill_the_memory_is_refused_before(rows, model):
    card = json.loads(model.with_name("genres.json").read_text())
    data = model.with_name("genres.tflite").read_bytes()
    shape = struct.pack("<3i", 2, 1, len(card["columns"]))
    assert shape in data
    hurt = data.replace(shape, struct.pack("<3i", 2, rows, len(card["columns"])))
    model.with_name("genres.tflite").write_bytes(hurt)
    card["files"]["tflite"] = hashlib.sha256(hurt).hexdigest()
    model.with_name("genres.json").write_text(json.dumps(card))
    before = peak_mb()
    with pytest.raises(ModelError, match="is not a LiteRT model"):
        GenreModel(model)
    assert peak_mb() < before + 200


def test_a_model_of_another_size_than_its_card_is_refused(model):
    card = json.loads(model.with_name("genres.json").read_text())
    card["genres"].append("polka")
    model.with_name("genres.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="has other columns or genres than its card"):
        GenreModel(model)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"3", b'"genres"', b"\xff\xfe\x00", b"{}"])
def test_a_file_that_is_no_card_is_refused(content, model):
    model.with_name("genres.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"genres\.json"):
        GenreModel(model)


FIELDS = ("name", "genres", "columns", "families", "extractor", "files", "thresholds")
WRONG = (None, 7, "text", [], {}, [1, 2], {"a": 1}, [["a"]], True)


@pytest.mark.parametrize("field", FIELDS)
def test_a_card_with_a_wrong_or_missing_field_is_refused_with_a_sentence(field, model):
    path = model.with_name("genres.json")
    card = json.loads(path.read_text())
    for value in (*WRONG, "missing"):
        changed = {k: v for k, v in card.items() if k != field} if value == "missing" else {**card, field: value}
        if field == "name" and value == "text":
            continue
        path.write_text(json.dumps(changed))
        with pytest.raises(ModelError) as caught:
            GenreModel(model)
        assert "genres" in str(caught.value), value


@pytest.mark.parametrize("value", [None, "high", [], float("nan")])
def test_a_threshold_that_is_no_number_is_refused(value, model):
    path = model.with_name("genres.json")
    card = json.loads(path.read_text())
    card["thresholds"]["uncertain_below"] = value
    path.write_text(json.dumps(card))
    with pytest.raises(ModelError, match="uncertain_below"):
        GenreModel(model)


def test_a_card_for_features_of_another_version_is_refused(model):
    path = model.with_name("genres.json")
    card = json.loads(path.read_text())
    card["extractor"]["musicnn"]["hop_length"] = 512
    path.write_text(json.dumps(card))
    with pytest.raises(ModelError, match="made for features of another version"):
        GenreModel(model)


def test_a_card_that_needs_an_unknown_feature_is_refused(model):
    path = model.with_name("genres.json")
    card = json.loads(path.read_text())
    card["columns"][0] = "loudness"
    path.write_text(json.dumps(card))
    with pytest.raises(ModelError, match="needs the feature 'loudness'"):
        GenreModel(model)


@pytest.mark.parametrize("name", ["not_music.json", "not_music.npz", "not_music_kinds.json", "not_music_kinds.npz"])
@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "null"])
def test_a_damaged_detector_is_refused(name, damage, tmp_path):
    for path in MODELS_DIR.glob("not_music*"):
        shutil.copy(path, tmp_path)
    path = tmp_path / name
    data = path.read_bytes()
    path.unlink()
    if damage != "missing":
        path.write_bytes({"empty": b"", "truncated": data[: len(data) // 2], "null": b"null"}[damage])
    with pytest.raises(ModelError, match="install the program again"):
        NotMusicDetector(tmp_path)


# ---- the choice


def write_choice(path, folder, **changes):
    """Write a choice as the search does."""
    _, sha256 = load_data(folder, CONFIGS["softmax"])
    choice = {
        "config": {"architecture": "softmax", "feature_set": "mfcc+chroma+tempo"},
        "table_sha256": sha256,
        "families": ["mfcc", "chroma", "tempo"],
        **changes,
    }
    path.write_text(json.dumps({k: v for k, v in choice.items() if v != "missing"}))
    return path


def test_a_choice_made_on_this_table_is_taken(folder, tmp_path):
    choice = choose_config(folder, write_choice(tmp_path / "chosen.json", folder))
    config, reason = choice.config, choice.reason
    assert (config.architecture, config.feature_set) == ("softmax", "mfcc+chroma+tempo")
    assert "chosen.json" in reason


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"table_sha256": "0" * 64}, "is not the table that .*chosen.json was made on"),
        ({"families": "missing"}, "is not a choice"),
        ({"config": "missing"}, "is not a choice"),
        ({"config": {"architecture": "transformer"}}, "no architecture 'transformer'"),
        ({"config": {"architecture": "mlp", "depth": 3}}, "a setting that does not exist"),
        ({"config": []}, "is not a choice"),
    ],
)
def test_a_choice_that_does_not_fit_is_refused(changes, words, folder, tmp_path):
    with pytest.raises(ModelError, match=words):
        choose_config(folder, write_choice(tmp_path / "chosen.json", folder, **changes))


def test_a_choice_that_cannot_be_read_is_refused(folder, tmp_path):
    path = tmp_path / "chosen.json"
    with pytest.raises(ModelError, match="there is no file"):
        choose_config(folder, path)
    for content in ("", "[1]", "null"):
        path.write_text(content)
        with pytest.raises(ModelError, match="is not a choice"):
            choose_config(folder, path)


@pytest.mark.timeout(20)
@pytest.mark.parametrize("kind", ODD_FILES)
def test_choices_and_notes_that_are_no_files_are_refused(kind, folder, tmp_path):
    path = put_odd_file(tmp_path / "file", kind)
    with pytest.raises(ModelError, match="is not a choice"):
        choose_config(folder, path)
    with pytest.raises(ModelError, match="cannot be read as text"):
        read_lines(path)


def test_without_a_choice_the_default_is_trained(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    choice = choose_config(folder, None)
    config, reason = choice.config, choice.reason
    assert config.feature_set == "musicnn"
    assert "01_nn_hyperparam.py" in reason


def test_notes_are_read_line_by_line(tmp_path):
    (tmp_path / "notes.txt").write_text("one\n\n two \n", encoding="utf-8")
    assert read_lines(tmp_path / "notes.txt") == ["one", "two"]
    with pytest.raises(ModelError, match="cannot be read as text"):
        read_lines(tmp_path / "nothing.txt")


def test_a_measured_report_fills_the_card(folder, tmp_path):
    config = CONFIGS["softmax"]
    data, sha256 = load_data(folder, config)
    report = measure(data, config)
    card = ship(data, config, report, sha256, tmp_path / "measured")
    assert card.headline.accuracy == report.headline.accuracy
    assert set(card.metrics) == set(report.protocols)
    assert 0 <= card.thresholds.uncertain_below <= 1
    assert GenreModel(tmp_path / "measured").genres == data.genres


def test_a_card_names_the_windows_of_its_table(folder, tmp_path):
    config = CONFIGS["softmax"]
    data, sha256 = load_data(folder, config)
    ship(data, config, measure(data, config), sha256, tmp_path / "fewer", grid=FEWER_WINDOWS)
    card = json.loads((tmp_path / "fewer.json").read_text())
    assert card["extractor"] == extractor_constants(FEWER_WINDOWS)
    assert GenreModel(tmp_path / "fewer").genres == data.genres

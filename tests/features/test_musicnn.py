"""The pretrained network: the conversion equals the original graph, and sharing windows changes nothing."""

import hashlib
import json
import shutil
import zipfile

import convert_musicnn
import numpy as np
import pytest
from support.material import ROOT

from musicgenre.errors import Cancelled, ModelError
from musicgenre.features.musicnn import (
    N_DEEP,
    OLD_GRID,
    TAGS,
    WINDOW_FRAMES,
    TagNetwork,
    WindowGrid,
    Windows,
    statistics_of,
)
from musicgenre.litert import MODELS_DIR
from musicgenre.task import Task

WHEELS = ROOT / "build" / "wheels"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    """Return (prefix of the original weights, licence), from the pinned wheel."""
    WHEELS.mkdir(parents=True, exist_ok=True)
    wheel = next(WHEELS.glob("musicnn-*.whl"), None) or convert_musicnn.fetch_wheel(WHEELS)
    return convert_musicnn.unpack(wheel, tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="module")
def rebuilt(checkpoint):
    """Return (timbral, tags, gain, offset): the Keras networks with the original weights."""
    models = convert_musicnn.build_networks()
    return (*models, *convert_musicnn.load_weights(models, checkpoint[0]))


@pytest.fixture(scope="module")
def mel():
    """Return 500 frames that look like music: bands with a slope, notes, and frames of silence."""
    rng = np.random.default_rng(5)
    x = np.clip(3 - np.linspace(0, 2.5, 96) + 0.7 * rng.standard_normal((500, 96)), 0, None)
    x[::31] += 1
    x[200:220] = 0
    return x.astype(np.float32)


def run_keras(rebuilt, windows):
    """Return (activations, deep) of windows, shape (n, 187, 96), by the plain Keras networks, each on its own."""
    timbral, tags, gain, offset = rebuilt
    x = (windows * gain + offset).astype(np.float32)
    maps = np.asarray(timbral(np.pad(x, ((0, 0), (3, 3), (0, 0))), training=False))
    deep, activations = tags([x, maps], training=False)
    return np.asarray(activations), np.asarray(deep)


def cut(mel, grid=OLD_GRID):
    """Return the overlapping windows of a spectrogram."""
    return np.stack([mel[start : start + WINDOW_FRAMES] for start in grid.starts(len(mel))])


def written(flatbuffers, folder):
    """Write networks and the card that describes them; return the folder."""
    card = json.loads((MODELS_DIR / "musicnn.json").read_text())
    for name, data in zip(convert_musicnn.PARTS, flatbuffers, strict=True):
        (folder / name).write_bytes(data)
        card["sha256"][name] = hashlib.sha256(data).hexdigest()
    (folder / "musicnn.json").write_text(json.dumps(card))
    return folder


@pytest.fixture(scope="module")
def floats(rebuilt, tmp_path_factory):
    """Return the shared network with all its parts in floats."""
    flatbuffers = convert_musicnn.export(*rebuilt[:2], integer_parts=())
    return TagNetwork(written(flatbuffers, tmp_path_factory.mktemp("floats")))


def test_integers_move_an_activation_little(floats, network, mel):
    starts = WindowGrid(1).starts(400)[::7]
    (exact, exact_deep), (activations, deep) = (run(mel, starts=starts) for run in (floats, network))
    assert 1e-6 < abs(activations - exact).mean() < 2e-3
    np.testing.assert_allclose(activations, exact, atol=0.03)
    assert np.corrcoef(deep.ravel(), exact_deep.ravel())[0, 1] > 0.999


@pytest.mark.parametrize("grid", [OLD_GRID, WindowGrid(), WindowGrid(186)])
def test_sharing_windows_equals_running_the_network_window_by_window(grid, rebuilt, floats, mel):
    expected, expected_deep = run_keras(rebuilt, cut(mel, grid))
    activations, deep = floats(mel, starts=grid.starts(len(mel)))
    np.testing.assert_allclose(activations, expected, atol=1e-4)
    np.testing.assert_allclose(deep, expected_deep, atol=2e-3)


@pytest.mark.parametrize("frames", [187, 188, 249, 310, 321, 373])
def test_sharing_windows_is_right_for_every_length(rebuilt, floats, mel, frames):
    for grid in (OLD_GRID, WindowGrid()):
        activations, _ = floats(mel[:frames], starts=grid.starts(frames))
        expected, _ = run_keras(rebuilt, cut(mel[:frames], grid))
        np.testing.assert_allclose(activations, expected, atol=1e-4)


@pytest.mark.parametrize("hop", [62, 124, 186])
def test_windows_cover_a_section_from_its_first_frame_to_its_last(hop):
    for frames in range(187, 3000):
        starts = WindowGrid(hop).starts(frames)
        assert starts[-1] == frames - 187
        assert (starts[0] == 0) or frames == 187
        assert np.all((np.diff(starts) <= hop) & (np.diff(starts) > 0))
        assert len(starts) >= min(len(OLD_GRID.starts(frames)), 4)
        assert len(starts) <= max(len(OLD_GRID.starts(frames)) + 1, 4)
    assert len(WindowGrid(hop).starts(186)) == len(OLD_GRID.starts(186)) == 0


def test_the_windows_of_old_tables_lie_where_they_lay():
    for frames in (187, 188, 248, 249, 500, 1876):
        assert OLD_GRID.starts(frames).tolist() == list(range(0, frames - 187 + 1, 62))


def test_fewer_frames_than_a_window_give_no_window(network, mel):
    activations, deep = network(mel[:186])
    assert activations.shape == (0, 50)
    assert deep.shape == (0, N_DEEP)


def test_the_keras_rebuild_equals_the_original_graph(checkpoint, rebuilt, mel):
    import tensorflow as tf
    from tensorflow.core.protobuf import meta_graph_pb2

    prefix = checkpoint[0]
    meta = meta_graph_pb2.MetaGraphDef.FromString(prefix.with_suffix(".meta").read_bytes())
    # The part that answers; the gradients beside it say things about shapes that today's TensorFlow refuses.
    answering = tf.compat.v1.graph_util.extract_sub_graph(meta.graph_def, ["model/Sigmoid"])
    for node in answering.node:
        if (
            node.op == "RandomUniform"
        ):  # of the dropout, which is off; deterministic training asks for a seed all the same
            node.attr["seed"].i = 1
    windows = cut(mel)
    with tf.Graph().as_default() as graph, tf.compat.v1.Session() as session:
        tf.import_graph_def(answering, name="")
        weights = tf.train.load_checkpoint(str(prefix))
        for node in answering.node:
            if node.op == "VariableV2":
                variable = graph.get_tensor_by_name(f"{node.name}:0")
                session.run(tf.compat.v1.raw_ops.Assign(ref=variable, value=weights.get_tensor(node.name)))
        feed = {"model/Placeholder:0": windows, "model/Placeholder_2:0": False}
        original = session.run("model/Sigmoid:0", feed)
    activations, _ = run_keras(rebuilt, windows)
    assert original.std() > 0.01
    np.testing.assert_allclose(activations, original, atol=1e-5)


def test_the_number_of_threads_changes_no_digit(network, mel):
    for a, b in zip(TagNetwork(threads=2)(mel), network(mel), strict=True):
        np.testing.assert_array_equal(a, b)


def test_the_committed_networks_are_what_the_conversion_gives(checkpoint, rebuilt, network, mel, tmp_path):
    timbral, tags, gain, offset = rebuilt
    flatbuffers = convert_musicnn.export(timbral, tags)
    card = json.loads((MODELS_DIR / "musicnn.json").read_text())
    assert card["input"] == {"gain": gain, "offset": offset, "n_frames": WINDOW_FRAMES, "n_mels": 96}
    assert card["integer_parts"] == list(convert_musicnn.INTEGER_PARTS)
    fresh = TagNetwork(written(flatbuffers, tmp_path))
    for a, b in zip(fresh(mel), network(mel), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_the_licence_of_the_weights_stands_beside_them(checkpoint):
    notice = (MODELS_DIR / "musicnn.LICENSE.md").read_text(encoding="utf-8")
    assert checkpoint[1].strip() in notice
    assert "ISC" in notice or "Permission to use, copy, modify" in notice


def test_tag_names_follow_the_networks_order():
    assert tuple(tag.lower().replace(" ", "_").replace("-", "_") for tag in convert_musicnn.TAGS) == TAGS
    assert len(set(TAGS)) == 50


def test_another_wheel_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "musicnn-0.1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("musicnn/MSD_musicnn/.index", "not these weights")
    with pytest.raises(SystemExit, match="is not that of musicnn 0.1.0"):
        convert_musicnn.unpack(tmp_path / "musicnn-0.1.0-py3-none-any.whl", tmp_path)
    assert not list(tmp_path.glob("ckpt*"))


def copied(folder):
    """Copy the committed network; return the folder."""
    for path in MODELS_DIR.glob("musicnn*"):
        shutil.copy(path, folder)
    return folder


@pytest.mark.parametrize("name", [*convert_musicnn.PARTS, "musicnn.json"])
@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "flipped"])
def test_a_damaged_network_is_refused_with_a_sentence(name, damage, tmp_path):
    path = copied(tmp_path) / name
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "truncated":
        path.write_bytes(data[: len(data) // 2])
    else:
        path.write_bytes(data[:50] + bytes([data[50] ^ 0xFF]) + data[51:])
    with pytest.raises(ModelError, match="install the program again"):
        TagNetwork(tmp_path)


@pytest.mark.parametrize(
    "card",
    ["[]", "null", "7", "{}", '{"sha256": 1}', '{"sha256": {}}', '{"sha256": {"../x": "0"}, "input": {}}', "\xff\xfe"],
)
def test_a_card_that_is_not_the_networks_is_refused(card, tmp_path):
    (copied(tmp_path) / "musicnn.json").write_text(card, encoding="latin-1")
    with pytest.raises(ModelError, match="install the program again"):
        TagNetwork(tmp_path)


@pytest.mark.parametrize("field", ["gain", "offset"])
def test_a_card_without_a_constant_is_refused(field, tmp_path):
    card = json.loads((copied(tmp_path) / "musicnn.json").read_text())
    del card["input"][field]
    (tmp_path / "musicnn.json").write_text(json.dumps(card))
    with pytest.raises(ModelError, match="install the program again"):
        TagNetwork(tmp_path)


def test_the_network_stops_when_asked(network, mel):
    with pytest.raises(Cancelled):
        network(mel, task=Task(cancelled=lambda: True))


def test_loading_keeps_standard_error_open(capfd):
    import sys

    TagNetwork()
    sys.stderr.write("still here\n")
    assert capfd.readouterr().err == "still here\n"


def windows_of(activations, deep):
    return Windows(np.zeros(len(deep)), np.zeros(len(deep)), activations, deep)


def test_tag_statistics_are_means_and_deviations_of_logarithms():
    p = np.array([[0.5] * 50, [0.25] * 50], np.float32)
    row = statistics_of(windows_of(p, np.zeros((2, N_DEEP), np.float32)), "musicnn")
    a, b = np.log(0.5 + 1e-6), np.log(0.25 + 1e-6)
    np.testing.assert_allclose(row, [(a + b) / 2] * 50 + [(a - b) / 2] * 50)


def test_deep_statistics_are_means_and_deviations_of_logarithms_of_the_positive_part():
    units = np.array([[-3.0] * N_DEEP, [0.0] * N_DEEP, [np.e - 1] * N_DEEP], np.float32)
    windows = windows_of(np.ones((3, 50), np.float32), units)
    row = statistics_of(windows, "musicnn_deep")
    np.testing.assert_allclose(row, [1 / 3] * N_DEEP + [np.std([0, 0, 1])] * N_DEEP, rtol=1e-6)
    row = statistics_of(windows.where(np.array([False, False, True])), "musicnn_deep")
    np.testing.assert_allclose(row, [1] * N_DEEP + [0] * N_DEEP, rtol=1e-6)

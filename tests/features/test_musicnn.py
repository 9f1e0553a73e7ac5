"""The pretrained network: the conversion equals the original graph, and leaving constant maps out changes nothing."""

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
    FEWER_WINDOWS,
    N_DEEP,
    NETWORK,
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
    """Return (model, gain, offset): the Keras network with the original weights."""
    model = convert_musicnn.build_network()
    return (model, *convert_musicnn.load_weights(model, checkpoint[0]))


@pytest.fixture(scope="module")
def mel():
    """Return 500 frames that look like music: bands with a slope, notes, and frames of silence."""
    rng = np.random.default_rng(5)
    x = np.clip(3 - np.linspace(0, 2.5, 96) + 0.7 * rng.standard_normal((500, 96)), 0, None)
    x[::31] += 1
    x[200:220] = 0
    return x.astype(np.float32)


def run_keras(rebuilt, windows):
    """Return (activations, deep) of windows, shape (n, 187, 96), by the plain Keras network."""
    model, gain, offset = rebuilt
    deep, activations = model((windows * gain + offset).astype(np.float32), training=False)
    return np.asarray(activations), np.asarray(deep)


def cut(mel, grid=WindowGrid()):  # noqa: B008 - immutable
    """Return the overlapping windows of a spectrogram."""
    return np.stack([mel[start : start + WINDOW_FRAMES] for start in grid.starts(len(mel))])


def test_the_network_equals_the_plain_one(rebuilt, network, mel):
    for grid in (WindowGrid(), FEWER_WINDOWS, WindowGrid(1)):
        starts = grid.starts(len(mel))[-20:]
        expected, expected_deep = run_keras(rebuilt, np.stack([mel[i : i + WINDOW_FRAMES] for i in starts]))
        activations, deep = network(mel, starts=starts)
        np.testing.assert_allclose(activations, expected, atol=1e-4)
        np.testing.assert_allclose(deep, expected_deep, atol=2e-3)


@pytest.mark.parametrize("value", [0.0, 1.0, convert_musicnn.HIGHEST])
def test_the_network_equals_the_plain_one_at_the_ends_of_its_range(rebuilt, network, value):
    rng = np.random.default_rng(1)
    flat = np.full((WINDOW_FRAMES, 96), value, np.float32)
    striped, checked = flat.copy(), flat.copy()
    striped[::2] = convert_musicnn.HIGHEST - value
    checked[rng.random(flat.shape) < 0.5] = convert_musicnn.HIGHEST - value
    for window in (flat, striped, checked):
        expected, _ = run_keras(rebuilt, window[None])
        np.testing.assert_allclose(network(window)[0], expected, atol=1e-4)


def test_no_sound_leaves_the_range_in_which_constant_maps_were_looked_for():
    from musicgenre.features.spectral import compress_mel, mel_power, power_spectrogram

    t = np.arange(16000) / 16000
    tones = [np.sin(2 * np.pi * hz * t) for hz in (40, 100, 440, 1000, 4000, 7900)]
    for y in (*tones, np.sign(tones[1]), np.ones_like(t), np.random.default_rng(0).uniform(-1, 1, len(t))):
        power = power_spectrogram(y.astype(np.float32), n_fft=512, hop_length=256)
        frames = compress_mel(mel_power(power, sr=16000, n_fft=512, n_mels=96))
        assert frames.min() >= 0 and frames.max() < convert_musicnn.HIGHEST


def test_most_filters_of_the_first_layer_are_constant_whatever_is_heard(rebuilt):
    model, gain, offset = rebuilt
    counts = []
    for conv, bn, _ in (*convert_musicnn.WIDE, *convert_musicnn.TALL):
        lowest, highest = offset, gain * convert_musicnn.HIGHEST + offset
        kernel, _, alive, constants = convert_musicnn.living(model, conv, bn, lowest, highest)
        counts.append(int(alive.sum()))
        assert kernel.shape[2] == alive.sum() and len(constants) == (~alive).sum()
        weights, _ = model.get_layer(conv).get_weights()
        size = np.abs(weights).sum(axis=(0, 1, 2))
        assert size[~alive].max() < 1e-4 < size[alive].min() / 100  # weights are gone, or there: no matter of degree
    assert counts == [23, 14, 3, 7, 17]


@pytest.mark.parametrize("hop", [62, 124, 186])
def test_windows_that_are_spread_cover_a_section_from_its_first_frame_to_its_last(hop):
    for frames in range(187, 3000):
        starts = WindowGrid(hop, spread=True).starts(frames)
        assert starts[-1] == frames - 187
        assert (starts[0] == 0) or frames == 187
        assert np.all((np.diff(starts) <= hop) & (np.diff(starts) > 0))
        assert len(starts) >= min(len(WindowGrid().starts(frames)), 4)
        assert len(starts) <= max(len(WindowGrid().starts(frames)) + 1, 4)
    assert len(WindowGrid(hop, spread=True).starts(186)) == len(WindowGrid().starts(186)) == 0


def test_other_windows_follow_one_another_from_the_first_frame_on():
    for frames in (187, 188, 248, 249, 500, 1876):
        assert WindowGrid().starts(frames).tolist() == list(range(0, frames - 187 + 1, 62))


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


def test_the_committed_network_is_what_the_conversion_gives(rebuilt, network, mel, tmp_path):
    data = convert_musicnn.export(*rebuilt)
    card = json.loads((MODELS_DIR / "musicnn.json").read_text())
    assert card["input"] == {"gain": rebuilt[1], "offset": rebuilt[2], "n_frames": WINDOW_FRAMES, "n_mels": 96}
    card["sha256"][NETWORK] = hashlib.sha256(data).hexdigest()
    (tmp_path / NETWORK).write_bytes(data)
    (tmp_path / "musicnn.json").write_text(json.dumps(card))
    for a, b in zip(TagNetwork(tmp_path)(mel), network(mel), strict=True):
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


@pytest.mark.parametrize("name", [NETWORK, "musicnn.json"])
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

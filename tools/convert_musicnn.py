"""Rebuild the pretrained tagging network MSD_musicnn in Keras and export it to LiteRT.

    python tools/convert_musicnn.py                       # fetch the wheel from the package index with pip
    python tools/convert_musicnn.py --wheel musicnn-0.1.0-py3-none-any.whl --out models

Writes musicnn_timbral.tflite, musicnn_tall.tflite, musicnn_tallest.tflite, musicnn_tags.tflite, musicnn.json (their
card) and musicnn.LICENSE.md. The weights are those of the PyPI package musicnn 0.1.0 (ISC licence); the structure
follows Pons and Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging", ISMIR 2019
late-breaking demo.

The network is cut in four, so that windows which overlap share expensive parts and each part has the arithmetic that
it bears:

- timbral: the two wide convolutions, which look three frames to either side: spectra (49, 14, 32), along the
  bands, of 32 times seven normalised log-mel frames -> maps (32, 408);
- tall: the convolutions over 64 and 32 frames: normalised log-mel frames (1, 198, 96) -> maps (1, 132, 102) of all
  but the first and last 33;
- tallest: a normalised log-mel window (1, 187, 96) -> the maps of the filters over 128 frames (1, 187, 51), and those
  of 64 and 32 frames (1, 66, 51) and (1, 44, 51) at both ends of the window, where they would see beyond it;
- tags: all 561 maps of a window -> the 200 units before the tags, and the 50 tag activations.

In 32-bit floats all give what the plain network of `build_networks` gives, to 1e-4 of an activation, in less time:

- A valid correlation along 96 bands is part of a circular one, so the wide convolutions are products of spectra,
  49 bins times seven frames, and a way back: a quarter of the operations. The filters are shifted so that the valid
  positions lie around 0. There the way back is a sum of cosines plus, or on the other side of 0 minus, a sum of sines,
  and the greater of both sides is the cosine sum plus the absolute sine sum.
- The tall filters work on blocks of 11 frames as channels: a convolution is fast on many channels and slow on the one
  that a spectrogram has.
- Normalisation follows the maximum over frequency. That is the same where its scale is positive; where it is negative,
  the filter is negated, so that the maximum finds its smallest value.

The tall and tallest parts multiply 8-bit integers (weights scaled per filter, inputs per call), 2.4 times as fast as
floats on a processor with VNNI. Over 49 clips of GTZAN and 67 songs an activation moves by 0.0006 in the mean and 0.03
at most, a genre's probability by 0.026 at most. The tags part needs floats: in integers its activations move by 0.013
in the mean and a fifth of the best genres change. The timbral part is no faster in integers.
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
CHUNK = 32  # frames that one call of the timbral part returns: its products fit the processor's cache
BLOCK = 11  # frames of a window that are taken as channels; 17 of them make a window
TALL_PADDING = 3  # blocks that the filters of 64 frames see to either side
TALLEST_PARTS = ((0, 3), (3, 14), (14, 17))  # blocks of a window whose filters of 128 frames are computed together
TALL_BLOCKS = 12  # that one call of the tall part returns
PARTS = ("musicnn_timbral.tflite", "musicnn_tall.tflite", "musicnn_tallest.tflite", "musicnn_tags.tflite")
INTEGER_PARTS = ("musicnn_tall.tflite", "musicnn_tallest.tflite")
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


def build_networks():
    """Return (timbral, tags), two Keras models with the layer names of the checkpoint's variables."""
    import keras
    from keras import layers, ops

    def norm(name):
        return layers.BatchNormalization(epsilon=BN_EPSILON, name=name)

    frames = keras.Input((None, N_MELS), name="frames")
    columns = layers.Reshape((-1, N_MELS, 1))(frames)
    maps = []
    for conv, bn, width in (("conv2d", "batch_normalization_1", 38), ("conv2d_1", "batch_normalization_2", 67)):
        filtered = layers.Conv2D(204, (2 * TIMBRAL_CONTEXT + 1, width), activation="relu", name=conv)(columns)
        maps.append(ops.max(norm(bn)(filtered), axis=2))
    timbral = keras.Model(frames, layers.Concatenate(name="timbral")(maps))

    mel = keras.Input((N_FRAMES, N_MELS), name="mel")
    timbral_in = keras.Input((N_FRAMES, 408), name="timbral")
    columns = layers.Reshape((N_FRAMES, N_MELS, 1))(mel)
    front = [timbral_in]
    for index, height in ((2, 128), (3, 64), (4, 32)):
        filtered = layers.Conv2D(51, (height, 1), padding="same", activation="relu", name=f"conv2d_{index}")(columns)
        front.append(ops.max(norm(f"batch_normalization_{index + 1}")(filtered), axis=2))
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
    tags = layers.Dense(len(TAGS), activation="sigmoid", name="dense_1")(deep)
    return timbral, keras.Model([mel, timbral_in], [deep, tags])


def load_weights(models, prefix):
    """Fill the models' layers from the checkpoint; return (gain, offset) of the input's normalisation."""
    import numpy as np
    import tensorflow as tf

    reader = tf.train.load_checkpoint(str(prefix))
    for layer in (layer for model in models for layer in model.layers if layer.weights):
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


def folded(model, conv, bn):
    """Return (kernel, finish) of a convolution that a maximum over frequency follows.

    The kernel is negated where the scale of the normalisation is negative; `finish` is what is left to do after the
    maximum: bias, ReLU and normalisation.
    """
    import numpy as np
    import tensorflow as tf

    kernel, bias = model.get_layer(conv).get_weights()
    gamma, beta, mean, variance = model.get_layer(bn).get_weights()
    scale = gamma / np.sqrt(variance + BN_EPSILON)
    sign = np.where(scale < 0, np.float32(-1), np.float32(1))
    return kernel[:, :, 0] * sign, lambda peaks: tf.nn.relu(peaks * sign + bias) * scale + (beta - scale * mean)


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


def export(timbral, tags, *, integer_parts=INTEGER_PARTS):
    """Return the LiteRT flatbuffers (bytes) of `PARTS`, of fixed shapes so that XNNPACK runs every operation."""
    import keras
    import tensorflow as tf

    wide = []
    for conv, bn in (("conv2d", "batch_normalization_1"), ("conv2d_1", "batch_normalization_2")):
        kernel, finish = folded(timbral, conv, bn)
        wide.append((*spectral(kernel), finish))
    tall = []
    for index in (2, 3, 4):
        kernel, finish = folded(tags, f"conv2d_{index}", f"batch_normalization_{index + 1}")
        tall.append((*blocked(kernel[:, 0]), finish))
    rest = keras.Model(tags.get_layer("front").output, tags.outputs)

    def in_blocks(mel):
        return tf.reshape(tf.transpose(mel, (0, 2, 1)), (1, N_MELS, -1, BLOCK))

    def maps_of(columns, tall, first, last):
        """Return the maps of some blocks of frames; the filters' ends that would see zeros alone are left out."""
        kernel, (before, after), finish = tall
        count = columns.shape[2]
        skipped, kept = max(before - last + 1, 0), min(after, count - 1 - first) + before + 1
        start, stop = first - before + skipped, last - 1 - before + kept
        padding = (max(-start, 0), max(stop - count, 0))
        seen = tf.pad(columns[:, :, max(start, 0) : min(stop, count)], ((0, 0), (0, 0), padding, (0, 0)))
        filtered = tf.nn.conv2d(seen, kernel[None, skipped:kept], 1, "VALID")
        return finish(tf.reshape(tf.reduce_max(filtered, axis=1), (1, (last - first) * BLOCK, -1)))

    def run_timbral(spectra):
        maps = []
        for real, imaginary, cosines, sines, finish in wide:
            even, odd = (
                tf.matmul(back[None], tf.reshape(tf.matmul(filters, spectra), (1, len(filters), -1)))
                for filters, back in ((real, cosines), (imaginary, sines))
            )
            peaks = tf.reshape(tf.reduce_max(even + tf.abs(odd), axis=1), (-1, CHUNK))
            maps.append(finish(tf.transpose(peaks)))
        return tf.concat(maps, axis=1)

    def run_tall(mel):
        columns = in_blocks(mel)
        return tf.concat([maps_of(columns, one, TALL_PADDING, TALL_PADDING + TALL_BLOCKS) for one in tall[1:]], axis=2)

    def run_tallest(mel):
        columns = in_blocks(mel)
        count = columns.shape[2]
        maps = [tf.concat([maps_of(columns, tall[0], *part) for part in TALLEST_PARTS], axis=1)]
        for one in tall[1:]:
            before, after = one[1]
            ends = ((0, before), (count - after, count))
            maps.append(tf.concat([maps_of(columns, one, *part) for part in ends], axis=1))
        return maps

    def run_tags(front):
        return rest(front, training=False)

    def convert(name, function, **shapes):
        specs = [tf.TensorSpec(shape, tf.float32, name=name) for name, shape in shapes.items()]
        concrete = tf.function(function).get_concrete_function(*specs)
        converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], function)
        if name in integer_parts:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        return converter.convert()

    return (
        convert(PARTS[0], run_timbral, spectra=(N_MELS // 2 + 1, 2 * (2 * TIMBRAL_CONTEXT + 1), CHUNK)),
        convert(PARTS[1], run_tall, mel=(1, (TALL_BLOCKS + 2 * TALL_PADDING) * BLOCK, N_MELS)),
        convert(PARTS[2], run_tallest, mel=(1, N_FRAMES, N_MELS)),
        convert(PARTS[3], run_tags, front=(1, N_FRAMES, 561)),
    )


def main(argv=None):
    """Convert and write; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", type=Path, help="the downloaded wheel (default: fetched with pip)")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent.parent / "models")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        prefix, licence = unpack(options.wheel or fetch_wheel(folder), folder)
        models = build_networks()
        gain, offset = load_weights(models, prefix)
        flatbuffers = export(*models)
    card = {
        "name": "musicnn",
        "source": f"PyPI musicnn {WHEEL_VERSION}, {CHECKPOINT}",
        "source_sha256": WHEEL_SHA256,
        "licence": "ISC, (c) 2019 Music Technology Group, Universitat Pompeu Fabra; developed by Jordi Pons",
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in zip(PARTS, flatbuffers, strict=True)},
        "integer_parts": INTEGER_PARTS,
        "input": {"gain": gain, "offset": offset, "n_frames": N_FRAMES, "n_mels": N_MELS},
        "tags": TAGS,
    }
    options.out.mkdir(parents=True, exist_ok=True)
    for name, data in zip(PARTS, flatbuffers, strict=True):
        (options.out / name).write_bytes(data)
    (options.out / "musicnn.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    files = ", ".join(PARTS[:-1]) + f" and {PARTS[-1]}"
    notice = f"Notice for {files}, whose weights come from the package musicnn:\n\n"
    (options.out / "musicnn.LICENSE.md").write_text(notice + licence.strip() + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

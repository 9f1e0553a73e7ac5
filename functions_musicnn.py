"""The pretrained tagging network MSD_musicnn (Pons and Serra, ISMIR 2019 late-breaking demo).

It hears 3 s windows of a log-mel spectrogram at 16 kHz, 0.992 s apart, and gives 50 tag activations each.
"""

import contextlib
import hashlib
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from functions_audio import Cancel, Cancelled, ModelError, never

MODELS_DIR = Path(__file__).parent / "models"

# musicnn's front end (Pons and Serra, 2019)
TAG_SR = 16000
TAG_N_FFT = 512
TAG_HOP_LENGTH = 256
TAG_N_MELS = 96
WINDOW_FRAMES = 187
WINDOW_HOP_FRAMES = 62
N_DEEP = 200
TIMBRAL_CONTEXT = 3  # frames that musicnn's wide filters see to either side
TAG_FLOOR = 1e-6  # added to an activation before its logarithm
TAGS = tuple(
    "rock,pop,alternative,indie,electronic,female_vocalists,dance,00s,alternative_rock,jazz,beautiful,metal,chillout,"
    "male_vocalists,classic_rock,soul,indie_rock,mellow,electronica,80s,folk,90s,chill,instrumental,punk,oldies,blues,"
    "hard_rock,ambient,acoustic,experimental,female_vocalist,guitar,hip_hop,70s,party,country,easy_listening,sexy,"
    "catchy,funk,electro,heavy_metal,progressive_rock,60s,rnb,indie_pop,sad,house,happy".split(",")
)


@dataclass(frozen=True)
class Windows:
    """What the pretrained network says of each window.

    Parameters
    ----------
    start_s : np.ndarray, shape (n,)
        Start of each window in the recording, in seconds.
    activations : np.ndarray, shape (n, 50)
        Tag activations in [0, 1], in the order of `TAGS`.
    deep : np.ndarray, shape (n, 200)
        Units of the layer before the tags.
    """

    start_s: np.ndarray
    activations: np.ndarray
    deep: np.ndarray


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drop what native libraries write to standard error meanwhile: notes on delegates and drivers, not errors."""
    sys.stderr.flush()
    saved, sink = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(sink)


def load_litert(flatbuffer: bytes, *, threads: int = 1) -> Any:
    """Return a ready LiteRT interpreter."""
    from ai_edge_litert.interpreter import Interpreter  # loads a shared library

    with quiet_stderr():
        interpreter = Interpreter(model_content=flatbuffer, num_threads=threads)
        interpreter.allocate_tensors()
    return interpreter


class WideFilters:
    """The two wide convolutions of musicnn, with their ReLU, normalisation and maximum over frequency.

    A valid correlation along the bands is part of a circular one, so it is a product of spectra along frequency, summed
    over the seven frames that a filter sees: a quarter of the operations that the plain sum takes. The filters are
    shifted so that the valid positions lie around 0; there the way back is a sum of cosines plus, or on the other side
    of 0 minus, a sum of sines, and the greater of both sides is the cosine part plus the absolute sine part.

    Parameters
    ----------
    arrays : mapping
        ``kernel_0`` and ``kernel_1``, shapes (7, width, filters); ``bias`` of the convolutions, ``scale`` and
        ``offset`` of the normalisation, shapes (maps,).
    """

    ROWS = 32  # frames computed at once: their products fit the processor's cache

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        self._bias, self._scale, self._offset = (arrays[name] for name in ("bias", "scale", "offset"))
        # Under a negative scale the normalised maximum is that of the smallest value: of the negated filter.
        self._sign = np.where(self._scale < 0, np.float32(-1), np.float32(1))
        bins = np.arange(TAG_N_MELS // 2 + 1)
        share = np.where((bins == 0) | (bins == bins[-1]), 1.0, 2.0) / TAG_N_MELS
        filters, self._back = [], []
        for kernel, sign in zip((arrays["kernel_0"], arrays["kernel_1"]), np.split(self._sign, 2), strict=True):
            centre = (TAG_N_MELS - kernel.shape[1]) / 2
            shift = share * np.exp(2j * np.pi * bins * centre / TAG_N_MELS)
            spectrum = np.fft.rfft(kernel * sign, TAG_N_MELS, axis=1).conj() * shift[:, None]
            real, imaginary = spectrum.real, spectrum.imag
            filters.append(np.concatenate([real, -imaginary]))  # a product's real part, from real and imaginary input
            filters.append(np.concatenate([imaginary, real]))
            angle = 2 * np.pi * np.outer(np.arange(centre % 1, centre + 1), bins) / TAG_N_MELS
            self._back.append((np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)))
        self._filters = np.ascontiguousarray(np.concatenate(filters, axis=2).transpose(1, 2, 0), np.float32)

    def __call__(self, x: np.ndarray, rows: np.ndarray, *, cancelled: Cancel = never) -> np.ndarray:
        """Return the maps of some frames.

        Parameters
        ----------
        x : np.ndarray, shape (n, 96), float32
            Normalised frames.
        rows : np.ndarray of int, shape (m, 7)
            For each wanted frame the indices of the frames that its filters see; n stands for a frame of zeros.

        Returns
        -------
        np.ndarray, shape (m, maps), float32
        """
        bins, count, _ = self._filters.shape
        spectra = np.zeros((len(x) + 1, bins, 2), np.float32)
        spectra[:-1] = np.fft.rfft(x, axis=1).astype(np.complex64).view(np.float32).reshape(len(x), bins, 2)
        padded = np.pad(rows, ((0, -len(rows) % self.ROWS), (0, 0)), constant_values=len(x))
        products = np.empty((bins, count, self.ROWS), np.float32)
        split = products.reshape(bins, 4, -1)  # of the first and of the second filters: real, imaginary
        peaks = np.empty((len(padded) // self.ROWS, 2, count // 4, self.ROWS), np.float32)
        sums = [np.empty((2, len(cosines), split.shape[2]), np.float32) for cosines, _ in self._back]
        for chunk, peak in zip(padded.reshape(-1, self.ROWS, rows.shape[1]), peaks, strict=True):
            if cancelled():
                raise Cancelled("stopped")
            seen = spectra[chunk].transpose(2, 3, 1, 0).reshape(bins, -1, self.ROWS)
            np.matmul(self._filters, seen, out=products)
            for kind, ((cosines, sines), (even, odd)) in enumerate(zip(self._back, sums, strict=True)):
                np.matmul(cosines, split[:, 2 * kind], out=even)
                np.matmul(sines, split[:, 2 * kind + 1], out=odd)
                np.add(even, np.abs(odd, out=odd), out=even)
                np.max(even, axis=0, out=peak[kind].reshape(-1))
        maps = peaks.transpose(0, 3, 1, 2).reshape(len(padded), -1)[: len(rows)]
        return np.maximum(self._sign * maps + self._bias, 0) * self._scale + self._offset


class TagNetwork:
    """MSD_musicnn, with the wide convolutions shared between overlapping windows.

    The window pads with zeros, so the three frames at each of its ends are computed for themselves; all others
    are computed once for the whole recording. What follows runs in LiteRT, window by window.

    Parameters
    ----------
    folder : path-like
        Holds musicnn.json, musicnn_timbral.npz and musicnn_tags.tflite.
    threads : int
        Processor threads of the part in LiteRT; their number does not change a result.

    Raises
    ------
    ModelError
        If a file is missing or is not the one its card describes.
    """

    def __init__(self, folder: Path = MODELS_DIR, *, threads: int = 1) -> None:
        names = ("musicnn_timbral.npz", "musicnn_tags.tflite")
        try:
            self.card: dict[str, Any] = json.loads((folder / "musicnn.json").read_text(encoding="utf-8"))
            wanted = [self.card["sha256"][name] for name in names]
            timbral, tags = ((folder / name).read_bytes() for name in names)
            constants = self.card["input"]
            self._gain, self._offset = np.float32(constants["gain"]), np.float32(constants["offset"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"the pretrained network in {folder} cannot be read; install the program again") from error
        for name, data, digest in zip(names, (timbral, tags), wanted, strict=True):
            if hashlib.sha256(data).hexdigest() != digest:
                raise ModelError(f"{name} is not what musicnn.json describes; install the program again")
        with np.load(io.BytesIO(timbral), allow_pickle=False) as arrays:
            self._wide = WideFilters(arrays)
        self._tags = load_litert(tags, threads=threads)

    def __call__(self, mel: np.ndarray, *, cancelled: Cancel = never) -> tuple[np.ndarray, np.ndarray]:
        """Run the network on every window.

        Parameters
        ----------
        mel : np.ndarray, shape (frames, 96)
            Output of `functions_features.compress_mel`; window i starts at frame 62 i.

        Returns
        -------
        activations, deep : np.ndarray, shapes (windows, 50) and (windows, 200), float32
            No windows if there are fewer than 187 frames.
        """
        starts = range(0, len(mel) - WINDOW_FRAMES + 1, WINDOW_HOP_FRAMES)
        activations = np.empty((len(starts), len(TAGS)), np.float32)
        deep = np.empty((len(starts), N_DEEP), np.float32)
        if not len(starts):
            return activations, deep
        x = mel * self._gain + self._offset
        inner, edges = self._timbral_maps(x, starts, cancelled)
        context = TIMBRAL_CONTEXT
        window = np.empty((WINDOW_FRAMES, inner.shape[1]), np.float32)
        mel_in, timbral_in = sorted(self._tags.get_input_details(), key=lambda detail: detail["shape"][2])
        deep_out, tags_out = sorted(self._tags.get_output_details(), key=lambda detail: -detail["shape"][1])
        for i, start in enumerate(starts):
            if cancelled():
                raise Cancelled("stopped")
            window[:context], window[-context:] = edges[i]
            window[context:-context] = inner[start : start + WINDOW_FRAMES - 2 * context]
            self._tags.set_tensor(mel_in["index"], x[None, start : start + WINDOW_FRAMES])
            self._tags.set_tensor(timbral_in["index"], window[None])
            self._tags.invoke()
            activations[i] = self._tags.get_tensor(tags_out["index"])[0]
            deep[i] = self._tags.get_tensor(deep_out["index"])[0]
        return activations, deep

    def _timbral_maps(self, x: np.ndarray, starts: range, cancelled: Cancel) -> tuple[np.ndarray, np.ndarray]:
        """Return the maps of frames 3, 4, ... of all windows, and of the three at both ends of each window.

        Shapes (frames - 6, maps) and (windows, 2, 3, maps).
        """
        context = TIMBRAL_CONTEXT
        around = np.arange(-context, context + 1)
        inner = np.arange(context, starts[-1] + WINDOW_FRAMES - context)[:, None] + around
        ends = np.concatenate([np.arange(context), np.arange(WINDOW_FRAMES - context, WINDOW_FRAMES)])[:, None] + around
        inside = (ends >= 0) & (ends < WINDOW_FRAMES)
        edges = np.where(inside, np.array(starts)[:, None, None] + ends, len(x))
        maps = self._wide(x, np.concatenate([inner, edges.reshape(-1, len(around))]), cancelled=cancelled)
        return maps[: len(inner)], maps[len(inner) :].reshape(len(starts), 2, context, -1)


def tag_statistics(activations: np.ndarray) -> np.ndarray:
    """Return mean and population deviation over windows of ln(activation + 1e-6): (windows, 50) -> (100,), float64."""
    logs = np.log(activations.astype(np.float64) + TAG_FLOOR)
    return np.concatenate([logs.mean(axis=0), logs.std(axis=0)])

"""The pretrained tagging network MSD_musicnn (Pons and Serra, ISMIR 2019 late-breaking demo).

It hears 3 s windows of a log-mel spectrogram at 16 kHz, 0.992 s apart, and gives 50 tag activations each.
"""

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator
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
WINDOW_HOP_S = WINDOW_HOP_FRAMES * TAG_HOP_LENGTH / TAG_SR
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


class TagNetwork:
    """MSD_musicnn in LiteRT, with most convolutions shared between overlapping windows.

    The window pads with zeros, so the frames near its ends, whose filters reach beyond them, are computed for
    themselves; all others are computed once for the whole recording. `tools/convert_musicnn.py` tells what makes the
    parts fast.

    Parameters
    ----------
    folder : path-like
        Holds musicnn.json and the three networks that its `sha256` names.
    threads : int
        Processor threads of one call; their number does not change a result.

    Raises
    ------
    ModelError
        If a file is missing or is not the one its card describes.
    """

    def __init__(self, folder: Path = MODELS_DIR, *, threads: int = 1) -> None:
        names = ("musicnn_timbral.tflite", "musicnn_tall.tflite", "musicnn_tags.tflite")
        try:
            self.card: dict[str, Any] = json.loads((folder / "musicnn.json").read_text(encoding="utf-8"))
            wanted = [self.card["sha256"][name] for name in names]
            parts = [(folder / name).read_bytes() for name in names]
            constants = self.card["input"]
            self._gain, self._offset = np.float32(constants["gain"]), np.float32(constants["offset"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"the pretrained network in {folder} cannot be read; install the program again") from error
        for name, data, digest in zip(names, parts, wanted, strict=True):
            if hashlib.sha256(data).hexdigest() != digest:
                raise ModelError(f"{name} is not what musicnn.json describes; install the program again")
        self._timbral, self._tall, self._tags = (load_litert(data, threads=threads) for data in parts)

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
        timbral, edges = self._timbral_maps(x, starts, cancelled)
        context = TIMBRAL_CONTEXT
        inner = np.concatenate([timbral, self._tall_maps(x, cancelled)[context : context + len(timbral)]], axis=1)
        n_timbral = timbral.shape[1]
        window = np.zeros((WINDOW_FRAMES, inner.shape[1]), np.float32)
        mel_in, shared_in = sorted(self._tags.get_input_details(), key=lambda detail: detail["shape"][2])
        deep_out, tags_out = sorted(self._tags.get_output_details(), key=lambda detail: -detail["shape"][1])
        for i, start in enumerate(starts):
            if cancelled():
                raise Cancelled("stopped")
            window[:context, :n_timbral], window[-context:, :n_timbral] = edges[i]
            window[context:-context] = inner[start : start + WINDOW_FRAMES - 2 * context]
            self._tags.set_tensor(mel_in["index"], x[None, start : start + WINDOW_FRAMES])
            self._tags.set_tensor(shared_in["index"], window[None])
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
        maps = self._maps(x, np.concatenate([inner, edges.reshape(-1, len(around))]), cancelled)
        return maps[: len(inner)], maps[len(inner) :].reshape(len(starts), 2, context, -1)

    def _tall_maps(self, x: np.ndarray, cancelled: Cancel) -> np.ndarray:
        """Return the maps of the filters of 64 and 32 frames, shape (frames, 102), as if all frames were one window."""
        details_in, details_out = self._tall.get_input_details()[0], self._tall.get_output_details()[0]
        chunk = details_out["shape"][1]
        reach = (details_in["shape"][1] - chunk) // 2
        padded = np.pad(x, ((reach, reach + -len(x) % chunk), (0, 0)))
        out = np.empty((len(padded) - 2 * reach, details_out["shape"][2]), np.float32)
        for start in range(0, len(out), chunk):
            if cancelled():
                raise Cancelled("stopped")
            self._tall.set_tensor(details_in["index"], padded[None, start : start + chunk + 2 * reach])
            self._tall.invoke()
            out[start : start + chunk] = self._tall.get_tensor(details_out["index"])[0]
        return out[: len(x)]

    def _maps(self, x: np.ndarray, rows: np.ndarray, cancelled: Cancel) -> np.ndarray:
        """Return the maps of some frames, given the indices (m, 7) of those around each; len(x) is a frame of zeros."""
        index_in, (bins, parts, chunk) = (self._timbral.get_input_details()[0][key] for key in ("index", "shape"))
        index_out, shape_out = (self._timbral.get_output_details()[0][key] for key in ("index", "shape"))
        spectra = np.zeros((len(x) + 1, bins, 2), np.float32)
        spectra[:-1] = np.fft.rfft(x, axis=1).astype(np.complex64).view(np.float32).reshape(len(x), bins, 2)
        out = np.empty((len(rows), shape_out[1]), np.float32)
        for start in range(0, len(rows), chunk):
            if cancelled():
                raise Cancelled("stopped")
            seen = rows[start : start + chunk]
            seen = np.pad(seen, ((0, chunk - len(seen)), (0, 0)), constant_values=len(x))
            # Bins first; of each the real parts of all frames around, then the imaginary ones.
            self._timbral.set_tensor(index_in, spectra[seen].transpose(2, 3, 1, 0).reshape(bins, parts, chunk))
            self._timbral.invoke()
            part = out[start : start + chunk]
            part[:] = self._timbral.get_tensor(index_out)[: len(part)]
        return out


def tag_statistics(activations: np.ndarray) -> np.ndarray:
    """Return mean and population deviation over windows of ln(activation + 1e-6): (windows, 50) -> (100,), float64."""
    logs = np.log(activations.astype(np.float64) + TAG_FLOOR)
    return np.concatenate([logs.mean(axis=0), logs.std(axis=0)])

"""The pretrained tagging network MSD_musicnn (Pons and Serra, ISMIR 2019 late-breaking demo).

It hears 3 s windows of a log-mel spectrogram at 16 kHz and gives 50 tag activations each; a `WindowGrid` says where
the windows lie.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from musicgenre.errors import ModelError
from musicgenre.litert import MODELS_DIR, load_litert
from musicgenre.task import UNATTENDED, Task

# musicnn's front end (Pons and Serra, 2019)
TAG_SR = 16000

TAG_N_FFT = 512

TAG_HOP_LENGTH = 256

TAG_N_MELS = 96

WINDOW_FRAMES = 187

# Every 62, 124 or 186 frames make no measurable difference to the genres of 20 s and 30 s of music; fewer cost less.
WINDOW_HOP_FRAMES = 124

LEAST_WINDOWS = 4  # of a section, as long as they lie CLOSEST_HOP_FRAMES apart or more: their deviation is a feature

CLOSEST_HOP_FRAMES = 62

WINDOW_STARTS = (
    "i * rest // (n - 1) for i = 0 ... n - 1, where rest = frames - window_frames "
    "and n = 1 + max(ceil(rest / window_hop_frames), min(rest // closest_hop_frames, least_windows - 1))"
)

N_DEEP = 200

N_TIMBRAL, N_TALL = 408, 51  # maps of the wide filters, and of each height of tall ones

SHARED_TIME = 0.6  # of the network's time goes into filters that windows share
TIMBRAL_CONTEXT = 3  # frames that musicnn's wide filters see to either side

TAG_FLOOR = 1e-6  # added to an activation before its logarithm

TAGS = tuple(
    "rock,pop,alternative,indie,electronic,female_vocalists,dance,00s,alternative_rock,jazz,beautiful,metal,chillout,"
    "male_vocalists,classic_rock,soul,indie_rock,mellow,electronica,80s,folk,90s,chill,instrumental,punk,oldies,blues,"
    "hard_rock,ambient,acoustic,experimental,female_vocalist,guitar,hip_hop,70s,party,country,easy_listening,sexy,"
    "catchy,funk,electro,heavy_metal,progressive_rock,60s,rnb,indie_pop,sad,house,happy".split(",")
)


@dataclass(frozen=True)
class WindowGrid:
    """Where the network's windows lie in a section; part of what defines the features.

    Parameters
    ----------
    hop_frames : int
        Frames from one window to the next, at most.
    spread : bool
        Evenly from the first frame to the last, as `WINDOW_STARTS` says; otherwise from the first frame on, as many as
        fit, which is how tables and cards mean it that name no rule.
    """

    hop_frames: int = WINDOW_HOP_FRAMES
    spread: bool = True

    def starts(self, frames: int) -> np.ndarray:
        """Return the first frame of each window of a section, shape (windows,); none below 187 frames."""
        rest = frames - WINDOW_FRAMES
        if rest < 0:
            return np.empty(0, np.int64)
        if not self.spread:
            return np.arange(0, rest + 1, self.hop_frames)
        gaps = max(-(-rest // self.hop_frames), min(rest // CLOSEST_HOP_FRAMES, LEAST_WINDOWS - 1))
        return np.arange(gaps + 1) * rest // max(gaps, 1)

    def constants(self) -> dict[str, Any]:
        """Return what tables and cards say of the windows."""
        stated: dict[str, Any] = {"window_frames": WINDOW_FRAMES, "window_hop_frames": self.hop_frames}
        if self.spread:
            stated |= {
                "window_starts": WINDOW_STARTS,
                "least_windows": LEAST_WINDOWS,
                "closest_hop_frames": CLOSEST_HOP_FRAMES,
            }
        return stated

    @classmethod
    def from_constants(cls, stated: Mapping[str, Any]) -> "WindowGrid":
        """Return the grid that constants name; raise `ModelError` if they name none that this program knows."""
        grid = cls(stated.get("window_hop_frames", OLD_GRID.hop_frames), "window_starts" in stated)
        known = type(grid.hop_frames) is int and 1 <= grid.hop_frames <= WINDOW_FRAMES
        if not known or any(stated.get(name, value) != value for name, value in grid.constants().items()):
            raise ModelError("the windows are those of another version of the program")
        return grid


OLD_GRID = WindowGrid(CLOSEST_HOP_FRAMES, spread=False)  # of tables and cards that say nothing


@dataclass(frozen=True)
class Windows:
    """What the pretrained network says of each window.

    Parameters
    ----------
    start_s : np.ndarray, shape (n,)
        Start of each window in the recording, in seconds.
    centre_s : np.ndarray, shape (n,)
        Its middle; a window may reach over a silence that was taken out.
    activations : np.ndarray, shape (n, 50)
        Tag activations in [0, 1], in the order of `TAGS`.
    deep : np.ndarray, shape (n, 200)
        Units of the layer before the tags.
    """

    start_s: np.ndarray
    centre_s: np.ndarray
    activations: np.ndarray
    deep: np.ndarray

    def where(self, chosen: np.ndarray) -> "Windows":
        """Return some of the windows: those of a mask, shape (n,), or of indices."""
        return Windows(self.start_s[chosen], self.centre_s[chosen], self.activations[chosen], self.deep[chosen])


def _by_length(interpreter: Any) -> list[int]:
    """Return the indices of a network's outputs, that of the longest second axis first."""
    details = sorted(interpreter.get_output_details(), key=lambda detail: -detail["shape"][1])
    return [detail["index"] for detail in details]


class TagNetwork:
    """MSD_musicnn in LiteRT, with most convolutions shared between overlapping windows.

    The window pads with zeros, so the frames near its ends, whose filters reach beyond them, are computed for
    themselves; all others are computed once for the whole recording. `tools/convert_musicnn.py` tells what makes the
    parts fast, and which of them calculate in integers.

    Parameters
    ----------
    folder : path-like
        Holds musicnn.json and the networks that its `sha256` names.
    threads : int
        Processor threads of one call; their number does not change a result.

    Raises
    ------
    ModelError
        If a file is missing or is not the one its card describes.
    """

    def __init__(self, folder: Path = MODELS_DIR, *, threads: int = 1) -> None:
        names = [f"musicnn_{part}.tflite" for part in ("timbral", "tall", "tallest", "tags")]
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
        self._timbral, self._tall, self._tallest, self._tags = (load_litert(data, threads=threads) for data in parts)

    def __call__(
        self, mel: np.ndarray, *, starts: Sequence[int] | np.ndarray | None = None, task: Task = UNATTENDED
    ) -> tuple[np.ndarray, np.ndarray]:
        """Run the network on some windows.

        Parameters
        ----------
        mel : np.ndarray, shape (frames, 96)
            Output of `features.spectral.compress_mel`.
        starts : sequence of int, shape (windows,)
            The first frame of each window, ascending; those of a `WindowGrid()` if left out.

        Returns
        -------
        activations, deep : np.ndarray, shapes (windows, 50) and (windows, 200), float32
            No windows if there are fewer than 187 frames.
        """
        starts = np.asarray(WindowGrid().starts(len(mel)) if starts is None else starts)
        activations = np.empty((len(starts), len(TAGS)), np.float32)
        deep = np.empty((len(starts), N_DEEP), np.float32)
        if not len(starts):
            return activations, deep
        x = mel * self._gain + self._offset
        timbral, edges = self._timbral_maps(x, starts, task)
        context = TIMBRAL_CONTEXT
        tall = self._tall_maps(x, task)
        front = np.empty((WINDOW_FRAMES, N_TIMBRAL + 3 * N_TALL), np.float32)
        wide, tallest, shared = np.split(front, [N_TIMBRAL, N_TIMBRAL + N_TALL], axis=1)
        mel_in, front_in = (part.get_input_details()[0]["index"] for part in (self._tallest, self._tags))
        maps_out, *ends_out = _by_length(self._tallest)
        deep_out, tags_out = _by_length(self._tags)
        for i, start in enumerate(starts):
            task.check()
            task.report("analyse", SHARED_TIME + (1 - SHARED_TIME) * i / len(starts))
            self._tallest.set_tensor(mel_in, x[None, start : start + WINDOW_FRAMES])
            self._tallest.invoke()
            wide[:context], wide[-context:] = edges[i]
            wide[context:-context] = timbral[start : start + WINDOW_FRAMES - 2 * context]
            tallest[:] = self._tallest.get_tensor(maps_out)[0]
            shared[:] = tall[start : start + WINDOW_FRAMES]
            for output, columns in zip(ends_out, np.split(shared, 2, axis=1), strict=True):
                first, last = np.split(self._tallest.get_tensor(output)[0], 2)
                columns[: len(first)], columns[-len(last) :] = first, last
            self._tags.set_tensor(front_in, front[None])
            self._tags.invoke()
            activations[i] = self._tags.get_tensor(tags_out)[0]
            deep[i] = self._tags.get_tensor(deep_out)[0]
        return activations, deep

    def _timbral_maps(self, x: np.ndarray, starts: np.ndarray, task: Task) -> tuple[np.ndarray, np.ndarray]:
        """Return the maps of frames 3, 4, ... of all windows, and of the three at both ends of each window.

        Shapes (frames - 6, maps) and (windows, 2, 3, maps).
        """
        context = TIMBRAL_CONTEXT
        around = np.arange(-context, context + 1)
        inner = np.arange(context, starts[-1] + WINDOW_FRAMES - context)[:, None] + around
        ends = np.concatenate([np.arange(context), np.arange(WINDOW_FRAMES - context, WINDOW_FRAMES)])[:, None] + around
        inside = (ends >= 0) & (ends < WINDOW_FRAMES)
        edges = np.where(inside, starts[:, None, None] + ends, len(x))
        rows = np.concatenate([inner, edges.reshape(-1, len(around))])
        maps = self._maps(x, rows, len(inner), task)
        return maps[: len(inner)], maps[len(inner) :].reshape(len(starts), 2, context, -1)

    def _tall_maps(self, x: np.ndarray, task: Task) -> np.ndarray:
        """Return the maps of the filters of 64 and 32 frames, shape (frames, 102), as if all frames were one window."""
        details_in, details_out = self._tall.get_input_details()[0], self._tall.get_output_details()[0]
        chunk = details_out["shape"][1]
        reach = (details_in["shape"][1] - chunk) // 2
        padded = np.pad(x, ((reach, reach + -len(x) % chunk), (0, 0)))
        out = np.empty((len(padded) - 2 * reach, details_out["shape"][2]), np.float32)
        for start in range(0, len(out), chunk):
            task.check()
            self._tall.set_tensor(details_in["index"], padded[None, start : start + chunk + 2 * reach])
            self._tall.invoke()
            out[start : start + chunk] = self._tall.get_tensor(details_out["index"])[0]
        return out[: len(x)]

    def _maps(self, x: np.ndarray, rows: np.ndarray, consecutive: int, task: Task) -> np.ndarray:
        """Return the maps of some frames, given the indices (m, 7) of those around each; len(x) is a frame of zeros.

        Of the first `consecutive` rows, row i is i, i + 1, ..., i + 6.
        """
        index_in, (bins, parts, chunk) = (self._timbral.get_input_details()[0][key] for key in ("index", "shape"))
        index_out, shape_out = (self._timbral.get_output_details()[0][key] for key in ("index", "shape"))
        spectra = np.zeros((bins, 2, len(x) + 1), np.float32)
        spectra[:, :, :-1] = (
            np.fft.rfft(x, axis=1).astype(np.complex64).view(np.float32).reshape(-1, bins, 2).transpose(1, 2, 0)
        )
        runs = sliding_window_view(spectra, chunk, axis=2)
        out = np.empty((len(rows), shape_out[1]), np.float32)
        for start in range(0, len(rows), chunk):
            task.check()
            task.report("analyse", SHARED_TIME * start / len(rows))
            seen = rows[start : start + chunk]
            # Bins first; of each the real parts of all frames around, then the imaginary ones.
            if start + chunk <= consecutive:  # a view costs a tenth of a selection
                around = runs[:, :, start : start + seen.shape[1]]
            else:
                seen = np.pad(seen, ((0, chunk - len(seen)), (0, 0)), constant_values=len(x))
                around = np.take(spectra, seen.T, axis=2)
            self._timbral.set_tensor(index_in, around.reshape(bins, parts, chunk))
            self._timbral.invoke()
            part = out[start : start + chunk]
            part[:] = self._timbral.get_tensor(index_out)[: len(part)]
        return out


MUSICNN_FAMILIES = ("musicnn", "musicnn_deep")  # the feature families that are statistics over windows


def statistics_of(windows: Windows, family: str) -> np.ndarray:
    """Summarise windows as a row of a feature family: mean and population standard deviation over the windows.

    Parameters
    ----------
    windows : Windows
        At least one; those of a recording or, by `Windows.where`, of a part of it.
    family : str
        ``musicnn``: of ln(activation + 1e-6), 50 means and 50 deviations. ``musicnn_deep``: of ln(1 + max(unit, 0)),
        200 means and 200 deviations; the logarithm keeps a few very active units from deciding alone.

    Returns
    -------
    np.ndarray, shape (columns of the family,), float64
    """
    if family == "musicnn":
        logs = np.log(windows.activations.astype(np.float64) + TAG_FLOOR)
    else:
        logs = np.log1p(np.maximum(windows.deep.astype(np.float64), 0))
    return np.concatenate([logs.mean(axis=0), logs.std(axis=0)])

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

from musicgenre.errors import ModelError
from musicgenre.litert import MODELS_DIR, load_litert
from musicgenre.task import UNATTENDED, Task

# musicnn's front end (Pons and Serra, 2019)
TAG_SR = 16000

TAG_N_FFT = 512

TAG_HOP_LENGTH = 256

TAG_N_MELS = 96

WINDOW_FRAMES = 187

WINDOW_HOP_FRAMES = 62

# Of a grid that is spread:
LEAST_WINDOWS = 4  # of a section, as long as they lie CLOSEST_HOP_FRAMES apart or more: their deviation is a feature

CLOSEST_HOP_FRAMES = 62

WINDOW_STARTS = (
    "i * rest // (n - 1) for i = 0 ... n - 1, where rest = frames - window_frames "
    "and n = 1 + max(ceil(rest / window_hop_frames), min(rest // closest_hop_frames, least_windows - 1))"
)

N_DEEP = 200

NETWORK = "musicnn.tflite"

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
        fit. Tables and cards that name no rule mean that, and those that name no hop mean `WindowGrid()`.
    """

    hop_frames: int = WINDOW_HOP_FRAMES
    spread: bool = False

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
        grid = cls(stated.get("window_hop_frames", WINDOW_HOP_FRAMES), "window_starts" in stated)
        known = type(grid.hop_frames) is int and 1 <= grid.hop_frames <= WINDOW_FRAMES
        if not known or any(stated.get(name, value) != value for name, value in grid.constants().items()):
            raise ModelError("the windows are those of another version of the program")
        return grid


FEWER_WINDOWS = WindowGrid(124, spread=True)  # half as many; docs/scale.md tells what they save, and what they change


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


class TagNetwork:
    """MSD_musicnn in LiteRT; `tools/convert_musicnn.py` tells what makes it fast.

    Parameters
    ----------
    folder : path-like
        Holds musicnn.json and the network that it describes.
    threads : int
        Processor threads of one call; their number does not change a result.

    Raises
    ------
    ModelError
        If a file is missing or is not the one its card describes.
    """

    def __init__(self, folder: Path = MODELS_DIR, *, threads: int = 1) -> None:
        try:
            digest = json.loads((folder / "musicnn.json").read_text(encoding="utf-8"))["sha256"][NETWORK]
            data = (folder / NETWORK).read_bytes()
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"the pretrained network in {folder} cannot be read; install the program again") from error
        if hashlib.sha256(data).hexdigest() != digest:
            raise ModelError(f"{NETWORK} is not what musicnn.json describes; install the program again")
        self._network = load_litert(data, threads=threads)
        self._input = self._network.get_input_details()[0]["index"]
        outputs = {int(detail["shape"][-1]): detail["index"] for detail in self._network.get_output_details()}
        self._tags, self._deep = outputs[len(TAGS)], outputs[N_DEEP]

    def __call__(
        self, mel: np.ndarray, *, starts: Sequence[int] | np.ndarray | None = None, task: Task = UNATTENDED
    ) -> tuple[np.ndarray, np.ndarray]:
        """Run the network on some windows.

        Parameters
        ----------
        mel : np.ndarray, shape (frames, 96)
            Output of `features.spectral.compress_mel`.
        starts : sequence of int, shape (windows,)
            The first frame of each window; those of a `WindowGrid()` if left out.

        Returns
        -------
        activations, deep : np.ndarray, shapes (windows, 50) and (windows, 200), float32
            No windows if there are fewer than 187 frames.
        """
        starts = np.asarray(WindowGrid().starts(len(mel)) if starts is None else starts)
        activations = np.empty((len(starts), len(TAGS)), np.float32)
        deep = np.empty((len(starts), N_DEEP), np.float32)
        for i, start in enumerate(starts):
            task.check()
            task.report("analyse", i / len(starts))
            self._network.set_tensor(self._input, np.ascontiguousarray(mel[None, start : start + WINDOW_FRAMES]))
            self._network.invoke()
            activations[i] = self._network.get_tensor(self._tags)[0]
            deep[i] = self._network.get_tensor(self._deep)[0]
        return activations, deep


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

"""Feature families: their columns, and the constants of the extractor that define them."""

from collections.abc import Sequence
from typing import Any

from musicgenre.audio.recording import (
    MAX_SECTIONS,
    MIN_SECTIONS,
    SECONDS_PER_SECTION,
    SECTION_S,
    WHOLE_UP_TO_S,
    Level,
)
from musicgenre.errors import ModelError
from musicgenre.features.musicnn import (
    MUSICNN_FAMILIES,
    N_DEEP,
    TAG_HOP_LENGTH,
    TAG_N_FFT,
    TAG_N_MELS,
    TAG_SR,
    TAGS,
    WindowGrid,
)
from musicgenre.features.sound_statistics import SIGNAL_COLUMNS

# librosa's defaults
SR = 22050

N_FFT = 2048

HOP_LENGTH = 512

N_MELS = 128

N_MFCC = 30

N_CHROMA = 12

ROLL_PERCENT = 0.85

TOP_DB = 80.0

TEMPO_WINDOW = int(8.0 * SR / HOP_LENGTH)  # frames in 8 s of onset strength

TEMPO_START_BPM, TEMPO_MAX_BPM = 120.0, 320.0


def _numbered(name: str, count: int, digits: int = 2) -> tuple[str, ...]:
    """Return name_01 ... name_<count>."""
    return tuple(f"{name}_{i:0{digits}d}" for i in range(1, count + 1))


# family -> its columns, in the order of its CSV file
FAMILIES: dict[str, tuple[str, ...]] = {
    "mfcc": _numbered("mfcc_mean", N_MFCC) + _numbered("mfcc_std", N_MFCC),
    "chroma": _numbered("chroma_mean", N_CHROMA) + _numbered("chroma_std", N_CHROMA),
    "tempo": ("tempo_bpm",),
    "zcr": ("zcr_mean", "zcr_std"),
    "rolloff": ("rolloff_mean_hz", "rolloff_std_hz"),
    "centroid": ("centroid_mean_hz", "centroid_std_hz"),
    "musicnn": tuple(f"tag_mean_{tag}" for tag in TAGS) + tuple(f"tag_std_{tag}" for tag in TAGS),
    "musicnn_deep": _numbered("deep_mean", N_DEEP, 3) + _numbered("deep_std", N_DEEP, 3),
    "signal": SIGNAL_COLUMNS,
}

EARLIER_WHOLE_UP_TO_S = (45.0,)  # what was analysed whole before
NETWORK_LEVEL_DBFS = -16.0  # the median level of GTZAN's training clips: 12 dB less cost 20 points of accuracy

SPECTRAL_FAMILIES = frozenset({"mfcc", "chroma", "tempo", "zcr", "rolloff", "centroid"})


def extractor_constants(grid: WindowGrid | None = None) -> dict[str, Any]:
    """Return what defines the features' values; stored in tables and cards, and compared when they are read."""
    grid = grid or WindowGrid()
    return {
        "librosa": {"sr": SR, "n_fft": N_FFT, "hop_length": HOP_LENGTH, "n_mels": N_MELS, "n_mfcc": N_MFCC},
        "musicnn": {
            "sr": TAG_SR,
            "n_fft": TAG_N_FFT,
            "hop_length": TAG_HOP_LENGTH,
            "n_mels": TAG_N_MELS,
            **grid.constants(),
            "window": "hann",
        },
        "sections": {
            "whole_up_to_s": WHOLE_UP_TO_S,
            "section_s": SECTION_S,
            "every_s": SECONDS_PER_SECTION,
            "at_least": MIN_SECTIONS,
            "at_most": MAX_SECTIONS,
        },
        "version": 1,
    }


def grid_of(constants: Any) -> WindowGrid:
    """Return the windows that a table's or a card's constants name.

    Tables and models of `EARLIER_WHOLE_UP_TO_S` stay good: these have the same features for the clips they are made of.

    Raises
    ------
    ModelError
        If anything in the constants is not what this program computes.
    """
    try:
        grid = WindowGrid.from_constants(constants["musicnn"])
        whole = {**constants, "musicnn": {**grid.constants(), **constants["musicnn"]}}
        if constants["sections"]["whole_up_to_s"] in EARLIER_WHOLE_UP_TO_S:
            whole["sections"] = {**constants["sections"], "whole_up_to_s": WHOLE_UP_TO_S}
    except (KeyError, TypeError, AttributeError) as error:
        raise ModelError("the features are those of another version of the program") from error
    if whole != extractor_constants(grid):
        raise ModelError("the features are those of another version of the program")
    return grid


def columns_of(families: Sequence[str]) -> list[str]:
    """Return the columns of some families in order; raise `ModelError` for an unknown family."""
    unknown = [family for family in families if family not in FAMILIES]
    if unknown:
        raise ModelError(f"there is no feature family {unknown[0]!r}; choose from {', '.join(FAMILIES)}")
    return [column for family in families for column in FAMILIES[family]]


def families_at_level(families: Sequence[str]) -> tuple[str, ...]:
    """Return the families that the level of a table or a model is for: the pretrained network's, which hears levels.

    The others are of the recording as it is, unless they stand alone and a level is asked for.
    """
    return tuple(family for family in families if family in MUSICNN_FAMILIES) or tuple(families)


def default_level(families: Sequence[str]) -> Level | None:
    """Return the level that recordings are brought to for some families."""
    return None if set(MUSICNN_FAMILIES).isdisjoint(families) else Level(NETWORK_LEVEL_DBFS)

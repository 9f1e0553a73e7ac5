"""A song's spectra on the disk, about 0.4 MB: what its pictures are drawn from when its sound is gone."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from musicgenre.files import write_atomic

if TYPE_CHECKING:
    from musicgenre.plots.spectra import SongSpectra

_BYTES = {"mel_db": (-80.0, 0.0), "power_db": (-80.0, 0.0), "chroma": (0.0, 1.0), "tempogram": (0.0, 1.0)}


def save_spectra(path: Path, song: "SongSpectra") -> None:
    """Write a song's spectra, images as one byte a value, to a temporary name and rename it."""
    import numpy as np

    arrays: dict[str, Any] = {
        "title": np.array(song.title),
        "numbers": np.array([song.duration_s, song.level_dbfs, song.tempo_bpm]),
        "spans": np.array([(part.start_s, part.end_s) for part in song.parts]),
    }
    for name in ("mel_hz", "power_hz", "tempogram_bpm"):
        arrays[name] = getattr(song, name)
    for i, part in enumerate(song.parts):
        for name, (low, high) in _BYTES.items():
            values = (getattr(part, name) - low) / (high - low)
            arrays[f"{name}_{i}"] = np.round(255 * np.clip(values, 0, 1)).astype(np.uint8)
        arrays[f"wave_{i}"] = part.wave.astype(np.float16)
        arrays[f"rolloff_hz_{i}"] = part.rolloff_hz.astype(np.float32)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_atomic(path, buffer.getvalue())


def load_spectra(path: Path) -> "SongSpectra":
    """Read what `save_spectra` wrote.

    Raises
    ------
    OSError, ValueError, KeyError
        If it is not that.
    """
    import numpy as np

    from musicgenre.plots.spectra import SongSpectra, SpectraPart

    with np.load(path, allow_pickle=False) as data:
        parts = []
        for i, (start, end) in enumerate(data["spans"].tolist()):
            values = {
                name: (data[f"{name}_{i}"] / np.float32(255) * (high - low) + low)
                for name, (low, high) in _BYTES.items()
            }
            values |= {"wave": data[f"wave_{i}"].astype(np.float32), "rolloff_hz": data[f"rolloff_hz_{i}"]}
            parts.append(SpectraPart(start_s=start, end_s=end, **values))
        duration, level, tempo = data["numbers"].tolist()
        mel, power, bpm = (data[name] for name in ("mel_hz", "power_hz", "tempogram_bpm"))
        return SongSpectra(str(data["title"]), duration, level, tempo, mel, power, bpm, tuple(parts))

"""Samples -> features: the only extractor, used by 00, 03 and 04."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from musicgenre.audio.recording import WINDOW_S, Clip, gain_to, resample, scaled
from musicgenre.cpu import keep_freed_memory, one_blas_thread
from musicgenre.features.families import FAMILIES, SPECTRAL_FAMILIES, SR, columns_of
from musicgenre.features.musicnn import (
    MUSICNN_FAMILIES,
    TAG_HOP_LENGTH,
    TAG_N_FFT,
    TAG_N_MELS,
    TAG_SR,
    TagNetwork,
    WindowGrid,
    Windows,
    statistics_of,
)
from musicgenre.features.sound_statistics import LEVEL, signal_statistics
from musicgenre.features.spectral import compress_mel, frame_features, mel_power, power_spectrogram, tempo_bpm
from musicgenre.features.tempo import tempo_from_mels
from musicgenre.task import UNATTENDED, Task


@dataclass(frozen=True)
class Features:
    """What was computed of a recording.

    Parameters
    ----------
    values : mapping
        Its columns.
    windows : Windows, optional
        What is behind them where the network ran.
    tempo_bpm : float, optional
        From `features.tempo`, where a family at 16 kHz was asked for; None also where no beat is clear.
    """

    values: dict[str, float]
    windows: Windows | None
    tempo_bpm: float | None = None


def extract(
    clips: Sequence[Clip],
    families: Sequence[str],
    *,
    network: TagNetwork | None = None,
    grid: WindowGrid | None = None,
    gain: float = 1.0,
    gain_for: Collection[str] = MUSICNN_FAMILIES,
    task: Task = UNATTENDED,
) -> Features:
    """Compute the columns of some families for one recording.

    Parameters
    ----------
    clips : sequence of Clip
        The analysed sections.
    families : sequence of str
        Keys of `FAMILIES`.
    network : TagNetwork
        Needed for the families of the pretrained network.
    grid : WindowGrid
        Where the network's windows lie, if not as in new tables.
    gain : float
        Factor of the samples (see `audio.recording.gain_to`) for the families in `gain_for`.
    gain_for : collection of str
        See `families.families_at_level`.

    Raises
    ------
    ModelError
        For an unknown family.
    Cancelled
        If the task was cancelled.
    """
    names = columns_of(families)
    keep_freed_memory()
    with one_blas_thread():  # the same digits in every run
        spectral = [family for family in families if family in SPECTRAL_FAMILIES]
        values = _spectral_rows(scaled(clips, gain if set(spectral) & set(gain_for) else 1.0), spectral, task)
        windows = tempo = None
        if not SPECTRAL_FAMILIES.issuperset(families):
            rows, windows, tempo = _rows_16k(scaled(clips, gain), families, network, grid or WindowGrid(), task)
            for family in rows.keys() & set(families):
                values.update(zip(FAMILIES[family], rows[family].tolist(), strict=True))
    return Features({name: values[name] for name in names if name in values}, windows, tempo)


def _spectral_rows(clips: Sequence[Clip], families: Sequence[str], task: Task) -> dict[str, float]:
    """Return the columns of the spectral families, over the frames of all clips."""
    values: dict[str, float] = {}
    parts = []
    for clip in clips if families else ():
        task.check()
        parts.append(frame_features(resample(clip, SR), families))
    for family in families:
        if family == "tempo":
            weights = [len(clip.samples) for clip in clips]
            row = np.array([tempo_bpm(np.average([part["tempo"] for part in parts], axis=0, weights=weights))])
        else:
            frames = np.concatenate([part[family] for part in parts])
            row = np.concatenate([frames.mean(axis=0, dtype=np.float64), frames.std(axis=0, dtype=np.float64)])
        values.update(zip(FAMILIES[family], row.tolist(), strict=True))
    return values


def _rows_16k(
    clips: Sequence[Clip], families: Sequence[str], network: TagNetwork | None, grid: WindowGrid, task: Task
) -> tuple[dict[str, np.ndarray], Windows | None, float | None]:
    """Return the rows of the families at 16 kHz, which share one transform, the network's windows, and the tempo."""
    gain = np.float32(gain_to(clips, LEVEL))
    tagged = not set(MUSICNN_FAMILIES).isdisjoint(families)
    network = (network or TagNetwork()) if tagged else None
    starts, centres, activations, deep, signal, mels = [], [], [], [], [], []
    for i, clip in enumerate(clips):
        task.check()
        y = resample(clip, TAG_SR)
        power = power_spectrogram(y, n_fft=TAG_N_FFT, hop_length=TAG_HOP_LENGTH)
        mel = mel_power(power, sr=TAG_SR, n_fft=TAG_N_FFT, n_mels=TAG_N_MELS)
        mels.append(mel)
        if network is not None:
            firsts = grid.starts(len(mel))
            tags, units = network(
                compress_mel(mel), starts=firsts, task=task.part(i / len(clips), (i + 1) / len(clips))
            )
            seconds = firsts * TAG_HOP_LENGTH / TAG_SR
            starts.append(clip.at(seconds))
            centres.append(clip.at(seconds + WINDOW_S / 2))
            activations.append(tags)
            deep.append(units)
        if "signal" in families:
            signal.append(signal_statistics(y * gain, power * gain**2, mel * gain**2))
    rows = {}
    if signal:
        rows["signal"] = np.average(signal, axis=0, weights=[len(clip.samples) for clip in clips])
    windows = None
    if tagged:
        windows = Windows(*map(np.concatenate, (starts, centres, activations, deep)))
        if len(windows.start_s):
            rows |= {family: statistics_of(windows, family) for family in MUSICNN_FAMILIES}
    return rows, windows, tempo_from_mels(mels, frame_rate=TAG_SR / TAG_HOP_LENGTH)

"""Recording -> the numbers behind a song's pictures: spectra reduced to no more columns than a picture has pixels.

Conventions
-----------
A recording's analysed sections stay apart: each is a `SpectraPart` with its own place in the song.
Arrays are (rows, columns), rows from low to high, columns in time. Levels are in dB below the loudest
value of the recording. The tempo is the one of the feature table.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from musicgenre.audio.recording import WINDOW_S, Clip, Recording, level_dbfs, resample
from musicgenre.audio.silence import SILENT_DBFS, Stretch
from musicgenre.audio.sounding import sounding_parts
from musicgenre.errors import AudioError
from musicgenre.features.families import HOP_LENGTH, N_FFT, N_MELS, SR, TEMPO_WINDOW, TOP_DB
from musicgenre.features.spectral import (
    chroma_filterbank,
    estimate_tuning,
    mel_filterbank,
    onset_strength,
    power_spectrogram,
    power_to_db,
    tempo_bpm,
    tempogram_mean,
)
from musicgenre.task import UNATTENDED, Task

MAX_COLUMNS = 1200  # of all parts of a recording together; pictures are about a thousand pixels wide

MIN_COLUMNS = 16  # of each part

BLOCK_FRAMES = 1292  # transformed at a time (30 s), which bounds the memory

POWER_ROWS, POWER_LOW_HZ = 240, 32.0  # logarithmic frequency axis of the power spectrogram

TEMPO_ROWS, TEMPO_LOW_BPM, TEMPO_HIGH_BPM = 160, 30.0, 320.0  # logarithmic tempo axis of the tempogram

ROLLOFF_HIGH, ROLLOFF_LOW = 0.99, 0.01  # shares of the magnitude below the two rolloff lines


@dataclass(frozen=True)
class SpectraPart:
    """One analysed section.

    Parameters
    ----------
    start_s, end_s : float
        Its place in the recording, in seconds.
    wave : np.ndarray, shape (2, columns)
        Lowest and highest sample of each column.
    mel_db : np.ndarray, shape (128, columns)
        Mel spectrogram, 0 to -80 dB.
    power_db : np.ndarray, shape (240, columns)
        Power spectrogram on a logarithmic frequency axis, 0 to -80 dB.
    chroma : np.ndarray, shape (12, columns)
        Strength of the pitch classes from C, 0 to 1.
    tempogram : np.ndarray, shape (160, columns)
        Autocorrelation of the onset strength on a logarithmic tempo axis, 0 to 1.
    rolloff_hz : np.ndarray, shape (2, columns)
        Frequencies below which 99 % and 1 % of the magnitude lie; NaN in silence.
    """

    start_s: float
    end_s: float
    wave: np.ndarray
    mel_db: np.ndarray
    power_db: np.ndarray
    chroma: np.ndarray
    tempogram: np.ndarray
    rolloff_hz: np.ndarray


@dataclass(frozen=True)
class SongSpectra:
    """What the pictures of a song show.

    Parameters
    ----------
    title : str
        Untrusted text.
    duration_s : float
        Of the whole recording.
    level_dbfs : float
        RMS level of what sounds in the analysed parts; if nothing does, of all of them: -inf for digital silence.
    tempo_bpm : float
        NaN if there is no beat to measure (silence, less than 3 s).
    mel_hz, power_hz, tempogram_bpm : np.ndarray
        What the rows of `mel_db`, `power_db` and `tempogram` stand for.
    parts : tuple of SpectraPart
        In the order of time.
    """

    title: str
    duration_s: float
    level_dbfs: float
    tempo_bpm: float
    mel_hz: np.ndarray
    power_hz: np.ndarray
    tempogram_bpm: np.ndarray
    parts: tuple[SpectraPart, ...]


def song_spectra(recording: Recording, *, task: Task = UNATTENDED) -> SongSpectra:
    """Compute the pictures' numbers for a recording.

    Raises
    ------
    AudioError
        If the recording holds no sample.
    Cancelled
        If the task was cancelled.
    """
    clips = sorted((clip for clip in recording.clips if len(clip.samples)), key=lambda clip: clip.start_s)
    if not clips:
        raise AudioError(f"{recording.title!r} holds no sound to draw; give a longer part of it")
    total_s = sum(clip.duration_s for clip in clips)
    parts, tempograms = [], []
    for clip in clips:
        columns = max(int(MAX_COLUMNS * clip.duration_s / total_s), MIN_COLUMNS)
        part, tempogram = _part(clip, columns, task)
        parts.append(part)
        tempograms.append(tempogram)
    sound = sounding_parts(recording)
    level = level_dbfs(sound.clips or clips)
    if sound.silent and sound.clips:
        tempograms = [tempogram_mean(_onset(resample(clip, SR))) for clip in sound.clips]
        parts = [_silenced(part, sound.silent) for part in parts]
    tempo = math.nan
    if level > SILENT_DBFS and (sound.duration_s or total_s) >= WINDOW_S and any(mean.any() for mean in tempograms):
        weights = [len(clip.samples) for clip in sound.clips or clips]
        tempo = tempo_bpm(np.average(tempograms, axis=0, weights=weights))
    return SongSpectra(
        recording.title,
        max(recording.duration_s, clips[-1].end_s),
        level,
        tempo,
        _mel_centres(),
        np.geomspace(POWER_LOW_HZ, SR / 2, POWER_ROWS),
        np.geomspace(TEMPO_LOW_BPM, TEMPO_HIGH_BPM, TEMPO_ROWS),
        tuple(_below_maximum(parts)),
    )


def _onset(y: np.ndarray) -> np.ndarray:
    """Return the onset strength of samples at 22050 Hz, shape (frames,)."""
    power = power_spectrogram(y, n_fft=N_FFT, hop_length=HOP_LENGTH)
    return onset_strength(power_to_db(power @ mel_filterbank(SR, N_FFT, N_MELS)))


def _silenced(part: SpectraPart, silent: tuple[Stretch, ...]) -> SpectraPart:
    """Return a part without notes and beats in its silence."""

    def where(columns: int) -> np.ndarray:
        time = part.start_s + (np.arange(columns) + 0.5) * (part.end_s - part.start_s) / columns
        return np.any([(time >= start) & (time < end) for start, end in silent], axis=0)

    chroma, tempogram, rolloff = part.chroma.copy(), part.tempogram.copy(), part.rolloff_hz.copy()
    chroma[:, where(chroma.shape[1])] = 0
    tempogram[:, where(tempogram.shape[1])] = 0
    rolloff[:, where(rolloff.shape[1])] = np.nan
    return replace(part, chroma=chroma, tempogram=tempogram, rolloff_hz=rolloff)


def _below_maximum(parts: list[SpectraPart]) -> Iterator[SpectraPart]:
    """Yield the parts with levels in dB below the loudest value of all of them, down to -80 dB."""
    mel_top, power_top = (max(float(getattr(part, name).max()) for part in parts) for name in ("mel_db", "power_db"))
    for part in parts:
        yield SpectraPart(
            part.start_s,
            part.end_s,
            part.wave,
            _relative_db(part.mel_db, mel_top),
            _relative_db(part.power_db, power_top),
            part.chroma,
            part.tempogram,
            part.rolloff_hz,
        )


def _relative_db(db: np.ndarray, top: float) -> np.ndarray:
    """Return levels below `top`, at the floor throughout where even the loudest is at the floor of `power_to_db`."""
    if top <= -99.9:
        return np.full_like(db, -TOP_DB)
    return np.maximum(db - np.float32(top), np.float32(-TOP_DB))


def _part(clip: Clip, columns: int, task: Task) -> tuple[SpectraPart, np.ndarray]:
    """Return one section with levels in absolute dB, and its mean tempogram, shape (lags,)."""
    y = resample(clip, SR)
    frames = 1 + len(y) // HOP_LENGTH
    step = math.ceil(frames / columns)  # a whole number of frames a column, so that no column is brighter than others
    block = max(BLOCK_FRAMES // step, 1) * step
    mels, powers, chromas, rolloffs, levels = [], [], [], [], []
    bank = None
    for first in range(0, frames, block):
        task.check()
        power = _frames(y, first, min(first + block, frames))
        if bank is None:
            bank = chroma_filterbank(estimate_tuning(power))
        mel = power @ mel_filterbank(SR, N_FFT, N_MELS)
        levels.append(power_to_db(mel, top_db=None))
        mels.append(_pooled(mel, step))
        powers.append(_pooled(power, step) @ _log_frequency_bank())
        raw = power @ bank
        peak = raw.max(axis=1, keepdims=True)
        chromas.append(_pooled(raw / np.where(peak < np.finfo(np.float32).tiny, np.float32(1), peak), step))
        rolloffs.append(_rolloff_lines(_pooled(np.sqrt(power, out=power), step)))
    mel_db = np.concatenate(levels)
    onset = onset_strength(np.maximum(mel_db, mel_db.max() - np.float32(TOP_DB)))
    part = SpectraPart(
        clip.start_s,
        clip.end_s,
        _wave_columns(clip.samples, columns),
        power_to_db(np.concatenate(mels), top_db=None).T,
        power_to_db(np.concatenate(powers), top_db=None).T,
        np.concatenate(chromas).T,
        _tempogram(onset, step),
        np.concatenate(rolloffs).T,
    )
    return part, tempogram_mean(onset)


def _frames(y: np.ndarray, first: int, last: int) -> np.ndarray:
    """Return rows `first` to `last` of the power spectrogram of `y`, without computing the others."""
    spare = N_FFT // (2 * HOP_LENGTH)  # frames whose window begins before the samples taken
    start = max(first - spare, 0) * HOP_LENGTH
    stop = (last - 1) * HOP_LENGTH + N_FFT // 2
    power = power_spectrogram(y[start:stop], n_fft=N_FFT, hop_length=HOP_LENGTH)
    skip = first - start // HOP_LENGTH
    return power[skip : skip + last - first]


def _pooled(rows: np.ndarray, step: int) -> np.ndarray:
    """Return the means of each `step` rows; the last mean may be of fewer."""
    if step == 1:
        return rows
    starts = np.arange(0, len(rows), step)
    counts = np.diff(np.append(starts, len(rows)))[:, None]
    return np.add.reduceat(rows, starts, axis=0) / counts.astype(rows.dtype)


def _wave_columns(samples: np.ndarray, columns: int) -> np.ndarray:
    """Return the lowest and highest sample of each column, shape (2, columns)."""
    starts = np.linspace(0, len(samples), min(columns, len(samples)), endpoint=False).astype(int)
    return np.stack([np.minimum.reduceat(samples, starts), np.maximum.reduceat(samples, starts)])


def _mel_centres() -> np.ndarray:
    """Return the frequency in hertz at which each mel filter peaks."""
    filters = mel_filterbank(SR, N_FFT, N_MELS)
    frequencies = np.fft.rfftfreq(N_FFT, 1.0 / SR)
    return filters.T @ frequencies / filters.sum(axis=0)


def _log_frequency_bank() -> np.ndarray:
    """Return the map of transform bins to rows of the power spectrogram, shape (bins, rows), float32.

    Rows narrower than a bin interpolate between two bins, wider ones average the bins they cover.
    """
    step = SR / N_FFT
    rows = np.geomspace(POWER_LOW_HZ, SR / 2, POWER_ROWS)
    half = np.maximum(rows * (rows[1] / rows[0] - 1), step)
    weight = np.maximum(1 - np.abs(np.arange(N_FFT // 2 + 1)[:, None] * step - rows) / half, 0)
    return (weight / weight.sum(axis=0)).astype(np.float32)


def _rolloff_lines(magnitude: np.ndarray) -> np.ndarray:
    """Return the two rolloff frequencies of each row in hertz, shape (rows, 2); NaN where there is no sound."""
    cumulated = np.cumsum(magnitude, axis=1)
    whole = cumulated[:, -1:]
    bins = [np.argmax(cumulated >= share * whole, axis=1) for share in (ROLLOFF_HIGH, ROLLOFF_LOW)]
    hertz = np.stack(bins, axis=1) * (SR / N_FFT)
    return np.where(whole > N_FFT * 10 ** (SILENT_DBFS / 20) / 2, hertz, np.nan)


def _tempogram(onset: np.ndarray, step: int) -> np.ndarray:
    """Return the local autocorrelation of every `step`-th frame over tempo, shape (rows, columns), 0 to 1."""
    from scipy.fft import irfft, next_fast_len, rfft

    padded = np.pad(onset, TEMPO_WINDOW // 2, mode="linear_ramp", end_values=0)
    window = np.hanning(TEMPO_WINDOW + 1)[:-1].astype(np.float32)
    frames = sliding_window_view(padded, TEMPO_WINDOW)[: len(onset) : step] * window
    n_fft = next_fast_len(2 * TEMPO_WINDOW - 1, real=True)
    spectrum = rfft(frames, n=n_fft)
    lags = irfft(spectrum.real**2 + spectrum.imag**2, n=n_fft)[:, :TEMPO_WINDOW]
    lags = np.maximum(lags / np.maximum(lags[:, :1], np.finfo(np.float32).tiny), 0)
    wanted = 60.0 * SR / (HOP_LENGTH * np.geomspace(TEMPO_LOW_BPM, TEMPO_HIGH_BPM, TEMPO_ROWS))
    below = np.minimum(wanted.astype(int), TEMPO_WINDOW - 2)
    share = (wanted - below).astype(np.float32)
    return (lags[:, below] * (1 - share) + lags[:, below + 1] * share).T

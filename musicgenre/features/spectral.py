"""The librosa families from one pass over the samples: MFCC, chroma, tempo, zero crossings, rolloff, centroid."""

import math
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from musicgenre.features.families import (
    HOP_LENGTH,
    N_CHROMA,
    N_FFT,
    N_MELS,
    N_MFCC,
    ROLL_PERCENT,
    SPECTRAL_FAMILIES,
    SR,
    TEMPO_MAX_BPM,
    TEMPO_START_BPM,
    TEMPO_WINDOW,
    TOP_DB,
)

ROLL_BLOCK = 41  # bins: 25 blocks make the 1025 of a frame

MEL_GROUP = 16  # neighbouring bands whose bins are multiplied at once

FFT_FRAMES = 128  # transformed at once: they fit the processor's cache


# ---- spectra


@lru_cache(maxsize=8)
def mel_filterbank(sr: int, n_fft: int, n_mels: int) -> np.ndarray:
    """Return Slaney-style mel filters, shape (n_fft // 2 + 1, n_mels), as `librosa.filters.mel` (transposed)."""
    linear_hz, log_start_hz, log_step = 200.0 / 3, 1000.0, math.log(6.4) / 27
    log_start_mel = log_start_hz / linear_hz
    top = log_start_mel + math.log(sr / 2 / log_start_hz) / log_step
    mels = np.linspace(0.0, top, n_mels + 2)
    log_hz = log_start_hz * np.exp(log_step * (mels - log_start_mel))
    edges = np.where(mels < log_start_mel, linear_hz * mels, log_hz)
    ramps = edges[:, None] - np.fft.rfftfreq(n_fft, 1.0 / sr)[None, :]
    widths = np.diff(edges)[:, None]
    triangles = np.maximum(0, np.minimum(-ramps[:-2] / widths[:-1], ramps[2:] / widths[1:]))
    return np.ascontiguousarray((triangles * (2.0 / (edges[2:] - edges[:-2]))[:, None]).T, dtype=np.float32)


@cache
def _hann(length: int) -> np.ndarray:
    """Return a periodic Hann window, float32."""
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)).astype(np.float32)


def power_spectrogram(y: np.ndarray, *, n_fft: int, hop_length: int) -> np.ndarray:
    """Return the power spectrogram, shape (frames, n_fft // 2 + 1), float32, frames centred as in `librosa.stft`."""
    frames = sliding_window_view(np.pad(y, n_fft // 2), n_fft)[::hop_length]
    power = np.empty((len(frames), n_fft // 2 + 1), np.float32)
    for start in range(0, len(frames), FFT_FRAMES):
        spectrum = np.fft.rfft(frames[start : start + FFT_FRAMES] * _hann(n_fft))
        np.add(spectrum.real**2, spectrum.imag**2, out=power[start : start + FFT_FRAMES])
    return power


def mel_power(power: np.ndarray, *, sr: int, n_fft: int, n_mels: int) -> np.ndarray:
    """Return power in mel bands, shape (frames, n_mels), float32, without the products of bins far from a band."""
    out = np.empty((len(power), n_mels), np.float32)
    for bands, bins, filters in _mel_groups(sr, n_fft, n_mels):
        np.matmul(power[:, bins], filters, out=out[:, bands])
    return out


@lru_cache(maxsize=8)
def _mel_groups(sr: int, n_fft: int, n_mels: int) -> list[tuple[slice, slice, np.ndarray]]:
    """Return (bands, bins, filters) of neighbouring mel bands, together all of the filterbank that is not zero."""
    bank = mel_filterbank(sr, n_fft, n_mels)
    groups = []
    for first in range(0, n_mels, MEL_GROUP):
        bands = slice(first, first + MEL_GROUP)
        used = np.flatnonzero(bank[:, bands].any(axis=1))
        bins = slice(int(used[0]), int(used[-1]) + 1)
        groups.append((bands, bins, np.ascontiguousarray(bank[bins, bands])))
    return groups


def power_to_db(power: np.ndarray, *, top_db: float | None = TOP_DB) -> np.ndarray:
    """Return 10 log10(power), floored at 1e-10 and at `top_db` below the maximum, as `librosa.power_to_db`."""
    db = 10.0 * np.log10(np.maximum(power, np.float32(1e-10)))
    return db if top_db is None else np.maximum(db, db.max() - np.float32(top_db))


@cache
def _dct_matrix() -> np.ndarray:
    """Return the orthonormal DCT-II, shape (N_MELS, N_MFCC), float32."""
    n, k = np.arange(N_MELS)[:, None], np.arange(N_MFCC)[None, :]
    matrix = np.sqrt(2.0 / N_MELS) * np.cos(np.pi * (n + 0.5) * k / N_MELS)
    matrix[:, 0] /= math.sqrt(2)
    return matrix.astype(np.float32)


def compress_mel(mel: np.ndarray) -> np.ndarray:
    """Return musicnn's input from mel power at 16 kHz: log10(1e4 mel + 1), shape (frames, 96), float32."""
    return np.log10(np.float32(1e4) * mel + np.float32(1))


def frame_features(y: np.ndarray, families: Sequence[str]) -> dict[str, np.ndarray]:
    """Compute the frame-wise values of the spectral families from one transform.

    Parameters
    ----------
    y : np.ndarray, shape (n,), float32
        Samples at 22050 Hz.
    families : sequence of str
        Of `SPECTRAL_FAMILIES`.

    Returns
    -------
    dict
        Family to array (frames, columns): mfcc 30 coefficients, chroma 12 pitch classes in [0, 1],
        zcr, rolloff and centroid one column (per sample, Hz, Hz), tempo the mean tempogram (lags,).
    """
    wanted = SPECTRAL_FAMILIES.intersection(families)
    out: dict[str, np.ndarray] = {}
    if "zcr" in wanted:
        out["zcr"] = zero_crossing_rate(y)[:, None]
    if wanted <= {"zcr"}:
        return out
    power = power_spectrogram(y, n_fft=N_FFT, hop_length=HOP_LENGTH)
    if wanted & {"mfcc", "tempo"}:
        mel_db = power_to_db(mel_power(power, sr=SR, n_fft=N_FFT, n_mels=N_MELS))
        if "mfcc" in wanted:
            out["mfcc"] = mel_db @ _dct_matrix()
        if "tempo" in wanted:
            out["tempo"] = tempogram_mean(onset_strength(mel_db))
    if "chroma" in wanted:
        raw = power @ chroma_filterbank(estimate_tuning(power))
        peak = raw.max(axis=1, keepdims=True)
        out["chroma"] = raw / np.where(peak < np.finfo(np.float32).tiny, np.float32(1), peak)
    if wanted & {"rolloff", "centroid"}:
        magnitude = np.sqrt(power, out=power)
        frequencies = np.fft.rfftfreq(N_FFT, 1.0 / SR).astype(np.float32)
        if "centroid" in wanted:
            total = magnitude.sum(axis=1)
            out["centroid"] = (magnitude @ frequencies / np.where(total > 0, total, 1))[:, None]
        if "rolloff" in wanted:
            out["rolloff"] = frequencies[_rolloff_bin(magnitude, ROLL_PERCENT)][:, None]
    return out


def _rolloff_bin(magnitude: np.ndarray, share: float) -> np.ndarray:
    """Return the first bin of each frame at which the cumulated magnitude reaches a share of the whole."""
    blocks = magnitude.reshape(len(magnitude), -1, ROLL_BLOCK)  # sums of blocks tell which block to look through
    upper = np.cumsum(blocks.sum(axis=2), axis=1)
    wanted = np.float32(share) * upper[:, -1]
    frame, block = np.arange(len(magnitude)), np.argmax(upper >= wanted[:, None], axis=1)
    before = np.where(block > 0, upper[frame, block - 1], np.float32(0))
    reached = before[:, None] + np.cumsum(blocks[frame, block], axis=1) >= wanted[:, None]
    reached[:, -1] = True  # rounding may leave the sum of a block a digit below its upper end
    return block * ROLL_BLOCK + np.argmax(reached, axis=1)


def zero_crossing_rate(y: np.ndarray) -> np.ndarray:
    """Return the share of sign changes in each frame, shape (frames,), as `librosa.feature.zero_crossing_rate`."""
    padded = np.pad(y, N_FFT // 2, mode="edge")
    negative = padded < -1e-10
    changes = np.zeros(len(negative) // HOP_LENGTH * HOP_LENGTH, np.uint8)
    changes[1:] = (negative[1:] != negative[:-1])[: len(changes) - 1]
    hops = changes.reshape(-1, HOP_LENGTH)
    counts = sliding_window_view(hops.sum(axis=1, dtype=np.uint16), N_FFT // HOP_LENGTH).sum(axis=1)
    return (counts - hops[: len(counts), 0]) / np.float32(N_FFT)  # a change into the first sample is not in the frame


def onset_strength(mel_db: np.ndarray) -> np.ndarray:
    """Return the mean rise of the mel bands from frame to frame, shape (frames,), as `librosa.onset.onset_strength`."""
    rise = np.maximum(mel_db[1:] - mel_db[:-1], 0).mean(axis=1)
    return np.pad(rise, (1 + N_FFT // (2 * HOP_LENGTH), 0))[: len(mel_db)]


def tempogram_mean(onset: np.ndarray) -> np.ndarray:
    """Return the mean over frames of the normalised local autocorrelation, shape (TEMPO_WINDOW,).

    As `librosa.feature.tempogram` averaged over time. The products of all pairs of places in a frame, summed over the
    frames, are one matrix product; its diagonals are the lags.
    """
    half = TEMPO_WINDOW // 2
    padded = np.pad(onset, half, mode="linear_ramp", end_values=0)
    frames = sliding_window_view(padded, TEMPO_WINDOW)[: len(onset)] * _hann(TEMPO_WINDOW)
    lag_zero = np.einsum("ij,ij->i", frames, frames)
    frames /= np.sqrt(np.where(lag_zero < np.finfo(np.float32).tiny, np.float32(1), lag_zero))[:, None]
    shifted = np.zeros((TEMPO_WINDOW, 2 * TEMPO_WINDOW), np.float32)
    shifted[:, :TEMPO_WINDOW] = (frames.T @ frames)[::-1]
    # Rows one shorter than they are stored shift against each other, so that diagonals become columns.
    columns = shifted.ravel()[:-TEMPO_WINDOW].reshape(TEMPO_WINDOW, 2 * TEMPO_WINDOW - 1)
    return columns.sum(axis=0, dtype=np.float64)[TEMPO_WINDOW - 1 :] / len(onset)


def tempo_bpm(tempogram: np.ndarray) -> float:
    """Return the tempo whose lag scores best under a log-normal prior around 120 bpm, as `librosa.feature.tempo`."""
    with np.errstate(divide="ignore"):
        bpms = 60.0 * SR / (HOP_LENGTH * np.arange(len(tempogram)))
        prior = -0.5 * np.log2(bpms / TEMPO_START_BPM) ** 2
        prior[bpms >= TEMPO_MAX_BPM] = -np.inf
        score = np.log1p(1e6 * np.maximum(tempogram, 0)) + prior
    return float(bpms[np.argmax(score)])


def estimate_tuning(power: np.ndarray) -> float:
    """Return the deviation from A440 in fractions of a semitone, in [-0.5, 0.5), as `librosa.estimate_tuning`.

    Spectral peaks between 150 and 4000 Hz are refined by a parabola; the commonest deviation of the louder half wins.
    """
    low, high = math.ceil(150.0 * N_FFT / SR), math.ceil(4000.0 * N_FFT / SR)
    loud = np.float32(0.1) * power.max(axis=1, keepdims=True)
    left, middle, right = (power[:, low + i : high + i] for i in (-1, 0, 1))
    peaks = (middle > loud) & (middle > left) & (middle >= right)
    frame, bin_ = np.nonzero(peaks)
    a, b, c = left[frame, bin_], middle[frame, bin_], right[frame, bin_]
    slope, curve = (c - a) / 2, a + c - 2 * b
    shift = np.where(np.abs(slope) < np.abs(curve), -slope / np.where(curve == 0, 1, curve), 0)
    if not len(frame):
        return 0.0
    magnitude = b + 0.5 * slope * shift
    pitch = (bin_ + low + shift) * SR / N_FFT
    pitch = pitch[magnitude >= np.median(magnitude)]
    residual = np.mod(N_CHROMA * np.log2(pitch / (440.0 / 16)), 1.0)
    residual[residual >= 0.5] -= 1.0
    counts, edges = np.histogram(residual, np.linspace(-0.5, 0.5, 101))
    return float(edges[np.argmax(counts)])


@lru_cache(maxsize=128)
def chroma_filterbank(tuning: float) -> np.ndarray:
    """Return the map of bins to pitch classes, shape (bins, 12), as `librosa.filters.chroma` (transposed)."""
    frequencies = np.arange(1, N_FFT) * SR / N_FFT
    octaves = np.log2(frequencies / (440.0 * 2 ** (tuning / N_CHROMA) / 16))
    position = N_CHROMA * octaves
    position = np.concatenate([[position[0] - 1.5 * N_CHROMA], position])
    width = np.concatenate([np.maximum(np.diff(position), 1.0), [1.0]])
    distance = np.remainder(position[:, None] - np.arange(N_CHROMA) + 10.5 * N_CHROMA, N_CHROMA) - N_CHROMA / 2
    weight = np.exp(-0.5 * (2 * distance / width[:, None]) ** 2)
    weight /= np.linalg.norm(weight, axis=1, keepdims=True)
    weight *= np.exp(-0.5 * ((position / N_CHROMA - 5.0) / 2.0) ** 2)[:, None]  # centred on octave 5, two wide
    return np.ascontiguousarray(np.roll(weight, -3, axis=1)[: N_FFT // 2 + 1], dtype=np.float32)  # C first

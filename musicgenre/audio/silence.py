"""Samples -> what a listener hears of them: silence, channels that cancel, levels and wild samples.

Conventions
-----------
Samples are float32, channels come first: (channels, n). Levels are RMS in dB relative to full scale, without a constant
offset, which nobody hears. "Silence" is defined here and nowhere else.
"""

from collections.abc import Callable, Sequence

import numpy as np

SILENT_DBFS = -60.0  # RMS level below which nothing is heard

FRAME_S = 0.1  # whose level is looked at: two periods of the lowest tones

# Shorter silences belong to the music: the longest inside a song that sounds is 1.4 s in 1125 of 1127 recordings.
MIN_SILENCE_S = 1.5

MAX_OFFSET = 0.2  # power of a constant offset, relative to the sound's, from which it is taken out

FULL_SCALE_PEAK = 1.95  # decoders of lossy files overshoot to 1.8; beyond, the scale is another one

WILD_SHARE, WILD_RATIO = 1e-3, 10.0  # samples ten times above the level that one in a thousand exceeds are no sound

MAX_PAIR_RATE = 192_000  # at higher rates channels are averaged at once, which halves the memory

CELL_FFT, CELL_FRAMES, CELL_EVERY_S = 2048, 4, 1.6  # cells of spectra that are compared between two channels

SIDE_FROM = 0.1  # energy of the difference of two channels, relative to their mean's, below which nothing cancels

CANCEL_RATIO = 8.0  # what has eight times the energy of the mean in the difference cancels

EVEN_RATIO = 2.0  # and what has up to twice as much in either is neither in phase nor against it

# Cells that cancel: 0.00-0.06 of two instruments hard left and right, of rooms and of noise; 0.15-0.25 of a short delay
# between the channels, which has up to 1.3 times as many even ones; 0.13-0.44 of two songs, one of them inverted.
CANCELLED_FROM, CANCELLED_TO_EVEN = 0.12, 1.5

MIX_FFT, MIX_HOP = 2048, 512

PROBE_ALL_S = 240.0  # recordings up to here are searched for sound without gaps

PROBES, PROBE_S = 300, 0.5  # in longer ones so many pieces of so many seconds are decoded

PROBE_ROUNDS = ((0.5,), (0.0,), (0.25, 0.75))  # places between two probes: the next ones where nothing was found

Stretch = tuple[float, float]  # start, end


# ---- silence


def sounding_spans(y: np.ndarray, *, sample_rate: int) -> list[tuple[int, int]]:
    """Return the stretches (first, last sample) of mono samples that sound.

    Silence is at least 1.5 s in which no frame of 0.1 s reaches -60 dBFS.
    """
    length = max(int(round(FRAME_S * sample_rate)), 1)
    if not len(y):
        return []
    silent = _silent_frames(y, length)
    if not silent.any():
        return [(0, len(y))]
    edges = np.flatnonzero(np.diff(np.concatenate([[0], silent, [0]])))
    spans, first = [], 0
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        start, end = int(start) * length, min(int(end) * length, len(y))
        if end - start < MIN_SILENCE_S * sample_rate - 2 * length and end - start < len(y):
            continue
        start, end = _to_the_sample(y, start, end, length)
        if end - start >= MIN_SILENCE_S * sample_rate or end - start == len(y):
            if start > first:
                spans.append((first, start))
            first = end
    if first < len(y):
        spans.append((first, len(y)))
    return spans


def sounding_extent(y: np.ndarray, *, sample_rate: int) -> tuple[int, int]:
    """Return the stretch (first, last sample) from the first sound to the last, whatever short silence is cut off.

    With more silence before or after them, `sounding_spans` begins and ends the same song at the same samples.
    """
    length = max(int(round(FRAME_S * sample_rate)), 1)
    silent = _silent_frames(y, length)
    if silent.all():
        return 0, 0
    loud = np.flatnonzero(~silent)
    _, first = _to_the_sample(y, 0, int(loud[0]) * length, length)
    last, _ = _to_the_sample(y, min((int(loud[-1]) + 1) * length, len(y)), len(y), length)
    return first, last


def _silent_frames(y: np.ndarray, length: int) -> np.ndarray:
    """Return of each frame whether it is silent; what is left at the end is the last frame."""
    whole = len(y) // length * length
    power = _variance(y[:whole].reshape(-1, length))
    if whole < len(y):
        power = np.append(power, _variance(y[None, whole:]))
    silent: np.ndarray = power < 10 ** (SILENT_DBFS / 10)
    return silent


def _to_the_sample(y: np.ndarray, start: int, end: int, reach: int) -> tuple[int, int]:
    """Return a silence with what is as quiet in the frames around it, so that a song it divides is joined as it was."""
    offset = y[start:end].mean() if end > start else 0.0
    limit = np.sqrt(2) * 10 ** (SILENT_DBFS / 20)
    first, last = max(start - reach, 0), min(end + reach, len(y))
    before = np.flatnonzero(np.abs(y[first:start] - offset) > limit)
    after = np.flatnonzero(np.abs(y[end:last] - offset) > limit)
    return first + int(before[-1]) + 1 if len(before) else first, end + int(after[0]) if len(after) else last


def _variance(frames: np.ndarray) -> np.ndarray:
    """Return the power of each frame without its mean, shape (frames,)."""
    count = frames.shape[1]
    energy = np.einsum("ij,ij->i", frames, frames) / count
    doubtful = energy >= 10 ** (SILENT_DBFS / 10)  # a mean can only lessen it
    if doubtful.any():
        mean = frames @ np.full(count, 1 / count, frames.dtype)
        energy = np.where(doubtful, energy - mean**2, energy)
        offset = doubtful & (mean**2 > 0.9 * (energy + mean**2))  # the difference of two like numbers: again, exactly
        if offset.any():
            energy[offset] = frames[offset].var(axis=1, dtype=np.float64)
    return energy


def without_offset(y: np.ndarray) -> np.ndarray:
    """Return samples without their mean where it has a notable part of their power."""
    if not len(y):
        return y
    mean = float(y.mean())
    power = float(np.dot(y, y)) / len(y)
    return y - np.float32(mean) if mean**2 > MAX_OFFSET * max(power - mean**2, 0.0) and mean else y


# ---- levels


def without_wild_samples(x: np.ndarray) -> np.ndarray:
    """Return samples with those set to zero that are far above all others; only looks where some leave full scale."""
    peak = max(float(x.max(initial=0.0)), -float(x.min(initial=0.0)))
    if peak < FULL_SCALE_PEAK:
        return x
    size = np.abs(x)
    rank = min(int((1 - WILD_SHARE) * size.size), size.size - 2)
    usual = float(np.partition(size, rank, axis=None)[rank]) if rank >= 0 else peak
    return np.where(size > WILD_RATIO * usual, np.float32(0), x)


def full_scale_gain(parts: Sequence[np.ndarray]) -> np.float32:
    """Return the factor that brings the parts of a recording on another scale (floats, mixes) to a peak of 1."""
    peak = max((max(float(y.max(initial=0.0)), -float(y.min(initial=0.0))) for y in parts), default=0.0)
    return np.float32(1 / peak if peak >= FULL_SCALE_PEAK else 1)


# ---- channels


def channel_rows(planes: np.ndarray, *, sample_rate: int) -> np.ndarray:
    """Reduce a block of channels (channels, n) to two rows that may cancel, or one."""
    channels = len(planes)
    if channels == 1 or (channels == 2 and sample_rate <= MAX_PAIR_RATE):
        return planes
    if channels % 2 or sample_rate > MAX_PAIR_RATE:
        return planes.mean(axis=0, keepdims=True, dtype=np.float32)
    return np.stack([planes[i::2].mean(axis=0, dtype=np.float32) for i in (0, 1)])  # left ones, right ones


def mix_down(rows: np.ndarray, *, sample_rate: int) -> np.ndarray:
    """Return one channel, shape (n,), of the rows of `channel_rows`: their mean, unless much of them cancels in it.

    Parameters
    ----------
    rows : np.ndarray, shape (1 or 2, n)
        Channels.
    sample_rate : int
        In hertz.

    Returns
    -------
    np.ndarray, shape (n,)
        Where something cancels, each bin of the spectrum has the energy of both channels and the phase of their mean or
        difference, whichever is stronger: what a listener hears who has an ear for each.
    """
    if len(rows) == 1:
        return rows[0]
    mean = rows.mean(axis=0, dtype=np.float32)
    return _keep_energy(rows) if _cancels(rows, mean, sample_rate) else mean


def _cancels(rows: np.ndarray, mean: np.ndarray, sample_rate: int) -> bool:
    """Return whether a notable part of two channels is missing in their mean."""
    both = float(sum(np.dot(row, row) for row in rows)) / 2
    middle = float(np.dot(mean, mean))
    side = both - middle
    if both <= 0 or side < SIDE_FROM * middle:
        return False
    if side > CANCEL_RATIO * middle:
        return True
    cells = _cells(rows, sample_rate)
    if cells is None:
        return False
    middles, sides = cells
    weight = np.sqrt(middles + sides)
    cancelled = float(weight[sides > CANCEL_RATIO * middles].sum())
    even = float(weight[(sides < EVEN_RATIO * middles) & (middles < EVEN_RATIO * sides)].sum())
    return cancelled > CANCELLED_FROM * float(weight.sum()) and cancelled > CANCELLED_TO_EVEN * even


def _cells(rows: np.ndarray, sample_rate: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Return the energies of mean and difference in cells (one bin, four frames) all over two channels."""
    size = CELL_FFT * CELL_FRAMES
    if rows.shape[1] < size:
        return None
    starts = np.arange(0, rows.shape[1] - size + 1, max(int(CELL_EVERY_S * sample_rate), size))
    window = np.hanning(CELL_FFT).astype(np.float32)
    middles: list[np.ndarray] = []
    sides: list[np.ndarray] = []
    for start in starts:
        left, right = np.fft.rfft(rows[:, start : start + size].reshape(2, CELL_FRAMES, CELL_FFT) * window)
        for energies, both in ((middles, left + right), (sides, left - right)):
            energies.append((both.real**2 + both.imag**2).sum(axis=0))
    return np.array(middles), np.array(sides)


def _keep_energy(rows: np.ndarray) -> np.ndarray:
    """Return the mix of two channels that has the energy of both in each bin of its spectrum."""
    n = rows.shape[1]
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(MIX_FFT) / MIX_FFT)).astype(np.float32)
    padded = np.pad(rows, ((0, 0), (MIX_FFT, MIX_FFT + -n % MIX_HOP)))
    out = np.zeros(padded.shape[1], np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(padded, MIX_FFT, axis=1)[:, ::MIX_HOP]
    scale = np.float32(2 * MIX_HOP / MIX_FFT)  # the squared windows that overlap add up to half their number
    for first in range(0, frames.shape[1], 64):
        left, right = np.fft.rfft(frames[:, first : first + 64] * window)
        middle, side = (left + right) / 2, (left - right) / 2
        middle_size, side_size = np.abs(middle), np.abs(side)
        stronger = np.where(middle_size >= side_size, middle, side)
        size = np.maximum(middle_size, side_size)
        gain = np.hypot(middle_size, side_size) / np.where(size > 0, size, 1)
        blocks = np.fft.irfft(stronger * gain, n=MIX_FFT).astype(np.float32) * window * scale
        for i, block in enumerate(blocks):
            start = (first + i) * MIX_HOP
            out[start : start + MIX_FFT] += block
    return out[MIX_FFT : MIX_FFT + n]


# ---- places in time


def between(spans: Sequence[Stretch], start: float, end: float) -> list[Stretch]:
    """Return what of a stretch of time lies in none of some sorted spans."""
    left = []
    for first, last in spans:
        if first > start:
            left.append((start, min(first, end)))
        start = max(start, last)
        if start >= end:
            break
    if start < end:
        left.append((start, end))
    return [(a, b) for a, b in left if b > a]


def laid_over(spans: Sequence[Stretch], parts: Sequence[Stretch]) -> list[list[Stretch]]:
    """Return where parts (start, length) of the joined spans lie: the pieces (start, end) of each part."""
    out = []
    for start, length in parts:
        pieces, passed = [], 0.0
        for first, last in spans:
            a, b = max(start - passed, 0.0), min(start + length - passed, last - first)
            if b > a:
                pieces.append((first + a, first + b))
            passed += last - first
        out.append(pieces)
    return out


def probe_spans(sounds: Callable[[float, float], list[Stretch]], start: float, end: float) -> list[Stretch]:
    """Return the stretches of a recording that sound: all of it is searched up to 4 minutes, beyond in 300 probes.

    Where none of them sounds, 300 are tried between them, and then 600 between those.

    Parameters
    ----------
    sounds : callable
        Decodes a stretch (start, length) in seconds and returns what sounds in it.
    start, end : float
        Of the part that is looked at, in seconds.
    """
    length = end - start
    if length <= PROBE_ALL_S:
        step = 30.0
        found = [span for i in range(int(np.ceil(length / step))) for span in sounds(start + i * step, step)]
    else:
        found = []
        for offsets in PROBE_ROUNDS:
            step = length / PROBES  # no round before this one found anything, so what sounds is shorter
            places = start + np.add.outer(np.arange(PROBES), offsets).ravel() * length / PROBES
            found = [(t - step, t + step) for t in places.tolist() if sounds(t - PROBE_S / 2, PROBE_S)]
            if found:
                break
    merged: list[Stretch] = []
    for first, last in found:
        first, last = max(first, start), min(last, end)
        if merged and first - merged[-1][1] < MIN_SILENCE_S:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        elif last > first:
            merged.append((first, last))
    return merged

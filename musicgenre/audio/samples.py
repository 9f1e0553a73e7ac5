"""Samples in memory -> a recording, as a lossless file of them would give it."""

import numpy as np

from musicgenre.audio.recording import Clip, Recording, sections
from musicgenre.audio.silence import (
    Stretch,
    between,
    channel_rows,
    full_scale_gain,
    laid_over,
    mix_down,
    sounding_spans,
    without_wild_samples,
)

MIN_RATE, MAX_RATE = 1000, 768_000  # hertz; outside, it is a slip


def recording_of_samples(y: np.ndarray, sr: float, *, title: str) -> Recording:
    """Return the analysed parts of samples.

    Parameters
    ----------
    y : np.ndarray, shape (n,) or (channels, n)
        Floats of full scale 1.
    sr : float
        Sampling rate in hertz.
    title : str
        What to call the recording.

    Raises
    ------
    TypeError
        If `y` holds no floats.
    ValueError
        If its shape or the sampling rate make no sense, or it holds values that are no numbers.
    """
    y, rate = np.asarray(y), _checked_rate(sr)
    if not np.issubdtype(y.dtype, np.floating):
        raise TypeError(f"samples are floats of full scale 1, not {y.dtype}; divide integers by their largest value")
    if y.ndim not in (1, 2) or not y.size:
        raise ValueError(f"samples have the shape (n,) or (channels, n), not {y.shape}")
    if y.ndim == 2 and y.shape[0] > y.shape[1]:
        raise ValueError(f"samples of shape {y.shape} have more channels than samples; transpose them")
    if not np.isfinite(y).all():
        raise ValueError("samples hold values that are no numbers (NaN or infinity)")
    rows = channel_rows(np.atleast_2d(y).astype(np.float32), sample_rate=rate)
    mono = mix_down(without_wild_samples(rows), sample_rate=rate)
    duration = len(mono) / rate
    plan = [[(start, start + length)] for start, length in sections(duration)]
    silent: tuple[Stretch, ...] = ()
    sounding = [(first / rate, last / rate) for first, last in sounding_spans(mono, sample_rate=rate)]
    if len(plan) > 1 and sounding and sounding != [(0.0, duration)]:
        plan = laid_over(sounding, sections(sum(end - start for start, end in sounding)))
        silent = tuple(between(sounding, 0.0, duration))
    parts = [(start, mono[round(start * rate) : round(end * rate)]) for pieces in plan for start, end in pieces]
    gain = np.float32(full_scale_gain([samples for _, samples in parts]))
    clips = tuple(Clip(samples * gain, rate, title, title, start) for start, samples in parts)
    return Recording(clips, title, duration, silent=silent)


def _checked_rate(sr: float) -> int:
    """Return a sampling rate as a whole number of hertz."""
    if isinstance(sr, bool) or not isinstance(sr, int | float | np.integer | np.floating):
        raise TypeError(f"sr is a number of hertz, not {type(sr).__name__}")
    if not MIN_RATE <= sr <= MAX_RATE or round(sr) != sr:
        raise ValueError(f"sr is a whole number of hertz from {MIN_RATE} to {MAX_RATE}, not {sr:g}")
    return int(sr)

"""Tempo of a recording in beats per minute, from the mel spectrogram that the pretrained network needs anyway.

The onset strength is the mean rise of the log-compressed mel bands (spectral flux; Grosche and Müller, "Extracting
predominant local pulse information from music recordings", IEEE TASLP 2011). Its autocorrelation peaks at the beat
period and its multiples, its spectrum at the beat's frequency and its multiples; only the beat itself has both, so that
the product of a comb over either scores a tempo (Peeters, "Template-based estimation of time-varying tempo", EURASIP
JASP 2007). A log-normal prior chooses the octave (Ellis, "Beat tracking by dynamic programming", JNMR 2007).

Conventions: frames come first, a spectrogram has the shape (frames, bands). Worth of the constants, in percent: `hard`,
520 drum patterns of known tempo under louder sounds, within 4 % of the tempo, its half or double; `octave`, the same
patterns without half and double; `halves`, 653 real songs whose two halves of 10 s give one tempo (or half or double).
With all of them as they are: hard 88.7, octave 73.5, halves 90.8.
"""

from collections.abc import Sequence

import numpy as np

MIN_S = 4.0  # of all clips together: shorter ones hold too few beats to compare
MIN_CLIP_S = 2.0  # a shorter clip among others is left out
SLOWEST_BPM, FASTEST_BPM = 40.0, 240.0  # the usual range of metronomes
STEP = 0.005  # of the natural logarithm of the tempo: half a percent from candidate to candidate
COMPRESSION = 10.0  # Grosche and Müller's gamma, of mel over its mean; at 1: hard 87.7, halves 89.9; at 30: 86.7, 91.7
MULTIPLES = 4  # of the beat period and of its frequency; 2: hard 86.9, octave 68.7; 8: 88.3, 69.8
SPECTRUM_POWER = 0.5  # weight of the spectrum's comb; a prototype without it lost: hard 0.8, octave 3.8, halves 2.3
PRIOR_BPM, PRIOR_OCTAVES = 120.0, 1.0  # centre and width of the prior, Ellis's for dance music
MIN_CLARITY = (
    0.1  # of the best score: 88 % of real songs reach it, 1 % of speech and of nature; below it halves agree in 46 %
)


def tempo_from_mels(mels: Sequence[np.ndarray], *, frame_rate: float) -> float | None:
    """Estimate the tempo that the clips of one recording share.

    Parameters
    ----------
    mels : sequence of np.ndarray, shape (frames, bands)
        Mel power spectrogram of each clip, at any level.
    frame_rate : float
        Frames per second.

    Returns
    -------
    float or None
        Beats per minute in [40, 240]; None where no beat is clear: silence, speech, noise, under 4 s.
    """
    long_enough = [mel for mel in mels if len(mel) >= MIN_CLIP_S * frame_rate]
    if sum(map(len, long_enough)) < MIN_S * frame_rate:
        return None
    bpm = np.exp(np.arange(np.log(SLOWEST_BPM), np.log(FASTEST_BPM) + STEP, STEP))
    curves = [beat_scores(onset_strength(mel), bpm, frame_rate=frame_rate) for mel in long_enough]
    score = np.average(curves, axis=0, weights=[len(mel) for mel in long_enough])
    likely = score * np.exp(-0.5 * (np.log2(bpm / PRIOR_BPM) / PRIOR_OCTAVES) ** 2)
    best = int(likely.argmax())
    if score[best] < MIN_CLARITY:
        return None
    exact = bpm[best] * np.exp(STEP * parabolic_shift(likely, best))
    return float(np.clip(exact, SLOWEST_BPM, FASTEST_BPM))


def onset_strength(mel: np.ndarray) -> np.ndarray:
    """Return the mean rise of the compressed bands from frame to frame, shape (frames - 1,); independent of level."""
    mean = mel.mean()
    if not mean > 0:
        return np.zeros(len(mel) - 1, np.float32)
    compressed = np.log1p(mel * np.float32(COMPRESSION / mean))
    rise: np.ndarray = np.maximum(compressed[1:] - compressed[:-1], 0).mean(axis=1)
    return rise


def beat_scores(onset: np.ndarray, bpm: np.ndarray, *, frame_rate: float) -> np.ndarray:
    """Score candidate tempi by combs over the onset strength's autocorrelation and its spectrum.

    The autocorrelation is that of magnitudes instead of powers (generalised with exponent 1 where 2 is the ordinary
    one; Percival and Tzanetakis, "Streamlined tempo estimation based on autocorrelation and cross-correlation with
    pulses", IEEE/ACM TASLP 2014), which sharpens its peaks.

    Parameters
    ----------
    onset : np.ndarray, shape (n,)
        Onset strength.
    bpm : np.ndarray, shape (candidates,)
        Tempi in beats per minute.
    frame_rate : float
        Values of `onset` per second.

    Returns
    -------
    np.ndarray, shape (candidates,)
        At least 0; 0 everywhere for a constant.
    """
    n_fft = 1 << (2 * len(onset) - 1).bit_length()  # at least twice as long: no lag wraps around
    magnitude = np.abs(np.fft.rfft(onset - onset.mean(), n_fft))
    total = magnitude.mean()
    if not total > 1e-9:
        return np.zeros(len(bpm))
    correlation = np.fft.irfft(magnitude)[: len(onset)]
    correlation /= correlation[0]
    multiples = np.arange(1, MULTIPLES + 1)[:, None]
    lags = multiples * 60 * frame_rate / bpm
    bins = multiples * bpm / 60 / frame_rate * n_fft
    periodic = np.interp(lags, np.arange(len(correlation)), correlation, right=0.0).mean(axis=0)
    spectral = np.interp(bins, np.arange(len(magnitude)), magnitude / total, right=0.0).mean(axis=0)
    scores: np.ndarray = np.maximum(periodic, 0) * spectral**SPECTRUM_POWER
    return scores


def parabolic_shift(values: np.ndarray, index: int) -> float:
    """Return the offset of a parabola's peak from a maximum, in [-0.5, 0.5] steps; 0 at either end."""
    if not 0 < index < len(values) - 1:
        return 0.0
    left, middle, right = values[index - 1 : index + 2]
    curve = left - 2 * middle + right
    return float((left - right) / (2 * curve)) if curve < 0 else 0.0

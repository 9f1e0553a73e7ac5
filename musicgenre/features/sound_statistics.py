"""What tells music from other sounds in the signal itself: the family `signal`.

Speech is modulated at four syllables a second, noise is flat and stationary, engines and alarms repeat one spectrum,
music holds tones and pulses over seconds. The statistics follow Scheirer and Slaney, "Construction and evaluation of a
robust multifeature speech/music discriminator", ICASSP 1997, and Lartillot et al., "Multi-feature modeling of pulse
clarity", ISMIR 2008. All are taken at 16 kHz after the level was brought to -20 dBFS, so that loudness tells nothing.

Frames come first: a spectrogram has the shape (frames, bins).
"""

import numpy as np

from musicgenre.audio.recording import Level

SIGNAL_SR = 16000

FRAME_RATE = 62.5  # frames a second of the spectrogram that is handed in (hop 256)

LEVEL = Level(-20.0)  # at which it is heard

FLOOR = 1e-8  # of power spectra: about -80 dB below a full-scale bin

N_BANDS = 8

LONG_FFT, LONG_HOP = 2048, 1024  # a finer spectrum, for tones

MODULATION_HZ = (0.5, 2.0, 3.0, 6.0, 10.0, 20.0)

CHANGE_LAGS = (1, 4, 16, 62)  # frames

CACHED_FRAMES = 128  # spectra of 512 computed at once: they fit the processor's cache

_BOTH = ("mean", "std")

SIGNAL_COLUMNS: tuple[str, ...] = tuple(
    f"signal_{name}"
    for name in (
        *("level_std", "level_p10", "level_p90", "low_energy", "quiet_share"),
        *(f"modulation_{band}_{i}" for band in ("low", "mid", "high", "all") for i in range(len(MODULATION_HZ) - 1)),
        *("pulse_clarity", "pulse_lag", "pulse_second", "pulse_entropy", "onset_kurtosis"),
        *(f"similar_{lag}_{kind}" for lag in CHANGE_LAGS for kind in _BOTH),
        *(f"{name}_{kind}" for name in ("flatness", "centroid", "rolloff", "spread", "flux") for kind in _BOTH),
        *(f"band_{kind}_{i}" for kind in ("mean", "std", "change") for i in range(N_BANDS)),
        *("harmonic_mean", "harmonic_std", "harmonic_p90", "pitch_std", "pitch_steady"),
        *("tone_share_mean", "tone_share_std", "tone_kept", "tone_kept_long", "tone_best"),
        *("longterm_peak", "longterm_top10", "longterm_std", "class_entropy", "class_max"),
    )
)


def signal_statistics(y: np.ndarray, power: np.ndarray, mel: np.ndarray) -> np.ndarray:
    """Compute the statistics of one section.

    Parameters
    ----------
    y : np.ndarray, shape (n,)
        Samples at 16 kHz, at the normal level.
    power : np.ndarray, shape (frames, 257)
        Their power spectrogram, window 512, hop 256.
    mel : np.ndarray, shape (frames, 96)
        The same in mel bands.

    Returns
    -------
    np.ndarray, shape (len(SIGNAL_COLUMNS),)
        In the order of `SIGNAL_COLUMNS`; finite for any finite input.
    """
    mel_db = 10 * np.log10(mel + FLOOR)
    parts = [
        *_levels(power),
        *_modulations(mel),
        *_pulse(mel_db),
        *_similarities(mel_db),
        *_shape(power),
        *_bands(mel_db),
        *_harmonicity(power),
        *_tones(y),
    ]
    return np.nan_to_num(np.array(parts, np.float64), posinf=0.0, neginf=0.0)


def _levels(power: np.ndarray) -> list[float]:
    """Spread and low end of the level over time, in dB against its mean."""
    energy = power.sum(axis=1)
    db = 10 * np.log10(energy + FLOOR)
    mean_db = 10 * np.log10(energy.mean() + FLOOR)
    low = np.sqrt(energy) < 0.5 * np.sqrt(energy).mean()
    p10, p90 = np.percentile(db, [10, 90])
    return [db.std(), p10 - mean_db, p90 - mean_db, low.mean(), (db < mean_db - 25).mean()]


def _modulations(mel: np.ndarray) -> list[float]:
    """Share of the envelope's energy in ranges of modulation frequency, for three bands and the whole."""
    thirds = np.array_split(np.sqrt(mel), 3, axis=1)
    out: list[float] = []
    for envelope in [*(part.mean(axis=1) for part in thirds), np.sqrt(mel).mean(axis=1)]:
        spectrum = np.abs(np.fft.rfft((envelope - envelope.mean()) * np.hanning(len(envelope)))) ** 2
        frequency = np.fft.rfftfreq(len(envelope), 1 / FRAME_RATE)
        total = spectrum.sum() + 1e-12
        for low, high in zip(MODULATION_HZ, MODULATION_HZ[1:], strict=False):
            out.append(float(spectrum[(frequency >= low) & (frequency < high)].sum() / total))
    return out


def _pulse(mel_db: np.ndarray) -> list[float]:
    """How clear a pulse is: peaks of the onset envelope's autocorrelation between 0.2 and 2 s."""
    onset = np.maximum(np.diff(mel_db, axis=0), 0).mean(axis=1)
    onset = onset - onset.mean()
    n = len(onset)
    auto = np.fft.irfft(np.abs(np.fft.rfft(onset, 2 * n)) ** 2)[:n]
    auto = auto / (auto[0] + 1e-9)
    first, last = int(0.2 * FRAME_RATE), min(int(2.0 * FRAME_RATE), n - 1)
    stretch = auto[first:last]
    if not len(stretch):
        return [0.0] * 5
    best = int(stretch.argmax())
    double = 2 * (best + first)
    positive = np.maximum(stretch, 0) + 1e-9
    positive /= positive.sum()
    deviation = onset.std() + 1e-9
    return [
        float(stretch[best]),
        (best + first) / FRAME_RATE,
        float(auto[double]) if double < n else 0.0,
        float(-(positive * np.log(positive)).sum() / np.log(len(positive))) if len(positive) > 1 else 0.0,
        float(((onset / deviation) ** 4).mean()),
    ]


def _similarities(mel_db: np.ndarray) -> list[float]:
    """Correlation of the spectrum with itself some frames later: mean and deviation for each lag."""
    shape = mel_db - mel_db.mean(axis=1, keepdims=True)
    shape /= np.linalg.norm(shape, axis=1, keepdims=True) + 1e-9
    out: list[float] = []
    for lag in CHANGE_LAGS:
        same = (shape[lag:] * shape[:-lag]).sum(axis=1) if len(shape) > lag else np.zeros(1)
        out += [float(same.mean()), float(same.std())]
    return out


def _shape(power: np.ndarray) -> list[float]:
    """Mean and deviation of flatness, centroid, rolloff, spread and flux."""
    spectrum = power[:, 1:] + FLOOR
    frequency = np.arange(1, power.shape[1]) / (power.shape[1] - 1)
    total = spectrum.sum(axis=1)
    flatness = np.exp(np.log(spectrum).mean(axis=1)) / spectrum.mean(axis=1)
    centroid = spectrum @ frequency / total
    spread = np.sqrt(np.maximum(spectrum @ frequency**2 / total - centroid**2, 0))
    rolloff = (np.cumsum(spectrum, axis=1) < 0.85 * total[:, None]).sum(axis=1) / len(frequency)
    unit = np.sqrt(spectrum / total[:, None])
    flux = np.linalg.norm(np.diff(unit, axis=0), axis=1) if len(unit) > 1 else np.zeros(1)
    values = (np.log(flatness), centroid, rolloff, spread, flux)
    return [float(f(value)) for value in values for f in (np.mean, np.std)]


def _bands(mel_db: np.ndarray) -> list[float]:
    """Mean against the whole, deviation, and change from frame to frame, of eight bands, in dB."""
    bands = np.stack([part.mean(axis=1) for part in np.array_split(mel_db, N_BANDS, axis=1)], axis=1)
    change = np.abs(np.diff(bands, axis=0)).mean(axis=0) if len(bands) > 1 else np.zeros(N_BANDS)
    return [*(bands.mean(axis=0) - mel_db.mean()), *bands.std(axis=0), *change]


def _harmonicity(power: np.ndarray) -> list[float]:
    """Height of the cepstral peak between 70 and 500 Hz, and how steady its pitch is."""
    first, last = int(SIGNAL_SR / 500), int(SIGNAL_SR / 70)
    peak, lag = np.empty(len(power), np.float32), np.empty(len(power), int)
    for start in range(0, len(power), CACHED_FRAMES):
        part = slice(start, start + CACHED_FRAMES)
        log_spectrum = np.log(power[part] + FLOOR)
        cepstrum = np.fft.irfft(log_spectrum - log_spectrum.mean(axis=1, keepdims=True))[:, first:last]
        cepstrum.max(axis=1, out=peak[part])
        cepstrum.argmax(axis=1, out=lag[part])
    pitch = np.log2(lag + first)
    loud = power.sum(axis=1) > 0.05 * power.sum(axis=1).mean()
    voiced = loud & (peak > 0.1)
    steady = (np.abs(np.diff(pitch)) < 1 / 12)[voiced[1:]] if len(pitch) > 1 else np.zeros(0)
    return [
        float(peak.mean()),
        float(peak.std()),
        float(np.percentile(peak, 90)),
        float(pitch[voiced].std()) if voiced.any() else 0.0,
        float(steady.mean()) if len(steady) else 0.0,
    ]


def _tones(y: np.ndarray) -> list[float]:
    """Spectral peaks of a finer spectrum: how many, whether they last, and whether they agree on a scale."""
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(y, LONG_FFT // 2), LONG_FFT)[::LONG_HOP]
    window = np.hanning(LONG_FFT).astype(np.float32)
    width = 25
    power = np.empty((len(frames), 632), np.float32)  # 62 Hz to 5 kHz
    above = np.empty_like(power)  # dB over the smoothed spectrum
    for start in range(0, len(frames), CACHED_FRAMES // 4):
        part = slice(start, start + CACHED_FRAMES // 4)
        spectrum = np.fft.rfft(frames[part] * window)[:, 8:640]
        power[part] = spectrum.real**2 + spectrum.imag**2 + np.float32(FLOOR)
        db = 10 * np.log10(power[part])
        total = np.pad(np.cumsum(np.pad(db, ((0, 0), (width, width + 1)), mode="edge"), axis=1), ((0, 0), (1, 0)))
        smooth = (total[:, 2 * width + 1 :] - total[:, : -(2 * width + 1)]) / (2 * width + 1)
        above[part] = db - smooth[:, : db.shape[1]]
    middle = above[:, 1:-1]
    peaks = (middle > above[:, :-2]) & (middle >= above[:, 2:]) & (middle > 9)
    near = peaks.copy()
    near[:, 1:] |= peaks[:, :-1]
    near[:, :-1] |= peaks[:, 1:]
    share = peaks.mean(axis=1)

    def kept(lag: int) -> float:
        both = (peaks[:-lag] & near[lag:]).sum() if len(peaks) > lag else 0
        return float(both / max(peaks[:-lag].sum(), 1)) if len(peaks) > lag else 0.0

    longterm = 10 * np.log10(power.mean(axis=0))
    kernel = np.ones(2 * width + 1) / (2 * width + 1)
    ripple = longterm - np.convolve(np.pad(longterm, width, mode="edge"), kernel, mode="valid")
    top = np.sort(ripple)[::-1]
    frequency = np.arange(9, 639) * SIGNAL_SR / LONG_FFT
    pitch_class = np.mod(np.round(12 * np.log2(frequency / 440.0)), 12).astype(int)
    strength = np.where(peaks, middle, 0).sum(axis=0)
    classes = np.bincount(pitch_class, weights=strength, minlength=12) + 1e-9
    classes /= classes.sum()
    steady = peaks.mean(axis=0)
    return [
        float(share.mean()),
        float(share.std()),
        kept(1),
        kept(8),
        float(steady.max()),
        float(top[0]),
        float(top[:10].mean()),
        float(ripple.std()),
        float(-(classes * np.log(classes)).sum() / np.log(12)),
        float(classes.max()),
    ]

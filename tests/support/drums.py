"""Songs of known tempo that the tests make: drum patterns, straight and swung, alone and under other sounds."""

import numpy as np

SR = 16000
# pattern -> bars of (drum, positions in beats); off-beats of straight eighths move when it is swung
PATTERNS = {
    "rock": {"kick": (0, 2), "snare": (1, 3), "hat": (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5)},
    "house": {"kick": (0, 1, 2, 3), "snare": (1, 3), "hat": (0.5, 1.5, 2.5, 3.5)},
    "syncopated": {"kick": (0, 1.5, 2.5), "snare": (1, 3), "hat": (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5)},
    "sixteenths": {"kick": (0, 0.75, 2), "snare": (1, 3), "hat": tuple(i / 4 for i in range(16))},
    "half": {"kick": (0, 1.5), "snare": (2,), "hat": (0, 1, 2, 3)},
    "waltz": {"kick": (0,), "snare": (1, 2), "hat": (0, 1, 2)},
}
BAR_BEATS = {"waltz": 3}


def drum(name, rng):
    """Return one stroke of a drum, peak about 1."""
    t = np.arange(int(0.25 * SR)) / SR
    if name == "kick":
        return np.exp(-18 * t) * np.sin(2 * np.pi * (50 * t + 4 * (1 - np.exp(-30 * t))))
    noise = rng.standard_normal(len(t))
    if name == "snare":
        return np.exp(-25 * t) * (0.4 * noise + 0.4 * np.sin(2 * np.pi * 190 * t))
    return 0.25 * np.exp(-70 * t) * np.diff(noise, prepend=0)


def drum_pattern(bpm, pattern="rock", *, seconds=20.0, swing=0.5, jitter_s=0.003, seed=0):
    """Return a drum pattern, shape (n,), float32, at 16 kHz.

    Parameters
    ----------
    bpm : float
        Beats a minute.
    pattern : str
        Of `PATTERNS`.
    swing : float
        Where in the beat an off-beat eighth falls: 0.5 is straight, 2/3 a triplet's last third.
    jitter_s : float
        Standard deviation of a stroke's time, as a player's.
    seed : int
        Of the noise in the drums, the jitter and the loudness of each stroke.
    """
    rng = np.random.default_rng(seed)
    y = np.zeros(int(seconds * SR) + SR)
    bar, beat_s = BAR_BEATS.get(pattern, 4), 60 / bpm
    for name, positions in PATTERNS[pattern].items():
        for start in range(0, int(seconds / beat_s) + 1, bar):
            for position in positions:
                moved = position + (swing - 0.5 if position % 1 == 0.5 else 0)
                at = int(((start + moved) * beat_s + abs(rng.normal(0, jitter_s))) * SR)
                if at < seconds * SR:
                    stroke = drum(name, rng)
                    y[at : at + len(stroke)] += rng.uniform(0.7, 1.0) * stroke
    return (0.5 * y[: int(seconds * SR)]).astype(np.float32)


def under(drums, other, *, snr_db):
    """Return drums and another sound (repeated as needed), the drums' RMS `snr_db` above the other's."""
    other = np.resize(other, len(drums)).astype(np.float32)
    gain = np.sqrt(np.mean(drums**2) / np.mean(other**2)) * 10 ** (-snr_db / 20)
    mixed = drums + gain * other
    return (0.5 * mixed / np.abs(mixed).max()).astype(np.float32)

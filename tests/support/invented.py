"""Songs that are made up: drums, bass and chords that differ with a seed."""

import numpy as np

SR = 22050


def song(seconds, seed):
    """Return music-like samples: chords, a bass and a drum, float32."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * SR)) / SR
    y = 0.003 * rng.standard_normal(len(t))
    bar = (t // 2).astype(int)
    roots = rng.integers(45, 60, bar[-1] + 1)
    for interval, level in ((-12, 1.0), (0, 0.6), (4, 0.5), (7, 0.5), (12, 0.3)):
        frequency = 440 * 2 ** ((roots[bar] + interval - 69) / 12)
        phase = 2 * np.pi * np.cumsum(frequency) / SR
        y += level * sum(np.sin(k * phase) / k**1.5 for k in range(1, 6))
    y += 2 * np.exp(-np.mod(t, rng.uniform(0.35, 0.7)) / 0.05) * rng.standard_normal(len(t))
    return (0.5 * y / np.abs(y).max()).astype(np.float32)

"""Sounds that no musician made: noise, tones, sweeps, sirens, clicks, hum, telephone signals.

Each generator takes a random generator and a time axis and returns samples of any level; the same seed gives the same
sound. `GENERATORS` names them, with the kind that each belongs to.
"""

from collections.abc import Callable

import numpy as np
from scipy.signal import butter, chirp, sosfilt

SAMPLE_RATE = 22050
TAU = 2 * np.pi

# Telephone signals are fixed pairs of frequencies (Hz), ITU-T Q.23 and E.180.
DTMF_ROWS = (697, 770, 852, 941)
DTMF_COLUMNS = (1209, 1336, 1477, 1633)
CALL_TONES = {  # frequencies, seconds on, seconds off
    "dial": ((350, 440), 0, 0),
    "ring": ((440, 480), 2, 4),
    "busy": ((480, 620), 0.5, 0.5),
    "ring (Europe)": ((425,), 1, 4),
}
MORSE = {
    "a": ".-",
    "e": ".",
    "i": "..",
    "k": "-.-",
    "n": "-.",
    "o": "---",
    "q": "--.-",
    "r": ".-.",
    "s": "...",
    "t": "-",
}


def _coloured(rng: np.random.Generator, size: int, slope: float) -> np.ndarray:
    """Noise whose amplitude spectrum falls as frequency to the power -slope (0 white, 0.5 pink, 1 brown)."""
    spectrum = np.fft.rfft(rng.standard_normal(size))
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / SAMPLE_RATE), 20.0)
    return np.fft.irfft(spectrum / frequency**slope, size)


def _band(y: np.ndarray, low: float, high: float) -> np.ndarray:
    """Pass the band from low to high (Hz)."""
    return sosfilt(butter(4, (low, high), "bandpass", fs=SAMPLE_RATE, output="sos"), y)


def _gate(t: np.ndarray, on: float, off: float) -> np.ndarray:
    """Be 1 for `on` seconds, 0 for `off` seconds, again and again."""
    return ((t % (on + off)) < on).astype(float)


def _bursts(t: np.ndarray, starts: np.ndarray, decay: float) -> np.ndarray:
    """Sum of exponential decays that begin at the given times."""
    envelope = np.zeros(t.size)
    for start in starts:
        first = int(start * SAMPLE_RATE)
        envelope[first:] += np.exp(-(t[first:] - start) / decay)
    return envelope


def _phase(frequency: np.ndarray) -> np.ndarray:
    """Phase of a tone with this frequency (Hz) at each sample."""
    return TAU * np.cumsum(frequency) / SAMPLE_RATE


def noise(rng, t):
    """Make white, pink or brown noise."""
    return _coloured(rng, t.size, rng.choice((0.0, 0.5, 1.0)))


def swelling_noise(rng, t):
    """Make noise that swells and fades regularly, like surf."""
    depth, rate = rng.uniform(0.4, 1.0), np.exp(rng.uniform(np.log(0.1), np.log(12)))
    return _coloured(rng, t.size, rng.uniform(0, 1)) * (1 + depth * np.sin(TAU * rate * t))


def wind_noise(rng, t):
    """Make low noise with slow irregular gusts."""
    knots = np.arange(0, t[-1] + 1, 0.7)
    gust = np.interp(t, knots, rng.uniform(0.1, 1, knots.size))
    return _band(_coloured(rng, t.size, 0.6), 60, rng.uniform(300, 2000)) * gust


def telephone_noise(rng, t):
    """Make noise in a telephone's band."""
    return _band(rng.standard_normal(t.size), 300, 3400)


def narrow_noise(rng, t):
    """Make noise in one narrow band, like a whistle of steam."""
    centre = np.exp(rng.uniform(np.log(200), np.log(6000)))
    return _band(rng.standard_normal(t.size), centre / 1.1, centre * 1.1)


def ring_modulated_noise(rng, t):
    """Make low noise shifted up by a carrier."""
    return _band(rng.standard_normal(t.size), 30, rng.uniform(100, 600)) * np.sin(TAU * rng.uniform(200, 4000) * t)


def breathing(rng, t):
    """Make noise that comes and goes like breath, in and out in two colours."""
    period = rng.uniform(2.0, 5.0)
    inward, outward = (np.maximum(0, np.sin(TAU * t / period + shift)) ** 1.5 for shift in (0, np.pi))
    y = rng.standard_normal(t.size)
    return _band(y, 800, 5000) * inward + 0.7 * _band(y, 300, 2500) * outward


def crackle(rng, t):
    """Make static: sparse clicks over faint hiss."""
    clicks = (rng.random(t.size) < rng.uniform(5, 80) / SAMPLE_RATE) * rng.standard_normal(t.size) * rng.uniform(3, 10)
    return np.convolve(clicks, np.exp(-np.arange(60) / 8), "same") + 0.05 * rng.standard_normal(t.size)


def sine(rng, t):
    """Make one steady sine."""
    return np.sin(TAU * np.exp(rng.uniform(np.log(60), np.log(8000))) * t)


def buzz(rng, t):
    """Make a steady sawtooth or square tone."""
    angle = np.exp(rng.uniform(np.log(50), np.log(2000))) * t
    return 2 * (angle % 1) - 1 if rng.random() < 0.5 else np.sign(np.sin(TAU * angle))


def beating_tones(rng, t):
    """Make two or three unrelated or almost equal sines."""
    base = rng.uniform(80, 2000)
    ratios = rng.uniform(1.0, 1.02, 2) if rng.random() < 0.5 else rng.uniform(1.1, 4.7, 2)
    return sum(np.sin(TAU * base * ratio * t) for ratio in (1.0, *ratios))


def trembling_tone(rng, t):
    """Make a sine with strong amplitude or frequency modulation."""
    rate, carrier = rng.uniform(0.5, 25), rng.uniform(200, 3000)
    wave = np.sin(TAU * rate * t)
    if rng.random() < 0.5:
        return np.sin(TAU * carrier * t) * (1 + wave)
    return np.sin(_phase(carrier * (1 + rng.uniform(0.02, 0.4) * wave)))


def beeps(rng, t):
    """Make one tone on and off, like an alarm clock or a reversing lorry."""
    tone = np.sin(TAU * rng.uniform(400, 4000) * t)
    return (np.sign(tone) if rng.random() < 0.4 else tone) * _gate(t, rng.uniform(0.05, 0.8), rng.uniform(0.05, 1.0))


def sweep(rng, t):
    """Make one sweep over the whole clip, up or down."""
    ends = np.exp(rng.uniform(np.log(40), np.log(9000), 2))
    return chirp(t, ends[0], t[-1], ends[1], method=rng.choice(("linear", "logarithmic")))


def repeated_sweep(rng, t):
    """Make sweeps again and again, up, down or both."""
    low, high = np.sort(np.exp(rng.uniform(np.log(80), np.log(7000), 2)))
    part = (t * np.exp(rng.uniform(np.log(0.2), np.log(8)))) % 1
    part = (part, 1 - part, 1 - np.abs(2 * part - 1))[rng.integers(3)]
    return np.sin(_phase(low * (high / low) ** part))


def pulsed_sweep(rng, t):
    """Make a sweep chopped by a steady pulse."""
    rate = rng.uniform(1, 10)
    return sweep(rng, t) * _gate(t, 0.5 / rate, 0.5 / rate)


def two_tone_siren(rng, t):
    """Make two tones in turn, like a fire engine's."""
    low, half = rng.uniform(300, 900), rng.uniform(0.2, 0.9)
    angle = _phase(np.where(_gate(t, half, half) > 0, low, low * rng.uniform(1.2, 1.5)))
    return np.sin(angle) + rng.uniform(0, 0.5) * np.sin(2 * angle) + rng.uniform(0, 0.4) * np.sin(3 * angle)


def wailing_siren(rng, t):
    """Make a tone that rises and falls, slowly (wail) or fast (yelp)."""
    low, rate = rng.uniform(300, 800), np.exp(rng.uniform(np.log(0.1), np.log(5)))
    angle = _phase(low * rng.uniform(1.5, 3.5) ** (0.5 - 0.5 * np.cos(TAU * rate * t)))
    return np.tanh(rng.uniform(0.5, 4) * np.sin(angle))


def clicks(rng, t):
    """Make a train of clicks at a steady rate."""
    period = 1 / np.exp(rng.uniform(np.log(0.5), np.log(40)))
    return _bursts(t, np.arange(0.05, t[-1], period), 0.002) * np.sin(TAU * rng.uniform(800, 6000) * t)


def metronome(rng, t):
    """Make a metronome with or without an accent."""
    starts = np.arange(0.05, t[-1], 60 / rng.uniform(40, 220))
    pitch, accent = rng.uniform(600, 2500), rng.choice((2, 3, 4, 1000))
    weak, strong = np.delete(starts, np.s_[::accent]), starts[::accent]
    return _bursts(t, weak, 0.015) * np.sin(TAU * pitch * t) + _bursts(t, strong, 0.02) * np.sin(TAU * 1.5 * pitch * t)


def ticking(rng, t):
    """Make noise clicks in twos, like a clock, or at random, like a Geiger counter."""
    if rng.random() < 0.5:
        starts = np.arange(0.1, t[-1], rng.uniform(0.25, 1.0))
        starts[1::2] += rng.uniform(0, 0.06)
    else:
        starts = np.sort(rng.uniform(0, t[-1], int(rng.uniform(2, 30) * t[-1])))
    return _bursts(t, starts[starts < t[-1]], rng.uniform(0.001, 0.01)) * _band(rng.standard_normal(t.size), 800, 7000)


def mains_hum(rng, t):
    """Make 50 or 60 Hz with harmonics, and some hiss."""
    base = rng.choice((50.0, 60.0))
    weights = rng.uniform(0, 1, 12) / np.arange(1, 13) ** rng.uniform(0, 1.2)
    hum = sum(weight * np.sin(TAU * base * (n + 1) * t) for n, weight in enumerate(weights))
    return hum + rng.uniform(0, 0.2) * rng.standard_normal(t.size)


def engine(rng, t):
    """Make pulsed noise and low harmonics with a steady, rising or falling pulse."""
    start, end = rng.uniform(6, 40), rng.uniform(6, 40)
    angle = _phase(np.linspace(start, end if rng.random() < 0.6 else start, t.size))
    pulse = np.maximum(0, np.sin(angle)) ** rng.uniform(1, 8)
    rumble = sum(np.sin(n * angle + rng.uniform(0, TAU)) / n for n in range(2, 12))
    return pulse * _coloured(rng, t.size, 0.5) / 0.02 + rng.uniform(0.1, 1) * rumble


def propeller(rng, t):
    """Make band noise chopped two to twenty times a second, like a helicopter."""
    pulse = np.maximum(0, np.sin(TAU * rng.uniform(2, 20) * t)) ** rng.uniform(1, 10)
    return _band(_coloured(rng, t.size, 0.4), 60, rng.uniform(600, 4000)) * (pulse + 0.1)


def dialling(rng, t):
    """Make a number dialled with DTMF tones."""
    length = rng.uniform(0.08, 0.3)
    key = (t / (2 * length)).astype(int)
    rows, columns = rng.choice(DTMF_ROWS, key[-1] + 1), rng.choice(DTMF_COLUMNS, key[-1] + 1)
    return (np.sin(TAU * rows[key] * t) + np.sin(TAU * columns[key] * t)) * _gate(t, length, length)


def call_tone(rng, t):
    """Make dial, ringing and busy tones."""
    frequencies, on, off = CALL_TONES[rng.choice(list(CALL_TONES))]
    y = sum(np.sin(TAU * frequency * t) for frequency in frequencies)
    return y * _gate(t, on, off) if on else y


def phone_bell(rng, t):
    """Make an old telephone's bell: metal partials struck 20 times a second, two seconds on and some off."""
    partials = rng.uniform(900, 1500) * np.array((1.0, 1.47, 2.09, 2.56, 3.3))
    strikes = np.arange(0, t[-1], 1 / rng.uniform(15, 25))
    return _bursts(t, strikes, 0.05) * sum(np.sin(TAU * p * t) for p in partials) * _gate(t, 2.0, rng.uniform(1, 4))


def morse(rng, t):
    """Make random letters in Morse code."""
    dot = rng.uniform(0.04, 0.12)
    keys: list[int] = []
    while len(keys) * dot < t[-1] + 1:
        for sign in MORSE[rng.choice(list(MORSE))]:
            keys += [1] * (1 if sign == "." else 3) + [0]
        keys += [0, 0]
    return np.sin(TAU * rng.uniform(400, 1000) * t) * np.array(keys)[(t / dot).astype(int)]


def modem(rng, t):
    """Make fast random switching between two tones."""
    bits = rng.integers(0, 2, int(t[-1] * 300) + 2)[(t * rng.uniform(30, 300)).astype(int)]
    return np.sin(_phase(np.where(bits, 1270.0, 1070.0) * rng.uniform(0.7, 2)))


def shots(rng, t):
    """Make bursts of noise at random times, like shots and far explosions."""
    starts = np.sort(rng.uniform(0, t[-1] - 0.2, rng.integers(3, 25)))
    return _bursts(t, starts, rng.uniform(0.03, 0.6)) * _coloured(rng, t.size, rng.uniform(0, 0.7))


def coloured_hiss(rng, t):
    """Make steady noise of any slope from violet to brown."""
    return _coloured(rng, t.size, rng.uniform(-1, 1))


def low_pass_hiss(rng, t):
    """Make steady noise up to a limit, like an old recording's or a fan's."""
    return _band(rng.standard_normal(t.size), 30, np.exp(rng.uniform(np.log(1000), np.log(9000))))


def high_pass_hiss(rng, t):
    """Make steady noise above a limit, like a tape's."""
    return _band(rng.standard_normal(t.size), np.exp(rng.uniform(np.log(800), np.log(5000))), 10500)


def clipped_noise(rng, t):
    """Make noise clipped hard or made of few steps, like an untuned receiver's."""
    y = _coloured(rng, t.size, rng.uniform(0, 0.5))
    return np.clip(np.round(y / y.std() * rng.uniform(0.3, 2)), -1, 1)


def fading_noise(rng, t):
    """Make noise whose level drifts slowly by some decibels, like a river's or a room's."""
    knots = np.arange(0, t[-1] + 3, 2.0)
    level = np.interp(t, knots, rng.uniform(0.5, 1, knots.size))
    return _coloured(rng, t.size, rng.uniform(0, 0.7)) * level


def organ_tone(rng, t):
    """Make one steady tone of a few harmonics."""
    base = np.exp(rng.uniform(np.log(80), np.log(1500)))
    return sum(rng.uniform(0, 1) / n * np.sin(TAU * base * n * t + rng.uniform(0, TAU)) for n in range(1, 7))


def triangle_tone(rng, t):
    """Make one steady triangle wave."""
    return np.abs(4 * (np.exp(rng.uniform(np.log(60), np.log(3000))) * t % 1) - 2) - 1


def pulse_tone(rng, t):
    """Make one steady tone of narrow pulses."""
    return ((np.exp(rng.uniform(np.log(60), np.log(1500))) * t % 1) < rng.uniform(0.05, 0.4)) - 0.2


def fading_sine(rng, t):
    """Make a sine that fades in or out over the whole clip."""
    ramp = np.linspace(*rng.permutation((rng.uniform(0.1, 0.6), 1.0)), t.size)
    return ramp * np.sin(TAU * np.exp(rng.uniform(np.log(100), np.log(6000))) * t)


def tone_in_hiss(rng, t):
    """Make a sine over faint hiss, as a test tone from a tape."""
    sine_wave = np.sin(TAU * np.exp(rng.uniform(np.log(150), np.log(5000))) * t)
    return sine_wave + rng.uniform(0.003, 0.1) * rng.standard_normal(t.size)


# what speech is mixed with
BACKGROUNDS = (noise, swelling_noise, wind_noise, telephone_noise, narrow_noise, ring_modulated_noise)
GENERATORS: dict[str, tuple[Callable, ...]] = {
    "noise": (*BACKGROUNDS, coloured_hiss, low_pass_hiss, high_pass_hiss, clipped_noise, fading_noise),
    "crackle": (breathing, crackle),
    "tone": (
        *(sine, buzz, beating_tones, trembling_tone, mains_hum),
        *(organ_tone, triangle_tone, pulse_tone, fading_sine, tone_in_hiss),
    ),
    "sweep": (sweep, repeated_sweep, pulsed_sweep),
    "alarm": (two_tone_siren, wailing_siren, beeps, phone_bell),
    "clicks": (clicks, metronome, ticking, shots),
    "telephone": (dialling, call_tone, morse, modem),
    "engine": (engine, propeller),
}

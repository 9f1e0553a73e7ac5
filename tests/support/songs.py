"""Sound and answers made up for the tests of pictures: the same on every machine."""

from typing import Any

import numpy as np

from musicgenre.audio.recording import Clip, Recording
from musicgenre.inference.prediction import Prediction

RATE = 22050
GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")


def tune(seconds: float = 12.0, bpm: float = 120.0) -> np.ndarray:
    """Return a chord in A that changes every two seconds, with a click on each beat."""
    t = np.arange(int(seconds * RATE)) / RATE
    root = 220.0 * 2.0 ** (np.array([0, 5, 7, 0])[(t // 2).astype(int) % 4] / 12)
    phase = 2 * np.pi * np.cumsum(root) / RATE
    y = sum(np.sin(k * phase) / k for k in (1, 2, 3, 4, 5, 6))
    beat = (t * bpm / 60) % 1.0
    noise = np.random.default_rng(5).normal(0, 1, len(t))
    return (0.1 * y + 0.5 * noise * np.exp(-beat * 25)).astype(np.float32) * np.float32(0.5)


def recording(
    seconds: float = 12.0, *, starts: tuple[float, ...] = (0.0,), duration_s: float | None = None, title: str = "Tune"
) -> Recording:
    """Return a recording of one or more parts of the same length."""
    y = tune(seconds)
    clips = tuple(Clip(y, RATE, title, "tune.wav", start) for start in starts)
    return Recording(clips, title, duration_s if duration_s is not None else clips[-1].end_s)


def answer(verdict: str = "genre", duration_s: float = 12.0, **changes: Any) -> Prediction:
    """Return an answer, with fields changed as their JSON has them."""
    shares = np.array([1, 2, 3, 2, 1, 4, 20, 5, 2, 60], dtype=float)
    probabilities = dict(zip(GENRES, (shares / shares.sum()).tolist(), strict=True))
    edges = np.linspace(0, duration_s, 5).tolist()
    named = ("rock", "metal", "rock", "rock")
    found: dict[str, Any] = {
        "input": "tune.wav",
        "title": "Tune",
        "duration_s": duration_s,
        "verdict": verdict,
        "genre": "rock",
        "confidence": 0.6,
        "probabilities": probabilities,
        "segments": [
            {"start_s": a, "end_s": b, "genre": genre, "confidence": 0.5 + 0.1 * i}
            for i, (a, b, genre) in enumerate(zip(edges, edges[1:], named, strict=False))
        ],
        "analysed": [{"start_s": 0.0, "end_s": duration_s}],
        "reason": None if verdict == "genre" else "a reason in a sentence",
        "model": "genres",
        "error": None,
    }
    if verdict in ("silent", "too_short", "error"):
        found.update(genre=None, confidence=None, probabilities=None, segments=[])
    if verdict == "not_music":
        found.update(genre=None, confidence=None, segments=[])
    if verdict == "error":
        found.update(reason=None, duration_s=None, error={"kind": "unreadable", "message": "it cannot be read"})
    if verdict == "mixed":
        half = {"confidence": 0.9}
        found.update(genre=None, confidence=None, parts=[
            {"start_s": 0.0, "end_s": duration_s / 2, "genre": "rock", **half},
            {"start_s": duration_s / 2, "end_s": duration_s, "genre": "metal", **half},
        ])  # fmt: skip
    return Prediction.from_json({**found, **changes})

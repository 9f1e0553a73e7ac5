"""Listening to the analysed parts of a recording; without a sound device this says so in a sentence."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from musicgenre.audio.recording import Recording

REPORT_S = 0.05  # how often the position is told


def output_problem() -> str | None:
    """Return why nothing can be played, or None."""
    try:
        import sounddevice

        sounddevice.query_devices(kind="output")
    except ImportError:
        return "to listen, install the package sounddevice: python -m pip install sounddevice"
    except OSError:
        return (
            "to listen, install PortAudio (Debian, Ubuntu: sudo apt install libportaudio2) and start the program again"
        )
    except Exception:  # PortAudio's own error class, which exists only where the import worked
        return "to listen, connect a sound device and start this program again"
    return None


def parts_from(recording: Recording, second: float) -> list[tuple[float, np.ndarray, int]]:
    """Return (start, samples, rate) of what is played from a second of the song on: the analysed parts in order."""
    parts = []
    for clip in recording.clips:
        if clip.end_s <= second + 0.01:
            continue
        skip = max(int((second - clip.start_s) * clip.sample_rate), 0)
        parts.append((clip.start_s + skip / clip.sample_rate, clip.samples[skip:], clip.sample_rate))
    return parts


class Player:
    """Plays one recording at a time."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.volume = 0.8

    def play(self, recording: Recording, second: float, tell: Callable[[float | None], None]) -> None:
        """Play from a second of the song to the end of the last analysed part.

        `tell` is called with each second that is heard, and with None at the end.
        """
        self.stop()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(recording, second, self._stop, tell), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop; the playing thread reports the end."""
        self._stop.set()
        if self._thread:
            self._thread.join(1.0)
            self._thread = None

    def _run(
        self, recording: Recording, second: float, stop: threading.Event, tell: Callable[[float | None], None]
    ) -> None:
        """Write blocks to the device until the end."""
        stream: Any = None
        try:
            import sounddevice

            for start, samples, rate in parts_from(recording, second):
                if stream is None or stream.samplerate != rate:
                    if stream is not None:
                        stream.close()
                    stream = sounddevice.OutputStream(samplerate=rate, channels=1, dtype="float32")
                    stream.start()
                block = int(rate * REPORT_S)
                for first in range(0, len(samples), block):
                    if stop.is_set():
                        return
                    tell(start + first / rate)
                    stream.write((samples[first : first + block] * self.volume).reshape(-1, 1))
        finally:
            if stream is not None:
                stream.abort() if stop.is_set() else stream.stop()
                stream.close()
            tell(None)

"""Samples with their place in a recording: sections, level, resampling."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from musicgenre.audio.silence import Stretch

WINDOW_S = 3.0  # shortest recording that can be classified: one window of the pretrained network

MAX_GAIN_DB = 40.0  # more would lift noise

# Which parts of a recording are looked at
WHOLE_UP_TO_S = 120.0  # shorter recordings are analysed whole

SECTION_S = 10.0

SECONDS_PER_SECTION = 30.0  # one section for each of these

MIN_SECTIONS, MAX_SECTIONS = 3, 12


@dataclass(frozen=True)
class Clip:
    """Consecutive samples of one recording.

    Parameters
    ----------
    samples : np.ndarray, shape (n,), float32
        Mono samples.
    sample_rate : int
        In hertz.
    title, source : str
        What to call it, and the path or link it came from.
    start_s : float
        Where the samples start in the recording, in seconds.
    pieces : tuple of (start, end)
        The stretches of the recording that were joined to these samples, in seconds; empty if it is one.
    """

    samples: np.ndarray
    sample_rate: int
    title: str
    source: str
    start_s: float = 0.0
    pieces: tuple[Stretch, ...] = ()

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.sample_rate

    @property
    def end_s(self) -> float:
        """Where the samples end in the recording, in seconds."""
        return self.pieces[-1][1] if self.pieces else self.start_s + self.duration_s

    @property
    def spans(self) -> tuple[Stretch, ...]:
        """The stretches (start, end) of the recording that the samples are from, in seconds."""
        return self.pieces or ((self.start_s, self.end_s),)

    def at(self, seconds: np.ndarray) -> np.ndarray:
        """Return the places in the recording of places in the samples, both in seconds."""
        if not self.pieces:
            return self.start_s + seconds
        starts = np.cumsum([0.0, *(end - start for start, end in self.pieces)])[:-1]
        piece = np.maximum(np.searchsorted(starts, seconds, side="right") - 1, 0)
        return np.array([start for start, _ in self.pieces])[piece] + seconds - starts[piece]


@dataclass(frozen=True)
class Excerpt:
    """The part of a recording that is wanted.

    Parameters
    ----------
    start_s : float, optional
        Where it begins, in seconds; None is the place that a link names, or the beginning.
    length_s : float, optional
        How long it is, in seconds; None goes to the end.
    """

    start_s: float | None = None
    length_s: float | None = None


WHOLE = Excerpt()


@dataclass(frozen=True)
class Recording:
    """The decoded parts of a file and what is known of the whole.

    Parameters
    ----------
    clips : tuple of Clip
        In the order of time; `audio.sounding.sounding_parts` takes the silence out of them.
    title : str
        Of the whole file.
    duration_s : float
        Of the whole file, in seconds, silence included.
    tags : mapping
        Those of its tags in `TAGS`.
    silent : tuple of (start, end)
        Silence that was found outside the clips, in seconds.
    """

    clips: tuple[Clip, ...]
    title: str
    duration_s: float
    tags: Mapping[str, str] = field(default_factory=dict)
    silent: tuple[Stretch, ...] = ()


def sections(duration_s: float, *, start_s: float = 0.0, length_s: float | None = None) -> list[tuple[float, float]]:
    """Return the parts (start, length) in seconds of a recording that are analysed.

    A part of up to 120 s is taken whole; a longer one is represented by one section of 10 s for each 30 s,
    from 3 to 12, evenly spread.
    """
    length = max(duration_s - start_s, 0.0)
    if length_s is not None:
        length = min(length, length_s)
    if length <= WHOLE_UP_TO_S:
        return [(start_s, length)]
    count = min(max(round(length / SECONDS_PER_SECTION), MIN_SECTIONS), MAX_SECTIONS)
    step = length / count
    return [(start_s + (i + 0.5) * step - SECTION_S / 2, SECTION_S) for i in range(count)]


def resample(clip: Clip, rate: int) -> np.ndarray:
    """Return the clip's samples at another rate, shape (n,), float32 (soxr, quality HQ)."""
    import soxr

    if clip.sample_rate == rate:
        return clip.samples
    return soxr.resample(clip.samples, clip.sample_rate, rate, quality="HQ")


@dataclass(frozen=True)
class Level:
    """The RMS level that recordings are brought to before their features are computed.

    The pretrained network hears levels. A recording that is quieter than those a model was trained on would be taken
    for quiet music, and how loud a record was made tells its age more than its genre: of eight genres with 273 clips,
    a model that hears loud recordings as they are keeps its best guess for 91 % of the songs played 12 dB quieter, one
    that hears all at one level for every song, at the same accuracy (73.8 %). With 1,100 clips of 13 genres what is
    loud helps a little: 64.7 against 64.1 %; the model that comes with the program hears it.

    Parameters
    ----------
    dbfs : float
        In dB of full scale.
    louder_too : bool
        Whether louder recordings are brought down to it. Else they stay as they are.
    """

    dbfs: float
    louder_too: bool = True

    def fields(self) -> dict[str, float]:
        """Return what a table and a card keep of it."""
        return {LEVEL_FIELD if self.louder_too else AMPLIFY_FIELD: self.dbfs}


LEVEL_FIELD, AMPLIFY_FIELD = "level_dbfs", "amplify_to_dbfs"  # of every recording; of the quieter ones alone


def is_level(value: Any) -> bool:
    """Whether a value of a table or a card is a level."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -100 <= value <= 0


def read_level(fields: Mapping[str, Any]) -> Level | None:
    """Return the level that a table or a card keeps, None where it has none that is one."""
    for name in (LEVEL_FIELD, AMPLIFY_FIELD):
        if is_level(fields.get(name)):
            return Level(float(fields[name]), louder_too=name == LEVEL_FIELD)
    return None


def gain_to(clips: Sequence[Clip], level: Level | None) -> float:
    """Return the factor that brings clips to a level together, 40 dB up at most; 1 with None and for silence."""
    if level is None:
        return 1.0
    own = level_dbfs(clips)
    if not math.isfinite(own) or (own >= level.dbfs and not level.louder_too):
        return 1.0
    return float(10 ** (min(level.dbfs - own, MAX_GAIN_DB) / 20))


def scaled(clips: Sequence[Clip], gain: float) -> tuple[Clip, ...]:
    """Return clips with their samples multiplied."""
    return tuple(clips) if gain == 1.0 else tuple(replace(c, samples=c.samples * np.float32(gain)) for c in clips)


def level_dbfs(clips: Sequence[Clip]) -> float:
    """Return the RMS level of clips taken together, in dB relative to full scale (-inf for digital silence)."""
    energy = sum(float(np.dot(clip.samples, clip.samples)) for clip in clips)
    count = sum(len(clip.samples) for clip in clips)
    return 10 * math.log10(energy / count) if energy > 0 else -math.inf

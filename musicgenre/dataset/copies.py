"""Changed copies of a clip as further training rows: faster and brighter, slower and darker, both as an mp3.

What changes in them is no trait of a genre, and a model that has seen few songs may take it for one. Copies train with
their clip and share its weight and its group; nothing is measured on them. A table keeps them among its parts
(`dataset.parts`), with the clip_id ``blues/song#faster``.

Worth for the 13 genres that come with the program: the gap of confidence and truth falls from 0.050 to 0.033, first
guesses are right for 64.8 instead of 64.4 % of the songs, and 88.9 instead of 88.0 % of the sets of at most two hold
the genre. Four copies with one change each do the same.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from musicgenre.audio.coding import MP3_64K, through_codec
from musicgenre.audio.recording import WINDOW_S, Clip, level_dbfs, resample, scaled


@dataclass(frozen=True)
class Change:
    """What a copy has of its own, beside the codec.

    Parameters
    ----------
    speed : float
        With the pitch, as of a turntable; 1.03 is half a semitone up.
    tilt : float
        Of the spectrum: y[n] - tilt * y[n - 1], brighter above 0.
    gain_db : float
        Of its level.
    """

    speed: float
    tilt: float
    gain_db: float


COPIES = {"faster": Change(1.03, 0.3, 0.0), "slower": Change(0.97, -0.3, -6.0)}


def changed_copies(clips: Sequence[Clip]) -> Iterator[tuple[str, tuple[Clip, ...]]]:
    """Yield the name and the clips of each changed copy of a recording's clips, none of those under 3 s."""
    for name, change in COPIES.items():
        changed = [through_codec(_tilted(_at_speed(clip, change.speed), change.tilt), MP3_64K) for clip in clips]
        copy = tuple(clip for clip in changed if clip.duration_s >= WINDOW_S)
        if copy:
            gain_db = level_dbfs(clips) + change.gain_db - level_dbfs(copy)
            yield name, scaled(copy, 10 ** (gain_db / 20))


def _at_speed(clip: Clip, speed: float) -> Clip:
    """Return a clip that is played faster or slower."""
    played = replace(clip, sample_rate=round(clip.sample_rate * speed))
    return replace(clip, samples=resample(played, clip.sample_rate), pieces=())


def _tilted(clip: Clip, tilt: float) -> Clip:
    """Return a clip with a brighter or darker sound."""
    before = np.concatenate([clip.samples[:1], clip.samples[:-1]])
    return replace(clip, samples=clip.samples - np.float32(tilt) * before)

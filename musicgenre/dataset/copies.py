"""Changed copies of a clip as further training rows: quieter, through a codec, faster and slower.

What changes in them is no trait of a genre, and a model that has seen few songs may take it for one. Copies train with
their clip and share its weight and its group; nothing is measured on them. A table keeps them among its parts
(`dataset.parts`), with the clip_id ``blues/song#quieter``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from musicgenre.audio.coding import MP3_64K, through_codec
from musicgenre.audio.recording import Clip, resample, scaled

QUIETER_DB = 12.0

SPEED = 0.03  # with the pitch, as of a turntable: half a semitone


def changed_copies(clips: Sequence[Clip]) -> Iterator[tuple[str, tuple[Clip, ...]]]:
    """Yield the name and the clips of each changed copy of a recording's clips."""
    yield "quieter", scaled(clips, 10 ** (-QUIETER_DB / 20))
    yield "mp3", tuple(through_codec(clip, MP3_64K) for clip in clips)
    yield "faster", tuple(_at_speed(clip, 1 + SPEED) for clip in clips)
    yield "slower", tuple(_at_speed(clip, 1 - SPEED) for clip in clips)


def _at_speed(clip: Clip, speed: float) -> Clip:
    """Return a clip that is played faster or slower."""
    played = replace(clip, sample_rate=round(clip.sample_rate * speed))
    return replace(clip, samples=resample(played, clip.sample_rate), pieces=())

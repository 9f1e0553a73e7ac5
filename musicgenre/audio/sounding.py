"""Remove silence and offsets from the sections of a recording; used by 00, 03, 04 and the plots."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from musicgenre.audio.recording import WINDOW_S, Clip, Recording
from musicgenre.audio.silence import Stretch, between, sounding_extent, sounding_spans, without_offset

TOUCHING_S = 0.005  # places that are nearer are one: they were rounded to samples
END_S = 0.1  # a clip that ends so near to the end of a recording is its last: lengths in headers are no more exact


@dataclass(frozen=True)
class SoundingParts:
    """What sounds in a recording.

    Parameters
    ----------
    clips : tuple of Clip
        The analysed sections; what silence alone divides is joined. Empty if nothing sounds.
    silent : tuple of (start, end)
        Known silence in the whole recording, in seconds.
    spans : tuple of (start, end)
        What was listened to and is no silence, in seconds.
    """

    clips: tuple[Clip, ...]
    silent: tuple[Stretch, ...]
    spans: tuple[Stretch, ...]

    @property
    def duration_s(self) -> float:
        """Seconds of sound."""
        return sum(clip.duration_s for clip in self.clips)

    @property
    def sections(self) -> list[tuple[Stretch, ...]]:
        """The stretches (start, end) of each clip, in seconds."""
        return [clip.spans for clip in self.clips]


def sounding_parts(recording: Recording) -> SoundingParts:
    """Return what sounds in a recording's clips; clips that sound throughout are left as they are.

    Before the first sound of a recording and after its last one, silence of any length is left out, so that a song is
    the same whether more silence follows or not; only what lasts is listed in `silent`.
    """
    silent = list(recording.silent)
    groups: list[list[Clip]] = []
    for clip in recording.clips:
        sounding = _sounding(clip)
        silent += between([part.spans[0] for part in sounding], clip.start_s, clip.end_s)
        for part in sounding:
            if groups and _only_silence(groups[-1][-1], part, silent):
                groups[-1].append(part)
            else:
                groups.append([part])
    known = _merged(silent)
    spans = [span for clip in recording.clips for span in between(known, clip.start_s, clip.end_s)]
    clips = [_joined(group) for group in (_trimmed(groups, recording.duration_s) if groups else [])]
    return SoundingParts(tuple(clips), known, tuple(spans) if groups else ())


def _trimmed(groups: list[list[Clip]], duration_s: float) -> list[list[Clip]]:
    """Return clips without the short silences at the two ends of a recording, if enough is left to analyse."""
    parts = [list(group) for group in groups]
    first = parts[0][0]
    if first.start_s <= END_S:
        begin, _ = sounding_extent(first.samples, sample_rate=first.sample_rate)
        parts[0][0] = _part(first, begin, len(first.samples))
    last = parts[-1][-1]
    if last.end_s >= duration_s - END_S:
        _, end = sounding_extent(last.samples, sample_rate=last.sample_rate)
        parts[-1][-1] = _part(last, 0, end)
    return parts if sum(clip.duration_s for group in parts for clip in group) >= WINDOW_S else groups


def _part(clip: Clip, first: int, last: int) -> Clip:
    """Return the samples from `first` up to `last` of a clip."""
    if (first, last) == (0, len(clip.samples)):
        return clip
    return replace(clip, samples=clip.samples[first:last], start_s=clip.start_s + first / clip.sample_rate)


def _sounding(clip: Clip) -> list[Clip]:
    """Return the stretches of a clip that sound."""
    spans = sounding_spans(clip.samples, sample_rate=clip.sample_rate)
    if spans == [(0, len(clip.samples))]:
        samples = without_offset(clip.samples)
        return [clip if samples is clip.samples else replace(clip, samples=samples)]
    parts = [_part(clip, first, last) for first, last in spans]
    return [replace(part, samples=without_offset(part.samples)) for part in parts]


def _only_silence(before: Clip, after: Clip, silent: Sequence[Stretch]) -> bool:
    """Return whether nothing but known silence lies between two clips."""
    return before.sample_rate == after.sample_rate and not between(
        sorted(silent), before.end_s + TOUCHING_S, after.start_s - TOUCHING_S
    )


def _joined(group: Sequence[Clip]) -> Clip:
    """Return clips as one, whose `pieces` tell where they were."""
    if len(group) == 1:
        return group[0]
    spans = tuple(span for clip in group for span in clip.spans)
    return replace(group[0], samples=np.concatenate([clip.samples for clip in group]), pieces=spans)


def _merged(spans: Sequence[Stretch]) -> tuple[Stretch, ...]:
    """Return sorted spans, those that touch as one."""
    out: list[Stretch] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1] + TOUCHING_S:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return tuple(out)

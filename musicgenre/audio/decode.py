"""Audio file -> samples: decoding, the parts of a recording that are looked at, and the program's errors.

Conventions
-----------
Samples are mono float32 in [-1, 1] at the file's own rate, times are seconds. Long recordings are
represented by `sections`; training and prediction look at the same parts of a file.
"""

import contextlib
import errno
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from musicgenre.audio.lengths import TOLERANCE_S
from musicgenre.audio.pcm import decode_stretch
from musicgenre.audio.recording import WHOLE, Clip, Excerpt, Recording, sections
from musicgenre.audio.silence import Stretch, between, full_scale_gain, laid_over, probe_spans, sounding_spans
from musicgenre.audio.tracks import MIN_DECODED, Track, is_longer, kept_tags, open_tracks
from musicgenre.errors import AudioError, SourceError
from musicgenre.files import file_sha256
from musicgenre.task import UNATTENDED, Task

MAX_FILE_GB = 16  # a day of stereo; a file may have any number of GB and be empty


def song_sha256(path: Path) -> str:
    """Return `file_sha256` of a song; raise `AudioError` if it cannot be read or is larger than any song."""
    try:
        size = path.stat().st_size
        if size > 1e9 * MAX_FILE_GB:
            what = f"{path.name!r} has {size / 1e9:.0f} GB, more than {MAX_FILE_GB}; cut it into songs"
            raise AudioError(what, "unsupported")
        if not size:  # some of the system's own files say so, and are endless
            return hashlib.sha256().hexdigest()
        return file_sha256(path)
    except OSError as error:
        raise AudioError(f"{path.name!r} cannot be read ({error.strerror}); change its permissions") from error


def read_recording(
    path: Path | str,
    *,
    excerpt: Excerpt = WHOLE,
    task: Task = UNATTENDED,
) -> Recording:
    """Decode the parts of a file that are analysed.

    Parameters
    ----------
    path : path-like
        A file that FFmpeg's libraries can decode; of a video, its first sound track.
    excerpt : Excerpt
        Look only at this part of the file; the default is all of it.
    task : Task
        Takes the progress, and says whether to stop.

    Raises
    ------
    SourceError
        If there is no such file, or the excerpt begins behind its end.
    AudioError
        If it cannot be opened, has no sound, or nothing of it can be decoded.
    Cancelled
        If the task was cancelled.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise SourceError(f"{path.name!r} is a folder, not a file; give one of its files")
        if not path.exists():
            raise _no_file(path)
        if not path.is_file():
            raise AudioError(f"{path.name!r} is not a regular file; give a sound file", "unsupported")
        with path.open("rb") as file:
            return _read_open_file(file, path, excerpt, task)
    except PermissionError as error:
        raise AudioError(f"no permission to read {path.name!r}; change its permissions or copy it") from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise _no_file(path) from error
        if error.errno == errno.EINVAL:  # FFmpeg looks where a damaged file cannot have anything
            raise AudioError(f"{path.name!r} is damaged; copy or download it again") from error
        raise AudioError(f"{path.name!r} could not be read ({error.strerror or error}); check the disk") from error


def _no_file(path: Path) -> SourceError:
    """Return the error for a path that leads to nothing."""
    return SourceError(f"there is no file {str(path)!r}; check the spelling and the folder")


def _read_open_file(file: Any, path: Path, excerpt: Excerpt, task: Task) -> Recording:
    """Decode the sections of an open file, planning again if it is shorter or longer than it says."""
    start_s, length_s = excerpt.start_s or 0.0, excerpt.length_s
    if path.stat().st_size == 0:
        raise AudioError(f"{path.name!r} is empty (0 bytes); copy or download it again")
    with contextlib.ExitStack() as stack:
        tracks = open_tracks(stack, file, path, task)
        for attempt in (1, 2):
            duration = sum(track.duration_s for track in tracks)
            clips: list[Clip] = []
            plan = sections(duration, start_s=start_s, length_s=length_s)
            if start_s >= duration > 0:
                if attempt == 2:
                    raise SourceError(f"start {start_s:g} s lies behind the end of {path.name!r} ({duration:.1f} s)")
                plan = []
            for i, (start, length) in enumerate(plan):
                # The declared length is rounded: a part that runs to the end is read to the end.
                to_end = start + length >= duration - 0.5 and length_s is None
                clips += decode_stretch(tracks, path, start, length + to_end, task)
                task.report("decode", (i + 1) / len(plan))
            wanted = sum(length for _, length in plan)
            enough = bool(plan) and sum(clip.duration_s for clip in clips) >= 0.9 * wanted - 0.5
            if attempt == 2 or (enough and not any(is_longer(track, task) for track in tracks)):
                break
            counted = open_tracks(stack, file, path, task, count=True)
            agrees = abs(sum(track.duration_s for track in counted) - duration) < TOLERANCE_S
            if enough and agrees and not any(track.is_counted for track in counted):
                break
            tracks = counted
        read, decoded = sum(track.read_s for track in tracks), sum(track.decoded_s for track in tracks)
        heard = sum(clip.duration_s for clip in clips)
        lacking = len(plan) == 1 and excerpt == WHOLE and all(track.lacks_packets() for track in tracks)
        if not clips or lacking or decoded < MIN_DECODED * read or heard < MIN_DECODED * wanted:
            much = "next to nothing" if clips else "nothing"
            raise AudioError(f"{much} in {path.name!r} could be decoded; copy or download it again")
        silent: tuple[Stretch, ...] = ()
        if len(plan) > 1 and not all(_sounds_throughout(clip) for clip in clips):
            end_s = duration if length_s is None else min(start_s + length_s, duration)
            clips, silent = _over_sound(tracks, path, (start_s, end_s), task) or (clips, ())
        gain = full_scale_gain([clip.samples for clip in clips])
        if gain != 1:
            clips = [replace(clip, samples=clip.samples * gain) for clip in clips]
        tags = kept_tags(tracks[0].container, tracks[0].stream)
        title = tags.get("title") or path.stem
    if len(plan) == 1 and length_s is None:
        duration = clips[-1].end_s
    return Recording(tuple(clips), title, max(duration, clips[-1].end_s), tags, silent)


def _sounds_throughout(clip: Clip) -> bool:
    """Return whether a clip has no silence in it."""
    return sounding_spans(clip.samples, sample_rate=clip.sample_rate) == [(0, len(clip.samples))]


def _over_sound(
    tracks: Sequence[Track], path: Path, part: Stretch, task: Task
) -> tuple[list[Clip], tuple[Stretch, ...]] | None:
    """Return the sections of what sounds in a part (start, end) of a recording, and its silence; None if none does."""

    def sounds(start: float, length: float) -> list[Stretch]:
        return [
            (clip.start_s + first / clip.sample_rate, clip.start_s + last / clip.sample_rate)
            for clip in decode_stretch(tracks, path, start, length, task)
            for first, last in sounding_spans(clip.samples, sample_rate=clip.sample_rate)
        ]

    spans = probe_spans(sounds, *part)
    plan = laid_over(spans, sections(sum(end - start for start, end in spans)))
    clips = [
        clip
        for pieces in plan
        for start, end in pieces
        for clip in decode_stretch(tracks, path, start, end - start, task)
    ]
    return (clips, tuple(between(spans, *part))) if clips else None

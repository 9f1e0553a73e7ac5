"""Audio file -> samples: decoding, the parts of a recording that are looked at, and the program's errors.

Conventions
-----------
Samples are mono float32 in [-1, 1] at the file's own rate, times are seconds. Long recordings are
represented by `sections`; training and prediction look at the same parts of a file.
"""

import contextlib
import errno
import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from musicgenre.audio.lengths import BACK_S, TOLERANCE_S, timed_packets
from musicgenre.audio.recording import WHOLE, Clip, Excerpt, Recording, sections
from musicgenre.audio.silence import (
    Stretch,
    between,
    channel_rows,
    full_scale_gain,
    laid_over,
    mix_down,
    probe_spans,
    sounding_spans,
    without_wild_samples,
)
from musicgenre.audio.tracks import _is_longer, _open_tracks, _packets, _seek, _tags, _Track
from musicgenre.errors import AudioError, SourceError
from musicgenre.files import file_sha256
from musicgenre.task import UNATTENDED, Task

MAX_FILE_GB = 16  # a day of stereo; a file may have any number of GB and be empty

MAX_BAD_SAMPLES = 0.01  # share of samples that may be NaN or infinite (they become zero)

MIN_DECODED = 0.2  # share of a recording that must give sound; of an encrypted one a hundredth does

MIN_RATE, MAX_RATE = 4000, 768_000  # of samples that are read, in hertz

DSD_RATE = 88_200  # DSD is read at this rate: above half of it there is but its noise

MAX_PLANES = 7  # channels that PyAV takes as planes: it looks for one more, and a frame has room for eight


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
        tracks = _open_tracks(stack, file, path, task)
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
                clips += _decode_part(tracks, path, start, length + to_end, task)
                task.report("decode", (i + 1) / len(plan))
            wanted = sum(length for _, length in plan)
            enough = bool(plan) and sum(clip.duration_s for clip in clips) >= 0.9 * wanted - 0.5
            if attempt == 2 or (enough and not any(_is_longer(track, task) for track in tracks)):
                break
            tracks = _open_tracks(stack, file, path, task, count=True)
            agrees = abs(sum(track.duration_s for track in tracks) - duration) < TOLERANCE_S
            if enough and agrees and not any(track.is_counted for track in tracks):
                break
        read, decoded = sum(track.read_s for track in tracks), sum(track.decoded_s for track in tracks)
        heard = sum(clip.duration_s for clip in clips)
        if not clips or decoded < MIN_DECODED * read or heard < MIN_DECODED * wanted:
            much = "next to nothing" if clips else "nothing"
            raise AudioError(f"{much} in {path.name!r} could be decoded; copy or download it again")
        silent: tuple[Stretch, ...] = ()
        if len(plan) > 1 and not all(_sounds_throughout(clip) for clip in clips):
            end_s = duration if length_s is None else min(start_s + length_s, duration)
            clips, silent = _over_sound(tracks, path, (start_s, end_s), task) or (clips, ())
        gain = full_scale_gain([clip.samples for clip in clips])
        if gain != 1:
            clips = [replace(clip, samples=clip.samples * gain) for clip in clips]
        tags = _tags(tracks[0].container, tracks[0].stream)
        title = tags.get("title") or path.stem
    if len(plan) == 1 and length_s is None:
        duration = clips[-1].end_s
    return Recording(tuple(clips), title, max(duration, clips[-1].end_s), tags, silent)


def _sounds_throughout(clip: Clip) -> bool:
    """Return whether a clip has no silence in it."""
    return sounding_spans(clip.samples, sample_rate=clip.sample_rate) == [(0, len(clip.samples))]


def _over_sound(
    tracks: Sequence[_Track], path: Path, part: Stretch, task: Task
) -> tuple[list[Clip], tuple[Stretch, ...]] | None:
    """Return the sections of what sounds in a part (start, end) of a recording, and its silence; None if none does."""

    def sounds(start: float, length: float) -> list[Stretch]:
        return [
            (clip.start_s + first / clip.sample_rate, clip.start_s + last / clip.sample_rate)
            for clip in _decode_part(tracks, path, start, length, task)
            for first, last in sounding_spans(clip.samples, sample_rate=clip.sample_rate)
        ]

    spans = probe_spans(sounds, *part)
    plan = laid_over(spans, sections(sum(end - start for start, end in spans)))
    clips = [
        clip
        for pieces in plan
        for start, end in pieces
        for clip in _decode_part(tracks, path, start, end - start, task)
    ]
    return (clips, tuple(between(spans, *part))) if clips else None


def _decode_part(tracks: Sequence[_Track], path: Path, start_s: float, length_s: float, task: Task) -> list[Clip]:
    """Return the samples from `start_s` on as a list of one clip, or an empty list where there are none.

    Of several recordings in a file all have the rate of the first.
    """
    rate = DSD_RATE if tracks[0].stream.codec_context.name.startswith("dsd") else tracks[0].stream.rate
    if not rate or not MIN_RATE <= rate <= MAX_RATE:
        raise AudioError(f"{path.name!r} has a sample rate of {rate} Hz; convert it to 8000-192000 Hz", "unsupported")
    if len(tracks) == 1:
        return _decode_track(tracks[0], path, start_s, length_s, rate, task)
    parts, offset = list[Clip](), 0.0
    for track in tracks:
        begin = max(start_s - offset, 0.0)
        end = start_s + length_s - offset
        if track is not tracks[-1]:
            end = min(end, track.duration_s)
        if begin < end:
            found = _decode_track(track, path, begin, end - begin, rate, task)
            parts += [replace(clip, start_s=clip.start_s + offset) for clip in found]
        offset += track.duration_s
    return [replace(parts[0], samples=np.concatenate([part.samples for part in parts]))] if parts else []


def _from(track: _Track, seconds: float, task: Task) -> Iterator[tuple[float, float, Any]]:
    """Yield (end, shift, packet) from a packet before a time on, see `timed_packets`."""
    if not track.is_counted:
        _seek(track.container, track.stream, seconds)
        origin = float((track.stream.start_time or 0) * (track.stream.time_base or 0))
        for packet in _packets(track.container, track.stream, task):
            yield seconds, -origin, packet
        return
    if track.walk is None or track.walked_s > seconds:
        if track.walk is not None:
            _seek(track.container, track.stream, 0.0)
        track.walk = timed_packets(track.stream, _packets(track.container, track.stream, task))
    for end, shift, packet in track.walk:
        track.walked_s = end
        if end > seconds or not packet.size:
            yield end, shift, packet


def _decode_track(track: _Track, path: Path, start_s: float, length_s: float, rate: int, task: Task) -> list[Clip]:
    """Return the samples of one recording from `start_s` on as a list of one clip, or an empty list."""
    import av

    preroll_s = 0.5  # codecs need some packets before a position to be exact there
    track.stream.codec_context.flush_buffers()
    base = float(track.stream.time_base or 0)
    last = -math.inf  # time of the last packet
    blocks: list[np.ndarray] = []
    wanted = max(int(round(length_s * rate)), 0)
    position: int | None = None  # sample index in the recording of the next decoded sample
    first: int | None = None  # and of the first one kept
    begin = int(round(start_s * rate))
    resampler: Any = None
    layout: tuple[str, str, int] | None = None  # of the frames that the resampler expects
    kept = 0
    for _, shift, packet in _from(track, max(start_s - preroll_s, 0.0), task):
        if kept >= wanted:
            break
        if packet.pts is not None:
            track.is_followed |= packet.pts * base < last - BACK_S
            last = packet.pts * base
        track.read_s += (packet.duration or 0) * base
        track.read_bytes += packet.size
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue  # one damaged packet
        for frame in frames:
            track.decoded_s += frame.samples / frame.sample_rate
            if position is None:
                seconds = float(frame.pts * frame.time_base) + shift if frame.pts is not None else 0.0
                position = max(int(round(seconds * rate)), 0)
            if layout != (frame.format.name, frame.layout.name, frame.sample_rate):
                layout = (frame.format.name, frame.layout.name, frame.sample_rate)
                channels = len(frame.layout.channels)
                # PyAV reads beyond the ninth plane's address: more channels have to be interleaved.
                form = "fltp" if channels <= MAX_PLANES else "flt"
                resampler = av.AudioResampler(format=form, layout=frame.layout, rate=rate)
            try:
                resampled = resampler.resample(frame)
            except av.FFmpegError as error:
                raise AudioError(
                    f"{path.name!r} has {channels} channels, which cannot be mixed; convert it to stereo", "unsupported"
                ) from error
            for block in resampled:
                planes = block.to_ndarray()
                if channels > MAX_PLANES:
                    planes = planes.reshape(-1, channels).T
                rows = channel_rows(planes, sample_rate=rate)
                count = rows.shape[1]
                skip = min(max(begin - position, 0), count)
                position += count
                rows = rows[:, skip : skip + wanted - kept]
                count = rows.shape[1]
                if count:
                    first = position - count if first is None else first
                    blocks.append(rows)
                    kept += count
    if not blocks:
        return []
    fewest = min(len(rows) for rows in blocks)  # the number of channels may change inside a file
    blocks = [rows if len(rows) == fewest else rows.mean(axis=0, keepdims=True) for rows in blocks]
    joined = np.concatenate(blocks, axis=1)
    blocks.clear()  # at high rates they are large
    samples = mix_down(_checked(joined, path), sample_rate=rate)
    return [Clip(samples, rate, path.stem, str(path), (first if start_s > 0 and first is not None else 0) / rate)]


def _checked(samples: np.ndarray, path: Path) -> np.ndarray:
    """Return samples without NaN, infinity and those that are far above all others."""
    bad = ~np.isfinite(samples)
    if bad.any():
        if bad.mean() > MAX_BAD_SAMPLES:
            raise AudioError(
                f"{bad.mean():.0%} of the samples of {path.name!r} are not numbers; export the sound again"
            )
        samples = np.where(bad, np.float32(0), samples)
    return without_wild_samples(samples)

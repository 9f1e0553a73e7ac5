"""Sound tracks -> PCM: the mono samples of a stretch of time, all channels mixed.

Conventions
-----------
Samples are mono float32 at the rate of the first track. A stretch is (start, length) in seconds of the recording, over
all tracks of the file.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from musicgenre.audio.lengths import BACK_S, timed_packets
from musicgenre.audio.recording import Clip
from musicgenre.audio.silence import channel_rows, mix_down, without_wild_samples
from musicgenre.audio.tracks import Track, packets_of, seek_to
from musicgenre.errors import AudioError
from musicgenre.task import Task

MAX_BAD_SAMPLES = 0.01  # share of samples that may be NaN or infinite (they become zero)

MIN_RATE, MAX_RATE = 4000, 768_000  # of samples that are read, in hertz

DSD_RATE = 88_200  # DSD is read at this rate: above half of it there is but its noise

MAX_PLANES = 7  # channels that PyAV takes as planes: it looks for one more, and a frame has room for eight

PACKET_HEADER = 28  # bytes that containers put around a packet, which may hold one or two

PREROLL_S = 0.5  # codecs need some packets before a position to be exact there


def decode_stretch(tracks: Sequence[Track], path: Path, start_s: float, length_s: float, task: Task) -> list[Clip]:
    """Decode a stretch of a recording.

    Parameters
    ----------
    tracks : sequence of Track
        The recordings of the file, one after another; all are resampled to the rate of the first.
    path : Path
        Of the file, for messages.
    start_s, length_s : float
        In seconds.
    task : Task
        Says whether to stop.

    Returns
    -------
    list of Clip
        One clip, or none where there are no samples.

    Raises
    ------
    AudioError
        If the rate or the channels are not those of music, or many samples are no numbers.
    Cancelled
        If the task was cancelled.
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


def _decode_track(track: Track, path: Path, start_s: float, length_s: float, rate: int, task: Task) -> list[Clip]:
    """Decode a stretch of one recording to a list of one clip, or an empty list."""
    wanted = _Wanted(int(round(start_s * rate)), max(int(round(length_s * rate)), 0))
    mixer = _Mixer(path, rate)
    position: int | None = None  # sample index in the recording of the next decoded sample
    for frame, shift in _frames(track, max(start_s - PREROLL_S, 0.0), task):
        if position is None:
            seconds = float(frame.pts * frame.time_base) + shift if frame.pts is not None else 0.0
            position = max(int(round(seconds * rate)), 0)
        for rows in mixer.rows(frame):
            wanted.take(rows, position)
            position += rows.shape[1]
        if wanted.is_complete:
            break
    if not wanted.blocks:
        return []
    fewest = min(len(rows) for rows in wanted.blocks)  # the number of channels may change inside a file
    blocks = [rows if len(rows) == fewest else rows.mean(axis=0, keepdims=True) for rows in wanted.blocks]
    joined = np.concatenate(blocks, axis=1)
    blocks.clear()  # at high rates they are large
    wanted.blocks.clear()
    samples = mix_down(_checked(joined, path), sample_rate=rate)
    return [Clip(samples, rate, path.stem, str(path), (wanted.first if start_s > 0 else 0) / rate)]


@dataclass
class _Wanted:
    """The samples from index `begin` on, as blocks (rows, n), until there are `count`."""

    begin: int
    count: int
    first: int = 0  # index of the first one that was taken
    kept: int = 0

    def __post_init__(self) -> None:
        self.blocks: list[np.ndarray] = []

    @property
    def is_complete(self) -> bool:
        """Whether all samples were taken."""
        return self.kept >= self.count

    def take(self, rows: np.ndarray, position: int) -> None:
        """Take what is wanted of samples that begin at an index."""
        skip = max(self.begin - position, 0)
        part = rows[:, skip : skip + self.count - self.kept]
        if part.shape[1]:
            if not self.blocks:
                self.first = position + skip
            self.blocks.append(part)
            self.kept += part.shape[1]


class _Mixer:
    """Resamples frames to float samples at a rate and mixes their channels to one row, or two that may cancel."""

    def __init__(self, path: Path, rate: int) -> None:
        self._path, self._rate = path, rate
        self._resampler: Any = None
        self._layout: tuple[str, str, int] | None = None  # of the frames that the resampler expects

    def rows(self, frame: Any) -> Iterator[np.ndarray]:
        """Yield the samples of a frame in blocks, shape (1 or 2, n)."""
        import av

        channels = len(frame.layout.channels)
        if self._layout != (frame.format.name, frame.layout.name, frame.sample_rate):
            self._layout = (frame.format.name, frame.layout.name, frame.sample_rate)
            # PyAV reads beyond the ninth plane's address: more channels have to be interleaved.
            form = "fltp" if channels <= MAX_PLANES else "flt"
            self._resampler = av.AudioResampler(format=form, layout=frame.layout, rate=self._rate)
        try:
            resampled = self._resampler.resample(frame)
        except av.FFmpegError as error:
            what = f"{self._path.name!r} has {channels} channels, which cannot be mixed; convert it to stereo"
            raise AudioError(what, "unsupported") from error
        for block in resampled:
            planes = block.to_ndarray()
            if channels > MAX_PLANES:
                planes = planes.reshape(-1, channels).T
            yield channel_rows(planes, sample_rate=self._rate)


def _frames(track: Track, seconds: float, task: Task) -> Iterator[tuple[Any, float]]:
    """Yield (frame, shift) from a packet before a time on, see `timed_packets`; packets that are damaged give none."""
    import av

    track.stream.codec_context.flush_buffers()
    base = float(track.stream.time_base or 0)
    last = -math.inf  # time of the last packet
    for shift, packet in _packets_from(track, seconds, task):
        if packet.pts is not None:
            track.is_followed |= packet.pts * base < last - BACK_S
            last = packet.pts * base
        track.read_s += (packet.duration or 0) * base
        track.read_bytes += packet.size
        if track.first_packet is None and packet.size:
            track.first_packet = packet.pos
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue  # one damaged packet
        # A parser may hand on junk behind a frame; no codec makes sound larger.
        pcm = sum(frame.samples * len(frame.layout.channels) * frame.format.bytes for frame in frames)
        track.decoded_bytes += min(packet.size, pcm) + PACKET_HEADER if frames else 0
        for frame in frames:
            track.decoded_s += frame.samples / frame.sample_rate
            yield frame, shift


def _packets_from(track: Track, seconds: float, task: Task) -> Iterator[tuple[float, Any]]:
    """Yield (shift, packet) from a packet before a time on, see `timed_packets`."""
    if not track.is_counted:
        seek_to(track.container, track.stream, seconds)
        origin = float((track.stream.start_time or 0) * (track.stream.time_base or 0))
        for packet in packets_of(track.container, track.stream, task):
            yield -origin, packet
        return
    if track.walk is None or track.walked_s > seconds:
        if track.walk is not None:
            track.rewind()
        track.walk = timed_packets(track.stream, packets_of(track.container, track.stream, task))
    for end, shift, packet in track.walk:
        track.walked_s = end
        if end > seconds or not packet.size:
            yield shift, packet


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

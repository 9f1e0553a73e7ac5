"""Audio file -> samples: decoding, the parts of a recording that are looked at, and the program's errors.

Conventions
-----------
Samples are mono float32 in [-1, 1] at the file's own rate, times are seconds. Long recordings are
represented by `sections`; training and prediction look at the same parts of a file.
"""

import contextlib
import errno
import functools
import hashlib
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from functions_sounding import (
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

AUDIO_SUFFIXES = frozenset(
    ".wav .au .snd .aif .aiff .aifc .mp3 .mp2 .flac .ogg .oga .opus .m4a .m4b .aac .wma .webm .mkv .mka .mp4 .mov .caf "
    ".w64 .ape .wv .tta .mpc .ac3 .amr .spx .avi .mpg .mpeg .3gp .flv .ts".split()
)
# Containers that hold sound themselves; playlists, which name other files or addresses, are not among them.
AUDIO_FORMATS = (
    "wav,w64,au,aiff,caf,mp3,flac,ogg,aac,mov,mp4,m4a,3gp,3g2,mj2,asf,matroska,webm,avi,flv,mpeg,mpegts,ac3,eac3,amr,"
    "ape,wv,tta,mpc,mpc8,dts,voc,rm,nut"
)
TAGS = ("title", "artist", "album", "genre")  # what is kept of a file's tags
WINDOW_S = 3.0  # shortest recording that can be classified: one window of the pretrained network
MAX_TITLE = 1000  # characters of a title in a file that are read; a tag may hold millions
MAX_FILE_GB = 16  # a day of stereo; a file may have any number of GB and be empty
MAX_BAD_SAMPLES = 0.01  # share of samples that may be NaN or infinite (they become zero)

MAX_PLANES = 8  # channels that PyAV finds when each has a plane of its own
MAX_GAIN_DB = 40.0  # more would lift noise

# Which parts of a recording are looked at
WHOLE_UP_TO_S = 45.0  # shorter recordings are analysed whole
SECTION_S = 10.0
SECONDS_PER_SECTION = 30.0  # one section for each of these
MIN_SECTIONS, MAX_SECTIONS = 3, 12

Progress = Callable[[str, float], None]  # stage, fraction done
Cancel = Callable[[], bool]


class GenreError(Exception):
    """A failure a user can act on: the message says what, which value, and what to do.

    Parameters
    ----------
    message : str
        One sentence for the user.
    kind : str, optional
        The ``kind`` of the contract's JSON ``error``; each subclass has its own default.
    """

    kind = "model"

    def __init__(self, message: str, kind: str | None = None) -> None:
        super().__init__(message)
        if kind:
            self.kind = kind


class SourceError(GenreError):
    """An input that does not lead to audio: nothing there, or not allowed."""

    kind = "not_found"


class AudioError(GenreError):
    """A file that is there but cannot be decoded."""

    kind = "unreadable"


class ModelError(GenreError):
    """A table, card or model that is not what it should be."""


class Cancelled(GenreError):  # noqa: N818 - the word users and callers know
    """Work stopped because the user asked for it."""

    kind = "cancelled"


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
class Recording:
    """The decoded parts of a file and what is known of the whole.

    Parameters
    ----------
    clips : tuple of Clip
        In the order of time; `functions_heard.heard` takes the silence out of them.
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


def never() -> bool:
    """Return False: the `cancelled` of work that nobody stops."""
    return False


def sound_files(
    folder: Path | str, *, unread: Callable[[str, OSError], None] = lambda *_: None
) -> Iterator[os.DirEntry[str]]:
    """Yield the sound files below a folder, sorted by their path; hidden ones and linked folders are left out.

    One folder of each level is in memory. A folder that cannot be read is told to `unread` and counts as empty.
    """

    def entries(folder: Path | str) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as found:
                return iter(sorted(found, key=lambda entry: entry.name))
        except OSError as error:
            unread(os.fspath(folder), error)
            return iter(())

    levels = [entries(folder)]  # no recursion: folders may nest deeper than Python does
    while levels:
        entry = next(levels[-1], None)
        if entry is None:
            levels.pop()
        elif entry.name.startswith("."):
            continue
        elif entry.is_dir(follow_symlinks=False):
            levels.append(entries(entry.path))
        elif Path(entry.name).suffix.lower() in AUDIO_SUFFIXES:
            with contextlib.suppress(OSError):  # a link that leads to itself
                if entry.is_file():
                    yield entry


def unread_folder(folder: str, error: OSError) -> SourceError:
    """Return what `sound_files` tells of a folder as an error."""
    return SourceError(f"{folder!r} cannot be read ({error.strerror}); change its permissions", "unreadable")


def file_sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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


def sections(duration_s: float, *, start_s: float = 0.0, length_s: float | None = None) -> list[tuple[float, float]]:
    """Return the parts (start, length) in seconds of a recording that are analysed.

    A part of up to 45 s is taken whole; a longer one is represented by one section of 10 s for each 30 s,
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


def read_recording(
    path: Path | str,
    *,
    start_s: float = 0.0,
    length_s: float | None = None,
    progress: Progress | None = None,
    cancelled: Cancel = never,
) -> Recording:
    """Decode the parts of a file that are analysed.

    Parameters
    ----------
    path : path-like
        A file that FFmpeg's libraries can decode; of a video, its first sound track.
    start_s, length_s : float
        Look only at this part of the file (seconds); the default is all of it.
    progress, cancelled : callable
        Called with ("decode", fraction); asked between packets.

    Raises
    ------
    SourceError
        If there is no such file, or `start_s` lies behind its end.
    AudioError
        If it cannot be opened, has no sound, or nothing of it can be decoded.
    Cancelled
        If `cancelled` said so.
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
            return _read_open_file(file, path, start_s, length_s, progress, cancelled)
    except PermissionError as error:
        raise AudioError(f"no permission to read {path.name!r}; change its permissions or copy it") from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise _no_file(path) from error
        raise AudioError(f"{path.name!r} could not be read ({error.strerror or error}); check the disk") from error


def _no_file(path: Path) -> SourceError:
    """Return the error for a path that leads to nothing."""
    return SourceError(f"there is no file {str(path)!r}; check the spelling and the folder")


def _read_open_file(
    file: Any, path: Path, start_s: float, length_s: float | None, progress: Progress | None, cancelled: Cancel
) -> Recording:
    """Decode the sections of an open file, planning again if it is shorter than it says."""
    import av  # FFmpeg's libraries load when something is decoded

    if path.stat().st_size == 0:
        raise AudioError(f"{path.name!r} is empty (0 bytes); copy or download it again")
    with contextlib.ExitStack() as stack:
        try:
            container = stack.enter_context(open_sound(file))
        except (av.FFmpegError, ValueError) as error:
            raise AudioError(
                f"{path.name!r} is not audio that can be read; check that it plays, or convert it to wav, flac or mp3"
            ) from error
        if not container.streams.audio:
            raise AudioError(f"{path.name!r} has no sound track; give a file with sound", "unsupported")
        stream = container.streams.audio[0]
        if stream.codec_context is None:
            raise AudioError(
                f"the sound of {path.name!r} is of a kind that nothing here decodes; convert it to wav, flac or mp3",
                "unsupported",
            )
        duration = _declared_duration(container, stream)
        if duration is None:
            duration = _scan_duration(container, stream, cancelled)
        clips: list[Clip] = []
        for attempt in (1, 2):
            if start_s >= duration > 0:
                raise SourceError(f"start {start_s:g} s lies behind the end of {path.name!r} ({duration:.1f} s)")
            plan = sections(duration, start_s=start_s, length_s=length_s)
            clips = []
            for i, (start, length) in enumerate(plan):
                # The declared length is rounded: a part that runs to the end is read to the end.
                to_end = start + length >= duration - 0.5 and length_s is None
                clips += _decode_part(container, stream, path, start, length + to_end, cancelled)
                if progress:
                    progress("decode", (i + 1) / len(plan))
            wanted = sum(length for _, length in plan)
            if sum(clip.duration_s for clip in clips) >= 0.9 * wanted - 0.5 or attempt == 2:
                break
            duration = _scan_duration(container, stream, cancelled)
        if not clips:
            raise AudioError(f"nothing in {path.name!r} could be decoded; copy or download it again")
        silent: tuple[Stretch, ...] = ()
        if len(plan) > 1 and not all(_sounds_throughout(clip) for clip in clips):
            end_s = duration if length_s is None else min(start_s + length_s, duration)
            clips, silent = _over_sound(container, stream, path, (start_s, end_s), cancelled) or (clips, ())
        gain = full_scale_gain([clip.samples for clip in clips])
        if gain != 1:
            clips = [replace(clip, samples=clip.samples * gain) for clip in clips]
        tags = _tags(container, stream)
        title = tags.get("title") or path.stem
    if len(plan) == 1 and length_s is None:
        duration = clips[-1].end_s
    return Recording(tuple(clips), title, max(duration, clips[-1].end_s), tags, silent)


def _sounds_throughout(clip: Clip) -> bool:
    """Return whether a clip has no silence in it."""
    return sounding_spans(clip.samples, sample_rate=clip.sample_rate) == [(0, len(clip.samples))]


def _over_sound(
    container: Any, stream: Any, path: Path, part: Stretch, cancelled: Cancel
) -> tuple[list[Clip], tuple[Stretch, ...]] | None:
    """Return the sections of what sounds in a part (start, end) of a recording, and its silence; None if none does."""

    def sounds(start: float, length: float) -> list[Stretch]:
        return [
            (clip.start_s + first / clip.sample_rate, clip.start_s + last / clip.sample_rate)
            for clip in _decode_part(container, stream, path, start, length, cancelled)
            for first, last in sounding_spans(clip.samples, sample_rate=clip.sample_rate)
        ]

    spans = probe_spans(sounds, *part)
    plan = laid_over(spans, sections(sum(end - start for start, end in spans)))
    clips = [
        clip
        for pieces in plan
        for start, end in pieces
        for clip in _decode_part(container, stream, path, start, end - start, cancelled)
    ]
    return (clips, tuple(between(spans, *part))) if clips else None


def open_sound(file: Any) -> Any:
    """Return PyAV's container of an open file that comes from strangers; raises what PyAV raises.

    It is a file object, so that no name is taken for a protocol, no playlist opens other files, and only decoders of
    sound look at it.
    """
    import av

    options = {"format_whitelist": AUDIO_FORMATS, "protocol_whitelist": "", "codec_whitelist": _sound_codecs()}
    return av.open(file, mode="r", options=options, metadata_errors="replace", buffer_size=1 << 17)


def _tags(container: Any, stream: Any) -> dict[str, str]:
    """Return the tags that are kept; Ogg has them on the stream, others on the container."""
    found = {
        name.lower(): str(text)[:MAX_TITLE].strip()
        for name, text in (*stream.metadata.items(), *container.metadata.items())
    }
    return {name: found[name] for name in TAGS if found.get(name)}


@functools.cache
def _sound_codecs() -> str:
    """Return the names of the decoders of sound: no others look at a file, so that cover pictures stay packed."""
    import av

    return ",".join(name for name in sorted(av.codecs_available) if _is_sound_codec(name))


def _is_sound_codec(name: str) -> bool:
    """Whether a name is one of a decoder of sound."""
    import av

    try:
        return bool(av.Codec(name, "r").type == "audio")
    except (av.FFmpegError, ValueError):  # an encoder
        return False


def _declared_duration(container: Any, stream: Any) -> float | None:
    """Return the length in seconds that the container states, if any."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / 1e6 if container.duration and container.duration > 0 else None


def _scan_duration(container: Any, stream: Any, cancelled: Cancel) -> float:
    """Return the end of the last packet in seconds, reading all packets but decoding none."""
    end = 0.0
    _seek(container, stream, 0.0)
    for packet in _packets(container, stream, cancelled):
        if packet.pts is not None:
            end = max(end, float((packet.pts - (stream.start_time or 0) + (packet.duration or 0)) * stream.time_base))
    return end


def _seek(container: Any, stream: Any, seconds: float) -> None:
    """Go to the last packet before a time; a container that cannot seek stays where it is."""
    import av

    offset = int(seconds / stream.time_base) + (stream.start_time or 0)
    with contextlib.suppress(av.FFmpegError):
        container.seek(offset, stream=stream, backward=True)


def _packets(container: Any, stream: Any, cancelled: Cancel) -> Iterator[Any]:
    """Yield the packets of a stream up to the first that cannot be read."""
    import av

    packets = container.demux(stream)
    while True:
        if cancelled():
            raise Cancelled("stopped")
        try:
            packet = next(packets, None)
        except (av.FFmpegError, IndexError):
            return  # a truncated or damaged end, or a track that appears in the middle; what came before counts
        if packet is None:
            return
        yield packet


def _decode_part(
    container: Any, stream: Any, path: Path, start_s: float, length_s: float, cancelled: Cancel
) -> list[Clip]:
    """Return the samples from `start_s` on as a list of one clip, or an empty list where there are none."""
    import av

    preroll_s = 0.5  # codecs need some packets before a position to be exact there
    _seek(container, stream, max(start_s - preroll_s, 0.0))
    stream.codec_context.flush_buffers()
    origin = float((stream.start_time or 0) * (stream.time_base or 0))
    blocks: list[np.ndarray] = []
    rate = stream.rate
    if not rate or not 4000 <= rate <= 768000:
        raise AudioError(f"{path.name!r} has a sample rate of {rate} Hz; convert it to 8000-192000 Hz", "unsupported")
    wanted = max(int(round(length_s * rate)), 0)
    position: int | None = None  # sample index in the recording of the next decoded sample
    first: int | None = None  # and of the first one kept
    begin = int(round(start_s * rate))
    resampler: Any = None
    layout: tuple[str, str, int] | None = None  # of the frames that the resampler expects
    kept = 0
    for packet in _packets(container, stream, cancelled):
        if kept >= wanted:
            break
        try:
            frames = packet.decode()
        except av.FFmpegError:
            continue  # one damaged packet
        for frame in frames:
            if position is None:
                seconds = float(frame.pts * frame.time_base) - origin if frame.pts is not None else 0.0
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


def resample(clip: Clip, rate: int) -> np.ndarray:
    """Return the clip's samples at another rate, shape (n,), float32 (soxr, quality HQ)."""
    import soxr

    if clip.sample_rate == rate:
        return clip.samples
    return soxr.resample(clip.samples, clip.sample_rate, rate, quality="HQ")


def amplify(clips: Sequence[Clip], to_dbfs: float | None) -> tuple[Clip, ...]:
    """Return clips brought up to an RMS level together, by 40 dB at most; louder ones stay, and all with None.

    The pretrained network hears levels. A recording that is quieter than those a model was trained on would be taken
    for quiet music.
    """
    level = level_dbfs(clips)
    if to_dbfs is None or not math.isfinite(level) or level >= to_dbfs:
        return tuple(clips)
    gain = np.float32(10 ** (min(to_dbfs - level, MAX_GAIN_DB) / 20))
    return tuple(replace(clip, samples=clip.samples * gain) for clip in clips)


def level_dbfs(clips: Sequence[Clip]) -> float:
    """Return the RMS level of clips taken together, in dB relative to full scale (-inf for digital silence)."""
    energy = sum(float(np.dot(clip.samples, clip.samples)) for clip in clips)
    count = sum(len(clip.samples) for clip in clips)
    return 10 * math.log10(energy / count) if energy > 0 else -math.inf

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
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from functions_endings import AUDIO_FORMATS, AUDIO_SUFFIXES
from functions_joined import FileSpan, file_spans, is_protected, wav_goes_on
from functions_lengths import (
    BACK_S,
    BYTES_AGREE,
    TOLERANCE_S,
    TWICE,
    count_packets,
    declared_duration,
    goes_on,
    is_guess,
    timed_packets,
    without_id3,
)
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

TAGS = ("title", "artist", "album", "genre")  # what is kept of a file's tags
WINDOW_S = 3.0  # shortest recording that can be classified: one window of the pretrained network
MAX_TITLE = 1000  # characters of a title in a file that are read; a tag may hold millions
MAX_FILE_GB = 16  # a day of stereo; a file may have any number of GB and be empty
MAX_BAD_SAMPLES = 0.01  # share of samples that may be NaN or infinite (they become zero)
MIN_DECODED = 0.2  # share of a recording that must give sound; of an encrypted one a hundredth does
MIN_RATE, MAX_RATE = 4000, 768_000  # of samples that are read, in hertz
DSD_RATE = 88_200  # DSD is read at this rate: above half of it there is but its noise

# Beside a song macOS leaves ._song.mp3 on other disks, and a killed run that wrote tags leaves its copy.
HIDDEN = re.compile(r"\._|\..*\.tagging-\d+-")
HIDDEN_FOLDER = re.compile(r"\.[^\W\d]|\._")  # .git, .Trash-1000; but "...And Justice for All" and ".38 Special"

MAX_PLANES = 7  # channels that PyAV takes as planes: it looks for one more, and a frame has room for eight
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
    """Yield the sound files below a folder, sorted by their path; linked folders and hidden folders are left out.

    A name that begins with a dot may be a song's ("...Baby One More Time.mp3"); see `HIDDEN` for those that are not.

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
        elif entry.is_dir(follow_symlinks=False):
            if not HIDDEN_FOLDER.match(entry.name):
                levels.append(entries(entry.path))
        elif HIDDEN.match(entry.name):
            continue
        elif Path(entry.name).suffix.lower() in AUDIO_SUFFIXES:
            with contextlib.suppress(OSError):  # a link that leads to itself
                if entry.is_file():
                    yield entry


def soundless_folder(folder: str) -> SourceError:
    """Return the error for a folder in which `sound_files` finds nothing."""
    return SourceError(f"there is no sound file in the folder {folder!r}; give a folder that holds music")


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
        if error.errno == errno.EINVAL:  # FFmpeg looks where a damaged file cannot have anything
            raise AudioError(f"{path.name!r} is damaged; copy or download it again") from error
        raise AudioError(f"{path.name!r} could not be read ({error.strerror or error}); check the disk") from error


def _no_file(path: Path) -> SourceError:
    """Return the error for a path that leads to nothing."""
    return SourceError(f"there is no file {str(path)!r}; check the spelling and the folder")


@dataclass
class _Track:
    """The sound track of a recording in a file, opened."""

    container: Any
    stream: Any
    size: int  # of the recording, in bytes, tags in front left out
    duration_s: float
    is_known: bool = False  # whether its packets were counted
    is_counted: bool = False  # whether times are found by counting packets: those of the container are wrong
    is_alone: bool = True  # whether the file holds nothing but this track, and perhaps pictures
    is_followed: bool = False  # whether the times began again where it was decoded
    walk: Iterator[tuple[float, float, Any]] | None = None  # the rest of its packets, if they are counted
    walked_s: float = 0.0
    read_s: float = 0.0  # packets that were decoded, in seconds and bytes, and what came of them
    read_bytes: int = 0
    decoded_s: float = 0.0


def _read_open_file(
    file: Any, path: Path, start_s: float, length_s: float | None, progress: Progress | None, cancelled: Cancel
) -> Recording:
    """Decode the sections of an open file, planning again if it is shorter or longer than it says."""
    if path.stat().st_size == 0:
        raise AudioError(f"{path.name!r} is empty (0 bytes); copy or download it again")
    with contextlib.ExitStack() as stack:
        tracks = _open_tracks(stack, file, path, cancelled)
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
                clips += _decode_part(tracks, path, start, length + to_end, cancelled)
                if progress:
                    progress("decode", (i + 1) / len(plan))
            wanted = sum(length for _, length in plan)
            enough = bool(plan) and sum(clip.duration_s for clip in clips) >= 0.9 * wanted - 0.5
            if attempt == 2 or (enough and not any(_is_longer(track, cancelled) for track in tracks)):
                break
            tracks = _open_tracks(stack, file, path, cancelled, count=True)
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
            clips, silent = _over_sound(tracks, path, (start_s, end_s), cancelled) or (clips, ())
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
    tracks: Sequence[_Track], path: Path, part: Stretch, cancelled: Cancel
) -> tuple[list[Clip], tuple[Stretch, ...]] | None:
    """Return the sections of what sounds in a part (start, end) of a recording, and its silence; None if none does."""

    def sounds(start: float, length: float) -> list[Stretch]:
        return [
            (clip.start_s + first / clip.sample_rate, clip.start_s + last / clip.sample_rate)
            for clip in _decode_part(tracks, path, start, length, cancelled)
            for first, last in sounding_spans(clip.samples, sample_rate=clip.sample_rate)
        ]

    spans = probe_spans(sounds, *part)
    plan = laid_over(spans, sections(sum(end - start for start, end in spans)))
    clips = [
        clip
        for pieces in plan
        for start, end in pieces
        for clip in _decode_part(tracks, path, start, end - start, cancelled)
    ]
    return (clips, tuple(between(spans, *part))) if clips else None


def _open_tracks(
    stack: contextlib.ExitStack, file: Any, path: Path, cancelled: Cancel, *, count: bool = False
) -> list[_Track]:
    """Open the sound of each recording in a file; `count` takes no header's word for its length."""
    size = path.stat().st_size
    if is_protected(file, size):
        raise AudioError(
            f"the sound of {path.name!r} is protected (encrypted), so only its shop's programs play it; "
            "give a copy without protection",
            "unsupported",
        )
    parts = file_spans(file, size, thorough=count)
    options = {"ignore_length": "1"} if len(parts) == 1 and wav_goes_on(file, size) else {}
    tracks, problem = [], None
    for start, end in parts:
        source = file if len(parts) == 1 else FileSpan(file, start, end)
        try:
            tracks.append(_open_track(stack, source, end - start, path, options, cancelled, count))
        except AudioError as error:
            problem = problem or error
    if problem and not tracks:
        raise problem
    return tracks


def _open_track(
    stack: contextlib.ExitStack,
    source: Any,
    size: int,
    path: Path,
    options: Mapping[str, str],
    cancelled: Cancel,
    count: bool,
) -> _Track:
    """Open the sound of one recording and find out how long it is."""
    import av  # FFmpeg's libraries load when something is decoded

    source.seek(0)
    try:
        container = stack.enter_context(open_sound(source, options))
    except (av.FFmpegError, ValueError) as error:
        raise AudioError(
            f"{path.name!r} is not audio that can be read; check that it plays, or convert it to wav, flac or mp3"
        ) from error
    stream = _sound_track(container, path)
    declared = declared_duration(container, stream)
    pictures = [video.disposition & type(video.disposition).attached_pic for video in container.streams.video]
    alone = all(pictures) and len(container.streams.audio) == 1
    track = _Track(container, stream, size - without_id3(source), declared or 0.0, is_alone=alone)
    if count or declared is None or is_guess(source, container.format.name, size):
        _seek(container, stream, 0.0)
        counted, jumped = count_packets(stream, _packets(container, stream, cancelled))
        track.is_known = True
        track.is_counted = jumped or (declared is not None and abs(counted - declared) > TOLERANCE_S / 2)
        if declared is None or track.is_counted:
            track.duration_s = counted
        if track.is_counted:  # to go back by the times of the container would be wrong
            source.seek(0)
            track.container = stack.enter_context(open_sound(source, options))
            track.stream = _sound_track(track.container, path)
    return track


def _sound_track(container: Any, path: Path) -> Any:
    """Return the sound track that players and ffmpeg take: the first default one of those that can be decoded."""
    if not container.streams.audio:
        raise AudioError(f"{path.name!r} has no sound track; give a file with sound", "unsupported")
    able = [stream for stream in container.streams.audio if stream.codec_context is not None]
    if not able:
        raise AudioError(
            f"the sound of {path.name!r} is of a kind that nothing here decodes; convert it to wav, flac or mp3",
            "unsupported",
        )

    def rank(stream: Any) -> tuple[bool, bool, bool]:
        flags = stream.disposition
        aside = flags & (type(flags).comment | type(flags).hearing_impaired | type(flags).visual_impaired)
        return bool(stream.rate), bool(flags & type(flags).default), not aside

    return max(able, key=rank)  # the first of equals


def _is_longer(track: _Track, cancelled: Cancel) -> bool:
    """Whether there is sound behind the stated end of a recording, or its bytes are too many or few for its length."""
    if track.is_known:
        return False
    if track.is_followed:
        return True
    expected = track.read_bytes * track.duration_s / track.read_s if track.read_s else 0.0
    if track.container.format.name == "mp3":  # where a time lies is told by the same header
        return abs(expected - track.size) > BYTES_AGREE * track.size
    if track.is_alone and track.size > TWICE * expected + (1 << 16):
        return True
    _seek(track.container, track.stream, track.duration_s)
    return goes_on(track.stream, _packets(track.container, track.stream, cancelled), track.duration_s)


def open_sound(file: Any, more: Mapping[str, str] = MappingProxyType({})) -> Any:
    """Return PyAV's container of an open file that comes from strangers; raises what PyAV raises.

    It is a file object, so that no name is taken for a protocol, no playlist opens other files, and only decoders of
    sound look at it.
    """
    import av

    options = {"format_whitelist": AUDIO_FORMATS, "protocol_whitelist": "", "codec_whitelist": _sound_codecs(), **more}
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
    tracks: Sequence[_Track], path: Path, start_s: float, length_s: float, cancelled: Cancel
) -> list[Clip]:
    """Return the samples from `start_s` on as a list of one clip, or an empty list where there are none.

    Of several recordings in a file all have the rate of the first.
    """
    rate = DSD_RATE if tracks[0].stream.codec_context.name.startswith("dsd") else tracks[0].stream.rate
    if not rate or not MIN_RATE <= rate <= MAX_RATE:
        raise AudioError(f"{path.name!r} has a sample rate of {rate} Hz; convert it to 8000-192000 Hz", "unsupported")
    if len(tracks) == 1:
        return _decode_track(tracks[0], path, start_s, length_s, rate, cancelled)
    parts, offset = list[Clip](), 0.0
    for track in tracks:
        begin = max(start_s - offset, 0.0)
        end = start_s + length_s - offset
        if track is not tracks[-1]:
            end = min(end, track.duration_s)
        if begin < end:
            found = _decode_track(track, path, begin, end - begin, rate, cancelled)
            parts += [replace(clip, start_s=clip.start_s + offset) for clip in found]
        offset += track.duration_s
    return [replace(parts[0], samples=np.concatenate([part.samples for part in parts]))] if parts else []


def _from(track: _Track, seconds: float, cancelled: Cancel) -> Iterator[tuple[float, float, Any]]:
    """Yield (end, shift, packet) from a packet before a time on, see `timed_packets`."""
    if not track.is_counted:
        _seek(track.container, track.stream, seconds)
        origin = float((track.stream.start_time or 0) * (track.stream.time_base or 0))
        for packet in _packets(track.container, track.stream, cancelled):
            yield seconds, -origin, packet
        return
    if track.walk is None or track.walked_s > seconds:
        if track.walk is not None:
            _seek(track.container, track.stream, 0.0)
        track.walk = timed_packets(track.stream, _packets(track.container, track.stream, cancelled))
    for end, shift, packet in track.walk:
        track.walked_s = end
        if end > seconds or not packet.size:
            yield end, shift, packet


def _decode_track(
    track: _Track, path: Path, start_s: float, length_s: float, rate: int, cancelled: Cancel
) -> list[Clip]:
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
    for _, shift, packet in _from(track, max(start_s - preroll_s, 0.0), cancelled):
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

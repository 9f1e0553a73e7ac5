"""An open file -> its sound tracks, with their lengths: containers, default tracks, packets."""

import contextlib
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicgenre.audio.endings import AUDIO_FORMATS
from musicgenre.audio.headers import is_protected, length_patches, sound_bytes, without_id3
from musicgenre.audio.joined import FileSpan, file_spans
from musicgenre.audio.lengths import (
    BYTES_AGREE,
    TOLERANCE_S,
    TWICE,
    count_packets,
    declared_duration,
    goes_on,
    is_guess,
)
from musicgenre.errors import AudioError
from musicgenre.task import Task

TAGS = ("title", "artist", "album_artist", "album", "genre")  # what is kept of a file's tags

MIN_DECODED = 0.2  # share of a recording that must give sound; of an encrypted one a hundredth does

MAX_TITLE = 1000  # characters of a title in a file that are read; a tag may hold millions


@dataclass
class Track:
    """The sound track of a recording in a file, opened."""

    stack: contextlib.ExitStack  # closes its containers
    source: Any  # the file, or its part of the file
    path: Path
    container: Any
    stream: Any
    source_size: int  # in bytes
    size: int  # tags in front left out
    duration_s: float
    is_known: bool = False  # whether its packets were counted
    is_counted: bool = False  # whether times are found by counting packets: those of the container are wrong
    is_alone: bool = True  # whether the file holds nothing but this track, and perhaps pictures
    is_followed: bool = False  # whether the times began again where it was decoded
    walk: Iterator[tuple[float, float, Any]] | None = None  # the rest of its packets, if they are counted
    walked_s: float = 0.0
    read_s: float = 0.0  # packets that were decoded, in seconds and bytes, and what came of them
    read_bytes: int = 0
    decoded_bytes: int = 0
    decoded_s: float = 0.0
    first_packet: int | None = None  # where it lies in the source

    def rewind(self) -> None:
        """Go back to the first packet: to seek by times that are wrong, or begin again, leads elsewhere."""
        self.container.close()
        self.source.seek(0)
        self.container = self.stack.enter_context(open_sound(self.source))
        self.stream = _sound_track(self.container, self.path)

    def lacks_packets(self) -> bool:
        """Whether next to nothing of its bytes were packets that could be decoded; it must have been read whole."""
        if not self.is_alone:
            return False
        expected = sound_bytes(self.source, self.container.format.name, self.source_size, self.first_packet)
        return expected is not None and self.decoded_bytes < MIN_DECODED * expected


def open_tracks(stack: contextlib.ExitStack, file: Any, path: Path, task: Task, *, count: bool = False) -> list[Track]:
    """Open the sound of each recording in a file; `count` takes no header's word for its length."""
    size = path.stat().st_size
    if is_protected(file, size):
        raise AudioError(
            f"the sound of {path.name!r} is protected (encrypted), so only its shop's programs play it; "
            "give a copy without protection",
            "unsupported",
        )
    parts = file_spans(file, size, thorough=count)
    patches = length_patches(file, size) if len(parts) == 1 else {}
    tracks, problem = [], None
    for start, end in parts:
        source = FileSpan(file, start, end, patches=patches)
        try:
            tracks.append(_open_track(stack, source, end - start, path, task, count))
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
    task: Task,
    count: bool,
) -> Track:
    """Open the sound of one recording and find out how long it is."""
    import av  # FFmpeg's libraries load when something is decoded

    source.seek(0)
    try:
        container = stack.enter_context(open_sound(source))
    except (av.FFmpegError, ValueError) as error:
        raise AudioError(
            f"{path.name!r} is not audio that can be read; check that it plays, or convert it to wav, flac or mp3"
        ) from error
    stream = _sound_track(container, path)
    declared = declared_duration(container, stream)
    pictures = [video.disposition & type(video.disposition).attached_pic for video in container.streams.video]
    alone = all(pictures) and len(container.streams.audio) == 1
    track = Track(
        stack, source, path, container, stream, size, size - without_id3(source), declared or 0.0, is_alone=alone
    )
    if count or declared is None or is_guess(source, container.format.name, size):
        counted, jumped = count_packets(stream, packets_of(container, stream, task))
        track.is_known = True
        track.is_counted = jumped or (declared is not None and abs(counted - declared) > TOLERANCE_S / 2)
        if declared is None or track.is_counted:
            track.duration_s = counted
        track.rewind()
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


def is_longer(track: Track, task: Task) -> bool:
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
    seek_to(track.container, track.stream, track.duration_s)
    return goes_on(track.stream, packets_of(track.container, track.stream, task), track.duration_s)


def open_sound(file: Any) -> Any:
    """Return PyAV's container of an open file that comes from strangers; raises what PyAV raises.

    It is a file object, so that no name is taken for a protocol, no playlist opens other files, and only decoders of
    sound look at it.
    """
    import av

    options = {"format_whitelist": AUDIO_FORMATS, "protocol_whitelist": "", "codec_whitelist": _sound_codecs()}
    return av.open(file, mode="r", options=options, metadata_errors="replace", buffer_size=1 << 17)


def kept_tags(container: Any, stream: Any) -> dict[str, str]:
    """Return the tags in use; Ogg has them on the stream, others on the container."""
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


def seek_to(container: Any, stream: Any, seconds: float) -> None:
    """Go to the last packet before a time; a container that cannot seek stays where it is."""
    import av

    offset = int(seconds / stream.time_base) + (stream.start_time or 0)
    with contextlib.suppress(av.FFmpegError):
        container.seek(offset, stream=stream, backward=True)


def packets_of(container: Any, stream: Any, task: Task) -> Iterator[Any]:
    """Yield the packets of a stream up to the first that cannot be read."""
    import av

    packets = container.demux(stream)
    while True:
        task.check()
        try:
            packet = next(packets, None)
        except (av.FFmpegError, IndexError):
            return  # a truncated or damaged end, or a track that appears in the middle; what came before counts
        if packet is None:
            return
        yield packet

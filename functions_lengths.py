"""The length of a recording: what its header says, and its packets counted without decoding them.

Conventions
-----------
Times are seconds from the beginning of a recording. Packets that are counted follow each other: where their times jump
(files joined end to end, a recorder that was started again), the clock goes on.
"""

from collections.abc import Iterator
from typing import Any

FRAME_STREAMS = frozenset(["mp3", "aac", "ac3", "eac3", "dts", "amr", "loas", "truehd", "mlp"])  # without a header
TOLERANCE_S = 1.0  # by which a header's length may differ from the sound's, and is kept
BACK_S, AHEAD_S = 0.5, 60.0  # jumps of times by more are no pauses
BITS_AGREE = 0.05  # share by which the bytes of a song may differ from what its sections promise


def declared_duration(container: Any, stream: Any) -> float | None:
    """Return the length in seconds that the container states, if any."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / 1e6 if container.duration and container.duration > 0 else None


def without_id3(file: Any) -> int:
    """Return where a file begins behind an ID3 tag in front."""
    at = file.tell()
    file.seek(0)
    head = file.read(10)
    file.seek(at)
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    return 10 + sum((byte & 127) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))


def is_guess(file: Any, form: str, size: int) -> bool:
    """Whether FFmpeg guesses the length of a file from the bit rate of its beginning.

    That is so for streams of frames, but for MP3 with a header (Xing, Info, VBRI) that counts the file's bytes.
    """
    if form != "mp3":
        return form in FRAME_STREAMS
    at = file.tell()  # FFmpeg reads on from there
    start = without_id3(file)
    file.seek(start)
    first = file.read(4096)
    file.seek(at)
    found = max(first.find(b"Xing"), first.find(b"Info"))
    if found >= 0:
        flags = int.from_bytes(first[found + 4 : found + 8], "big")
        counted = int.from_bytes(first[found + 12 : found + 16], "big")
        whole = flags & 3 == 3
    else:
        found = first.find(b"VBRI")
        counted = int.from_bytes(first[found + 10 : found + 14], "big")
        whole = found >= 0
    # Tags may stand at the end, but hardly more than a hundredth of a song.
    return not whole or abs(size - start - counted) > max(size // 100, 1 << 13)


def timed_packets(stream: Any, packets: Iterator[Any]) -> Iterator[tuple[float, float, Any]]:
    """Yield (start, shift, packet): where it starts, and what to add to the times of the frames in it."""
    base = float(stream.time_base or 0)
    origin = (stream.start_time or 0) * base
    end, shift = 0.0, -origin
    begun = False
    for packet in packets:
        time = packet.pts
        if time is None:
            time = packet.dts
        start = end if time is None else time * base + shift
        if begun and not end - BACK_S < start < end + AHEAD_S:
            shift += end - start
            start = end
        begun = begun or time is not None
        end = max(end, start + (packet.duration or 0) * base)
        yield start, shift, packet


def count_packets(stream: Any, packets: Iterator[Any]) -> tuple[float, bool]:
    """Return the end of the last packet in seconds, and whether times jumped."""
    end, first, last = 0.0, None, None
    base = float(stream.time_base or 0)
    for start, shift, packet in timed_packets(stream, packets):
        first = shift if first is None else first
        last = shift
        end = max(end, start + (packet.duration or 0) * base)
    return end, first != last


def goes_on(stream: Any, packets: Iterator[Any], duration_s: float) -> bool:
    """Whether packets from here on, as far as they are read, start after the stated end of the recording."""
    base = float(stream.time_base or 0)
    for packet in packets:
        if packet.pts is not None and (packet.pts - (stream.start_time or 0)) * base > duration_s + TOLERANCE_S:
            return True
    return False

"""The length of a recording: what its header says, and its packets counted without decoding them.

Conventions
-----------
Times are seconds from the beginning of a recording. Packets that are counted follow each other: where their times jump
(files joined end to end, a recorder that was started again), the clock goes on.
"""

import struct
from collections.abc import Iterator
from typing import Any

from musicgenre.audio.headers import FRAME_STREAMS, without_id3

TOLERANCE_S = 1.0  # by which a header's length may differ from the sound's, and is kept

ADTS_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)

MP3_KBPS = (  # of MPEG 2 and 2.5, and of MPEG 1, by the number in a frame's header; layer III
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
)

MP3_RATES = (44100, 48000, 32000, 0)  # of MPEG 1; half of it in MPEG 2, a quarter in MPEG 2.5

BACK_S, AHEAD_S = 0.5, 60.0  # jumps of times by more are no pauses

MPEG_BYTES = 1 << 26  # MPEG streams up to this size are counted, in less than half a second

BYTES_AGREE = 0.05  # share by which the bytes of an MP3 file may differ from what its sections promise

TWICE = 1.4  # a file that holds so many times the bytes that its sections promise may hold another recording


def declared_duration(container: Any, stream: Any) -> float | None:
    """Return the length in seconds that the container states, if any."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / 1e6 if container.duration and container.duration > 0 else None


def is_guess(file: Any, form: str, size: int) -> bool:
    """Whether FFmpeg guesses the length of a file from the bit rate of its beginning.

    That is so for streams of frames, but for MP3 with a header (Xing, Info, VBRI) that counts the file's bytes. Of MPEG
    streams FFmpeg looks at the first and the last time only.
    """
    if form in ("mpeg", "mpegts"):
        return size <= MPEG_BYTES
    if form != "mp3":
        return form in FRAME_STREAMS
    at = file.tell()  # FFmpeg reads on from there
    start = without_id3(file)
    file.seek(start)
    first = file.read(4096)
    file.seek(at)
    found = max(first.find(b"Xing"), first.find(b"Info"))
    frames = 0
    if found >= 0:
        flags, frames = struct.unpack(">II", first[found + 4 : found + 12].ljust(8, b"\0"))
        counted = int.from_bytes(first[found + 12 : found + 16], "big")
        whole = flags & 3 == 3
    else:
        found = first.find(b"VBRI")
        counted = int.from_bytes(first[found + 10 : found + 14], "big")
        whole = found >= 0
    # Tags may stand at the end, but hardly more than a hundredth of a song.
    if not whole or abs(size - start - counted) > max(size // 100, 1 << 13):
        return True
    # "Info" is the header of a constant bit rate: its frames are all of one size.
    frame = _mp3_frame_bytes(first) if first[found : found + 4] == b"Info" else 0.0
    return bool(frame) and abs(frames * frame - counted) > max(counted / 200, 2 * frame)


def _mp3_frame_bytes(head: bytes) -> float:
    """Return the mean size of the frames of an MP3 of constant bit rate; 0 if the file does not begin with a frame.

    The header's frame may have a higher bit rate, so that it has room: the rate is the second frame's.
    """
    at, size = 0, 0.0
    for _ in range(2):
        if len(head) < at + 4 or head[at] != 0xFF or head[at + 1] & 0xE6 != 0xE2:  # layer III
            return 0.0
        is_mpeg1 = head[at + 1] & 0x18 == 0x18
        kbps = MP3_KBPS[is_mpeg1][head[at + 2] >> 4]
        rate = MP3_RATES[head[at + 2] >> 2 & 3] >> (0 if is_mpeg1 else 1 if head[at + 1] & 0x10 else 2)
        if not kbps or not rate:
            return 0.0
        size = (144 if is_mpeg1 else 72) * 1000 * kbps / rate
        at += int(size) + (head[at + 2] >> 1 & 1)
    return size


def timed_packets(stream: Any, packets: Iterator[Any]) -> Iterator[tuple[float, float, Any]]:
    """Yield (end, shift, packet): where it ends, and what to add to the times of the frames in it."""
    base = float(stream.time_base or 0)
    end, shift = 0.0, -(stream.start_time or 0) * base
    begun = False
    adts = stream.container.format.name == "aac"
    for packet in packets:
        time = packet.dts if packet.pts is None else packet.pts
        seconds = (packet.duration or 0) * base
        start = end if time is None else time * base + shift
        if adts and packet.size > 6 and (rate := memoryview(packet)[2] >> 2 & 15) < len(ADTS_RATES):
            seconds = 1024 / ADTS_RATES[rate]  # FFmpeg gives all packets the rate of the first
            shift, start = shift + end - start, end
        elif begun and not end - BACK_S < start < end + AHEAD_S:
            shift, start = shift + end - start, end
        begun = begun or time is not None
        end = max(end, start + seconds)
        yield end, shift, packet


def count_packets(stream: Any, packets: Iterator[Any]) -> tuple[float, bool]:
    """Return the end of the last packet in seconds, and whether times jumped."""
    end, first, last = 0.0, None, 0.0
    for packet_end, shift, _ in timed_packets(stream, packets):
        first = shift if first is None else first
        end, last = packet_end, shift
    return end, first is not None and abs(first - last) > BACK_S


def goes_on(stream: Any, packets: Iterator[Any], duration_s: float) -> bool:
    """Whether packets from here on start after the stated end of the recording, or another recording follows."""
    base = float(stream.time_base or 0)
    last = 0.0
    for packet in packets:
        if packet.pts is None:
            continue
        start = (packet.pts - (stream.start_time or 0)) * base
        if start > duration_s + TOLERANCE_S or start < last - BACK_S:
            return True
        last = start
    return False

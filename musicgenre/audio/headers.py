"""What the headers of files say, and what they get wrong: protection, lengths, the place of the sound.

Conventions
-----------
Sizes and positions are in bytes. Lengths are corrected for FFmpeg by laying other bytes over a header that is read.
"""

import re
import struct
from typing import Any

from musicgenre.audio.chunks import (
    ASF_HEADER,
    W64_TAIL,
    caf_chunks,
    iff_chunks,
    mp4_boxes,
    read_at,
    w64_chunks,
)

ASF_PROTECTED = (
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),  # content encryption object
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"),  # extended content encryption object
)

MP4_PROTECTED = (b"enca", b"drms", b"aavd")  # kinds of sample entries: common encryption, FairPlay, Audible

MP4_FIRST_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"styp", b"pnot")

HEAD_BYTES = 1 << 16

MAX_MOOV_BYTES = 1 << 26

CHUNK_NAME = re.compile(rb"[ -~]{4}|TAG")

# Streams of frames: what lies between the tags at both ends is sound
FRAME_STREAMS = frozenset(["mp3", "aac", "ac3", "eac3", "dts", "amr", "loas", "truehd", "mlp"])  # without a header

# Containers that lose whole packets where they are damaged, and hold little else than packets
PACKED = FRAME_STREAMS | {
    "flac",
    "ogg",
    "matroska,webm",
    "mov,mp4,m4a,3gp,3g2,mj2",
    "asf",
    "flv",
    "wv",
    "tta",
    "nut",
    "avi",
    "mpeg",
    "mpegts",
}


# ---- lengths


def length_patches(file: Any, size: int) -> dict[int, bytes]:
    """Return what to lay over a header whose sound goes on behind the length that it states (position -> bytes).

    A recorder was cut off before it wrote the length. WAV, AIFF, CAF and W64 are looked at; of others the packets tell.
    """
    head = read_at(file, 0, 40)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return _wav_patches(file, size)
    if head[:4] == b"FORM" and head[8:11] == b"AIF":
        return _aiff_patches(file, size)
    if head[:4] == b"caff":
        for at, kind, length in caf_chunks(file, 0, size):
            if kind == b"data" and length >= 0 and _goes_on(file, at + 12 + length, size):
                return {at + 4: struct.pack(">q", size - at - 12)}
    if head[:4] == b"riff" and head[24:28] == b"wave":
        for at, kind, length in w64_chunks(file, size):
            end = at + length + -length % 8
            if kind == b"data" + W64_TAIL and end + 24 < size and read_at(file, end + 4, 12) != W64_TAIL:
                return {at + 16: struct.pack("<Q", size - at)}
    return {}


def _wav_patches(file: Any, size: int) -> dict[int, bytes]:
    """Return the patches of a WAV file."""
    for at, kind, length in iff_chunks(file, size, order="<"):
        if kind == b"data":
            rest = struct.pack("<I", min(size - at - 8, 0xFFFFFFFF))
            patches = {4: struct.pack("<I", min(size - 8, 0xFFFFFFFF)), at + 4: rest}
            return patches if _goes_on(file, at + 8 + length, size) else {}
    return {}


def _aiff_patches(file: Any, size: int) -> dict[int, bytes]:
    """Return the patches of an AIFF file: its chunk of sound, and the number of frames."""
    frames_at = frames = 0
    for at, kind, length in iff_chunks(file, size, order=">"):
        if kind == b"COMM" and at + 14 <= size:
            frames_at, frames = at + 10, struct.unpack(">I", read_at(file, at + 10, 4))[0]
        if kind == b"SSND" and length > 8 and _goes_on(file, at + 8 + length, size):
            rest = size - at - 8
            if rest > 0xFFFFFFFF:
                return {}
            patches = {4: struct.pack(">I", size - 8), at + 4: struct.pack(">I", rest)}
            if frames_at:
                frames = min(frames * (rest - 8) // (length - 8), 0xFFFFFFFF)
                patches[frames_at] = struct.pack(">I", frames)
            return patches
    return {}


def _goes_on(file: Any, end: int, size: int) -> bool:
    """Whether something else than a chunk, perhaps after a byte of padding, or a tag begins where sound should end."""
    behind = read_at(file, end, 9)
    return end + 9 < size and not any(CHUNK_NAME.match(behind[skip:]) for skip in (0, 1))


# ---- the place of the sound


def without_id3(file: Any) -> int:
    """Return where a file begins behind an ID3 tag in front."""
    at = file.tell()
    head = read_at(file, 0, 10)
    file.seek(at)
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    return 10 + sum((byte & 127) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))


def sound_bytes(file: Any, form: str, size: int, first_packet: int | None) -> int | None:
    """Return how many bytes of a file should be sound, about; None where the format does not tell.

    Parameters
    ----------
    file : binary file
    form : str
        FFmpeg's name of the container.
    size : int
        Of the file.
    first_packet : int, optional
        Where the first packet was found.
    """
    if form not in PACKED:
        return None
    at = file.tell()
    try:
        return _sound_bytes(file, form, size, first_packet)
    finally:
        file.seek(at)


def _sound_bytes(file: Any, form: str, size: int, first_packet: int | None) -> int | None:
    """Return what `sound_bytes` does; the position in the file changes."""
    if form.startswith("mov"):
        return sum(min(length, size - at) for at, kind, length in mp4_boxes(file, 0, size) if kind == b"mdat") or None
    end = size
    if read_at(file, end - 128, 3) == b"TAG":  # ID3 1
        end -= 128
    footer = read_at(file, end - 32, 32) if end > 32 else b""
    if footer.startswith(b"APETAGEX"):
        end -= struct.unpack("<I", footer[12:16])[0] + 32
    if form in FRAME_STREAMS:
        return max(end - without_id3(file), 0)
    if form == "flac":
        return max(end - _flac_start(file, size), 0)
    if first_packet is None:
        return None
    return max(end - first_packet, 0) // (2 if form.startswith("mpeg") else 1)  # headers and filling of small packets


def _flac_start(file: Any, size: int) -> int:
    """Return where the frames of a FLAC file begin, behind its blocks of metadata."""
    at = without_id3(file) + 4
    while at + 4 <= size:
        block = read_at(file, at, 4)
        at += 4 + int.from_bytes(block[1:], "big")
        if block[0] & 128:
            break
    return min(at, size)


# ---- protection


def is_protected(file: Any, size: int) -> bool:
    """Whether the sound of a file is encrypted: MP4 and QuickTime, ASF, Matroska and MPEG transport streams."""
    head = read_at(file, 0, HEAD_BYTES)
    if head[4:8] in MP4_FIRST_BOXES:
        moov = next(((at, length) for at, kind, length in mp4_boxes(file, 0, size) if kind == b"moov"), None)
        data = read_at(file, moov[0], min(moov[1], MAX_MOOV_BYTES)) if moov else b""
        entries = re.findall(rb"stsd.{12}(.{4})", data, re.DOTALL)  # the kind of each track's first sample entry
        return any(entry in MP4_PROTECTED for entry in entries)
    if head.startswith(ASF_HEADER):
        return any(mark in head for mark in ASF_PROTECTED)
    if head.startswith(b"\x1aE\xdf\xa3"):
        tracks = head.partition(b"\x1fC\xb6u")[0]  # before the first cluster
        return bool(re.search(rb"m\x80.{1,60}?P3\x81\x01", tracks, re.DOTALL))  # ContentEncodingType 1: encryption
    if head[:1] == b"G" == head[188:189] and len(head) > 4 * 188:
        packets = [head[at : at + 4] for at in range(0, len(head) - 188, 188) if head[at : at + 1] == b"G"]
        scrambled = sum(packet[3] >= 0x80 for packet in packets)
        return scrambled > len(packets) / 2
    return False

"""Messages between processes: frames of JSON with a block of bytes behind them."""

import json
import struct
from typing import IO, Any

HEAD = struct.Struct("<II")  # lengths of the JSON text and of the bytes that follow it


def write_frame(pipe: IO[bytes], header: dict[str, Any], blob: bytes = b"") -> None:
    """Write one frame."""
    text = json.dumps(header).encode("ascii")
    pipe.write(HEAD.pack(len(text), len(blob)) + text + blob)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> tuple[dict[str, Any], bytes] | None:
    """Return the next frame, or None when the other side is gone."""
    head = pipe.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    text_length, blob_length = HEAD.unpack(head)
    text, blob = pipe.read(text_length), pipe.read(blob_length)
    if len(text) < text_length or len(blob) < blob_length:
        return None
    return json.loads(text), blob

"""Child processes of the program: how they start, and the frames that they exchange with it."""

import json
import os
import struct
import sys
from pathlib import Path
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


def module_command(module: str) -> list[str]:
    """Return the command line that runs a module of the package, whatever the current folder holds."""
    return [sys.executable, "-P", "-m", module]


def module_environment(**more: str) -> dict[str, str]:
    """Return this process's environment with the package's parent on the path (a checkout is not installed)."""
    given = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    paths = [str(Path(__file__).parents[1]), *given]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **more}

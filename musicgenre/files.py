"""Whole reads with a limit, atomic writes, and hashes of files."""

import contextlib
import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from musicgenre.text import parse_json


def file_sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


MAX_JSON_BYTES = 50_000_000  # no card, choice or report comes near


def is_file(path: str | Path) -> bool:
    """Return whether there is a file; False also for a name that no file can have, where `Path.is_file` may raise."""
    return os.path.isfile(path)  # noqa: PTH113 - see above


def read_file(path: Path, limit: int | None = None) -> bytes:
    """Return the bytes of a regular file of at most `limit` bytes, wherever it came from.

    Raises
    ------
    ValueError
        If it is larger, or a folder, a pipe or a device: reading one of these may never end.
    OSError
        If it is missing or cannot be read.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise ValueError("it is no regular file")
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if limit is not None and size > limit:
            raise ValueError(f"it is larger than {limit // 1_000_000} MB")
        try:
            return file.read(size)
        except MemoryError as error:
            raise ValueError("it is larger than the memory") from error


def read_json(path: Path) -> Any:
    """Return the value of a JSON file; raise ValueError for what is none, and OSError where it cannot be read."""
    return parse_json(read_file(path, MAX_JSON_BYTES).decode())


def read_journal(path: Path) -> Iterator[Any]:
    """Yield the values of the whole lines of a journal; a torn or damaged end is ignored, a missing file is empty."""
    with contextlib.suppress(OSError, ValueError):
        yield from map(parse_json, read_file(path).decode().splitlines())


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write a file under a temporary name and rename it: there is never half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise

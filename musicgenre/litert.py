"""LiteRT: run exported networks without TensorFlow, and without its notes on standard error."""

import contextlib
import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PACKED, _CHECKOUT = Path(__file__).with_name("models"), Path(__file__).parents[1] / "models"
MODELS_DIR = _PACKED if _PACKED.is_dir() else _CHECKOUT  # inside an installed package, beside it in a checkout
WIDEST = 16  # bytes of the widest number that a tensor holds


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drop what native libraries write to standard error meanwhile: notes on delegates and drivers, not errors."""
    sys.stderr.flush()
    saved, sink = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(sink)


def load_litert(flatbuffer: bytes, *, threads: int = 1, most_bytes: int | None = None) -> Any:
    """Return a ready LiteRT interpreter.

    Raises
    ------
    ValueError, RuntimeError
        If it is no network, or its tensors take more than `most_bytes` of memory.
    """
    from ai_edge_litert.interpreter import Interpreter  # loads a shared library

    with quiet_stderr():
        interpreter = Interpreter(model_content=flatbuffer, num_threads=threads)
        if most_bytes is not None:
            sizes = (math.prod(map(abs, one["shape"].tolist())) for one in interpreter.get_tensor_details())
            if sum(sizes) * WIDEST > most_bytes:
                raise ValueError("its tensors are larger than those of any model")
        interpreter.allocate_tensors()
    return interpreter

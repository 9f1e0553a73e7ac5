"""Processors, threads of matrix products, and memory of freed arrays."""

import contextlib
import os
from functools import cache
from typing import Any

# One thread a worker: the processes are the parallelism.
SINGLE_THREAD = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}


def cpu_count() -> int:
    """Return the number of processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def one_blas_thread() -> contextlib.AbstractContextManager[Any]:
    """Return a context in which matrix products run on one thread.

    More threads round differently from run to run of another size, gain nothing on matrices as small as ours, and cost
    much on a busy machine, where they wait for each other.
    """
    limits: contextlib.AbstractContextManager[Any] = _blas().limit(limits=1, user_api="blas")
    return limits


@cache
def _blas() -> Any:
    """Return the controller of the libraries that numpy has loaded."""
    from threadpoolctl import ThreadpoolController  # looks through all loaded libraries

    return ThreadpoolController()


@cache
def keep_freed_memory() -> None:
    """Let glibc keep the memory of freed arrays for the next ones; elsewhere this does nothing.

    It returns arrays of some MB to the system at once, and to get them back page by page costs 6 % of the time of a
    song. Once a larger block was freed, up to 32 MB, it keeps what is smaller.
    """
    import numpy as np  # scripts that only ask for the number of processors need none

    np.empty(31 << 20, np.uint8)

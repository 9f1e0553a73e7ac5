"""One way to run the same work on many items: here, in processes, or on a Dask cluster.

A worker that dies (a decoder can crash its process) takes only its own item with it; results come as they are done.
"""

import contextlib
import os
import signal
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from functools import cache
from typing import Any

from functions_audio import GenreError, SourceError

# One thread a worker: the processes are the parallelism.
SINGLE_THREAD = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
DASK_TIMEOUT_S = 10.0  # for reaching the scheduler


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


def run_many(
    function: Callable[[Any], Any], items: Sequence[Any], *, jobs: int = 1, dask: str | None = None
) -> Generator[tuple[int, Any], None, None]:
    """Yield (index, result) of `function(item)` in the order of completion.

    Parameters
    ----------
    function : callable
        A module's function that raises no error for a bad item; importable in the workers.
    items : sequence
        Small values that can be sent to another process.
    jobs : int
        Processes on this machine; 1 runs in this process.
    dask : str, optional
        Address of a Dask scheduler, for instance ``tcp://host:8786``; then its workers do the work.

    Yields
    ------
    tuple
        The result is a `GenreError` where the item killed its worker twice.

    Raises
    ------
    SourceError
        If there is no scheduler at the address.
    """
    if dask:
        yield from _run_dask(function, items, dask)
    elif jobs <= 1 or len(items) <= 1:
        for index, item in enumerate(items):
            yield index, function(item)
    else:
        yield from _run_processes(function, items, min(jobs, len(items)))


def _run_processes(function: Callable[[Any], Any], items: Sequence[Any], jobs: int) -> Iterator[tuple[int, Any]]:
    """Run in loky's processes; after a death, run what was in work then one item a process."""
    from concurrent.futures import FIRST_COMPLETED, wait
    from multiprocessing import resource_tracker

    from loky import ProcessPoolExecutor
    from loky.process_executor import BrokenProcessPool

    # A worker that grew is replaced between items; that is no news for a user.
    warnings.filterwarnings("ignore", message="A worker was restarted", category=UserWarning)
    resource_tracker.ensure_running()  # loky needs it; its start would let interrupts through again
    waiting = list(range(len(items)))[::-1]
    suspects: list[int] = []  # in work when a worker died; each is tried once more, alone
    while waiting or suspects:
        alone = not waiting
        pool = ProcessPoolExecutor(max_workers=1 if alone else jobs, env=SINGLE_THREAD)
        queue = [suspects.pop()] if alone else waiting
        running: dict[Any, int] = {}
        try:
            while queue or running:
                while queue and len(running) < 2 * jobs:
                    index = queue.pop()
                    with _without_interrupts():
                        running[pool.submit(function, items[index])] = index
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    result = future.result()
                    yield running.pop(future), result
        except BrokenProcessPool:
            if alone:
                yield from ((i, GenreError("the decoder crashed on this file", "unreadable")) for i in running.values())
            else:
                suspects += running.values()
        finally:
            pool.shutdown(wait=True, kill_workers=True)


@contextlib.contextmanager
def _without_interrupts() -> Iterator[None]:
    """Hold Ctrl-C back: it reaches this process afterwards, and processes started meanwhile never."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run_dask(function: Callable[[Any], Any], items: Sequence[Any], address: str) -> Iterator[tuple[int, Any]]:
    """Run on the workers of a Dask scheduler, which reach the same files by the same paths."""
    from dask.distributed import Client, as_completed

    try:
        client = Client(address, timeout=DASK_TIMEOUT_S)
    except (OSError, ValueError, TimeoutError) as error:
        raise SourceError(f"no Dask scheduler at {address}; start one with: dask scheduler", "network") from error
    with client:
        futures = {future: i for i, future in enumerate(client.map(function, items, pure=False, retries=3))}
        for future in as_completed(futures):
            if future.status == "error":
                result: Any = GenreError(f"the worker failed: {future.exception()}", "unreadable")
            else:
                result = future.result()
            index = futures[future]
            future.release()
            yield index, result

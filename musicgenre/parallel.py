"""One way to run the same work on many items: here, in processes, or on a Dask cluster.

A worker that dies (a decoder can crash its process) takes only its own item with it; results come as they are done.
"""

import contextlib
import itertools
import logging
import os
import queue
import signal
import threading
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from musicgenre.cpu import SINGLE_THREAD, one_blas_thread
from musicgenre.errors import GenreError, SourceError

# For helpers that Python starts with -c and -m: they look for modules in the folder the user is in, which may hold a
# stranger's files, and tell of what a process left that ended between two steps, which they clear away.
HELPERS = {"PYTHONSAFEPATH": "1", "PYTHONWARNINGS": "ignore:resource_tracker"}

MAX_JOBS = 1024  # more processes than processors gain nothing, and each takes memory

DASK_TIMEOUT_S = 10.0  # for reaching the scheduler, and for its first worker

DASK_AHEAD = 4  # items that are sent for each worker: enough that none waits for the next

DASK_RETRIES = 3  # of an item whose worker died

_in_work = threading.Lock()


def run_many(
    function: Callable[[Any], Any],
    items: Iterable[Any],
    *,
    jobs: int = 1,
    dask: str | None = None,
    take_part: bool = False,
) -> Generator[tuple[int, Any], None, None]:
    """Yield (index, result) of `function(item)` in the order of completion.

    Items are taken from the iterable as workers become free, so that millions of them cost no memory.

    Parameters
    ----------
    function : callable
        A module's function that raises no error for a bad item; importable in the workers.
    items : iterable
        Small values that can be sent to another process.
    jobs : int
        Processes on this machine; 1 runs in this process.
    dask : str, optional
        Address of a Dask scheduler, for instance ``tcp://host:8786``; then its workers do the work.
    take_part : bool
        Of two processes let this one be one: a start less. More are kept at work from here, and would have to wait
        while this one has an item of its own.

    Yields
    ------
    tuple
        The result is a `GenreError` where the item killed its worker twice.

    Raises
    ------
    SourceError
        If there is no scheduler at the address, it has no workers, or they cannot import the program.
    """
    jobs = min(jobs, MAX_JOBS)
    waiting = iter(items)
    head = list(itertools.islice(waiting, max(jobs, 2)))
    numbered = enumerate(itertools.chain(head, waiting))
    if dask:
        yield from _run_dask(function, numbered, dask)
    elif jobs <= 1 or len(head) <= 1:
        for index, item in numbered:
            yield index, function(item)
    else:
        jobs = min(jobs, len(head))
        here = take_part and jobs == 2
        yield from _run_processes(function, numbered, jobs - here, here=here)


def _run_processes(
    function: Callable[[Any], Any], waiting: Iterator[tuple[int, Any]], jobs: int, *, here: bool
) -> Iterator[tuple[int, Any]]:
    """Run in loky's processes, and `here` too; after a death, run what was in work then one item a process."""
    from concurrent.futures import FIRST_COMPLETED, wait
    from multiprocessing import resource_tracker

    from loky import ProcessPoolExecutor
    from loky.process_executor import BrokenProcessPool

    # A worker that grew is replaced between items; that is no news for a user.
    warnings.filterwarnings("ignore", message="A worker was restarted", category=UserWarning)
    with _for_helpers():
        resource_tracker.ensure_running()  # loky needs it; its start would let interrupts through again
    suspects: list[tuple[int, Any]] = []  # in work when a worker died; each is tried once more, alone
    more = True
    while more or suspects:
        alone = not more
        with _for_helpers():
            pool = ProcessPoolExecutor(max_workers=1 if alone else jobs, env=SINGLE_THREAD | HELPERS)
        running: dict[Any, tuple[int, Any]] = {}
        try:
            queue = iter([suspects.pop()]) if alone else waiting
            while True:
                mine = next(queue, None) if here and not alone else None
                if mine:  # first, so that the last item of all is not left to a worker that has others
                    suspects.append(mine)  # until its turn
                for taken in itertools.islice(queue, 2 * jobs - len(running)):
                    suspects.append(taken)  # until it is handed over: the pool may be broken already
                    with _without_interrupts(), _for_helpers():
                        future = pool.submit(function, taken[1])
                    running[future] = suspects.pop()
                if mine:
                    suspects.pop()
                    yield mine[0], function(mine[1])
                if not running:
                    more = False
                    break
                for future in wait(running, timeout=0 if mine else None, return_when=FIRST_COMPLETED).done:
                    result = future.result()
                    yield running.pop(future)[0], result
        except BrokenProcessPool:
            if alone:
                crashed = GenreError("the decoder crashed on this file", "unreadable")
                yield from ((index, crashed) for index, _ in running.values())
            else:
                suspects += running.values()
        finally:
            pool.shutdown(wait=True, kill_workers=True)


@contextlib.contextmanager
def _for_helpers() -> Iterator[None]:
    """Let processes that are started meanwhile have the environment of `HELPERS`."""
    before = {name: os.environ.get(name) for name in HELPERS}
    os.environ.update(HELPERS)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


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


def _run_dask(
    function: Callable[[Any], Any], waiting: Iterator[tuple[int, Any]], address: str
) -> Iterator[tuple[int, Any]]:
    """Run on the workers of a Dask scheduler, which reach the same files by the same paths."""
    from dask.distributed import Client

    for name in ("distributed", "distributed.client", "distributed.core", "distributed.utils"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # what they tell of lost connections is told here
    try:
        client = Client(address, timeout=DASK_TIMEOUT_S)
    except (OSError, ValueError, TimeoutError) as error:
        raise SourceError(f"no Dask scheduler at {address}; start one with: dask scheduler", "network") from error
    with client:
        _prepare_cluster(client, address, function.__module__)
        running: dict[Any, int] = {}
        done: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def submit() -> None:
            workers = len(_asked(address, client.nthreads))
            wanted = DASK_AHEAD * max(workers, 1) - len(running)  # fewer when workers were lost
            for index, item in itertools.islice(waiting, max(wanted, 0)):
                options = {"pure": False, "retries": DASK_RETRIES}
                future = _asked(address, client.submit, _one_at_a_time, function, item, **options)
                running[future] = index
                future.add_done_callback(done.put)

        submit()
        while running:
            try:
                future = done.get(timeout=DASK_TIMEOUT_S)
            except queue.Empty:
                if _asked(address, client.nthreads):
                    continue
                raise _no_workers(address) from None
            if future.status == "finished":
                result: Any = _asked(address, future.result)
            elif future.status == "error":
                result = GenreError(f"the worker failed: {future.exception()}", "unreadable")
            else:
                raise _gone(address)
            yield running.pop(future), result
            future.release()
            submit()


def _asked(address: str, call: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Return what a cluster answers; raise `SourceError` if it is gone."""
    from distributed.client import FutureCancelledError

    try:
        return call(*arguments, **options)
    except (OSError, FutureCancelledError) as error:
        raise _gone(address) from error


def _gone(address: str) -> SourceError:
    """Return the error for a scheduler that has ended."""
    return SourceError(f"the Dask scheduler at {address} is gone; start it again", "network")


def _no_workers(address: str) -> SourceError:
    """Return the error for a scheduler without workers."""
    advice = f"start some in this program's folder with: python -m dask worker {address} --nthreads 1"
    return SourceError(f"the Dask scheduler at {address} has no workers; {advice}", "network")


def _prepare_cluster(client: Any, address: str, module: str) -> None:
    """Wait for a worker, and let the scheduler and all workers, also those that come later, find the program."""
    try:
        client.wait_for_workers(1, timeout=DASK_TIMEOUT_S)
    except TimeoutError as error:
        raise _no_workers(address) from error
    # Nothing of this program can be sent before it is found: only what Python itself has.
    code = f"import os, sys; sys.path[:0] = [{str(Path(__file__).parents[1])!r}, os.getcwd()]; import {module}"
    try:
        _asked(address, client.run_on_scheduler, exec, code)  # which unpacks what passes through
        _asked(address, client.run, exec, code)
        _asked(address, client.register_worker_callbacks, setup=partial(exec, code))
    except ImportError as error:
        advice = "start scheduler and workers in its folder, with the same packages"
        raise SourceError(f"the cluster at {address} cannot run the program ({error}); {advice}", "network") from error


def _one_at_a_time(function: Callable[[Any], Any], item: Any) -> Any:
    """Call a function in a worker of any number of threads: the loaded networks serve one at a time."""
    with _in_work, one_blas_thread():
        return function(item)

"""A SQLite file that several programs use at once: the history of windows, a library of songs.

Nothing heavy is imported here: the window is on screen before numpy is.
"""

import contextlib
import sqlite3
import threading
import time


def let_share(store: sqlite3.Connection, patience_s: float) -> None:
    """Journal a SQLite file ahead of its writes (WAL), so that several programs can use it at once.

    Programs that begin the same file at the same moment stand in each other's way, and there SQLite does not wait by
    itself (sqlite.org/c3ref/busy_handler.html, on deadlocks): they try again here.

    Raises
    ------
    sqlite3.Error
        If it cannot be journalled, or another program holds it longer than `patience_s` seconds.
    """
    last = time.monotonic() + patience_s
    while True:
        try:
            store.execute("PRAGMA journal_mode = WAL")
            store.execute("PRAGMA synchronous = NORMAL")  # a kill loses nothing; no waiting for the disk
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                raise
        time.sleep(0.01)


def checkpoint_aside(place: str) -> threading.Thread:
    """Move what is journalled into a SQLite file in a thread of its own: a busy disk keeps nobody waiting.

    The thread holds up neither readers nor writers (sqlite.org/c3ref/wal_checkpoint_v2.html, passive).
    """

    def run() -> None:
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(place, timeout=0.0)) as store:
            store.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    thread = threading.Thread(target=run, name="checkpoint", daemon=True)
    thread.start()
    return thread

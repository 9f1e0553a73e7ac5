"""A SQLite file that several programs use at once: the history of windows, a library of songs.

Nothing heavy is imported here: the window is on screen before numpy is.
"""

import sqlite3
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

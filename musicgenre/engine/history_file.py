"""The SQLite file of the history: its tables, the columns that lists are sorted by, and opening it."""

import json
import sqlite3
import time

from musicgenre.sqlite import let_share

PATIENCE_S = 1.0  # for another window that is writing
SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, made REAL NOT NULL, title TEXT NOT NULL, words TEXT NOT NULL, record TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS answers_made ON answers (made);
CREATE TABLE IF NOT EXISTS corrections (
    key TEXT PRIMARY KEY, made REAL NOT NULL, input TEXT NOT NULL, title TEXT NOT NULL, said TEXT, genre TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS unfinished (
    key TEXT PRIMARY KEY, owner TEXT NOT NULL, input TEXT NOT NULL, title TEXT, batch TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, vector BLOB NOT NULL);
"""
# Columns that are computed from the record, so that answers of older versions have them too.
LISTED = {
    "input": "$.answer.input", "verdict": "$.answer.verdict", "genre": "$.answer.genre",
    "confidence": "$.answer.confidence", "artist": "$.artist", "tempo": "$.answer.tempo_bpm",
}  # fmt: skip
SONGS = "input, made, key, title, verdict, genre, confidence, artist"
INDEX = f"CREATE INDEX IF NOT EXISTS answers_songs ON answers ({SONGS})"


def _add_columns(store: sqlite3.Connection) -> None:
    """Add the columns that the list of a window is sorted by; an older version goes on working with them."""
    store.execute("BEGIN IMMEDIATE")  # of two windows that begin, one adds them
    there = {row[1] for row in store.execute("PRAGMA table_xinfo(answers)")}
    for name, place in LISTED.items():
        if name not in there:
            value = f"CASE WHEN json_valid(record) THEN json_extract(record, '{place}') END"
            store.execute(f"ALTER TABLE answers ADD COLUMN {name} GENERATED ALWAYS AS ({value}) VIRTUAL")
    store.execute(INDEX)
    store.execute("COMMIT")


def connect(place: str) -> sqlite3.Connection:
    """Open a store and make sure that it can be read and written."""
    store = sqlite3.connect(place, timeout=PATIENCE_S)
    try:
        store.text_factory = lambda data: data.decode("utf-8", "replace")
        if store.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("the file is damaged")
        let_share(store, PATIENCE_S)
        store.execute("PRAGMA wal_autocheckpoint = 0")  # it would wait for the disk: see `tidy`
        store.executescript(SCHEMA)
        _add_columns(store)
        store.execute("SELECT key, made, title, words, record FROM answers LIMIT 1").fetchall()
        store.execute("SELECT key, made, input, title, said, genre FROM corrections LIMIT 1").fetchall()
        with store:
            store.execute("INSERT OR REPLACE INTO settings VALUES ('opened', ?)", (json.dumps(time.time()),))
    except sqlite3.Error:
        store.close()
        raise
    return store

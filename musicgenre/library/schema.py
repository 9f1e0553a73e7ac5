"""The tables of a library: made, and upgraded from an older version.

Conventions
-----------
A song has one row in `songs`, whatever was heard in it, and one row in `answers` for each model that heard it. A model
is its name and the hash of its card: a model that was trained again is another one. `answers.sha256` is that of the
content that was heard ("" after an error that may pass, so that it is tried again), `answers.part` the start and length
in JSON, `likely` and `tags` names between line breaks, by which songs are found.
"""

import json
import sqlite3
from pathlib import Path

from musicgenre.text import parse_json

APPLICATION_ID = 0x47656E72  # tells this program's libraries from other SQLite files

VERSION = 2

SONGS = """
CREATE TABLE songs (
    id INTEGER PRIMARY KEY, folder NOT NULL, name NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL, title TEXT, artist TEXT, album TEXT, tag_genre TEXT, duration_s REAL, missing_since REAL,
    UNIQUE (folder, name));
CREATE INDEX songs_sha256 ON songs (sha256);
CREATE TABLE models (id INTEGER PRIMARY KEY, name TEXT NOT NULL, card TEXT NOT NULL, UNIQUE (name, card));
CREATE TABLE answers (
    song INTEGER NOT NULL REFERENCES songs (id), model INTEGER NOT NULL REFERENCES models (id), part TEXT NOT NULL,
    sha256 TEXT NOT NULL, made REAL NOT NULL, verdict TEXT NOT NULL, genre TEXT, confidence REAL, likely TEXT,
    tags TEXT, tempo_bpm REAL, answer TEXT NOT NULL, features BLOB, course BLOB, UNIQUE (song, model));
CREATE INDEX answers_known ON answers (song, model, part, made, sha256);
CREATE INDEX answers_genre ON answers (model, verdict, genre, confidence, song);
CREATE INDEX answers_sha256 ON answers (sha256);
"""

CHANGES = """
CREATE TABLE changes (
    id INTEGER PRIMARY KEY, song INTEGER NOT NULL REFERENCES songs (id), made REAL NOT NULL, before TEXT NOT NULL,
    after TEXT NOT NULL, sha256_before TEXT NOT NULL, sha256_after TEXT NOT NULL, undo BLOB NOT NULL, undone REAL);
CREATE INDEX changes_song ON changes (song);
"""

SONG_COLUMNS = (
    "folder", "name", "size", "mtime_ns", "sha256", "title", "artist", "album", "tag_genre", "duration_s",
    "missing_since",
)  # fmt: skip

ANSWER_COLUMNS = (
    "part", "sha256", "made", "verdict", "genre", "confidence", "likely", "tags", "tempo_bpm", "answer", "features",
    "course",
)  # fmt: skip


def make_tables(store: sqlite3.Connection) -> None:
    """Make the tables of a new library, or bring those of an older version up to date; the caller's transaction."""
    if not store.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        _run(store, SONGS + CHANGES)
        store.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    elif store.execute("PRAGMA user_version").fetchone()[0] == 1:
        _upgrade_from_1(store)
    store.execute(f"PRAGMA user_version = {VERSION}")


def _run(store: sqlite3.Connection, statements: str) -> None:
    """Run statements one by one: `executescript` would end the transaction."""
    for statement in statements.split(";"):
        store.execute(statement)


def _upgrade_from_1(store: sqlite3.Connection) -> None:
    """Give the answers, of which a song had one, a table of their own; numbers of songs stay, changes refer to them."""
    store.execute("PRAGMA legacy_alter_table = ON")  # the table of changes goes on to refer to "songs"
    store.execute("ALTER TABLE songs RENAME TO songs_1")
    store.execute("DROP INDEX songs_sha256")
    _run(store, SONGS)
    columns = ", ".join(("id", *SONG_COLUMNS))
    store.execute(f"INSERT INTO songs ({columns}) SELECT {columns} FROM songs_1")  # noqa: S608 - our own words
    for (settings,) in store.execute("SELECT DISTINCT settings FROM songs_1").fetchall():
        name, card, *part = parse_json(settings)
        row = (Path(name).name, card)
        store.execute("INSERT OR IGNORE INTO models (name, card) VALUES (?, ?)", row)
        (model,) = store.execute("SELECT id FROM models WHERE name = ? AND card = ?", row).fetchone()
        store.execute(
            "INSERT INTO answers (song, model, part, sha256, verdict, genre, confidence, answer, features, made)"
            " SELECT id, ?, ?, sha256, verdict, genre, confidence, answer, features, made FROM songs_1"
            " WHERE settings = ?",
            (model, json.dumps(part), settings),
        )
    store.execute("DROP TABLE songs_1")
    store.execute("PRAGMA legacy_alter_table = OFF")

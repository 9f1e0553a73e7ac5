"""Songs in seven formats for the tests of libraries and tags: pieces of the committed samples."""

import sqlite3
from pathlib import Path

import av
import numpy as np
import soundfile
import soxr

from musicgenre.audio.decode import read_recording
from musicgenre.audio.recording import Excerpt
from musicgenre.library.store import song_path
from support.material import ROOT, encode

SAMPLES = ROOT / "data" / "samples"
MUSIC = ("classical", "electronic", "lounge", "metal", "rock", "vocal")
# ending -> how PyAV makes it; ogg comes from soundfile, since PyAV has no encoder of Vorbis
FORMATS = {
    "mp3": {"codec": "libmp3lame"},
    "flac": {"codec": "flac", "sample_format": "s16"},
    "ogg": None,
    "opus": {"codec": "libopus"},
    "m4a": {"codec": "aac"},
    "wma": {"codec": "wmav2", "bit_rate": 96_000, "container": "asf"},
    "wav": {"codec": "pcm_s16le"},
}


def piece(name, *, start=0.0, seconds=6.0):
    """Return samples of a committed clip and their rate."""
    recording = read_recording(SAMPLES / f"{name}.ogg", excerpt=Excerpt(start, seconds))
    return recording.clips[0].samples, recording.clips[0].sample_rate


def write_song(path, samples, rate, *, title=None):
    """Write samples in the format of the path's ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = path.suffix[1:]
    if FORMATS[kind] is None:
        soundfile.write(path, samples, rate, format="OGG", subtype="VORBIS")
        return path
    if kind == "opus":
        samples, rate = soxr.resample(samples, rate, 48_000), 48_000
    return encode(path, samples, rate, title=title, **FORMATS[kind])


def make_songs(folder, *, each=1, seconds=6.0):
    """Write songs in all formats, `each` pieces of every format, in folders; return the folder."""
    for number, kind in enumerate(FORMATS):
        for i in range(each):
            name = MUSIC[(number + i) % len(MUSIC)]
            samples, rate = piece(name, start=0.5 * i, seconds=seconds)
            write_song(Path(folder) / kind / f"{name} {i}.{kind}", samples, rate)
    return Path(folder)


def decoded(path):
    """Return all samples of a file, every channel, as the decoder gives them."""
    with av.open(str(path), metadata_errors="replace") as file:
        return np.concatenate([frame.to_ndarray().reshape(-1) for frame in file.decode(audio=0)])


def rows(path):
    """Return (path, everything that an answer is) of all songs in a library, and check the file itself."""
    with sqlite3.connect(path) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        found = store.execute(
            "SELECT folder, name, size, sha256, verdict, genre, confidence, answer, features, tag_genre FROM songs"
            " WHERE missing_since IS NULL"
        ).fetchall()
    return sorted((str(song_path(*row[:2])), *row[2:]) for row in found)

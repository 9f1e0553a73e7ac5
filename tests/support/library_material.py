"""Songs in seven formats for the tests of libraries and tags: pieces of the committed samples."""

import sqlite3
from pathlib import Path
from unittest import mock

import av
import mutagen
import mutagen.id3
import numpy as np
import soundfile
import soxr

from musicgenre.audio.decode import read_recording
from musicgenre.audio.recording import Excerpt
from musicgenre.inference.prediction import Prediction, Tag
from musicgenre.library.findings import Heard
from musicgenre.library.scan import scan
from musicgenre.library.song_features import COURSE_TYPE, COURSE_WIDTH, FEATURE_TYPE, WIDTH
from musicgenre.library.songs import song_path
from support.material import ROOT, encode, write_wav

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
            "SELECT s.folder, s.name, s.size, s.sha256, verdict, genre, confidence, answer, features, s.tag_genre"
            " FROM songs AS s JOIN answers AS a ON a.song = s.id WHERE s.missing_since IS NULL"
        ).fetchall()
    return sorted((str(song_path(*row[:2])), *row[2:]) for row in found)


def answer_of(name, verdict, genre, confidence, *, model="genres", seconds=200.0, **more):
    """Return an answer that is made up: for its genre, and for pop with the rest of the probability."""
    chances = {"pop": round(1 - confidence, 3), "rock": 0.0, "metal": 0.0, genre: confidence} if confidence else None
    more["tags"] = [Tag(word, 0.5) for word in more.get("tags", ())]
    return Prediction(name, None, seconds, verdict, genre, confidence, chances, model=model, **more)


def fill(library, folder, songs, *, model="genres"):
    """Scan a folder of songs whose answers are made up.

    Parameters
    ----------
    songs : sequence of dict
        ``name``, ``verdict``, ``genre``, ``confidence``; ``tag`` (written into the file), ``artist``, ``album``,
        ``title``, ``features``, and further fields of an answer.
    """
    known = {}
    for number, song in enumerate(songs):
        path = folder / song["name"]
        if not path.exists():
            write_wav(path, np.full(1000, 0.001 * (1 + number % 900) + 1e-6 * number, np.float32))
            if song.get("tag"):
                tagged = mutagen.File(path)
                tagged.add_tags()
                tagged.tags.add(mutagen.id3.TCON(encoding=3, text=[song["tag"]]))
                tagged.save()
        known[str(path.resolve())] = number, song

    def hear(job):
        number, song = known[job[0]]
        values = {"verdict": "genre", "genre": None, "confidence": None, **song}
        about = {name: values.pop(name) for name in ("artist", "album", "title") if values.get(name)}
        if tag := values.pop("tag", None):
            about["genre"] = tag
        random = np.random.default_rng(number)
        vector = values.pop("features", random.standard_normal(WIDTH))
        course = values.pop("course", random.integers(-127, 128, COURSE_WIDTH))
        answer = answer_of(values.pop("name"), values.pop("verdict"), values.pop("genre"), values.pop("confidence"),
                           model=model, **values)  # fmt: skip
        return Heard(answer, vector.astype(FEATURE_TYPE).tobytes(), course.astype(COURSE_TYPE).tobytes(), about)

    with mock.patch("musicgenre.library.scan.song_job", hear), scan(library, [folder], model=model) as found:
        return len(list(found.update()))


# Songs with made-up answers for `fill`: five that are named, two guesses, one that is no music
EIGHT = [
    {"name": name, "verdict": verdict, "genre": genre, "confidence": confidence, "tag": tag}
    for name, verdict, genre, confidence, tag in [
        ("a.wav", "genre", "metal", 0.9, None), ("b.wav", "genre", "metal", 0.95, "Heavy Metal"),
        ("c.wav", "genre", "metal", 0.8, "Jazz"), ("d.wav", "genre", "hiphop", 0.99, "Hip-Hop/Rap"),
        ("e.wav", "genre", "jazz", 0.85, "Zydeco"), ("f.wav", "uncertain", "jazz", 0.4, None),
        ("g.wav", "uncertain", "metal", 0.3, None), ("h.wav", "not_music", None, None, None),
    ]
]  # fmt: skip

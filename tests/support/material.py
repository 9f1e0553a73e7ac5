"""Small material that the tests make themselves: sounds, sound files, tables, and runs of the scripts."""

import csv
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import av
import numpy as np

from musicgenre.sources.inputs import Item
from musicgenre.sources.links import Source

ROOT = Path(__file__).parents[2]
SR = 22050
ENCODED, KEPT = {}, 16  # files that `encode` has written
LAYOUTS = {1: "mono", 2: "stereo", 3: "2.1", 4: "4.0", 5: "5.0", 6: "5.1"}
# What a kind of song is made of: MIDI notes of its chords, beats per minute (0: none), brightness of its timbre.
KINDS = {
    "hymn": (((60, 64, 67), (65, 69, 72), (67, 71, 74)), 0, 0.3),
    "clatter": (((36,),), 150, 0.1),
    "buzz": (((40, 47), (43, 50)), 100, 0.9),
}


def song(kind, *, seconds=4.0, sr=SR, seed=0):
    """Return a synthetic piece, shape (n,), float32, of one of `KINDS`: chords, a drum, or a bright riff."""
    chords, bpm, brightness = KINDS[kind]
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * sr)) / sr
    y = 0.002 * rng.standard_normal(len(t))
    detune = 2 ** rng.uniform(-0.02, 0.02)
    for i, chord in enumerate(chords):
        on = ((t // 0.8).astype(int) % len(chords)) == i
        for note in chord:
            frequency = detune * 440 * 2 ** ((note - 69) / 12)
            for harmonic in range(1, 9):
                if harmonic * frequency < 0.45 * sr:
                    y += on * brightness ** (harmonic - 1) / harmonic * np.sin(2 * np.pi * harmonic * frequency * t)
    if bpm:
        age = np.mod(t + rng.uniform(0, 0.1), 60 / bpm)
        y += 2 * np.exp(-age / 0.04) * rng.standard_normal(len(t))
    return (0.5 * y / np.abs(y).max()).astype(np.float32)


def encode(path, samples, rate, codec, **options):
    """Write samples, shape (n,) or (channels, n), with PyAV; `video` adds a small moving picture.

    The last files that were written are remembered: a test of many cases often begins with the same.
    """
    path, samples = Path(path), np.atleast_2d(np.asarray(samples, np.float32))
    digest = hashlib.sha256(np.ascontiguousarray(samples)).digest()
    wanted = (digest, samples.shape, rate, codec, path.suffix, *sorted(options.items()))
    if wanted in ENCODED:
        path.write_bytes(ENCODED[wanted])
        return path
    _encode(path, samples, rate, codec, **options)
    if len(ENCODED) == KEPT:
        del ENCODED[next(iter(ENCODED))]
    ENCODED[wanted] = path.read_bytes()
    return path


def _encode(
    path,
    samples,
    rate,
    codec,
    *,
    container=None,
    sample_format=None,
    bit_rate=None,
    video=False,
    title=None,
    audio=True,
):
    """Write samples, shape (channels, n)."""
    layout = LAYOUTS[len(samples)]
    with av.open(str(path), "w", format=container) as file:
        if title:
            file.metadata["title"] = title
        if video:
            picture = file.add_stream("mpeg4", rate=10)
            picture.width, picture.height, picture.pix_fmt = 32, 32, "yuv420p"
        if audio:
            stream = file.add_stream(codec, rate=rate, layout=layout)
            if sample_format:
                stream.format = sample_format
            if bit_rate:
                stream.bit_rate = bit_rate
        if video:
            for i in range(max(int(10 * samples.shape[1] / rate), 1)):
                image = np.full((32, 32, 3), i % 256, np.uint8)
                file.mux(picture.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
            file.mux(picture.encode(None))
        if audio:
            step = 1 << 16
            for start in range(0, samples.shape[1], step):
                block = np.ascontiguousarray(samples[:, start : start + step])
                frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
                frame.sample_rate, frame.pts = rate, start
                file.mux(stream.encode(frame))
            file.mux(stream.encode(None))


def write_wav(path, samples, rate=SR):
    """Write 16-bit samples."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return encode(path, samples, rate, "pcm_s16le", container="wav")


def make_library(folder, *, clips=3, seconds=4.0, kinds=tuple(KINDS)):
    """Write `<kind>/<kind><i>.wav` for every kind; return the folder."""
    for kind in kinds:
        for i in range(clips):
            write_wav(Path(folder) / kind / f"{kind}{i}.wav", song(kind, seconds=seconds, seed=i))
    return Path(folder)


def read_rows(path):
    """Return the rows of a CSV as dicts of text."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path, rows):
    """Write rows of equal keys as CSV."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def make_table(folder, *, genres=("ambient", "march", "polka"), clips=12, families=("mfcc",), seed=0, gap=1.5):
    """Write a table of random features in which each genre has its own mean; artists of two clips, split and fold."""
    from musicgenre.features.families import FAMILIES

    rng = np.random.default_rng(seed)
    centres = {(g, f): gap * rng.standard_normal(len(FAMILIES[f])) for g in genres for f in families}
    rows, features = [], {family: [] for family in families}
    for genre in genres:
        for i in range(clips):
            clip_id = f"{genre}/{genre}.{i:03d}"
            split = ("train", "train", "valid", "test")[(i // 2) % 4]
            rows.append(
                {
                    "clip_id": clip_id, "genre": genre, "group": f"{genre} artist {i // 2}", "split": split,
                    "fold": str(1 + (i // 2) % 3), "duration_s": "30.0", "sha256": f"{genre}{i}", "status": "ok",
                }
            )  # fmt: skip
            for family in families:
                values = centres[genre, family] + rng.standard_normal(len(FAMILIES[family]))
                features[family].append(
                    {"clip_id": clip_id, **dict(zip(FAMILIES[family], values.tolist(), strict=True))}
                )
    write_rows(Path(folder) / "clips.csv", rows)
    for family, lines in features.items():
        write_rows(Path(folder) / f"{family}.csv", lines)
    return Path(folder)


def script_command(name, *args):
    """Return the command line that runs a script of the project."""
    return [sys.executable, str(ROOT / name), *map(str, args)]


def run_script(name, *args, cwd=None, timeout=120):
    """Run a script to its end; return the finished process with its output as text."""
    return subprocess.run(
        script_command(name, *args), cwd=cwd, timeout=timeout, capture_output=True, encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"}, check=False,
    )  # fmt: skip


def classified(classifier, path):
    """Return a classifier's answer for a file, as the programs get it."""
    return classifier.classify_item(Item(str(path), Source("file", str(path)))).prediction


def peak_mb(process="self"):
    """Return the most memory that a program has had since it began, in MB.

    What getrusage tells begins with the size of the process that started the program, so it is not asked.
    """
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def json_lines(text):
    """Return the objects of JSON lines."""
    return [json.loads(line) for line in text.splitlines()]

"""Measure speed and memory, and print each figure beside its target.

    python tools/bench.py                  # all, some minutes
    python tools/bench.py librosa cold     # some of: library, rescan, memory, librosa, cold, song, folder, long, plain

Only ratios within one run mean something on a shared machine: what is compared runs in turns. The material is made
here, in a temporary folder. Memory is the peak resident set of the process, as the system reports it.
"""

import argparse
import contextlib
import functools
import io
import multiprocessing
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench_library import bench_library, bench_memory, bench_rescan
from bench_material import CLIP_S, ONE_THREAD, ROOT, ROUNDS, SONG_S, SR, row, run, write_mp3
from support.invented import song

FAMILIES = ("mfcc", "chroma", "tempo", "zcr", "rolloff")
FOLDER_CLIPS = 40
LONG_S = 7200.0
PLAIN_SONGS = 8
# The last version that computed all filters of the pretrained network.
OLD_COMMIT = "f980ec73aaa66fe361b1c58a150db5a3eb4b3cde"
# Answers paths of standard input with the version in a folder, and writes the processor seconds of each.
ANSWER_CPU = """
import sys
sys.path.insert(0, sys.argv[1])
import psutil
try:
    from musicgenre.audio.sandbox import read_safely
    from musicgenre.inference.classifier import Classifier
except ImportError:
    from functions_decoder import read_safely
    from functions_interface import Classifier
classifier = Classifier()
this = psutil.Process()
def seconds():
    times = [process.cpu_times() for process in (this, *this.children(recursive=True))]
    return sum(time.user + time.system for time in times)
for line in sys.stdin:
    before = seconds()
    classifier.classify(read_safely(line.strip()), source="song")
    print(seconds() - before, flush=True)
"""
# A typical deviation of each kind of column over many songs; tells what a difference of columns means.
DEVIATION = {"mfcc": 3.0, "chroma": 0.04, "tempo": 25.0, "zcr": 0.03, "rolloff": 600.0}


def bench_librosa(_):
    """Time the five families of the 89 columns on one core against librosa's functions one by one."""
    os.environ.update(ONE_THREAD)  # before numpy is loaded
    import librosa
    import numpy as np

    from musicgenre.audio.recording import Clip
    from musicgenre.features.extract import extract

    def one_by_one(y):
        feature = librosa.feature
        frames = [feature.mfcc(y=y, sr=SR, n_mfcc=30), feature.chroma_stft(y=y, sr=SR)]
        tempo = feature.tempo(y=y, sr=SR)
        frames += [feature.zero_crossing_rate(y), feature.spectral_rolloff(y=y, sr=SR)]
        rows = [np.concatenate([f.mean(axis=1), f.std(axis=1)]) for f in frames]
        return np.concatenate([*rows[:2], tempo, *rows[2:]])

    def one_pass(y):
        return extract([Clip(y, SR, "", "")], FAMILIES).values

    songs = [song(CLIP_S, seed) for seed in range(ROUNDS)]
    one_by_one(songs[0]), one_pass(songs[0])  # compilation and caches
    theirs, ours, worst = [], [], 0.0
    for y in songs:
        began = time.perf_counter()
        expected = one_by_one(y)
        between = time.perf_counter()
        values = one_pass(y)
        theirs.append(between - began)
        ours.append(time.perf_counter() - between)
        for (column, value), other in zip(values.items(), expected, strict=True):
            worst = max(worst, abs(value - other) / DEVIATION[column.partition("_")[0]])
    ratio = statistics.median(theirs) / statistics.median(ours)
    row(f"89 columns of a {CLIP_S:.0f} s clip, against librosa one by one", f"{ratio:.1f} x", ">= 5 x", ratio >= 5)
    row("largest difference of a column, in typical deviations", f"{worst:.5f}", "<= 0.01", worst <= 0.01)


def bench_cold(folder):
    """Time `03 FILE --json` from a cold start against importing TensorFlow."""
    path = folder / "song.mp3"
    write_mp3(path, song(CLIP_S, 1))
    command = ("03_launch_classifier.py", path, "--json")
    run(*command)  # the files into the system's cache
    ours, theirs, memory = [], [], 0.0
    for _ in range(ROUNDS):
        theirs.append(run("-c", "import tensorflow")[0])
        seconds, peak = run(*command)
        ours.append(seconds)
        memory = max(memory, peak)
    ratio = statistics.median(ours) / statistics.median(theirs)
    what = f"03 FILE --json, cold, {CLIP_S:.0f} s, against import tensorflow"
    row(what, f"{ratio:.2f} x", "<= 0.11 x", ratio <= 0.11)
    row("its peak memory", f"{memory:.0f} MB", "<= 600 MB", memory <= 600)


def bench_folder(folder):
    """Time 00 with two workers against one, and see whether its memory grows with the number of clips.

    Two programs that know nothing of each other, with half of the clips each, tell what the machine has to give.
    """
    import soundfile

    few, many, halves = folder / "few", folder / "many", (folder / "even", folder / "odd")
    for i in range(FOLDER_CLIPS):
        for base in (many, halves[i % 2], *([few] if i % 4 == 0 else [])):
            (base / "g").mkdir(parents=True, exist_ok=True)
            soundfile.write(base / "g" / f"{i}.flac", song(CLIP_S, i), SR)

    def preprocess(base, jobs=1):
        return run("00_preprocess_music.py", base, "--out", folder / f"table {base.name}", "--jobs", jobs, "--fresh")

    def apart():
        began = time.perf_counter()
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(preprocess, halves))
        return time.perf_counter() - began

    _, memory_few = preprocess(few)
    turns = [(*preprocess(many), preprocess(many, 2)[0], apart()) for _ in range(ROUNDS)]
    one, memory, two, pair = zip(*turns, strict=True)
    one, two, pair = map(statistics.median, (one, two, pair))
    memory_many = max(memory)
    what = f"00 on {FOLDER_CLIPS} clips of {CLIP_S:.0f} s, two workers against one"
    row(what, f"{one / two:.2f} x", ">= 1.7 x", one / two >= 1.7)
    row("two such programs at once, half of the clips each, against one", f"{one / pair:.2f} x")
    grown = memory_many - memory_few
    what = f"memory that {FOLDER_CLIPS} clips take more than {FOLDER_CLIPS // 4}"
    row(what, f"{grown:+.0f} MB", "<= 30 MB", grown <= 30)


def bench_long(folder):
    """Time 03 on a file of two hours, and its memory."""
    short, long = folder / "short.mp3", folder / "long.mp3"
    part = song(120.0, 2)
    write_mp3(short, part[: int(CLIP_S * SR)])
    write_mp3(long, part, repeat=round(LONG_S / 120.0))
    seconds_short, _ = run("03_launch_classifier.py", short, "--json")
    seconds, memory = run("03_launch_classifier.py", long, "--json")
    ratio = seconds / seconds_short
    what = f"03 on a file of {LONG_S / 3600:.0f} h, against one of {CLIP_S:.0f} s"
    row(what, f"{ratio:.1f} x", "<= 10 x", ratio <= 10)
    row("its peak memory", f"{memory:.0f} MB", "<= 700 MB", memory <= 700)


def plain_way():
    """Return (a function from a sound file to its tag activations the plain way, whether it has the real weights).

    Decoded by soundfile, resampled by soxr, mel by librosa, and the whole network by Keras on all windows at once, with
    the threads that TensorFlow takes by itself. The windows are those of the program, 28 in 30 s.
    """
    import convert_musicnn
    import keras
    import librosa
    import numpy as np
    import soundfile
    import soxr

    from musicgenre.features.musicnn import WindowGrid

    plain = convert_musicnn.build_network()
    wheel = next((ROOT / "build" / "wheels").glob("musicnn-*.whl"), None)
    gain, offset = 0.44, -1.13
    if wheel:
        with tempfile.TemporaryDirectory() as folder:
            gain, offset = convert_musicnn.load_weights(plain, convert_musicnn.unpack(wheel, folder)[0])
    mel = keras.Input((convert_musicnn.N_FRAMES, convert_musicnn.N_MELS))
    network = keras.Model(mel, plain(mel * gain + offset)[1])

    def answer(path):
        y, rate = soundfile.read(path, dtype="float32")
        y = soxr.resample(y, rate, 16000, quality="HQ")
        power = librosa.feature.melspectrogram(y=y, sr=16000, n_fft=512, hop_length=256, n_mels=96)
        frames = np.log10(1e4 * power.T + 1).astype(np.float32)
        starts = WindowGrid().starts(len(frames))
        return network.predict_on_batch(np.stack([frames[i : i + convert_musicnn.N_FRAMES] for i in starts]))

    return answer, bool(wheel)


class Stopwatch:
    """A loaded classifier that says how long each part of an answer took."""

    def __init__(self, grid):
        from musicgenre.inference.classifier import Classifier

        self.seconds = {}
        self.classifier = Classifier()
        self.classifier._grid = grid  # whatever its card asks for
        self.classifier.network = self._timed("network", self.classifier.network)
        self.classifier.model.predict = self._timed("refusal and head", self.classifier.model.predict)
        self.classifier.detector.score = self._timed("refusal and head", self.classifier.detector.score)

    def _timed(self, part, function):
        def timed(*args, **options):
            began = time.perf_counter()
            result = function(*args, **options)
            self.seconds[part] = self.seconds.get(part, 0) + time.perf_counter() - began
            return result

        return timed

    def answer(self, path):
        """Classify a file; return the seconds of each part."""
        from musicgenre.audio.decode import read_recording

        self.seconds = {}
        began = time.perf_counter()
        recording = self._timed("decode", read_recording)(path)
        self.classifier.classify(recording, source=str(path))
        self.seconds["features"] = time.perf_counter() - began - sum(self.seconds.values())
        return self.seconds


@functools.cache
def stopwatch(grid):
    """Return this process's classifier with windows of a grid."""
    return Stopwatch(grid)


def time_answer(job):
    """Classify a file in a worker, (path, grid); return the seconds of each part."""
    path, grid = job
    return stopwatch(grid).answer(path)


def bench_plain(folder):
    """Time the program with one and two worker processes against the plain way, in songs of 30 s a second."""
    from bench import time_answer  # by its module's name: a worker keeps the networks between songs
    from loky import ProcessPoolExecutor

    from musicgenre.audio.decode import read_recording
    from musicgenre.cpu import SINGLE_THREAD
    from musicgenre.features.extract import extract
    from musicgenre.features.musicnn import FEWER_WINDOWS, WindowGrid

    paths = [folder / f"{i}.mp3" for i in range(PLAIN_SONGS)]
    for i, path in enumerate(paths):
        write_mp3(path, song(CLIP_S, i))
    answer, real = plain_way()
    if real:
        pairs = [(answer(path), extract(read_recording(path).clips, ["musicnn"]).windows.activations) for path in paths]
        worst = max(float(abs(theirs - ours).max()) for theirs, ours in pairs)
        row("largest difference of a tag activation to the plain way", f"{worst:.4f}", "<= 0.05", worst <= 0.05)
    else:
        sys.stderr.write("build/wheels has no musicnn: the plain way runs with random weights, answers not compared\n")
    pools = {jobs: ProcessPoolExecutor(max_workers=jobs, timeout=None, env=SINGLE_THREAD) for jobs in (1, 2)}
    ways = {"one": (1, WindowGrid()), "two": (2, WindowGrid()), "fewer": (1, FEWER_WINDOWS)}
    rates = {"plain": [], **{way: [] for way in ways}}
    parts = dict.fromkeys(("decode", "features", "network", "refusal and head"), 0.0)
    for turn in range(ROUNDS + 1):  # the first warms up
        began = time.perf_counter()
        for path in paths:
            answer(path)
        rates["plain"].append(len(paths) / (time.perf_counter() - began))
        for way, (jobs, grid) in ways.items():
            songs = [(path, grid) for path in paths * (jobs + 1 + 2 * (turn == 0))]
            began = time.perf_counter()
            answers = list(pools[jobs].map(time_answer, songs))
            rates[way].append(len(songs) / (time.perf_counter() - began))
            for name in parts if way == "one" and turn else ():
                parts[name] += sum(seconds[name] for seconds in answers)
    for pool in pools.values():
        pool.shutdown(wait=True, kill_workers=True)
    plain, one, two, fewer = (statistics.median(found[1:]) for found in rates.values())
    sys.stdout.write(
        f"songs of {CLIP_S:.0f} s a second: plain {plain:.2f}, one process {one:.2f}, two {two:.2f}, "
        f"one with fewer windows {fewer:.2f} ({fewer / one:.2f} x)\n"
    )
    row("two processes against the plain way on 28 windows", f"{two / plain:.2f} x", ">= 6 x", two / plain >= 6)
    row("one process against the plain way, likewise", f"{one / plain:.2f} x", ">= 2.5 x", one / plain >= 2.5)
    row("two processes against one", f"{two / one:.2f} x", ">= 1.8 x", two / one >= 1.8)
    shares = ", ".join(f"{name} {seconds / sum(parts.values()):.0%}" for name, seconds in parts.items())
    sys.stdout.write(f"of the time of a song: {shares}\n")


def bench_song(folder):
    """Time a song of 4 minutes in a loaded program, in seconds of processor time, against the version before."""
    archive = subprocess.run(["git", "archive", OLD_COMMIT], cwd=ROOT, capture_output=True)  # noqa: S603, S607
    if archive.returncode:
        sys.stderr.write(f"the commit {OLD_COMMIT:.7} is not in this checkout: no song of {SONG_S:.0f} s against it\n")
        return
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as old:
        old.extractall(folder / "old", filter="data")
    path = folder / "song.mp3"
    write_mp3(path, song(60.0, 5), repeat=round(SONG_S / 60.0))
    seconds = {"old": [], "new": []}
    with contextlib.ExitStack() as stack:
        programs = {}
        for name, root in (("old", folder / "old"), ("new", ROOT)):
            program = subprocess.Popen(  # noqa: S603 - our own code
                [sys.executable, "-c", ANSWER_CPU, root], cwd=root, env=os.environ | ONE_THREAD, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            programs[name] = stack.enter_context(program)
            stack.callback(program.stdin.close)
        for _ in range(2 * ROUNDS + 1):
            for name, program in programs.items():
                program.stdin.write(f"{path}\n")
                program.stdin.flush()
                seconds[name].append(float(program.stdout.readline()))
    old, new = (statistics.median(values[1:]) for values in seconds.values())  # the first warms up
    what = f"a song of {SONG_S:.0f} s ({new:.2f} s of one core) against the version before"
    row(what, f"{new / old:.2f} x", "<= 0.65 x", new / old <= 0.65)


PARTS = {
    "library": bench_library, "rescan": bench_rescan, "memory": bench_memory,
    "librosa": bench_librosa, "cold": bench_cold, "song": bench_song,
    "folder": bench_folder, "long": bench_long, "plain": bench_plain,
}  # fmt: skip


def measure(name):
    """Measure one part."""
    with tempfile.TemporaryDirectory() as folder:
        PARTS[name](Path(folder))


def main(argv=None):
    """Measure what was asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    options = parser.parse_args(argv)
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {unknown.pop()!r}; choose from {', '.join(PARTS)}")
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > 0.5:
        busy = f"the machine is busy (load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors)"
        sys.stderr.write(f"{busy}: two workers cannot show what they can do\n")
    for name in options.parts or PARTS:
        # Each in a process of its own: what one has loaded would count in the memory of the programs the next starts.
        process = multiprocessing.get_context("spawn").Process(target=measure, args=(name,))
        process.start()
        process.join()
        if process.exitcode:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

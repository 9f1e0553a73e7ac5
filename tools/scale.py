"""Bring a library of many small files up to date with a classifier that answers at once, and print what it took.

    python tools/scale.py                  # 10,000 and 100,000 files: some minutes
    python tools/scale.py 1000 10000

Each size runs in a process of its own: a scan that hears every file, a second one that finds nothing new, the counts, a
search, duplicates, and a merge into another library. The peak memory of the largest must be at most 1.1 times that of
the smallest. The files are made here, in a temporary folder.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))
SIZES = (10_000, 100_000)
A_FOLDER = 100  # files
GENRES = ("rock", "pop", "jazz", "metal")
GROWTH = 1.1


def make_files(folder, count):
    """Write distinct files of 60 bytes, a hundred a folder."""
    for number in range(count):
        place = folder / f"{number // A_FOLDER:04d}"
        if number % A_FOLDER == 0:
            place.mkdir(parents=True)
        (place / f"{number}.wav").write_bytes(b"RIFF" + number.to_bytes(56, "little"))


def answer(job):
    """Return an answer at once, as long and as varied as a real one."""
    import numpy as np

    from musicgenre.inference.prediction import Prediction, Section, Segment
    from musicgenre.library.findings import Heard

    number = int(Path(job[0]).stem)
    genre = GENRES[number % len(GENRES)]
    prediction = Prediction(
        job[0], None, 120.0 + number % 240, "genre", genre, 0.9, {name: 0.25 for name in GENRES},
        segments=[Segment(10.0 * i, 10.0 * i + 10.0, genre, 0.9) for i in range(24)],
        analysed=[Section(0.0, 120.0)], model="genres",
    )  # fmt: skip
    vector = np.random.default_rng(number).standard_normal(200).astype(np.float32)
    course = np.random.default_rng(number).integers(-127, 128, 192).astype(np.int8)
    return Heard(prediction, vector.tobytes(), course.tobytes(), {"artist": f"Artist {number % 1000}", "genre": "Rock"})


def measure(count, results):
    """Run everything at one size; put (seconds of each part, peak memory in MB) into a queue."""
    from unittest import mock

    from musicgenre.library.conditions import ALL, Selection
    from musicgenre.library.duplicates import duplicates
    from musicgenre.library.merge import merge
    from musicgenre.library.query import parse_query
    from musicgenre.library.scan import scan
    from musicgenre.library.statistics import statistics
    from musicgenre.library.store import Library

    seconds = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        make_files(folder / "music", count)

        def timed(name, work):
            began = time.perf_counter()
            result = work()
            seconds[name] = time.perf_counter() - began
            return result

        def hear(library):
            with scan(library, [folder / "music"]) as found:
                return sum(1 for _ in found.update())

        def find(library):
            return sum(1 for _ in library.songs(Selection(terms=parse_query('genre:jazz artist:"artist 7"'))))

        with mock.patch("musicgenre.library.scan.song_job", answer), Library(folder / "a.sqlite") as library:
            counts = [
                timed("first scan", lambda: hear(library)) - count, timed("second scan", lambda: hear(library)),
                timed("summary", lambda: statistics(library, ALL)).songs - count,
            ]  # fmt: skip
            timed("find", lambda: find(library))
            peak = peak_mb()
            counts.append(len(timed("duplicates", lambda: list(duplicates(library)))))
            with Library(folder / "b.sqlite") as other:
                counts.append(timed("merge", lambda: merge(other, folder / "a.sqlite")).songs - count)
        if any(counts):
            raise SystemExit(f"the counts are not those of {count} songs: {counts}")
        seconds = {name: round(value, 1) for name, value in seconds.items()}
        seconds["MB with duplicates and merge"] = peak_mb()
    results.put((seconds, peak))


def peak_mb():
    """Return the most memory that this process has had."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def main(argv=None):
    """Measure what was asked for; return the exit code: 1 if memory grows too much."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES, metavar="FILES", help="numbers of files")
    options = parser.parse_args(argv)
    os.environ["OMP_NUM_THREADS"] = "1"
    context = multiprocessing.get_context("spawn")
    peaks = []
    for count in sorted(options.sizes):
        results = context.Queue()
        process = context.Process(target=measure, args=(count, results))
        process.start()
        seconds, peak = results.get()
        process.join()
        peaks.append(peak)
        said = ", ".join(f"{name} {value:.1f}" for name, value in seconds.items())
        sys.stdout.write(f"{count:>9} files: peak {peak:.0f} MB; seconds: {said}\n")
        sys.stdout.flush()
    growth = peaks[-1] / peaks[0]
    kept = growth <= GROWTH
    sys.stdout.write(f"memory of the largest against the smallest: {growth:.2f} x, target <= {GROWTH} x, ")
    sys.stdout.write("kept\n" if kept else "MISSED\n")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

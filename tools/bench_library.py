"""The speed and memory of a library: many songs, a second run, thousands in a row."""

import os
import statistics
import sys
import time

from bench_material import CLIP_S, ONE_THREAD, SONG_S, SR, row, run, write_mp3
from support.invented import song

LIBRARY_SONGS, WARM_SONGS = 48, 6
RESCAN_FILES = 10_000
MEMORY_SONGS = 2000


def library_rate(folder, jobs, store):
    """Return the songs a second that a new library takes, from the first answers on."""
    from musicgenre.library.scan import scan
    from musicgenre.library.store import Library

    with Library(store) as library:
        times = [time.perf_counter() for _ in scan(library, [folder]).update(jobs=jobs)]
    return (len(times) - WARM_SONGS) / (times[-1] - times[WARM_SONGS - 1])


def bench_library(folder):
    """Time a library with one and two processes, and tell what a song costs in time and in bytes."""
    os.environ.update(ONE_THREAD)
    for i in range(LIBRARY_SONGS):
        (folder / "short").mkdir(exist_ok=True)
        write_mp3(folder / "short" / f"{i}.mp3", song(CLIP_S, i))
    for i in range(LIBRARY_SONGS // 3):
        (folder / "long").mkdir(exist_ok=True)
        write_mp3(folder / "long" / f"{i}.mp3", song(60.0, 1000 + i), repeat=round(SONG_S / 60.0))
    rates = {}
    for name, jobs in [("short", 1), ("short", 2)] * 3 + [("long", 2)]:
        store = folder / f"{name}{jobs}{len(rates.get((name, jobs), []))}.sqlite"
        rates.setdefault((name, jobs), []).append(library_rate(folder / name, jobs, store))
    one, two, songs = (statistics.median(rates[key]) for key in (("short", 1), ("short", 2), ("long", 2)))
    what = f"a library of {LIBRARY_SONGS} songs of {CLIP_S:.0f} s, two processes against one"
    row(what, f"{two / one:.2f} x", ">= 1.8 x", two / one >= 1.8)
    size = sum(path.stat().st_size for path in folder.glob(f"{store.name}*")) / (LIBRARY_SONGS // 3)
    sys.stdout.write(
        f"songs of {CLIP_S:.0f} s a second: one process {one:.2f}, two {two:.2f}; of {SONG_S:.0f} s: two {songs:.2f}\n"
        f"a song of {SONG_S:.0f} s: {2 / songs:.2f} s of one core, {1800 * songs:.0f} songs an hour and core, "
        f"{size / 1000:.1f} kB of library\n"
    )


def bench_rescan(folder):
    """Time a second run over an unchanged library of many small files, and its summary."""
    import numpy as np
    import soundfile

    for i in range(RESCAN_FILES):
        place = folder / "music" / f"{i // 100:03d}"
        place.mkdir(parents=True, exist_ok=True)
        soundfile.write(place / f"{i}.wav", np.arange(i, i + 400, dtype=np.int16), 8000)
    command = ("03_launch_classifier.py", folder / "music", "--library", folder / "songs.sqlite")
    first, _ = run(*command)
    seconds = statistics.median(run(*command)[0] for _ in range(3))
    rate = RESCAN_FILES / seconds
    what = f"files a second of a second run over {RESCAN_FILES} (the first took {first:.0f} s)"
    row(what, f"{rate:.0f}", ">= 2000", rate >= 2000)
    command = ("03_launch_classifier.py", "library", folder / "songs.sqlite", "stats")
    seconds = statistics.median(run(*command)[0] for _ in range(3))
    row(f"the summary of {RESCAN_FILES} songs, with the program's start", f"{seconds:.1f} s", "<= 2 s", seconds <= 2)


def bench_memory(folder):
    """Look at the memory of one process and its decoder over many songs in a row."""
    import numpy as np
    import psutil
    import soundfile

    from musicgenre.library.scan import scan
    from musicgenre.library.store import Library

    y = song(60.0, 3)
    for i in range(MEMORY_SONGS):
        start = (i * 577) % (len(y) - 4 * SR)
        soundfile.write(folder / f"{i:04d}.wav", np.roll(y[start : start + 4 * SR], i)[::2], SR // 2, subtype="PCM_U8")
    this = psutil.Process()

    def memory():
        return sum(process.memory_info().rss for process in (this, *this.children(recursive=True))) / 1e6

    early = late = 0.0
    with Library(folder / "songs.sqlite") as library:
        for done, _ in enumerate(scan(library, [folder]).update(), 1):
            early = max(early, memory()) if done <= MEMORY_SONGS // 10 else early
            late = max(late, memory()) if done > MEMORY_SONGS - 100 else late
    what = f"memory that {MEMORY_SONGS} songs in a row take more than the first {MEMORY_SONGS // 10}"
    row(what, f"{late - early:+.1f} MB", "< 30 MB", late - early < 30)

"""Torture by load: libraries that are killed, thousands of classifications, hundreds in the window."""

import contextlib
import json
import os
import random
import signal
import statistics
import subprocess
import tempfile
import time

from torture_report import LIMIT_MB, Watch, row, script, tell

CLASSIFICATIONS, IN_WINDOW = 2000, 500
GROWTH_MB = 60.0  # by which memory may grow between the first tenth and the end


def torture_library(folder, _):
    """Kill a library and the writing of tags at any moment, and fill its disk."""
    from support.faults import is_one_sentence, limited
    from support.library_material import make_songs, rows

    songs = make_songs(folder / "songs", each=4, seconds=8.0)
    update = ("03_launch_classifier.py", songs, "--library")
    subprocess.run(script(*update, folder / "whole.sqlite"), capture_output=True, check=True)
    whole, sounds = rows(folder / "whole.sqlite"), {path: path.read_bytes() for path in songs.rglob("*.*")}
    rng = random.Random(8)  # noqa: S311 - not a secret

    def killed(*arguments):
        process = subprocess.Popen(
            script(*arguments), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0.3, 4))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    began, fine, turns = time.monotonic(), 0, 15
    for turn in range(turns):
        path = folder / f"{turn}.sqlite"
        for _ in range(3):
            killed(*update, path, "--jobs", 1 + turn % 2)
        again = subprocess.run(script(*update, path), capture_output=True, check=False)
        fine += again.returncode == 0 and rows(path) == whole
    row("kill -9 of a library, three times each", turns, fine, "", time.monotonic() - began)

    began, fine = time.monotonic(), 0
    for _ in range(turns):
        killed("03_launch_classifier.py", "library", folder / "whole.sqlite", "tags", "write", "--overwrite")
        undo = script("03_launch_classifier.py", "library", folder / "whole.sqlite", "tags", "undo")
        done = subprocess.run(undo, capture_output=True, text=True, check=False)
        kept = {path: data for path, data in sounds.items() if path.read_bytes() == data}
        fine += done.returncode == 0 and kept == sounds
        subprocess.run(script(*update, folder / "whole.sqlite"), capture_output=True, check=False)
    row("kill -9 while tags are written, then undone", turns, fine, "", time.monotonic() - began)

    began, fine, refused, sizes = time.monotonic(), 0, 0, (0, 4, 16, 40, 64, 96, 128, 160)
    for kilobytes in sizes:
        path = folder / f"small{kilobytes}.sqlite"
        done = limited(*update, path, file_bytes=kilobytes << 10)
        again = subprocess.run(script(*update, path), capture_output=True, check=False)
        refused += done.returncode == 1
        error = done.stderr.removeprefix(f"{len(sounds)} songs found, {len(sounds)} of them new or changed\n")
        fine += (done.returncode == 0 or is_one_sentence(error)) and not again.returncode and rows(path) == whole
    row("a library on full disks, then with space", len(sizes), fine, refused, time.monotonic() - began)


def flat(what, watch, count, done, seconds, counts):
    """Write how memory, threads, files and processes were after a tenth, a half and all of the work."""
    peak = watch.end()
    # Medians over a twentieth of the turns: a single look may fall into a decoding, with a file and a thread more.
    span = max(len(counts) // 20, 1)
    starts = [round(share * (len(counts) - span)) for share in (0.1, 0.5, 1.0)]
    at = [[statistics.median(look) for look in zip(*counts[start : start + span], strict=True)] for start in starts]
    for name, index in (("memory, MB", 0), ("threads", 1), ("open files", 2), ("processes", 3), ("temporary files", 4)):
        tell(f"{name:<16} " + "  ".join(f"{sample[index]:8.0f}" for sample in at) + "   after a tenth, a half, all")
    steady = at[-1][0] - at[0][0] <= GROWTH_MB and all(at[-1][i] <= at[0][i] for i in (1, 2, 3, 4))
    row(what, count, done if steady and peak < LIMIT_MB else 0, "", seconds, peak)


def torture_load(folder, _):
    """Classify 2,000 times in one process of 03."""
    from support.material import song, write_wav

    temporary = folder / "temporary"
    temporary.mkdir()
    paths = [
        write_wav(folder / f"{i}.wav", song(("hymn", "buzz", "clatter")[i % 3], seconds=3 + i % 4, seed=i))
        for i in range(20)
    ]
    inputs = [paths[i % len(paths)] for i in range(CLASSIFICATIONS)]
    began = time.monotonic()
    process = subprocess.Popen(
        script("03_launch_classifier.py", "--json", "--jobs", 1, *inputs), stdout=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )  # fmt: skip
    watch, counts, answers = Watch(process.pid, temporary), [], 0
    for line in process.stdout:
        answers += json.loads(line)["verdict"] != "error"
        if process.poll() is None:
            counts.append(watch.look())
    process.wait()
    counts = counts[:-2]  # the last ones may see its end
    flat("classifications in one process of 03", watch, CLASSIFICATIONS, answers, time.monotonic() - began, counts)


def torture_window(folder, _):
    """Classify 500 times in the window."""
    from support.display import Pilot, display
    from support.material import song, write_wav

    temporary = folder / "temporary"
    temporary.mkdir()
    os.environ["TMPDIR"] = tempfile.tempdir = str(temporary)
    os.environ["https_proxy"] = "http://127.0.0.1:9"
    paths = [
        write_wav(folder / f"{i}.wav", song(("hymn", "buzz")[i % 2], seconds=3 + i % 4, seed=i)) for i in range(10)
    ]
    try:
        with display():
            from musicgenre.window.window import Window

            pilot = Pilot(Window(folder=folder / "user"))
            pilot.until(lambda: pilot.window.preferences.models, 60)
            began = time.monotonic()
            watch, counts = Watch(os.getpid(), temporary), []
            for turn in range(IN_WINDOW):
                pilot.window.jobs.submit([str(paths[turn % len(paths)])])
                if not pilot.until(lambda: not pilot.window.worker.busy, 60):
                    tell(f"no answer to turn {turn}")
                    break
                pilot.turn(0.05)
                counts.append(watch.look())
            answers = pilot.window.history.count()
            flat("classifications in the window", watch, IN_WINDOW, answers, time.monotonic() - began, counts)
            pilot.window.close()
    finally:
        tempfile.tempdir = None
        del os.environ["TMPDIR"]

"""Try to break the program for about half an hour, and print what survived.

    python tools/torture.py                       # all
    python tools/torture.py files load            # some of: files, fuzz, models, faults, library, load, window
    python tools/torture.py fuzz --minutes 60     # the fuzzer's time, all targets together

Each line tells how many inputs were tried, how many survived (an answer in time, within memory, and no traceback), how
many of these were refused with a sentence, the time of the slowest, and the peak memory of all processes together.
The exit code is 1 if anything did not survive. The files tried are made here, in a temporary folder.
"""

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
LIMIT_S, LIMIT_MB = 10.0, 800.0
CLASSIFICATIONS, IN_WINDOW = 2000, 500
GROWTH_MB = 60.0  # by which memory may grow between the first tenth and the end
failures = []


def row(what, tried, survived, refused="", seconds=None, peak_mb=None):
    """Write one line of the table."""
    if survived != tried:
        failures.append(what)
    took = "" if seconds is None else f"{seconds:.1f} s"
    peak = "" if peak_mb is None else f"{peak_mb:.0f} MB"
    verdict = "" if survived == tried else "  BROKEN"
    sys.stdout.write(f"{what:<46} {tried:>8} {survived:>8} {refused:>8} {took:>9} {peak:>9}{verdict}\n")
    sys.stdout.flush()


def tell(text):
    """Write a line beside the table."""
    sys.stdout.write(f"  {text}\n")
    sys.stdout.flush()


class Watch:
    """Looks at a process and those it started, twenty times a second: memory, threads, open files, temporary files."""

    def __init__(self, pid, temporary=None):
        self.pid, self.temporary = pid, temporary
        self.samples = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        """Take samples until told to stop."""
        while not self._stop.wait(0.05):
            self.samples.append(self.look())

    def look(self):
        """Return (megabytes, threads, open files, processes, temporary files) now."""
        memory, threads, files, family = 0.0, 0, 0, [self.pid]
        for pid in family:
            with contextlib.suppress(OSError, StopIteration, IndexError):
                for task in Path(f"/proc/{pid}/task").iterdir():
                    family += map(int, (task / "children").read_text().split())
                status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
                memory += (
                    int(status.get("RssAnon", "0").split()[0]) / 1024
                    + int(status.get("RssShmem", "0").split()[0]) / 1024
                )
                threads += int(status["Threads"])
                files += sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
        left = sum(1 for _ in self.temporary.rglob("*")) if self.temporary else 0
        return memory, threads, files, len(family), left

    def end(self):
        """Stop; return the peak memory."""
        self._stop.set()
        self._thread.join()
        return max((sample[0] for sample in self.samples), default=0.0)


def script(*arguments):
    """Return the command of a script."""
    return [sys.executable, str(ROOT / arguments[0]), *map(str, arguments[1:])]


# ---- broken files


def judged(broken, answer):
    """Return why an answer is wrong, or None."""
    if answer["verdict"] == "error":
        reason = answer["error"]["message"]
        return None if reason and "\n" not in reason else "no sentence"
    if not broken.has_music and answer["verdict"] == "genre":
        return f"{answer['genre']} at {answer['confidence']:.0%} where there is no music"
    return None


def one_file(broken):
    """Run 03 on one file; return (what is wrong, whether it was refused, seconds, peak memory)."""
    began = time.monotonic()
    process = subprocess.Popen(
        script("03_launch_classifier.py", "--json", "--", broken.path), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    watch = Watch(process.pid)
    try:
        output, messages = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        output, messages = process.communicate()
    took, peak = time.monotonic() - began, watch.end()
    wrong, refused = None, False
    try:
        (answer,) = map(json.loads, output.splitlines())
        wrong, refused = judged(broken, answer), answer["verdict"] == "error"
    except ValueError:
        wrong = "no answer"
    if messages or process.returncode not in (0, 1):
        wrong = f"exit code {process.returncode}: {messages[-300:]}"
    if took > LIMIT_S or peak > LIMIT_MB:
        wrong = f"{took:.1f} s, {peak:.0f} MB"
    return wrong, refused, took, peak


def torture_files(folder, _):
    """Give the corpus of broken files to one process of 03, then each to one of its own."""
    from support.broken_files import corpus

    all_files = corpus(folder)
    began = time.monotonic()
    process = subprocess.Popen(
        script("03_launch_classifier.py", "--json", "--jobs", 1, "--", *[broken.path for broken in all_files]),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    watch = Watch(process.pid)
    output, messages = process.communicate()
    answers = [json.loads(line) for line in output.splitlines()]
    peak = watch.end()
    fine = 0
    for broken, answer in zip(all_files, answers, strict=False):
        wrong = judged(broken, answer)
        fine += wrong is None
        if wrong:
            tell(f"{broken.path.relative_to(folder)}: {wrong}")
    if messages or process.returncode != 1 or peak > LIMIT_MB:
        tell(f"exit code {process.returncode}, {peak:.0f} MB: {messages[-500:]}")
        fine = 0
    refused = sum(answer["verdict"] == "error" for answer in answers)
    row("broken files, all in one process of 03", len(all_files), fine, refused, time.monotonic() - began, peak)
    results = defaultdict(list)
    with ThreadPoolExecutor(2) as pool:
        for broken, result in zip(all_files, pool.map(one_file, all_files), strict=True):
            results[broken.kind].append(result)
            if result[0]:
                tell(f"{broken.path.relative_to(folder)}: {result[0]}")
    for kind, found in results.items():
        survived, refused = sum(r[0] is None for r in found), sum(r[1] for r in found)
        row(f"each alone: {kind}", len(found), survived, refused, max(r[2] for r in found), max(r[3] for r in found))


# ---- readers


def torture_fuzz(folder, options):
    """Run a fuzzer on the readers of cards, tables, journals and texts."""
    from support.fuzz_targets import TARGETS, seeds

    def fuzz(name):
        base = folder / name
        base.mkdir()
        for i, seed in enumerate(seeds(name)):
            (base / f"seed{i}").write_bytes(b"\0" + seed if name != "text" else seed)
            (base / f"changes{i}").write_bytes(b"\x80" + seed[:60])
        log = folder / f"{name}.log"
        seconds = max(round(options.minutes * 60 * 2 / len(TARGETS)), 1)  # two at a time
        command = [
            sys.executable, ROOT / "tests" / "fuzz_targets.py", name, base, f"-max_total_time={seconds}", "-timeout=10",
            "-rss_limit_mb=4000", f"-artifact_prefix={ROOT / 'build'}/fuzz-{name}-", "-len_control=0",
            "-max_len=4000", "-print_final_stats=1",
        ]  # fmt: skip
        began = time.monotonic()
        with log.open("w") as out:
            code = subprocess.run(list(map(str, command)), stdout=out, stderr=out, check=False).returncode
        text = log.read_text(errors="replace")
        number = {key: int(value) for key, value in re.findall(r"stat::(\w+):\s+(\d+)", text)}
        return name, code, number, time.monotonic() - began, text

    (ROOT / "build").mkdir(exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        for name, code, number, took, text in pool.map(fuzz, TARGETS):
            tried = number.get("number_of_executed_units", 0) or 1
            if code:
                tell(text[-1500:])
            row(f"atheris, reader of {name}s", tried, tried - bool(code), "", took, number.get("peak_rss_mb"))


def torture_models(folder, _):
    """Change bytes of a model whose card then fits again."""
    code = (
        "import hashlib, json, random, sys\nfrom pathlib import Path\n"
        "from musicgenre.errors import GenreError\nfrom musicgenre.inference.model import GenreModel\n"
        "base, ends, rng = Path(sys.argv[1]), [0, 0], random.Random(int(sys.argv[2]))\n"
        "card = json.loads(base.with_suffix('.json').read_text())\ndata = base.with_suffix('.tflite').read_bytes()\n"
        "for turn in range(1000):\n"
        "    hurt = bytearray(data[:rng.randrange(len(data))] if turn % 10 == 0 else data)\n"
        "    first, span = rng.choice([(0, 3000), (len(data) - 4000, 4000), (0, len(data))])\n"
        "    for _ in range(rng.choice([1, 3, 10, 100])):\n"
        "        hurt[(first + rng.randrange(span)) % len(hurt)] = rng.randrange(256)\n"
        "    base.with_suffix('.tflite').write_bytes(hurt)\n"
        "    card['files']['tflite'] = hashlib.sha256(hurt).hexdigest()\n"
        "    base.with_suffix('.json').write_text(json.dumps(card))\n"
        "    try:\n"
        "        GenreModel(base).predict(dict.fromkeys(card['columns'], 0.5))\n        ends[0] += 1\n"
        "    except GenreError:\n        ends[1] += 1\n    print(*ends, flush=True)\n"
    )
    for seed in range(3):
        for path in (ROOT / "models").glob("genres.*"):
            shutil.copy(path, folder)
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-c", code, folder / "genres", str(seed)], cwd=ROOT, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        watch = Watch(process.pid)
        lines = process.communicate()[0].splitlines()
        if process.returncode:
            tell(f"exit code {process.returncode} after {lines[-1:]}; the file is kept in build/broken-model.tflite")
            shutil.copy(folder / "genres.tflite", ROOT / "build" / "broken-model.tflite")
        refused = int(lines[-1].split()[1]) if lines else 0
        row(
            f"damaged models whose digest fits, seed {seed}",
            1000,
            len(lines),
            refused,
            time.monotonic() - began,
            watch.end(),
        )


# ---- faults


@contextlib.contextmanager
def small_disk(folder, options):
    """Mount a small disk in memory; give whether the system let us."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "-l", folder], check=False)


def torture_faults(folder, _):
    """Kill 00 at every write, fill small disks, send signals at any time, and run the tests of faults."""
    from support.faults import is_one_sentence, killed_at, limited, processes_of, tree_bytes
    from support.material import song, write_wav

    clips = folder / "clips"
    for i in range(6):
        kind = ("hymn", "buzz")[i % 2]
        write_wav(clips / kind / f"{i}.wav", song(kind, seconds=3.2, seed=i))
    light = ("--families", "zcr", "tempo", "--jobs", 1)

    def preprocess(out, **limits):
        return limited("00_preprocess_music.py", clips, "--out", out, *light, **limits)

    preprocess(folder / "whole")
    whole = tree_bytes(folder / "whole")
    began, fine, turn, killed = time.monotonic(), 0, 0, True
    while killed:
        turn += 1
        out = folder / f"killed{turn}"
        killed = killed_at(turn, out.parent / out.name, "00_preprocess_music.py", clips, "--out", out, *light)
        left = tree_bytes(out) if out.exists() else {}
        torn = [name for name, data in left.items() if whole[name] != data]
        again = preprocess(out)
        fine += not torn and again.returncode == 0 and tree_bytes(out) == whole
    row("kill -9 of 00 at its n-th write, then again", turn, fine, "", time.monotonic() - began)

    disk = folder / "disk"
    began, tried, fine, refused = time.monotonic(), 0, 0, 0
    sizes = [4, 8, 12, 16, 20, 24, 32, 48]
    with small_disk(folder / "probe", "size=4k") as mounted:
        pass
    for kilobytes in sizes:
        for name in ("00", "03", "plot"):
            with small_disk(disk, f"size={kilobytes}k"):
                limit = {} if mounted else {"file_bytes": kilobytes * 256}
                if name == "00":
                    done = preprocess(disk / "out", **limit)
                elif name == "03":
                    done = limited("03_launch_classifier.py", *[clips] * 8, "--csv", disk / "a.csv", **limit)
                else:
                    done = limited(
                        "03_launch_classifier.py", clips / "hymn" / "0.wav", "--plot", disk / "a.png", **limit
                    )
                tried += 1
                refused += done.returncode == 1
                ended = all(path.read_bytes()[-1:] in (b"\n", b"") for path in disk.rglob("*.csv"))
                sentence = is_one_sentence(done.stderr) or (name == "plot" and "cannot be written" in done.stdout)
                good = ended and (done.returncode == 0 or (done.returncode == 1 and sentence))
                fine += good
                if not good:
                    tell(f"{name} on {kilobytes} kB: exit code {done.returncode}, {done.stderr[-300:]}")
    what = "full disks" if mounted else "full disks (as limits of files: no disk may be mounted here)"
    row(what, tried, fine, refused, time.monotonic() - began)

    with small_disk(disk, "size=1m,ro") as mounted:
        place = disk if mounted else Path("/proc/sys/kernel")
        found = [
            preprocess(place / "out"),
            limited("03_launch_classifier.py", clips, "--csv", place / "a.csv"),
            limited("03_launch_classifier.py", clips, "--plot", place / "plots" / "a.png"),
        ]
    good = [done.returncode == 1 and is_one_sentence(done.stderr) for done in found]
    row("folders that may only be read", len(found), sum(good), sum(good))

    rng = random.Random(7)  # noqa: S311 - not a secret
    began, fine, turns = time.monotonic(), 0, 40
    for turn in range(turns):
        process = subprocess.Popen(
            script("03_launch_classifier.py", *[ROOT / "data" / "samples"] * 4, "--json", "--jobs", 1 + turn % 2),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        time.sleep(rng.uniform(0.15, 4))
        for _ in range(rng.randint(1, 4)):
            with contextlib.suppress(ProcessLookupError):
                rng.choice([os.kill, os.killpg])(process.pid, rng.choice([signal.SIGINT, signal.SIGTERM]))
            time.sleep(rng.choice([0.0, 0.01, 0.1]))
        sent = time.monotonic()
        try:
            output, messages = process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, messages = process.communicate()
        end = sent + 10
        while processes_of(process.pid) and time.monotonic() < end:
            time.sleep(0.05)
        whole_lines = all(line.endswith("}") for line in output.splitlines())
        good = (process.returncode, messages) in (
            (130, "interrupted; what is finished is kept\n"),
            (0, ""),
        ) and whole_lines
        fine += good and not processes_of(process.pid)
        if not good or processes_of(process.pid):
            tell(f"turn {turn}: exit code {process.returncode}, left {processes_of(process.pid)}, {messages[-600:]}")
    row("Ctrl-C and SIGTERM, one to four at any time", turns, fine, "", time.monotonic() - began)

    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/test_faults.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    passed, failed = (sum(map(int, re.findall(rf"(\d+) {word}", done.stdout))) for word in ("passed", "failed"))
    if done.returncode:
        tell(done.stdout[-1500:])
    row("tests/test_faults.py", passed + failed, passed, "", time.monotonic() - began)


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
        killed("03_launch_classifier.py", "--library", folder / "whole.sqlite", "--overwrite-tags")
        undo = script("03_launch_classifier.py", "--library", folder / "whole.sqlite", "--undo-tags")
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


# ---- load


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


PARTS = {
    "files": torture_files, "fuzz": torture_fuzz, "models": torture_models, "faults": torture_faults,
    "library": torture_library, "load": torture_load, "window": torture_window,
}  # fmt: skip


def main(argv=None):
    """Try what was asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--minutes", type=float, default=10.0, help="the fuzzer's time (default: 10)")
    options = parser.parse_args(argv)
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {unknown.pop()!r}; choose from {', '.join(PARTS)}")
    sys.stdout.write(f"{'':<46} {'tried':>8} {'survived':>8} {'refused':>8} {'slowest':>9} {'memory':>9}\n")
    for name in options.parts or PARTS:
        with tempfile.TemporaryDirectory(prefix="genre-torture-") as folder:
            PARTS[name](Path(folder), options)
    sys.stdout.write(f"did not survive: {', '.join(failures)}\n" if failures else "all survived\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

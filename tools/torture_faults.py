"""Torture by faults: kills, full disks, folders that may only be read, signals."""

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from torture_report import ROOT, row, script, tell


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


LIGHT = ("--families", "zcr", "tempo", "--jobs", 1)


def write_clips(folder):
    """Return a folder of six short clips of two genres."""
    from support.material import song, write_wav

    clips = folder / "clips"
    for i in range(6):
        kind = ("hymn", "buzz")[i % 2]
        write_wav(clips / kind / f"{i}.wav", song(kind, seconds=3.2, seed=i))
    return clips


def preprocess(clips, out, **limits):
    """Run 00 on clips under limits; return the finished process."""
    from support.faults import limited

    return limited("00_preprocess_music.py", clips, "--out", out, *LIGHT, **limits)


def kill_at_each_write(folder, clips):
    """Kill 00 at its n-th write for each n, run it again, and compare with a run that nobody disturbed."""
    from support.faults import killed_at, tree_bytes

    preprocess(clips, folder / "whole")
    whole = tree_bytes(folder / "whole")
    began, fine, turn, killed = time.monotonic(), 0, 0, True
    while killed:
        turn += 1
        out = folder / f"killed{turn}"
        killed = killed_at(turn, out.parent / out.name, "00_preprocess_music.py", clips, "--out", out, *LIGHT)
        left = tree_bytes(out) if out.exists() else {}
        torn = [name for name, data in left.items() if whole[name] != data]
        again = preprocess(clips, out)
        fine += not torn and again.returncode == 0 and tree_bytes(out) == whole
    row("kill -9 of 00 at its n-th write, then again", turn, fine, "", time.monotonic() - began)


def fill_disks(folder, clips):
    """Let 00, 03 and a picture run out of space on disks of several sizes."""
    from support.faults import is_one_sentence, limited

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
                    done = preprocess(clips, disk / "out", **limit)
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


def write_protected(folder, clips):
    """Let 00, 03 and a picture write where nothing may be written."""
    from support.faults import is_one_sentence, limited

    disk = folder / "disk"
    with small_disk(disk, "size=1m,ro") as mounted:
        place = disk if mounted else Path("/proc/sys/kernel")
        found = [
            preprocess(clips, place / "out"),
            limited("03_launch_classifier.py", clips, "--csv", place / "a.csv"),
            limited("03_launch_classifier.py", clips, "--plot", place / "plots" / "a.png"),
        ]
    good = [done.returncode == 1 and is_one_sentence(done.stderr) for done in found[:2]]
    good.append(found[2].returncode == 1 and "cannot be written" in found[2].stderr + found[2].stdout)  # beside answers
    row("folders that may only be read", len(found), sum(good), sum(good))


def interrupt(folder, clips):
    """Send one to four signals to 03 at any time."""
    from support.faults import processes_of

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


def run_fault_tests(folder, clips):
    """Run the tests of faults."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/program/test_faults.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    passed, failed = (sum(map(int, re.findall(rf"(\d+) {word}", done.stdout))) for word in ("passed", "failed"))
    if done.returncode:
        tell(done.stdout[-1500:])
    row("tests/program/test_faults.py", passed + failed, passed, "", time.monotonic() - began)


def torture_faults(folder, _):
    """Kill 00 at every write, fill small disks, send signals at any time, and run the tests of faults."""
    clips = write_clips(folder)
    for part in (kill_at_each_write, fill_disks, write_protected, interrupt, run_fault_tests):
        part(folder, clips)

"""Sounds to measure with, runs of the program, and the rows of the table that is printed."""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
ONE_THREAD = {name: "1" for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")}
USERS_HAVE_NOT = {*ONE_THREAD, "PYTHONDONTWRITEBYTECODE"}  # for them Python compiles the program's modules once
SR = 22050
CLIP_S, SONG_S = 30.0, 240.0
ROUNDS = 5


def write_mp3(path, samples, *, repeat=1):
    """Write a constant-rate mp3 whose packets are repeated: a long file in little time."""
    import av
    import numpy as np

    with av.open(str(path), "w", format="mp3", options={"write_xing": "0", "id3v2_version": "0"}) as file:
        stream = file.add_stream("libmp3lame", rate=SR, layout="mono")
        stream.bit_rate = 64_000
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None]), format="fltp", layout="mono")
        frame.sample_rate = SR
        file.mux([*stream.encode(frame), *stream.encode(None)])
    if repeat > 1:
        data = path.read_bytes()
        with path.open("wb") as out:
            for _ in range(repeat):
                out.write(data)


def run(*command):
    """Run a command of the project to its end; return (seconds, peak memory in MB)."""
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own scripts
        [sys.executable, *map(str, command)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        env={key: value for key, value in os.environ.items() if key not in USERS_HAVE_NOT},
    )  # fmt: skip
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command}: exit code {process.returncode}\n{errors.decode(errors='replace')}")
    return time.perf_counter() - began, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e6


def row(what, value, target="", kept=True):
    """Write one figure beside its target; one without is there to compare with."""
    beside = f"   target {target:<12} {'kept' if kept else 'MISSED'}" if target else ""
    sys.stdout.write(f"{what:<66} {value:>12}{beside}\n")
    sys.stdout.flush()

"""Faults that tests and `tools/torture.py` inflict: disks that are full at any byte, kills at any write."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

from support.material import ROOT

# Runs a script and kills it at the n-th file that is opened for writing, renamed or removed.
KILLER = """
import os, runpy, signal, sys
left = int(sys.argv[1])
below = os.path.realpath(sys.argv[2])
def watch(event, values):
    global left
    writes = event == "open" and isinstance(values[2], int) and values[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "shutil.rmtree") or writes:
        inside = event in ("os.remove", "os.rmdir") and values[1] != -1  # a name in a folder that is open
        folder = os.readlink(f"/proc/self/fd/{values[1]}") if inside else ""
        if os.path.realpath(os.path.join(folder, str(values[0]))).startswith(below):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(watch)
sys.argv = sys.argv[3:]
sys.path.insert(0, os.path.dirname(sys.argv[0]))
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def killed_at(turn, below, script, *arguments, timeout=120):
    """Run a script that is killed at its n-th write below a folder; return whether it was."""
    command = [sys.executable, "-c", KILLER, turn, below, ROOT / script, *arguments]
    done = subprocess.run(list(map(str, command)), capture_output=True, encoding="utf-8", timeout=timeout, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr[-2000:]
    return done.returncode != 0


def limited(script, *arguments, file_bytes=None, open_files=None, timeout=120, **more):
    """Run a script that may write only so many bytes to a file, or open only so many files."""

    def limit():
        if file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
        if open_files is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))

    return subprocess.run(
        [sys.executable, str(ROOT / script), *map(str, arguments)], preexec_fn=limit, timeout=timeout,
        stdin=subprocess.DEVNULL, stdout=more.pop("stdout", subprocess.PIPE), stderr=subprocess.PIPE, encoding="utf-8",
        check=False, **more,
    )  # fmt: skip


def is_one_sentence(messages):
    """Whether standard error holds one sentence and nothing else."""
    return (
        messages.count("\n") == 1 and messages.startswith(("error: ", "interrupted; ")) and "Traceback" not in messages
    )


ODD_FILES = ("pipe", "device", "folder")


def put_odd_file(path, kind):
    """Put something in the place of a file that cannot be read to an end, or not at all; return its path."""
    path.unlink(missing_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to(os.devnull)  # /dev/zero would fill the memory where a test fails
    else:
        path.mkdir()
    return path


def processes_of(group):
    """Return the processes of a group that live, with their command lines."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, owner = stat.read_text().rpartition(")")[2].split()[:3]
            words = (stat.parent / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if int(owner) == group and state != "Z":
            found.append(words)
    return found


def tree_bytes(folder):
    """Return the content of every file below a folder that is not hidden."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def without_home():
    """Return an environment as bare as they come, in which Python writes nothing but ASCII."""
    return {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0", "PATH": os.defpath}

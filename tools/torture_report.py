"""The table that torture prints, and a watch over processes."""

import contextlib
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
LIMIT_S, LIMIT_MB = 10.0, 800.0
failures: list[str] = []


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
        """Take samples until `stop` is set."""
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

"""Try to break the program for about half an hour, and print what survived.

    python tools/torture.py                       # all
    python tools/torture.py files load            # some of: files, fuzz, models, faults, library, load, window
    python tools/torture.py fuzz --minutes 60     # the fuzzer's time, all targets together

Each line tells how many inputs were tried, how many survived (an answer in time, within memory, and no traceback), how
many of these were refused with a sentence, the time of the slowest, and the peak memory of all processes together.
The exit code is 1 if anything did not survive. The files tried are made here, in a temporary folder.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from torture_faults import torture_faults
from torture_files import torture_files, torture_fuzz, torture_models
from torture_load import torture_library, torture_load, torture_window
from torture_report import failures

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

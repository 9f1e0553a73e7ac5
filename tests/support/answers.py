"""Write down the JSON answers of sound files, and compare them with those of another state of the program.

    python tests/support/answers.py write before.json data/samples FOLDER ...
    python tests/support/answers.py compare before.json data/samples FOLDER ...

Inputs are answered by `03_launch_classifier.py --json`, in a process of its own, so that a comparison
holds across any change of the code's structure.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TOLERANCE = 1e-6


def answers(inputs: list[str]) -> list[dict[str, Any]]:
    """Return the answers of `inputs` in input order, as 03 prints them."""
    command = [sys.executable, str(ROOT / "03_launch_classifier.py"), *inputs, "--json"]
    lines = subprocess.run(command, stdout=subprocess.PIPE, check=False, text=True).stdout  # noqa: S603 - our own script
    return [json.loads(line) for line in lines.splitlines()]


def differences(old: Any, new: Any, *, place: str = "") -> list[str]:
    """Return one line for each place where `new` lacks or changes what `old` has.

    Numbers may differ by `TOLERANCE`; fields that only `new` has are allowed.
    """
    if isinstance(old, dict) and isinstance(new, dict):
        return [line for key in old for line in differences(old[key], new.get(key), place=f"{place}.{key}")]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [
            line
            for i, (a, b) in enumerate(zip(old, new, strict=True))
            for line in differences(a, b, place=f"{place}[{i}]")
        ]
    if isinstance(old, float) and isinstance(new, int | float):
        return [] if abs(old - new) <= TOLERANCE else [f"{place}: {old} is now {new}"]
    return [] if old == new else [f"{place}: {old!r} is now {new!r}"]


def main(argv: list[str] | None = None) -> int:
    """Write or compare the answers; 1 if any differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["write", "compare"])
    parser.add_argument("file", type=Path)
    parser.add_argument("inputs", nargs="+")
    options = parser.parse_args(argv)
    now = answers(options.inputs)
    if options.action == "write":
        options.file.write_text(json.dumps(now, indent=1, ensure_ascii=False), encoding="utf-8")
        return 0
    before = json.loads(options.file.read_text(encoding="utf-8"))
    lines = differences(before, now)
    print(*lines, f"{len(now)} answers, {len(lines)} differences", sep="\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())

"""Write the versions of all installed packages as a file of constraints, so that every machine gets the same.

python tools/lock.py constraints.txt
"""

import re
import sys
from importlib.metadata import distributions
from pathlib import Path

HEAD = """# The versions that the tests passed with, of all packages that the two files of requirements bring along.
# Written by `make lock`; `make setup` installs them. Which versions are allowed at all is said in requirements.txt.
"""
# Packages that a requirement names for some systems only; elsewhere they are not asked for
MARKERS = {"atheris": 'sys_platform == "linux"'}
NOT_LOCKED = {"pip"}


def lines(installed):
    """Return the constraints for pairs of name and version, in the order of the names."""
    names = {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in installed}
    return [
        f"{name}=={version}" + (f"; {MARKERS[name]}" if name in MARKERS else "")
        for name, version in sorted(names.items())
        if name not in NOT_LOCKED
    ]


def main():
    """Write the file that the command line names."""
    installed = [(package.metadata["Name"], package.version) for package in distributions()]
    Path(sys.argv[1]).write_text(HEAD + "\n".join(lines(installed)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Setting up: the locked versions, the commands of make, and what is said before anything is installed."""

import os
import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, requires, version

import lock
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.material import ROOT

LOCKED = {
    canonicalize_name(Requirement(line).name): Requirement(line)
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
}


def needed():
    """Return the names of all packages that the two files of requirements bring along here."""
    waiting = []
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (line.split("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines())
        waiting += [(Requirement(line), "") for line in lines if line and not line.startswith("-")]
    seen = set()
    while waiting:
        requirement, extra = waiting.pop()
        wanted = requirement.marker is None or requirement.marker.evaluate({"extra": extra})
        for more in ("", *requirement.extras) if wanted else ():
            if (requirement.name, more) not in seen:
                seen.add((requirement.name, more))
                try:
                    waiting += [(Requirement(line), more) for line in requires(requirement.name) or ()]
                except PackageNotFoundError:
                    pytest.fail(f"{requirement} is not installed")
    return {canonicalize_name(name) for name, _ in seen}


def make(*args, **environment):
    """Return the finished make; what the make around the tests was asked for does not count."""
    own = {name: value for name, value in os.environ.items() if name != "LATEST"} | environment
    return subprocess.run(["make", *args], cwd=ROOT, capture_output=True, text=True, env=own, check=False)


def test_every_package_is_locked_to_one_version():
    assert needed() <= set(LOCKED)
    assert all(re.fullmatch(r"==[^*,]+", str(requirement.specifier)) for requirement in LOCKED.values())


def test_the_lock_names_no_place_to_fetch_from():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert not re.search(r"https?:|file:|index-url|find-links| @ ", text)


def test_the_lock_keeps_the_floors():
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(("-", "#")):
                floor = Requirement(line.split("#")[0].strip())
                pinned = str(LOCKED[canonicalize_name(floor.name)].specifier).removeprefix("==")
                assert floor.specifier.contains(pinned), line


def test_the_lock_is_written_by_name_without_pip_and_with_markers():
    written = lock.lines([("PyYAML", "6.0"), ("pip", "26"), ("atheris", "3.0"), ("a_b.c", "1")])
    assert written == ["a-b-c==1", 'atheris==3.0; sys_platform == "linux"', "pyyaml==6.0"]
    assert version("pip") and "pip" not in LOCKED


def test_setup_takes_the_locked_versions_and_latest_the_newest(tmp_path):
    usual = make("-n", "setup-dev", f"VENV={tmp_path}").stdout
    assert usual.count("install -c constraints.txt") == 2
    newest = make("-n", "test", "LATEST=1").stdout
    assert "constraints" not in newest and newest.count("install --upgrade --upgrade-strategy eager") == 2
    assert ".venv-latest/bin/python -m pytest" in newest and ".venv/" not in newest


def test_help_names_every_command_in_a_line():
    targets = set(re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split())
    lines = make("help").stdout.splitlines()
    assert {line.split()[1] for line in lines} == targets - {"always"}
    assert all(re.fullmatch(r"  make [a-z-]+ +\S.*", line) for line in lines)
    assert make().stdout.splitlines() == lines


def test_an_old_python_is_told_in_one_line(tmp_path):
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo Python 3.10.12 || exit 1\n')
    old.chmod(0o755)
    for target in ("setup", "lock"):
        done = make(target, f"PYTHON={old}", f"VENV={tmp_path / 'v'}", f"LOCK={tmp_path / 'l'}")
        said = done.stderr.splitlines()
        assert done.returncode and "Python 3.11 or newer is needed" in said[0] and "3.10.12" in said[0]
        assert all("make" in line and "Error" in line for line in said[1:])
        assert not (tmp_path / "v").exists() and not (tmp_path / "l").exists()
    here = make("-n", "setup", f"PYTHON={sys.executable}", f"VENV={tmp_path / 'v'}")
    assert here.returncode == 0, here.stderr


def test_packages_of_the_system_are_named_with_a_reason_before_they_are_installed(tmp_path):
    log = tmp_path / "log"
    for name in ("apt-get", "sudo"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $*" >> "{log}"\necho "ran $*" >&2\n')
        (tmp_path / name).chmod(0o755)
    (tmp_path / "id").write_text("#!/bin/sh\necho 0\n")
    (tmp_path / "id").chmod(0o755)
    script = ["/bin/sh", str(ROOT / "tools" / "install_system_packages.sh")]
    done = subprocess.run(script, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    lines = done.stderr.splitlines()
    assert done.returncode == 0 and lines[0].startswith("The tests need these packages")
    assert "  xvfb: a display on which the window is tested" in lines
    assert [line for line in lines if line.startswith("ran ")] == lines[-2:]
    assert "install" in log.read_text() and "chromium" in log.read_text()
    (tmp_path / "apt-get").unlink()
    done = subprocess.run(script, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "install them first" in done.stderr.splitlines()[0]

"""The pages: each promise names a test that is there, each package its tested version; the map names every module."""

import re
from fnmatch import fnmatch
from importlib.metadata import version

from material import ROOT

PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_every_promise_names_a_test_that_is_there():
    promises = [line for line in PAGE.partition("## Not promised")[0].splitlines() if line.startswith("| ")][2:]
    assert len(promises) > 20
    for promise in promises:
        named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", promise)
        assert named, promise
        for path, test in named:
            assert f"def {test}" in (ROOT / path).read_text(encoding="utf-8"), (path, test)


def test_every_package_is_there_with_a_version():
    listed = dict(re.findall(r"(?m)^\| ([\w.-]+) \| (\d\S*) \|$", PAGE))
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    for name in (re.split(r"[>=<\[ ]", line)[0] for line in lines if line and not line.startswith("#")):
        assert name in listed and version(name), name


def test_the_map_names_every_module_and_no_other():
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    named = [n for line in lines if line.startswith("| `") for n in re.findall(r"`(functions_[\w*]+\.py)`", line)]
    modules = [path.name for path in ROOT.glob("functions_*.py")]
    assert all(any(fnmatch(module, name) for name in named) for module in modules)
    assert all(any(fnmatch(module, name) for module in modules) for name in named)

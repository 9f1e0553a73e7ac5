"""The pages: each promise names a test that is there, each package its tested version; the map names every room."""

import re
from importlib.metadata import version

from support.material import ROOT

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


def test_the_map_names_every_room_and_no_other():
    named = re.findall(r"(?m)^\| `musicgenre/(\w+)/` \|", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert sorted(named) == sorted(path.parent.name for path in ROOT.glob("musicgenre/*/__init__.py"))

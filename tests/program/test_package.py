"""The package: the wheel answers from any folder, and names what it needs once."""

import re
import subprocess
import sys
import tomllib

import pytest
from support.material import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Return a folder into which the wheel was installed without its dependencies, which this Python has."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheels = folder / "wheels"
    build = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, ROOT]
    subprocess.run(build, check=True, capture_output=True)
    subprocess.run([*pip, "install", "--no-deps", "--target", folder / "lib", *wheels.iterdir()], check=True)
    return folder / "lib"


def python(installed, code, *, cwd):
    """Return what a program prints that finds the installed package and not this checkout."""
    paths = {"PYTHONPATH": str(installed), "PATH": ""}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=cwd, env=paths, capture_output=True, text=True, check=True
    ).stdout


def test_the_installed_package_classifies_from_any_folder(installed, tmp_path):
    song = ROOT / "data" / "samples" / "metal.ogg"
    code = f"import musicgenre; print(musicgenre.__file__); print(musicgenre.classify({str(song)!r}).genre)"
    place, genre = python(installed, code, cwd=tmp_path).splitlines()
    assert place.startswith(str(installed))
    assert genre == "metal"


def test_importing_the_package_loads_nothing(installed, tmp_path):
    code = "import sys, musicgenre; print({'numpy', 'scipy', 'av', 'pandas'} & set(sys.modules), dir(musicgenre)[-1])"
    assert python(installed, code, cwd=tmp_path).startswith("set()")


def test_requirements_are_those_of_the_package():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = {re.sub(r"\s", "", line.partition("#")[0]) for line in lines} - {""}
    assert wanted == {*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["train"]}


def test_notices_of_others_are_inside(installed):
    assert list(installed.glob("musicgenre/models/musicnn.LICENSE.md"))
    assert list(installed.glob("music_genre_classifier-*.dist-info/licenses/LICENSE"))

"""The first second of a script: a Python without the packages, an old one, Ctrl-C at once, a slip in an option."""

import ast
import re
import signal
import subprocess
import sys
import time

import pytest
from support.material import ROOT, run_script, script_command

from musicgenre.terminal import start as start_module

SCRIPTS = sorted(path.name for path in ROOT.glob("0*.py"))


@pytest.mark.parametrize("script", SCRIPTS)
def test_without_the_packages_a_sentence_says_what_to_do(script, tmp_path):
    done = subprocess.run([sys.executable, "-S", str(ROOT / script), "x"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(r"error: the package numpy is missing .*(start the program with|run ).*\n", done.stderr)


def test_a_package_that_only_one_command_needs_is_named_too(tmp_path):
    code = (
        "from musicgenre.terminal import console as t\n"
        "def work(): import absent_package.part\n"
        "raise SystemExit(t.run(work))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: the package absent_package is missing") and done.stderr.count("\n") == 1


def test_the_environment_is_named_where_there_is_one(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["__main__"], "__file__", str(tmp_path / "script.py"), raising=False)
    monkeypatch.chdir(tmp_path)
    assert "run make setup" in start_module.missing("numpy")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("")
    assert start_module.missing("numpy").endswith("start the program with .venv/bin/python instead")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    assert "run make setup" in start_module.missing("numpy")


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 8, 1), (3, 10, 12)])
def test_an_old_python_is_told_which_one_is_needed(version):
    said = start_module.old_python(version)
    assert f"Python {version[0]}.{version[1]} is too old; 3.11 or newer" in said


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 14, 0), (4, 0, 0)])
def test_a_new_python_is_fine(version):
    assert start_module.old_python(version) is None


@pytest.mark.parametrize("asked", ["1", "2"])
def test_matrix_products_have_one_thread_if_no_other_number_is_asked_for(asked, monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if asked != "1":
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", asked)
    code = "import os; from musicgenre.terminal.start import start; start(); print(os.environ['OPENBLAS_NUM_THREADS'])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == asked


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_on_an_old_python_ends_in_a_sentence(script):
    code = "import runpy, sys\nsys.version_info = (3, 10, 12)\nrunpy.run_path(sys.argv[1], run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code, script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("error: Python 3.10 is too old") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", [*SCRIPTS, "musicgenre/terminal/start.py"])
def test_an_old_python_can_read_what_tells_it_so(name):
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"), feature_version=(3, 8))
    if name in SCRIPTS:  # nothing is imported before the check but what an old Python has
        first = [node for node in tree.body if not isinstance(node, ast.Expr)][:2]
        assert [ast.unparse(node).splitlines()[0] for node in first] == ["import sys", "if __name__ == '__main__':"]
        assert ast.unparse(first[1].body).split() == "from musicgenre.terminal.start import start start()".split()


def test_start_needs_nothing_that_python_has_not_loaded():
    code = (
        "import sys\nbefore = set(sys.modules)\n"
        "import musicgenre.terminal.start\nprint(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "['__future__', 'musicgenre', 'musicgenre.terminal', 'musicgenre.terminal.start']\n"


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_while_any_module_loads_is_no_traceback(script, number):
    code = (
        "import os, runpy, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == sys.argv[1]: os.kill(os.getpid(), int(sys.argv[2]))\n"
        "script = sys.argv[3]\n"
        "sys.meta_path.insert(0, Finder())\n"
        "sys.argv[3:] = []\n"
        "runpy.run_path(script, run_name='__main__')\n"
    )
    loaded = ["argparse", "musicgenre.terminal.arguments", "musicgenre.text"]
    for name in loaded if not script.startswith("04") else loaded[:2]:
        command = [sys.executable, "-c", "import sys; del sys.argv[0]\n" + code, "-", name, str(int(number)), script]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (130, start_module.INTERRUPTED + "\n"), (name, done.stderr)


def test_ctrl_c_at_any_moment_of_the_first_half_second_exits_130():
    for wait_ms in range(0, 400, 40):
        process = subprocess.Popen(
            script_command("03_launch_classifier.py", ROOT / "data" / "samples", "--json"),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        end = time.monotonic() + 20
        while not catches_interrupts(process.pid) and time.monotonic() < end:
            time.sleep(0.001)
        time.sleep(wait_ms / 1000)
        process.send_signal(signal.SIGINT)
        _, messages = process.communicate(timeout=30)
        assert (process.returncode, messages) == (130, start_module.INTERRUPTED + "\n"), wait_ms


def catches_interrupts(pid):
    """Whether a process catches SIGTERM; Python itself does not, so the script has begun."""
    with open(f"/proc/{pid}/status") as file:  # noqa: PTH123 - a file of the system
        caught = int(re.search(r"^SigCgt:\s*(\w+)", file.read(), re.MULTILINE)[1], 16)
    return bool(caught >> (signal.SIGTERM - 1) & 1)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("00_preprocess_music.py", "--famlies", "mfcc"), "unknown option --famlies; did you mean --families?"),
        (("01_nn_hyperparam.py", "--seed-s=3"), "unknown option --seed-s; did you mean --seeds?"),
        (("02_nn_train_model.py", "--measure_only"), "unknown option --measure_only; did you mean --measure-only?"),
        (("03_launch_classifier.py", "x", "--modle", "y"), "unknown option --modle; did you mean --model?"),
        (("03_launch_classifier.py", "--JSON"), "unknown option --JSON; did you mean --json?"),
        (("03_launch_classifier.py", "-json", "x"), "unknown option -json; did you mean --json?"),
        (("03_launch_classifier.py", "\u2014json", "x"), "unknown option \u2014json; did you mean --json?"),
        (("03_launch_classifier.py", "--zzz\x1b[31m"), "unknown option --zzz; --help lists the options"),
        (("02_nn_train_model.py", "--epochs"), "unknown option --epochs; --help lists the options"),
        (("04_interface.py", "--hepl"), "unknown option --hepl; did you mean --help?"),
    ],
)
def test_a_mistyped_option_gets_one_line(command, said):
    done = run_script(*command)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {said}\n")


def test_what_is_no_option_is_none(tmp_path):
    """A shortened option, a value after =, a negative number, a title with dashes, all that follows --."""
    for words in (
        ["--mod", "genres", "x"],
        ["--model=--x", "x"],
        ["-16"],
        ["--exec rm"],
        ["--", "--modle"],
        ["\u2014x"],
    ):
        done = (
            run_script("03_launch_classifier.py", *words, "--jobs", 1)
            if "--" not in words
            else run_script("03_launch_classifier.py", "--jobs", 1, *words)
        )
        assert "unknown option" not in done.stderr and done.returncode == 1, (words, done.stderr)

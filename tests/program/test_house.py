"""The house: what the root holds, how long a module and a function may be, and who names the public face."""

import ast

import pytest
from support.material import ROOT

SCRIPTS = {
    "00_preprocess_music.py", "01_nn_hyperparam.py", "02_nn_train_model.py",
    "03_launch_classifier.py", "04_interface.py",
}  # fmt: skip
FACE = {"functions_nn.py", "functions_interface.py", "functions_dataviz.py"}
MODULES = [path for place in ("musicgenre", "tools", "beetsplug") for path in ROOT.glob(f"{place}/**/*.py")]
MODULES += [ROOT / name for name in SCRIPTS | FACE]
MOST_LINES, MOST_TEST_LINES, MOST_FUNCTION_LINES = 400, 600, 60


def test_the_root_holds_the_scripts_and_their_face():
    assert {path.name for path in ROOT.glob("*.py")} == SCRIPTS | FACE


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_read_in_a_sitting(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    assert {one.name for one in functions if one.end_lineno - one.lineno >= MOST_FUNCTION_LINES} == set()


def test_so_is_a_module_of_tests():
    lengths = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in ROOT.glob("tests/**/*.py")}
    assert {path for path, length in lengths.items() if length > MOST_TEST_LINES} == set()

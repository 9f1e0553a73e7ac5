"""What a window has not finished is offered to the next one, and to none while it lives."""

import subprocess
import sys
from pathlib import Path

from musicgenre.engine.history import History
from musicgenre.engine.unfinished import Unfinished, Waiting
from musicgenre.inference.prediction import Prediction

ROOT = Path(__file__).parents[2]
CODE = """
import sys, time
from pathlib import Path
from musicgenre.engine.history import History
from musicgenre.engine.unfinished import Unfinished, Waiting
store = Unfinished(History(Path(sys.argv[1])))
store.add([Waiting("a", "/m/a.ogg", "A", "Road trip"), Waiting("b", "/m/\\udcff.ogg")])
print("there", flush=True)
time.sleep(60)
"""


def test_what_a_killed_window_left_is_found_and_that_of_a_living_one_is_not(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", CODE, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout.readline() == "there\n"
    history = History(tmp_path)
    unfinished = Unfinished(history)
    assert unfinished.left_over() == []
    process.kill()
    process.communicate()
    found = unfinished.left_over()
    assert found == [Waiting("a", "/m/a.ogg", "A", "Road trip"), Waiting("b", "/m/\udcff.ogg")]
    unfinished.add(found)  # taken over
    assert unfinished.left_over() == [] and not Unfinished(history).left_over()
    history.add("a", Prediction("/m/a.ogg", "A", None, "silent"))  # which finishes it
    unfinished.close()
    assert [one.key for one in Unfinished(history).left_over()] == ["b"]
    unfinished.forget(["b"])
    assert Unfinished(history).left_over() == [] and not list(tmp_path.glob("*.lock*"))
    history.close()


def test_without_a_folder_nothing_is_locked():
    history = History(None)
    unfinished = Unfinished(history)
    unfinished.add([Waiting("a", "x")])
    unfinished.close()
    history.close()

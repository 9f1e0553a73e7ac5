"""The window's worker without a display: jobs in order, cancelling, crashes, and an end that leaves nothing."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from musicgenre.engine.messages import (
    Answered,
    Cancelled,
    Done,
    Draw,
    EngineBroken,
    InputsFound,
    PictureDrawn,
    Problem,
    Ready,
    SongReference,
    SpectraKept,
    StageReached,
)
from musicgenre.engine.worker import Worker

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data" / "samples"


class Listener:
    """Collects a worker's events."""

    def __init__(self, worker):
        self.worker = worker
        self.heard = []

    def wait(self, kind, job=None, seconds=30.0):
        """Return the first event of a kind (for a job) that has come or comes."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.heard += self.worker.poll()
            for event in self.heard:
                if isinstance(event, kind) and (job is None or event.job == job):
                    return event
            time.sleep(0.005)
        raise AssertionError(f"no {kind.__name__} for job {job}; heard {[type(one).__name__ for one in self.heard]}")


@pytest.fixture
def worker(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    made = Worker(model="genres")
    yield made
    made.close()
    assert not list(tmp_path.glob("genre-*"))


def test_jobs_are_answered_in_order_and_a_failure_stops_nobody(worker):
    listener = Listener(worker)
    first = worker.submit(str(SAMPLES / "classical.ogg"), key="a")  # before the start, as a command line's input is
    worker.start()
    second = worker.submit("nowhere.mp3", key="b")
    third = worker.submit(str(SAMPLES), key="c")
    answer = listener.wait(Answered, first)
    assert answer.prediction.genre == "classical" and answer.colour.startswith("#")
    assert {reason.side for reason in answer.reasons} >= {"heard", "for"}
    stages = [(one.stage, one.fraction) for one in listener.heard if isinstance(one, StageReached)]
    assert list(dict(stages)) == ["prepare", "decode", "analyse"]
    analysed = [fraction for stage, fraction in stages if stage == "analyse"]
    assert analysed == sorted(analysed) and len(analysed) > 5 and 0.5 < analysed[-2] < 1.0 == analysed[-1]
    assert listener.wait(Answered, second).prediction.error.kind == "not_found"
    found = listener.wait(InputsFound, third).inputs
    assert [Path(one.input).name for one in found] == sorted(path.name for path in SAMPLES.glob("*.ogg"))
    listener.wait(Done, third)
    assert not worker.busy


def test_pictures_come_as_pixels_with_the_places_of_the_seconds(worker):
    listener = Listener(worker)
    worker.start()
    job = worker.submit(str(SAMPLES / "rock.ogg"), key="a")
    prediction = listener.wait(Answered, job).prediction
    listener.wait(SpectraKept, job)
    worker.ask(Draw("x", 7, "waveform", 640, 300, 1.0, "dark", SongReference("a", prediction)))
    picture = listener.wait(PictureDrawn)
    assert picture.image.startswith(b"P6 640 300 255\n") and len(picture.image) == 15 + 640 * 300 * 3
    (span,) = picture.spans
    assert 0 < span.left < span.right < 640
    assert (span.start_s, span.end_s) == (0.0, pytest.approx(prediction.duration_s, abs=0.1))


def test_cancelling_is_heard_at_once_and_the_next_job_follows(worker, youtube):
    listener = Listener(worker)
    link = youtube.catalogue.add("slow0000001", media=youtube.media.url("slow", "song.webm"), length=150)
    worker.start()
    first, second = worker.submit(link, key="a"), worker.submit(str(SAMPLES / "metal.ogg"), key="b")
    third = worker.submit(link, key="c")
    while listener.wait(StageReached, first).stage != "download" and not any(
        isinstance(one, StageReached) and one.stage == "download" for one in listener.heard
    ):
        listener.heard = []
    began = time.monotonic()
    worker.cancel(first)
    assert listener.wait(Cancelled).jobs == (first,)
    assert time.monotonic() - began < 0.2
    worker.cancel(third)
    listener.wait(Answered, second)
    assert not any(isinstance(one, Answered) and one.job == first for one in listener.heard)


def test_an_engine_that_dies_takes_only_its_own_job(worker):
    listener = Listener(worker)
    worker.start()
    listener.wait(Ready)
    first, second = (
        worker.submit(str(SAMPLES / "rock.ogg"), key="a"),
        worker.submit(str(SAMPLES / "classical.ogg"), key="b"),
    )
    listener.wait(StageReached, first)
    os.kill(worker.engine_pid, signal.SIGSEGV)
    assert "crashed" in listener.wait(Problem, first).message
    assert listener.wait(Answered, second).prediction.genre == "classical"


def test_a_stuck_engine_is_replaced(worker):
    listener = Listener(worker)
    worker.start()
    listener.wait(Ready)
    first = worker.submit(str(SAMPLES / "rock.ogg"), key="a")
    listener.wait(StageReached, first)
    os.kill(worker.engine_pid, signal.SIGSTOP)
    worker.cancel(first)
    second = worker.submit(str(SAMPLES / "classical.ogg"), key="b")
    assert listener.wait(Answered, second).prediction.genre == "classical"


def test_an_engine_that_never_starts_is_given_up(worker, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    worker.start()
    assert "cannot start" in Listener(worker).wait(EngineBroken).message


def test_closing_during_work_leaves_no_process_thread_or_file(worker, youtube):
    listener = Listener(worker)
    link = youtube.catalogue.add("slow0000001", media=youtube.media.url("slow", "song.webm"), length=150)
    threads = threading.active_count()
    worker.start()
    job = worker.submit(link, key="a")
    listener.wait(StageReached, job)
    engine = worker.engine_pid
    began = time.monotonic()
    worker.close()
    assert time.monotonic() - began < 1.0
    assert not Path(f"/proc/{engine}").exists()
    assert threading.active_count() <= threads
    assert not youtube.left_behind()
    children = subprocess.run(["ps", "--ppid", str(os.getpid()), "-o", "stat="], capture_output=True, text=True)
    assert "Z" not in children.stdout


def test_the_engine_ends_with_the_window(tmp_path):
    """A window that is killed leaves no engine behind, and no files of it."""
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1])\n"
        "from musicgenre.engine.worker import Worker\n"
        "w = Worker(model='genres'); w.start(); print(w.engine_pid, flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    window = subprocess.Popen(
        [sys.executable, "-c", code, str(ROOT)], stdout=subprocess.PIPE, text=True, env=environment
    )
    engine = int(window.stdout.readline())
    time.sleep(1.0)
    window.kill()
    window.wait()
    window.stdout.close()
    end = time.monotonic() + 10
    while time.monotonic() < end and (Path(f"/proc/{engine}").exists() or list(tmp_path.iterdir())):
        time.sleep(0.05)
    assert not list(tmp_path.iterdir())

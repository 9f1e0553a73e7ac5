"""The window's worker without a display: jobs in order, cancelling, crashes, and an end that leaves nothing."""

import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from functions_worker import Worker, read_frame, write_frame

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "data" / "samples"


class Listener:
    """Collects a worker's messages."""

    def __init__(self, worker):
        self.worker = worker
        self.heard = []

    def wait(self, kind, job=None, seconds=30.0):
        """Return the first message of a kind (for a job) that has come or comes."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.heard += self.worker.poll()
            for message in self.heard:
                if message.kind == kind and job in (None, message.job):
                    return message
            time.sleep(0.005)
        raise AssertionError(f"no message {kind!r} for job {job}; heard {[(m.kind, m.job) for m in self.heard]}")


@pytest.fixture
def worker(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    made = Worker(model="genres")
    yield made
    made.close()
    assert not list(tmp_path.glob("genre-*"))


def test_frames_hold_text_bytes_and_broken_unicode():
    pipe = io.BytesIO()
    write_frame(pipe, {"title": "ラ \udcff \x1b[31m"}, b"\0\xff")
    pipe.seek(0)
    assert read_frame(pipe) == ({"title": "ラ \udcff \x1b[31m"}, b"\0\xff")
    assert read_frame(pipe) is None
    assert read_frame(io.BytesIO(pipe.getvalue()[:-1])) is None


def test_jobs_are_answered_in_order_and_a_failure_stops_nobody(worker):
    listener = Listener(worker)
    first = worker.submit(str(SAMPLES / "classical.ogg"), key="a")  # before the start, as a command line's input is
    worker.start()
    second = worker.submit("nowhere.mp3", key="b")
    third = worker.submit(str(SAMPLES), key="c")
    answer = listener.wait("answer", first).data
    assert answer["answer"]["genre"] == "classical" and answer["colour"].startswith("#")
    assert {reason["side"] for reason in answer["why"]} >= {"heard", "for"}
    stages = [(m.data["stage"], m.data["fraction"]) for m in listener.heard if m.kind == "stage"]
    assert list(dict(stages)) == ["prepare", "decode", "analyse"]
    analysed = [fraction for stage, fraction in stages if stage == "analyse"]
    assert analysed == sorted(analysed) and len(analysed) > 5 and 0.5 < analysed[-2] < 1.0 == analysed[-1]
    assert listener.wait("answer", second).data["answer"]["error"]["kind"] == "not_found"
    items = listener.wait("items", third).data["items"]
    assert [Path(item["input"]).name for item in items] == sorted(path.name for path in SAMPLES.glob("*.ogg"))
    listener.wait("done", third)
    assert not worker.busy


def test_pictures_come_as_pixels_with_the_places_of_the_seconds(worker):
    listener = Listener(worker)
    worker.start()
    job = worker.submit(str(SAMPLES / "rock.ogg"), key="a")
    answer = listener.wait("answer", job).data["answer"]
    listener.wait("spectra", job)
    worker.ask("picture", slot="x", token=7, name="waveform", key="a", answer=answer, width=640, height=300, scale=1.0,
               theme="dark", store=None)  # fmt: skip
    picture = listener.wait("picture")
    assert picture.blob.startswith(b"P6 640 300 255\n") and len(picture.blob) == 15 + 640 * 300 * 3
    ((left, right, start, end),) = picture.data["spans"]
    assert 0 < left < right < 640 and (start, end) == (0.0, pytest.approx(answer["duration_s"], abs=0.1))


def test_cancelling_is_heard_at_once_and_the_next_job_follows(worker, youtube):
    listener = Listener(worker)
    link = youtube.catalogue.add("slow0000001", media=youtube.media.url("slow", "song.webm"), length=150)
    worker.start()
    first, second = worker.submit(link, key="a"), worker.submit(str(SAMPLES / "metal.ogg"), key="b")
    third = worker.submit(link, key="c")
    while listener.wait("stage", first).data["stage"] != "download" and not any(
        m.kind == "stage" and m.data["stage"] == "download" for m in listener.heard
    ):
        listener.heard = []
    began = time.monotonic()
    worker.cancel(first)
    assert listener.wait("cancelled").data["jobs"] == [first]
    assert time.monotonic() - began < 0.2
    worker.cancel(third)
    listener.wait("answer", second)
    assert not any(m.kind == "answer" and m.job == first for m in listener.heard)


def test_an_engine_that_dies_takes_only_its_own_job(worker):
    listener = Listener(worker)
    worker.start()
    listener.wait("ready")
    first, second = (
        worker.submit(str(SAMPLES / "rock.ogg"), key="a"),
        worker.submit(str(SAMPLES / "classical.ogg"), key="b"),
    )
    listener.wait("stage", first)
    os.kill(worker._process.pid, signal.SIGSEGV)
    assert "crashed" in listener.wait("crashed", first).data["message"]
    assert listener.wait("answer", second).data["answer"]["genre"] == "classical"


def test_a_stuck_engine_is_replaced(worker):
    listener = Listener(worker)
    worker.start()
    listener.wait("ready")
    first = worker.submit(str(SAMPLES / "rock.ogg"), key="a")
    listener.wait("stage", first)
    os.kill(worker._process.pid, signal.SIGSTOP)
    worker.cancel(first)
    second = worker.submit(str(SAMPLES / "classical.ogg"), key="b")
    assert listener.wait("answer", second).data["answer"]["genre"] == "classical"


def test_an_engine_that_never_starts_is_given_up(worker, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/bin/false")
    worker.start()
    assert "cannot start" in Listener(worker).wait("broken").data["message"]


def test_closing_during_work_leaves_no_process_thread_or_file(worker, youtube):
    listener = Listener(worker)
    link = youtube.catalogue.add("slow0000001", media=youtube.media.url("slow", "song.webm"), length=150)
    threads = threading.active_count()
    worker.start()
    job = worker.submit(link, key="a")
    listener.wait("stage", job)
    process = worker._process
    began = time.monotonic()
    worker.close()
    assert time.monotonic() - began < 1.0
    assert process.returncode is not None
    assert threading.active_count() <= threads
    assert not youtube.left_behind()
    children = subprocess.run(["ps", "--ppid", str(os.getpid()), "-o", "stat="], capture_output=True, text=True)
    assert "Z" not in children.stdout


def test_the_engine_ends_with_the_window(tmp_path):
    """A window that is killed leaves no engine behind, and no files of it."""
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1])\n"
        "from functions_worker import Worker\n"
        "w = Worker(model='genres'); w.start(); print(w._process.pid, flush=True); time.sleep(60)"
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

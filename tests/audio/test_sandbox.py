"""Broken sound files: each gets an answer in time, none takes the program along; `make torture` tries all of them."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from support.broken_files import FORMATS, corpus, good, wav
from support.material import ROOT, SR, classified, encode, json_lines, peak_mb, script_command, song, write_wav

from musicgenre.audio.decode import read_recording
from musicgenre.audio.decoder import DecodeRequest, ask_ahead, asked, idle, prepare
from musicgenre.audio.recording import Excerpt
from musicgenre.audio.sandbox import MEMORY_MB, read_safely
from musicgenre.errors import AudioError, Cancelled, GenreError, SourceError
from musicgenre.inference.classifier import Classifier
from musicgenre.task import Task

LIMIT_S = 10.0


@pytest.fixture(scope="module")
def classifier():
    return Classifier("genres", threads=2)


@pytest.fixture
def stuck(tmp_path):
    """Return a file of which a decoder reads gigabytes behind its first second without finding a packet."""
    path = tmp_path / "stuck.mp3"
    encode(path, song("hymn", seconds=1), SR, "libmp3lame", container="mp3")
    with path.open("r+b") as file:
        file.truncate(4_000_000_000)
    return path


def decoder():
    """Return the process that decodes the next file."""
    prepare()
    return idle[-1].process


def test_every_kind_of_broken_file_gets_an_answer_in_time(classifier, tmp_path):
    """Where music may be left the decoder alone is asked, for time's sake; `make torture` classifies all."""
    process = decoder()
    for broken in corpus(tmp_path, few=True):
        if broken.path.name == "sparse.mp3":
            continue  # see `stuck`
        began = time.monotonic()
        try:
            if broken.has_music:
                verdict, reason = "read", str(read_safely(broken.path).duration_s)
            else:
                answer = classified(classifier, broken.path)
                verdict, reason = answer.verdict, answer.reason or ""
        except GenreError as error:
            verdict, reason = "error", str(error)
        where = f"{broken.kind}, {broken.path.name}: {verdict}, {reason}"
        assert time.monotonic() - began < LIMIT_S, where
        assert reason.isprintable() and verdict != "genre", where
    assert process.poll() is None, "a file took the decoder along"
    assert peak_mb(process.pid) < MEMORY_MB


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_decoder_apart_gives_the_same_sound(name, tmp_path):
    path = tmp_path / f"good.{name}"
    path.write_bytes(good(name))
    apart, here = read_safely(path, excerpt=Excerpt(0.5)), read_recording(path, excerpt=Excerpt(0.5))
    assert (apart.title, apart.duration_s) == (here.title, here.duration_s)
    for ours, theirs in zip(apart.clips, here.clips, strict=True):
        np.testing.assert_array_equal(ours.samples, theirs.samples)
        assert (ours.sample_rate, ours.title, ours.source, ours.start_s) == (
            theirs.sample_rate, theirs.title, theirs.source, theirs.start_s,
        )  # fmt: skip


def test_thirty_two_channels_are_averaged(tmp_path):
    """More than eight planes made PyAV read where nothing is."""
    y = song("hymn", seconds=3)
    many = np.zeros((len(y), 32))
    many[:, 20] = y
    path = tmp_path / "many.wav"
    path.write_bytes(wav((many * 32767).astype("<i2").tobytes(), channels=32))
    np.testing.assert_allclose(read_recording(path).clips[0].samples, y / 32, atol=1e-4)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ({"channels": 255}, "255 channels, which cannot be mixed"),
        ({"form": 0xFFFF}, "nothing here decodes"),
        ({"bits": 65_535}, "nothing here decodes"),
    ],
)
def test_what_no_decoder_takes_is_unsupported(header, words, tmp_path):
    (tmp_path / "odd.wav").write_bytes(wav(bytes(255_000), **header))
    with pytest.raises(AudioError, match=words) as caught:
        read_recording(tmp_path / "odd.wav")
    assert caught.value.kind == "unsupported"


def test_pictures_in_a_file_stay_packed(tmp_path):
    """300 covers of 3000 x 3000 pixels took 6 GB and 20 s when they were looked at."""
    found = {broken.path.name: broken.path for broken in corpus(tmp_path, few=True) if broken.kind == "cover bomb"}
    process = decoder()
    began = time.monotonic()
    assert read_safely(found["many.mp3"]).duration_s == pytest.approx(4, abs=0.2)
    assert time.monotonic() - began < 2
    assert peak_mb(process.pid) < 200


# ---- the decoder as a process


def test_a_stuck_decoder_is_given_up_and_the_next_file_is_read(stuck, tmp_path, monkeypatch):
    monkeypatch.setattr("musicgenre.audio.decoder.STALL_S", 0.5)
    process = decoder()
    began = time.monotonic()
    with pytest.raises(AudioError, match=r"was stuck in 'stuck\.mp3' for 0\.5 s; convert it"):
        read_safely(stuck)
    assert time.monotonic() - began < 3
    assert process.returncode is not None
    assert read_safely(write_wav(tmp_path / "good.wav", song("hymn", seconds=1))).duration_s == pytest.approx(1)


def test_a_decoder_that_crashes_takes_only_its_file(stuck, tmp_path):
    process = decoder()
    threading.Timer(0.3, process.send_signal, [signal.SIGSEGV]).start()
    with pytest.raises(AudioError, match=r"crashed on 'stuck\.mp3'") as caught:
        read_safely(stuck)
    assert caught.value.kind == "unreadable"
    assert read_safely(write_wav(tmp_path / "good.wav", song("hymn", seconds=1))).duration_s == pytest.approx(1)


def test_a_decoder_that_ended_while_idle_is_replaced(tmp_path):
    process = decoder()
    process.kill()
    process.wait()
    assert read_safely(write_wav(tmp_path / "good.wav", song("hymn", seconds=1))).duration_s == pytest.approx(1)


def test_cancelling_ends_a_stuck_decoder_at_once(stuck):
    process = decoder()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        read_safely(stuck, task=Task(cancelled=lambda: time.monotonic() > began + 0.3))
    assert time.monotonic() - began < 1
    assert process.returncode is not None


def test_the_decoder_may_neither_swell_nor_write_nor_dump(tmp_path):
    read_safely(write_wav(tmp_path / "good.wav", song("hymn", seconds=1)))
    text = Path(f"/proc/{decoder().pid}/limits").read_text()
    limits = {line[:26].strip(): line[26:].split()[:2] for line in text.splitlines()}
    assert limits["Max data size"] == [str(MEMORY_MB << 20)] * 2
    assert limits["Max file size"] == limits["Max core file size"] == ["0", "0"]


def test_more_memory_than_allowed_is_a_sentence(tmp_path):
    """45 s at 768 kHz fit into what is allowed; with less, the decoder gives up, or crashes as few are built for it."""
    path = tmp_path / "wide.wav"
    with path.open("wb") as file:
        file.write(wav(b"", rate=768_000, declared=44 * 768_000 * 2))
        file.truncate(44 + 44 * 768_000 * 2)
    process = decoder()
    resource.prlimit(process.pid, resource.RLIMIT_DATA, (200 << 20, 200 << 20))
    with pytest.raises(AudioError, match="takes more than .* MB to decode|crashed on"):
        read_safely(path)
    process.kill()
    process.wait()
    assert read_safely(path).duration_s == pytest.approx(44)


def test_the_decoder_ends_with_the_program(stuck):
    code = (
        "import sys; from musicgenre.audio import decoder, sandbox as d\n"
        "decoder.STALL_S = 1.0\ndecoder.prepare()\nprint(decoder.idle[0].process.pid, flush=True)\n"
        "if len(sys.argv) > 1: d.read_safely(sys.argv[1])\nelse: sys.stdin.read()\n"
    )
    for arguments in ([], [str(stuck)]):
        program = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        pid = int(program.stdout.readline())
        time.sleep(0.5)
        program.kill()
        program.communicate()
        end = time.monotonic() + 5
        while time.monotonic() < end and _is_running(pid):
            time.sleep(0.02)
        assert not _is_running(pid)


def _is_running(pid):
    """Whether a process is there and no zombie."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_a_request_made_ahead_is_answered_by_the_decoder_that_has_it(tmp_path):
    path = tmp_path / "song.wav"
    write_wav(path, song("hymn", seconds=2))
    for made, wanted in (((None, None), Excerpt()), ((0.5, 1.0), Excerpt(0.5, 1.0))):
        ask_ahead(DecodeRequest.of(path, *made))
        (early,) = asked.values()
        prepare()
        assert read_safely(str(path), excerpt=wanted).duration_s == pytest.approx(2)
        assert idle[-1] is early and not asked
    ask_ahead(DecodeRequest.of(tmp_path / "song.wav"))
    (early,) = asked.values()
    early.process.kill()
    with pytest.raises(AudioError, match="crashed on 'song.wav'"):
        read_safely(path)
    assert not asked and read_safely(path).duration_s == pytest.approx(2)


def test_paths_are_those_of_the_program_wherever_it_has_gone(tmp_path, monkeypatch):
    for name in ("a", "b"):
        write_wav(tmp_path / name / "song.wav", song("hymn", seconds=1 if name == "a" else 2))
    monkeypatch.chdir(tmp_path / "a")
    assert read_safely("song.wav").duration_s == pytest.approx(1)
    monkeypatch.chdir(tmp_path / "b")
    assert read_safely("song.wav").duration_s == pytest.approx(2)
    with pytest.raises(SourceError, match="there is no file 'nowhere.wav'"):
        read_safely("nowhere.wav")


def test_threads_decode_beside_each_other(tmp_path):
    paths = [write_wav(tmp_path / f"{i}.wav", song("hymn", seconds=1 + i)) for i in range(3)]
    found = {}

    def read(path):
        for _ in range(5):
            found[path] = read_safely(path).duration_s

    threads = [threading.Thread(target=read, args=(path,)) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [round(found[path]) for path in paths] == [1, 2, 3]


def test_a_crash_of_the_decoder_is_one_answer_of_03(stuck, tmp_path):
    fine = write_wav(tmp_path / "fine.wav", song("hymn", seconds=4))
    with (tmp_path / "messages").open("w+") as messages:
        process = subprocess.Popen(
            script_command("03_launch_classifier.py", fine, stuck, fine, "--json"),
            stdout=subprocess.PIPE, stderr=messages, text=True,
        )  # fmt: skip
        first = process.stdout.readline()  # so it is at work on the second
        time.sleep(0.3)
        (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(child), signal.SIGSEGV)
        rest = process.stdout.read()
        process.wait(60)
    answers = json_lines(first + rest)
    assert [answer["verdict"] == "error" for answer in answers] == [False, True, False]
    assert "the decoder crashed on 'stuck.mp3'" in answers[1]["error"]["message"]
    assert process.returncode == 1
    assert (tmp_path / "messages").read_text() == ""


def test_a_file_of_hours_that_ends_after_a_second_is_as_long_as_it_is(tmp_path, classifier):
    path = tmp_path / "declared.wav"
    path.write_bytes(wav((song("hymn", seconds=1) * 32767).astype("<i2").tobytes(), declared=12 * 3600 * SR * 2))
    answer = classified(classifier, path)
    assert (answer.verdict, round(answer.duration_s)) == ("too_short", 1)


def test_every_error_of_the_decoder_is_one_of_the_programs(tmp_path):
    with pytest.raises(GenreError):
        read_safely("\0.mp3")

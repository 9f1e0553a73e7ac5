"""Messages on the pipe between the window and its engine."""

import io

import pytest

from musicgenre.child_process import read_frame, write_frame
from musicgenre.engine import message_parts as parts
from musicgenre.engine import messages
from musicgenre.engine.codec import decode, encode
from musicgenre.inference.prediction import Failure, Prediction, Reason, Section, Segment
from musicgenre.sources.search_result import SearchResult

SONG = Prediction(
    "song \udcff.mp3", "ラ \x1b[31m", 12.5, "genre", "rock", 0.9, {"rock": 0.9, "pop": 0.1},
    segments=[Segment(0.0, 12.5, "rock", 0.9)], analysed=[Section(0.0, 12.5)],
)  # fmt: skip
FAILED = Prediction("gone", None, None, "error", reason="there is no file", error=Failure("not_found", "no file"))
FOUND = Prediction("a title", "T", 1.0, "silent", candidates=[SearchResult("T", "C", 1.0, "https://x", chosen=True)])


def travelled(message):
    """Return a message as the other side gets it."""
    pipe = io.BytesIO()
    write_frame(pipe, *encode(message))
    pipe.seek(0)
    return decode(*read_frame(pipe))


def test_frames_hold_text_bytes_and_broken_unicode():
    pipe = io.BytesIO()
    write_frame(pipe, {"title": "ラ \udcff \x1b[31m"}, b"\0\xff")
    pipe.seek(0)
    assert read_frame(pipe) == ({"title": "ラ \udcff \x1b[31m"}, b"\0\xff")
    assert read_frame(pipe) is None
    assert read_frame(io.BytesIO(pipe.getvalue()[:-1])) is None


@pytest.mark.parametrize(
    "message",
    [
        messages.Classify(1, "song.mp3", "genres", "key", store="store/x"),
        messages.Draw("slot", 2, "waveform", 640, 300, 1.25, "dark", parts.SongReference("key", SONG)),
        messages.ExportAnswers("/x.csv", "csv", (SONG, FAILED, FOUND)),
        messages.StopPlaying(),
        messages.Answered(3, SONG, (Reason("for", "Tempo 120 bpm", 0.5),), "#10aabf"),
        messages.Answered(3, FOUND),
        messages.InputsFound(4, (parts.FoundInput("a", None), parts.FoundInput("b", "B", FAILED))),
        messages.VideosFound(5, (SearchResult("T", "C", 1.0, "https://x"),)),
        messages.PictureDrawn("s", 1, (parts.TimeSpan(1, 2, 3, 4),), parts.Box(0, 1, 2, 3), b"P6 \0\xff"),
        messages.ThumbnailFound(1, 2, b""),
        messages.ModelLoaded("genres", ("genres", "other"), error="it is gone"),
        messages.Problem(0, "a sentence"),
        messages.SimilarFailed(3, "a sentence"),
        messages.PlayingAt(1, None),
        messages.CardRead("genres", parts.CardFacts("genres", ("a", "b"), ("musicnn",), 0.8, None)),
        messages.CardRead(
            "mine",
            parts.CardFacts(
                "mine",
                ("a",),
                (),
                0.5,
                7,
                (parts.ProtocolAccuracy("3-fold", 0.5, 0.4, 0.6),),
                ("Small.",),
            ),
        ),
    ],
    ids=lambda message: type(message).__name__,
)
def test_a_message_arrives_as_it_was_sent(message):
    assert travelled(message) == message

"""The engine: who does what the window asks for."""

import io
import typing

from musicgenre.child_process import read_frame
from musicgenre.engine.codec import decode
from musicgenre.engine.messages import Done, Request
from musicgenre.engine.server import Engine


def test_every_request_of_the_window_is_done_by_somebody():
    engine = Engine(io.BytesIO(), io.BytesIO())
    assert set(engine.table) == set(typing.get_args(Request))


def test_an_event_is_a_frame_that_the_window_reads():
    out = io.BytesIO()
    Engine(io.BytesIO(), out).tell(Done(7))
    out.seek(0)
    assert decode(*read_frame(out)) == Done(7)

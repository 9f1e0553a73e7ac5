"""The window as a whole: who takes what the engine says."""

import typing

from musicgenre.engine.messages import Event


def test_every_event_of_the_engine_is_taken_by_a_controller(open_window):
    window = open_window(ready=False).window
    assert set(window.handlers) == set(typing.get_args(Event))

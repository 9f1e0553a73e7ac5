"""Messages between window and engine as frames: the name of the class with its fields as JSON, then its bytes."""

import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Any

from musicgenre.engine.messages import Event, Message, Request
from musicgenre.inference.prediction import Prediction

_CLASSES: dict[str, type] = {kind.__name__: kind for kind in (*typing.get_args(Request), *typing.get_args(Event))}


@cache
def _hints(kind: type) -> dict[str, Any]:
    """Return the types of the fields of a message or dataclass."""
    hints = typing.get_type_hints(kind)
    return {name: hints[name] for name in kind.names} if issubclass(kind, Message) else hints


def encode(message: Request | Event) -> tuple[dict[str, Any], bytes]:
    """Return a message as a JSON-ready header and the bytes that follow it."""
    values = {name: _plain(value) for name, value in message.values().items()}
    blobs = [values.pop(name) for name in message.names if isinstance(values[name], bytes)]
    return {"message": type(message).__name__, "fields": values}, blobs[0] if blobs else b""


def _plain(value: Any) -> Any:
    """Return a field's value as JSON-ready values; bytes stay."""
    if isinstance(value, Prediction):
        return value.as_json()
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def decode(header: Mapping[str, Any], blob: bytes = b"") -> Any:
    """Return the message that `encode` gave."""
    kind = _CLASSES[header["message"]]
    values = {name: _value(_hints(kind)[name], value) for name, value in header["fields"].items()}
    values |= {name: blob for name, hint in _hints(kind).items() if hint is bytes}
    return kind(**values)


def _value(hint: Any, value: Any) -> Any:
    """Return a field's value from its JSON: dataclasses and tuples as they were."""
    arguments = typing.get_args(hint)
    if isinstance(hint, UnionType):
        return None if value is None else _value(arguments[0], value)
    if hint is Prediction:
        return Prediction.from_json(value)
    if isinstance(hint, type) and is_dataclass(hint):
        return hint(**{name: _value(_hints(hint)[name], part) for name, part in value.items()})
    if typing.get_origin(hint) is tuple:
        return tuple(_value(arguments[0], part) for part in value)
    return value

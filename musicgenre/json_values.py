"""Values that were read as JSON, checked for their kind."""

from typing import Any


def number(value: Any) -> float:
    """Return a value of JSON that is a number; raise ValueError for another, as for true."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is no number")
    return value


def optional_number(value: Any) -> float | None:
    """Return a value of JSON that is a number or null; raise ValueError for another."""
    return None if value is None else number(value)


def share(value: Any) -> float:
    """Return a value of JSON that is a number from 0 to 1; raise ValueError for another."""
    if not 0 <= number(value) <= 1:
        raise ValueError(f"{value!r} is no share")
    return number(value)


def of_kind(value: Any, kind: type) -> Any:
    """Return a value of JSON of a kind; raise ValueError for another."""
    if not isinstance(value, kind):
        raise ValueError(f"{value!r} is of another kind")
    return value

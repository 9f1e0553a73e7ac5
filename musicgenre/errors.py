"""The errors that a user can do something about: each message says what, which value, and what to do."""


class GenreError(Exception):
    """A failure a user can act on: the message says what, which value, and what to do.

    Parameters
    ----------
    message : str
        One sentence for the user.
    kind : str, optional
        The ``kind`` of the contract's JSON ``error``; each subclass has its own default.
    """

    kind = "model"

    def __init__(self, message: str, kind: str | None = None) -> None:
        super().__init__(message)
        if kind:
            self.kind = kind


class SourceError(GenreError):
    """An input that does not lead to audio: nothing there, or not allowed."""

    kind = "not_found"


class AudioError(GenreError):
    """An existing file that cannot be decoded."""

    kind = "unreadable"


class ModelError(GenreError):
    """A table, card or model that is not what it should be."""


class Cancelled(Exception):  # noqa: N818 - nothing went wrong
    """Work stopped because the user asked for it."""

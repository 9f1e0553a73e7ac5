"""A user's settings of the window, stored in the file of the history."""

from dataclasses import dataclass, fields
from typing import Any, Protocol


@dataclass(frozen=True)
class Settings:
    """The settings, each with its default.

    Parameters
    ----------
    theme : str
        "system", "light" or "dark".
    scale : float
        1.0 is 100 %; 0 is that of the screen.
    model : str
        Name or path without ending.
    volume : float
        0 to 1.
    place : tuple of int
        Width, height, x and y of the window; empty before it was closed once.
    library : str
        The file in which similar songs are looked for.
    music_folder, export_folder : str
        Where the dialogs begin.
    list_width : int
        Of the history, at 100 %; 0 is the usual one.
    hidden_columns : tuple of str
        Columns of the history that are not shown.
    column_widths : tuple of int
        Of all its columns but the title, at 100 %; empty for the usual ones.
    sort_column, sort_descending
        What the history is sorted by.
    recent : tuple of str
        Files, folders and links that were opened last, the latest first.
    """

    theme: str = "system"
    scale: float = 0.0
    model: str = "genres"
    volume: float = 0.8
    place: tuple[int, ...] = ()
    library: str = ""
    music_folder: str = ""
    export_folder: str = ""
    list_width: int = 0
    hidden_columns: tuple[str, ...] = ()
    column_widths: tuple[int, ...] = ()
    sort_column: str = "date"
    sort_descending: bool = True
    recent: tuple[str, ...] = ()


class ValueStore(Protocol):
    """What keeps named values, as `History` does."""

    def setting(self, name: str, default: Any) -> Any:
        """Return a stored value; one of another type than the default counts as none."""

    def remember(self, **values: Any) -> None:
        """Keep values."""


class SettingsStore:
    """Reads and changes the settings; two windows share them.

    Parameters
    ----------
    store : ValueStore
    """

    def __init__(self, store: ValueStore) -> None:
        self._store = store

    @property
    def now(self) -> Settings:
        """The stored settings; the default for a value of the wrong type."""
        found: dict[str, Any] = {}
        for one in fields(Settings):
            is_tuple = isinstance(one.default, tuple)
            value = self._store.setting(one.name, [] if is_tuple else one.default)
            found[one.name] = tuple(value) if is_tuple else value
        return Settings(**found)

    def change(self, **values: Any) -> None:
        """Keep new values of fields of `Settings`.

        Raises
        ------
        TypeError
            If there is no such field.
        """
        Settings(**values)
        self._store.remember(**values)

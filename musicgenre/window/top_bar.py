"""The row above: the box for titles, links and paths, and the model."""

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk
from typing import Any

from musicgenre.inference.wording import listed
from musicgenre.text import counted
from musicgenre.window.look import HintEntry, Look
from musicgenre.window.tooltip import Tooltip
from musicgenre.window.wording import model_words

OTHER_FOLDER = "Other folder…"
HINTS = ("A title, a YouTube link, or the path of a file", "A title, a link or a file", "Title, link, file", "Song")


@dataclass(frozen=True)
class TopActions:
    """What the row's buttons do; all are called without anything."""

    submit: Callable[[], None]
    open_files: Callable[[], None]
    choose_model: Callable[[], None]
    show_card: Callable[[], None]


class TopBar(ttk.Frame):
    """The row.

    Parameters
    ----------
    parent : widget
    look : Look
    actions : TopActions
    model : str
        The model in use.
    """

    def __init__(self, parent: Any, look: Look, actions: TopActions, *, model: str) -> None:
        super().__init__(parent)
        self.columnconfigure(0, weight=1)
        self.entry = HintEntry(self, look, *HINTS)
        self.go = ttk.Button(self, text="Classify", underline=3, style="Accent.TButton", command=actions.submit)
        self.open = ttk.Button(self, text="Open…", underline=0, command=actions.open_files)
        label = ttk.Label(self, text="Model", underline=2, style="Body.TLabel")
        self.model_box = ttk.Combobox(self, state="readonly", width=17, font=look.fonts["body"])
        self.model_box.set(model_words(model))
        self.card = ttk.Button(self, text="About", underline=0, command=actions.show_card)
        for column, widget in enumerate((self.entry, self.go, self.open, label, self.model_box, self.card)):
            widget.grid(row=0, column=column, sticky="ew", padx=(0 if column == 0 else look.px(8), 0))
        for key in ("<Return>", "<KP_Enter>"):
            self.entry.bind(key, lambda _: actions.submit())
        self._genres: Sequence[str] = ()
        Tooltip(self.go, look, "Name the genre of what is in the box (Enter).")
        Tooltip(self.open, look, "Choose files with music (Ctrl+O).")
        Tooltip(self.model_box, look, self._about)
        Tooltip(self.card, look, "What this model was trained on, and how often it is right.")
        self.model_box.bind("<<ComboboxSelected>>", lambda _: actions.choose_model())

    def show_model(self, model: str) -> None:
        """Show which model is in use."""
        self.model_box.set(model_words(model))

    def describe_model(self, genres: Sequence[str]) -> None:
        """Tell in the tooltip which genres the model in use knows."""
        self._genres = genres

    def _about(self) -> str:
        """Return what the model in use knows."""
        if not self._genres:
            return "Which model answers."
        return f"Knows {counted(len(self._genres), 'genre')}: {listed(self._genres, 'and')}."

    def offer_models(self, models: Sequence[str]) -> None:
        """Offer models to choose from, and others of a folder."""
        self.model_box.configure(values=[*map(model_words, models), OTHER_FOLDER])

    def focus_entry(self) -> None:
        """Put the keyboard into the box, with its text selected."""
        self.entry.focus_set()
        self.entry.selection_range(0, tk.END)

"""The window's dialogs: correct, model card, keys, about, and what went wrong."""

import tkinter as tk
from collections.abc import Callable, Sequence
from tkinter import ttk
from typing import Any

from musicgenre.engine.history import Entry
from musicgenre.engine.message_parts import CardFacts
from musicgenre.genres import display_name
from musicgenre.text import clean_text, clean_title
from musicgenre.window.auto_scroll import AutoScrollbar
from musicgenre.window.flow import Scrolled
from musicgenre.window.look import Look
from musicgenre.window.picture import Picture
from musicgenre.window.text_fit import FitLabel
from musicgenre.window.wording import card_lines, headline, model_words

LICENCES = (
    ("this program", "MIT"), ("pretrained network musicnn", "ISC, © 2019 MTG-UPF, Jordi Pons"), ("numpy", "BSD"),
    ("av", "BSD; carries FFmpeg, LGPL"), ("soxr", "LGPL"), ("ai-edge-litert", "Apache 2.0"),
    ("matplotlib", "PSF-like"), ("yt-dlp", "Unlicense"), ("sv-ttk", "MIT"), ("sounddevice", "MIT"),
    ("tkinterdnd2", "MIT"), ("platformdirs", "MIT"), ("python-bidi", "LGPL"), ("arabic-reshaper", "MIT"),
)  # fmt: skip


def _ignoring(do: Callable[[], None]) -> Callable[[Any], None]:
    """Return `do` as an answer to an event."""
    return lambda _: do()


class Dialog(tk.Toplevel):
    """A window above the main one: centred on it, closed by Esc, at most as large as the screen."""

    def __init__(self, root: tk.Tk, look: Look, *, title: str, size: tuple[int, int] | None = None) -> None:
        super().__init__(root)
        self.withdraw()
        self.title(title)
        self.transient(root)
        self.look, self._root_window = look, root
        colours = look.colours
        self.configure(background=colours.background, highlightthickness=1, highlightbackground=colours.line,
                       highlightcolor=colours.line)  # fmt: skip
        self.body = ttk.Frame(self, padding=look.px(14))
        self.body.pack(fill="both", expand=True)
        self._size = size
        self.bind("<Escape>", lambda _: self.destroy())
        look.listen(self._paint)

    def present(self, focus: tk.Misc | None = None) -> None:
        """Show the dialog when it is built, with the keyboard in it."""
        self.update_idletasks()
        width, height = self._size or (self.winfo_reqwidth(), self.winfo_reqheight())
        if self._size:
            width, height = self.look.px(width), self.look.px(height)
        width, height = min(width, self.winfo_screenwidth() - 20), min(height, self.winfo_screenheight() - 60)
        root = self._root_window
        x = root.winfo_rootx() + (root.winfo_width() - width) // 2
        y = root.winfo_rooty() + (root.winfo_height() - height) // 3
        x = min(max(x, 0), max(self.winfo_screenwidth() - width, 0))
        y = min(max(y, 0), max(self.winfo_screenheight() - height, 0))
        self.geometry(f"{width}x{height}+{x}+{y}")
        self.deiconify()
        self.lift()
        (focus or self).focus_force()

    def buttons(self, *made: tuple[str, Callable[[], None]]) -> list[ttk.Button]:
        """Add a row of buttons, the first of them for Enter."""
        bar = ttk.Frame(self.body)
        bar.pack(side="bottom", fill="x", pady=(self.look.px(12), 0))
        out = []
        for index, (text, command) in enumerate(made):
            button = ttk.Button(bar, text=text, command=command, style="TButton" if index else "Accent.TButton")
            button.pack(side="right", padx=(self.look.px(8), 0))
            button.bind("<Return>", _ignoring(command))
            out.append(button)
        return out

    def paragraph(self, words: str, *, style: str, width: int = 500) -> ttk.Label:
        """Add a text that is broken at the width of the dialog, at most so wide at 100 %."""
        wrap = min(self.look.px(width), self.winfo_screenwidth() - self.look.px(60))
        label = ttk.Label(self.body, text=words, wraplength=wrap, style=style)
        label.pack(anchor="w", pady=self.look.px(8))
        return label

    def text(self, *, height: int = 12, width: int = 60) -> tk.Text:
        """Add a text that can be read and copied from."""
        frame = ttk.Frame(self.body)
        frame.pack(fill="both", expand=True)
        text = tk.Text(frame, wrap="word", height=height, width=width, padx=6, pady=6)
        frame.columnconfigure(0, weight=1)
        frame.rowconfigure(0, weight=1)
        bar = AutoScrollbar(frame, command=text.yview)
        bar.grid(row=0, column=1, sticky="ns")
        text.grid(row=0, column=0, sticky="nsew")
        text.configure(yscrollcommand=bar.set)
        self.look.paint_text(text)
        text.tag_configure("strong", font=self.look.fonts["strong"], spacing1=6)
        return text

    def _paint(self) -> None:
        """Follow a change of the theme, with all texts and pictures."""
        if not self.winfo_exists():
            return
        colours = self.look.colours
        self.configure(background=colours.background, highlightbackground=colours.line, highlightcolor=colours.line)
        for widget in (self.body, *self.body.winfo_children()):
            for inner in (widget, *widget.winfo_children()):
                if isinstance(inner, tk.Text):
                    self.look.paint_text(inner)
                elif isinstance(inner, Picture):
                    inner.paint()
                    inner.refresh(at_once=True)


class BugDialog(Dialog):
    """Says that the program has a fault; the details can be copied."""

    def __init__(self, root: tk.Tk, look: Look, *, details: str, log: str | None) -> None:
        super().__init__(root, look, title="A fault in the program", size=(560, 330))
        where = f" It is noted in {log}." if log else ""
        words = f"Something went wrong that is not your doing; you can go on working.{where}"
        self.paragraph(words, style="Body.TLabel")
        self.details = details
        close, self.copy = self.buttons(("Close", self.destroy), ("Copy details", self._copy))
        text = self.text(height=8)
        text.insert("1.0", details)
        text.configure(state="disabled")
        self.present(close)

    def _copy(self) -> None:
        """Put the details on the clipboard."""
        self.clipboard_clear()
        self.clipboard_append(self.details)
        self.copy.configure(text="Copied")


class CorrectDialog(Dialog):
    """Asks for the right genre."""

    def __init__(
        self, root: tk.Tk, look: Look, *, entry: Entry, genres: Sequence[str], save: Callable[[str], None]
    ) -> None:
        super().__init__(root, look, title="That’s wrong")
        title = FitLabel(self.body, use=look.fonts["strong"], lines=2)
        title.pack(fill="x")
        title.show(entry.title)
        words = f"The answer was “{headline(entry.prediction)}”. Which genre is right?"
        self.paragraph(words, style="Body.TLabel")
        self._ids = {display_name(genre): genre for genre in genres}
        self.genre = ttk.Combobox(self.body, values=list(self._ids), font=look.fonts["body"])
        self.genre.pack(fill="x")
        self.paragraph("Choose one or write another. Corrections are kept on this computer; File > Export corrections "
                       "makes a table of them for training.", style="Small.TLabel")  # fmt: skip
        self._save = save
        self.buttons(("Save", self._accept), ("Cancel", self.destroy))
        self.genre.bind("<Return>", lambda _: self._accept())
        self.present(self.genre)

    def _accept(self) -> None:
        """Save what was chosen, if anything was."""
        genre = clean_title(self.genre.get(), limit=60)
        if genre:
            self._save(self._ids.get(genre, genre))
            self.destroy()


class HelpDialog(Dialog):
    """The keys, as pairs of a key and what it does."""

    def __init__(self, root: tk.Tk, look: Look, *, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__(root, look, title="Keyboard shortcuts")
        (close,) = self.buttons(("Close", self.destroy))
        page = Scrolled(self.body, look)
        page.pack(fill="both", expand=True)
        room = self.winfo_screenwidth() - look.px(80)
        columns = 1
        for columns in (2, 1):
            grid = self._grid(page.inner, keys, columns)
            grid.update_idletasks()
            if grid.winfo_reqwidth() <= room or columns == 1:
                break
            grid.destroy()
        grid.pack(anchor="nw")
        page.inner.update_idletasks()
        page.ask(grid.winfo_reqwidth(), grid.winfo_reqheight())
        self.present(close)

    def _grid(self, parent: Any, keys: Sequence[tuple[str, str]], columns: int) -> ttk.Frame:
        """Make a table of the keys in one or two columns."""
        look, grid = self.look, ttk.Frame(parent)
        share = -(-len(keys) // columns)
        for index, (key, words) in enumerate(keys):
            row, column = index % share, 2 * (index // share)
            ttk.Label(grid, text=key, style="Strong.TLabel").grid(row=row, column=column, sticky="w", pady=look.px(3))
            label = ttk.Label(grid, text=words, style="Body.TLabel")
            label.grid(row=row, column=column + 1, sticky="w", padx=(look.px(10), look.px(18)))
        return grid


class AboutDialog(Dialog):
    """Versions and licences."""

    def __init__(self, root: tk.Tk, look: Look) -> None:
        import platform
        from importlib.metadata import PackageNotFoundError, version

        super().__init__(root, look, title="About", size=(520, 420))
        (close,) = self.buttons(("Close", self.destroy))
        text = self.text()
        text.insert("end", "Music genre classifier\n", "strong")
        text.insert("end", "Names the genre of a song, with honest confidence.\n")
        text.insert("end", f"Python {platform.python_version()}, Tk {root.tk.call('info', 'patchlevel')}\n\n")
        text.insert("end", "Versions and licences\n", "strong")
        for name, licence in LICENCES:
            try:
                found = f" {version(name)}"
            except PackageNotFoundError:
                found = "" if " " in name else " (not installed)"
            text.insert("end", f"{name}{found}: {licence}\n")
        text.configure(state="disabled")
        self.present(close)


class CardDialog(Dialog):
    """What is known of a model."""

    def __init__(self, root: tk.Tk, look: Look, *, name: str, card: CardFacts) -> None:
        title = f"About the model “{clean_title(model_words(name), limit=60)}”"
        super().__init__(root, look, title=title, size=(620, 480))
        (close,) = self.buttons(("Close", self.destroy))
        text = self.text()
        for line, tag in card_lines(card):
            text.insert("end", clean_text(line) + "\n", tag)
        text.configure(state="disabled")
        self.present(close)

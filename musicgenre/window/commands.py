"""The commands, each once: what it is called, its keys, its menu, what it does.

`command_table` lists them; menus, key bindings, the menu of a row and the list of keys are made from it.
"""

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from musicgenre.window.answer_page import TABS
from musicgenre.window.answers import Answers
from musicgenre.window.batches import Batches
from musicgenre.window.corrections import Corrections
from musicgenre.window.editing import Editing
from musicgenre.window.exports import Exports
from musicgenre.window.history_view import HistoryView
from musicgenre.window.inputs import Inputs
from musicgenre.window.jobs import Jobs
from musicgenre.window.listening import Listening
from musicgenre.window.look import SCALES, Look
from musicgenre.window.preferences import Preferences
from musicgenre.window.similar import Similar
from musicgenre.window.songs import Songs
from musicgenre.window.undo import Undo

MENUS = {"File": 0, "Edit": 0, "Song": 3, "View": 0, "Work": 0, "Model": 0, "Help": 0}  # and the underlined letter
ORDERS = (
    ("date", "Sort by date"), ("title", "Sort by title"), ("artist", "Sort by artist"), ("genre", "Sort by genre"),
    ("confidence", "Sort by confidence"), ("tempo", "Sort by tempo"),
)  # fmt: skip
OTHER_KEYS = (  # of widgets, beside those of the commands
    ("Enter", "classify what is in the box"), ("Ctrl+V", "classify the link in the clipboard"),
    ("Left, Right", "on a picture: 5 seconds back or on"),
    ("Ctrl+1 … Ctrl+6", "genres, reasons, pictures of the sound"),
    ("Ctrl+Tab", "the next of them"), ("Ctrl+Plus, Ctrl+Minus", "larger, smaller"),
    ("Alt+letter", "the button or menu with that letter underlined"),
)  # fmt: skip


@dataclass(frozen=True)
class Command:
    """Something that the user can do.

    Parameters
    ----------
    name : str
        What menus call it; "" for what is in none.
    do : callable
        Called without anything.
    underline : int
        Place of the letter in the name that chooses it in a menu.
    menu : str
        One of `MENUS`, or "" for what is done by key alone.
    group : int
        Groups of a menu are kept apart by lines.
    key : str
        The key as it is written.
    sequences : tuple of str
        Tk's names of the keys that do it everywhere in the window.
    help : str
        What the list of keys says of it; "" leaves it out.
    items : callable, optional
        Returns pairs of words and what they do: the command is a menu of them.
    row : str
        Whether the menu of selected rows has it: "" for no, "one" for a single answer, "several" for more than one,
        "any", or "last" below a line.
    passes : bool
        Whether the key goes on to what else it means.
    """

    name: str
    do: Callable[[], Any]
    underline: int = -1
    menu: str = ""
    group: int = 0
    key: str = ""
    sequences: tuple[str, ...] = ()
    help: str = ""
    row: str = ""
    passes: bool = False
    items: Callable[[], Sequence[tuple[str, Callable[[], None]]]] | None = None


@dataclass(frozen=True)
class Choice:
    """One of several in a menu: a theme or a scaling."""

    menu: str
    options: tuple[tuple[Any, str], ...]
    chosen: Any
    do: Callable[[Any], None]
    underline: int = 0
    now: Callable[[], Any] | None = None  # what is chosen when the menu opens, where it can change elsewhere


@dataclass(frozen=True)
class Controllers:
    """What does what the user asks for."""

    jobs: Jobs
    answers: Answers
    exports: Exports
    corrections: Corrections
    listening: Listening
    preferences: Preferences
    inputs: Inputs
    similar: Similar
    songs: Songs
    batches: Batches
    undo: Undo
    view: HistoryView
    editing: Editing
    help: Callable[[], None]
    about: Callable[[], None]
    close: Callable[[], None]


def command_table(do: Controllers) -> tuple[Command, ...]:
    """Return all commands in the order of the menus."""
    return (
        Command("Open files…", do.inputs.open_files, 0, "File", 0, "Ctrl+O", ("<Control-o>", "<Alt-o>"), "open files"),
        Command("Open folder…", do.inputs.open_folder, 5, "File", 0, "Ctrl+Shift+O", ("<Control-O>",), "open a folder"),
        Command("Open recent", lambda: None, 5, "File", 0, items=do.inputs.recent),
        Command("Export answer…", do.exports.save, 0, "File", 1, "Ctrl+E", ("<Control-e>", "<Alt-x>"),
                "export the answer"),
        Command("Export list as CSV…", lambda: do.exports.save_list("csv"), 15, "File", 1, "Ctrl+Shift+E",
                ("<Control-E>",), "export the selected songs, or the whole list"),
        Command("Export list as JSON…", lambda: do.exports.save_list("json"), 15, "File", 1),
        Command("Export list as playlist…", lambda: do.exports.save_list("m3u8"), 15, "File", 1),
        Command("Export corrections…", do.corrections.export, 7, "File", 1),
        Command("Quit", do.close, 0, "File", 2, "Ctrl+Q", ("<Control-q>",), "quit"),
        Command("Undo", do.undo.undo, 0, "Edit", 0, "Ctrl+Z", ("<Control-z>",), "bring back what was removed"),
        Command("Cut", do.editing.cut, 2, "Edit", 1, "Ctrl+X", help="cut, copy and paste text"),
        Command("Copy", do.editing.copy, 3, "Edit", 1, "Ctrl+C", help="the same: copy"),
        Command("Paste", do.editing.paste, 0, "Edit", 1),
        Command("Classify again", do.answers.again, 9, "Song", 0, "Ctrl+R", ("<Control-r>",), "classify again", "any"),
        Command("Copy answer", do.exports.copy, 0, "Song", 0, "Ctrl+Shift+C", ("<Control-C>", "<Alt-c>"),
                "copy the answer as text", "one"),
        Command("Export answer…", do.exports.save, 0, row="one"),
        Command("Export selected…", do.exports.save_list, 0, row="several"),
        Command("That’s wrong…", do.corrections.ask, 0, "Song", 0, sequences=("<Alt-t>",), row="one"),
        Command("Compare…", do.answers.compare, 3, "Song", 0, "Ctrl+D", ("<Control-d>", "<Alt-p>"),
                "compare two answers", "any"),
        Command("Undo correction", do.corrections.take_back, 5, "Song", 0),
        Command("Open song", do.songs.open, 0, "Song", 0, row="one"),
        Command("Show song in folder", do.songs.show_folder, 1, "Song", 0, row="one"),
        Command("Similar songs…", do.similar.show, 0, "Song", 0, "Ctrl+G", ("<Control-g>",),
                "songs that sound like this one", "one"),
        Command("Find in history", do.answers.focus_search, 0, "Edit", 2, "Ctrl+F", ("<Control-f>", "<Alt-i>"),
                "search the history"),
        Command("Remove from history", do.answers.remove, 0, "Edit", 2, "Delete", ("<Alt-r>",),
                "remove the selected answers", "last"),
        Command("Clear history…", do.answers.clear, 1, "Edit", 2),
        Command("Show the batch", do.answers.show_batch, 9, "Work", 0, "Ctrl+B", ("<Control-b>",),
                "how far the batch is, and what it has come to"),
        Command("Pause", do.jobs.pause, 0, "Work", 1, "Ctrl+Shift+P", ("<Control-P>", "<Alt-u>"), "pause, or go on"),
        Command("Go on", do.batches.go_on, 0, "Work", 1, help="go on with what was stopped"),
        Command("Stop this song", lambda: do.jobs.cancel(do.answers.shown), 5, "Work", 1, "Esc",
                ("<Escape>", "<Alt-n>"), "stop the song at work; close a dialog"),
        Command("Stop all…", do.batches.stop, 0, "Work", 1, "Ctrl+.", ("<Control-period>",), "stop everything"),
        Command("Other folder…", do.preferences.other_folder, 0, "Model"),
        Command("About this model", do.preferences.show_card, 0, "Model", sequences=("<Alt-a>",)),
        Command("Keyboard shortcuts", do.help, 0, "Help", 0, "F1", ("<F1>",), "this list"),
        Command("About", do.about, 0, "Help"),
        *_keys_alone(do),
    )  # fmt: skip


def _keys_alone(do: Controllers) -> tuple[Command, ...]:
    """Return the commands that are in no menu."""
    return (
        Command("", do.inputs.focus_entry, key="Ctrl+L", sequences=("<Control-l>",), help="go to the box"),
        Command("", do.inputs.submit_entry, sequences=("<Alt-s>",)),
        Command(
            "", do.listening.toggle, key="Space, Ctrl+P", sequences=("<Control-p>", "<Alt-l>"), help="listen, or stop"
        ),
        Command("", do.listening.toggle_by_space, sequences=("<space>",), passes=True),
        Command("", do.preferences.focus_models, sequences=("<Alt-d>",)),
        Command("", lambda: do.preferences.zoom(1), sequences=("<Control-plus>", "<Control-equal>")),
        Command("", lambda: do.preferences.zoom(-1), sequences=("<Control-minus>",)),
        *(
            Command("", partial(do.answers.show_tab, number), sequences=(f"<Control-Key-{number + 1}>",))
            for number in range(TABS)
        ),
    )


def choices(do: Controllers, *, theme: str, scale: float) -> tuple[Choice, ...]:
    """Return the choices of the menus."""
    themes = (("system", "Theme of the system"), ("light", "Light"), ("dark", "Dark"))
    scales = tuple((one, f"{one:.0%}" if one else "Size of the screen") for one in (0.0, *SCALES))
    return (
        Choice("View", themes, theme, do.preferences.use_theme),
        Choice("View", scales, scale, do.preferences.use_scale),
        Choice("View", ORDERS, do.view.order.column, do.view.list.columns.sort, now=lambda: do.view.order.column),
    )


def help_keys(commands: Sequence[Command]) -> list[tuple[str, str]]:
    """Return the keys and what they do."""
    return [*((command.key, command.help) for command in commands if command.help), *OTHER_KEYS]


def _renew(variable: tk.Variable, now: Callable[[], Any]) -> None:
    """Give a menu's variable the value of now."""
    variable.set(now())


class Menus:
    """The menu bar, the keys and the menu of a row.

    Parameters
    ----------
    root : tk.Tk
    look : Look
    commands : sequence of Command
    choices : sequence of Choice
    """

    def __init__(self, root: tk.Tk, look: Look, commands: Sequence[Command], choices: Sequence[Choice]) -> None:
        self._root, self._look, self._commands = root, look, commands
        self._variables: list[tk.Variable] = []  # an unreferenced variable would be forgotten
        bar = tk.Menu(root, tearoff=False)
        for name, letter in MENUS.items():
            menu = tk.Menu(bar, tearoff=False)
            bar.add_cascade(label=name, menu=menu, underline=letter)
            self._fill(menu, [command for command in commands if command.menu == name])
            self._offer(menu, [choice for choice in choices if choice.menu == name])
        root.configure(menu=bar)
        look.listen(lambda: look.paint_menus(root))
        look.paint_menus(root)
        root.bind("<<ThemeChanged>>", self._repaint, add=True)
        for command in commands:
            for sequence in command.sequences:
                root.bind(sequence, partial(self._key, command=command))

    def _fill(self, menu: tk.Menu, commands: Sequence[Command]) -> None:
        """Add commands to a menu, with lines between their groups."""
        for index, command in enumerate(commands):
            if index and command.group != commands[index - 1].group:
                menu.add_separator()
            if command.items:
                inner = tk.Menu(menu, tearoff=False)
                inner.configure(postcommand=partial(self._list, inner, command.items))
                menu.add_cascade(label=command.name, underline=command.underline, menu=inner)
                continue
            menu.add_command(label=command.name, underline=command.underline, accelerator=command.key,
                             command=command.do)  # fmt: skip

    def _list(self, menu: tk.Menu, items: Callable[[], Sequence[tuple[str, Callable[[], None]]]]) -> None:
        """Fill a menu with what there is now."""
        menu.delete(0, "end")
        for words, do in items():
            menu.add_command(label=words, command=do)
        if menu.index("end") is None:
            menu.add_command(label="Nothing yet", state="disabled")
        self._look.paint_menus(self._root)

    def _offer(self, menu: tk.Menu, choices: Sequence[Choice]) -> None:
        """Add choices to a menu, with lines between them."""
        for index, choice in enumerate(choices):
            if index:
                menu.add_separator()
            kind = tk.StringVar if isinstance(choice.chosen, str) else tk.DoubleVar
            variable = kind(self._root, choice.chosen)
            self._variables.append(variable)
            if choice.now:
                menu.configure(postcommand=partial(_renew, variable, choice.now))
            for value, text in choice.options:
                menu.add_radiobutton(label=text, underline=choice.underline, value=value, variable=variable,
                                     command=partial(choice.do, value))  # type: ignore[misc]  # fmt: skip

    def _key(self, event: "tk.Event[Any]", command: Command) -> str | None:
        """Do what a key stands for, unless a dialog has the keyboard."""
        if event.widget.winfo_toplevel() is not self._root:
            return None
        command.do()
        return None if command.passes else "break"

    def _repaint(self, event: "tk.Event[tk.Misc]") -> None:
        """Paint again when the theme, which does so late, has painted the menus its own way."""
        if event.widget is self._root:  # every widget is told of it
            self._root.after_idle(self._look.paint_menus, self._root)

    def row_menu(self, x: int, y: int, *, one: bool, several: int = 0) -> None:
        """Show the menu of the selected rows at a place of the screen; `one` offers what is done to one answer."""
        name = "row_menu"
        if name in self._root.children:
            self._root.children[name].destroy()
        menu = tk.Menu(self._root, name=name, tearoff=False)
        alone: Literal["normal", "disabled"] = "normal" if one else "disabled"
        for command in self._commands:
            if command.row == "last":
                menu.add_separator()
            if command.row == "several" and several < 2:
                continue
            if command.row:
                menu.add_command(label=command.name, underline=command.underline, command=command.do,
                                 state=alone if command.row == "one" else "normal")  # fmt: skip
        self._look.paint_menus(self._root)
        menu.tk_popup(x, y)

"""The window's menus."""

import tkinter as tk
from typing import TYPE_CHECKING, Literal

from functions_window_look import SCALES

if TYPE_CHECKING:
    from functions_window import Window


def build_menu(window: "Window") -> None:
    """Give a window its menus; the underlined letters work with Alt."""
    root = window.root
    bar = tk.Menu(root, tearoff=False)
    file = _menu(bar, "File", 0)
    file.add_command(label="Open files…", underline=0, accelerator="Ctrl+O", command=window.open_files)
    file.add_command(label="Open folder…", underline=5, accelerator="Ctrl+Shift+O", command=window.open_folder)
    file.add_separator()
    file.add_command(label="Export answer…", underline=0, accelerator="Ctrl+E", command=lambda: window.export(None))
    file.add_command(label="Export list as CSV…", underline=15, command=lambda: window.export_all("csv"))
    file.add_command(label="Export list as JSON…", underline=15, command=lambda: window.export_all("json"))
    file.add_command(label="Export corrections…", underline=7, command=window.export_corrections)
    file.add_separator()
    file.add_command(label="Quit", underline=0, accelerator="Ctrl+Q", command=window.close)
    edit = _menu(bar, "Edit", 0)
    edit.add_command(label="Classify again", underline=9, accelerator="Ctrl+R", command=window.again)
    edit.add_command(label="Copy answer", underline=0, accelerator="Ctrl+Shift+C", command=window.copy)
    edit.add_command(label="That’s wrong…", underline=0, command=window.correct)
    edit.add_command(label="Compare…", underline=3, accelerator="Ctrl+D", command=window.compare)
    edit.add_command(label="Similar songs…", underline=0, accelerator="Ctrl+G", command=window.similar)
    edit.add_separator()
    edit.add_command(label="Find in history", underline=0, accelerator="Ctrl+F", command=window.focus_search)
    edit.add_command(label="Remove from history", underline=0, accelerator="Delete", command=window.remove)
    edit.add_command(label="Clear history…", underline=1, command=window.clear_history)
    edit.add_separator()
    edit.add_command(label="Cancel", underline=2, accelerator="Esc", command=window.cancel)
    edit.add_command(label="Cancel all", underline=4, command=window.cancel_all)
    view = _menu(bar, "View", 0)
    theme = tk.StringVar(root, window.theme_choice)
    for value, text in (("system", "Theme of the system"), ("light", "Light"), ("dark", "Dark")):
        view.add_radiobutton(label=text, underline=0, value=value, variable=theme,
                             command=lambda: window.use_theme(theme.get()))  # fmt: skip
    view.add_separator()
    size = tk.DoubleVar(root, window.scale_choice)
    for scale in (0.0, *SCALES):
        text = f"{scale:.0%}" if scale else "Size of the screen"
        view.add_radiobutton(label=text, underline=0, value=scale, variable=size,
                             command=lambda: window.use_scale(size.get()))  # fmt: skip
    model = _menu(bar, "Model", 0)
    model.add_command(label="Other folder…", underline=0, command=window.other_model)
    model.add_command(label="Card of the model", underline=0, command=window.show_card)
    help_menu = _menu(bar, "Help", 0)
    help_menu.add_command(label="Keys", underline=0, accelerator="F1", command=window.help)
    help_menu.add_command(label="About", underline=0, command=window.about)
    root.configure(menu=bar)
    window.menu_variables = (theme, size)  # an unreferenced variable would be forgotten
    window.look.listen(lambda: window.look.paint_menus(root))
    window.look.paint_menus(root)

    def repaint(event: "tk.Event[tk.Misc]") -> None:
        """Paint again when the theme, which does so late, has painted the menus its own way."""
        if event.widget is root:  # every widget is told of it
            root.after_idle(window.look.paint_menus, root)

    root.bind("<<ThemeChanged>>", repaint, add=True)


def row_menu(window: "Window") -> tk.Menu:
    """Return the menu of the selected rows of the history, made anew each time."""
    name = "row_menu"
    if name in window.root.children:
        window.root.children[name].destroy()
    menu = tk.Menu(window.root, name=name, tearoff=False)
    selected = window.list.tree.selection()
    one = len(selected) == 1 and window.history.get(selected[0]) is not None  # what is selected will be shown
    alone: Literal["normal", "disabled"] = "normal" if one else "disabled"
    menu.add_command(label="Classify again", underline=9, command=window.again)
    menu.add_command(label="Copy answer", underline=0, command=window.copy, state=alone)
    menu.add_command(label="Export answer…", underline=0, command=lambda: window.export(None), state=alone)
    menu.add_command(label="That’s wrong…", underline=0, command=window.correct, state=alone)
    menu.add_command(label="Compare…", underline=3, command=window.compare)
    menu.add_command(label="Similar songs…", underline=0, command=window.similar, state=alone)
    menu.add_separator()
    menu.add_command(label="Remove from history", underline=0, command=window.remove)
    window.look.paint_menus(window.root)
    return menu


def _menu(bar: tk.Menu, label: str, underline: int) -> tk.Menu:
    """Add a menu to the bar."""
    menu = tk.Menu(bar, tearoff=False)
    bar.add_cascade(label=label, menu=menu, underline=underline)
    return menu

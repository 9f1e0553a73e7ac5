"""The commands: menus, keys and the list of keys are made from one table."""

from collections import Counter
from dataclasses import replace

from support.window_material import FAILED, SAMPLES, SONG, fill

from musicgenre.window.commands import MENUS, help_keys

LABELS = {
    "File": ["Open files…", "Open folder…", "Open recent", "-", "Export answer…", "Export list as CSV…",
             "Export list as JSON…", "Export list as playlist…", "Export corrections…", "-", "Quit"],
    "Edit": ["Undo", "-", "Cut", "Copy", "Paste", "-", "Find in history", "Remove from history", "Clear history…"],
    "Song": ["Classify again", "Copy answer", "That’s wrong…", "Compare…", "Undo correction", "Open song",
             "Show song in folder", "Similar songs…"],
    "View": ["Theme of the system", "Light", "Dark", "-", "Size of the screen", "100%", "125%", "150%", "175%", "200%",
             "-", "Sort by date", "Sort by title", "Sort by artist", "Sort by genre", "Sort by confidence",
             "Sort by tempo"],
    "Work": ["Show the batch", "-", "Pause", "Go on", "Stop this song", "Stop all…"],
    "Model": ["Other folder…", "About this model"],
    "Help": ["Keyboard shortcuts", "About"],
}  # fmt: skip


def shown_menus(root):
    """Return the labels of the menu bar's menus, lines as "-"."""
    bar = root.nametowidget(root.cget("menu"))
    menus = [root.nametowidget(bar.entrycget(number, "menu")) for number in range(bar.index("end") + 1)]
    return [
        ["-" if menu.type(n) == "separator" else menu.entrycget(n, "label") for n in range(menu.index("end") + 1)]
        for menu in menus
    ]


def test_the_menus_hold_every_command_in_its_place(open_window):
    pilot = open_window(ready=False)
    assert shown_menus(pilot.root) == [LABELS[menu] for menu in MENUS]


def test_no_key_stands_for_two_commands(open_window):
    commands = open_window(ready=False).window.commands
    counts = Counter(sequence for command in commands for sequence in command.sequences)
    assert [sequence for sequence, count in counts.items() if count > 1] == []


def test_every_letter_is_once_in_its_menu(open_window):
    commands = open_window(ready=False).window.commands
    for menu in MENUS:
        letters = Counter(one.name[one.underline].lower() for one in commands if one.menu == menu)
        double = {letter for letter, count in letters.items() if count > 1}
        assert double <= {"c"}, (menu, letters)  # Copy, Clear, Cancel: Tk goes from one to the next


def test_a_key_that_is_shown_is_explained(open_window):
    commands = open_window(ready=False).window.commands
    explained = dict(help_keys(commands))
    assert [command.key for command in commands if command.key and command.key not in explained] == []
    assert explained["Ctrl+Shift+O"] == "open a folder" and explained["Delete"] == "remove the selected answers"


def entries(menu):
    """Return the labels of a menu that can be chosen."""
    numbers = [n for n in range(menu.index("end") + 1) if menu.type(n) != "separator"]
    return [menu.entrycget(n, "label") for n in numbers if menu.entrycget(n, "state") != "disabled"]


def test_a_row_has_a_menu_by_mouse_and_key(open_window):
    pilot = open_window()
    fill(pilot, replace(SONG, input=str(SAMPLES / "silence.ogg")), FAILED)
    tree = pilot.window.list.tree
    x, y, width, height = tree.bbox("key0")
    pilot.click(tree, (x + 30) / tree.winfo_width(), (y + height / 2) / tree.winfo_height(), button=3)
    menu = pilot.root.children["row_menu"]
    assert pilot.until(menu.winfo_viewable, 2) and tree.selection() == ("key0",)
    assert {"Classify again", "Copy answer", "That’s wrong…", "Remove from history"} <= set(entries(menu))
    pilot.key("a")  # the letter underlined in “Classify again”
    assert pilot.until(lambda: pilot.window.history.count() == 3, 20)
    assert pilot.window.history.find()[0].prediction.verdict == "silent"
    tree.focus_force()
    pilot.key("ctrl+a")
    assert len(tree.selection()) == 2  # songs; one of them was heard twice
    pilot.key("shift+F10")
    menu = pilot.root.children["row_menu"]
    assert pilot.until(menu.winfo_viewable, 2)
    assert entries(menu) == ["Classify again", "Export selected…", "Compare…", "Remove from history"]
    pilot.key("r")
    assert pilot.until(lambda: pilot.window.history.count() == 0, 5)


def test_the_marks_in_the_menus_can_be_read(open_window):
    pilot = open_window(ready=False)
    for theme in (None, "light", "dark"):
        if theme:
            pilot.window.preferences.use_theme(theme)
        pilot.turn(0.5)  # the theme paints when it has the time
        colours = pilot.window.look.colours
        call = pilot.root.tk.call
        bar = next(
            path
            for path in pilot.root.tk.splitlist(call("winfo", "children", "."))
            if call("winfo", "class", path) == "Menu" and "#" in str(path)
        )  # the copy that Tk shows
        shown = [bar, *pilot.root.tk.splitlist(call("winfo", "children", bar))]
        assert len(shown) == 8
        for path in shown:
            assert str(call(path, "cget", "-selectcolor")) == colours.text
            assert str(call(path, "cget", "-background")) in (colours.background, colours.raised)
            assert int(call(path, "cget", "-borderwidth")) == 0 and str(call(path, "cget", "-relief")) == "flat"

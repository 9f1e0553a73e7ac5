"""The commands: menus, keys and the list of keys are made from one table."""

from collections import Counter

from musicgenre.window.commands import MENUS, help_keys

LABELS = {
    "File": ["Open files…", "Open folder…", "-", "Export answer…", "Export list as CSV…", "Export list as JSON…",
             "Export corrections…", "-", "Quit"],
    "Edit": ["Classify again", "Copy answer", "That’s wrong…", "Compare…", "Similar songs…", "-", "Find in history",
             "Remove from history", "Clear history…", "-", "Cancel", "Cancel all"],
    "View": ["Theme of the system", "Light", "Dark", "-", "Size of the screen", "100%", "125%", "150%", "175%", "200%"],
    "Model": ["Other folder…", "Card of the model"],
    "Help": ["Keys", "About"],
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

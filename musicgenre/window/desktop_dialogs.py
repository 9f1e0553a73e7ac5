"""The desktop's own dialogs for files, through zenity or kdialog; and Tk's, on X11, in the colours of the theme."""

import contextlib
import os
import shutil
import subprocess
import tkinter as tk
from dataclasses import dataclass

POLL_MS = 30
CANCELLED = 1  # exit code of both programs; any other than 0 means that they could not show a dialog


@dataclass(frozen=True)
class Wanted:
    """What a dialog asks for.

    Parameters
    ----------
    kind : str
        "files", "file", "folder" or "save".
    title : str
    folder, name : str
        Where it begins, and the name that is suggested; "" for none.
    types : tuple of (str, str)
        Words and patterns, such as ("Music", "*.mp3 *.flac").
    """

    kind: str
    title: str
    folder: str = ""
    name: str = ""
    types: tuple[tuple[str, str], ...] = ()

    @property
    def start(self) -> str:
        """Where it begins, as both programs take it."""
        return os.path.join(self.folder or os.path.expanduser("~"), self.name)  # noqa: PTH111, PTH118 - keeps the last slash


def chooser() -> str | None:
    """Return the program with the desktop's dialogs, None where there is no desktop or no such program."""
    desktop = os.environ.get("XDG_CURRENT_DESKTOP", "").lower()
    if not desktop or os.name != "posix":
        return None
    names = ("kdialog", "zenity") if "kde" in desktop else ("zenity", "kdialog")
    return next((path for name in names if (path := shutil.which(name))), None)


def command(program: str, wanted: Wanted) -> list[str]:
    """Return the command that shows a dialog; it writes one path a line."""
    if os.path.basename(program) == "kdialog":  # noqa: PTH119
        kinds = {"files": "--getopenfilename", "file": "--getopenfilename", "folder": "--getexistingdirectory",
                 "save": "--getsavefilename"}  # fmt: skip
        types = "\n".join(f"{patterns}|{words}" for words, patterns in wanted.types)
        several = ["--multiple", "--separate-output"] if wanted.kind == "files" else []
        last = [wanted.start, types] if types else [wanted.start]
        return [program, "--title", wanted.title, *several, kinds[wanted.kind], *last]
    options = {"files": ["--multiple", "--separator=\n"], "folder": ["--directory"], "save": ["--save"]}
    filters = [f"--file-filter={words} | {patterns}" for words, patterns in wanted.types]
    return [program, "--file-selection", f"--title={wanted.title}", f"--filename={wanted.start}",
            *options.get(wanted.kind, []), *filters]  # fmt: skip


def ask(root: tk.Tk, wanted: Wanted) -> list[str] | None:
    """Show the desktop's dialog while the window lives on; return the paths, [] for none, None without a dialog."""
    program = chooser()
    if program is None:
        return None
    try:
        process = subprocess.Popen(  # noqa: S603 - the desktop's own program
            command(program, wanted), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
    except OSError:
        return None
    with contextlib.suppress(tk.TclError):
        while process.poll() is None:
            root.after(POLL_MS, lambda: None)
            root.tk.dooneevent(0)
            root.winfo_exists()  # raises when the window was closed
        out = process.stdout.read() if process.stdout else b""
        if process.returncode not in (0, CANCELLED):
            return None
        return [os.fsdecode(line) for line in out.split(b"\n") if line]
    process.kill()
    return []


RECOLOURED = """
catch {auto_load ::tk::IconList}
foreach method {DrawSelection Create} {
    lassign [info class definition ::tk::IconList $method] arguments body
    oo::define ::tk::IconList method $method $arguments [string map {
        "-fill black" "-fill [ttk::style lookup . -foreground]"
        "set fill black" "set fill [ttk::style lookup . -foreground]"
        "-background white" "-background [ttk::style lookup . -background]"
    } $body]
}
"""


def recolour(root: tk.Tk) -> None:
    """Let the lists in Tk's own dialogs, which are black on white, follow the theme; needs them to be loaded."""
    with contextlib.suppress(tk.TclError):  # a Tk that draws them in another way
        root.tk.eval(RECOLOURED)

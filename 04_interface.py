"""Name the genre of music in a window.

python 04_interface.py
python 04_interface.py song.mp3
python 04_interface.py "https://www.youtube.com/watch?v=VIDEO"

Without a display, 03_launch_classifier.py does the same in the terminal.
"""

import sys

if __name__ == "__main__":
    from musicgenre.terminal.start import start

    start()  # before the rest is loaded, which takes a while

from musicgenre.terminal.arguments import Parser
from musicgenre.terminal.start import missing

USE_TERMINAL = "or use 03_launch_classifier.py, which does the same in the terminal"


def parse(argv):
    """Return the options."""
    parser = Parser(__doc__)
    parser.add_argument("input", nargs="?", metavar="INPUT", help="a file, a folder, a YouTube link, or a title")
    return parser.parse_args(argv)


def main(argv=None) -> int:
    """Show the window until it is closed; return the exit code."""
    options = parse(argv)
    try:
        import tkinter
    except ImportError:
        sys.stderr.write(f"error: Python's tkinter is missing; install it (Debian: python3-tk), {USE_TERMINAL}\n")
        return 1
    try:
        from musicgenre.engine.history import data_folder
        from musicgenre.window.window import Window
    except ModuleNotFoundError as error:
        sys.stderr.write(f"error: {missing(str(error.name).partition('.')[0])}\n")
        return 1
    try:
        window = Window(folder=data_folder(), text=options.input)
    except tkinter.TclError as error:
        if "display" not in str(error):
            raise
        sys.stderr.write(f"error: there is no display to show a window on; start it on a desktop, {USE_TERMINAL}\n")
        return 1
    window.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())

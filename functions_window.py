"""The window: widgets and what they ask of the worker; all work is done elsewhere.

Conventions
-----------
Only this thread touches widgets. Messages of the worker are taken from its queue every 30 ms, and never for longer
than a few milliseconds at a time. User errors are a sentence in place; faults of the program go to the log file and
to a dialog whose details can be copied.
"""

import contextlib
import gc
import re
import signal
import sys
import time
import tkinter as tk
import traceback
import uuid
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tkinter import ttk
from typing import Any

from functions_history import Entry, History
from functions_text import clean_title
from functions_window_actions import Actions, Names
from functions_window_answer import AnswerView, Picture
from functions_window_dialogs import BugDialog, CardDialog
from functions_window_inputs import Inputs
from functions_window_look import SCALES, FitLabel, HintEntry, Look, screen_scale, system_theme
from functions_window_menu import build_menu, row_menu
from functions_window_pages import PAUSE_MS, SLICE, STAGES, AnswerList, Pick, Welcome, Working
from functions_window_similar import Similar
from functions_worker import Message, Worker

NAME = "Music genre classifier"
SMALLEST = (900, 570)  # and the menu bar: fits a screen of 900 x 600
FIRST_SIZE = (1080, 720)
POLL_MS = 30
STALE_S = 1.5  # a sentence in the status line that is older goes when something else is looked at
SUMMARY = {
    "genre": "with a genre", "uncertain": "uncertain", "not_music": "not music", "silent": "silent",
    "too_short": "too short", "error": "without an answer",
}  # fmt: skip
BUDGET_S = 0.012  # of one round of messages
TIDY_S = 60.0  # between two thorough searches for garbage
Input = tuple[str, str | None, dict[str, Any] | None]  # text, title, and the answer of what failed already


@dataclass
class Row:
    """A job or an answer in the list."""

    key: str
    title: str
    job: int = 0
    state: str = "waiting"  # waiting, working, choosing, done
    online: bool = False
    stages: dict[str, float] = field(default_factory=dict)
    candidates: list[dict[str, Any]] = field(default_factory=list)
    thumbnails: dict[int, bytes] = field(default_factory=dict)
    entry: Entry | None = None


class Window(Inputs, Similar, Actions):
    """The program's window.

    Parameters
    ----------
    folder : Path or None
        Where history and settings lie; None keeps nothing.
    text : str, optional
        Classified at once.

    Raises
    ------
    tk.TclError
        If there is no display.
    """

    def __init__(self, *, folder: Path | None, text: str | None = None) -> None:
        self.root = root = tk.Tk(className="Music-genre-classifier")
        root.withdraw()
        root.title(NAME)
        root.report_callback_exception = self._bug  # type: ignore[method-assign]
        self.history = History(folder)
        setting = self.history.setting
        self.theme_choice = setting("theme", "system")
        self.model = setting("model", "genres")
        self.volume = min(max(setting("volume", 0.8), 0.0), 1.0)
        self.scale_choice = setting("scale", 0.0)
        theme = self.theme_choice if self.theme_choice in ("light", "dark") else system_theme()
        scale = self.scale_choice if self.scale_choice in SCALES else screen_scale(root)
        self.look = Look(root, theme=theme, scale=scale)
        self.worker = Worker(model=self.model, log=self.history.log_path())
        self.rows: dict[str, Row] = {}
        self.jobs: dict[int, str] = {}
        self.models: list[str] = []
        self.genres: list[str] = []
        self.shown: str | None = None
        self.sound_problem: str | None = "the sound device is not known yet"
        self.playing: str | None = None
        self._pictures: dict[str, Picture] = {}
        self._after: str | None = None
        self._stop_signal = False
        self._said = 0.0
        self._bad = False
        self._trouble: str | None = None  # with the history since the last sum
        self._tidied = time.monotonic()
        self._finished: list[str] = []  # verdicts since the queue was empty
        self._coming: deque[Input] = deque()  # not queued yet, and listed nowhere
        self.closed = False
        self.menu_variables: tuple[tk.Variable, ...] = ()
        self._build()
        build_menu(self)
        self._bind()
        self._fill_list("")
        self._place()
        root.deiconify()
        self.entry.focus_force()
        self._kept()
        root.after_idle(lambda: root.after(1, self._begin, text))

    # ---- what is on the screen

    def _build(self) -> None:
        """Make the widgets."""
        look, root = self.look, self.root
        px = look.px
        self.outer = outer = ttk.Frame(root, padding=px(10))
        outer.pack(fill="both", expand=True)
        outer.columnconfigure(1, weight=1)
        outer.rowconfigure(1, weight=1)
        top = ttk.Frame(outer)
        top.grid(row=0, column=0, columnspan=2, sticky="ew", pady=(0, px(8)))
        top.columnconfigure(0, weight=1)
        self.entry = HintEntry(top, look, hint="A title, a YouTube link, or the path of a file")
        self.go = ttk.Button(top, text="Classify", underline=3, style="Accent.TButton", command=self.submit_entry)
        self.open = ttk.Button(top, text="Open…", underline=0, command=self.open_files)
        label = ttk.Label(top, text="Model", underline=2, style="Body.TLabel")
        self.model_box = ttk.Combobox(top, state="readonly", width=11, values=[self.model], font=look.fonts["body"])
        self.model_box.set(Path(self.model).name)
        self.card = ttk.Button(top, text="Card", underline=1, command=self.show_card)
        for column, widget in enumerate((self.entry, self.go, self.open, label, self.model_box, self.card)):
            widget.grid(row=0, column=column, sticky="ew", padx=(0 if column == 0 else px(8), 0))
        self.list = AnswerList(
            outer, look, search=self._fill_list, select=self._selected, remove=self.remove, compare=self.compare,
            menu=lambda x, y: row_menu(self).tk_popup(x, y),
        )  # fmt: skip
        self.list.grid(row=1, column=0, sticky="nsew", padx=(0, px(12)))
        pages = ttk.Frame(outer)
        pages.grid(row=1, column=1, sticky="nsew")
        pages.columnconfigure(0, weight=1)
        pages.rowconfigure(0, weight=1)
        actions: dict[str, Any] = {
            "draw": self.draw, "seek": self.listen_from, "listen": self.listen, "copy": self.copy,
            "export": self.export, "similar": self.similar, "wrong": self.correct, "again": self.again,
            "volume": self._set_volume,
        }  # fmt: skip
        self.pages: dict[str, Any] = {
            "welcome": Welcome(pages, look, open_files=self.open_files, open_folder=self.open_folder),
            "working": Working(pages, look, cancel=self.cancel_shown),
            "pick": Pick(pages, look, pick=self._picked, cancel=self.cancel_shown),
            "answer": AnswerView(pages, look, actions, volume=self.volume),
        }
        for page in self.pages.values():
            page.grid(row=0, column=0, sticky="nsew")
            page.grid_remove()
        self.answer: AnswerView = self.pages["answer"]
        self._page("welcome")
        bottom = ttk.Frame(outer)
        bottom.grid(row=2, column=0, columnspan=2, sticky="ew", pady=(px(8), 0))
        bottom.columnconfigure(0, weight=1)
        self.status = FitLabel(bottom, use=look.fonts["body"])
        self.status.grid(row=0, column=0, sticky="ew")
        self.progress = ttk.Progressbar(bottom, length=px(160), maximum=1.0)
        self.progress.grid(row=0, column=1, padx=px(8))
        self.cancel_button = ttk.Button(bottom, text="Cancel", underline=2, command=self.cancel)
        self.cancel_button.grid(row=0, column=2)
        look.keep_spaces(outer)
        look.listen(self._paint_status)
        self._show_busy()

    def _page(self, name: str) -> None:
        """Show one of the pages; a keyboard in another one, which is seen no more, goes to the box."""
        focus = self._focus() or self.root.tk.call("focus", "-lastfor", ".")  # what has it when the user comes back
        for other, page in self.pages.items():
            if other != name and page.winfo_manager():
                page.grid_remove()
                if f"{focus}.".startswith(f"{page}."):
                    self.entry.focus_set()
        if name != "working":
            self.pages["working"].rest()
        self.pages[name].grid()

    def _focus(self) -> str:
        """Return the path of the widget with the keyboard, "" if another program has it."""
        return str(self.root.tk.call("focus"))  # focus_get does not know the list of an open combobox

    def _keyboard_is_free(self) -> bool:
        """Return whether a page may take the keyboard: not from a text, a list or a dialog in which somebody is."""
        focus = self._focus()
        if focus == str(self.entry):
            return not self.entry.get()
        outside = self.root.tk.call("winfo", "toplevel", focus or ".") != "."
        return not outside and focus not in (str(self.list.tree), str(self.list.words))

    def _place(self) -> None:
        """Give the window the size and place it had, if that is still on the screen."""
        root = self.root
        self.look.listen(lambda: root.after_idle(self._keep_in_screen))  # by then the menu bar has its new height
        root.update_idletasks()
        screen, least = self._screen(), self._least()
        root.minsize(*least)
        size = [min(max(self.look.px(first), small), whole) for first, small, whole in
                zip(FIRST_SIZE, least, screen, strict=True)]  # fmt: skip
        place = self.history.setting("place", [])
        geometry = f"{size[0]}x{size[1]}"
        if len(place) == 4 and all(isinstance(value, int) for value in place):
            width, height = (min(max(value, small), whole) for value, small, whole in
                             zip(place[:2], least, screen, strict=True))  # fmt: skip
            x, y = (min(max(value, 0), whole - 100) for value, whole in zip(place[2:], screen, strict=True))
            geometry = f"{width}x{height}+{x}+{y}"
        root.geometry(geometry)

    def _screen(self) -> tuple[int, int]:
        """Return the largest size that the screen has room for; X11 counts a window's menu bar beside its height."""
        call = self.root.tk.call
        bars = [path for path in self.root.tk.splitlist(call("winfo", "children", ".")) if "#" in str(path)]
        bar = call("winfo", "reqheight", bars[0]) if bars and call("tk", "windowingsystem") == "x11" else 0
        return self.root.winfo_screenwidth(), self.root.winfo_screenheight() - int(bar)

    def _keep_in_screen(self) -> None:
        """Ask for the smallest size at the scaling in use, and for no larger one than the screen's."""
        self.root.minsize(*self._least())
        width, height = self.root.winfo_width(), self.root.winfo_height()
        room = self._screen()
        if width > room[0] or height > room[1]:
            self.root.geometry(f"{min(width, room[0])}x{min(height, room[1])}")

    def _least(self) -> tuple[int, int]:
        """Return the smallest size in which everything fits at the scaling in use, or the screen's."""
        width, height = (min(self.look.px(small), whole) for small, whole in zip(SMALLEST, self._screen(), strict=True))
        return width, height

    def _bind(self) -> None:
        """Bind keys and mouse."""
        root = self.root
        if root.tk.call("tk", "windowingsystem") == "x11":  # where Tk takes Ctrl+A for the start of the line
            root.event_delete("<<LineStart>>", "<Control-a>")
            root.event_add("<<SelectAll>>", "<Control-a>")
        self.entry.bind("<Return>", lambda _: self.submit_entry())
        self.entry.bind("<KP_Enter>", lambda _: self.submit_entry())
        self.model_box.bind("<<ComboboxSelected>>", lambda _: self._model_chosen())
        keys = {
            "<Escape>": self.cancel, "<Control-o>": self.open_files, "<Control-O>": self.open_folder,
            "<Control-l>": self.focus_entry, "<Control-f>": self.focus_search, "<Control-p>": self.listen,
            "<Control-C>": self.copy, "<Control-e>": lambda: self.export(None), "<Control-d>": self.compare,
            "<Control-r>": self.again, "<Control-g>": self.similar, "<Control-q>": self.close, "<F1>": self.help,
            "<Control-plus>": lambda: self.zoom(1), "<Control-equal>": lambda: self.zoom(1),
            "<Control-minus>": lambda: self.zoom(-1),
            "<Alt-s>": self.submit_entry, "<Alt-o>": self.open_files, "<Alt-d>": lambda: self.model_box.focus_set(),
            "<Alt-i>": self.focus_search, "<Alt-l>": self.listen, "<Alt-c>": self.copy,
            "<Alt-x>": lambda: self.export(None), "<Alt-t>": self.correct, "<Alt-n>": self.cancel,
            "<Alt-p>": self.compare, "<Alt-r>": self.remove, "<Alt-a>": self.show_card,
        }  # fmt: skip
        for sequence, command in keys.items():
            root.bind(sequence, partial(self._key, do=command))
        for number in range(1, 8):
            root.bind(f"<Control-Key-{number}>", partial(self._key, do=partial(self._tab, number - 1)))
        root.bind_all("<<Paste>>", self._paste, add=True)
        root.bind_class("TEntry", "<<Paste>>", self._paste_in_entry)
        root.protocol("WM_DELETE_WINDOW", self.close)

    def _key(self, event: "tk.Event[Any]", do: Any) -> str | None:
        """Do what a key stands for, unless a dialog has the keyboard."""
        if event.widget.winfo_toplevel() is not self.root:
            return None
        do()
        return "break"

    def _tab(self, number: int) -> None:
        """Show one of the answer's tabs."""
        if self.answer.winfo_viewable() and str(self.answer.tabs.tab(number, "state")) == "normal":
            self.answer.tabs.select(number)

    # ---- a round of work

    def _begin(self, text: str | None) -> None:
        """Start the worker, now that the window is seen."""
        gc.disable()  # see `_tidy`
        gc.freeze()  # what is there now stays, and need not be looked through again
        self.worker.start()
        if text:
            self.submit([text])
        self._round()
        self.root.after(200, self._accept_drops)

    def _round(self) -> None:
        """Take messages for a few milliseconds, and come back."""
        self._after = None
        if self._stop_signal:
            self.close()
            return
        end = time.perf_counter() + BUDGET_S
        while time.perf_counter() < end:
            messages = self.worker.poll(1)
            if not messages:
                break
            try:
                self._handle(messages[0])
            except Exception:
                self._bug(*sys.exc_info())
        self._kept()
        self._tidy()
        self._after = self.root.after(POLL_MS, self._round)

    def _tidy(self) -> None:
        """Collect garbage in this thread only.

        A picture or variable that is found to be garbage in the worker's thread waits for this one, and this one
        would wait for what that thread has locked.
        """
        counts, limits = gc.get_count(), gc.get_threshold()
        if time.monotonic() - self._tidied > TIDY_S:
            gc.collect()
            self._tidied = time.monotonic()
        elif counts[0] > limits[0]:
            gc.collect(int(counts[1] > limits[1]))

    def _handle(self, message: Message) -> None:
        """Do what a message asks for."""
        data = message.data
        if message.job < 0 and message.kind != "bug":
            self._similar_says(message)
            return
        row = self.rows.get(self.jobs.get(message.job, ""))
        if message.kind == "picture":
            picture = self._pictures.get(data["slot"])
            if picture and not picture.winfo_exists():
                del self._pictures[data["slot"]]
            elif picture:
                picture.put(data["token"], message.blob, data["spans"], data["axes"])
        elif message.kind == "position":
            if data["token"] == self._played:  # and not a sound that was stopped for it
                self._heard(data["second"])
        elif message.kind == "ended":
            self._heard(None)
        elif message.kind == "thumbnail":
            self._thumbnail(data["of"], data["index"], message.blob)
        elif message.kind == "stage" and row:
            row.state = "working"
            row.stages[data["stage"]] = data["fraction"]
            self._show_row(row)
        elif message.kind == "title" and row and row.entry is None:
            row.title = data["title"]
            self._show_row(row)
        elif message.kind == "items" and row:
            self._several(row, data["items"])
        elif message.kind == "candidates" and row:
            row.state, row.candidates = "choosing", data["candidates"]
            self._show_row(row)
            self.say(f"Choose which video “{row.title}” is", title=row.title)
        elif message.kind == "answer" and row:
            self._answered(row, {name: data.get(name) for name in ("answer", "why", "colour")})
        elif message.kind == "spectra":
            self.history.prune_pictures()
        elif message.kind in ("crashed", "sentence") and row:
            self._failed(row, data["message"])
        elif message.kind == "bug":
            if row:
                self._failed(row, "a fault in the program; its details are in the log file")
            self._tell_bug(data["details"])
        else:
            self._engine_says(message)
        if message.kind in ("done", "cancelled", "stage", "broken"):
            self._show_busy()
            self._sum_up()

    def _engine_says(self, message: Message) -> None:
        """Take what concerns no job."""
        data = message.data
        if message.kind == "model":
            self._model_loaded(data)
        elif message.kind == "ready":
            self.sound_problem = data["sound"]
        elif message.kind == "models":
            self._models_found(data)
        elif message.kind == "card":
            CardDialog(self.root, self.look, name=data["model"], card=data["card"])
        elif message.kind == "exported":
            self.say(f"Saved {data['path']}")
        elif message.kind in ("sentence", "broken"):
            self.say(data["message"], bad=True)

    def say(self, text: str, *, bad: bool = False, title: str = "") -> None:
        """Show a sentence in the status line; a title in it is cut first where the line is too short."""
        self._said, self._bad = time.monotonic(), bad
        text = text[:1].upper() + text[1:]
        self._paint_status()
        self.status.show(clean_title(text, limit=400), cut=title)

    def _paint_status(self) -> None:
        """Use the theme's colours for the status line."""
        self.status.configure(foreground=self.look.colours.bad if self._bad else self.look.colours.text)

    def _kept(self) -> bool:
        """Return whether the history could be written and read since this was asked last, and say so if not."""
        problem, self.history.problem = self.history.problem, None
        if problem:
            self._trouble = problem
            self.say(problem, bad=True)
        return problem is None

    def _unsay(self) -> None:
        """Take away a sentence that was about something else."""
        if time.monotonic() - self._said > STALE_S and not self.worker.busy:
            self.say("")

    def _sum_up(self) -> None:
        """Say what a queue of several inputs has come to."""
        if self._coming or any(row.state in ("waiting", "working") for row in self.rows.values()):
            return  # the worker may be further than its messages that have been read
        self._kept()
        verdicts, self._finished = self._finished, []
        trouble, self._trouble = self._trouble, None
        if len(verdicts) > 1:
            counts = Counter(SUMMARY.get(verdict, verdict) for verdict in verdicts)
            parts = [f"{len(verdicts)} done: " + ", ".join(f"{count} {words}" for words, count in counts.items())]
            self.say("; ".join([*parts, trouble] if trouble else parts), bad=bool(trouble))

    def _show_busy(self) -> None:
        """Show below what is being done, how far it is and how much waits."""
        if not self.worker.busy and not self._coming:
            self.progress.grid_remove()
            self.cancel_button.state(["disabled"])
            return
        self.cancel_button.state(["!disabled"])
        self.progress.grid()
        row = next((row for row in self.rows.values() if row.state == "working"), None)
        if row and row.stages:
            stage, fraction = list(row.stages.items())[-1]
            waiting = self.worker.waiting + len(self._coming)
            more = f" ({waiting} waiting)" * bool(waiting)
            self.say(f"{STAGES.get(stage, 'Loading')}: {row.title}{more}", title=row.title)
            self.progress.configure(value=fraction)

    # ---- inputs

    def submit(self, texts: Names, *, titles: Sequence[str | None] | None = None) -> None:
        """Queue inputs; the first of them is shown."""
        self._take([(text, title, None) for text, title in zip(texts, titles or [None] * len(texts), strict=True)])

    def _take(self, inputs: Sequence[Input]) -> None:
        """Queue the first inputs, show the very first, and leave the others for when events have had their turn."""
        rows = [self._take_one(*one) for one in inputs[:SLICE]]
        if rows:
            self.list.go(rows[0].key)
            self._show(rows[0].key)
            self._show_busy()
        if len(inputs) > SLICE:
            if not self._coming:
                self.root.after(PAUSE_MS, self._take_more)
            self._coming.extend(inputs[SLICE:])

    def _take_more(self) -> None:
        """Queue some of the inputs that were left, and come back for the others."""
        end = time.perf_counter() + BUDGET_S / 2
        while self._coming and time.perf_counter() < end:
            self._take_one(*self._coming.popleft())
        if self._coming:
            self.root.after(PAUSE_MS, self._take_more)
        self._show_busy()
        self._sum_up()

    def _take_one(self, text: str, title: str | None, answer: dict[str, Any] | None) -> Row:
        """Queue one input; what failed already has its answer."""
        if answer is None:
            return self._queue(text, title)
        row = Row(uuid.uuid4().hex, "")
        self.rows[row.key] = row
        self._answered(row, {"answer": answer, "why": [], "colour": None})
        return row

    def _queue(self, text: str, title: str | None = None, *, key: str | None = None) -> Row:
        """Queue one input."""
        key = key or uuid.uuid4().hex
        online = text.lower().startswith(("http:", "https:", "www.", "youtu"))
        shown = clean_title(title or (text if online else _name(text)))
        row = Row(key, shown, online=online)
        self.rows[key] = row
        store = self.history.picture_path(key)
        row.job = self.worker.submit(text, title=title, key=key, store=str(store) if store else None)
        self.jobs[row.job] = key
        self._show_row(row)
        return row

    def _several(self, row: Row, items: list[dict[str, Any]]) -> None:
        """Queue what a folder or a playlist holds: first what has no answer yet, which is one where it failed."""
        self._forget(row)
        items = sorted(items, key=lambda item: bool(item["answer"]))
        self._take([(item["input"], item["title"], item["answer"] or None) for item in items])
        good = sum(not item["answer"] for item in items)
        if good:
            self.say(f"{good} files or videos queued")

    def _picked(self, index: int) -> None:
        """Classify the chosen search result."""
        row = self.rows.get(self.shown or "")
        if row and row.state == "choosing":
            chosen = row.candidates[index]
            self._queue(chosen["link"], chosen["title"], key=row.key)
            self._show_busy()

    # ---- sound, end

    def _heard(self, second: float | None) -> None:
        """Move the cursors; nothing is heard any more where there is no second."""
        if second is None:
            self.playing = None
            self.answer.playing(None)
        elif self.playing == self.shown:
            self.answer.playing(second)

    def _bug(self, *exception: Any) -> None:
        """Take a fault of the window."""
        self._tell_bug("".join(traceback.format_exception(*exception)))

    def _tell_bug(self, details: str) -> None:
        """Log a fault and show a dialog, one at a time."""
        self.history.log(details)
        open_already = any(isinstance(child, BugDialog) for child in self.root.winfo_children())
        if not self.closed and not open_already:
            path = self.history.log_path()
            BugDialog(self.root, self.look, details=details, log=str(path) if path else None)

    def run(self) -> None:
        """Show the window until it is closed."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(self, "_stop_signal", True))
        self.root.mainloop()

    def close(self) -> None:
        """End the worker, remember size and place, and close."""
        if self.closed:
            return
        self.closed = True
        with contextlib.suppress(tk.TclError):
            place = re.findall(r"-?\d+", self.root.geometry())  # winfo_y would count the menu bar on some systems
            self.history.remember(place=[int(number) for number in place], volume=self.volume)
            self.root.withdraw()
        self.worker.close()
        gc.unfreeze()
        gc.enable()
        self.history.close()
        with contextlib.suppress(tk.TclError):
            for identifier in self.root.tk.splitlist(self.root.tk.call("after", "info")):
                self.root.tk.call("after", "cancel", identifier)  # the widgets delete their own commands
        self.root.destroy()


def _name(text: str) -> str:
    """Return what an input is called before more is known of it: a file that is there by its name, else the text."""
    with contextlib.suppress(OSError, ValueError, RuntimeError):  # no possible name of a file
        path = Path(text).expanduser()
        if path.exists():
            return (path.name if path.is_dir() else path.stem) or text
    return text

"""The window: its widgets, what controls them, and a round of work.

Conventions
-----------
Only this thread touches widgets. Events of the worker are taken from its queue every 30 ms, and never for longer than
a few milliseconds at a time; each goes to the controller that names its class. User errors are a sentence in place;
faults of the program go to the log file and to a dialog whose details can be copied.
"""

import contextlib
import gc
import signal
import sys
import time
import tkinter as tk
from collections.abc import Callable
from pathlib import Path
from tkinter import ttk
from typing import Any

from musicgenre.engine.history import History
from musicgenre.engine.settings import SettingsStore
from musicgenre.engine.worker import Worker
from musicgenre.window.answer_page import AnswerActions, AnswerPage
from musicgenre.window.answers import Answers
from musicgenre.window.banner import Banner
from musicgenre.window.batch_page import BatchActions, BatchPage
from musicgenre.window.batches import Batches
from musicgenre.window.commands import Controllers, Menus, choices, command_table, help_keys
from musicgenre.window.context import Context
from musicgenre.window.corrections import Corrections
from musicgenre.window.dialogs import AboutDialog, HelpDialog
from musicgenre.window.editing import Editing
from musicgenre.window.exports import Exports
from musicgenre.window.faults import Faults
from musicgenre.window.file_dialogs import FileDialogs
from musicgenre.window.history_list import AnswerList, ListActions
from musicgenre.window.history_view import HistoryView, entries_of
from musicgenre.window.icons import program_icon
from musicgenre.window.inputs import Inputs, example
from musicgenre.window.jobs import Jobs
from musicgenre.window.listening import Listening
from musicgenre.window.page_stack import Keyboard, PageStack
from musicgenre.window.pages import Pick, Welcome, Working
from musicgenre.window.panes import Panes
from musicgenre.window.picture import Pictures
from musicgenre.window.placement import Placement
from musicgenre.window.preferences import Preferences, look_of
from musicgenre.window.similar import Similar
from musicgenre.window.songs import Songs
from musicgenre.window.status import StatusBar
from musicgenre.window.top_bar import TopActions, TopBar
from musicgenre.window.undo import Undo

NAME = "Music genre classifier"
POLL_MS = 30
SOON_MS = 12  # where events are left
BUDGET_S = 0.005  # of one round of events; what it changes is drawn after it, and all of it is late together
TIDY_S = 60.0  # between two thorough searches for garbage


class Window:
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
        self.history = History(folder)
        self.settings = SettingsStore(self.history)
        settings = self.settings.now
        self.look = look_of(root, settings)
        self.worker = Worker(model=settings.model, log=self.history.log_path())
        self.closed = False
        self._stop_signal = False
        self._tidied = time.monotonic()
        self.outer = ttk.Frame(root, padding=self.look.px(10))
        self._build(settings.model)
        self._control()
        self.menus = Menus(
            root, self.look, self.commands,
            choices(self.controllers, theme=settings.theme, scale=settings.scale),
        )  # fmt: skip
        if root.tk.call("tk", "windowingsystem") == "x11":  # where Tk takes Ctrl+A for the start of the line
            root.event_delete("<<LineStart>>", "<Control-a>")
            root.event_add("<<SelectAll>>", "<Control-a>")
        root.protocol("WM_DELETE_WINDOW", self.ask_and_close)
        self.answers.fill("")
        self._placement = Placement(root, self.look)
        self._placement.begin(settings.place)
        self.panes.begin(settings.list_width)
        root.deiconify()
        self.top.entry.focus_force()
        self.context.check_history()
        root.after_idle(lambda: root.after(1, self._begin, text))

    def _build(self, model: str) -> None:
        """Make the widgets; what they do is looked up when it is asked for."""
        look, outer = self.look, self.outer
        px = look.px
        outer.pack(fill="both", expand=True)
        outer.columnconfigure(0, weight=1)
        outer.rowconfigure(2, weight=1)
        actions = TopActions(
            submit=lambda: self.inputs.submit_entry(), open_files=lambda: self.inputs.open_files(),
            choose_model=lambda: self.preferences.model_chosen(), show_card=lambda: self.preferences.show_card(),
        )  # fmt: skip
        self.top = TopBar(outer, look, actions, model=model)
        self.top.grid(row=0, column=0, sticky="ew", pady=(0, px(8)))
        self.banner = Banner(outer, look)
        self.banner.grid(row=1, column=0, sticky="ew", pady=(0, px(8)))
        self.panes = Panes(outer, look)
        self.panes.grid(row=2, column=0, sticky="nsew")
        self.list = AnswerList(self.panes, look, ListActions(
            fill=lambda words: self.answers.fill(words), select=lambda keys: self.answers.select(keys),
            menu=lambda x, y: self.menus.row_menu(x, y, one=self.answers.one_is_selected(),
                                                  several=len(self.list.selected())),
            section=lambda section: self.view.section(section), parts=lambda: self.view.parts(),
            filter=lambda part: self.view.narrow(part),
            remove=lambda: self.answers.remove(), compare=lambda: self.answers.compare(),
            export=lambda: self.exports.save_list(),
        ), self.settings)  # fmt: skip
        self._build_pages()
        self.panes.hold(self.list, self._place)
        self.status = StatusBar(outer, look, cancel=lambda: self._cancel())
        self.status.grid(row=3, column=0, sticky="ew", pady=(px(8), 0))
        look.keep_spaces(outer)
        self.banner.grid_remove()
        self.status.show_rest()

    def _build_pages(self) -> None:
        """Make the pages beside the list."""
        look = self.look
        self._place = place = ttk.Frame(self.panes)
        place.columnconfigure(0, weight=1)
        place.rowconfigure(0, weight=1)

        def cancel() -> None:
            self.jobs.cancel_key(self.answers.shown)

        actions = AnswerActions(
            draw=lambda picture: self.pictures.draw(picture), seek=lambda second: self.listening.play_from(second),
            listen=lambda: self.listening.toggle(), set_volume=lambda volume: self.listening.set_volume(volume),
            copy=lambda: self.exports.copy(), export=lambda form: self.exports.save(form),
            again=lambda: self.answers.again(), correct=lambda: self.corrections.ask(),
            say_right=lambda genre: self.corrections.say_right(genre), take_back=lambda: self.corrections.take_back(),
            similar=lambda: self.similar.show(), open_song=lambda: self.songs.open(),
            show_folder=lambda: self.songs.show_folder(),
        )  # fmt: skip
        self.pages = PageStack(
            welcome=Welcome(place, look, open_files=lambda: self.inputs.open_files(),
                            open_folder=lambda: self.inputs.open_folder(), example=example(lambda: self.jobs)),
            batch=BatchPage(place, look, BatchActions(
                pause=lambda: self.jobs.pause(), stop=lambda: self.batches.stop(), go_on=lambda: self.batches.go_on(),
                export=lambda: self.batches.export(), close=lambda: self.answers.leave_batch(),
                choose=lambda part: self.batches.choose(part),
            )),
            working=Working(place, look, cancel=cancel),
            pick=Pick(place, look, pick=lambda index: self.jobs.pick(self.answers.shown, index), cancel=cancel),
            answer=AnswerPage(place, look, actions, volume=self.settings.now.volume),
            keyboard=Keyboard(self.root, self.top.entry, (self.list.tree, self.list.words)),
        )  # fmt: skip

    def _control(self) -> None:
        """Make the controllers, and the table of who takes which event."""
        self.context = context = Context(
            root=self.root, look=self.look, history=self.history, settings=self.settings, worker=self.worker,
            status=self.status, files=FileDialogs(self.root, self.settings),
        )  # fmt: skip
        page = self.pages.answer
        self.faults = Faults(context)
        self.root.report_callback_exception = self.faults.take  # type: ignore[method-assign]
        self.jobs = Jobs(context, report=self.faults.report)
        self.pictures = Pictures(self.worker, self.history, self.look)
        self.listening = Listening(context, page)
        self.view = HistoryView(context, self.jobs, self.list)
        self.undo = Undo(context)
        self.batches = Batches(
            context, jobs=self.jobs, view=self.view, page=self.pages.batch, banner=self.banner,
            export=lambda entries: self.exports.save_entries(entries),
        )  # fmt: skip
        self.answers = Answers(
            context, jobs=self.jobs, view=self.view, pages=self.pages, pictures=self.pictures,
            listening=self.listening, batches=self.batches, undo=self.undo,
        )  # fmt: skip
        self.editing = Editing(context)
        self.preferences = Preferences(context, self.top)
        self.inputs = Inputs(context, self.jobs, self.top)
        current = self.answers.current
        self.exports = Exports(context, page, current=current, selected=self.answers.selected,
                               listed=lambda: entries_of(self.history, self.list.songs()))  # fmt: skip
        self.corrections = Corrections(context, page, current=current, genres=lambda: self.preferences.genres,
                                       changed=self.view.write_again, undo=self.undo)  # fmt: skip
        self.songs = Songs(context, page, current=current)
        self.answers.opened = self.songs.ask
        self.similar = Similar(
            context, self.listening, current=current, show=self.answers.open,
            classify=lambda path: self.jobs.submit([path]), add_folder=self.inputs.open_folder,
        )  # fmt: skip
        self.controllers = Controllers(
            jobs=self.jobs, answers=self.answers, exports=self.exports, corrections=self.corrections,
            listening=self.listening, preferences=self.preferences, inputs=self.inputs, similar=self.similar,
            batches=self.batches, undo=self.undo, view=self.view, editing=self.editing,
            songs=self.songs,
            help=self.show_keys, about=self.show_about, close=self.ask_and_close,
        )  # fmt: skip
        self.commands = command_table(self.controllers)
        self.handlers: dict[type, Callable[[Any], None]] = {
            **self.jobs.handlers, **self.pictures.handlers, **self.listening.handlers, **self.preferences.handlers,
            **self.exports.handlers, **self.similar.handlers, **self.songs.handlers,
        }  # fmt: skip

    def _cancel(self) -> None:
        """Stop the one job, or ask whether to stop all of several."""
        if self.jobs.batch.is_several:
            self.batches.stop()
        else:
            self.jobs.cancel(self.answers.shown)

    def show_keys(self) -> None:
        """List the keys."""
        HelpDialog(self.root, self.look, keys=help_keys(self.commands))

    def show_about(self) -> None:
        """Show versions and licences."""
        AboutDialog(self.root, self.look)

    # ---- a round of work

    def _begin(self, text: str | None) -> None:
        """Start the worker, now that the window is seen."""
        gc.disable()  # see `_tidy`
        gc.freeze()  # what is there now stays, and need not be looked through again
        self.worker.start()
        self._icon = program_icon(self.root)  # one that nobody holds would be forgotten
        self.root.iconphoto(True, self._icon)
        if text:
            self.jobs.submit([text])
        self._round()
        self.batches.offer_left_over()
        hint = self.pages.welcome.hint
        self.root.after(200, lambda: self.inputs.accept_drops(self.outer, hint.show))

    def _round(self) -> None:
        """Take events for a few milliseconds, and come back."""
        if self._stop_signal:
            self.close()
            return
        end, pause = time.perf_counter() + BUDGET_S, SOON_MS
        while time.perf_counter() < end:
            events = self.worker.poll(1)
            if not events:
                pause = POLL_MS
                break
            try:
                self.handlers[type(events[0])](events[0])
            except Exception:
                self.faults.take(*sys.exc_info())
        self.context.check_history()
        self._tidy()
        self.root.after(pause, self._round)

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

    # ---- end

    def run(self) -> None:
        """Show the window until it is closed."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: setattr(self, "_stop_signal", True))
        self.root.mainloop()

    def ask_and_close(self) -> None:
        """Close; during work after a question."""
        self.batches.before_closing(self.close)

    def close(self) -> None:
        """End the worker, remember size and place, and close."""
        if self.closed:
            return
        self.closed = self.faults.silent = True
        with contextlib.suppress(tk.TclError):
            self.settings.change(place=self._placement.now(), volume=self.listening.volume,
                                 list_width=self.panes.now())  # fmt: skip
            self.root.withdraw()
        self.worker.close()
        gc.unfreeze()
        gc.enable()
        self.jobs.unfinished_store.close()
        self.history.prune_pictures(orphans=True)
        self.history.close()
        with contextlib.suppress(tk.TclError):
            for identifier in self.root.tk.splitlist(self.root.tk.call("after", "info")):
                self.root.tk.call("after", "cancel", identifier)  # the widgets delete their own commands
        self.root.destroy()

"""The window beside the answer: the welcome, a job at work, the list to pick a video from, the list of answers."""

import tkinter as tk
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from tkinter import ttk
from typing import Any

from functions_text import clean_title
from functions_window_look import FitLabel, HintEntry, Look, joined, shorten, turned

STAGES = {
    "search": "Search on YouTube", "playlist": "Read the playlist", "look up": "Look up the video",
    "download": "Download the sound", "decode": "Decode", "analyse": "Analyse",
}  # fmt: skip
SLICE = 20  # rows that are made before events have their turn again
PAUSE_MS = 5  # for them
WELCOME = (
    ("Which genre is it?", "title"),
    ("Type a title, paste a YouTube link, or open a file or a folder of music.", "body"),
    ("You can also drop files here. The sound is analysed on this computer.", "body"),
)


def clock(seconds: float) -> str:
    """Return a length as 3:05 or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


class Welcome(ttk.Frame):
    """What is seen before the first answer."""

    def __init__(
        self, parent: Any, look: Look, *, open_files: Callable[[], None], open_folder: Callable[[], None]
    ) -> None:
        super().__init__(parent)
        inner = ttk.Frame(self)
        self.columnconfigure(0, weight=1)
        self.rowconfigure(0, weight=42)
        self.rowconfigure(2, weight=58)
        inner.grid(row=1, column=0)
        for text, name in WELCOME:
            ttk.Label(inner, text=text, font=look.fonts[name], justify="center").pack(pady=look.px(4))
        bar = ttk.Frame(inner)
        bar.pack(pady=look.px(14))
        ttk.Button(bar, text="Open files…", command=open_files).pack(side="left", padx=look.px(4))
        ttk.Button(bar, text="Open folder…", command=open_folder).pack(side="left", padx=look.px(4))
        self.hint = ttk.Label(inner, style="Small.TLabel", text="F1 lists the keys")
        self.hint.pack()


class Working(ttk.Frame):
    """A job that waits or is being done: every stage with its bar, and Cancel."""

    def __init__(self, parent: Any, look: Look, *, cancel: Callable[[], None]) -> None:
        super().__init__(parent)
        self._look = look
        self.columnconfigure(0, weight=1)
        self.title = FitLabel(self, use=look.fonts["title"], lines=2)
        self.title.grid(row=0, column=0, sticky="ew", pady=(look.px(6), look.px(10)))
        self.state_label = ttk.Label(self, style="Body.TLabel")
        self.state_label.grid(row=1, column=0, sticky="w", pady=(0, look.px(10)))
        rows = ttk.Frame(self)
        rows.grid(row=2, column=0, sticky="ew")
        rows.columnconfigure(1, weight=1)
        self._rows: dict[str, tuple[ttk.Label, ttk.Progressbar, ttk.Label]] = {}
        for row, (stage, text) in enumerate(STAGES.items()):
            made = (ttk.Label(rows, text=text, style="Body.TLabel"), ttk.Progressbar(rows, maximum=1.0),
                    ttk.Label(rows, style="Body.TLabel", width=5, anchor="e"))  # fmt: skip
            for column, widget in enumerate(made):
                widget.grid(row=row, column=column, sticky="ew", padx=(0, look.px(10)), pady=look.px(5))
            self._rows[stage] = made
        self.cancel = ttk.Button(self, text="Cancel", command=cancel)
        self.cancel.grid(row=3, column=0, sticky="w", pady=look.px(14))

    def show(self, title: str, stages: dict[str, float], *, online: bool) -> None:
        """Show how far a job is; `stages` holds the fraction of each stage that has begun, the last one running."""
        self.title.show(title)
        begun = [stage for stage in stages if stage in STAGES]
        now = begun[-1] if begun else None
        self.state_label.configure(
            text=f"{STAGES[now]} …" if now else "Loading …" if stages else "Waiting for its turn"
        )
        plan: list[str] = [stage for stage in ("search", "playlist") if stage in stages]
        if not plan:
            plan = ["look up", "download"] * online + ["decode", "analyse"]
        for stage, (label, bar, number) in self._rows.items():
            if stage not in plan:
                for widget in (label, bar, number):
                    widget.grid_remove()
                continue
            for widget in (label, bar, number):
                widget.grid()
            over = now is not None and stage in plan and now in plan and plan.index(stage) < plan.index(now)
            fraction = 1.0 if over else stages.get(stage, 0.0)
            moving = stage == now and fraction == 0.0 and stage != "analyse"
            label.configure(style="Strong.TLabel" if stage == now else "Body.TLabel")
            if moving != (str(bar.cget("mode")) == "indeterminate"):
                bar.configure(mode="indeterminate" if moving else "determinate")
                bar.start(40) if moving else bar.stop()
            if not moving:
                bar.configure(value=fraction)
            number.configure(text=f"{fraction:.0%}" if fraction else "…" if moving else "")

    def rest(self) -> None:
        """Stop the animation: the page is no longer seen."""
        for _, bar, _ in self._rows.values():
            if str(bar.cget("mode")) == "indeterminate":
                bar.stop()
                bar.configure(mode="determinate")


class Pick(ttk.Frame):
    """What a search has found: one of it is chosen with a double click or Enter."""

    def __init__(self, parent: Any, look: Look, *, pick: Callable[[int], None], cancel: Callable[[], None]) -> None:
        super().__init__(parent)
        self._look = look
        self._images: dict[int, tk.PhotoImage] = {}
        self._candidates: list[dict[str, Any]] = []
        self.rowconfigure(1, weight=1)
        self.columnconfigure(0, weight=1)
        self.title = FitLabel(self, use=look.fonts["title"], lines=2)
        self.title.grid(row=0, column=0, columnspan=2, sticky="ew", pady=look.px(6))
        self.list = ttk.Treeview(self, columns=("length",), style="Pick.Treeview", selectmode="browse", height=5)
        self.list.heading("#0", text="Video", anchor="w")
        self.list.heading("length", text="Length", anchor="e")
        self.list.column("length", stretch=False, anchor="e")
        look.listen(self._paint)
        self._paint()
        self.list.grid(row=1, column=0, columnspan=2, sticky="nsew")
        self.list.bind("<Return>", lambda _: self._pick(pick))
        self.list.bind("<Double-Button-1>", lambda event: self._pick(pick, event.y))
        self.list.bind("<Configure>", lambda _: self.after_idle(self._write))
        bar = ttk.Frame(self)
        bar.grid(row=2, column=0, sticky="w", pady=look.px(8))
        self.choose = ttk.Button(bar, text="Classify this", style="Accent.TButton", command=lambda: self._pick(pick))
        self.choose.pack(side="left")
        ttk.Button(bar, text="Cancel", command=cancel).pack(side="left", padx=look.px(8))

    def show(self, words: str, candidates: list[dict[str, Any]], thumbnails: dict[int, bytes]) -> None:
        """Show the search results."""
        self.title.show(f"Which one is “{words}”?")
        self._candidates = candidates
        self._images = {
            index: tk.PhotoImage(master=self, data=data, format="PPM") for index, data in thumbnails.items()
        }
        self._blank = tk.PhotoImage(master=self, width=96, height=54)
        self._blank.put(self._look.colours.line, to=(0, 0, 96, 54))
        self.list.delete(*self.list.get_children())
        for index in range(len(candidates)):
            self.list.insert("", "end", iid=str(index))
        self._write()
        if candidates:
            self.list.selection_set("0")
            self.list.focus("0")

    def _paint(self) -> None:
        """Use the widths of the scaling."""
        self.list.column("length", width=self._look.px(80))

    def thumbnail(self, index: int, data: bytes) -> None:
        """Show a thumbnail that has arrived."""
        self._images[index] = tk.PhotoImage(master=self, data=data, format="PPM")
        self._write()

    def _write(self) -> None:
        """Write title and channel in two lines, cut to the width."""
        width = max(self.list.column("#0", "width") - self._look.px(40) - 96, 80)
        measure = self._look.fonts["body"].measure
        for index, candidate in enumerate(self._candidates):
            words = clean_title(candidate["title"]), clean_title(candidate["channel"]) or "unknown channel"
            title, channel = (turned(self, shorten(joined(self, text), width, measure)) for text in words)
            self.list.item(str(index), text=f"  {title}\n  {channel}", image=self._images.get(index, self._blank),
                           values=(clock(candidate["duration_s"]),))  # fmt: skip

    def _pick(self, pick: Callable[[int], None], y: int | None = None) -> None:
        """Choose the selected video, or with `y` the one that was clicked there."""
        chosen = self.list.selection()
        if chosen and (y is None or self.list.identify_row(y)):
            pick(int(chosen[0]))


class AnswerList(ttk.Frame):
    """All jobs and answers, newest first, with a box to search in them.

    Parameters
    ----------
    parent : widget
    look : Look
    search, select, remove, compare : callable
        Called with the words, with the selected keys, and without anything.
    menu : callable
        Called with the place on the screen where the menu of the selected rows is wanted.
    """

    def __init__(
        self, parent: Any, look: Look, *, search: Callable[[str], None], select: Callable[[tuple[str, ...]], None],
        remove: Callable[[], None], compare: Callable[[], None], menu: Callable[[int, int], None],
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._look, self._search, self._menu = look, search, menu
        self._later: str | None = None
        self._size = 0
        self._coming: Iterator[tuple[str, str, str, str]] = iter(())
        self._filling: str | None = None
        self._wanted: set[str] = set()
        self._place = ""
        self.rowconfigure(2, weight=1)
        self.columnconfigure(0, weight=1)
        ttk.Label(self, text="History", underline=1, style="Strong.TLabel").grid(row=0, column=0, sticky="w")
        self.words = HintEntry(self, look, hint="Search")
        self.words.grid(row=1, column=0, columnspan=2, sticky="ew", pady=look.px(4))
        self.words.bind("<KeyRelease>", lambda _: self._soon())
        self._edge = tk.Frame(self, padx=2, pady=2)  # the theme draws no focus around a tree
        self._edge.grid(row=2, column=0, sticky="nsew")
        self.tree = ttk.Treeview(self._edge, columns=("title", "answer"), show="", selectmode="extended")
        self.tree.column("answer", stretch=False, anchor="e")
        self.tree.pack(fill="both", expand=True)
        bar = ttk.Scrollbar(self, command=self.tree.yview)
        bar.grid(row=2, column=1, sticky="ns")
        self.tree.configure(yscrollcommand=bar.set)
        self._empty = tk.Label(self.tree, font=look.fonts["small"], borderwidth=0)
        self.tree.bind("<<TreeviewSelect>>", lambda _: self._count())
        self.tree.bind("<<TreeviewSelect>>", lambda _: select(self.tree.selection()), add=True)
        self.tree.bind("<FocusIn>", lambda _: self._entered())
        self.tree.bind("<FocusOut>", lambda _: self._paint_edge())
        self.tree.bind("<Home>", lambda _: self._go_to(0))
        self.tree.bind("<End>", lambda _: self._go_to(-1))
        self.tree.bind("<Delete>", lambda _: remove())
        self.tree.bind("<<SelectAll>>", lambda _: self.tree.selection_set(self.tree.get_children()))
        system = self.tk.call("tk", "windowingsystem")
        for event in ("<Button-2>", "<Control-Button-1>") if system == "aqua" else ("<Button-3>",):
            self.tree.bind(event, self._menu_at_pointer)
        for key in ("<Shift-F10>", *{"x11": ("<Menu>",), "win32": ("<App>",)}.get(system, ())):
            self.tree.bind(key, self._menu_at_focus)
        buttons = ttk.Frame(self)
        buttons.grid(row=3, column=0, columnspan=2, sticky="ew", pady=(look.px(6), 0))
        buttons.columnconfigure((0, 1), weight=1, uniform="half")
        self.compare = ttk.Button(buttons, text="Compare", underline=3, command=compare)
        self.compare.grid(row=0, column=0, sticky="ew", padx=(0, look.px(4)))
        self.remove = ttk.Button(buttons, text="Remove", underline=0, command=remove)
        self.remove.grid(row=0, column=1, sticky="ew")
        look.listen(self._paint)
        look.listen(lambda: search(self.words.get()))
        self._paint()

    def set(self, key: str, title: str, answer: str, kind: str, *, first: bool = False) -> None:
        """Write or change a row; `kind` is a verdict or a state."""
        if self.tree.exists(key):
            self.tree.item(key, values=(self._cut(title), answer), tags=(kind,))
        else:
            self.tree.insert("", 0 if first else "end", iid=key, values=(self._cut(title), answer), tags=(kind,))
            self._size += 1
            if self._size <= 2:  # more rows offer nothing more
                self._count()

    def drop(self, *keys: str) -> None:
        """Take rows away, if they are there."""
        there = [key for key in keys if self.tree.exists(key)]
        if there:
            self.tree.delete(*there)
            self._size -= len(there)
            self._keep_place()
            self._count()

    def _count(self) -> None:
        """Offer what can be done with so many rows, and say so where there are none."""
        self.compare.state(["!disabled" if self._size > 1 else "disabled"])
        self.remove.state(["!disabled" if self.tree.selection() else "disabled"])
        if self._size:
            self._empty.place_forget()
        else:
            self._empty.configure(text="Nothing found" if self.words.get().strip() else "Answers appear here")
            self._empty.place(relx=0.5, y=self._look.px(14), anchor="n")

    def _menu_at_pointer(self, event: "tk.Event[Any]") -> None:
        """Show the menu of the row under the pointer, or of the selected rows if it is one of them."""
        key = self.tree.identify_row(event.y)
        if key:
            if key not in self.tree.selection():
                self.go(key)
            self.tree.focus_set()
            self._menu(event.x_root, event.y_root)

    def _menu_at_focus(self, _: "tk.Event[Any]") -> str:
        """Show the menu of the selected rows below the one with the keyboard."""
        selected = self.tree.selection()
        if selected:
            focus = self.tree.focus()
            box = self.tree.bbox(focus if focus in selected else selected[0])
            below = box[1] + box[3] if box else 0  # a row out of sight has no box
            self._menu(self.tree.winfo_rootx() + self._look.px(20), self.tree.winfo_rooty() + below)
        return "break"  # F10 would go on to the menu bar

    def _cut(self, title: str) -> str:
        """Return a title as wide as its column."""
        width = self.tree.column("title", "width") - self._look.px(14)
        return turned(self, shorten(joined(self, title), width, self._look.fonts["body"].measure))

    def fill(self, rows: Iterable[tuple[str, str, str, str]]) -> None:
        """Show other rows: (key, title, answer, kind), and keep what is selected and still there.

        Some are shown at once, and the others when events have had their turn.
        """
        self._wanted, self._place = set(self.tree.selection()), self.tree.focus()
        self.tree.delete(*self.tree.get_children())
        self._size = 0
        self._coming = iter(rows)
        if self._filling:
            self.after_cancel(self._filling)
        self._fill_more()

    def _fill_more(self) -> None:
        """Show some of the rows that are left, and come back for the others."""
        rows = list(islice(self._coming, SLICE))
        for row in rows:
            self.set(*row)
        kept = [key for key, *_ in rows if key in self._wanted]
        if kept and self._wanted.issuperset(self.tree.selection()):  # nothing else was selected meanwhile
            self.tree.selection_add(kept)
        self._keep_place(self._place if any(key == self._place for key, *_ in rows) else "")
        self._filling = self.after(PAUSE_MS, self._fill_more) if len(rows) == SLICE else None
        self._count()

    def go(self, key: str) -> None:
        """Select one row and bring it into view."""
        if self.tree.exists(key):
            self.tree.selection_set(key)
            self.tree.focus(key)
            self.tree.see(key)

    def _keep_place(self, key: str = "") -> None:
        """Give the arrow keys a row to start from, `key` if it is there: without one they do nothing."""
        if key and self.tree.exists(key):
            self.tree.focus(key)
        elif not self.tree.focus():
            self.tree.focus(next(iter(self.tree.selection() or self.tree.get_children()), ""))

    def _entered(self) -> None:
        """Show that the keyboard is here, with a row selected."""
        self._paint_edge()
        self._keep_place()
        if self.tree.focus() and not self.tree.selection():
            self.go(self.tree.focus())

    def _go_to(self, index: int) -> None:
        """Select the first or the last row."""
        rows = self.tree.get_children()
        if rows:
            self.go(rows[index])

    def _paint_edge(self) -> None:
        """Draw the border of the list in the accent colour while it has the keyboard."""
        colours = self._look.colours
        self._edge.configure(background=colours.accent if self.tree.instate(["focus"]) else colours.background)

    def _soon(self) -> None:
        """Search when the typing pauses."""
        if self._later:
            self.after_cancel(self._later)
        self._later = self.after(150, lambda: self._search(self.words.get()))

    def _paint(self) -> None:
        """Use the theme's colours for the kinds of rows, and the widths of the scaling."""
        self.tree.column("title", width=self._look.px(150), minwidth=self._look.px(60))
        self.tree.column("answer", width=self._look.px(112), minwidth=self._look.px(60))
        self._paint_edge()
        colours = self._look.colours
        self._empty.configure(background=colours.field, foreground=colours.muted)
        for kind, colour in (("genre", colours.text), ("uncertain", colours.warm), ("error", colours.bad),
                             ("work", colours.accent), ("not_music", colours.muted), ("silent", colours.muted),
                             ("too_short", colours.muted), ("cancelled", colours.muted)):  # fmt: skip
            self.tree.tag_configure(kind, foreground=colour)

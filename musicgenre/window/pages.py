"""The pages beside that of an answer: the welcome, a job at work, the list to pick a video from."""

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from tkinter import ttk
from typing import Any

from musicgenre.sources.search_result import SearchResult
from musicgenre.text import clean_title, clock
from musicgenre.window.flow import Flow
from musicgenre.window.look import Look, change
from musicgenre.window.text_fit import FitLabel, cell
from musicgenre.window.wording import STAGES

WELCOME = (
    ("Which genre is it?", "title"),
    ("Type a title, paste a YouTube link, or open a file or a folder of music.", "body"),
    ("You can also drop files here. The sound is analysed on this computer.", "body"),
)


class Welcome(ttk.Frame):
    """What is seen before the first answer."""

    def __init__(
        self, parent: Any, look: Look, *, open_files: Callable[[], None], open_folder: Callable[[], object],
        example: Callable[[], None] | None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        inner = ttk.Frame(self)
        self.columnconfigure(0, weight=1)
        self.rowconfigure(0, weight=42)
        self.rowconfigure(2, weight=58)
        inner.grid(row=1, column=0, sticky="ew")
        for text, name in WELCOME:
            label = FitLabel(inner, use=look.fonts[name], lines=4, justify="center", anchor="center", sentence=True)
            label.pack(fill="x", pady=look.px(4))
            label.show(text)
        bar = Flow(inner, look, gap=8, centred=True)
        bar.pack(fill="x", pady=look.px(14))
        files = ttk.Button(bar, text="Open files…", command=open_files)
        folder = ttk.Button(bar, text="Open folder…", command=open_folder)
        self.example = ttk.Button(bar, text="Try an example", command=example or (lambda: None))
        bar.show(files, folder, *([self.example] if example else []))
        self.hint = FitLabel(inner, use=look.fonts["small"], lines=2, style="Small.TLabel", justify="center",
                             anchor="center", sentence=True)  # fmt: skip
        self.hint.pack(fill="x")
        self.hint.show("F1 lists the keyboard shortcuts")


@dataclass(frozen=True)
class StageRow:
    """A stage of a job: its name, its bar and its per cent."""

    label: ttk.Label
    bar: ttk.Progressbar
    number: ttk.Label

    @property
    def widgets(self) -> tuple[ttk.Label, ttk.Progressbar, ttk.Label]:
        """The widgets from left to right."""
        return self.label, self.bar, self.number

    def hide(self) -> None:
        """Take the row off the page."""
        for widget in self.widgets:
            widget.grid_remove()

    def show(self, fraction: float, *, now: bool, unknown: bool) -> None:
        """Show how far the stage is; the bar of one that is not known moves to and fro."""
        for widget in self.widgets:
            widget.grid()
        self.label.configure(style="Strong.TLabel" if now else "Body.TLabel")
        if unknown != (str(self.bar.cget("mode")) == "indeterminate"):
            self.bar.configure(mode="indeterminate" if unknown else "determinate")
            self.bar.start(40) if unknown else self.bar.stop()
        if not unknown:
            change(self.bar, value=fraction)
        change(self.number, text=f"{fraction:.0%}" if fraction else "…" if unknown else "")

    def rest(self) -> None:
        """Stop the bar."""
        if str(self.bar.cget("mode")) == "indeterminate":
            self.bar.stop()
            self.bar.configure(mode="determinate")


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
        self.rows: dict[str, StageRow] = {}
        for row, (stage, text) in enumerate(STAGES.items()):
            made = StageRow(
                ttk.Label(rows, text=text, style="Body.TLabel"), ttk.Progressbar(rows, maximum=1.0),
                ttk.Label(rows, style="Body.TLabel", width=5, anchor="e"),
            )  # fmt: skip
            for column, widget in enumerate(made.widgets):
                widget.grid(row=row, column=column, sticky="ew", padx=(0, look.px(10)), pady=look.px(5))
            self.rows[stage] = made
        self.cancel = ttk.Button(self, text="Cancel", command=cancel)
        self.cancel.grid(row=3, column=0, sticky="w", pady=look.px(14))

    def show(self, title: str, stages: Mapping[str, float], *, online: bool, stopped: bool = False) -> None:
        """Show how far a job is; `stages` holds the fraction of each stage that has begun, the last one running."""
        change(self.cancel, text="Go on" if stopped else "Cancel")
        self.title.show(title)
        begun = [stage for stage in stages if stage in STAGES]
        now = begun[-1] if begun else None
        waiting = "Stopped; “Go on” begins it again" if stopped else "Waiting for its turn"
        loading = "Loading …" if stages else waiting
        change(self.state_label, text=f"{STAGES[now]} …" if now else loading)
        plan: list[str] = [stage for stage in ("search", "playlist") if stage in stages]
        if not plan:
            plan = ["look up", "download"] * online + ["decode", "analyse"]
        for stage, row in self.rows.items():
            if stage not in plan:
                row.hide()
                continue
            over = now is not None and now in plan and plan.index(stage) < plan.index(now)
            fraction = 1.0 if over else stages.get(stage, 0.0)
            row.show(fraction, now=stage == now, unknown=stage == now and fraction == 0.0 and stage != "analyse")

    def rest(self) -> None:
        """Stop the animation: the page is no longer seen."""
        for row in self.rows.values():
            row.rest()


class Pick(ttk.Frame):
    """What a search has found: one of it is chosen with a double click or Enter."""

    def __init__(self, parent: Any, look: Look, *, pick: Callable[[int], None], cancel: Callable[[], None]) -> None:
        super().__init__(parent)
        self._look = look
        self._images: dict[int, tk.PhotoImage] = {}
        self._videos: Sequence[SearchResult] = ()
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

    def show(self, words: str, videos: Sequence[SearchResult], thumbnails: Mapping[int, bytes]) -> None:
        """Show the search results."""
        self.title.show(f"Which one is “{words}”?")
        self._videos = videos
        self._images = {
            index: tk.PhotoImage(master=self, data=data, format="PPM") for index, data in thumbnails.items()
        }
        self._blank = tk.PhotoImage(master=self, width=96, height=54)
        self._blank.put(self._look.colours.line, to=(0, 0, 96, 54))
        self.list.delete(*self.list.get_children())
        for index in range(len(videos)):
            self.list.insert("", "end", iid=str(index))
        self._write()
        if videos:
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
        for index, video in enumerate(self._videos):
            words = clean_title(video.title), clean_title(video.channel) or "unknown channel"
            title, channel = (cell(self, text, width, measure) for text in words)
            self.list.item(str(index), text=f"  {title}\n  {channel}", image=self._images.get(index, self._blank),
                           values=(clock(video.duration_s),))  # fmt: skip

    def _pick(self, pick: Callable[[int], None], y: int | None = None) -> None:
        """Choose the selected video, or with `y` the one that was clicked there."""
        chosen = self.list.selection()
        if chosen and (y is None or self.list.identify_row(y)):
            pick(int(chosen[0]))

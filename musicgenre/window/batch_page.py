"""The page of a batch: how far it is while it runs, and what it has come to, as bars that filter the list."""

import tkinter as tk
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from tkinter import ttk
from typing import Any

from musicgenre.window.batch import Part
from musicgenre.window.look import Look, change
from musicgenre.window.text_fit import FitLabel, cell

ROW = 26  # pixels of a bar with its name at 100 %
NAMES = 132  # of the names
NUMBERS = 60


@dataclass(frozen=True)
class BatchView:
    """What the page shows.

    Parameters
    ----------
    title : str
        Name of the folder or playlist.
    head, state, now : str
        "18 of 59"; how long it takes, or that it is paused; what is at work.
    fraction : float
    parts : sequence of Part
    running, paused : bool
    stopped : int
        How many can go on.
    chosen : Part, optional
        The part that the list shows.
    """

    title: str
    head: str
    state: str
    now: str
    fraction: float
    parts: Sequence[Part]
    running: bool
    paused: bool
    stopped: int
    chosen: Part | None = None


@dataclass(frozen=True)
class BatchActions:
    """What the page lets the user do.

    Parameters
    ----------
    pause, stop, go_on, export, close : callable
        Called without anything.
    choose : callable
        Called with a part, or None for all.
    """

    pause: Callable[[], None]
    stop: Callable[[], None]
    go_on: Callable[[], None]
    export: Callable[[], None]
    close: Callable[[], None]
    choose: Callable[[Part | None], None]


class BatchPage(ttk.Frame):
    """A batch.

    Parameters
    ----------
    parent : widget
    look : Look
    actions : BatchActions
    """

    def __init__(self, parent: Any, look: Look, actions: BatchActions) -> None:
        super().__init__(parent)
        self._look, self._do = look, actions
        self.view: BatchView | None = None
        self._drawn: tuple[Any, ...] = ()
        self.columnconfigure(0, weight=1)
        self.rowconfigure(6, weight=1)
        self.title = FitLabel(self, use=look.fonts["title"], lines=2)
        self.head = FitLabel(self, use=look.fonts["genre"])
        self.bar = ttk.Progressbar(self, maximum=1.0)
        self.state_label = FitLabel(self, use=look.fonts["body"])
        self.now = FitLabel(self, use=look.fonts["body"])
        for row, (widget, space) in enumerate(
            ((self.title, 2), (self.head, 2), (self.bar, 6), (self.state_label, 2), (self.now, 2))
        ):
            widget.grid(row=row, column=0, sticky="ew", padx=look.px(4), pady=look.px(space))
        buttons = ttk.Frame(self)
        buttons.grid(row=5, column=0, sticky="ew", padx=look.px(4), pady=look.px(8))
        self.pause = ttk.Button(buttons, text="Pause", underline=2, command=actions.pause)
        self.go_on = ttk.Button(buttons, text="Go on", style="Accent.TButton", command=actions.go_on)
        self.stop = ttk.Button(buttons, text="Stop all…", command=actions.stop)
        self.all = ttk.Button(buttons, text="Show all", command=lambda: actions.choose(None))
        self.export = ttk.Button(buttons, text="Export these…", command=actions.export)
        self.close = ttk.Button(buttons, text="Close", command=actions.close)
        self._row = (self.pause, self.go_on, self.stop, self.export, self.all, self.close)
        self._buttons: tuple[ttk.Button, ...] = ()
        self.parts = tk.Canvas(self, highlightthickness=2, borderwidth=0, takefocus=1, height=look.px(120), width=200)
        self.parts.grid(row=6, column=0, sticky="nsew")
        self.at = 0  # of the part with the keyboard
        for event, do in (
            ("<Configure>", self.draw), ("<FocusIn>", self.draw), ("<FocusOut>", self.draw),
            ("<Up>", lambda: self._move(-1)), ("<Down>", lambda: self._move(1)), ("<Return>", self._choose),
            ("<space>", self._choose), ("<Button-4>", lambda: self._scroll(-1)),
            ("<Button-5>", lambda: self._scroll(1)),
        ):  # fmt: skip
            self.parts.bind(event, lambda _, do=do: do())  # type: ignore[misc]
        self.parts.bind("<Button-1>", self._clicked)
        self.parts.bind("<MouseWheel>", lambda event: self._scroll(-1 if event.delta > 0 else 1))
        look.listen(self._paint)
        self._paint()

    def show(self, view: BatchView) -> None:
        """Show a batch as it is now."""
        self.view = view
        for label, text in (
            (self.title, view.title), (self.head, view.head), (self.state_label, view.state), (self.now, view.now)
        ):  # fmt: skip
            if label.whole != text:
                label.show(text)
        change(self.bar, value=view.fraction)  # nothing is taken away, or the buttons would move under the pointer
        change(self.pause, text="Go on" if view.paused else "Pause", underline=-1 if view.paused else 2)
        number = len(view.chosen.keys) if view.chosen else sum(len(part.keys) for part in view.parts)
        change(self.export, text=f"Export {number}…" if view.chosen else "Export all…")
        wanted = tuple(
            button for button, is_wanted in (
                (self.pause, view.running), (self.go_on, bool(view.stopped) and not view.running),
                (self.stop, view.running), (self.export, not view.running and bool(view.parts)),
                (self.all, view.chosen is not None), (self.close, True),
            ) if is_wanted
        )  # fmt: skip
        if wanted != self._buttons:
            self._buttons = wanted
            for button in self._row:
                button.pack_forget()
            for button in wanted:
                button.pack(side="left", padx=(0, self._look.px(6)))
        drawn = (tuple((part.name, len(part.keys), part.colour) for part in view.parts), view.chosen)
        if drawn != self._drawn:
            self._drawn = drawn
            self.draw()

    # ---- bars

    @property
    def view_height(self) -> int:
        """The height of a bar's row."""
        return max(self._look.px(ROW), self._look.fonts["body"].metrics("linespace") + self._look.px(6))

    def draw(self) -> None:
        """Draw the parts as bars with their numbers."""
        canvas, look, view = self.parts, self._look, self.view
        canvas.delete("all")
        if view is None or canvas.winfo_width() <= 1:
            return
        colours, use, px, height = look.colours, look.fonts["body"], look.px, self.view_height
        kinds = {"error": colours.bad, "uncertain": colours.warm, "mixed": colours.warm}
        largest = max((len(part.keys) for part in view.parts), default=1)
        left, right = px(NAMES + 8), canvas.winfo_width() - px(NUMBERS)
        total = sum(len(part.keys) for part in view.parts)
        for number, part in enumerate(view.parts):
            top = number * height
            chosen = view.chosen is not None and (part.name, part.kind) == (view.chosen.name, view.chosen.kind)
            has_keyboard = number == self.at and canvas.focus_get() is canvas
            if chosen or has_keyboard:
                canvas.create_rectangle(2, top + 1, canvas.winfo_width() - 3, top + height - 1, width=1,
                                        fill=colours.row if chosen else "",
                                        outline=colours.accent if has_keyboard else colours.row)  # fmt: skip
            name = cell(canvas, part.name, px(NAMES), use.measure)
            canvas.create_text(px(6), top + height / 2, text=name, anchor="w", font=use, fill=colours.text)
            end = left + max((right - left) * len(part.keys) / largest, 2)
            canvas.create_rectangle(left, top + px(6), end, top + height - px(6), width=0,
                                    fill=part.colour or kinds.get(part.kind, colours.muted))  # fmt: skip
            canvas.create_text(end + px(6), top + height / 2, text=str(len(part.keys)), anchor="w", font=use,
                               fill=colours.text)  # fmt: skip
        whole = len(view.parts) * height
        if total:
            canvas.create_text(px(6), whole + px(12), anchor="w", font=look.fonts["small"], fill=colours.muted,
                               text="Click a bar to see its songs in the list")  # fmt: skip
        canvas.configure(scrollregion=(0, 0, canvas.winfo_width(), max(whole + px(24), canvas.winfo_height())))

    def _clicked(self, event: "tk.Event[Any]") -> None:
        """Choose the part under the pointer."""
        self.parts.focus_set()
        place = int(self.parts.canvasy(event.y) // self.view_height)
        if self.view and 0 <= place < len(self.view.parts):
            self.at = place
            self._choose()

    def _move(self, step: int) -> None:
        """Go to the next part."""
        if self.view and self.view.parts:
            self.at = min(max(self.at + step, 0), len(self.view.parts) - 1)
            whole = max(len(self.view.parts) * self.view_height + self._look.px(24), 1)
            top, bottom = self.parts.canvasy(0), self.parts.canvasy(self.parts.winfo_height())
            if self.at * self.view_height < top or (self.at + 1) * self.view_height > bottom:
                self.parts.yview_moveto(self.at * self.view_height / whole)
            self.draw()

    def _choose(self) -> None:
        """Let the list show the part with the keyboard; once more shows all again."""
        if self.view and self.at < len(self.view.parts):
            part = self.view.parts[self.at]
            chosen = self.view.chosen
            again = chosen is not None and (chosen.name, chosen.kind) == (part.name, part.kind)
            self._do.choose(None if again else part)

    def _scroll(self, step: int) -> None:
        """Scroll the parts, where they are more than fit."""
        if self.view and len(self.view.parts) * self.view_height > self.parts.winfo_height():
            self.parts.yview_scroll(step, "units")

    def _paint(self) -> None:
        """Use the theme's colours."""
        colours = self._look.colours
        self.parts.configure(background=colours.background, highlightcolor=colours.accent,
                             highlightbackground=colours.background, cursor="hand2")  # fmt: skip
        for label in (self.state_label, self.now):
            label.configure(foreground=colours.muted)
        self.draw()

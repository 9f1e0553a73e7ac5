"""Frames that adapt to their room: rows that wrap, pages that scroll."""

import tkinter as tk
from tkinter import ttk
from typing import Any

from musicgenre.window.auto_scroll import AutoScrollbar
from musicgenre.window.look import Look, change


class Flow(ttk.Frame):
    """A row of widgets that goes on in the next line where its width ends.

    Parameters
    ----------
    parent : widget
    look : Look
    gap : int
        Between widgets and between lines, at 100 %.
    centred : bool
        Whether the lines stand in the middle.
    """

    def __init__(self, parent: Any, look: Look, *, gap: int = 6, centred: bool = False) -> None:
        super().__init__(parent, width=1, height=1)
        self._look, self._gap, self._centred = look, gap, centred
        self._shown: tuple[Any, ...] = ()
        self._later: str | None = None
        self.bind("<Configure>", lambda _: self._arrange())
        look.listen(self._soon)

    def show(self, *widgets: Any) -> None:
        """Show these children, in this order."""
        for widget in self._shown:
            if widget not in widgets and widget.winfo_exists():
                widget.place_forget()
        self._shown = widgets
        for widget in widgets:
            widget.lift()  # the order in which the keyboard goes through them
        self._soon()
        self._arrange()

    def _soon(self) -> None:
        """Arrange the widgets when they know their sizes."""
        if self._later is None and self.winfo_exists():
            self._later = self.after_idle(self._now)

    def _now(self) -> None:
        """Arrange the widgets."""
        self._later = None
        self._arrange()

    def _arrange(self) -> None:
        """Place the widgets line by line."""
        width, gap = max(self.winfo_width(), 1), self._look.px(self._gap)
        lines: list[list[Any]] = []
        right = 0
        for widget in self._shown:
            needed = widget.winfo_reqwidth()
            if not lines or (width > 1 and right + needed > width):
                lines.append([])
                right = 0
            lines[-1].append(widget)
            right += needed + gap
        y = 0
        for line in lines:
            height, x = max(widget.winfo_reqheight() for widget in line), 0
            if self._centred:
                x = max(width - sum(widget.winfo_reqwidth() for widget in line) - gap * (len(line) - 1), 0) // 2
            for widget in line:
                wide = min(widget.winfo_reqwidth(), width) if width > 1 else widget.winfo_reqwidth()
                tall = widget.winfo_reqheight()
                widget.place(x=x, y=y + (height - tall) // 2, width=wide, height=tall)
                x += wide + gap
            y += height + gap
        change(self, height=max(y - gap, 1))


class Scrolled(ttk.Frame):
    """A page as wide as its place, and as high as it needs or as its place is, whichever is more.

    Parameters
    ----------
    parent : widget
    look : Look

    Attributes
    ----------
    inner : ttk.Frame
        The page.
    """

    def __init__(self, parent: Any, look: Look) -> None:
        super().__init__(parent)
        self._look = look
        self.rowconfigure(0, weight=1)
        self.columnconfigure(0, weight=1)
        # Tk's grid does not lay out again what comes to ask for a single pixel, as when the scrollbar goes.
        self._canvas = tk.Canvas(self, highlightthickness=0, borderwidth=0, width=2, height=2, takefocus=0)
        self._canvas.grid(row=0, column=0, sticky="nsew")
        self.bar = AutoScrollbar(self, command=self._canvas.yview)
        self.bar.grid(row=0, column=1, sticky="ns")
        self.bar.grid_remove()
        self._canvas.configure(yscrollcommand=self.bar.set)
        self._sheet = ttk.Frame(self._canvas)  # its row is at least as high as the place: it asks for what is needed
        self._sheet.columnconfigure(0, weight=1)
        self._sheet.rowconfigure(0, weight=1)
        self._item = self._canvas.create_window(0, 0, window=self._sheet, anchor="nw")
        self._sheet.bind("<Configure>", lambda _: self._fit())
        self.inner = ttk.Frame(self._sheet)
        self.inner.grid(row=0, column=0, sticky="nsew")
        self._canvas.bind("<Configure>", lambda _: self._fit())
        top = self.winfo_toplevel()
        for event in ("<MouseWheel>", "<Button-4>", "<Button-5>"):
            top.bind(event, self._wheel, add=True)
        for event, pages in (("<Prior>", -1), ("<Next>", 1)):
            top.bind(event, lambda event, pages=pages: self._page(event, pages), add=True)  # type: ignore[misc]
        top.bind("<FocusIn>", self._follow, add=True)
        look.listen(self._paint)
        self._paint()

    def ask(self, width: int, height: int) -> None:
        """Ask for room; what is not given is scrolled."""
        self._canvas.configure(width=width, height=height)

    def to_top(self) -> None:
        """Show the beginning of the page."""
        self._canvas.yview_moveto(0.0)

    def _fit(self) -> None:
        """Give the page its width, and its place as its least height."""
        width, height = self._canvas.winfo_width(), self._canvas.winfo_height()
        self._sheet.rowconfigure(0, minsize=height)
        self._canvas.itemconfigure(self._item, width=width)
        self._canvas.configure(scrollregion=(0, 0, width, max(self._sheet.winfo_reqheight(), height)))

    def _is_inside(self, widget: Any) -> bool:
        """Whether a widget is part of the page."""
        return f"{widget}.".startswith(f"{self.inner}.")

    def _wheel(self, event: "tk.Event[Any]") -> None:
        """Scroll with the wheel, unless what is under the pointer scrolls itself."""
        widget = event.widget
        scrolls = not isinstance(widget, str) and widget.winfo_class() in ("Text", "Treeview", "TScale")
        if self.bar.winfo_ismapped() and self._is_inside(widget) and not scrolls:
            up = event.num == 4 or event.delta > 0
            self._canvas.yview_scroll(-1 if up else 1, "units")

    def _page(self, event: "tk.Event[Any]", pages: int) -> None:
        """Scroll by the keys Page Up and Page Down."""
        if self._is_inside(event.widget) and self.bar.winfo_ismapped():
            self._canvas.yview_scroll(pages, "pages")

    def _follow(self, event: "tk.Event[Any]") -> None:
        """Bring the widget into view that gets the keyboard."""
        widget = event.widget
        if isinstance(widget, str) or not self._is_inside(widget) or not self.bar.winfo_ismapped():
            return
        top = widget.winfo_rooty() - self.inner.winfo_rooty()
        bottom, whole = top + widget.winfo_height(), max(self.inner.winfo_height(), 1)
        low, high = (share * whole for share in self._canvas.yview())
        if top < low or widget.winfo_height() > high - low:
            self._canvas.yview_moveto(top / whole)
        elif bottom > high:
            self._canvas.yview_moveto((bottom - (high - low)) / whole)

    def _paint(self) -> None:
        """Use the theme's colours."""
        self._canvas.configure(background=self._look.colours.background, yscrollincrement=self._look.px(24))

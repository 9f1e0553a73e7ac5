"""The list and the pages side by side, with a divider that moves."""

import tkinter as tk
from typing import Any

from musicgenre.window.look import Look

USUAL = 380  # pixels of the list at 100 %
LEAST_LIST, LEAST_PAGE = 250, 500
SHARE = 0.36  # of a narrow window


class Panes(tk.PanedWindow):
    """Two panes.

    Parameters
    ----------
    parent : widget
    look : Look
    """

    def __init__(self, parent: Any, look: Look) -> None:
        super().__init__(parent, orient="horizontal", borderwidth=0, sashwidth=look.px(10), sashrelief="flat",
                         opaqueresize=True)  # fmt: skip
        self._look = look
        self._width = 0  # that the user has drawn, at 100 %
        self._scale = look.scale
        self.bind("<ButtonRelease-1>", lambda _: self.after_idle(self._drawn))
        self.bind("<Configure>", lambda _: self.after_idle(self._place))
        look.listen(self._paint)
        self._paint()

    def hold(self, left: Any, right: Any) -> None:
        """Take the two panes."""
        self.add(left, stretch="never", minsize=self._look.px(LEAST_LIST))
        self.add(right, stretch="always", minsize=self._look.px(LEAST_PAGE))

    def begin(self, width: int) -> None:
        """Use the width that the list had."""
        self._width = width if 100 <= width <= 2000 else 0
        self._place()

    def now(self) -> int:
        """Return the width that the user has drawn, at 100 %; 0 for the usual one."""
        return self._width

    def _place(self) -> None:
        """Put the divider where it belongs in a window of this width."""
        whole = self.winfo_width()
        if whole <= 1 or len(self.panes()) < 2:
            return
        px = self._look.px
        wanted = px(self._width) if self._width else min(px(USUAL), int(whole * SHARE))
        place = max(min(wanted, whole - px(LEAST_PAGE) - px(10)), px(LEAST_LIST))
        if abs(int(self.sash_coord(0)[0]) - place) > 1:
            self.sash_place(0, place, 1)

    def _drawn(self) -> None:
        """Remember where the user has put the divider."""
        self._width = round(int(self.sash_coord(0)[0]) / self._look.scale)

    def _paint(self) -> None:
        """Use the theme's colours and the scaling."""
        self.configure(background=self._look.colours.background, sashwidth=self._look.px(10))
        if len(self.panes()) == 2:
            for pane, least in zip(self.panes(), (LEAST_LIST, LEAST_PAGE), strict=True):
                self.paneconfigure(pane, minsize=self._look.px(least))
            self.after_idle(self._place)

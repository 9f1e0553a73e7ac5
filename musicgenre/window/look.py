"""How the window looks: light and dark, fonts and sizes at any scaling.

sv-ttk draws the widgets; where it is missing ttk's own theme `clam` gets the same colours.
"""

import contextlib
import os
import sys
import tkinter as tk
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tkinter import font, ttk
from typing import Any

SCALES = (1.0, 1.25, 1.5, 1.75, 2.0)
DRAWN = {  # elements that take the place of sv-ttk's pictures, and the themes of ttk's own that draw them
    "Treeview.field": "clam", "Treeheading.cell": "clam", "Treeitem.indicator": "clam",
    "Horizontal.Progressbar.trough": "default", "Horizontal.Progressbar.pbar": "default",
    "Vertical.Scrollbar.trough": "default", "Vertical.Scrollbar.thumb": "clam",
}  # fmt: skip
WIDTHS = 5000  # texts whose widths a font remembers
BASE_DPI = 96.0  # of a screen that is shown at 100 %


@dataclass(frozen=True)
class Colours:
    """What is drawn beside ttk's own widgets."""

    background: str
    raised: str
    field: str
    field_focus: str
    text: str
    muted: str
    line: str
    accent: str
    select: str
    select_text: str
    row: str
    good: str
    warm: str
    bad: str


# Background, text and accent are those of the pictures (plots.style.THEMES).
COLOURS = {
    "light": Colours("#fafafa", "#ffffff", "#fdfdfd", "#ffffff", "#1c1c1c", "#5c5c5c", "#d9d9d9", "#005fb8", "#005fb8",
                     "#ffffff", "#cfe3f7", "#0f6b2f", "#94420c", "#b3261e"),
    "dark": Colours("#1c1c1c", "#2a2a2a", "#292929", "#1c1c1c", "#fafafa", "#a8a8a8", "#3d3d3d", "#57c8ff", "#2f60d8",
                    "#ffffff", "#1d4b70", "#7bd88f", "#f2a35e", "#ff8a80"),
}  # fmt: skip


def system_theme() -> str:
    """Return "dark" where the system is known to be dark, else "light"; reads settings and starts no program."""
    with contextlib.suppress(Exception):  # whatever a strange system does, there is a theme
        if sys.platform == "win32":
            import winreg

            path = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
            with winreg.OpenKey(winreg.HKEY_CURRENT_USER, path) as key:  # type: ignore[attr-defined]
                return "light" if winreg.QueryValueEx(key, "AppsUseLightTheme")[0] else "dark"  # type: ignore[attr-defined]
        if sys.platform == "darwin":
            import plistlib

            with Path("~/Library/Preferences/.GlobalPreferences.plist").expanduser().open("rb") as settings:
                return "dark" if plistlib.load(settings).get("AppleInterfaceStyle") == "Dark" else "light"
        if os.environ.get("GTK_THEME", "").lower().endswith("dark"):
            return "dark"
        config = Path(os.environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser()
        for name in ("gtk-4.0/settings.ini", "gtk-3.0/settings.ini"):
            file = config / name
            if file.is_file():
                text = file.read_text(encoding="utf-8", errors="replace").lower().replace(" ", "")
                if "prefer-dark-theme=1" in text or "prefer-dark-theme=true" in text:
                    return "dark"
    return "light"


class MeasuredFont(font.Font):
    """A font that remembers how wide texts are: Tk waits for the X server at every tenth text it measures."""

    def __init__(self, root: tk.Misc, **options: Any) -> None:
        super().__init__(root, **options)
        self._widths: dict[str, int] = {}

    def measure(self, text: str, displayof: tk.Misc | None = None) -> int:
        """Return the width of a text in pixels."""
        if text not in self._widths:
            if len(self._widths) == WIDTHS:
                self._widths.clear()
            self._widths[text] = super().measure(text, displayof)
        return self._widths[text]

    def resize(self, size: int) -> None:
        """Use another size, in points, or in pixels if it is negative."""
        self._widths.clear()
        self.configure(size=size)


class Look:
    """Theme, scaling and fonts of one window.

    Parameters
    ----------
    root : tk.Tk
        The window.
    theme : str
        "light" or "dark".
    scale : float
        1.0 is 100 %.
    """

    def __init__(self, root: tk.Tk, *, theme: str, scale: float) -> None:
        self._root = root
        self.theme = theme
        self.scale = scale
        self._sizes = {name: abs(int(font.nametofont(name, root).actual("size"))) for name in font.names(root)}
        family = font.nametofont("TkDefaultFont", root).actual("family")
        self.fonts = {
            name: MeasuredFont(root, family=family, size=size, weight=weight)
            for name, size, weight in (
                ("body", 10, "normal"), ("strong", 10, "bold"), ("small", 9, "normal"), ("title", 13, "bold"),
                ("genre", 26, "bold"), ("number", 15, "normal"),
            )
        }  # fmt: skip
        self._base = {name: made.actual("size") for name, made in self.fonts.items()}
        self._listeners: list[Callable[[], object]] = []
        self.apply(theme=theme, scale=scale)

    @property
    def colours(self) -> Colours:
        """The colours of the theme in use."""
        return COLOURS[self.theme]

    def px(self, length: float) -> int:
        """Return a length in pixels at the scaling in use."""
        return round(length * self.scale)

    def listen(self, changed: Callable[[], object]) -> None:
        """Call `changed` after every change of theme or scaling."""
        self._listeners.append(changed)

    def keep_spaces(self, top: tk.Misc) -> None:
        """Let the paddings and lengths of all widgets below one, made at the present scaling, follow the scaling."""
        spaces: list[tuple[Any, str, dict[str, list[int]]]] = []

        def unscaled(value: Any) -> list[int]:
            parts = value if isinstance(value, tuple) else str(value).split()
            return [round(float(str(part)) / self.scale) for part in parts]

        def keep(widget: Any) -> None:
            manager = widget.winfo_manager()
            if manager in ("grid", "pack"):
                info = widget.grid_info() if manager == "grid" else widget.pack_info()
                spaces.append((widget, manager, {name: unscaled(info[name]) for name in ("padx", "pady")}))
            own = {"TScale": ("length",), "TProgressbar": ("length",), "TFrame": ("padding",), "Text": ("padx", "pady")}
            names = [name for name in own.get(widget.winfo_class(), ()) if str(widget.cget(name))]
            spaces.append((widget, "", {name: unscaled(widget.cget(name)) for name in names}))
            for child in widget.winfo_children():
                keep(child)

        def follow() -> None:
            for widget, manager, values in spaces:
                scaled = {name: tuple(self.px(part) for part in parts) for name, parts in values.items()}
                shown = widget.winfo_manager()
                if not manager:
                    widget.configure(**scaled)
                elif manager == "grid":
                    widget.grid_configure(**scaled)
                    if not shown:
                        widget.grid_remove()  # still out of sight, but with its new paddings
                elif shown:
                    widget.pack_configure(**scaled)

        keep(top)
        self.listen(follow)

    def apply(self, *, theme: str, scale: float) -> None:
        """Use a theme and a scaling."""
        self.theme, self.scale = theme, scale
        self._root.tk.call("tk", "scaling", 96 / 72)
        try:
            import sv_ttk

            sv_ttk.set_theme(theme, self._root)
            plain = False
        except Exception:  # not installed, or its files are missing: ttk's own theme has to do
            ttk.Style(self._root).theme_use("clam")
            plain = True
        self._scale_fonts()
        self._style(plain)
        for changed in self._listeners:
            changed()

    def _scale_fonts(self) -> None:
        """Give every named font its size at this scaling (in pixels, so that screens agree)."""
        for name in font.names(self._root):
            named = font.nametofont(name, self._root)
            base = self._sizes.setdefault(name, abs(int(named.actual("size"))))
            if name.startswith(("Tk", "SunValley")):
                if name.startswith("Tk") or "Body" in name or "Caption" in name:
                    base = 9 if "Caption" in name or "Small" in name else 10
                named.configure(size=-round(base * 96 / 72 * self.scale))
        for name, made in self.fonts.items():
            made.resize(-round(self._base[name] * 96 / 72 * self.scale))

    def _style(self, plain: bool) -> None:
        """Set what the theme leaves open."""
        style, colours = ttk.Style(self._root), self.colours
        if plain:
            style.configure(".", background=colours.background, foreground=colours.text, font=self.fonts["body"],
                            fieldbackground=colours.raised, bordercolor=colours.line, insertcolor=colours.text,
                            focuscolor=colours.accent, troughcolor=colours.line, arrowcolor=colours.text,
                            selectbackground=colours.select, selectforeground=colours.select_text)  # fmt: skip
            style.map(".", background=[("active", colours.line)], foreground=[("disabled", colours.muted)])
            style.map("TCombobox", fieldbackground=[("readonly", colours.raised)])
            style.map("TNotebook.Tab", background=[("selected", colours.raised), ("", colours.background)])
        self._style_drawn(style)
        style.configure("Small.TButton", font=self.fonts["small"], padding=(self.px(6), self.px(1)))
        style.configure("Small.TLabel", font=self.fonts["small"], foreground=colours.muted)
        style.configure("Toggle.TButton", font=self.fonts["small"], padding=(self.px(6), self.px(1)))
        style.map("Toggle.TButton", background=[("selected", colours.row)])
        style.configure("Strong.TLabel", font=self.fonts["strong"])
        style.configure("Title.TLabel", font=self.fonts["title"])
        style.configure("Body.TLabel", font=self.fonts["body"])
        style.configure("TNotebook.Tab", padding=(self.px(4 if plain else 0), self.px(2)))
        self._root.configure(background=colours.background)
        for option, value in (("background", colours.raised), ("foreground", colours.text),
                              ("activeBackground", colours.select), ("activeForeground", colours.select_text),
                              ("relief", "flat"), ("borderWidth", 0)):  # fmt: skip
            self._root.option_add(f"*Menu.{option}", value)
        for option, value in (("background", colours.raised), ("foreground", colours.text),
                              ("selectBackground", colours.select), ("selectForeground", colours.select_text),
                              ("font", "TkDefaultFont")):  # fmt: skip
            self._root.option_add(f"*TCombobox*Listbox.{option}", value)

    def _style_drawn(self, style: ttk.Style) -> None:
        """Let lists and progress bars, which are drawn again all the time, be of plain rectangles.

        sv-ttk lays them out with copies of small pictures, and Tk wakes the X server up for each: a row that was
        drawn again cost 100 of its messages, and 0.1 s at times when a machine is slow at that.
        """
        colours, line = self.colours, self.fonts["body"].metrics("linespace")
        for element, theme in DRAWN.items():
            if f"Drawn.{element}" not in style.element_names():  # of this theme
                style.element_create(f"Drawn.{element}", "from", theme, element)

        def drawn(layout: Any) -> Any:
            return [(f"Drawn.{name}" if name in DRAWN else name,
                     {key: drawn(value) if key == "children" else value for key, value in options.items()})
                    for name, options in layout]  # fmt: skip

        for name in ("Treeview", "Heading", "Item", "Horizontal.TProgressbar", "Vertical.TScrollbar"):
            style.layout(name, drawn(style.layout(name)))
        style.configure("Treeview", rowheight=line + self.px(9), font=self.fonts["body"],
                        background=colours.background, fieldbackground=colours.background, bordercolor=colours.line,
                        lightcolor=colours.background, darkcolor=colours.background)  # fmt: skip
        style.map("Treeview", background=[("selected", colours.row)], foreground=[("selected", colours.text)])
        style.configure("Pick.Treeview", rowheight=max(self.px(64), 2 * line + self.px(12)), font=self.fonts["body"])
        style.configure(
            "Item", indicatorsize=self.px(9), indicatormargins=(self.px(2), self.px(2), self.px(6), self.px(2))
        )
        style.configure("Vertical.TScrollbar", arrowsize=self.px(6), gripcount=0, troughcolor=colours.background,
                        troughborderwidth=0, troughrelief="flat", background=colours.muted, bordercolor=colours.muted,
                        lightcolor=colours.muted, darkcolor=colours.muted)  # fmt: skip
        style.configure("Heading", background=colours.raised, bordercolor=colours.line)
        style.map("Heading", background=[("active", colours.line)])
        style.configure("Horizontal.TProgressbar", thickness=self.px(5), background=colours.accent,
                        troughcolor=colours.line, borderwidth=0, troughborderwidth=0, pbarrelief="flat",
                        troughrelief="flat")  # fmt: skip

    def paint_menus(self, below: tk.Misc | str) -> None:
        """Give all menus below a widget the theme's colours, also the copies that Tk shows in place of a menu bar's."""
        colours, call = self.colours, self._root.tk.call
        options = {
            "background": colours.raised, "foreground": colours.text, "activebackground": colours.select,
            "activeforeground": colours.select_text, "disabledforeground": colours.muted,
            "selectcolor": colours.text, "relief": "flat", "borderwidth": 0, "font": "TkMenuFont",
        }  # fmt: skip
        for path in self._root.tk.splitlist(call("winfo", "children", str(below))):
            if call("winfo", "class", path) == "Menu":
                bar = str(call(path, "cget", "-type")) == "menubar" or str(path) == str(self._root.cget("menu"))
                call(path, "configure", *sum(((f"-{name}", value) for name, value in options.items()), ()),
                     *(("-background", colours.background) if bar else ("-activeborderwidth", self.px(4))))  # fmt: skip
            self.paint_menus(str(path))

    def paint_text(self, text: tk.Text) -> None:
        """Give a text widget the theme's colours."""
        colours = self.colours
        text.configure(background=colours.background, foreground=colours.text, insertbackground=colours.text,
                       selectbackground=colours.select, selectforeground=colours.select_text, relief="flat",
                       highlightthickness=1, highlightbackground=colours.background, highlightcolor=colours.accent,
                       font=self.fonts["body"], borderwidth=0)  # fmt: skip


def change(widget: Any, **options: Any) -> None:
    """Set those options of a widget that differ: ttk draws a widget again even where nothing has changed."""
    differing = {name: value for name, value in options.items() if str(widget.cget(name)) != str(value)}
    if differing:
        widget.configure(**differing)


class HintEntry(ttk.Entry):
    """An entry that says in grey what belongs there while it is empty; of several hints the first that fits."""

    def __init__(self, parent: Any, look: Look, *hints: str, hint: str = "") -> None:
        super().__init__(parent, font=look.fonts["body"])
        self._look = look
        self._hints = hints or (hint,)
        self._hint = tk.Label(self, font=look.fonts["body"], borderwidth=0, cursor="xterm", anchor="w")
        self._hint.bind("<Button-1>", lambda _: self.focus_set())
        for event in ("<FocusIn>", "<FocusOut>"):
            self.bind(event, lambda _: self.after_idle(self._paint), add=True)
        self.text = tk.StringVar(self)
        self.configure(textvariable=self.text)
        self.bind("<Configure>", lambda _: self._update(), add=True)
        self.text.trace_add("write", lambda *_: self._update())
        look.listen(self._paint)
        self._paint()
        self._update()

    def _update(self) -> None:
        """Show the hint in the empty entry."""
        if self.text.get():
            self._hint.place_forget()
        else:
            room = self.winfo_width() - 12 - self._look.px(8)
            measure = self._look.fonts["body"].measure
            fits = next((hint for hint in self._hints if measure(hint) <= room), self._hints[-1])
            self._hint.configure(text=fits)
            self._hint.place(x=12, rely=0.5, anchor="w")

    def _paint(self) -> None:
        """Use the theme's colours."""
        colours = self._look.colours
        background = colours.field_focus if self.instate(["focus"]) else colours.field
        self._hint.configure(background=background, foreground=colours.muted)


def screen_scale(root: tk.Tk) -> float:
    """Return the scaling that suits the screen, one of `SCALES`."""
    dots = root.winfo_fpixels("1i") / BASE_DPI
    return min(SCALES, key=lambda scale: abs(scale - dots)) if dots >= 1.2 else 1.0

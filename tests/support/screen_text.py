"""Whether all that a window says can be read: measured from its widgets, its canvases and the figures it shows."""

from itertools import combinations

from support.drawn_text import misplaced

WORDS = ("TLabel", "Label", "TButton", "TMenubutton", "TCombobox", "TRadiobutton", "TCheckbutton")
ROOM_IN_COMBOBOX = 24  # pixels at 100 % of its arrow


def shown(widget):
    """Yield the widgets below one that are on the screen, or would be if their page were scrolled there."""
    for child in widget.winfo_children():
        if child.winfo_toplevel() is not widget.winfo_toplevel() or not child.winfo_viewable():
            continue
        yield child
        yield from shown(child)


def box(widget):
    """Return left, top, right and bottom on the screen."""
    x, y = widget.winfo_rootx(), widget.winfo_rooty()
    return x, y, x + widget.winfo_width(), y + widget.winfo_height()


def words_of(widget):
    """Return the text of a widget, "" for none."""
    return str(widget.cget("text")) if widget.winfo_class() in WORDS and widget.winfo_class() != "TCombobox" else ""


def unreadable(top, look):
    """Return what cannot be read in a window, in words: texts that are cut, leave it, or overlap."""
    found = []
    texts = []
    left, _, right, _ = box(top)
    for widget in shown(top):
        kind, words = widget.winfo_class(), words_of(widget)
        if kind == "TCombobox":
            words, inner = widget.get(), widget.winfo_width() - look.px(ROOM_IN_COMBOBOX)
            if look.fonts["body"].measure(words) > inner:
                found.append(f"{words!r} is cut in its box")
        if kind == "TNotebook":
            found += cut_tabs(widget, look)
        if kind == "Treeview":
            found += cut_headings(widget, look)
        if kind == "Canvas":
            found += cut_canvas(widget)
        if not words.strip():
            continue
        x0, y0, x1, y1 = box(widget)
        if kind in ("TLabel", "Label"):  # one that is wider than its words overlaps nothing where they end
            spare = max(x1 - x0 - widget.winfo_reqwidth(), 0)
            centred = str(widget.cget("anchor")) == "center"
            x0, x1 = x0 + spare // 2 * centred, x1 - (spare // 2 if centred else spare)
        if widget.winfo_reqwidth() > x1 - x0 + 1 or widget.winfo_reqheight() > y1 - y0 + 1:
            found.append(f"{words!r} has {x1 - x0}x{y1 - y0} of {widget.winfo_reqwidth()}x{widget.winfo_reqheight()}")
        if x0 < left or x1 > right:
            found.append(f"{words!r} leaves the window")
        if getattr(widget, "is_cut", False):
            found.append(f"{widget.whole!r} is cut to {words!r}")
        texts.append((widget, words, (x0, y0, x1, y1)))
    for (one, words, a), (other, others, b) in combinations(texts, 2):
        related = str(other).startswith(f"{one}.") or str(one).startswith(f"{other}.")
        if not related and min(a[2], b[2]) - max(a[0], b[0]) > 1 and min(a[3], b[3]) - max(a[1], b[1]) > 1:
            found.append(f"{words!r} overlaps {others!r}")
    return found


def cut_tabs(tabs, look):
    """Return the tabs whose words have no room."""
    widths = {}
    for x in range(tabs.winfo_width()):
        index = str(tabs.tk.call(tabs, "identify", "tab", x, look.px(14)))
        if index:
            widths[int(index)] = widths.get(int(index), 0) + 1
    words = {index: str(tabs.tab(index, "text")) for index in range(tabs.index("end"))}
    return [f"the tab {text!r} is cut" for index, text in words.items()
            if widths.get(index, 0) < look.fonts["body"].measure(text)]  # fmt: skip


def cut_headings(tree, look):
    """Return the headings of a list that are wider than their columns."""
    columns = ["#0"] * ("tree" in str(tree.cget("show"))) + list(tree["displaycolumns"])
    if "headings" not in str(tree.cget("show")) or columns[-1:] == ["#all"]:
        return []
    return [f"the heading {words!r} is cut" for column in columns
            if (words := str(tree.heading(column, "text")))
            and look.fonts["body"].measure(words) > tree.column(column, "width")]  # fmt: skip


def cut_canvas(canvas):
    """Return the texts of a canvas that leave it."""
    found = []
    for item in canvas.find_all():
        if canvas.type(item) == "text" and canvas.itemcget(item, "text"):
            x0, y0, x1, y1 = canvas.bbox(item)
            if x0 < 0 or y0 < 0 or x1 > canvas.winfo_width() or y1 > canvas.winfo_height():
                found.append(f"{canvas.itemcget(item, 'text')!r} leaves its canvas")
    return found


def unreadable_pictures(window, pictures, spectra):
    """Return what cannot be read in the pictures that are shown: each figure is drawn once more in its size."""
    from musicgenre.plots import song as songs
    from musicgenre.plots.answer import prediction_bars
    from musicgenre.plots.timeline import genre_timeline

    found = []
    for picture in pictures:
        if not picture.winfo_viewable() or picture.entry is None:
            continue
        dpi = 100.0 * window.look.scale
        size = ((picture.winfo_width() - 4) / dpi, (picture.winfo_height() - 4) / dpi)
        name, theme = picture.name, window.look.theme
        if name == "prediction_bars":
            figure = prediction_bars(picture.entry.prediction, theme=theme, size=size, note=False)
        elif name == "genre_timeline":
            figure = genre_timeline(picture.entry.prediction, theme=theme, size=size)
        else:
            figure = getattr(songs, name)(spectra, theme=theme, size=size)
        found += [f"{name} {size[0]:.2f}x{size[1]:.2f} in: {words}" for words in misplaced(figure)]
    return found

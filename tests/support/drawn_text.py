"""Whether the texts of a figure are whole and apart."""

from typing import Any


def texts_of(figure: Any) -> list[Any]:
    """Return the texts of a figure that are drawn."""
    from matplotlib.text import Text

    return [
        text
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and (text.axes is None or text.axes.get_visible())
    ]


def misplaced(figure: Any) -> list[str]:
    """Return the texts of a figure that leave it, and the pairs that overlap, in words."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    width, height = canvas.get_width_height()
    renderer = canvas.get_renderer()
    boxes = []
    for text in texts_of(figure):
        box = text.get_window_extent(renderer)
        axis = text.axes
        if axis is not None and text in [*axis.get_xticklabels(), *axis.get_yticklabels()]:
            x, y = text.get_transform().transform(text.get_position())
            inside = axis.get_window_extent(renderer).padded(0.1)
            is_x = text in axis.get_xticklabels()
            if not (inside.x0 <= x <= inside.x1 if is_x else inside.y0 <= y <= inside.y1):
                continue  # matplotlib keeps labels of ticks beyond the limits, and draws none of them
        boxes.append((text.get_text(), box))
    found = [f"{words!r} leaves the picture" for words, box in boxes
             if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1]  # fmt: skip
    for i, (words, box) in enumerate(boxes):
        for other_words, other in boxes[i + 1 :]:
            across = min(box.x1, other.x1) - max(box.x0, other.x0)
            down = min(box.y1, other.y1) - max(box.y0, other.y0)
            if across > 1 and down > 2:  # a line's box has room for accents above capitals
                found.append(f"{words!r} overlaps {other_words!r}")
    return found

"""Pictures drawn here with smooth edges: Tk's own circles and lines have steps.

Conventions
-----------
A shape is a function from a row's height to the stretches that it covers there, all in pixels. Rows are sampled
`SAMPLES` times and their ends count by the share of the pixel that they cover, which is exact across and as good as
invisible down. Pictures are kept: the same shape in the same colours is drawn once.
"""

import itertools
import math
import struct
import tkinter as tk
import zlib
from collections.abc import Callable, Sequence
from functools import lru_cache

Stretches = Sequence[tuple[float, float]]
Shape = Callable[[float], Stretches]
SAMPLES = 5


def _rgb(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue of #rrggbb."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _coverage(shape: Shape, width: int, height: int) -> list[list[float]]:
    """Return how much of each pixel a shape covers, 0 to 1."""
    rows = []
    for row in range(height):
        edges, steps = [0.0] * (width + 1), [0] * (width + 2)  # of pixels in part, and where whole ones begin and end
        for sample in range(SAMPLES):
            for left, right in shape(row + (sample + 0.5) / SAMPLES):
                left, right = max(left, 0.0), min(right, float(width))
                if right <= left:
                    continue
                first, last = int(left), int(right)
                if first == last:
                    edges[first] += right - left
                    continue
                edges[first] += first + 1 - left
                edges[last] += right - last
                steps[first + 1] += 1
                steps[last] -= 1
        whole = itertools.accumulate(steps[:width])
        rows.append([(edge + full) / SAMPLES for edge, full in zip(edges, whole, strict=False)])
    return rows


def _png(size: int, *layers: tuple[Shape, str]) -> bytes:
    """Return shapes in their colours, one over the other and nothing around them, as a PNG picture."""
    pixels = [[bytes(4)] * size for _ in range(size)]
    for shape, colour in layers:
        ink = _rgb(colour)
        solid = bytes((*ink, 255))
        for line, shares in zip(pixels, _coverage(shape, size, size), strict=True):
            for x, share in enumerate(shares):
                if share > 0.999:
                    line[x] = solid
                elif share > 0.0:
                    line[x] = _mixed(ink, share, line[x])
    rows = b"".join(b"\0" + b"".join(line) for line in pixels)
    head = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    chunks = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
              for kind, data in parts)  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _mixed(ink: tuple[int, int, int], share: float, below: bytes) -> bytes:
    """Return a pixel that a colour covers in part."""
    rest = below[3] / 255 * (1 - share)
    whole = share + rest
    mixed = (round((i * share + p * rest) / whole) for i, p in zip(ink, below[:3], strict=True))
    return bytes((*mixed, round(255 * whole)))


def _disc(size: int, *, hole: float = 0.0) -> Shape:
    """Return a disc that fills a square, or a ring with a hole of a share of its radius."""
    radius = size / 2

    def shape(y: float) -> Stretches:
        down = y - radius
        half = math.sqrt(max(radius * radius - down * down, 0.0))
        inner = math.sqrt(max((hole * radius) ** 2 - down * down, 0.0))
        if not inner:
            return [(radius - half, radius + half)]
        return [(radius - half, radius - inner), (radius + inner, radius + half)]

    return shape


def _rounded(width: int, height: int, radius: float) -> Shape:
    """Return a rectangle with round corners."""

    def shape(y: float) -> Stretches:
        down = max(radius - y, y - (height - radius), 0.0)
        cut = radius - math.sqrt(max(radius * radius - down * down, 0.0))
        return [(cut, width - cut)]

    return shape


def _note(size: int) -> Shape:
    """Return a quaver: head, stem and flag."""
    unit = size / 16

    def shape(y: float) -> Stretches:
        v, found = y / unit, []
        if 9.0 < v < 13.4:  # the head, an ellipse
            half = 2.9 * math.sqrt(max(1 - ((v - 11.2) / 2.2) ** 2, 0.0))
            found.append((6.3 - half, 6.3 + half))
        if 2.6 < v < 11.2:
            found.append((max(8.1, found[0][1]) if found else 8.1, 9.3))
        if 2.6 < v < 7.4:  # the flag
            found.append((9.3, 9.3 + 2.6 * math.sin(min((v - 2.6) / 4.8, 1.0) * math.pi * 0.85)))
        return [(left * unit, right * unit) for left, right in found if right > left]

    return shape


def _play(size: int) -> Shape:
    """Return a triangle that points to the right."""
    return lambda y: [(0.22 * size, 0.22 * size + 0.66 * size * (1 - abs(y - size / 2) / (0.4 * size)))] \
        if abs(y - size / 2) < 0.4 * size else []  # fmt: skip


def _stop(size: int) -> Shape:
    """Return a square."""
    return lambda y: [(0.2 * size, 0.8 * size)] if 0.2 * size < y < 0.8 * size else []


def _speaker(size: int) -> Shape:
    """Return a loudspeaker with one wave."""

    def shape(y: float) -> Stretches:
        v = abs(y / size - 0.5)
        found: list[tuple[float, float]] = []
        if v < 0.36:
            found.append((0.1 if v < 0.16 else 0.3 + 0.75 * (v - 0.16), 0.5))
        if v < 0.28:
            outer = 0.5 + math.sqrt(max(0.36**2 - v * v, 0.0))
            inner = 0.5 + math.sqrt(max(0.27**2 - v * v, 0.0)) if v < 0.27 else 0.5
            found.append((max(inner, 0.62), outer))
        return [(left * size, right * size) for left, right in found if right > left]

    return shape


SHAPES: dict[str, Callable[[int], Shape]] = {
    "disc": _disc, "ring": lambda side: _disc(side, hole=0.88), "note": _note, "play": _play, "stop": _stop,
    "speaker": _speaker, "tile": lambda side: _rounded(side, side, side * 0.12),
}  # fmt: skip


@lru_cache(maxsize=128)
def _drawn(size: int, layers: tuple[tuple[str, str], ...]) -> bytes:
    """Return a picture of shapes by their names."""
    return _png(size, *((SHAPES[name](size), colour) for name, colour in layers))


def icon(master: tk.Misc, size: int, *layers: tuple[str, str]) -> tk.PhotoImage:
    """Return a picture of pairs of a shape of `SHAPES` and its colour, the lowest first."""
    return tk.PhotoImage(master=master, data=_drawn(size, layers), format="PNG")


def program_icon(master: tk.Misc, size: int = 48) -> tk.PhotoImage:
    """Return the program's icon: a white note in a blue disc."""
    return icon(master, size, ("disc", "#005fb8"), ("note", "#ffffff"))

"""Small round signs in a genre's colour, as smooth pictures: Tk's own ovals have steps.

They are opaque: for transparency Tk would ask the X server what is behind each dot of each row, and wait for the reply.
"""

import struct
import tkinter as tk
import zlib
from base64 import b64encode

SAMPLES = 4  # in each direction of a pixel


def dot_png(size: int, colour: str, *, ground: str, hollow: bool) -> bytes:
    """Return a dot of `size` pixels on a ground of another colour as PNG; a hollow one is a ring."""
    front, back = ([int(of[i : i + 2], 16) for i in (1, 3, 5)] for of in (colour, ground))
    centre, outer = size / 2, size / 2 - 0.5
    inner = outer * 0.62 if hollow else 0.0
    places = [(i + 0.5) / SAMPLES for i in range(SAMPLES)]
    lines = bytearray()
    for y in range(size):
        lines.append(0)
        for x in range(size):
            distances = [((x + dx - centre) ** 2 + (y + dy - centre) ** 2) ** 0.5 for dx in places for dy in places]
            covered = sum(inner <= distance <= outer for distance in distances) / SAMPLES**2
            lines += bytes(round(b + (f - b) * covered) for f, b in zip(front, back, strict=True))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(lines))) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


class Dots:
    """The dots of one window, each made once.

    Parameters
    ----------
    root : widget
    """

    def __init__(self, root: tk.Misc) -> None:
        self._root = root
        self._made: dict[tuple[int, str, str, bool], tk.PhotoImage] = {}

    def of_row(
        self, size: int, colour: str, *, grounds: tuple[str, str], hollow: bool
    ) -> tuple[tk.PhotoImage, str, tk.PhotoImage]:
        """Return the image of a list's row: a dot on the first ground, on the second while the row is selected."""
        plain, selected = (self._get(size, colour, ground, hollow) for ground in grounds)
        return plain, "selected", selected

    def _get(self, size: int, colour: str, ground: str, hollow: bool) -> tk.PhotoImage:
        """Return a dot."""
        wanted = (size, colour, ground, hollow)
        if wanted not in self._made:
            data = b64encode(dot_png(size, colour, ground=ground, hollow=hollow))
            self._made[wanted] = tk.PhotoImage(master=self._root, data=data, format="PNG")
        return self._made[wanted]

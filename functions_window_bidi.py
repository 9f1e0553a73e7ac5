"""Right-to-left titles for Tk on X11, which draws every letter by itself and from left to right.

Letters of Arabic script take the form that they have between their neighbours, and runs that are read from the right
are turned round. A short form of the Unicode bidirectional algorithm (UAX 9): no nested embeddings, which
`functions_text` removes from titles anyway. On other systems Tk does all this itself.
"""

import unicodedata
from functools import cache

_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")
_PRESENTATION = ((0xFB50, 0xFDFF), (0xFE70, 0xFEFC))
_TATWEEL = "\u0640"
_ALEFS = ("\u0622", "\u0623", "\u0625", "\u0627")  # those that lam becomes one letter with


@cache
def _forms() -> dict[str, dict[str, str]]:
    """Return the forms of each letter by place (isolated, initial, medial, final), from Unicode's own table."""
    forms: dict[str, dict[str, str]] = {}
    for first, last in _PRESENTATION:
        for code in range(first, last + 1):
            place, *letters = unicodedata.decomposition(chr(code)).split()[:3] or [""]
            if place in ("<isolated>", "<initial>", "<medial>", "<final>") and "0020" not in letters:
                whole = "".join(chr(int(letter, 16)) for letter in letters)
                if len(whole) == 1 or (whole[0] == "\u0644" and whole[1:] in _ALEFS):
                    forms.setdefault(whole, {}).setdefault(place[1:-1], chr(code))
    return forms


def shaped(text: str) -> str:
    """Return text with every Arabic letter in the form that joins it to its neighbours."""
    forms = _forms()
    units: list[str] = []  # a letter, lam with alef, or anything else; marks stay with what they stand on
    for char in text:
        if units and units[-1] + char in forms:
            units[-1] += char
        else:
            units.append(char)

    def joins_on(unit: str) -> bool:
        return unit == _TATWEEL or "initial" in forms.get(unit, {})

    def joins_back(unit: str) -> bool:
        return unit == _TATWEEL or "final" in forms.get(unit, {})

    solid = [i for i, unit in enumerate(units) if unicodedata.category(unit[0]) != "Mn"]
    out = list(units)
    for n, i in enumerate(solid):
        before = n > 0 and joins_on(units[solid[n - 1]]) and joins_back(units[i])
        after = n + 1 < len(solid) and joins_on(units[i]) and joins_back(units[solid[n + 1]])
        place = ("medial" if after else "final") if before else "initial" if after else "isolated"
        out[i] = forms.get(units[i], {}).get(place, units[i])
    return "".join(out)


def _levels(text: str) -> list[int]:
    """Return how deep each character is turned: even from the left, odd from the right."""
    kinds = [unicodedata.bidirectional(char) for char in text]
    base = int(next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L")
    from_left = 2 * base  # the level of words that are read from the left
    edge = last = "LR"[base]
    levels: list[int] = []
    sides: list[str] = []  # "" for what has none of its own
    for kind in kinds:
        if kind in ("L", "R", "AL"):
            last = "L" if kind == "L" else "R"
            level, side = (from_left, "L") if kind == "L" else (1, "R")
        elif kind in ("EN", "AN"):  # digits are read from the left in every script
            level, side = (from_left, "L") if last == "L" else (2, "R")
        elif kind == "NSM" and levels:
            level, side = levels[-1], sides[-1]
        else:
            level, side = base, ""
        levels.append(level)
        sides.append(side)
    for i, side in enumerate(sides):
        if not side:
            before = next((other for other in reversed(sides[:i]) if other), edge)
            after = next((other for other in sides[i + 1 :] if other), edge)
            if before == after:
                levels[i] = 1 if before == "R" else from_left
    return levels


def visual(text: str) -> str:
    """Return one line as it is to be drawn from left to right; text without right-to-left letters stays as it is."""
    if not any(unicodedata.bidirectional(char) in ("R", "AL") for char in text):
        return text
    line = shaped(text)
    levels = _levels(line)
    chars = [char.translate(_MIRRORED) if level % 2 else char for char, level in zip(line, levels, strict=True)]
    for depth in range(max(levels), 0, -1):
        start = 0
        while start < len(chars):
            end = start
            while end < len(chars) and levels[end] >= depth:
                end += 1
            chars[start:end] = chars[start:end][::-1]
            levels[start:end] = levels[start:end][::-1]
            start = max(end, start + 1)
    return "".join(chars)

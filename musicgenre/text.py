"""Untrusted text (titles, tags, file names) made safe to show and to store.

A title is written by whoever uploaded the video or tagged the file. Shown as it is, it could move a terminal's
cursor, reverse the reading direction of the line around it, or be run by a spreadsheet as a formula.
"""

import json
import re
import unicodedata
from typing import Any

MAX_TITLE = 300  # characters of a title that are kept

MAX_NAME = 60  # characters of a genre's or a model's name

# Format characters that words are spelled with (Persian, Indic scripts, emoji); all others are dropped, among them
# the marks that change the order of the text around them.
_JOINERS = "\u200c\u200d"

# Terminal commands: CSI (ESC [ ... letter), strings (OSC, DCS, SOS, PM, APC, up to BEL or ST), then two-byte ones.
_ESCAPES = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?"
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?"
    "|\x1b[ -/]*[0-~]?"
)

# What spreadsheets take for the beginning of a formula, also as full-width characters (OWASP, "CSV injection")
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def clean_text(text: str, *, limit: int | None = None) -> str:
    """Return text on one line without control characters, terminal escapes, overrides and lone surrogates."""
    kept = []
    for char in _ESCAPES.sub("", text):
        category = unicodedata.category(char)
        if category in ("Zl", "Zp") or char in "\n\r\t\v\f\x85":
            kept.append(" ")
        elif category == "Cs":
            kept.append("\ufffd")
        elif category not in ("Cc", "Cf") or char in _JOINERS:
            kept.append(char)
    cleaned = "".join(kept)
    return cleaned if limit is None or len(cleaned) <= limit else cleaned[: limit - 1] + "\u2026"


def counted(number: int, word: str) -> str:
    """Return a number and a word, the word in the plural unless it is one."""
    return f"{number} {word}{'s' * (number != 1)}"


def clock(seconds: float) -> str:
    """Return a time or a length as 1:05 or 1:02:03, whole seconds that have passed."""
    whole = int(seconds + 1e-6)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def clean_title(text: object, *, limit: int = MAX_TITLE) -> str:
    """Return a title that is safe to show, with single spaces and of a length that fits; None gives ""."""
    words = clean_text("" if text is None else str(text)).split()
    return clean_text(" ".join(words), limit=limit)


def is_plain(text: str) -> bool:
    """Whether a name can be shown as it is, everywhere: some characters on one line, none that is dropped, not long."""
    return bool(text.strip()) and clean_text(text, limit=MAX_NAME) == text


def parse_json(text: str) -> Any:
    """Return the value of a JSON text; raise ValueError for what is none, or nests deeper than Python reads."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def csv_cell(text: str) -> str:
    """Return cleaned text that a spreadsheet does not take for a formula."""
    cleaned = clean_text(text)
    return "'" + cleaned if cleaned.lstrip().startswith(_FORMULA) else cleaned

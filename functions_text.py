"""Untrusted text (titles, tags, file names) made safe to show and to store."""

import unicodedata

# Marks that change the order of the text around them (bidirectional overrides and isolates).
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_text(text: str, *, limit: int | None = None) -> str:
    """Return text on one line without control characters, terminal escapes, overrides and lone surrogates."""
    kept = []
    for char in text:
        category = unicodedata.category(char)
        if char in "\n\r\t\v\f\u2028\u2029":
            kept.append(" ")
        elif category == "Cs":
            kept.append("\ufffd")
        elif category != "Cc" and char not in _BIDI:
            kept.append(char)
    cleaned = "".join(kept)
    return cleaned if limit is None or len(cleaned) <= limit else cleaned[: limit - 1] + "\u2026"


def csv_cell(text: str) -> str:
    """Return cleaned text that a spreadsheet does not take for a formula."""
    cleaned = clean_text(text)
    return "'" + cleaned if cleaned.lstrip()[:1] in ("=", "+", "-", "@") and cleaned else cleaned

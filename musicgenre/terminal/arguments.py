"""Read command lines, with a word of help for a mistyped option."""

import argparse
import re
from typing import Any

EXIT_USAGE = 2

DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"  # word processors make a long dash of two hyphens


class Parser(argparse.ArgumentParser):
    """An argument parser that answers a mistyped option with one line instead of the whole usage."""

    def __init__(self, description: str | None) -> None:
        super().__init__(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)

    def _parse_known_args(self, arg_strings: list[str], *args: Any, **kwargs: Any) -> Any:
        """Check the names of options before anything is made of their values."""
        for word in arg_strings:
            if word == "--":
                break
            if problem := self._mistyped(word):
                self.exit(EXIT_USAGE, f"error: {problem}\n")
        return super()._parse_known_args(arg_strings, *args, **kwargs)  # type: ignore[misc]

    def _mistyped(self, word: str) -> str | None:
        """Return a sentence about a word that is meant as an option and is none."""
        options = self._option_string_actions
        if len(word) < 2 or word[0] not in DASHES or " " in word or re.fullmatch(r"-\.?\d.*", word):
            return None  # a value, a title or a negative number
        name = word.partition("=")[0]
        bare = name.lstrip(DASHES).lower().replace("_", "-")
        if word[0] != "-" and f"--{bare}" not in options:
            return None  # a file whose name begins with a long dash
        if name in options or (name.startswith("--") and any(option.startswith(name) for option in options)):
            return None
        from difflib import get_close_matches  # only after a slip

        from musicgenre.text import clean_title

        known = {option.lstrip("-"): option for option in options}
        near = get_close_matches(bare, known, n=1, cutoff=0.7)
        advice = f"did you mean {known[near[0]]}?" if near else "--help lists the options"
        return f"unknown option {clean_title(name, limit=60)}; {advice}"

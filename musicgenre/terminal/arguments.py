"""Read command lines, with a word of help for a mistyped option."""

import argparse
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

EXIT_USAGE = 2

SQLITE = b"SQLite format 3\0"  # how libraries begin

PLOT_SUFFIXES = (".png", ".svg", ".pdf")

DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212"  # word processors make a long dash of two hyphens


def filled(text: str) -> str:
    """Return a value; an empty one, as of a variable that is not set, would mean something else."""
    if not text:
        raise argparse.ArgumentTypeError("the value is empty")
    return text


def path(text: str) -> Path:
    """Return a value as a path, without quotes around it."""
    from musicgenre.sources.links import given_path

    return given_path(filled(text))


def seconds(text: str) -> float:
    """Return a point in time or a length in seconds, written as in links: 90, 1:30 or 1m30s."""
    from musicgenre.sources.links import seconds as read

    try:
        return float(text)
    except ValueError:
        value = read(text)
    if value is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write it as 90, 1:30 or 1m30s")
    return value


def lost(name: str, target: Path, kept: Iterable[Path]) -> str | None:
    """Return why a file that an option names would destroy something, None if it would not.

    Parameters
    ----------
    name : str
        Of the option.
    target : Path
        What it would write.
    kept : iterable of Path
        Inputs and libraries; some may not exist.
    """
    from musicgenre.audio.endings import AUDIO_SUFFIXES

    if target.suffix.lower() in AUDIO_SUFFIXES:  # as in --csv *.mp3
        return f"{name} FILE would be the sound file {str(target)!r}; name a .csv or a picture"
    if target.is_file():
        with target.open("rb") as file:
            if file.read(len(SQLITE)) == SQLITE or any(target.samefile(other) for other in kept if other.exists()):
                return f"{name} {target} would replace an input or a library; choose another name"
    return None


class Parser(argparse.ArgumentParser):
    """An argument parser that answers a mistyped option with one line instead of the whole usage."""

    def __init__(self, description: str | None = None, **options: Any) -> None:
        options["formatter_class"] = argparse.RawDescriptionHelpFormatter
        super().__init__(description=description, **options)

    def _parse_known_args(self, arg_strings: list[str], *args: Any, **kwargs: Any) -> Any:
        """Check the names of options before anything is made of their values."""
        for word in arg_strings:
            if word == "--" or self._subparsers:  # each command checks its own
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

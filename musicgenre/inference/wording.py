"""Answers in words, the same in the terminal, in pictures and in the window.

One number for one thing: a share is written by `percent` everywhere, and what genres have together is the sum of the
numbers that stand beside them. Nothing heavy is imported here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from musicgenre.genres import display_name
from musicgenre.inference.prediction import Part, Prediction
from musicgenre.text import clean_text, clean_title, clock

MAX_NAME = 40  # characters of a genre's name; those of own models can be any
LEAST_SHARE = 0.0095  # as a percentage of two digits still 1.0
FEW_PARTS = 4  # of a mixed song: more are summed up
NOT_LIKE_MUSIC = ", not like music"  # not said again after a headline that says so
UNKNOWN_SOUND = "this is not like music"
NO_NAMES: Mapping[str, str] = {}


@dataclass(frozen=True)
class VerdictWords:
    """What a verdict is called.

    Parameters
    ----------
    title : str
        As a headline, where there is no genre to show.
    counted : str
        After a number, in the summary of several answers.
    """

    title: str
    counted: str


VERDICT_WORDS = {
    "genre": VerdictWords("Genre", "named"),
    "uncertain": VerdictWords("Not sure", "not sure"),
    "mixed": VerdictWords("Mixed", "mixed"),
    "not_music": VerdictWords("Not music", "not music"),
    "silent": VerdictWords("Silent", "silent"),
    "too_short": VerdictWords("Too short", "too short"),
    "error": VerdictWords("No answer", "failed"),
}
WITH_A_SET = "with a set of genres"  # of the answers that are not sure, those that say between which genres
IN_SUMMARY = ("named", WITH_A_SET, "mixed", "not sure", "not music", "silent", "too short", "failed")


def percent(share: float) -> str:
    """Return a share as a percentage: 91 %; never 0 or 100, as nothing is certain."""
    if share < LEAST_SHARE:
        return "under 1 %"
    return "over 99 %" if share > 1 - LEAST_SHARE else f"{100 * share:.0f} %"


def title_name(genre: str, names: Mapping[str, str] = NO_NAMES) -> str:
    """Return a genre's name as it stands alone: Jazz, Hip-Hop.

    Parameters
    ----------
    genre : str
        Its id.
    names : mapping
        Id -> name, of a model's card; it comes before the names that the program knows.
    """
    return clean_title(names.get(genre) or display_name(genre), limit=MAX_NAME)


def in_sentence(genre: str, names: Mapping[str, str] = NO_NAMES) -> str:
    """Return a genre's name as it stands in a sentence: jazz, but Hip-Hop and R&B."""
    name = title_name(genre, names)
    return name.lower() if name.isascii() and name.isalpha() and name.istitle() else name


def listed(genres: Sequence[str], word: str = "or", *, names: Mapping[str, str] = NO_NAMES) -> str:
    """Return genres as a few things are written in a sentence: blues, jazz or rock."""
    words = [in_sentence(genre, names) for genre in genres]
    return f"{', '.join(words[:-1])} {word} {words[-1]}" if len(words) > 1 else "".join(words)


def beginning(sentence: str) -> str:
    """Return a text with a capital first letter."""
    return sentence[:1].upper() + sentence[1:]


# ---- reasons


def other_sound_words(words: str | None) -> str:
    """Return what is said of a recording that is not music: what it sounds like, where that is known."""
    return f"it sounds like {words}{NOT_LIKE_MUSIC}" if words else UNKNOWN_SOUND


def set_words(likely: Sequence[str], probabilities: Mapping[str, float], names: Mapping[str, str] = NO_NAMES) -> str:
    """Return a set with what its genres have together: rock or metal (96 % together)."""
    return f"{listed(likely, names=names)} ({together(likely, probabilities)} together)"


def together(likely: Sequence[str], probabilities: Mapping[str, float]) -> str:
    """Return what the genres of a set have together: the sum of their probabilities as they are shown, at most 99 %."""
    return percent(sum(round(probabilities.get(genre, 0.0), 2) for genre in likely))


def closest_words(genre: str, confidence: float, names: Mapping[str, str] = NO_NAMES) -> str:
    """Return what is said where no genre and no set is likely enough."""
    return f"no genre fits well; {in_sentence(genre, names)} comes closest with {percent(confidence)}"


def doubtful_words(genre: str, names: Mapping[str, str] = NO_NAMES) -> str:
    """Return what is said of a recording that may not be music."""
    return f"this may not be music; if it is, then most likely {in_sentence(genre, names)}"


def parts_words(parts: Sequence[Part], names: Mapping[str, str] = NO_NAMES) -> str:
    """Return the parts of a mixed song: classical to 1:20, Hip-Hop to 2:40, then blues."""
    if len(parts) > FEW_PARTS:
        seconds: dict[str, float] = {}
        for part in parts:
            seconds[part.genre] = seconds.get(part.genre, 0.0) + part.end_s - part.start_s
        genres = sorted(seconds, key=lambda genre: -seconds[genre])
        return f"{listed(genres, 'and', names=names)} in {len(parts)} parts"
    *first, last = [in_sentence(part.genre, names) for part in parts]
    ends = [clock(part.end_s) for part in parts]
    return ", ".join([f"{name} to {end}" for name, end in zip(first, ends, strict=False)] + [f"then {last}"])


# ---- answers


def headline(prediction: Prediction, names: Mapping[str, str] = NO_NAMES) -> str:
    """Return the answer in a few words: Rock; Rock or metal; Not sure; Mixed; Not music.

    Of a set these are its genres; `sureness` is the number that belongs to them.
    """
    if prediction.verdict == "genre" and prediction.genre is not None:
        return title_name(prediction.genre, names)
    if has_set(prediction):
        return beginning(listed(prediction.likely or [], names=names))
    words = VERDICT_WORDS.get(prediction.verdict)
    return words.title if words else clean_title(prediction.verdict, limit=MAX_NAME)


def sureness(prediction: Prediction) -> str:
    """Return the number of an answer in words: 91 % sure; 96 % together; "" where there is none to believe."""
    if prediction.verdict == "genre" and prediction.confidence is not None:
        return f"{percent(prediction.confidence)} sure"
    if has_set(prediction):
        return f"{together(prediction.likely or [], prediction.probabilities or {})} together"
    return ""


def has_set(prediction: Prediction) -> bool:
    """Return whether an answer that is not sure says between which genres."""
    return prediction.verdict == "uncertain" and bool(prediction.likely) and prediction.probabilities is not None


def explanation(prediction: Prediction) -> str:
    """Return why the answer is what it is; "" where the headline says all, as of a genre and of a set."""
    if prediction.verdict == "genre" or has_set(prediction):
        return ""
    reason = clean_text(prediction.reason or (prediction.error.message if prediction.error else ""))
    if prediction.verdict == "not_music":
        return "" if reason == UNKNOWN_SOUND else reason.removesuffix(NOT_LIKE_MUSIC)
    return reason


def answer_line(prediction: Prediction, names: Mapping[str, str] = NO_NAMES) -> str:
    """Return an answer on one line.

    For instance: rock, 91 % sure; rock or metal (96 % together); mixed: blues to 0:20, then metal.
    """
    number, why = sureness(prediction), explanation(prediction)
    if has_set(prediction):
        return f"{listed(prediction.likely or [], names=names)} ({number})"
    if prediction.verdict == "genre" and prediction.genre is not None:
        return f"{in_sentence(prediction.genre, names)}, {number}"
    start = headline(prediction, names).lower()
    return f"{start}: {why}" if why else start


def heard_words(prediction: Prediction) -> str:
    """Return the strongest tags and the tempo: electronic, house, dance; 128 bpm. "" for what is not music."""
    if prediction.verdict == "not_music":
        return ""
    tags = ", ".join(clean_title(tag.name.replace("_", " "), limit=MAX_NAME) for tag in prediction.tags)
    tempo = f"{prediction.tempo_bpm:.0f} bpm" if prediction.tempo_bpm is not None else ""
    return "; ".join(words for words in (tags, tempo) if words)


def summary_group(prediction: Prediction) -> str:
    """Return where an answer counts in a summary: one of `IN_SUMMARY`."""
    if has_set(prediction):
        return WITH_A_SET
    words = VERDICT_WORDS.get(prediction.verdict)
    return words.counted if words else prediction.verdict


def summary_words(groups: Iterable[str]) -> str:
    """Return what several answers came to: 12 answers: 7 named, 3 with a set of genres, 1 not sure, 1 failed.

    Parameters
    ----------
    groups : iterable of str
        The `summary_group` of each answer.
    """
    counts = Counter(groups)
    total = counts.total()
    known = [group for group in IN_SUMMARY if counts[group]]
    parts = [f"{counts[group]} {group}" for group in [*known, *(counts.keys() - set(IN_SUMMARY))]]
    return f"{total} answer{'s' * (total != 1)}: {', '.join(parts) or 'nothing to classify'}"

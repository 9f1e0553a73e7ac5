"""What the window says of an answer, a batch, a stage of work and a model's card."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from musicgenre.engine.history import Entry
from musicgenre.engine.message_parts import CardFacts, ProtocolAccuracy
from musicgenre.genres import display_name
from musicgenre.inference import wording
from musicgenre.inference.prediction import Prediction
from musicgenre.inference.wording import beginning, explanation, has_set, percent, sureness, title_name, together
from musicgenre.text import clean_text, clean_title, clock, counted

REFUSED = ("not_music", "silent", "too_short", "error")  # verdicts without a genre
RUNNER_UP_FROM = 0.03  # probability from which another genre is offered as the right one
SYMBOLS = {
    "genre": "♪", "uncertain": "?", "mixed": "♫", "not_music": "×", "silent": "–", "too_short": "…", "error": "!",
}  # fmt: skip
PART_WORDS = {  # of the parts of a batch or a history
    **{verdict: words.title for verdict, words in wording.VERDICT_WORDS.items()}, "error": "Failed",
}  # fmt: skip
MODELS = {  # that come with the program
    "genres": "Songs of today", "gtzan10": "Ten classic genres", "librosa12": "The original’s 12 genres",
}  # fmt: skip
FAMILY_WORDS = {
    "musicnn": "what a pretrained network hears (50 words such as guitar, slow, female voice)",
    "musicnn_deep": "what a pretrained network hears, finer than its words", "mfcc": "the colour of the sound (MFCC)",
    "chroma": "the notes that are played (chroma)", "tempo": "the tempo", "zcr": "how noisy it is (zero crossings)",
    "rolloff": "brightness (rolloff)", "centroid": "brightness (centroid)",
}  # fmt: skip
PROTOCOL_WORDS = {
    "fault-filtered": "GTZAN without its faults, artists it never heard", "3-fold": "GTZAN, in three turns",
    "grouped CV": "all its excerpts in turns, artists it never heard",
    "random split (leaky, for comparison)": "mixed at random, the same artists in both parts (too good to be true)",
    "transfer": "real songs of today that nobody prepared",
    "with extra, by source": "real songs of today, when others of them are in the training",
}  # fmt: skip
STAGES = {
    "search": "Search on YouTube", "playlist": "Read the playlist", "look up": "Look up the video",
    "download": "Download the sound", "decode": "Decode", "analyse": "Analyse",
}  # fmt: skip


def headline(prediction: Prediction, corrected: str | None = None) -> str:
    """Return the answer in a few words; a correction is the answer."""
    return title_name(corrected) if corrected else wording.headline(prediction)


def promise(prediction: Prediction) -> str:
    """Return what the number beside the headline means."""
    if has_set(prediction):
        return (
            "No genre alone is likely enough to be named. Of 100 songs with such an answer, the right genre is one of "
            f"these for about {together(prediction.likely or [], prediction.probabilities or {}).removesuffix(' %')}."
        )
    if prediction.verdict == "genre" and prediction.confidence is not None:
        number = percent(prediction.confidence).removesuffix(" %")
        return f"Of 100 answers with this number, for songs like those it learned from, about {number} are right."
    return ""


def meaning(prediction: Prediction) -> str:
    """Return the reason of a verdict as a sentence; "" for a genre or a set, whose number says it."""
    reason = beginning(explanation(prediction))
    if prediction.verdict == "not_music" and not reason:
        return "It sounds like nothing that the program can name."
    return f"{reason}." if reason and not reason.endswith(".") else reason


def runners_up(prediction: Prediction, *, count: int = 3) -> list[tuple[str, float]]:
    """Return the genres that could be right instead, the most likely first, with their probabilities."""
    chances = prediction.probabilities or {}
    named = prediction.genre if prediction.verdict == "genre" else None
    heard = {part.genre for part in prediction.parts}  # of a mixed song: what it is said to be comes first
    ranked = sorted(chances, key=lambda genre: (genre not in heard, -chances[genre]))
    found = [
        (genre, chances[genre])
        for genre in ranked
        if genre != named and (genre in heard or chances[genre] >= RUNNER_UP_FROM)
    ]
    return [] if prediction.verdict in REFUSED else found[:count]


def short_answer(prediction: Prediction) -> str:
    """Return the answer for one line about it."""
    number = sureness(prediction)
    return f"{headline(prediction)}, {number}" if number else headline(prediction)


def listened(prediction: Prediction) -> str:
    """Return which parts of a recording were listened to."""
    parts = prediction.analysed
    if not parts:
        return ""
    whole = f" of {clock(prediction.duration_s)}" if prediction.duration_s else ""
    seconds = sum(part.end_s - part.start_s for part in parts)
    if len(parts) == 1 and prediction.duration_s and seconds > 0.97 * prediction.duration_s:
        return f"Listened to all of it, {clock(seconds)}."
    places = ", ".join(f"{clock(part.start_s)}–{clock(part.end_s)}" for part in parts)
    return f"Listened to {clock(seconds)}{whole}: {places}."


def as_text(entry: Entry) -> str:
    """Return an answer as lines to be pasted elsewhere."""
    prediction = entry.prediction
    said = " ".join(word for word in (headline(prediction), sureness(prediction)) if word)
    lines = [entry.title, f"{said}. {meaning(prediction)}".strip()]
    chances = sorted((prediction.probabilities or {}).items(), key=lambda pair: -pair[1])
    if chances:
        lines.append(", ".join(f"{title_name(genre)} {percent(chance)}" for genre, chance in chances))
    lines.append(clean_text(prediction.input))
    return "\n".join(lines)


def summary(verdicts: Sequence[str]) -> str:
    """Return what a batch of answers has come to."""
    known = wording.VERDICT_WORDS
    counts = Counter(known[verdict].counted if verdict in known else verdict for verdict in verdicts)
    ordered = sorted(counts, key=lambda words: wording.IN_SUMMARY.index(words) if words in wording.IN_SUMMARY else 99)
    return f"{len(verdicts)} done: " + ", ".join(f"{counts[words]} {words}" for words in ordered)


def found_words(count: int, words: str) -> str:
    """Return how many answers a search has found."""
    return f"{counted(count, 'result') if count else 'No results'} for “{clean_title(words, limit=60)}”"


def model_name(model: str) -> str:
    """Return what a model is called: its name without the folder."""
    return Path(model).name


def model_words(model: str, genres: Sequence[str] = ()) -> str:
    """Return what a model is for, in plain words; one that did not come with the program by its name."""
    words = MODELS.get(model)
    if words:
        return words
    return f"{model_name(model)} ({counted(len(genres), 'genre')})" if genres else model_name(model)


def card_lines(card: CardFacts) -> list[tuple[str, str]]:
    """Return what a model's card says as lines with the tag "strong" or ""."""
    lines: list[tuple[str, str]] = [(model_words(card.name), "strong"), (f"Its name in commands: {card.name}", "")]
    lines.append((f"{counted(len(card.genres), 'genre')}: {', '.join(map(display_name, card.genres))}", ""))
    listens = [FAMILY_WORDS.get(family, family) for family in card.families]
    lines.append((f"Listens to: {'; '.join(listens)}", ""))
    if card.clips is not None:
        lines.append((f"Learned from {counted(card.clips, 'song excerpt')}", ""))
    lines.append((f"Names one genre alone when it is {percent(card.uncertain_below)} sure or more", ""))
    for title, part in (
        ("How often it is right", [(_accuracy_line(one), "") for one in card.accuracies]),
        ("Good to know", [(f"• {note}", "") for note in card.warnings]),
    ):
        if part:
            lines += [(title, "strong"), *part]
    return lines


def _accuracy_line(found: ProtocolAccuracy) -> str:
    """Return how often a model is right by one protocol."""
    words = PROTOCOL_WORDS.get(found.protocol, found.protocol)
    return f"{found.accuracy:.0%} (between {found.low:.0%} and {found.high:.0%}): {words}"

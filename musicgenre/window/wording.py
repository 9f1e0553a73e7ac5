"""What the window says of an answer, a batch, a stage of work and a model's card."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from musicgenre.engine.history import Entry
from musicgenre.inference.prediction import Prediction
from musicgenre.text import clean_text, clean_title

HEADLINES = {
    "uncertain": "Perhaps {genre}", "not_music": "Not music", "silent": "Silence", "too_short": "Too short",
    "error": "No answer",
}  # fmt: skip
SYMBOLS = {"genre": "♪", "uncertain": "?", "not_music": "×", "silent": "–", "too_short": "…", "error": "!"}
SUMMARY = {
    "genre": "with a genre", "uncertain": "uncertain", "not_music": "not music", "silent": "silent",
    "too_short": "too short", "error": "without an answer",
}  # fmt: skip
STAGES = {
    "search": "Search on YouTube", "playlist": "Read the playlist", "look up": "Look up the video",
    "download": "Download the sound", "decode": "Decode", "analyse": "Analyse",
}  # fmt: skip


def headline(prediction: Prediction) -> str:
    """Return the verdict in a few words."""
    genre = clean_title(prediction.genre, limit=40)
    if prediction.verdict == "genre":
        return genre
    return HEADLINES.get(prediction.verdict, prediction.verdict).format(genre=genre)


def meaning(prediction: Prediction) -> str:
    """Return what the confidence means, or why there is none."""
    confidence, reason = prediction.confidence, clean_text(prediction.reason or "")
    reason = reason[:1].upper() + reason[1:]
    if prediction.verdict == "genre" and confidence is not None:
        promise = "of 100 answers given with this number for songs like the training clips, about"
        return f"{confidence:.0%} sure: {promise} {confidence * 100:.0f} are right."
    if prediction.verdict == "uncertain" and confidence is not None:
        return f"Only {confidence:.0%} sure. {reason}."
    return f"{reason}." if reason and not reason.endswith(".") else reason


def short_answer(prediction: Prediction) -> str:
    """Return the answer for one cell of a list."""
    if prediction.verdict in ("genre", "uncertain") and prediction.confidence is not None:
        doubt = "?" * (prediction.verdict == "uncertain")
        return f"{prediction.genre}{doubt} {prediction.confidence:.0%}"
    return headline(prediction).lower()


def as_text(entry: Entry) -> str:
    """Return an answer as lines to be pasted elsewhere."""
    prediction = entry.prediction
    lines = [entry.title, f"{headline(prediction)}. {meaning(prediction)}"]
    chances = sorted((prediction.probabilities or {}).items(), key=lambda pair: -pair[1])
    if chances:
        lines.append(", ".join(f"{genre} {chance:.0%}" for genre, chance in chances))
    lines.append(clean_text(prediction.input))
    return "\n".join(lines)


def summary(verdicts: Sequence[str]) -> str:
    """Return what a batch of answers has come to."""
    counts = Counter(SUMMARY.get(verdict, verdict) for verdict in verdicts)
    return f"{len(verdicts)} done: " + ", ".join(f"{count} {words}" for words, count in counts.items())


def found_words(count: int, words: str) -> str:
    """Return how many answers a search has found."""
    answers = {0: "No answer holds", 1: "1 answer holds"}.get(count, f"{count} answers hold")
    return f"{answers} “{clean_title(words, limit=60)}”"


def model_name(model: str) -> str:
    """Return what a model is called: its name without the folder."""
    return Path(model).name


def clock(seconds: float) -> str:
    """Return a length as 3:05 or 1:02:03."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def card_lines(card: dict[str, Any]) -> list[tuple[str, str]]:
    """Return a model's card as lines with the tag "strong" or ""; what an odd card lacks is passed over."""
    lines: list[tuple[str, str]] = [(f"Model {card.get('name')}", "strong")]
    genres = card.get("genres") or []
    lines.append((f"{len(genres)} genres: {', '.join(map(str, genres))}", ""))
    lines.append((f"Listens to: {', '.join(map(str, card.get('families') or []))}", ""))
    training = card.get("training")
    if isinstance(training, dict):
        lines.append((f"Trained on {training.get('clips')} clips", ""))
    thresholds = card.get("thresholds")
    if isinstance(thresholds, dict) and isinstance(thresholds.get("uncertain_below"), int | float):
        lines.append((f"Says “perhaps” below {thresholds['uncertain_below']:.0%} confidence", ""))
    metrics = card.get("metrics")
    if isinstance(metrics, dict) and metrics:
        lines.append(("How well it does", "strong"))
        for name, values in metrics.items():
            accuracy = values.get("accuracy") if isinstance(values, dict) else None
            if isinstance(accuracy, int | float):
                interval = values.get("interval_95")
                span = f" ({interval[0]:.0%} to {interval[1]:.0%})" if isinstance(interval, list) and interval else ""
                lines.append((f"{name}: {accuracy:.1%} right{span}", ""))
    for title, name in (("Warnings", "warnings"), ("Limits", "limits")):
        notes = card.get(name)
        if isinstance(notes, list) and notes:
            lines.append((title, "strong"))
            lines += [(f"• {note}", "") for note in notes]
    return lines

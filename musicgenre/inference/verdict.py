"""Probabilities -> verdict: a genre, a mixture, a set of genres, or none; and what the network heard."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from musicgenre.features.musicnn import TAGS, Windows
from musicgenre.inference.model import GenreModel
from musicgenre.inference.not_music import KINDS
from musicgenre.inference.over_time import Span, is_mixed
from musicgenre.inference.prediction import Part, Prediction, Tag
from musicgenre.inference.wording import closest_words, doubtful_words, other_sound_words, parts_words, set_words

MAX_SET = 3  # genres; more are no answer
MAX_TAGS, TAG_FROM = 5, 0.1  # how many tags are shown, from which mean activation


def likely_genres(probabilities: np.ndarray, genres: Sequence[str], *, level: float) -> list[str] | None:
    """Return the fewest genres, best first, whose probabilities together reach a level; None for over three, or all."""
    order = np.argsort(-probabilities, kind="stable")
    size = 1 + int((np.cumsum(probabilities[order])[:-1] < level - 1e-9).sum())
    return [genres[int(i)] for i in order[:size]] if size <= min(MAX_SET, max(len(genres) - 1, 1)) else None


def strongest_tags(windows: Windows | None) -> list[Tag]:
    """Return the tags with the highest mean activation, best first."""
    if windows is None or not len(windows.activations):
        return []
    mean = windows.activations.mean(axis=0, dtype=np.float64)
    order = np.argsort(-mean, kind="stable")[:MAX_TAGS]
    return [Tag(TAGS[int(i)], round(float(mean[i]), 4)) for i in order if mean[i] >= TAG_FROM]


def not_music(answer: Prediction, *, kind: str | None) -> Prediction:
    """Return the answer for what is not music, with its kind of `KINDS` where that is sure."""
    return replace(answer, verdict="not_music", reason=other_sound_words(KINDS.get(kind or "")))


def decide(
    answer: Prediction, probabilities: np.ndarray, parts: Sequence[Part], *, model: GenreModel, may_be_music: bool,
    silent: Sequence[Span] = (),
) -> Prediction:  # fmt: skip
    """Complete the answer for a recording that is music, or may be.

    Parameters
    ----------
    answer : Prediction
        What is known already; its verdict does not count.
    probabilities : np.ndarray, shape (genres,)
        Of the whole song.
    parts : sequence of Part
        The song as parts of one genre each; empty where the model has no answers for parts.
    model : GenreModel
    may_be_music : bool
        Whether the detector of other sounds is in doubt.
    silent : sequence of (start, end)
        Silence in the song, sorted, in seconds.
    """
    best = int(probabilities.argmax())
    genre, confidence = model.genres[best], float(probabilities[best])
    named_from, level = model.card.thresholds.uncertain_below, model.card.set_level
    unsure = replace(answer, verdict="uncertain", genre=genre, confidence=round(confidence, 4))
    if may_be_music:
        return replace(unsure, reason=doubtful_words(genre, model.names))
    if confidence >= named_from:
        return replace(unsure, verdict="genre", likely=None if level is None else [genre])
    likely = None if level is None else likely_genres(probabilities, model.genres, level=max(level, named_from))
    if is_mixed(parts, named_from=named_from, silent=silent):
        reason = parts_words(parts, model.names)
        return replace(answer, verdict="mixed", likely=likely, parts=list(parts), reason=reason)
    if likely:
        return replace(unsure, likely=likely, reason=set_words(likely, answer.probabilities or {}, model.names))
    return replace(unsure, reason=closest_words(genre, confidence, model.names))

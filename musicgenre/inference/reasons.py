"""Why an answer is what it is, in words: measured traits against the range of the training clips of each genre."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from musicgenre.audio.recording import Recording
from musicgenre.errors import ModelError
from musicgenre.features.extract import Features
from musicgenre.inference.card import Card, model_path, read_card
from musicgenre.inference.prediction import Prediction, Reason
from musicgenre.inference.wording import in_sentence, percent

QUANTILES = (10, 50, 90)  # percent of a genre's training clips

SHOWN = 6  # sentences for, and as many against

RIVAL_FROM = 0.1  # probability from which the second genre is compared with, and not the average of all others

LEAST_DIFFERENCE = 0.3  # in half widths of a range; nearer to one genre by less says nothing

TAG_FAINT = 0.01  # activation below which a tag counts as not heard


def trait_ranges(
    columns: Sequence[str], values: np.ndarray, labels: Sequence[str]
) -> dict[str, dict[str, list[float]]]:
    """Return the 10th, 50th and 90th percentile of each trait in the training clips of each genre.

    Parameters
    ----------
    columns : sequence of str
        Names of the table's columns.
    values : np.ndarray, shape (clips, columns)
        The table.
    labels : sequence of str
        The genre of each clip.
    """
    traits = [i for i, column in enumerate(columns) if _words(column)]
    genres = np.asarray(labels)
    ranges: dict[str, dict[str, list[float]]] = {}
    for genre in dict.fromkeys(labels):
        rows = np.percentile(values[genres == genre][:, traits], QUANTILES, axis=0)
        ranges[str(genre)] = {columns[i]: [float(f"{value:.4g}") for value in rows[:, j]] for j, i in enumerate(traits)}
    return ranges


def _words(column: str) -> str | None:
    """Return what a column is called in a sentence, or None if nobody would know it by a word."""
    if column.startswith("tag_mean_"):
        return f"\u201c{column.removeprefix('tag_mean_').replace('_', ' ')}\u201d"
    return {
        "tempo_bpm": "tempo", "rolloff_mean_hz": "brightness", "centroid_mean_hz": "brightness",
    }.get(column)  # fmt: skip


def _value(column: str, value: float) -> str:
    """Return a trait's value for a sentence."""
    if column.startswith("tag_mean_"):
        return _share(value)
    return f"{value:.0f} bpm" if column == "tempo_bpm" else f"{value / 1000:.1f} kHz"


def _share(log_activation: float) -> str:
    """Return an activation whose logarithm is given as a percentage."""
    return percent(math.exp(log_activation))


def reasons(prediction: Prediction, recording: Recording, features: Features | None, card: Card) -> list[Reason]:
    """Return sentences about the traits that spoke for and against the most probable genre.

    Parameters
    ----------
    prediction : Prediction
        With probabilities; none are given for what is not music.
    recording : Recording
        Whose brightness is measured where the features do not hold it.
    features : Features or None
        Of the recording.
    card : Card
        Of the model; its `traits`, where it has them, are from `trait_ranges`.

    Returns
    -------
    list of Reason
        Most telling first.
    """
    from musicgenre.audio.sounding import sounding_parts
    from musicgenre.features.extract import extract

    if prediction.verdict not in ("genre", "uncertain", "mixed") or not prediction.probabilities:
        return []
    values = dict(features.values) if features is not None else {}
    if "rolloff_mean_hz" not in values:
        values |= extract(sounding_parts(recording).clips, ["rolloff"]).values
    values.pop("tempo_bpm", None)  # the answer's own tempo is the one that is shown everywhere
    if prediction.tempo_bpm is not None:
        values["tempo_bpm"] = prediction.tempo_bpm
    if prediction.verdict == "mixed":
        return _measured(prediction, values, "", {})  # no one genre to speak for
    named = {genre: in_sentence(genre, card.names) for genre in prediction.probabilities}
    ranges = {genre: {**_other_ranges(genre), **traits} for genre, traits in card.traits.items()}
    chances = prediction.probabilities
    ranked = sorted(chances, key=lambda genre: -chances[genre])
    best, second = ranked[0], ranked[1] if len(ranked) > 1 else ranked[0]
    rivals = [second] if chances[second] >= RIVAL_FROM else [g for g in ranked[1:] if g in ranges]
    name = named[second] if len(rivals) == 1 else "other genres"
    found = []
    for column, (low, middle, high) in ranges.get(best, {}).items():
        others = [ranges[genre][column] for genre in rivals if column in ranges.get(genre, {})]
        if column in values and others:
            other = np.mean(others, axis=0).tolist()
            found.append(_compare(column, float(values[column]), (low, middle, high), other, (named[best], name)))
    said = _measured(prediction, values, named[best], ranges.get(best, {}))
    for side in ("for", "against"):
        said += sorted((r for r in found if r and r.side == side), key=lambda r: -r.weight)[:SHOWN]
    return said


def _measured(
    prediction: Prediction, values: Mapping[str, float], genre: str, usual: Mapping[str, Sequence[float]]
) -> list[Reason]:
    """Return what was measured: the strongest tags, tempo and brightness with what is usual for a genre."""
    tags = ", ".join(tag.name.replace("_", " ") for tag in prediction.tags)
    said = [Reason("heard", f"The pretrained network heard: {tags}")] if tags else []
    for column in ("tempo_bpm", "rolloff_mean_hz"):
        if column in values:
            range_words = f"; usual for {genre}: {_range(column, usual[column])}" if column in usual else ""
            text = f"{str(_words(column)).capitalize()}: {_value(column, values[column])}{range_words}"
            said.append(Reason("heard", text))
    return said


def _compare(
    column: str, value: float, own: tuple[float, float, float], other: Sequence[float], names: tuple[str, str]
) -> Reason | None:
    """Return a sentence where a trait fits the best genre better than others, or lies outside its range towards them.

    Numbers that are the same as they are written count as the same.
    """
    scale = max((own[2] - own[0]) / 2, (other[2] - other[0]) / 2, 1e-6)
    nearer = (abs(value - other[1]) - abs(value - own[1])) / scale
    is_tag = column.startswith("tag_mean_")
    if is_tag and max(value, own[1], other[1]) < math.log(TAG_FAINT):
        return None  # a tag that plays no part anywhere
    if abs(nearer) < LEAST_DIFFERENCE:
        return None
    usual, shown = _range(column, own), _value(column, value)
    fit = "below" if value < own[0] else "above" if value > own[2] else "within"
    if shown in (_value(column, own[0]), _value(column, own[2])):
        fit = "within"
    if usual == _range(column, other) or (nearer < 0 and fit == "within"):
        return None  # nothing that a reader could see to speak for or against
    word = str(_words(column))
    start = f"Tag {word} heard at {shown}" if is_tag else f"{word.capitalize()} {shown}"
    text = f"{start}, {fit} what is usual for {names[0]} ({usual}); {names[1]}: {_range(column, other)}"
    absent = is_tag and value < math.log(TAG_FAINT)
    return Reason("for" if nearer > 0 else "against", text, round(abs(nearer) / (1 + absent), 3))


def _range(column: str, quantiles: Sequence[float]) -> str:
    """Return a range in words."""
    low, high = _value(column, quantiles[0]), _value(column, quantiles[2])
    return low if low == high else f"{low.removesuffix(' %').removesuffix(' bpm').removesuffix(' kHz')} to {high}"


def _other_ranges(genre: str) -> dict[str, Sequence[float]]:
    """Return the ranges of tempo and brightness of a genre from the model that measures them."""
    try:
        traits = read_card(model_path("librosa12")).traits
    except ModelError:  # another model at fault is no reason to say nothing
        return {}
    return {column: q for column, q in traits.get(genre, {}).items() if not column.startswith("tag_mean_")}

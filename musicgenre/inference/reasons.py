"""Why an answer is what it is, in words: measured traits against the range of the training clips of each genre."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

QUANTILES = (10, 50, 90)  # percent of a genre's training clips

SHOWN = 6  # sentences for, and as many against

RIVAL_FROM = 0.1  # probability from which the second genre is compared with, and not the average of all others

LEAST_DIFFERENCE = 0.3  # in half widths of a range; nearer to one genre by less says nothing

TAG_FAINT = 0.01  # activation below which a tag counts as not heard

TAG_STRONG = 0.15  # share of the windows' activation from which a tag is named without a range to compare with


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
    share = 100 * math.exp(log_activation)
    return f"{share:.0f}%" if share >= 0.95 else "under 1%"


def reasons(prediction: Any, recording: Any, features: Any, card: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return sentences about the traits that spoke for and against the most probable genre.

    Parameters
    ----------
    prediction : Prediction
        With probabilities.
    recording : Recording
        Whose tempo and brightness are measured where the features do not hold them.
    features : Features or None
        Of the recording.
    card : mapping
        The model's card; its `traits`, where it has them, are from `trait_ranges`.

    Returns
    -------
    list of dict
        With `side` ("for", "against" or "heard"), `text`, and `weight`, most telling first.
    """
    from musicgenre.audio.sounding import sounding_parts
    from musicgenre.features.extract import extract

    values = dict(features.values) if features is not None else {}
    if "rolloff_mean_hz" not in values or "tempo_bpm" not in values:
        values |= extract(sounding_parts(recording).clips, ["tempo", "rolloff"]).values
    ranges = {genre: {**_other_ranges(genre), **traits} for genre, traits in (card.get("traits") or {}).items()}
    ranked = sorted(prediction.probabilities, key=lambda genre: -prediction.probabilities[genre])
    best, second = ranked[0], ranked[1] if len(ranked) > 1 else ranked[0]
    rivals = [second] if prediction.probabilities[second] >= RIVAL_FROM else [g for g in ranked[1:] if g in ranges]
    name = second if len(rivals) == 1 else "other genres"
    told = _heard(values)
    found = []
    for column, (low, middle, high) in ranges.get(best, {}).items():
        others = [ranges[genre][column] for genre in rivals if column in ranges.get(genre, {})]
        if column in values and others:
            other = np.mean(others, axis=0).tolist()
            found.append(_compare(column, float(values[column]), (low, middle, high), other, (best, name)))
    for column in ("tempo_bpm", "rolloff_mean_hz"):
        if column in values:
            usual = f"; {best}: {_range(column, ranges[best][column])}" if column in ranges.get(best, {}) else ""
            text = f"{str(_words(column)).capitalize()}: {_value(column, values[column])}{usual}"
            told.append({"side": "heard", "text": text, "weight": 0.0})
    for side in ("for", "against"):
        told += sorted((r for r in found if r and r["side"] == side), key=lambda r: -r["weight"])[:SHOWN]
    return told


def _compare(
    column: str, value: float, own: tuple[float, float, float], other: Sequence[float], names: tuple[str, str]
) -> dict[str, Any] | None:
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
    return {"side": "for" if nearer > 0 else "against", "text": text, "weight": round(abs(nearer) / (1 + absent), 3)}


def _range(column: str, quantiles: Sequence[float]) -> str:
    """Return a range in words."""
    low, high = _value(column, quantiles[0]), _value(column, quantiles[2])
    return low if low == high else f"{low.removesuffix('%').removesuffix(' bpm').removesuffix(' kHz')} to {high}"


def _heard(values: Mapping[str, float]) -> list[dict[str, Any]]:
    """Return one sentence with the strongest tags."""
    tags = {column: value for column, value in values.items() if column.startswith("tag_mean_")}
    strong = sorted(tags, key=lambda column: -tags[column])[:6]
    strong = [column for column in strong if math.exp(tags[column]) >= TAG_STRONG] or strong[:2]
    if not strong:
        return []
    names = ", ".join(f"{str(_words(column)).strip('“”')} ({_value(column, tags[column])})" for column in strong)
    return [{"side": "heard", "text": f"The pretrained network heard: {names}", "weight": 0.0}]


def _other_ranges(genre: str) -> dict[str, list[float]]:
    """Return the ranges of tempo and brightness of a genre from the model that measures them."""
    from musicgenre.errors import ModelError
    from musicgenre.inference.card import model_path, read_card

    try:
        traits = read_card(model_path("librosa12")).get("traits") or {}
    except ModelError:  # another model at fault is no reason to say nothing
        return {}
    return {column: q for column, q in traits.get(genre, {}).items() if not column.startswith("tag_mean_")}

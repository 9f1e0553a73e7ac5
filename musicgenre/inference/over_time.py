"""Genres over a song: the probabilities of its stretches, what they say of the whole, and parts of different genres.

Conventions: probabilities are natural logarithms, shape (stretches, genres), of consecutive stretches that may have
gaps between them; genres are their columns.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from musicgenre.audio.recording import Recording
from musicgenre.audio.silence import between
from musicgenre.features.musicnn import MUSICNN_FAMILIES, Windows, statistics_of
from musicgenre.inference.model import GenreModel
from musicgenre.inference.prediction import Part

SEGMENT_S = 10.0  # of a song's segments; 20 s songs: as accurate as all windows together, within a point
PIECE_S = 5.0  # of which the parts of a mixed song are made: two or three windows each
BORDER = 0.45  # of a stretch from which there is one more: not a half, so that no usual length (15 s, 25 s) is on it
CHANGE = (
    2.0  # the price of a change of genre, as a logarithm of probabilities: at 1.5 more parts are wrong, at 2.5 missed
)
NAMED_S, NAMED_SHARE = 20.0, 0.2  # a part of a mixed song: so long in all, or such a share of a song under 100 s
# In songs under 40 s no two parts of 20 s find room; so much lower is the confidence that names a part there. Medleys
# of 37 s found: 100 instead of 64 %, of 20 s: 43 instead of 14 %; single songs of 20 s taken for mixed: 0.8 instead of
# 0 %.
SHORT_S, SHORT_LOWER = 40.0, 0.15
TINY = 1e-9  # least probability


Span = tuple[float, float]  # start and end in seconds


@dataclass(frozen=True)
class Stretches:
    """Consecutive stretches of a recording and what the model says of each.

    Parameters
    ----------
    starts, ends : np.ndarray, shape (n,)
        In seconds of the recording.
    seconds : np.ndarray, shape (n,)
        Of sound in each; silence may lie inside.
    logs : np.ndarray, shape (n, genres)
        Logarithms of probabilities.
    """

    starts: np.ndarray
    ends: np.ndarray
    seconds: np.ndarray
    logs: np.ndarray

    @property
    def probabilities(self) -> np.ndarray:
        """Probabilities of each stretch, shape (n, genres)."""
        return np.exp(self.logs)


def has_stretches(model: GenreModel) -> bool:
    """Return whether a model can answer for stretches of a recording: all its columns are statistics over windows."""
    return set(model.families) <= set(MUSICNN_FAMILIES)


def stretches(model: GenreModel, sections: Sequence[Sequence[Span]], windows: Windows, length_s: float) -> Stretches:
    """Ask a model for stretches of about `length_s` that spans of sound are divided into.

    Parameters
    ----------
    model : GenreModel
        Of which `has_stretches` is true.
    sections : sequence of sequences of (start, end)
        What sounds of each section of the song, in seconds.
    windows : Windows
        Of the song; a section's are dealt out to its stretches in order and evenly, so that a few samples more or less
        at an end move none. A stretch that gets none is left out.
    length_s : float
        Seconds of sound; each section is divided evenly.
    """
    places, rows = [], []
    for spans in sections:
        own = np.flatnonzero((windows.centre_s >= spans[0][0]) & (windows.centre_s < spans[-1][1]))
        divided = list(_divided(spans, length_s))
        turn = (2 * np.arange(len(own)) + 1) * len(divided) // max(2 * len(own), 1)
        for number, place in enumerate(divided):
            if (turn == number).any():
                part = windows.where(own[turn == number])
                places.append(place)
                rows.append(np.concatenate([statistics_of(part, family) for family in model.families]))
    starts, ends, sound_s = np.array(places).reshape(-1, 3).T
    logs = np.log(np.maximum(model.predict_rows(np.array(rows)), TINY)) if rows else np.empty((0, len(model.genres)))
    return Stretches(starts, ends, sound_s, logs)


def stretch_count(sound_s: float, length_s: float) -> int:
    """Return how many stretches of about a length some seconds of sound are divided into, at least one."""
    return max(int(sound_s / length_s + BORDER), 1)


def _divided(spans: Sequence[Span], length_s: float) -> Iterator[tuple[float, float, float]]:
    """Yield (start, end, seconds of sound) of stretches of about a length of sound, silence left out."""
    begins, ends = np.array(spans, float).reshape(-1, 2).T
    sound = np.concatenate([[0.0], np.cumsum(ends - begins)])  # seconds of sound before each span
    edges = np.linspace(0.0, sound[-1], stretch_count(sound[-1], length_s) + 1)
    span = np.clip(np.searchsorted(sound, edges[:-1], side="right") - 1, 0, len(begins) - 1)
    starts = begins[span] + edges[:-1] - sound[span]
    yield from zip(starts.tolist(), [*starts[1:].tolist(), ends[-1]], np.diff(edges).tolist(), strict=True)


def pooled(logs: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """Return the probabilities of a song from those of its stretches: their normalised geometric mean, shape (genres,).

    A genre that one stretch all but rules out is unlikely for the whole.
    """
    mean = np.average(logs, axis=0, weights=weights)
    odds = np.exp(mean - mean.max())
    probabilities: np.ndarray = odds / odds.sum()
    return probabilities


def best_path(logs: np.ndarray, *, change: float = CHANGE) -> np.ndarray:
    """Return the most probable genre of each stretch if every change of genre has a price, shape (stretches,).

    The Viterbi path (Rabiner, "A tutorial on hidden Markov models", Proc. IEEE 1989) where genres are the states.
    """
    score = logs[0].copy()
    came_from = np.empty(logs.shape, np.int64)
    own = np.arange(logs.shape[1])
    for i, log in enumerate(logs):
        if not i:
            continue
        best = int(score.argmax())
        came_from[i] = np.where(score >= score[best] - change, own, best)
        score = np.maximum(score, score[best] - change) + log
    path = np.empty(len(logs), np.int64)
    path[-1] = score.argmax()
    for i in range(len(logs) - 1, 0, -1):
        path[i - 1] = came_from[i, path[i]]
    return path


def looked_at(recording: Recording) -> tuple[float, float]:
    """Return from where to where the clips stand for a recording: each for half the gap to its neighbour, too."""
    clips = recording.clips
    gap = max((after.start_s - before.end_s for before, after in zip(clips, clips[1:], strict=False)), default=0.0) / 2
    return max(clips[0].start_s - gap, 0.0), min(clips[-1].end_s + gap, recording.duration_s)


def edges_between(pieces: Stretches, start_s: float, end_s: float) -> list[float]:
    """Return the borders of stretches, n + 1 seconds: halfway between two, the outer ones as given."""
    return [start_s, *((pieces.ends[:-1] + pieces.starts[1:]) / 2).tolist(), end_s]


def song_parts(pieces: Stretches, genres: Sequence[str], *, start_s: float, end_s: float) -> list[Part]:
    """Return a song as consecutive parts of one genre each.

    Parameters
    ----------
    pieces : Stretches
        Of about `PIECE_S`, at least one.
    genres : sequence of str
        The columns.
    start_s, end_s : float
        Where the first part starts and the last one ends.
    """
    path = best_path(pieces.logs)
    edges = edges_between(pieces, start_s, end_s)
    first = [0, *(np.flatnonzero(np.diff(path)) + 1).tolist()]
    parts = []
    for begin, end in zip(first, [*first[1:], len(path)], strict=True):
        confidence = float(pooled(pieces.logs[begin:end])[path[begin]])
        parts.append(Part(round(edges[begin], 3), round(edges[end], 3), genres[path[begin]], round(confidence, 4)))
    return parts


def named_parts(
    model: GenreModel, parts: Sequence[Part], sections: Sequence[Sequence[Span]], windows: Windows
) -> list[Part]:
    """Return parts whose confidence is that of a song of its own, which a few seconds at a time do not give."""
    found = []
    for part in parts:
        own = [[(max(a, part.start_s), min(b, part.end_s)) for a, b in spans] for spans in sections]
        sounding = [[span for span in spans if span[1] > span[0]] for spans in own]
        alone = stretches(model, [spans for spans in sounding if spans], windows, SEGMENT_S)
        if len(alone.logs):
            probabilities = pooled(alone.logs, alone.seconds)
            part = replace(part, confidence=round(float(probabilities[model.genres.index(part.genre)]), 4))
        found.append(part)
    return found


def is_mixed(parts: Sequence[Part], *, named_from: float, silent: Sequence[Span] = ()) -> bool:
    """Return whether at least two genres are each named, at a confidence, over enough of what sounds of a song.

    Parameters
    ----------
    parts : sequence of Part
    named_from : float
        The confidence.
    silent : sequence of (start, end)
        Silence, sorted, in seconds: no part of the song's length.
    """
    lengths = [sum(end - start for start, end in between(silent, part.start_s, part.end_s)) for part in parts]
    length = sum(lengths)
    named_from -= SHORT_LOWER * (length < SHORT_S)
    seconds: dict[str, float] = {}
    for part, part_s in zip(parts, lengths, strict=True):
        if part.confidence >= named_from:
            seconds[part.genre] = seconds.get(part.genre, 0.0) + part_s
    enough = min(NAMED_S, NAMED_SHARE * length)
    return sum(in_all >= enough - 1e-6 for in_all in seconds.values()) >= 2

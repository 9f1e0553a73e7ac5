"""Measure how well mixed songs are found: medleys of four clips of different genres, and the clips alone.

python tools/measure_medleys.py FOLDER [FOLDER ...] [--model genres] [--lengths 20 37 60 71 80 148 240 284]

Every sound file below the folders is answered alone first. A medley is made of four clips that are named alone, of
different genres: a quarter of its length of each, a clip that is too short repeated. For each length it prints how many
medleys are `mixed`, how many of these have the right parts (the clips' genres in their order, every border within 6 s;
above 120 s, where sections are analysed, within half the gap between two), and the share of their time whose genre is
right. Of the clips alone it prints how many are `mixed`, which they should not be; the genres of their
folders are no part of the measure.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from musicgenre.audio.endings import AUDIO_SUFFIXES  # noqa: E402 - found through the path above
from musicgenre.audio.recording import SECTION_S, WHOLE_UP_TO_S, resample, sections  # noqa: E402
from musicgenre.audio.samples import recording_of_samples  # noqa: E402
from musicgenre.audio.sandbox import read_safely  # noqa: E402
from musicgenre.errors import GenreError  # noqa: E402
from musicgenre.inference.classifier import Classifier  # noqa: E402
from musicgenre.inference.prediction import Prediction  # noqa: E402

SR = 22050
CLIPS = 4  # of a medley
WHOLE_BORDER_S = 6.0  # how far a border may be off in a song that is analysed whole


@dataclass(frozen=True)
class NamedClip:
    """Samples of a clip at `SR` and the genre that it is named alone."""

    samples: np.ndarray
    genre: str


def named_clips(classifier: Classifier, folders: Sequence[Path]) -> tuple[list[NamedClip], list[Prediction]]:
    """Return the clips that are named alone, and the answers of all."""
    named, answers = [], []
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        if path.suffix.lower() not in AUDIO_SUFFIXES:
            continue
        try:
            recording = read_safely(str(path))
        except GenreError as error:
            print(f"{path}: {error}", file=sys.stderr)
            continue
        answer = classifier.classify(recording, source=str(path)).prediction
        answers.append(answer)
        if answer.verdict == "genre" and answer.genre:
            named.append(NamedClip(resample(recording.clips[0], SR), answer.genre))
    return named, answers


def draw(clips: Sequence[NamedClip], rng: np.random.Generator) -> list[NamedClip]:
    """Return clips of different genres, drawn evenly from the genres."""
    genres = rng.permutation(sorted({clip.genre for clip in clips}))[:CLIPS]
    return [rng.choice([clip for clip in clips if clip.genre == genre]) for genre in genres]  # type: ignore[arg-type]


def medley(clips: Sequence[NamedClip], length_s: float) -> np.ndarray:
    """Return clips one after the other, each for the same time, shape (n,)."""
    each = round(length_s * SR / len(clips))
    return np.concatenate([np.resize(clip.samples, each) for clip in clips])


def parts_are_right(answer: Prediction, genres: Sequence[str], length_s: float) -> bool:
    """Return whether the parts are the genres in their order and all borders in their place."""
    tolerance = WHOLE_BORDER_S
    if length_s > WHOLE_UP_TO_S:
        tolerance = (length_s / len(sections(length_s)) - SECTION_S) / 2 + SECTION_S / 2
    borders = [part.end_s for part in answer.parts[:-1]]
    wanted = [length_s * (i + 1) / len(genres) for i in range(len(genres) - 1)]
    return [part.genre for part in answer.parts] == list(genres) and all(
        abs(border - place) <= tolerance for border, place in zip(borders, wanted, strict=True)
    )


def right_time(answer: Prediction, genres: Sequence[str], length_s: float) -> float:
    """Return the share of the time whose genre is right."""
    each = length_s / len(genres)
    right = sum(
        max(min(part.end_s, (i + 1) * each) - max(part.start_s, i * each), 0.0)
        for part in answer.parts
        for i, genre in enumerate(genres)
        if part.genre == genre
    )
    return right / length_s


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    parser.add_argument("--model", default="genres", metavar="NAME")
    parser.add_argument("--lengths", type=float, nargs="+", default=[20, 37, 60, 71, 80, 148, 240, 284], metavar="S")
    parser.add_argument("--medleys", type=int, default=40, metavar="N", help="of each length (default: 40)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(argv)
    classifier = Classifier(options.model, threads=2)
    clips, answers = named_clips(classifier, options.folders)
    genres = {clip.genre for clip in clips}
    false = sum(answer.verdict == "mixed" for answer in answers)
    print(f"alone: {len(answers)} clips, {len(clips)} named ({len(genres)} genres), {false} mixed", flush=True)
    if len(genres) < CLIPS:
        print(f"clips of {CLIPS} genres are needed that are named alone; name more folders", file=sys.stderr)
        return 1
    for length_s in options.lengths:
        rng = np.random.default_rng(options.seed)
        mixed, right, time = [], [], []
        for _ in range(options.medleys):
            chosen = draw(clips, rng)
            sound = recording_of_samples(medley(chosen, length_s), SR, title="medley")
            answer = classifier.classify(sound, source="medley").prediction
            mixed.append(answer.verdict == "mixed")
            if mixed[-1]:
                names = [clip.genre for clip in chosen]
                right.append(parts_are_right(answer, names, length_s))
                time.append(right_time(answer, names, length_s))
        print(
            f"{length_s:g} s: {np.mean(mixed):.0%} mixed; of these {np.mean(right or [0]):.0%} with all parts right, "
            f"{np.mean(time or [0]):.0%} of the time right",
            flush=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

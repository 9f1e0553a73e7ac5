"""The page about the models of a folder (README.md), written from their cards: what a user may believe comes first."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from musicgenre.errors import ModelError
from musicgenre.files import read_json
from musicgenre.genres import display_name
from musicgenre.inference.card import Card, list_models, read_card
from musicgenre.inference.measured import Sets

WAYS = {
    "fault-filtered": "one fixed split of GTZAN without its known repeats and wrong labels",
    "3-fold": "three fixed parts in turn; songs of artists in the part that is tested do not train",
    "grouped CV": "five parts in turn, never an artist or source in two of them; the mean of several such divisions",
    "ungrouped CV": "five parts in turn; the artists are unknown, so that one may be in two of them: may be too high",
    "random split (leaky, for comparison)": "five random parts: songs of one artist train and are tested, so it is too "
    "high; only to compare with figures that others publish",
    "transfer": "songs of another collection than the one that the model was trained on",
    "with extra, by source": "the same songs, when those of all other sources trained as well",
}

TERMS = (
    "Right: the first guess is the label of the song. Interval: where the figure lies for 95 of 100 such collections "
    "of artists. Among three: the label is one of the first three guesses. Worst genre: the share of its songs that "
    "are recognised. Calibration gap: how far the stated confidence is from the share that is right, on average (0 is "
    "best). Surest 80: right among the 80 of 100 songs with the highest confidence."
)


def describe_models(folder: Path, names: Sequence[str] | None = None) -> str:
    """Return the page (Markdown) of the models of a folder, of some of them or of all."""
    lines = ["# Models", "", "Written from the cards (`*.json`) by `make models`.", ""]
    for name in list_models(folder) if names is None else names:
        try:
            card = read_card(folder / name)
        except ModelError:
            continue  # another file, or a model of another version
        lines += [*_describe(card), ""]
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):  # no card, or another file
        lines += _describe_detector(folder / "not_music.json")
    return "\n".join(lines).rstrip() + "\n"


def beliefs(card: Card) -> Iterator[str]:
    """Yield what a user may believe of a model's answers, a sentence each, from the `sets` of its card."""
    sets = card.sets or Sets()
    if sets.named_right is not None:
        named, right = of_100(sets.named), of_100(sets.named_right)
        yield f"It names one genre for {named} of 100 songs; of 100 that it names, {right} are right."
    for share, right_share, what in (
        (sets.two, sets.two_right, "one genre or two (“rock or metal”)"),
        (sets.three, sets.three_right, "one to three genres"),
    ):
        if right_share is not None:
            right = of_100(right_share)
            yield f"For {of_100(share)} of 100 songs it names {what}; of 100 such answers {right} hold the right genre."
    main = next((metrics for name, metrics in card.metrics.items() if "grouped" in name), None)
    if main and main.top2 is not None:
        yield (
            f"Its first guess, sure or not, is right for {100 * main.accuracy:.0f} of 100 songs, "
            f"and one of its first two for {100 * main.top2:.0f}."
        )


def of_100(share: float | None) -> int:
    """Return how many of 100 a share is."""
    return round(100 * (share or 0))


def _describe(card: Card) -> list[str]:
    """Return the lines on one genre model."""
    training = card.training
    counts = ", ".join(
        f"{card.names.get(genre, display_name(genre))} {count}" for genre, count in training.clips_per_genre.items()
    )
    groups = f" by {training.groups} artists or sources" if training.groups else ""
    lines = [f"## {card.name}", ""]
    believed = list(beliefs(card))
    if believed:
        lines += ["What you may believe, measured on songs of artists and sources that it had never heard:", ""]
        lines += [*(f"- {sentence}" for sentence in believed), ""]
    more = f" {training.extra_clips} more from other collections." if training.extra_clips else ""
    clips = "?" if training.clips is None else training.clips
    lines += [
        f"{len(card.genres)} genres. Trained on {clips} clips{groups}: {counts}.{more}",
        f"It computes {len(card.columns)} figures of a song ({', '.join(card.families)}).",
        "",
        "| how it was measured | right | 95 % interval | worst genre | among three | calibration gap | surest 80 |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, run in card.metrics.items():
        low, high = run.interval_95
        spread = "" if run.spread is None else f" ± {100 * run.spread:.1f}"
        lines.append(
            f"| {name} | {100 * run.accuracy:.1f}{spread} % | {100 * low:.1f}-{100 * high:.1f} % "
            f"| {run.worst_recall:.2f} | {100 * run.top3:.1f} % | {run.ece:.3f} | {100 * run.accuracy_at_80:.1f} % |"
        )
    lines += ["", TERMS, "", *(f"- {name}: {WAYS[name]}." for name in card.metrics if name in WAYS)]
    limit, share = card.thresholds.uncertain_below, card.thresholds.named_share
    lines += ["", f"Below a confidence of {limit:.0%} no single genre is named (the answer is `uncertain`)"]
    lines[-1] += f"; {share:.0%} of the clips that were held out lie above it." if share is not None else "."
    return [*lines, "", *(f"- {note}" for note in card.warnings)]


def _describe_detector(path: Path) -> list[str]:
    """Return the lines on the detector of what is not music."""
    card = read_json(path)
    metrics, training = card["metrics"], card["training"]
    kinds = metrics["kinds"].items()
    strange = ", ".join(f"{k} {v['refused']:.0%}" for k, v in kinds if not k.startswith(("music", "song")))
    return [
        "## not_music",
        "",
        f"Extra trees and a kernel machine over {len(card['columns'])} tag and signal statistics. Trained on "
        f"{training['clips']} clips of {training['sources']} sources, {training['music']} of them music.",
        f"Measured by {card['protocol']}: AUC {metrics['auc']:.3f}; at 2 % of the music refused, "
        f"{metrics['refused_at_2_percent_false']:.1%} of the other sounds are refused.",
        f"At the threshold in use, {metrics['music_refused']:.1%} of the music and {metrics['refused']:.1%} of the "
        f"other sounds are refused; {metrics['refused_or_uncertain']:.1%} are refused or called uncertain.",
        f"Refused by kind: {strange}.",
        "",
    ]

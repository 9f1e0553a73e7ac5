"""The figures of a measurement as lines for a person."""

from dataclasses import replace

from musicgenre.inference.evaluation import Evaluation
from musicgenre.inference.measured import Sets

COLUMNS = (
    "accuracy: share of the held-out clips whose genre is named rightly; ± over repeats with other folds",
    "95 % interval: where the accuracy may lie for other artists of the same kind",
    "macro-F1: the mean over genres of precision and recall together, from 0 to 1; low where a genre is never found",
    "top-3: share of the clips whose genre is among the three likeliest",
    "ECE: mean distance between the stated confidence and the share that is right; 0 is honest",
    "at 80 %: accuracy on the 80 % of the clips that the model is surest of",
    "CV (cross-validation): each clip is answered by a model trained without it and, where it is known, its artist",
)


def percent(value: float) -> str:
    """Return 0.8234 as '82.3 %'."""
    return f"{100 * value:.1f} %"


def set_lines(sets: Sets) -> list[str]:
    """Return what is known of named genres and sets as lines for a person; levels are from inner folds."""
    lines, before = [], None
    for share, right, what, how in (
        (sets.named, sets.named_right, "one genre is named", "rightly"),
        (sets.two, sets.two_right, "one genre or a set of two", "with the right one in it"),
        (sets.three, sets.three_right, "one genre or a set of two or three", "with the right one in it"),
    ):
        if share != before:  # larger sets that no clip gets are not worth a line
            lines.append(f"{what} for {percent(share or 0)} of the clips, {how} for {percent(right or 0)} of these")
        before = share
    return lines


def headline_words(report: Evaluation) -> str:
    """Return what the headline is: the worst of several honest protocols, or the only one, or none that is honest."""
    name = report.headline.protocol
    honest = [protocol for protocol in report.protocols if not protocol.startswith("random")]
    if name.startswith("ungrouped"):
        return f"{name}: artists are not known, so that songs of one may be on both sides and the figure too high"
    if name.startswith("nested"):
        return f"{name}: with the choice of the configuration made again in each fold"
    if len(honest) == 1:
        return f"{name}: no artist is on both sides"
    return f"{name}, the lowest of the {len(honest)} protocols in which no artist is on both sides"


def with_words(report: Evaluation) -> Evaluation:
    """Return a report whose headline says what it is, for the page."""
    return replace(report, headline=replace(report.headline, words=headline_words(report)))


def nested_words(name: str, flattered: float, nested: float) -> str:
    """Return what nested cross-validation is worth beside the protocol that the choice flatters."""
    return (
        f"The configuration was chosen as the best of many on these very clips, which flatters its {name} "
        f"({percent(flattered)}); nested CV makes the choice again in each fold, without the clips it is tested on: "
        f"{percent(nested)} is what to expect of other songs like these."
    )


def summary_lines(report: Evaluation) -> list[str]:
    """Return the figures of `measure` as lines for a person."""
    heads = ("95 % interval", "macro-F1", "top-3", "ECE", "at 80 %")
    lines = [*COLUMNS, "", "{:<38} {:>16} {:>16} {:>9} {:>7} {:>6} {:>8}".format("protocol", "accuracy", *heads)]
    for name, run in [*report.protocols.items(), *report.extra.items()]:
        accuracy = percent(run.accuracy) + ("" if run.spread is None else f" ± {100 * run.spread:.1f}")
        interval = "{:.1f}-{:.1f} %".format(*(100 * value for value in run.interval_95))
        lines.append(
            f"{name:<38} {accuracy:>16} {interval:>16} {run.macro_f1:9.3f} "
            f"{percent(run.top3):>7} {run.ece:6.3f} {percent(run.accuracy_at_80):>8}"
        )
    recall = report.protocols[report.headline.protocol].recall
    worst = min((r, g) for g, r in recall.items() if r is not None)
    lines += [
        f"headline: {percent(report.headline.accuracy)} ({headline_words(report)})",
        f"the genre found least: {worst[1]}, {percent(worst[0])} of its clips",
        f"a genre is named from {percent(report.uncertain_below)} confidence on",
        *(
            f"{name}: {percent(run.named_share)} of the songs are named, {percent(run.named_right or 0)} rightly"
            for name, run in report.extra.items()
            if run.named_share is not None
        ),
        *set_lines(report.sets or Sets()),
        *(f"warning: {text}" for text in report.warnings),
    ]
    return lines

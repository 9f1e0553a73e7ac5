"""Print how well the shipped models do, beside what is wanted: one table for genres, gtzan10 and the refusal.

    python tools/evaluate.py --songs SONGS [--gtzan TABLE] [--others FOLDER ...] [--build build/evaluate]

SONGS and the other folders hold <genre>/<file> and a clips.csv (clip_id, group, artist, gtzan_id; see README.md). The
songs are measured by sources that are held out (five parts, three times, seeds 0, 1, 2): no artist of a tested song and
no GTZAN clip of the same recording trains. Temperature and levels come from inner parts of each training part. The
clips of the other folders train in every part. A second run computes only what is new.
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from musicgenre.cpu import cpu_count
from musicgenre.litert import MODELS_DIR

TEN = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
THIRTEEN = tuple(sorted([*TEN, "electronic", "folk", "rnb"]))
SEGMENTS = (2, 6)  # parts of a clip that train beside it
REPEATS = 3
FAMILIES = ("musicnn", "musicnn_deep", "signal")


@dataclass(frozen=True)
class Line:
    """A row of the table: what is measured, what is the least that is wanted, the aim, and what was reached."""

    what: str
    least: str
    aim: str
    reached: str


def percents(*values):
    """Return shares as '70.4 / 86.1'."""
    return " / ".join("-" if value is None else f"{100 * value:.1f}" for value in values)


def make_table(folder, build, jobs):
    """Compute the table of a folder of songs; return its path."""
    from musicgenre.dataset.build import preprocess
    from musicgenre.features.families import NETWORK_LEVEL_DBFS

    out = build / folder.resolve().name
    print(f"features of {folder} ...", file=sys.stderr)
    preprocess(
        folder, out, families=FAMILIES, metadata=folder / "clips.csv", segments=SEGMENTS, copies=True, jobs=jobs,
        amplify_to=NETWORK_LEVEL_DBFS,  # see `audio.recording.Level`
    )  # fmt: skip
    return out


def song_lines(report, genres):
    """Return the rows on songs for ten or thirteen genres."""
    run = next(run for name, run in report.protocols.items() if name.startswith("grouped"))
    sets = report.sets
    wanted = {
        10: ("69 / 86", "73 / 89", "-", "-", "-", "-", "-", "-", "-", "-"),
        13: ("62 / 81", "66 / 85", "35 / 90", "45 / 92", "52 / 88", "65 / 90", "70 / 88", "85 / 90", ".06", ".04"),
    }[genres]
    of = f"songs, {genres} genres: "
    return [
        Line(of + "first guess right / one of two", *wanted[0:2], percents(run.accuracy, run.top2)),
        Line(of + "named / rightly", *wanted[2:4], percents(sets.named, sets.named_right)),
        Line(of + "set of at most two / genre in it", *wanted[4:6], percents(sets.two, sets.two_right)),
        Line(of + "set of at most three / genre in it", *wanted[6:8], percents(sets.three, sets.three_right)),
        Line(of + "gap of confidence and truth (ECE)", *wanted[8:10], f"{run.ece:.3f}"),
    ]


def measure_songs(songs, others, jobs):
    """Return the rows on songs: ten genres, thirteen, and without any of these songs in training."""
    from musicgenre.training.config import make_config
    from musicgenre.training.protocols import load_data, measure

    config = make_config("deep")
    lines = []
    for genres in (TEN, THIRTEEN):
        print(f"{len(genres)} genres ...", file=sys.stderr)
        data, _ = load_data(songs, config, extra=others, genres=genres)
        report = measure(data, config, jobs=jobs, repeats=REPEATS)
        lines += song_lines(report, len(genres))
        if "transfer" in report.extra:
            run = report.extra["transfer"]
            what = f"songs, {len(genres)} genres, none of them in training: first guess right / one of two"
            lines.append(Line(what, "-", "-", percents(run.accuracy, run.top2)))
    return lines


def measure_gtzan(table, wild, jobs):
    """Return the rows on GTZAN's protocols for the ten genres of gtzan10."""
    from musicgenre.training.config import make_config
    from musicgenre.training.protocols import load_data, measure

    config = make_config("gated")
    data, _ = load_data(table, config, extra=[wild] if wild else [])
    print("GTZAN's protocols ...", file=sys.stderr)
    report = measure(data, config, jobs=jobs)
    lines = [Line(f"gtzan10, {name}", "-", "-", percents(run.accuracy)) for name, run in report.protocols.items()]
    return [*lines, Line("gtzan10, worst of the three", "82", "84", percents(report.headline.accuracy))]


def measure_refusal(songs):
    """Return the row on what is refused: songs, by the shipped detector, and other sounds, by its card."""
    from musicgenre.dataset.table import read_table
    from musicgenre.inference.not_music import FAMILIES_NEEDED, NAME, NotMusicDetector

    detector = NotMusicDetector()
    table = read_table(songs, FAMILIES_NEEDED)
    refused = 0
    for row, seconds in zip(table.features.to_dict("records"), table.clips["duration_s"], strict=True):
        refused += detector.score(row) >= detector.thresholds(float(seconds))[0]
    card = json.loads((MODELS_DIR / f"{NAME}.json").read_text(encoding="utf-8"))
    what = "songs refused as not music / other sounds refused"
    return Line(what, "0.3 / 92", "0 / 95", percents(refused / len(table.clips), card["metrics"]["refused"]))


def main(argv=None):
    """Print the table; return 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--songs", type=Path, required=True, help="folder of songs that nobody prepared")
    parser.add_argument("--gtzan", type=Path, help="table of GTZAN with the columns split and fold")
    parser.add_argument("--wild", type=Path, help="folder of more songs, which train (default: wild beside SONGS)")
    parser.add_argument(
        "--audio", type=Path, nargs="*", help="folders of GTZAN clips, which train (default: those beside SONGS)"
    )
    parser.add_argument("--build", type=Path, default=Path("build/evaluate"), help="where tables are made")
    parser.add_argument("--jobs", type=int, default=cpu_count())
    options = parser.parse_args(argv)
    beside = options.songs.resolve().parent
    wild = options.wild or beside / "wild"
    audio = options.audio or [beside / "gtzan", beside / "gtzan_short"]
    folders = [folder for folder in (wild, *audio) if (folder / "clips.csv").is_file()]
    songs, *others = (make_table(folder, options.build, options.jobs) for folder in (options.songs, *folders))
    lines = measure_songs(songs, others, options.jobs)
    if options.gtzan:
        wild_table = options.build / wild.resolve().name
        lines += measure_gtzan(options.gtzan, wild_table if wild_table in others else None, options.jobs)
    lines.append(measure_refusal(songs))
    width = max(len(line.what) for line in lines)
    print(f"{'in %':<{width}} {'least':>9} {'aim':>9} {'reached':>13}")
    for line in lines:
        print(f"{line.what:<{width}} {line.least:>9} {line.aim:>9} {line.reached:>13}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Measure a model on real audio as it is, degraded, and cut short.

python tools/measure_robustness.py AUDIO_DIR [AUDIO_DIR ...] [--model genres] [--out FILE] [--reports DIR]

AUDIO_DIR holds one folder per genre. Prints the accuracy of the best guess, the drop against the clean clips, and the
share of clips that keep the best guess, are named, and are refused as not music; with --reports the figures join those
of 02. Clips that the model was trained on show the drop, not the accuracy to expect.
"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from musicgenre.audio.coding import MP3_64K, OPUS_48K, through_codec
from musicgenre.audio.decode import read_recording
from musicgenre.audio.recording import Recording
from musicgenre.dataset.build import find_audio
from musicgenre.files import write_atomic
from musicgenre.inference.classifier import Classifier
from musicgenre.inference.evaluation import LengthAccuracy, read_evaluation
from musicgenre.plots.catalogue import save_evaluation, write_model_figures
from musicgenre.training.metrics import bootstrap_interval

CODECS = {"mp3 64k": MP3_64K, "opus 48k": OPUS_48K}
MP3_RATES = (16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
LENGTHS_S = (3.0, 10.0, 30.0)


def conditions(clip):
    """Yield (name, changed clip) of the degradations and lengths."""
    import soxr

    y, rate = clip.samples, clip.sample_rate
    yield "clean", clip
    for name, codec in CODECS.items():
        own = codec is MP3_64K and rate in MP3_RATES  # as an encoder does that is not asked for another rate
        yield name, through_codec(clip, replace(codec, rate=rate) if own else codec)
    yield "16 kHz", replace(clip, samples=soxr.resample(y, rate, 16_000), sample_rate=16_000)
    yield "-12 dB", replace(clip, samples=y * np.float32(10 ** (-12 / 20)))
    noise = np.random.default_rng(0).standard_normal(len(y)).astype(np.float32)
    noise *= np.sqrt(np.mean(y**2)) * 10 ** (-20 / 20)
    yield "20 dB noise", replace(clip, samples=y + noise)
    for length in LENGTHS_S:
        count = min(int(length * rate) + 1, len(y))
        start = (len(y) - count) // 2
        yield f"{length:g} s", replace(clip, samples=y[start : start + count])


def join_reports(right, rows, folder):
    """Add the curve over length and the table of degradations to the evaluation that 02 wrote, and draw them."""
    names = {f"{length:g} s": length for length in LENGTHS_S}
    each = np.arange(len(right["clean"]))
    lengths = [
        LengthAccuracy(names[name], row["accuracy"], *bootstrap_interval(np.array(right[name], float), each))
        for name, row in rows.items()
        if name in names
    ]
    damaged = {name: row["accuracy"] for name, row in rows.items() if name not in names}
    found = read_evaluation(folder)
    save_evaluation(replace(found, lengths=lengths, degradations=damaged, degradation_clips=len(each)), folder)
    write_model_figures(folder)


def main(argv=None):
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("audio_dirs", type=Path, nargs="+")
    parser.add_argument("--model", default="genres")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    parser.add_argument("--reports", type=Path, help="folder of reports that 02 wrote")
    options = parser.parse_args(argv)
    classifier = Classifier(options.model)
    right, kept, named, refused, first = {}, {}, {}, {}, None
    for folder in options.audio_dirs:
        for path in find_audio(folder):
            recording = read_recording(path)
            for name, clip in conditions(recording.clips[0]):
                answer = classifier.classify(
                    Recording((clip,), path.stem, clip.duration_s), source=str(path)
                ).prediction
                chances = answer.probabilities or {}
                guess = max(chances, key=chances.get, default=None)
                first = guess if name == "clean" else first
                kept.setdefault(name, []).append(guess == first)
                named.setdefault(name, []).append(answer.verdict == "genre")
                right.setdefault(name, []).append(guess == path.relative_to(folder).parts[0])
                refused.setdefault(name, []).append(answer.verdict == "not_music")
    clean = np.mean(right["clean"])
    rows = {
        name: {"clips": len(hits), "accuracy": float(np.mean(hits)), "drop": float(clean - np.mean(hits)),
               "kept": float(np.mean(kept[name])), "named": float(np.mean(named[name])),
               "refused": float(np.mean(refused[name]))}
        for name, hits in right.items()
    }  # fmt: skip
    for name, row in rows.items():
        sys.stdout.write(
            f"{name:<12} {row['clips']:4d} clips  {row['accuracy']:6.1%} right  drop {100 * row['drop']:5.1f} points  "
            f"{row['kept']:6.1%} keep the best guess  {row['named']:6.1%} named  {row['refused']:5.1%} refused\n"
        )
    if options.reports:
        join_reports(right, rows, options.reports)
    if options.out:
        write_atomic(options.out, json.dumps(rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

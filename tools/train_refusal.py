"""Train the detector that tells music from other sounds, and measure it by cross-validation grouped by source.

python tools/gather_sounds.py build/sounds
python 00_preprocess_music.py build/sounds/clips --out build/sounds_table --families musicnn signal --amplify-to -16
python tools/cut_crops.py build/sounds/clips build/pieces
python 00_preprocess_music.py build/pieces --out build/pieces_table --families musicnn signal --amplify-to -16
python tools/train_refusal.py build/sounds_table build/sounds/clips.csv --short build/pieces_table [--music TABLE ...]

A --music table holds real songs (families musicnn and signal, group = source); clips with split `valid` are left out.
Writes models/not_music.npz (arrays) and models/not_music.json (the card), then models/not_music_kinds.npz and its card:
what names the kind of a sound that is refused. With --kinds-only the detector stays as it is.
"""

import argparse
import hashlib
import io
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sound_kinds import NAMES, fit_kinds, held_out_probabilities, levels, measure_kinds, named

from musicgenre.dataset.table import OK, read_clips, read_family
from musicgenre.features.families import columns_of, extractor_constants
from musicgenre.files import write_atomic
from musicgenre.inference.not_music import CLIP, FAMILIES_NEEDED, KINDS_NAME, NAME, scores

N_TREES = 150
MIN_LEAF = 3
MACHINE_C = 3.0
MACHINE_GAMMA = 1 / 400  # about 1 / (2 * columns)
FALSE_REFUSAL = 0.0075  # share of music refused, which sets the threshold
DOUBT = 0.025  # share of music that is refused or doubted
SHORT_WEIGHT = 0.5  # of a 3 s piece
REAL_SONGS_WEIGHT = 3.0  # a real song counts as much as this many pieces of game music


def load_sounds(table, index):
    """Return (features, is_other, source, kind) of the gathered sounds."""
    kinds = pd.read_csv(index, dtype=str).set_index("clip_id")
    clips = read_clips(table)
    clips = clips[(clips["status"] == OK) & clips["clip_id"].isin(kinds.index)]
    x = pd.concat([read_family(table, family).loc[clips["clip_id"]] for family in FAMILIES_NEEDED], axis=1)
    info = kinds.loc[clips["clip_id"]]
    return x.to_numpy(), (info["label"] != "music").to_numpy(), info["source"].to_numpy(), info["kind"].to_numpy()


def load_songs(table):
    """Return the same for a table of real songs, without clips kept for acceptance."""
    clips = read_clips(table)
    clips = clips[(clips["status"] == OK) & (clips["split"] != "valid")]
    x = pd.concat([read_family(table, family).loc[clips["clip_id"]] for family in FAMILIES_NEEDED], axis=1)
    source = clips["group"].where(clips["group"] != "", clips["clip_id"]).to_numpy()
    return x.to_numpy(), np.zeros(len(clips), bool), source, ("song-" + clips["genre"]).to_numpy()


def fit_forest(x, other, weights, *, trees=N_TREES):
    """Return extra trees (Geurts et al., 2006) as plain arrays."""
    from sklearn.ensemble import ExtraTreesClassifier

    forest = ExtraTreesClassifier(
        trees, min_samples_leaf=MIN_LEAF, max_features=0.4, random_state=0, n_jobs=1, class_weight="balanced"
    )
    forest.fit(x.astype(np.float32), other, sample_weight=weights)
    parts = {name: [] for name in ("feature", "threshold", "left", "right", "value")}
    roots, offset = [], 0
    for estimator in forest.estimators_:
        tree = estimator.tree_
        leaf = tree.children_left < 0
        share = tree.value[:, 0, :] / tree.value[:, 0, :].sum(axis=1, keepdims=True)
        parts["feature"].append(np.where(leaf, -1, tree.feature).astype(np.int16))
        parts["threshold"].append(tree.threshold.astype(np.float32))
        parts["left"].append(np.where(leaf, 0, tree.children_left + offset).astype(np.int32))
        parts["right"].append(np.where(leaf, 0, tree.children_right + offset).astype(np.int32))
        parts["value"].append(share[:, 1].astype(np.float32))
        roots.append(offset)
        offset += tree.node_count
    return {name: np.concatenate(values) for name, values in parts.items()} | {"root": np.array(roots, np.int32)}


def fit_machine(x, other, weights):
    """Return a support vector machine with a Gaussian kernel (Cortes and Vapnik, 1995) as plain arrays."""
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    scaler = StandardScaler().fit(x)
    machine = SVC(C=MACHINE_C, gamma=MACHINE_GAMMA)
    machine.fit(np.clip(scaler.transform(x), -CLIP, CLIP), other, sample_weight=weights)
    return {
        "mean": scaler.mean_,
        "scale": scaler.scale_,
        "support": machine.support_vectors_.astype(np.float32),
        "dual": machine.dual_coef_[0],
        "intercept": machine.intercept_,
        "gamma": np.array(MACHINE_GAMMA),
    }


def fit_both(x, other, weights, *, trees=N_TREES):
    """Return the arrays of both models."""
    return fit_forest(x, other, weights, trees=trees) | fit_machine(x, other, weights)


def weights_of(source, kind):
    """Return weights that keep large sources from ruling, and let real songs count."""
    _, index, count = np.unique(source, return_inverse=True, return_counts=True)
    songs = np.char.startswith(kind.astype(str), "song-")
    return np.where(songs, REAL_SONGS_WEIGHT, 1.0) * np.where(songs, 1.0, 1 / np.sqrt(count[index]))


def measure(score, other, kind):
    """Return (thresholds, figures) from held-out scores."""
    from sklearn.metrics import roc_auc_score

    music = score[~other]
    refuse, doubt, two = (float(np.quantile(music, 1 - share)) for share in (FALSE_REFUSAL, DOUBT, 0.02))
    figures = {
        "auc": float(roc_auc_score(other, score)),
        "refused_at_2_percent_false": float((score[other] >= two).mean()),
        "refused": float((score[other] >= refuse).mean()),
        "refused_or_uncertain": float((score[other] >= doubt).mean()),
        "music_refused": float((music >= refuse).mean()),
        "kinds": {
            str(name): {"clips": int((kind == name).sum()), "refused": float((score[kind == name] >= refuse).mean())}
            for name in np.unique(kind)
        },
    }
    return {"not_music_from": round(refuse, 4), "uncertain_from": round(doubt, 4)}, figures


def show(card):
    """Print what the detector refuses, by kind and in all."""
    sys.stdout.write(f"what is not music: {card['protocol']}\n")
    for name, row in card["metrics"]["kinds"].items():
        sys.stdout.write(f"  {name:<20} {row['clips']:5d} clips {row['refused']:7.1%} refused\n")
    for name, metrics in (("recordings", card["metrics"]), ("pieces of 3 s", card["metrics_short"])):
        sys.stdout.write(
            f"{name}: AUC {metrics['auc']:.4f}; {metrics['refused_at_2_percent_false']:.1%} of the other sounds are "
            f"refused where 2 % of the music is; at the threshold in use {metrics['refused']:.1%} are (and "
            f"{metrics['refused_or_uncertain']:.1%} refused or uncertain), with {metrics['music_refused']:.1%} of the "
            "music\n"
        )


def show_kinds(card):
    """Print how often a kind is said, and how often rightly."""
    for name, metrics in (("recordings", card["metrics"]), ("pieces of 3 s", card["metrics_short"])):
        if not metrics:
            continue
        sys.stdout.write(
            f"kinds, {name}: said of {metrics['answered']:.1%} of {metrics['clips']} sounds, "
            f"{metrics['right']:.1%} of them rightly ({card['protocol']})\n"
        )
        for kind, row in metrics["kinds"].items():
            right = "never said" if row["right"] is None else f"said {row['said']:4d} times, {row['right']:6.1%} right"
            sys.stdout.write(f"  {kind:<8} {row['clips']:5d} clips {row['found']:7.1%} found, {right}\n")


def write_detector(folder, name, arrays, card):
    """Write NAME.npz and the card that describes it."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    about = {"name": name, "columns": columns_of(FAMILIES_NEEDED), "extractor": extractor_constants()}
    card = about | {"sha256": hashlib.sha256(buffer.getvalue()).hexdigest()} | card
    (folder / f"{name}.npz").write_bytes(buffer.getvalue())
    write_atomic(folder / f"{name}.json", json.dumps(card, indent=1) + "\n")


def train_detector(x, other, source, kind, weights, lengths):
    """Train, measure and describe the detector: (arrays, card)."""
    from sklearn.model_selection import StratifiedGroupKFold

    held_out = np.zeros((2, len(x)))
    for repeat in range(len(held_out)):
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=repeat).split(x, other, source)
        for train, test in folds:
            arrays = fit_both(x[train], other[train], weights[train])
            held_out[repeat, test] = scores(arrays, x[test].astype(np.float32))
    score = held_out.mean(axis=0)
    found = {
        name: measure(score[rows], other[rows], kind[rows]) for name, rows in (("long", ~lengths), ("short", lengths))
    }
    card = {
        "thresholds": {name: thresholds for name, (thresholds, _) in found.items()},
        "training": {
            "clips": int((~lengths).sum()),
            "music": int((~other & ~lengths).sum()),
            "sources": len(np.unique(source)),
        },
        "protocol": "5-fold cross-validation grouped by source, scores averaged over 2 repeats",
        "metrics": found["long"][1],
        "metrics_short": found["short"][1],
    }
    return fit_both(x, other, weights), card


def train_kinds(x, source, kind, weights, lengths):
    """Train, measure and describe what names the kinds: (arrays, card)."""
    names = named(kind)
    probabilities = held_out_probabilities(x, names, source, weights)
    figures = {
        length: measure_kinds(probabilities[rows], names[rows], source[rows]) if rows.any() else None
        for length, rows in (("long", ~lengths), ("short", lengths))
    }
    card = {
        "kinds": list(NAMES),
        "sure_from": levels(probabilities, names),
        "training": {"clips": int((~lengths).sum()), "sources": len(np.unique(source))},
        "protocol": "5-fold cross-validation grouped by source, probabilities averaged over 2 repeats; the level from "
        "which a kind is said comes from other sources",
        "metrics": figures["long"],
        "metrics_short": figures["short"],
    }
    return fit_kinds(x, names, weights), card


def main(argv=None):
    """Train, measure and write; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path, nargs="?", help="table of the gathered sounds")
    parser.add_argument("index", type=Path, nargs="?", help="their clips.csv, which says what each is")
    parser.add_argument("--music", type=Path, nargs="*", default=[])
    parser.add_argument("--short", type=Path, nargs="*", default=[], help="tables of 3 s pieces of the same sounds")
    parser.add_argument("--short-music", type=Path, nargs="*", default=[], help="tables of 3 s pieces of real songs")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent.parent / "models")
    parser.add_argument("--kinds-only", action="store_true", help="train what names the kinds, leave the detector")
    parser.add_argument("--show", action="store_true", help="print the figures of the detector in --out, train nothing")
    options = parser.parse_args(argv)
    if options.show:
        show(json.loads((options.out / f"{NAME}.json").read_text(encoding="utf-8")))
        show_kinds(json.loads((options.out / f"{KINDS_NAME}.json").read_text(encoding="utf-8")))
        return 0
    if options.table is None or options.index is None:
        parser.error("give the table and the clips.csv of the gathered sounds")
    parts = [load_sounds(options.table, options.index), *map(load_songs, options.music)]
    short = [load_sounds(table, options.index) for table in options.short] + [
        load_songs(t) for t in options.short_music
    ]
    lengths = np.repeat([False, True], [sum(len(part[0]) for part in group) for group in (parts, short)])
    x, other, source, kind = (np.concatenate(values) for values in zip(*parts, *short, strict=True))
    weights = weights_of(source, kind) * np.where(lengths, SHORT_WEIGHT, 1.0)
    if not options.kinds_only:
        arrays, card = train_detector(x, other, source, kind, weights, lengths)
        show(card)
        write_detector(options.out, NAME, arrays, card)
    arrays, card = train_kinds(x[other], source[other], kind[other], weights[other], lengths[other])
    show_kinds(card)
    write_detector(options.out, KINDS_NAME, arrays, card)
    return 0


if __name__ == "__main__":
    sys.exit(main())

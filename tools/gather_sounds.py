"""Gather sounds that are music and sounds that are not, from Debian packages and from mathematics.

    python tools/gather_sounds.py OUT_DIR
    python tools/gather_sounds.py OUT_DIR --only lugaru-data synthetic

Needs a Debian system: `apt-get download` fetches the packages, nothing is installed. The programs espeak-ng (speech in
many languages) and fluidsynth (MIDI files to sound) must be there; their packages have the same names.
Writes OUT_DIR/clips/KIND/SOURCE_N.flac (22.05 kHz, mono, 3..20 s) and OUT_DIR/clips.csv. The same packages give the
same clips. Nothing of OUT_DIR belongs in the repository: each package has its own licence.
"""

import argparse
import csv
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections import defaultdict
from fnmatch import fnmatchcase
from itertools import product
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import soundfile
import soxr
from synthetic_sounds import BACKGROUNDS, GENERATORS, SAMPLE_RATE

MIN_S, MAX_S = 5.0, 20.0  # length of a piece cut from a long recording
NATURAL_S = 3.0  # a shorter recording is only used joined with others of its source
JOINED_S = 4.0  # the shortest joined or looped clip
LONGEST_S = 200.0  # no more of a recording is decoded: its pieces are spread over this part
QUIET_DBFS = -50.0  # a clip below this level is left out: it would teach silence
FILLED = 0.6  # and so is a piece of which less than this share is louder
COPIES = 7  # clips of each synthetic generator
SOUNDFONT = "timgm6mb-soundfont"


class Row(NamedTuple):
    """Files of one package that become clips.

    `how`: cut (pieces of each file), join (short files one after the other), loop (each file repeated), midi.
    `source`: the group that cross-validation keeps together; {package}, {parent}, {stem} and {start} (the name up to
    the first dash, dot or underscore) are filled in. `pieces`: at most so many of a file. `most`: of the whole row.
    """

    package: str
    pattern: str
    kind: str
    how: str = "cut"
    source: str = "{package}"
    pieces: int = 3
    most: int = 14


def read_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file beside this one."""
    with Path(__file__).with_name(name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def wanted(label: str) -> tuple[Row, ...]:
    """Return what sounds.csv wants of one label."""
    return tuple(
        Row(**{**{name: row[name] for name in Row._fields}, "pieces": int(row["pieces"]), "most": int(row["most"])})
        for row in read_rows("sounds.csv")
        if row["label"] == label
    )


NOT_MUSIC = wanted("not_music")

MUSIC = wanted("music")

# Two sentences a language, spoken by espeak-ng with several voices, speeds and pitches.
SENTENCES = {row["voice"]: row["text"] for row in read_rows("sentences.csv")}
VOICES = ("", "+f2", "+m3", "+whisper", "+croak")  # espeak-ng's variants of a voice
BABBLE = ("ktuberling-data", "*/sounds/[a-z][a-z]/*.*")  # speakers that appear nowhere else


def matches(path: Path, pattern: str) -> bool:
    """Match a glob in which {a,b} stands for a or b."""
    parts = [part.split(",") for part in re.split(r"[{}]", pattern)]
    return any(fnmatchcase(path.as_posix(), "".join(choice)) for choice in product(*parts))


def run(*command: str | Path, cwd: Path | None = None) -> None:
    """Run a program, silently; its error becomes ours."""
    subprocess.run([str(part) for part in command], cwd=cwd, check=True, capture_output=True)  # noqa: S603  (fixed)


def unpack(package: str, out: Path) -> Path:
    """Download a package into the cache and unpack it, with the archives inside it."""
    folder = out / "unpacked" / package
    if folder.exists():
        return folder
    debs = out / "debs"
    debs.mkdir(parents=True, exist_ok=True)
    if not list(debs.glob(f"{package}_*.deb")):
        run("apt-get", "download", "-q", package, cwd=debs)
    with tempfile.TemporaryDirectory(dir=out) as scratch:
        run("dpkg-deb", "-x", next(debs.glob(f"{package}_*.deb")), scratch)
        for archive in sorted([*Path(scratch).rglob("*.pk3"), *Path(scratch).rglob("data.zip")]):
            with zipfile.ZipFile(archive) as inside:
                inside.extractall(archive.with_suffix(""))  # noqa: S202  (an archive from a signed package)
        folder.parent.mkdir(exist_ok=True)
        shutil.copytree(scratch, folder, symlinks=True)
    return folder


def decode(path: Path, *, longest_s: float = LONGEST_S) -> np.ndarray:
    """Decode the first part of a file to mono at SAMPLE_RATE; an unreadable file gives no samples."""
    try:
        raw = "g722" if path.suffix == ".g722" else None
        with av.open(str(path), format=raw, metadata_errors="replace") as container:
            stream = container.streams.audio[0]
            resampler = av.AudioResampler(format="fltp", layout="mono")
            rate, parts = SAMPLE_RATE, []
            for frame in container.decode(stream):
                rate = frame.sample_rate
                parts += [part.to_ndarray()[0] for part in resampler.resample(frame)]
                if (frame.time or 0) > longest_s:
                    break
    except (av.FFmpegError, IndexError):
        return np.zeros(0, np.float32)
    return soxr.resample(np.concatenate(parts), rate, SAMPLE_RATE) if parts else np.zeros(0, np.float32)


def render(path: Path, soundfont: Path) -> np.ndarray:
    """Play a MIDI file with fluidsynth."""
    with tempfile.TemporaryDirectory() as scratch:
        wav = Path(scratch) / "out.wav"
        run("fluidsynth", "-ni", "-r", str(SAMPLE_RATE), "-F", wav, soundfont, path)
        return decode(wav)


def speak(text: str, voice: str, speed: int, pitch: int) -> np.ndarray:
    """Speak with espeak-ng."""
    with tempfile.TemporaryDirectory() as scratch:
        wav = Path(scratch) / "out.wav"
        run("espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "-w", wav, text)
        return decode(wav)


def level(y: np.ndarray) -> float:
    """RMS level in dBFS."""
    return 10 * np.log10(np.mean(np.square(y, dtype=np.float64)) + 1e-12)


def filled(y: np.ndarray) -> float:
    """Share of the half seconds that are louder than QUIET_DBFS."""
    blocks = np.array_split(y, max(1, round(2 * y.size / SAMPLE_RATE)))
    return float(np.mean([level(block) > QUIET_DBFS for block in blocks]))


def trim(y: np.ndarray) -> np.ndarray:
    """Cut silence off both ends."""
    loud = np.flatnonzero(np.abs(y) > 1e-3)
    return y[loud[0] : loud[-1] + 1] if loud.size else y[:0]


def cut(y: np.ndarray, pieces: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Cut up to `pieces` pieces of random length, spread over the recording."""
    y = trim(y)
    seconds = y.size / SAMPLE_RATE
    if seconds < NATURAL_S:
        return []
    lengths = rng.uniform(MIN_S, MAX_S, min(pieces, max(1, int(seconds / 10))))
    slot = y.size / lengths.size
    clips = []
    for index, length in enumerate(lengths):
        size = min(int(length * SAMPLE_RATE), int(slot))
        start = int(index * slot + rng.uniform(0, slot - size))
        clips.append(y[start : start + size].copy())  # the copy lets go of the whole recording
    return [clip for clip in clips if filled(clip) > FILLED]


def join(parts: list[np.ndarray], rng: np.random.Generator) -> list[np.ndarray]:
    """Put short sounds one after the other, with small gaps, until clips of 5..15 s are full."""
    clips, current, goal = [], [], rng.uniform(5, 15)
    rounds = 1 if sum(part.size for part in parts) > 8 * SAMPLE_RATE else 3
    for part in (parts[index] for _ in range(rounds) for index in rng.permutation(len(parts))):
        current += [part[: int(MAX_S * SAMPLE_RATE)], np.zeros(int(rng.uniform(0.05, 0.5) * SAMPLE_RATE), np.float32)]
        if sum(x.size for x in current) >= goal * SAMPLE_RATE:
            clips.append(np.concatenate(current)[: int(MAX_S * SAMPLE_RATE)])
            current, goal = [], rng.uniform(5, 15)
    if current and not clips:
        clips.append(np.concatenate(current))
    return [clip for clip in clips if clip.size >= JOINED_S * SAMPLE_RATE and level(clip) > QUIET_DBFS]


def loop(y: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """Repeat a sound for 6..12 s."""
    if y.size < 0.05 * SAMPLE_RATE or level(y) < QUIET_DBFS:
        return []
    return [np.resize(y, max(int(rng.uniform(6, 12) * SAMPLE_RATE), min(y.size, int(MAX_S * SAMPLE_RATE))))]


def clips_of(row: Row, folder: Path, soundfont: Path | None) -> list[tuple[str, np.ndarray]]:
    """Make the clips of one row: (source, samples)."""
    groups: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(folder.rglob("*")):
        if matches(path, row.pattern) and path.is_file() and not path.is_symlink():
            start = path.stem.replace(".", "-").replace("_", "-").split("-")[0]
            names = {"package": row.package, "parent": path.parent.name, "stem": path.stem, "start": start}
            groups[row.source.format(**names)].append(path)
    found = []
    for source, paths in groups.items():
        rng = np.random.default_rng(zlib.crc32(f"{source} {row.pattern}".encode()))
        chosen = [paths[index] for index in rng.permutation(len(paths))[:200]]
        clips: list[np.ndarray] = []
        if row.how == "join":
            clips = join([y for y in map(trim, map(decode, chosen)) if y.size], rng)
        for path in chosen if row.how != "join" else ():
            if len(clips) >= row.most:
                break
            y = render(path, soundfont) if row.how == "midi" else decode(path)
            clips += loop(y, rng) if row.how == "loop" else cut(y, row.pieces, rng)
        found += [(source, clip) for clip in clips[: row.most]]
    return found


def spoken() -> list[tuple[str, str, np.ndarray]]:
    """Make speech with espeak-ng: (kind, source, samples)."""
    rng = np.random.default_rng(1)
    found = []
    for language, text in SENTENCES.items():
        for voice in rng.choice(VOICES, 3, replace=False):
            y = speak(text, language + voice, int(rng.integers(110, 260)), int(rng.integers(10, 90)))
            found += [("speech", "espeak-ng", piece) for piece in cut(y, 1, rng)]
    return found


def synthetic() -> list[tuple[str, str, np.ndarray]]:
    """Make COPIES clips of every generator: (kind, source, samples)."""
    found = []
    for kind, generators in GENERATORS.items():
        for generator in generators:
            for copy in range(COPIES):
                rng = np.random.default_rng(zlib.crc32(f"{generator.__name__} {copy}".encode()))
                y = generator(rng, np.arange(int(rng.uniform(MIN_S, 14) * SAMPLE_RATE)) / SAMPLE_RATE)
                y = y / np.max(np.abs(y)) * 10 ** (rng.uniform(-25, -1) / 20)
                found.append((kind, f"synthetic-{generator.__name__}", y))
    return found


def mixed(speech: list[tuple[str, np.ndarray]], out: Path) -> list[tuple[str, str, np.ndarray]]:
    """Mix speech with noise, and many speakers with each other: (kind, source, samples)."""
    rng = np.random.default_rng(2)
    found = []
    for index in rng.permutation(len(speech))[:40]:
        source, y = speech[index]
        generator = BACKGROUNDS[rng.integers(len(BACKGROUNDS))]
        noise = generator(rng, np.arange(y.size) / SAMPLE_RATE)
        noise *= 10 ** ((level(y) - level(noise) - rng.uniform(0, 20)) / 20)
        found.append(("speech-in-noise", source, y + noise))
    package, pattern = BABBLE
    talks: dict[str, list[np.ndarray]] = defaultdict(list)
    for path in sorted(unpack(package, out).rglob("*")):
        if matches(path, pattern) and len(talks[path.parent.name]) < 60:
            talks[path.parent.name].append(trim(decode(path)))
    speakers = [y for y in map(np.concatenate, talks.values()) if y.size > 20 * SAMPLE_RATE]
    for _ in range(24):
        size = int(rng.uniform(6, 14) * SAMPLE_RATE)
        chosen = rng.choice(len(speakers), min(int(rng.integers(1, 7)), len(speakers)), replace=False)
        starts = [rng.integers(0, speakers[index].size - size) for index in chosen]
        voices = [speakers[index][start : start + size] for index, start in zip(chosen, starts, strict=True)]
        found.append(("babble", "ktuberling-babble", sum(y * 10 ** ((-25 - level(y)) / 20) for y in voices)))
    return found


def main(argv: list[str] | None = None) -> int:
    """Gather, cut and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT_DIR", help="folder for packages, clips and clips.csv")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these packages, or: espeak-ng, synthetic, mixed")
    options = parser.parse_args(argv)
    out = options.out.resolve()

    def wanted(name: str) -> bool:
        return not options.only or name in options.only

    shutil.rmtree(out / "clips", ignore_errors=True)
    count: dict[tuple[str, str], int] = defaultdict(int)
    table: list[tuple[str, str, str, str, float]] = []
    speech: list[tuple[str, np.ndarray]] = []

    def keep(label: str, kind: str, source: str, clip: np.ndarray) -> None:
        """Write one clip and its row."""
        name = "".join(c if c.isalnum() or c in "-." else "-" for c in source)
        count[kind, name] += 1
        clip_id = f"{kind}/{name}_{count[kind, name]:02d}"
        path = out / "clips" / f"{clip_id}.flac"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, clip / max(1.0, np.max(np.abs(clip))), SAMPLE_RATE)
        table.append((clip_id, label, kind, name, round(clip.size / SAMPLE_RATE, 2)))

    for label, rows in (("not_music", NOT_MUSIC), ("music", MUSIC)):
        for row in rows:
            if not wanted(row.package):
                continue
            font = next(unpack(SOUNDFONT, out).rglob("*.sf2")) if row.how == "midi" else None
            clips = clips_of(row, unpack(row.package, out), font)
            if not clips:
                print(f"nothing for {row.package} {row.pattern}", file=sys.stderr)
            for source, clip in clips:
                keep(label, f"music-{row.kind}" if label == "music" else row.kind, source, clip)
            speech += clips if row.kind == "speech" else []
    made = spoken() if wanted("espeak-ng") else []
    speech += [(source, clip) for _, source, clip in made]
    made += synthetic() if wanted("synthetic") else []
    made += mixed(speech, out) if wanted("mixed") else []
    for kind, source, clip in made:
        keep("not_music", kind, source, clip)
    with (out / "clips.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("clip_id", "label", "kind", "source", "duration_s"))
        writer.writerows(table)
    for label in ("not_music", "music"):
        chosen = [row for row in table if row[1] == label]
        print(f"{label}: {len(chosen)} clips of {len({row[3] for row in chosen})} sources")
    return 0


if __name__ == "__main__":
    sys.exit(main())

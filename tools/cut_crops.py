"""Cut a short piece out of every sound file of a folder, to train and measure what short recordings are.

python tools/cut_crops.py build/sounds/clips build/crops
python tools/cut_crops.py my_music build/crops --seconds 6

Keeps the names and folders, writes flac. Files shorter than the piece are left out.
"""

import argparse
import sys
from pathlib import Path

import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from musicgenre.audio.decode import read_recording
from musicgenre.dataset.build import clip_ids, find_audio
from musicgenre.errors import GenreError

START = 1 / 3  # share of what is left over that lies before the piece


def main(argv=None):
    """Cut and write; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("audio_dir", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=3.05)
    options = parser.parse_args(argv)
    for clip_id, path in clip_ids(options.audio_dir, find_audio(options.audio_dir)).items():
        try:
            clip = read_recording(path).clips[0]
        except GenreError as error:
            sys.stderr.write(f"left out {clip_id}: {error}\n")
            continue
        count = int(options.seconds * clip.sample_rate)
        if len(clip.samples) < count:
            continue
        start = int(START * (len(clip.samples) - count))
        target = options.out / f"{clip_id}.flac"
        target.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(target, clip.samples[start : start + count], clip.sample_rate)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Cut the clips of data/samples/ from freely licensed Debian packages, with their licences and expected answers.

    python tools/make_samples.py CACHE_DIR
    python tools/make_samples.py CACHE_DIR --out data/samples

CACHE_DIR keeps the downloaded packages (the OUT_DIR of gather_sounds.py serves as well). Needs a Debian system for
`apt-get download`; nothing is installed. Writes one ogg a sample, LICENSES.md and expected.csv.
"""

import argparse
import csv
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile
from gather_sounds import decode, matches, trim, unpack
from synthetic_sounds import SAMPLE_RATE

FADE_S = 0.02  # no clicks at the cuts
PEAK = 0.8  # lossy encoding overshoots
BLOCK = 1 << 14  # samples written at a time: the Vorbis encoder overflows its stack on long blocks

BY_SA_3 = "CC BY-SA 3.0 Unported (creativecommons.org/licenses/by-sa/3.0)"
PROJECT = "CC0 1.0 (creativecommons.org/publicdomain/zero/1.0)"


class Sample(NamedTuple):
    """One clip: where it is cut from, what the program should say, and whose work it is.

    `expected` is a verdict, or the genres that a listener would accept, divided by "; "; `why` is the reason.
    """

    file: str
    expected: str
    why: str
    package: str
    pattern: str
    start_s: float
    length_s: float
    author: str
    work: str
    licence: str
    evidence: str


SAMPLES = (
    Sample(
        file="metal.ogg",
        expected="metal",
        why="distorted guitars and fast drums; its author's band plays metal",
        package="fretsonfire-songs-muldjord",
        pattern="*/internal_degeneration/song.ogg",
        start_s=44,
        length_s=16,
        author="El Senator, of the band Muldjord (2009)",
        work="Internal Degeneration (the track without its lead guitar)",
        licence=BY_SA_3,
        evidence="'The songs, performances and fret files ... are licenced under the terms of the Creative Commons "
        "Attribution ShareAlike licence 3.0'",
    ),
    Sample(
        file="classical.ogg",
        expected="classical",
        why="Gounod's Ave Maria on a cello",
        package="freedink-data",
        pattern="*/Sound/1.ogg",
        start_s=60,
        length_s=18,
        author="John Michel, cello; music by Charles Gounod after J. S. Bach (1859, public domain)",
        work="Ave Maria",
        licence=BY_SA_3,
        evidence="README-REPLACEMENTS.txt.gz: 'Artist: John Michel (Cello), License: CC-BY-SA 3.0 Unported'",
    ),
    Sample(
        file="rock.ogg",
        expected="rock",
        why="guitars, bass and drums of a rock song; metal may stand beside it",
        package="fretsonfire-songs-sectoid",
        pattern="*/Feelings/song.ogg",
        start_s=201,
        length_s=16,
        author="Carlos Viola Iborra (Copyright (c) 2006/2007)",
        work="Feelings (the track without its lead guitar)",
        licence="MIT (Expat), text below",
        evidence="'Permission is hereby granted, free of charge, to any person obtaining a copy of this software ...' "
        "for 'the songs, performances and fret files'",
    ),
    Sample(
        file="electronic.ogg",
        expected="electronic",
        why="programmed drums and synthesizers of a game's music; disco and hip-hop share the beat",
        package="zaz-data",
        pattern="*/mus2.ogg",
        start_s=86,
        length_s=15,
        author="Leonard Ritter",
        work="mus2.ogg, music of the game Zaz",
        licence=BY_SA_3,
        evidence="'Files: data/mus*.ogg, Copyright: Leonard Ritter, License: CC-BY-SA-3.0'",
    ),
    Sample(
        file="lounge.ogg",
        expected="jazz; blues; pop",
        why="easy listening, between the genres: jazz is what a listener would say first",
        package="asterisk-moh-opsound-g722",
        pattern="*/manolo_camp-morning_coffee.g722",
        start_s=21,
        length_s=15,
        author="Manolo Camp, Copyright (C) 2009",
        work="Morning Coffee",
        licence=BY_SA_3,
        evidence="'distributed under the Creative Commons Attribution-ShareAlike 3.0 license through explicit "
        "permission from their authors'",
    ),
    Sample(
        file="vocal.ogg",
        expected="rock; metal; pop",
        why="drums, guitars and a woman's voice; by its guitars rock or metal, by its voice pop",
        package="marsshooter-data",
        pattern="*/music/01_-_Ezer_Ev.ogg",
        start_s=208,
        length_s=15,
        author="Obsidian Shell (2011)",
        work="Ezer Ev, a song with drums, guitars and a woman's voice",
        licence=BY_SA_3,
        evidence="'Files: data/audio/music/*, Copyright: 2011, Obsidian Shell, License: CC-BY-SA-3.0'",
    ),
    Sample(
        file="speech.ogg",
        expected="not_music",
        why="a voice that reads prompts",
        package="asterisk-core-sounds-en-g722",
        pattern="*/en_US_f_Allison/conf-{adminmenu,usermenu,userswilljoin}.g722",
        start_s=0,
        length_s=16,
        author="Allison Smith (2003-2010)",
        work="Prompts of the Asterisk telephone exchange, in English",
        licence=BY_SA_3,
        evidence="'Files: *, Copyright: 2003-2010, Allison Smith, License: CC-BY-SA-3.0'",
    ),
    Sample(
        file="wind.ogg",
        expected="not_music",
        why="wind",
        package="megaglest-data",
        pattern="*/tilesets/winter/sounds/wind.ogg",
        start_s=6,
        length_s=14,
        author="Titus Tscharntke (tileset Winter) and the MegaGlest team",
        work="wind.ogg, sound of the game MegaGlest",
        licence=BY_SA_3,
        evidence="'All files are released under the Terms of the Creative Commons Attribution-ShareAlike 3.0 Unported "
        "license'",
    ),
    Sample(
        "tone.ogg",
        "not_music",
        "a sine",
        "",
        "",
        0,
        8,
        "this project",
        "A sine of 440 Hz, peak -12 dBFS",
        PROJECT,
        "made here",
    ),  # fmt: skip
    Sample(
        "silence.ogg",
        "silent",
        "digital silence",
        "",
        "",
        0,
        6,
        "this project",
        "Digital silence",
        PROJECT,
        "made here",
    ),  # fmt: skip
)

MIT_TEXT = """\
Copyright (c) 2006/2007 Carlos Viola Iborra <karuritosu@gmail.com>

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""

NOTICE = """\
# Licences of the samples

These clips are not under the licence of the program. Each is an excerpt (cut, mixed to one channel, resampled to
22.05 kHz, faded at both ends and encoded again, with no other change) of a work that its author allows everyone to
copy, change and pass on, from a package of Debian {release}. The licence's own words are in
`/usr/share/doc/PACKAGE/copyright` of the package named, unless another file is named.

Share-alike: who passes on an excerpt under CC BY-SA, changed or not, keeps the author's name, the link to the licence
and this notice of the changes, and passes it on under the same licence. The clips stand beside the program and are no
part of it; the program's own licence is untouched.
"""


def excerpt(sample: Sample, cache: Path) -> tuple[np.ndarray, str]:
    """Return a sample's audio and the version of its package."""
    size = int(sample.length_s * SAMPLE_RATE)
    if not sample.package:
        t = np.arange(size) / SAMPLE_RATE
        return (0.25 * np.sin(2 * np.pi * 440 * t) if sample.file == "tone.ogg" else np.zeros(size)), ""
    folder = unpack(sample.package, cache)
    version = next((cache / "debs").glob(f"{sample.package}_*.deb")).name.split("_")[1].replace("%3a", ":")
    paths = sorted(path for path in folder.rglob("*") if matches(path, sample.pattern))
    parts = [decode(path, longest_s=sample.start_s + sample.length_s + 1) for path in paths]
    y = np.concatenate(parts if len(parts) == 1 else [trim(part) for part in parts])
    start = int(sample.start_s * SAMPLE_RATE)
    y = y[start : start + size].copy()
    ramp = np.linspace(0, 1, int(FADE_S * SAMPLE_RATE))
    y[: ramp.size] *= ramp
    y[-ramp.size :] *= ramp[::-1]
    return y * min(1.0, PEAK / np.max(np.abs(y))), version


def main(argv: list[str] | None = None) -> int:
    """Cut the samples and write what is known about them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cache", type=Path, metavar="CACHE_DIR", help="folder for the downloaded packages")
    parser.add_argument("--out", type=Path, default=Path("data/samples"), help="where the clips go (%(default)s)")
    options = parser.parse_args(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    lines = [NOTICE.format(release="12")]
    for sample in SAMPLES:
        y, version = excerpt(sample, options.cache.resolve())
        with soundfile.SoundFile(options.out / sample.file, "w", SAMPLE_RATE, 1, format="OGG") as file:
            for start in range(0, y.size, BLOCK):
                file.write(y[start : start + BLOCK])
        lines += [f"\n## {sample.file}\n", f"- Work: {sample.work}", f"- Author: {sample.author}"]
        if sample.package:
            lines += [f"- Package: {sample.package} {version}, `{sample.pattern.removeprefix('*/')}`"]
            lines += [f"- Excerpt: {sample.length_s:g} s from {sample.start_s:g} s"]
        lines += [f"- Licence: {sample.licence}", f"- Where it says so: {sample.evidence}"]
    lines += ["\n## Text of the MIT licence (rock.ogg)\n", MIT_TEXT]
    (options.out / "LICENSES.md").write_text("\n".join(lines), encoding="utf-8")
    with (options.out / "expected.csv").open("w", newline="", encoding="utf-8") as table:
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(("file", "expected", "why"))
        writer.writerows((sample.file, sample.expected, sample.why) for sample in SAMPLES)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Take pictures of the window's main states, on a display of its own.

python tools/screenshots.py
python tools/screenshots.py --out docs --only answer_light working

The songs are those of data/samples; YouTube is the tests' stand-in on 127.0.0.1.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "support" / "plugins")]
SAMPLES = ROOT / "data" / "samples"
STATES = (
    "empty", "working", "answer_light", "answer_dark", "set", "mixed", "not_music", "correction", "sound", "why",
    "shortcuts", "model", "pick_list", "error", "compare", "narrow", "scaled_200",
)  # fmt: skip
TITLES = (
    ("The Harvesters (Live at the Old Mill)", 252),
    ("The Harvesters – full album, remastered and extended edition", 2890),
    ("ザ・ハーベスターズ 東京ライブ 1979", 301), ("الحصادون — تسجيل حي", 199), ("The Harvesters 🎸 lyric video", 248),
)  # fmt: skip


def parse(argv):
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "screenshots", metavar="FOLDER")
    parser.add_argument("--only", nargs="+", choices=STATES, default=STATES, metavar="STATE")
    return parser.parse_args(argv)


def stand_in(media, folder):
    """Let yt-dlp see a stand-in for YouTube with five songs; return the link of a slow one."""
    from support.media_server import Catalogue, encode, tune

    media.files["song.webm"] = encode(tune(20), "webm")
    catalogue = Catalogue(folder / "catalogue.json")
    ids = [f"song000000{index}" for index in range(len(TITLES))]
    for video, (title, seconds) in zip(ids, TITLES, strict=True):
        catalogue.add(video, media=media.url("slow", "song.webm"), title=title, length=seconds)
    catalogue.set(search=ids)
    os.environ["GENRE_TEST_MEDIA_HOST"] = "127.0.0.1"
    os.environ["GENRE_TEST_CATALOGUE"] = str(catalogue.path)
    os.environ["PYTHONPATH"] = str(ROOT / "tests" / "support" / "plugins")
    return f"https://www.youtube.com/watch?v={ids[0]}"


def take(state, out, folder, link):
    """Bring the window into one state and save a picture of it."""
    from support.display import Pilot
    from support.example_answers import fill_examples

    from musicgenre.inference.prediction import Prediction
    from musicgenre.window.window import Window

    window = Window(folder=folder / state)
    pilot = Pilot(window)
    root = window.root
    root.geometry("900x600+0+0" if state == "narrow" else "1080x720+0+0")

    def answered(*names):
        window.jobs.submit([str(SAMPLES / f"{name}.ogg") for name in names])
        pilot.rest()
        window.list.go(window.history.find(names[-1])[0].key)
        pilot.drawn()

    def example(name):
        fill_examples(pilot)
        window.list.go(name)
        pilot.turn(0.3)
        pilot.drawn("prediction_bars", "genre_timeline", "waveform")

    def tab(number, name):
        window.answers.show_tab(number)
        pilot.drawn(name)

    widget = None
    try:
        if state == "working":
            answered("classical")
            window.jobs.submit([link, str(SAMPLES / "metal.ogg")])
            pilot.until(lambda: any("download" in row.stages for row in window.jobs.rows.values()))
            pilot.turn(1.2)
        elif state == "answer_light":
            answered("classical", "metal", "vocal", "rock")
        elif state == "answer_dark":
            window.preferences.use_theme("dark")
            answered("rock", "classical")
            tab(2, "mel_spectrogram")
        elif state in ("set", "mixed"):
            example(state)
        elif state == "not_music":
            answered("rock", "silence", "wind")
        elif state == "correction":
            example("genre")
            window.corrections.say_right("metal")
        elif state == "sound":
            answered("rock")
            tab(4, "tempogram")
        elif state == "why":
            answered("rock")
            window.answers.show_tab(1)
        elif state == "shortcuts":
            answered("rock")
            window.show_keys()
        elif state == "model":
            pilot.until(lambda: window.preferences.genres)
            window.preferences.show_card()
            pilot.until(lambda: any(type(one).__name__ == "CardDialog" for one in root.winfo_children()))
        elif state == "pick_list":
            window.jobs.submit(["the harvesters old mill"])
            pilot.until(lambda: window.pages.pick.winfo_viewable())
        elif state == "error":
            answered("vocal")
            window.jobs.submit(["/home/me/Music/no such song.mp3"])
            pilot.rest()
            pilot.drawn()
        elif state == "compare":
            answered("metal", "classical")
            window.answers.compare()
            dialog = root.winfo_children()[-1]
            pilot.until(lambda: all(side.time.is_drawn for side in dialog.sides))
            widget = dialog
        elif state == "narrow":
            title = "ラ" * 40 + " " + "song " * 60
            window.history.add("long", Prediction("x", title, None, "silent", reason="nothing to hear"))
            window.answers.fill("")
            answered("electronic", "lounge")
        elif state == "scaled_200":
            window.preferences.use_scale(2.0)
            pilot.turn(0.3)
            root.minsize(1, 1)
            root.geometry("1366x708+0+0")  # a screen of 1366 x 768 without its menu bar
            answered("metal", "classical")
        pilot.turn(0.4)
        pilot.picture(out / f"{state}.png", widget)
    finally:
        window.close()


def main(argv=None) -> int:
    """Take the pictures; return the exit code."""
    options = parse(argv)
    from support.display import display
    from support.media_server import media_server

    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name, display(1920, 1240), media_server() as media:
        link = stand_in(media, Path(name))
        for state in options.only:
            take(state, options.out, Path(name), link)
            sys.stdout.write(f"{options.out / state}.png\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

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
    "empty", "working", "batch", "batch_summary", "batch_stopped", "history_filtered", "similar", "answer_light",
    "answer_dark", "set", "mixed", "not_music", "correction", "sound", "why", "shortcuts",
    "model", "pick_list", "error", "compare", "narrow", "scaled_200",
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


class Taker:
    """Brings a window into one state after another.

    Parameters
    ----------
    pilot : support.display.Pilot
    link : str
        Of a slow video.
    """

    def __init__(self, pilot, link):
        self.pilot, self.window, self.link = pilot, pilot.window, link

    def answered(self, *names):
        """Classify samples, and show the answer of the last."""
        window, pilot = self.window, self.pilot
        window.jobs.submit([str(SAMPLES / f"{name}.ogg") for name in names])
        pilot.rest()
        window.list.go(window.history.find(names[-1])[0].key)
        pilot.until(window.pages.answer.winfo_viewable)
        pilot.turn(1.0)

    def folder(self, done):
        """Classify the folder of samples until so many have their answer."""
        window, pilot = self.window, self.pilot
        pilot.until(lambda: window.preferences.models)
        window.jobs.submit([str(SAMPLES)])
        pilot.until(lambda: window.jobs.batch.total > 1 and window.jobs.batch.done >= done, 60)

    def dialog(self, name):
        """Return the dialog of a class."""
        return next(child for child in self.window.root.winfo_children() if type(child).__name__ == name)

    def empty(self):
        """Show the first page."""

    def working(self):
        """Show a download."""
        self.answered("classical")
        self.window.jobs.submit([self.link])
        self.pilot.until(lambda: any("download" in row.stages for row in self.window.jobs.rows.values()))
        self.pilot.turn(1.2)

    def batch(self):
        """Show a batch at work."""
        self.folder(4)

    def batch_summary(self):
        """Show what a batch has come to, with one part chosen."""
        self.folder(10)
        self.pilot.rest()
        self.pilot.turn(0.3)
        parts = self.window.pages.batch.view.parts
        self.window.batches.choose(next(part for part in parts if part.kind == "uncertain"))

    def batch_stopped(self):
        """Show a batch that was stopped, dark."""
        self.window.preferences.use_theme("dark")
        self.folder(3)
        self.window.jobs.stop_all()

    def history_filtered(self):
        """Show the songs of one kind."""
        self.answered("rock", "vocal", "lounge", "speech", "tone", "metal", "electronic")
        self.window.view.narrow("uncertain")
        self.window.list.go(self.window.list.songs()[0])
        self.pilot.turn(1.0)

    def similar(self):
        """Show similar songs of the history."""
        self.answered("rock", "vocal", "lounge", "classical", "metal")
        self.window.similar.show()
        dialog = self.dialog("SimilarDialog")
        self.pilot.until(lambda: dialog.list.get_children())
        return dialog

    def answer_light(self):
        """Show an answer."""
        self.answered("classical", "metal", "vocal", "rock")

    def answer_dark(self):
        """Show the sound of an answer, dark."""
        self.window.preferences.use_theme("dark")
        self.answered("rock", "classical")
        self.window.answers.show_tab(2)
        self.pilot.turn(1.5)

    def example(self, name):
        """Show an answer that is made up."""
        from support.example_answers import fill_examples

        fill_examples(self.pilot)
        self.window.list.go(name)
        self.pilot.turn(0.3)
        self.pilot.drawn("prediction_bars", "genre_timeline", "waveform")

    def set(self):
        """Show an answer that names several genres."""
        self.example("set")

    def mixed(self):
        """Show a song with parts of different genres."""
        self.example("mixed")

    def not_music(self):
        """Show an answer without a genre."""
        self.answered("rock", "silence", "wind")

    def correction(self):
        """Show an answer that the user has corrected."""
        self.example("genre")
        self.window.corrections.say_right("metal")
        self.pilot.turn(0.2)  # the page has a line more, and its pictures less room
        self.pilot.drawn()

    def sound(self):
        """Show a picture of the sound."""
        self.answered("rock")
        self.window.answers.show_tab(4)
        self.pilot.drawn("tempogram")

    def why(self):
        """Show the reasons of an answer."""
        self.answered("rock")
        self.window.answers.show_tab(1)

    def shortcuts(self):
        """Show the list of keys."""
        self.answered("rock")
        self.window.show_keys()

    def model(self):
        """Show what is known of the model."""
        window = self.window
        self.pilot.until(lambda: window.preferences.genres)
        window.preferences.show_card()
        self.pilot.until(lambda: any(type(one).__name__ == "CardDialog" for one in window.root.winfo_children()))

    def pick_list(self):
        """Show the results of a search."""
        self.window.jobs.submit(["the harvesters old mill"])
        self.pilot.until(self.window.pages.pick.winfo_viewable)

    def error(self):
        """Show an input that failed: it is back in the box."""
        self.answered("vocal")
        self.window.top.entry.insert(0, "/home/me/Music/no such song.mp3")
        self.window.inputs.submit_entry()
        self.pilot.rest()
        self.pilot.turn(0.3)

    def compare(self):
        """Show two answers side by side."""
        self.answered("metal", "classical")
        self.window.answers.compare()
        dialog = self.dialog("CompareDialog")
        self.pilot.until(lambda: all(side.time.is_drawn for side in dialog.sides))
        return dialog

    def narrow(self):
        """Show the smallest window, with a title that is long."""
        from musicgenre.inference.prediction import Prediction

        title = "ラ" * 40 + " " + "song " * 60
        self.window.history.add("long", Prediction("x", title, None, "silent", reason="nothing to hear"))
        self.window.answers.fill("")
        self.answered("electronic", "lounge")

    def scaled_200(self):
        """Show an answer at 200 %."""
        self.window.preferences.use_scale(2.0)
        self.pilot.turn(0.3)
        self.window.root.minsize(1, 1)
        self.window.root.geometry("1366x708+0+0")  # a screen of 1366 x 768 without its menu bar
        self.answered("metal", "classical")


def take(state, out, folder, link):
    """Bring a window into one state and save a picture of it."""
    from support.display import Pilot

    from musicgenre.window.window import Window

    window = Window(folder=folder / state)
    pilot = Pilot(window)
    window.root.geometry("900x600+0+0" if state == "narrow" else "1080x720+0+0")
    try:
        widget = getattr(Taker(pilot, link), state)()
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

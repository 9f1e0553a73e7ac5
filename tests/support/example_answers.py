"""One answer of each kind, with all that an answer can have, about a sample that is there to be heard and drawn."""

from musicgenre.inference.prediction import Failure, Part, Prediction, Reason, Section, Segment, Tag
from support.window_material import SAMPLES

GENRES = ("blues", "classical", "country", "disco", "electronic", "folk", "hiphop", "jazz", "metal", "pop", "reggae",
          "rnb", "rock")  # fmt: skip
SONG = SAMPLES / "rock.ogg"
LENGTH_S = 16.0
TAGS = [Tag("rock", 0.61), Tag("guitar", 0.44), Tag("male vocalist", 0.32), Tag("80s", 0.2), Tag("loud", 0.13)]
COLOURS = {"rock": "#df0532", "blues": "#2683ff", "pop": "#86a69d", "hiphop": "#c22281"}
REASONS = (
    Reason("heard", "The pretrained network heard: rock (61%), guitar (44%)"),
    Reason("for", "Tempo 118 bpm, within what is usual for rock (96 to 160 bpm); metal: 90 to 170 bpm"),
    Reason("against", "Brightness 2.1 kHz, below what is usual for rock (3.0 to 5.5 kHz); metal: 3.0 to 7.0 kHz"),
)


def chances(**named):
    """Return probabilities of all genres, the same for those that are not named."""
    rest = (1 - sum(named.values())) / (len(GENRES) - len(named))
    return {genre: named.get(genre, rest) for genre in GENRES}


def example_answers():
    """Return answers by what they are."""
    heard = {"input": str(SONG), "title": "Late Train Home", "duration_s": LENGTH_S, "model": "genres",
             "analysed": [Section(0.0, LENGTH_S)]}  # fmt: skip
    music = {**heard, "tags": TAGS, "tempo_bpm": 118.2}

    def runs(first, second):
        return [Segment(0.0, 9.0, first, 0.9), Segment(9.0, LENGTH_S, second, 0.7)]

    return {
        "genre": Prediction(**music, verdict="genre", genre="rock", confidence=0.87, likely=["rock"],
                            probabilities=chances(rock=0.87, metal=0.06, blues=0.04), segments=runs("rock", "rock")),
        "set": Prediction(**music, verdict="uncertain", genre="blues", confidence=0.52, likely=["blues", "jazz"],
                          probabilities=chances(blues=0.52, jazz=0.41), segments=runs("blues", "jazz"),
                          reason="two genres are about as likely"),
        "mixed": Prediction(**music, verdict="mixed", probabilities=chances(hiphop=0.4, jazz=0.45),
                            segments=runs("hiphop", "jazz"), reason="its parts are of different genres",
                            parts=[Part(0.0, 9.0, "hiphop", 0.9), Part(9.0, LENGTH_S, "jazz", 0.7)]),
        "unsure": Prediction(**music, verdict="uncertain", genre="pop", confidence=0.31,
                             probabilities=chances(pop=0.31, rock=0.2, disco=0.2, rnb=0.1),
                             segments=runs("pop", "rock"), reason="no genre is likely enough to be named"),
        "not_music": Prediction(**music, verdict="not_music", probabilities=chances(pop=0.31),
                                segments=runs("pop", "rock"), reason="it sounds like speech, not like music"),
        "silent": Prediction(**heard, verdict="silent", reason="all of it is silence (below -60 dBFS)"),
        "too_short": Prediction(str(SONG), "Jingle", 1.2, "too_short", model="genres",
                                reason="it lasts 1.2 s; give at least 3 s of sound"),
        "error": Prediction("/music/gone.mp3", "gone", None, "error", reason="there is no file; check the path",
                            error=Failure("not_found", "there is no file"), model="genres"),
    }  # fmt: skip


def fill_examples(pilot):
    """Put one answer of each kind into the history under its name, each of another song, and list them."""
    for number, (name, prediction) in enumerate(example_answers().items()):
        reasons = REASONS if prediction.probabilities else ()
        pilot.window.history.add(name, prediction, reasons=reasons, colour=COLOURS.get(prediction.genre or ""),
                                 made=1.79e9 - 4000 * number)  # fmt: skip
    pilot.window.answers.fill("")
    pilot.turn(0.1)

"""What the window asks of its engine, and what the engine says: one frozen dataclass for each message.

Conventions
-----------
Nothing heavy is imported here. Requests that are jobs carry their number, and so do the events about them. How
messages travel is `codec`.
"""

from dataclasses import dataclass
from typing import Any

from musicgenre.inference.prediction import Prediction, Reason
from musicgenre.sources.search_result import SearchResult


@dataclass(frozen=True)
class SongReference:
    """Where the engine finds the sound and the spectra of an answer.

    Parameters
    ----------
    key : str
        The answer's key in the history.
    prediction : Prediction
    store : str, optional
        The file with its spectra.
    """

    key: str
    prediction: Prediction
    store: str | None = None


@dataclass(frozen=True)
class FoundInput:
    """A file or video of a folder or playlist; with a prediction where it has failed already."""

    input: str
    title: str | None
    prediction: Prediction | None = None


@dataclass(frozen=True)
class SimilarSong:
    """A song of the history or a library and its distance: 0 for the same sound, about 1 for unrelated ones.

    Parameters
    ----------
    key : str
        Of its answer in the history; "" for a song of a library.
    """

    input: str
    title: str
    genre: str
    distance: float
    key: str = ""


@dataclass(frozen=True)
class TimeSpan:
    """A stretch of a picture's time axis: pixels from left to right, and the seconds that they stand for."""

    left: float
    right: float
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Box:
    """The axes of a picture in pixels."""

    left: float
    top: float
    right: float
    bottom: float


# ---- requests of the window


@dataclass(frozen=True)
class Classify:
    """Classify an input, or say which files, videos or search results it stands for. A job."""

    job: int
    text: str
    model: str
    key: str
    title: str | None = None
    store: str | None = None


@dataclass(frozen=True)
class FindSimilar:
    """Find the songs of a library that are nearest to one. A job."""

    job: int
    text: str
    library: str
    top: int


@dataclass(frozen=True)
class FindSimilarAnswers:
    """Find the answers of the history in a file whose songs are nearest to that of one of them. A job."""

    job: int
    key: str
    history: str
    top: int


@dataclass(frozen=True)
class LoadModel:
    """Load a model; it is done in the order of the jobs."""

    model: str


@dataclass(frozen=True)
class Cancel:
    """Leave a job."""

    job: int


@dataclass(frozen=True)
class Draw:
    """Draw a picture; of several requests for one slot only the latest is drawn."""

    slot: str
    token: int
    name: str
    width: int
    height: int
    scale: float
    theme: str
    song: SongReference


@dataclass(frozen=True)
class ExportAnswers:
    """Write answers to a file as "json" or "csv"."""

    path: str
    form: str
    predictions: tuple[Prediction, ...]


@dataclass(frozen=True)
class ExportPage:
    """Write an answer's page to a file as PNG."""

    path: str
    song: SongReference


@dataclass(frozen=True)
class Play:
    """Play the analysed sections of a song from a second on."""

    song: SongReference
    second: float
    volume: float
    token: int


@dataclass(frozen=True)
class StopPlaying:
    """Stop the sound."""


@dataclass(frozen=True)
class SetVolume:
    """Play at another volume, 0 to 1."""

    volume: float


@dataclass(frozen=True)
class ReadCard:
    """Read the card of a model."""

    model: str


@dataclass(frozen=True)
class ListModels:
    """List the models of a folder."""

    folder: str


# ---- events of the engine


@dataclass(frozen=True)
class ModelLoaded:
    """A model is in use, or why it cannot be; `models` are those that come with the program."""

    model: str
    models: tuple[str, ...]
    genres: tuple[str, ...] = ()
    error: str | None = None


@dataclass(frozen=True)
class Ready:
    """The engine is up; `sound_problem` says why nothing can be heard, if so."""

    sound_problem: str | None


@dataclass(frozen=True)
class StageReached:
    """A job is in a stage, done to this fraction."""

    job: int
    stage: str
    fraction: float


@dataclass(frozen=True)
class TitleFound:
    """The title of a video, before its download has come that far."""

    job: int
    title: str


@dataclass(frozen=True)
class InputsFound:
    """What a folder or playlist holds, and the playlist's title."""

    job: int
    inputs: tuple[FoundInput, ...]
    name: str = ""


@dataclass(frozen=True)
class VideosFound:
    """What a search for a title found."""

    job: int
    videos: tuple[SearchResult, ...]


@dataclass(frozen=True)
class ThumbnailFound:
    """A search result's thumbnail as PPM; it may come after its job is done."""

    search: int
    index: int
    image: bytes


@dataclass(frozen=True)
class Answered:
    """A job's prediction, the reasons for it, the genre's colour, the artist, and what songs are compared by."""

    job: int
    prediction: Prediction
    reasons: tuple[Reason, ...] = ()
    colour: str | None = None
    artist: str | None = None
    vector: bytes = b""


@dataclass(frozen=True)
class SpectraKept:
    """The spectra of a song have been computed."""

    job: int
    key: str


@dataclass(frozen=True)
class SimilarFound:
    """The nearest songs, nearest first, of how many that could be compared."""

    job: int
    songs: tuple[SimilarSong, ...]
    compared: int = 0


@dataclass(frozen=True)
class SimilarFailed:
    """Why similar songs cannot be found, as a sentence."""

    job: int
    message: str


@dataclass(frozen=True)
class Problem:
    """A sentence for the user, about a job or (job 0) something else that was asked for."""

    job: int
    message: str


@dataclass(frozen=True)
class Fault:
    """A fault of the program, with its traceback."""

    job: int
    details: str


@dataclass(frozen=True)
class Done:
    """A job is over, whatever came of it."""

    job: int


@dataclass(frozen=True)
class PictureDrawn:
    """A picture as PPM, the stretches of its time axis and the box of its axes."""

    slot: str
    token: int
    spans: tuple[TimeSpan, ...]
    box: Box
    image: bytes


@dataclass(frozen=True)
class Exported:
    """A file has been written."""

    path: str


@dataclass(frozen=True)
class PlayingAt:
    """The second that is heard now, None at the end of the sound; `token` is that of the request."""

    token: int
    second: float | None


@dataclass(frozen=True)
class ModelsListed:
    """The models of a folder, as paths without ending."""

    folder: str
    models: tuple[str, ...]


@dataclass(frozen=True)
class CardRead:
    """A model's card, as it is in its file."""

    model: str
    card: dict[str, Any]


# ---- events of the worker, which are about the engine


@dataclass(frozen=True)
class Cancelled:
    """Nothing more will be heard of these jobs."""

    jobs: tuple[int, ...]


@dataclass(frozen=True)
class EngineEnded:
    """The engine has ended; another one starts."""


@dataclass(frozen=True)
class EngineBroken:
    """The engine cannot start."""

    message: str


Job = Classify | FindSimilar | FindSimilarAnswers
Request = (
    Classify | FindSimilar | FindSimilarAnswers | LoadModel | Cancel | Draw | ExportAnswers | ExportPage | Play | StopPlaying | SetVolume
    | ReadCard | ListModels
)  # fmt: skip
Event = (
    ModelLoaded | Ready | StageReached | TitleFound | InputsFound | VideosFound | ThumbnailFound | Answered
    | SpectraKept | SimilarFound | SimilarFailed | Problem | Fault | Done | PictureDrawn | Exported | PlayingAt
    | ModelsListed | CardRead | Cancelled | EngineEnded | EngineBroken
)  # fmt: skip

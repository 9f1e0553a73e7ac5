"""What the window asks of its engine, and what the engine says: one frozen record for each message.

Conventions
-----------
Nothing heavy is imported here. Requests that are jobs carry their number, and so do the events about them. How
messages travel is `codec`.
"""

from typing import Any, ClassVar, dataclass_transform

from musicgenre.engine.message_parts import Box, CardFacts, FoundInput, SimilarSong, SongReference, TimeSpan
from musicgenre.inference.prediction import Prediction, Reason
from musicgenre.sources.search_result import SearchResult


@dataclass_transform(frozen_default=True)
class Message:
    """A frozen record with the fields that its class annotates.

    Type checkers see a frozen dataclass. It is none because `dataclass` compiles the methods of each class anew: for
    35 classes that takes 16 ms of the time until the window is on screen, of which this leaves a third.
    """

    names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls.names = tuple(cls.__annotations__)

    def __init__(self, *values: Any, **named: Any) -> None:
        given = dict(zip(self.names, values, strict=False)) | named
        missing = [name for name in self.names if name not in given and not hasattr(type(self), name)]
        if missing or len(values) > len(self.names) or given.keys() - set(self.names):
            raise TypeError(f"{type(self).__name__} takes {', '.join(self.names) or 'nothing'}")
        vars(self).update(given)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.values() == other.values()  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash((type(self), *self.values().values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.values().items())})"

    def values(self) -> dict[str, Any]:
        """Return the fields and their values."""
        return {name: getattr(self, name) for name in self.names}


# ---- requests of the window


class Classify(Message):
    """Classify an input, or say which files, videos or search results it stands for. A job."""

    job: int
    text: str
    model: str
    key: str
    title: str | None = None
    store: str | None = None


class FindSimilar(Message):
    """Find the songs of a library that are nearest to one. A job."""

    job: int
    text: str
    library: str
    top: int


class FindSimilarAnswers(Message):
    """Find the answers of the history in a file whose songs are nearest to that of one of them. A job."""

    job: int
    key: str
    history: str
    top: int


class LoadModel(Message):
    """Load a model; it is done in the order of the jobs."""

    model: str


class Cancel(Message):
    """Leave a job."""

    job: int


class Draw(Message):
    """Draw a picture; of several requests for one slot only the latest is drawn."""

    slot: str
    token: int
    name: str
    width: int
    height: int
    scale: float
    theme: str
    song: SongReference


class ExportAnswers(Message):
    """Write answers to a file as "json", "csv" or "m3u8", a playlist."""

    path: str
    form: str
    predictions: tuple[Prediction, ...]


class ExportPage(Message):
    """Write an answer's page to a file as PNG."""

    path: str
    song: SongReference


class Play(Message):
    """Play the analysed sections of a song from a second on."""

    song: SongReference
    second: float
    volume: float
    token: int


class StopPlaying(Message):
    """Stop the sound."""


class SetVolume(Message):
    """Play at another volume, 0 to 1."""

    volume: float


class ReadDetails(Message):
    """Find out who made the song of an answer, and its cover."""

    song: SongReference
    side: int


class ReadCard(Message):
    """Read the card of a model."""

    model: str


class ListModels(Message):
    """List the models of a folder."""

    folder: str


# ---- events of the engine


class ModelLoaded(Message):
    """A model is in use, or why it cannot be; `models` are those that come with the program."""

    model: str
    models: tuple[str, ...]
    genres: tuple[str, ...] = ()
    error: str | None = None


class Ready(Message):
    """The engine is ready; `sound_problem` says why nothing can be played, if so."""

    sound_problem: str | None


class StageReached(Message):
    """A job is in a stage, done to this fraction."""

    job: int
    stage: str
    fraction: float


class TitleFound(Message):
    """The title of a video, before its download has come that far."""

    job: int
    title: str


class InputsFound(Message):
    """What a folder or playlist holds, and the playlist's title."""

    job: int
    inputs: tuple[FoundInput, ...]
    name: str = ""


class VideosFound(Message):
    """What a search for a title found."""

    job: int
    videos: tuple[SearchResult, ...]


class ThumbnailFound(Message):
    """A search result's thumbnail as PPM; it may come after its job is done."""

    search: int
    index: int
    image: bytes


class Answered(Message):
    """A job's prediction, the reasons for it, the genre's colour, the artist, and what songs are compared by."""

    job: int
    prediction: Prediction
    reasons: tuple[Reason, ...] = ()
    colour: str | None = None
    artist: str | None = None
    vector: bytes = b""


class SpectraKept(Message):
    """The spectra of a song have been computed."""

    job: int
    key: str


class SimilarFound(Message):
    """The nearest songs, nearest first, of how many that could be compared."""

    job: int
    songs: tuple[SimilarSong, ...]
    compared: int = 0


class SimilarFailed(Message):
    """Why similar songs cannot be found, as a sentence."""

    job: int
    message: str


class Problem(Message):
    """A sentence for the user, about a job or (job 0) something else that was asked for."""

    job: int
    message: str


class Fault(Message):
    """A fault of the program, with its traceback."""

    job: int
    details: str


class Done(Message):
    """A job is over, whatever came of it."""

    job: int


class PictureDrawn(Message):
    """A picture as PPM, the stretches of its time axis and the box of its axes."""

    slot: str
    token: int
    spans: tuple[TimeSpan, ...]
    box: Box
    image: bytes


class DetailsKept(Message):
    """More is known of the song of an answer than before."""

    key: str


class DetailsRead(Message):
    """Artist (or channel) and album of the song of an answer, "" where unknown, and its cover as PNG (b"" for none)."""

    key: str
    artist: str
    album: str
    cover: bytes


class Exported(Message):
    """A file has been written."""

    path: str


class PlayingAt(Message):
    """The playback position in seconds, None at the end; `token` is that of the request."""

    token: int
    second: float | None


class ModelsListed(Message):
    """The models of a folder, as paths without ending."""

    folder: str
    models: tuple[str, ...]


class CardRead(Message):
    """What a model's card says."""

    model: str
    card: CardFacts


# ---- events of the worker, which are about the engine


class Cancelled(Message):
    """These jobs have no further events."""

    jobs: tuple[int, ...]


class EngineEnded(Message):
    """The engine has ended; another one starts."""


class EngineBroken(Message):
    """The engine cannot start."""

    message: str


Job = Classify | FindSimilar | FindSimilarAnswers
Request = (
    Classify | FindSimilar | FindSimilarAnswers | LoadModel | Cancel | Draw | ExportAnswers | ExportPage | Play
    | StopPlaying | SetVolume | ReadDetails | ReadCard | ListModels
)  # fmt: skip
Event = (
    ModelLoaded | Ready | StageReached | TitleFound | InputsFound | VideosFound | ThumbnailFound | Answered
    | SpectraKept | SimilarFound | SimilarFailed | Problem | Fault | Done | PictureDrawn | Exported | PlayingAt
    | DetailsKept | DetailsRead | ModelsListed | CardRead | Cancelled | EngineEnded | EngineBroken
)  # fmt: skip

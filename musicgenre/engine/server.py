"""The process behind the window: answers inputs, draws pictures, plays and exports (see `worker`).

Conventions
-----------
Three threads: this one reads requests, one does the jobs in order, one draws and exports. Events go out as frames;
whatever else is written to standard output goes to standard error. The end of the input ends the process.
"""

import contextlib
import os
import queue
import shutil
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from musicgenre.child_process import read_frame, write_frame
from musicgenre.engine.codec import decode, encode
from musicgenre.engine.drawing import Drawing
from musicgenre.engine.message_parts import CardFacts, SimilarSong
from musicgenre.engine.messages import (
    Answered,
    Cancel,
    CardRead,
    Classify,
    Done,
    Draw,
    Event,
    ExportAnswers,
    ExportPage,
    Fault,
    FindSimilar,
    FindSimilarAnswers,
    ListModels,
    LoadModel,
    ModelLoaded,
    ModelsListed,
    Play,
    Problem,
    ReadCard,
    ReadDetails,
    Ready,
    SetVolume,
    SimilarFailed,
    SimilarFound,
    SpectraKept,
    StageReached,
    StopPlaying,
    TitleFound,
)
from musicgenre.engine.searching import Search
from musicgenre.engine.song_details import Details
from musicgenre.engine.spectra_file import save_spectra
from musicgenre.inference.prediction import Reason
from musicgenre.task import Task

if TYPE_CHECKING:  # loaded where they are needed: the engine is up sooner
    from musicgenre.inference.classifier import Classifier
    from musicgenre.sources.links import Source


Queue = queue.SimpleQueue[Any]


class Engine:
    """Requests in, events out.

    Parameters
    ----------
    pipe_in, pipe_out : binary files
        Where frames come from and go to.
    """

    def __init__(self, pipe_in: BinaryIO, pipe_out: BinaryIO) -> None:
        from musicgenre.audio.playback import Player

        self._in, self._out = pipe_in, pipe_out
        self._out_lock = threading.Lock()
        self._cancelled: set[int] = set()
        self._classifiers: dict[str, Classifier] = {}
        self._player = Player()
        self._drawing = drawing = Drawing(self.tell, self._player)
        self._search = Search(self.tell)
        self._details = Details(self.tell)
        self._jobs: Queue = queue.SimpleQueue()
        self._drawn: Queue = queue.SimpleQueue()
        # What each request is done by, and the queue of the thread that does it; None is done at once.
        self.table: dict[type, tuple[Queue | None, Callable[[Any], None]]] = {
            Cancel: (None, lambda request: self._cancelled.add(request.job)),
            SetVolume: (None, lambda request: setattr(self._player, "volume", request.volume)),
            Classify: (self._jobs, self._classify), LoadModel: (self._jobs, self._load),
            FindSimilar: (self._jobs, self._similar), FindSimilarAnswers: (self._drawn, self._similar_answers),
            Draw: (self._drawn, drawing.draw), ExportAnswers: (self._drawn, drawing.export_answers),
            ExportPage: (self._drawn, drawing.export_page), Play: (self._drawn, drawing.play),
            StopPlaying: (self._drawn, lambda _: self._player.stop()),
            ReadDetails: (self._drawn, self._details.read), ReadCard: (self._drawn, self._card),
            ListModels: (self._drawn, self._models),
        }  # fmt: skip

    def tell(self, event: Event) -> None:
        """Send an event."""
        with self._out_lock:
            write_frame(self._out, *encode(event))

    def serve(self) -> None:
        """Read requests until the window is gone."""
        for todo, name in ((self._jobs, "jobs"), (self._drawn, "drawing")):
            threading.Thread(target=self._work, args=(todo,), name=name, daemon=True).start()
        while frame := read_frame(self._in):
            request = decode(*frame)
            waiting, do = self.table[type(request)]
            if isinstance(request, Draw):
                self._drawing.expect(request)
            if waiting is None:
                do(request)
            else:
                waiting.put((do, request))

    def _work(self, todo: Queue) -> None:
        """Serve the requests of a queue in order; a bug in one is reported and does not end the process."""
        while True:
            do, request = todo.get()
            job = getattr(request, "job", 0)
            is_similar = isinstance(request, (FindSimilar, FindSimilarAnswers))
            with self._reporting(job, SimilarFailed if is_similar else Problem):
                do(request)
            if isinstance(request, Classify):
                self.tell(Done(job))
            self._cancelled.discard(job)

    @contextlib.contextmanager
    def _reporting(self, job: int, problem: type[Problem] | type[SimilarFailed]) -> Iterator[None]:
        """Turn a user error into its sentence and a bug into its traceback."""
        from musicgenre.errors import Cancelled, GenreError

        try:
            yield
        except Cancelled:
            pass
        except GenreError as error:
            self.tell(problem(job, str(error)))
        except OSError as error:
            place = error.filename or "the system"
            self.tell(problem(job, f"{place}: {error.strerror or error}; check the place and free space"))
        except Exception:
            self.tell(Fault(job, traceback.format_exc()))

    # ---- models

    def _classifier(self, model: str) -> "Classifier":
        """Return the classifier of a model, loaded once."""
        from musicgenre.cpu import cpu_count
        from musicgenre.inference.classifier import Classifier

        if model not in self._classifiers:
            self._classifiers.clear()
            self._classifiers[model] = Classifier(model, threads=min(cpu_count(), 4))
        return self._classifiers[model]

    def _load(self, request: LoadModel) -> None:
        """Load a model, and say which others there are and whether there is a sound device."""
        from musicgenre.audio.playback import output_problem
        from musicgenre.errors import GenreError
        from musicgenre.inference.card import list_models

        models = tuple(list_models())
        try:
            classifier = self._classifier(request.model)
        except GenreError as error:
            self.tell(ModelLoaded(request.model, models, error=str(error)))
            return
        self.tell(ModelLoaded(request.model, models, genres=tuple(classifier.model.genres)))
        self._drawn.put((lambda _: self._drawing.prepare(), None))
        self.tell(Ready(output_problem()))

    def _models(self, request: ListModels) -> None:
        """Send the models of a folder, as paths without ending."""
        from musicgenre.inference.card import list_models

        folder = Path(request.folder)
        self.tell(ModelsListed(str(folder), tuple(str(folder / name) for name in list_models(folder))))

    def _card(self, request: ReadCard) -> None:
        """Send what a model's card says."""
        from musicgenre.inference.card import model_path, read_card

        self.tell(CardRead(request.model, CardFacts.of(read_card(model_path(request.model)))))

    # ---- jobs

    def _classify(self, request: Classify) -> None:
        """Answer one input, or say what it stands for: several files, or a title to choose for."""
        from musicgenre.errors import GenreError
        from musicgenre.inference.prediction import error_prediction
        from musicgenre.sources.links import resolve

        job = request.job
        task = self._task(job)
        try:
            source = resolve(request.text)
            if source.kind == "search":
                self._search.videos(request, source.value, task)
                return
            if source.kind in ("folder", "playlist"):
                self._search.inputs(request, task)
                return
        except GenreError as error:
            self.tell(Answered(job, error_prediction(request.text, error, model=request.model, title=request.title)))
            return
        self._answer(request, source, task)

    def _task(self, job: int) -> Task:
        """Return the task of a job: its progress goes to the window, which may cancel it."""
        return Task(
            lambda stage, fraction: self.tell(StageReached(job, stage, fraction)), lambda: job in self._cancelled
        )

    def _answer(self, request: Classify, source: "Source", task: Task) -> None:
        """Classify one file or video, and keep what its pictures and its sound need."""
        from musicgenre.engine.similar import song_vector
        from musicgenre.inference.reasons import reasons
        from musicgenre.plots.spectra import song_spectra
        from musicgenre.sources.inputs import Item
        from musicgenre.sources.links import input_name

        task.report("prepare", 0.0)
        classifier = self._classifier(request.model)
        if source.kind == "video":
            threading.Thread(target=self._preview, args=(request, source), daemon=True).start()
        item = Item(input_name(request.text, source), source, request.title)
        analysis = classifier.classify_item(item, task=task)
        prediction, recording = analysis.prediction, analysis.recording
        why: tuple[Reason, ...] = ()
        if recording is not None and prediction.probabilities:
            why = tuple(reasons(prediction, recording, analysis.features, classifier.model.card))
        artist = recording.tags.get("artist") if recording else None
        if source.kind == "video":
            artist = artist or self._details.artist(request.key, request.store)
        windows = analysis.features.windows if prediction.probabilities and analysis.features else None
        vector = song_vector(windows.deep) if windows else b""
        self.tell(Answered(request.job, prediction, why, _colour(prediction.genre), artist, vector))
        if recording is None or not recording.clips:
            return
        self._drawing.keep_recording(request.key, recording)
        spectra = song_spectra(recording, task=task)
        self._drawing.keep_spectra(request.key, spectra)
        if request.store:
            with contextlib.suppress(OSError):
                save_spectra(Path(request.store), spectra)
        self.tell(SpectraKept(request.job, request.key))
        if source.kind == "file":
            self._details.keep_file(request.key, request.store, Path(source.value))

    def _preview(self, request: Classify, source: "Source") -> None:
        """Tell a video's title before its download has come that far, and keep its channel and thumbnail."""
        from musicgenre.audio.cover import SongTags, square
        from musicgenre.sources.youtube import preview

        with contextlib.suppress(Exception):  # no answer is no error
            shown = preview(source)
            if shown and shown.title and not request.title:
                self.tell(TitleFound(request.job, shown.title))
            if shown:
                artist = (shown.channel or "").removesuffix(" - Topic")  # of channels that YouTube makes of artists
                details = SongTags(artist, "", square(shown.thumbnail or b""))
                self._details.keep(request.key, request.store, details)

    def _similar(self, request: FindSimilar) -> None:
        """Tell the songs of a library that are nearest to a song."""
        from musicgenre.library.similar import similar
        from musicgenre.library.store import Library

        with Library(Path(request.library), create=False) as library:
            found = similar(library, request.text, top=request.top, task=self._task(request.job))
        songs = (
            SimilarSong(str(one.song.path), one.song.title, one.song.genre or one.song.verdict, one.distance)
            for one in found
        )
        self.tell(SimilarFound(request.job, tuple(songs)))

    def _similar_answers(self, request: FindSimilarAnswers) -> None:
        """Tell the songs of the history that are nearest to one of them."""
        from musicgenre.engine.similar import nearest_answers  # loads numpy

        self.tell(nearest_answers(request))


def _colour(genre: str | None) -> str | None:
    """Return the genre's colour."""
    from musicgenre.plots.style import genre_colour

    return genre_colour(genre) if genre else None


def main() -> None:
    """Serve the window that started this process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe_out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    try:
        Engine(sys.stdin.buffer, pipe_out).serve()
    finally:  # the window is gone: no thread is waited for, and nothing stays on the disk
        folder = Path(tempfile.gettempdir())
        if folder.name.startswith("genre-window-"):
            shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)


if __name__ == "__main__":
    main()

"""The process behind the window: answers inputs, draws pictures, plays and exports (see `functions_worker`).

Conventions
-----------
Three threads: this one reads requests, one does the jobs in order, one draws and exports. Messages go out as frames;
whatever else is written to standard output goes to standard error. The end of the input ends the process.
"""

import contextlib
import io
import os
import queue
import shutil
import signal
import sys
import tempfile
import threading
import traceback
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from functions_history import load_spectra, save_spectra
from functions_worker import read_frame, write_frame

KEPT_RECORDINGS = 3  # decoded sound that stays in memory to be heard, 5 to 25 MB each
KEPT_SPECTRA = 8
CHECKS_PER_S = 3.6  # how often the analysis asks whether to stop, for each second of sound
THUMBNAIL = (96, 54)  # pixels at 100 %


class Engine:
    """Requests in, messages out.

    Parameters
    ----------
    pipe_in, pipe_out : binary files
        Where frames come from and go to.
    """

    def __init__(self, pipe_in: BinaryIO, pipe_out: BinaryIO) -> None:
        from functions_player import Player

        self._in, self._out = pipe_in, pipe_out
        self._out_lock = threading.Lock()
        self._jobs: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._drawing: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._newest: dict[str, int] = {}  # slot of a picture -> token of the latest request for it
        self._cancelled: set[int] = set()
        self._classifiers: dict[str, Any] = {}
        self._recordings: OrderedDict[str, Any] = OrderedDict()
        self._spectra: OrderedDict[str, Any] = OrderedDict()
        self._player = Player()

    def tell(self, kind: str, job: int = 0, *, blob: bytes = b"", **values: Any) -> None:
        """Send a message."""
        with self._out_lock:
            write_frame(self._out, {"kind": kind, "job": job, **values}, blob)

    def serve(self) -> None:
        """Read requests until the window is gone."""
        for target, name in ((self._do_jobs, "jobs"), (self._do_drawing, "drawing")):
            threading.Thread(target=target, name=name, daemon=True).start()
        while frame := read_frame(self._in):
            request, _ = frame
            do = request["do"]
            if do == "cancel":
                self._cancelled.add(request["job"])
            elif do in ("run", "load", "similar"):
                self._jobs.put(request)
            elif do == "volume":
                self._player.volume = request["volume"]
            else:
                if do == "picture":
                    self._newest[request["slot"]] = request["token"]
                self._drawing.put(request)

    # ---- jobs

    def _do_jobs(self) -> None:
        """Do jobs one after another; a bug in one is told and does not end the process."""
        while True:
            request = self._jobs.get()
            job = request.get("job", 0)
            with self._reporting(job):
                if request["do"] == "load":
                    self._load(request["model"])
                elif request["do"] == "similar":
                    self._similar(request)
                else:
                    self._run(request)
            if request["do"] == "run":
                self.tell("done", job)
            self._cancelled.discard(job)

    @contextlib.contextmanager
    def _reporting(self, job: int = 0) -> Any:
        """Turn a user error into its sentence and a bug into its traceback."""
        from functions_audio import GenreError

        try:
            yield
        except GenreError as error:
            if error.kind != "cancelled":
                self.tell("sentence", job, message=str(error))
        except OSError as error:
            place = error.filename or "the system"
            self.tell("sentence", job, message=f"{place}: {error.strerror or error}; check the place and free space")
        except Exception:
            self.tell("bug", job, details=traceback.format_exc())

    def _classifier(self, model: str) -> Any:
        """Return the classifier of a model, loaded once."""
        from functions_interface import Classifier
        from functions_parallel import cpu_count

        if model not in self._classifiers:
            self._classifiers.clear()
            self._classifiers[model] = _paced(Classifier)(model, threads=min(cpu_count(), 4))
        return self._classifiers[model]

    def _load(self, model: str) -> None:
        """Load a model, and say which others there are and whether there is a sound device."""
        from functions_audio import GenreError
        from functions_models import list_models
        from functions_player import output_problem

        try:
            classifier = self._classifier(model)
        except GenreError as error:
            self.tell("model", model=model, error=str(error), models=list_models())
            return
        self.tell("model", model=model, error=None, models=list_models(), genres=classifier.model.genres)
        self._drawing.put({"do": "prepare"})
        self.tell("ready", sound=output_problem())

    def _run(self, request: dict[str, Any]) -> None:
        """Answer one input, or say what it stands for: several files, or a title to choose for."""
        from functions_audio import GenreError
        from functions_inputs import Item, expand_inputs
        from functions_interface import error_prediction
        from functions_links import input_name, resolve
        from functions_youtube import search

        job, text, title = request["job"], request["text"], request.get("title")

        def cancelled() -> bool:
            return job in self._cancelled

        def progress(stage: str, fraction: float) -> None:
            self.tell("stage", job, stage=stage, fraction=fraction)

        try:
            source = resolve(text)
            if source.kind == "search":
                found = search(source.value, progress=progress, cancelled=cancelled)
                self.tell("candidates", job, candidates=[_candidate(candidate) for candidate in found])
                self._thumbnails(job, found)
                return
            if source.kind in ("folder", "playlist"):
                rows = []
                for item in expand_inputs([text], progress=progress, cancelled=cancelled):
                    error = item.error and error_prediction(item.input, item.error, model=request["model"]).as_json()
                    if item.source and item.source.kind == "folder":
                        error = error_prediction(
                            item.input,
                            GenreError("this folder holds no sound files", "not_found"),
                            model="",
                            title=text,
                        ).as_json()
                    rows.append({"input": item.input, "title": item.title, "answer": error})
                self.tell("items", job, items=rows)
                return
        except GenreError as error:
            if error.kind == "cancelled":
                raise
            answer = error_prediction(text, error, model=request["model"], title=title)
            self.tell("answer", job, answer=answer.as_json(), why=[], colour=None)
            return
        self._answer(request, Item(input_name(text, source), source, title), progress, cancelled)

    def _answer(
        self, request: dict[str, Any], item: Any, progress: Callable[[str, float], None], cancelled: Callable[[], bool]
    ) -> None:
        """Classify one file or video, and keep what its pictures and its sound need."""
        from functions_pictures import song_spectra
        from functions_why import reasons

        job, key = request["job"], request["key"]
        progress("prepare", 0.0)
        classifier = self._classifier(request["model"])
        if item.source.kind == "video" and not item.title:
            threading.Thread(target=self._early_title, args=(job, item.source), daemon=True).start()
        heard: list[Any] = []
        prediction = classifier.classify_item(
            item, progress=progress, cancelled=cancelled, heard=lambda decoded, _: heard.append(decoded)
        )
        recording = heard[0] if heard else None
        why: list[dict[str, Any]] = []
        if recording is not None and prediction.probabilities:
            why = reasons(prediction, recording, classifier.features, classifier.model.card)
        self.tell("answer", job, answer=prediction.as_json(), why=why, colour=_colour(prediction.genre))
        if recording is None or not recording.clips:
            return
        _keep(self._recordings, key, recording, KEPT_RECORDINGS)
        spectra = song_spectra(recording, cancelled=cancelled)
        _keep(self._spectra, key, spectra, KEPT_SPECTRA)
        if request.get("store"):
            with contextlib.suppress(OSError):
                save_spectra(Path(request["store"]), spectra)
        self.tell("spectra", job, key=key)

    def _similar(self, request: dict[str, Any]) -> None:
        """Tell the songs of a library that are nearest to a song."""
        from functions_collection import similar
        from functions_library import Library

        job = request["job"]
        with Library(Path(request["library"]), create=False) as library:
            found = similar(library, request["text"], top=request["top"], cancelled=lambda: job in self._cancelled)
        songs = [
            {"input": str(one.song.path), "title": one.song.title, "genre": one.song.genre or one.song.verdict,
             "distance": one.distance} for one in found
        ]  # fmt: skip
        self.tell("similar", job, songs=songs)

    def _early_title(self, job: int, source: Any) -> None:
        """Tell a video's title before its download has come that far."""
        from functions_youtube import preview

        with contextlib.suppress(Exception):  # no answer is no error
            shown = preview(source)
            if shown and shown.title:
                self.tell("title", job, title=shown.title)

    def _thumbnails(self, job: int, candidates: list[Any]) -> None:
        """Fetch the thumbnails of search results in threads; whatever comes, comes."""

        def fetch(index: int, candidate: Any) -> None:
            from functions_youtube import preview

            with contextlib.suppress(Exception):
                shown = preview(candidate.source)
                if shown and shown.thumbnail:
                    self.tell("thumbnail", 0, of=job, index=index, blob=_ppm_of_jpeg(shown.thumbnail))

        for index, candidate in enumerate(candidates):
            threading.Thread(target=fetch, args=(index, candidate), daemon=True).start()

    # ---- pictures, exports, sound

    def _do_drawing(self) -> None:
        """Do what is not a job, in order; of several requests for one picture only the latest is drawn."""
        doing: dict[str, Callable[[dict[str, Any]], None]] = {
            "picture": self._picture, "export": self._export, "play": self._play, "stop": lambda _: self._player.stop(),
            "card": self._card, "models": self._models, "prepare": lambda _: _prepare(),
        }  # fmt: skip
        while True:
            request = self._drawing.get()
            if request["do"] == "picture" and self._newest.get(request["slot"]) != request["token"]:
                continue
            with self._reporting():
                doing[request["do"]](request)

    def _song(self, request: dict[str, Any]) -> Any:
        """Return the spectra of an answer: from memory, from the disk, or from the file."""
        from functions_audio import SourceError
        from functions_pictures import song_spectra

        key = request["key"]
        if key in self._spectra:
            return self._spectra[key]
        stored = Path(request["store"]) if request.get("store") else None
        if stored and stored.is_file():
            with contextlib.suppress(OSError, ValueError, KeyError):
                song = load_spectra(stored)
                _keep(self._spectra, key, song, KEPT_SPECTRA)
                return song
        if not Path(request["answer"]["input"]).is_file():
            raise SourceError("the pictures of this answer are no longer kept; classify it again to see them")
        song = song_spectra(self._recording(request))
        _keep(self._spectra, key, song, KEPT_SPECTRA)
        return song

    def _recording(self, request: dict[str, Any]) -> Any:
        """Return the decoded sound of an answer: from memory or from the file."""
        from functions_audio import SourceError
        from functions_decoder import read_safely

        key, path = request["key"], request["answer"]["input"]
        if key not in self._recordings:
            if not Path(path).is_file():
                raise SourceError("the sound of this answer is not kept; classify it again to listen")
            _keep(self._recordings, key, read_safely(path), KEPT_RECORDINGS)
        return self._recordings[key]

    def _picture(self, request: dict[str, Any]) -> None:
        """Draw a picture as pixels, with the places of its time axis."""
        import functions_dataviz as dataviz
        from functions_audio import GenreError
        from functions_style import message_figure

        name, answer = request["name"], request["answer"]
        dpi = 100.0 * request["scale"]
        width, height = max(request["width"], 160), max(request["height"], 90)
        look = {"theme": request["theme"], "size": (width / dpi, height / dpi)}
        spans: list[list[float]] = []
        if name in ("prediction_bars", "genre_timeline"):
            if answer["verdict"] == "not_music":
                answer = {**answer, "probabilities": None}  # what a song like this would be is no answer
            figure = getattr(dataviz, name)(answer, **look)
            if name == "genre_timeline" and answer.get("segments"):
                end = float(answer.get("duration_s") or 0)
                spans = [[0.0, end, 0.0, end]]
        else:
            try:
                song = self._song(request)
                figure = getattr(dataviz, name)(song, **look)
                time = dataviz.song_time(song)
                spans = [[*time.extent(i), *time.spans[i]] for i in range(len(time.spans))]
            except GenreError as error:
                figure = message_figure(str(error), **look)
        pixels, axes = _render(figure, dpi)
        self.tell("picture", slot=request["slot"], token=request["token"], spans=_pixels(spans, axes), axes=axes,
                  blob=pixels)  # fmt: skip

    def _export(self, request: dict[str, Any]) -> None:
        """Write answers as JSON, CSV or PNG."""
        from functions_table import write_atomic

        path, form, answers = Path(request["path"]), request["form"], request["answers"]
        if form == "png":
            import functions_dataviz as dataviz

            figure = dataviz.overview(self._song({**request, "answer": answers[0]}), answers[0], theme="light")
            picture = io.BytesIO()
            figure.savefig(picture, format="png", dpi=100)
            write_atomic(path, picture.getvalue())
        elif form == "csv":
            from functions_answers import writer
            from functions_interface import Prediction

            genres = list(dict.fromkeys(g for answer in answers for g in answer.get("probabilities") or {}))
            with writer(as_json=False, csv_path=str(path), top=3, genres=genres) as write:
                for answer in answers:
                    write(Prediction.from_json(answer), 0.0)
        else:
            import json

            write_atomic(path, "".join(json.dumps(answer) + "\n" for answer in answers))
        self.tell("exported", path=str(path))

    def _play(self, request: dict[str, Any]) -> None:
        """Play the analysed parts from a second on."""

        def tell(second: float | None) -> None:
            self.tell("position", second=second, token=request["token"])

        try:
            recording = self._recording(request)
            self._player.volume = request["volume"]
            self._player.play(recording, request["second"], tell)
        except BaseException:  # told by the caller
            self._player.stop()
            tell(None)
            raise

    def _models(self, request: dict[str, Any]) -> None:
        """Send the models of a folder, as paths without ending."""
        from functions_models import list_models

        folder = Path(request["folder"])
        self.tell("models", folder=str(folder), models=[str(folder / name) for name in list_models(folder)])

    def _card(self, request: dict[str, Any]) -> None:
        """Send a model's card."""
        from functions_models import model_path, read_card

        self.tell("card", model=request["model"], card=read_card(model_path(request["model"])))


def _paced(base: Any) -> Any:
    """Return the classifier's class with an analysis that tells how far it is."""

    class Paced(base):
        """Counts how often the analysis asks whether to stop, which it does at an even pace."""

        def classify(self, recording: Any, *, source: str, progress: Any, cancelled: Any) -> Any:
            """Classify as always."""
            expected = max(CHECKS_PER_S * sum(clip.duration_s for clip in recording.clips), 1.0)
            asked = 0

            def ask() -> bool:
                nonlocal asked
                asked += 1
                progress("analyse", min(asked / expected, 0.99))
                return bool(cancelled())

            return super().classify(recording, source=source, progress=progress, cancelled=ask)

    return Paced


def _keep(shelf: "OrderedDict[str, Any]", key: str, value: Any, limit: int) -> None:
    """Put something on a shelf and take the oldest off where it is full."""
    shelf[key] = value
    shelf.move_to_end(key)
    while len(shelf) > limit:
        shelf.popitem(last=False)


def _prepare() -> None:
    """Import what the first picture needs, before it is asked for."""
    from functions_style import load_matplotlib

    load_matplotlib()
    import matplotlib.backends.backend_agg  # noqa: F401

    import functions_dataviz  # noqa: F401


def _colour(genre: str | None) -> str | None:
    """Return the genre's colour."""
    from functions_style import genre_colour

    return genre_colour(genre) if genre else None


def _candidate(candidate: Any) -> dict[str, Any]:
    """Return a search result as JSON-ready values."""
    return {
        "title": candidate.title, "channel": candidate.channel, "duration_s": candidate.duration_s,
        "link": candidate.source.value,
    }  # fmt: skip


def _render(figure: Any, dpi: float) -> tuple[bytes, list[float]]:
    """Return a figure as the bytes of a PPM image and the box (left, top, right, bottom) of its first axes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    width, height = canvas.get_width_height()
    import numpy as np

    rgb = np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3])
    left, bottom, right, top = (float(value) for value in figure.axes[0].bbox.extents)
    return b"P6 %d %d 255\n" % (width, height) + rgb.tobytes(), [left, height - top, right, height - bottom]


def _pixels(spans: list[list[float]], axes: list[float]) -> list[list[float]]:
    """Return (left pixel, right pixel, start, end) of each part from its place on the axis."""
    if not spans:
        return []
    low, high = spans[0][0], spans[-1][1]
    scale = (axes[2] - axes[0]) / max(high - low, 1e-9)
    return [[axes[0] + (a - low) * scale, axes[0] + (b - low) * scale, start, end] for a, b, start, end in spans]


def _ppm_of_jpeg(data: bytes) -> bytes:
    """Return a thumbnail as a small PPM image."""
    from PIL import Image

    with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
        image.draft("RGB", (2 * THUMBNAIL[0], 2 * THUMBNAIL[1]))
        small = image.convert("RGB").resize(THUMBNAIL)
    return b"P6 %d %d 255\n" % THUMBNAIL + small.tobytes()


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

"""Pictures as pixels, exports and sound of answers: what needs the spectra or the samples of a song."""

import contextlib
import io
import json
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from musicgenre.engine.message_parts import Box, SongReference, TimeSpan
from musicgenre.engine.messages import Draw, Event, ExportAnswers, Exported, ExportPage, PictureDrawn, Play, PlayingAt
from musicgenre.engine.spectra_file import load_spectra
from musicgenre.files import is_file
from musicgenre.inference.prediction import Prediction
from musicgenre.text import clean_title

if TYPE_CHECKING:  # loaded where they are needed: the engine is up sooner
    from musicgenre.audio.playback import Player
    from musicgenre.audio.recording import Recording
    from musicgenre.plots.raster import Figure
    from musicgenre.plots.spectra import SongSpectra

Spans = list[tuple[float, ...]]  # (from, to, start, end): places on an axis, and the seconds that they stand for
Shelved = TypeVar("Shelved")

KEPT_RECORDINGS = 3  # decoded sound that stays in memory to be heard, 5 to 25 MB each
KEPT_SPECTRA = 8
SMALLEST = (160, 90)  # pixels of a picture
OF_THE_ANSWER = ("prediction_bars", "genre_timeline")  # drawings of plots.answer, which need no spectra


class Drawing:
    """Draws, exports and plays songs; recordings and spectra of the latest stay in memory.

    Parameters
    ----------
    tell : callable
        Takes events.
    player : Player
    """

    def __init__(self, tell: Callable[[Event], None], player: "Player") -> None:
        self._tell, self._player = tell, player
        self._latest: dict[str, int] = {}  # slot of a picture -> token of the latest request for it
        self._recordings: OrderedDict[str, Recording] = OrderedDict()
        self._spectra: OrderedDict[str, SongSpectra] = OrderedDict()

    def prepare(self) -> None:
        """Import what the first picture needs, before it is asked for."""
        from musicgenre.plots.style import load_matplotlib

        load_matplotlib()
        import musicgenre.plots.raster
        import musicgenre.plots.song  # noqa: F401

    def keep_recording(self, key: str, recording: "Recording") -> None:
        """Keep the decoded sound of an answer in memory."""
        _keep(self._recordings, key, recording, KEPT_RECORDINGS)

    def keep_spectra(self, key: str, spectra: "SongSpectra") -> None:
        """Keep the spectra of an answer in memory."""
        _keep(self._spectra, key, spectra, KEPT_SPECTRA)

    def _song(self, song: SongReference) -> "SongSpectra":
        """Return the spectra of an answer: from memory, from the disk, or from the file."""
        from musicgenre.errors import SourceError
        from musicgenre.plots.spectra import song_spectra

        if song.key in self._spectra:
            return self._spectra[song.key]
        stored = Path(song.store) if song.store else None
        if stored and stored.is_file():
            with contextlib.suppress(OSError, ValueError, KeyError):
                self.keep_spectra(song.key, load_spectra(stored))
                return self._spectra[song.key]
        if not is_file(song.prediction.input):
            raise SourceError("the pictures of this answer are no longer kept; classify it again to see them")
        self.keep_spectra(song.key, song_spectra(self._recording(song)))
        return self._spectra[song.key]

    def _recording(self, song: SongReference) -> "Recording":
        """Return the decoded sound of an answer: from memory or from the file."""
        from musicgenre.audio.sandbox import read_safely
        from musicgenre.errors import SourceError

        if song.key not in self._recordings:
            if not is_file(song.prediction.input):
                raise SourceError("the sound of this answer is not kept; classify it again to listen")
            self.keep_recording(song.key, read_safely(song.prediction.input))
        return self._recordings[song.key]

    # ---- pictures

    def expect(self, request: Draw) -> None:
        """Note that a picture is asked for: an older request for its slot need not be drawn any more."""
        self._latest[request.slot] = request.token

    def draw(self, request: Draw) -> None:
        """Draw a picture as pixels, with the stretches of its time axis."""
        if self._latest.get(request.slot) != request.token:
            return
        from musicgenre.plots.raster import rasterise  # loads matplotlib

        dpi = 100.0 * request.scale
        size = (max(request.width, SMALLEST[0]) / dpi, max(request.height, SMALLEST[1]) / dpi)
        draw = self._answer_figure if request.name in OF_THE_ANSWER else self._song_figure
        figure, spans = draw(request, size)
        pixels, extents = rasterise(figure, dpi=dpi)
        axes = Box(*extents)
        self._tell(PictureDrawn(request.slot, request.token, _in_pixels(spans, axes), axes, pixels))

    def _answer_figure(self, request: Draw, size: tuple[float, float]) -> tuple["Figure", Spans]:
        """Return a picture of the prediction alone, and (from, to, start, end) of its stretches of time."""
        from musicgenre.plots.answer import prediction_bars
        from musicgenre.plots.timeline import genre_timeline

        prediction = request.song.prediction
        if request.name == "prediction_bars":  # the window says the reason of a verdict beside it
            return prediction_bars(prediction, theme=request.theme, size=size, note=False), []
        figure = genre_timeline(prediction, theme=request.theme, size=size)
        end = float(prediction.duration_s or 0)
        return figure, [(0.0, end, 0.0, end)] if prediction.segments else []

    def _song_figure(self, request: Draw, size: tuple[float, float]) -> tuple["Figure", Spans]:
        """Return a picture of the spectra, and (from, to, start, end) of its stretches of time."""
        from musicgenre.errors import GenreError
        from musicgenre.plots import song as dataviz
        from musicgenre.plots.style import message_figure

        try:
            song = self._song(request.song)
            of_answer = (request.song.prediction,) if request.name == "tempogram" else ()
            figure = getattr(dataviz, request.name)(song, *of_answer, theme=request.theme, size=size)
            time = dataviz.song_time(song)
            return figure, [(*time.extent(i), *time.spans[i]) for i in range(len(time.spans))]
        except GenreError as error:
            return message_figure(str(error), theme=request.theme, size=size), []

    # ---- exports

    def export_page(self, request: ExportPage) -> None:
        """Write the page of an answer as PNG."""
        from musicgenre.files import write_atomic
        from musicgenre.plots import song as dataviz

        figure = dataviz.overview(self._song(request.song), request.song.prediction, theme="light")
        picture = io.BytesIO()
        figure.savefig(picture, format="png", dpi=100)
        write_atomic(Path(request.path), picture.getvalue())
        self._tell(Exported(request.path))

    def export_answers(self, request: ExportAnswers) -> None:
        """Write answers as CSV, as lines of JSON or as a playlist."""
        write = {"csv": _write_csv, "json": _write_json, "m3u8": _write_playlist}[request.form]
        write(request.path, request.predictions)
        self._tell(Exported(request.path))

    # ---- sound

    def play(self, request: Play) -> None:
        """Play the analysed sections from a second on."""

        def tell(second: float | None) -> None:
            self._tell(PlayingAt(request.token, second))

        try:
            recording = self._recording(request.song)
            self._player.volume = request.volume
            self._player.play(recording, request.second, tell)
        except BaseException:  # told by the caller
            self._player.stop()
            tell(None)
            raise


def _write_csv(path: str, predictions: tuple[Prediction, ...]) -> None:
    """Write predictions as a table."""
    from musicgenre.inference.answer_rows import csv_file

    genres = list(dict.fromkeys(genre for one in predictions for genre in one.probabilities or {}))
    with csv_file(path, genres) as write:
        for prediction in predictions:
            write(prediction)


def _write_json(path: str, predictions: tuple[Prediction, ...]) -> None:
    """Write predictions as one JSON object a line."""
    from musicgenre.files import write_atomic

    write_atomic(Path(path), "".join(json.dumps(prediction.as_json()) + "\n" for prediction in predictions))


def _keep(shelf: "OrderedDict[str, Shelved]", key: str, value: Shelved, limit: int) -> None:
    """Put something on a shelf and take the oldest off where it is full."""
    shelf[key] = value
    shelf.move_to_end(key)
    while len(shelf) > limit:
        shelf.popitem(last=False)


def _in_pixels(spans: Spans, axes: Box) -> tuple[TimeSpan, ...]:
    """Return the stretches of a time axis in pixels, from (from, to, start, end) on the axis."""
    if not spans:
        return ()
    low, high = spans[0][0], spans[-1][1]
    scale = (axes.right - axes.left) / max(high - low, 1e-9)
    return tuple(
        TimeSpan(axes.left + (a - low) * scale, axes.left + (b - low) * scale, float(start), float(end))
        for a, b, start, end in spans
    )


def _write_playlist(path: str, predictions: tuple[Prediction, ...]) -> None:
    """Write what predictions are about as a playlist that any player opens."""
    from musicgenre.files import write_atomic
    from musicgenre.library.playlists import song_lines

    lines = ["#EXTM3U"]
    for one in predictions:
        if one.verdict != "error" and not {"\n", "\r"} & set(one.input):
            lines += song_lines(one.input, clean_title(one.title or ""), one.duration_s)
    write_atomic(Path(path), "\n".join(lines) + "\n")

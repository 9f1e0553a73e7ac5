"""Path, link or title -> recording -> answer; no tkinter here, 03 and 04 both stand on it.

A `Classifier` holds the loaded networks and answers one recording at a time; it may be used from one thread.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from musicgenre.audio.decoder import prepare
from musicgenre.audio.recording import WHOLE, WINDOW_S, Excerpt, Recording, gain_to, level_dbfs
from musicgenre.audio.sandbox import read_safely
from musicgenre.audio.silence import SILENT_DBFS, between, without_offset
from musicgenre.audio.sounding import SoundingParts, sounding_parts
from musicgenre.errors import GenreError, SourceError
from musicgenre.features.extract import Features, extract
from musicgenre.features.families import families_at_level, grid_of
from musicgenre.features.musicnn import MUSICNN_FAMILIES, TagNetwork
from musicgenre.inference.model import GenreModel
from musicgenre.inference.not_music import FAMILIES_NEEDED, NotMusicDetector
from musicgenre.inference.over_time import (
    PIECE_S,
    SEGMENT_S,
    Stretches,
    edges_between,
    has_stretches,
    looked_at,
    named_parts,
    pooled,
    song_parts,
    stretches,
)
from musicgenre.inference.prediction import Part, Prediction, Section, Segment, error_prediction
from musicgenre.inference.verdict import decide, not_music, strongest_tags
from musicgenre.sources.download import fetch, read_download
from musicgenre.sources.inputs import Item
from musicgenre.task import UNATTENDED, Task
from musicgenre.text import clean_title


@dataclass(frozen=True)
class Analysis:
    """An answer and what it was made from.

    Parameters
    ----------
    prediction : Prediction
    recording : Recording, optional
        What was decoded; None if nothing could be.
    features : Features, optional
        What the answer rests on; None where none were computed.
    """

    prediction: Prediction
    recording: Recording | None = None
    features: Features | None = None


class Classifier:
    """The loaded model and networks.

    Parameters
    ----------
    model : str or path-like
        Name under models/, or a path without ending.
    threads : int
        Processor threads for the pretrained network.

    Raises
    ------
    ModelError
        If a model cannot be loaded.
    """

    def __init__(self, model: str | Path = "genres", *, threads: int = 1) -> None:
        prepare()
        self.model = GenreModel(model)
        self.network = TagNetwork(threads=threads)
        self.detector = NotMusicDetector()
        self._grid = grid_of(self.model.card.extractor)
        self._families = list(dict.fromkeys([*self.model.families, *FAMILIES_NEEDED]))

    def classify_item(
        self,
        item: Item,
        *,
        excerpt: Excerpt = WHOLE,
        cookies_from_browser: str | None = None,
        task: Task = UNATTENDED,
    ) -> Analysis:
        """Classify a file, or a video that is downloaded for it and deleted again.

        Parameters
        ----------
        item : Item
            From `sources.inputs.expand_inputs`; its error, if any, becomes the answer.
        excerpt : Excerpt
            Look only at this part; the default start is the one a link asks for.
        cookies_from_browser : str
            See `sources.download.fetch`.
        task : Task
            Takes the progress, and says whether to stop.

        Returns
        -------
        Analysis
            Of an input that failed, the answer alone: its verdict is ``error``.

        Raises
        ------
        Cancelled
            If the task was cancelled.
        """
        title = item.title
        try:
            if item.error or item.source is None:
                raise item.error or SourceError(f"{clean_title(item.input)!r} leads to nothing")
            if item.source.kind != "video":
                recording = read_safely(item.source.value, excerpt=excerpt, task=task)
            else:
                with fetch(item.source, task=task, cookies_from_browser=cookies_from_browser) as download:
                    title = download.title
                    recording = read_download(download, excerpt=excerpt, task=task)
            analysis = self.classify(recording, source=item.input, task=task)
        except GenreError as error:
            analysis = Analysis(error_prediction(item.input, error, model=self.model.name, title=title))
        if item.candidates:
            prediction = replace(analysis.prediction, candidates=item.search_results())
            analysis = replace(analysis, prediction=prediction)
        return analysis

    def classify(self, recording: Recording, *, source: str, task: Task = UNATTENDED) -> Analysis:
        """Classify a decoded recording.

        Parameters
        ----------
        recording : Recording
        source : str
            What the answer calls the input.
        task : Task
            Takes the progress, and says whether to stop.

        Returns
        -------
        Analysis

        Raises
        ------
        Cancelled
            If the task was cancelled.
        """
        sound = sounding_parts(recording)
        spans = sound.spans or [span for clip in recording.clips for span in clip.spans]
        about = Prediction(
            input=source, title=recording.title, duration_s=round(recording.duration_s, 3), verdict="",
            model=self.model.name, analysed=[Section(round(start, 3), round(end, 3)) for start, end in spans],
        )  # fmt: skip
        nothing = _too_little(recording, sound)
        if nothing:
            verdict, reason = nothing
            return Analysis(replace(about, verdict=verdict, reason=reason), recording)
        task.report("analyse", 0.0)
        features = extract(
            sound.clips, self._families, network=self.network, grid=self._grid, task=task,
            gain=gain_to(sound.clips, self.model.card.level),
            gain_for={*families_at_level(self.model.families), *MUSICNN_FAMILIES},
        )  # fmt: skip
        task.report("analyse", 1.0)
        return Analysis(self._answer(about, recording, sound, features), recording, features)

    def _answer(self, about: Prediction, recording: Recording, sound: SoundingParts, features: Features) -> Prediction:
        """Return the answer that the features give."""
        over_time = self._stretches(sound, features, SEGMENT_S)
        if over_time is None:
            probabilities = self.model.predict(features.values).probabilities
        else:
            probabilities = pooled(over_time.logs, over_time.seconds)
        tempo = features.tempo_bpm
        answer = replace(
            about, probabilities=self._chances(probabilities, 6), tags=strongest_tags(features.windows),
            tempo_bpm=None if tempo is None else round(tempo, 1),
        )  # fmt: skip
        other = self.detector.score(features.values)
        refuse_from, doubt_from = self.detector.thresholds(sound.duration_s)
        if other >= refuse_from:
            return not_music(answer, kind=self.detector.kind(features.values))
        pieces = self._stretches(sound, features, PIECE_S)
        parts: list[Part] = []
        if pieces is not None:
            start, end = looked_at(recording)
            parts = song_parts(pieces, self.model.genres, start_s=start, end_s=end)
            if len(parts) > 1 and features.windows is not None:
                parts = named_parts(self.model, parts, sound.sections, features.windows)
        answer = decide(
            answer, probabilities, parts, model=self.model, may_be_music=other >= doubt_from, silent=sound.silent
        )
        shown = pieces if answer.verdict == "mixed" else over_time  # whose borders are those of the parts
        return replace(answer, segments=self._segments(recording, sound, shown, probabilities))

    def _chances(self, probabilities: np.ndarray, digits: int) -> dict[str, float]:
        """Return probabilities by genre."""
        return {g: round(float(p), digits) for g, p in zip(self.model.genres, probabilities, strict=True)}

    def _stretches(self, sound: SoundingParts, features: Features, length_s: float) -> Stretches | None:
        """Return the model's answers for stretches of a length; None for a model that has none."""
        if features.windows is None or not has_stretches(self.model):
            return None
        found = stretches(self.model, sound.sections, features.windows, length_s)
        return found if len(found.logs) else None

    def _segments(
        self, recording: Recording, sound: SoundingParts, over_time: Stretches | None, probabilities: np.ndarray
    ) -> list[Segment]:
        """Return the genres over what sounds: each stretch has the answer of the nearest analysed one, silence none."""
        found = [probabilities] if over_time is None else list(over_time.probabilities)
        edges = [0.0, recording.duration_s]
        if over_time is not None:
            edges = edges_between(over_time, 0.0, recording.duration_s)
        return [
            Segment(
                round(start, 3), round(end, 3), self.model.genres[int(p.argmax())], round(float(p.max()), 4),
                self._chances(p, 4),
            )
            for first, last, p in zip(edges, edges[1:], found, strict=False)
            for start, end in between(sound.silent, first, last)
        ]  # fmt: skip


def _too_little(recording: Recording, sound: SoundingParts) -> tuple[str, str] | None:
    """Return verdict and reason for a recording in which there is too little to hear; None where there is enough."""
    seconds = sum(clip.duration_s for clip in recording.clips)
    if seconds < WINDOW_S:
        return "too_short", f"only {seconds:.1f} s of sound; at least {WINDOW_S:g} s are needed"
    if level_dbfs(sound.clips) < SILENT_DBFS:
        level = level_dbfs([replace(clip, samples=without_offset(clip.samples)) for clip in recording.clips])
        return (
            "silent",
            "there is no sound in it" if level == -np.inf else f"it is too quiet to hear ({level:.0f} dBFS)",
        )
    if sound.duration_s < WINDOW_S:
        heard_s = f"{sound.duration_s:.1f} s of sound, the rest is silence"
        return "too_short", f"only {heard_s}; at least {WINDOW_S:g} s are needed"
    return None

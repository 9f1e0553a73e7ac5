"""Path, link or title -> recording -> answer; no tkinter here, 03 and 04 both stand on it.

A `Classifier` holds the loaded networks and answers one recording at a time; it may be used from one thread.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from musicgenre.audio.recording import WHOLE, WINDOW_S, Clip, Excerpt, Recording, amplify, level_dbfs
from musicgenre.audio.sandbox import prepare, read_safely
from musicgenre.audio.silence import SILENT_DBFS, between, without_offset
from musicgenre.audio.sounding import Heard, heard
from musicgenre.errors import GenreError, SourceError
from musicgenre.features.extract import Features, extract
from musicgenre.features.families import grid_of
from musicgenre.features.musicnn import TagNetwork, tag_statistics
from musicgenre.inference.model import GenreModel
from musicgenre.inference.not_music import FAMILIES_NEEDED, NotMusicDetector
from musicgenre.inference.prediction import Prediction, Section, Segment, error_prediction
from musicgenre.sources.download import fetch, read_download
from musicgenre.sources.inputs import Item
from musicgenre.task import UNATTENDED, Task
from musicgenre.text import clean_title

SEGMENT_S = 10.0


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
        self._grid = grid_of(self.model.card["extractor"])
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
        sound = heard(recording)
        spans = sound.spans or [span for clip in recording.clips for span in clip.spans]
        analysed = [Section(round(start, 3), round(end, 3)) for start, end in spans]
        about: dict[str, Any] = {
            "input": source, "title": recording.title, "duration_s": round(recording.duration_s, 3),
            "model": self.model.name, "analysed": analysed,
        }  # fmt: skip
        seconds = sum(clip.duration_s for clip in recording.clips)
        if seconds < WINDOW_S:
            reason = f"only {seconds:.1f} s of sound; at least {WINDOW_S:g} s are needed"
            return Analysis(Prediction(**about, verdict="too_short", reason=reason), recording)
        if level_dbfs(sound.clips) < SILENT_DBFS:
            level = level_dbfs([replace(clip, samples=without_offset(clip.samples)) for clip in recording.clips])
            what = "digital silence" if level == -np.inf else f"the level is {level:.0f} dBFS"
            return Analysis(Prediction(**about, verdict="silent", reason=f"nothing to hear: {what}"), recording)
        seconds = sound.duration_s
        if seconds < WINDOW_S:
            reason = f"only {seconds:.1f} s of sound, the rest is silence; at least {WINDOW_S:g} s are needed"
            return Analysis(Prediction(**about, verdict="too_short", reason=reason), recording)
        task.report("analyse", 0.0)
        clips = amplify(sound.clips, self.model.card.get("amplify_to_dbfs"))
        features = extract(clips, self._families, network=self.network, grid=self._grid, task=task)
        task.report("analyse", 1.0)
        probabilities = self.model.predict(features.values).probabilities
        chances = {g: float(round(p, 6)) for g, p in zip(self.model.genres, probabilities, strict=True)}
        other = self.detector.score(features.values)
        refuse_from, doubt_from = self.detector.thresholds(seconds)
        if other >= refuse_from:
            reason = f"it sounds like speech, noise or another sound, not like music (certainty {other:.0%})"
            refused = Prediction(**about, verdict="not_music", probabilities=chances, reason=reason)
            return Analysis(refused, recording, features)
        best, second = (int(i) for i in np.argsort(-probabilities)[:2])
        confidence = float(probabilities[best])
        answer: dict[str, Any] = {
            "genre": self.model.genres[best],
            "confidence": round(confidence, 4),
            "probabilities": chances,
            "segments": self._segments(recording, sound, features),
        }
        threshold = self.model.card["thresholds"]["uncertain_below"]
        if other >= doubt_from:
            reason = f"it may not be music; if it is, {answer['genre']} comes closest"
        elif confidence < threshold:
            rival = self.model.genres[second]
            digits = int(f"{confidence:.0%}" == f"{threshold:.0%}")
            sure, takes = (f"{share:.{digits}%}" for share in (confidence, threshold))
            reason = f"between {answer['genre']} and {rival}: {sure} is below the {takes} it takes"
        else:
            return Analysis(Prediction(**about, **answer, verdict="genre"), recording, features)
        return Analysis(Prediction(**about, **answer, verdict="uncertain", reason=reason), recording, features)

    def _segments(self, recording: Recording, sound: Heard, features: Features) -> list[Segment]:
        """Return the genres over what sounds: each stretch has the answer of the nearest analysed one, silence none."""
        parts = list(self._part_answers(sound.clips, features))
        if not parts:
            return []
        edges = [0.0, *((a[1] + b[0]) / 2 for a, b in zip(parts, parts[1:], strict=False)), recording.duration_s]
        return [
            Segment(round(start, 3), round(end, 3), self.model.genres[int(p.argmax())], round(float(p.max()), 4))
            for first, last, (_, _, p) in zip(edges, edges[1:], parts, strict=False)
            for start, end in between(sound.silent, first, last)
        ]

    def _part_answers(self, clips: Sequence[Clip], features: Features) -> Iterator[tuple[float, float, np.ndarray]]:
        """Yield (start, end, probabilities) of stretches of about 10 s that were analysed."""
        if features.windows is None or self.model.families != ["musicnn"]:
            values = self.model.predict(features.values).probabilities
            yield clips[0].start_s, clips[-1].end_s, values
            return
        centre = features.windows.centre_s
        for clip_start, clip_end in (span for clip in clips for span in clip.spans):
            count = max(round((clip_end - clip_start) / SEGMENT_S), 1)
            edges = np.linspace(clip_start, clip_end, count + 1)
            for start, end in zip(edges, edges[1:], strict=False):
                inside = (centre >= start) & (centre < end)
                if inside.any():
                    row = tag_statistics(features.windows.activations[inside])
                    columns = self.model.card["columns"]
                    yield start, end, self.model.predict(dict(zip(columns, row, strict=True))).probabilities

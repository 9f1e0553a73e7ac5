"""The pages of several answers: one file each, drawn where the samples still are."""

from dataclasses import dataclass
from pathlib import Path

from musicgenre.inference.classifier import Analysis


@dataclass(frozen=True)
class Pages:
    """Draws the page of each of `count` answers to a file, where its samples still are.

    Parameters
    ----------
    plot : Path
        The file of a single page; of several, each has its number in the name: ``name-1.png``.
    count : int
    """

    plot: Path
    count: int

    def path(self, turn: int) -> Path:
        """Return the file of an answer's page."""
        return self.plot if self.count < 2 else self.plot.with_name(f"{self.plot.stem}-{turn + 1}{self.plot.suffix}")

    def __call__(self, analysis: Analysis, turn: int) -> None:
        """Draw one page; raise `SourceError` if it cannot be written."""
        from musicgenre.plots.catalogue import plot_song  # matplotlib takes a second to load

        if analysis.recording is not None:
            plot_song(analysis.recording, analysis.prediction, self.path(turn))

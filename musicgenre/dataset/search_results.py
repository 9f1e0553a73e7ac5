"""The files of a search that both training and plots read: names, columns, and what was chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicgenre.errors import ModelError
from musicgenre.files import read_json
from musicgenre.json_values import of_kind, optional_number

JOURNAL = ".grid.jsonl"

CHOSEN = "chosen.json"

CELL_COLUMNS = (
    "cell", "feature_set", "architecture", "hidden", "dropout", "whiten", "prior", "l2", "learning_rate", "batch_size",
    "copies",
)  # fmt: skip

RESULT_COLUMNS = (*CELL_COLUMNS, "seed", "fold", "accuracy", "macro_f1", "log_loss", "epochs", "seconds", "status")

SUMMARY_COLUMNS = (*CELL_COLUMNS, "fits", "mean", "deviation", "low", "high", "macro_f1", "log_loss", "seconds")

GRIDS = ("quick", "full")


@dataclass(frozen=True)
class Chosen:
    """The cell that a search chose, and why.

    Parameters
    ----------
    config : mapping
        The settings of the configuration, which `training.config.make_config` takes and checks.
    reason : str
        In words.
    cell : str
        Its name in the tables of the search.
    mean, deviation : float, optional
        Of its accuracy over fits.
    table_sha256, families : str, tuple of str
        The table that was searched; empty in files of other versions.
    histories : sequence of mapping
        Of its fits: name to values by epoch.
    warnings : sequence of str
    grid : {"quick", "full"}
    table : str
        The name of its folder; empty in files of other versions.
    clips_searched : int, optional
    """

    config: Mapping[str, Any]
    reason: str = ""
    cell: str = ""
    mean: float | None = None
    deviation: float | None = None
    table_sha256: str = ""
    families: tuple[str, ...] = ()
    histories: Sequence[Mapping[str, Sequence[float]]] = ()
    warnings: Sequence[str] = ()
    grid: str = GRIDS[0]
    table: str = ""
    clips_searched: int | None = None

    @property
    def network(self) -> str:
        """Features and architecture in words."""
        return f"{self.config.get('feature_set')}, {self.config['architecture']}"

    def as_json(self) -> dict[str, Any]:
        """Return the content of chosen.json."""
        return {
            "cell": self.cell,
            "config": dict(self.config),
            "reason": self.reason,
            "mean": self.mean,
            "deviation": self.deviation,
            "table_sha256": self.table_sha256,
            "families": list(self.families),
            "histories": list(self.histories),
            "warnings": list(self.warnings),
            "grid": self.grid,
            "table": self.table,
            "clips_searched": self.clips_searched,
        }


def read_chosen(path: Path) -> Chosen:
    """Return what a search chose, from its file; raise `ModelError` if that is none."""
    try:
        values = read_json(path)
        config, clips = of_kind(values["config"], dict), values.get("clips_searched")
        of_kind(config["architecture"], str)
        size = values.get("grid")
        return Chosen(
            config,
            of_kind(values.get("reason", ""), str),
            of_kind(values.get("cell", ""), str),
            optional_number(values.get("mean")),
            optional_number(values.get("deviation")),
            of_kind(values.get("table_sha256", ""), str),
            tuple(of_kind(family, str) for family in values.get("families", ())),
            tuple(of_kind(history, dict) for history in values.get("histories", ())),
            tuple(of_kind(warning, str) for warning in values.get("warnings", ())),
            size if size in GRIDS else GRIDS[0],
            of_kind(values.get("table", ""), str),
            None if clips is None else of_kind(clips, int),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise not_chosen(path) from error


def not_chosen(path: Path) -> ModelError:
    """Return the error for a file that is no choice."""
    return ModelError(f"{path} is not a choice written by 01_nn_hyperparam.py; run 01 again")

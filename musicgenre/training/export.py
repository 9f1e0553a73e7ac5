"""The last step of training: which configuration, the model on all clips, and its card."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from musicgenre.dataset.table import read_table
from musicgenre.errors import ModelError
from musicgenre.features.families import extractor_constants
from musicgenre.features.musicnn import WindowGrid
from musicgenre.files import MAX_JSON_BYTES, read_file, read_json
from musicgenre.genres import display_name
from musicgenre.inference.reasons import trait_ranges
from musicgenre.training.config import Config, config_dict, make_config
from musicgenre.training.data import TAG_COLUMNS, Data
from musicgenre.training.fitting import fit, out_of_fold_logits
from musicgenre.training.model_files import export_model
from musicgenre.training.protocols import default_config
from musicgenre.training.softmax import fit_temperature

CHOSEN = Path("reports/chosen.json")


def choose_config(folder: Path, choice: Path | None) -> tuple[Config, str]:
    """Return the configuration to train and why.

    Without a choice, that of reports/chosen.json is taken if it was made on this very table, else a good default.

    Raises
    ------
    ModelError
        If a named choice cannot be read or was made on another table.
    """
    path = choice or (CHOSEN if CHOSEN.is_file() else None)
    if path is None:
        return default_config(folder), "the default; 01_nn_hyperparam.py searches for a better one"
    try:
        chosen = read_json(path)
        values = dict(chosen["config"])
        config = make_config(values.pop("architecture"), **values)
        families, table_sha256 = list(chosen["families"]), chosen["table_sha256"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{path} is not a choice written by 01_nn_hyperparam.py; run 01 again") from error
    if read_table(folder, families).sha256 != table_sha256:
        if choice is None:
            return default_config(folder), f"the default; {path} was made on another table"
        raise ModelError(f"{folder} is not the table that {path} was made on, or has changed; run 01 on it again")
    return config, f"chosen by {path}"


def read_lines(path: Path) -> list[str]:
    """Return the lines of a text file that are not empty; raise `ModelError` if it cannot be read."""
    try:
        lines = read_file(path, MAX_JSON_BYTES).decode().splitlines()
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read as text; check the path of --notes") from error
    return [line.strip() for line in lines if line.strip()]


def ship(
    data: Data,
    config: Config,
    report: dict[str, Any],
    table_sha256: str,
    base: Path,
    *,
    notes: Sequence[str] = (),
    amplify_to: float | None = None,
    grid: WindowGrid | None = None,
) -> dict[str, Any]:
    """Train on all clips, calibrate by out-of-fold logits, and write the model with its card; return the card.

    The level and the windows are those of the table (`dataset.build.table_level` and `table_grid`).
    """
    temperature = fit_temperature(out_of_fold_logits(data, config), data.y)
    trained = fit(data, config)
    counts = np.bincount(data.y, minlength=len(data.genres))
    card = {
        "name": base.name,
        "genres": data.genres,
        "families": config.families,
        "columns": data.columns,
        "training": {
            "table_sha256": table_sha256,
            "clips": len(data.y),
            "clips_per_genre": dict(zip(data.genres, counts.tolist(), strict=True)),
            "groups": len(np.unique(data.groups)) if data.grouped else None,
            "extra_clips": 0 if data.extra is None else len(data.extra.y),
        },
        "configuration": config_dict(config),
        "temperature": temperature,
        "parts": data.parts is not None,
        "amplify_to_dbfs": amplify_to,  # quieter recordings are brought to this level before anything is computed
        "extractor": extractor_constants(grid),
        "names": {genre: display_name(genre) for genre in data.genres},
        "set_level": report["set_level"],
        "sets": report["sets"],  # how often the genre is named or in a set, on songs of held-out groups
        "thresholds": {k: report[k] for k in ("uncertain_below", "named_share", "named_right")},
        "metrics": report["protocols"] | report["extra"],
        "headline": report["headline"],
        "warnings": [*report["warnings"], *notes],
        "traits": trait_ranges(
            data.columns if data.tags is None else [*data.columns, *TAG_COLUMNS],
            data.x if data.tags is None else np.concatenate([data.x, data.tags], axis=1),
            [data.genres[i] for i in data.y],
        ),
    }
    return export_model(trained.as_keras(), temperature, card, base)

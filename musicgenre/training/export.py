"""The last step of training: which configuration, the model on all clips, and its card."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from musicgenre.audio.recording import Level
from musicgenre.errors import ModelError
from musicgenre.features.families import extractor_constants
from musicgenre.features.musicnn import WindowGrid
from musicgenre.files import MAX_JSON_BYTES, read_file
from musicgenre.genres import display_name
from musicgenre.inference.card import Card, Thresholds, Training
from musicgenre.inference.evaluation import Evaluation
from musicgenre.inference.reasons import trait_ranges
from musicgenre.training.config import Config, config_dict
from musicgenre.training.data import TAG_COLUMNS, Data
from musicgenre.training.fitting import fit, out_of_fold_logits
from musicgenre.training.known_genres import answers_by_genre
from musicgenre.training.model_files import export_model
from musicgenre.training.softmax import fit_temperature


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
    report: Evaluation,
    table_sha256: str,
    base: Path,
    *,
    notes: Sequence[str] = (),
    level: Level | None = None,
    grid: WindowGrid | None = None,
) -> Card:
    """Train on all clips, calibrate by out-of-fold logits, and write the model with its card; return the card.

    The level and the windows are those of the table (`dataset.build.table_level` and `table_grid`).
    """
    temperature = fit_temperature(out_of_fold_logits(data, config), data.y)
    trained = fit(data, config)
    counts = np.bincount(data.y, minlength=len(data.genres))
    answers = report.answers
    card = Card(
        base.name,
        data.genres,
        config.families,
        data.columns,
        Thresholds(report.uncertain_below, report.named_share, report.named_right),
        extractor=extractor_constants(grid),
        training=Training(
            table_sha256,
            len(data.y),
            dict(zip(data.genres, counts.tolist(), strict=True)),
            len(np.unique(data.groups)) if data.grouped else None,
            0 if data.extra is None else len(data.extra.y),
        ),
        configuration=config_dict(config),
        temperature=temperature,
        parts=data.parts is not None,
        level=level,
        names={genre: display_name(genre) for genre in data.genres},
        set_level=report.set_level,
        sets=report.sets,
        answers_by_genre=answers_by_genre(data.y, np.array(answers.probabilities)) if answers else None,
        metrics={**report.protocols, **report.extra},
        headline=report.headline,
        warnings=[*report.warnings, *notes],
        traits=trait_ranges(
            data.columns if data.tags is None else [*data.columns, *TAG_COLUMNS],
            data.x if data.tags is None else np.concatenate([data.x, data.tags], axis=1),
            [data.genres[i] for i in data.y],
        ),
    )
    return export_model(trained.as_keras(), temperature, card, base)

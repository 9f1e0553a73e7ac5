"""What the names of the pretrained network's tags say about genres: common sense, written down once.

A genre whose name is a tag has that tag. Weights say how much a tag speaks for a genre; none speaks against one.
"""

from collections.abc import Sequence

import numpy as np

from musicgenre.errors import ModelError
from musicgenre.features.musicnn import TAGS

TAGS_OF_GENRE: dict[str, dict[str, float]] = {
    "blues": {"blues": 1.0},
    "classical": {"instrumental": 0.5, "ambient": 0.3, "beautiful": 0.3},
    "country": {"country": 1.0, "folk": 0.25, "acoustic": 0.15},
    "disco": {"dance": 0.4, "funk": 0.4, "70s": 0.3, "party": 0.3, "soul": 0.2, "house": 0.2},
    "hiphop": {"hip_hop": 1.0, "rnb": 0.2, "party": 0.1},
    "jazz": {"jazz": 1.0},
    "metal": {"metal": 0.6, "heavy_metal": 0.6, "hard_rock": 0.2},
    "pop": {
        "pop": 0.5, "catchy": 0.3, "female_vocalists": 0.2, "female_vocalist": 0.1, "rnb": 0.15, "00s": 0.1,
        "dance": 0.15, "indie_pop": 0.15,
    },
    "reggae": {"chill": 0.2, "soul": 0.1, "hip_hop": 0.1, "funk": 0.1},
    "rock": {
        "rock": 0.5, "classic_rock": 0.3, "alternative": 0.15, "alternative_rock": 0.25, "indie_rock": 0.25,
        "indie": 0.15, "punk": 0.15, "hard_rock": 0.15, "progressive_rock": 0.1,
    },
}  # fmt: skip


def has_prior(genres: Sequence[str]) -> bool:
    """Say whether every genre is known here."""
    return all(genre in TAGS_OF_GENRE or genre in TAGS for genre in genres)


def prior_matrix(columns: Sequence[str], genres: Sequence[str], expand: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the prior's weights on the spread columns, shape (expanded, genres), in two scalings.

    Parameters
    ----------
    columns, genres : sequence of str
        Of the features, which hold the tag means; and of the model.
    expand : np.ndarray, shape (columns, expanded)
        See `training.whitening.spread_matrix`; the prior stands on the expanded columns that are a tag's mean itself.

    Returns
    -------
    tuple of np.ndarray
        With the weights of each genre summing to 1; and with one scale for all genres.

    Raises
    ------
    ModelError
        If a genre is not known here or a column is missing.
    """
    if not has_prior(genres):
        name = next(genre for genre in genres if genre not in TAGS_OF_GENRE and genre not in TAGS)
        raise ModelError(f"nothing is known of the tags of genre {name!r}; choose the architecture 'whitened'")
    plain = {int(np.flatnonzero(expand[:, j])[0]): j for j in range(expand.shape[1]) if (expand[:, j] != 0).sum() == 1}
    matrix = np.zeros((expand.shape[1], len(genres)))
    for g, genre in enumerate(genres):
        for tag, weight in TAGS_OF_GENRE.get(genre, {genre: 1.0}).items():
            column = f"tag_mean_{tag}"
            if column not in columns:
                raise ModelError(f"the feature {column!r} is missing; the prior needs the family musicnn")
            matrix[plain[list(columns).index(column)], g] = weight
    totals = matrix.sum(axis=0)
    return matrix / totals, matrix / totals.mean()

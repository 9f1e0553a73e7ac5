"""Name the genre of music, with honest confidence.

    from musicgenre import classify

    prediction = classify("song.mp3")
    print(prediction.verdict, prediction.genre, prediction.confidence)

The names below are loaded when they are first used, so that importing the package takes no time. Training needs more
libraries than classifying: `pip install "music-genre-classifier[train]"`.
"""

_HOMES = {
    "classify": "musicgenre.inference.api",
    "classify_all": "musicgenre.inference.api",
    "classify_samples": "musicgenre.inference.api",
    "as_frame": "musicgenre.inference.api",
    "Classifier": "musicgenre.inference.classifier",
    "Prediction": "musicgenre.inference.prediction",
    "open_library": "musicgenre.library.store",
    "GenreError": "musicgenre.errors",
    "display_name": "musicgenre.genres",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    from importlib import import_module  # scripts begin here, and must catch Ctrl-C before they load anything

    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(import_module(_HOMES[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

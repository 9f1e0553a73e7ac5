"""Text in figures: as wide as promised, in faces that are installed, whatever matplotlib is there."""

import dataclasses

import pytest
from support.figures import drawn

from musicgenre.plots.style import _faces, drawn_weight, families_of, finish, fitted, new_figure

WORDS = [
    "W" * 90,
    "i" * 90,
    "\u65e5\u672c" * 45,
    "\u65e5\u672c Title " * 9,
    "Bj\u00f6rk \u2013 J\u00f3ga " * 7,
    "\U0001f3b5 song " * 12,
    "\u05e9\u05dc\u05d5\u05dd " * 18,
]


@pytest.mark.parametrize("text", WORDS)
@pytest.mark.parametrize("weight", ["normal", "bold"])
@pytest.mark.parametrize(("points", "inches"), [(9, 0.5), (9, 4.0), (15, 3.1)])
def test_fitted_text_is_as_narrow_as_promised_when_drawn(text, weight, points, inches, caplog):
    figure = new_figure((9, 2), "light")
    shown = figure.text(0, 0.5, fitted(text, inches, points=points), fontsize=points, fontweight=weight)
    drawn(finish(figure))
    assert 0.7 * inches < shown.get_window_extent().width / figure.dpi <= inches
    assert not caplog.text  # matplotlib was asked for no font that is not there


def test_text_that_fits_is_left_whole():
    assert fitted("rock", 1.0) == "rock"
    assert fitted("5 $", 1.0) == r"5 \$"
    assert fitted("", 1.0) == ""
    assert fitted("rock", 0.01) == "\u2026"


def test_a_line_is_bold_only_where_every_letter_has_a_bold_face(monkeypatch):
    faces = {400: {"DejaVu Sans": frozenset(map(ord, "ab\u65e5")), "Other": frozenset({ord("c")})}}
    faces[700] = {"DejaVu Sans": frozenset(map(ord, "ab"))}
    monkeypatch.setattr("musicgenre.plots.style._faces", lambda weight: faces[weight])
    assert [drawn_weight(text, 700) for text in ("ab", "a\nb", "a\u65e5", "c")] == [700, 700, 400, 400]
    assert families_of("abc", 400) == ["DejaVu Sans", "Other"]
    assert families_of("ab", 700) == ["DejaVu Sans"]


def test_no_family_is_asked_for_a_weight_that_it_lacks(monkeypatch):
    from matplotlib.font_manager import fontManager

    ours = [face for face in fontManager.ttflist if face.name == "DejaVu Sans"]
    thin = [dataclasses.replace(face, name="Noto Sans CJK JP", weight=100) for face in ours]
    named = [dataclasses.replace(face, name="Noto Sans Thai", weight="bold") for face in ours]
    gone = [dataclasses.replace(face, name="Symbola", fname="/gone.ttf") for face in ours]
    monkeypatch.setattr(fontManager, "ttflist", [*ours, *thin, *named, *gone])
    faces = {weight: set(_faces.__wrapped__(weight)) for weight in (400, 700)}
    assert faces == {400: {"DejaVu Sans"}, 700: {"DejaVu Sans", "Noto Sans Thai"}}

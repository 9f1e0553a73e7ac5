"""Right-to-left titles on a Tk that draws letters one by one from left to right."""

import unicodedata

import pytest

from musicgenre.inference.prediction import Prediction
from musicgenre.window.text_fit import shaped, visual


def logical(text):
    """Return text with letters in place of their forms."""
    return unicodedata.normalize("NFKC", text)


@pytest.mark.parametrize("text", ["", "plain (1979)", "ザ・ハーベスターズ 東京", "party 🎉👩‍🎤", "a\u0301b", "x" * 300])
def test_what_is_read_from_the_left_stays(text):
    assert visual(text) == shaped(text) == text


def test_letters_take_the_form_between_their_neighbours():
    forms = [unicodedata.decomposition(char).split()[0] for char in shaped("تسجيل")]
    assert forms == ["<initial>", "<medial>", "<medial>", "<medial>", "<final>"]
    forms = [unicodedata.decomposition(char).split()[0] for char in shaped("دار")]
    assert forms == ["<isolated>"] * 3  # letters that join nothing after them
    assert shaped("لا") == "\ufefb" and shaped("بلا") == "\ufe91\ufefc"
    assert shaped(shaped("الحصادون")) == shaped("الحصادون")
    assert logical(shaped("أغنية عربية")) == "أغنية عربية"


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("שלום", "םולש"),
        ("abc שלום עולם def", "abc םלוע םולש def"),
        ("שלום (2020) abc", "abc (2020) םולש"),
        ("abc (שלום)", "abc (םולש)"),
        ("שלום: one two", "one two :םולש"),
        ("שלום 1 2", "2 1 םולש"),
    ],
)
def test_runs_are_turned_as_unicode_says(text, drawn):
    assert visual(text) == drawn


def test_arabic_is_joined_and_turned():
    assert logical(visual("تسجيل حي")) == "تسجيل حي"[::-1]
    assert logical(visual("أغنية 1979 (remix)")) == "(remix) 1979 " + "أغنية"[::-1]


def test_titles_are_turned_in_the_window_after_they_are_cut(open_window):
    title = "الحصادون تسجيل حي من المطحنة القديمة في مساء صيفي"
    pilot = open_window(ready=False)
    pilot.window.history.add("x", Prediction("x", title, None, "silent", reason="quiet"))
    pilot.window.answers.fill("")
    pilot.window.list.go("x")
    assert pilot.until(lambda: pilot.window.pages.answer.title.whole == title, 5)
    assert logical(pilot.window.pages.answer.title.cget("text")) == title[::-1]
    row = pilot.window.list.tree.item("x", "text").strip()
    assert row.startswith("…") and title.startswith(logical(row[1:])[::-1])

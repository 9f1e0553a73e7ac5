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
        ("abc (א) 5", "abc (א) 5"),  # both brackets belong to what is around them
        ("abc (א) [ב] (5) def", "abc (א) [ב] (5) def"),
        ("שלום (abc) 5", "5 (abc) םולש"),
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
    assert pilot.until(lambda: pilot.window.pages.answer.header.title.whole == title, 5)
    assert logical(pilot.window.pages.answer.header.title.cget("text")) == title[::-1]
    row = pilot.window.list.tree.item("x", "text").strip()
    assert row.startswith("…") and title.startswith(logical(row[1:])[::-1])


TITLES = ("שלום (5)", "abc (א) 5", "الحصادون [1979]", "(א) abc")


@pytest.mark.parametrize("title", TITLES)
def test_a_title_never_scrambles_the_sentence_around_it(open_window, title):
    pilot = open_window(ready=False)
    status = pilot.window.status
    status.say(f"Answered “{title}”: Metal, 90 % sure", title=title)
    pilot.turn(0.1)
    shown = status.text.cget("text")
    assert shown.startswith("Answered “") and shown.endswith("”: Metal, 90 % sure")
    assert logical(shown) == f"Answered “{logical(visual(title))}”: Metal, 90 % sure"
    status.say(f"“{title}” is not there any more")  # a sentence that begins with a title
    pilot.turn(0.1)
    assert status.text.cget("text").endswith(" is not there any more")
    pilot.window.history.add("x", Prediction("x", title, None, "silent", reason="quiet"))
    pilot.window.answers.fill("")
    pilot.window.list.go("x")
    assert pilot.until(lambda: pilot.window.answers.shown == "x", 5)
    assert logical(pilot.window.pages.answer.header.title.cget("text")) == logical(visual(title))

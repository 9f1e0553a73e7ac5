"""The page of an answer: what each verdict says, what it shows and what it leaves out, pictures and reasons."""

import sys

from support.display import tool
from support.example_answers import example_answers, fill_examples
from support.window_material import classify, colours

SHORT = """
import sys, wave
with wave.open(sys.argv[1], "wb") as out:
    out.setparams((1, 2, 8000, 0, "NONE", "")); out.writeframes(bytes(range(256)) * 32)
"""
SOUND = ("mel_spectrogram", "chromagram", "tempogram", "power_spectrogram")


def show(pilot, name):
    """Show one of the answers of each kind; return the page."""
    pilot.window.list.go(name)
    assert pilot.until(lambda: pilot.window.answers.shown == name, 5)
    pilot.turn(0.1)
    return pilot.window.pages.answer


def chips(page):
    """Return the words of the chips that are shown."""
    return [str(one.cget("text")) for one in page.panel.chips.winfo_children()
            if one.winfo_class() == "Label" and one.winfo_viewable()]  # fmt: skip


def offered(page):
    """Return the genres that one click makes right."""
    return [str(button.cget("text")) for button in page.panel.right if button.winfo_viewable()]


def test_verdicts_look_different_and_say_why(open_window, tmp_path):
    pilot = open_window()
    short = tmp_path / "short.wav"
    tool("/usr/bin/env", sys.executable, "-c", SHORT, short)
    classify(pilot, "classical", "silence", "speech")
    pilot.window.jobs.submit([str(short), str(tmp_path / "none.wav")])
    pilot.until(lambda: len(pilot.window.history.find()) == 5, 30)
    seen = {}
    for entry in pilot.window.history.find():
        panel = show(pilot, entry.key).panel
        picture = pilot.picture(tmp_path / f"{entry.key}.png", panel.badge)
        seen[entry.prediction.verdict] = (panel.headline.whole, panel.meaning.whole, picture.read_bytes())
    assert set(seen) == {"genre", "silent", "not_music", "too_short", "error"}
    assert seen["genre"][0] == "Classical" and seen["genre"][1] == ""
    assert seen["silent"][0] == "Silent" and "no sound" in seen["silent"][1]
    assert seen["not_music"][0] == "Not music" and "sounds like" in seen["not_music"][1]
    assert seen["too_short"][0] == "Too short" and "at least 3 s" in seen["too_short"][1]
    assert seen["error"][0] == "No answer" and "no file" in seen["error"][1]
    assert len({picture for *_, picture in seen.values()}) == 5


def test_a_genre_is_large_with_its_number_chips_and_runners_up(open_window):
    pilot = open_window(ready=False)
    fill_examples(pilot)
    page = show(pilot, "genre")
    assert (page.panel.headline.cget("text"), page.panel.sure.cget("text")) == ("Rock", "87 % sure")
    assert page.panel.sure.winfo_rootx() > page.panel.headline.winfo_rootx()
    assert chips(page) == ["rock", "guitar", "male vocalist", "80s", "loud", "118 bpm"]
    assert offered(page) == ["It’s metal", "It’s blues"]
    facts = page.header.facts.whole
    assert page.header.title.whole == "Late Train Home"
    assert facts.startswith("0:16") and "rock.ogg" in facts and "Sep 2026" in facts


def test_a_set_and_a_mixed_song_say_between_what(open_window):
    pilot = open_window(ready=False)
    fill_examples(pilot)
    page = show(pilot, "set")
    assert (page.panel.headline.whole, page.panel.sure.cget("text")) == ("Blues or jazz", "93 % together")
    assert offered(page) == ["It’s blues", "It’s jazz"]
    page = show(pilot, "mixed")
    assert page.panel.headline.whole == "Mixed" and page.panel.sure.cget("text") == ""
    assert chips(page)[:2] == ["0:00–0:09 Hip-Hop", "0:09–0:16 Jazz"]
    assert set(offered(page)[:2]) == {"It’s Hip-Hop", "It’s jazz"}


def test_what_the_number_means_is_in_its_tooltip_alone(open_window):
    pilot = open_window(ready=False)
    fill_examples(pilot)
    panel = show(pilot, "genre").panel
    pilot.act("mousemove", panel.sure.winfo_rootx() + 4, panel.sure.winfo_rooty() + 4)

    def tips():
        return [one for one in panel.sure.winfo_children() if one.winfo_class() == "Toplevel"]

    assert pilot.until(tips, 5)
    (words,) = [str(one.cget("text")) for one in tips()[0].winfo_children()]
    assert "Of 100 answers" in words and "about 87 are right" in words.replace("\n", " ")
    pilot.act("mousemove", 2, 2)
    assert pilot.until(lambda: not tips(), 5)
    panel.sure.focus_force()  # and by the keyboard
    assert pilot.until(tips, 5)


def test_what_is_no_music_has_no_tabs_and_no_reasons_of_a_genre(open_window):
    pilot = open_window()
    fill_examples(pilot)
    for name in ("not_music", "silent", "too_short", "error"):
        page = show(pilot, name)
        assert page.refusal.winfo_viewable() and not page.tabs.winfo_viewable(), name
        assert chips(page) == [] and offered(page) == [], name
        assert not page.similar.winfo_viewable()
        sound = bool(example_answers()[name].analysed)
        assert page.pictures["heard"].winfo_viewable() == sound, name
        assert page.refusal.where.whole == ("Listened to all of it, 0:16." if sound else ""), name
        pilot.key("ctrl+2")
        assert not page.why.winfo_viewable()
    page = show(pilot, "not_music")
    assert pilot.until(lambda: page.pictures["heard"].is_drawn, 20)
    assert not page.again.winfo_viewable()
    assert show(pilot, "error").again.winfo_viewable()
    assert show(pilot, "genre").tabs.winfo_viewable()


def test_every_tab_shows_its_picture_with_what_to_see_and_the_reasons(open_window, tmp_path):
    pilot = open_window()
    classify(pilot, "metal")
    page = pilot.window.pages.answer
    assert [page.tabs.tab(number, "text") for number in page.tabs.tabs()] == ["Genres", "Why", "Sound"]
    assert pilot.drawn("prediction_bars", "genre_timeline", "waveform")
    pilot.key("ctrl+2")
    text = page.why.text.get("1.0", "end")
    assert "Points to metal" in text and "Tempo" in text and "Brightness" in text and "heard: metal" in text
    assert "usual for metal" in text
    for number, name in enumerate(SOUND):
        pilot.key(f"ctrl+{number + 3}")
        assert page.pictures[name].winfo_viewable()
        assert [other for other in SOUND if page.pictures[other].winfo_viewable()] == [name]
        assert pilot.drawn(name)
        assert colours(pilot.picture(tmp_path / f"{name}.png", page.pictures[name])) > 10
    pilot.click(page.sound.buttons[0])
    assert page.pictures["mel_spectrogram"].winfo_viewable()
    pilot.root.geometry("1200x760+0+0")
    pilot.turn(0.3)
    assert pilot.drawn("mel_spectrogram")


def test_a_page_without_pictures_is_seen_after_one_that_scrolls(open_window):
    """A scrollbar that went took the page with it."""
    pilot = open_window()
    pilot.window.panes.begin(620)
    classify(pilot, "rock")
    page = pilot.window.pages.answer
    assert pilot.until(page._page.bar.winfo_viewable, 5)
    pilot.window.jobs.submit(["/nowhere/at all.ogg"])
    assert pilot.until(lambda: page.panel.headline.whole == "No answer", 20)
    pilot.turn(0.5)
    words = page.panel.headline
    seen = pilot.root.winfo_containing(words.winfo_rootx() + 20, words.winfo_rooty() + words.winfo_height() // 2)
    assert seen is words and not page._page.bar.winfo_viewable()


def test_the_page_scrolls_where_it_has_no_room_and_follows_the_keyboard(open_window):
    pilot = open_window(ready=False)
    fill_examples(pilot)
    pilot.window.preferences.use_scale(1.5)
    pilot.turn(0.2)
    pilot.root.minsize(1, 1)
    pilot.root.geometry("900x560+0+0")
    assert pilot.until(lambda: pilot.root.winfo_height() == 560, 5)
    page = show(pilot, "genre")
    scrolled = page._page
    assert scrolled.bar.winfo_viewable()
    assert not page.header.cover.winfo_viewable(), "the cover takes the room of the pictures"
    timeline = page.pictures["genre_timeline"]
    bottom = scrolled.winfo_rooty() + scrolled.winfo_height()
    assert timeline.winfo_rooty() + timeline.winfo_height() > bottom
    timeline.focus_force()
    assert pilot.until(lambda: timeline.winfo_rooty() + timeline.winfo_height() <= bottom + 2, 5)
    before = timeline.winfo_rooty()
    pilot.act("mousemove", scrolled.winfo_rootx() + 40, scrolled.winfo_rooty() + 40, "click", "--repeat", 3, 4)
    assert pilot.until(lambda: timeline.winfo_rooty() > before, 5)
    pilot.window.preferences.use_scale(1.0)
    pilot.root.geometry("1300x900+0+0")
    assert pilot.until(lambda: not scrolled.bar.winfo_viewable(), 5)
    assert pilot.until(page.header.cover.winfo_viewable, 5)

"""The line below the window."""

from dataclasses import replace

from support.window_material import SONG, fill


def test_words_in_the_status_line_are_about_what_is_seen(open_window, monkeypatch):
    monkeypatch.setattr("musicgenre.window.status.STALE_S", 0.0)
    pilot = open_window(ready=False)
    fill(pilot, replace(SONG, title="one"), replace(SONG, title="two"))
    window = pilot.window
    pilot.key("ctrl+f")
    for words, said in (("one", "1 result for “one”"), ("xyz", "No results for “xyz”"), ("", "")):
        pilot.key("ctrl+a", "BackSpace")
        pilot.type(words)
        assert pilot.until(lambda said=said: window.status.whole == said, 2), window.status.whole
    window.list.tree.selection_set("key0", "key1")
    assert pilot.until(lambda: window.status.whole.startswith("2 songs selected"), 2)
    window.list.tree.selection_set("key0")
    assert pilot.until(lambda: window.status.whole == "", 2)
    window.list.go("key0")
    assert pilot.until(lambda: window.answers.shown == "key0", 2)
    window.exports.copy()
    assert window.status.whole == "The answer is on the clipboard"
    window.list.go("key1")
    assert pilot.until(lambda: window.answers.shown == "key1" and window.status.whole == "", 2)
    monkeypatch.setattr("musicgenre.window.status.STALE_S", 1.5)
    window.jobs.submit(["/nowhere/at all.ogg"])
    assert pilot.until(lambda: window.status.whole == "No answer for “/nowhere/at all.ogg”", 20)

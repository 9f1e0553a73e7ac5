"""Answers on the clipboard and in files."""

import json
import re

from support.display import tool
from support.window_material import (
    classify,
    pasted,
)


def test_answers_are_exported_and_copied(open_window, tmp_path, monkeypatch):
    pilot = open_window()
    classify(pilot, "metal")
    for form in ("json", "csv", "png"):
        target = tmp_path / f"answer.{form}"
        monkeypatch.setattr("tkinter.filedialog.asksaveasfilename", lambda target=target, **_: str(target))
        pilot.window.exports.save(form)
        assert pilot.until(target.exists, 20)
        assert pilot.until(lambda target=target: str(target) in pilot.window.status.whole, 5)
    assert json.loads((tmp_path / "answer.json").read_text())["genre"] == "metal"
    header, row = (tmp_path / "answer.csv").read_text().splitlines()
    assert header.startswith("input,title") and ",metal," in row
    assert tool("identify", "-format", "%wx%h", tmp_path / "answer.png") == "1300x1000"
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setattr("tkinter.filedialog.asksaveasfilename", lambda **_: str(tmp_path / "file" / "x.json"))
    pilot.window.exports.save("json")
    assert pilot.until(lambda: str(pilot.window.status.text.cget("foreground")) == pilot.window.look.colours.bad, 5)
    pilot.key("ctrl+shift+c")
    assert re.match("metal\nMetal (9\\d|over 99) % sure", pasted(pilot))

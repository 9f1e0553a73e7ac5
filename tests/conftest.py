"""What tests of several modules share: a stand-in for YouTube that lives on 127.0.0.1, sounds, the networks."""

import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support import material
from support.media_server import Catalogue, Media, encode, media_server, tune

PLUGINS = Path(__file__).parent / "support" / "plugins"
sys.path.insert(0, str(PLUGINS))  # where yt-dlp, once imported, looks for plugins


@pytest.fixture(scope="session", autouse=True)
def loopback_only():
    """Refuse every connection that leaves this machine."""
    real = socket.socket.connect

    def connect(self, address):
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(("127.", "::1", "localhost")):
            raise AssertionError(f"a test tried to reach {address}")
        return real(self, address)

    socket.socket.connect = connect
    yield
    socket.socket.connect = real


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """Return a folder of three invented genres with three clips of 4 s each."""
    return material.make_library(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="session")
def network():
    """Return the loaded pretrained network."""
    from musicgenre.features.musicnn import TagNetwork

    return TagNetwork()


@dataclass
class YouTube:
    """The stand-in: its catalogue, the server with the sound, and the folder for temporary files."""

    catalogue: Catalogue
    media: Media
    temporary: Path

    def left_behind(self) -> list[Path]:
        """Return what is still in the folder for temporary files."""
        return sorted(self.temporary.iterdir())


@pytest.fixture(scope="session")
def sound() -> dict[str, bytes]:
    """Two files with the same synthetic tune of 20 s."""
    samples = tune(20)
    return {"song.webm": encode(samples, "webm"), "song.m4a": encode(samples, "m4a")}


@pytest.fixture
def youtube(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sound: dict[str, bytes]) -> Iterator[YouTube]:
    """yt-dlp with its YouTube pages replaced, and a server for the sound; child processes see the same."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setenv("PYTHONPATH", str(PLUGINS))
    monkeypatch.setenv("GENRE_TEST_MEDIA_HOST", "127.0.0.1")
    monkeypatch.setenv("GENRE_TEST_CATALOGUE", str(tmp_path / "catalogue.json"))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with media_server() as media:
        media.files.update(sound)
        yield YouTube(Catalogue(tmp_path / "catalogue.json"), media, temporary)


@pytest.fixture(scope="session")
def screen() -> Iterator[str]:
    """Run a display for the tests of the window."""
    from support.display import display

    with display() as name:
        yield name


@pytest.fixture
def closed_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let thumbnails and early titles, which the stand-in has not, fail at once: no test leaves this machine."""
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")


@pytest.fixture
def open_window(screen: str, tmp_path: Path, closed_network: None) -> Iterator[Any]:
    """Open windows, each with a pilot; they are closed after the test, and no fault may have been shown."""
    from support.display import Pilot

    from musicgenre.window.window import Window

    pilots: list[Any] = []

    def opened(folder: Path | None = tmp_path / "user", *, text: str | None = None, ready: bool = True) -> Any:
        pilot = Pilot(Window(folder=folder, text=text))
        pilots.append(pilot)
        pilot.root.geometry("1000x700+0+0")
        wide = max(1000, pilot.root.minsize()[0])
        there = pilot.until(lambda: pilot.root.winfo_width() == wide and pilot.root.focus_displayof(), 10)
        assert there and pilot.root.winfo_viewable(), "the window did not come up with the keyboard in it"
        pilot.turn(0.02)
        if ready:
            assert pilot.until(lambda: pilot.window.preferences.models, 30), "the model was not loaded"
        return pilot

    yield opened
    faults = []
    for pilot in pilots:
        if not pilot.window.closed:
            faults += [child for child in pilot.root.winfo_children() if type(child).__name__ == "BugDialog"]
            pilot.window.close()
    assert not faults

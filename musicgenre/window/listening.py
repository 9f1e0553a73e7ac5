"""Listening to the answer that is shown."""

from collections.abc import Callable, Mapping
from typing import Any

from musicgenre.engine.message_parts import SongReference
from musicgenre.engine.messages import EngineEnded, Play, PlayingAt, Ready, SetVolume, StopPlaying
from musicgenre.inference.prediction import Prediction
from musicgenre.window.answer_page import AnswerPage
from musicgenre.window.context import Context
from musicgenre.window.picture import reference

TAKES_SPACE = (
    "TEntry", "Entry", "TCombobox", "TButton", "TMenubutton", "TCheckbutton", "TRadiobutton", "Menu", "Listbox",
)  # fmt: skip


class Listening:
    """Asks the engine for sound and moves the cursors of the pictures.

    Parameters
    ----------
    context : Context
    page : AnswerPage

    Attributes
    ----------
    playing : str or None
        Key of the answer that is heard.
    problem : str or None
        Why nothing can be heard.
    volume : float
        0 to 1.
    """

    def __init__(self, context: Context, page: AnswerPage) -> None:
        self._context, self._page = context, page
        self.playing: str | None = None
        self.problem: str | None = "the sound device is not known yet"
        self.volume = min(max(context.settings.now.volume, 0.0), 1.0)
        self._beside: Callable[[bool], None] | None = None
        self._token = 0  # the number of what is, or was last, listened to
        self.handlers: Mapping[type, Callable[[Any], None]] = {
            Ready: self._ready, PlayingAt: self._playing_at, EngineEnded: lambda _: self._ended(),
        }  # fmt: skip

    def toggle(self) -> None:
        """Play the analysed sections, or stop."""
        if self.playing:
            self._context.worker.ask(StopPlaying())
        elif self._page.winfo_viewable():
            entry = self._page.entry
            if entry and entry.prediction.analysed:
                self.play_from(float(entry.prediction.analysed[0].start_s))

    def toggle_by_space(self) -> None:
        """Play or stop, unless the space bar is meant for the field or button with the keyboard."""
        root = self._context.root
        focus = str(root.tk.call("focus"))
        if focus and str(root.tk.call("winfo", "class", focus)) in TAKES_SPACE:
            return
        self.toggle()

    def play_from(self, second: float) -> None:
        """Play from a second of the song on."""
        if self.problem:
            self._context.say(self.problem, bad=True)
            for picture in self._page.pictures.values():
                picture.cursor(second)
            return
        entry = self._page.entry
        if entry:
            self.playing = entry.key
            self._token += 1
            song = reference(self._context.history, entry)
            self._context.worker.ask(Play(song, second, self.volume, self._token))

    def play_beside(self, key: str, prediction: Prediction, second: float, changed: Callable[[bool], None]) -> None:
        """Play a song that is not shown, from a second on; `changed` is told whether it is heard."""
        self._ended()
        self.playing, self._beside = key, changed
        self._token += 1
        self._context.worker.ask(Play(SongReference(key, prediction), second, self.volume, self._token))
        changed(True)

    def stop(self) -> None:
        """Stop what is heard: another answer is shown."""
        if self.playing:
            self._context.worker.ask(StopPlaying())

    def set_volume(self, volume: float) -> None:
        """Play louder or softer."""
        self.volume = volume
        self._context.worker.ask(SetVolume(volume))

    def _ready(self, event: Ready) -> None:
        """Note whether there is a sound device; the player's place says what is missing."""
        self.problem = event.sound_problem
        self._page.player.tell_problem(event.sound_problem)

    def _playing_at(self, event: PlayingAt) -> None:
        """Move the cursors."""
        if event.token != self._token:  # a sound that was stopped for another
            return
        if event.second is None:
            self._ended()
        elif self._page.entry and self.playing == self._page.entry.key:
            self._page.playing(event.second)

    def _ended(self) -> None:
        """Take the cursors away: nothing is heard any more."""
        self.playing = None
        self._page.playing(None)
        beside, self._beside = self._beside, None
        if beside:
            beside(False)

"""What the user sets: the model, the theme, the scaling."""

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from musicgenre.engine.messages import CardRead, ListModels, ModelLoaded, ModelsListed, ReadCard
from musicgenre.engine.settings import Settings
from musicgenre.window.context import Context
from musicgenre.window.dialogs import CardDialog
from musicgenre.window.look import SCALES, Look, screen_scale, system_theme
from musicgenre.window.top_bar import TopBar
from musicgenre.window.wording import model_words


def look_of(root: tk.Tk, settings: Settings) -> Look:
    """Return the look that was set, or that of the system and the screen."""
    theme = settings.theme if settings.theme in ("light", "dark") else system_theme()
    scale = settings.scale if settings.scale in SCALES else screen_scale(root)
    return Look(root, theme=theme, scale=scale)


class Preferences:
    """Changes and remembers settings.

    Parameters
    ----------
    context : Context
    top : TopBar

    Attributes
    ----------
    model : str
        In use.
    models : list of str
        To choose from; empty before the engine is up.
    genres : sequence of str
        Of the model in use.
    """

    def __init__(self, context: Context, top: TopBar) -> None:
        self._context, self._top = context, top
        self.model = context.settings.now.model
        self.models: list[str] = []
        self.genres: Sequence[str] = ()
        self.handlers: Mapping[type, Callable[[Any], None]] = {
            ModelLoaded: self._model_loaded, ModelsListed: self._models_listed, CardRead: self._card_read,
        }  # fmt: skip

    # ---- the model

    def use_model(self, model: str) -> None:
        """Use another model from now on."""
        self.model = model
        self._top.show_model(model)
        self._context.settings.change(model=model)
        self._context.worker.choose_model(model)
        self._context.say(f"From now on: {model_words(model)}")

    def model_chosen(self) -> None:
        """Use the model that was chosen in the box, or look for one in a folder."""
        box = self._top.model_box
        index = box.current()
        box.selection_clear()
        if index >= len(self.models):
            self._top.show_model(self.model)
            self.other_folder()
        else:
            self.use_model(self.models[index])

    def other_folder(self) -> None:
        """Look for models in a folder that the user chooses."""
        folder = self._context.files.folder("A folder with models")
        if folder:
            self._context.worker.ask(ListModels(folder))

    def show_card(self) -> None:
        """Show the card of the model in use."""
        self._context.worker.ask(ReadCard(self.model))

    def focus_models(self) -> None:
        """Put the keyboard into the list of models."""
        self._top.model_box.focus_set()

    def _model_loaded(self, event: ModelLoaded) -> None:
        """Take the news of a model: what there is, and whether the chosen one works."""
        self.models = list(dict.fromkeys([*event.models, *self.models]))
        if event.error:
            self._context.say(event.error, bad=True)
            others = [name for name in event.models if name != event.model]
            if self.model == event.model and others:
                self.use_model(others[0])
        else:
            self.genres = event.genres
            self._top.describe_model(event.genres)
            if self.model not in self.models:
                self.models.append(self.model)
        self._top.offer_models(self.models)

    def _models_listed(self, event: ModelsListed) -> None:
        """Add the models of a folder, and use the first of them."""
        if not event.models:
            sentence = f"There is no model (NAME.json beside NAME.tflite) in {event.folder}"
            self._context.say(sentence, bad=True)
            return
        self.models = list(dict.fromkeys([*self.models, *event.models]))
        self._top.offer_models(self.models)
        self.use_model(event.models[0])

    def _card_read(self, event: CardRead) -> None:
        """Show a card."""
        CardDialog(self._context.root, self._context.look, name=event.model, card=event.card)

    # ---- the look

    def use_theme(self, choice: str) -> None:
        """Use a theme: "system", "light" or "dark"."""
        self._context.settings.change(theme=choice)
        look = self._context.look
        look.apply(theme=choice if choice != "system" else system_theme(), scale=look.scale)

    def use_scale(self, scale: float) -> None:
        """Use a scaling; 0 is that of the screen."""
        self._context.settings.change(scale=scale)
        look = self._context.look
        look.apply(theme=look.theme, scale=scale or screen_scale(self._context.root))

    def zoom(self, step: int) -> None:
        """Use the next larger or smaller scaling."""
        index = min(range(len(SCALES)), key=lambda i: abs(SCALES[i] - self._context.look.scale)) + step
        if 0 <= index < len(SCALES):
            self.use_scale(SCALES[index])

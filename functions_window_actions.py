"""What the user can do with answers and models in the window: choose, remove, compare, correct, export, listen."""

import tkinter as tk
from collections import deque
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from functions_history import Entry, History
from functions_text import clean_title, counted
from functions_window_answer import AnswerView, Picture, as_text, short_answer
from functions_window_dialogs import AboutDialog, CompareDialog, CorrectDialog, HelpDialog
from functions_window_look import SCALES, Look, screen_scale, system_theme
from functions_worker import Worker

if TYPE_CHECKING:
    from functions_window import Row

COMPARED = 300  # answers to choose from when two are compared
OTHER_FOLDER = "Other folder…"
Names = list[str]  # the class has an attribute called list


class Actions:
    """The part of the window that deals with answers; `functions_window.Window` adds widgets and messages."""

    root: tk.Tk
    history: History
    worker: Worker
    look: Look
    answer: AnswerView
    pages: dict[str, Any]
    list: Any
    entry: Any
    model_box: Any
    rows: "dict[str, Row]"
    jobs: dict[int, str]
    models: Names
    genres: Names
    model: str
    volume: float
    theme_choice: str
    scale_choice: float
    shown: str | None
    playing: str | None
    sound_problem: str | None
    _searched = False
    _played = 0  # the number of what is, or was last, listened to
    _finished: Names
    _coming: deque[Any]
    _pictures: dict[str, Picture]

    def say(self, text: str, *, bad: bool = False, title: str = "") -> None:
        """Show a sentence in the status line."""
        raise NotImplementedError

    def ask_folder(self, title: str) -> str:
        """Return a folder that the user chose, or ""."""
        raise NotImplementedError

    def ask_save(self, title: str, *, name: str, kinds: tuple[tuple[str, str], ...] = ()) -> str:
        """Return the path of a file that the user chose to write, or ""."""
        raise NotImplementedError

    def _unsay(self) -> None:
        """Take away a sentence that was about something else."""
        raise NotImplementedError

    def _kept(self) -> bool:
        """Return whether the history could be written, and say so if not."""
        raise NotImplementedError

    def _page(self, name: str) -> None:
        """Show one of the pages."""
        raise NotImplementedError

    def _keyboard_is_free(self) -> bool:
        """Return whether a page may take the keyboard."""
        raise NotImplementedError

    # ---- the list

    def _fill_list(self, words: str) -> None:
        """Show the jobs and the answers that hold the words."""
        found = self.history.keys(words)
        live = [row for row in reversed(self.rows.values()) if row.entry is None]
        self.list.fill(self._listed(live, found))
        if words.strip():
            count = {0: "No answer holds", 1: "1 answer holds"}.get(len(found), f"{len(found)} answers hold")
            self.say(f"{count} “{clean_title(words, limit=60)}”")
        elif self._searched:
            self.say("")
        self._searched = bool(words.strip())

    def _listed(self, live: "Sequence[Row]", keys: Names) -> Iterator[tuple[str, str, str, str]]:
        """Yield the cells of jobs and answers that are still there when it is their turn."""
        for row in live:
            if row.entry is None and row.key in self.rows:
                yield self._cells(row)
        for key in keys:
            entry = self.history.get(key)
            if entry:
                yield entry.key, entry.title, *self._verdict(entry)

    def _verdict(self, entry: Entry) -> tuple[str, str]:
        """Return the second cell and the kind of an answer's row."""
        answer = entry.record["answer"]
        return short_answer(answer), answer["verdict"]

    def _cells(self, row: "Row") -> tuple[str, str, str, str]:
        """Return what the list shows of a job."""
        if row.state == "choosing":
            return row.key, row.title, "choose …", "work"
        if row.state == "working" and row.stages:
            stage, fraction = list(row.stages.items())[-1]
            return row.key, row.title, f"{stage} {fraction:.0%}" if fraction else f"{stage} …", "work"
        return row.key, row.title, "waiting", "cancelled"

    def _show_row(self, row: "Row") -> None:
        """Write a job's row, and its page if it is the one shown."""
        self.list.set(*self._cells(row), first=True)
        if self.shown == row.key:
            self._show(row.key)

    def _selected(self, keys: tuple[str, ...]) -> None:
        """Show the answer or job that was selected."""
        if len(keys) == 1 and keys[0] != self.shown:
            self._unsay()
            self._show(keys[0])
        elif len(keys) == 2:
            self.say("Press Compare to see the two side by side")

    def _show(self, key: str) -> None:
        """Show an answer or a job."""
        changed, self.shown = key != self.shown, key
        row = self.rows.get(key)
        entry = row.entry if row and row.entry else None if row else self.history.get(key)
        if entry:
            if self.playing and changed:
                self.worker.ask("stop")
            self.answer.show(entry, corrected=self.history.correction(key))
            self._page("answer")
        elif row and row.state == "choosing":
            if changed or not self.pages["pick"].winfo_viewable():
                self.pages["pick"].show(row.title, row.candidates, row.thumbnails)
                self._page("pick")
                if self._keyboard_is_free():
                    self.pages["pick"].list.focus_set()
        elif row:
            self.pages["working"].show(row.title, row.stages, online=row.online)
            self._page("working")

    def _thumbnail(self, job: int, index: int, data: bytes) -> None:
        """Show a thumbnail of a search result, if it is still asked for."""
        row = self.rows.get(self.jobs.get(job, ""))
        if row and row.state == "choosing":
            row.thumbnails[index] = data
            if self.shown == row.key:
                self.pages["pick"].thumbnail(index, data)

    def _answered(self, row: "Row", record: dict[str, Any]) -> None:
        """Keep an answer, and show it if its job is the one shown; what failed without a title keeps its row's."""
        answer = record["answer"]
        if row.title and not answer.get("title"):
            record = {**record, "answer": {**answer, "title": row.title}}
        row.entry = self.history.add(row.key, record)
        row.state = "done"
        row.title = row.entry.title
        self.list.set(row.key, row.title, *self._verdict(row.entry), first=True)
        if self.shown == row.key:
            self._show(row.key)
        answer = row.entry.record["answer"]
        self._finished.append(answer["verdict"])
        if answer["verdict"] == "error":
            self.say(f"No answer for “{row.title}”", bad=True, title=row.title)
        else:
            self.say(f"Answered “{row.title}”: {short_answer(answer)}", title=row.title)

    def _failed(self, row: "Row", sentence: str) -> None:
        """Give a job that found no end the verdict error."""
        if row.entry is not None:
            return
        answer: dict[str, Any] = {
            "input": row.title, "title": row.title, "duration_s": None, "verdict": "error", "genre": None,
            "confidence": None, "probabilities": None, "segments": [], "analysed": [], "reason": sentence,
            "model": self.model, "error": {"kind": "unreadable", "message": sentence},
        }  # fmt: skip
        self._answered(row, {"answer": answer, "why": [], "colour": None})

    def _forget(self, *rows: "Row") -> None:
        """Take rows without an answer away."""
        gone = [row.key for row in rows if row.entry is None]
        for key in gone:
            row = self.rows.pop(key, None)
            if row:
                self.jobs.pop(row.job, None)
        self.list.drop(*gone)
        if self.shown in gone:
            self.shown = None
            self._page("welcome")

    def cancel(self) -> None:
        """Cancel the job at work; with nothing at work, leave the search results that are shown."""
        row = next((row for row in self.rows.values() if row.entry is None and row.state == "working"), None)
        row = row or self.rows.get(self.shown or "")
        row = row or next((row for row in self.rows.values() if row.entry is None), None)
        if row and row.entry is None:
            self._cancel(row)

    def cancel_shown(self) -> None:
        """Cancel the job that is shown."""
        row = self.rows.get(self.shown or "")
        if row and row.entry is None:
            self._cancel(row)

    def cancel_all(self) -> None:
        """Cancel all jobs."""
        coming = len(self._coming)
        self._coming.clear()
        rows = [row for row in self.rows.values() if row.entry is None]
        if rows or coming:
            self._cancel(*rows)
            if coming or len(rows) > 1:
                self.say(f"Cancelled: {counted(len(rows) + coming, 'song')}")

    def _cancel(self, *rows: "Row") -> None:
        """Cancel jobs."""
        self.worker.cancel(*(row.job for row in rows))
        self._forget(*rows)
        if len(rows) == 1:
            self.say(f"Cancelled: {rows[0].title}")

    def remove(self) -> None:
        """Remove the selected answers from the history, and cancel the selected jobs."""
        keys = self.list.tree.selection()
        jobs = [row for key in keys if (row := self.rows.get(key)) and row.entry is None]
        if jobs:
            self._cancel(*jobs)
        live = {row.key for row in jobs}
        answers = [key for key in keys if key not in live]
        if not answers:
            return
        self.history.remove(*answers)
        if not self._kept():
            return
        after = self.list.tree.next(answers[0]) or self.list.tree.prev(answers[0])
        for key in answers:
            self.rows.pop(key, None)
        self.list.drop(*answers)
        if self.shown in answers:
            self.shown = None
            self._page("welcome")
        if len(keys) == 1 and after:
            self.list.go(after)
        self.say(f"Removed {counted(len(answers), 'answer')}")

    def clear_history(self) -> None:
        """Remove all answers, after a question."""
        from tkinter import messagebox

        count = self.history.count()
        question = f"Remove all {count} answers and their pictures? Corrections are kept."
        if count and messagebox.askokcancel("Clear history", question, parent=self.root):
            self.history.clear()
            if not self._kept():
                return
            self.rows = {key: row for key, row in self.rows.items() if row.entry is None}
            self.shown = None
            self._page("welcome")
            self._fill_list("")
            self.say(f"Removed {count} answers")

    # ---- one answer

    def current(self) -> Entry | None:
        """Return the answer that is shown, and say so if there is none."""
        entry = self.answer.entry if self.answer.winfo_viewable() else None
        if entry is None:
            self.say("There is no answer on the screen yet", bad=True)
        return entry

    def draw(self, picture: Picture) -> None:
        """Ask the engine for a picture."""
        if picture.entry is None:
            return
        slot = str(picture)
        self._pictures[slot] = picture
        edge = 4
        self.worker.ask(
            "picture", slot=slot, token=picture.token, name=picture.name, width=picture.winfo_width() - edge,
            height=picture.winfo_height() - edge, scale=self.look.scale, theme=self.look.theme,
            **self._about(picture.entry),
        )  # fmt: skip

    def _about(self, entry: Entry) -> dict[str, Any]:
        """Return what the engine needs to find an answer's sound and pictures."""
        store = self.history.picture_path(entry.key)
        return {"key": entry.key, "answer": entry.record["answer"], "store": str(store) if store else None}

    def copy(self) -> None:
        """Copy the answer as text."""
        entry = self.current()
        if entry:
            self.root.clipboard_clear()
            self.root.clipboard_append(as_text(entry))
            self.answer.tell("Copied")
            self.say("The answer is on the clipboard")

    def again(self) -> None:
        """Classify once more, with the model in use now, what the selected answers or the one shown are about."""
        selected = [self.history.get(key) for key in self.list.tree.selection()]
        entries: Sequence[Entry | None] = [entry for entry in selected if entry] or [self.current()]
        answers = [entry.record["answer"] for entry in entries if entry]
        self.submit([answer["input"] for answer in answers], titles=[answer["title"] for answer in answers])

    def submit(self, texts: Names, *, titles: "Sequence[str | None] | None" = None) -> None:
        """Queue inputs."""
        raise NotImplementedError

    def export(self, form: str | None) -> None:
        """Save the answer; without a form, the ending of the file's name says which."""
        entry = self.current()
        if entry is None:
            return
        kinds = {"png": "Picture", "json": "JSON", "csv": "Table"}
        chosen = [form] if form else list(kinds)
        stem = "".join(c if c.isalnum() or c in " -_" else "_" for c in entry.title)[:60].strip() or "answer"
        path = self.ask_save("Export", name=f"{stem}.{chosen[0]}", kinds=tuple((kinds[kind], kind) for kind in chosen))
        if path:
            ending = Path(path).suffix.lower().removeprefix(".")
            kind = form or (ending if ending in kinds else "json")
            answers = [entry.record["answer"]]
            self.worker.ask("export", path=str(path), form=kind, answers=answers, **self._about(entry))

    def export_all(self, form: str) -> None:
        """Save all answers of the list."""
        entries = self.history.find(self.list.words.get(), limit=1_000_000)
        if not entries:
            self.say("There are no answers to export yet", bad=True)
            return
        path = self.ask_save("Export all", name=f"answers.{form}")
        if path:
            answers = [entry.record["answer"] for entry in entries]
            self.worker.ask("export", path=str(path), form=form, answers=answers, key="", store=None)

    def correct(self) -> None:
        """Ask for the right genre."""
        entry = self.current()
        if entry and entry.record["answer"]["verdict"] != "error":
            genres = self.genres or sorted(entry.record["answer"].get("probabilities") or {})
            CorrectDialog(self.root, self.look, entry=entry, genres=genres,
                          save=lambda genre: self._corrected(entry, genre))  # fmt: skip

    def _corrected(self, entry: Entry, genre: str) -> None:
        """Keep a correction, or withdraw it."""
        self.history.correct(entry, genre)
        if not self._kept():
            return
        corrected = self.history.correction(entry.key)
        self.answer.tell(f"You said: {corrected}" if corrected else "")
        what = "Correction kept" if corrected else "No correction is kept"
        self.say(f"{what}: “{entry.title}” is {genre}", title=entry.title)

    def export_corrections(self) -> None:
        """Save the corrections of a music folder as the table that 00 reads."""
        count = len(self.history.corrections())
        if not count:
            self.say("There are no corrections yet; “That’s wrong…” makes one", bad=True)
            return
        folder = self.ask_folder("The folder of your music")
        path = folder and self.ask_save("Save corrections", name="corrections.csv")
        if path:
            text, named = self.history.corrections_csv(Path(folder))
            try:
                Path(path).write_text(text, encoding="utf-8")
            except OSError as error:
                self.say(f"{path} cannot be written ({error.strerror}); choose another place", bad=True)
                return
            self.say(f"Saved {named} of {count} corrections: those of files in {folder}")

    def compare(self) -> None:
        """Show two answers side by side: the two selected, or the one shown and the one before it."""
        entries = self.history.find(limit=COMPARED)
        if len(entries) < 2:
            self.say("Two answers are needed to compare", bad=True)
            return
        selected = (self.history.get(key) for key in self.list.tree.selection())  # a job has no answer
        chosen = list(islice((entry for entry in selected if entry), 2))
        shown = self.history.get(self.shown or "")
        if len(chosen) < 2 and shown and shown not in chosen:
            chosen.insert(0, shown)
        entries += [entry for entry in chosen if entry not in entries]
        order = {"genre": 0, "uncertain": 1}  # what can be compared comes first
        others = sorted(entries, key=lambda entry: order.get(entry.record["answer"]["verdict"], 2))
        chosen += [entry for entry in others if entry not in chosen]
        keys = [entry.key for entry in chosen[:2]]
        CompareDialog(self.root, self.look, entries=entries, chosen=keys, draw=self.draw)

    # ---- listening

    def listen(self) -> None:
        """Play the analysed part, or stop."""
        if self.playing:
            self.worker.ask("stop")
        elif self.answer.winfo_viewable():
            entry = self.answer.entry
            analysed = entry.record["answer"].get("analysed") if entry else None
            if analysed:
                self.listen_from(float(analysed[0]["start_s"]))

    def listen_from(self, second: float) -> None:
        """Play from a second of the song on."""
        if self.sound_problem:
            self.answer.tell("Cannot listen")
            self.say(f"Cannot listen: {self.sound_problem}", bad=True)
            for picture in self.answer.pictures.values():
                picture.cursor(second)
            return
        entry = self.answer.entry
        if entry:
            self.playing = entry.key
            self._played += 1
            self.worker.ask("play", second=second, volume=self.volume, token=self._played, **self._about(entry))

    def _set_volume(self, value: float) -> None:
        """Play louder or softer."""
        self.volume = value
        self.worker.ask("volume", volume=value)

    # ---- models

    def _model_loaded(self, data: dict[str, Any]) -> None:
        """Take the news of a model: what there is, and whether the chosen one works."""
        self.models = list(dict.fromkeys([*data["models"], *self.models]))
        if data["error"]:
            self.say(data["error"], bad=True)
            others = [name for name in data["models"] if name != data["model"]]
            if self.model == data["model"] and others:
                self._use_model(others[0])
        else:
            self.genres = data["genres"]
            if self.model not in self.models:
                self.models.append(self.model)
        self.model_box.configure(values=[*(Path(name).name for name in self.models), OTHER_FOLDER])

    def _model_chosen(self) -> None:
        """Use the model that was chosen in the box, or look for one in a folder."""
        index = self.model_box.current()
        self.model_box.selection_clear()
        if index >= len(self.models):
            self.model_box.set(Path(self.model).name)
            self.other_model()
        else:
            self._use_model(self.models[index])

    def other_model(self) -> None:
        """Look for models in a folder that the user chooses."""
        folder = self.ask_folder("A folder with models")
        if folder:
            self.worker.ask("models", folder=folder)

    def _models_found(self, data: dict[str, Any]) -> None:
        """Add the models of a folder, and use the first of them."""
        if not data["models"]:
            self.say(f"There is no model (NAME.json beside NAME.tflite) in {data['folder']}", bad=True)
            return
        self.models = list(dict.fromkeys([*self.models, *data["models"]]))
        self.model_box.configure(values=[*(Path(name).name for name in self.models), OTHER_FOLDER])
        self._use_model(data["models"][0])

    def _use_model(self, model: str) -> None:
        """Use another model from now on."""
        self.model = model
        self.model_box.set(Path(model).name)
        self.history.remember(model=model)
        self.worker.choose_model(model)
        self.say(f"Model {Path(model).name} from now on")

    def show_card(self) -> None:
        """Show the card of the model in use."""
        self.worker.ask("card", model=self.model)

    # ---- the window itself

    def use_theme(self, choice: str) -> None:
        """Use a theme: "system", "light" or "dark"."""
        self.theme_choice = choice
        self.history.remember(theme=choice)
        self.look.apply(theme=choice if choice != "system" else system_theme(), scale=self.look.scale)

    def use_scale(self, scale: float) -> None:
        """Use a scaling; 0 is that of the screen."""
        self.scale_choice = scale
        self.history.remember(scale=scale)
        self.look.apply(theme=self.look.theme, scale=scale or screen_scale(self.root))

    def zoom(self, step: int) -> None:
        """Use the next larger or smaller scaling."""
        index = min(range(len(SCALES)), key=lambda i: abs(SCALES[i] - self.look.scale)) + step
        if 0 <= index < len(SCALES):
            self.use_scale(SCALES[index])

    def focus_search(self) -> None:
        """Put the keyboard into the box of the history."""
        self.list.words.focus_set()
        self.list.words.selection_range(0, "end")

    def help(self) -> None:
        """List the keys."""
        HelpDialog(self.root, self.look)

    def about(self) -> None:
        """Show versions and licences."""
        AboutDialog(self.root, self.look)

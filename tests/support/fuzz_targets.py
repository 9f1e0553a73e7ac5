"""What a fuzzer may throw any bytes at: each function reads them as the program would, and says whether it did.

Whatever else than a `GenreError` comes out is a finding. `python tests/support/fuzz_targets.py NAME
[options of libFuzzer]` runs one of `TARGETS` under atheris; `tools/torture.py` does so for all.
"""

import contextlib
import copy
import functools
import importlib
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))


ODD = (
    None, True, -1, 0, 3, 0.5, 1e308, float("nan"), float("inf"), 10**30, "", "text", "genres", "x" * 10_000,
    "\x1b[31m", "\ud800", "\u202e", "=1+1", "../../etc/passwd",
    [], [[]], {}, {"a": {}}, ["a"], [None], [1, 2], [1, 2, "3"],
)  # fmt: skip
CELLS = (
    "", ",", '"', "\n", "\r", "\r\n", ";", "\t", "clip_id", "genre", "status", "sha256", "tempo_bpm", "a/1", "b/1",
    "ok", "120", "nan", "inf", "1e999", "-0", "0x1p3", "1_0", "1,2", "\u0661", "NULL", "True", "silent: x",
    "\x1b[2J", "\u202e", "\ufeff", "=1+1", '"a\nb"', "x" * 300,
)  # fmt: skip


def mutated(value: Any, data: bytes) -> Any:
    """Return a copy of a JSON value with a change for every three bytes: which place, what is done, with what."""
    value = copy.deepcopy(value)
    for where, deed, what in zip(data[::3], data[1::3], data[2::3], strict=False):
        place, depth = value, where
        while isinstance(place, dict | list) and place:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            key = keys[depth % len(keys)]
            depth = depth // len(keys) + what
            if deed % 4 == 0 or not isinstance(place[key], dict | list) or not place[key]:
                if deed % 5 == 0:
                    del place[key]
                elif deed % 5 == 1 and isinstance(place, list):
                    place.append(place[key])
                else:
                    place[key] = copy.deepcopy(ODD[what % len(ODD)])
                break
            place, deed = place[key], deed // 4
    return value


def from_bytes(name: str, data: bytes) -> bytes:
    """Return the input that bytes stand for: themselves, or changes to a good input of a target."""
    if not data or data[0] < 0x40 or name == "text":
        return data[1:] if name != "text" else data
    if name == "table":
        start = seeds(name)[0].decode().split(",") if data[0] & 1 else []
        for where, what in zip(data[1::2], data[2::2], strict=False):
            start.insert(where % (len(start) + 1), CELLS[what % len(CELLS)])
        return (",".join(start) if data[0] & 2 else "".join(start)).encode()
    good = json.loads(seeds(name)[data[0] % 2 if name == "journal" else 0])
    return json.dumps(mutated(good, data[1:])).encode()


def attempt(name: str, data: bytes) -> bool:
    """Try a target on what bytes stand for."""
    return TARGETS[name](from_bytes(name, data))


@functools.cache
def folder() -> Path:
    """Return this process's folder, in memory where the system has such a place."""
    shared = Path("/dev/shm")  # noqa: S108 - an own folder is made in it
    base = Path(tempfile.mkdtemp(dir=shared if shared.is_dir() else None, prefix="genre-fuzz-"))
    shutil.copy(ROOT / "models" / "genres.tflite", base / "card.tflite")
    return base


def remove_folder() -> None:
    """Remove this process's folder."""
    shutil.rmtree(folder(), ignore_errors=True)
    folder.cache_clear()


def card(data: bytes) -> bool:
    """Read a model's card, and do with it what the program does with cards."""
    from musicgenre.engine.message_parts import CardFacts
    from musicgenre.errors import GenreError
    from musicgenre.inference.card import list_models, read_card
    from musicgenre.inference.model import GenreModel
    from musicgenre.text import clean_text
    from musicgenre.training.model_page import describe_models
    from musicgenre.window.wording import card_lines

    base = folder() / "card"
    base.with_suffix(".json").write_bytes(data)
    list_models(folder())
    try:
        found = read_card(base)
    except GenreError:
        return False
    describe_models(folder())
    for line, _ in card_lines(CardFacts.of(found)):
        clean_text(line)
    try:
        model = GenreModel(base)
    except GenreError:
        return False
    chances = model.predict(dict.fromkeys(found.columns, 0.5)).probabilities
    if abs(chances.sum() - 1) > 1e-6:
        raise AssertionError(f"the probabilities sum to {chances.sum()}")
    return True


def table(data: bytes) -> bool:
    """Read a table: the bytes before the first zero are clips.csv, those behind it tempo.csv."""
    from musicgenre.dataset.metadata import match_metadata, read_metadata
    from musicgenre.dataset.table import read_table
    from musicgenre.errors import GenreError
    from musicgenre.text import is_plain

    clips, _, tempo = data.partition(b"\0")
    base = folder() / "table"
    base.mkdir(exist_ok=True)
    (base / "clips.csv").write_bytes(clips)
    (base / "tempo.csv").write_bytes(tempo)
    with contextlib.suppress(GenreError):
        match_metadata(read_metadata(base / "clips.csv"), {"a/b": base / "a" / "b.mp3"}, base)
    try:
        found = read_table(base, ["tempo"])
    except GenreError:
        return False
    numbers = found.features.to_numpy()
    if not all(map(is_plain, found.genres())) or len(numbers) != len(found.labels()) or not abs(numbers).max() < 1e308:
        raise AssertionError("a faulty table was taken")
    return True


def journal(data: bytes) -> bool:
    """Read what interrupted runs of 00 and 01 left, a choice, and a report."""
    from musicgenre.dataset.build import JOURNAL, known_rows, table_definition, table_level
    from musicgenre.errors import GenreError
    from musicgenre.plots.catalogue import write_report
    from musicgenre.training.choice import choose_config
    from musicgenre.training.grid_search import _journal

    base = folder() / "journal"
    base.mkdir(exist_ok=True)
    definition = table_definition(None)
    for name in ("extractor.json", "chosen.json", "evaluation.json"):
        (base / name).write_bytes(data)
    (base / JOURNAL).write_bytes(json.dumps(definition).encode() + b"\n" + data)
    table_level(base)
    known_rows(base, ["tempo"], definition)
    (base / "extractor.json").write_text(json.dumps(definition))
    rows = known_rows(base, ["tempo"], definition)
    list(_journal(base / JOURNAL))
    for use in (lambda: choose_config(base, base / "chosen.json"), lambda: write_report(base)):
        with contextlib.suppress(GenreError):
            use()
    return bool(rows)


def text(data: bytes) -> bool:
    """Clean text and say what an input means."""
    from musicgenre.errors import GenreError
    from musicgenre.sources.links import resolve
    from musicgenre.text import clean_text, clean_title, csv_cell

    given = data.decode("utf-8", "surrogateescape" if len(data) % 2 else "replace")
    cleaned = clean_text(given)
    cleaned.encode("utf-8")
    if clean_text(cleaned) != cleaned or any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in cleaned):
        raise AssertionError(f"not clean: {cleaned!r}")
    if csv_cell(given).lstrip().startswith(("=", "+", "-", "@")) or len(clean_title(given)) > 300:
        raise AssertionError(f"not safe: {given!r}")
    try:
        source = resolve(given, files=False)
    except GenreError:
        return False
    if source.is_online and source.kind != "search" and not source.value.startswith("https://www.youtube.com/"):
        raise AssertionError(f"{given!r} leads to {source.value!r}")
    return True


TARGETS: dict[str, Callable[[bytes], bool]] = {"card": card, "table": table, "journal": journal, "text": text}


@functools.cache
def seeds(name: str) -> list[bytes]:
    """Return good inputs of a target, to begin with."""
    if name == "card":
        small = json.loads((ROOT / "models" / "genres.json").read_text(encoding="utf-8"))
        small["traits"] = {"rock": {"tempo_bpm": [90, 120, 150]}}
        small["metrics"] = {key: small["metrics"][key] for key in list(small["metrics"])[:1]}
        return [json.dumps(small).encode(), b"{}", b"[" * 100_000]
    if name == "table":
        clips = b"clip_id,genre,group,split,duration_s,sha256,status\na/1,a,,,3.0,x,ok\nb/1,b,,,3.0,y,ok\n"
        return [clips + b"\0clip_id,tempo_bpm\na/1,120\nb/1,99.5\n", b'clip_id,genre\n"a\nb",\xc3\xa4\n\0clip_id\n']
    if name == "journal":
        row = {"clip_id": "a/1", "sha256": "x", "duration_s": 3.0, "status": "ok", "values": {"tempo_bpm": 120.0}}
        choice = {"config": {"architecture": "mlp", "feature_set": "tempo"}, "families": ["tempo"], "table_sha256": "x"}
        return [json.dumps(row).encode(), json.dumps(choice).encode(), b'{"headline": {"accuracy": 1}}']
    return [b"https://youtu.be/abcdefghijk?t=1m", b"=1+1", b"\x1b]0;x\x07", "\u202etxt.mp3".encode(), b"a@b.com/x"]


def main() -> None:
    """Run atheris on one target."""
    import atheris

    names = (
        "inference.model",
        "dataset.table",
        "text",
        "sources.links",
        "dataset.build",
        "training.grid_search",
        "training.export",
    )
    with atheris.instrument_imports(include=[f"musicgenre.{name}" for name in names]):
        for name in names:
            importlib.import_module(f"musicgenre.{name}")

    def one(data: bytes) -> None:
        attempt(sys.argv[1], data)

    atheris.Setup([sys.argv[0], *sys.argv[2:]], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

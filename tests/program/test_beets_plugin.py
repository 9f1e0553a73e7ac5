"""The beets plugin: the real command ``beet`` on real libraries in temporary folders."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import mediafile
import mutagen
import pytest
import soundfile
from mutagen.id3 import ID3, TCON, TIT2
from support.material import ROOT, encode

SAMPLES = ROOT / "data" / "samples"
CONFIG = """
directory: {folder}/music
library: {folder}/library.db
pluginpath: {folder}/plugins
plugins: musicgenre stand_in
ui: {{color: no}}
import: {{copy: yes, quiet: yes}}
match: {{strong_rec_thresh: 0.5}}
paths: {{default: $title, singleton: $title, comp: $title}}
musicgenre: {{{options}}}
"""
# A source of metadata that knows every album as its songs' tags say; with a match, beets writes tags at import.
SOURCE = """
from beets.autotag import AlbumInfo, TrackInfo
from beets.metadata_plugins import MetadataSourcePlugin

class StandIn(MetadataSourcePlugin):
    def candidates(self, items, artist, album, va_likely):
        tracks = [TrackInfo(title=i.title, track_id=i.title, artist=i.artist, index=n, length=i.length)
                  for n, i in enumerate(items, 1)]
        return [AlbumInfo(tracks, album=album, album_id=album, artist=artist, artist_id=artist)]

    def item_candidates(self, item, artist, title):
        return []

    def album_for_id(self, album_id):
        return None

    def track_for_id(self, track_id):
        return None
"""


@dataclass
class Beet:
    """A library of beets in a folder, and the command."""

    folder: Path

    def configure(self, options=""):
        (self.folder / "config.yaml").write_text(CONFIG.format(folder=self.folder, options=options))
        (self.folder / "plugins").mkdir(exist_ok=True)
        (self.folder / "plugins" / "stand_in.py").write_text(SOURCE)
        return self

    def __call__(self, *words, code=0):
        """Run a command; return what it writes to both streams."""
        done = subprocess.run(
            [sys.executable, "-m", "beets", *words],
            env=os.environ | {"BEETSDIR": str(self.folder), "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
            capture_output=True, text=True, encoding="utf-8", timeout=110, cwd=self.folder,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def table(self, *fields):
        """Return title -> the values of fields of the library's songs."""
        lines = self("ls", "-f", "|".join(f"${field}" for field in ("title", *fields))).splitlines()
        rows = (line.split("|") for line in lines)
        return {title: tuple("" if value.startswith("$") else value for value in values) for title, *values in rows}

    def genres(self):
        """Return title -> the genres that mediafile, the reader of beets, finds in the files."""
        files = (mediafile.MediaFile(path) for path in sorted((self.folder / "music").iterdir()))
        return {file.title: file.genres for file in files}


def song(path, sample, title, *, album="Album", genre=None):
    """Write a sample to a file of another format, with a title and perhaps a genre."""
    samples, rate = soundfile.read(SAMPLES / f"{sample}.ogg", dtype="float32", always_2d=True)
    codec = {".mp3": "libmp3lame", ".flac": "flac", ".m4a": "aac"}[path.suffix]
    encode(path, samples.mean(axis=1), rate, codec, bit_rate=None if codec == "flac" else 128_000)
    file = mediafile.MediaFile(path)
    file.title, file.album, file.albumartist, file.artist = title, album, "Band", "Band"
    if genre:
        file.genres = [genre]
    file.save()


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """Return a library after its import: four songs, one of which has a genre, and one that is speech."""
    folder = tmp_path_factory.mktemp("beets")
    new = folder / "new"
    new.mkdir()
    song(new / "1.mp3", "metal", "Loud")
    song(new / "2.flac", "classical", "Soft")
    song(new / "3.m4a", "metal", "Known", genre="Indie")
    song(new / "4.mp3", "speech", "Talk")
    beet = Beet(folder).configure()
    beet.said = beet("import", "new")
    return beet


@pytest.fixture
def beet(imported, tmp_path):
    """Return a library of its own, as it was after the import."""
    for name in ("music", "library.db"):
        place = imported.folder / name
        shutil.copytree(place, tmp_path / name) if place.is_dir() else shutil.copy(place, tmp_path / name)
    return Beet(tmp_path).configure()


def test_an_import_names_songs_without_a_genre_and_leaves_those_that_have_one(imported):
    genres = {"Loud": ["Metal"], "Soft": ["Classical"], "Known": ["Indie"], "Talk": None}
    assert imported.genres() == genres
    listed = imported.table("genres", "musicgenre_verdict", "musicgenre_genre", "musicgenre_model")
    assert listed["Loud"] == ("Metal", "genre", "Metal", "genres")
    assert listed["Known"] == ("Indie", "genre", "Metal", "genres")
    assert listed["Talk"] == ("", "not_music", "", "genres")


def test_an_import_as_is_writes_no_tag_and_beet_write_does(beet):
    (beet.folder / "new").mkdir()
    song(beet.folder / "new" / "5.mp3", "metal", "Late", album="Later")
    beet("import", "-A", "new")
    assert beet.table("genres")["Late"] == ("Metal",) and beet.genres()["Late"] is None
    beet("write", "title:Late")
    assert beet.genres()["Late"] == ["Metal"]


def test_mutagen_sees_the_tags_as_they_are_named(imported):
    music = imported.folder / "music"
    assert ID3(music / "Loud.mp3")["TCON"].text == ["Metal"]
    assert mutagen.File(music / "Soft.flac")["genre"] == ["Classical"]
    assert mutagen.File(music / "Known.m4a")["\xa9gen"] == ["Indie"]
    assert "TCON" not in ID3(music / "Talk.mp3")


def test_set_tags_and_tempo_can_be_searched(imported):
    sets, tags, tempo = zip(
        *imported.table("musicgenre_set", "musicgenre_tags", "musicgenre_bpm").values(), strict=True
    )
    assert any("Metal" in text for text in sets) and any(tags) and any(tempo)
    first = next(text for text in tags if text).split("; ")[0]
    assert imported("ls", f"musicgenre_tags:{first}") and imported("ls", "musicgenre_bpm:30..300")
    assert not imported("ls", "musicgenre_bpm:1000..")


def test_the_confidence_can_be_searched_as_a_number(imported):
    confidence = {title: float(value or "nan") for title, (value,) in imported.table("musicgenre_confidence").items()}
    sure = sorted(title for title, value in confidence.items() if value >= 0.5)
    assert sure and sorted(imported("ls", "-f", "$title", "musicgenre_confidence:0.5..").split()) == sure
    assert imported("ls", "-f", "$title", "musicgenre_confidence:2..") == ""


def test_answered_songs_are_not_heard_again(beet):
    assert "4 of 4 songs have an answer" in beet("musicgenre")
    (beet.folder / "music" / "Loud.mp3").unlink()
    assert "gone" not in beet("musicgenre")


def test_force_replaces_and_keep_existing_adds(beet):
    said = beet("musicgenre", "-f", "-k", "title:Known")
    assert "Metal" in said and beet.genres()["Known"] == ["Indie", "Metal"]
    beet("musicgenre", "-f", "-k", "title:Known")
    assert beet.genres()["Known"] == ["Indie", "Metal"], "the same genre twice"
    beet("musicgenre", "-f")  # four songs: in processes
    assert beet.genres() == {"Loud": ["Metal"], "Soft": ["Classical"], "Known": ["Metal"], "Talk": None}


def test_force_keeps_the_genre_of_a_song_that_gets_none(beet):
    beet("modify", "-y", "title:Talk", "genres=Audiobook")
    beet("musicgenre", "-f", "title:Talk")
    assert beet.genres()["Talk"] == ["Audiobook"]


def test_pretend_changes_nothing(beet):
    before = {path: path.read_bytes() for path in (beet.folder / "music").iterdir()}
    table = beet.table("genres", "musicgenre_confidence")
    assert "Metal" in beet("musicgenre", "-p", "-f")
    assert {path: path.read_bytes() for path in (beet.folder / "music").iterdir()} == before
    assert beet.table("genres", "musicgenre_confidence") == table


@pytest.mark.parametrize(
    ("listed", "options", "genres"),
    [
        ("metal\n", "", ["Metal"]),
        ("# all but metal\n\nhip hop\nrock\n", "", ["Indie"]),
        ("METAL\n", "keep_existing: yes, ", ["Metal"]),
        ("metal\nindie\n", "keep_existing: yes, ", ["Indie", "Metal"]),
    ],
)
def test_the_whitelist_filters_new_and_kept_genres(beet, listed, options, genres):
    (beet.folder / "allowed.txt").write_text(listed)
    beet.configure(f"force: yes, {options}whitelist: {beet.folder / 'allowed.txt'}")
    beet("musicgenre", "title:Known")
    assert beet.genres()["Known"] == genres


def test_a_genre_below_the_confidence_is_not_written(beet):
    beet.configure("force: yes, confidence: 0.999")
    beet("musicgenre", "title:Known")
    assert beet.genres()["Known"] == ["Indie"]
    assert beet.table("musicgenre_genre")["Known"] == ("Metal",)


def test_broken_and_missing_songs_are_lines_of_the_log(beet):
    (beet.folder / "music" / "Soft.flac").write_bytes(b"no sound " * 99)
    (beet.folder / "music" / "Talk.mp3").unlink()
    said = beet("musicgenre", "-f")
    lines = [line for line in said.splitlines() if "Soft" in line or "Talk" in line]
    assert len(lines) == 2 and "gone" in "".join(lines)
    assert beet.table("musicgenre_genre")["Known"] == ("Metal",)
    assert ID3(beet.folder / "music" / "Loud.mp3")["TCON"].text == ["Metal"]


def test_a_model_or_a_whitelist_that_is_not_there_is_one_sentence(beet):
    beet.configure("force: yes, model: none_such")
    assert "none_such" in beet("musicgenre", code=1)
    beet.configure("force: yes, whitelist: none_such.txt")
    assert "none_such.txt" in beet("musicgenre", code=1)
    assert beet.genres()["Known"] == ["Indie"]


def test_an_import_goes_on_without_a_model_and_writes_other_tags(beet):
    (beet.folder / "new").mkdir()
    song(beet.folder / "new" / "5.mp3", "metal", "Late", album="Later")
    beet.configure("model: none_such")
    assert "none_such" in beet("import", "-A", "new")
    assert beet.genres()["Late"] is None and beet.table("album")["Late"] == ("Later",)


def test_auto_no_leaves_imports_alone(beet):
    (beet.folder / "new").mkdir()
    song(beet.folder / "new" / "5.mp3", "metal", "Late", album="Later")
    beet.configure("auto: no")("import", "-A", "new")
    assert beet.table("genres", "musicgenre_verdict")["Late"] == ("", "")


def test_no_other_tag_of_a_song_changes(beet):
    path = beet.folder / "music" / "Loud.mp3"
    before = {key: frame for key, frame in ID3(path).items() if key != "TCON"}
    tags = ID3(path)
    tags.setall("TCON", [TCON(encoding=3, text=["Noise"])])
    tags.save()
    beet("update", "title:Loud")
    beet("musicgenre", "-f", "title:Loud")
    assert ID3(path)["TCON"].text == ["Metal"]
    assert {key: frame for key, frame in ID3(path).items() if key != "TCON"} == before
    assert isinstance(before["TIT2"], TIT2)


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Return the plugin's module, in this process."""
    monkeypatch.setenv("BEETSDIR", str(tmp_path))
    import beetsplug.musicgenre as module

    return module


def test_the_model_is_loaded_once_for_all_albums(plugin, tmp_path):
    from beets.library import Item, Library

    from musicgenre.inference.batch import loaded_classifier

    library = Library(str(tmp_path / "beets.sqlite"), str(tmp_path))
    task = plugin.MusicGenrePlugin()
    before = loaded_classifier.cache_info().misses
    for name in ("classical", "metal"):
        shutil.copy(SAMPLES / f"{name}.ogg", tmp_path)
        item = Item.from_path(str(tmp_path / f"{name}.ogg"))
        library.add(item)
        task.imported(None, SimpleNamespace(imported_items=lambda item=item: [item]))
        assert item.genres == [name.title()]
    assert loaded_classifier.cache_info().misses <= before + 1


def test_set_tags_and_tempo_become_fields(plugin):
    tags = [SimpleNamespace(name="guitar", score=0.6), SimpleNamespace(name="80s", score=0.2)]
    answer = SimpleNamespace(
        verdict="uncertain", genre="hiphop", confidence=0.4, likely=["hiphop", "rnb"], tags=tags, tempo_bpm=93.4,
        model="genres", reason="between hiphop and rnb",
    )  # fmt: skip
    fields = plugin.answer_fields(answer)
    assert fields["musicgenre_set"] == "Hip-Hop; R&B" and fields["musicgenre_genre"] == "Hip-Hop"
    assert fields["musicgenre_tags"] == "guitar; 80s" and fields["musicgenre_bpm"] == 93.4
    assert fields.keys() == plugin.FIELDS.keys()

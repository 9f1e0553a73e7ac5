"""Tags: a genre is written, nothing else changes, and all of it can be taken back."""

import os
import stat
import subprocess
import sys

import mutagen
import numpy as np
import pytest
from mutagen.apev2 import APEv2
from mutagen.asf import ASFTags
from mutagen.id3 import ID3, TCON, TIT2, TPE1
from mutagen.mp4 import MP4Tags
from support.broken_files import corpus
from support.library_material import FORMATS, decoded, piece, write_song
from support.material import ROOT, encode
from tag_material import by_ffmpeg

from musicgenre.audio.tag_formats.splice import DamagedTag, Splice, in_order, rebuilt, spliced, undo_of
from musicgenre.audio.tags import read_genres, restore, sound_sha256, write_genres
from musicgenre.errors import AudioError


def ignore(_):
    """Take a change and forget it."""


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """Return ending -> a song of that format."""
    folder = tmp_path_factory.mktemp("originals")
    samples, rate = piece("metal", seconds=4.0)
    return {kind: write_song(folder / f"song.{kind}", samples, rate, title="Söng") for kind in FORMATS}


@pytest.fixture
def song(originals, tmp_path):
    """Return a function that gives a fresh copy of a song."""

    def copy(kind):
        path = tmp_path / f"song.{kind}"
        path.write_bytes(originals[kind].read_bytes())
        return path

    return copy


def left(path):
    """Return what else lies beside a song."""
    return sorted(other.name for other in path.parent.iterdir() if other != path)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_genre_reads_back_the_sound_stays_and_undo_restores_every_byte(kind, song):
    path = song(kind)
    before, sound = path.read_bytes(), decoded(path)
    first = write_genres(path, ["metal"], record=ignore)
    assert [str(genre) for genre in read_genres(path)] == ["metal"]
    assert by_ffmpeg(path)["genre"] == "metal"
    assert np.array_equal(decoded(path), sound)
    second = write_genres(path, ["rock; ロック"], record=ignore)
    assert (second.before, second.after) == (("metal",), ("rock; ロック",))
    assert np.array_equal(decoded(path), sound)
    assert len(first.undo) + len(second.undo) < 400  # nothing of the sound is kept
    assert restore(path, second)
    assert read_genres(path) == ["metal"]
    assert restore(path, first)
    assert path.read_bytes() == before
    assert not left(path)


@pytest.mark.parametrize("kind", FORMATS)
def test_an_old_value_comes_back(kind, song):
    path = song(kind)
    write_genres(path, ["Zydeco"], record=ignore)
    before = path.read_bytes()
    change = write_genres(path, ["blues"], record=ignore)
    assert change.before == ("Zydeco",)
    assert restore(path, change)
    assert path.read_bytes() == before


def test_id3_of_version_2_3_stays_that_and_odd_values_come_back(song):
    path = song("mp3")
    tags = ID3()
    tags.add(TCON(encoding=0, text=["(17)", "(9)Heavy"]))
    tags.add(TIT2(encoding=1, text=["Title"]))
    tags.save(path, v2_version=3, v1=2)
    before = path.read_bytes()
    change = write_genres(path, ["pop"], record=ignore)
    after = ID3(path, translate=False)
    assert after.version[:2] == (2, 3)
    assert after["TIT2"].text == ["Title"]
    assert after["TCON"].text == ["pop"]
    assert restore(path, change)
    assert path.read_bytes() == before


def test_a_numeric_genre_of_mp4_comes_back_as_it_was(song):
    path = song("m4a")
    tagged = mutagen.File(path)
    tagged["\xa9gen"] = ["abcdefghijkl"]
    tagged.save()
    data = path.read_bytes()
    text = b"\x00\x00\x00\x24\xa9gen\x00\x00\x00\x1cdata\x00\x00\x00\x01\x00\x00\x00\x00abcdefghijkl"
    number = b"\x00\x00\x00\x1agnre\x00\x00\x00\x12data\x00\x00\x00\x00\x00\x00\x00\x00\x00\x12"
    assert text in data
    free = b"\x00\x00\x00\x0afree\x00\x00"
    path.write_bytes(data.replace(text, number + free))
    before = path.read_bytes()
    assert read_genres(path) == ["Rock"]
    change = write_genres(path, ["metal"], record=ignore)
    assert read_genres(path) == ["metal"]
    assert restore(path, change)
    assert path.read_bytes() == before


def test_a_large_picture_is_not_kept_a_second_time(song):
    from mutagen.id3 import APIC

    path = song("mp3")
    tags = ID3()
    tags.add(APIC(encoding=0, mime="image/png", type=3, desc="", data=os.urandom(600_000)))
    tags.save(path, padding=lambda _: 0)
    before = path.read_bytes()
    change = write_genres(path, ["metal"], record=ignore)
    assert len(change.undo) < 400
    assert restore(path, change)
    assert path.read_bytes() == before


@pytest.mark.parametrize("old", [[], ["Zydeco"]])
@pytest.mark.parametrize("kind", FORMATS)
def test_what_was_edited_since_keeps_the_edit_and_gets_its_genre_back(kind, old, song):
    path = song(kind)
    if old:
        write_genres(path, old, record=ignore)
    change = write_genres(path, ["blues"], record=ignore)
    edited = mutagen.File(path)
    if edited.tags is None:  # of a wav with INFO
        edited.add_tags()
    if isinstance(edited.tags, ID3):
        edited.tags.add(TPE1(encoding=3, text=["Somebody"]))
    else:
        names = {MP4Tags: "\xa9ART", ASFTags: "Author"}
        edited.tags[names.get(type(edited.tags), "artist")] = ["Somebody"]
    edited.save()
    assert not restore(path, change)
    assert read_genres(path) == old
    assert "Somebody" in str(mutagen.File(path).tags)


def test_a_song_that_another_program_writes_meanwhile_is_left_to_it(song):
    path = song("flac")
    change = write_genres(path, ["metal"], record=ignore)

    def edit(_):
        edited = mutagen.File(path)
        edited["artist"] = ["Somebody"]
        edited.save()

    with pytest.raises(AudioError, match="changed by another program"):
        write_genres(path, ["blues"], record=edit)
    assert (read_genres(path), mutagen.File(path)["artist"]) == (["metal"], ["Somebody"])
    assert not restore(path, change)
    assert read_genres(path) == [] and not left(path)


def test_the_genre_in_the_ape_tags_of_an_mp3_counts(song):
    path = song("mp3")
    ape = APEv2()
    ape["Genre"] = "Zydeco"
    ape.save(path)
    assert read_genres(path) == ["Zydeco"]
    before = path.read_bytes()
    change = write_genres(path, ["metal"], record=ignore)
    assert (change.before, read_genres(path)) == (("Zydeco",), ["metal"])
    assert restore(path, change)
    assert path.read_bytes() == before


def test_a_genre_that_was_corrected_since_is_left(song):
    path = song("ogg")
    change = write_genres(path, ["blues"], record=ignore)
    write_genres(path, ["soul"], record=ignore)
    with pytest.raises(AudioError, match="was changed since"):
        restore(path, change)
    assert read_genres(path) == ["soul"]


def test_nothing_to_take_back_is_taken_back(song):
    path = song("mp3")

    def killed(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_genres(path, ["metal"], record=killed)
    assert read_genres(path) == []
    assert not left(path)
    changes = []
    write_genres(path, ["metal"], record=changes.append)
    restore(path, changes[0])
    assert restore(path, changes[0])  # a second time


def test_permissions_and_links_stay(song, tmp_path):
    path = song("mp3")
    path.chmod(0o640)
    link = tmp_path / "link.mp3"
    link.symlink_to(path)
    write_genres(link, ["metal"], record=ignore)
    assert link.is_symlink()
    assert read_genres(path) == ["metal"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_read_only_file_is_said_and_left(song):
    path = song("mp3")
    before = path.read_bytes()
    path.chmod(0o444)
    with pytest.raises(AudioError, match="read-only; change its permissions"):
        write_genres(path, ["metal"], record=ignore)
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", ["cut", "text", "empty", "tag"])
@pytest.mark.parametrize("kind", ["mp3", "flac", "ogg", "m4a", "wav", "wma"])
def test_a_broken_file_is_a_sentence_and_left_as_it_is(kind, damage, song):
    path = song(kind)
    data = path.read_bytes()
    rng = np.random.default_rng(1)
    broken = {
        "cut": data[: len(data) // 3], "text": b"no sound at all" * 40, "empty": b"",
        "tag": data[:8] + rng.bytes(600) + data[608:],
    }[damage]  # fmt: skip
    path.write_bytes(broken)
    try:
        change = write_genres(path, ["metal"], record=ignore)
    except AudioError as error:
        assert path.name in str(error)
        assert path.read_bytes() == broken
    else:  # what a player can still use may be tagged, and taken back
        assert read_genres(path) == ["metal"]
        assert restore(path, change)
        assert path.read_bytes() == broken
    assert not left(path)


def test_a_format_without_tags_is_said(tmp_path):
    samples, rate = piece("metal", seconds=3.5)
    path = encode(tmp_path / "song.au", samples, rate, "pcm_s16be", container="au")
    with pytest.raises(AudioError, match="'song.au' cannot be tagged") as caught:
        write_genres(path, ["metal"], record=ignore)
    assert caught.value.kind == "unsupported"


def test_a_full_disk_leaves_the_song(song, monkeypatch):
    path = song("flac")
    before = path.read_bytes()

    def full(*_, **__):
        yield b"some"
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("musicgenre.audio.tags.spliced", full)
    with pytest.raises(OSError, match="No space left"):
        write_genres(path, ["metal"], record=ignore)
    assert path.read_bytes() == before
    assert not left(path)


@pytest.mark.parametrize("seed", range(12))
def test_any_splices_are_taken_back(seed):
    rng = np.random.default_rng(seed)
    old = rng.bytes(int(rng.integers(1, 60_000)))
    places = np.sort(rng.integers(0, len(old) + 1, size=2 * int(rng.integers(0, 6)))).reshape(-1, 2)
    made = [Splice(int(a), int(b), rng.bytes(int(rng.integers(0, 2) * rng.integers(0, 3000)))) for a, b in places]
    splices = in_order(old, rng.permutation(np.array(made, object)).tolist())
    new = b"".join(map(bytes, spliced(old, splices)))
    assert len(new) - len(old) == sum(splice.growth for splice in made)
    assert b"".join(rebuilt(new, undo_of(old, splices))) == old


def test_splices_that_overlap_are_refused():
    with pytest.raises(DamagedTag):
        in_order(b"0123456789", [Splice(2, 5, b""), Splice(4, 6, b"x")])
    with pytest.raises(DamagedTag):
        in_order(b"0123456789", [Splice(8, 11, b"")])
    mixed = [Splice(5, 7, b"x"), Splice(2, 5, b"y"), Splice(5, 5, b"z"), Splice(8, 9, b"8")]
    assert in_order(b"0123456789", mixed) == [Splice(2, 5, b"y"), Splice(5, 5, b"z"), Splice(5, 7, b"x")]


def test_a_damaged_undo_is_a_sentence(song):
    path = song("mp3")
    change = write_genres(path, ["metal"], record=ignore)
    after = path.read_bytes()
    broken = type(change)(**{**vars(change), "undo": change.undo[:-8]})
    with pytest.raises(AudioError, match="damaged"):
        restore(path, broken)
    assert path.read_bytes() == after
    assert sound_sha256(path)


def test_pictures_in_a_song_stay_packed_while_it_is_tagged(tmp_path):
    """Its covers took half a gigabyte of this very process when the sound was compared."""
    (path,) = [broken.path for broken in corpus(tmp_path, few=True) if broken.path.name == "many.mp3"]
    code = (
        "import pathlib, sys\nfrom musicgenre.audio.tags import write_genres\n"
        "sys.path.insert(0, 'tests')\nfrom support.material import peak_mb\n"
        "write_genres(pathlib.Path(sys.argv[1]), ['metal'], record=print)\n"
        "print(peak_mb())\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path], cwd=ROOT, capture_output=True, text=True, check=True)
    assert read_genres(path) == ["metal"]
    assert float(done.stdout.splitlines()[-1]) < 300  # MB

"""Endings of sound files: each is of a container and a sound that are decoded here, and none is missing."""

import av
import numpy as np
import pytest
from support.material import encode, write_wav

from musicgenre.audio.decode import read_recording
from musicgenre.audio.endings import AUDIO_FORMATS, AUDIO_SUFFIXES, CONTAINERS
from musicgenre.errors import SourceError
from musicgenre.library.scan import scan
from musicgenre.library.store import Library
from musicgenre.sources.folders import sound_files
from musicgenre.sources.inputs import expand_inputs

# container -> encoder, FFmpeg's name for writing it, rate
MADE = {
    "wav": ("pcm_s16le", "wav", 48000), "w64": ("pcm_s16le", "w64", 48000), "au": ("pcm_s16be", "au", 48000),
    "aiff": ("pcm_s16be", "aiff", 48000), "caf": ("pcm_s16be", "caf", 48000), "mp3": ("libmp3lame", "mp3", 48000),
    "flac": ("flac", "flac", 48000), "ogg": ("libopus", "ogg", 48000), "aac": ("aac", "adts", 48000),
    "loas": ("aac", "latm", 48000), "mov,mp4,m4a,3gp,3g2,mj2": ("aac", "mp4", 48000), "asf": ("wmav2", "asf", 48000),
    "matroska,webm": ("libopus", "matroska", 48000), "avi": ("libmp3lame", "avi", 48000), "flv": ("aac", "flv", 48000),
    "mpeg": ("mp2", "vob", 48000), "mpegts": ("aac", "mpegts", 48000), "ac3": ("ac3", "ac3", 48000),
    "eac3": ("eac3", "eac3", 48000), "amr": ("libopencore_amrnb", "amr", 8000), "wv": ("wavpack", "wv", 48000),
    "tta": ("tta", "tta", 48000), "voc": ("pcm_s16le", "voc", 48000), "rm": ("ac3", "rm", 48000),
    "nut": ("libmp3lame", "nut", 48000), "mxf": ("pcm_s16le", "mxf_opatom", 48000), "wtv": ("mp2", "wtv", 48000),
}  # fmt: skip

# container -> decoders of the sound in it, where nothing here writes such a file
NOT_MADE = {
    "dts": ["dca"], "dtshd": ["dca"], "truehd": ["truehd"], "mlp": ["mlp"], "ape": ["ape"], "tak": ["tak"],
    "mpc": ["mpc7"], "mpc8": ["mpc8"], "shn": ["shorten"], "dsf": ["dsd_lsbf_planar", "dsd_msbf_planar"],
    "iff": ["dsd_msbf", "8svx_exp", "8svx_fib"], "wsd": ["dsd_msbf"], "dv": ["pcm_s16le"],
    "oma": ["atrac3", "atrac3p"], "qcp": ["qcelp"], "qoa": ["qoa"],
}  # fmt: skip

ENDINGS = [(ending, container) for container in MADE for ending in CONTAINERS[container].split()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with a song of four seconds for each ending that can be written, and one in capital letters."""
    folder = tmp_path_factory.mktemp("endings")
    for container, (codec, form, rate) in MADE.items():
        first = None
        for ending in CONTAINERS[container].split():
            path = folder / f"a.{ending}"
            if first is None:
                tone = 0.4 * np.sin(2 * np.pi * 440 * np.arange(4 * rate) / rate)
                bit_rate = {"amr": 12_200}.get(container, None if "pcm" in codec else 128_000)
                first = encode(path, tone, rate, codec, container=form, bit_rate=bit_rate).read_bytes()
            path.write_bytes(first)
    (folder / "LOUD.MP3").write_bytes((folder / "a.mp3").read_bytes())
    return folder


def test_each_container_of_the_table_is_made_or_has_its_decoders():
    assert set(MADE) | set(NOT_MADE) == set(CONTAINERS)
    assert not set(MADE) & set(NOT_MADE)


@pytest.mark.parametrize(("ending", "container"), ENDINGS)
def test_a_file_of_each_ending_is_decoded(ending, container, folder):
    path = folder / f"a.{ending}"
    with av.open(str(path)) as box:
        assert box.format.name == container
    assert read_recording(path).duration_s == pytest.approx(4, abs=0.15)


def test_a_folder_gives_a_file_of_each_ending(folder):
    found = [item.input for item in expand_inputs([str(folder)])]
    assert sorted(found) == sorted(str(path) for path in folder.iterdir())
    assert len(found) == len(ENDINGS) + 1


@pytest.mark.parametrize("container", NOT_MADE)
def test_what_cannot_be_made_here_has_its_demuxer_and_decoders(container):
    assert av.ContainerFormat(container, "r").is_input
    for decoder in NOT_MADE[container]:
        assert av.Codec(decoder, "r").type == "audio"


def test_no_ending_of_sound_is_missing():
    wanted = "weba mpga m4p m4r wmv asf ogx ogv m2ts mts vob rm dts eac3 voc 3g2 dsf dff mp3 flac wav".split()
    for form in AUDIO_FORMATS.split(","):
        wanted += av.ContainerFormat(form, "r").extensions
    pictures = {"avif", "heic", "heif", "mks", "ism", "psp", "dif", "apl"}
    assert {f".{ending}" for ending in wanted if ending not in pictures} <= AUDIO_SUFFIXES


def test_names_that_begin_with_dots_are_songs(tmp_path):
    names = ["...Baby One More Time.wav", ".38 Special/Hold On.wav", "...And Justice for All/One.wav", ".clip.wav"]
    for name in [*names, "._One.wav", ".git/a.wav", ".One.tagging-7-x.wav"]:
        write_wav(tmp_path / name, np.zeros(10))
    assert sorted(entry.path for entry in sound_files(tmp_path)) == sorted(str(tmp_path / name) for name in names)


def test_a_folder_without_sound_says_so_everywhere(tmp_path):
    (tmp_path / "none").mkdir()
    (item,) = expand_inputs([str(tmp_path / "none")])
    assert isinstance(item.error, SourceError) and "no sound file in the folder" in str(item.error)
    with Library(tmp_path / "l.sqlite", create=True) as library:
        (sentence,) = scan(library, [tmp_path / "none"], model="genres").unread
    assert "no sound file in the folder" in sentence

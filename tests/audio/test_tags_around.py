"""Genres in more than one place of a file: tags around formats that have their own, chains, and what cannot be written.

Every place that holds a genre is written, or the change says which is not.
"""

import struct

import av
import mutagen
import numpy as np
import pytest
from tag_material import ape, atom, by_ffmpeg, by_mutagen, by_taglib, check, chunk, frame, id3, id3v1, ignore, make_song

from musicgenre.audio.tags import read_genres, read_tags, restore, write_genres
from musicgenre.errors import AudioError

TWO = ["Hip-Hop", "R&B"]
APE = ape([(b"Artist", b"Somebody", 0), (b"Genre", b"Zydeco", 0)])
ID3 = id3(frame(b"TIT2", b"\0Title") + frame(b"TCON", b"\0Zydeco"))
PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(1, 256)) * 120_000  # of 30 MB


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """Return a function from an ending to the bytes of a song of that format."""
    folder, made = tmp_path_factory.mktemp("originals"), {}

    def original(kind):
        if kind not in made:
            made[kind] = make_song(folder / f"song.{kind}", title="Söng").read_bytes()
        return made[kind]

    return original


def write(path, data, genres=TWO):
    """Write genres into a file of some bytes and back; return the bytes between and the change."""
    path.write_bytes(data)
    change = write_genres(path, genres, record=ignore)
    new = path.read_bytes()
    assert {genre for tag in read_tags(path) for genre in tag.genres} <= {*genres, "; ".join(genres)}
    assert restore(path, change)
    assert path.read_bytes() == data
    path.write_bytes(new)
    return new, change


# ---- tags behind formats that have their own


@pytest.mark.parametrize("kind", ["m4a", "ogg", "opus", "oga", "flac", "wav", "aiff", "wma", "wv", "tta", "mp3"])
@pytest.mark.parametrize("behind", [id3v1(17), APE, APE + id3v1(17)], ids=["ID3v1", "APE", "both"])
def test_tags_that_programs_put_behind_any_format_are_written(kind, behind, originals, tmp_path):
    path = tmp_path / f"song.{kind}"
    new, _ = write(path, originals(kind) + behind)
    assert b"Zydeco" not in new and b"Somebody" * (APE in behind or behind == APE) in new
    assert new.endswith(b"\7") or not behind.endswith(bytes([17]))
    assert "Hip-Hop" in by_ffmpeg(path)["genre"]


@pytest.mark.parametrize("kind", ["wav", "aiff"])
def test_samples_that_look_like_the_head_of_id3v1_stay_sound(kind, originals, tmp_path):
    path = tmp_path / f"song.{kind}"
    path.write_bytes(originals(kind))
    data = originals(kind)
    at = data.index(b"data" if kind == "wav" else b"SSND") + 4
    stop = at + 4 + struct.unpack_from("<I" if kind == "wav" else ">I", data, at)[0]
    odd = b"TAG" + bytes(range(125))
    data = data[: stop - 128] + odd + data[stop:]
    assert data.endswith(odd)
    new, _ = write(path, data)
    assert odd in new


@pytest.mark.parametrize("kind", ["wav", "aiff", "flac"])
def test_a_format_whose_own_tag_is_missing_gets_it_also_beside_others(kind, originals, tmp_path):
    """Where only a foreign tag says a genre, players of that format see none."""
    path = tmp_path / f"song.{kind}"
    path.write_bytes(originals(kind))
    mutagen.File(path).delete()
    if kind == "wav":
        data = originals(kind)
        path.write_bytes(data[:12] + data[12:].replace(b"LIST", b"JUNK", 1))
    write(path, path.read_bytes() + id3v1(17))
    assert by_ffmpeg(path)["genre"].startswith("Hip-Hop") and by_mutagen(path)[0].startswith("Hip-Hop")


def test_sizes_of_a_wav_count_nothing_that_stands_behind_it(originals, tmp_path):
    data = originals("wav")
    new, _ = write(tmp_path / "song.wav", data + APE)
    tail = len(new) - new.index(b"APETAGEX")
    assert struct.unpack_from("<I", new, 4)[0] == len(new) - tail - 8


def test_the_large_size_of_a_wav_counts_nothing_that_stands_behind_it(originals, tmp_path):
    """As in RF64, where ds64 says it."""
    data = originals("wav")
    front = b"RF64\xff\xff\xff\xffWAVE"
    at = data.index(b"data") + 4
    (sound,) = struct.unpack_from("<I", data, at)
    more = chunk(b"ds64", struct.pack("<QQQI", len(data) + 28, sound, sound // 2, 0))
    new, _ = write(tmp_path / "song.wav", front + more + data[12:at] + b"\xff" * 4 + data[at + 4 :] + APE)
    assert struct.unpack_from("<Q", new, 20)[0] == new.index(b"APETAGEX") - 8


@pytest.mark.parametrize("wrong", [-100, -9, -2, -1, 1, 2, 100])
@pytest.mark.parametrize("kind, order", [("wav", "<"), ("aiff", ">")])
def test_a_wrong_size_of_the_whole_file_hides_no_genre(kind, order, wrong, originals, tmp_path):
    data = originals(kind)
    size = struct.unpack_from(f"{order}I", data, 4)[0]
    path = tmp_path / f"song.{kind}"
    new, _ = write(path, data[:4] + struct.pack(f"{order}I", size + wrong) + data[8:])
    assert struct.unpack_from(f"{order}I", new, 4)[0] >= len(new) - 9 or kind == "wav"
    assert by_ffmpeg(path)["genre"].startswith("Hip-Hop") and "Hip-Hop" in by_taglib(path)["GENRE"][0]


def test_what_hides_a_new_chunk_is_said(originals, tmp_path):
    """Bytes behind the last chunk that look like the head of a large one."""
    path = tmp_path / "song.aiff"
    path.write_bytes(originals("aiff") + b"junkjunkjunk")
    with pytest.raises(AudioError, match="the tags of 'song.aiff' do not take 'Hip-Hop, R&B'"):
        write_genres(path, TWO, record=ignore)


def test_two_chunks_of_id3_are_both_written(originals, tmp_path):
    for kind, order, name in (("wav", "<", b"id3 "), ("aiff", ">", b"ID3 ")):
        data = originals(kind) + chunk(name, ID3, order) + chunk(name, ID3.replace(b"Zydeco", b"Metal!"), order)
        data = data[:4] + struct.pack(f"{order}I", len(data) - 8) + data[8:]
        new, _ = write(tmp_path / f"song.{kind}", data)
        assert b"Zydeco" not in new and b"Metal!" not in new and new.count(b"Hip-Hop; R&B") >= 2


@pytest.mark.parametrize("front, behind", [(APE, b""), (ID3 + APE, b""), (b"", id3v1(17) + id3v1(17)), (APE, APE)])
def test_tags_in_odd_places_of_an_mp3_are_written(front, behind, originals, tmp_path):
    path = tmp_path / "song.mp3"
    path.write_bytes(originals("mp3"))
    mutagen.File(path).delete()
    new, _ = write(path, front + path.read_bytes() + behind)
    assert b"Zydeco" not in new and new.count(b"Hip-Hop") == front.count(b"Zydeco") + behind.count(b"Zydeco")
    assert not behind.endswith(bytes([17])) or (new[-1], new[-129]) == (7, 7)
    assert read_genres(path)[0].startswith("Hip-Hop")


# ---- frames of any text


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize("genre", ["Hip-Hop", "Música"])
@pytest.mark.parametrize("beside", [b"", b"\0Rock"])
def test_a_frame_that_calls_itself_a_genre_is_written_too(version, genre, beside, originals, tmp_path):
    """FFmpeg shows it instead of the usual one."""
    free, usual = {2: (b"TXX", b"TCO")}.get(version, (b"TXXX", b"TCON"))
    others = [frame(free, b"\0MOOD\0Calm", version=version), frame(free, b"\0GENRES\0Rumba", version=version)]
    odd = frame(free, b"\1\xff\xfeG\0e\0n\0r\0e\0\0\0\xff\xfeZ\0y\0", version=version)
    frames = [others[0], odd, *[frame(usual, beside, version=version)] * bool(beside), others[1]]
    path = tmp_path / "song.mp3"
    path.write_bytes(originals("mp3"))
    mutagen.File(path).delete()
    path.write_bytes(id3(b"".join(frames) + bytes(20), version=version) + path.read_bytes())
    assert read_genres(path) == [*["Rock"] * bool(beside), "Zy"]
    new, _ = write(path, path.read_bytes(), [genre])
    assert all(other in new for other in others) and b"Z\0y\0" not in new
    assert by_ffmpeg(path)["genre"] == genre and by_mutagen(path) == [genre]
    tags = mutagen.File(path).tags
    assert [text for key in tags for text in tags[key].text if key == "TXXX:Genre"] == [genre]
    write_genres(path, [], record=ignore)
    assert read_genres(path) == [] and all(other in path.read_bytes() for other in others)


def test_an_encrypted_frame_of_any_text_stays(originals, tmp_path):
    path = tmp_path / "song.mp3"
    odd = frame(b"TXXX", b"\7\0GENRE\0Zydeco", flags=b"\0\x40")
    path.write_bytes(id3(odd + frame(b"TIT2", b"\0Title")) + originals("mp3"))
    check(path, ["Jazz"], kept=[odd], taglib=False, ffmpeg=False)


def test_what_is_no_text_is_said(originals, tmp_path):
    for kind in ("mp3", "flac", "m4a", "wma", "wav", "wv"):
        path = tmp_path / f"song.{kind}"
        path.write_bytes(originals(kind))
        with pytest.raises(AudioError, match="'.a' cannot be written: it is no Unicode text"):
            write_genres(path, ["\udcffa"], record=ignore)
        assert path.read_bytes() == originals(kind)


# ---- MP4


def with_item(data, item, *, place=b"ilst"):
    """Return an MP4 file, whose sound stands in front, with one more item in its list of tags, or in another atom."""
    at = data.index(place) - 4
    (size,) = struct.unpack_from(">I", data, at)
    data = data[: at + size] + item + data[at + size :]
    for name in (b"moov", b"udta", b"meta", b"ilst")[: (b"moov", b"udta", b"meta", b"ilst").index(place) + 1]:
        start = data.index(name) - 4
        data = (
            data[:start] + struct.pack(">I", struct.unpack_from(">I", data, start)[0] + len(item)) + data[start + 4 :]
        )
    return data


def free(name, *values):
    """Return an item of MP4 that has a name."""
    heads = atom(b"mean", bytes(4) + b"com.apple.iTunes") + atom(b"name", bytes(4) + name)
    return atom(b"----", heads + b"".join(atom(b"data", struct.pack(">II", 1, 0) + value) for value in values))


@pytest.mark.parametrize("name", [b"GENRE", b"Genre"])
@pytest.mark.parametrize("beside", [b"", b"Rock"])
def test_the_free_item_of_a_genre_is_written_beside_the_usual_one(name, beside, originals, tmp_path):
    usual = atom(b"\xa9gen", atom(b"data", struct.pack(">II", 1, 0) + beside)) if beside else b""
    others = [free(b"STYLE", b"Zouk"), free(b"GENRES", b"Rumba")]
    data = with_item(originals("m4a"), others[0] + free(name, b"Zydeco", b"Cajun") + usual + others[1])
    path = tmp_path / "song.m4a"
    path.write_bytes(data)
    assert read_genres(path) == [*["Rock"] * bool(beside), "Zydeco", "Cajun"]
    check(path, TWO, kept=others, taglib=False)
    new, change = write(path, data)
    assert change.after == tuple(TWO) and change.left == ()
    tags = mutagen.File(path).tags
    assert tags["\xa9gen"] == TWO
    assert [bytes(value).decode() for value in tags[f"----:com.apple.iTunes:{name.decode()}"]] == TWO
    write_genres(path, [], record=ignore)
    assert name not in [bytes(part) for part in path.read_bytes().split(b"name" + bytes(4))] and read_genres(path) == []


def test_a_free_item_that_cannot_be_followed_stays(originals, tmp_path):
    odd = atom(b"----", b"\0\0\0\x99name" + b"GENRE")
    path = tmp_path / "song.m4a"
    path.write_bytes(with_item(originals("m4a"), odd))
    check(path, TWO, kept=[odd], taglib=False)


QUICKTIME = atom(b"\xa9gen", struct.pack(">HH", 6, 0x55C4) + b"Zydeco" + struct.pack(">HH", 5, 3) + b"M\x97sic")
THREE_GPP = atom(b"gnre", bytes(4) + b"\x55\xc4Zydeco\0")


@pytest.mark.parametrize("item, genres", [(QUICKTIME, ["Zydeco", "Mósic"]), (THREE_GPP, ["Zydeco"])])
@pytest.mark.parametrize("listed", [True, False])
def test_the_own_texts_of_quicktime_and_3gpp_are_written(item, genres, listed, originals, tmp_path):
    path = tmp_path / "song.m4a"
    data = with_item(originals("m4a"), item, place=b"udta")
    if not listed:
        data = data.replace(b"ilst", b"free", 1)
        at = data.index(b"meta") - 4
        data = data[: at + 4] + b"free" + data[at + 8 :]
    path.write_bytes(data)
    assert read_genres(path) == genres
    new, change = write(path, data)
    assert b"Zydeco" not in new and change.left == ()
    assert change.after == (tuple(TWO) if listed else ("Hip-Hop; R&B",))
    assert b"Hip-Hop; R&B" in new and (not listed or by_mutagen(path) == TWO)
    write_genres(path, [], record=ignore)
    assert read_genres(path) == []


@pytest.mark.parametrize("flags", ["", "+faststart"])  # the sound in front of the tags, and behind them
def test_a_quicktime_file_as_ffmpeg_makes_it_is_written(flags, tmp_path):
    path = tmp_path / "song.mov"
    with av.open(str(path), "w", options={"movflags": flags} if flags else {}) as file:
        file.metadata.update({"genre": "Zydeco", "title": "Title"})
        stream = file.add_stream("pcm_s16le", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.arange(8000, dtype=np.int16)[None], "s16", "mono")
        sound.sample_rate = 8000
        file.mux([*stream.encode(sound), *stream.encode(None)])
    assert read_genres(path) == ["Zydeco"]
    check(path, ["Jazz"], taglib=False)


def test_a_genre_in_a_track_of_an_mp4_is_named(originals, tmp_path):
    path = tmp_path / "song.m4a"
    data = originals("m4a")
    at = data.index(b"trak") - 4
    (size,) = struct.unpack_from(">I", data, at)
    user_data = atom(b"udta", QUICKTIME)
    data = (
        data[:at] + struct.pack(">I", size + len(user_data)) + data[at + 4 : at + size] + user_data + data[at + size :]
    )
    at = data.index(b"moov") - 4
    data = data[:at] + struct.pack(">I", struct.unpack_from(">I", data, at)[0] + len(user_data)) + data[at + 4 :]
    new, change = write(path, data)
    assert change.left == ("the genre in QuickTime's keys or tracks",) and QUICKTIME in new
    assert by_mutagen(path) == TWO
    assert write(path, originals("m4a"))[1].left == ()


@pytest.mark.parametrize("zeros", [0, 4, 8])
def test_zeros_that_end_a_list_of_quicktime_hide_no_genre(zeros, originals, tmp_path):
    data = originals("m4a")
    moov, at = data.index(b"moov") - 4, data.index(b"udta") - 4
    sizes = [struct.unpack_from(">I", data, place)[0] for place in (moov, at)]
    assert moov + sizes[0] == at + sizes[1] == len(data)  # it is the last
    user_data = atom(b"udta", bytes(zeros))
    whole = struct.pack(">I", sizes[0] - sizes[1] + len(user_data))
    path = tmp_path / "song.m4a"
    write(path, data[:moov] + whole + data[moov + 4 : at] + user_data)
    assert by_ffmpeg(path)["genre"] == "Hip-Hop"


def test_an_index_of_fragments_that_claims_too_much_is_refused(originals, tmp_path):
    """The bytes behind it are no offsets, although they look like some."""
    index = struct.pack(">IIII", 0, 1, 0, 9) + struct.pack(">IIBBB", 0, 1 << 30, 1, 1, 1)
    path = tmp_path / "song.m4a"
    path.write_bytes(originals("m4a") + atom(b"mfra", atom(b"tfra", index)) + atom(b"free", b"\x7f" * 200))
    with pytest.raises(AudioError, match="its list of offsets has a wrong size"):
        write_genres(path, TWO, record=ignore)


# ---- chained Ogg


@pytest.mark.parametrize("kind", ["ogg", "opus", "oga"])
def test_later_songs_of_a_chain_keep_theirs_and_are_named(kind, originals, tmp_path):
    path = tmp_path / f"song.{kind}"
    path.write_bytes(originals(kind))
    tagged = mutagen.File(path)
    tagged["genre"] = ["Zydeco", "Cajun"]
    tagged.save()
    second = path.read_bytes()
    data = originals(kind)
    new, change = write(path, data + second)
    assert change.left == ("Zydeco, Cajun in a later song of the file",)
    assert new.endswith(second)
    _, change = write(path, data + data)
    assert change.left == ()


# ---- large pictures


@pytest.mark.parametrize("kind", ["m4a", "wma", "wav", "aiff", "wv"])
def test_a_picture_of_thirty_megabytes_stays_and_is_not_kept_a_second_time(kind, originals, tmp_path):
    path = tmp_path / f"song.{kind}"
    data = originals(kind)
    if kind == "m4a":
        data = with_item(data, atom(b"covr", atom(b"data", struct.pack(">II", 13, 0) + PICTURE)))
    elif kind == "wma":
        path.write_bytes(data)
        audio = mutagen.File(path)
        audio["WM/Picture"] = [mutagen.asf.ASFByteArrayAttribute(PICTURE)]
        audio.save()
        data = path.read_bytes()
    elif kind == "wv":
        data = data[: data.index(b"APETAGEX")] + ape([(b"Cover Art (Front)", b"x\0" + PICTURE, 2)])
    else:
        order, name = {"wav": ("<", b"id3 "), "aiff": (">", b"ID3 ")}[kind]
        picture = frame(b"APIC", b"\0image/jpeg\0\3\0" + PICTURE)
        data += chunk(name, id3(picture + frame(b"TIT2", b"\0Title")), order)
        data = data[:4] + struct.pack(f"{order}I", len(data) - 8) + data[8:]
    new, change = write(path, data, ["Hip-Hop"])
    assert PICTURE in new and len(change.undo) < 2000
    seen = by_taglib(path)["GENRE"] if kind == "wv" else [by_ffmpeg(path)["genre"]]  # FFmpeg reads no APE above 16 MB
    assert by_mutagen(path) == seen == ["Hip-Hop"]

"""Genres in FLAC, Ogg, MP4, ASF, WAV, AIFF, APE's formats and DSF: nothing else changes, in any layout."""

import base64
import contextlib
import itertools
import struct
import zlib

import mutagen
import pytest
from mutagen.flac import FLAC, Picture
from mutagen.oggvorbis import OggVorbis
from tag_material import (
    PICTURE,
    ape,
    atom,
    by_mutagen,
    by_taglib,
    check,
    chunk,
    frame,
    id3,
    id3v1,
    ignore,
    make_song,
)

from musicgenre.audio.tag_formats import files, splice
from musicgenre.audio.tags import read_genres, read_tags, restore, sound_sha256, write_genres
from musicgenre.errors import AudioError

TWO = ["Hip-Hop", "R&B"]
KINDS = ("flac", "ogg", "oga", "opus", "m4a", "wma", "wav", "aiff", "wv", "mp2", "mp3", "tta")


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """Return ending -> bytes of a song of that format."""
    folder = tmp_path_factory.mktemp("originals")
    return {kind: make_song(folder / f"song.{kind}", title="Söng").read_bytes() for kind in KINDS}


@pytest.fixture
def song(originals, tmp_path):
    """Return a function that writes a song, changed by a function."""

    def make(kind, change=lambda data: data):
        path = tmp_path / f"song.{kind}"
        path.write_bytes(change(originals[kind]))
        return path

    return make


def comments(*fields, vendor=b"maker", before=b"", behind=b""):
    """Return Vorbis comments."""
    texts = [struct.pack("<I", len(field)) + field for field in fields]
    return before + struct.pack("<I", len(vendor)) + vendor + struct.pack("<I", len(fields)) + b"".join(texts) + behind


@pytest.mark.parametrize("kind", KINDS)
def test_genres_read_back_everywhere_and_are_taken_back(kind, song):
    path = song(kind)
    check(path, TWO if kind != "wav" else ["Hip-Hop; R&B"], taglib=kind != "tta")  # whose APE tags TagLib leaves out
    check(path, ["ロック; Música"], taglib=kind != "tta")
    change = write_genres(path, TWO, record=ignore)
    if kind not in ("tta", "wav"):  # mutagen reads no APE of the one and no INFO of the other
        assert by_mutagen(path) == TWO
    assert change.after == (tuple(TWO) if kind != "wav" else ("Hip-Hop; R&B",))
    check(path, ["Zydeco"], taglib=kind != "tta")


@pytest.mark.parametrize("kind", ["aac", "mka", "caf", "au"])
def test_formats_that_cannot_be_tagged_say_so(kind, tmp_path):
    path = make_song(tmp_path / f"song.{kind}")
    for call in (read_genres, lambda path: write_genres(path, TWO, record=ignore)):
        with pytest.raises(AudioError, match="cannot be tagged: its format has no tags") as caught:
            call(path)
        assert caught.value.kind == "unsupported"


def test_a_tag_in_front_of_a_format_without_any_is_written(tmp_path):
    path = make_song(tmp_path / "song.aac")
    path.write_bytes(id3(frame(b"TCON", b"\3Zydeco", version=4), version=4) + path.read_bytes())
    check(path, TWO, taglib=False)


# ---- Vorbis comments

ODD = (b"ARTIST=Bj\xf6rk", b"no sign of equality", b"TITLE=\xff\xfe\0", b"COMMENT=", b"=", b"XGENRE=x", b"GENRES=y")


def blocks(data):
    """Yield (type, content) of FLAC's metadata blocks."""
    at, last = 4, False
    while not last:
        last = data[at] & 0x80
        size = int.from_bytes(data[at + 1 : at + 4])
        yield data[at] & 0x7F, data[at + 4 : at + 4 + size]
        at += 4 + size


def with_blocks(data, made):
    """Return a FLAC file with other metadata blocks."""
    size = sum(4 + len(content) for _, content in blocks(data))
    heads = [
        bytes([kind | 0x80 * (i == len(made) - 1)]) + len(content).to_bytes(3) + content
        for i, (kind, content) in enumerate(made)
    ]
    return b"fLaC" + b"".join(heads) + data[4 + size :]


@pytest.mark.parametrize("place", [0, 3, 7])
def test_fields_of_flac_in_any_encoding_stay_byte_for_byte(place, song):
    fields = [*ODD]
    fields.insert(place, b"Genre=Zydeco")
    fields.append(b"genre=M\xfasica")
    made = lambda data: with_blocks(data, [next(blocks(data)), (4, comments(*fields)), (1, bytes(50)), (6, PICTURE)])  # noqa: E731
    path = song("flac", made)
    assert read_genres(path) == ["Zydeco", "Música"]
    check(path, TWO, kept=ODD, taglib=False)
    write_genres(path, TWO, record=ignore)
    new = [content for _, content in blocks(path.read_bytes())]
    expected = [*ODD]
    expected[place:place] = [b"GENRE=Hip-Hop", b"GENRE=R&B"]
    assert new[1:] == [comments(*expected), bytes(50), PICTURE]
    write_genres(path, [], record=ignore)
    assert [content for _, content in blocks(path.read_bytes())][1] == comments(*ODD)


def test_flac_without_comments_gets_some(song):
    for rest in ([], [(1, bytes(100))]):
        path = song("flac", lambda data, rest=rest: with_blocks(data, [next(blocks(data)), *rest]))
        check(path, TWO)
        write_genres(path, TWO, record=ignore)
        assert [kind for kind, _ in blocks(path.read_bytes())] == [0, 4, *(kind for kind, _ in rest)]
        assert FLAC(path)["genre"] == TWO


def test_flac_between_other_tags(song):
    front = id3(frame(b"TIT2", b"\0Title") + frame(b"TCON", b"\0(17)"))
    path = song("flac", lambda data: front + data + id3v1(17))
    change = write_genres(path, ["Jazz"], record=ignore)
    assert [tag.genres for tag in read_tags(path)] == [("Jazz",)] * 3
    assert path.read_bytes()[-1] == 8
    assert restore(path, change)
    assert path.read_bytes().startswith(front)


def pages(data):
    """Yield (flags, position, serial, number, segments, body) of an Ogg file's pages; their checksums are right."""
    at = 0
    swapped = bytes(int(f"{i:08b}"[::-1], 2) for i in range(256))
    while at < len(data):
        assert data[at : at + 4] == b"OggS"
        flags, position, serial, number, crc, count = struct.unpack_from("<BqIIIB", data, at + 5)
        segments = data[at + 27 : at + 27 + count]
        stop = at + 27 + count + sum(segments)
        plain = data[at : at + 22] + bytes(4) + data[at + 26 : stop]
        number_of = ~zlib.crc32(plain.translate(swapped), 0xFFFFFFFF) & 0xFFFFFFFF
        assert crc == int.from_bytes(number_of.to_bytes(4).translate(swapped), "little")
        yield flags, position, serial, number, segments, data[at + 27 + count : stop]
        at = stop


def check_pages(data):
    """Check the numbers, flags and packets of an Ogg file; return its packets."""
    packets, part, goes_on = [], b"", False
    for i, (flags, position, _, number, segments, body) in enumerate(pages(data)):
        assert (number, bool(flags & 1), bool(flags & 2)) == (i, goes_on, i == 0)
        at = 0
        for length in segments:
            part += body[at : at + length]
            at += length
            if length < 255:
                packets.append(part)
                part = b""
        goes_on = segments[-1] == 255
        assert (position == -1) == all(length == 255 for length in segments)
    return packets


@pytest.mark.parametrize("kind", ["ogg", "opus", "oga"])
@pytest.mark.parametrize("size", [0, 1, 4000, 64_700, 64_800, 64_900, 65_025, 65_100, 200_000])
def test_pages_of_ogg_stay_whole(kind, size, song):
    path = song(kind)
    audio = mutagen.File(path)
    audio["genre"] = ["Zydeco"]
    audio["lyrics"] = ["x" * size]
    audio.save(padding=lambda _: 0)
    old = check_pages(path.read_bytes())
    for genres in (["Jazz"], TWO * 40, []):
        change = write_genres(path, genres, record=ignore)
        new = check_pages(path.read_bytes())
        assert len(new) == len(old) and new[2:] == old[2:] and new[0] == old[0]
        assert mutagen.File(path).get("genre", []) == genres
        assert mutagen.File(path)["lyrics"] == ["x" * size]
        assert len(change.undo) < 6000
        assert restore(path, change)
    check(path, TWO)


def test_a_large_picture_in_ogg_is_not_kept_a_second_time(song):
    path = song("ogg")
    audio = OggVorbis(path)
    picture = Picture()
    picture.data, picture.mime, picture.type = bytes(range(256)) * 12_000, "image/png", 3
    audio["genre"] = ["Zydeco"]
    audio["metadata_block_picture"] = [base64.b64encode(picture.write()).decode()]
    audio.save()
    before = path.read_bytes()
    change = write_genres(path, ["Hip-Hop", "Electronic"], record=ignore)
    assert len(change.undo) < len(before) / 150  # the heads of its pages
    assert OggVorbis(path)["metadata_block_picture"] == audio["metadata_block_picture"]
    check_pages(path.read_bytes())
    assert restore(path, change)
    assert path.read_bytes() == before


def page(flags, number, segments, body, serial, position=0):
    """Return a page of Ogg."""
    swapped = bytes(int(f"{i:08b}"[::-1], 2) for i in range(256))
    head = b"OggS" + struct.pack("<BBqIIIB", 0, flags, position, serial, number, 0, len(segments)) + segments
    crc = ~zlib.crc32((head + body).translate(swapped), 0xFFFFFFFF) & 0xFFFFFFFF
    return head[:22] + crc.to_bytes(4).translate(swapped) + head[26:] + body


@pytest.mark.parametrize("left", [0, 1, 22, 23, 24, 250])
@pytest.mark.parametrize("full", [1, 2])
def test_a_full_page_of_headers_makes_room_for_one_more(full, left, song):
    """Where every page of the headers has its 255 segments, the pages of sound are numbered anew."""
    path = song("opus")
    first, _, *rest = pages(path.read_bytes())
    serial = first[2]
    bare_size = len(comments(b"LYRICS=", before=b"OpusTags"))
    size = 255 * (255 * full - 1) + 254 - left - bare_size
    packet = comments(b"LYRICS=" + b"x" * size, before=b"OpusTags")
    segments = b"\xff" * (len(packet) // 255) + bytes([len(packet) % 255])
    assert len(segments) == 255 * full
    made = [page(2, 0, first[4], first[5], serial)]
    for i in range(full):
        body = packet[65025 * i : 65025 * (i + 1)]
        ends = i == full - 1
        made.append(page(i > 0, i + 1, segments[255 * i : 255 * (i + 1)], body, serial, 0 if ends else -1))
    for i, (flags, position, _, _, lengths, body) in enumerate(rest):
        made.append(page(flags, full + 1 + i, lengths, body, serial, position))
    path.write_bytes(b"".join(made))
    old = check_pages(path.read_bytes())
    check(path, ["Hip-Hop"])  # of 17 bytes
    change = write_genres(path, ["Hip-Hop"], record=ignore)
    new = check_pages(path.read_bytes())
    assert len([*pages(path.read_bytes())]) == len(made) + (left < 17)
    assert new[2:] == old[2:] and mutagen.File(path)["genre"] == ["Hip-Hop"]
    back = write_genres(path, [], record=ignore)
    assert check_pages(path.read_bytes()) == old
    assert restore(path, back) and restore(path, change)


def test_padding_behind_comments_of_opus_stays(song):
    path = song("opus")
    audio = mutagen.File(path)
    audio["title"] = ["Title"]
    audio.save(padding=lambda _: 333)
    old = check_pages(path.read_bytes())[1]
    write_genres(path, TWO, record=ignore)
    new = check_pages(path.read_bytes())[1]
    assert old.endswith(bytes(333)) and new.endswith(bytes(333)) and len(new) - len(old) == len("GENRE=") * 2 + 8 + 10


# ---- MP4


def test_offsets_of_mp4_move_with_the_sound(song):
    from mutagen.mp4 import MP4

    path = song("m4a")
    data = path.read_bytes()
    parts = {}
    at = 0
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        parts[name] = data[at : at + size]
        at += size
    moov, mdat = parts[b"moov"], parts[b"mdat"]
    place = moov.index(b"stco")
    (count,) = struct.unpack_from(">I", moov, place + 8)
    offsets = struct.unpack_from(f">{count}I", moov, place + 12)
    shift = len(parts[b"ftyp"]) + len(moov) - data.index(mdat)
    table = struct.pack(f">{count}I", *(offset + shift for offset in offsets))
    moov = moov[: place + 12] + table + moov[place + 12 + 4 * count :]
    path.write_bytes(parts[b"ftyp"] + moov + mdat)  # as for streaming: the sound behind the tags
    check(path, TWO)
    many = [f"Genre {number}" for number in range(200)]
    write_genres(path, many, record=ignore)
    assert path.read_bytes().endswith(mdat)
    assert MP4(path)["\xa9gen"] == many


@pytest.mark.parametrize("missing", [b"ilst", b"meta", b"udta"])
def test_mp4_without_a_list_of_tags_gets_one(missing, song):
    def without(data):
        at = data.index(missing) - 4
        (size,) = struct.unpack_from(">I", data, at)
        return data[:at] + struct.pack(">I", size) + b"free" + bytes(size - 8) + data[at + size :]

    path = song("m4a", without)
    assert read_tags(path) == ()
    check(path, TWO)
    write_genres(path, TWO, record=ignore)
    assert by_mutagen(path) == TWO


def test_items_of_mp4_stay_byte_for_byte(song):
    value = atom(b"data", struct.pack(">II", 21, 0) + b"\0\x09")
    items = [
        atom(b"\xa9ART", atom(b"data", struct.pack(">II", 1, 0) + b"Bj\xf6rk")), atom(b"xxxx", b"\0\1\2"),
        atom(b"----", atom(b"mean", bytes(4) + b"com.x") + atom(b"name", bytes(4) + b"y") + value),
        atom(b"covr", atom(b"data", struct.pack(">II", 13, 0) + PICTURE) + atom(b"name", bytes(8))),
    ]  # fmt: skip
    number = atom(b"gnre", atom(b"data", struct.pack(">II", 0, 0) + b"\0\x12"))

    def changed(data):
        at = data.index(b"ilst") - 4
        (size,) = struct.unpack_from(">I", data, at)
        new = atom(b"ilst", items[0] + number + b"".join(items[1:]))
        data = data[:at] + new + data[at + size :]
        for name in (b"moov", b"udta", b"meta"):
            (old,) = struct.unpack_from(">I", data, data.index(name) - 4)
            place = data.index(name) - 4
            data = data[:place] + struct.pack(">I", old + len(new) - size) + data[place + 4 :]
        return data

    path = song("m4a", changed)
    assert read_genres(path) == ["Rock"]
    check(path, TWO, kept=items, taglib=False)
    write_genres(path, TWO, record=ignore)
    assert b"gnre" not in path.read_bytes()
    assert b"".join(items[1:]) in path.read_bytes()


def test_a_fragmented_mp4_is_written(tmp_path):
    import av
    from support.library_material import piece

    samples, rate = piece("metal", seconds=6.0)
    path = tmp_path / "song.mp4"
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof", "frag_duration": "1000000"}
    for flags in (options["movflags"], "frag_keyframe+empty_moov"):  # offsets from fragments, and from the beginning
        with av.open(str(path), "w", options={**options, "movflags": flags}) as file:
            stream = file.add_stream("aac", rate=rate, layout="mono")
            for at in range(0, len(samples) - 1024, 1024):
                sound = av.AudioFrame.from_ndarray(samples[None, at : at + 1024], "fltp", "mono")
                sound.sample_rate, sound.pts = rate, at
                file.mux(stream.encode(sound))
            file.mux(stream.encode(None))
        assert path.read_bytes().count(b"moof") > 1
        check(path, TWO, taglib=False)


# ---- ASF


def size_at(data):
    """Return where an ASF file says how large it is."""
    return data.index(bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")) + 40


def test_asf_keeps_every_other_attribute_and_its_sizes(song):
    path = song("wma")
    audio = mutagen.File(path)
    audio["WM/Genre"] = ["Zydeco", "Cajun", "Creole"]
    audio["WM/Composer"] = ["A", "B"]
    audio["WM/Picture"] = [mutagen.asf.ASFByteArrayAttribute(PICTURE)]
    audio.save()
    data = path.read_bytes()
    path.write_bytes(data[: size_at(data)] + struct.pack("<Q", len(data)) + data[size_at(data) + 8 :])
    assert read_genres(path) == ["Zydeco", "Cajun", "Creole"]
    others = {name: values for name, values in mutagen.File(path).tags.as_dict().items() if name != "WM/Genre"}
    for genres in (["Jazz"], TWO, [], TWO * 3):
        change = write_genres(path, genres, record=ignore)
        tags = mutagen.File(path).tags.as_dict()
        assert [str(value) for value in tags.pop("WM/Genre", [])] == genres
        assert tags == others
        data = path.read_bytes()
        assert struct.unpack_from("<Q", data, size_at(data))[0] == len(data)
        assert sorted(by_taglib(path).get("GENRE", [])) == sorted(genres)
        assert restore(path, change)


@pytest.mark.parametrize("size", [1 << 62, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_sizes_in_asf_that_no_file_has_are_a_sentence_or_nothing(size, song, capfd):
    at = song("wma").read_bytes().index(bytes.fromhex("9107dcb7b7a9cf118ee600c00c205365")) + 16
    path = song("wma", lambda data: data[:at] + struct.pack("<Q", size) + data[at + 8 :])
    before = path.read_bytes()
    with contextlib.suppress(AudioError):
        sound_sha256(path)
    with pytest.raises(AudioError, match="'song.wma'"):
        write_genres(path, TWO, record=ignore)
    assert path.read_bytes() == before and "Traceback" not in capfd.readouterr().err


def test_asf_without_descriptions_gets_some(song):
    def without(data):
        at = data.index(bytes.fromhex("40a4d0d207e3d21197f000a0c95ea850"))
        (size,) = struct.unpack_from("<Q", data, at + 16)
        length, count = struct.unpack_from("<QI", data, 16)
        return data[:16] + struct.pack("<QI", length - size, count - 1) + data[28:at] + data[at + size :]

    def extension_last(data):
        data = without(data)
        at = data.index(bytes.fromhex("b503bf5f2ea9cf118ee300c00c205365"))
        stop, end = at + struct.unpack_from("<Q", data, at + 16)[0], struct.unpack_from("<Q", data, 16)[0]
        return data[:at] + data[stop:end] + data[at:stop] + data[end:]

    for change in (without, extension_last):
        path = song("wma", change)
        check(path, TWO, ffmpeg=False)
        write_genres(path, TWO, record=ignore)
        assert by_mutagen(path) == TWO


# ---- WAV and AIFF


def riff(data, more, *, front=b""):
    """Return a WAV or AIFF file with more chunks, and its size right."""
    order = ">" if data[:4] == b"FORM" else "<"
    body = data[8:12] + front + data[12:] + more
    return data[:4] + struct.pack(f"{order}I", len(body)) + body


def bare(data):
    """Return a WAV file's fmt and data alone."""
    at = 12
    kept = b""
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        end = at + 8 + size + size % 2
        kept += data[at:end] * (name in (b"fmt ", b"data"))
        at = end
    return b"RIFF" + struct.pack("<I", 4 + len(kept)) + b"WAVE" + kept


INFO = chunk(b"INAM", b"S\xf6ng\0") + chunk(b"IGNR", b"Metal\0") + chunk(b"IART", b"odd")


def test_info_and_id3_of_a_wav_are_both_written(song):
    tag = chunk(b"id3 ", id3(frame(b"TIT2", b"\0T") + frame(b"TCON", b"\0Metal")))
    path = song("wav", lambda data: riff(bare(data), chunk(b"LIST", b"INFO" + INFO) + tag + chunk(b"odd ", b"x" * 7)))
    assert read_genres(path) == ["Metal"]
    after = check(path, ["Jazz"], kept=[chunk(b"INAM", b"S\xf6ng\0"), chunk(b"IART", b"odd"), chunk(b"odd ", b"x" * 7)])
    assert b"Metal" not in after and after.count(b"Jazz") == 2
    assert struct.unpack_from("<I", after, 4)[0] == len(after) - 8


def test_a_wav_with_info_alone_keeps_to_that(song):
    """A second tag would hide the title from readers that look at one alone."""
    path = song("wav", lambda data: riff(bare(data), chunk(b"LIST", b"INFO" + INFO)))
    assert read_genres(path) == ["Metal"]
    check(path, TWO, reads=["Hip-Hop; R&B"])
    titled = song("wav", lambda data: riff(bare(data), chunk(b"LIST", b"INFO" + chunk(b"INAM", b"Song\0"))))
    assert b"id3 " not in check(titled, TWO, reads=["Hip-Hop; R&B"])
    untitled = song("wav", lambda data: riff(bare(data), chunk(b"LIST", b"INFO" + chunk(b"ISFT", b"Lavf\0"))))
    assert b"IGNR" not in check(untitled, TWO, taglib=False)
    write_genres(untitled, TWO, record=ignore)
    assert by_mutagen(untitled) == TWO


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 2_000_000_000])
def test_a_wav_that_was_never_finished_is_written_in_front_of_its_sound(size, song):
    def streamed(data):
        data = bare(data)
        at = data.index(b"data")
        return data[:4] + struct.pack("<I", size) + data[8 : at + 4] + struct.pack("<I", size) + data[at + 8 :]

    path = song("wav", streamed)
    after = check(path, TWO, taglib=False)
    assert after.index(b"id3 ") < after.index(b"data")
    if size != 2_000_000_000:
        assert after[4:8] == struct.pack("<I", size)


def test_rf64_keeps_its_sizes_right(song):
    def large(data):
        data = bare(data)
        sound = len(data) - data.index(b"data") - 8
        data = data.replace(b"data" + struct.pack("<I", sound), b"data\xff\xff\xff\xff")
        ds64 = chunk(b"ds64", struct.pack("<QQQI", len(data) + 36 - 8, sound, sound // 2, 0))
        return b"RF64\xff\xff\xff\xffWAVE" + ds64 + data[12:]

    path = song("wav", large)
    after = check(path, TWO, taglib=False)
    assert struct.unpack_from("<Q", after, 20)[0] == len(after) - 8
    assert after[4:8] == b"\xff\xff\xff\xff"


@pytest.mark.parametrize("length", range(1, 6))
def test_odd_chunks_of_aiff_are_padded(length, song):
    tag = chunk(b"ID3 ", id3(frame(b"TIT2", b"\0Title"[: length + 1])), ">")
    path = song("aiff", lambda data: riff(data, tag, front=chunk(b"NAME", b"x" * length, ">")))
    for genre in ("Jazz", "Blues"):
        after = check(path, [genre], kept=[chunk(b"NAME", b"x" * length, ">")])
        assert struct.unpack_from(">I", after, 4)[0] == len(after) - 8 and len(after) % 2 == 0


def test_a_wav_whose_last_chunk_lacks_its_padding(song):
    path = song("wav", lambda data: riff(bare(data), chunk(b"odd ", b"x" * 7)[:-1]))
    after = check(path, TWO, kept=[b"x" * 7])
    assert b"x" * 7 + b"\0id3 " in after


# ---- others


def test_wavpack_gets_ape_in_front_of_id3v1(song):
    path = song("wv", lambda data: data[: data.index(b"APETAGEX")] + id3v1(255))
    change = write_genres(path, TWO, record=ignore)  # whose number is then none
    assert (change.after, path.read_bytes()[-1]) == (("Hip-Hop",), 7)
    assert restore(path, change)
    bare_song = song("wv", lambda data: data[: data.index(b"APETAGEX")])
    check(bare_song, TWO)
    write_genres(bare_song, TWO, record=ignore)
    assert bare_song.read_bytes().endswith(ape([(b"Genre", b"Hip-Hop\0R&B", 0)]))


@pytest.mark.parametrize("tagged", [True, False])
def test_dsf_points_to_its_tag(tagged):
    tag = id3(frame(b"TIT2", b"\0Title") + frame(b"TCON", b"\0Metal")) if tagged else b""
    sound = chunk(b"fmt ", bytes(40)) + chunk(b"data", bytes(64))
    size = 28 + len(sound) + len(tag)
    data = b"DSD " + struct.pack("<QQQ", 28, size, 28 + len(sound) if tagged else 0) + sound + tag
    file = files.read(data, ".dsf")
    assert [found.genres for found in file.tags] == [("Metal",)] * tagged
    splices = splice.in_order(data, file.edit(TWO, "; ")[0])
    new = b"".join(map(bytes, splice.spliced(data, splices)))
    assert struct.unpack_from("<QQ", new, 12) == (len(new), 28 + len(sound))
    assert files.read(new, ".dsf").tags[0].genres == (("Hip-Hop; R&B",) if tagged else tuple(TWO))
    assert b"".join(splice.rebuilt(new, splice.undo_of(data, splices))) == data


def test_offsets_that_lead_out_of_an_mp4_are_a_sentence(song):
    def cut(data):
        at = data.index(b"stco")
        return data[: at + 8] + struct.pack(">I", 1 << 30) + data[at + 12 :]

    path = song("m4a", cut)
    before = path.read_bytes()
    with pytest.raises(AudioError, match="a tag of 'song.m4a' is damaged: its list of offsets has a wrong size"):
        write_genres(path, TWO, record=ignore)
    assert path.read_bytes() == before


@pytest.mark.parametrize("kind", KINDS)
def test_cut_and_scrambled_files_are_sentences_or_whole(kind, song):
    data = song(kind).read_bytes()
    cuts = [data[:n] for n in (1, 9, 17, 40, 100, 300, 700)]
    turned = [data[:n] + bytes([data[n] ^ 0xFF]) + data[n + 1 :] for n in range(4, 400, 13)]
    for broken in itertools.chain(cuts, turned):
        path = song(kind, lambda _, broken=broken: broken)
        try:
            change = write_genres(path, TWO, record=ignore)
        except AudioError as error:
            assert path.name in str(error)
        else:
            assert restore(path, change)
        assert path.read_bytes() == broken

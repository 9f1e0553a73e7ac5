"""ID3v1, ID3v2 and APE tags of mp3: only the genre is replaced, whatever writers did to the rest."""

import struct
import zlib

import pytest
from mutagen.id3 import ID3
from tag_material import (
    PICTURE,
    ape,
    bare_mpeg,
    by_ffmpeg,
    by_mutagen,
    check,
    frame,
    id3,
    id3v1,
    ignore,
    safe,
)

from musicgenre.audio.tags import read_genres, restore, write_genres
from musicgenre.errors import AudioError

TWO = ["Hip-Hop", "R&B"]
JOINED = ["Hip-Hop; R&B"]


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Return the bytes of an mp3 without tags."""
    return bare_mpeg(tmp_path_factory.mktemp("bare") / "song.mp3")


@pytest.fixture
def song(tmp_path, sound):
    """Return a function that writes an mp3 with bytes in front of the sound and behind it."""

    def make(front=b"", behind=b""):
        path = tmp_path / "song.mp3"
        path.write_bytes(front + sound + behind)
        return path

    return make


def frames(version, **options):
    """Return frames that other programs write, the last a picture, without a genre."""
    names = {2: (b"TP1", b"TT2", b"PIC", b"COM"), 3: (b"TPE1", b"TIT2", b"APIC", b"COMM")}[min(version, 3)]
    picture = b"\0" + (b"JPG" if version == 2 else b"image/jpeg\0") + b"\3\0" + PICTURE
    texts = (b"\0Simon\0Garfunkel", b"\1\xff\xfeT\0i\0t\0\xff\x00", picture, b"\0eng\0first", b"\0engx\0second")
    return [frame(n, t, version=version, **options) for n, t in zip((*names, names[3]), texts, strict=True)]


@pytest.mark.parametrize("version", [2, 3, 4])
@pytest.mark.parametrize("padding", [0, 1, 9, 10, 11, 500])
@pytest.mark.parametrize("place", [None, 0, 2, 5])
def test_only_the_genre_is_written_in_every_version(version, padding, place, song):
    parts = frames(version)
    if place is not None:
        parts.insert(place, frame(b"TCO" if version == 2 else b"TCON", b"\0(17)", version=version))
    path = song(id3(b"".join(parts) + bytes(padding), version=version))
    assert read_genres(path) == ([] if place is None else ["Rock"])
    after = check(path, TWO, kept=frames(version), reads=TWO if version == 4 else JOINED)
    assert after[:5] == b"ID3" + bytes([version, 0])
    write_genres(path, TWO, record=ignore)
    assert by_mutagen(path) == (TWO if version == 4 else JOINED)
    write_genres(path, [], record=ignore)
    assert read_genres(path) == [] and b"TCO" not in path.read_bytes()[:20000]
    assert all(part in path.read_bytes() for part in frames(version))


@pytest.mark.parametrize("genre", ["Música", "ロック", "\uff21"])  # the last ends in FF as UTF-16
@pytest.mark.parametrize("version", [2, 3])
def test_an_unsynchronised_tag_stays_that(version, genre, song):
    old = frame(b"TCO" if version == 2 else b"TCON", b"\1\xff\xfeA\0", version=version)
    body = b"".join([old, *frames(version)])
    assert b"\xff\x00" in body and b"\xff\xe0" in body
    coded = b"".join(
        bytes([byte]) + b"\0" * (byte == 0xFF and (after >= 0xE0 or after == 0))
        for byte, after in zip(body, body[1:] + b"\0", strict=True)
    )
    path = song(id3(coded + bytes(20), version=version, flags=0x80))
    after = check(path, [genre], ffmpeg=False)
    size = 10 + (after[7] << 14 | after[8] << 7 | after[9])
    tag = after[10:size]
    assert not any(a == 0xFF and b >= 0xE0 for a, b in zip(tag, tag[1:], strict=False))
    write_genres(path, [genre], record=ignore)
    assert by_mutagen(path) == [genre]
    apic = ID3(path).getall("APIC")
    assert apic[0].data == PICTURE


def test_a_tag_that_only_claims_unsynchronisation_is_written_as_it_is(song):
    check(song(id3(b"".join(frames(3)), flags=0x80)), ["ロック"], kept=frames(3), taglib=False)


@pytest.mark.parametrize("flags", [0, 0x80])
def test_version_2_4_with_unsynchronised_frames(flags, song):
    length = safe(len(PICTURE) + 14)
    coded = PICTURE.replace(b"\xff\x00", b"\xff\0\0").replace(b"\xff\xd8", b"\xff\0\xd8")
    picture = frame(b"APIC", length + b"\0image/jpeg\0\3\0" + coded, version=4, flags=b"\0\3")
    genre = frame(b"TCON", safe(5) + b"\1\xff\x00\xfeA\0", version=4, flags=b"\0\3")
    path = song(id3(picture + genre, version=4, flags=flags))
    assert read_genres(path) == ["A"]
    check(path, TWO, kept=[picture])


def test_text_in_another_encoding_than_it_claims_stays(song):
    texts = [frame(b"TPE1", b"\3Bj\xf6rk", version=4), frame(b"TIT2", b"\3J\xf3ga", version=4)]
    path = song(id3(b"".join(texts) + frame(b"TCON", b"\3Chans\xf3n", version=4) + bytes(50), version=4))
    assert read_genres(path) == ["Chansón"]
    check(path, TWO, kept=texts, taglib=False)


def test_sizes_of_version_2_4_that_are_not_synchsafe(song):
    parts = frames(4, wide=True)
    assert len(parts[2]) > 200
    path = song(id3(b"".join([*parts, frame(b"TCON", b"\3" + b"R" * 200, version=4, wide=True)]) + bytes(9), version=4))
    assert read_genres(path) == ["R" * 200]
    check(path, ["Rock", "Q" * 150], kept=parts, taglib=False)


@pytest.mark.parametrize("version, extended", [
    (3, struct.pack(">IHI", 6, 0, 50)), (3, struct.pack(">IHII", 10, 0x8000, 50, 0)), (4, safe(6) + b"\1\0"),
    (4, safe(12) + b"\1\x20\5" + bytes(5)), (4, safe(13) + b"\1\x60\0\5" + bytes(5)), (4, safe(8) + b"\1\x10\1\0"),
])  # fmt: skip
def test_an_extended_header_stays_and_its_checksum_is_right(version, extended, song):
    parts = frames(version)
    path = song(id3(extended + b"".join(parts) + bytes(50), version=version, flags=0x40))
    after = check(path, TWO, kept=parts, reads=TWO if version == 4 else JOINED, taglib=version == 4)
    size = 10 + (after[7] << 14 | after[8] << 7 | after[9])
    body = after[10 + len(extended) : size]
    if version == 3 and len(extended) == 14:
        assert after[20:24] == struct.pack(">I", zlib.crc32(body[:-50]))
    if version == 4 and len(extended) > 8:
        assert after[5 + len(extended) : 10 + len(extended)] == safe(zlib.crc32(body), 5)


def test_an_extended_header_that_is_only_claimed(song):
    check(song(id3(b"".join(frames(4)), version=4, flags=0x40)), TWO, kept=frames(4), taglib=False, ffmpeg=False)


def test_a_footer_says_the_same_size(song):
    after = check(song(id3(b"".join(frames(4)), version=4, footer=True)), TWO, kept=frames(4))
    at = after.index(b"3DI")
    assert after[at + 3 : at + 10] == after[3:10]


@pytest.mark.parametrize("texts, genres", [
    (b"\0(17)(8)", ["Rock", "Jazz"]), (b"\0(54)Jazz", ["Eurodance", "Jazz"]), (b"\x0017", ["Rock"]),
    (b"\0(17)Rock", ["Rock"]), (b"\0(RX)", ["Remix"]), (b"\0CR", ["Cover"]), (b"\x0080s", ["80s"]),
    (b"\x008-bit", ["8-bit"]), (b"\x002-Step", ["2-Step"]), (b"\x0020th Century", ["20th Century"]),
    (b"\0((x)", ["(x)"]), (b"\0(255)", []), (b"\x001984", ["1984"]), (b"\0(4x4)", ["(4x4)"]), (b"\0", []), (b"", []),
    (b"\0Rock\0Jazz\0", ["Rock", "Jazz"]), (b"\1\xff\xfeA\0\0\0\xff\xfeB\0", ["A", "B"]), (b"\2\0A\0\0\0B", ["A", "B"]),
    (b"\0 Rock \0 ", ["Rock"]), (b"\1\xff\xfeA\0B", ["A\ufffd"]), (b"\x00999", ["999"]), (b"\x00191", ["Psybient"]),
])  # fmt: skip
@pytest.mark.parametrize("version", [3, 4])
def test_references_and_values_are_read(version, texts, genres, song):
    path = song(id3(frame(b"TCON", texts, version=version), version=version))
    assert read_genres(path) == genres


def test_a_packed_genre_is_read(song):
    packed = zlib.compress(b"\3Zydeco")
    four = frame(b"TCON", safe(7) + packed, version=4, flags=b"\0\x09")
    three = frame(b"TCON", struct.pack(">I", 7) + packed, flags=b"\0\x80")
    assert read_genres(song(id3(four, version=4))) == ["Zydeco"]
    path = song(id3(three))
    assert read_genres(path) == ["Zydeco"]
    check(path, TWO, reads=JOINED)


@pytest.mark.parametrize("damage", [
    lambda tag: tag[:6] + b"\xff\0\0\0" + tag[10:], lambda tag: tag[:6] + safe(10_000_000) + tag[10:],
    lambda tag: tag.replace(b"TPE1\0\0\0\x10", b"TPE1\0\0\0\x13"), lambda tag: tag[:14] + b"\0\xff\0\0" + tag[18:],
])  # fmt: skip
def test_only_a_damaged_tag_is_refused_with_a_sentence(damage, song):
    tag = id3(b"".join(frames(3)) + frame(b"TCON", b"\0Zydeco") + bytes(30))
    path = song(damage(tag))
    before = path.read_bytes()
    assert before[:400] != tag[:400]
    with pytest.raises(AudioError, match="a tag of 'song.mp3' is damaged: .*; repair it with a tag editor"):
        write_genres(path, TWO, record=ignore)
    assert path.read_bytes() == before


def test_a_last_frame_that_is_longer_than_the_tag_stays_as_it_is(song):
    parts = frames(3)
    long = parts[0][:4] + struct.pack(">I", 4000) + parts[0][8:]
    path = song(id3(b"".join([*parts[1:], long]) + bytes(7)))
    check(path, TWO, kept=[*parts[1:], long], reads=JOINED, taglib=False)


def test_garbage_in_the_padding_stays(song):
    check(song(id3(b"".join(frames(3)) + bytes(3) + b"garbage" + bytes(9))), TWO, kept=[b"\0\0\0garbage"], reads=JOINED)


def test_a_picture_of_thirty_megabytes_is_not_kept_a_second_time(song):
    picture = frame(b"APIC", b"\0image/png\0\3\0" + bytes(range(1, 256)) * 120_000)
    path = song(id3(frame(b"TCON", b"\0(9)") + picture + frame(b"TIT2", b"\0Title")))
    before = path.read_bytes()
    change = write_genres(path, TWO, record=ignore)
    assert len(before) > 30_000_000 and len(change.undo) < 200
    assert picture in path.read_bytes()
    assert by_ffmpeg(path)["genre"] == JOINED[0]
    assert restore(path, change)
    assert path.read_bytes() == before


# ---- several tags, ID3v1 and APE


def test_two_tags_in_front_are_both_written(song):
    first = id3(b"".join(frames(3)) + bytes(20))
    second = id3(frame(b"TCON", b"\3Zydeco", version=4), version=4)
    path = song(first + second)
    assert read_genres(path) == ["Zydeco"]
    change = write_genres(path, TWO, record=ignore)
    data = path.read_bytes()
    assert b"Zydeco" not in data and b"\3Hip-Hop\0R&B" in data and b"\0Hip-Hop; R&B" in data
    assert restore(path, change)
    assert path.read_bytes()[:100] == first[:100]


def test_every_tag_that_holds_a_genre_is_written(song):
    front = id3(b"".join(frames(3)) + frame(b"TCON", b"\0Metal"))
    gain = (b"MP3GAIN_MINMAX", b"110,200", 0)
    behind = ape([gain, (b"GENRE", b"Metal\0Thrash", 0), (b"Cover Art (Front)", b"x\0\xff\xfe", 2)]) + id3v1(9)
    path = song(front, behind)
    change = write_genres(path, ["Jazz"], record=ignore)
    data = path.read_bytes()
    assert b"Metal" not in data and b"Thrash" not in data
    assert data[-1] == 8
    assert (
        ape([gain, (b"Genre", b"Jazz", 0), (b"Cover Art (Front)", b"x\0\xff\xfe", 2)]) + id3v1(8)
        == data[-len(behind) + 8 :]
    )
    assert restore(path, change)
    assert path.read_bytes().endswith(behind)


def test_a_tag_without_a_genre_does_not_get_one_where_another_is_first(song):
    gain = ape([(b"MP3GAIN_MINMAX", b"110,200", 0)])
    path = song(id3(b"".join(frames(3))), gain + id3v1(255))
    after = check(path, ["Jazz"])
    assert after.endswith(gain + id3v1(255))


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("behind", [b"", id3v1(12), b"LYRICSBEGININD0000200000021LYRICS200" + id3v1(255)])
def test_ape_tags_with_and_without_header_before_other_things(header, behind, song):
    items = [(b"Artist", b"Simon\0Garfunkel", 0), (b"Title", b"\xe9 in Latin-1", 0)]
    path = song(behind=ape(items, header=header) + behind)
    write = ["Jazz", "Blues"]
    change = write_genres(path, write, record=ignore)
    genre = (b"Genre", b"Jazz\0Blues", 0)
    expected = ape([*items, genre], header=header)
    assert expected in path.read_bytes()
    assert read_genres(path) == write
    assert restore(path, change)
    assert path.read_bytes().endswith(ape(items, header=header) + behind)


def test_ape_of_version_1_has_one_text(song):
    path = song(behind=ape([(b"genre", b"Zydeco", 0)], version=1000, header=False))
    write_genres(path, TWO, record=ignore)
    assert path.read_bytes().endswith(ape([(b"Genre", b"Hip-Hop; R&B", 0)], version=1000, header=False))


@pytest.mark.parametrize("at, new", [(20, b"\5"), (-20, b"\5"), (32, b"\xff"), (-16, b"\xff\xff")])
def test_a_damaged_ape_tag_is_refused(at, new, song):
    tag = bytearray(ape([(b"Genre", b"Zydeco", 0), (b"Title", b"x", 0)]))
    tag[at if at >= 0 else len(tag) + at : (at if at >= 0 else len(tag) + at) + len(new)] = new
    path = song(behind=bytes(tag))
    before = path.read_bytes()
    try:
        change = write_genres(path, TWO, record=ignore)
    except AudioError as error:
        assert "is damaged" in str(error)
        assert path.read_bytes() == before
    else:  # the header's own sizes, which nobody reads
        assert restore(path, change)
        assert path.read_bytes() == before


def test_an_ape_header_is_no_id3v1(song):
    tag = ape([(b"Genre", b"metal", 0), (b"Title", b"x" * 46, 0)])
    assert tag[-128:-125] != b"TAG"
    for fill in range(20, 80):
        tag = ape([(b"Genre", b"metal", 0), (b"Title", b"x" * fill, 0)])
        if tag[-128:-125] == b"TAG":
            break
    assert tag[-128:-125] == b"TAG"
    assert read_genres(song(behind=tag)) == ["metal"]
    change = write_genres(song(behind=tag), ["Jazz"], record=ignore)
    assert (change.before, change.after) == (("metal",), ("Jazz",))


@pytest.mark.parametrize("number, genre", [(0, ["Blues"]), (17, ["Rock"]), (191, ["Psybient"]), (192, []), (255, [])])
def test_id3v1_alone_holds_a_number(number, genre, song):
    path = song(behind=id3v1(number))
    assert read_genres(path) == genre
    after = check(path, ["Hip-Hop"], kept=[id3v1(number)[:-1]])
    assert after[-1] == 7 and len(after) == len(path.read_bytes())
    with pytest.raises(AudioError, match="the only tag of 'song.mp3' is ID3v1, which has no number for 'Zydeco'"):
        write_genres(path, ["Zydeco"], record=ignore)
    assert path.read_bytes()[-1] == number


@pytest.mark.parametrize("front", [b"", id3(frame(b"TIT2", b"\0Title") + frame(b"TCON", b"\0Zydeco"))])
def test_the_extended_id3v1_tag_holds_a_text(front, song):
    def extended(genre):
        return b"TAG+" + b"Title".ljust(181, b"\0") + genre.ljust(30, b"\0") + b"000:00000:00"

    path = song(front, extended(b"Zydeco") + id3v1(255))
    assert read_genres(path) == ["Zydeco"]
    change = write_genres(path, TWO, record=ignore)
    data = path.read_bytes()
    assert b"Zydeco" not in data and data.endswith(extended(b"Hip-Hop; R&B") + id3v1(255 if front else 255))
    assert restore(path, change)
    assert path.read_bytes().endswith(extended(b"Zydeco") + id3v1(255))


def test_id3v1_counts_only_alone(song):
    assert read_genres(song(id3(frame(b"TIT2", b"\0Title")), id3v1(0))) == []
    assert read_genres(song(id3(frame(b"TCON", b"\0(8)")), id3v1(0))) == ["Jazz"]


def test_an_id3_tag_behind_the_sound_is_written(song):
    path = song(behind=id3(frame(b"TCON", b"\3Zydeco", version=4), version=4, footer=True) + id3v1(255))
    assert read_genres(path) == ["Zydeco"]
    change = write_genres(path, ["Jazz"], record=ignore)
    tag = id3(frame(b"TCON", b"\3Jazz", version=4), version=4, footer=True)
    assert path.read_bytes().endswith(tag + id3v1(255))
    assert restore(path, change)

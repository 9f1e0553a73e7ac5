"""What 00 says at its end: clips and artists of each genre, and what to mend before training."""

from pathlib import Path

import pytest
from support.material import song, write_wav

from musicgenre.dataset.build import preprocess
from musicgenre.dataset.summary import Summary, count_genres, summary_lines, table_warnings


def clips(genre, count, *, artist="", start=0, **cells):
    """Return rows of clips of a genre by artists of their own, or by one."""
    return [
        {
            "clip_id": f"{genre}/{i}", "genre": genre, "group": artist or f"{genre} artist {i}",
            "sha256": f"{genre}{i}", **cells,
        }
        for i in range(start, start + count)
    ]  # fmt: skip


def warned(rows):
    """Return the warnings as one text."""
    return " ".join(table_warnings(rows, count_genres(rows)))


def test_each_genre_has_its_clips_and_artists_and_the_end_says_how_many_are_known():
    rows = clips("jazz", 21) + clips("rock", 22, artist="Muse") + clips("rock", 3, start=22)
    summary = Summary(50, 7, [("rock/9", "silent: it is")], Path("data/mine"), count_genres(rows), 40)
    text = "\n".join(summary_lines(summary))
    assert "left out rock/9: silent: it is" in text
    assert [line.split() for line in text.splitlines() if line.startswith(("genre", "jazz", "rock"))] == [
        ["genre", "clips", "artists"], ["jazz", "21", "21"], ["rock", "25", "4"],
    ]  # fmt: skip
    assert "49 clips in data/mine, 7 computed now, 1 left out" in text
    assert "40 of 49 clips have an artist" in text


def test_a_table_in_order_has_no_warning():
    assert warned(clips("jazz", 20) + clips("rock", 20)) == ""


def test_genres_under_twenty_clips_are_named():
    assert "20 are a start" in warned(clips("jazz", 19) + clips("rock", 20))
    assert "jazz 19." in warned(clips("jazz", 19) + clips("rock", 20))


def test_one_artist_who_fills_a_genre_is_named():
    rows = clips("jazz", 20) + clips("rock", 10, artist="Muse") + clips("rock", 10, start=10)
    assert "10 of the 20 clips of rock are by 'Muse'" in warned(rows)
    assert "Muse" not in warned([*rows, *clips("rock", 1, start=20)])


def test_a_flat_folder_is_said():
    rows = [{**row, "genre": ""} for row in clips("song", 3)]
    assert warned(rows).startswith("All clips lie directly in the folder and have no genre, for instance 'song/0'")
    assert "1 clip lies directly in the folder and has no genre" in warned(rows[:1] + clips("a", 20) + clips("b", 20))


def test_one_genre_is_no_choice():
    assert "only one genre, 'jazz'" in warned(clips("jazz", 20))


@pytest.mark.parametrize(("one", "other"), [("Rock", "rock"), ("hip hop", "Hip-Hop"), ("tejano", "Tejáno")])
def test_genres_that_differ_only_in_spelling_are_said(one, other):
    first, second = sorted([one, other])
    said = f"The genres {first!r} and {second!r} differ only in spelling: give them one name."
    assert said in warned([*clips(one, 20), *clips(other, 20)])
    assert "spelling" not in warned([*clips(one, 20), *clips("polka", 20)])


@pytest.mark.parametrize("cells", [{"sha256": "same"}, {"file_artist": "Björk", "file_title": "Jóga"}])
def test_the_same_recording_in_two_genres_is_named(cells):
    rows = clips("jazz", 20) + clips("rock", 20)
    again = [{**rows[3], **cells}, {**rows[25], **cells}]
    assert "two genres, 'jazz/3' and 'rock/5': remove one" in warned([*rows, *again])
    assert "two genres" not in warned([*rows, *again[:1]])


def test_a_folder_with_both_faults_is_told_of_both(tmp_path):
    for place in ("hymn/a", "buzz/b", "flat"):
        write_wav(tmp_path / "music" / f"{place}.wav", song("hymn", seconds=3.5))
    write_wav(tmp_path / "music" / "hymn" / "c.wav", song("buzz", seconds=3.5))
    summary = preprocess(tmp_path / "music", tmp_path / "out", families=("zcr",))
    text = "\n".join(summary_lines(summary))
    assert "'buzz/b' and 'hymn/a': remove one" in text and "for instance 'flat'" in text
    assert "No clip has an artist" in text


def test_a_folder_without_sound_is_named_and_what_cannot_be_read_is_not_computed(tmp_path):
    write_wav(tmp_path / "music" / "hymn" / "a.wav", song("hymn", seconds=3.5))
    (tmp_path / "music" / "hymn" / "b.wav").write_bytes(b"")
    for name in ("polka", ".git"):
        (tmp_path / "music" / name).mkdir()
    text = "\n".join(summary_lines(preprocess(tmp_path / "music", tmp_path / "out", families=("zcr",))))
    assert "note: No sound file in the folder 'polka'." in text and ".git" not in text
    assert f"1 clips in {tmp_path / 'out'}, 1 computed now, 1 left out" in text
    assert "train with them" not in text


def test_parts_and_copies_that_were_asked_for_are_counted(tmp_path):
    write_wav(tmp_path / "music" / "hymn" / "a.wav", song("hymn", seconds=7.0))
    for _ in range(2):  # computed, and known
        summary = preprocess(tmp_path / "music", tmp_path / "out", families=("zcr",), segments=(2, 6), copies=True)
        assert "4 rows of parts and changed copies of the clips, which train with them" in summary_lines(summary)

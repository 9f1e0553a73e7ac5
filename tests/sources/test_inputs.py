"""From what a user gives to answers: files, folders, links, playlists and titles side by side."""

from pathlib import Path

import pytest

from musicgenre.audio.recording import Excerpt
from musicgenre.errors import Cancelled
from musicgenre.inference.classifier import Classifier
from musicgenre.sources.inputs import expand_inputs
from musicgenre.sources.links import given_path
from musicgenre.task import Task

SONG = "song0000001"


@pytest.fixture(scope="module")
def classifier():
    return Classifier()


@pytest.fixture
def song(youtube, tmp_path):
    """Return a file in a folder, and the link of a video with the same sound."""
    folder = tmp_path / "music"
    folder.mkdir()
    (folder / "song.webm").write_bytes(youtube.media.files["song.webm"])
    link = youtube.catalogue.add(SONG, media=youtube.media.url("whole", "song.webm"), title="A\x1b[31m Song", length=20)
    return folder / "song.webm", link


def test_a_link_and_a_title_are_answered_like_the_file(youtube, classifier, song):
    file, link = song
    youtube.catalogue.set(search=[SONG])
    expected, from_link, from_title = (
        classifier.classify_item(next(expand_inputs([text], search_titles=searched))).prediction
        for text, searched in ((str(file), False), (link, False), ("artist a song", True))
    )
    assert expected.probabilities
    for answer in (from_link, from_title):
        assert (answer.verdict, answer.genre) == (expected.verdict, expected.genre)
        assert answer.probabilities == pytest.approx(expected.probabilities, abs=0.01)
        assert answer.title == "A Song"
        assert answer.duration_s == pytest.approx(20, abs=0.1)
    assert (from_link.input, from_title.input) == (link, "artist a song")
    assert from_title.as_json()["candidates"] == [
        {"title": "A Song", "channel": "A Channel", "duration_s": 20, "link": link, "chosen": True}
    ]
    assert "candidates" not in from_link.as_json()
    assert not youtube.left_behind()


def test_the_start_of_a_link_counts_unless_another_is_asked_for(classifier, song):
    item = next(expand_inputs([f"youtu.be/{SONG}?t=4"]))
    starts = [
        classifier.classify_item(item, excerpt=Excerpt(start)).prediction.analysed[0].start_s for start in (None, 8, 0)
    ]
    assert starts == pytest.approx([4, 8, 0], abs=0.05)


def test_inputs_keep_their_order_and_every_one_gets_an_answer(youtube, classifier, song):
    file, link = song
    youtube.catalogue.add("private0001", title="[Private video]", length=0)
    youtube.catalogue.add("broken00001", media=youtube.media.url("status", "404"), title="Broken")
    youtube.catalogue.set(playlists={"PLx": [SONG, "private0001", "broken00001"]})
    texts = [
        str(file.parent),
        "https://www.youtube.com/playlist?list=PLx",
        "https://evil.com/x",
        "missing.mp3",
        "a title",
    ]
    items = list(expand_inputs(texts))
    watch = "https://www.youtube.com/watch?v="
    assert [item.input for item in items] == [str(file), link, f"{watch}private0001", f"{watch}broken00001", *texts[2:]]
    answers = [classifier.classify_item(item).prediction for item in items]
    kinds = [answer.error.kind if answer.error else None for answer in answers]
    assert kinds == [None, None, "download", "download", "not_allowed", "not_found", "not_found"]
    assert [answer.title for answer in answers[1:4]] == ["A Song", "[Private video]", "Broken"]
    assert "--search" in answers[-1].reason
    assert answers[0].probabilities == pytest.approx(answers[1].probabilities, abs=0.01)


def test_without_search_no_text_is_sent_to_youtube(youtube, monkeypatch):
    monkeypatch.setattr("musicgenre.sources.inputs.search", lambda *_args, **_more: pytest.fail("asked YouTube"))
    assert [item.error.kind for item in expand_inputs(["my diary", "songs/one", "two.wav"])] == ["not_found"] * 3


def test_with_search_a_title_may_look_like_a_file(youtube, song, monkeypatch):
    youtube.catalogue.set(search=[SONG])
    monkeypatch.chdir(song[0].parent)
    assert next(expand_inputs(["song.webm"], search_titles=True)).chosen.title == "A Song"


def test_an_input_in_quotes_is_called_by_its_path(song):
    file = str(song[0])
    assert [item.input for item in expand_inputs([f'"{file}"', f"'{song[0].parent}'", file])] == [file] * 3


def test_a_link_to_several_videos_is_an_input_each_without_asking(youtube, monkeypatch):
    monkeypatch.setattr("musicgenre.sources.inputs.playlist", lambda *_args, **_more: pytest.fail("asked YouTube"))
    items = list(expand_inputs(["https://www.youtube.com/watch_videos?video_ids=song0000001,song0000002"]))
    assert [item.source.video_id for item in items] == ["song0000001", "song0000002"]
    assert [item.input for item in items] == [item.source.value for item in items]


def test_an_empty_folder_stays(tmp_path, classifier):
    item = next(expand_inputs([str(tmp_path)]))
    assert classifier.classify_item(item).prediction.error.kind == "not_found"


def test_cancel_passes_through(youtube, classifier, song):
    item = next(expand_inputs([song[1]]))
    with pytest.raises(Cancelled):
        classifier.classify_item(item, task=Task(cancelled=lambda: True))
    with pytest.raises(Cancelled):
        list(expand_inputs(["a title"], search_titles=True, task=Task(cancelled=lambda: True)))
    assert not youtube.left_behind()


@pytest.mark.parametrize("form", ['"{}"', "'{}'", "& '{}'", "\u201c{}\u201d", "\u202a{}", "{}"])
def test_a_path_is_taken_without_what_was_put_around_it(form, tmp_path):
    folder = tmp_path / "my songs"
    folder.mkdir()
    assert given_path(form.format(folder)) == folder


def test_a_quoted_path_to_nothing_loses_its_quotes_and_a_name_with_quotes_stays(tmp_path):
    assert given_path(f'"{tmp_path}/none"') == tmp_path / "none"
    (tmp_path / '"quoted"').mkdir()
    assert given_path(tmp_path / '"quoted"') == tmp_path / '"quoted"'
    assert given_path('a "b" c') == Path('a "b" c')

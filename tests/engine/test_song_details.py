"""Artist, album and cover of a song."""

import pytest

from musicgenre.audio.cover import SongTags
from musicgenre.engine.song_details import Details


@pytest.mark.parametrize("stored", [True, False])
def test_the_artist_of_a_video_is_known_to_its_answer(tmp_path, stored):
    told = []
    details, store = Details(told.append), str(tmp_path / "key.npz") if stored else None
    assert details.artist("key", store) == ""
    details.keep("key", store, SongTags("Etta James", "", b""))
    assert details.artist("key", store) == "Etta James" and len(told) == 1

"""YouTube's place in the tests: what its servers answer comes from a catalogue; yt-dlp does everything else itself.

A plugin of yt-dlp, found through PYTHONPATH. The catalogue's path is in GENRE_TEST_CATALOGUE.
"""

import json
import os
import time
from pathlib import Path

from yt_dlp.extractor.youtube import YoutubeIE, YoutubeSearchIE, YoutubeTabIE
from yt_dlp.utils import ExtractorError


def _catalogue():
    return json.loads(Path(os.environ["GENRE_TEST_CATALOGUE"]).read_text(encoding="utf-8"))


def _renderer(video_id, video):
    """Return a video as YouTube's result lists describe it."""
    minutes, seconds = divmod(int(video.get("length") or 0), 60)
    renderer = {"videoId": video_id, "title": {"simpleText": video["title"]}}
    renderer["ownerText"] = {"simpleText": video.get("channel", "A Channel")}
    if video.get("live"):
        badge = {"style": "LIVE" if video["live"] == "isLive" else "UPCOMING"}
        renderer["thumbnailOverlays"] = [{"thumbnailOverlayTimeStatusRenderer": badge}]
    elif video.get("length"):
        renderer["lengthText"] = {"simpleText": f"{minutes}:{seconds:02d}"}
    return renderer


class StandInVideoIE(YoutubeIE, plugin_name="standin"):
    """The page of a video."""

    def _download_initial_webpage(self, *args, **kwargs):
        return None

    def _download_initial_data(self, *args, **kwargs):
        return {}

    def _download_ytcfg(self, *args, **kwargs):
        return {}

    def _download_player_url(self, *args, **kwargs):
        return None

    def _extract_player_response(self, client, video_id, *args, **kwargs):
        video = _catalogue()["videos"].get(video_id)
        if video is None:
            return {
                "videoDetails": {"videoId": video_id},
                "playabilityStatus": {"status": "ERROR", "reason": "Video unavailable"},
            }
        time.sleep(video.get("delay_s", 0))
        if video.get("page"):  # an address that is asked for in place of YouTube's
            self._download_webpage(video["page"], video_id, fatal=True)
        if video.get("fault") == "changed":
            self._search_regex("nothing", "like this", "player version")
        if video.get("fault") == "odd":
            raise ExtractorError("The cat sat on the \x1b[31mserver\x1b[0m", expected=True)
        response = {
            "videoDetails": {
                "videoId": video_id,
                "title": video["title"],
                "lengthSeconds": str(int(video["length"])) if video.get("length") else None,
                "author": video.get("channel", "A Channel"),
                "isLiveContent": bool(video.get("live")),
                **({video["live"]: True} if video.get("live") else {}),
            },
            "playabilityStatus": video.get("playability") or {"status": "OK"},
        }
        if video.get("media"):
            response["streamingData"] = {
                "adaptiveFormats": [
                    {
                        "itag": 251,
                        "url": video["media"],
                        "mimeType": video.get("mime", 'audio/webm; codecs="opus"'),
                        "audioQuality": "AUDIO_QUALITY_MEDIUM",
                        "audioSampleRate": "48000",
                        "averageBitrate": 128000,
                    }
                ]
            }
        return response


class StandInSearchIE(YoutubeSearchIE, plugin_name="standin"):
    """The page of search results."""

    def _search_results(self, query, *args, **kwargs):
        catalogue = _catalogue()
        time.sleep(catalogue["search_delay_s"])
        for video_id in catalogue["search"]:
            yield self._extract_video(_renderer(video_id, catalogue["videos"][video_id]))


class StandInPlaylistIE(YoutubeTabIE, plugin_name="standin"):
    """The page of a playlist."""

    def _real_extract(self, url):
        playlist_id = url.rpartition("=")[2]
        catalogue = _catalogue()
        time.sleep(catalogue.get("playlist_delay_s", 0))
        if playlist_id not in catalogue["playlists"]:
            raise ExtractorError("YouTube said: The playlist does not exist.", expected=True)
        entries = []
        for video_id in catalogue["playlists"][playlist_id]:
            video = catalogue["videos"].get(video_id, {"title": "[Deleted video]"})
            entries.append(self._extract_video(_renderer(video_id, video)))
        return self.playlist_result(entries, playlist_id, "A Playlist")

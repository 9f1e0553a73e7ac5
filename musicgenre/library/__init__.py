"""Many songs in one file: answers, tags, playlists, statistics."""

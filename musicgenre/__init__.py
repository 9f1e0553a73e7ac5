"""Music genre classification: audio to genre, with honest confidence."""

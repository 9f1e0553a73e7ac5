"""What a user gave -> things to hear: files, folders, links, titles."""

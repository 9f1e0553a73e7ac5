"""Folder of audio -> table of features."""

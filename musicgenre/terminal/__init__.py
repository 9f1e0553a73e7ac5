"""Streams, signals, bars, and answers as text, JSON lines and CSV."""

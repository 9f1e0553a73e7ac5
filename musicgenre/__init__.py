"""Music genre classification: one package behind the numbered scripts."""

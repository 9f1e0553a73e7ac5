"""Sound files: samples and tags."""

"""The genre in each format of tags: where it stands, and the edits that replace it and nothing else."""

"""Name the genre of music: from a file, a folder or a link to a calibrated answer."""

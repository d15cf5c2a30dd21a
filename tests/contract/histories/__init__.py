"""Random histories of an archive: what happens to it (`world`), what must be left (`oracle`)."""

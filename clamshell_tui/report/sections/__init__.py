"""The sections of a page, one per file: each is a function of the material."""

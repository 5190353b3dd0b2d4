"""A live study: participants go through its stages, and work in the run of their condition."""

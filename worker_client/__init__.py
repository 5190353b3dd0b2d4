"""A participant's terminal."""

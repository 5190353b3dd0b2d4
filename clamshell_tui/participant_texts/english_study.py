"""The English sentences of a study's stages, by section and key; see ``english``."""

from collections.abc import Mapping

ENGLISH: Mapping[str, Mapping[str, str | Mapping[str, str]]] = {}

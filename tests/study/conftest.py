"""A small study with all its files, to be changed by each test."""

from pathlib import Path

import pytest

from tests.study.files import StudyFiles


@pytest.fixture
def files(tmp_path: Path) -> StudyFiles:
    return StudyFiles(tmp_path)

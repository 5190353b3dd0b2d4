"""The handbook's pictures show what the screens show."""

import pytest

from clamshell_tui.cli.help import HANDBOOK
from tests.docs.pictures import PICTURES, picture
from tests.worker_client.pictures import same_textual


@pytest.mark.slow
@same_textual
@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_what_the_screen_shows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("COLORFGBG", "15;0")
    kept = (HANDBOOK / f"{name}.svg").read_text("utf-8")
    assert picture(PICTURES[name]) == kept, "python -m tests.docs pictures takes it again"

"""Scenarios name screens; renaming a class must not break them."""

import pytest
from textual.screen import Screen

from clamshell_tui.operator_app.dialogs import (
    ActionMenu,
    ConfirmDialog,
    HelpDialog,
    PromptDialog,
    TextDialog,
)
from clamshell_tui.testing.live.terminal import screen_name
from worker_client.screens.overlays import LeaveScreen, TooSmallScreen, WorkerHelpScreen

NAMES = {
    ActionMenu: "action-menu",
    ConfirmDialog: "confirm",
    HelpDialog: "help",
    PromptDialog: "ask",
    TextDialog: "tell",
    LeaveScreen: "leave",
    TooSmallScreen: "too-small",
    WorkerHelpScreen: "help",
}


@pytest.mark.parametrize(("kind", "name"), NAMES.items())
def test_a_screen_keeps_the_name_that_scenarios_use(kind: type[Screen[object]], name: str) -> None:
    assert screen_name(kind) == name

"""SIGTERM and SIGINT: when to finish what is in hand, and when to stop at once."""

import asyncio
import signal

from clamshell_tui.coordinator.run_loop import RunLoop


class Signals:
    """A context of the main task. SIGTERM drains, a second one or SIGINT stops at once.

    SIGHUP is passed over: people may be at work, whatever became of our terminal. Without an
    ``owner``, while the run is being put together, any of them cancels the task.
    """

    def __init__(self) -> None:
        self.owner: RunLoop | None = None
        self.exit_code = 0
        """Of the process: 128 and the signal's number if it was stopped at once."""
        self.told = asyncio.Event()
        """Set when we were told to end, one way or the other."""
        self._draining = False

    def __enter__(self) -> "Signals":
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._terminate)
        loop.add_signal_handler(signal.SIGINT, self._stop, signal.SIGINT)
        loop.add_signal_handler(signal.SIGHUP, lambda: None)
        return self

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        loop.remove_signal_handler(signal.SIGTERM)
        loop.remove_signal_handler(signal.SIGINT)
        loop.remove_signal_handler(signal.SIGHUP)

    def _terminate(self) -> None:
        self.told.set()
        if self._draining or self.owner is None:
            self._stop(signal.SIGTERM)
        else:
            self._draining = True
            self.owner.drain("signal")

    def _stop(self, number: signal.Signals) -> None:
        self.told.set()
        self.exit_code = 128 + number
        if self.owner is not None:
            self.owner.stop()
        elif self._task is not None:
            self._task.cancel()

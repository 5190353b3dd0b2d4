"""A replica read from a run file, with the names of its records."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator

from clamshell_tui.core.config import RunConfig
from clamshell_tui.errors import ClamshellError
from clamshell_tui.run.names import RecordName, Title
from clamshell_tui.run.replica import Replica
from clamshell_tui.runfile.fold import replaying
from clamshell_tui.runfile.meta import config_of
from clamshell_tui.runfile.reader import RunFile
from clamshell_tui.scenario.load import as_toml
from clamshell_tui.scenario.rules import require_rules, stored_scenario
from clamshell_tui.text import show
from clamshell_tui.wire.operator_messages import Order
from clamshell_tui.wire.study_messages import PersonOrder, PersonResult, StartAt, StartNow

CHUNK = 500  # entries between two yields: some 20 ms


class FileRun:
    """Reads a run file into a replica in small parts, so that a screen appears immediately.

    Raises EnvironmentFaultError when the run was made by other rules.
    """

    live = False
    study = None

    def __init__(self, file: RunFile, *, keyframes: bool = True) -> None:
        name = show(file.path.name)
        require_rules(file.meta, name)
        self.title = Title.of(file.meta)
        self.scenario = as_toml(stored_scenario(file.meta, name))
        self.config: RunConfig = config_of(file)
        self._file = file
        self.entries = file.entries()
        self.replica = Replica(self.config, self.entries, keyframes=keyframes)
        self.names = record_names(file, self.config.classes)
        self.loaded = 0.0
        """Share of the journal that was fed, 0 to 1."""
        self.notices: deque[str] = deque()

    @property
    def contact(self) -> str:
        return "kept" if self.loaded >= 1.0 else f"loading {self.loaded:.0%}"

    def now(self) -> float:
        return self.replica.end

    async def keep_up(self) -> None:
        """Feed the whole journal; see :meth:`load`."""
        from asyncio import sleep  # only screens need it

        for _ in self.load():
            await sleep(0)

    def load(self) -> Iterator[float]:
        """Feed the whole journal; yield :attr:`loaded` after each part.

        Raises EnvironmentFaultError, as ``clamshell verify`` does, for a journal that is damaged.
        """
        with replaying(self._file.path):
            for at, event in self._file.events():
                self.replica.feed(at, event)
                if self.replica.fed % CHUNK == 0:
                    self.loaded = self.replica.fed / self.entries
                    yield self.loaded
        self.loaded = 1.0
        yield self.loaded

    async def order(self, order: Order | StartNow | StartAt) -> str:
        raise ClamshellError("this run is over: nothing can be done to it any more")

    async def order_people(self, order: PersonOrder) -> tuple[PersonResult, ...]:
        raise ClamshellError("this study is over: nothing can be done to it any more")

    async def select(self, condition: int | None) -> None:
        raise ClamshellError("a file has no other conditions")

    def join(self, code: str) -> str:
        return code

    async def free(self, codes: Iterable[str]) -> Collection[str]:
        return ()

    async def close(self) -> None:
        self._file.close()


def record_names(file: RunFile, classes: tuple[str, ...]) -> dict[int, RecordName]:
    """Return the names of all labelled records."""
    places = {name: place for place, name in enumerate(classes)}
    rows = file.connection.execute("SELECT record, external_id, truth FROM label")
    return {
        record: RecordName(external_id, None if truth is None else places.get(truth))
        for record, external_id, truth in rows
    }

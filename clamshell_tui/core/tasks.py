"""Records, batches, tasks and labels: the life of a record from submission to its label."""

from collections.abc import Mapping, Sequence
from random import Random
from typing import NamedTuple

from clamshell_tui.core.commands import CloseBatch, Command, CutBatch, DeliverLabels, SetAside, Warn
from clamshell_tui.core.config import RunConfig
from clamshell_tui.core.crowd_platform.checks import Checks
from clamshell_tui.core.crowd_platform.election import Election, unskipped
from clamshell_tui.core.crowd_platform.known_answers import KnownAnswers
from clamshell_tui.core.crowd_platform.machine import Machines
from clamshell_tui.core.crowd_platform.record_pool import LabelCache, RecordPool
from clamshell_tui.core.crowd_platform.work import Batch, Task, TaskState, Vote, Worker
from clamshell_tui.core.ids import BatchId, ClassIndex, Phase, RecordId, TaskId, WorkerId
from clamshell_tui.core.lifeguard.routing import ROUTINGS
from clamshell_tui.core.open_work import OpenWork, duplicate_cap


class Chosen(NamedTuple):
    """The records of a task, and which of them were selected by uncertainty.

    ``short``: one less than a task has, see :class:`Checks`.
    """

    records: tuple[RecordId, ...]
    active: frozenset[RecordId]
    short: bool


class Tasks:
    """Records, batches, tasks and labels; a base class of the state."""

    def __init__(self, config: RunConfig, workers: Mapping[WorkerId, Worker]) -> None:
        self.config = config
        self.phase = Phase.RECRUITING
        self.records = RecordPool()
        self.labels = LabelCache()
        self.gold = KnownAnswers()
        self.rng = Random(config.seed)
        self.checks = Checks(config.quality.checks_every, self.gold, self.rng)
        self.seeds = 0  # records submitted with their labels
        self.set_aside: dict[RecordId, TaskId] = {}  # records that get no label, with their task
        self.submission_open = True
        self.tasks: list[Task] = []
        graded = ROUTINGS[config.straggler_mitigation.routing].graded
        self.work = OpenWork(duplicate_cap(config), graded=graded)
        self.batch: Batch | None = None  # the newest one in play
        self.batches: list[Batch] = []
        self.in_play: dict[BatchId, Batch] = {}
        self.ended_batches: dict[BatchId, Batch] = {}  # in play, with all tasks ended: to be closed
        self.machines = None if config.machine.policy == "off" else Machines()
        machines_vote = config.machine.policy == "vote"
        self.election = Election(config, workers, self.machines if machines_vote else None)
        self._workers = workers
        self.voter_failed = False  # and the operator knows
        self.at_risk = 0  # tasks set aside, or one failure short of it
        self.spot_checks = config.quality.gold_share > 0

    # -- batches ------------------------------------------------------------------------------

    @property
    def records_in_play(self) -> int:
        """Records in tasks that have not ended, without gold records."""
        settled = len(self.labels) + len(self.set_aside) + len(self.gold) + self.seeds
        return self.records.submitted - settled - len(self.records)

    def nothing_left_for(self, worker: WorkerId) -> bool:
        """Return whether no more records come, and a worker has answered all that need answers."""
        if self.submission_open or len(self.records):
            return False
        return all(task.answered_by(worker) for task in self._open_tasks())

    def all_answered_by(self, workers: Sequence[WorkerId]) -> bool:
        """Return whether tasks are open, but these workers have answered each of them."""
        tasks = self._open_tasks()
        return bool(tasks) and all(t.answered_by(worker) for t in tasks for worker in workers)

    def _open_tasks(self) -> list[Task]:
        tasks = (task for batch in self.in_play.values() for task in batch.tasks)
        return [task for task in tasks if task.ended is None]

    def cut_batch(
        self,
        chosen: Sequence[Chosen],
        model: int,
        now: float,
        out: list[Command],
    ) -> None:
        """Open a batch of groups of records."""
        batch = self.batch = Batch(BatchId(len(self.batches)), [], 0, now, model)
        self.batches.append(batch)
        self.in_play[batch.id] = batch
        self.phase = Phase.LABELLING
        self.extend_batch(batch, chosen, model, out)

    def extend_batch(
        self,
        batch: Batch,
        chosen: Sequence[Chosen],
        model: int,
        out: list[Command],
    ) -> None:
        """Add groups of records to a batch in play."""
        self.ended_batches.pop(batch.id, None)
        votes = self.config.tasks.votes
        coupled = votes > 1 and self.config.straggler_mitigation.coupling == "coupled"
        missing = 1 if coupled else self.election.votes_at_first(self.config)
        tasks, queue = self.tasks, self.work.queue
        added: list[Task] = []
        for records, active, short in chosen:
            answers = self.election.machine_votes(records, votes - 1)
            seen: set[WorkerId] | None = set() if votes > 1 else None
            wanted = max(1, missing - len(answers)) if answers else missing
            for _ in range(votes - len(answers) if coupled else 1):
                task_id = TaskId(len(tasks))
                task = Task(task_id, batch.id, records, active, wanted, votes, answers, seen)
                task.short = short
                tasks.append(task)
                added.append(task)
                queue(task)
        batch.tasks += added
        batch.remaining += len(added)
        batch.groups += len(chosen)
        out.append(
            CutBatch(
                batch.id,
                tuple([task.id for task in added]),
                tuple([task.records for task in added]),
                frozenset().union(*[one.active for one in chosen if one.active]),
                model,
            )
        )

    def close_batch(self, batch: Batch, now: float, out: list[Command]) -> None:
        """Close a batch; all its tasks must have ended."""
        batch.ended = now
        out.append(CloseBatch(batch.id, batch.mpl))
        del self.in_play[batch.id], self.ended_batches[batch.id]
        self.batch = next(reversed(self.in_play.values()), None)

    # -- tasks and labels ---------------------------------------------------------------------

    def deliver_labels(self, task: Task, out: list[Command]) -> list[Task]:
        """Turn a task's answers into labels and deliver them.

        Return the new tasks of records that a worker skipped.
        """
        records = unskipped(task)
        support: tuple[float, ...]
        if task.quorum == 1 and not self.election.adaptive:
            labels = tuple([label for label in task.answers[0].labels if label is not None])
            support = (1.0,) * len(records)
        else:
            elected = self.election.decide(task, self.gold)
            labels = tuple([label for label, _ in elected])
            support = tuple([share for _, share in elected])
        asked_again = [] if len(records) == len(task.records) else self._ask_again(task, out)
        if self.spot_checks:
            kept = [i for i, record in enumerate(records) if record not in self.gold]
            records = tuple([records[i] for i in kept])
            labels = tuple([labels[i] for i in kept])
            support = tuple([support[i] for i in kept])
        self.labels.put(records, labels)
        if self.machines is not None:
            self.machines.labelled(records, labels, by_people=not self.election.machines_vote)
        if self.checks.every:
            self.checks.labelled += records
        voter = self.election.voter
        if voter is not None and voter.failed and not self.voter_failed:
            self.voter_failed = True
            text = "workers disagree with the model more often than before: it no longer votes"
            out.append(Warn("model-votes", text))
        chosen = task.active
        active = (
            tuple([record in chosen for record in records]) if chosen else (False,) * len(records)
        )
        out.append(DeliverLabels(task.id, records, labels, support, active))
        return asked_again

    def accept_labels(
        self,
        records: tuple[RecordId, ...],
        labels: tuple[ClassIndex, ...],
        share: float,
        out: list[Command],
    ) -> None:
        """Deliver a machine's labels of waiting records; ``share`` of such ones were right."""
        for record in records:
            self.records.remove(record)
        self.labels.put(records, labels)
        if self.machines is not None:
            self.machines.labelled(records, labels, by_people=False)
        n = len(records)
        out.append(DeliverLabels(None, records, labels, (share,) * n, (False,) * n))

    def _ask_again(self, task: Task, out: list[Command]) -> list[Task]:
        """Cut each record that a worker skipped into a task of its own.

        It begins with the votes that the record has. The workers who skipped it have failed on it.
        """
        skipped = [
            (place, record)
            for place, record in enumerate(task.records)
            if record not in self.gold and any(vote.labels[place] is None for vote in task.answers)
        ]
        batch = self.batches[task.batch]
        tasks = [self._alone(task, place, record) for place, record in skipped]
        batch.tasks += tasks
        batch.remaining += len(tasks)
        if tasks:
            self.ended_batches.pop(batch.id, None)
            ids, records = [one.id for one in tasks], [one.records for one in tasks]
            active = frozenset().union(*[one.active for one in tasks])
            out.append(CutBatch(batch.id, tuple(ids), tuple(records), active, batch.model))
        return tasks

    def _alone(self, task: Task, place: int, record: RecordId) -> Task:
        votes = [(vote.worker, vote.labels[place]) for vote in task.answers]
        answers = [Vote(worker, (label,)) for worker, label in votes if label is not None]
        failed = [self._workers[worker] for worker, label in votes if label is None]
        alone = Task(
            TaskId(len(self.tasks)),
            task.batch,
            (record,),
            task.active & {record},
            max(1, self.election.votes_at_first(self.config) - len(answers)),
            self.config.tasks.votes,
            answers,
            {worker for worker, _ in votes},
            failures=len(failed),
            failed=failed,
        )
        self.tasks.append(alone)
        self.work.place(alone)
        return alone

    def set_task_aside(self, task: Task, now: float, out: list[Command]) -> None:
        """Give up a task with too many failures; it must have no live assignment."""
        self.end_task(task, TaskState.SET_ASIDE, now)
        records = tuple([record for record in task.records if record not in self.gold])
        self.set_aside.update(dict.fromkeys(records, task.id))
        for record in records:
            if record in self.records:  # put back when a sibling task was cancelled
                self.records.remove(record)
        out.append(SetAside(task.id, records))
        names = ", ".join(map(str, records))
        out.append(Warn("poison", f"task {task.id} was set aside: records {names} have no label"))

    def settle(self, task: Task, now: float, out: list[Command]) -> list[Task]:
        """Complete a task with fewer votes: the pool is full, and all of it has answered.

        Return the new tasks of records that a worker skipped.
        """
        missing, wanted = task.missing, task.quorum
        if self.election.adaptive:
            task.quorum = len(task.answers)
        else:
            for sibling in self.batches[task.batch].tasks:
                if sibling.answers is task.answers:
                    sibling.quorum -= missing
        task.missing = 0
        self.end_task(task, TaskState.COMPLETE, now)
        have = f"{len(task.answers)} of {wanted} votes"
        out.append(Warn("votes", f"task {task.id} has {have}: everybody in the pool has answered"))
        return self.deliver_labels(task, out) if len(task.answers) == task.quorum else []

    def cancel_task(self, task: Task, now: float) -> None:
        """Cancel a task without answers; its records can be selected again."""
        self.end_task(task, TaskState.CANCELLED, now)
        for record in task.records:
            settled = (self.gold, self.set_aside, self.records)
            if not any(record in where for where in settled):
                self.records.put_back(record)

    def end_task(self, task: Task, state: TaskState, now: float) -> None:
        """Take a task out of play; the last task of a batch ends the batch."""
        task.become(state)
        task.ended = now
        if task.at_risk and state is not TaskState.SET_ASIDE:
            self.at_risk -= 1
        self.work.remove(task)
        batch = self.batches[task.batch]
        batch.remaining -= 1
        if not batch.remaining:
            self.ended_batches[batch.id] = batch

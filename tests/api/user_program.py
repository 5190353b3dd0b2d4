"""A user's program with every public name of the package: typed strictly, and run."""

import asyncio
from pathlib import Path

import clamshell_tui as cs


def measured(folder: Path) -> float:
    run: cs.Run = cs.simulate(
        "quickstart", seed=3, settings={"stop.labels": 40, "pool.size": 6}, out=folder / "run.db"
    )
    again = cs.load_run(folder / "run.db")
    again.verify()
    labels: cs.Table = run.labels
    tables = (run.answers, run.workers, run.assignments, run.ledger, run.batches, run.models)
    labels.to_csv(folder / "labels.csv")
    rows: list[str] = [row.label for row in labels]
    assert len(labels) == len(rows) == len(labels["label"])
    assert all(each.columns for each in tables)
    assert again.digest == run.digest
    table = cs.sweep("quickstart", {"pool.size": [4, 6]}, seeds=range(1), jobs=1)
    total: int = run.summary.cost.total
    return total / len(table)


def labelled(crowd: cs.Crowd, records: list[cs.NewRecord]) -> dict[str, str]:
    address: str = crowd.address
    joins: tuple[str, ...] = crowd.joins
    assert (address, joins) != ("", ())
    with cs.Requester(crowd.address, crowd.token) as requester:
        accepted: int = requester.submit(records)
        predicted: list[cs.Predicted] = requester.predict(records)
        assert (accepted, len(predicted)) == (len(records), 1)
        assert asyncio.run(followed(crowd)) <= len(records)
        requester.submit([], last=True)
        delivered: list[cs.Labelled] = list(requester.labels(since=0))
    return {each.id: each.label for each in delivered}


async def followed(crowd: cs.Crowd) -> int:
    async with await cs.AsyncRequester.connect(crowd.address, crowd.token) as requester:
        return len([label.number async for label in requester.labels(follow=False)])


def main(folder: Path) -> str:
    try:
        cs.simulate("no-such-scenario")
    except cs.ScenarioError as error:
        words: str = str(error)
    except (cs.DatasetError, cs.RunFileError, cs.InputError) as error:
        words = str(error)
    except (cs.EnvironmentFaultError, cs.ClamshellError) as error:
        words = str(error)
    assert measured(folder) > 0
    version: str = cs.__version__
    api: int = cs.API_VERSION
    records = [cs.NewRecord("a", text="x", truth="good")]
    scenario = {"dataset": {"kind": "wire", "classes": ["bad", "good"]}}
    settings = {"qualification.enabled": False, "requester.gold": 0}
    with cs.serve(scenario, bots=4, speed=1000.0, settings=settings) as crowd:
        requester: cs.Requester = crowd.requester()
        requester.close()
        found = labelled(crowd, records)
    return f"{version} {api} {words} {found}"


async def closed_inside(folder: Path) -> None:
    async with cs.serve({"dataset": {"kind": "wire"}}, seats=1, db=folder / "live.db") as crowd:
        crowd.close()


if __name__ == "__main__":
    print(main(Path.cwd()))

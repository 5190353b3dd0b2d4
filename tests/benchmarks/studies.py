"""The study that benchmarks serve: cats and dogs, in two conditions."""

from pathlib import Path

STUDY = """\
condition = [{ name = "helped" }, { name = "alone", set = ["straggler_mitigation.enabled=false"] }]
stage = [
%(stages)s
  { kind = "debrief" }]
study.contact = "Dr A. Meyer"
participants.file = "people.csv"
dataset = { kind = "csv", path = "pets.csv", id = "id", text = "text", label = "pet", use = "use" }
learning.enabled = false
tasks = { records_per_task = %(task)d, votes = %(votes)d }
"""
SOUNDS = (("meow", "cat"), ("woof", "dog"))


def write_study(
    folder: Path, *stages: str, people: int, records: int, checks: int, task: int, votes: int = 1
) -> None:
    """Write ``pets.toml`` and its files: so many people, records, checks, records a task, votes."""
    rows = "".join(f"  {stage},\n" for stage in stages)
    text = STUDY % {"stages": rows.rstrip(), "task": task, "votes": votes}
    (folder / "pets.toml").write_text(text)
    (folder / "consent.md").write_text("Do you take part?")
    (folder / "codebook.md").write_text("Say which animal it is.")
    labels = [f"L{number:02}" for number in range(people)]
    (folder / "people.csv").write_text("\n".join(["label", *labels, ""]))
    records_csv = [
        f"{number},{sound} {number:05} and what else there is to read of it,{pet},{use}"
        for number, use in enumerate(["check"] * checks + ["work"] * records)
        for sound, pet in [SOUNDS[number % 2]]
    ]
    (folder / "pets.csv").write_text("\n".join(["id,text,pet,use", *records_csv, ""]))

"""Files that are damaged at random are read, or refused in one line."""

import random
from pathlib import Path

import pytest

from clamshell_tui.cli.dataset_settings import table_config
from clamshell_tui.cli.wire_records import Columns, RecordsFile
from clamshell_tui.datasets.inspection import read, remarks, understood
from clamshell_tui.errors import ClamshellError
from clamshell_tui.text import show

GOOD = (
    b'id,text,label\nr0,"bad film, yes",neg\nr1,good film,pos\nr2,so so,neg\n',
    "id;text;label\n1;Gr\u00f6\u00dfe 0,5;a\n2;\u00e9;b\n".encode("cp1252"),
    b'"id" "text" "label"\n"1" "r0" "A bad" "neg"\n"2" "r1" "B" "pos"\n',
    "id,text,label\n1,a,b\n".encode("utf-16"),
    b'{"text":"x y","answer":"accept","_task_hash":1,"label":"A","accept":["A"]}\n'
    b'{"text":"z","answer":"reject","_task_hash":2,"label":"B"}\n',
    b'[{"id":1,"data":{"text":"abc def"},"annotations":[{"result":[{"from_name":"s","value":'
    b'{"choices":["a"]}}]}]},{"id":2,"data":{"text":"abc"},"annotations":[]}]',
    b'{"rows":[{"row_idx":0,"row":{"text":"a b c"}},{"row_idx":1,"row":{"text":"d e f"}}]}',
    b'{"text":"x","cats":{"A":1}}\n{"text":"y","cats":{"B":1}}\n',
)
MARKS = b"\",;\t\n\r\\'{}[]:0N\x00\xff\xe9 -#.|e"


def damaged(rng: random.Random) -> bytes:
    raw = bytearray(rng.choice(GOOD))
    for _ in range(rng.randint(0, 5)):
        at = rng.randrange(len(raw))
        match rng.randrange(4):
            case 0:
                raw[at:at] = bytes(rng.choices(MARKS, k=rng.randint(1, 3)))
            case 1:
                del raw[at : at + rng.randint(1, 4)]
            case 2:
                raw[at:at] = raw[at // 2 : at // 2 + rng.randint(1, 30)]
            case _:
                raw[at] = rng.randrange(256)
    return bytes(raw)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_damaged_file_is_read_or_refused(tmp_path: Path, seed: int) -> None:
    rng, file = random.Random(seed), tmp_path / "d"
    for _ in range(100 if seed == 1 else 5000):
        file.write_bytes(damaged(rng))
        text, gold = rng.choice(("text", None)), rng.choice(("label", None))
        for attempt in (
            lambda: list(remarks(read(understood(file, table_config(file, {}, ())), Path()))),
            lambda text=text, gold=gold: list(RecordsFile(str(file), Columns("id", text, gold))),
        ):
            try:
                attempt()
            except ClamshellError as error:
                assert show(str(error)) == str(error)  # noqa: PT017  # most files are refused

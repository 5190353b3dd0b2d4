"""Back-ups of the folder of a study: one archive with ``study.db`` and the runs."""

import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

from clamshell_tui.errors import EnvironmentFaultError
from clamshell_tui.runfile.backup import image_of
from clamshell_tui.runfile.output_path import cannot_write
from clamshell_tui.study.file import StudyFile
from clamshell_tui.study.reader import read_study
from clamshell_tui.study.schema import FILE
from clamshell_tui.study.verify import StudyVerification, verify_study
from clamshell_tui.text import show

KEY_NAME = "study.id"
"""File with the name of the key of the codes, so that a copy has the same codes."""


def archive(files: Mapping[str, bytes]) -> bytes:
    """Return files by name as one archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o600
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def archive_of(folder: Path) -> bytes:
    """Return the archive of a study that is not being served; LockedError if it is."""
    study = read_study(folder)
    with StudyFile.open(folder) as file:
        files = {FILE: file.image()}
    for arm in study.meta.plan.conditions:
        run = study.run_file(arm.name)
        if run.exists():
            files[run.name] = image_of(run)
    return archive(files | {KEY_NAME: (folder / KEY_NAME).read_bytes()})


def write_folder(folder: Path, copied: bytes) -> StudyVerification:
    """Write an archive as a new folder, and verify it; there is none after an error."""
    part = folder.with_name(f".{folder.name[:80]}-{os.getpid()}.part")
    try:
        part.mkdir(mode=0o700)
    except OSError as error:
        raise cannot_write(folder, error) from error
    try:
        unpack(part, copied)
        found = verify_study(part)
        part.rename(folder)
    except BaseException:
        for file in part.iterdir():
            file.unlink()
        part.rmdir()
        raise
    return found


def unpack(folder: Path, copied: bytes) -> None:
    """Write the files of an archive into a folder; EnvironmentFaultError for a bad one."""
    with tarfile.open(fileobj=io.BytesIO(copied)) as tar:
        for member in tar:
            _write(folder, member, tar)


def _write(folder: Path, member: tarfile.TarInfo, tar: tarfile.TarFile) -> None:
    content = tar.extractfile(member) if member.isfile() else None
    if content is None or Path(member.name).name != member.name:
        raise EnvironmentFaultError(f"the copy is not good: it has {show(member.name)}")
    descriptor = os.open(folder / member.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content.read())

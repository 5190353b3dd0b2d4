"""What only a live run keeps: who may come back, and the records that came over the wire.

Secrets are kept as SHA-256 only, so that a run file can be handed on. Names of tables and columns
are for the coordinator; nothing that a report needs is in here.
"""

from msgspec import Struct

from clamshell_tui.runfile.schema import Table


class CredentialRow(Struct, gc=False):
    """A secret that somebody holds: the code of a ``seat`` (for a person) or of a ``bot`` seat, or
    the token of a worker's ``session``, of an ``operator`` or of a ``requester``.

    ``worker`` is whose session it is; for a code, who used it, None while it can be used.
    """

    hash: bytes
    kind: str
    worker: str | None = None
    revoked: bool = False


class RecordRow(Struct, gc=False):
    """A record that a requester submitted over the wire; ``body`` is its JSON as it came."""

    id: int
    external_id: str
    body: str


LIVE_DDL = """
CREATE TABLE credential (
    hash BLOB PRIMARY KEY NOT NULL CHECK (length(hash) = 32),
    kind TEXT NOT NULL CHECK (kind IN ('seat', 'bot', 'session', 'operator', 'requester')),
    worker TEXT,
    revoked INTEGER NOT NULL CHECK (revoked IN (0, 1)),
    CHECK (kind <> 'session' OR worker IS NOT NULL)
) STRICT, WITHOUT ROWID;
CREATE TABLE record (
    id INTEGER PRIMARY KEY CHECK (id >= 0),
    external_id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL CHECK (json_valid(body))
) STRICT;
"""

CREDENTIAL = Table(
    "credential", CredentialRow, key="hash", loads={"revoked": bool}, names=("hash",)
)
RECORD = Table("record", RecordRow, names=("id",))
LIVE_TABLES = (CREDENTIAL, RECORD)

"""PostgreSQL: segments in a partition a UTC day, so that a day of a city goes at once.

What is there stays where it is: the table becomes the partition of everything before tomorrow, and
is swept row by row until it is empty. No foreign key to streams: who adds or removes segments holds
the stream's row, and a day that becomes garbage must not hold the streams. SQLite stays as it is.

The program of the version before goes on working for the days that are made here; the new program
makes the rest.
"""

import datetime

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

DAY = 86_400_000_000
AHEAD = 14


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    old = op.get_bind().scalar(sa.text("SELECT max(start_us) FROM segments"))
    op.execute("ALTER TABLE segments RENAME TO segments_before")
    op.execute("ALTER INDEX segments_pkey RENAME TO segments_before_pkey")
    op.execute("ALTER TABLE segments_before DROP CONSTRAINT segments_stream_id_fkey")
    op.execute(
        "CREATE TABLE segments (LIKE segments_before INCLUDING DEFAULTS INCLUDING COMMENTS,"
        " CONSTRAINT segments_pkey PRIMARY KEY (stream_id, start_us, end_us))"
        " PARTITION BY RANGE (start_us)"
    )
    if old is None:
        op.execute("DROP TABLE segments_before")
        return
    tomorrow = _tomorrow(old)
    op.execute(
        "ALTER TABLE segments ATTACH PARTITION segments_before"
        f" FOR VALUES FROM (MINVALUE) TO ({tomorrow})"
    )
    for day in range(AHEAD):
        _make(tomorrow + day * DAY)


def _tomorrow(newest: int) -> int:
    """The first midnight after all that is there and now."""
    now = round(datetime.datetime.now(datetime.UTC).timestamp() * 1e6)
    last = max(now, newest)
    return last - last % DAY + DAY


def _make(day: int) -> None:
    start = datetime.datetime.fromtimestamp(day // 1_000_000, datetime.UTC)
    name = f"segments_{start:%Y%m%d}"
    op.execute(f"CREATE TABLE {name} (LIKE segments INCLUDING DEFAULTS)")
    op.execute(
        f"ALTER TABLE {name} SET (autovacuum_vacuum_insert_scale_factor = 0,"
        " autovacuum_vacuum_insert_threshold = 10000)"
    )
    op.execute(
        f"ALTER TABLE segments ATTACH PARTITION {name} FOR VALUES FROM ({day}) TO ({day + DAY})"
    )

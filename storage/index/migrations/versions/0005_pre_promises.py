"""What an archive promises: retention by scope, evidence locks, receipts, and what is kept beside
the segments so that months are read at once.

Additive with defaults: programs of the version before go on working during an upgrade. What they
add meanwhile is missing in `coverage` and `hours` until retention mends it (`storage.mending`).
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
HOUR = 3_600_000_000


def upgrade() -> None:
    _groups()
    _promises()
    _notes()
    _kept_beside()
    _columns()
    _fill()


def _promises() -> None:
    op.create_table(
        "locks",
        sa.Column("id", Id, nullable=False, comment="never given again"),
        sa.Column(
            "case_number", sa.Text(), nullable=False, comment="as the investigator calls the case"
        ),
        sa.Column("reason", sa.Text(), nullable=False, comment="why"),
        sa.Column("created_us", sa.BigInteger(), nullable=False, comment="when"),
        sa.Column("created_by", sa.Text(), nullable=False, comment="the user's name then"),
        sa.Column(
            "expires_us",
            sa.BigInteger(),
            nullable=True,
            comment="not kept by it from then on; null: until released",
        ),
        sa.Column(
            "release_asked_us",
            sa.BigInteger(),
            nullable=True,
            comment="when somebody asked to release it",
        ),
        sa.Column("release_asked_by", sa.Text(), nullable=True, comment="the user's name then"),
        sa.Column("release_reason", sa.Text(), nullable=True, comment="why it may go"),
        sa.Column(
            "released_us",
            sa.BigInteger(),
            nullable=True,
            comment="void from then on; null: it holds",
        ),
        sa.Column(
            "released_by",
            sa.Text(),
            nullable=True,
            comment="who released it, or confirmed it as the second person",
        ),
        sa.PrimaryKeyConstraint("id", name="locks_pkey"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "receipts",
        sa.Column("id", Id, nullable=False, comment="in the order of deletion"),
        sa.Column(
            "at_us", sa.BigInteger(), nullable=False, comment="when the last object was gone"
        ),
        sa.Column("stream_id", sa.BigInteger(), nullable=False, comment="whose segments"),
        sa.Column("camera_id", sa.BigInteger(), nullable=False, comment="whose segments"),
        sa.Column("why", sa.Text(), nullable=False, comment="the rule that let them go"),
        sa.Column("start_us", sa.BigInteger(), nullable=False, comment="of the oldest of them"),
        sa.Column("end_us", sa.BigInteger(), nullable=False, comment="of the newest of them"),
        sa.Column("segments", sa.Integer(), nullable=False, comment="how many"),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False, comment="together"),
        sa.Column(
            "merkle_root",
            sa.LargeBinary(),
            nullable=False,
            comment="RFC 6962 tree of their SHA-256",
        ),
        sa.Column(
            "frontier",
            sa.LargeBinary(),
            nullable=False,
            comment="of that tree, see storage/merkle.py",
        ),
        sa.PrimaryKeyConstraint("id", name="receipts_pkey"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "receipts_camera_id_at_us_idx", "receipts", ["camera_id", "at_us"], unique=False
    )

    op.create_table(
        "retention",
        sa.Column("scope", sa.Text(), nullable=False, comment="site, group or camera"),
        sa.Column(
            "owner_id",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="of the group or camera; 0: the site",
        ),
        sa.Column(
            "max_days",
            sa.Integer(),
            nullable=True,
            comment="older goes; null: as the scope above says",
        ),
        sa.Column(
            "min_days",
            sa.Integer(),
            nullable=True,
            comment="younger stays, whatever the quota; null: as above",
        ),
        sa.Column(
            "quota_bytes",
            sa.BigInteger(),
            nullable=True,
            comment="of one camera; null: as above, at last no quota",
        ),
        sa.Column(
            "event_days",
            sa.Integer(),
            nullable=True,
            comment="around events, instead of max_days; null: as above",
        ),
        sa.PrimaryKeyConstraint("scope", "owner_id", name="retention_pkey"),
    )
    op.create_table(
        "retention_changes",
        sa.Column("id", Id, nullable=False, comment="in the order they were made"),
        sa.Column("scope", sa.Text(), nullable=False, comment="as in retention"),
        sa.Column("owner_id", sa.BigInteger(), nullable=False, comment="as in retention"),
        sa.Column("max_days", sa.Integer(), nullable=True, comment="as in retention"),
        sa.Column("min_days", sa.Integer(), nullable=True, comment="as in retention"),
        sa.Column("quota_bytes", sa.BigInteger(), nullable=True, comment="as in retention"),
        sa.Column("event_days", sa.Integer(), nullable=True, comment="as in retention"),
        sa.Column("made_us", sa.BigInteger(), nullable=False, comment="when it was asked for"),
        sa.Column("made_by", sa.Text(), nullable=False, comment="the user's name then"),
        sa.Column("reason", sa.Text(), nullable=False, comment="for people; may be empty"),
        sa.Column("effective_us", sa.BigInteger(), nullable=False, comment="not before"),
        sa.PrimaryKeyConstraint("id", name="retention_changes_pkey"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "retention_changes_scope_owner_id_key",
        "retention_changes",
        ["scope", "owner_id"],
        unique=True,
    )

    op.create_table(
        "lock_spans",
        sa.Column("lock_id", Id, autoincrement=False, nullable=False, comment="whose"),
        sa.Column(
            "camera_id",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="all its streams; no foreign key: a removed camera's video stays locked",
        ),
        sa.Column(
            "start_us", sa.BigInteger(), autoincrement=False, nullable=False, comment="inclusive"
        ),
        sa.Column("end_us", sa.BigInteger(), nullable=False, comment="exclusive"),
        sa.ForeignKeyConstraint(
            ["lock_id"], ["locks.id"], name="lock_spans_lock_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lock_id", "camera_id", "start_us", name="lock_spans_pkey"),
    )
    op.create_index(
        "lock_spans_camera_id_start_us_idx", "lock_spans", ["camera_id", "start_us"], unique=False
    )


def _notes() -> None:
    op.create_table(
        "bookmarks",
        sa.Column("id", Id, nullable=False, comment="never given again"),
        sa.Column("camera_id", Id, nullable=False, comment="where"),
        sa.Column(
            "at_us",
            sa.BigInteger(),
            nullable=False,
            comment="the instant, or where the time begins",
        ),
        sa.Column("end_us", sa.BigInteger(), nullable=True, comment="exclusive; null: an instant"),
        sa.Column("title", sa.Text(), nullable=False, comment="for people"),
        sa.Column("note", sa.Text(), nullable=False, comment="for people; may be empty"),
        sa.Column("made_us", sa.BigInteger(), nullable=False, comment="when"),
        sa.Column("made_by", sa.Text(), nullable=False, comment="the user's name then"),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name="bookmarks_camera_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="bookmarks_pkey"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "bookmarks_camera_id_at_us_idx", "bookmarks", ["camera_id", "at_us"], unique=False
    )

    op.create_table(
        "events",
        sa.Column("id", Id, nullable=False, comment="in the order they were told"),
        sa.Column("camera_id", Id, nullable=False, comment="where"),
        sa.Column("at_us", sa.BigInteger(), nullable=False, comment="when it happened"),
        sa.Column("kind", sa.Text(), nullable=False, comment="a word, as it was told"),
        sa.Column("detail", sa.Text(), nullable=False, comment="for people; may be empty"),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name="events_camera_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="events_pkey"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "events_camera_id_at_us_kind_idx", "events", ["camera_id", "at_us", "kind"], unique=False
    )


def _groups() -> None:
    op.create_table(
        "groups",
        sa.Column("id", Id, nullable=False, comment="never given again"),
        sa.Column("name", sa.Text(), nullable=False, comment="for people"),
        sa.PrimaryKeyConstraint("id", name="groups_pkey"),
        sa.UniqueConstraint("name", name="groups_name_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "group_cameras",
        sa.Column(
            "group_id",
            Id,
            autoincrement=False,
            nullable=False,
            comment="a camera may be in several",
        ),
        sa.Column(
            "camera_id", Id, autoincrement=False, nullable=False, comment="one of its cameras"
        ),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name="group_cameras_camera_id_fkey", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["group_id"], ["groups.id"], name="group_cameras_group_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("group_id", "camera_id", name="group_cameras_pkey"),
    )
    op.create_index("group_cameras_camera_id_idx", "group_cameras", ["camera_id"], unique=False)


def _kept_beside() -> None:
    op.create_table(
        "damage",
        sa.Column(
            "stream_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="for the key"
        ),
        sa.Column(
            "start_us", sa.BigInteger(), autoincrement=False, nullable=False, comment="for the key"
        ),
        sa.Column(
            "epoch", sa.BigInteger(), autoincrement=False, nullable=False, comment="for the key"
        ),
        sa.Column(
            "sequence", sa.Integer(), autoincrement=False, nullable=False, comment="for the key"
        ),
        sa.Column("camera_id", sa.BigInteger(), nullable=False, comment="for the key"),
        sa.Column("end_us", sa.BigInteger(), nullable=False, comment="of the segment"),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="a storage.integrity Kind: missing, size, hash",
        ),
        sa.Column("found_us", sa.BigInteger(), nullable=False, comment="when it was noticed"),
        sa.Column("detail", sa.Text(), nullable=False, comment="for people; may be empty"),
        sa.PrimaryKeyConstraint("stream_id", "start_us", "epoch", "sequence", name="damage_pkey"),
    )
    op.create_table(
        "coverage",
        sa.Column(
            "stream_id",
            Id,
            autoincrement=False,
            nullable=False,
            comment="spans of one stream neither overlap nor touch",
        ),
        sa.Column(
            "start_us", sa.BigInteger(), autoincrement=False, nullable=False, comment="inclusive"
        ),
        sa.Column("end_us", sa.BigInteger(), nullable=False, comment="exclusive"),
        sa.ForeignKeyConstraint(
            ["stream_id"], ["streams.id"], name="coverage_stream_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stream_id", "start_us", name="coverage_pkey"),
    )
    op.create_table(
        "hours",
        sa.Column("stream_id", Id, autoincrement=False, nullable=False, comment="whose hour"),
        sa.Column(
            "hour_us", sa.BigInteger(), autoincrement=False, nullable=False, comment="its beginning"
        ),
        sa.Column(
            "recorded_us", sa.BigInteger(), nullable=False, comment="of segments that start in it"
        ),
        sa.Column(
            "size_bytes", sa.BigInteger(), nullable=False, comment="of segments that start in it"
        ),
        sa.ForeignKeyConstraint(
            ["stream_id"], ["streams.id"], name="hours_stream_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stream_id", "hour_us", name="hours_pkey"),
    )


def _columns() -> None:
    op.add_column(
        "cameras",
        sa.Column(
            "purposes",
            sa.Text(),
            server_default=sa.text("''"),
            nullable=False,
            comment="vms.core.model.Purpose values, comma between; UU PDP art. 17",
        ),
    )
    op.add_column(
        "cameras",
        sa.Column(
            "owner_agency",
            sa.Text(),
            server_default=sa.text("''"),
            nullable=False,
            comment="who answers for it",
        ),
    )
    op.add_column(
        "cameras",
        sa.Column(
            "sign_posted",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="a sign tells passers-by",
        ),
    )
    op.add_column(
        "cameras",
        sa.Column(
            "contact",
            sa.Text(),
            server_default=sa.text("''"),
            nullable=False,
            comment="as printed on the sign",
        ),
    )

    op.add_column(
        "garbage",
        sa.Column(
            "sha256",
            sa.LargeBinary(),
            nullable=True,
            comment="of the object; null: moved here by an older program",
        ),
    )
    op.add_column(
        "garbage",
        sa.Column(
            "tier",
            sa.SmallInteger(),
            server_default="0",
            nullable=False,
            comment="as in segments; a moved segment's old object is garbage of the tier it left",
        ),
    )
    op.add_column(
        "garbage",
        sa.Column(
            "why",
            sa.Text(),
            server_default=sa.text("''"),
            nullable=False,
            comment="the rule that let it go, in short",
        ),
    )

    with op.batch_alter_table("garbage") as garbage:
        garbage.drop_constraint("garbage_pkey", type_="primary")
        garbage.create_primary_key(
            "garbage_pkey", ["stream_id", "start_us", "epoch", "sequence", "tier"]
        )

    op.add_column(
        "segments",
        sa.Column(
            "tier",
            sa.SmallInteger(),
            server_default="0",
            nullable=False,
            comment="which store has the object: 0 the first, 1 the cold one",
        ),
    )


def _fill() -> None:
    """From what is there."""
    op.execute(
        "INSERT INTO retention (scope, owner_id, max_days)"
        " SELECT 'camera', id, retention_days FROM cameras WHERE retention_days IS NOT NULL"
    )
    op.execute(
        "INSERT INTO hours (stream_id, hour_us, recorded_us, size_bytes)"
        f" SELECT stream_id, start_us - start_us % {HOUR}, SUM(end_us - start_us), SUM(size_bytes)"
        f" FROM segments GROUP BY stream_id, start_us - start_us % {HOUR}"
    )
    op.execute(
        "INSERT INTO coverage (stream_id, start_us, end_us)"
        " SELECT stream_id, MIN(start_us), MAX(end_us) FROM ("
        " SELECT stream_id, start_us, end_us, SUM(begins) OVER (PARTITION BY stream_id"
        " ORDER BY start_us) AS span FROM ("
        " SELECT stream_id, start_us, end_us, CASE WHEN start_us = LAG(end_us) OVER ("
        " PARTITION BY stream_id ORDER BY start_us) THEN 0 ELSE 1 END AS begins"
        " FROM segments) AS marked) AS spans GROUP BY stream_id, span"
    )

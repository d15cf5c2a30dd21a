"""The first schema: site, cameras, archive, users."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "cameras",
        sa.Column("id", ID, nullable=False, comment="never given again: object keys carry it"),
        sa.Column(
            "number",
            sa.Integer(),
            nullable=True,
            comment="what an operator types; null once removed",
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="for people"),
        sa.Column(
            "enabled", sa.Boolean(), nullable=False, comment="false: no stream of it is fetched"
        ),
        sa.Column("retention_days", sa.Integer(), nullable=True, comment="null: the site's days"),
        sa.Column(
            "removed",
            sa.Boolean(),
            nullable=False,
            comment="true: kept only until its archive ended",
        ),
        sa.PrimaryKeyConstraint("id", name="cameras_pkey"),
        sa.UniqueConstraint("number", name="cameras_number_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "facts",
        sa.Column("key", sa.Text(), nullable=False, comment="name of a fact about this site"),
        sa.Column("value", sa.Text(), nullable=False, comment="its value, as text"),
        sa.PrimaryKeyConstraint("key", name="facts_pkey"),
    )
    op.create_table(
        "garbage",
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
        sa.Column("end_us", sa.BigInteger(), nullable=False, comment="of the segment it was"),
        sa.Column(
            "size_bytes",
            sa.BigInteger(),
            nullable=False,
            comment="of the object, if it is still there",
        ),
        sa.PrimaryKeyConstraint("stream_id", "start_us", "epoch", "sequence", name="garbage_pkey"),
    )
    op.create_table(
        "users",
        sa.Column("id", ID, nullable=False, comment="never given again"),
        sa.Column("name", sa.Text(), nullable=False, comment="what they sign in with"),
        sa.Column("role", sa.Text(), nullable=False, comment="a vms.core.model.Role"),
        sa.Column(
            "password_hash", sa.Text(), nullable=False, comment="made and checked by vms.auth"
        ),
        sa.Column(
            "every_camera", sa.Boolean(), nullable=False, comment="true: now and later ones too"
        ),
        sa.Column("enabled", sa.Boolean(), nullable=False, comment="false: cannot sign in"),
        sa.PrimaryKeyConstraint("id", name="users_pkey"),
        sa.UniqueConstraint("name", name="users_name_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sessions",
        sa.Column(
            "token_sha256", sa.LargeBinary(), nullable=False, comment="the token itself is not kept"
        ),
        sa.Column("user_id", ID, nullable=False, comment="whose it is"),
        sa.Column("created_us", sa.BigInteger(), nullable=False, comment="sign-in"),
        sa.Column("expires_us", sa.BigInteger(), nullable=False, comment="void from then on"),
        sa.Column("seen_us", sa.BigInteger(), nullable=False, comment="last use"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="sessions_user_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_sha256", name="sessions_pkey"),
    )
    op.create_index("sessions_user_id_idx", "sessions", ["user_id"], unique=False)
    op.create_table(
        "streams",
        sa.Column("id", ID, nullable=False, comment="never given again: object keys carry it"),
        sa.Column("camera_id", ID, nullable=False, comment="never changes"),
        sa.Column("role", sa.Text(), nullable=False, comment="main or sub; once per camera"),
        sa.Column("url", sa.Text(), nullable=False, comment="without user and password"),
        sa.Column("username", sa.Text(), nullable=False, comment="empty: the camera asks for none"),
        sa.Column(
            "password",
            sa.LargeBinary(),
            nullable=True,
            comment="AES-256-GCM, nonce first, bound to the id; or null",
        ),
        sa.Column(
            "record", sa.Boolean(), nullable=False, comment="false: only there to be watched live"
        ),
        sa.Column("audio", sa.Boolean(), nullable=False, comment="true: sound is recorded"),
        sa.Column(
            "removed",
            sa.Boolean(),
            nullable=False,
            comment="true: kept only until its archive ended",
        ),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name="streams_camera_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="streams_pkey"),
        sqlite_autoincrement=True,
    )
    op.create_index("streams_camera_id_role_key", "streams", ["camera_id", "role"], unique=True)
    op.create_table(
        "user_cameras",
        sa.Column(
            "user_id",
            ID,
            autoincrement=False,
            nullable=False,
            comment="one who may not see every camera",
        ),
        sa.Column("camera_id", ID, autoincrement=False, nullable=False, comment="one they may see"),
        sa.ForeignKeyConstraint(
            ["camera_id"], ["cameras.id"], name="user_cameras_camera_id_fkey", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="user_cameras_user_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "camera_id", name="user_cameras_pkey"),
    )
    op.create_table(
        "gaps",
        sa.Column(
            "stream_id",
            ID,
            autoincrement=False,
            nullable=False,
            comment="at most one open gap each",
        ),
        sa.Column(
            "start_us", sa.BigInteger(), autoincrement=False, nullable=False, comment="inclusive"
        ),
        sa.Column(
            "end_us", sa.BigInteger(), nullable=True, comment="exclusive; null: it lasts until now"
        ),
        sa.Column("cause", sa.Text(), nullable=False, comment="a vms.core.model.Cause"),
        sa.Column("detail", sa.Text(), nullable=False, comment="for people; may be empty"),
        sa.ForeignKeyConstraint(
            ["stream_id"], ["streams.id"], name="gaps_stream_id_fkey", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stream_id", "start_us", name="gaps_pkey"),
    )
    op.create_index(
        "gaps_open_key",
        "gaps",
        ["stream_id"],
        unique=True,
        sqlite_where=sa.text("end_us IS NULL"),
        postgresql_where=sa.text("end_us IS NULL"),
    )
    op.create_table(
        "segments",
        sa.Column(
            "stream_id",
            ID,
            autoincrement=False,
            nullable=False,
            comment="ranges of one stream never overlap",
        ),
        sa.Column(
            "start_us",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="first picture",
        ),
        sa.Column(
            "end_us", sa.BigInteger(), autoincrement=False, nullable=False, comment="exclusive"
        ),
        sa.Column("camera_id", sa.BigInteger(), nullable=False, comment="for the key"),
        sa.Column(
            "epoch", sa.BigInteger(), nullable=False, comment="µs of the first picture of its run"
        ),
        sa.Column("sequence", sa.Integer(), nullable=False, comment="counts from 0 within the run"),
        sa.Column(
            "size_bytes",
            sa.BigInteger(),
            nullable=False,
            comment="of the object, checked after put",
        ),
        sa.Column("init_bytes", sa.Integer(), nullable=False, comment="before the first fragment"),
        sa.Column(
            "sha256",
            sa.LargeBinary(),
            nullable=False,
            comment="of the whole object, from its writer",
        ),
        sa.Column(
            "prev_sha256",
            sa.LargeBinary(),
            nullable=True,
            comment="the stream's previous segment; null: the first",
        ),
        sa.Column("codec", sa.Text(), nullable=False, comment="RFC 6381, of the video"),
        sa.Column("width", sa.Integer(), nullable=False, comment="pixels"),
        sa.Column("height", sa.Integer(), nullable=False, comment="pixels"),
        sa.Column("gops", sa.LargeBinary(), nullable=False, comment="group table, see goptable.py"),
        sa.ForeignKeyConstraint(["stream_id"], ["streams.id"], name="segments_stream_id_fkey"),
        sa.PrimaryKeyConstraint("stream_id", "start_us", "end_us", name="segments_pkey"),
    )
    if op.get_bind().dialect.name == "postgresql":
        # Coverage reads the key alone only where vacuum has been. By default that is after a fifth
        # of the table was added: a week of 1,000 cameras.
        op.execute(
            "ALTER TABLE segments SET (autovacuum_vacuum_insert_scale_factor = 0,"
            " autovacuum_vacuum_insert_threshold = 10000)"
        )

"""How and when a stream is recorded, and which cameras matter most.

Additive with defaults: programs of the version before go on working during an upgrade.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("cameras") as cameras:
        cameras.add_column(
            sa.Column(
                "priority",
                sa.Integer(),
                nullable=False,
                server_default="5",
                comment="0 to 9: the lowest is dropped first",
            )
        )
    with op.batch_alter_table("streams") as streams:
        for name, usual, comment in (
            ("engine", "auto", "a vms.core.model.Engine"),
            ("transport", "auto", "a vms.core.model.Transport"),
            ("policy", "{}", "when it is kept, JSON, see policies.py; {}: always"),
        ):
            streams.add_column(
                sa.Column(name, sa.Text(), nullable=False, server_default=usual, comment=comment)
            )

"""The certificate that a camera over TLS showed first, and has to show from then on.

Additive: programs of the version before go on working during an upgrade.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("streams") as streams:
        streams.add_column(
            sa.Column(
                "certificate",
                sa.Text(),
                comment="rtsps: SHA-256 in hexadecimal; null: none was seen yet",
            )
        )

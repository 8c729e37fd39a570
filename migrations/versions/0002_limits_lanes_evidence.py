"""Limits with bursts, quiet hours and ramps; lanes and further attempts of deliveries; evidence; who receives for a domain.

Revision: 0002, after 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STATUSES = ("queued", "sending", "sent", "delivered", "bounced", "failed", "in_doubt", "cancelled")


def upgrade() -> None:
    _bucket()
    op.create_table(
        "mail_domain",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=True),
        sa.Column("looked_up_at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mail_domain")),
    )
    op.create_table(
        "evidence",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("delivery_id", BIG, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("verdict", sa.Enum(*STATUSES, name="deliverystatus", native_enum=False, length=32), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_evidence_delivery_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
        sa.UniqueConstraint("delivery_id", "source", "verdict", name=op.f("uq_evidence_delivery_id_source_verdict")),
    )
    _delivery()


def _bucket() -> None:
    # what it held were moments a few seconds away: made anew, for SQLite cannot change a key in place
    op.drop_table("bucket")
    op.create_table(
        "bucket",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("per_minute", sa.Double(), nullable=True),
        sa.Column("burst", sa.Integer(), nullable=False),
        sa.Column("quiet_from", sa.String(), nullable=True),
        sa.Column("quiet_until", sa.String(), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("ramp_from", sa.String(), nullable=True),
        sa.Column("ramp_first", sa.Integer(), nullable=True),
        sa.Column("ramp_growth", sa.Double(), nullable=True),
        sa.Column("next_free", BIG, nullable=False),
        sa.Column("charged_at", BIG, nullable=True),
        sa.Column("day", sa.String(), nullable=True),
        sa.Column("day_count", sa.Integer(), nullable=False),
        sa.Column("rate", sa.Double(), nullable=True),
        sa.Column("rate_before", sa.Double(), nullable=True),
        sa.Column("slowed_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bucket")),
        sa.UniqueConstraint("name", name=op.f("uq_bucket_name")),
        sqlite_autoincrement=True,  # a number is never given again: deliveries may still stand in its lane
    )


def _delivery() -> None:
    # columns added in place: a table made anew would take the notes of every delivery with it, by their foreign key
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    op.execute("ALTER TABLE delivery ADD COLUMN lane INTEGER DEFAULT '0' NOT NULL")
    op.execute(f"ALTER TABLE delivery ADD COLUMN again_of {kind}")
    waits, laned, further = (sa.text(condition) for condition in ("next_attempt_at IS NOT NULL", "lane <> 0", "again_of IS NOT NULL"))
    op.drop_index("ix_delivery_due", "delivery")
    op.create_index("ix_delivery_due", "delivery", ["mailing_id", "lane", "next_attempt_at"], sqlite_where=waits, postgresql_where=waits)
    op.create_index("ix_delivery_lane", "delivery", ["mailing_id", "lane", "id"], sqlite_where=laned, postgresql_where=laned)
    op.create_index("uq_delivery_again_of", "delivery", ["again_of"], unique=True, sqlite_where=further, postgresql_where=further)

"""Before the mailing: approvals, the occasions of mailings that recur, what the staff were told of, and which runs sent again.

Revision: 0005, after 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
DECISION = ("approved", "declined", "void")
DOOR = ("prefect", "desk", "cli")


def upgrade() -> None:
    _approvals()
    _occasions()
    _notices()
    _orders()


def _approvals() -> None:
    op.add_column("mailing", sa.Column("frozen_at", BIG, nullable=True))
    op.create_table(
        "approval",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("mailing_id", BIG, nullable=False),
        sa.Column("asked_at", BIG, nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=False),
        sa.Column("audience_hash", sa.String(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("decision", sa.Enum(*DECISION, name="decision", native_enum=False, length=32), nullable=True),
        sa.Column("decided_at", BIG, nullable=True),
        sa.Column("decided_by", sa.String(), nullable=True),
        sa.Column("door", sa.Enum(*DOOR, name="door", native_enum=False, length=32), nullable=True),
        sa.Column("comment", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailing.id"], name=op.f("fk_approval_mailing_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_index(op.f("ix_approval_mailing_id"), "approval", ["mailing_id"])
    still = {f"{dialect}_where": sa.text("decided_at IS NULL") for dialect in ("sqlite", "postgresql")}
    op.create_index(op.f("uq_approval_open"), "approval", ["mailing_id"], unique=True, **still)
    op.create_table(
        "approved_recipient",
        sa.Column("approval_id", BIG, nullable=False),
        sa.Column("recipient_id", BIG, nullable=False),
        sa.Column("mark", BIG, nullable=False),
        sa.ForeignKeyConstraint(["approval_id"], ["approval.id"], name=op.f("fk_approved_recipient_approval_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("approval_id", "recipient_id", name=op.f("pk_approved_recipient")),
    )


def _occasions() -> None:
    # no foreign key: SQLite could not add one to a table that is there, and a copy outlives its template
    op.add_column("mailing", sa.Column("recurs_from", BIG, nullable=True))
    op.add_column("mailing", sa.Column("occasion", sa.String(), nullable=True))
    known = {f"{dialect}_where": sa.text("occasion IS NOT NULL") for dialect in ("sqlite", "postgresql")}
    op.create_index(op.f("uq_mailing_occasion"), "mailing", ["recurs_from", "occasion"], unique=True, **known)


def _notices() -> None:
    op.create_table(
        "notice",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("mailing_id", BIG, nullable=False),
        sa.Column("trouble", sa.String(), nullable=False),
        sa.Column("told_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailing.id"], name=op.f("fk_notice_mailing_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("mailing_id", "trouble", name=op.f("uq_notice_mailing_id_trouble")),
    )


def _orders() -> None:
    op.create_table(
        "resend_order",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("mailing_id", BIG, nullable=False),
        sa.Column("run", sa.String(), nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("queued", sa.Integer(), nullable=False),
        sa.Column("again", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.JSON(), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailing.id"], name=op.f("fk_resend_order_mailing_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resend_order")),
        sa.UniqueConstraint("mailing_id", "run", name=op.f("uq_resend_order_mailing_id_run")),
    )

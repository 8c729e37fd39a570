"""What comes back: events and how they are read, stamps on deliveries; registered links, errands, the outbox.

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = (
    "processed", "deferred", "delivered", "bounced", "dropped", "complained", "unsubscribed", "resubscribed", "preferences", "opened",
    "clicked", "online", "other",
)  # fmt: skip
BOUNCES = ("invalid", "hard", "soft", "policy")
STAMPS = ("soft_bounced_at", "opened_at", "clicked_at", "machine_opened_at", "machine_clicked_at", "complained_at", "unsubscribed_at")


def bounce() -> sa.Column:
    return sa.Column("bounce", sa.Enum(*BOUNCES, name="bouncekind", native_enum=False, length=32), nullable=True)


def partial(name: str, table: str, column: str | list[str], where: str, *, unique: bool = False) -> None:
    columns = [column] if isinstance(column, str) else column
    op.create_index(op.f(name), table, columns, unique=unique, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def upgrade() -> None:
    _event()
    _errand()
    _links()
    op.add_column("delivery", bounce())
    for stamp in STAMPS:
        op.add_column("delivery", sa.Column(stamp, BIG, nullable=True))
    for stamp in ("unsubscribed_at", "changed_at", "cleared_at"):
        op.add_column("address_standing", sa.Column(stamp, BIG, nullable=True))
    op.add_column("address_standing", sa.Column("unsubscribed_source", sa.String(), nullable=True))


def _event() -> None:
    op.create_table(
        "event",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("received_at", BIG, nullable=False),
        sa.Column("kind", sa.Enum(*KINDS, name="eventkind", native_enum=False, length=32), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("mailing_id", BIG, nullable=True),
        sa.Column("delivery_id", BIG, nullable=True),
        sa.Column("link", sa.Integer(), nullable=True),
        *(sa.Column(name, sa.String(), nullable=True) for name in ("url", "method", "agent", "network", "address", "code", "reason")),
        bounce(),
        sa.Column("provider_key", sa.String(), nullable=True),
        sa.Column("content_key", sa.String(), nullable=True),
        sa.Column("original", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_event_delivery_id"), "event", ["delivery_id"])
    partial("ix_event_mailing_id_link", "event", ["mailing_id", "link"], "link IS NOT NULL")
    partial("ix_event_address", "event", "address", "address IS NOT NULL")
    for key in ("provider_key", "content_key"):
        partial(f"uq_event_{key}", "event", key, f"{key} IS NOT NULL", unique=True)
    op.create_table(
        "event_reading",
        sa.Column("event_id", BIG, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("machine", sa.String(), nullable=True),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_reading_event_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_reading")),
    )
    op.create_table(
        "bookmark",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_bookmark")),
    )


def _errand() -> None:
    op.create_table(
        "errand",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("event_id", BIG, nullable=False),
        sa.Column("mailing_id", BIG, nullable=False),
        sa.Column("delivery_id", BIG, nullable=False),
        sa.Column("link", sa.Integer(), nullable=False),
        sa.Column("due_at", BIG, nullable=False),
        sa.Column("done_at", BIG, nullable=True),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errand")),
        sa.UniqueConstraint("event_id", name=op.f("uq_errand_event_id")),
    )
    partial("ix_errand_waiting", "errand", "due_at", "done_at IS NULL")
    op.create_index(op.f("ix_errand_delivery_id"), "errand", ["delivery_id"])
    partial("uq_errand_first", "errand", ["delivery_id", "link"], "first", unique=True)
    _follow_up()
    _request()
    op.create_table(
        "outbox",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("subject_id", BIG, nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("told_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_autoincrement=True,
    )
    partial("ix_outbox_untold", "outbox", "id", "told_at IS NULL")


def _follow_up() -> None:
    op.create_table(
        "follow_up",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("person_id", BIG, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("task_type", sa.String(), nullable=False),
        sa.Column("project_id", BIG, nullable=True),
        sa.Column("assigned_to_id", BIG, nullable=True),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("starts_at", BIG, nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("event_id", BIG, nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_follow_up_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_follow_up_project_id")),
        sa.ForeignKeyConstraint(["assigned_to_id"], ["associate.id"], name=op.f("fk_follow_up_assigned_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up")),
    )
    op.create_index(op.f("ix_follow_up_person_id"), "follow_up", ["person_id"])


def _request() -> None:
    op.create_table(
        "request",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("priority", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("owner_id", BIG, nullable=True),
        sa.Column("origin", sa.Integer(), nullable=False),
        sa.Column("event_id", BIG, nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_request_person_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["associate.id"], name=op.f("fk_request_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
    )
    op.create_index(op.f("ix_request_person_id"), "request", ["person_id"])


def _links() -> None:
    op.create_table(
        "registered_link",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("actions", sa.JSON(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("created_by", sa.String(), nullable=True),
        sa.Column("reset_at", BIG, nullable=True),
        sa.Column("deleted_at", BIG, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registered_link")),
        sa.UniqueConstraint("name", name=op.f("uq_registered_link_name")),
    )
    with op.batch_alter_table("tracked_link") as table:
        table.add_column(sa.Column("registered_id", BIG, nullable=True))
        table.add_column(sa.Column("reset_at", BIG, nullable=True))
        table.create_foreign_key(op.f("fk_tracked_link_registered_id"), "registered_link", ["registered_id"], ["id"])
    op.create_index(op.f("ix_tracked_link_registered_id"), "tracked_link", ["registered_id"])

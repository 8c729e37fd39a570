"""After the mailing: figures, why messages bounced, users of the desk, how they are signed in, and the log of changes.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WHY = (
    "mailbox", "domain", "moved", "suspended", "full", "filtered", "expired", "reputation", "authentication", "policy", "content", "size",
    "rate", "network", "system", "sender", "unknown",
)  # fmt: skip


def why(name: str) -> sa.Column:
    return sa.Column(name, sa.Enum(*WHY, name="bouncewhy", native_enum=False, length=32), nullable=True)


def partial(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(op.f(name), table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def upgrade() -> None:
    _figures()
    _users()
    _bounces()
    _people()
    _recipients()
    _folders()


def _figures() -> None:
    for stamp in ("figures_at", "events_deleted_at"):
        op.add_column("mailing", sa.Column(stamp, BIG, nullable=True))
    op.create_table(
        "figure",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("mailing_id", BIG, nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["mailing_id"], ["mailing.id"], name=op.f("fk_figure_mailing_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figure")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_figure_mailing_id_what_key"), "figure", ["mailing_id", "what", "key"])


def _users() -> None:
    op.create_table(
        "user_account",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("full_name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("roles", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("oidc_subject", sa.String(), nullable=True),
        sa.Column("failed_tries", sa.Integer(), nullable=False),
        *(sa.Column(stamp, BIG, nullable=stamp != "created_at") for stamp in ("locked_until", "created_at", "signed_in_at", "disabled_at")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("name", name=op.f("uq_user_account_name")),
        sa.UniqueConstraint("oidc_subject", name=op.f("uq_user_account_oidc_subject")),
    )
    op.create_table(
        "sign_in",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("csrf", sa.String(), nullable=False),
        sa.Column("note", sa.JSON(), nullable=True),
        *(sa.Column(stamp, BIG, nullable=False) for stamp in ("created_at", "seen_at", "expires_at")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_sign_in_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("digest", name=op.f("uq_sign_in_digest")),
    )
    op.create_index(op.f("ix_sign_in_user_id"), "sign_in", ["user_id"])
    op.create_table(
        "audit_entry",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_entry_subject"), "audit_entry", ["subject"])


def _bounces() -> None:
    op.add_column("event", why("bounce_why"))
    op.add_column("delivery", why("bounce_why"))
    op.add_column("delivery", sa.Column("cleaned_at", BIG, nullable=True))
    op.add_column("delivery", sa.Column("opened_with", sa.String(), nullable=True))
    op.add_column("address_standing", why("last_bounce_why"))
    op.add_column("bookmark", sa.Column("place", sa.String(), nullable=True))
    op.create_table(
        "read_mail",
        sa.Column("mailbox", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "name", name=op.f("pk_read_mail")),
    )
    # what few messages have, found without walking all of them; the columns change with what they say, so sending loses no HOT update
    partial("ix_delivery_bounce", "delivery", ["mailing_id", "id"], "bounce IS NOT NULL")
    for name, words in (
        ("complained_at", "complained_at IS NOT NULL"),
        ("read", "opened_at IS NOT NULL OR clicked_at IS NOT NULL"),
        ("trouble", "code IS NOT NULL OR reason IS NOT NULL OR bounce IS NOT NULL"),
    ):
        partial(f"ix_delivery_{name}", "delivery", ["mailing_id", "recipient_id"], words)
    for column in ("blocked_at", "complained_at"):
        partial(f"ix_address_standing_{column}", "address_standing", [column, "normal"], f"{column} IS NOT NULL")


def _people() -> None:
    partial("ix_person_deleted_at", "person", ["deleted_at"], "deleted_at IS NOT NULL")
    for column in ("name", "last_name"):
        op.create_index(op.f(f"ix_person_{column}"), "person", [column], postgresql_ops={column: "text_pattern_ops"})
    op.create_table(
        "upload",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("user_id", BIG, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("told", sa.JSON(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_upload_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_upload")),
        sa.UniqueConstraint("user_id", name=op.f("uq_upload_user_id")),
    )


def _recipients() -> None:
    op.drop_index("ix_recipient_mailing_id_verdict", table_name="recipient")
    op.create_index(op.f("ix_recipient_mailing_id_verdict"), "recipient", ["mailing_id", "verdict", "id"])
    some = {f"{dialect}_where": sa.text("name IS NOT NULL") for dialect in ("sqlite", "postgresql")}
    op.create_index(op.f("ix_recipient_name"), "recipient", ["mailing_id", "name"], postgresql_ops={"name": "text_pattern_ops"}, **some)


def _folders() -> None:
    # two made in the same moment may stand at the root under one name: the later is told apart by its number
    op.execute(
        "UPDATE folder SET name = name || ' (' || id || ')' WHERE parent_id IS NULL"
        " AND EXISTS (SELECT 1 FROM folder one WHERE one.parent_id IS NULL AND one.name = folder.name AND one.id < folder.id)"
    )
    some = {f"{dialect}_where": sa.text("parent_id IS NULL") for dialect in ("sqlite", "postgresql")}
    op.create_index(op.f("ix_folder_root"), "folder", ["name"], unique=True, **some)

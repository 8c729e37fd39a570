"""The other three types: forms and what people send with them, postal addresses, sales, who is reached by mobile.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _forms()
    _submissions()
    _letters()
    _sales()
    _texts()


def _forms() -> None:
    op.create_table(
        "form",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("folder_id", BIG, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("opens_at", BIG, nullable=True),
        sa.Column("closes_at", BIG, nullable=True),
        sa.Column("max_submissions", sa.Integer(), nullable=True),
        sa.Column("mode", sa.Enum("automatic", "known", "manual", name="processingmode", native_enum=False, length=32), nullable=False),
        sa.Column("double_opt_in", sa.Boolean(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("response_mailing_id", BIG, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("changed_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["folder_id"], ["folder.id"], name=op.f("fk_form_folder_id")),
        sa.ForeignKeyConstraint(["response_mailing_id"], ["mailing.id"], name=op.f("fk_form_response_mailing_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_form")),
        sa.UniqueConstraint("name", name=op.f("uq_form_name")),
    )
    op.create_index(op.f("ix_form_response_mailing_id"), "form", ["response_mailing_id"])
    op.create_table(
        "form_version",
        sa.Column("form_id", BIG, autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["form_id"], ["form.id"], name=op.f("fk_form_version_form_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("form_id", "version", name=op.f("pk_form_version")),
    )


def _submissions() -> None:
    op.create_table(
        "submission",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("form_id", BIG, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column(
            "status",
            sa.Enum("started", "unconfirmed", "submitted", "processed", "failed", name="submissionstatus", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("delivery_id", BIG, nullable=True),
        sa.Column("network", sa.String(), nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("submitted_at", BIG, nullable=True),
        sa.Column("confirmed_at", BIG, nullable=True),
        sa.Column("processed_at", BIG, nullable=True),
        sa.Column("processed_by", sa.String(), nullable=True),
        sa.Column("problem", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("script_due", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["form_id"], ["form.id"], name=op.f("fk_submission_form_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_submission_person_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("form_id", "key", name=op.f("uq_submission_form_id_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_submission_email", "submission", ["email"])
    op.create_index("ix_submission_form_id_network", "submission", ["form_id", "network", "id"])
    due = sa.text("script_due")
    op.create_index("ix_submission_script_due", "submission", ["id"], sqlite_where=due, postgresql_where=due)
    for name, where in (("unconfirmed", sa.text("status = 'unconfirmed'")), ("network", sa.text("network IS NOT NULL"))):
        op.create_index(f"ix_submission_{name}", "submission", ["created_at"], sqlite_where=where, postgresql_where=where)
    op.create_index("ix_submission_form_id_status", "submission", ["form_id", "status", "id"])
    op.create_index("ix_submission_person_id", "submission", ["person_id"])
    op.create_table(
        "submitted_file",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("submission_id", BIG, nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], name=op.f("fk_submitted_file_submission_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submitted_file")),
    )
    op.create_index("ix_submitted_file_submission_id", "submitted_file", ["submission_id"])
    op.add_column("delivery", sa.Column("submission_id", BIG, nullable=True))
    op.create_index(
        "ix_delivery_submission_id",
        "delivery",
        ["submission_id"],
        sqlite_where=sa.text("submission_id IS NOT NULL"),
        postgresql_where=sa.text("submission_id IS NOT NULL"),
    )
    op.add_column("request", sa.Column("message", sa.String(), server_default="", nullable=False))
    op.add_column("request", sa.Column("submission_id", BIG, nullable=True))


def _letters() -> None:
    op.add_column("company", sa.Column("postal_street", sa.String(), server_default="", nullable=False))
    op.add_column("company", sa.Column("postal_zip", sa.String(), server_default="", nullable=False))
    op.add_column("company", sa.Column("postal_city", sa.String(), server_default="", nullable=False))
    op.add_column("company", sa.Column("postal_country", sa.String(), server_default="", nullable=False))
    op.add_column("person", sa.Column("street", sa.String(), server_default="", nullable=False))
    op.add_column("person", sa.Column("zip", sa.String(), server_default="", nullable=False))
    op.add_column("person", sa.Column("city", sa.String(), server_default="", nullable=False))
    op.add_column("person", sa.Column("use_as_postal", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(op.f("ix_person_mobile_normal"), "person", ["mobile_normal"])
    op.add_column("project", sa.Column("number", sa.String(), server_default="", nullable=False))
    op.add_column("project", sa.Column("kind", sa.String(), server_default="", nullable=False))
    op.add_column("project", sa.Column("status", sa.String(), server_default="", nullable=False))
    op.add_column("project", sa.Column("leader", sa.String(), server_default="", nullable=False))
    op.add_column("project", sa.Column("ends_on", sa.Date(), nullable=True))


def _sales() -> None:
    op.create_table(
        "sale",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("amount", sa.String(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=True),
        sa.Column("company_id", BIG, nullable=True),
        sa.Column("person_id", BIG, nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_sale_company_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_sale_person_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sale")),
        sa.UniqueConstraint("number", name=op.f("uq_sale_number")),
    )
    op.create_index(op.f("ix_sale_company_id"), "sale", ["company_id"])
    op.create_index(op.f("ix_sale_person_id"), "sale", ["person_id"])


def _texts() -> None:
    op.create_table(
        "text_slot",
        sa.Column("delivery_id", BIG, autoincrement=False, nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_text_slot")),
    )
    op.create_index("ix_text_slot_at", "text_slot", ["at"])
    op.add_column("address_standing", sa.Column("stopped_at", BIG, nullable=True))
    op.add_column("evidence", sa.Column("name", sa.String(), nullable=True))
    named = sa.text("name IS NOT NULL")
    op.create_index("uq_evidence_name", "evidence", ["source", "name"], unique=True, sqlite_where=named, postgresql_where=named)
    op.create_index("ix_text_slot_number_at", "text_slot", ["number", "at"])

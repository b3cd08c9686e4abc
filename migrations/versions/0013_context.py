"""What models are told: templates, and prompts with their versions."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import ForeignKeyConstraint as ForeignKey
from sqlalchemy import PrimaryKeyConstraint as PrimaryKey
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import JSONB

from migrations.columns import TIME, check, column, described, identified, index, table

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_HELD_FOR = ("bot_id", "contact_id", "conversation_id")
_BEFORE, _AFTER = "{% raw %}", "{% endraw %}"


def upgrade() -> None:
    """Bring the schema to this step."""
    _wrap_instructions()
    _add_prompts()
    _add_summaries()
    _add_facts()
    _move_pictures()
    # A call for another system belongs to no conversation.
    for name in ("bot_id", "conversation_id", "turn_id"):
        op.alter_column("usage", name, nullable=True)
    for name in _HELD_FOR:
        op.alter_column("reservations", name, nullable=True)
    op.drop_constraint("fk_reservations_turn_id", "reservations")


def downgrade() -> None:
    """Go back to the step before."""
    op.execute("DELETE FROM reservations WHERE turn_id NOT IN (SELECT id FROM turns)")
    op.create_foreign_key("fk_reservations_turn_id", "reservations", "turns", ["turn_id"], ["id"])
    for name in _HELD_FOR:
        op.alter_column("reservations", name, nullable=False)
    op.execute("DELETE FROM usage WHERE turn_id IS NULL")
    for name in ("bot_id", "conversation_id", "turn_id"):
        op.alter_column("usage", name, nullable=False)
    for name in ("media_texts", "contact_facts", "summaries_due", "summaries"):
        op.drop_table(name)
    op.drop_table("prompt_versions")
    op.drop_table("prompts")
    _unwrap_instructions()
    op.execute("UPDATE contacts SET metadata = metadata || jsonb_build_object('picture', picture) WHERE picture IS NOT NULL")
    op.drop_column("contacts", "picture")


def _move_pictures() -> None:
    # Their own column: metadata is the owner's, who may put anything there.
    op.add_column("contacts", column("picture", JSONB(), nullable=True))
    op.execute(
        """UPDATE contacts SET picture = metadata->'picture', metadata = metadata - 'picture'
           WHERE jsonb_typeof(metadata->'picture') = 'object'"""
    )


def _add_prompts() -> None:
    table(
        "prompts",
        *identified(),
        *described(),
        column("workspace_id", sa.Uuid()),
        column("name", sa.Text()),
        column("version", sa.Integer(), server_default="1"),
        column("last_version", sa.Integer(), server_default="1"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_prompts_workspace_id"),
        PrimaryKey("id", name="pk_prompts"),
    )
    index("uq_prompts_name", "prompts", ["workspace_id", "name"], unique=True, where="deleted_at IS NULL")
    index("ix_prompts_page", "prompts", ["workspace_id", "created_at", "id"])
    table(
        "prompt_versions",
        column("prompt_id", sa.Uuid()),
        column("version", sa.Integer()),
        column("workspace_id", sa.Uuid()),
        column("text", sa.Text()),
        column("note", sa.Text()),
        column("created_at", TIME, server_default=sa.text("now()")),
        ForeignKey(["prompt_id"], ["prompts.id"], name="fk_prompt_versions_prompt_id"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_prompt_versions_workspace_id"),
        PrimaryKey("prompt_id", "version", name="pk_prompt_versions"),
    )


def _add_summaries() -> None:
    table(
        "summaries",
        column("conversation_id", sa.Uuid()),
        column("covered_seq", sa.BigInteger()),
        column("workspace_id", sa.Uuid()),
        column("text", sa.Text()),
        column("model", sa.Text()),
        column("created_at", TIME, server_default=sa.text("now()")),
        ForeignKey(["conversation_id"], ["conversations.id"], name="fk_summaries_conversation_id"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_summaries_workspace_id"),
        PrimaryKey("conversation_id", "covered_seq", name="pk_summaries"),
    )
    table(
        "summaries_due",
        column("conversation_id", sa.Uuid()),
        column("due_at", TIME),
        column("attempts", sa.Integer(), server_default="0"),
        ForeignKey(["conversation_id"], ["conversations.id"], name="fk_summaries_due_conversation_id"),
        PrimaryKey("conversation_id", name="pk_summaries_due"),
    )
    index("ix_summaries_due_due_at", "summaries_due", ["due_at"])


def _add_facts() -> None:
    table(
        "contact_facts",
        *identified(),
        column("workspace_id", sa.Uuid()),
        column("contact_id", sa.Uuid()),
        column("text", sa.Text()),
        column("source", sa.Text()),
        check("source IN ('api', 'learnt')", "ck_contact_facts_source"),
        ForeignKey(["workspace_id"], ["workspaces.id"], name="fk_contact_facts_workspace_id"),
        ForeignKey(["contact_id"], ["contacts.id"], name="fk_contact_facts_contact_id"),
        PrimaryKey("id", name="pk_contact_facts"),
        Unique("contact_id", "text", name="uq_contact_facts_contact_id_text"),
    )
    table(
        "media_texts",
        column("media_id", sa.Uuid()),
        column("text", sa.Text()),
        column("reason", sa.Text(), nullable=True),
        column("is_cut", sa.Boolean(), server_default="false"),
        column("created_at", TIME, server_default=sa.text("now()")),
        ForeignKey(["media_id"], ["media.id"], name="fk_media_texts_media_id"),
        PrimaryKey("media_id", name="pk_media_texts"),
    )


def _wrap_instructions() -> None:
    # What looks like a template was none when it was written: it goes on saying what it says.
    op.execute(
        f"""UPDATE bots SET settings = jsonb_set(
              settings, '{{instructions}}', to_jsonb('{_BEFORE}' || (settings->>'instructions') || '{_AFTER}'))
            WHERE settings->>'instructions' ~ '[{{][{{%#]' AND settings->>'instructions' NOT LIKE '%{_AFTER}%'"""
    )


def _unwrap_instructions() -> None:
    op.execute(
        f"""UPDATE bots SET settings = jsonb_set(
              settings, '{{instructions}}', to_jsonb(
                substr(settings->>'instructions', {len(_BEFORE) + 1},
                       length(settings->>'instructions') - {len(_BEFORE) + len(_AFTER)})))
            WHERE settings->>'instructions' LIKE '{_BEFORE}%{_AFTER}'"""
    )

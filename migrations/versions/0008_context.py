"""Instructions become templates."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BEFORE, _AFTER = "{% raw %}", "{% endraw %}"


def upgrade() -> None:
    """Bring the schema to this step."""
    # What looks like a template was none when it was written: it goes on saying what it says.
    op.execute(
        f"""UPDATE bots SET settings = jsonb_set(
              settings, '{{instructions}}', to_jsonb('{_BEFORE}' || (settings->>'instructions') || '{_AFTER}'))
            WHERE settings->>'instructions' ~ '[{{][{{%#]' AND settings->>'instructions' NOT LIKE '%{_AFTER}%'"""
    )


def downgrade() -> None:
    """Go back to the step before."""
    op.execute(
        f"""UPDATE bots SET settings = jsonb_set(
              settings, '{{instructions}}', to_jsonb(
                substr(settings->>'instructions', {len(_BEFORE) + 1},
                       length(settings->>'instructions') - {len(_BEFORE) + len(_AFTER)})))
            WHERE settings->>'instructions' LIKE '{_BEFORE}%{_AFTER}'"""
    )

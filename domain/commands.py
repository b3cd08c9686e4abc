"""Slash commands that a bot answers by itself, without asking its model."""

from domain.bots import Bot
from domain.turns import ReplyKind


def reply_to_command(command: str | None, bot: Bot) -> ReplyKind | None:
    """The kind of reply that a command gets; None when it goes to the model like any message."""
    if command == "start" and bot.greeting:
        return ReplyKind.GREETING
    if command == "help":
        return ReplyKind.HELP
    return None


def fixed_text(kind: ReplyKind, bot: Bot) -> str | None:
    """The text of a reply that the bot's settings hold; None for an answer, which the model writes."""
    texts = {
        ReplyKind.GREETING: bot.greeting or "",
        ReplyKind.HELP: bot.help_text,
        ReplyKind.REFUSAL: bot.moderation.refusal,
        ReplyKind.APOLOGY: bot.apology,
        ReplyKind.WAIT: bot.bursts.wait_text,
        ReplyKind.EXHAUSTED: bot.limits.exhausted_text,
    }
    return texts.get(kind)

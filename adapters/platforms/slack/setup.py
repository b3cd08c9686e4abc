"""What a person has to click in an app's settings, for Slack lets no app do it by itself."""

SCOPES = (
    "app_mentions:read",
    "channels:history",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "im:history",
    "im:write",
    "metadata.message:read",
    "mpim:history",
    "reactions:read",
    "users:read",
)
EVENTS = (
    "app_mention",
    "app_uninstalled",
    "channel_left",
    "group_left",
    "member_joined_channel",
    "member_left_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "reaction_added",
    "reaction_removed",
    "tokens_revoked",
)


def instructions(url: str) -> str:
    """How to have Slack call this URL, as one sentence after another."""
    return (
        "Slack lets no app set its own webhook. At https://api.slack.com/apps, in the app's settings: "
        f"(1) Event Subscriptions: switch on, Request URL {url}, and under Subscribe to bot events add "
        f"{', '.join(EVENTS)}; (2) Interactivity & Shortcuts: switch on, the same URL; "
        "(3) Slash Commands, if wanted: the same URL; "
        f"(4) OAuth & Permissions: the bot token scopes {', '.join(SCOPES)}; "
        "(5) App Home: allow messages in the Messages Tab; (6) install the app to the workspace again"
    )

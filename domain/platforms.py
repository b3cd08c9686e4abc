"""The platforms, what a channel on each needs, and what each can promise about a doubtful send."""

from enum import StrEnum

from domain.models import Frozen


class PlatformName(StrEnum):
    """Where a contact can be."""

    TELEGRAM = "telegram"
    SLACK = "slack"
    DISCORD = "discord"
    WHATSAPP = "whatsapp"
    MESSENGER = "messenger"
    WEBCHAT = "webchat"


class Guarantee(StrEnum):
    """What an attempt does that finds its predecessor's send in doubt."""

    TRANSACTION = "transaction"
    """The send is a row of our own database: it happened or it did not."""
    RECEIPT = "receipt"
    """The platform tells later what became of it, under our mark: that is waited for, then the policy decides."""
    READ_BACK = "read_back"
    """The platform keeps our mark with each message: what it has of ours is read back, and only the rest sent again."""
    POLICY = "policy"
    """The platform cannot tell: the bot's policy decides."""


class Credentials(Frozen):
    """Which credentials a platform's channel needs, and which it may have.

    `account` is the one that names the account, where one webhook serves several whose calls the `secret` signs.
    """

    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    account: str | None = None
    secret: str | None = None


CREDENTIALS = {
    PlatformName.TELEGRAM: Credentials(required=("token",), optional=("webhook_secret",)),
    PlatformName.SLACK: Credentials(required=("bot_token", "signing_secret")),
    PlatformName.DISCORD: Credentials(required=("bot_token", "public_key", "application_id")),
    PlatformName.WHATSAPP: Credentials(
        required=("access_token", "app_secret", "verify_token", "phone_number_id"),
        optional=("business_account_id",),
        account="phone_number_id",
        secret="app_secret",  # noqa: S106 - the name of a credential
    ),
    PlatformName.MESSENGER: Credentials(
        required=("page_access_token", "app_secret", "verify_token", "page_id", "app_id"),
        account="page_id",
        secret="app_secret",  # noqa: S106 - the name of a credential
    ),
    PlatformName.WEBCHAT: Credentials(),
}

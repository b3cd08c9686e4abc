"""Which platforms there are: one line each."""

from importlib.metadata import version

from adapters.http import Http
from adapters.media.downloads import Downloader
from adapters.platforms.base import Platform
from adapters.platforms.discord import Discord
from adapters.platforms.messenger import Messenger
from adapters.platforms.slack import Slack
from adapters.platforms.telegram import Telegram
from adapters.platforms.webchat import Webchat
from adapters.platforms.whatsapp import WhatsApp
from domain.platforms import PlatformName
from settings import Settings


def http_client() -> Http:
    """The client for calls to platforms, which tells them who we are."""
    return Http(version("chat-orchestrator"))


def downloader(settings: Settings) -> Downloader:
    """The client that fetches what contacts sent, also where the platforms' APIs are on addresses of our own."""
    exempt = (settings.telegram_api_url, settings.slack_api_url, settings.discord_api_url, settings.graph_api_url)
    return Downloader(version("chat-orchestrator"), exempt)


def platforms(settings: Settings, http: Http) -> dict[PlatformName, Platform]:
    """The platforms that a channel can be on."""
    return {
        PlatformName.TELEGRAM: Telegram(http, settings.telegram_api_url),
        PlatformName.SLACK: Slack(http, settings.slack_api_url),
        PlatformName.DISCORD: Discord(http, settings.discord_api_url),
        PlatformName.WEBCHAT: Webchat(),
        PlatformName.WHATSAPP: WhatsApp(http, settings.graph_api_url, settings.graph_version),
        PlatformName.MESSENGER: Messenger(http, settings.graph_api_url, settings.graph_version),
    }

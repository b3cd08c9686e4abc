"""Files of Slack: fetched by their own address, and uploaded in three steps before a message shares them.

A file is completed without a channel, so that nobody sees it before the message, which can be read back by its mark.
Source: https://docs.slack.dev/messaging/working-with-files
"""

from http import HTTPStatus
from urllib.parse import urlsplit

from pydantic import SecretStr

from adapters.errors import NotPermitted, OutcomeUnknown, Unacceptable, Unreachable
from adapters.http import Http
from adapters.media.base import Source
from adapters.platforms.base import Channel, Payload, file_of
from adapters.platforms.fields import Fields, part, parts, reference, text
from adapters.platforms.slack.calls import Calls, authorization
from adapters.platforms.slack.files import address_of
from adapters.platforms.slack.place import identity
from domain.events import Attachment
from domain.media import File

_HOST = "slack.com"
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "¦"}


class Files:
    """What is done with files through the Web API at `api_url`."""

    def __init__(self, http: Http, calls: Calls, api_url: str) -> None:
        self._http = http
        self._calls = calls
        self._api_url = api_url

    async def locate(self, channel: Channel, attachment: Attachment) -> Source:
        """The address of a file with the token for it; raises `NotPermitted` for one that Slack only links to.

        Slack is asked for the address of a file of which it told the id alone.
        """
        named = identity({"id": attachment.reference}, "id")
        url = (await self._asked(channel, named) if named else attachment.reference) or ""
        if not is_of_slack(url, self._api_url):
            raise NotPermitted("the file is not on Slack, which only links to it; the token stays here")
        return Source(url=url, headers={name: SecretStr(value) for name, value in authorization(channel).items()})

    async def _asked(self, channel: Channel, name: str) -> str:
        told = await self._calls.get(channel, "files.info", {"file": name}, None)
        url = address_of(part(told, "file"))
        if url is None:
            raise Unacceptable("Slack's answer to files.info names no address of the file")
        return url

    async def upload(self, channel: Channel, payload: Payload, content: bytes, deadline: float) -> str:
        """Upload the file of a part; the link that shares it. What is in doubt is tried again: nobody saw it."""
        file = file_of(payload)
        assert file is not None
        try:
            return await self._uploaded(channel, file, content, deadline)
        except OutcomeUnknown as error:
            raise Unreachable("Slack gave no answer to a file; nothing was shared yet") from error
        except NotPermitted as error:
            # Without the scope for files, words still go: only this part is impossible.
            raise Unacceptable(str(error)) from error

    async def _uploaded(self, channel: Channel, file: File, content: bytes, deadline: float) -> str:
        wanted = {"filename": file.name, "length": str(len(content))}
        place = await self._calls.get(channel, "files.getUploadURLExternal", wanted, deadline)
        url, name = text(place, "upload_url"), reference(place, "file_id")
        if url is None or name is None:
            raise OutcomeUnknown("Slack's answer to files.getUploadURLExternal names no place for the file")
        answer = await self._http.post_bytes(url, content, deadline=deadline)
        if answer.status != HTTPStatus.OK:
            raise Unreachable(f"Slack answered a file with {answer.status}")
        whole: Payload = {"files": [{"id": name, "title": file.name}]}
        done = await self._calls.post(channel, "files.completeUploadExternal", whole, deadline)
        return _link(done, file)


def is_of_slack(url: str, api_url: str) -> bool:
    """Whether an address is Slack's, or where its Web API is."""
    try:
        place = urlsplit(url)
    except ValueError:
        return False
    is_slack = place.scheme == "https" and (place.hostname or "").endswith(f".{_HOST}")
    return is_slack or place.netloc == urlsplit(api_url).netloc


def _link(done: Fields, file: File) -> str:
    permalink = next((found for item in parts(done, "files") if (found := reference(item, "permalink"))), None)
    if permalink is None:
        raise OutcomeUnknown("Slack's answer to files.completeUploadExternal names no link to the file")
    return f"<{permalink}|{''.join(_ESCAPES.get(character, character) for character in file.name)}>"

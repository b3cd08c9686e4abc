"""Files: those that people shared, behind the bot's token, and those that an app uploads in three steps.

https://docs.slack.dev/messaging/working-with-files
"""

from dataclasses import dataclass, field

from simulator.slack.refusals import Refused
from simulator.wire import JSON, Object


@dataclass
class File:
    """One file; it can be shared once it is complete."""

    id: str
    name: str
    length: int
    mime_type: str = "application/octet-stream"
    content: bytes | None = None
    title: str | None = None

    def describe(self, base_url: str) -> Object:
        """As a message that shares it tells."""
        address = f"{base_url}/slack/files/{self.id}/{self.name}"
        return {
            "id": self.id,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": self.mime_type,
            "size": self.length,
            "mode": "hosted",
            "url_private": address,
            "url_private_download": address,
            "permalink": f"https://simulated.slack.com/files/U0/{self.id}/{self.name}",
        }


@dataclass
class Files:
    """All files of the workspace."""

    known: dict[str, File] = field(default_factory=dict)

    def begin(self, name: str, length: int) -> File:
        """A file that is about to be uploaded."""
        file = File(f"F{len(self.known) + 1:08d}", name, length)
        self.known[file.id] = file
        return file

    def find(self, file_id: JSON) -> File:
        """A file, or the refusal of who asks for none."""
        file = self.known.get(file_id) if isinstance(file_id, str) else None
        if file is None:
            raise Refused("file_not_found")
        return file

    def shared_by(self, text: str, base_url: str) -> list[JSON]:
        """The complete files whose links a text holds: posting a link shares the file."""
        complete = (file for file in self.known.values() if file.title is not None)
        return [file.describe(base_url) for file in complete if f"/{file.id}/" in text]

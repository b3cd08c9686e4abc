"""Forms with files in them, as platforms take uploads."""

from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP

from simulator.wire import Object


@dataclass(frozen=True)
class FormFile:
    """A file in a form."""

    name: str
    type: str
    content: bytes

    def describe(self) -> Object:
        """The file as the ledger tells it."""
        return {"name": self.name, "type": self.type, "size_bytes": len(self.content)}


def read_form(body: bytes, content_type: str) -> tuple[dict[str, str], dict[str, FormFile]]:
    """The fields and the files of a `multipart/form-data` body (RFC 7578)."""
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body)
    fields: dict[str, str] = {}
    files: dict[str, FormFile] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(content, bytes):
            continue
        if (filename := part.get_filename()) is not None:
            files[name] = FormFile(filename, part.get_content_type(), content)
        else:
            fields[name] = content.decode("utf-8", "replace")
    return fields, files

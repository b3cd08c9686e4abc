"""Images as OpenAI's APIs take them: in the request itself, as a data URL."""

from base64 import b64encode

from domain.transcripts import Image


def data_url(image: Image) -> str:
    """An image as an address that holds it whole."""
    return f"data:{image.type};base64,{b64encode(image.content).decode()}"

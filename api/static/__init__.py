"""The front end as the API serves it: the parts of the widget joined into one script, and the page that shows it."""

import json
from html import escape
from pathlib import Path

FOLDER = Path(__file__).parent
# A part may name what any other declares; only the last one runs something, so it has to stay the last.
PARTS = (
    *("limits", "words", "memory", "shelf", "connection", "feed", "outbox"),
    *("nodes", "extras", "bubble", "log", "tray", "composer"),
    *("element", "embed"),
)


def widget_script() -> str:
    """The whole of `/webchat/widget.js`: one classic script that may be included twice and leaves no global names."""
    style = f"const STYLE = {json.dumps(_read('widget.css'))};"
    body = "\n".join([style, *(_read(f"{part}.js") for part in PARTS)])
    return f'customElements.get("chat-orchestrator") || (() => {{\n"use strict";\n{body}}})();\n'


def chat_page(channel_id: str, bot_name: str, nonce: str) -> str:
    """The page that shows one channel; `nonce` is the one in its content security policy."""
    page = _read("chat.html")
    for name, value in {"channel_id": channel_id, "nonce": nonce, "bot_name": bot_name}.items():
        page = page.replace(f"{{{{{name}}}}}", escape(value))
    return page


def _read(name: str) -> str:
    return (FOLDER / name).read_text("utf-8")

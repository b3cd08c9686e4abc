"""What the model says where a JSON schema holds it to a shape: plain rules in place of understanding."""

import json
import re
from dataclasses import dataclass

from simulator.wire import JSON, Object

_DATA = re.compile(r"<data>\n(.*)\n</data>", re.DOTALL)
_SAID = re.compile(r"^contact: (.*)$", re.MULTILINE)
_TRANSLATED = re.compile(r"^\[[a-z]{2,3}\] ")
_GOOD = ("thank", "great", "love", "good", "danke", "toll", "merci", "gracias")
_BAD = ("bad", "broken", "hate", "angry", "worst", "kaputt", "schlecht", "wütend")
_ENTITIES = {"email": r"\S+@\S+\.\w+", "url": r"https?://\S+", "date": r"\d{4}-\d{2}-\d{2}"}
_ANY_ENTITY = r"\b[A-Z]*-?\d{3,}\b"


@dataclass(frozen=True)
class Shaped:
    """The shape that a request wants its answer to have."""

    name: str
    schema: Object

    def answer(self, heard: str) -> str:
        """JSON of that shape, made of what the user said."""
        found = _DATA.search(heard)
        data = json.loads(found[1]) if found else {}
        if self.name == "understanding":
            return _encoded({"messages": [self._understood(item, str(data.get("into"))) for item in data["messages"]]})
        if self.name == "translation":
            return _encoded({"translation": translated(data["text"], data["into"])})
        said = _SAID.findall(heard)
        questions = [line for line in said if line.endswith("?")]
        return _encoded({"summary": f"The contact said: {' / '.join(said)}", "open_questions": questions})

    def _understood(self, message: Object, into: str) -> Object:
        wanted = _properties(self.schema)
        text = str(message["text"])
        told: Object = {"n": message["n"]}
        if "sentiment" in wanted:
            told["sentiment"] = _sentiment(text.lower())
        if "intent" in wanted:
            told |= _intent(text.lower(), wanted["intent"])
        if "entities" in wanted:
            told["entities"] = _entities(text, wanted["entities"])
        if "translation" in wanted:
            told["translation"] = translated(text, into)
        return told


def shape_of(request: Object) -> Shaped | None:
    """The shape that a request names, in the words of either API."""
    held = request.get("response_format")
    if isinstance(held, dict) and held.get("type") == "json_schema":
        return _shaped(held.get("json_schema"))
    text = request.get("text")
    held = text.get("format") if isinstance(text, dict) else None
    return _shaped(held) if isinstance(held, dict) and held.get("type") == "json_schema" else None


def translated(text: str, into: str) -> str:
    """The text with the language in front, in which it is from now on."""
    return f"[{into}] {_TRANSLATED.sub('', text)}"


def _shaped(held: JSON) -> Shaped | None:
    name, schema = (held.get("name"), held.get("schema")) if isinstance(held, dict) else (None, None)
    return Shaped(name, schema) if isinstance(name, str) and isinstance(schema, dict) else None


def _properties(schema: JSON) -> dict[str, JSON]:
    """What is to be told of each message."""
    found = schema
    for name in ("properties", "messages", "items", "properties"):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _sentiment(text: str) -> str:
    good, bad = any(word in text for word in _GOOD), any(word in text for word in _BAD)
    return "mixed" if good and bad else "positive" if good else "negative" if bad else "neutral"


def _intent(text: str, wanted: JSON) -> Object:
    """The first intent one of whose words is in the text."""
    names = wanted.get("enum") if isinstance(wanted, dict) else None
    for name in names if isinstance(names, list) else []:
        if any(word in text for word in str(name).split("_")):
            return {"intent": name, "confidence": 0.9}
    return {"intent": "other", "confidence": 0.5}


def _entities(text: str, wanted: JSON) -> list[JSON]:
    """For kinds that are known what looks like them, for any other what looks like a number of something."""
    kinds: JSON = wanted
    for name in ("items", "properties", "kind", "enum"):
        kinds = kinds.get(name) if isinstance(kinds, dict) else None
    return [
        {"kind": kind, "text": found}
        for kind in (kinds if isinstance(kinds, list) else [])
        for found in re.findall(_ENTITIES.get(str(kind), _ANY_ENTITY), text)
    ]


def _encoded(told: Object) -> str:
    return json.dumps(told, ensure_ascii=False)

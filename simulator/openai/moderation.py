"""The moderation endpoint's answer, in the shape of `omni-moderation-latest`."""

from uuid import uuid4

from simulator.openai.answers import content_text
from simulator.wire import JSON, Object

CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/intent",
    "self-harm/instructions",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)
LOW_SCORE = 0.0000125
HIGH_SCORE = 0.9731


def moderation(model: str, given: JSON, flagged_words: dict[str, str]) -> Object:
    """A verdict for each input: one for a string or for a list of parts, several for a list of strings."""
    results: list[JSON] = [_verdict(text, flagged_words) for text in _inputs(given)]
    return {"id": f"modr-{uuid4().hex[:24]}", "model": model, "results": results}


def _inputs(given: JSON) -> list[str]:
    if isinstance(given, list) and all(isinstance(item, str) for item in given):
        return [str(item) for item in given]
    return [content_text(given)]


def _verdict(text: str, flagged_words: dict[str, str]) -> Object:
    lowered = text.lower()
    hit = {category for word, category in flagged_words.items() if word.lower() in lowered}
    named = [*CATEGORIES, *sorted(hit.difference(CATEGORIES))]
    return {
        "flagged": bool(hit),
        "categories": {name: name in hit for name in named},
        "category_scores": {name: HIGH_SCORE if name in hit else LOW_SCORE for name in named},
        "category_applied_input_types": {name: ["text"] for name in named},
    }

"""The stand-in's "model": reads numbered source sentences, answers plain Korean by rule, in the schema asked for.

Deterministic: the same request always gets the same text. No claim is made that it is as good as a real model.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from sandbox.standins.openai_checks import Schema

NUMBERED = re.compile(r"^\s*\[([a-z_]+)\.(\d+)\]\s*(\S.*?)\s*$", re.MULTILINE)
BRACKETS = re.compile(r"\([^()]*\)")
SENTENCES_PER_SECTION = 3
FREE_TEXT = "모의 응답입니다."
SECTION_OF = {"efficacy": "effect", "side_effect": "side_effect", "side_effects": "side_effect"}
"""Label sections to the sections of a summary; everything else is advice."""
ENDINGS = (
    (re.compile(r"^이 약은\s*(.+?)에 (?:사용|복용)합니다\.?$"), r"\1에 쓰는 약이에요."),
    (re.compile(r"십시오"), "세요"),
    (re.compile(r"않습니다"), "않아요"),
    (re.compile(r"있습니다"), "있어요"),
    (re.compile(r"없습니다"), "없어요"),
    (re.compile(r"됩니다"), "돼요"),
    (re.compile(r"합니다"), "해요"),
    (re.compile(r"입니다"), "이에요"),
)


@dataclass(frozen=True, slots=True)
class Sentence:
    section: str
    text: str
    source: str


def complete(prompt: str, schema: Schema | None) -> str:
    """The content of the answer: JSON that fits the schema, or a fixed line when none is asked for."""
    if schema is None:
        return FREE_TEXT
    return json.dumps(_value(schema, schema, plain_sentences(prompt)), ensure_ascii=False)


def plain_sentences(prompt: str) -> list[Sentence]:
    """The first sentences of each section, in plain words; those with digits are left to the label itself."""
    found: list[Sentence] = []
    for label, index, text in NUMBERED.findall(prompt):
        section = SECTION_OF.get(label, "advice")
        taken = sum(sentence.section == section for sentence in found)
        if taken < SENTENCES_PER_SECTION and not any(character.isdigit() for character in text):
            found.append(Sentence(section, in_plain_words(text), f"{label}.{index}"))
    return found


def in_plain_words(text: str) -> str:
    """A label sentence without its brackets and in the polite everyday style."""
    while BRACKETS.search(text):
        text = BRACKETS.sub("", text)
    text = re.sub(r"\s+", " ", text).strip()
    for pattern, plain in ENDINGS:
        text = pattern.sub(plain, text)
    return text


def _value(schema: Schema, root: Schema, sentences: list[Sentence]) -> object:
    """A value that fits the schema: its `sentences` arrays filled, everything else as small as it may be."""
    schema = _resolved(schema, root)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return cast(list[object], schema["enum"])[0]
    match _type(schema):
        case "object":
            return _object(schema, root, sentences)
        case "array":
            items = cast(Schema, schema.get("items") or {})
            return [_value(items, root, []) for _ in range(int(str(schema.get("minItems", 0))))]
        case kind:
            return {"integer": 0, "number": 0, "boolean": False, "null": None}.get(kind, "")


def _object(schema: Schema, root: Schema, sentences: list[Sentence]) -> dict[str, object]:
    properties = cast(Mapping[str, Schema], schema.get("properties") or {})
    return {
        name: _sentences(_resolved(part, root), root, sentences)
        if name == "sentences" and _type(_resolved(part, root)) == "array"
        else _value(part, root, sentences)
        for name, part in properties.items()
    }


def _sentences(array: Schema, root: Schema, sentences: list[Sentence]) -> list[object]:
    item = _resolved(cast(Schema, array.get("items") or {}), root)
    if _type(item) != "object":
        return [sentence.text for sentence in sentences]
    properties = cast(Mapping[str, Schema], item.get("properties") or {})
    return [
        {name: _field(name, _resolved(part, root), root, sentence) for name, part in properties.items()}
        for sentence in sentences
    ]


def _field(name: str, part: Schema, root: Schema, sentence: Sentence) -> object:
    if name == "section":
        allowed = cast(list[str], part.get("enum") or [sentence.section])
        return sentence.section if sentence.section in allowed else allowed[-1]
    if name == "text":
        return sentence.text
    if name.startswith("source"):
        return [sentence.source] if _type(part) == "array" else sentence.source
    return _value(part, root, [])


def _resolved(schema: Schema, root: Schema) -> Schema:
    """Follows `$ref` into `$defs`, and takes the first branch of anyOf."""
    while "$ref" in schema or "anyOf" in schema:
        if "$ref" in schema:
            name = str(schema["$ref"]).rsplit("/", 1)[-1]
            schema = cast(Mapping[str, Schema], root["$defs"])[name]
        else:
            schema = cast(list[Schema], schema["anyOf"])[0]
    return schema


def _type(schema: Schema) -> str:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    return str(kind[0]) if isinstance(kind, list) else str(kind)

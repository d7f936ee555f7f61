"""The doctor's sheet as a FHIR R5 bundle: what the patient says they take (MedicationStatement). Pure.

https://hl7.org/fhir/R5/medicationstatement.html. Written as plain JSON: the models of fhir.resources, against which the
tests validate it, cost a web process 20 MB.
"""

import json
from datetime import UTC
from typing import Any

from schedules import words
from schedules.rules import WEEKDAYS, patterns
from schedules.selectors.sheet import Sheet, how

_MFDS = "https://nedrug.mfds.go.kr/pbp/CCBBB01/getItemDetail"
_UCUM = "http://unitsofmeasure.org"
_STATUS = "http://hl7.org/fhir/CodeSystem/medication-statement-adherence"
_PERIOD = {"hour": "h", "day": "d", "week": "wk"}
_WHEN = {"breakfast": "CM", "lunch": "CD", "dinner": "CV", "bedtime": "HS"}
_AFTER = {"breakfast": "PCM", "lunch": "PCD", "dinner": "PCV", "bedtime": "HS"}
_BEFORE = {"breakfast": "ACM", "lunch": "ACD", "dinner": "ACV", "bedtime": "HS"}
MIME = "application/fhir+json"


def as_fhir(given: Sheet) -> bytes:
    patient = {"resourceType": "Patient", "id": str(given.person.id)}
    statements = [_statement(plan, given) for plan in given.plans]
    bundle = {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": given.made_at.astimezone(UTC).isoformat(timespec="seconds"),
        "entry": [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in (patient, *statements)],
    }
    return json.dumps(bundle, ensure_ascii=False).encode()


def _statement(plan: dict[str, Any], given: Sheet) -> dict[str, Any]:
    statement = {
        "resourceType": "MedicationStatement",
        "id": plan["id"],
        "status": "recorded",
        "medication": {"concept": _medicine(plan)},
        "subject": {"reference": f"urn:uuid:{given.person.id}"},
        "effectivePeriod": _period(plan),
        "dateAsserted": plan["updated_at"],
        "informationSource": [{"reference": f"urn:uuid:{given.person.id}"}],
        "dosage": _dosages(plan),
    }
    if plan["notes"]:
        statement["note"] = [{"text": plan["notes"]}]
    if told := _adherence(plan, given):
        statement["adherence"] = told
    return statement


def _medicine(plan: dict[str, Any]) -> dict[str, Any]:
    concept: dict[str, Any] = {"text": plan["medicine_name"]}
    if plan["item_seq"]:
        concept["coding"] = [{"system": _MFDS, "code": plan["item_seq"], "display": plan["medicine_name"]}]
    return concept


def _period(plan: dict[str, Any]) -> dict[str, str]:
    return {"start": plan["starts_on"]} | ({"end": plan["ends_on"]} if plan["ends_on"] else {})


def _dosages(plan: dict[str, Any]) -> list[dict[str, Any]]:
    if plan["as_needed"]:
        return [_as_needed(plan)]
    kept = {name: value for name, value in plan.items() if value is not None}
    return [_dosage(number, one, plan) for number, one in enumerate(patterns(kept), 1)]


def _dosage(number: int, pattern: Any, plan: dict[str, Any]) -> dict[str, Any]:
    return {
        "sequence": number,
        "text": words.pattern(pattern) if plan["phases"] else how(plan),
        "timing": _timing(pattern, plan),
        "doseAndRate": [{"doseQuantity": _quantity(pattern.get("dose") or plan["dose"])}],
    }


def _timing(pattern: Any, plan: dict[str, Any]) -> dict[str, Any]:
    """FHIR has no words for days on and days off: a repeat would say that it is taken every day."""
    if pattern.get("cycle"):
        return {"code": {"text": words.pattern(pattern)}}
    repeat = _repeat(pattern)
    if pattern.get("days"):
        repeat |= {"boundsDuration": {"value": pattern["days"], "unit": "d", "system": _UCUM, "code": "d"}}
    elif plan["doses"]:
        repeat |= {"count": plan["doses"]}
    return {"repeat": repeat}


def _repeat(pattern: Any) -> dict[str, Any]:
    """`frequency` is the number of times; times and meals are never mixed (invariant tim-10)."""
    every = pattern.get("every") or {"value": 1, "unit": "day"}
    times = pattern.get("times") or []
    repeat: dict[str, Any] = {
        "frequency": max(1, len(times)),
        "period": every["value"],
        "periodUnit": _PERIOD[every["unit"]],
    }
    if pattern.get("weekdays"):
        repeat["dayOfWeek"] = [day for day in WEEKDAYS if day in pattern["weekdays"]]
    if every["unit"] == "hour":
        return repeat
    if all(slot[0].isdigit() for slot in times):
        return repeat | {"timeOfDay": [f"{slot}:00" for slot in times]}
    return repeat | _meals(times)


def _meals(times: list[str]) -> dict[str, Any]:
    """Meals with one offset in common; otherwise the text alone says it."""
    parts = [_taken_apart(slot) for slot in times]
    offsets = {abs(offset) for _, offset in parts}
    if any(not meal for meal, _ in parts) or len(offsets) != 1:
        return {}
    when = [(_AFTER if offset > 0 else _BEFORE if offset < 0 else _WHEN)[meal] for meal, offset in parts]
    offset = offsets.pop()
    return {"when": when} | ({"offset": offset} if offset and not {"CM", "CD", "CV"} & set(when) else {})


def _taken_apart(slot: str) -> tuple[str, int]:
    meal = next((name for name in _WHEN if slot.startswith(name)), "")
    return meal, int(slot.removeprefix(meal) or 0) if meal else 0


def _as_needed(plan: dict[str, Any]) -> dict[str, Any]:
    dosage: dict[str, Any] = {
        "text": how(plan), "asNeeded": True, "doseAndRate": [{"doseQuantity": _quantity(plan["dose"])}],
    }  # fmt: skip
    if most := plan["as_needed"].get("max_per_day"):
        amount = {"value": most * float(plan["dose"]["amount"]), "unit": plan["dose"]["unit"]}
        day = {"value": 24, "unit": "h", "system": _UCUM, "code": "h"}
        dosage["maxDosePerPeriod"] = [{"numerator": amount, "denominator": day}]
    return dosage


def _quantity(dose: Any) -> dict[str, Any]:
    return {"value": float(dose["amount"]), "unit": dose["unit"]}


def _adherence(plan: dict[str, Any], given: Sheet) -> dict[str, Any] | None:
    """Of the last 30 days, when anything was due."""
    name = plan["medicine_name"]
    kept = next((one for one in given.kept["medicines"] if one["medicine_name"] == name and one["due"]), None)
    if kept is None:
        return None
    code = "taking-as-directed" if kept["taken"] == kept["due"] else "taking-not-as-directed"
    text = f"{kept['due']}번 가운데 {kept['taken']}번 복용"
    return {"code": {"coding": [{"system": _STATUS, "code": code}], "text": text}}

"""The same rules once more, slowly and otherwise: day by day from the first, zones by trial of offsets."""

from datetime import UTC, datetime, time, timedelta

from schedules.recurrence import DEFAULT_MEALS


def enumerate_slowly(rule, *, zone, meals, start, end):
    """Instants in [start, end), every dose of the plan counted from its very first day."""
    found, left = [], rule.doses
    day = rule.starts_on
    for number, phase in enumerate(rule.phases):
        if phase.every_hours:
            found += _elapsed(rule, phase, zone, start, end)
        first = day
        length = phase.days if phase.days is not None else 10**6
        while (day - first).days < length and day <= (end + timedelta(days=3)).date():
            if rule.ends_on and day > rule.ends_on:
                break
            if not phase.every_hours and _falls_on(phase, first, day):
                for slot in sorted(phase.slots, key=lambda slot: (_minutes(slot, meals), slot)):
                    # Every dose is counted; only those near the window are worth an instant.
                    if (left is None or left > 0) and abs(day - start.date()).days <= (end - start).days + 3:
                        found.append((_instant(day, _minutes(slot, meals), zone), slot, number))
                    left = None if left is None else left - 1
            day += timedelta(days=1)
        day = first + timedelta(days=min(length, 10**6)) if phase.days is not None else day
    return sorted(at for at, *_ in found if start <= at < end)


def _falls_on(phase, first, day):
    passed = (day - first).days
    if phase.weekdays:
        weeks = (day.toordinal() - 1) // 7 - (first.toordinal() - 1) // 7
        return day.weekday() in phase.weekdays and weeks % phase.every_weeks == 0
    if phase.every_weeks > 1 or phase.every_days > 1:
        return passed % (phase.every_days * (7 * phase.every_weeks if phase.every_weeks > 1 else 1)) == 0
    if phase.cycle:
        return passed % (phase.cycle[0] + phase.cycle[1]) < phase.cycle[0]
    return True


def _minutes(slot, meals):
    if slot[0].isdigit():
        return int(slot[:2]) * 60 + int(slot[3:])
    for meal in DEFAULT_MEALS:
        if slot.startswith(meal):
            at = meals.get(meal) or DEFAULT_MEALS[meal]
            return int(at[:2]) * 60 + int(at[3:]) + int(slot.removeprefix(meal) or 0)
    raise AssertionError(slot)


def _instant(day, minutes, zone):
    """The first UTC instant that shows this local time; for a skipped one, what the clock before the gap would say."""
    local = datetime.combine(day, time()) + timedelta(minutes=minutes)
    guess = local.replace(tzinfo=UTC)
    offsets = sorted(
        {(guess + timedelta(hours=h)).astimezone(zone).utcoffset() for h in (-30, -18, -6, -1, 0, 1, 6, 18, 30)},
        reverse=True,
    )
    showing = [guess - offset for offset in offsets if _shows(guess - offset, zone) == local]
    if showing:
        return min(showing)
    before = max(offsets, key=lambda offset: _shows(guess - offset, zone) <= local)
    earlier = [o for o in offsets if (guess - o - timedelta(hours=3)).astimezone(zone).utcoffset() == o]
    return guess - (earlier[0] if earlier else before)


def _shows(instant, zone):
    return instant.astimezone(zone).replace(tzinfo=None)


def _elapsed(rule, phase, zone, start, end):
    found, at, count = [], phase.anchor, 0
    closes = _instant(rule.ends_on + timedelta(days=1), 0, zone) if rule.ends_on else end
    while at < min(end, closes):
        over = phase.days is not None and at - phase.anchor >= timedelta(days=phase.days)
        if over or (rule.doses is not None and count >= rule.doses):
            break
        if at >= start:
            found.append((at, "", 0))
        at, count = at + timedelta(hours=phase.every_hours), count + 1
    return found

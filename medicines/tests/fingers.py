"""What a person's fingers do: half-typed states of a name, and one wrong jamo."""

from medicines.search.keys import from_keys, is_syllable, join_syllable, split_syllable, to_strokes

_INITIALS = "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ"
_VOWELS = "ㅏㅐㅑㅓㅔㅕㅗㅘㅚㅛㅜㅝㅟㅠㅡㅢㅣ"
_FINALS = "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ"


def states(name, longest=100):
    """Everything the search box shows while `name` is typed, key by key."""
    for end in range(1, min(len(name), longest) + 1):
        if is_syllable(name[end - 1]):
            strokes = to_strokes(name[end - 1])
            yield from (name[: end - 1] + from_keys(strokes[:n]) for n in range(1, len(strokes) + 1))
        elif name[:end].strip():
            yield name[:end]


def with_one_wrong_jamo(text, rng):
    place = rng.choice([i for i, char in enumerate(text) if is_syllable(char)])
    parts = list(split_syllable(text[place]))
    part = rng.choice([0, 1, 2] if parts[2] else [0, 1])
    parts[part] = rng.choice([jamo for jamo in (_INITIALS, _VOWELS, _FINALS)[part] if jamo != parts[part]])
    return text[:place] + join_syllable(*parts) + text[place + 1 :]

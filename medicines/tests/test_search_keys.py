import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medicines.search.keys import (
    decode_slip,
    from_keys,
    initial_keys,
    is_initials,
    join_syllable,
    split_compounds,
    split_syllable,
    to_jamo,
    to_keys,
    to_strokes,
    typing_pattern,
)

syllables = st.characters(min_codepoint=ord("가"), max_codepoint=ord("힣"))
words = st.text(syllables, min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("타이레놀", "xkdlfpshf"),
        ("판콜", "vkszhf"),
        ("과", "rhk"),
        ("넋", "sjrt"),
        ("까스활명수", "rktmghkfaudtn"),
        ("ㄺ", "fr"),
        ("이지엔6이브", "dlwldps6dlqm"),
    ],
)
def test_hangul_becomes_the_keys_pressed(text, keys):
    assert to_keys(text) == keys


@given(words)
def test_strokes_give_back_the_word(word):
    assert from_keys(to_strokes(word)) == word


@given(syllables)
def test_a_syllable_splits_and_joins(syllable):
    assert join_syllable(*split_syllable(syllable)) == syllable


@given(words)
def test_keys_are_lower_case_ascii(word):
    assert re.fullmatch("[a-z]+", to_keys(word))


@given(words)
def test_typing_order_is_string_order(word):
    """What stands on the screen after any keystroke has keys that begin the keys of the word."""
    strokes = to_strokes(word)
    assert all(to_keys(word).startswith(to_keys(from_keys(strokes[:n]))) for n in range(1, len(strokes) + 1))


@given(words)
def test_the_pattern_fits_every_half_typed_state(word):
    strokes = to_strokes(word)
    shown = [from_keys(strokes[:n]) for n in range(1, len(strokes) + 1)]
    assert all(re.match(typing_pattern(text), word) for text in shown)


@pytest.mark.parametrize(
    ("typed", "name"), [("겔포쓰", "겔포스"), ("타일", "타이네놀"), ("게보", "겝오"), ("까", "가")]
)
def test_the_pattern_refuses_what_only_the_folded_keys_share(typed, name):
    assert not re.match(typing_pattern(typed), name)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("xkdlfpshf", "타이레놀"),
        ("XKDLFPSHF", "타이레놀"),
        ("dlqnvmfhvps", "이부프로펜"),
        ("Rktmghkfaudtn", "까스활명수"),
        ("dlwldps6", "이지엔6"),
        ("xkdlfps", "타이렌"),
        ("tylenol", None),
        ("ibuprofen", None),
        ("aap", None),
        ("asa", None),
        ("500", None),
        ("타이레놀", None),
    ],
)
def test_a_forgotten_switch_is_decoded(typed, meant):
    assert decode_slip(typed) == meant


def test_initials():
    assert initial_keys("타이레놀") == initial_keys("ㅌㅇㄹㄴ") == "xdfs"
    assert initial_keys("이지엔6이브") == "dwd6dq"
    assert split_compounds("ㄺㄴ") == "ㄹㄱㄴ"
    assert all(map(is_initials, ("ㅌㅇㄹㄴ", "ㄻ", "ㅇㅈㅇ6")))
    assert not any(map(is_initials, ("타ㅇ", "6", "", "ㅏ")))


def test_one_wrong_jamo_is_one_symbol():
    assert to_jamo("과") == "ㄱㅘ"
    assert to_jamo("값6") == "ㄱㅏㅄ6"

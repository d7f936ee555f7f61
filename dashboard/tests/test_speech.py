"""What a voice is given to say."""

import pytest

from dashboard.speech import spoken, spoken_lines


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1회 75mL", "1회 75 밀리리터"),
        ("500 mg", "500 밀리그램"),
        ("1,000㎎", "1,000 밀리그램"),
        ("0.5μg", "0.5 마이크로그램"),
        ("2/3병", "3분의 2 병"),
        ("11~14세", "11에서 14세"),
        ("1-2정", "1에서 2정"),
        ("1일 3회", "하루 3회"),
        ("31일 동안", "31일 동안"),
        ("체중 < 30kg", "체중 30 킬로그램 미만"),
        ("나이 ≥ 65", "나이 65 이상"),
        ("60세 > 40", "60세 40 초과"),
        ("30℃ 이하", "30 도 이하"),
        ("5%", "5 퍼센트"),
        ("10mg/kg", "10 밀리그램 퍼 킬로그램"),
        ("500mg/일", "500 밀리그램 하루에"),
        ("임부·수유부", "임부, 수유부"),
        ("의사/약사", "의사 또는 약사"),
        ("20 × 3", "20 곱하기 3"),
        ("○ 두통", "두통"),
        ("5 gram", "5 gram"),
        ("2024/05/09", "2024 또는 05 또는 09"),
        ("", ""),
    ],
)
def test_signs_and_units_are_words(written, said):
    assert spoken(written) == said


def test_no_sign_is_left_that_voices_skip():
    text = spoken("체중≤30kg·1일2~3회(1회 10mg/kg) → 40mg±5%")
    assert not set("≤·~→±%<>×") & set(text)


def test_each_sentence_ends():
    assert spoken_lines(["두통", "", "열이 나요."]) == "두통. 열이 나요."


def test_long_text_takes_no_long_time():
    assert len(spoken("1~2 mg/일 · < " * 20_000)) > 100_000

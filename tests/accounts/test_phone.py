"""Which numbers are mobile phones, and how much of one others see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volunteer.accounts.rules import masked_phone, normal_phone


@pytest.mark.parametrize(
    "typed",
    [
        "13812341234",
        " 138 1234 1234 ",
        "138-1234-1234",
        "138－1234－1234",
        "138–1234–1234",
        "+8613812341234",
        "+86 138 1234 1234",
        "(+86)13812341234",
        "＋８６１３８１２３４１２３４",
        "008613812341234",
        "8613812341234",
        "１３８１２３４１２３４",
        "\u202d13812341234\u202c",
        "138\u200b12341234",
        "138\u300012341234",
    ],
)
def test_a_number_is_understood_however_it_was_typed(typed):
    assert normal_phone(typed) == "13812341234"


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "1381234123", "138123412345", "12812341234", "23812341234", "138123412a4"),
        *("+8513812341234", "0971-8123456", "13812341234 13812341235", "1.3812E+10", "13812341234.0"),
        *("١٣٨١٢٣٤١٢٣٤", "+13812341234", "1" * 100_000, "138\x0012341234"),
    ],
)
def test_what_is_no_mobile_number_is_not_guessed_at(typed):
    assert normal_phone(typed) is None


def test_a_masked_number_shows_the_first_three_and_the_last_four():
    assert masked_phone("13812341234") == "138****1234"


@pytest.mark.parametrize("odd", ["", "138", "1381234", "+8613812341234", "张国栋"])
def test_what_is_no_number_is_hidden_altogether(odd):
    assert masked_phone(odd) == "****"


@given(st.text())
def test_any_text_is_eleven_digits_or_nothing(text):
    phone = normal_phone(text)
    assert phone is None or (len(phone) == 11 and phone.isascii() and phone.isdigit())


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_a_normal_number_stays_as_it_is(phone):
    assert normal_phone(phone) == phone
    assert normal_phone("+86" + phone) == phone

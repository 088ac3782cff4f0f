"""What one cell means: dates, numbers, ids, codes, postcodes and cells that say nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from expectations.contracts import Column, clean_text, load_contracts
from orchestration.ingest.cells import (
    UPN_LETTERS,
    converter,
    has_right_check_digit,
    raw_text,
    says_nothing,
    to_date,
    to_decimal,
    to_id,
    to_integer,
    to_postcode,
    to_text,
)

CONTRACTS = load_contracts()
COUNT = Column(name="count", type="integer", description="a count")
AMOUNT = Column(name="amount", type="decimal", minimum=-1, maximum=130, description="an amount")


@pytest.mark.parametrize(
    "cell",
    [
        date(2021, 9, 16), datetime(2021, 9, 16, 23, 59), "2021-09-16", "2021-9-16", "16/09/2021", "16-09-2021", "16.09.2021",
        "16-Sep-2021", "16 September 2021", "16 sept 2021", "\u00a016/09/2021 ", "2021-09-16 00:00:00", "16/09/2021 23:59",
        "2021-09-16T23:59:59Z", "2021-09-16T23:59:59.123+01:00", "16/09/2021 11:59:59 PM", 44455, 44455.0, 44455.99, "44455",
    ],
)  # fmt: skip
def test_the_written_day_is_read(cell):
    assert to_date(cell) == (date(2021, 9, 16), None)


@pytest.mark.parametrize(
    "cell",
    [
        "12/25/2020", "31/02/2021", "29/02/2021", "01/02/21", "2021-13-01", "May be 8 Jan 2000", "16 Foo 2021", "2021", "20210916",
        "2021-09", 0, 1, 1.0, 99999, "99999", time(10, 0), True, "16/09", "０", "31/04/2021", float("inf"),
    ],
)  # fmt: skip
def test_no_day_is_guessed(cell):
    assert to_date(cell) == (None, "BAD_DATE")


FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%d-%b-%Y", "%d %B %Y", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M")


@given(st.dates(date(1920, 1, 1), date(2099, 12, 31)), st.sampled_from(FORMS))
def test_a_day_written_in_any_accepted_form_is_that_day(day, form):
    assert to_date(day.strftime(form)) == (day, None)


@given(st.dates(date(1920, 1, 2), date(2099, 12, 31)))
def test_a_serial_number_is_the_day_a_spreadsheet_shows(day):
    serial = (day - date(1899, 12, 30)).days
    assert to_date(serial) == to_date(float(serial)) == to_date(str(serial)) == (day, None)


@given(st.datetimes(timezones=st.just(UTC)))
def test_no_time_zone_moves_a_day(moment):
    assert to_date(moment)[0] == moment.date()


ANY_CELL = st.one_of(
    st.text(), st.integers(-(10**18), 10**18), st.floats(), st.booleans(), st.none(), st.dates(), st.datetimes(), st.times(), st.timedeltas(),
    st.from_regex(r"[0-9/.\-: TZ+]{1,25}", fullmatch=True), st.from_regex(r"[a-z]{1,2}\) [A-Z0-9]{1,4}[:-]? ?[a-z]*", fullmatch=True),
)  # fmt: skip
COLUMNS = [
    Column(name="c", type=kind, codes="need" if kind == "code" else None, description="any")
    for kind in ("date", "id", "text", "postcode", "integer", "decimal", "code")
]


@given(ANY_CELL, st.sampled_from(COLUMNS))
@example("１２", COUNT)
@example(float("nan"), COUNT)
@example(float("inf"), AMOUNT)
@example(-0.0, COLUMNS[1])
def test_any_cell_gives_a_value_or_a_reason_and_never_an_error(cell, column):
    if says_nothing(cell):
        return
    value, problem = converter(column, CONTRACTS.code_sets)(cell)
    assert (value is None) == (problem is not None)
    assert problem in (None, "BAD_DATE", "BAD_ID", "BAD_POSTCODE", "BAD_NUMBER", "UNKNOWN_CODE")


@pytest.mark.parametrize(
    "cell",
    [None, "", " ", "\u00a0", "\u200b", "NULL", "null", "N/A", "n/a", "#N/A", "-", ".", "nan", "NaN", "(blank)", "#DIV/0!", "#NUM!", float("nan")],
)  # fmt: skip
def test_a_cell_that_says_nothing(cell):
    assert says_nothing(cell)


@pytest.mark.parametrize(
    "cell", [0, 0.0, False, "0", "Null Street", "Alex Null", "N", "--", "no", "none", date(2020, 1, 1)]
)
def test_a_cell_that_says_something(cell):
    assert not says_nothing(cell)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("0000042", "0000042"), (10100001.0, "10100001"), ("10100001.0", "10100001"), (7, "7"), ("\u00a073 01\u200b ", "73 01"),
        ("A-17/b", "A-17/b"), ("\ufeff9", "9"), (999_999_999_999_999.0, "999999999999999"), ("12345678901234567890", "12345678901234567890"),
    ],
)  # fmt: skip
def test_an_id_stays_text(cell, expected):
    assert to_id(cell) == (expected, None)


@pytest.mark.parametrize("cell", ["1E+06", "1.23e+09", "9E5", 1.5, 1e16, float("inf")])
def test_an_id_a_spreadsheet_has_spoilt(cell):
    assert to_id(cell) == (None, "BAD_ID")


@given(st.text(alphabet="0123456789", min_size=1, max_size=20))
def test_leading_zeros_stay(text):
    assert to_id(text) == (text, None)


@pytest.mark.parametrize(
    ("cell", "expected"), [("3 ", 3), (1.0, 1), ("1.0", 1), (0, 0), ("1,234", 1234), ("+2", 2), ("0007", 7)]
)
def test_a_count(cell, expected):
    assert to_integer(COUNT)(cell) == (expected, None)


@pytest.mark.parametrize(
    "cell", [-1, "-3", 1.5, "1.5", "many", "1,5", "1_000", "1e3", True, "12,34", 1e14, float("inf"), "Infinity", "3 4"]
)
def test_no_count(cell):
    assert to_integer(COUNT)(cell) == (None, "BAD_NUMBER")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [(-1, "-1.0000"), (6.138261464750171, "6.1383"), ("0.00005", "0.0001"), ("130", "130.0000"), (1e-7, "0.0000")],
)
def test_a_number_with_four_decimals_half_up(cell, expected):
    assert to_decimal(AMOUNT)(cell) == (Decimal(expected), None)


@pytest.mark.parametrize("cell", [-2, 131, "6,5", "six"])
def test_a_number_out_of_range(cell):
    assert to_decimal(AMOUNT)(cell) == (None, "BAD_NUMBER")


@pytest.mark.parametrize(
    ("cell", "expected"), [("wr5 2nl", "WR5 2NL"), ("WR52NL", "WR5 2NL"), (" sw1a  1aa ", "SW1A 1AA"), ("B1 1AA", "B1 1AA")]
)  # fmt: skip
def test_a_postcode(cell, expected):
    assert to_postcode(cell) == (expected, None)


@pytest.mark.parametrize("cell", ["nope", "WR5", 12, "WR5 2NLX", "5WR 2NL"])
def test_no_postcode(cell):
    assert to_postcode(cell) == (None, "BAD_POSTCODE")


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("Dustin\u00a0Hazlett", "Dustin Hazlett"), ("a\n b\t c", "a b c"), (12.0, "12"), (True, "yes"), (datetime(2020, 1, 2, 3), "2020-01-02"), ("Cafe\u0301", "Café")],
)  # fmt: skip
def test_text_without_invisible_characters(cell, expected):
    assert to_text(cell) == (expected, None)
    assert raw_text(cell) == expected


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text):
    assert clean_text(clean_text(text)) == clean_text(text)


@pytest.mark.parametrize(
    ("form", "text", "right"),
    [
        # published examples: the DfE guide's H801200001001 form, NHS numbers of the data dictionary's worked example
        ("nhs", "9434765919", True), ("nhs", "943 476 5919", True), ("nhs", "9434765918", False), ("nhs", "943476591", False),
        ("nhs", "94347659190", False), ("upn", "I801200001001", False), ("upn", "H80120000100", False), ("upn", "", False),
    ],
)  # fmt: skip
def test_check_digits_of_known_numbers(form, text, right):
    assert has_right_check_digit(form, text) is right


@given(st.integers(0, 10**12 - 1), st.integers(1, 11), st.integers(1, 9))
def test_one_wrong_digit_of_a_pupil_number_is_noticed(number, place, change):
    """Weights 2 to 13 are prime to 23, so every change of one digit changes the letter."""
    digits = f"{number:012d}"
    letter = UPN_LETTERS[sum(int(d) * w for d, w in zip(digits, range(2, 14), strict=True)) % 23]
    assert has_right_check_digit("upn", f" {letter.lower()}{digits}")
    wrong = digits[:place] + str((int(digits[place]) + change) % 10) + digits[place + 1 :]
    assert not has_right_check_digit("upn", letter + wrong)

"""What one cell means: blank forms, dates, numbers, ids, codes. Pure functions from a cell to a value or a reason code.

They are called once per distinct value of a column, not per row: 2,000 rows of an Annex A list hold some 40 distinct
teams and 900 distinct dates. Whole columns are `columns`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from expectations.contracts import CodeSet, Column, clean_text, header_form

# A whole cell that says nothing (R15). `Null` as a surname stands in a longer text and is never touched.
NOTHING = frozenset({"", "null", "n/a", "-", ".", "nan", "(blank)"}) | {
    "#n/a", "#value!", "#ref!", "#name?", "#div/0!", "#num!", "#null!",
}  # fmt: skip
MONTHS = {
    m: i + 1 for i, m in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"))
}
_TIME = r"(?:[T\s]+\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s*[ap]m)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_ISO = re.compile(rf"(\d{{4}})-(\d{{1,2}})-(\d{{1,2}}){_TIME}", re.IGNORECASE)
_UK = re.compile(rf"(\d{{1,2}})[/.\-](\d{{1,2}})[/.\-](\d{{4}}){_TIME}", re.IGNORECASE)
_NAMED = re.compile(rf"(\d{{1,2}})[\s\-]([a-z]{{3}})[a-z]*[\s\-](\d{{4}}){_TIME}", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_CLOCK = re.compile(r"[T\s](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*([ap]m)?", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?")  # `1,5` is not guessed to be 15 or 1.5
_SCIENTIFIC = re.compile(r"\d+(?:\.\d+)?e[+-]?\d+", re.IGNORECASE)
_POSTCODE = re.compile(r"([a-z]{1,2}\d[a-z\d]?)\s*(\d[a-z]{2})", re.IGNORECASE)
LONGEST_NUMBER = 10**15  # a spreadsheet keeps 15 digits of a number and makes the rest 0
EXCEL_EPOCH = date(1899, 12, 30)
SERIALS = range(7306, 73051)  # 1920 to 2099; 0 and 1 are empty dates of other systems (R10)

Converter = Callable[[Any], tuple[Any, str | None]]


def raw_text(cell: object) -> str:
    """The cell as text, as a spreadsheet would show it: whole numbers without `.0`."""
    if isinstance(cell, str):
        return clean_text(cell)
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    return "" if cell is None else str(cell)


def says_nothing(cell: object) -> bool:
    """Whether the whole cell stands for no value (R15)."""
    return cell is None or (isinstance(cell, str) and clean_text(cell).casefold() in NOTHING) or cell != cell


def to_date(cell: object) -> tuple[date | None, str | None]:
    """The written calendar day (R8), or BAD_DATE (R9): nothing is guessed, no time zone is applied."""
    if isinstance(cell, datetime):
        return cell.date(), None
    if isinstance(cell, date):
        return cell, None
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return _from_serial(float(cell))
    text = clean_text(str(cell))
    try:
        if match := _ISO.fullmatch(text):
            return date(int(match[1]), int(match[2]), int(match[3])), None
        if match := _UK.fullmatch(text):
            return date(int(match[3]), int(match[2]), int(match[1])), None
        if match := _NAMED.fullmatch(text):
            return date(int(match[3]), MONTHS[match[2].casefold()], int(match[1])), None
    except (ValueError, KeyError):
        return None, "BAD_DATE"
    if re.fullmatch(r"\d{4,5}(?:\.\d+)?", text):
        return _from_serial(float(text))
    return None, "BAD_DATE"


def _from_serial(serial: float) -> tuple[date | None, str | None]:
    if abs(serial) < 1e6 and int(serial) in SERIALS:
        return EXCEL_EPOCH + timedelta(days=int(serial)), None
    return None, "BAD_DATE"


def to_datetime(cell: object) -> tuple[datetime | None, str | None]:
    """The written day and time to the second, without time zone (R8), or BAD_DATE. A day alone is its midnight."""
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=None, microsecond=0), None
    day, problem = to_date(cell)
    if day is None:
        return None, problem
    start = datetime(day.year, day.month, day.day)
    text = clean_text(str(cell))
    if isinstance(cell, int | float) or re.fullmatch(r"\d+(?:\.\d+)?", text):
        return start + timedelta(seconds=round(float(text) % 1 * 86_400)), None
    clock = _CLOCK.search(text)
    if clock is None:
        return start, None
    hour, half = int(clock[1]), (clock[4] or "").casefold()
    if half and not 1 <= hour <= 12:
        return None, "BAD_DATE"
    hour = hour % 12 + (12 if half == "pm" else 0) if half else hour
    if hour > 23 or int(clock[2]) > 59 or int(clock[3] or 0) > 59:
        return None, "BAD_DATE"
    return start + timedelta(hours=hour, minutes=int(clock[2]), seconds=int(clock[3] or 0)), None


Entries = tuple[tuple[str, str], ...]


def to_entries(leave_out: Iterable[str] = ()) -> Callable[[Any], tuple[Entries | None, str | None]]:
    """Converter to the (item, value) entries of a JSON cell; BAD_JSON when it is no list or record.

    `{"NFA": "N", "S47": "Y"}` gives its members, `["1A", "2B"]` its entries with value `Y`; members without a value are left
    out, an entry given twice counts once. Entries named in `leave_out` (comments, in any spelling) are never looked at.
    Anything nested deeper is no list of outcomes or factors.
    """
    left_out = frozenset(map(header_form, leave_out))

    def convert(cell: object) -> tuple[Entries | None, str | None]:
        try:
            found = json.loads(raw_text(cell))
        except (ValueError, RecursionError):
            return None, "BAD_JSON"
        if isinstance(found, list):
            pairs = [(item, "Y") for item in found]
        elif isinstance(found, dict):
            pairs = list(found.items())
        else:
            return None, "BAD_JSON"
        entries: dict[str, str] = {}
        for item, value in pairs:
            if isinstance(item, dict | list) or item is None or isinstance(value, dict | list):
                return None, "BAD_JSON"
            name = _entry_name(item)
            if name is None:
                return None, "BAD_JSON"
            if left_out and header_form(name) in left_out:
                continue
            text = _entry_text(value)
            if text is None:
                return None, "BAD_JSON"
            if name and text:
                entries[name] = text
        return tuple(entries.items()), None

    return convert


@lru_cache(maxsize=4096)
def _entry_name(item: Any) -> str | None:  # noqa: ANN401 - a scalar of JSON
    """The name of an entry; None for text that is no text (a lone surrogate)."""
    name = raw_text(item)
    return None if _SURROGATE.search(name) else name


@lru_cache(maxsize=4096, typed=True)
def _entry_text(value: Any) -> str | None:  # noqa: ANN401 - a scalar of JSON
    """What an entry says, empty for nothing; None for text that is no text."""
    if says_nothing(value):
        return ""
    text = raw_text(value)
    return None if _SURROGATE.search(text) else text


def to_id(cell: object) -> tuple[str | None, str | None]:
    """An identity number as text: leading zeros stay, 10100001.0 is 10100001, scientific notation is BAD_ID (R14)."""
    text = raw_text(cell)
    if isinstance(cell, float) and not (cell.is_integer() and abs(cell) < LONGEST_NUMBER):
        return None, "BAD_ID"
    if _SCIENTIFIC.fullmatch(text):
        return None, "BAD_ID"
    return _without_point_zero(text), None


UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"  # no I, O and S


def has_right_check_digit(form: str, text: str) -> bool:
    """Whether the check digit of a unique pupil number or an NHS number is right (R14).

    UPN (DfE guide): a letter and 12 characters; their values times 2 to 13, modulo 23, name the letter. The last is a letter in
    a temporary number. NHS number: ten digits; the first nine times 10 to 2, modulo 11, from 11.
    """
    plain = text.replace(" ", "").upper()
    if form == "upn":
        if not re.fullmatch(rf"[{UPN_LETTERS}]\d{{11}}[\d{UPN_LETTERS}]", plain):
            return False
        values = [int(c) if c.isdigit() else UPN_LETTERS.index(c) for c in plain[1:]]
        return UPN_LETTERS[sum(v * w for v, w in zip(values, range(2, 14), strict=True)) % 23] == plain[0]
    if not re.fullmatch(r"\d{10}", plain):
        return False
    check = 11 - sum(int(c) * w for c, w in zip(plain, range(10, 1, -1), strict=False)) % 11
    return check != 10 and check % 11 == int(plain[9])


def _without_point_zero(text: str) -> str:
    """`7.0` is 7: so numbers that passed through a data frame or a spreadsheet stand in a CSV."""
    return text.split(".")[0] if re.fullmatch(r"-?\d+\.0+", text) else text


def to_text(cell: object) -> tuple[str | None, str | None]:
    """Text without invisible characters."""
    return raw_text(cell), None


def to_postcode(cell: object) -> tuple[str | None, str | None]:
    """A postcode in its usual form, or BAD_POSTCODE."""
    match = _POSTCODE.fullmatch(raw_text(cell))
    return (f"{match[1]} {match[2]}".upper(), None) if match else (None, "BAD_POSTCODE")


def number(cell: object) -> Decimal | None:
    """The number a cell shows, or None; thousands may be parted by commas."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        value = Decimal(str(cell))
    elif _NUMBER.fullmatch(text := raw_text(cell)):
        value = Decimal(text.replace(",", ""))
    else:
        return None
    return value if value.is_finite() and abs(value) < 10**13 else None


def _in_range(value: Decimal, column: Column, minimum: float | None) -> bool:
    low = column.minimum if column.minimum is not None else minimum
    return not (low is not None and value < low) and not (column.maximum is not None and value > column.maximum)


def to_integer(column: Column) -> Converter:
    """Converter to a whole number, at least 0 unless the contract says otherwise; else BAD_NUMBER (R17)."""

    def convert(cell: object) -> tuple[int | None, str | None]:
        value = number(cell)
        if value is None or value != value.to_integral_value() or not _in_range(value, column, 0):
            return None, "BAD_NUMBER"
        return int(value), None

    return convert


def to_decimal(column: Column) -> Converter:
    """Converter to a number with four decimals (half up), at least 0 unless the contract says otherwise."""

    def convert(cell: object) -> tuple[Decimal | None, str | None]:
        value = number(cell)
        if value is None or not _in_range(value, column, 0):
            return None, "BAD_NUMBER"
        return value.quantize(Decimal("0.0001"), ROUND_HALF_UP), None

    return convert


def to_code(codes: CodeSet) -> Callable[[Any], tuple[tuple[str, str] | None, str | None]]:
    """Converter to (code, rule); UNKNOWN_CODE when the text is not in the list (R16)."""

    def convert(cell: object) -> tuple[tuple[str, str] | None, str | None]:
        found = codes.match(_without_point_zero(raw_text(cell)))
        return (found, None) if found else (None, "UNKNOWN_CODE")

    return convert


def converter(column: Column, code_sets: dict[str, CodeSet], leave_out: Iterable[str] = ()) -> Converter:
    """The converter of a contract column; `leave_out` names entries of a JSON column that are not taken."""
    if column.type == "code":
        return to_code(code_sets[column.codes or ""])
    made: dict[str, Converter] = {
        "date": to_date,
        "datetime": to_datetime,
        "json": to_entries(leave_out),
        "id": to_id,
        "text": to_text,
        "postcode": to_postcode,
        "integer": to_integer(column),
        "decimal": to_decimal(column),
    }
    return made[column.type]

"""What each reason code means and what a data officer does about it."""

from __future__ import annotations

MOST_ROWS = 10_000  # row numbers told of one reason; `count` says how many there are
REASONS = {
    "MANDATORY_BLANK": "fill in the cell in the case system and export again",
    "BAD_DATE": "write the date as 30/09/2025 or 2025-09-30; two-digit years and month-first dates are not guessed",
    "DATE_IN_FUTURE": "the date lies after the file's period: correct it, or load the file with the right --period",
    "DATE_TOO_EARLY": "no event of a current case is before 1990: correct the date",
    "AGE_OUT_OF_RANGE": "the date of birth makes the person over 26: correct it",
    "DATE_BEFORE_BIRTH": "the event is before the birth: correct one of the two dates",
    "END_BEFORE_START": "the end is before the start: correct one of the two dates",
    "UNKNOWN_CODE": "use a code of the list, or add the spelling to expectations/codes",
    "BAD_NUMBER": "write a whole number of 0 or more, or a number in the range of the column",
    "BAD_ID": "export the id as text: a spreadsheet turned it into scientific notation",
    "BAD_POSTCODE": "not a postcode; the cell was left empty",
    "DUPLICATE_ROW": "the same row stands more than once; one was kept",
    "DUPLICATE_KEY": "several rows with the same key differ: keep the right one",
    "TWO_BIRTH_DATES": "one child has two dates of birth in this list: correct the record",
    "BIRTH_DATES_DIFFER_BETWEEN_LISTS": "one child has different dates of birth in two lists: correct the record; the rows were loaded",
    "CONDITIONAL_BLANK": "this cell is needed with what stands in another cell of the row: fill it in in the case system",
    "BAD_CHECK_DIGIT": "the number's check digit is wrong, so a character of it is: look it up and correct it; the row was loaded",
    "BAD_JSON": "the cell is no list or record of outcomes as the standard says: export it again; it was left empty",
    "ADOPTION_LINK": "the row would link identities before and after an adoption: it was refused and is kept nowhere",
    "ORPHAN": "the row names a record that no extract held: check that the extracts are of the same day, or correct the number; the row was loaded",
    "NOT_LISTED": "the code is not in the register for this row (such as a theme that the audit's template does not have, or not on that day): correct the code, or load the register first and send the file again",
    "SAME_VALUE": "two cells that have to differ are the same (such as a peer auditor who is the lead): correct one of them",
    "COLUMN_NOT_IN_FILE": "the extract lacks this column: add it; figures that need it are not available",
    "VOLUME_CHANGE": "far more or fewer rows than in the period before: check the export; if it is right, `qapm sign-off --load N --by NAME`",
    "RAGGED_ROW": "the row has more or fewer cells than the header: check quotes and delimiters",
}


def explain(code: str) -> str:
    """What to do about a reason code; file-level codes carry their own message in the load report."""
    return REASONS.get(code, "see the message of the load (`qapm loads`)")
